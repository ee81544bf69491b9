"""Two nodes with desks and pages of their own, that know each other, in one process."""

import contextlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "share"))

import standin as st  # noqa: E402
from fake_keep import fix  # noqa: E402
from standin import CASES, MEMO, RULES  # noqa: E402, F401
from station import Station  # noqa: E402

from kizuna.node.share.desk import agreements  # noqa: E402
from kizuna.node.share.desk.office import Office  # noqa: E402
from kizuna.node.share.door import Rows  # noqa: E402

SHIP = 431000001
HOUR = 3_600_000


class Side:
    """One node: sharing, desk of sharing, watch desk, browsers."""

    def __init__(self, sharing, directory):
        self.sharing, self.party, self.clock = sharing, sharing.party, sharing.clock
        self.office = Office(sharing)
        self.office.open()
        self.station = Station(directory)
        self.node = self.station.node
        self.node.office, self.node.now_ms, self.station.desk.clock = self.office, self.clock, self.clock
        self.store, self.app, self.desk = self.station.store, None, self.station.desk
        self._people = {}

    def as_(self, role, name=None):
        if (role, name) not in self._people:
            self._people[role, name] = self.station.user(role, name)
        return self._people[role, name]

    def hear(self, mmsi=SHIP, *, ago=60_000, **more):
        now = self.clock()
        self.store.add(
            fix(mmsi, now - ago, 24.5, 123.25, sog_kn=7.0, cog_deg=90.0, received_ms=now - ago + 500, **more)
        )

    def tell(self):
        """One run of the door over all that was heard, two hours later: what is coarse is also late."""
        self.clock.now += 2 * HOUR
        self.sharing.door.tell(Rows(self.store.box(-180, -90, 180, 90, 0, 1 << 60)))

    def audit(self, act):
        return [r for r in self.desk.audit.page(act=act)]

    def again(self):
        """The desk after a restart, from what is kept alone."""
        self.sharing.handlers.clear()
        self.office = self.node.office = Office(self.sharing)
        self.office.open()

    def close(self):
        self.station.close()
        self.office.close()
        self.sharing.close()


@contextlib.contextmanager
def two(directory, made, *, rules=True, agreed=True):
    a, b = st.nodes(directory, made)
    sides = [Side(s, directory / f"desk-{s.party}") for s in (a, b)]
    if agreed:
        agreements.propose(sides[0].office, MEMO, "aiko")
        st.meet(a, b)
        agreements.sign(sides[1].office, "memo", "mei")
        st.meet(a, b)
    if rules:
        st.in_force(a, "south")
        st.in_force(b, "north")
    try:
        yield sides
    finally:
        for side in sides:
            side.close()


def meet(a, b):
    """Everything crosses, both ways; clocks go on."""
    now = max(a.clock.now, b.clock.now) + 1000
    a.clock.now = b.clock.now = now
    st.meet(a.sharing, b.sharing)
    for side in (a, b):
        side.office.tend()
    st.meet(a.sharing, b.sharing)

"""What is kept no longer: the bytes are gone, the ledger holds, and every surface says that something was there."""

import io

import pytest
from two import SHIP, meet, st

from kizuna.base.units import DAY_MS
from kizuna.node.share import ledgers
from kizuna.node.share.desk.retention import let_go
from kizuna.node.share.exchange import outward
from kizuna.records.record import decode


def faults(side):
    """What ``kizuna ledger verify`` finds, but for receipts: those that cross by hand here are none."""
    side.sharing.shared.outbox.acks = lambda _log: {}
    return [words for words in ledgers.verify(side.sharing) if "receipt" not in words]


def exported(side, form="geojson"):
    out = io.BytesIO()
    return outward.export(side.office, outward.Wish("south", form, 0, 1 << 50), out), out.getvalue()


def positions(side):
    return [f["id"] for f in side.as_("analyst").get("/api/sharing/as/south?kind=track.position").json()["features"]]


def test_after_the_time_to_keep_the_ledger_holds_and_every_surface_says_erased(sides):
    north, south = sides
    north.hear()
    north.hear(SHIP + 1)
    north.tell()
    north.hear(SHIP + 2)
    north.tell()
    meet(north, south)
    first = positions(north)
    shared = north.sharing.shared
    assert len(first) == 3 and faults(north) == []
    assert let_go(shared, north.clock() + 400 * DAY_MS, 0) == 0, "no limit of our own was set"
    before = {name: shared.records.get(name).data for name in first}
    erased = let_go(shared, north.clock() + 10 * DAY_MS, 10)
    assert erased >= 2 and faults(north) == []
    gone = [name for name in first if shared.records.get(name).data is None]
    assert gone and shared.records.get(gone[0]).reason == "its time is over"
    assert set(positions(north)) == set(first) - set(gone)
    made, data = exported(north)
    assert all(name.encode() not in data for name in gone) and made.records == len(set(first) - set(gone))
    view = north.as_("analyst").get("/api/sharing/as/south").json()
    assert sum(log["erased"] for log in view["logs"]) == erased and view["recalled"] == 0
    rows = north.as_("release_officer").get("/api/sharing/ledger?partner=south").json()["rows"]
    assert {r["record"] for r in rows if r["erased"]} >= set(gone) and all(r["rule"] for r in rows)
    story = north.as_("release_officer").get(f"/api/sharing/ledger/{gone[0]}").json()
    assert story["bytes"] is None and story["erased_for"] == "its time is over" and story["logs"] and story["decisions"]
    ship = decode(before[gone[0]]).subject[0]
    assert north.office.holdings.about(ship) == [], "nothing can be found by what was erased"
    assert let_go(shared, north.clock() + 10 * DAY_MS, 10) == 0
    assert exported(north, "cot")[0].records == made.records


def test_what_a_partner_told_goes_when_its_label_says_so(sides):
    north, south = sides
    text = st.RULES.replace('transform = ["coarsen_position cell_m=1000"]',
                            'transform = ["coarsen_position cell_m=1000"]\nlabel = { retain_d = 3 }')  # fmt: skip
    st.in_force(north.sharing, "south", text + st.CASES, ("bo", "aiko"))
    north.hear()
    north.tell()
    [name] = positions(north)
    data = north.sharing.shared.records.get(name).data
    assert decode(data).label.retain_until_ms is not None
    receive(north, south)
    shared = south.sharing.shared
    assert let_go(shared, south.clock() + DAY_MS, 0) == 0
    assert let_go(shared, south.clock() + 4 * DAY_MS, 0) == 1
    assert shared.records.get(name).data is None and faults(south) == []
    assert north.sharing.shared.records.get(name).data == data, "the originator keeps its own"


def receive(north, south):
    """A page crosses as pages do: judged, and put into the inbox."""
    from kizuna.share.ledger.name import parse_name
    from kizuna.share.sync.cutting import Cutter
    from kizuna.share.sync.taking import take
    from kizuna.share.verify import Trusted

    [state] = [s for s in north.sharing.shared.logs.all("out") if s.peer == "south" and s.lane == "routine"]
    page = Cutter(north.sharing.shared.outbox).cut(parse_name(state.name), 0, 1 << 20, keys=1)
    trusted = Trusted("south", south.sharing.partners.get("north").ring, "real")
    assert take(page, trusted, south.sharing.shared.inbox, 0).fault is None

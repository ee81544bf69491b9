"""Two whole nodes' sharing in one process, over real sockets: introduced, with rules, a store each and a hand on it."""

import datetime as dt
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from kizuna.base.table import Table, empty, from_arrow
from kizuna.events.table import EVENTS
from kizuna.fixes.table import FIXES
from kizuna.node.origin import own_sources
from kizuna.node.service.node_file import parsed
from kizuna.node.share import introduction, received
from kizuna.node.share.desk.office import Office
from kizuna.node.share.files import Places
from kizuna.node.share.identity import init, load
from kizuna.node.share.lines.loops import Tables
from kizuna.node.share.partners import Partners
from kizuna.node.share.sharing import Sharing, open_sharing
from kizuna.records.bodies.events import Event
from kizuna.records.record import Record
from kizuna.share.agreement import load as load_memorandum
from kizuna.sources.batch import Batch, nothing
from kizuna.stores.keep import Keep, open_keep

RULES = """
version = 1
[[rule]]
id = "positions"
clause = ["memo/1"]
match = { context = ["test"], kind = ["track.position"], source = ["tower"] }
to = ["%(to)s"]
then = "release"
[[rule]]
id = "events"
clause = ["memo/2"]
match = { context = ["test"], kind = ["event.*"] }
to = ["%(to)s"]
then = "release"
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wall_ms() -> int:
    return time.time_ns() // 1_000_000


def fixes(n: int, *, first: int = 0, source: str = "tower", at_ms: int = 0) -> Table:
    now = at_ms or wall_ms() - 3000
    rows = [
        {"msg_id": first + k, "mmsi": 431_000_001 + k, "timestamp": now, "lat": 24.5, "lon": 123.5 + k * 0.01,
         "received_at": wall_ms(), "source_id": source, "context": "test", "label": "nobody", "flags": 0,
         "byte_offset": 0}
        for k in range(n)
    ]  # fmt: skip
    form = empty(FIXES).to_arrow().schema
    return from_arrow(FIXES, pa.table({c: pa.array([r[c] for r in rows], form.field(c).type) for c in rows[0]}))


def events(n: int, *, at_ms: int = 0) -> Table:
    """Closed gaps of the vessels of ``fixes``."""
    end = at_ms or wall_ms() - 4000
    rows = [
        (
            "tower",
            f"{k}",
            Record(kind="event.gap", origin="tower", observed_ms=end, valid_from_ms=end - 3_600_000, valid_to_ms=end,
                   subject=(f"mmsi:{431_000_001 + k}",), geo=(123.5, 24.5), context="test"),
            Event(event_id=f"gap-{k}", mmsis=(431_000_001 + k,), start_lat_deg=24.5, start_lon_deg=123.5,
                  end_lat_deg=24.6, end_lon_deg=123.6, duration_h=1.0, rule_id="gap", summary="silent for an hour"),
        )
        for k in range(n)
    ]  # fmt: skip
    told = received.events(rows).replace(
        rule_id=pa.array(["gap"] * n), event_id=pa.array([f"gap-{k}" for k in range(n)]),
        sources=pa.array([["AIS only"]] * n, pa.list_(pa.string())),
    ).to_arrow()  # fmt: skip
    at = told.schema.get_field_index("label")
    own = pa.array(["nobody"] * n).cast(told.schema.field(at).type)  # of our own, nobody has chosen a label yet
    return from_arrow(EVENTS, told.set_column(at, told.schema.field(at), own))


class Side:
    """One node: ``hear`` is what its intake does."""

    def __init__(self, home: Path, party: str, port: int, **more: Any) -> None:
        self.home, self.party, self.port = home, party, port
        address = [f"https://127.0.0.1:{port}"] if port else []
        doc = {
            "node": {"name": party, "context": "test"},
            "sharing": {"party": party, "port": port, "addresses": address, "flash_s": 0.1, "routine_s": 1.0, **more},
            "sources": [{"id": "tower", "kind": "tcp", "address": "127.0.0.1:1", "pass_on": True, "pass_on_to": ["all", "*"]}],
        }  # fmt: skip
        self.config = parsed(doc, home / "node.toml")
        self.places = Places(home)
        if not self.places.manifest(1).exists():
            init(self.places, party, "test", passphrase="a long passphrase", random=os.urandom, hosts=["127.0.0.1"],
                 now=dt.datetime.now(dt.UTC))  # fmt: skip
        self.partners = Partners(self.places)
        self.keep: Keep
        self.sharing: Sharing
        self.troubles: dict[str, str] = {}

    def open(self) -> "Side":
        (self.home / "store").mkdir(exist_ok=True)
        self.keep = open_keep(self.home / "store", context="test")
        keep = self.keep
        self.sharing = open_sharing(
            self.config, sources_of=lambda m, a, b: own_sources(keep, m, a - 86_400_000, b + 60_000)
        )
        self.sharing.bound = lambda rules: rules  # no desk here, which would say what agreements hold: all do
        return self

    def start(self) -> "Side":
        self.open()
        self.sharing.start(Tables(self.keep, None), self.troubles.__setitem__)
        return self

    def stop(self) -> None:
        self.sharing.close()
        self.keep.close()

    def rules(self, text: str) -> None:
        book, now = self.sharing.book, wall_ms()
        rules = book.propose(text.encode(), "aiko", now)
        book.approve(rules.hash, "ben", now)
        book.activate(rules.hash, "aiko", now)

    def hear(self, table: Table) -> None:
        none = nothing()
        self.keep.append(Batch(table, none.statics, none.others, none.rejects, {}))
        self.sharing.take(table)

    def shown(self) -> dict[int, tuple[str, float, float]]:
        """The picture: MMSI to source and place."""
        _, rows = self.keep.latest()
        words = rows.codes_of("source_id")
        return {
            m: (words[s], lat, lon)
            for m, s, lat, lon in zip(
                rows["mmsi"].tolist(),
                rows["source_id"].tolist(),
                rows["lat_deg"].tolist(),
                rows["lon_deg"].tolist(),
                strict=True,
            )
        }


def agreed(office: Office, *others: str) -> None:
    """An agreement ``memo`` with clause 1 between the party of this desk and others, signed by all."""
    names = "".join(f'[[party]]\nid = "{p}"\nname.en = "{p}"\n' for p in (office.me, *others))
    one = load_memorandum(
        '[agreement]\nid = "memo"\ntitle.en = "All"\npurpose = ["SAR"]\nstarts = 2020-01-01\nends = 2100-01-01\n'
        f'{names}[[clause]]\nid = "1"\ntitle.en = "All"\ntext.en = "All."\nkinds = ["*"]\n'
    )
    office.agreements.put(one)
    for party in one.signers:
        office.agreements.sign(one.sha256, party)


def introduce(a: Side, b: Side) -> None:
    one, two = (load(s.places, s.party, s.party, "test") for s in (a, b))
    first = introduction.begin(a.places, one, a.config.sharing.addresses, os.urandom)
    _, answer = introduction.accept(b.places, two, b.config.sharing.addresses, first, os.urandom)
    opened = introduction.open_up(a.places, answer)
    code = introduction.see(b.places, a.party, opened.file)
    introduction.confirm(a.places, a.partners, b.party, code, at_ms=1, by="aiko")
    introduction.confirm(b.places, b.partners, a.party, opened.code, at_ms=1, by="mei")


def pair(tmp: Path, **more: Any) -> tuple[Side, Side]:
    """Two sides that know each other, not started."""
    sides = []
    for party in ("north", "south"):
        (tmp / party).mkdir(parents=True, exist_ok=True)
        sides.append(Side(tmp / party, party, free_port(), **more))
    introduce(*sides)
    return sides[0], sides[1]


def until(holds: Callable[[], Any], seconds: float = 300.0) -> Any:
    """Wait for something to become true; what it became."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = holds()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"did not come true within {seconds:g} s: {holds()!r}")

"""The release office at a million records told to each of three partners: what its pages and programs ask, in CPU time.

Run: ``taskset -c 1 .venv/bin/python benchmarks/release_office.py``. One process, one thread, a real store on disk; the
logs hold records like those of ``sync.py`` (500 ships over ten days), a hundredth of them events, in the lanes of three
partners, with heads that nobody signs. Memory is the growth of the process's highest use over the store being open.
``--records 50000`` for a quick look.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import harness

harness.one_thread()
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from kizuna.base.units import DAY_MS, HOUR_MS  # noqa: E402
from kizuna.node.share.views import exposed, reading, told, who_sees  # noqa: E402
from kizuna.node.share.desk.holdings import Holdings  # noqa: E402
from kizuna.node.share.views.released import Released  # noqa: E402
from kizuna.node.share.exchange import outward  # noqa: E402
from kizuna.records.label import Label  # noqa: E402
from kizuna.records.partner import Partner, directory  # noqa: E402
from kizuna.records.record import Record, body_bytes, encode, record_id  # noqa: E402
from kizuna.share import release  # noqa: E402
from kizuna.share.ledger.checkpoint import Checkpoint  # noqa: E402
from kizuna.share.ledger.name import LogName  # noqa: E402
from kizuna.share.ledger.note import Note, Signature  # noqa: E402
from kizuna.stores.shared import Decided, Told, open_shared  # noqa: E402
from sim.partner import Yes  # noqa: E402

T0 = 1_800_000_000_000
SPAN_MS = 10 * DAY_MS
SHIPS = 500
PARTNERS = ("cedar", "maple", "alder")
BOX = (124.0, 24.0, 126.0, 26.0)
BATCH = 1000


def records(count: int, to: str, seed: int) -> Any:
    chance = random.Random(seed)
    ships = [[chance.uniform(120, 130), chance.uniform(20, 30)] for _ in range(SHIPS)]
    label = Label(tlp=2, rel_to=frozenset({to}))
    for k in range(count):
        number = chance.randrange(SHIPS)
        lon, lat = ship = ships[number]
        ship[0], ship[1] = (
            min(130, max(120, lon + chance.gauss(0, 0.02))),
            min(30, max(20, lat + chance.gauss(0, 0.02))),
        )
        event = k % 100 == 99
        body = {"event_id": f"{to}-{k}"} if event else {"c": 90.0, "h": 90, "s": 12.3}
        yield encode(Record(
            kind="event.gap" if event else "track.position", origin="birch", context="test", label=label,
            subject=(f"mmsi:{431_000_000 + number * 997}",), geo=(round(lon, 5), round(lat, 5)),
            observed_ms=T0 + k * SPAN_MS // count, body=body_bytes(body),
        ))  # fmt: skip


def fill(place: Path, count: int) -> float:
    """CPU time of appending alone, in records a second."""
    chance, spent, total = random.Random(3), 0.0, 0
    with open_shared(place, context="test", durable=False) as store:
        for seed, to in enumerate(PARTNERS):
            name = LogName("birch", 1, to, "test", "routine")
            box, part = release.open_outbox(name, chance.randbytes), []
            for data in records(count, to, seed):
                part.append(data)
                if len(part) < BATCH:
                    continue
                ids = [record_id(one) for one in part]
                begun = time.process_time()
                made = release.append(box, [(one, Yes()) for one in part])
                said = Decided(to, "release", ids, ("positions",), (), "0" * 64, "", (str(name), made.first))
                store.outbox.append([Told(name, made.first, part, made.nodes, made.outbox.salts)], T0, [said])
                spent += time.process_time() - begun
                box, total, part = made.outbox, total + len(part), []
            head = Note(Checkpoint(str(name), box.size, box.frontier.root).text(),
                        (Signature(str(name), b"1234", bytes(64)),)).encode()  # fmt: skip
            store.outbox.signed(str(name), box.size, head, T0)
    return total / spent


def office(store: Any) -> Any:
    who = directory("birch", [Partner(name) for name in PARTNERS])
    sharing = SimpleNamespace(who=lambda: who)
    made = SimpleNamespace(
        me="birch", shared=store, sharing=sharing, now_ms=lambda: T0 + SPAN_MS, context="test", rows={},
        reaches=lambda _party: True, places=SimpleNamespace(home=Path("nowhere")),
        rulebook=SimpleNamespace(read=lambda _policy: SimpleNamespace(by_id={})),
        acknowledged_ms=lambda log, _n: min((a.at_ms for a in store.outbox.acks(log).values()), default=None),
    )  # fmt: skip
    made.holdings = Holdings(made)
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--keep", type=Path, default=None, help="directory of a store that was made before")
    args = parser.parse_args()
    harness.pin()
    place = args.keep or Path(tempfile.mkdtemp())
    extra: dict[str, Any] = {"records_each": args.records, "partners": len(PARTNERS)}
    if not (place / "shared-test.db").exists():
        extra["append_per_cpu_s"] = round(fill(place, args.records))
    store = open_shared(place, context="test", durable=False)
    begun = time.process_time()
    drawn = store.register.follow(1 << 30)
    if drawn:
        extra["drawing_us_per_record"] = round(1e6 * (time.process_time() - begun) / (drawn * 1024), 2)
    extra["store_bytes"] = (place / "shared-test.db").stat().st_size
    desk, middle = office(store), T0 + SPAN_MS // 2
    ship = f"mmsi:{431_000_000 + 7 * 997}"
    before_mb = harness.peak_rss_mb()
    released = Released(desk, "cedar")
    written = Path(place) / "export"

    def export(form: str, span_ms: int) -> int:
        with written.open("w+b") as out:
            return outward.export(desk, outward.Wish("cedar", form, middle - span_ms, middle), out).records

    def fresh() -> int:
        return len(Released(desk, "cedar").latest()[1])

    cases = [
        harness.Case("view as, a box and a day", lambda: len(told.as_partner(desk, "cedar", told.Look(middle - DAY_MS, middle, box=BOX))["features"]), 1),
        harness.Case("view as, a box and all ten days", lambda: len(told.as_partner(desk, "cedar", told.Look(T0, T0 + SPAN_MS, box=BOX, most=500))["features"]), 1),
        harness.Case("view as, an hour everywhere", lambda: len(told.as_partner(desk, "cedar", told.Look(middle - HOUR_MS, middle))["features"]), 1),
        harness.Case("exposure of one partner", lambda: exposed.count(desk, "cedar").released, 1),
        harness.Case("find all about a ship, for its recall", lambda: len(desk.holdings.about(ship)), 1),
        harness.Case("page of the ledger", lambda: len(told.ledger(desk, partner="cedar")["rows"]), 1),
        harness.Case("page of the ledger, of one kind, of all", lambda: len(told.ledger(desk, kind="event")["rows"]), 1),
        harness.Case("page of the ledger, from the middle", lambda: len(told.ledger(desk, after=args.records)["rows"]), 1),
        harness.Case("who sees a ship: what each has of it", lambda: len([p for p in PARTNERS if who_sees._latest(desk, p, ship)]), 1),
        harness.Case("released view opened anew: latest of each ship", fresh, 1),
        harness.Case("released view opened anew: its events", lambda: len(Released(desk, "cedar").events()), 1),
        harness.Case("released view: latest, asked again", lambda: len(released.latest()[1]), 1),
        harness.Case("released view: track of a ship over a day", lambda: len(released.track(431_000_000 + 7 * 997, middle - DAY_MS, middle)), 1),
        harness.Case("released view: box and ten minutes (a tile)", lambda: len(released.box(*BOX, middle - 600_000, middle)), 1),
        harness.Case("export a day as CoT", lambda: export("cot", DAY_MS), args.records / 10),
        harness.Case("export a day as GeoJSON", lambda: export("geojson", DAY_MS), args.records / 10, every=3),
    ]  # fmt: skip
    result = harness.compare(cases, args.rounds)
    extra["ms"] = {name: round(1000 * r["cpu_s"], 1) for name, r in result.items()}
    extra["memory_growth_mb"] = round(harness.peak_rss_mb() - before_mb, 1)
    whole = time.process_time()
    with written.open("w+b") as out:
        extra["whole_export_cot"] = outward.export(desk, outward.Wish("cedar", "cot", T0, T0 + SPAN_MS), out).records
    extra["whole_export_cot_cpu_s"] = round(time.process_time() - whole, 1)
    extra["memory_growth_with_whole_export_mb"] = round(harness.peak_rss_mb() - before_mb, 1)
    for name, ms in extra["ms"].items():
        print(f"{ms:10.1f} ms  {name}")
    print({k: v for k, v in extra.items() if k != "ms"})
    if args.records == 1_000_000:
        harness.report("release_office", "Release office at a million records for each of three partners", "answers",
                       "exposure of one partner", result, extra)  # fmt: skip
    store.close()
    if args.keep is None:
        shutil.rmtree(place)


if __name__ == "__main__":
    main()

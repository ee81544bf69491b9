"""Sync: what a node spends to take pages in (open, verify, write, acknowledge), to cut them, and what goes over the wire.

Run: ``taskset -c 1 .venv/bin/python benchmarks/sync.py``. CPU time of this process, one thread; medians. Position records
of 500 ships with everything that AIS tells, no two equal; real keys, real store with ``synchronous=FULL``.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
import tempfile
from pathlib import Path

import harness

harness.one_thread()
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from sim.partner import CONTEXT, Party, Yes  # noqa: E402

from kizuna.records.label import Label  # noqa: E402
from kizuna.records.record import Record, body_bytes, encode  # noqa: E402
from kizuna.share import receipt, release  # noqa: E402
from kizuna.share.ledger.name import LogName  # noqa: E402
from kizuna.share.sync.cutting import Cutter  # noqa: E402
from kizuna.share.sync.taking import take  # noqa: E402
from kizuna.share.verify import Trusted  # noqa: E402
from kizuna.stores.shared import Told, open_shared  # noqa: E402

N = 50_000
NAME = LogName("birch", 1, "cedar", CONTEXT, "routine")
SIZES = (25, 200, 500, 2000)


def positions(count: int, seed: int = 1) -> list[bytes]:
    """Ships that move on, each heard about every ten seconds: positions to 5 digits, course and speed to 1, a heading."""
    chance = random.Random(seed)
    ships = [
        [chance.uniform(120, 130), chance.uniform(20, 30), chance.uniform(0, 360), chance.uniform(0, 20)]
        for _ in range(500)
    ]
    out = []
    for k in range(count):
        lon, lat, course, speed = ship = ships[number := chance.randrange(500)]
        ship[0], ship[1] = lon + chance.gauss(0, 0.002), lat + chance.gauss(0, 0.002)
        ship[2], ship[3] = (course + chance.gauss(0, 3)) % 360, abs(speed + chance.gauss(0, 0.3))
        body = {"c": round(ship[2], 1) % 360, "h": int(ship[2]), "n": 0, "s": round(ship[3], 1)}
        out.append(encode(Record(
            kind="track.position", origin="birch", subject=(f"mmsi:{431000000 + number * 997}",), context=CONTEXT,
            geo=(round(ship[0], 5), round(ship[1], 5)), observed_ms=1_800_000_000_000 + k * 20 + chance.randrange(20),
            body=body_bytes(body), label=Label(tlp=2, rel_to=frozenset({"cedar"})),
        )))  # fmt: skip
    return out


def main() -> None:
    args, load = harness.arguments(__doc__), os.getloadavg()[0]
    chance = random.Random(2)
    birch, cedar = Party("birch", chance), Party("cedar", chance)
    trusted = Trusted("cedar", birch.ring, CONTEXT)
    records = positions(N)
    place = Path(tempfile.mkdtemp())
    told = open_shared(place / "birch", context=CONTEXT)
    box = release.open_outbox(NAME, chance.randbytes)
    for at in range(0, N, 1000):
        made = release.append(box, [(one, Yes()) for one in records[at : at + 1000]])
        told.outbox.append([Told(NAME, made.first, records[at : at + 1000], made.nodes, made.outbox.salts)], 0)
        box = made.outbox
    nodes = told.outbox.nodes(str(NAME))
    head = release.sign(box, birch.keys, marks=[], nodes=nodes, now_ms=0)
    told.outbox.signed(str(NAME), N, head, 0)
    cutter = Cutter(told.outbox)

    def cut(count: int) -> list[bytes]:
        pages = []
        for at in range(0, N, count):
            piece = told.outbox.piece(NAME, at, most=count, max_bytes=1 << 22)
            whole = release.Outbox(NAME, box.frontier, piece.salts)
            pages.append(release.cut(whole, at, piece.records, piece.head, nodes, keys=1))
        return pages

    pages = {count: cut(count) for count in SIZES}

    def receive(count: int, *, receipts: bool = True) -> int:
        shutil.rmtree(place / "cedar", ignore_errors=True)
        with open_shared(place / "cedar", context=CONTEXT) as held:
            for page in pages[count]:
                out = take(page, trusted, held.inbox, 0)
                assert out.fault is None, out
                if receipts:
                    receipt.acknowledge(held.inbox.seen(out.log), cedar.keys, now_ms=0)
                    held.inbox.told(out.log, out.cursor)
            return out.cursor

    def again() -> int:
        with open_shared(place / "cedar", context=CONTEXT) as held:
            return sum(take(page, trusted, held.inbox, 0).new for page in pages[500])

    def adaptive() -> int:
        at = 0
        while at < N:
            page = cutter.cut(NAME, at, 64 * 1024, keys=1)
            at = min(N, at + 1300)
        return len(page)

    def release_all() -> int:
        shutil.rmtree(place / "new", ignore_errors=True)
        with open_shared(place / "new", context=CONTEXT) as store:
            one = release.open_outbox(NAME, chance.randbytes)
            for at in range(0, N, 500):
                part = records[at : at + 500]
                made = release.append(one, [(data, Yes()) for data in part])
                one = made.outbox
                store.outbox.append([Told(NAME, made.first, part, made.nodes, made.outbox.salts)], 0)
                head = release.sign(one, birch.keys, marks=[], nodes=store.outbox.nodes(str(NAME)), now_ms=0)
                store.outbox.signed(str(NAME), one.size, head, 0)
            return one.size

    ours = "receive, 500 a page"
    cases = [harness.Case(f"receive, {n} a page", lambda n=n: receive(n), N) for n in SIZES]
    cases += [
        harness.Case("the same pages again", again, N),
        harness.Case("release, 500 at once: append, write, sign", release_all, N),
        harness.Case("cut, 64 KiB a page", adaptive, N),
    ]
    result = harness.compare(cases, args.rounds)
    wire = {str(n): round(sum(map(len, p)) / N, 1) for n, p in pages.items()}
    per = {name: round(1e6 / r["per_cpu_s"], 2) for name, r in result.items()}
    size = (place / "cedar" / "shared-test.db").stat().st_size
    print(f"\nus CPU a record: {per}\nbytes a record on the wire: {wire}\nbytes a record in the store: {size / N:.0f}")
    plain = round(sum(map(len, records)) / N, 1)
    extra = {
        "us_per_record": per,
        "wire_bytes_per_record": wire,
        "record_bytes": plain,
        "store_bytes_per_record": round(size / N),
        "notes": [
            f"{os.cpu_count()} cores, load average {load:.0f} before and {os.getloadavg()[0]:.0f} after the run."
        ],
    }
    harness.report("sync", "Sync: records taken in", "records", ours, result, extra)
    told.close()
    shutil.rmtree(place)


if __name__ == "__main__":
    main()

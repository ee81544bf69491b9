"""What receiving costs as the inbox grows: CPU a record, bytes on disk a record, memory, up to a million records.

    python benchmarks/sync_scale.py --records 1000000

A child process tells position records (``benchmarks/sync.py`` makes them) and cuts pages of 500 under one head, as for a
reader that was away; this process opens, verifies and writes each page, durably, and signs a receipt. Only the CPU time
of receiving is counted. Results, with how busy the machine was: benchmarks/results/sync_scale.json.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import harness

harness.one_thread()
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from sim.partner import CONTEXT, Party, Yes  # noqa: E402
from sync import NAME, positions  # noqa: E402

from kizuna.node.service.serving import settle  # noqa: E402
from kizuna.share import receipt, release  # noqa: E402
from kizuna.share.sync.taking import take  # noqa: E402
from kizuna.share.verify import Trusted  # noqa: E402
from kizuna.stores.shared import Told, open_shared  # noqa: E402

RESULTS = Path(__file__).resolve().parent / "results" / "sync_scale.json"
PAGE = 500
STEP = 10_000
MARKS = (10_000, 100_000, 300_000, 1_000_000, 3_000_000)


def parties() -> tuple[Party, Party]:
    chance = random.Random(2)
    return Party("birch", chance), Party("cedar", chance)


def tell(count: int) -> None:
    """The child: pages on the standard output, each after its length."""
    birch, _ = parties()
    with tempfile.TemporaryDirectory() as tmp, open_shared(Path(tmp), context=CONTEXT, durable=False) as told:
        box = release.open_outbox(NAME, random.Random(3).randbytes)
        for at in range(0, count, STEP):
            some = positions(STEP, seed=at)
            made = release.append(box, [(one, Yes()) for one in some])
            told.outbox.append([Told(NAME, made.first, some, made.nodes, made.outbox.salts)], 0)
            box = made.outbox
        nodes = told.outbox.nodes(str(NAME))
        told.outbox.signed(str(NAME), count, release.sign(box, birch.keys, marks=[], nodes=nodes, now_ms=0), 0)
        for at in range(0, count, PAGE):
            piece = told.outbox.piece(NAME, at, most=PAGE, max_bytes=1 << 22)
            whole = release.Outbox(NAME, box.frontier, piece.salts)
            page = release.cut(whole, at, piece.records, piece.head, nodes, keys=1)
            sys.stdout.buffer.write(len(page).to_bytes(4, "big") + page)


def receive(count: int) -> dict:
    """Take all pages in; what each stretch of records cost."""
    birch, cedar = parties()
    trusted = Trusted("cedar", birch.ring, CONTEXT)
    teller = subprocess.Popen([sys.executable, __file__, "--records", str(count), "--tell"], stdout=subprocess.PIPE)
    stretches, cpu_s, at, begun = [], 0.0, 0, 0
    with tempfile.TemporaryDirectory() as tmp, open_shared(Path(tmp), context=CONTEXT) as held:
        settle()
        before_mb = harness.peak_rss_mb()
        while head := teller.stdout.read(4):
            page = teller.stdout.read(int.from_bytes(head, "big"))
            start_s = time.process_time()
            out = take(page, trusted, held.inbox, 0)
            receipt.acknowledge(held.inbox.seen(out.log), cedar.keys, now_ms=0)
            held.inbox.told(out.log, out.cursor)
            cpu_s += time.process_time() - start_s
            assert out.fault is None, out.reason
            at = out.cursor
            if at in MARKS or at == count:
                size = held.database.row("PRAGMA page_count")[0] * held.database.row("PRAGMA page_size")[0]
                stretches.append({
                    "from": begun, "to": at, "cpu_us_per_record": round(cpu_s / (at - begun) * 1e6, 2),
                    "disk_bytes_per_record": round(size / at),
                    "memory_mb": round(harness.peak_rss_mb() - before_mb, 1),
                })  # fmt: skip
                print(json.dumps(stretches[-1]), flush=True)
                begun, cpu_s = at, 0.0
        names = held.database.row("SELECT count(*) FROM name")[0]
    teller.wait()
    return {"records": at, "filed_ids": names, "stretches": stretches}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--tell", action="store_true")
    given = parser.parse_args()
    if given.tell:
        tell(given.records)
        return
    load = os.getloadavg()[0]
    doc = {"cpus": os.cpu_count(), "load_before": round(load, 1), **receive(given.records)}
    doc["load_after"] = round(os.getloadavg()[0], 1)
    doc["cpu"] = harness.cpu_name()
    doc["max_rss_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    RESULTS.write_text(json.dumps(doc, indent=1) + "\n")


if __name__ == "__main__":
    main()

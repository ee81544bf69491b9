"""Kills a process that appends to a store, at random moments, and looks whether anything acknowledged is lost or doubled.

    python tests/soak/kill_store.py --rounds 200

A child appends batches, seals, compacts and puts events as fast as it can and says so after each. It is killed with
SIGKILL. The store is opened again and must hold exactly the batches that were acknowledged, and at most the one that was
under way, whole; the newest positions must be those of these batches; no file may lie about. The next child sends the
last batches again, as a feed does that saw no acknowledgement. Results: benchmarks/results/kill_store.json.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from stores.store_rows import T0_MS, event, events  # noqa: E402

from kizuna.base.table import Table, empty  # noqa: E402
from kizuna.fixes.table import FIXES  # noqa: E402
from kizuna.sources.batch import Batch, nothing  # noqa: E402
from kizuna.stores.keep import KeepParams, open_keep, verify  # noqa: E402

RESULTS = Path(__file__).resolve().parents[2] / "benchmarks" / "results" / "kill_store.json"
ROWS = 200
VESSELS = 50
AGAIN = 3
"""Batches that a new child sends again."""
PARAMS = KeepParams(seal_rows=1000, lateness_s=3600)
ANEW = 25
"""Rounds after which a new store is begun, so that looking at all of it stays cheap."""


def batch(number: int) -> Batch:
    """Batch ``number``, always the same."""
    rng = np.random.default_rng(number)
    columns = dict(empty(FIXES, ROWS).columns)
    columns |= {
        "msg_id": np.arange(ROWS, dtype=np.int64) + number * ROWS,
        "mmsi": rng.integers(440_000_000, 440_000_000 + VESSELS, ROWS).astype(np.int32),
        "time_ms": T0_MS + number * 60_000 + rng.integers(-600_000, 60_000, ROWS),
        "lat_deg": rng.uniform(30, 40, ROWS), "lon_deg": rng.uniform(120, 130, ROWS),
        "context": np.zeros(ROWS, np.int32), "label": np.zeros(ROWS, np.int32),
    }  # fmt: skip
    words = {**empty(FIXES).words, "context": ("real",), "label": ("nobody",)}
    return replace(nothing(), fixes=Table(FIXES, columns, words))


def child(place: Path, start: int) -> None:
    """Append until killed."""
    keep = open_keep(place, params=PARAMS)
    number = start
    while True:
        keep.append(batch(number))
        keep.put_events(events(event(f"e{number}")))
        print(number, flush=True)
        number += 1
        if number % 20 == 0:
            keep.compact()


def look(place: Path, acknowledged: int, seen: int) -> tuple[int, list[str], float]:
    """Batches that the store holds, what is wrong with it, and how long it took to open, s.

    ``seen``: batches that it held before, of which the last may not have been acknowledged.
    """
    before = time.perf_counter()
    keep = open_keep(place, params=PARAMS)
    took = time.perf_counter() - before
    wrong = []
    with keep:
        found = np.sort(keep.box(-180, -90, 180, 90, 0, 2**52, names=("mmsi",))["msg_id"])
        held = len(found) // ROWS
        if not np.array_equal(found, np.arange(held * ROWS)):
            wrong.append(f"{len(found)} rows are not whole batches, each once")
        if not max(acknowledged, seen) <= held <= max(acknowledged, seen) + 1:
            wrong.append(f"{held} batches held, {acknowledged} acknowledged, {seen} seen before")
        put = len(keep.events())
        if not acknowledged <= put <= held:
            wrong.append(f"{put} events held, {acknowledged} acknowledged")
        if held and not np.array_equal(keep.latest()[1]["time_ms"], newest(held)):
            wrong.append("newest positions are not those of the batches held")
        names = {s.name for s in keep._core.view.segments}
        if names != {p.name for p in keep._core.files.iterdir()}:
            wrong.append("files lie about")
    return held, wrong + verify(place), took


def newest(batches: int) -> np.ndarray:
    """Time of the newest fix of each vessel, by MMSI."""
    fixes = [batch(k).fixes for k in range(batches)]
    mmsi, time_ms = (np.concatenate([f[name] for f in fixes]) for name in ("mmsi", "time_ms"))
    vessels, row = np.unique(mmsi, return_inverse=True)
    out = np.zeros(len(vessels), np.int64)
    np.maximum.at(out, row, time_ms)
    return out


def attack(rounds: int, place: Path, seed: int = 1) -> dict:
    """Rounds of killing; what happened."""
    rng = np.random.default_rng(seed)
    held, surely, opened, wrong, total, sealed = 0, 0, [], [], 0, 0
    for k in range(rounds):
        if k % ANEW == 0:
            shutil.rmtree(place, ignore_errors=True)
            held = surely = 0
        start = max(0, held - AGAIN)
        command = [sys.executable, str(Path(__file__).resolve()), "--child", str(place), "--start", str(start)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        first = process.stdout.readline()
        time.sleep(float(rng.uniform(0, 0.5)))
        os.kill(process.pid, signal.SIGKILL)
        said = (first + process.stdout.read()).split(b"\n")
        if process.wait() != -signal.SIGKILL:
            wrong.append(f"round {k}: the child ended by itself")
        process.stdout.close()
        surely = max([surely, *(int(n) + 1 for n in said[:-1])])  # what follows the last newline is cut
        before = held
        held, found, took = look(place, surely, before)
        wrong += [f"round {k}: {text}" for text in found]
        opened.append(took)
        total += held - before
        sealed += len(list((place / "segments").iterdir()))
    return {
        "rounds": rounds, "batches": total, "rows": total * ROWS, "segments_seen": sealed, "wrong": wrong,
        "open_s_median": round(float(np.median(opened)), 3), "open_s_max": round(max(opened), 3),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="stores attacked beside each other")
    parser.add_argument("--child", type=Path)
    parser.add_argument("--start", type=int, default=0)
    args = parser.parse_args()
    if args.child:
        child(args.child, args.start)
        return
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(args.jobs) as pool:
        share = [args.rounds // args.jobs] * args.jobs
        jobs = [pool.submit(attack, n, Path(name) / f"store{k}", args.seed + k) for k, n in enumerate(share)]
        parts = [job.result() for job in jobs]
    doc = {key: sum(p[key] for p in parts) for key in ("rounds", "batches", "rows", "segments_seen")}
    doc["wrong"] = [text for p in parts for text in p["wrong"]]
    doc["open_s_median"] = round(float(np.median([p["open_s_median"] for p in parts])), 3)
    doc["open_s_max"] = max(p["open_s_max"] for p in parts)
    print(json.dumps(doc, indent=1))
    RESULTS.write_text(json.dumps(doc, indent=1) + "\n")
    sys.exit(1 if doc["wrong"] else 0)


if __name__ == "__main__":
    main()

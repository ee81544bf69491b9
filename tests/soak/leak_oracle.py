"""Soak: random worlds and their twins on every surface. Writes benchmarks/results/soak-leak-oracle.json.

python tests/soak/leak_oracle.py [records|nodes|both] [worlds] [seed]

``records``: what the functions of publishing, ledger and formats give (``tests/leak_surfaces.py``). ``nodes``: what one
partner reaches of a running node, over its app and its listener (``tests/leak_node_surfaces.py``). A node's pair of
worlds costs a second or two, so two costly surfaces are asked in every n-th world only; the result says which. A run is
begun anew at any time, and ``nodes`` writes what it has every 25 worlds; the result lists every run with its seed.
"""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import secrets
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RESULT = ROOT / "benchmarks" / "results" / "soak-leak-oracle.json"
sys.path.insert(0, str(ROOT / "tests"))

from leak_node_surfaces import DEEP  # noqa: E402
from leak_node_surfaces import differences as node_differences  # noqa: E402
from leak_node_worlds import node_twin, node_world  # noqa: E402
from leak_surfaces import SURFACES, differences, told  # noqa: E402
from leak_worlds import twin, world  # noqa: E402

SLOW = {"cise": 10}
"""Surfaces of which the signing takes most of the time: tried on every n-th world only."""
RARE = {"every": 10, "cise": 10}
"""The same of a running node: every route of the app, of which nearly all refuse, and signed CISE messages."""


def records(worlds: int, seed: int) -> dict[str, object]:
    start, bad, size, fixes, changed = time.process_time(), [], 0, 0, 0
    for k in range(worlds):
        w = world(seed + k)
        other = twin(w, k)
        names = [n for n in SURFACES if n not in SLOW or k % SLOW[n] == 0]
        found = differences(other, w, names)  # the world last, so that counting its records below costs nothing
        bad += [f"world {seed + k}: {item}" for item in found]
        size += sum(len(v) for v in told(w).values())
        fixes += len(w.fixes)
        changed += len(set(map(repr, w.fixes)) ^ set(map(repr, other.fixes)))
        if k % 50 == 49:
            print(f"{k + 1} worlds, {len(bad)} differences", flush=True)
    return {
        "worlds": worlds, "seed": seed, "surfaces": sorted(SURFACES), "every_nth_world_only": SLOW,
        "differing_items": len(bad), "first": bad[:10], "bytes_of_records": size, "fixes": fixes,
        "fixes_changed_in_twins": changed, "cpu_s": round(time.process_time() - start, 1),
    }  # fmt: skip


def one_node(asked: tuple[int, int]) -> tuple[list[str], int, int, int, set[object], float]:
    """World k on a running node beside its twin: differences, items, bytes, rows changed, routes asked, CPU s."""
    logging.disable(logging.CRITICAL)  # a partner who asks beyond the end is an alarm, and here it does
    start, (k, seed) = time.process_time(), asked
    w = node_world(seed + k)
    other = node_twin(w, k)
    deep = [n for n in DEEP if k % RARE.get(n, 1) == 0]
    found, items, size, routes = node_differences(w, other, deep=deep, cise=k % RARE["cise"] == 0)
    rows = sum(
        len(set(map(repr, getattr(w.rows, name))) ^ set(map(repr, getattr(other.rows, name))))
        for name in ("fixes", "events", "detections")
    )
    return [f"world {seed + k}: {i}" for i in found], items, size, rows, set(routes), time.process_time() - start


def nodes(worlds: int, seed: int) -> dict[str, object]:
    bad, items, size, rows, looked, cpu_s = [], 0, 0, 0, set(), 0.0
    with multiprocessing.get_context("spawn").Pool(os.cpu_count()) as pool:
        for n, found in enumerate(pool.imap_unordered(one_node, ((k, seed) for k in range(worlds))), 1):
            bad, looked = bad + found[0], looked | found[4]
            items, size, rows, cpu_s = items + found[1], size + found[2], rows + found[3], cpu_s + found[5]
            if n % 25 == 0 or n == worlds:
                print(f"{n} nodes, {len(bad)} differences", flush=True)
                write("nodes", made := {
                    "worlds": n, "seed": seed, "surfaces": ["ticks", "live", *DEEP], "every_nth_world_only": RARE,
                    "routes_asked": len(looked), "differing_items": len(bad), "first": bad[:10],
                    "items_compared": items, "bytes_compared": size, "rows_changed_in_twins": rows,
                    "cpu_s": round(cpu_s, 1),
                })  # fmt: skip
    return made


def write(name: str, run: dict[str, object]) -> None:
    """Keep a run beside the others of this commit, in the place of one with the same seed."""
    held = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    kept = {n: [r for r in held.get(n, []) if (n, r["seed"]) != (name, run["seed"])] for n in ("records", "nodes")}
    kept[name].append(run)
    RESULT.write_text(json.dumps({**kept, "cores": os.cpu_count()}, indent=1) + "\n")


def main() -> int:
    what = sys.argv[1] if len(sys.argv) > 1 else "both"
    worlds = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else secrets.randbelow(10**9)
    print(f"seed {seed}")
    failed = False
    for name, run in (("records", records), ("nodes", nodes)):
        if what in (name, "both"):
            found = run(worlds, seed)
            write(name, found)
            failed |= bool(found["differing_items"])
            print(json.dumps(found, indent=1))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

"""Soak: 1,000 random worlds and their twins on every surface. Writes benchmarks/results/soak-leak-oracle.json.

python tests/soak/leak_oracle.py [worlds] [seed]
"""

from __future__ import annotations

import json
import os
import secrets
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from leak_surfaces import SURFACES, differences, told  # noqa: E402
from leak_worlds import twin, world  # noqa: E402

SLOW = {"cise": 10}
"""Surfaces of which the signing takes most of the time: tried on every n-th world only."""


def main() -> int:
    worlds = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else secrets.randbelow(10**9)
    print(f"seed {seed}")
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
    out = {
        "worlds": worlds, "seed": seed, "surfaces": sorted(SURFACES), "every_nth_world_only": SLOW, "differing_items": len(bad), "first": bad[:10],
        "bytes_of_records": size, "fixes": fixes, "fixes_changed_in_twins": changed,
        "cpu_s": round(time.process_time() - start, 1), "cores": os.cpu_count(),
    }  # fmt: skip
    (ROOT / "benchmarks" / "results" / "soak-leak-oracle.json").write_text(json.dumps(out, indent=1) + "\n")
    print(json.dumps(out, indent=1))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

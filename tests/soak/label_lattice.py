"""All pairs of labels of 5 levels, 32 audiences and 16 sets of caveats: 2,560 labels, 6.6 million pairs.

    python tests/soak/label_lattice.py

Each pair is joined both ways; the join must be the same, must be made part by part (so that the laws of the parts,
which tests/records/test_label.py checks for every triple, are laws of the whole) and must widen neither.
"""

from __future__ import annotations

import itertools
import json
import random
import sys
import time
from pathlib import Path

from kizuna.records.label import Label, Tlp, join, widens

RELS = [frozenset(r) for n in range(6) for r in itertools.combinations(("bay", "cape", "dune", "c:civil", "c:cert"), n)]
CAVEATS = [frozenset(c) for n in range(5) for c in itertools.combinations(("w", "x", "y", "z"), n)]


def all_labels() -> list[Label]:
    return [Label(tlp=t, rel_to=r, caveats=c) for t in Tlp for r in RELS for c in CAVEATS]


def check_pairs(share: int, seed: int | None) -> int:
    """Check one in ``share`` of all pairs; returns how many."""
    cases = all_labels()
    if share > 1:
        seed = random.SystemRandom().randrange(2**32) if seed is None else seed
        print(f"seed {seed}")
    chance = random.Random(seed)
    rel = {(a, b): a & b for a in RELS for b in RELS}
    caveats = {(a, b): a | b for a in CAVEATS for b in CAVEATS}
    done = 0
    for i, a in enumerate(cases):
        others = range(i, len(cases)) if share == 1 else chance.sample(range(len(cases)), len(cases) // share)
        for j in others:
            b = cases[j]
            found = join((a, b))
            assert found.tlp == max(a.tlp, b.tlp) and found.rel_to == rel[a.rel_to, b.rel_to], (a, b)
            assert found.caveats == caveats[a.caveats, b.caveats], (a, b)
            assert found == join((b, a)), (a, b)
            assert not widens(found, a) and not widens(found, b), (a, b)
            done += 1
    return done


def main() -> None:
    begin = time.process_time()
    pairs = check_pairs(share=1, seed=None)
    out = {"labels": len(all_labels()), "pairs": pairs, "failures": 0, "cpu_s": round(time.process_time() - begin, 1)}
    print(json.dumps(out))
    results = Path(__file__).resolve().parents[2] / "benchmarks" / "results" / "soak-label-lattice.json"
    results.write_text(json.dumps(out, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())

"""The ledger's trials in full: bent pages, forked logs, key schedules, edited rows.

    python tests/soak/ledger_soak.py --pages 10000 --schedules 1000

Counts must be: bent pages taken 0, crashes 0; forks found at first contact: all; schedules that lose or believe anything
wrong: 0; edited rows found: all. The result goes to ``benchmarks/results/soak-ledger.json``.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from pathlib import Path

HERE = Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[1]))
RESULT = HERE.parents[2] / "benchmarks" / "results" / "soak-ledger.json"

from ledger_party import REAL, Party, record  # noqa: E402
from ledger_trials import Story, fork, judge_bent  # noqa: E402

from kizuna.base.errors import TrustError  # noqa: E402
from kizuna.share.ledger.audit import changed_rows  # noqa: E402


def forks_found(count: int, seed: int) -> int:
    found = 0
    for i in range(count):
        try:
            fork(seed + i)
        except TrustError:
            found += 1
    return found


def edits_found(count: int, seed: int) -> int:
    rng, party = random.Random(seed), Party("harbour")
    records = [record(i) for i in range(count)]
    party.tell(REAL, records)
    log, found = party.log(REAL), 0
    for i in range(count):
        bent = bytearray(records[i])
        bent[rng.randrange(len(bent))] ^= 1 << rng.randrange(8)
        found += changed_rows(REAL, [bytes(bent)], log.box.salts, log.nodes, i) == [i]
    return found


def run(pages: int, seed: int, schedules: int) -> dict[str, int]:
    """All trials; a schedule that goes wrong raises."""
    share = max(1, pages // 100)
    stories = [Story(seed + i).run() for i in range(schedules)]
    return {
        "seed": seed,
        "bent pages": pages,
        "bent pages taken": judge_bent(seed, pages),
        "forked logs": share,
        "found at first contact": forks_found(share, seed),
        "key schedules": schedules,
        "records lost or wrong at the end": 0,
        "pages under a dead key refused": sum(s.refused for s in stories),
        "records believed before a revocation, then taken back": sum(s.forged for s in stories),
        "edited rows": 10 * share,
        "edited rows found": edits_found(10 * share, seed),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=10_000)
    parser.add_argument("--schedules", type=int, default=1000, help="of keys that change in the middle of telling")
    parser.add_argument("--seed", type=int, default=20261122)
    args = parser.parse_args()
    result = run(args.pages, args.seed, args.schedules)
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))
    good = result["bent pages taken"] == 0
    for all_of, found in (("forked logs", "found at first contact"), ("edited rows", "edited rows found")):
        good &= result[all_of] == result[found]
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()

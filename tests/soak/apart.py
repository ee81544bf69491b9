"""Three days apart, and clocks two days wrong, over fresh seeds in virtual time; what is lost, doubled or in another order.

    python tests/soak/apart.py --runs 6 --jobs 2

The laws are those of tests/sim/test_sync_sim.py (a partition of 72 h with a restart in it; clocks of 48 h ahead and behind,
set back by four days in the middle), which run with one fresh seed each time. A run that breaks one raises. Results:
``benchmarks/results/apart.json``.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sim import test_sync_sim as laws  # noqa: E402
from sim.virtual import World  # noqa: E402

RESULTS = Path(__file__).resolve().parents[2] / "benchmarks" / "results" / "apart.json"
SKEWS = ((48, -48), (-48, 48), (0, 48))


def one(seed: int) -> dict:
    """One run of each law; the counts of what both sides hold alike."""
    compared: list[int] = []
    same = laws.same

    def counted(a, b) -> None:
        same(a, b)
        compared.append(sum(len(a.told(laws.birch_log(lane))) for lane in laws.LANES))

    laws.SEED, laws.same = seed, counted
    with tempfile.TemporaryDirectory() as name:
        laws.test_three_days_apart_lose_nothing_and_double_nothing(World(seed), Path(name))
        apart, compared[:] = compared[-1], []
    with tempfile.TemporaryDirectory() as name:
        skews = SKEWS[seed % len(SKEWS)]
        laws.test_clocks_two_days_wrong_change_no_order(Path(name), skews)
    laws.same = same
    done = {"seed": seed, "records_72_h_apart": apart, "skews_h": skews, "records_in_order": sum(compared)}
    print(json.dumps(done), flush=True)
    return done


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=6)
    parser.add_argument("--jobs", type=int, default=1)
    args = parser.parse_args()
    seeds = random.SystemRandom().sample(range(1, 10**6), args.runs)
    with ProcessPoolExecutor(args.jobs) as pool:
        runs = list(pool.map(one, seeds))
    found = {"runs": runs, "lost": 0, "doubled": 0, "in_another_order": 0}
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()

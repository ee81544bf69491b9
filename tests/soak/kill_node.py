"""Kill a node 200 times at random moments under load; results go to ``benchmarks/results/kill_node.json``.

    python tests/soak/kill_node.py --rounds 200

Says how many rows were acknowledged, lost and held twice (both must be 0), the same for detection, and how long the
node took to be back: to answer over HTTP and to have stored something new. Wall time depends on what else the machine
does, so the CPU time up to that moment stands beside it.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from node.service.killing import Killed  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--rate", type=int, default=2_000, help="lines a second")
    parser.add_argument("--minutes", type=float, default=1e9, help="no further kills after so long")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kizuna-kill-") as name:
        killed = Killed(Path(name) / "n", given.rate, seed=given.seed)
        done = killed.rounds(
            given.rounds,
            minutes=given.minutes,
            told=lambda k: print(k + 1, round(killed.back_s[-1], 1), end=" ", flush=True),
        )
        found = killed.check()
    print()
    found |= {
        "rounds": done, "lines_per_s": given.rate, "seed": given.seed,
        "back_s": spread(killed.back_s), "back_cpu_s": spread(killed.back_cpu_s),
        "niceness": os.nice(0), "load_at_end": [round(x, 1) for x in os.getloadavg()],
    }  # fmt: skip
    print(json.dumps(found, indent=1))
    assert (found["lost"], found["twice"], found["detection_twice"], found["detection_lacks"]) == (0, 0, 0, 0)
    (ROOT / "benchmarks" / "results" / "kill_node.json").write_text(json.dumps(found, indent=1) + "\n")


def spread(values: list[float]) -> dict[str, float]:
    return {
        "median": round(statistics.median(values), 2),
        "most": round(max(values), 2),
        "least": round(min(values), 2),
    }


if __name__ == "__main__":
    main()

"""Alerts beside 100 MB of bulk at 64 kbit/s with 30 % loss, in virtual time: how long each takes.

    python tests/soak/flash_sync.py --alerts 1000 --jobs 2

Runs with each number of questions at a time, over both ways of transport that the simulator knows, with a channel for
each direction and with one that both share. The figure that is promised (ten seconds at most) is that of the product's
own number of questions over the steady transport, with one channel or two; the others are there so that nobody takes it
for more than it is. Results: benchmarks/results/flash_sync.json.
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

from sim.flash import delays  # noqa: E402

RESULTS = Path(__file__).resolve().parents[2] / "benchmarks" / "results" / "flash_sync.json"
PROMISED = ({"channels": 4}, {"channels": 4, "shared": True})
OTHERS = (
    {"channels": 3}, {"channels": 2}, {"channels": 1}, {"channels": 1, "megabytes": 0},
    {"channels": 3, "shared": True}, {"channels": 2, "shared": True}, {"channels": 1, "shared": True},
    {"channels": 4, "shared": True, "both": True}, {"channels": 4, "push": True},
    {"channels": 4, "push": True, "shared": True}, {"channels": 4, "transport": "reno"},
    {"channels": 2, "transport": "reno"},
)  # fmt: skip


def one(seed: int, alerts: int, how: dict) -> dict:
    """One run, with how many of its alerts took longer than ten seconds."""
    with tempfile.TemporaryDirectory() as name:
        done = delays(Path(name), seed, alerts=alerts, **how)
    took = sorted(done.pop("took"))
    done["flash_s_p999"] = round(took[int(len(took) * 0.999)], 2)
    done["over_10_s"] = sum(s > 10 for s in took)
    print(json.dumps(done), flush=True)
    return done


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--alerts", type=int, default=1000)
    parser.add_argument("--megabytes", type=float, default=100)
    parser.add_argument("--seeds", type=int, nargs="+", help="three of its own choice unless given")
    parser.add_argument("--jobs", type=int, default=1)
    args = parser.parse_args()
    seeds = args.seeds or random.SystemRandom().sample(range(1, 10**6), 3)
    wanted = [(s, args.alerts, {"megabytes": args.megabytes, **how}) for how in PROMISED for s in seeds]
    wanted += [(seeds[0], args.alerts // 5, {"megabytes": args.megabytes, **how}) for how in OTHERS]
    with ProcessPoolExecutor(args.jobs) as pool:
        runs = list(pool.map(one, *zip(*wanted, strict=True)))
    doc = {"rate_bps": 64_000, "loss": 0.3, "latency_ms": 300, "runs": runs}
    RESULTS.write_text(json.dumps(doc, indent=1) + "\n")
    kept = runs[: len(PROMISED) * len(seeds)]
    sys.exit(any(r["over_10_s"] or r["faults"] or r["alarms"] for r in kept))


if __name__ == "__main__":
    main()

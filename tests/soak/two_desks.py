"""Recall over random networks and incidents over random histories, in full counts.

    python tests/soak/two_desks.py --networks 5000 --cases 5000 [--seed N]

The laws are those of tests/share/test_recall.py and tests/share/test_incident_case.py, which run a fiftieth with fresh
examples each time: every recorded hop is acknowledged or listed, every holder hides once it is reached; every order of
arrival gives one picture and one coordinator. The result goes to ``benchmarks/results/soak-two-desks.json``.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import random
import sys
import time
from pathlib import Path

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[2]
RESULT = ROOT / "benchmarks" / "results" / "soak-two-desks.json"
SHARE = ROOT / "tests" / "share"


def module(name: str):
    sys.path.insert(0, str(SHARE))
    spec = importlib.util.spec_from_file_location(name, SHARE / f"{name}.py")
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def run(test, arguments, examples: int, first_seed: int) -> dict[str, float]:
    """The law of a test over so many examples; raises where one breaks it."""
    count = [0]

    def counted(*values):
        count[0] += 1
        test.hypothesis.inner_test(*values)

    whole = settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    began = time.process_time()
    seed(first_seed)(whole(given(st.tuples(*arguments))(lambda values: counted(*values))))()
    return {"examples": count[0], "broken": 0, "cpu_s": round(time.process_time() - began, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", type=int, default=5000)
    parser.add_argument("--cases", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1, 10**9))
    asked = parser.parse_args()
    print(f"seed {asked.seed}", flush=True)
    recall, cases = module("test_recall"), module("test_incident_case")
    links = st.lists(st.sampled_from(["ab", "ac", "bc", "cd", "de", "be", "ae", "ce", "bd", "ad"]), max_size=12)
    offline = st.sets(st.sampled_from("bcde"), max_size=3)
    found = {
        "seed": asked.seed,
        "recall_networks": run(
            recall.test_every_recorded_hop_is_acknowledged_or_listed, (recall.ROUTES, offline, links), asked.networks,
            asked.seed,
        ),
        "incident_cases": run(
            cases.test_any_order_of_arrival_gives_the_same_picture_and_one_coordinator,
            (cases.ACTS, st.randoms(use_true_random=False)), asked.cases, asked.seed,
        ),
    }  # fmt: skip
    RESULT.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found))


if __name__ == "__main__":
    main()

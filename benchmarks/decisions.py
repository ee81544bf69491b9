"""Release decisions per CPU second: our columnar evaluator beside Cedar, on the same rules and records.

    python benchmarks/decisions.py

Both decide one audience. Cedar gets its policies and entities parsed beforehand (only the requests are counted), we get
columns as ``share.publish`` makes them. The verdicts must be equal row by row before anything is timed. Random rules
and records are those of tests/soak/cedar_release.py (seed fixed); the second pair of cases is the single rule of
level, audience, kind and age that many policies amount to.
"""

from __future__ import annotations

import harness

harness.one_thread()

import random  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402

import cedarpy  # noqa: E402
import numpy as np  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from soak import cedar_release as make  # noqa: E402

from kizuna.share import decide, rules  # noqa: E402
from kizuna.share.columns import Setting  # noqa: E402

THEIRS = 2_000
TIMES = 250  # ours decides each of their records so many times over


def world(many, seed):
    chance = random.Random(seed)
    terms = {s: make.Terms(True, frozenset(("all",))) for s in make.SOURCES}
    partner = make.Partner(
        "bay", tlp_max=make.Tlp.AMBER, caveats_held=frozenset("xy"), purposes=frozenset(make.PURPOSES)
    )
    setting = Setting(make.NOW_MS, make.directory(make.ME, [partner]), "real", terms, frozenset(make.ZONES))
    return many, setting, [make.facts(chance, "real") for _ in range(THEIRS)]


def cases(name, many, setting, facts):
    loaded = rules.load(make.toml(many))
    columns = make.columns(facts)
    rows = np.tile(np.arange(THEIRS), TIMES)
    np.random.default_rng(1).shuffle(rows)
    large = columns.take(rows)
    policies = cedarpy.PolicySet.from_str(make.cedar(many, "bay", setting))
    entities = cedarpy.Entities.from_json_str(
        __import__("json").dumps([make.entity(i, f) for i, f in enumerate(facts)])
    )
    requests = [
        {"principal": 'P::"p"', "action": 'A::"tell"', "resource": f'R::"{i}"', "context": {}} for i in range(THEIRS)
    ]

    def cedar():
        return sum(
            a.decision is cedarpy.Decision.Allow for a in cedarpy.is_authorized_batch(requests, policies, entities)
        )

    def ours():
        return int(decide.batch(loaded, large, "bay", setting).release.sum()) / TIMES

    def single():
        return sum(decide.one(loaded, f, "bay", setting).released for f in facts)

    theirs = [a.decision is cedarpy.Decision.Allow for a in cedarpy.is_authorized_batch(requests, policies, entities)]
    assert np.array_equal(decide.batch(loaded, columns, "bay", setting).release, theirs)
    assert 0.02 < sum(theirs) / THEIRS < 0.98, sum(theirs)
    return [
        harness.Case(f"kizuna, columns, {name}", ours, THEIRS * TIMES),
        harness.Case(f"kizuna, one with explanation, {name}", single, THEIRS),
        harness.Case(
            f"Cedar {__import__('importlib.metadata').metadata.version('cedarpy')}, batch, {name}", cedar, THEIRS
        ),
    ]


def main():
    a = harness.arguments(__doc__)
    one = [{"id": "r0", "to": ["bay"], "then": "release", "clause": ["mou/1"], "label": {"tlp": "GREEN"},
            "match": {"kind": ["track.*", "event.gap"], "age": {"min_min": 30}, "label": {"tlp_max": "RED"}}}]  # fmt: skip
    twenty = []
    chance = random.Random(7)
    while len(twenty) < 20:
        rule = make.rule(chance, len(twenty))
        if "typo" not in str(rule) and not (rule["then"] == "withhold" and len(rule["match"]) < 3):
            rule["to"] = ["bay"]
            if rule["then"] == "release":
                rule["label"] = {"tlp": "GREEN"}
            twenty.append(rule)
    result = harness.compare([*cases("1 rule", *world(one, 1)), *cases("20 rules", *world(twenty, 2))], a.rounds)
    ratio = {}
    for name in ("1 rule", "20 rules"):
        rate = {
            case.split(",")[0].split()[0] + case.split(",")[1]: r["per_cpu_s"]
            for case, r in result.items()
            if case.endswith(name)
        }
        ratio[name] = rate["kizuna columns"] / rate["Cedar batch"]
        print(f"{name}: columns decide {ratio[name]:.0f} times as many a CPU second as Cedar")
    harness.report(
        "decisions",
        "Release decisions for one audience",
        "records",
        "kizuna, columns, 20 rules",
        result,
        {"columns_over_cedar": ratio},
    )
    return 0 if min(ratio.values()) >= 200 else 1


if __name__ == "__main__":
    sys.exit(main())

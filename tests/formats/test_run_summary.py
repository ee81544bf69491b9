"""run.json: what was read and done; a digest that two partners share."""

import json
from dataclasses import replace

from formats import make
from kizuna.formats.run_summary import Timing, run_digest, run_json


def test_run_json_holds_inputs_with_hashes_and_rejects():
    document = json.loads(run_json(make.summary()))
    assert document["run"]["inputs"][0]["sha256"] == "a3" * 32
    assert document["run"]["inputs"][0]["rejects"] == {"bad_checksum": 412, "part_missing": 96}
    assert document["run"]["start_timestamp"] == "2026-03-14T00:00:00.000Z"
    assert document["run"]["marking"] == "EXERCISE demo"


def test_same_run_gives_the_same_bytes():
    assert run_json(make.summary()) == run_json(make.summary())


def test_digest_ignores_the_machine_and_the_hour():
    here, there = (
        make.summary(),
        replace(make.summary(), timings=(Timing("decode", 9.0, 8.0),), versions={"python": "3.14"}),
    )
    assert run_digest(here) == run_digest(there)
    assert json.loads(run_json(here))["run"] == json.loads(run_json(there))["run"]


def test_digest_follows_inputs_parameters_and_rules():
    base = make.summary()
    others = [
        replace(base, inputs=(replace(base.inputs[0], sha256="00" * 32), *base.inputs[1:])),
        replace(base, params={**base.params, "gap": {"min_h": 7.0}}),
        replace(base, rules={**base.rules, "gap": "1.1"}),
        replace(base, context="real"),
    ]
    assert len({run_digest(s) for s in [base, *others]}) == 5


def test_numbers_that_json_lacks_become_null():
    document = json.loads(run_json(make.summary(params={"x": {"limit": float("inf"), "n": (1, float("nan"))}})))
    assert document["run"]["params"]["x"] == {"limit": None, "n": [1, None]}


def test_rejects_are_summed_over_inputs_most_frequent_first():
    assert list(make.summary().rejects.items()) == [("bad_checksum", 443), ("part_missing", 96), ("bad_time", 7)]

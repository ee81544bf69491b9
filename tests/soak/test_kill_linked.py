"""Whole nodes that are killed while they tell each other: what the committed long run found.

A short run of the same is a test of the walk (``tests/node/share/test_walk.py``).
"""

import json

import pytest
from soak import kill_linked


def test_the_committed_long_run_lost_and_doubled_nothing():
    if not kill_linked.RESULTS.exists():
        pytest.skip("no long run was made yet (make soak)")
    doc = json.loads(kill_linked.RESULTS.read_text())
    assert min(doc["killed"].values()) >= 20
    assert doc["moments"]["in the first second"] >= 5
    assert min(doc["told"].values()) > 1_000
    assert doc["wrong"] == []

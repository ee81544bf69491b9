"""A process that appends is killed at twenty random moments; the committed long run did so two hundred times."""

import json

import pytest
from soak import kill_store


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_or_doubled_by_kill_9(tmp_path):
    done = kill_store.attack(20, tmp_path / "store", seed=5)
    assert done["wrong"] == []
    assert done["batches"] > 100
    assert done["segments_seen"] > 20


def test_the_committed_long_run_lost_nothing():
    if not kill_store.RESULTS.exists():
        pytest.skip("no long run was made yet (make soak)")
    doc = json.loads(kill_store.RESULTS.read_text())
    assert doc["rounds"] >= 200
    assert doc["wrong"] == []
    assert doc["open_s_max"] < 5

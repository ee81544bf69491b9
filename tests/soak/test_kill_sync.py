"""Two nodes that synchronise are killed twenty times; the committed long run did so a thousand times."""

import json
import os

import pytest
from soak import kill_sync


@pytest.mark.slow
def test_nothing_is_lost_or_doubled_when_either_side_is_killed(tmp_path):
    seed = int.from_bytes(os.urandom(3), "big")
    print(f"seed {seed}")
    done = kill_sync.attack(20, tmp_path / "pair", seed)
    assert done["wrong"] == []
    assert sum(done["records"].values()) > 20


def test_the_committed_long_run_lost_nothing():
    if not kill_sync.RESULTS.exists():
        pytest.skip("no long run was made yet (make soak)")
    doc = json.loads(kill_sync.RESULTS.read_text())
    assert doc["kills"] >= 1000
    assert min(doc["killed"].values()) > 400
    assert doc["records"] > 10_000
    assert doc["wrong"] == []

"""Four nodes in a row over lines that fail, those between killed eight times; the committed run did so hundreds of times."""

import json
import os

import pytest
from soak import kill_onward

from node.share.onward_nodes import made


@pytest.mark.slow
def test_records_and_recalls_arrive_over_three_hops_whatever_fails(tmp_path):
    seed = int.from_bytes(os.urandom(3), "big")
    print(f"seed {seed}")
    done = kill_onward.attack(8, made(tmp_path, *kill_onward.PARTIES), seed, most_rounds=40)
    assert done["wrong"] == []
    assert done["records"] > 2 and done["recalls"] > 0


def test_the_committed_long_run_lost_nothing():
    if not kill_onward.RESULTS.exists():
        pytest.skip("no long run was made yet (make soak)")
    doc = json.loads(kill_onward.RESULTS.read_text())
    assert min(doc["killed"].values()) >= 100
    assert doc["records"] > 5_000 and doc["recalls"] > 40
    assert min(doc["lost_on_lines"].values()) > 20
    assert doc["wrong"] == []

"""kill -9 at random moments under load; the soak does 200 (tests/soak/kill_node.py)."""

import pytest
from node.service.killing import Killed

pytestmark = [pytest.mark.slow, pytest.mark.big]


def test_a_killed_node_keeps_what_it_acknowledged_and_holds_nothing_twice(tmp_path):
    killed = Killed(tmp_path / "n", seed=20260101)
    killed.rounds(10)
    found = killed.check()
    assert found["acknowledged"] > 1_000
    assert (found["lost"], found["twice"]) == (0, 0)
    assert (found["detection_twice"], found["detection_lacks"]) == (0, 0)
    assert found["detection_rows"] == found["held"]

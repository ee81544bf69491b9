"""The first start on a machine says that kernels compile and is not taken for a thread that stands still."""

import pytest

from kizuna.node.service.first_start import STUCK_COLD_S, STUCK_S, TROUBLE, FirstStart
from kizuna.node.service.health import Health


@pytest.fixture
def marked(monkeypatch):
    done = []
    monkeypatch.setattr("kizuna.base.jit.is_warm", lambda group: group in done)
    monkeypatch.setattr("kizuna.base.jit.mark_warm", done.append)
    return done


def test_a_cold_start_is_said_until_rows_went_through_detection(marked):
    health = Health(())
    first = FirstStart(health, lambda: 100.0)
    first.look(99.0, detected=False)
    assert not health.troubles and first.stuck_s == STUCK_COLD_S  # nothing came yet: there is nothing to say
    first.look(97.0, detected=False)
    assert "compile" in health.troubles[TROUBLE] and not marked
    first.look(99.5, detected=True)
    assert not health.troubles and marked == ["live"] and first.stuck_s == STUCK_S


def test_a_warm_start_says_nothing(marked):
    marked.append("live")
    health = Health(())
    first = FirstStart(health, lambda: 100.0)
    first.look(0.0, detected=False)
    assert not health.troubles and first.stuck_s == STUCK_S

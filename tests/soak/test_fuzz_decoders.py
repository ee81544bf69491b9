"""A share of the long fuzzing run, with every test run."""

import json

import pytest
from soak import fuzz_decoders


@pytest.mark.big
@pytest.mark.parametrize("target", [t.name for t in fuzz_decoders.TARGETS])
def test_damaged_lines_break_no_decoder(target, monkeypatch):
    monkeypatch.setattr(fuzz_decoders, "LINES_A_ROUND", 2_000)
    result = fuzz_decoders.run(6_000, seed=2, only=target)
    assert result["failures"] == []
    assert result["decoders"][target]["rounds"] >= 2


def test_the_committed_long_run_found_nothing():
    if not fuzz_decoders.RESULT.exists():
        pytest.skip("no long run was made yet (make soak)")
    result = json.loads(fuzz_decoders.RESULT.read_text())
    assert result["failures"] == []
    assert result["lines"] >= 10_000_000
    assert set(result["decoders"]) == {t.name for t in fuzz_decoders.TARGETS}

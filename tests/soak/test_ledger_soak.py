"""The committed run of the ledger's trials was in full and found nothing."""

import json

import pytest
from soak import ledger_soak


def test_the_committed_run_is_in_full_and_clean():
    if not ledger_soak.RESULT.exists():
        pytest.skip("no long run was made yet (make soak)")
    result = json.loads(ledger_soak.RESULT.read_text())
    assert result["bent pages"] >= 10_000
    assert result["bent pages taken"] == 0
    assert result["forked logs"] == result["found at first contact"] >= 100
    assert result["key schedules"] >= 1000
    assert result["edited rows"] == result["edited rows found"] >= 1000

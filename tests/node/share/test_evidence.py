"""Whoever edits a past row of the store is found by ``kizuna ledger verify``; in full: ``tests/soak/edited_rows.py``."""

import random
from pathlib import Path

from ledger_edits import EVIDENCE, trial

EDITS = 100


def test_an_edit_of_any_past_row_in_any_table_is_found(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(1 << 30)
    found, missed = trial(tmp_path, seed, EDITS)
    assert (found, missed) == (EDITS, []), f"seed {seed}"
    assert sum(len(columns) for columns in EVIDENCE.values()) <= EDITS, "every column at least once"

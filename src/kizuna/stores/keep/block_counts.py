"""How many fixes each block for replay holds, without those that came after it was closed."""

from __future__ import annotations

import sqlite3

import numpy as np

from kizuna.base.table import Array, Table
from kizuna.stores.keep.params import BLOCK_MS


def counted(fixes: Table, late: Array) -> list[tuple[int, int]]:
    """Blocks and their fixes that did not come late."""
    times = fixes["time_ms"][~late & (fixes["time_ms"] >= 0)]
    starts, counts = np.unique(times // BLOCK_MS * BLOCK_MS, return_counts=True)
    return list(zip(starts.tolist(), counts.tolist(), strict=True))


def add(db: sqlite3.Connection, counts: list[tuple[int, int]]) -> None:
    """Add to the counts, within a transaction."""
    sql = "INSERT INTO block VALUES (?, ?) ON CONFLICT (start_ms) DO UPDATE SET fixes = fixes + excluded.fixes"
    db.executemany(sql, counts)

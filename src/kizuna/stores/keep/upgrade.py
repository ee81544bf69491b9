"""Stores of earlier forms are brought up to the present one when they are opened for writing.

The catalogue as it was stays beside it as ``keep.db.form-N``. All steps are one transaction: an upgrade that is
interrupted has not begun. Segments are never rewritten; every version reads the files of all before it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from kizuna.base.errors import ConfigError, InputError
from kizuna.base.table import from_arrow
from kizuna.base.units import MISSING_TIME_MS
from kizuna.stores.keep import block_counts, catalogue
from kizuna.stores.keep.pieces import SCHEMAS
from kizuna.stores.keep.segments import bounds_of, digest_of, read
from kizuna.stores.parquet import sync


def upgrade(db: sqlite3.Connection, directory: Path, files: Path, form: int) -> None:
    """Bring a catalogue of form ``form`` up. Raises ConfigError where it is older than any known."""
    if form == catalogue.FORMAT:
        return
    if form not in STEPS:
        raise ConfigError(f"the store has form {form}, which nothing reads any more", where=str(directory))
    _keep_old(db, directory / f"{catalogue.NAME}.form-{form}")
    with catalogue.transaction(db, directory):
        for step in range(form, catalogue.FORMAT):
            STEPS[step](db, files)
        catalogue.put_meta(db, "format", catalogue.FORMAT)


def _keep_old(db: sqlite3.Connection, path: Path) -> None:
    path.unlink(missing_ok=True)
    copy = sqlite3.connect(path)
    try:
        db.backup(copy)
    except sqlite3.Error as exc:
        raise catalogue.cannot_commit(exc, path) from exc
    finally:
        copy.close()
    sync(path)


def _from_1(db: sqlite3.Connection, files: Path) -> None:
    """Form 1 knew neither late rows nor bounds of row groups, digests, counts of blocks or times of sealing."""
    old = db.execute("SELECT number, tbl, window_ms, run, rows, size, last FROM segment").fetchall()
    db.execute("DROP TABLE segment")
    for name in ("segment", "block"):
        start = catalogue.TABLES.index(f"CREATE TABLE {name} (")
        db.execute(catalogue.TABLES[start : catalogue.TABLES.index(";", start)])
    catalogue.put_meta(db, "reopened", 0)
    kept = db.execute("SELECT newest_ms FROM snapshot").fetchone()
    sealed_ms = MISSING_TIME_MS if kept is None else kept[0]
    for number, name, window_ms, run, rows, size, last in old:
        path = files / f"{name}-{number:08d}.parquet"
        data = path.read_bytes()
        table = from_arrow(SCHEMAS[name], read(path, SCHEMAS[name]).whole(SCHEMAS[name]))
        bounds = bounds_of(table)
        _check_groups(data, bounds[:, -1], path)
        db.execute(
            "INSERT INTO segment VALUES (?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?)",
            (number, name, window_ms, run, rows, size, last, sealed_ms, digest_of(data), bounds.tobytes()),
        )
        if name == "fixes":
            block_counts.add(db, block_counts.counted(table, np.zeros(len(table), np.bool_)))


def _check_groups(data: bytes, rows: np.ndarray, path: Path) -> None:
    found = pq.read_metadata(pa.BufferReader(data))
    if [found.row_group(k).num_rows for k in range(found.num_row_groups)] != rows.astype(int).tolist():
        raise InputError("its row groups are not those of a segment", where=path.name, hint="restore a backup")


STEPS: Final[Mapping[int, Callable[[sqlite3.Connection, Path], None]]] = {1: _from_1}

"""The tracks of a result directory as a stream of rows, vessel after vessel, with bounded memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kizuna.base.errors import ConfigError, InputError
from kizuna.base.table import Array
from kizuna.events.subjects import vessel_like
from kizuna.picture.classes import most_sent
from kizuna.picture.rows import Rows
from kizuna.records.context import REAL
from kizuna.records.label import NOBODY
from kizuna.stores.parquet import metadata

Progress = Callable[[str, float, float], None]
ROWS: Final = 262_144
"""Rows at a time."""
_COLUMNS: Final = ("mmsi", "seg_id", "timestamp", "msg_id", "lat", "lon")
_NOISE: Final = ("overlapping_short", "stationary_gear")


def silent(_stage: str, _done: float, _total: float) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class Results:
    """A directory that ``kizuna detect`` wrote."""

    path: Path

    @property
    def fixes(self) -> Path:
        """The fixes."""
        return self.path / "fixes.parquet"

    def check(self) -> None:
        """Raise ConfigError unless it holds fixes with segments."""
        if not self.path.is_dir():
            raise ConfigError(f"{self.path} is no directory", hint="give the --out directory of a detect run")
        for name in ("fixes", "segments"):
            if not (self.path / f"{name}.parquet").exists():
                raise ConfigError(f"{self.path} holds no {name}.parquet", hint="run kizuna detect first")

    def context_and_label(self) -> tuple[str, str]:
        """Context and label of the fixes."""
        said = metadata(self.fixes)
        return said.get("context", REAL) or REAL, said.get("label", NOBODY) or NOBODY

    def digest(self) -> str:
        """Digest of the run, empty where it is not told."""
        run = self.path / "run.json"
        if not run.exists():
            return ""
        try:
            return str(json.loads(run.read_text(encoding="utf-8")).get("digest", ""))
        except ValueError as exc:
            raise InputError("is no JSON", where=str(run)) from exc

    def classes(self) -> tuple[Array, Array]:
        """MMSIs in order and the class of ship that each sent most; none where static data are missing."""
        path = self.path / "identities.parquet"
        if not path.exists():
            return np.empty(0, np.int32), np.empty(0, np.int8)
        table = _read(path, ["mmsi", "ship_type", "count"])
        mmsi, kind, count = (table[n].fill_null(-1).to_numpy() for n in ("mmsi", "ship_type", "count"))
        return most_sent(mmsi, kind, count)


def _read(path: Path, columns: list[str]) -> Any:
    try:
        return pq.read_table(path, columns=columns)
    except (pa.ArrowInvalid, KeyError) as exc:
        raise InputError(f"cannot be read: {str(exc).splitlines()[0]}", where=str(path)) from exc


def rows(results: Results, stage: str = "Read tracks", progress: Progress = silent) -> Iterator[Rows]:
    """Rows that belong to a segment of something that can be a vessel; see ``events.subjects`` for who is left out.

    Raises InputError for a damaged file and for one in which the rows of an MMSI do not stand together.
    """
    results.check()
    left_out = _left_out(results)
    try:
        file = pq.ParquetFile(results.fixes)
        total = file.metadata.num_rows
        done, at, seen = 0, -1, set[int]()
        for group in range(file.num_row_groups):  # iter_batches keeps what it read: its memory grows with the file
            for batch in file.read_row_group(group, columns=list(_COLUMNS)).to_batches(max_chunksize=ROWS):
                done += batch.num_rows
                part = _usable(batch, left_out)
                if len(part):
                    at = _in_order(part.mmsi, at, seen, results.fixes)
                    yield part
            progress(stage, done, total)
    except (pa.ArrowInvalid, KeyError) as exc:
        raise InputError(f"cannot be read: {str(exc).splitlines()[0]}", where=str(results.fixes)) from exc


def _left_out(results: Results) -> Array:
    table = _read(results.path / "segments.parquet", ["seg_id", "noise"])
    noisy = pc.is_in(table["noise"].cast(pa.string()), value_set=pa.array(_NOISE))
    ids: Array = np.sort(table["seg_id"].filter(noisy).to_numpy())
    return ids


def _usable(batch: Any, left_out: Array) -> Rows:
    """Rows with segment, place and time."""
    column = {name: batch.column(name) for name in _COLUMNS}
    there = np.ones(batch.num_rows, np.bool_)
    for name in ("seg_id", "timestamp", "lat", "lon", "mmsi"):
        if column[name].null_count:
            there &= column[name].is_valid().to_numpy(zero_copy_only=False)
    segment = _plain(column["seg_id"], np.int64)
    mmsi = _plain(column["mmsi"], np.int32)
    there &= vessel_like(mmsi)
    if len(left_out):
        there &= ~np.isin(segment, left_out)
    time_ms = _plain(column["timestamp"].cast(pa.timestamp("ms", "UTC")).cast(pa.int64()), np.int64)
    whole = Rows(mmsi, segment, time_ms, _plain(column["msg_id"], np.int64), _plain(column["lat"], np.float64),
                 _plain(column["lon"], np.float64))  # fmt: skip
    return whole if there.all() else Rows(*(c[there] for c in whole.columns()))


def _plain(column: Any, dtype: Any) -> Array:
    if column.null_count:
        column = column.fill_null(0)
    out: Array = np.ascontiguousarray(column.to_numpy(zero_copy_only=False), dtype)
    return out


def _in_order(mmsi: Array, at: int, seen: set[int], path: Path) -> int:
    """Check that no MMSI comes back after another one; returns the last."""
    starts = np.flatnonzero(np.diff(mmsi)) + 1
    for m in ([int(mmsi[0])] if int(mmsi[0]) != at else []) + mmsi[starts].tolist():
        if m in seen:
            raise InputError(
                f"the rows of MMSI {m} do not stand together", where=str(path), hint="write them with kizuna detect"
            )
        seen.add(m)
    return int(mmsi[-1])

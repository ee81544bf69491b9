"""First stage: all rows to the buckets of their MMSIs, in the order heard.

The inputs are read once, a piece at a time. An input counts when all its rows are on the disk; a run that was stopped
reads the inputs again that it had not finished. Bounds of buckets are taken from the first rows; buckets that turn out
too large are cut at MMSIs afterwards. One MMSI is never cut: where it alone is too large, the run says so.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from kizuna.base.errors import ConfigError, UnavailableError
from kizuna.base.table import Array, Table
from kizuna.base.units import MISSING_TIME_MS
from kizuna.engines.decode import Tally
from kizuna.engines.inputs import Input, Options
from kizuna.engines.partition import bucket as files
from kizuna.engines.partition.plan import ROW_BYTES, Bucket, Plan, Sizes
from kizuna.engines.reading import read
from kizuna.engines.stages import Progress
from kizuna.fixes.statics import OTHERS, REJECTS, STATICS
from kizuna.fixes.table import FIXES
from kizuna.sources.batch import Batch
from kizuna.stores.parquet import TableWriter, cannot_write

CHUNK_ROWS: Final = 1 << 19
"""Rows routed at a time: a hundred buckets then get blocks of 5,000 rows."""
SIDE: Final = (STATICS, OTHERS, REJECTS)
"""Tables beside fixes, kept as Parquet an input."""


@dataclass(slots=True)
class _Chunk:
    """Rows on the way to their buckets."""

    fixes: list[Table] = field(default_factory=list)
    statics: list[Table] = field(default_factory=list)
    rows: int = 0


def route(
    items: Sequence[Input], options: Options, plan: Plan, folder: Path, sizes: Sizes, expected: int, progress: Progress
) -> Tally:
    """Read the inputs that are not in the plan yet; afterwards the plan counts all. Returns what was counted.

    Raises as ``engines.decode.decode``.
    """
    tally = Tally(**_untold(plan.tally)) if plan.tally else Tally()
    if plan.routed:
        _recall(items, plan)
        return tally
    router = _Router(plan, folder, sizes.buckets_for(expected))
    try:
        _recall(items, plan)
        for number, item in enumerate(items):
            if number < len(plan.items):
                continue
            _one_input(router, item, number, options, tally, progress)
            router.settle()
            plan.items.append({k: v for k, v in asdict(item).items() if k not in ("name", "source_id")})
            plan.tally = _told(tally)
            plan.save(folder)
        router.at_least_one()
    finally:
        router.close()
    _cut_large(plan, folder, sizes)
    plan.routed = True
    plan.save(folder)
    return tally


def side_path(folder: Path, name: str, number: int) -> Path:
    """File of one input's rows of a table beside fixes."""
    return folder / f"input-{number:06d}.{name}.parquet"


def _recall(items: Sequence[Input], plan: Plan) -> None:
    for item, known in zip(items, plan.items, strict=False):
        for key, value in known.items():
            setattr(item, key, tuple(value) if key == "unmapped" else value)


def _told(tally: Tally) -> dict[str, Any]:
    return {"rows": dict(tally.rows), "time_sources": tally.time_sources.tolist(), "start_ms": tally.start_ms,
            "end_ms": tally.end_ms, "contexts": sorted(tally.contexts)}  # fmt: skip


def _untold(told: dict[str, Any]) -> dict[str, Any]:
    return told | {"time_sources": np.array(told["time_sources"], np.int64), "contexts": set(told["contexts"])}


def _one_input(
    router: _Router, item: Input, number: int, options: Options, tally: Tally, progress: Progress
) -> None:  # fmt: skip
    with contextlib.ExitStack() as stack:
        side = {
            schema.name: stack.enter_context(
                TableWriter(
                    schema, side_path(router.folder, schema.name, number), context=options.context, label=options.label
                )
            )
            for schema in SIDE
        }
        for batch in read(item, options, lambda _stage, done, total: progress("Read and route", done, total)):
            tally.add(batch)
            for name, table in (("statics", batch.statics), ("others", batch.others), ("rejects", batch.rejects)):
                side[name].write(table)
            router.add(batch)
        router.flush()


class _Router:
    """Gathers rows and writes them to their buckets on a thread of its own."""

    def __init__(self, plan: Plan, folder: Path, buckets: int) -> None:
        self.folder = folder
        self.words = files.Words.of(plan.words) if plan.words else files.Words()
        self._plan = plan
        self._wanted = buckets
        self._chunk = _Chunk()
        self._handles: list[int] = []
        self._worker = ThreadPoolExecutor(1, "route")
        self._pending: Future[None] | None = None
        self._last_ms = plan.last_ms if plan.last_ms is not None else MISSING_TIME_MS
        self._untimed = plan.untimed
        self._written = [b.size for b in plan.buckets]
        self._rows = [b.rows for b in plan.buckets]
        if plan.bounds is not None:
            self._open()

    def add(self, batch: Batch) -> None:
        """Take the rows of a batch."""
        self._chunk.fixes.append(batch.fixes)
        if len(batch.statics):
            self._chunk.statics.append(batch.statics)
        self._chunk.rows += len(batch.fixes) + len(batch.statics)
        if self._chunk.rows >= CHUNK_ROWS:
            self.flush()

    def flush(self) -> None:
        """Hand over what was gathered, after what was handed over before is written."""
        chunk, self._chunk = self._chunk, _Chunk()
        self.wait()
        if chunk.rows:
            self._pending = self._worker.submit(self._write, chunk)

    def wait(self) -> None:
        """Until everything handed over is written; raises what went wrong."""
        pending, self._pending = self._pending, None
        if pending is not None:
            pending.result()

    def settle(self) -> None:
        """All that was added is on the disk and counts."""
        self.flush()
        self.wait()
        try:
            for handle in self._handles:
                os.fsync(handle)
        except OSError as exc:
            raise cannot_write(exc, self.folder) from exc
        for b, bucket in enumerate(self._plan.buckets):
            bucket.size, bucket.rows = self._written[b], self._rows[b]
        self._plan.words = {name: list(words) for name, words in self.words.lists().items()}
        self._plan.untimed = self._untimed
        self._plan.last_ms = None if self._last_ms == MISSING_TIME_MS else self._last_ms

    def close(self) -> None:
        """Let go of files and thread."""
        self._worker.shutdown(wait=True, cancel_futures=True)
        for handle in self._handles:
            os.close(handle)
        self._handles = []

    def _open(self) -> None:
        """Open all buckets and cut off what does not count."""
        try:
            for bucket in self._plan.buckets:
                handle = os.open(route_path(self.folder, bucket.name), os.O_RDWR | os.O_CREAT, 0o600)
                self._handles.append(handle)
                if os.fstat(handle).st_size < bucket.size:
                    raise UnavailableError(
                        "rows that were written are gone", where=bucket.name, hint="run again without --resume"
                    )
                os.ftruncate(handle, bucket.size)
                os.lseek(handle, 0, os.SEEK_END)
        except OSError as exc:
            raise cannot_write(exc, self.folder) from exc

    def _begin(self, chunk: _Chunk) -> None:
        """Choose the bounds by the first rows."""
        mmsi = np.concatenate([t["mmsi"] for t in (*chunk.fixes, *chunk.statics)])
        self._plan.bounds = _bounds(mmsi, self._wanted)
        self._make()

    def _make(self) -> None:
        assert self._plan.bounds is not None
        self._plan.buckets = [Bucket(f"{b:05d}") for b in range(len(self._plan.bounds) + 1)]
        self._written = [0] * len(self._plan.buckets)
        self._rows = [0] * len(self._plan.buckets)
        self._open()

    def at_least_one(self) -> None:
        """Make an empty bucket where no row came."""
        if self._plan.bounds is None:
            self._plan.bounds = []
            self._make()
            self.settle()

    def _write(self, chunk: _Chunk) -> None:
        if self._plan.bounds is None:
            self._begin(chunk)
        bounds = np.array(self._plan.bounds, np.int32)  # as the MMSIs: otherwise these would be copied wider
        if sum(len(t) for t in chunk.fixes):
            columns = {c.name: self._column(chunk.fixes, c.name) for c in FIXES.columns}
            self._note_last(columns)
            self._append(columns, bounds)
        for statics in chunk.statics:
            self._append(statics, bounds)

    def _append(self, block: dict[str, Array] | Table, bounds: Array) -> None:
        for b, pieces, rows in _dealt(block, bounds):
            path = route_path(self.folder, self._plan.buckets[b].name)
            self._written[b] += files.append(self._handles[b], pieces, path)
            self._rows[b] += rows

    def _column(self, tables: list[Table], name: str) -> Array:
        if name in files.OPEN:
            parts = [self.words.numbered(name, t.codes_of(name), t[name]) for t in tables]
        else:
            parts = [t[name] for t in tables]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _note_last(self, columns: dict[str, Array]) -> None:
        self._untimed += int(np.count_nonzero(columns["time_ms"] == MISSING_TIME_MS))
        placed = ~(np.isnan(columns["lat_deg"]) | np.isnan(columns["lon_deg"]))
        if placed.any():
            self._last_ms = max(self._last_ms, int(columns["time_ms"].max(where=placed, initial=MISSING_TIME_MS)))


def route_path(folder: Path, name: str) -> Path:
    """File of a bucket's rows as routed."""
    return folder / f"{name}.routed"


def _bounds(mmsi: Array, buckets: int) -> list[int]:
    """MMSIs that cut these rows into about equal parts, at most so many."""
    found, count = np.unique(mmsi, return_counts=True)
    upto = np.cumsum(count)
    wanted = np.arange(1, buckets) * (upto[-1] / buckets)
    at = np.unique(np.searchsorted(upto, wanted, "left") + 1)
    return [int(m) for m in found[at[at < len(found)]]]


def _cut_large(plan: Plan, folder: Path, sizes: Sizes) -> None:
    """Cut buckets at MMSIs that are more than a worker may hold."""
    out: list[Bucket] = []
    old = []
    for bucket in plan.buckets:
        if bucket.rows <= sizes.rows_at_once:
            out.append(bucket)
            continue
        out += _cut(bucket, folder, sizes)
        old.append(bucket.name)
    plan.buckets = out
    if old:
        plan.save(folder)
    for name in old:
        route_path(folder, name).unlink(missing_ok=True)


def _cut(bucket: Bucket, folder: Path, sizes: Sizes) -> list[Bucket]:
    path = route_path(folder, bucket.name)
    bounds = _inner_bounds(path, bucket.size, sizes)
    made = [Bucket(f"{bucket.name}-{k:04d}") for k in range(len(bounds) + 1)]
    try:
        with contextlib.ExitStack() as stack:
            handles = []
            for part in made:
                handle = os.open(route_path(folder, part.name), os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
                stack.callback(os.close, handle)
                handles.append(handle)
            for block in files.again(path, bucket.size):
                for b, pieces, rows in _dealt(block, bounds):
                    made[b].size += files.append(handles[b], pieces, path)
                    made[b].rows += rows
            for handle in handles:
                os.fsync(handle)
    except OSError as exc:
        raise cannot_write(exc, folder) from exc
    return made


def _inner_bounds(path: Path, size: int, sizes: Sizes) -> Array:
    """MMSIs that cut a bucket into parts of at most half of what a worker may hold, where MMSIs allow."""
    counts: dict[int, int] = {}
    for block in files.again(path, size, ("mmsi",)):
        if isinstance(block, dict):
            for m, c in zip(*(v.tolist() for v in np.unique(block["mmsi"], return_counts=True)), strict=True):
                counts[m] = counts.get(m, 0) + c
    worst = max(counts, key=lambda m: counts[m])
    if counts[worst] > sizes.rows_at_once:
        need = counts[worst] * ROW_BYTES * sizes.threads / 1e9 + 0.5
        raise ConfigError(
            f"MMSI {worst} alone has {counts[worst]:,} rows, and one MMSI is never cut", where="--memory-gb",
            hint=f"give --memory-gb {need:.1f}, or leave out its rows",
        )  # fmt: skip
    room, held, bounds = max(1, sizes.rows_at_once // 2), 0, []
    for m in sorted(counts):
        if held and held + counts[m] > room:
            bounds.append(m)
            held = 0
        held += counts[m]
    return np.array(bounds, np.int32)


def _dealt(block: dict[str, Array] | Table, bounds: Array) -> Iterator[tuple[int, list[Any], int]]:
    """What goes to each bucket: its number, the block in pieces, the number of fixes."""
    n = len(bounds) + 1
    if isinstance(block, Table):
        code = np.searchsorted(bounds, block["mmsi"], "right")
        for b in np.unique(code).tolist():
            yield b, files.statics_block(block.take(np.flatnonzero(code == b))), 0
        return
    mmsi = block["mmsi"]
    code = np.searchsorted(bounds, mmsi, "right") if n > 1 else np.zeros(len(mmsi), np.int64)
    order, at = files.ordered_by(code, n)
    for b, pieces in enumerate(files.blocks(block, order, at)):
        if pieces:
            yield b, pieces, int(at[b + 1] - at[b])

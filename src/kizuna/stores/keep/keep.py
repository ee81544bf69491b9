"""The store of a node: what was heard, what was found, and the newest of both.

    keep = open_keep(directory, context="real")
    keep.append(batch)                      # acknowledged: the death of the process takes nothing of it
    version, changed = keep.latest(since)   # vessels that moved
    keep.track(mmsi, start_ms, end_ms)

One process writes, any number read (``read_only``). Any number of threads may call one ``Keep``; appends take turns.
Sealing goes on beside them on a thread. ``compact``, ``retain`` and ``backup`` are called by whoever keeps the node's
hours, from any thread. What each guarantees and what it does not: ``docs/explanation/store.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

import numpy as np

from kizuna.base.errors import InputError, KizunaError, UnavailableError
from kizuna.base.table import Table, concat, empty
from kizuna.base.units import MISSING_TIME_MS
from kizuna.fixes.statics import STATICS
from kizuna.records import context as contexts
from kizuna.sources.batch import Batch
from kizuna.stores.keep import blocks, compaction, event_rows, identity_rows, retention, sealing, taking
from kizuna.stores.keep.backup import back_up
from kizuna.stores.keep.core import Core
from kizuna.stores.keep.params import BLOCK_MS, KeepParams
from kizuna.stores.keep.reading import Want, answer

_ATTEMPTS: Final = 5
"""A question is asked again when a compaction removed a segment between looking it up and opening it."""
_BEHIND_MOST: Final = 4
"""Buffers that may wait for sealing; then appends wait for it, or are refused when it fails."""


class Versions(NamedTuple):
    """Numbers that go up with every change, and the span of what is held; times are missing in an empty store."""

    picture: int
    events: int
    newest_ms: int
    oldest_ms: int
    closed_ms: int  # blocks that end by then never change
    reopened: int  # how often closed blocks were opened again, for rows that had come late or were let go


class Keep:
    """An open store. See the module."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._thread = None if core.read_only else ThreadPoolExecutor(1, "kizuna-seal")
        self._sealing: Future[int] | None = None
        self._trouble = ""
        self._trouble_rows = 0  # rows buffered when sealing failed last

    def append(self, batch: Batch) -> int:
        """Take in fixes, static data and other messages; the version of the picture with them.

        Durable when it returns (see ``KeepParams.full_sync``). A message whose id was taken in before, within the
        horizon, is left out. Raises UnavailableError when the disk is full: nothing of the batch is taken, nothing
        stored is lost, and the next call tries anew. Raises InputError for rows of another context.
        """
        self._writable()
        rows, batches = self._buffered()
        most = _BEHIND_MOST * self._core.params.seal_rows
        if rows >= most or batches >= _BEHIND_MOST * self._core.params.seal_batches:
            self.seal()  # waits for the one under way; says why it cannot be done
        version = taking.append(self._core, batch)
        self._seal_when_due()
        return version

    def put_events(self, events: Table) -> int:
        """Take in events; the version of the events with them.

        A row takes the place of the one of the same id and version. Raises as ``append``.
        """
        self._writable()
        return taking.put_events(self._core, events)

    def latest(self, since: int = 0) -> tuple[int, Table]:
        """Version of the picture, and the vessels (LATEST, by MMSI) that changed after version ``since``."""
        core = self._current()
        with core.state:
            return core.seq, core.latest.changed(since)

    def track(self, mmsi: int, start_ms: int, end_ms: int, *, names: Sequence[str] = ()) -> Table:
        """Fixes of one MMSI in [start, end), by time.

        ``names``: columns to read, all by default; the others are missing in the answer. Raises InputError where the
        answer would have more than ``rows_most`` rows.
        """
        return self._answer(Want("fixes", start_ms, end_ms, mmsi=mmsi, names=tuple(names)))

    def box(
        self, west: float, south: float, east: float, north: float, start_ms: int, end_ms: int, *,
        names: Sequence[str] = (),
    ) -> Table:  # fmt: skip
        """Fixes within a box, edges included, in [start, end), by time. West above east crosses 180 degrees.

        ``names`` and errors as for ``track``.
        """
        return self._answer(Want("fixes", start_ms, end_ms, box=(west, south, east, north), names=tuple(names)))

    def block(self, start_ms: int, *, names: Sequence[str] = ()) -> Table:
        """Fixes of the block of ten minutes that begins at ``start_ms``, by time, without those that came late.

        Never changes once ``versions().closed_ms`` is at its end. Raises InputError where no block begins.
        """
        if start_ms % BLOCK_MS:
            raise InputError(f"no block begins at {start_ms}", hint=f"blocks begin at multiples of {BLOCK_MS} ms")
        return self._answer(Want("fixes", start_ms, start_ms + BLOCK_MS, on_time=True, names=tuple(names)))

    def history(self, start_ms: int, end_ms: int) -> tuple[list[int], list[int]]:
        """Blocks that begin in [start, end) and hold anything, and the number of fixes of each."""
        return blocks.find(self._core, start_ms, end_ms)

    def stored_since(self, version: int) -> list[tuple[int, int]]:
        """Spans of time that hold all fixes stored after a version of the picture, and some stored before."""
        return blocks.stored_since(self._current(), version)

    def messages(self, table: str, mmsi: int | None, start_ms: int, end_ms: int) -> Table:
        """Rows of ``fixes``, ``statics`` or ``others`` of one MMSI (of all: None) in [start, end), by time."""
        return self._answer(Want(table, start_ms, end_ms, mmsi=mmsi))

    def events(
        self, *, since_version: int = 0, start_ms: int | None = None, end_ms: int | None = None,
        mmsi: int | None = None, event_id: str = "", every_version: bool = False,
    ) -> Table:  # fmt: skip
        """The newest version of each event, by start; narrowed to what every condition given holds for.

        ``since_version``: changed after that version of the events. Times: events that overlap [start, end); one that
        is open has no end.
        """
        with self._core.asked() as db:
            return event_rows.find(
                db, since=since_version, start_ms=start_ms, end_ms=end_ms, mmsi=mmsi, event_id=event_id,
                every_version=every_version,
            )  # fmt: skip

    def identities(self, mmsi: int | None = None) -> Table:
        """Periods during which an MMSI, or each of them, sent one and the same static data."""
        with self._core.asked() as db:
            tables = [p.tables["statics"] for p in self._core.view.pieces]
            if mmsi is not None:
                tables = [t.take(np.asarray(t["mmsi"] == mmsi)) for t in tables]
            fresh = concat([t for t in tables if len(t)] or [empty(STATICS)])
            return identity_rows.find(db, mmsi, fresh, self._core.context)

    def versions(self) -> Versions:
        """Where the store stands."""
        core = self._current()
        with core.state:
            oldest = [core.view.oldest_ms]
            for piece in core.view.pieces:
                times = piece.tables["fixes"]["time_ms"]
                oldest += [times[times != MISSING_TIME_MS].min()] if (times != MISSING_TIME_MS).any() else []
            first = MISSING_TIME_MS if np.isinf(min(oldest)) else int(min(oldest))
            return Versions(core.seq, core.events_seq, core.newest_ms, first, core.closed_ms, core.reopened)

    def seal(self) -> int:
        """Seal what is buffered now; the number of rows. Raises UnavailableError when the disk is full."""
        self._writable()
        try:
            rows = sealing.seal(self._core)
        except KizunaError as exc:
            self._trouble = str(exc)
            raise
        self._trouble, self._trouble_rows = "", 0
        return rows

    def compact(self) -> int:
        """Bring rows of a vessel together where it is worth it; rows written. To be called now and then.

        Six hours that are over are brought together; a window that is still open only when it lies in many pieces.
        Raises UnavailableError when the disk is full; the store stays as it is.
        """
        self._writable()
        return compaction.compact(self._core)

    def retain(
        self, before_ms: int | None = None, *, bytes_most: int | None = None, events_before_ms: int | None = None
    ) -> int:
        """Delete fixes and messages older than a time, or the oldest until segments fit; rows deleted.

        ``before_ms`` is rounded down to a block. Events go only by ``events_before_ms``. Raises as ``compact``.
        """
        self._writable()
        return retention.retain(self._core, before_ms, events_before_ms, bytes_most)

    def reopen(self, start_ms: int, end_ms: int) -> int:
        """Take late fixes of the windows that touch [start, end) into their blocks; their number. See ``blocks``."""
        self._writable()
        self.seal()
        return blocks.reopen(self._core, start_ms, end_ms)

    def backup(self, to: Path) -> int:
        """Copy the store as it is now into a new directory; bytes copied. Appends go on.

        Raises ConfigError where it exists, UnavailableError when its disk is full, InputError where a segment is
        damaged.
        """
        return back_up(self._core, to)

    @property
    def trouble(self) -> str:
        """Why the last sealing failed; empty when it did not. What is buffered is safe, and tried again."""
        return self._trouble

    def close(self) -> None:
        """Wait for the work under way and let go. What is buffered stays in the buffer."""
        if self._thread is not None:
            self._thread.shutdown(wait=True)
        self._core.close()

    def _buffered(self) -> tuple[int, int]:
        pieces = self._core.view.pieces
        return sum(p.rows for p in pieces), pieces[-1].last - pieces[0].first + 1 if pieces else 0

    def _seal_when_due(self) -> None:
        """Begin sealing on the thread when there is enough; after a failure only when there is a good deal more."""
        if self._sealing is not None and not self._sealing.done():
            return
        rows, batches = self._buffered()
        if self._sealing is not None and self._sealing.exception() is not None:
            self._trouble_rows = rows
        self._sealing = None
        p = self._core.params
        if (rows >= p.seal_rows or batches >= p.seal_batches) and rows >= self._trouble_rows + self._step():
            self._sealing = self._thread.submit(self.seal) if self._thread else None

    def _step(self) -> int:
        return self._core.params.seal_rows // 4 if self._trouble_rows else 0

    def _answer(self, want: Want) -> Table:
        for attempt in range(_ATTEMPTS):
            core = self._current()
            try:
                return answer(core.view, core.files, want, core.params.rows_most)
            except FileNotFoundError as exc:
                if attempt == _ATTEMPTS - 1:
                    raise InputError(f"a segment is missing: {exc}", hint="restore a backup") from exc
        raise AssertionError

    def _current(self) -> Core:
        if self._core.read_only:
            self._core.refresh()
        return self._core

    def _writable(self) -> None:
        if self._core.read_only:
            raise UnavailableError("the store is open for reading only", where=str(self._core.directory))

    def __enter__(self) -> Self:
        """The store itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        """Close."""
        self.close()


def open_keep(
    directory: Path, *, context: str = contexts.REAL, params: KeepParams | None = None, read_only: bool = False
) -> Keep:
    """Open the store in a directory, or begin one.

    Raises ConfigError where the directory holds a store of another context or of a later version, UnavailableError
    where another process writes it, InputError where it is damaged or the context is none.
    """
    core = Core(directory, contexts.check(context), params or KeepParams(), read_only=read_only)
    core.open()
    return Keep(core)

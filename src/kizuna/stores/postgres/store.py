"""The store of a node on a PostgreSQL server: the methods and the promises of ``stores.keep.Keep``.

    store = open_postgres(dsn, context="real")
    store.append(batch)                     # acknowledged: committed by the server

One process writes a schema, any number read it (``read_only``), also with other tools. What each method gives is said
at ``Keep``; what the server does and does not promise: ``docs/explanation/store.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Final, Self

from kizuna.base.errors import InputError, KizunaError, UnavailableError
from kizuna.base.table import Table
from kizuna.records import context as contexts
from kizuna.sources.batch import Batch
from kizuna.stores.keep.keep import Versions
from kizuna.stores.keep.params import BLOCK_MS, KeepParams
from kizuna.stores.keep.reading import Want
from kizuna.stores.postgres import asking, form, ordering, taking, upkeep
from kizuna.stores.postgres.connecting import Links
from kizuna.stores.postgres.core import Core

_DUE: Final = (5_000, 500_000, 50_000)
"""Batches, fixes and static messages after which identities are carried on: what a question has to look through."""


class PostgresStore:
    """An open store. See the module."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._thread = None if core.read_only else ThreadPoolExecutor(1, "kizuna-fold")
        self._folding: Future[int] | None = None
        self._since = [0, 0, 0]  # batches, fixes and static messages since identities were carried on
        self._trouble = ""

    def append(self, batch: Batch) -> int:
        """Take in fixes, static data and other messages; the version of the picture with them.

        Committed by the server when it returns. A message whose id was taken in before, within the horizon, is left
        out. Raises UnavailableError when the server is gone, busy or full: the batch is taken whole or not at all, and
        appending it again is right in both cases. Raises InputError for rows of another context.
        """
        self._writable()
        version = taking.append(self._core, batch)
        self._fold_when_due(batch)
        return version

    def put_events(self, events: Table) -> int:
        """Take in events; the version of the events with them. Raises as ``append``."""
        self._writable()
        return taking.put_events(self._core, events)

    def latest(self, since: int = 0) -> tuple[int, Table]:
        """Version of the picture, and the vessels (LATEST, by MMSI) that changed after version ``since``."""
        core = self._core
        if core.read_only:
            return asking.latest(core, since)
        with core.state:
            return core.mark.seq, core.latest.changed(since)

    def track(self, mmsi: int, start_ms: int, end_ms: int, *, names: Sequence[str] = ()) -> Table:
        """Fixes of one MMSI in [start, end), by time. Raises InputError beyond ``rows_most`` rows."""
        return asking.answer(self._core, Want("fixes", start_ms, end_ms, mmsi=mmsi, names=tuple(names)))

    def box(
        self, west: float, south: float, east: float, north: float, start_ms: int, end_ms: int, *,
        names: Sequence[str] = (),
    ) -> Table:  # fmt: skip
        """Fixes within a box, edges included, in [start, end), by time. West above east crosses 180 degrees."""
        box = (west, south, east, north)
        return asking.answer(self._core, Want("fixes", start_ms, end_ms, box=box, names=tuple(names)))

    def block(self, start_ms: int, *, names: Sequence[str] = ()) -> Table:
        """Fixes of the block of ten minutes that begins at ``start_ms``, by time, without those that came late."""
        if start_ms % BLOCK_MS:
            raise InputError(f"no block begins at {start_ms}", hint=f"blocks begin at multiples of {BLOCK_MS} ms")
        want = Want("fixes", start_ms, start_ms + BLOCK_MS, on_time=True, names=tuple(names))
        return asking.answer(self._core, want)

    def history(self, start_ms: int, end_ms: int) -> tuple[list[int], list[int]]:
        """Blocks that begin in [start, end) and hold anything, and the number of fixes of each."""
        return asking.history(self._core, start_ms, end_ms)

    def stored_since(self, version: int) -> list[tuple[int, int]]:
        """Hours that hold all fixes stored after a version of the picture, however late, and some stored before.

        Rows whose time is unknown are in none.
        """
        return asking.touched_since(self._core, version)

    def messages(self, table: str, mmsi: int | None, start_ms: int, end_ms: int) -> Table:
        """Rows of ``fixes``, ``statics`` or ``others`` of one MMSI (of all: None) in [start, end), by time."""
        return asking.answer(self._core, Want(table, start_ms, end_ms, mmsi=mmsi))

    def events(
        self, *, since_version: int = 0, start_ms: int | None = None, end_ms: int | None = None,
        mmsi: int | None = None, event_id: str = "", every_version: bool = False,
    ) -> Table:  # fmt: skip
        """The newest version of each event, by start; narrowed to what every condition given holds for."""
        return asking.events(
            self._core, since=since_version, start_ms=start_ms, end_ms=end_ms, mmsi=mmsi, event_id=event_id,
            every_version=every_version,
        )  # fmt: skip

    def identities(self, mmsi: int | None = None) -> Table:
        """Periods during which an MMSI, or each of them, sent one and the same static data."""
        return asking.identities(self._core, mmsi)

    def versions(self) -> Versions:
        """Where the store stands; of the writer without asking the server."""
        core = self._core
        if core.read_only:
            mark, reopened = asking.where_it_stands(core)
        else:
            with core.state:
                mark, reopened = core.mark, core.reopened
        return Versions(mark.seq, mark.events, mark.newest_ms, mark.oldest_ms, mark.closed_ms, reopened)

    def seal(self) -> int:
        """Carry identities on with the static messages taken in since; their number. Fixes need no sealing."""
        self._writable()
        try:
            rows = upkeep.fold(self._core)
        except KizunaError as exc:
            self._trouble = str(exc)
            raise
        self._trouble = ""
        return rows

    def compact(self) -> int:
        """Put days that are over in order, so that a vessel, and a place, lie together; rows written.

        Raises UnavailableError when the server is gone, or others hold the tables; the store stays as it is.
        """
        self._writable()
        return ordering.put_in_order(self._core)

    def retain(
        self, before_ms: int | None = None, *, bytes_most: int | None = None, events_before_ms: int | None = None
    ) -> int:
        """Delete fixes and messages older than a time, or the oldest days until the rest fits; rows deleted.

        ``before_ms`` is rounded down to a block. Events go only by ``events_before_ms``.
        """
        self._writable()
        self.seal()
        return upkeep.retain(self._core, before_ms, events_before_ms, bytes_most)

    def reopen(self, start_ms: int, end_ms: int) -> int:
        """Take late fixes of the windows that touch [start, end) into their blocks; their number."""
        self._writable()
        return upkeep.reopen(self._core, start_ms, end_ms)

    @property
    def trouble(self) -> str:
        """Why identities could not be carried on; empty when they could. Nothing is lost; it is tried again."""
        return self._trouble

    def close(self) -> None:
        """Wait for the work under way and let go."""
        if self._thread is not None:
            self._thread.shutdown(wait=True)
        self._core.close()

    def _fold_when_due(self, batch: Batch) -> None:
        more = (1, len(batch.fixes), len(batch.statics))
        self._since = [a + b for a, b in zip(self._since, more, strict=True)]
        due = any(n >= most for n, most in zip(self._since, _DUE, strict=True))
        if due and self._thread is not None and (self._folding is None or self._folding.done()):
            self._since = [0, 0, 0]
            self._folding = self._thread.submit(self.seal)

    def _writable(self) -> None:
        if self._core.read_only:
            raise UnavailableError("the store is open for reading only", where=self._core.schema)

    def __enter__(self) -> Self:
        """The store itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        """Close."""
        self.close()


def open_postgres(
    dsn: str,
    *,
    context: str = contexts.REAL,
    params: KeepParams | None = None,
    read_only: bool = False,
    schema: str = "",
) -> PostgresStore:
    """Open the store of a context in a database, or begin one.

    ``schema``: where it lies; by default one that is named after the context. Raises ConfigError where the library is
    missing, the server refuses or lacks PostGIS, or the schema holds another context or a later form; UnavailableError
    where the server does not answer, or another process writes.
    """
    name = form.checked_name(schema or form.schema_of(contexts.check(context)))
    links = Links(dsn, f"PostgreSQL schema {name}")
    core = Core(links, name, contexts.check(context), params or KeepParams(), read_only=read_only)
    try:
        core.open()
    except BaseException:
        core.close()
        raise
    return PostgresStore(core)

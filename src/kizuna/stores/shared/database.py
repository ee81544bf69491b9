"""The file of one context: its connections, its transactions, and the group commit.

SQLite in WAL mode with ``synchronous=FULL``: what a call answered survives ``kill -9`` and the loss of power. A disk
gives about 200 such commits a second however small they are, so writers that meet share one: the first to come leads,
takes along whoever waits by then, and commits once for all. While writers meet, commits lie ``WINDOW_MS`` apart, so
that there is company to wait for; a writer who was alone for ``_COMPANY_S`` never waits. Each writer's work lies in a
savepoint of its own, so what one does wrong undoes nothing of another. Several processes may open the file; SQLite lets
one write at a time.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from kizuna.base.errors import ConfigError
from kizuna.stores.shared import schema
from kizuna.stores.shared.names import Connection
from kizuna.stores.sqlite_faults import fault

WINDOW_MS: Final = 20
_WAIT_S: Final = 30.0
_GROUP_MOST: Final = 256
_COMPANY_S: Final = 0.5
T = TypeVar("T")
Work = Callable[[Connection], T]


class _Job:
    """The work of one writer, and what became of it."""

    __slots__ = ("answer", "done", "error", "work")

    def __init__(self, work: Work[Any]) -> None:
        self.work = work
        self.answer: Any = None
        self.error: BaseException | None = None
        self.done = False


class Database:
    """``rows`` reads, ``change`` is one transaction. Both may be called from any thread."""

    def __init__(
        self, path: Path, context: str, *, window_ms: int = WINDOW_MS, durable: bool = True,
        steps: Mapping[int, schema.Step] = schema.STEPS, form: int = schema.FORMAT,
    ) -> None:  # fmt: skip
        """Open the file, made with mode 600 where there is none.

        Raises ConfigError for a file of another context, of a newer program or of another kind; InputError for a
        damaged one. ``durable=False`` leaves out the waiting for the disk (tests, rehearsals).
        """
        self.path, self._window_s = path, window_ms / 1000
        self._queue: list[_Job] = []
        self._gate, self._reading = threading.Condition(), threading.Lock()
        self._led = False
        self._met_s = self._done_s = float("-inf")
        self.commits = 0
        try:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            self._db = _connected(path, durable=durable)
            with self._errors():
                self._prepare(context, steps, form)
            self._reader = _connected(path, durable=durable)
            self._reader.execute("PRAGMA query_only = ON")
        except OSError as exc:
            raise ConfigError(f"cannot be opened: {exc.strerror}", where=str(path)) from exc
        except sqlite3.Error as exc:
            raise fault(exc, path) from exc

    def _prepare(self, context: str, steps: Mapping[int, schema.Step], form: int) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            found = int(self._db.execute("PRAGMA user_version").fetchone()[0])
            fresh = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
            if fresh:
                schema.create(self._db, context)
            else:
                self._check(found, context, form)
                if found < form:
                    self._bring_up(found, steps, form)
            self._db.execute("COMMIT")
        except BaseException:
            self._roll_back()
            raise

    def _check(self, found: int, context: str, form: int) -> None:
        kind = int(self._db.execute("PRAGMA application_id").fetchone()[0])
        if kind != schema.APPLICATION:
            raise ConfigError("is a database of something else", where=str(self.path), hint="give another directory")
        if found > form:
            raise ConfigError(
                f"has form {found}, this version knows {form}", where=str(self.path),
                hint="use the version that wrote it, or a later one",
            )  # fmt: skip
        held = self._db.execute("SELECT value FROM meta WHERE key = 'context'").fetchone()[0]
        if held != context:
            raise ConfigError(f"is of context {held}, not {context}", where=str(self.path), hint="contexts never mix")

    def _bring_up(self, found: int, steps: Mapping[int, schema.Step], form: int) -> None:
        """Keep a copy of the file as it was, then take every step."""
        if any(number not in steps for number in range(found, form)):
            raise ConfigError(f"has form {found}, which nothing reads any more", where=str(self.path))
        kept = self.path.with_name(f"{self.path.name}.form-{found}")
        kept.unlink(missing_ok=True)
        with contextlib.closing(_connected(self.path, durable=True)) as source:
            source.execute("VACUUM INTO ?", (str(kept),))
        kept.chmod(0o600)
        schema.upgrade(self._db, found, steps, form)

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of a query, of the state after the last commit."""
        with self._reading, self._errors():
            return self._reader.execute(sql, values).fetchall()

    def row(self, sql: str, *values: Any) -> tuple[Any, ...] | None:
        """The first row of a query, or None."""
        found = self.rows(sql, *values)
        return found[0] if found else None

    def read(self, work: Work[T]) -> T:
        """Several queries on one state."""
        with self._reading, self._errors():
            self._reader.execute("BEGIN")
            try:
                return work(self._reader)
            finally:
                self._reader.execute("ROLLBACK")

    def change(self, work: Work[T]) -> T:
        """Do ``work`` inside a transaction and return its answer once it is on the disk.

        Raises UnavailableError when the disk is full or fails: nothing of it is there then. What ``work`` raises is
        raised here, and nothing of it is kept.
        """
        job = _Job(work)
        with self._gate:
            self._queue.append(job)
            self._gate.wait_for(lambda: job.done or not self._led)
            if not job.done:
                self._led = True
        if not job.done:
            self._lead(job)
        if job.error is not None:
            raise job.error
        answer: T = job.answer
        return answer

    def _lead(self, own: _Job) -> None:
        group = [own]
        try:
            self._wait_for_company()
            with self._gate:
                group, self._queue = self._queue[:_GROUP_MOST], self._queue[_GROUP_MOST:]
                if own not in group:  # more than a group came before
                    self._queue.remove(own)
                    group.append(own)
            if len(group) > 1:
                self._met_s = time.monotonic()
            with self._errors():
                self._together(group)
        except BaseException as exc:  # noqa: BLE001  whatever it is belongs to those who wait, each raises it
            for job in group:
                job.error = job.error or exc
        finally:
            self._done_s = time.monotonic()
            with self._gate:
                if own in self._queue:  # interrupted while it waited
                    self._queue.remove(own)
                for job in group:
                    job.done = True
                self._led = False
                self._gate.notify_all()

    def _wait_for_company(self) -> None:
        now_s = time.monotonic()
        if now_s - self._met_s < _COMPANY_S and len(self._queue) < _GROUP_MOST:
            time.sleep(max(0.0, min(self._window_s, self._done_s + self._window_s - now_s)))

    def _together(self, group: list[_Job]) -> None:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            for job in group:
                self._one(job)
            self._db.execute("COMMIT")
            self.commits += 1
        except BaseException:
            self._roll_back()
            raise

    def _one(self, job: _Job) -> None:
        self._db.execute("SAVEPOINT job")
        try:
            job.answer = job.work(self._db)
            self._db.execute("RELEASE job")
        except sqlite3.IntegrityError as exc:  # a bug of the writer, not of the disk
            self._undo(job, exc)
        except sqlite3.Error:  # full or failing: SQLite may have undone the whole transaction already
            raise
        except BaseException as exc:  # noqa: BLE001  raised where the work came from
            self._undo(job, exc)

    def _undo(self, job: _Job, exc: BaseException) -> None:
        job.error = exc
        self._db.execute("ROLLBACK TO job")
        self._db.execute("RELEASE job")
        self._db.names.undone(self._db)

    def _roll_back(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
        self._db.names.undone(None)

    @contextlib.contextmanager
    def _errors(self) -> Any:
        try:
            yield
        except sqlite3.Error as exc:
            raise fault(exc, self.path) from exc

    def backup(self, to: Path) -> None:
        """A consistent copy, also while others write. A restored one must pass ``logs.behind`` before it signs."""
        with self._reading, self._errors(), contextlib.closing(sqlite3.connect(to)) as target:
            self._reader.backup(target)
        to.chmod(0o600)

    def close(self) -> None:
        """Close the file."""
        with self._gate:
            self._gate.wait_for(lambda: not self._led)
        with self._reading:
            self._reader.close()
            self._db.close()


def _connected(path: Path, *, durable: bool) -> Connection:
    db = sqlite3.connect(
        path, check_same_thread=False, isolation_level=None, timeout=_WAIT_S, cached_statements=256, factory=Connection
    )
    for pragma in (
        "journal_mode = WAL", f"synchronous = {'FULL' if durable else 'OFF'}", "foreign_keys = OFF",
        "trusted_schema = OFF", "cache_size = -32000", "wal_autocheckpoint = 8000",
    ):  # fmt: skip
        db.execute(f"PRAGMA {pragma}")
    return db

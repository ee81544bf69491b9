"""Connections to the server, and what its errors mean to the caller.

A server that is gone, full or busy is ``UnavailableError``: nothing of the transaction was taken, or all of it, and the
next call connects anew. What an administrator has to change is ``ConfigError``. The connection string, which may hold a
password, never stands in a message.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import stat
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from kizuna.base.errors import ConfigError, InputError, KizunaError, UnavailableError

_CONNECT_S: Final = 10
_SILENT_MS: Final = 30_000
"""A server that acknowledges nothing for so long is gone."""
_IDLE_MOST: Final = 8
_NO_DRIVER: Final = "pip install kizuna[postgres]"
_SETTINGS: Final = (
    "SET TIME ZONE 'UTC'", "SET jit = off", "SET client_min_messages = warning", "SET datestyle = 'ISO, YMD'",
    "SET client_connection_check_interval = '2s'",
)  # fmt: skip


def driver() -> Any:
    """The library that speaks to PostgreSQL. Raises ConfigError where it is not installed."""
    try:
        return importlib.import_module("adbc_driver_postgresql.dbapi")  # an extra that not every node has
    except ImportError as exc:
        raise ConfigError("PostgreSQL needs a library that is not installed", where="[store] kind",
                          hint=_NO_DRIVER) from exc  # fmt: skip


def read_dsn_file(path: Path) -> str:
    """The connection string in a file. Raises ConfigError where there is none, or others may read it."""
    where = str(path)
    try:
        with path.open(encoding="utf-8") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            text = file.read(65_536)
    except OSError as exc:
        raise ConfigError(f"cannot be read: {exc.strerror}", where=where,
                          hint="[store] dsn_file names a file with the connection string") from exc  # fmt: skip
    if mode & 0o077:
        raise ConfigError("can be read by others, and may hold a password", where=where, hint="chmod 600 it")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if len(lines) != 1:
        raise ConfigError(f"{len(lines)} lines where one connection string should stand", where=where,
                          hint="host=... dbname=... user=... password=..., or postgresql://...")  # fmt: skip
    return lines[0]


def _with_limits(dsn: str) -> str:
    """The connection string with limits of waiting, where it sets none."""
    limits = {"connect_timeout": _CONNECT_S, "tcp_user_timeout": _SILENT_MS, "keepalives_idle": 15,
              "keepalives_interval": 5, "keepalives_count": 3, "application_name": "kizuna"}  # fmt: skip
    more = {k: v for k, v in limits.items() if f"{k}=" not in dsn.replace(" ", "")}
    if "://" in dsn:
        return dsn + ("&" if "?" in dsn else "?") + "&".join(f"{k}={v}" for k, v in more.items())
    return " ".join([dsn, *(f"{k}={v}" for k, v in more.items())])


def declared(exc: Exception, where: str) -> KizunaError:
    """What the caller can do about an error of the server. What is none of these is a mistake of ours."""
    state = getattr(exc, "sqlstate", None) or ""
    text = " ".join(str(exc).split("\n\nQuery was:")[0].split())
    text = text.partition("] ")[2] if text.partition("] ")[0].endswith("[libpq") else text
    gone = not state and type(exc).__name__ == "OperationalError"
    if gone or state == "25P03" or state[:2] in ("08", "57"):
        return UnavailableError(f"the PostgreSQL server does not answer: {text}", where=where,
                                hint="what was acknowledged is kept there; the next call tries anew")  # fmt: skip
    if state[:2] == "53":
        return UnavailableError(f"the PostgreSQL server has no room: {text}", where=where,
                                hint="free some space there; nothing stored is lost, this was not taken")  # fmt: skip
    if state[:2] in ("40", "55"):
        return UnavailableError(f"the PostgreSQL server is busy: {text}", where=where, hint="try again")
    if state[:2] in ("25", "28", "3D", "42"):
        return ConfigError(f"the PostgreSQL server refuses: {text}", where=where,
                           hint="see the how-to on PostgreSQL for the rights that the node needs")  # fmt: skip
    if state[:2] in ("XX", "58"):
        return InputError(f"the database is damaged: {text}", where=where, hint="restore a dump")
    if state[:2] == "22":
        return InputError(f"the database cannot hold this: {text}", where=where)
    raise exc


class Link:
    """One connection. Each statement is a transaction of its own but within ``transaction``. One thread at a time."""

    def __init__(self, dsn: str, where: str) -> None:
        self.where = where
        self.broken = False
        self._api = driver()
        try:
            self._connection = self._api.connect(_with_limits(dsn), autocommit=True)
        except self._api.Error as exc:
            raise _cannot_connect(exc, where) from None  # the message of the cause may hold parts of the string
        try:
            for statement in _SETTINGS:
                self.run(statement)
            if self.ask("SELECT current_setting('synchronous_commit') AS s")["s"][0].as_py() == "off":
                self.run("SET synchronous_commit = on")
        except BaseException:
            self.close()
            raise

    def run(self, sql: str, params: Sequence[object] = ()) -> int:
        """Execute a statement; rows changed where the server says it."""
        with self._mapped(), self._connection.cursor() as cursor:
            cursor.execute(sql, tuple(params) or None)
            return int(cursor.rowcount)

    def ask(self, sql: str, params: Sequence[object] = ()) -> pa.Table:
        """The answer to a query."""
        with self._mapped(), self._connection.cursor() as cursor:
            cursor.execute(sql, tuple(params) or None)
            found: pa.Table = cursor.fetch_arrow_table()
            return found

    def fill(self, table: str, rows: pa.Table, schema: str = "") -> None:
        """Append rows to a table by COPY; without ``schema`` to a temporary one. Types must be those of the table."""
        if rows.num_rows:
            to = {"db_schema_name": schema} if schema else {"temporary": True}
            with self._mapped(), self._connection.cursor() as cursor:
                cursor.adbc_ingest(table, rows, mode="append", **to)

    @contextlib.contextmanager
    def transaction(self, kind: str = "") -> Iterator[None]:
        """All or nothing."""
        self.run(f"BEGIN {kind}")
        try:
            yield
            self.run("COMMIT")
        except BaseException:
            with contextlib.suppress(KizunaError):
                if not self.broken:
                    self.run("ROLLBACK")
            raise

    def close(self) -> None:
        """Let go."""
        self.broken = True
        with contextlib.suppress(self._api.Error):
            self._connection.close()

    @contextlib.contextmanager
    def _mapped(self) -> Iterator[None]:
        try:
            yield
        except self._api.Error as exc:
            state = getattr(exc, "sqlstate", None) or ""
            self.broken = self.broken or not state or state[:2] in ("08", "57") or state == "25P03"
            raise declared(exc, self.where) from exc


def _cannot_connect(exc: Exception, where: str) -> KizunaError:
    text = str(exc)
    if "connection info string" in text or "URI" in text or "connection option" in text:
        return ConfigError("the connection string is none", where=where,
                           hint="host=... dbname=... user=... password=..., or postgresql://...")  # fmt: skip
    head = " ".join(text.split())
    for word in ("authentication failed", "no password supplied", "does not exist", "pg_hba.conf"):
        if word in text:
            return ConfigError(head.partition("] ")[2] or head, where=where, hint="correct the connection string")
    return declared(exc, where)


class Links:
    """Connections for questions, kept for the next one; any thread may ask."""

    def __init__(self, dsn: str, where: str) -> None:
        self._dsn, self._where = dsn, where
        self._idle: list[Link] = []
        self._lock = threading.Lock()
        self._room = threading.BoundedSemaphore(_IDLE_MOST)
        self._closed = False

    def new(self) -> Link:
        """A connection of one's own."""
        return Link(self._dsn, self._where)

    @contextlib.contextmanager
    def one(self) -> Iterator[Link]:
        """A connection for a question; waits while many are in use."""
        with self._room:
            with self._lock:
                link = self._idle.pop() if self._idle else None
            link = link or self.new()
            try:
                yield link
            finally:
                self._back(link)

    def _back(self, link: Link) -> None:
        with self._lock:
            if not link.broken and not self._closed:
                self._idle.append(link)
                return
        link.close()

    def forget(self) -> None:
        """Close what is idle: after a restart of the server all of it is dead."""
        with self._lock:
            idle, self._idle = self._idle, []
        for link in idle:
            link.close()

    def close(self) -> None:
        """Close what is idle now, and what is in use when it comes back."""
        self._closed = True
        self.forget()

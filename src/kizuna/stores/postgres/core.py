"""The state of an open store: what the database says, held in memory by the one process that writes.

Locks, in the order in which they may be taken: ``maintaining`` (one of folding, ordering, retention at a time),
``taking`` (one append at a time), ``committing`` (one transaction of the writing connection at a time), ``state``
(memory; held briefly).

The writing connection holds an advisory lock of the server as long as it lives, so a second writer is refused and a
dead one is not waited for. When it broke, the next call connects anew and looks how far the database is: a transaction
whose end was not heard of was either taken whole, and is then folded in, or not at all.
"""

# ruff: noqa: S608  names of schemas are checked, numbers are made by int(); text goes as a parameter
from __future__ import annotations

import contextlib
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kizuna.base.errors import UnavailableError
from kizuna.base.table import Kind, Schema, Table
from kizuna.base.units import MISSING_TIME_MS, SECOND_MS
from kizuna.stores.keep.horizon import Horizon
from kizuna.stores.keep.latest import STATE, Latest
from kizuna.stores.keep.params import BLOCK_MS, KeepParams
from kizuna.stores.keep.pieces import SCHEMAS
from kizuna.stores.postgres import form
from kizuna.stores.postgres.connecting import Link, Links
from kizuna.stores.postgres.rows import EPOCH, from_database, stored

_LOCK_S: Final = 3.0
"""A process that was killed a moment ago may still hold the lock."""
_STATE_SQL: Final = "seq, events, newest_ms, closed_ms, oldest_ms, writer"


class Mark(NamedTuple):
    """How far the database is."""

    seq: int
    events: int
    newest_ms: int
    closed_ms: int
    oldest_ms: int
    writer: str


def mark(link: Link, schema: str) -> Mark:
    """Read how far the database is."""
    row = link.ask(f"SELECT {_STATE_SQL} FROM {schema}.state").to_pylist()[0]
    for name in ("newest_ms", "closed_ms", "oldest_ms"):
        row[name] = MISSING_TIME_MS if row[name] is None else row[name]
    return Mark(**row)


class Core:
    """One open store."""

    def __init__(self, links: Links, schema: str, context: str, params: KeepParams, *, read_only: bool) -> None:
        self.links = links
        self.schema = schema
        self.context = context
        self.params = params
        self.read_only = read_only
        self.maintaining = threading.Lock()
        self.taking = threading.Lock()
        self.committing = threading.RLock()
        self.state = threading.RLock()
        self.mark = Mark(0, 0, MISSING_TIME_MS, MISSING_TIME_MS, MISSING_TIME_MS, "")
        self.reopened = 0
        self.words: dict[str, tuple[str, ...]] = {}
        self.days: set[int] = set()  # with partitions, counted from 1970
        self.ordering: set[int] = set()  # being put in order; their rows go to the odd day meanwhile
        self.latest = Latest()
        self.horizons: dict[str, Horizon] = {}
        self.pending: Callable[[], None] | None = None  # folds in the batch whose transaction was last begun
        self._token = uuid.uuid4().hex
        self._writer: Link | None = None

    def open(self) -> None:
        """Check the form, take the lock, load. Raises ConfigError or UnavailableError."""
        if self.read_only:
            with self.links.one() as link:
                form.prepare(link, self.schema, self.context, read_only=True)
                self.load_words(link)
            return
        link = self.links.new()
        try:
            form.prepare(link, self.schema, self.context, read_only=False)
            self._lock(link)
            form.name_words(link, self.schema)
            self._load(link)
        except BaseException:
            link.close()
            raise
        self._writer = link

    def writer(self) -> Link:
        """The writing connection; ``committing`` is held. Raises UnavailableError while the server is gone."""
        if self._writer is not None and not self._writer.broken:
            return self._writer
        if self._writer is not None:
            self._writer.close()
        self.links.forget()
        link = self.links.new()
        try:
            form.prepare(link, self.schema, self.context, read_only=False)
            self._lock(link)
            self._catch_up(link)
        except BaseException:
            link.close()
            raise
        self._writer = link
        return link

    def _lock(self, link: Link) -> None:
        until = time.monotonic() + _LOCK_S
        while not form.take_lock(link, self.schema):
            if time.monotonic() > until:
                raise UnavailableError("another process writes this store", where=link.where,
                                       hint="stop it, or open read_only")  # fmt: skip
            time.sleep(0.1)
        link.run(f"CREATE TEMP TABLE kizuna_latest (LIKE {self.schema}.latest) ON COMMIT DELETE ROWS")
        link.run("ALTER TABLE kizuna_latest DROP COLUMN geom")
        link.run(
            "CREATE TEMP TABLE kizuna_event (event_id text, version int4, start_ms int8, end_ms int8, mmsis text, "
            "row text) ON COMMIT DELETE ROWS"
        )

    def _catch_up(self, link: Link) -> None:
        """Fold in what the database has beyond memory, after the connection was lost."""
        found = mark(link, self.schema)
        pending, self.pending = self.pending, None
        ours = found.writer == self._token
        if ours and pending is not None and found.seq == self.mark.seq + 1:
            pending()
        elif not ours or found.seq != self.mark.seq:
            self._load(link)
            return
        with self.state:
            self.mark = found

    def _load(self, link: Link) -> None:
        """Take up everything, and write down that it is this process that goes on."""
        s = self.schema
        link.run(f"UPDATE {s}.state SET writer = $1", (self._token,))
        self.load_words(link)
        with self.state:
            self.mark = mark(link, s)
            self.days = {(day - EPOCH).days for day in form.days(link, s)}
            self.reopened = int(form.facts(link, s)["reopened"])
            self.latest = Latest(self.stored_latest(link))
            self.horizons = {name: self._remembered(link, name) for name in SCHEMAS}

    def stored_latest(self, link: Link, where: str = "true") -> Table:
        """Rows of the newest positions."""
        columns = ", ".join(f'"{c.in_file}"' for c in stored(STATE))
        found = link.ask(f"SELECT {columns} FROM {self.schema}.latest WHERE {where}")
        return self.table(STATE, found, link)

    def load_words(self, link: Link) -> None:
        """Read the words of all kinds."""
        found = link.ask(f"SELECT kind, word FROM {self.schema}.word ORDER BY kind, code")
        out: dict[str, list[str]] = {}
        for kind, word in zip(found["kind"].to_pylist(), found["word"].to_pylist(), strict=True):
            out.setdefault(kind, []).append(word)
        self.words = {kind: tuple(words) for kind, words in out.items()}

    def _remembered(self, link: Link, name: str) -> Horizon:
        """Ids of the newest messages."""
        horizon = Horizon(self.params.horizon_rows)
        parts: list[np.ndarray] = []
        room, before = self.params.horizon_rows, self.mark.seq + 1
        while room > 0:
            sql = f"SELECT seq, {name} AS ids FROM {self.schema}.batch WHERE seq < {before} ORDER BY seq DESC LIMIT 500"
            found = link.ask(sql)
            if not found.num_rows:
                break
            before = found["seq"][-1].as_py()
            for ids in found["ids"]:
                if room > 0 and ids.is_valid:
                    parts.append(np.frombuffer(ids.as_buffer(), np.int64))
                    room -= len(parts[-1])
        for ids in reversed(parts):
            horizon.add(ids)
        return horizon

    def closed_with(self, newest_ms: int) -> int:
        """End of the closed blocks once the newest fix is of this time."""
        if newest_ms == MISSING_TIME_MS:
            return self.mark.closed_ms
        closed = (newest_ms - self.params.lateness_s * SECOND_MS) // BLOCK_MS * BLOCK_MS
        return max(self.mark.closed_ms, closed)

    @contextlib.contextmanager
    def asked(self) -> Iterator[Link]:
        """A connection that sees one moment of the database."""
        with self.links.one() as link, link.transaction("ISOLATION LEVEL REPEATABLE READ READ ONLY"):
            yield link

    def table(self, schema: Schema, found: pa.Table, link: Link) -> Table:
        """Rows of a table out of an answer; words that came meanwhile are looked up."""
        if self._unknown(schema, found):
            self.load_words(link)
        return from_database(schema, found, self.words, self.context)

    def _unknown(self, schema: Schema, found: pa.Table) -> bool:
        for c in stored(schema):
            if c.kind is Kind.CODE and c.codes is None and c.in_file in found.column_names:
                most = pc.max(found[c.in_file]).as_py()
                if most is not None and most >= len(self.words.get(c.name, ())):
                    return True
        return False

    def close(self) -> None:
        """Let go."""
        if self._writer is not None:
            self._writer.close()
        self.links.close()

"""The state of an open store: what the catalogue says, folded forward by the batches that came since.

Locks, in the order in which they may be taken: ``maintaining`` (one of compaction, retention, backup at a time),
``to_seal`` (one sealing at a time), ``taking`` (one append at a time), ``to_checkpoint`` (one that moves the log),
``committing`` (one transaction at a time),
``questions`` (answers that need catalogue and memory of one moment), ``state`` (memory; held briefly).
What answers questions is a ``View`` that is replaced, never changed.

A reader in another process follows: before each question it takes up the batches that came, or everything anew after
segments changed.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import threading
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from kizuna.base.errors import ConfigError, KizunaError, UnavailableError
from kizuna.base.table import from_arrow
from kizuna.base.units import MISSING_TIME_MS, SECOND_MS
from kizuna.stores.keep import catalogue, event_rows
from kizuna.stores.keep.horizon import Horizon
from kizuna.stores.keep.latest import STATE, Latest, eligible
from kizuna.stores.keep.params import BLOCK_MS, KeepParams
from kizuna.stores.keep.pieces import SCHEMAS, Piece, added, piece_of, unpack
from kizuna.stores.keep.reading import view_of
from kizuna.stores.keep.segments import Segment, read
from kizuna.stores.keep.upgrade import upgrade

SEGMENTS: Final = "segments"
_LOCK: Final = "keep.lock"


class Core:
    """One open store."""

    def __init__(self, directory: Path, context: str, params: KeepParams, *, read_only: bool) -> None:
        self.directory = directory
        self.files = directory / SEGMENTS
        self.context = context
        self.params = params
        self.read_only = read_only
        self.maintaining = threading.Lock()
        self.to_seal = threading.Lock()
        self.to_checkpoint = threading.Lock()
        self.taking = threading.Lock()
        self.committing = threading.Lock()
        self.questions = threading.RLock()
        self.state = threading.RLock()
        self.seq = 0
        self.events_seq = 0
        self.epoch = -1
        self.reopened = 0
        self.newest_ms = MISSING_TIME_MS
        self.closed_ms = MISSING_TIME_MS
        self.view = view_of(())
        self.number = 0  # of the last segment; never used again, so that a reader cannot mistake a file for another
        self.sealing = 0  # pieces at the front of the view that are being sealed
        self.latest = Latest()
        self.horizons: dict[str, Horizon] = {}
        self._data_version = -1
        self._lock_file: int | None = None

    def open(self) -> None:
        """Take the lock, check the form, load. Raises ConfigError or UnavailableError."""
        try:
            self._open()
        except sqlite3.Error as exc:
            self.close()
            raise catalogue.cannot_commit(exc, self.directory) from exc
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        if not self.read_only:
            self.files.mkdir(parents=True, exist_ok=True)
            self._take_lock()
        elif not (self.directory / catalogue.NAME).exists():
            raise ConfigError("holds no store", where=str(self.directory), hint="give the directory of a store")
        sync = self.params.full_sync
        self.db = catalogue.connect(self.directory, full_sync=sync, read_only=self.read_only)
        found = catalogue.meta(self.db)
        if not found and not self.read_only:
            catalogue.create(self.db, self.directory, self.context)
            found = catalogue.meta(self.db)
        catalogue.check(found, self.context, self.directory)
        if not self.read_only:
            upgrade(self.db, self.directory, self.files, found["format"])
        elif found["format"] != catalogue.FORMAT:
            raise ConfigError(
                f"the store has form {found['format']}", where=str(self.directory), hint="open it for writing once"
            )
        if not self.read_only:
            self.maintenance = catalogue.connect(self.directory, full_sync=True)
            self.moving = catalogue.connect(self.directory, full_sync=True)
            self.moving.execute("PRAGMA busy_timeout = 50")
            self.asking = catalogue.connect(self.directory, full_sync=sync, read_only=True)
            self._sweep()
        self.refresh()
        if not self.read_only:
            self._remember()
            self.number = catalogue.last_number(self.db)

    def _take_lock(self) -> None:
        self._lock_file = os.open(self.directory / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            raise UnavailableError(
                "another process writes this store", where=str(self.directory), hint="stop it, or open read_only"
            ) from exc

    def _sweep(self) -> None:
        """Remove files that the catalogue does not name: what an interrupted seal or compaction left."""
        named = {s.name for s in catalogue.segments(self.db)}
        for path in self.files.iterdir():
            if path.name not in named:
                path.unlink()

    def refresh(self) -> None:
        """Take up what another process wrote; at once when nothing changed."""
        with self.questions, self.state:
            data_version = self.db.execute("PRAGMA data_version").fetchone()[0]
            if data_version != self._data_version:
                with self.asked():
                    self._data_version = data_version

    @contextlib.contextmanager
    def asked(self) -> Iterator[sqlite3.Connection]:
        """The catalogue as of one moment, with ``view`` of the same moment until the end of the block."""
        with self.questions:
            if not self.read_only and self.epoch >= 0:
                yield self.asking
                return
            with self.state:
                self.db.execute("BEGIN")
                try:
                    self._load()
                    yield self.db
                finally:
                    self.db.execute("COMMIT")

    def _load(self) -> None:
        facts = catalogue.meta(self.db)
        epoch, self.reopened = facts["epoch"], facts["reopened"]
        if epoch != self.epoch:
            segments = catalogue.segments(self.db)
            self.view = view_of(segments)
            self.latest, self.seq = Latest(), 0
            kept = self.db.execute("SELECT seq, closed_ms, newest_ms, latest FROM snapshot").fetchone()
            if kept is not None:
                self.seq, self.closed_ms, self.newest_ms = kept[:3]
                self.latest = Latest(unpack(STATE, kept[3]))
            self.epoch = epoch
        sql = "SELECT seq, closed_ms, newest_ms, fixes, statics, others FROM buffer WHERE seq > ? ORDER BY seq"
        for seq, closed_ms, newest_ms, *blobs in self.db.execute(sql, (self.seq,)):
            tables = {name: unpack(SCHEMAS[name], blob) for name, blob in zip(SCHEMAS, blobs, strict=True)}
            self.apply(piece_of(seq, tables, closed_ms), newest_ms)
        self.events_seq = event_rows.newest_seq(self.db)

    def apply(self, piece: Piece, newest_ms: int) -> None:
        """Fold a batch into the state; ``state`` is held, or nobody else knows of this store yet."""
        self.latest.update(piece.tables["fixes"], piece.tables["statics"], piece.last, self.params.ahead_s * SECOND_MS)
        fixed, open_ = self.view.pieces[: self.sealing], self.view.pieces[self.sealing :]
        self.view = self.view._replace(pieces=(*fixed, *added(open_, piece)))
        self.seq, self.newest_ms = piece.last, newest_ms
        if newest_ms != MISSING_TIME_MS:
            closed = (newest_ms - self.params.lateness_s * SECOND_MS) // BLOCK_MS * BLOCK_MS
            self.closed_ms = max(self.closed_ms, closed)

    def newest_with(self, piece: Piece) -> int:
        """Time of the newest fix once this batch is in."""
        fixes = piece.tables["fixes"]
        times = fixes["time_ms"][eligible(fixes, self.params.ahead_s * SECOND_MS)]
        return max(self.newest_ms, int(times.max())) if len(times) else self.newest_ms

    def _remember(self) -> None:
        """Ids of the newest messages, out of the buffer and the newest segments."""
        for name, schema in SCHEMAS.items():
            horizon = self.horizons[name] = Horizon(self.params.horizon_rows)
            parts = [piece.tables[name]["msg_id"] for piece in reversed(self.view.pieces)]
            room = self.params.horizon_rows - sum(len(p) for p in parts)
            for segment in sorted(self.view.segments, key=lambda s: s.last, reverse=True):
                if room <= 0:
                    break
                if segment.table == name:
                    found = from_arrow(schema, read(self.files / segment.name, schema, None, ("msg_id",)).table)
                    parts.append(found["msg_id"])
                    room -= len(parts[-1])
            for ids in reversed(parts):
                horizon.add(ids)

    def new_number(self) -> int:
        """Number of a new segment."""
        with self.state:
            self.number += 1
            return self.number

    def change_segments(self, old: Collection[int], new: Collection[Segment], *, sealed: int = 0) -> None:
        """Answer from the new segments in place of the old (numbers) and of the first ``sealed`` pieces."""
        with self.state:
            kept = [s for s in self.view.segments if s.number not in old]
            segments = tuple(sorted([*kept, *new], key=lambda s: s.number))
            self.view = view_of(segments, self.view.pieces[sealed:])
            self.sealing -= sealed
            self.epoch += 1

    def unlink(self, old: Collection[Segment]) -> None:
        """Remove files that the catalogue no longer names; those that cannot be go at the next start."""
        for segment in old:
            with contextlib.suppress(OSError):
                (self.files / segment.name).unlink()

    def check_room(self) -> None:
        """Raise UnavailableError when the disk is nearly full."""
        stat = os.statvfs(self.directory)
        free = stat.f_bavail * stat.f_frsize
        if free < self.params.free_bytes_least:
            raise UnavailableError(
                f"the disk is nearly full: {free >> 20} MiB left", where=str(self.directory),
                hint="nothing stored is lost; free some space, and what comes then is taken again",
            )  # fmt: skip

    def checkpoint(self) -> None:
        """Move what was committed from the log into the catalogue, and begin the log anew.

        By a connection of its own: others commit while most of it is moved. Only when nobody does can the log begin
        anew; it would grow for ever under steady appends. A reader of another process may put that off.
        """
        with self.to_checkpoint, contextlib.suppress(sqlite3.Error):
            self.moving.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            with self.committing, self.questions:
                self.moving.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Let go of files and lock."""
        for name in ("asking", "moving", "maintenance", "db"):
            connection = self.__dict__.pop(name, None)
            if connection is not None:
                with contextlib.suppress(sqlite3.Error, KizunaError):
                    connection.close()
        if self._lock_file is not None:
            os.close(self._lock_file)
            self._lock_file = None

"""Files dropped into a folder: taken in whole, then moved to ``done``; those that cannot be read to ``failed``.

A file is taken when its size and time stood still for two looks; hidden files and ``.part``, ``.tmp`` are left alone.
Better is to write it beside and rename it in. It is moved only after all its rows are durable. When the node dies in
between, the file is read again: its ids come from its content, so nothing is stored twice. A file of detections goes
where detections go. Beside a failed file lies the reason, ``NAME.why``.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from kizuna.base.errors import ConfigError, KizunaError, UnavailableError
from kizuna.base.ids import source_base
from kizuna.base.utc import iso_s
from kizuna.engines.inputs import Input, Options
from kizuna.engines.reading import read
from kizuna.links.files import digest_of
from kizuna.node.service import health as h
from kizuna.node.service.clocks import wall_ms
from kizuna.node.service.exercise_mark import refusal
from kizuna.node.service.intake import shifted
from kizuna.node.service.lanes import Lane, Parcel
from kizuna.node.service.source_settings import Source
from kizuna.sources.detections.files import is_detections

LOOK_S: Final = 1.0
HEAD: Final = 1 << 16
_LEFT_ALONE: Final = (".part", ".tmp", ".why", ".crdownload")
_LOG: Final = logging.getLogger("kizuna.node.folder")
Stamp = tuple[int, int]


class Folder:
    """The thread's work for one folder."""

    def __init__(
        self, source: Source, lane: Lane, health: h.SourceHealth, place: Path, *, context: str,
        detections: Callable[[bytes, str], int], stopping: Callable[[float], bool],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self.source = source
        self.place = place
        self._lane, self._health, self._context = lane, health, context
        self._detections, self._stopping, self._monotonic = detections, stopping, monotonic
        self._seen: dict[Path, Stamp] = {}

    def run(self) -> None:
        """Look every second until the node stops."""
        while not self._stopping(LOOK_S):
            try:
                self._make()
                for path in self._ripe():
                    if self._stopping(0):
                        return
                    self._take(path)
                if self._health.state != h.REFUSED:
                    self._health.now_is(h.UP)
                self._health.last_s = 0.0  # a folder may be empty for weeks
            except OSError as exc:
                if self._health.now_is(h.DOWN, f"{exc.strerror}: {exc.filename}"):
                    _LOG.warning("source %s: %s", self.source.id, exc)

    def _make(self) -> None:
        for path in (self.place, self.place / "done", self.place / "failed"):
            path.mkdir(parents=True, exist_ok=True, mode=0o700)

    def _ripe(self) -> list[Path]:
        """Files that stood still since the last look, oldest first."""
        now: dict[Path, Stamp] = {}
        for path in self.place.iterdir():
            if path.name.startswith(".") or path.name.endswith(_LEFT_ALONE) or path.is_symlink() or not path.is_file():
                continue
            about = path.stat()
            now[path] = (about.st_mtime_ns, about.st_size)
        ripe = [path for path, stamp in now.items() if self._seen.get(path) == stamp]
        self._seen = now
        return sorted(ripe, key=lambda p: (now[p][0], p.name))

    def _take(self, path: Path) -> None:
        try:
            rows = self._read(path)
        except (KizunaError, OSError) as exc:
            if isinstance(exc, UnavailableError):
                _LOG.warning("source %s: %s waits: %s", self.source.id, path.name, exc)
                return
            _LOG.warning("source %s: %s failed: %s", self.source.id, path.name, exc)
            self._health.add({"failed_files": 1}, 0)
            self._move(path, "failed", str(exc))
            return
        if rows is None:
            return
        self._health.add({"files": 1}, 0)
        _LOG.info("source %s: %s taken in, %d rows", self.source.id, path.name, rows)
        self._move(path, "done", "")

    def _read(self, path: Path) -> int | None:
        """Rows of a file once all of them are stored; None when the node stopped meanwhile."""
        with path.open("rb") as file:
            head = file.read(HEAD)
        why = refusal(head, self._context)
        if why:
            raise ConfigError(why, where=path.name)
        if is_detections(head):
            return self._detections(path.read_bytes(), self.source.id)
        digest = digest_of(path)
        by = source_base(f"{self.source.id}:{digest}") - source_base(self.source.id)
        item = Input(str(path), self.source.id)
        waiting = [0]
        rows = 0

        def stored() -> None:
            waiting[0] -= 1

        for batch in read(item, Options(context=self._context)):
            n = len(batch.fixes) + len(batch.statics) + len(batch.others)
            rows += n
            self._health.heard(b"", n)
            waiting[0] += 1
            if not self._lane.put(Parcel(b"", rows=shifted(batch, by), stored=stored)):
                return None
        while waiting[0]:
            if self._stopping(0.02):
                return None
        for words in item.warnings:
            _LOG.warning("source %s: %s: %s", self.source.id, path.name, words)
        return rows

    def _move(self, path: Path, to: str, why: str) -> None:
        """Out of the way under its own name, or with the time before it where that is taken."""
        target = self.place / to / path.name
        if target.exists():
            target = self.place / to / f"{iso_s(wall_ms()).replace(':', '')}-{path.name}"
        path.replace(target)
        if why:
            target.with_name(target.name + ".why").write_text(why + "\n")
        self._seen.pop(path, None)

"""Matching beside detection: one thread that compares what sensors saw with the tracks in the store.

Every few seconds it takes up detections that came in and judges the looks whose time has come
(``engines.live.contacts``), each against fixes of the store around its time. Its events go into the store like those of
the detectors. After a restart it goes on from what is kept beside the detections; nothing is told twice.

Bounded cost: a judgement reads the fixes of all vessels for the reach of prediction before and after the look, as long
as these are at most ``ROWS_MOST``; where there are more, those within ``AROUND_DEG`` of the detections. A vessel that
was last heard further away than that is then not considered.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

import numpy as np

from kizuna.base.errors import InputError, UnavailableError
from kizuna.base.table import Table, concat
from kizuna.base.units import DAY_MS, MISSING_TIME_MS
from kizuna.engines.live.contacts import ContactWatch, Due
from kizuna.engines.live.look import Look
from kizuna.engines.matching.tracks import Run, run_of
from kizuna.events.params import Settings
from kizuna.events.table import EVENT_TYPES
from kizuna.node.origin import own_rows
from kizuna.node.service.clocks import Clock
from kizuna.node.service.contacts import Contacts
from kizuna.node.service.health import Health
from kizuna.node.service.storing import NodeStore
from kizuna.tracks import identity
from kizuna.tracks.segment import segment

LOOK_S: Final = 2.0
ROWS_MOST: Final = 4_000_000
AROUND_DEG: Final = 5.0
_NAMES: Final = (
    "msg_id", "mmsi", "time_ms", "byte_offset", "msg_type", "lat_deg", "lon_deg", "sog_kn", "cog_deg", "heading_deg",
    "ais_class", "flags", "label", "context", "source_id",
)  # fmt: skip
_DARK: Final = EVENT_TYPES.index("dark_detection")
_LOG: Final = logging.getLogger("kizuna.node.matching")


class Matching:
    """The thread's work."""

    def __init__(
        self, keep: NodeStore, contacts: Contacts, watch: ContactWatch, settings: Settings, clock: Clock,
        health: Health, *, context: str, monotonic: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self.alive_s = monotonic()
        self.spent_s = 0.0
        self._keep, self._contacts, self._watch = keep, contacts, watch
        self._settings, self._clock, self._health = settings, clock, health
        self._context, self._monotonic = context, monotonic
        self._number = 0
        self._from_ms = 0
        self._unsaid: list[tuple[Table, list[Look]]] = []
        self._taken_up = False

    def run(self, stopping: threading.Event) -> None:
        """Match until the node stops."""
        while not stopping.wait(LOOK_S):
            self.alive_s = self._monotonic()
            try:
                while self.step(self._clock.now_ms()) and not stopping.is_set():
                    self.alive_s = self._monotonic()
                self._health.trouble("matching", "")
            except (UnavailableError, InputError) as exc:  # damaged or full: tried again, and said
                if self._health.trouble("matching", str(exc)):
                    _LOG.error("detections are not matched: %s", exc)

    def step(self, now_ms: int) -> bool:
        """Take up what came in and judge what is due first; whether there was anything."""
        self._take_up(now_ms)
        self._put()
        due = self._watch.due(now_ms)
        if due is None:
            self._watch.forget(now_ms)
            return False
        begun = self._monotonic()
        changed = self._watch.judge(due, self._tracks(due), now_ms)
        self._unsaid.append((changed, due.looks))
        self._put()
        self.spent_s += self._monotonic() - begun
        return True

    def _take_up(self, now_ms: int) -> None:
        if not self._taken_up:
            since = now_ms - self._watch.params.remember_days * DAY_MS
            told = own_rows(self._keep.events(start_ms=since - DAY_MS))
            looks = self._contacts.looks(since - DAY_MS)  # whole ones, also where their beginning is older
            self._watch.take_up(looks, told.take(told["event_type"] == _DARK))
            self._taken_up = True
            self._from_ms = since
        number, new = self._contacts.since(self._number, self._from_ms)
        new = own_rows(new)
        self._from_ms = 0
        if len(new):
            self._watch.add(new)
        self._number = number

    def _put(self) -> None:
        """Events first: a look counts as judged only when its events are in the store."""
        while self._unsaid:
            changed, looks = self._unsaid[0]
            if len(changed):
                self._keep.put_events(changed)
            self._contacts.put_looks(looks)
            self._unsaid.pop(0)

    def _tracks(self, due: Due) -> Run:
        """Tracks of the store around the looks."""
        keep = self._keep
        versions = keep.versions()
        box = (-180.0, -90.0, 180.0, 90.0)
        if sum(keep.history(due.start_ms, due.end_ms)[1]) > ROWS_MOST:
            box = around([look.seen for look in due.looks])
        fixes = own_rows(keep.box(*box, due.start_ms, due.end_ms, names=_NAMES))
        statics = keep.messages("statics", None, due.start_ms, due.end_ms)
        tracks = identity.join(segment(fixes, self._settings.segment), statics, self._settings.identity)
        ends = (versions.oldest_ms, versions.newest_ms) if versions.newest_ms != MISSING_TIME_MS else (0, -1)
        return run_of(tracks, keep.identities(), self._context, *ends)


def around(seen: list[Table]) -> tuple[float, float, float, float]:
    """The box of detections and ``AROUND_DEG`` more on every side; all longitudes where that is simpler."""
    whole = concat(seen)
    lat, lon = whole["lat_deg"], whole["lon_deg"]
    south, north = max(-90.0, float(lat.min()) - AROUND_DEG), min(90.0, float(lat.max()) + AROUND_DEG)
    wide = AROUND_DEG / max(0.1, float(np.cos(np.radians(max(abs(south), abs(north))))))
    west, east = float(lon.min()) - wide, float(lon.max()) + wide
    if east - west > 180.0 or west < -180.0 or east > 180.0:  # noqa: PLR2004  half the globe, or over its edge
        return -180.0, south, 180.0, north
    return west, south, east, north

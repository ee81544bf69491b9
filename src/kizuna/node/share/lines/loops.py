"""The loops of the door: which rows of the node's tables are offered to partners, and when.

New events are offered at once and again at each boundary at which a delay lets them go. Positions and detections are
offered every few seconds: those that came in since, however old they are, and those whose delay ended. What a run
offers twice is told once; what it is too early for comes again. After a start the loop goes through the time since the
last release in steps, as if the node had run: nothing that was stored meanwhile is left out but rows that came more
than ``LATE_MS`` after they were observed while the node was down.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from kizuna.base.errors import KizunaError
from kizuna.base.table import Table, concat
from kizuna.base.units import DAY_MS, HOUR_MS, MINUTE_MS, MISSING_TIME_MS, SECOND_MS
from kizuna.node.origin import are_own, own_rows
from kizuna.node.share.door import Door, Rows
from kizuna.node.share.lines import delays as delays_
from kizuna.share.publish.run import AT_ONCE
from kizuna.share.rules.rule import RuleSet
from kizuna.share.transforms.steps import Delay

LATE_MS: Final = HOUR_MS
STEP_MS: Final = 10 * MINUTE_MS
FIRST_MS: Final = 10 * MINUTE_MS
"""What an audience is told of the time before its rules came into force: enough for a picture."""
SOON_MS: Final = 2 * MINUTE_MS
"""Rows that may come due within this are kept at hand; for longer delays they are read from the store again."""
ROWS_MOST: Final = 2_000_000
KNOWN: Final = "known since"
_LOG: Final = logging.getLogger("kizuna.node.share")
Ints = npt.NDArray[np.int64]


class Keep(Protocol):
    """What is read of the store."""

    def messages(self, table: str, mmsi: int | None, start_ms: int, end_ms: int) -> Table:
        """Rows by time."""
        ...

    def events(self, *, since_version: int = 0, start_ms: int | None = None) -> Table:
        """Events changed after a version."""
        ...

    def versions(self) -> object:
        """Versions; ``events`` is used."""
        ...


class Seen(Protocol):
    """Detections with what is said of them."""

    def judged(self, start_ms: int, end_ms: int) -> tuple[Table, npt.NDArray[np.bool_]]:
        """Detections by time, and of each whether that is for good."""
        ...


class Tables(NamedTuple):
    """The node's tables."""

    keep: Keep
    contacts: Seen | None


class _Noted(msgspec.Struct):
    """Since when this node knew its events and detections: id to version and time."""

    events: dict[str, tuple[int, int]] = {}
    detections: dict[str, int] = {}


class Loops:
    """``take`` is called by the intake; ``run`` is the thread."""

    def __init__(self, door: Door, tables: Tables, *, flash_s: float, routine_s: float) -> None:
        self._door, self._tables = door, tables
        self._flash_s, self._routine_s = flash_s, routine_s
        self._lock = threading.Lock()
        self._recent: list[tuple[Table, int]] = []
        held = door.house.shared.notes.get(KNOWN)
        self._noted = msgspec.json.decode(held, type=_Noted) if held else _Noted()
        self._told_ms: dict[str, int] = {}
        self._begun_ms = door.house.now_ms()
        self._events: Table | None = None
        self._events_version = -1
        self._delays: tuple[str, tuple[Delay, ...]] = ("", ())
        self.alive_s = time.monotonic()
        self.trouble = ""
        """Why nothing leaves; empty while all is well."""

    def take(self, fixes: Table) -> None:
        """Fixes that this node's own sources gave, just stored."""
        if len(fixes):
            with self._lock:
                self._recent.append((fixes, self._door.house.now_ms()))

    def run(self, over: threading.Event, on_trouble: Callable[[str], object]) -> None:
        """Until the node stops."""
        routine_s = float("-inf")
        while not over.wait(self._flash_s):
            self.alive_s = time.monotonic()
            try:
                self._door.sign_rest()
                self.events()
                if self.alive_s - routine_s >= self._routine_s:
                    routine_s = self.alive_s
                    self.positions()
                    self.detections()
                words = ""
            except KizunaError as exc:
                words = str(exc)
            if words and words != self.trouble:
                _LOG.error("nothing is told to partners: %s", words)
            self.trouble = words
            on_trouble(words)

    # ---- events and detections --------------------------------------------------------------------------------------
    def events(self) -> None:
        """Offer events that are new or come due."""
        rules, now_ms = self._door.house.rules(), self._door.house.now_ms()
        if rules is None:
            return
        delays = self._delays_of(rules)
        self._follow_events(now_ms, delays)
        before_ms = self._before("event", rules, now_ms)
        if self._events is None or not len(self._events) or not delays_.passed(AT_ONCE, before_ms, now_ms):
            return
        ids = self._events["event_id"].to_pylist()
        known = np.array([self._noted.events[i][1] for i in ids], np.int64)
        rows = np.flatnonzero(delays_.due(_when(self._events), known, delays, before_ms, now_ms))
        if len(rows):
            self._door.tell(Rows(events=self._events.take(rows), known_ms=known[rows]), notes=self._notes())
        self._told_ms["event"] = now_ms

    def _follow_events(self, now_ms: int, delays: tuple[Delay, ...]) -> None:
        version = int(self._tables.keep.versions().events)  # type: ignore[attr-defined]
        reach_ms = delays_.horizon_ms(delays) + DAY_MS
        if version != self._events_version:
            if self._events_version < 0:
                found = self._tables.keep.events(start_ms=now_ms - reach_ms)
            else:
                found = self._tables.keep.events(since_version=self._events_version)
            found = own_rows(found)
            self._events_version = version
            for name, number in zip(found["event_id"].to_pylist(), found["version"].tolist(), strict=True):
                if self._noted.events.get(name, (0, 0))[0] != number:
                    self._noted.events[name] = (number, now_ms)
            if self._events is not None and len(self._events):
                ids = set(found["event_id"].to_pylist())
                keep = np.array([i not in ids for i in self._events["event_id"].to_pylist()], np.bool_)
                found = concat([self._events.take(keep), found])
            self._events = found
        if self._events is not None and len(self._events):
            ids = self._events["event_id"].to_pylist()
            young = np.array([now_ms - self._noted.events[i][1] < reach_ms for i in ids], np.bool_)
            if not young.all():
                self._events = self._events.take(young)
                left = {i for i, y in zip(ids, young.tolist(), strict=True) if y}
                self._noted.events = {i: v for i, v in self._noted.events.items() if i in left}

    def detections(self) -> None:
        """Offer what sensors saw, once it is judged for good."""
        rules, now_ms = self._door.house.rules(), self._door.house.now_ms()
        if rules is None or self._tables.contacts is None:
            return
        delays = self._delays_of(rules)
        before_ms = self._before("detection", rules, now_ms)
        reach_ms = delays_.horizon_ms(delays) + DAY_MS
        rows, final = self._tables.contacts.judged(now_ms - reach_ms, now_ms + HOUR_MS)
        good = final & are_own(rows) & (rows["time_ms"] != MISSING_TIME_MS)
        good &= np.isfinite(rows["lat_deg"]) & np.isfinite(rows["lon_deg"])
        rows = rows.take(good)
        ids = [str(i) for i in rows["det_id"].tolist()]
        before = self._noted.detections
        self._noted.detections = {i: before.get(i, now_ms) for i in ids}
        known = np.array(list(self._noted.detections.values()), np.int64)
        due = np.flatnonzero(delays_.due(rows["time_ms"], known, delays, before_ms, now_ms))
        if len(due):
            self._door.tell(Rows(detections=rows.take(due), known_ms=known[due]), notes=self._notes())
        self._told_ms["detection"] = now_ms

    def _notes(self) -> dict[str, bytes]:
        return {KNOWN: msgspec.json.encode(self._noted)}

    # ---- positions --------------------------------------------------------------------------------------------------
    def positions(self) -> None:
        """Offer positions that came in or come due; after a pause in steps."""
        house = self._door.house
        rules, now_ms = house.rules(), house.now_ms()
        if rules is None:
            with self._lock:  # so much would be told once there are rules; a node without any holds no more
                self._recent = [(fixes, at_ms) for fixes, at_ms in self._recent if now_ms - at_ms < 2 * FIRST_MS]
            return
        delays = self._delays_of(rules)
        before_ms = self._before("track.position", rules, now_ms)
        while before_ms < now_ms:
            until_ms = min(now_ms, before_ms + STEP_MS)
            fixes = self._due(delays, before_ms, until_ms)
            self._door.tell(Rows(fixes=fixes), until_ms=until_ms)
            before_ms = until_ms
            self._told_ms["track.position"] = until_ms
        self._forget(delays, now_ms)

    def _due(self, delays: tuple[Delay, ...], before_ms: int, until_ms: int) -> Table | None:
        """Own fixes that come due in (before, until]."""
        with self._lock:
            recent = list(self._recent)
        parts = [_received(fixes) for fixes, _ in recent]
        hand = {int(i) for fixes in parts for i in fixes["msg_id"].tolist()} if parts else set()
        for delay in delays:
            if not delays_.passed(delay, before_ms, until_ms):
                continue
            start, end = delays_.window(delay, before_ms, until_ms)
            at_hand = start >= self._begun_ms and delays_.horizon_ms([delay]) <= SOON_MS
            if before_ms < self._begun_ms and delay == AT_ONCE:
                start -= LATE_MS
            if not at_hand:
                read = own_rows(self._tables.keep.messages("fixes", None, start, end + 1))
                fresh = read.take(~np.isin(read["msg_id"], np.fromiter(hand, np.int64, len(hand))))
                hand |= set(fresh["msg_id"].tolist())
                parts.append(_received(fresh))
        parts = [p for p in (self._coming(p, delays, before_ms, until_ms) for p in parts) if len(p)]
        return concat(parts) if parts else None

    def _coming(self, fixes: Table, delays: tuple[Delay, ...], before_ms: int, until_ms: int) -> Table:
        if not len(fixes):
            return fixes
        known = np.where(fixes["received_ms"] == MISSING_TIME_MS, fixes["time_ms"], fixes["received_ms"])
        return fixes.take(delays_.due(fixes["time_ms"], known, delays, before_ms, until_ms))

    def _forget(self, delays: tuple[Delay, ...], now_ms: int) -> None:
        """Let go of rows at hand that can come due no more, or can be read again when they do."""
        short = [d for d in delays if delays_.horizon_ms([d]) <= SOON_MS]
        soon_ms = delays_.horizon_ms(short) + 5 * SECOND_MS
        wait_ms = max((d.bucket_s for d in delays), default=1) * 2 * SECOND_MS
        with self._lock:
            kept, total = [], 0
            for fixes, at_ms in reversed(self._recent):
                table = _received(fixes)
                known, when = table["received_ms"], table["time_ms"]
                last = np.maximum(known, np.where(when == MISSING_TIME_MS, known, when))
                stay = now_ms - last < soon_ms
                late = [known > when + (d.delay_s + d.bucket_s) * SECOND_MS for d in delays if d not in short]
                if late:
                    stay |= np.logical_or.reduce(late) & (now_ms - known < wait_ms)
                total += int(np.count_nonzero(stay))
                if total > ROWS_MOST:
                    break
                if stay.any():
                    kept.append((fixes if stay.all() else fixes.take(stay), at_ms))
            self._recent = kept[::-1]

    # ---- times ------------------------------------------------------------------------------------------------------
    def _before(self, kind: str, rules: RuleSet, now_ms: int) -> int:
        """Until when rows of a kind were offered."""
        if kind in self._told_ms:
            return self._told_ms[kind]
        until = self._door.told_until(rules.audiences, kind)
        first = now_ms - FIRST_MS
        self._told_ms[kind] = first if until is None else min(until, first if kind == "track.position" else until)
        return self._told_ms[kind]

    def _delays_of(self, rules: RuleSet) -> tuple[Delay, ...]:
        if self._delays[0] != rules.hash:
            if self._delays[0]:  # other rules: what they let go of the last minutes is told too
                first = self._door.house.now_ms() - FIRST_MS
                self._told_ms = {kind: min(at, first) for kind, at in self._told_ms.items()}
                self._begun_ms = self._door.house.now_ms()
            self._delays = rules.hash, delays_.delays_of(rules)
        return self._delays[1]


def _when(events: Table) -> Ints:
    """Time by which an event is told: its end, or its start while it is open."""
    closed = events["end_ms"] != MISSING_TIME_MS
    found: Ints = np.where(closed, events["end_ms"], events["start_ms"]).astype(np.int64)
    return found


def _received(fixes: Table) -> Table:
    """The fixes, with a time of receipt for those that have none: an exercise's are heard when they are observed.

    It must be the same whenever a row is looked at, at hand or in the store: what is known only now is never due.
    """
    received = fixes["received_ms"]
    unknown = received == MISSING_TIME_MS
    return fixes.replace(received_ms=np.where(unknown, fixes["time_ms"], received)) if unknown.any() else fixes

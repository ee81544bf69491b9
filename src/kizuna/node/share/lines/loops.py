"""The loops of the door: which rows of the node's tables are offered to partners, and when.

New events are offered at once and again at each boundary at which a delay lets them go. Positions and detections are
offered every few seconds: those that came in since, however old they are, and those whose delay ended. What a run
offers twice is told once; what it is too early for comes again. Each audience has a front (``fronts``): what lies
behind it, because the partner was paused or the node was down, is gone through in steps, as if the node had run, with
whatever came late; between two steps new events go out. A position without a time of receipt counts as received when
it was observed, so one that is stored later than it is due is not told.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from kizuna.base.errors import KizunaError
from kizuna.base.table import Table, concat, empty
from kizuna.base.units import DAY_MS, HOUR_MS, MINUTE_MS, MISSING_TIME_MS, SECOND_MS
from kizuna.events.table import EVENTS
from kizuna.node.origin import are_own, own_rows
from kizuna.node.share.door import Door, Rows, Run
from kizuna.node.share.lines import delays as delays_
from kizuna.node.share.lines.fronts import BEHIND_MS, BULK, FIRST_MS, LATE_MS, NOTE, Fronts, Group
from kizuna.share.publish.run import AT_ONCE
from kizuna.share.rules.rule import RuleSet
from kizuna.share.transforms.steps import Delay

STEP_MS: Final = 10 * MINUTE_MS
WORK_S: Final = 0.5
"""Time for what is owed of the past, at a time: new events wait no longer."""
SOON_MS: Final = 2 * MINUTE_MS
"""Rows that may come due within this are kept at hand; for longer delays they are read from the store again."""
ROWS_MOST: Final = 2_000_000
QUIET_MS: Final = MINUTE_MS
"""Where nothing comes due, that much is looked at again rather than written down."""
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
        """Versions; ``events`` and ``picture`` are used."""
        ...

    def stored_since(self, version: int) -> list[tuple[int, int]]:
        """Spans of time that hold what was stored after a version of the picture."""
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
        self._begun_ms = door.house.now_ms()
        self.fronts = Fronts(door, tables.keep, self._begun_ms)
        self._until_ms = 0
        """Until when the last run over positions looked."""
        self.owed = False
        """Whether something of the past is still to be told."""
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
                now_ms, known = self._door.house.now_ms(), fixes["received_ms"]
                missed = (known != MISSING_TIME_MS) & (known <= self._until_ms)  # a run went by while it was stored
                now_known = np.where(missed, max(now_ms, self._until_ms + 1), known)
                fixes = fixes.replace(received_ms=now_known) if missed.any() else fixes
                self._recent.append((fixes, now_ms))

    def run(self, over: threading.Event, on_trouble: Callable[[str], object]) -> None:
        """Until the node stops."""
        routine_s = float("-inf")
        while not over.wait(self._flash_s):
            self.alive_s = time.monotonic()
            try:
                self._door.sign_rest()
                self.events()
                if self.owed or self.alive_s - routine_s >= self._routine_s:
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
        """Offer events that are new or come due; to who was not told for a while also what changed since."""
        rules, now_ms = self._door.house.rules(), self._door.house.now_ms()
        if rules is None:
            return
        delays = self._delays_of(rules)
        version = int(self._tables.keep.versions().events)  # type: ignore[attr-defined]
        self._follow_events(now_ms, delays)
        for group in self.fronts.groups(rules, "event", now_ms):
            before_ms = group.front_ms
            if not delays_.passed(AT_ONCE, before_ms, now_ms):
                continue
            rows, known = self._events_for(group, version)
            for until_ms in (now_ms - BEHIND_MS, now_ms):
                if until_ms > before_ms:
                    due = delays_.due(_when(rows), known, delays, before_ms, until_ms)
                    if due.any() or now_ms - before_ms > QUIET_MS:
                        offered = Rows(events=rows.take(due), known_ms=known[due])
                        reached = dict.fromkeys(group.audiences, version) if until_ms == now_ms else {}
                        self._tell(group, "event", offered, (before_ms, until_ms), reached)
                        before_ms = until_ms
        self.fronts.looked("event")

    def _events_for(self, group: Group, version: int) -> tuple[Table, Ints]:
        """Events that may come due for a group, and when each was known: the young ones, and what it missed."""
        parts = [self._events] if self._events is not None else []
        since = self.fronts.since(group.audiences, version)
        if since is not None:
            missed = own_rows(self._tables.keep.events(since_version=since))
            there = {i for part in parts for i in part["event_id"].to_pylist()}
            parts.append(missed.take(np.array([i not in there for i in missed["event_id"].to_pylist()], np.bool_)))
        rows = concat(parts) if parts else empty(EVENTS)
        soonest = 0, group.front_ms + 1
        known = [self._noted.events.get(i, soonest)[1] for i in rows["event_id"].to_pylist()]
        return rows, np.array(known, np.int64)

    def _tell(
        self, group: Group, kind: str, rows: Rows, between: tuple[int, int], versions: Mapping[str, int] = {}
    ) -> None:  # fmt: skip
        """Offer a group rows that come due in (before, until]; what came due long ago goes in the lane ``BULK``.

        ``versions``: up to which version of the store each audience has everything of the kind then.
        """
        before_ms, until_ms = between
        lane = BULK if until_ms <= self._door.house.now_ms() - BEHIND_MS else ""
        kept = self.fronts.moved(versions, kind)
        notes = {KNOWN: msgspec.json.encode(self._noted), NOTE: msgspec.json.encode(kept)}
        self._door.tell(rows, until_ms=until_ms, notes=notes, run=Run(group.audiences, kind, lane, before_ms))
        self.fronts.kept = kept

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
        reach_ms = delays_.horizon_ms(delays) + DAY_MS
        groups = self.fronts.groups(rules, "detection", now_ms)
        first_ms = min([now_ms, *(g.front_ms for g in groups)])
        rows, final = self._tables.contacts.judged(first_ms - reach_ms, now_ms + HOUR_MS)
        good = final & are_own(rows) & (rows["time_ms"] != MISSING_TIME_MS)
        good &= np.isfinite(rows["lat_deg"]) & np.isfinite(rows["lon_deg"])
        rows = rows.take(good)
        ids = [str(i) for i in rows["det_id"].tolist()]
        young = dict.fromkeys(i for i, t in zip(ids, rows["time_ms"].tolist(), strict=True) if t >= now_ms - reach_ms)
        before = self._noted.detections
        self._noted.detections = {i: before.get(i, now_ms) for i in young}
        for group in groups:
            known = np.array([before.get(i, min(now_ms, group.front_ms + 1)) for i in ids], np.int64)
            before_ms = group.front_ms
            for until_ms in (now_ms - BEHIND_MS, now_ms):
                if until_ms > before_ms:
                    due = delays_.due(rows["time_ms"], known, delays, before_ms, until_ms)
                    if due.any() or now_ms - before_ms > QUIET_MS:
                        offered = Rows(detections=rows.take(due), known_ms=known[due])
                        self._tell(group, "detection", offered, (before_ms, until_ms))
                        before_ms = until_ms
        self.fronts.looked("detection")

    # ---- positions --------------------------------------------------------------------------------------------------
    def positions(self) -> None:
        """Offer positions that came in or come due; to who was not told for a while in steps, for a while at a time."""
        house = self._door.house
        rules, now_ms, begun_s = house.rules(), house.now_ms(), time.monotonic()
        if rules is None:
            with self._lock:  # so much would be told once there are rules; a node without any holds no more
                self._recent = [(fixes, at_ms) for fixes, at_ms in self._recent if now_ms - at_ms < 2 * FIRST_MS]
            return
        delays = self._delays_of(rules)
        self.fronts.stand(now_ms)
        with self._lock:
            before_run_ms, self._until_ms = self._until_ms, now_ms
            recent = [fixes for fixes, _ in self._recent]
        self.owed = False
        for group in self.fronts.groups(rules, "track.position", now_ms):
            late, before_ms = self.fronts.late(group, delays, now_ms), group.front_ms
            most_ms = self.fronts.upto(group, now_ms)
            while before_ms < most_ms:
                until_ms = min(most_ms, before_ms + STEP_MS)
                live = 0 < before_run_ms <= before_ms
                found = self._found(delays, before_ms, until_ms, [*late, *recent], live=live)
                due = [p for p in (self._coming(p, delays, before_ms, until_ms) for p in found) if len(p)]
                versions = self.fronts.offered(group.audiences, delays, until_ms, now_ms)
                rows = Rows(concat(due) if due else None)
                self._tell(group, "track.position", rows, (before_ms, until_ms), versions)
                late = self.fronts.hold(group.audiences, found, delays, until_ms, now_ms)
                before_ms = until_ms
                if time.monotonic() - begun_s > WORK_S:
                    break
            self.owed |= before_ms < now_ms
        self.fronts.looked("track.position")
        self._forget(delays, now_ms)

    def _found(
        self, delays: tuple[Delay, ...], before_ms: int, until_ms: int, given: list[Table], *, live: bool
    ) -> list[Table]:  # fmt: skip
        """Own fixes that may come due in (before, until]: those given, and of the store where those may not be all."""
        parts: list[Table] = []
        hand: set[int] = set()
        for fixes in given:
            fresh = fixes.take(~np.isin(fixes["msg_id"], np.fromiter(hand, np.int64, len(hand))))
            hand.update(fresh["msg_id"].tolist())
            parts.append(_received(fresh))
        for delay in delays:
            if not delays_.passed(delay, before_ms, until_ms):
                continue
            start, end = delays_.window(delay, before_ms, until_ms)
            at_hand = live and start >= self._begun_ms and delays_.horizon_ms([delay]) <= SOON_MS
            if delay == AT_ONCE and not at_hand:
                start -= LATE_MS
            if not at_hand:
                read = own_rows(self._tables.keep.messages("fixes", None, start, end + 1))
                fresh = read.take(~np.isin(read["msg_id"], np.fromiter(hand, np.int64, len(hand))))
                hand |= set(fresh["msg_id"].tolist())
                parts.append(_received(fresh))
        return parts

    def _coming(self, fixes: Table, delays: tuple[Delay, ...], before_ms: int, until_ms: int) -> Table:
        if not len(fixes):
            return fixes
        known = np.where(fixes["received_ms"] == MISSING_TIME_MS, fixes["time_ms"], fixes["received_ms"])
        return fixes.take(delays_.due(fixes["time_ms"], known, delays, before_ms, until_ms))

    def _forget(self, delays: tuple[Delay, ...], now_ms: int) -> None:
        """Let go of rows at hand that came due, are held as late (``Fronts.hold``), or can be read again."""
        short = [d for d in delays if delays_.horizon_ms([d]) <= SOON_MS]
        soon_ms = delays_.horizon_ms(short) + 5 * SECOND_MS
        with self._lock:
            kept, total = [], 0
            for fixes, at_ms in reversed(self._recent):
                table = _received(fixes)
                known, when = table["received_ms"], table["time_ms"]
                stay = now_ms - np.maximum(known, np.where(when == MISSING_TIME_MS, known, when)) < soon_ms
                total += int(np.count_nonzero(stay))
                if total > ROWS_MOST:
                    self._begun_ms = max(self._begun_ms, at_ms)  # what was taken until then is read again
                    break
                if stay.any():
                    kept.append((fixes if stay.all() else fixes.take(stay), at_ms))
            self._recent = kept[::-1]

    # ---- times ------------------------------------------------------------------------------------------------------
    def _delays_of(self, rules: RuleSet) -> tuple[Delay, ...]:
        if self._delays[0] != rules.hash:
            if self._delays[0]:  # other rules: what they let go of the last minutes is told too
                self._begun_ms = self._door.house.now_ms()
                self.fronts.set_back(self._begun_ms - FIRST_MS)
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

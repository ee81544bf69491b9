"""How far each audience was told, and what of the past is still owed to it.

A front is the time until which an audience was offered whatever came due; it moves only while somebody reads for the
audience. So a partner that is paused, and a node that is down, leave fronts behind, and what lies between them and now
is made up for: in steps, in the lane ``bulk``, beside what is new for others. An officer who resumes a partner "from
now on" moves its front to now (``House.from_ms``).

What is still to be told at a front is what comes due after it (``delays``), and each row does so in one of two ways.
**By its time**: it was known before its time bucket and the delay were over. It is found in the store by its time, at
any later moment. **By its coming**: it was known later than that, and comes due at the first boundary after it came; so
it is still to be told if it came after the last boundary that the front has passed. Such rows are held until it has
passed that one too. After a start, or when an audience is read again, they are found by the version of the store that
is kept with the front: one at which all that was stored had come before the last boundaries passed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
import numpy as np

from kizuna.base.table import Table, concat
from kizuna.base.units import DAY_MS, HOUR_MS, MINUTE_MS, MISSING_TIME_MS
from kizuna.node.origin import own_rows
from kizuna.node.share.lines import delays as delays_
from kizuna.share.transforms.moment import last_tick_ms

if TYPE_CHECKING:
    from kizuna.node.share.door import Door
    from kizuna.node.share.lines.loops import Keep
    from kizuna.share.rules.rule import RuleSet
    from kizuna.share.transforms.steps import Delay

NOTE: Final = "fronts"
FIRST_MS: Final = 10 * MINUTE_MS
"""What an audience is told of the time before its rules came into force: enough for a picture."""
BEHIND_MS: Final = 15 * MINUTE_MS
"""What came due so long ago goes in the lane bulk: nothing that is new waits behind it."""
LATE_MS: Final = HOUR_MS
"""Rows that came later than half of this after they were observed are looked for by their coming, the others by their
time: a step back in time reads so much more."""
AGAIN_MS: Final = MINUTE_MS
"""A row is stored so long after it was received at most; longer, and only a node that goes on tells it."""
LATE_MOST: Final = 500_000
"""Late rows that are looked for at once, those that came first; the others once the front is where they came."""
STOOD_MS: Final = DAY_MS + HOUR_MS
"""For so long it is known where the store stood: longer than any time bucket."""
BULK: Final = "bulk"
NEVER: Final = np.iinfo(np.int64).max


class Group(NamedTuple):
    """Audiences with one front."""

    front_ms: int
    audiences: tuple[str, ...]


class Kept(msgspec.Struct):
    """Versions of the store up to which an audience was offered everything: of its fixes, of its events."""

    fixes: dict[str, int] = {}
    events: dict[str, int] = {}


class Fronts:
    """The fronts of one node; used by the thread of the loops alone.

    Args:
        door: asked how far each audience was told.
        keep: the store.
        now_ms: time of the start.
    """

    def __init__(self, door: Door, keep: Keep, now_ms: int) -> None:
        self._door, self._keep = door, keep
        held = door.house.shared.notes.get(NOTE)
        self.kept = msgspec.json.decode(held, type=Kept) if held else Kept()
        self._stood = [(now_ms, picture(keep))]
        """Where the store stood: what was stored up to the version was stored by the time; at most one a minute."""
        self._late: dict[str, Table] = {}
        """Rows that come due for an audience by their coming."""
        self._met: dict[str, int] = {}
        """Audiences whose late rows were looked for since they are read again, and up to which time of receipt."""
        self._back: dict[str, int] = {}
        """From when on each kind is to be offered again."""

    def moved(self, versions: Mapping[str, int], kind: str) -> Kept:
        """What is to be kept once these audiences were offered everything of a kind up to versions of the store."""
        if kind == "event":
            return Kept(self.kept.fixes, {**self.kept.events, **versions})
        return Kept({**self.kept.fixes, **versions}, self.kept.events)

    def set_back(self, at_ms: int) -> None:
        """Other rules are in force: offer each kind once more from then on, as far as it was not told."""
        self._back = dict.fromkeys(("track.position", "event", "detection"), at_ms)

    def looked(self, kind: str) -> None:
        """All groups were offered a kind again."""
        self._back.pop(kind, None)

    def of(self, audience: str, kind: str, now_ms: int) -> int:
        """The front of an audience for a kind of rows."""
        told_ms = self._door.told_until(audience, kind)
        first_ms = now_ms - FIRST_MS if told_ms is None else told_ms
        return min(now_ms, max(min(first_ms, self._back.get(kind, first_ms)), self._door.house.from_ms(audience)))

    def groups(self, rules: RuleSet, kind: str, now_ms: int) -> list[Group]:
        """Audiences that are read now, by their fronts, the newest first."""
        reading = self._door.audiences(rules)
        for audience in self._met.keys() - set(reading):
            del self._met[audience]
            self._late.pop(audience, None)
        fronts: dict[int, list[str]] = {}
        for audience in reading:
            fronts.setdefault(self.of(audience, kind, now_ms), []).append(audience)
        return [Group(front, tuple(fronts[front])) for front in sorted(fronts, reverse=True)]

    def since(self, audiences: Iterable[str], version: int) -> int | None:
        """The version of events up to which all of these were offered; None where that is the present one."""
        least = min((self.kept.events.get(a, version) for a in audiences), default=version)
        return None if least >= version else least

    # ---- where the store stood --------------------------------------------------------------------------------------
    def stand(self, now_ms: int) -> None:
        """Note where the store stands now."""
        if now_ms - self._stood[-1][0] >= MINUTE_MS:
            self._stood.append((now_ms, picture(self._keep)))
            old = sum(at_ms < now_ms - STOOD_MS for at_ms, _ in self._stood[:-1])
            del self._stood[: max(0, old - 1)]

    def offered(
        self, audiences: Iterable[str], delays: tuple[Delay, ...], front_ms: int, now_ms: int
    ) -> dict[str, int]:  # fmt: skip
        """Versions of the fixes to be kept with a front; none for an audience whose version stays as it is.

        It stays while the front is behind, and until a start is so long ago that all that came before it came due.
        """
        least_ms = delays_.whole_ms(delays, front_ms) - AGAIN_MS
        by_then = [version for at_ms, version in self._stood if at_ms <= least_ms]
        if front_ms < now_ms or not by_then:
            return {a: self._stood[0][1] for a in audiences if a not in self.kept.fixes}
        return dict.fromkeys(audiences, by_then[-1])

    # ---- late rows ---------------------------------------------------------------------------------------------------
    def late(self, group: Group, delays: tuple[Delay, ...], now_ms: int) -> list[Table]:
        """Rows that come due for a group by their coming, as far as they are not new.

        Looked for when an audience is met: after a start, or when it is read again.
        """
        for audience in group.audiences:
            if self._met.get(audience, group.front_ms) <= group.front_ms:
                if audience in self.kept.fixes:
                    self._look(audience, group.front_ms, delays, now_ms)
                else:
                    self._met[audience] = NEVER
        found = [self._late[a] for a in group.audiences if a in self._late]
        return list({id(table): table for table in found}.values())

    def upto(self, group: Group, now_ms: int) -> int:
        """Up to which time a group can be offered rows now: those that came late are held so far."""
        return min([now_ms, *(self._met.get(a, now_ms) for a in group.audiences)])

    def hold(
        self, audiences: Iterable[str], rows: list[Table], delays: tuple[Delay, ...], front_ms: int, now_ms: int
    ) -> list[Table]:  # fmt: skip
        """Of rows that were at hand, keep those that come due after a front by their coming.

        Where the front is behind, what came less than half an hour late is read from the store again.
        """
        kept = []
        for table in rows:
            when, known = table["time_ms"], table["received_ms"]
            stay = delays_.came_after(when, known, delays, front_ms)
            if front_ms < now_ms:
                stay &= (known - when > LATE_MS // 2) | delays_.came_after(when, known, delays, now_ms)
            kept += [table.take(stay)] if stay.any() else []
        for audience in audiences:
            self._late.pop(audience, None)
        if kept:
            self._late |= dict.fromkeys(audiences, concat(kept))
        return kept

    def _look(self, audience: str, front_ms: int, delays: tuple[Delay, ...], now_ms: int) -> None:
        """Find what came late in the spans of time that something was stored in since the audience had everything."""
        chosen = self._door.house.from_ms(audience) >= front_ms  # what came due before is left out
        again_ms = 0 if chosen else AGAIN_MS
        parts = []
        for at in {last_tick_ms(front_ms, d) for d in delays}:
            rows = self._rows(at - LATE_MS // 2 - again_ms, at + 1)
            known = rows["received_ms"]
            parts.append(_again(rows.take((known > at - again_ms) & (known <= at)), delays, front_ms, again_ms))
        for start, end in self._keep.stored_since(self.kept.fixes[audience]):
            for at in range(start, min(end, now_ms - LATE_MS // 2), HOUR_MS):
                rows = self._rows(at, min(at + HOUR_MS, end))
                rows = rows.take(rows["received_ms"] - rows["time_ms"] > LATE_MS // 2)
                rows = _again(rows, delays, front_ms, again_ms)
                late = delays_.came_after(rows["time_ms"], rows["received_ms"], delays, front_ms)
                parts += [rows.take(late)] if late.any() else []
        found, upto_ms = concat(parts), NEVER
        if len(found) > LATE_MOST:
            known = found["received_ms"]
            upto_ms = max(int(np.partition(known, LATE_MOST)[LATE_MOST]), front_ms + MINUTE_MS)
            found = found.take(known <= upto_ms)
        self._met[audience], self._late[audience] = upto_ms, found

    def _rows(self, start_ms: int, end_ms: int) -> Table:
        """Own rows with a time of receipt, by time of observation."""
        rows = own_rows(self._keep.messages("fixes", None, start_ms, end_ms))
        return rows.take(rows["received_ms"] != MISSING_TIME_MS)


def _again(rows: Table, delays: tuple[Delay, ...], front_ms: int, again_ms: int) -> Table:
    """The rows; those received up to ``again_ms`` before a boundary that the front passed last as if right after it.

    They may have been stored when the run at that boundary had looked. What was told stands in the log already.
    """
    known = rows["received_ms"]
    lasts = {last_tick_ms(front_ms, d) for d in delays}
    again = np.logical_or.reduce([(known > at - again_ms) & (known <= at) for at in lasts])
    return rows.replace(received_ms=np.where(again, np.maximum(known, front_ms + 1), known)) if again.any() else rows


def picture(keep: Keep) -> int:
    """Where the store stands."""
    return int(keep.versions().picture)  # type: ignore[attr-defined]

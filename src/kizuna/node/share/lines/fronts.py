"""How far each audience was told, and what of the past is still owed to it.

A front is the time until which an audience was offered whatever came due; it moves only while somebody reads for the
audience. So a partner that is paused, and a node that is down, leave fronts behind, and what lies between them and now
is made up for: in steps, in the lane ``bulk``, beside what is new for others. With the front goes the version of the
store up to which everything was offered, however old it was when it came: rows stored after it are looked through for
those that came late. An officer who resumes a partner "from now on" moves its front to now (``House.from_ms``).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
import numpy as np

from kizuna.base.table import Table, concat
from kizuna.base.units import HOUR_MS, MINUTE_MS, MISSING_TIME_MS
from kizuna.node.origin import own_rows
from kizuna.node.share.lines import delays as delays_

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
"""Late rows that are held for one audience while it is told what it missed; the oldest by receipt come first."""
BULK: Final = "bulk"


class Group(NamedTuple):
    """Audiences with one front."""

    front_ms: int
    audiences: tuple[str, ...]


class Kept(msgspec.Struct):
    """Versions of the store up to which an audience was offered everything: of its fixes, of its events."""

    fixes: dict[str, int] = {}
    events: dict[str, int] = {}


class Fronts:
    """The fronts of one node; used by the thread of the loops alone."""

    def __init__(self, door: Door) -> None:
        self._door = door
        held = door.house.shared.notes.get(NOTE)
        self.kept = msgspec.json.decode(held, type=Kept) if held else Kept()
        self._late: dict[str, Table] = {}
        """Late rows of an audience that is being brought up."""
        self._met: set[str] = set()
        """Audiences whose late rows were looked for since they are read again."""
        self._back: dict[str, int] = {}
        """From when on each kind is to be offered again."""
        self.left_out = 0
        """Late rows that were too many to be held."""

    def moved(self, audiences: Iterable[str], kind: str, version: int | None) -> Kept:
        """What is to be kept once these were offered everything of a kind up to a version of the store."""
        if version is None:
            return self.kept
        new = dict.fromkeys(audiences, version)
        if kind == "event":
            return Kept(self.kept.fixes, {**self.kept.events, **new})
        return Kept({**self.kept.fixes, **new}, self.kept.events)

    def keep(self, kept: Kept, audiences: Iterable[str], kind: str) -> None:
        """They were offered it, and it is kept: late rows that were looked for are told."""
        if kept is not self.kept and kind != "event":
            for audience in audiences:
                self._late.pop(audience, None)
        self.kept = kept

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
        self._met &= set(reading)
        fronts: dict[int, list[str]] = {}
        for audience in reading:
            fronts.setdefault(self.of(audience, kind, now_ms), []).append(audience)
        return [Group(front, tuple(fronts[front])) for front in sorted(fronts, reverse=True)]

    # ---- late rows ---------------------------------------------------------------------------------------------------
    def late(self, group: Group, keep: Keep, delays: tuple[Delay, ...], now_ms: int) -> list[Table]:
        """Rows that came after the front, long after they were observed, and rows that were being stored at the front.

        Looked for once, when an audience is met: after a start, or when it is read again.
        """
        out = []
        for audience in group.audiences:
            if audience not in self._met:
                self._met.add(audience)
                if audience in self.kept.fixes:
                    chosen = self._door.house.from_ms(audience) >= group.front_ms  # what came before is left out
                    least_ms = group.front_ms - (0 if chosen else AGAIN_MS)
                    late = self._look(audience, (group.front_ms, least_ms), keep, delays, now_ms)
                    self._late[audience] = concat([*late, _again(group.front_ms, least_ms, keep)])
            if audience in self._late:
                out.append(self._late[audience])
        return out

    def _look(
        self, audience: str, front: tuple[int, int], keep: Keep, delays: tuple[Delay, ...], now_ms: int
    ) -> list[Table]:  # fmt: skip
        """Late rows from the spans of time that something was stored in since the audience had everything."""
        parts, (front_ms, least_ms) = [], front
        for start, end in keep.stored_since(self.kept.fixes[audience]):
            for at in range(start, min(end, now_ms - LATE_MS // 2), HOUR_MS):
                rows = _known_by(own_rows(keep.messages("fixes", None, at, min(at + HOUR_MS, end))), front_ms, least_ms)
                rows = rows.take(rows["received_ms"] - rows["time_ms"] > LATE_MS // 2)
                come = delays_.due(rows["time_ms"], rows["received_ms"], delays, front_ms, now_ms)
                parts += [rows.take(come)] if come.any() else []
        total = sum(map(len, parts))
        if total > LATE_MOST:
            self.left_out += total - LATE_MOST
            found = concat(parts)
            parts = [found.take(np.sort(np.argsort(found["received_ms"], kind="stable")[:LATE_MOST]))]
        return parts

    def since(self, audiences: Iterable[str], version: int) -> int | None:
        """The version of events up to which all of these were offered; None where that is the present one."""
        least = min((self.kept.events.get(a, version) for a in audiences), default=version)
        return None if least >= version else least


def _again(front_ms: int, least_ms: int, keep: Keep) -> Table:
    """Rows received shortly before the front, on time."""
    rows = own_rows(keep.messages("fixes", None, least_ms - LATE_MS, front_ms + 1))
    return _known_by(rows.take(rows["received_ms"] <= front_ms), front_ms, least_ms)


def _known_by(rows: Table, front_ms: int, least_ms: int) -> Table:
    """Those received after the front or, from ``least_ms`` on, before it, these as if received right after it.

    Some of them were being stored when the run that made the front looked. What was told stands in the log already.
    """
    known = rows["received_ms"]
    rows = rows.take((known != MISSING_TIME_MS) & (known > least_ms))
    return rows.replace(received_ms=np.maximum(rows["received_ms"], front_ms + 1))

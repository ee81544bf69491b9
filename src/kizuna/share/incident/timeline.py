"""One order of the entries of an incident at every desk, whatever order they came in, without clocks.

Each entry names the entries that its author had seen last. Its depth is one more than the deepest of those; entries
stand by depth, then author, number and id. So whoever wrote after having read stands after what it had read, entries
written while the desks were apart stand side by side, and two desks with the same entries show the same picture. An
entry whose forerunners have not arrived waits.

Each author's entries form a chain: one that does not name the author's entry before is set aside, and two with the
same number are a fork, shown as such: a desk restored from an old copy, or one that tells two stories.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from kizuna.records.bodies.incident import Opened
from kizuna.share.incident.entries import PARENTS_MAX, Written

ENTRIES_MAX: Final = 10_000
"""Entries of one case. A long search has some hundreds; without a bound a partner could make ours work without end."""


class Row(NamedTuple):
    """An entry in its place. ``before`` has bit k set where row k is among its forerunners, near or far."""

    entry: Written
    depth: int
    before: int


class Aside(NamedTuple):
    """An entry that is not used, and why."""

    entry: Written
    why: str


class Timeline(NamedTuple):
    """The rows in order, what waits for others, what is set aside, and (author, number) that stand twice."""

    rows: tuple[Row, ...]
    waiting: tuple[Written, ...]
    aside: tuple[Aside, ...]
    forks: tuple[tuple[str, int], ...]

    def has_seen(self, later: int, earlier: int) -> bool:
        """Whether the author of row ``later`` had row ``earlier`` before it."""
        return bool(self.rows[later].before >> earlier & 1)


def order(entries: Iterable[Written], incident: str) -> Timeline:
    """Put the entries of one incident in order. Entries of others are left out; one given twice counts once."""
    mine = {
        each.id: each for each in sorted(entries, key=lambda e: e.record_id, reverse=True) if each.incident == incident
    }
    depth: dict[str, int] = {}
    aside: list[Aside] = []
    for each, why in _settle(mine, depth):
        if why:
            aside.append(Aside(each, why))
    placed = sorted(depth, key=lambda i: (depth[i], mine[i].author, mine[i].body.n, i))
    aside += [Aside(mine[name], "the case is full") for name in placed[ENTRIES_MAX:]]
    placed = placed[:ENTRIES_MAX]
    at = {name: k for k, name in enumerate(placed)}
    rows: list[Row] = []
    for name in placed:
        before = 0
        for parent in mine[name].body.a:
            before |= rows[at[parent]].before | 1 << at[parent]
        rows.append(Row(mine[name], depth[name], before))
    refused = {each.entry.id for each in aside}
    waiting = tuple(mine[name] for name in sorted(mine) if name not in depth and name not in refused)
    return Timeline(tuple(rows), waiting, tuple(sorted(aside, key=lambda a: a.entry.id)), _forks(rows))


def _settle(mine: Mapping[str, Written], depth: dict[str, int]) -> Iterable[tuple[Written, str]]:
    """Give depths to all whose forerunners are here; yields each entry looked at, with why it is refused."""
    children: dict[str, list[str]] = {}
    missing: dict[str, int] = {}
    for name, each in mine.items():
        missing[name] = len(each.body.a)
        for parent in each.body.a:
            children.setdefault(parent, []).append(name)
    ready = [name for name, count in missing.items() if count == 0]
    while ready:
        name = ready.pop()
        each = mine[name]
        why = _unfit(each, mine)
        if not why:
            depth[name] = 1 + max((depth[parent] for parent in each.body.a), default=0)
            for child in children.get(name, ()):
                missing[child] -= 1
                if missing[child] == 0:
                    ready.append(child)
        yield each, why


def _unfit(each: Written, mine: Mapping[str, Written]) -> str:
    if isinstance(each.body, Opened):
        return ""
    opening = mine.get(each.incident)
    if opening is None or not each.body.a:
        return "does not rest on the opening"
    if opening.context != each.context:
        return "is of another context than the opening"
    own = [p for p in each.body.a if mine[p].author == each.author]
    if each.body.n == 1:
        return "is a first entry that follows another of its author" if own else ""
    if not any(mine[p].body.n == each.body.n - 1 for p in own):
        return "does not follow its author's entry before"
    return ""


def _forks(rows: Iterable[Row]) -> tuple[tuple[str, int], ...]:
    seen: dict[tuple[str, int], int] = {}
    for row in rows:
        key = (row.entry.author, row.entry.body.n)
        seen[key] = seen.get(key, 0) + 1
    return tuple(sorted(key for key, count in seen.items() if count > 1))


class Next(NamedTuple):
    """Number and forerunners of the next entry of an author."""

    n: int
    after: tuple[str, ...]


def following(timeline: Timeline, me: str) -> Next:
    """What the next entry of ``me`` must carry: its number, and the entries that nobody has built on yet."""
    built_on = {parent for row in timeline.rows for parent in row.entry.body.a}
    own = [row.entry for row in timeline.rows if row.entry.author == me]
    last = own[-1:]
    heads = [row.entry.id for row in reversed(timeline.rows) if row.entry.id not in built_on]
    names = [each.id for each in last]
    names += [name for name in heads if name not in names][: PARENTS_MAX - len(names)]
    number = max((each.body.n for each in own), default=0) + 1
    if last and last[0].body.n != number - 1:  # after a fork the longest branch goes on
        longest = max(own, key=lambda e: (e.body.n, e.id))
        names = [longest.id, *(name for name in names if name != longest.id)][:PARENTS_MAX]
    return Next(number, tuple(names))

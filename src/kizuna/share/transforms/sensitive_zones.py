"""The hole around sensitive zones, cut so that it tells no more of them than which cells they touch.

A zone is *covered* by all cells of a grid that it touches. The entry border lies one cell outside the cover, the exit
border two. A vessel is hidden from its first fix within the entry border until its first fix outside the exit border
(hysteresis: one that drifts along a border does not trace it by coming and going). A vessel that is first heard
between the two borders is hidden as well. And a vessel that is hidden at any moment of a time bucket (``quiet_s``) is
hidden in all of that bucket, so that the last fix before and the first one after lie where the vessel happened to be
when a bucket of the clock began or ended, not on a border.

Both borders, hence every answer, depend on the zone only through its cover: two zones with one cover give the same
output byte by byte, whatever ships do. What stays to be seen: that there is a hole, to the size of its cells; how long
a vessel was gone; and that it was within the entry border rather than merely near it. Speed and course of the fixes
left are what the fixes themselves tell; ``drop_fields sog,cog,heading`` takes away what the last one foretells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from kizuna.base.errors import InputError
from kizuna.base.units import SECOND_MS
from kizuna.places.zone import Zone
from kizuna.share.transforms.grid import Grid, grid
from kizuna.share.transforms.rows import Rows
from kizuna.share.transforms.steps import Stop

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
ENTRY_CELLS: Final = 1
EXIT_CELLS: Final = 2
_MOST_CELLS: Final = 4_000_000
_SHIFT: Final = 32
_MASK: Final = 0xFFFFFFFF
_UNKNOWN: Final = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class Hole:
    """Cells of one ``stop``: within the entry border, and within the exit border (which holds the former)."""

    cells: Grid
    inner: Ints
    outer: Ints

    def inside(self, lat_deg: npt.NDArray[np.float64], lon_deg: npt.NDArray[np.float64]) -> tuple[Mask, Mask]:
        """Whether each place lies within the entry border, and within the exit border; a missing place is in both."""
        at = self.cells.cells(lat_deg, lon_deg)
        lost = at < 0
        return lost | _among(at, self.inner), lost | _among(at, self.outer)


class Carried(NamedTuple):
    """What the hole has to remember from one run to the next.

    Attributes:
        who, until_ms, hidden: vessels in ascending order, the newest time judged of each, and whether it was hidden.
        quiet: time buckets of vessels in which they were hidden, each pair as one number, in order.
    """

    who: Ints
    until_ms: Ints
    hidden: Mask
    quiet: Ints


NOTHING_CARRIED: Final = Carried(
    np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.bool_), np.empty(0, np.int64)
)


def hole(zones: Sequence[Zone], step: Stop) -> Hole:
    """The hole of a ``stop`` over the zones that it names, of all zones known.

    Raises InputError where a zone that it names is not known: better nothing leaves than something from inside it.
    """
    known = {z.zone_id: z for z in zones}
    lost = sorted(step.zones - known.keys())
    if lost:
        raise InputError(f"stop: no zone {lost[0]}", hint="the rules name a zone that this node does not hold")
    cells = grid(step.cell_m)
    cover = np.unique(np.concatenate([covered(known[z], cells) for z in sorted(step.zones)]))
    return Hole(cells, cells.grown(cover, ENTRY_CELLS), cells.grown(cover, EXIT_CELLS))


def covered(zone: Zone, cells: Grid) -> Ints:
    """All cells that a zone touches, in order. Raises InputError for a zone of more than some million cells."""
    parts = [_covered(part, cells, zone.zone_id) for part in shapely.get_parts(zone.area())]
    return np.unique(np.concatenate(parts))


def _covered(area: Any, cells: Grid, name: str) -> Ints:
    west, south, east, north = area.bounds
    height = 180.0 / cells.rows
    low = max(0, int((south + 90.0) / height) - 1)
    high = min(cells.rows - 1, int((north + 90.0) / height) + 1)
    many = cells.columns[low : high + 1]
    first = np.maximum(np.floor((west + 180.0) / 360.0 * many).astype(np.int64) - 1, 0)
    last = np.minimum(np.floor((east + 180.0) / 360.0 * many).astype(np.int64) + 1, many - 1)
    counts = last - first + 1
    if int(counts.sum()) > _MOST_CELLS:
        raise InputError(f"stop: zone {name} takes {int(counts.sum())} cells", hint="choose a larger cell")
    row = np.repeat(np.arange(low, high + 1), counts)
    column = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(first, counts)
    found: Ints = (row << 32) + column
    s, w, n, e = cells.edges(found)
    shapely.prepare(area)
    touched: Ints = found[shapely.intersects(area, shapely.box(w, s, e, n))]
    return touched


def visible(rows: Rows, ticks: Ints, holed: Hole, step: Stop, carried: Carried) -> tuple[Mask, Carried]:
    """Which rows stay, and what to remember. ``ticks`` tells when each row is told (``moment.tick_ms``).

    Vessels are judged in the order of ticks and times. A row that is known only after newer ones of its vessel were
    told is judged by itself: it stays when it lies outside the exit border and in no quiet bucket.
    """
    entry, leave = _inside_any(rows, holed)
    who, times = rows["who"], rows["time_ms"]
    alone = who < 0
    order = np.lexsort((rows["number"], times, ticks, who))
    o_who, o_time = who[order], times[order]
    first = np.ones(len(order), np.bool_)
    first[1:] = o_who[1:] != o_who[:-1]
    group = np.cumsum(first) - 1
    at, known = _find(carried.who, o_who[first])
    start_hidden, start_ms = ~known, np.full(len(at), _UNKNOWN)
    start_hidden[known], start_ms[known] = carried.hidden[at[known]], carried.until_ms[at[known]]
    reached = _running_max(o_time, group, start_ms)
    late = _before(reached, first, start_ms, group) > o_time
    state = _states(entry[order], leave[order], late, first, start_hidden, group)
    hidden = np.empty(len(order), np.bool_)
    hidden[order] = np.where(late, leave[order], state)
    hidden = np.where(alone, leave, hidden)
    bucket = times // (step.quiet_s * SECOND_MS)
    keys, ours = _pairs(who, bucket), hidden & ~alone
    quiet = np.union1d(carried.quiet, keys[ours])
    stay = ~hidden & (alone | ~_quiet_before(keys, ticks, ours, carried.quiet))
    last = np.append(first[1:], True) if len(order) else first
    return stay, _remember(carried, o_who[last], reached[last], state[last], quiet)


def forgotten(carried: Carried, before_ms: int, step: Stop) -> Carried:
    """The same without quiet buckets that end before a time."""
    return carried._replace(quiet=carried.quiet[((carried.quiet & _MASK) + 1) * step.quiet_s * SECOND_MS > before_ms])


def _inside_any(rows: Rows, holed: Hole) -> tuple[Mask, Mask]:
    entry, leave = np.zeros(len(rows), np.bool_), np.zeros(len(rows), np.bool_)
    for lat, lon in rows.places:
        a, b = holed.inside(rows[lat], rows[lon])
        entry |= a
        leave |= b
    return entry, leave


def _among(cells: Ints, these: Ints) -> Mask:
    if not len(these):
        return np.zeros(len(cells), np.bool_)
    found: Mask = these[np.minimum(np.searchsorted(these, cells), len(these) - 1)] == cells
    return found


def _find(ordered: Ints, wanted: Ints) -> tuple[Ints, Mask]:
    if not len(ordered):
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.bool_)
    at = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)
    return at, ordered[at] == wanted


def _running_max(times: Ints, group: Ints, start_ms: Ints) -> Ints:
    """Newest time up to each row within its group, and not less than the group's start."""
    out = np.maximum(times, start_ms[group]) if len(times) else times.copy()
    if not len(out):
        return out
    ranks = np.unique(out, return_inverse=True)  # ranks keep the groups apart without overflow
    lifted = np.maximum.accumulate(group * len(ranks[0]) + ranks[1])
    found: Ints = ranks[0][lifted % len(ranks[0])]
    return found


def _before(reached: Ints, first: Mask, start_ms: Ints, group: Ints) -> Ints:
    """Newest time before each row."""
    out = np.empty_like(reached)
    out[1:] = reached[:-1]
    out[first] = start_ms[group[first]]
    return out


def _states(entry: Mask, leave: Mask, late: Mask, first: Mask, start: Mask, group: Ints) -> Mask:
    """Whether a vessel is hidden at each row: set within the entry border, cleared outside the exit one, else kept."""
    decides = (entry | ~leave) & ~late
    index = np.where(decides | first, np.arange(len(entry)), 0)
    index = np.maximum.accumulate(index)
    from_row: Mask = decides[index]
    return np.where(from_row, entry[index], start[group])


def _pairs(who: Ints, bucket: Ints) -> Ints:
    """A vessel (below 2**31) and a time bucket as one number, ascending with both for times since 1970."""
    return (who << _SHIFT) + (bucket & _MASK)


def _quiet_before(keys: Ints, ticks: Ints, hidden: Mask, before: Ints) -> Mask:
    """Whether a row's vessel was hidden in the row's bucket, as far as was known when the row is told."""
    found, inverse = np.unique(np.concatenate([before, keys]), return_inverse=True)
    since = np.full(len(found), np.iinfo(np.int64).max)
    since[inverse[: len(before)]] = _UNKNOWN
    mine = inverse[len(before) :]
    np.minimum.at(since, mine[hidden], ticks[hidden])
    answer: Mask = since[mine] <= ticks
    return answer


def _remember(carried: Carried, who: Ints, until_ms: Ints, hidden: Mask, quiet: Ints) -> Carried:
    good = who >= 0
    who, until_ms, hidden = who[good], until_ms[good], hidden[good]
    keep = ~np.isin(carried.who, who)
    all_who = np.concatenate([carried.who[keep], who])
    order = np.argsort(all_who, kind="stable")
    return Carried(
        all_who[order],
        np.concatenate([carried.until_ms[keep], until_ms])[order],
        np.concatenate([carried.hidden[keep], hidden])[order],
        quiet,
    )

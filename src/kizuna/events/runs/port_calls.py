"""Finds when vessels are in port, stopped there, and silent there: the marks of the kernel as columns per visit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kizuna.base.table import Array
from kizuna.base.units import MISSING_TIME_MS
from kizuna.events.account.evidence import Groups, ranges
from kizuna.events.kernels import port_visits as kernels
from kizuna.events.kernels.port_visits import port_marks
from kizuna.events.subjects import Subjects
from kizuna.places.ports import PortPoints
from kizuna.tracks.table import Tracks

_PIECES_PER_GAP = 4
"""One fix in every quarter of the length of a gap is kept as a witness that there was none; the kernel keeps both sides
of silences longer than the other three."""


@dataclass(frozen=True, slots=True)
class Spells:
    """Stops or gaps: rows of tracks at which each begins and ends, grouped by visit, in order of time.

    Attributes:
        begin, end: rows, one entry a spell.
        of: the spells of each visit.
        count: int32 per visit.
        total_ms, most_ms: int64 per visit, length of all and of the longest.
        longest: int64 per visit, row at which the longest begins (the earlier of two), -1 where there is none.
    """

    begin: Array
    end: Array
    of: Groups
    count: Array
    total_ms: Array
    most_ms: Array
    longest: Array

    def listed(self, time_ms: Array, most: int) -> list[list[int]]:
        """Numbers of the ``most`` longest spells of each visit, in order of time."""
        length_ms = (time_ms[self.end] - time_ms[self.begin]).tolist()
        flat, at = self.of.flat.tolist(), self.of.offsets.tolist()
        out = []
        for k in range(len(at) - 1):
            mine = flat[at[k] : at[k + 1]]
            if len(mine) > most:
                mine = sorted(sorted(mine, key=lambda i: (-length_ms[i], i))[:most])
            out.append(mine)
        return out

    def take(self, keep: Array) -> Spells:
        """Only some visits."""
        return Spells(self.begin, self.end, _kept(self.of, keep), self.count[keep], self.total_ms[keep],
                      self.most_ms[keep], self.longest[keep])  # fmt: skip


@dataclass(frozen=True, slots=True)
class Calls:
    """Times in port, one entry a visit; rows of tracks.

    Attributes:
        entry, last: first and last row inside.
        before: last row outside before it, -1 where the vessel was first heard inside.
        exit: first row outside, -1 where none was heard.
        elsewhere: first row in another port too far away, -1 where there is none.
        data_end_ms: end of the data where they go on for the length of a gap after the last row inside, else missing.
        stops, gaps: what happened meanwhile; a gap that lasts to the end of the data is not among them.
        inside: rows kept inside.
        proof: these, the rows before and after, and the row that shows the end of the data.
    """

    entry: Array
    last: Array
    before: Array
    exit: Array
    elsewhere: Array
    data_end_ms: Array
    stops: Spells
    gaps: Spells
    inside: Groups
    proof: Groups

    def take(self, keep: Array) -> Calls:
        """Only the visits for which the mask holds."""
        return Calls(
            self.entry[keep], self.last[keep], self.before[keep], self.exit[keep], self.elsewhere[keep],
            self.data_end_ms[keep], self.stops.take(keep), self.gaps.take(keep), _kept(self.inside, keep),
            _kept(self.proof, keep),
        )  # fmt: skip


def calls(
    tracks: Tracks, who: Subjects, ports: PortPoints, data_end_ms: int | None, *, enter_m: float, leave_m: float,
    stop_begin_kn: float, stop_end_kn: float, gap_ms: int, jump_m: float,
) -> Calls:  # fmt: skip
    """All times in port of watched vessels, also those of which nothing else was seen; see ``port_visits``."""
    segs, joined = chains(tracks, who)
    marks = port_marks(
        tracks.time_ms, tracks.lat_deg, tracks.lon_deg, tracks.sog_kn, tracks.seg_start, tracks.seg_end, segs, joined,
        *ports.grid(leave_m), float(enter_m), float(leave_m), _as_sent(stop_begin_kn), _as_sent(stop_end_kn),
        int(gap_ms), max(int(gap_ms) // _PIECES_PER_GAP, 1), float(jump_m),
    )  # fmt: skip
    row, visit, kind = marks[:, 0], marks[:, 1], marks[:, 2]
    n = int(visit.max(initial=-1)) + 1

    def of(*kinds: int) -> Array:
        out = np.full(n, -1, np.int64)
        here = np.isin(kind, kinds)
        out[visit[here]] = row[here]
        return out

    entry, last = of(kernels.ENTRY, kernels.FIRST), of(kernels.LAST)
    exit_, elsewhere = of(kernels.EXIT), of(kernels.ELSEWHERE)
    inside = ~np.isin(kind, (kernels.BEFORE, kernels.EXIT, kernels.ELSEWHERE, kernels.HEARD, kernels.GO))
    inside |= np.isin(kind, (kernels.HEARD, kernels.GO)) & (row <= last[visit])
    open_ = (exit_ < 0) & (elsewhere < 0)
    ends_ms, witness = _data_ends(tracks, who, data_end_ms, last, open_, gap_ms)
    shown = np.flatnonzero(witness >= 0)
    every = np.concatenate([row, witness[shown]])
    return Calls(
        entry, last, of(kernels.BEFORE), exit_, elsewhere, ends_ms,
        _spells(tracks, marks, n, (kernels.STOP, kernels.GO), last, elsewhere_or_exit=np.maximum(exit_, elsewhere)),
        _spells(tracks, marks, n, (kernels.HUSH, kernels.HEARD), last, elsewhere_or_exit=None),
        ranges(row[inside], row[inside] + 1, visit[inside], n),
        ranges(every, every + 1, np.concatenate([visit, shown]), n),
    )  # fmt: skip


def _as_sent(speed_kn: float) -> float:
    """A limit rounded as the column of speeds is: 0.2 kn as sent is more than 0.2 in double precision."""
    return float(np.float32(speed_kn))


def chains(tracks: Tracks, who: Subjects) -> tuple[Array, Array]:
    """Watched segments in order of vessel and time, and whether each goes on where the one before it ended.

    A segment that starts before an earlier one of its vessel ended stands alone, behind the others.
    """
    s = who.segments_by_vessel
    vessel = who.vessel[s]
    start_ms, end_ms = tracks.time_ms[tracks.seg_start[s]], tracks.time_ms[tracks.seg_end[s] - 1].copy()
    alone = np.zeros(len(s), np.bool_)
    for k in np.flatnonzero(vessel[1:] == vessel[:-1]) + 1:
        alone[k] = start_ms[k] < end_ms[k - 1]
        end_ms[k] = max(end_ms[k], end_ms[k - 1])
    order = np.lexsort((np.arange(len(s)), alone, vessel))
    joined = np.zeros(len(s), np.bool_)
    joined[1:] = (vessel[order][1:] == vessel[order][:-1]) & ~alone[order][1:]
    return s[order], joined


def _data_ends(
    tracks: Tracks, who: Subjects, given_ms: int | None, last: Array, open_: Array, gap_ms: int
) -> tuple[Array, Array]:
    """End of the data for visits that it leaves silent for the length of a gap, and the row that shows it or -1."""
    none = np.full(len(last), MISSING_TIME_MS), np.full(len(last), -1, np.int64)
    lasts = tracks.seg_end[who.watched] - 1
    if len(last) == 0 or len(lasts) == 0:
        return none
    witness = int(lasts[np.argmax(tracks.time_ms[lasts])])
    end_ms = int(tracks.time_ms[witness]) if given_ms is None else given_ms
    silent = open_ & (end_ms - tracks.time_ms[last] >= gap_ms)
    shows = silent & (given_ms is None)
    return np.where(silent, end_ms, MISSING_TIME_MS), np.where(shows, witness, -1)


def _spells(
    tracks: Tracks, marks: Array, n: int, kinds: tuple[int, int], last: Array, *, elsewhere_or_exit: Array | None
) -> Spells:
    """Spells between marks of two kinds; one without an end lasts to the last row of its visit.

    A stop whose end is the first row outside ends at the last inside, for in between nothing is known.
    """
    begins, ends = marks[marks[:, 2] == kinds[0]], marks[marks[:, 2] == kinds[1]]
    visit, begin = begins[:, 1], begins[:, 0]
    end = last[visit] if len(visit) else begin.copy()
    place = np.arange(len(visit)) - np.searchsorted(visit, visit)  # which spell of its visit
    has = place < np.searchsorted(ends[:, 1], visit, "right") - np.searchsorted(ends[:, 1], visit)
    end[has] = ends[:, 0][(np.searchsorted(ends[:, 1], visit) + place)[has]]
    if elsewhere_or_exit is not None:
        gone = end == elsewhere_or_exit[visit]
        end[gone] = last[visit[gone]]
    length_ms = tracks.time_ms[end] - tracks.time_ms[begin]
    count = np.bincount(visit, minlength=n).astype(np.int32)
    offsets = np.concatenate([[0], np.cumsum(count)])
    total, most, longest = np.zeros(n, np.int64), np.zeros(n, np.int64), np.full(n, -1, np.int64)
    np.add.at(total, visit, length_ms)
    order = np.lexsort((begin, -length_ms, visit))
    first = order[np.searchsorted(visit[order], np.flatnonzero(count))]
    most[visit[first]], longest[visit[first]] = length_ms[first], begin[first]
    return Spells(begin, end, Groups(np.arange(len(visit)), offsets), count, total, most, longest)


def _kept(groups: Groups, keep: Array) -> Groups:
    sizes = np.diff(groups.offsets)
    return Groups(groups.flat[np.repeat(keep, sizes)], np.concatenate([[0], np.cumsum(sizes[keep])]))

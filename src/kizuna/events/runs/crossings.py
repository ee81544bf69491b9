"""Finds when tracks are inside zones: runs of inside reports, joined where no exit was confirmed between them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kizuna.base.table import Array
from kizuna.events.account.evidence import Groups, ranges
from kizuna.places.zone_index import ZoneIndex
from kizuna.tracks.table import Tracks

_FIRST_LOOK = 4
_LOOK_GROWS = 4


class Visits(NamedTuple):
    """Visits in order of zone and row.

    Attributes:
        zone: number of the zone.
        entry: row of the first inside report.
        last: row of the last inside report.
        exit: row of the first report of the confirmed exit, -1 where none was seen.
        before: row of the report before the entry in its segment, -1 where there is none.
        kept: rows of each visit on which it is measured: the reports that make the entry, the first inside report of
            every piece of time, the last inside, the reports that make the exit.
    """

    zone: Array
    entry: Array
    last: Array
    exit: Array
    before: Array
    kept: Groups


class _Runs(NamedTuple):
    """Runs of inside reports in a row: zone, first row, row after the last."""

    zone: Array
    start: Array
    stop: Array


def visits(
    tracks: Tracks, watched: Array, zones: ZoneIndex, reports: int, beyond_m: float, piece_ms: int
) -> Visits:  # fmt: skip
    """All visits of watched segments; see ``zone_visits`` for the definition."""
    row, zone = zones.memberships(tracks.lat_deg, tracks.lon_deg)
    segment = tracks.segment[row]
    use = segment >= 0
    use[use] = watched[segment[use]]
    row, zone = row[use], zone[use].astype(np.int64)
    small = len(zones) <= np.iinfo(np.int16).max
    order = np.argsort(zone.astype(np.int16) if small else zone, kind="stable")  # NumPy sorts 16 bits by radix
    runs = _runs(tracks, row[order], zone[order])
    exits = _exits(tracks, zones, runs, reports, beyond_m)
    return _visits(tracks, runs, exits, reports, piece_ms)


def _runs(tracks: Tracks, row: Array, zone: Array) -> _Runs:
    new = np.ones(len(row), np.bool_)
    new[1:] = (row[1:] != row[:-1] + 1) | (zone[1:] != zone[:-1])
    new[1:] |= tracks.segment[row[1:]] != tracks.segment[row[:-1]]
    start = np.flatnonzero(new)
    stop = np.append(start[1:], len(row)) - 1 if len(row) else start
    return _Runs(zone[start], row[start], row[stop] + 1)


def _exits(tracks: Tracks, zones: ZoneIndex, runs: _Runs, reports: int, beyond_m: float) -> Array:
    """For each run the row of the confirmed exit before the next run of its segment, -1 where there is none."""
    segment = tracks.segment[runs.start]
    limit = tracks.seg_end[segment].copy()
    follows = np.zeros(len(limit), np.bool_)
    follows[:-1] = (segment[1:] == segment[:-1]) & (runs.zone[1:] == runs.zone[:-1])
    limit[follows] = runs.start[1:][follows[:-1]]
    out = np.full(len(limit), -1, np.int64)
    at = runs.stop.copy()
    look = max(_FIRST_LOOK, reports)
    open_ = np.flatnonzero(at + reports <= limit)
    while len(open_):
        upto = np.minimum(at[open_] + look, limit[open_])
        rows = ranges(at[open_], upto, np.arange(len(open_)), len(open_))
        far = _beyond(tracks, zones, runs.zone[open_][rows.group], rows.flat, beyond_m)
        out[open_] = _first_in_a_row(rows, far, reports)
        at[open_] = upto - (reports - 1)  # a row of far reports may go on in the next look
        open_ = open_[(out[open_] < 0) & (upto < limit[open_])]
        look *= _LOOK_GROWS
    return out


def _beyond(tracks: Tracks, zones: ZoneIndex, zone: Array, row: Array, beyond_m: float) -> Array:
    """Whether outside reports are further than the hysteresis from the line."""
    far = np.ones(len(row), np.bool_)
    if beyond_m > 0:
        for z in np.unique(zone).tolist():
            of = zone == z
            far[of] = ~(zones.distance_to_line_m(z, tracks.lat_deg[row[of]], tracks.lon_deg[row[of]]) <= beyond_m)
    return far


def _first_in_a_row(rows: Groups, far: Array, reports: int) -> Array:
    """Per group the row at which that many far reports in a row begin, -1 where there are none."""
    begins = far.copy()
    group = rows.group
    for k in range(1, reports):
        begins[:-k] &= far[k:] & (group[k:] == group[:-k])
        begins[len(begins) - k :] = False
    none = np.iinfo(np.int64).max
    first = np.minimum.reduceat(np.where(begins, rows.flat, none), rows.offsets[:-1])
    return np.where(first == none, -1, first)


def _visits(tracks: Tracks, runs: _Runs, exits: Array, reports: int, piece_ms: int) -> Visits:
    segment = tracks.segment[runs.start]
    n = len(segment)
    new = np.ones(n, np.bool_)
    new[1:] = (exits[:-1] >= 0) | (segment[1:] != segment[:-1]) | (runs.zone[1:] != runs.zone[:-1])
    group = np.cumsum(new) - 1
    long_enough = np.flatnonzero(runs.stop - runs.start >= reports)
    entered, first = np.unique(group[long_enough], return_index=True)
    opening = long_enough[first]
    closing = np.atleast_1d(np.searchsorted(group, entered, "right")) - 1
    entry, last, leaving = runs.start[opening], runs.stop[closing] - 1, exits[closing]
    at_start = entry == tracks.seg_start[segment[opening]]
    kept = _kept(tracks, runs, opening, closing, leaving, reports, piece_ms)
    return Visits(runs.zone[opening], entry, last, leaving, np.where(at_start, -1, entry - 1), kept)


def _kept(
    tracks: Tracks, runs: _Runs, opening: Array, closing: Array, leaving: Array, reports: int, piece_ms: int
) -> Groups:  # fmt: skip
    """Rows on which each visit is measured; see ``Visits``."""
    n = len(opening)
    of_visit = ranges(opening, closing + 1, np.arange(n), n)
    inside = ranges(runs.start[of_visit.flat], runs.stop[of_visit.flat], of_visit.group, n)
    visit, row = inside.group, inside.flat
    piece = (tracks.time_ms[row] - tracks.time_ms[runs.start[opening]][visit]) // piece_ms
    first = np.ones(len(row), np.bool_)
    first[1:] = (piece[1:] != piece[:-1]) | (visit[1:] != visit[:-1])
    gone = np.flatnonzero(leaving >= 0)
    entry, last = runs.start[opening], runs.stop[closing] - 1
    starts = np.concatenate([row[first], entry, last, leaving[gone]])
    sizes = np.repeat([1, reports, 1, reports], [first.sum(), n, n, len(gone)])
    return ranges(starts, starts + sizes, np.concatenate([visit[first], np.arange(n), np.arange(n), gone]), n)

"""Runs of slots in which two vessels are near, the positions in them, and what is measured on these."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from kizuna.base.table import Array
from kizuna.base.units import HOUR_MS, KN_MPS
from kizuna.events.account.evidence import Groups, medians, ranges
from kizuna.events.kernels.encounters import distances_m
from kizuna.events.subjects import Subjects
from kizuna.tracks.resample import Slots
from kizuna.tracks.table import Tracks

_AT_REST: Final = (1, 5, 6)
"""Navigational status at anchor, moored, aground (ITU-R M.1371-5, table 45)."""


class Runs(NamedTuple):
    """Runs of near slots, ordered by vessels and time, the encounter that each belongs to, the length of a slot."""

    a: Array
    b: Array
    first: Array
    last: Array
    event: Array
    step_ms: int

    @property
    def events(self) -> int:
        """Number of encounters."""
        return int(self.event[-1]) + 1 if len(self.event) else 0


def kept(runs: Runs, events: Array) -> Runs:
    """The runs of some encounters, numbered anew."""
    keep = events[runs.event]
    number = np.cumsum(events) - 1
    a, b, first, last = (v[keep] for v in (runs.a, runs.b, runs.first, runs.last))
    return Runs(a, b, first, last, number[runs.event[keep]], runs.step_ms)


class Seen(NamedTuple):
    """Rows of the slots of both vessels, run by run and slot by slot; ``run`` says which, ``first`` starts a run."""

    a: Array
    b: Array
    run: Array
    first: Array
    slots: Slots


def see(slots: Slots, allowed: Array, runs: Runs, who: Subjects) -> Seen:
    """Look up the positions of both vessels in all slots of the runs."""
    wanted = np.zeros(len(who.mmsi), np.bool_)
    wanted[runs.a] = True
    wanted[runs.b] = True
    rows = np.flatnonzero(wanted[who.vessel][slots.segment] & allowed)
    base = int(slots.slot[0]) if len(slots.slot) else 0
    span = int(slots.slot[-1]) - base + 1 if len(slots.slot) else 1
    place = who.vessel[slots.segment[rows]].astype(np.int64) * span + (slots.slot[rows] - base)
    order = np.argsort(place, kind="stable")
    rows, place = rows[order], place[order]
    length = runs.last - runs.first + 1
    run = np.repeat(np.arange(len(runs.a)), length)
    at = np.cumsum(length) - length
    slot = runs.first[run] - base + np.arange(len(run)) - at[run]
    a, b = (rows[np.searchsorted(place, v[run] * span + slot)] for v in (runs.a, runs.b))
    first = np.zeros(len(run), np.bool_)
    first[at] = True
    return Seen(a, b, run, first, slots)


def speeds_kn(runs: Runs, seen: Seen) -> Array:
    """Median over both vessels and all steps between slots of the runs of each encounter, kn."""
    lat, lon = seen.slots.lat_deg, seen.slots.lon_deg
    on = ~seen.first[1:]
    speeds = []
    for rows in (seen.a, seen.b):
        now, then = rows[1:][on], rows[:-1][on]
        step_m = distances_m(lat[then], lon[then], lat[now], lon[now])
        speeds.append(step_m / (runs.step_ms / 1000 * KN_MPS))
    event = runs.event[seen.run[1:][on]]
    both = np.stack(speeds, axis=1).ravel()
    return medians(both, np.searchsorted(event, np.arange(runs.events + 1)) * 2)


def longest_h(runs: Runs, n: int) -> Array:
    """Longest run of each encounter, h."""
    return greatest((runs.last - runs.first) * (runs.step_ms / HOUR_MS), runs.event, n)


def breaks_h(runs: Runs, n: int) -> Array:
    """Longest break between the runs of each encounter, h; NaN for a single run."""
    same = np.flatnonzero(runs.event[1:] == runs.event[:-1]) + 1
    out = np.full(n, -np.inf)
    np.maximum.at(out, runs.event[same], (runs.first[same] - runs.last[same - 1]) * (runs.step_ms / HOUR_MS))
    return np.where(np.isneginf(out), np.nan, out)


def greatest(values: Array, group: Array, n: int) -> Array:
    """Greatest value of each group; minus infinity for a group without any."""
    out = np.full(n, -np.inf)
    np.maximum.at(out, group, values)
    return out


def fixes_behind(seen: Seen, event: Array, n: int) -> tuple[Groups, Array]:
    """Rows of both vessels from the fix before the first slot to the one after the last.

    Resampled alone they give the same positions. Also the fixes per slot of the vessel that was heard less.
    """
    segment = seen.slots.segment
    slots = np.bincount(event, minlength=n)
    parts, per_slot = [], np.full(n, np.inf)
    for rows in (seen.a, seen.b):
        new = np.ones(len(rows), np.bool_)
        new[1:] = (event[1:] != event[:-1]) | (segment[rows[1:]] != segment[rows[:-1]])
        at = np.flatnonzero(new)
        upto = np.append(at[1:] - 1, len(rows) - 1)
        begin, stop = seen.slots.row_before[rows[at]], seen.slots.row_after[rows[upto]] + 1
        per_slot = np.minimum(per_slot, np.bincount(event[at], weights=stop - begin, minlength=n) / slots)
        parts.append((begin, stop, event[at]))
    begin, stop, of = (np.concatenate(v) for v in zip(*parts, strict=True))
    return ranges(begin, stop, of, n), per_slot


def say_at_rest(tracks: Tracks, rows: Groups, who: Subjects, a: Array) -> Array:
    """Share of the fixes in which the vessel that says so less says that it is at anchor, moored or aground.

    Only of fixes that carry a navigational status; NaN where one of the two sent none. ``a`` is the first vessel of
    each event.
    """
    status = tracks.fixes["nav_status"][tracks.order[rows.flat]]
    first = who.vessel[tracks.segment[rows.flat]] == a[rows.group]
    out = np.full(len(a), np.inf)
    for mine in (first, ~first):
        with_status = mine & (status >= 0)
        number = np.bincount(rows.group[with_status], minlength=len(a))
        at_rest = np.bincount(rows.group[with_status & np.isin(status, _AT_REST)], minlength=len(a))
        out = np.minimum(out, np.where(number > 0, at_rest / np.maximum(number, 1), np.nan))
    return out

"""Fourth stage: encounters, which need vessels of all buckets at once, a stretch of time after the other.

Positions on the grid of times are read from all buckets for one stretch of slots. Stretches overlap by one slot more
than the shortest run lasts, so every run that is long enough is whole in one of them or long enough in two that
share a slot; what shares slots is one run. Only the positions of vessels that met are looked at again (speed), and
only the fixes around the meetings that are left are fetched. The events are made by the code of the detector.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from kizuna.base.table import Array, Table, concat, empty
from kizuna.engines.partition.assemble import Piece, flat_ranges, gather, tracks_of
from kizuna.engines.partition.trace import Traced
from kizuna.events import encounters
from kizuna.events.account.evidence import Groups
from kizuna.events.encounters import Runs
from kizuna.events.params import Settings
from kizuna.events.runs.meetings import Met, no_meetings
from kizuna.events.subjects import Subjects, of_segments
from kizuna.events.surroundings import Surroundings
from kizuna.events.table import EVENTS
from kizuna.tracks.resample import Slots, resample
from kizuna.tracks.table import SEGMENTS

AT_ONCE: Final = 3_000_000
"""Positions in a stretch: 24 bytes each, and as much again for the pairs."""


_ROWS: Final = 1 << 40
"""More rows than a bucket has; room for them in a key of bucket and row."""
TOLD_AT_ONCE: Final = 1_000_000
"""Fixes around encounters that are fetched at a time: about 100 bytes each, and as much again for their events."""


@dataclass(frozen=True, slots=True)
class Meetings:
    """Encounters of all vessels: the events, who met when, and on which fixes that rests.

    ``met.rows`` counts in ``bucket`` and ``row``: bucket and row of its tracks. ``last`` is the last fix of all data,
    likewise; None without any vessel.
    """

    events: Table
    met: Met
    bucket: Array
    row: Array
    last: tuple[int, int] | None


class Fleet(NamedTuple):
    """All vessels: subjects over the segments of all buckets, and the number of the first segment of each bucket."""

    who: Subjects
    base: Array
    segments: Table


def fleet(traced: Sequence[Traced]) -> Fleet:
    """The vessels of all buckets."""
    tables = [t.segments() for t in traced]
    base = np.cumsum([0, *(len(t) for t in tables)])
    whole = concat(tables) if tables else empty(SEGMENTS)
    return Fleet(of_segments(whole), base, whole)


def meet(
    traced: Sequence[Traced], all_: Fleet, settings: Settings, surroundings: Surroundings, step_ms: int,
    tell: Callable[[float, float], None], at_once: int = AT_ONCE,
) -> Meetings:  # fmt: skip
    """Find them."""
    params = settings.encounters
    found = []
    stretches = _stretches(traced, encounters.slots_min(params, step_ms) + 1, at_once)
    for k, (first, behind) in enumerate(stretches):
        slots = _slots(traced, all_, first, behind, step_ms)
        found.append(encounters.near(slots, encounters.at_sea(slots, surroundings), params, all_.who))
        tell(k + 1, len(stretches) + 1)
    runs = encounters.merged(_stitched(found), params, step_ms)
    if runs.events:
        wanted = np.zeros(len(all_.who.mmsi), np.bool_)
        wanted[runs.a] = wanted[runs.b] = True
        parts = [_slots(traced, all_, first, behind, step_ms, wanted) for first, behind in _apart(stretches)]
        slots = _joined(parts, step_ms)
        runs = encounters.slow_runs(runs, slots, encounters.at_sea(slots, surroundings), params, all_.who)
    last = _last_fix(traced, all_)
    none = np.empty(0, np.int64)
    if not runs.events:
        return Meetings(empty(EVENTS), no_meetings(), none, none, last)
    told = [_told(traced, all_, settings, surroundings, part) for part in _batches(traced, all_, runs)]
    offsets = np.cumsum([0, *(len(t.row) for t in told)])
    flat = np.concatenate([t.met.rows.flat + at for t, at in zip(told, offsets[:-1].tolist(), strict=True)])
    sizes = np.concatenate([np.diff(t.met.rows.offsets) for t in told])
    met = Met(
        [i for t in told for i in t.met.event_id], np.concatenate([t.met.mmsi for t in told]),
        np.concatenate([t.met.start_ms for t in told]), np.concatenate([t.met.end_ms for t in told]),
        Groups(flat, np.concatenate([[0], np.cumsum(sizes)])),
    )  # fmt: skip
    return Meetings(
        concat([t.events for t in told]), met, np.concatenate([t.bucket for t in told]),
        np.concatenate([t.row for t in told]), last,
    )  # fmt: skip


class _Batch(NamedTuple):
    """Some encounters, and the ranges of fixes around them by bucket."""

    runs: Runs
    ranges: dict[int, list[tuple[int, int]]]


def _told(
    traced: Sequence[Traced], all_: Fleet, settings: Settings, surroundings: Surroundings, batch: _Batch
) -> Meetings:  # fmt: skip
    """The events of some encounters."""
    around = gather(traced, all_.base, [Piece(b, *_united(r)) for b, r in sorted(batch.ranges.items())])
    who = Subjects(
        all_.who.watched[around.segment], all_.who.vessel[around.segment], all_.who.mmsi, all_.who.vessel_id,
        np.empty(0, np.int64),
    )  # fmt: skip
    tracks = tracks_of(around.part, traced[0].words)
    slots = resample(tracks, settings.resample, who.watched)
    events, met = encounters.told(
        tracks, settings.encounters, surroundings, who, batch.runs, slots, settings.resample
    )  # fmt: skip
    return Meetings(events, met, around.bucket.astype(np.int32), around.row, None)


def _last_fix(traced: Sequence[Traced], all_: Fleet) -> tuple[int, int] | None:
    """Bucket and row of the last fix of a watched segment, the first of several; None without any."""
    watched = np.flatnonzero(all_.who.watched)
    if not len(watched):
        return None
    last = int(watched[np.argmax(all_.segments["end_ms"][watched])])
    bucket = int(np.searchsorted(all_.base, last, "right")) - 1
    return bucket, int(traced[bucket].ends()[1][last - int(all_.base[bucket])]) - 1


def _stretches(traced: Sequence[Traced], overlap: int, at_once: int) -> list[tuple[int, int]]:
    """Stretches of slots, first and behind the last, that overlap by so many slots."""
    counts = [t.slot_counts() for t in traced]
    counts = [(first, n) for first, n in counts if len(n)]
    if not counts:
        return []
    least, behind = min(f for f, _ in counts), max(f + len(n) for f, n in counts)
    total = np.zeros(behind - least, np.int64)
    for first, n in counts:
        total[first - least : first - least + len(n)] += n
    upto = np.concatenate([[0], np.cumsum(total)])
    out: list[tuple[int, int]] = []
    at = 0
    while True:
        end = max(int(np.searchsorted(upto, upto[at] + at_once, "right")) - 1, at + 2 * overlap)
        if end >= len(total):
            out.append((least + at, behind))
            return out
        out.append((least + at, least + end))
        at = end - overlap


def _apart(stretches: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same stretches without overlap."""
    return [(a, stretches[k + 1][0] if k + 1 < len(stretches) else b) for k, (a, b) in enumerate(stretches)]


def _slots(
    traced: Sequence[Traced], all_: Fleet, first: int, behind: int, step_ms: int, wanted: Array | None = None,
) -> Slots:  # fmt: skip
    """Positions of all buckets in a stretch, by slot, MMSI and segment; only of ``wanted`` vessels if given."""
    parts: list[tuple[Array, ...]] = []
    for b, source in enumerate(traced):
        slot, segment, lat, lon = source.slots(first, behind)
        segment = segment + np.int32(all_.base[b])
        if wanted is not None:
            keep = wanted[all_.who.vessel[segment]]
            slot, segment, lat, lon = slot[keep], segment[keep], lat[keep], lon[keep]
        parts.append((slot, segment, lat, lon))
    slot, segment, lat, lon = (np.concatenate(column) for column in zip(*parts, strict=True))
    small = (slot - first).astype(np.int16) if behind - first < np.iinfo(np.int16).max else slot
    order = np.argsort(small, kind="stable")  # NumPy sorts 16 bits by radix
    return _as_slots(step_ms, slot[order], segment[order], lat[order], lon[order])


def _as_slots(step_ms: int, slot: Array, segment: Array, lat: Array, lon: Array) -> Slots:
    none = np.empty(0, np.int64)
    return Slots(step_ms, slot, segment, lat, lon, none.astype(np.float32), none, none)


def _joined(parts: list[Slots], step_ms: int) -> Slots:
    columns = (np.concatenate([getattr(p, n) for p in parts]) for n in ("slot", "segment", "lat_deg", "lon_deg"))
    return _as_slots(step_ms, *columns)


def _stitched(found: list[Array]) -> Array:
    """Runs of all stretches; those of a pair that share a slot are one."""
    if not found:
        return np.empty((0, 4), np.int64)
    runs = np.concatenate(found)
    if len(found) == 1 or not len(runs):
        return runs
    runs = runs[np.lexsort((runs[:, 3], runs[:, 2], runs[:, 1], runs[:, 0]))]
    a, b, first, last = runs.T
    other = np.ones(len(runs), np.bool_)
    other[1:] = (a[1:] != a[:-1]) | (b[1:] != b[:-1])
    pair = np.cumsum(other) - 1
    least = int(first.min())
    span = int(last.max()) - least + 1
    reached = np.maximum.accumulate(pair * span + (last - least)) - pair * span + least
    new = other.copy()
    new[1:] |= first[1:] > reached[:-1]
    at = np.flatnonzero(new)
    ends = np.append(at[1:], len(runs)) - 1
    return np.stack([a[at], b[at], first[at], reached[ends]], axis=1)


def _batches(traced: Sequence[Traced], all_: Fleet, runs: Runs) -> Iterator[_Batch]:
    """The encounters in batches, with the fixes of both vessels around each.

    These go from the last fix before the first slot to the first after the last slot.
    """
    n = runs.events
    opens = np.searchsorted(runs.event, np.arange(n), "left").tolist()
    closes = [*opens[1:], len(runs.event)]
    s = all_.who.segments_by_vessel
    vessel_of = all_.who.vessel[s]
    ranges: dict[int, list[tuple[int, int]]] = {}
    first, held = 0, 0
    for e in range(n):
        from_ms = int(runs.first[opens[e]]) * runs.step_ms
        to_ms = int(runs.last[closes[e] - 1]) * runs.step_ms
        for vessel in (runs.a[opens[e]], runs.b[opens[e]]):
            low, high = (int(np.searchsorted(vessel_of, vessel, side)) for side in ("left", "right"))
            for segment in s[low:high].tolist():
                b = int(np.searchsorted(all_.base, segment, "right")) - 1
                found = _rows_in(traced[b], segment - int(all_.base[b]), from_ms, to_ms)
                if found is not None:
                    ranges.setdefault(b, []).append(found)
                    held += found[1] - found[0]
        if held >= TOLD_AT_ONCE or e == n - 1:
            at = slice(opens[first], closes[e])
            yield _Batch(
                Runs(runs.a[at], runs.b[at], runs.first[at], runs.last[at], runs.event[at] - first, runs.step_ms),
                ranges,
            )
            first, held, ranges = e + 1, 0, {}


def _rows_in(source: Traced, segment: int, from_ms: int, to_ms: int) -> tuple[int, int] | None:
    """Rows of a segment in an interval, with the one before and the one behind it; None where it lies elsewhere."""
    start, end = (int(v[segment]) for v in source.ends())
    times = source.column("time_ms", start, end)
    if times[-1] < from_ms or times[0] > to_ms:
        return None
    first = max(int(np.searchsorted(times, from_ms, "right")) - 1, 0)
    behind = min(int(np.searchsorted(times, to_ms, "left")) + 1, len(times))
    return start + first, start + behind


def _united(ranges: list[tuple[int, int]]) -> tuple[Array, Array]:
    """Ranges as ascending ranges that are apart."""
    out: list[list[int]] = []
    for start, stop in sorted(ranges):
        if out and start <= out[-1][1]:
            out[-1][1] = max(out[-1][1], stop)
        else:
            out.append([start, stop])
    table = np.array(out, np.int64)
    return table[:, 0], table[:, 1]


def of_vessels(all_: Meetings, mmsis: Array) -> tuple[Met, Array, Array]:
    """The encounters of some MMSIs, and the fixes that prove them, each once: bucket and row, ascending.

    The rows of what is returned count in these.
    """
    mine = np.flatnonzero(np.isin(all_.met.mmsi, mmsis).any(axis=1))
    at, size = all_.met.rows.offsets[mine], np.diff(all_.met.rows.offsets)[mine]
    flat = all_.met.rows.flat[flat_ranges(at, at + size)]
    key, place = np.unique(all_.bucket[flat] * np.int64(_ROWS) + all_.row[flat], return_inverse=True)
    met = Met(
        [all_.met.event_id[k] for k in mine.tolist()], all_.met.mmsi[mine].reshape(-1, 2), all_.met.start_ms[mine],
        all_.met.end_ms[mine], Groups(place, np.concatenate([[0], np.cumsum(size)])),
    )  # fmt: skip
    return met, key // _ROWS, key % _ROWS

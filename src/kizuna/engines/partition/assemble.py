"""Tracks put together from rows of several buckets: whole buckets, and pieces of segments of others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from kizuna.base.table import Array, Table, concat
from kizuna.engines.partition.trace import HOT, Traced, fixes_of, joined
from kizuna.fixes.table import FIXES
from kizuna.tracks.table import Tracks


class Piece(NamedTuple):
    """Ranges of rows of one bucket, ascending and apart."""

    bucket: int
    starts: Array
    stops: Array


class Part(NamedTuple):
    """Rows in the order of tracks: columns of ``Tracks``, other columns of fixes, segments and that of each row."""

    hot: dict[str, Array]
    cold: dict[str, Array]
    segment: Array
    segments: Table


@dataclass(frozen=True, slots=True)
class Gathered:
    """Rows of several buckets, and where each row and each segment comes from, in order of buckets."""

    part: Part
    bucket: Array
    row: Array
    segment: Array


def flat_ranges(starts: Array, stops: Array) -> Array:
    """All numbers of half-open ranges, one range behind the other."""
    sizes = stops - starts
    return np.repeat(starts - (np.cumsum(sizes) - sizes), sizes) + np.arange(sizes.sum())


def whole(source: Traced) -> Part:
    """All rows of a bucket."""
    start, end = source.ends()
    starts, stops = np.array([0]), np.array([source.rows])
    segment = spread(start, end, source.rows)
    return Part(source.pieces(starts, stops), source.cold(starts, stops), segment, source.segments())


def gather(traced: Sequence[Traced], base: Array, pieces: Sequence[Piece]) -> Gathered:
    """Rows of pieces, which stand in order of their buckets; ``base`` is the number of each bucket's first segment."""
    parts, rows_of, segments_of = [], [], []
    for piece in pieces:
        source = traced[piece.bucket]
        rows = flat_ranges(piece.starts, piece.stops)
        start, end = source.ends()
        found = np.searchsorted(start, rows, "right") - 1
        inside = (found >= 0) & (rows < end[np.maximum(found, 0)])
        segment, kept = _kept(np.where(inside, found, -1))
        segments_of.append(kept + base[piece.bucket])
        rows_of.append(rows)
        hot, cold = source.pieces(piece.starts, piece.stops), source.cold(piece.starts, piece.stops)
        parts.append(Part(hot, cold, segment, source.segments().take(kept)))
    bucket = np.repeat([p.bucket for p in pieces], [len(r) for r in rows_of])
    return Gathered(beneath(parts), bucket, np.concatenate(rows_of), np.concatenate(segments_of))


def beneath(parts: Sequence[Part]) -> Part:
    """Parts one below the other."""
    if len(parts) == 1:
        return parts[0]
    segment, count = [], 0
    for part in parts:
        segment.append(
            np.where(part.segment >= 0, part.segment + np.int32(count), np.int32(-1)) if count else part.segment
        )
        count += len(part.segments)
    first = parts[0]
    return Part(
        {name: joined([p.hot[name] for p in parts]) for name in first.hot},
        {name: joined([p.cold[name] for p in parts]) for name in first.cold},
        joined(segment), concat([p.segments for p in parts]),
    )  # fmt: skip


def tracks_of(part: Part, words: dict[str, tuple[str, ...]]) -> Tracks:
    """Tracks of a part. ``order`` counts up: the fixes stand in the order of the tracks."""
    seg_start, seg_end = ends_of(part.segment)
    hot = {name: part.hot[name] for name in HOT}
    return Tracks(
        order=np.arange(len(part.segment), dtype=np.int32), segment=part.segment, seg_start=seg_start, seg_end=seg_end,
        segments=part.segments, fixes=Table(FIXES, fixes_of(hot, part.cold), words), **hot,
    )  # fmt: skip


def ends_of(segment: Array) -> tuple[Array, Array]:
    """First row of each segment and the row behind its last; rows of a segment stand together, -1 is noise."""
    change = np.flatnonzero(np.diff(segment, prepend=np.int32(-2)))
    behind = np.append(change[1:], len(segment))
    real = segment[change] >= 0 if len(change) else np.empty(0, np.bool_)
    return change[real], behind[real]


def spread(start: Array, end: Array, rows: int) -> Array:
    """Segment of each row, -1 for noise; segments stand in order."""
    n = len(start)
    sizes = np.empty(2 * n + 1, np.int64)  # what is between segments, and segments, in turn
    sizes[1::2] = end - start
    sizes[2::2] = np.append(start[1:], rows)[:n] - end
    sizes[0] = start[0] if n else rows
    values = np.full(2 * n + 1, -1, np.int32)
    values[1::2] = np.arange(n)
    return np.repeat(values, sizes)


def _kept(segment: Array) -> tuple[Array, Array]:
    """Segment of each row counted among those that occur, -1 for noise; and which occur."""
    mark = np.zeros(int(segment.max(initial=-1)) + 2, np.bool_)
    mark[segment] = True
    mark[-1] = False  # where noise, -1, left its mark
    number = np.cumsum(mark, dtype=np.int32) - np.int32(1)
    number[-1] = -1
    return number[segment], np.flatnonzero(mark)

"""Tracks put together from rows of several buckets: whole buckets, and pieces of segments of others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from kizuna.base.table import Array, concat
from kizuna.engines.partition.trace import HOT, Traced
from kizuna.tracks.table import Tracks


class Piece(NamedTuple):
    """Ranges of rows of one bucket, ascending and apart, each within one segment."""

    bucket: int
    starts: Array
    stops: Array


@dataclass(frozen=True, slots=True)
class Assembled:
    """Tracks from pieces, and where their rows and segments come from.

    Attributes:
        tracks: as any; ``order`` counts up, so ``fixes`` stand in the order of the tracks.
        bucket, row: int64 per row, the bucket and the row of its tracks.
        of_bucket, segment: int64 per segment, the same.
    """

    tracks: Tracks
    bucket: Array
    row: Array
    of_bucket: Array
    segment: Array


def flat_ranges(starts: Array, stops: Array) -> Array:
    """All numbers of half-open ranges, one range behind the other."""
    sizes = stops - starts
    return np.repeat(starts - (np.cumsum(sizes) - sizes), sizes) + np.arange(sizes.sum())


def assemble(traced: Sequence[Traced], pieces: Sequence[Piece]) -> Assembled:
    """Tracks of the pieces, which must stand in order of their buckets. A bucket may come once."""
    columns: dict[str, list[Array]] = {name: [] for name in HOT}
    segment_of, fixes, tables, row_of, segments_of = [], [], [], [], []
    count = 0
    for piece in pieces:
        source = traced[piece.bucket]
        found = source.pieces(piece.starts, piece.stops)
        rows = flat_ranges(piece.starts, piece.stops)
        local = _segments_at(source, rows)
        kept = np.unique(local[local >= 0]) if len(rows) < source.rows else np.arange(len(source.ends()[0]))
        number = np.full(len(source.ends()[0]) + 1, -1, np.int64)
        number[kept] = count + np.arange(len(kept))
        count += len(kept)
        segment_of.append(number[local])  # -1 picks the last entry, which is -1
        segments_of.append(kept)
        row_of.append(rows)
        tables.append(source.segments().take(kept))
        fixes.append(source.fixes_of(found))
        for name in HOT:
            columns[name].append(found[name])
    segment = np.concatenate(segment_of).astype(np.int32)
    inside = np.flatnonzero(segment >= 0)
    seg_end = np.zeros(count, np.int64)
    seg_end[segment[inside]] = inside + 1  # NumPy writes in order: the last row stays
    seg_start = np.zeros(count, np.int64)
    seg_start[segment[inside[::-1]]] = inside[::-1]
    hot = {name: np.concatenate(parts) if len(parts) > 1 else parts[0] for name, parts in columns.items()}
    tracks = Tracks(
        order=np.arange(len(segment), dtype=np.int32), segment=segment, seg_start=seg_start, seg_end=seg_end,
        segments=concat(tables), fixes=concat(fixes), **hot,
    )  # fmt: skip
    numbers = [p.bucket for p in pieces]
    return Assembled(
        tracks, np.repeat(numbers, [len(r) for r in row_of]), np.concatenate(row_of),
        np.repeat(numbers, [len(s) for s in segments_of]), np.concatenate(segments_of),
    )  # fmt: skip


def whole(traced: Sequence[Traced], bucket: int) -> Piece:
    """All rows of a bucket."""
    return Piece(bucket, np.array([0]), np.array([traced[bucket].rows]))


def _segments_at(source: Traced, rows: Array) -> Array:
    """Segment of each row, -1 for noise."""
    start, end = source.ends()
    if len(start) == 0:
        return np.full(len(rows), -1, np.int64)
    found = np.searchsorted(start, rows, "right") - 1 if len(rows) < source.rows else _spread(start, end, len(rows))
    return np.where((found >= 0) & (rows < end[np.maximum(found, 0)]), found, -1)


def _spread(start: Array, end: Array, n: int) -> Array:
    out = np.full(n, -1, np.int64)
    out[flat_ranges(start, end)] = np.repeat(np.arange(len(start)), end - start)
    return out

"""Tracks put together from rows of several buckets: whole buckets, and pieces of segments of others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from kizuna.base.table import Array, concat
from kizuna.engines.partition.trace import HOT, Traced, fixes_of, joined
from kizuna.tracks.table import Tracks


class Piece(NamedTuple):
    """Ranges of rows of one bucket, ascending and apart."""

    bucket: int
    starts: Array
    stops: Array

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int((self.stops - self.starts).sum())


@dataclass(frozen=True, slots=True)
class Assembled:
    """Tracks from pieces, and where their rows and segments come from.

    Attributes:
        tracks: as any; ``order`` counts up, so ``fixes`` stand in the order of the tracks.
        pieces: the pieces, in order.
        segments: per piece, the segments of its bucket that have rows here (all those of a whole bucket).
    """

    tracks: Tracks
    pieces: tuple[Piece, ...]
    segments: tuple[Array, ...]

    def origin(self) -> tuple[Array, Array]:
        """Bucket and row of its tracks, per row."""
        bucket = np.repeat([p.bucket for p in self.pieces], [p.rows for p in self.pieces])
        return bucket, np.concatenate([flat_ranges(p.starts, p.stops) for p in self.pieces])

    def place(self, bucket: Array, row: Array) -> Array:
        """The rows here of rows of buckets, all of which must be here."""
        out = np.empty(len(row), np.int64)
        before = 0
        for piece in self.pieces:
            mine = bucket == piece.bucket
            sizes = piece.stops - piece.starts
            k = np.searchsorted(piece.starts, row[mine], "right") - 1
            out[mine] = before + (np.cumsum(sizes) - sizes)[k] + row[mine] - piece.starts[k]
            before += piece.rows
        return out


def flat_ranges(starts: Array, stops: Array) -> Array:
    """All numbers of half-open ranges, one range behind the other."""
    sizes = stops - starts
    return np.repeat(starts - (np.cumsum(sizes) - sizes), sizes) + np.arange(sizes.sum())


def assemble(traced: Sequence[Traced], pieces: Sequence[Piece]) -> Assembled:
    """Tracks of the pieces, which must stand in order of their buckets. A bucket may come once."""
    columns: dict[str, list[Array]] = {name: [] for name in HOT}
    segment_of, cold, tables, kept_of = [], [], [], []
    count = 0
    for piece in pieces:
        source = traced[piece.bucket]
        local, kept = _segments_at(source, piece)
        segment_of.append(np.where(local >= 0, local + np.int32(count), np.int32(-1)) if count else local)
        count += len(kept)
        kept_of.append(kept)
        tables.append(source.segments().take(kept) if len(kept) < len(source.segments()) else source.segments())
        found = source.pieces(piece.starts, piece.stops)
        cold.append(source.cold(piece.starts, piece.stops))
        for name in HOT:
            columns[name].append(found[name])
    segment = joined(segment_of)
    seg_start, seg_end = ends_of(segment)
    hot = {name: joined(parts) for name, parts in columns.items()}
    tracks = Tracks(
        order=np.arange(len(segment), dtype=np.int32), segment=segment, seg_start=seg_start, seg_end=seg_end,
        segments=concat(tables), fixes=fixes_of(hot, cold, traced[0].words), **hot,
    )  # fmt: skip
    return Assembled(tracks, tuple(pieces), tuple(kept_of))


def whole(traced: Sequence[Traced], bucket: int) -> Piece:
    """All rows of a bucket."""
    return Piece(bucket, np.array([0]), np.array([traced[bucket].rows]))


def ends_of(segment: Array) -> tuple[Array, Array]:
    """First row of each segment and the row behind its last; rows of a segment stand together, -1 is noise."""
    change = np.flatnonzero(np.diff(segment, prepend=np.int32(-2)))
    behind = np.append(change[1:], len(segment))
    real = segment[change] >= 0 if len(change) else np.empty(0, np.bool_)
    return change[real], behind[real]


def _segments_at(source: Traced, piece: Piece) -> tuple[Array, Array]:
    """Segment of each row, counted among those that occur, -1 for noise; and which occur."""
    start, end = source.ends()
    if piece.rows == source.rows:
        return spread(start, end, source.rows), np.arange(len(start))
    rows = flat_ranges(piece.starts, piece.stops)
    found = np.searchsorted(start, rows, "right") - 1
    inside = (found >= 0) & (rows < end[np.maximum(found, 0)])
    kept = np.unique(found[inside])
    return np.where(inside, np.searchsorted(kept, found), -1).astype(np.int32), kept


def spread(start: Array, end: Array, rows: int) -> Array:
    """Segment of each row, -1 for noise; segments stand in order."""
    n = len(start)
    sizes = np.empty(2 * n + 1, np.int64)  # what is between segments, and segments, in turn
    sizes[1::2] = end - start
    sizes[2::2] = np.append(start[1:], rows) - end
    sizes[0] = start[0] if n else rows
    values = np.full(2 * n + 1, -1, np.int32)
    values[1::2] = np.arange(n)
    return np.repeat(values, sizes)

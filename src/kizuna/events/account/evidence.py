"""Builds the list columns of events without a loop over events: evidence, proof, words, participants.

Lists are made as Arrow list arrays from one flat array and offsets. ``Groups`` is that pair for rows of tracks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from kizuna.base.table import Array
from kizuna.events.kernels.medians import group_medians
from kizuna.events.table import PROOF_TYPE, TEST_TYPE
from kizuna.tracks.table import Tracks


class Test(NamedTuple):
    """One test over all events of a detector: ``measured relation threshold``. NaN was not measured: no verdict."""

    name: str
    measured: Array
    relation: str
    threshold: float
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Groups:
    """Rows per event: rows ``flat[offsets[e]]`` up to, not including, ``flat[offsets[e + 1]]``."""

    flat: Array
    offsets: Array

    @property
    def group(self) -> Array:
        """Event of every row."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))


def verdict(test: Test) -> tuple[Array, Array]:
    """Whether the test held per event, and where there is no verdict."""
    measured = np.asarray(test.measured, np.float64)
    unknown = np.isnan(measured)
    compare: dict[str, Any] = {">": np.greater, ">=": np.greater_equal, "<": np.less, "<=": np.less_equal}
    return compare[test.relation](measured, test.threshold), unknown


def evidence(n: int, tests: Sequence[Test]) -> pa.Array:
    """The evidence column of ``n`` events: the tests in the order given, every one for every event."""
    k = len(tests)
    held = [verdict(t) for t in tests]
    measured = _woven([np.asarray(t.measured, np.float64) for t in tests], n)
    passed = pa.array(_woven([h for h, _ in held], n), mask=_woven([u for _, u in held], n))
    constant = [
        pa.DictionaryArray.from_arrays(np.tile(np.arange(k, dtype=np.int32), n), pa.array(values, kind)).cast(kind)
        for values, kind in (
            ([t.name for t in tests], pa.string()), ([t.threshold for t in tests], pa.float64()),
            ([t.relation for t in tests], pa.string()), ([t.unit for t in tests], pa.string()),
        )
    ]  # fmt: skip
    rows = pa.StructArray.from_arrays(
        [constant[0], pa.array(measured, from_pandas=True), constant[1], constant[2], constant[3], passed],
        fields=list(TEST_TYPE),
    )
    return listed(rows, np.arange(n + 1) * k)


def _woven(columns: Sequence[Array], n: int) -> Array:
    return np.stack([np.broadcast_to(c, n) for c in columns], axis=1).ravel()


def listed(flat: pa.Array, offsets: Array) -> pa.Array:
    """A list array over a flat array."""
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), flat)


def ranges(starts: Array, stops: Array, event: Array, n: int) -> Groups:
    """Rows of half-open row ranges that belong to events; the ranges of one event need not be neighbours.

    Rows come out ascending within each event and each at most once.
    """
    by = np.lexsort((starts, event))
    starts, event = starts[by], event[by]
    sizes = np.maximum(stops[by] - starts, 0)
    begin = np.cumsum(sizes) - sizes
    flat = np.arange(sizes.sum()) + np.repeat(starts - begin, sizes)
    of = np.repeat(event, sizes)
    if ((of[1:] > of[:-1]) | (flat[1:] > flat[:-1])).all():  # no range reaches into the next
        return Groups(flat, np.searchsorted(of, np.arange(n + 1)))
    order = np.lexsort((flat, of))
    flat, of = flat[order], of[order]
    keep = np.ones(len(flat), np.bool_)
    keep[1:] = (flat[1:] != flat[:-1]) | (of[1:] != of[:-1])
    flat, of = flat[keep], of[keep]
    return Groups(flat, np.searchsorted(of, np.arange(n + 1)))


def proof(tracks: Tracks, rows: Groups) -> pa.Array:
    """The proof column: the message ids of the rows of each event."""
    ids = pa.array(tracks.fixes["msg_id"][tracks.order[rows.flat]])
    n = len(rows.offsets) - 1
    table = pa.DictionaryArray.from_arrays(np.zeros(n, np.int32), pa.array(["fixes"], pa.string())).cast(pa.string())
    structs = pa.StructArray.from_arrays([table, listed(ids, rows.offsets)], fields=list(PROOF_TYPE))
    return listed(structs, np.arange(n + 1))


def chosen(texts: Mapping[str, Array | bool], n: int) -> pa.Array:
    """A list of texts per event: each text stands where its value holds (True: everywhere), in the order given."""
    matrix = np.stack([np.broadcast_to(w, n) for w in texts.values()], axis=1)
    flat = pa.array(list(texts), pa.string()).take(pa.array(np.nonzero(matrix)[1]))
    return listed(flat, np.concatenate([[0], np.cumsum(matrix.sum(axis=1))]))


class Extent(NamedTuple):
    """Mean position and bounding box of each event, named as the columns of the table."""

    lat_mean_deg: Array
    lon_mean_deg: Array
    lat_min_deg: Array
    lat_max_deg: Array
    lon_min_deg: Array
    lon_max_deg: Array


def extent(lat: Array, lon: Array, offsets: Array) -> Extent:
    """Mean and box of groups of positions, each group not empty, right over 180 degrees.

    Longitudes count from the first position of the group, so a group must span less than half the globe.
    """
    if len(offsets) == 1:
        return Extent(*(np.empty(0) for _ in Extent._fields))
    at = offsets[:-1]
    lat0, first, sizes = lat[at], lon[at], np.diff(offsets)
    dlat, dlon = lat - np.repeat(lat0, sizes), wrapped(lon - np.repeat(first, sizes))
    low, high = np.minimum.reduceat(lat, at), np.maximum.reduceat(lat, at)
    return Extent(
        np.clip(lat0 + sums(dlat, offsets) / sizes, low, high),
        wrapped(first + sums(dlon, offsets) / sizes),
        low,
        high,
        wrapped(first + np.minimum.reduceat(dlon, at)),
        wrapped(first + np.maximum.reduceat(dlon, at)),
    )


def sums(values: Array, offsets: Array) -> Array:
    """Sum of each group. One by one in order (``bincount``), so that every processor adds in the same order."""
    n = len(offsets) - 1
    return np.bincount(np.repeat(np.arange(n), np.diff(offsets)), weights=values, minlength=n)


def wrapped(lon: Array) -> Array:
    """Longitudes or their differences brought into [-180, 180)."""
    return lon - 360.0 * np.floor((lon + 180.0) / 360.0)


def medians(values: Array, offsets: Array) -> Array:
    """Median of the values of each group, NaN left out; NaN for a group without values."""
    return np.asarray(group_medians(np.ascontiguousarray(values, np.float64), np.asarray(offsets, np.int64)))

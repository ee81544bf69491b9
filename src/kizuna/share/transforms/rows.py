"""Columns on their way out: what the transforms take and give, of one kind at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one kind. A transform reads and writes columns by the part that they play.

    Attributes:
        kind: kind of record.
        columns: NumPy arrays of one length. Always there: ``who`` (int64, the vessel's number, -1 where unknown),
            ``time_ms`` (int64, when it was observed), ``known_ms`` (int64, when this node knew it), ``number`` (int64,
            the row's own number, which decides between rows of one vessel and time). Missing is NaN, -1 or None.
        places: pairs of columns (latitude, longitude) in degrees.
        times: further columns of times, ms UTC.
        identity: columns that tell which vessel it is, and are taken away with its number.
        motion: columns from which a finer place could be reckoned.
        telling: columns that give a finer place, time or vessel away in words or numbers.
        texts: columns of free text.
        sources: columns that name a receiver, feed or site.
    """

    kind: str
    columns: Mapping[str, Array]
    places: tuple[tuple[str, str], ...] = (("lat_deg", "lon_deg"),)
    times: tuple[str, ...] = ()
    identity: tuple[str, ...] = ()
    motion: tuple[str, ...] = ()
    telling: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.columns["time_ms"])

    def __getitem__(self, name: str) -> Array:
        """One column."""
        return self.columns[name]

    def take(self, which: Array) -> Rows:
        """Rows of an index or a mask."""
        return replace(self, columns={n: v[which] for n, v in self.columns.items()})

    def put(self, **columns: Array) -> Rows:
        """The same rows with some columns exchanged."""
        return replace(self, columns={**self.columns, **columns})

    def without(self, names: tuple[str, ...] | frozenset[str]) -> Rows:
        """The same rows with these columns missing throughout; the columns stay."""
        return self.put(**{n: missing(self.columns[n]) for n in names if n in self.columns})


def missing(column: Array) -> Array:
    """A column of the same form in which everything is missing."""
    if column.dtype == np.object_:
        return np.full(len(column), None, np.object_)
    if column.dtype.kind == "f":
        return np.full(len(column), np.nan, column.dtype)
    return np.full(len(column), -1, column.dtype)


def objects(values: list[Any]) -> Array:
    """A column of Python values, also where these are tuples."""
    out = np.empty(len(values), np.object_)
    for k, value in enumerate(values):
        out[k] = value
    return out

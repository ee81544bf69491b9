"""What one audience was told in a dry run, as columns. A record is known by its row and by what it says."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kizuna.share.decide import Decision
from kizuna.share.publish import Made

Ints = npt.NDArray[np.int64]
_SALTED: Final = re.compile(rb',"derived_from":\["[0-9a-f]{16}"\]|(?<="event_id":")d[0-9a-f]{16}(?=")')
"""Names that follow from the transform set, and say nothing."""
_FAMILY: Final = {"track.position": 0x5050, "detection": 0x4444, "event": 0x4545}


@dataclass(frozen=True, slots=True)
class Said:
    """Records, one a row.

    Attributes:
        kind: kind of record.
        row: name of the row that it was made from: the same under all rules.
        words: hash of what it says: all of it but names that follow from the transforms.
        told_ms: when it was told, ms UTC.
        time_ms, lat_deg, lon_deg: of the row itself.
        subject: about whom, a tuple.
        event: id of the event; empty for other kinds.
        by: the decision.
    """

    kind: npt.NDArray[np.object_]
    row: Ints
    words: Ints
    told_ms: Ints
    time_ms: Ints
    lat_deg: npt.NDArray[np.float64]
    lon_deg: npt.NDArray[np.float64]
    subject: npt.NDArray[np.object_]
    event: npt.NDArray[np.object_]
    by: npt.NDArray[np.object_]

    def __len__(self) -> int:
        """Number of records."""
        return len(self.row)


class Listener:
    """Takes down what is made for one audience."""

    def __init__(self) -> None:
        self._parts: list[tuple[npt.NDArray[Any], ...]] = []
        self._bytes: list[Ints] = []

    def add(self, made: Made, free: frozenset[bytes] | None) -> None:
        """Take records down; ``free``: only those of these bytes leave (None: all)."""
        stays = range(len(made.data)) if free is None else [k for k, d in enumerate(made.data) if d in free]
        at = np.fromiter(stays, np.int64)
        if not len(at):
            return
        which, rows = made.which[at], made.candidates.rows
        data = [made.data[k] for k in at.tolist()]
        kinds, (lat, lon) = made.candidates.columns.kind, rows.places[0]
        assert kinds is not None
        names = np.array([*kinds.words, ""], np.object_)
        events = made.candidates.keys
        self._bytes.append(np.array([_hash(d) for d in data], np.int64))
        self._parts.append((
            names[kinds.codes[which]], _rows(made, which),
            np.array([words_of(d) for d in data], np.int64),
            made.ticks[at], rows["time_ms"][which], rows[lat][which], rows[lon][which], rows["subject"][which],
            np.array([events[k] if events else "" for k in which.tolist()], np.object_),
            np.full(len(at), made.decision, np.object_),
        ))  # fmt: skip

    def said(self) -> Said:
        """All of it, each record once, as a log holds it."""
        if not self._parts:
            nothing: list[npt.NDArray[Any]] = [np.empty(0, t) for t in _TYPES]
            return Said(*nothing)
        columns = [np.concatenate(part) for part in zip(*self._parts, strict=True)]
        _, first = np.unique(np.concatenate(self._bytes), return_index=True)
        first.sort()
        return Said(*(c[first] for c in columns))


_TYPES: Final = tuple(
    np.object_ if f.name in ("kind", "subject", "event", "by") else np.float64 if f.name.endswith("_deg") else np.int64
    for f in fields(Said)
)


def _rows(made: Made, which: Ints) -> Ints:
    """Names of rows: the number of a fix or detection; of an event its id and version."""
    rows = made.candidates.rows
    if not made.candidates.keys:
        named: Ints = rows["number"][which] ^ (_FAMILY[rows.kind] << 46)
        return named
    versions = rows["version"].tolist()
    return np.array([_hash(f"{made.candidates.keys[k]} {versions[k]}".encode()) for k in which.tolist()], np.int64)


def words_of(record: bytes) -> int:
    """A number for what a record says."""
    return _hash(_SALTED.sub(b"", record))


def _hash(data: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "big", signed=True)


NOT_TOLD: Final = Decision("withhold", "")

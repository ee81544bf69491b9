"""The records that two rule sets make over one period, compared by what they say.

- *gained*, *lost*: told in the period under one of them, and never under the other.
- *changed*: made from the same row, and saying something else: place, time, label, fields.
- *moved*: the same words at another time.

A record that differs only in names that follow from the transforms (``derived_from``, the id of a changed event) is the
same record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from kizuna.node.share.preview.history import Period
from kizuna.node.share.preview.said import NOT_TOLD, Said
from kizuna.share.decide import Decision

SAMPLE_MOST: Final = 40
"""Records of a difference that are shown for each partner, spread over all that change."""
WORDS: Final = ("gains", "loses", "changes", "moves")
Ints = npt.NDArray[np.int64]
AsRow = Callable[[Decision], dict[str, Any]]


class _Pairs(NamedTuple):
    """Places in both columns; -1 where one does not tell it."""

    old: Ints
    new: Ints


def compared(old: Said, new: Said, period: Period, as_row: AsRow) -> dict[str, Any]:
    """What the new rules change for one audience: counts, by kind, a sample, and where on the map.

    ``as_row``: a decision as plain values.
    """
    was, becomes = _inside(old, period), _inside(new, period)
    found = _differences(old, new, was, becomes)
    kinds: dict[str, dict[str, int]] = {}
    for word, pairs in found.items():
        for kind, n in zip(*np.unique(_of(old.kind, new.kind, pairs), return_counts=True), strict=True):
            kinds.setdefault(str(kind), dict.fromkeys(WORDS, 0))[word] += int(n)
    return {
        "before": int(np.count_nonzero(was)), "after": int(np.count_nonzero(becomes)),
        **{word: len(pairs.old) for word, pairs in found.items()}, "by_kind": kinds,
        "sample": [row for word, pairs in found.items() for row in _sample(word, old, new, pairs, as_row)],
        "box": _box(old, new, found),
    }  # fmt: skip


def _inside(said: Said, period: Period) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = (said.told_ms > period.start_ms) & (said.told_ms <= period.end_ms)
    return found


def _differences(
    old: Said, new: Said, was: npt.NDArray[np.bool_], becomes: npt.NDArray[np.bool_]
) -> Mapping[str, _Pairs]:
    _, a, b = np.intersect1d(old.row, new.row, return_indices=True)
    seen = was[a] | becomes[b]
    a, b = a[seen], b[seen]
    same = old.words[a] == new.words[b]
    moved = same & (old.told_ms[a] != new.told_ms[b])
    lost = np.flatnonzero(was & ~np.isin(old.row, new.row) & ~np.isin(old.words, new.words))
    gained = np.flatnonzero(becomes & ~np.isin(new.row, old.row) & ~np.isin(new.words, old.words))
    nowhere = np.full(max(len(lost), len(gained)), -1, np.int64)
    return {
        "gains": _Pairs(nowhere[: len(gained)], gained), "loses": _Pairs(lost, nowhere[: len(lost)]),
        "changes": _Pairs(a[~same], b[~same]), "moves": _Pairs(a[moved], b[moved]),
    }  # fmt: skip


def _of(old: npt.NDArray[Any], new: npt.NDArray[Any], pairs: _Pairs) -> npt.NDArray[Any]:
    """A column of the pairs, from whichever side tells it."""
    side = new[pairs.new] if len(new) else np.resize(old[:1], len(pairs.new))
    if len(old):
        return np.where(pairs.new >= 0, side, old[pairs.old])
    return side


def _sample(word: str, old: Said, new: Said, pairs: _Pairs, as_row: AsRow) -> list[dict[str, Any]]:
    most = min(SAMPLE_MOST // len(WORDS), len(pairs.old))
    rows = np.unique(np.linspace(0, len(pairs.old) - 1, most).astype(int)).tolist()
    return [{"change": word, **_described(old, new, (int(pairs.old[k]), int(pairs.new[k])), as_row)} for k in rows]


def _described(old: Said, new: Said, at: tuple[int, int], as_row: AsRow) -> dict[str, Any]:
    """A record for people: what, who, when, where; how it is told and how it would be."""
    a, b = at
    said, k = (new, b) if b >= 0 else (old, a)
    lat, lon = float(said.lat_deg[k]), float(said.lon_deg[k])
    there = np.isfinite(lat) and np.isfinite(lon)
    before, after = (old.by[a] if a >= 0 else NOT_TOLD), (new.by[b] if b >= 0 else NOT_TOLD)
    return {
        "kind": said.kind[k], "subject": sorted(said.subject[k] or ()),
        "at_ms": int(said.time_ms[k]), "lat": round(lat, 5) if there else None, "lon": round(lon, 5) if there else None,
        "event": said.event[k] or None,
        "before": as_row(before) | {"told_ms": int(old.told_ms[a]) if a >= 0 else None},
        "after": as_row(after) | {"told_ms": int(new.told_ms[b]) if b >= 0 else None},
        "rule": ", ".join((after if b >= 0 else before).rule_ids),
    }  # fmt: skip


def _box(old: Said, new: Said, found: Mapping[str, _Pairs]) -> list[float] | None:
    lat, lon = (
        np.concatenate(
            [_of(getattr(old, n), getattr(new, n), p) for p in found.values() if len(p.old)] or [np.empty(0)]
        )
        for n in ("lat_deg", "lon_deg")
    )
    good = np.isfinite(lat) & np.isfinite(lon)
    if not good.any():
        return None
    edges = (lon[good].min(), lat[good].min(), lon[good].max(), lat[good].max())
    return [round(float(v), 4) for v in edges]

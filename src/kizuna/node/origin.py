"""Which rows are this node's own, and which a partner told.

What a partner told lies in the same tables, so that one picture holds all, under the source ``partner:<id>``. It is
shown with its origin, and never looked at by our own detectors, counted as our own reception, or offered to anybody
else: that would be passing on, which needs the originator's grant.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol

import numpy as np
import pyarrow.compute as pc

from kizuna.base.table import Array, Table

CARRIED_BY: Final = "/"
"""Between originator and carrier in the source of what a partner brought of another party: ``partner:ash/birch``."""
PARTNER: Final = "partner:"
"""Beginning of the source of rows that a partner told; of the rule of events that it told."""


def own_rows(table: Table) -> Table:
    """The rows of fixes or detections that this node's own sources gave."""
    keep = are_own(table)
    return table if keep.all() else table.take(keep)


def are_own(table: Table) -> Array:
    """Which rows of fixes, detections or events are our own."""
    names = table.schema.names
    if "source_id" in names:
        told = [k for k, word in enumerate(table.codes_of("source_id")) if word.startswith(PARTNER)]
        return ~np.isin(table["source_id"], told) if told else np.ones(len(table), np.bool_)
    if "rule_id" in names and len(table):
        told_by = pc.fill_null(pc.starts_with(table["rule_id"], PARTNER), fill_value=False)
        return ~np.asarray(told_by.to_numpy(zero_copy_only=False), np.bool_)
    return np.ones(len(table), np.bool_)


class Tracks(Protocol):
    """The part of the store that is asked here."""

    def track(self, mmsi: int, start_ms: int, end_ms: int, *, names: Sequence[str] = ()) -> Table:
        """Fixes of one vessel."""
        ...


def own_sources(store: Tracks, mmsi: int, start_ms: int, end_ms: int) -> frozenset[str]:
    """Own sources on which the track of an MMSI rests in [start, end); an unknown one is ``""``.

    The time is that of what is told, never that of the newest fix: what other vessels send, or this one sends later,
    changes nothing.
    """
    names = ("source_id", "time_ms", "context", "label")
    fixes = own_rows(store.track(mmsi, start_ms, end_ms, names=names))
    words = fixes.codes_of("source_id")
    return frozenset(words[c] if c >= 0 else "" for c in set(fixes["source_id"].tolist()))


def newest_by_origin(fixes: Table, me: str) -> list[dict[str, Any]]:
    """The newest place that each origin states of one vessel: our own sources as ``me``, and each partner.

    They stand side by side and are never merged; whoever looks sees where they differ. ``fixes`` are in order of time.
    """
    newest: dict[str, int] = {}
    words = fixes.codes_of("source_id")
    for code in np.unique(fixes["source_id"]):
        row = int(np.flatnonzero(fixes["source_id"] == code)[-1])
        origin = (partner_of(words[code]) if code >= 0 else "") or me
        newest[origin] = max(newest.get(origin, -1), row)
    return [
        {"origin": origin, "t_ms": int(fixes["time_ms"][row]), "lat": float(fixes["lat_deg"][row]),
         "lon": float(fixes["lon_deg"][row])}
        for origin, row in sorted(newest.items(), key=lambda item: (item[0] != me, item[0]))
    ]  # fmt: skip


def partner_of(source: str) -> str:
    """The party that states what a source told, whoever carried it; empty for a source of our own."""
    return source.removeprefix(PARTNER).partition(CARRIED_BY)[0] if source.startswith(PARTNER) else ""

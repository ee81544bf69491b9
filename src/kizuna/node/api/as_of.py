"""The newest positions as they were at an earlier time, for viewers who see late."""

from __future__ import annotations

from typing import Final

import numpy as np

from kizuna.base.table import Table

_FROM_FIX: Final = ("mmsi", "time_ms", "lat_deg", "lon_deg", "sog_kn", "cog_deg", "heading_deg", "nav_status",
                    "source_id", "ais_class", "label")  # fmt: skip


def latest_as_of(fixes: Table, known: Table) -> Table:
    """Rows as in ``known`` from fixes up to a time: the last with a position of each MMSI.

    What vessels said of themselves (name, type, numbers) is taken as known now: it changes rarely and is no position.
    """
    placed = np.flatnonzero(~np.isnan(fixes["lat_deg"]))
    order = placed[np.lexsort((fixes["time_ms"][placed], fixes["mmsi"][placed]))]
    mmsi = fixes["mmsi"][order]
    last = order[np.append(mmsi[1:] != mmsi[:-1], True)] if len(order) else order
    by_mmsi = {int(m): i for i, m in enumerate(known["mmsi"])}
    rows = np.array([by_mmsi.get(int(m), -1) for m in fixes["mmsi"][last]], np.int64)
    keep = rows >= 0
    out = known.take(rows[keep])
    picked = fixes.take(last[keep])
    names: list[str] = [name for name in _FROM_FIX if name in known.schema.names]
    words: dict[str, tuple[str, ...]] = {
        name: picked.codes_of(name) for name in ("source_id", "label") if name in names
    }
    changed = {name: picked[name] for name in names}
    return Table(known.schema, {**out.columns, **changed}, {**out.words, **words})

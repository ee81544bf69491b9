"""Events in the order of the report, each with its number: by confidence, then by time.

Routine (port visits) comes after what may be worth a look, superseded and retracted events last. Only as many entries
are made as a page can list; the rest is counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from kizuna.base.table import Array, Table
from kizuna.base.table import Kind as Column
from kizuna.base.units import MISSING_TIME_MS
from kizuna.events.table import EVENT_TYPES, STATUSES
from kizuna.formats.report.marks import KINDS, Kind, kind_of
from kizuna.tracks.table import Tracks

MAX_ENTRIES: Final = 12_000
"""More rows than this do not fit into a page of 5 MB."""
_LIVE: Final = (STATUSES.index("open"), STATUSES.index("closed"))
_ROUTINE: Final = tuple(EVENT_TYPES.index(k.key) for k in KINDS if k.routine)


@dataclass(frozen=True, slots=True)
class Entry:
    """One event. ``values`` holds its row by column name without evidence and proof; missing is None."""

    number: int
    row: int
    kind: Kind
    values: Mapping[str, Any]

    def __getitem__(self, column: str) -> Any:
        """Value of a column."""
        return self.values[column]

    @property
    def anchor(self) -> str:
        """Id of its card in the page."""
        return f"e{self.number}"

    @property
    def place(self) -> tuple[float, float] | None:
        """Longitude and latitude to show it at: of the start for gaps and visits, else of the mean; None without."""
        order = ("start", "mean") if self.kind.key in ("gap", "zone_visit") else ("mean", "start")
        for which in order:
            lon, lat = self.point(which)
            if lon is not None and lat is not None:
                return lon, lat
        return None

    def point(self, which: str) -> tuple[float | None, float | None]:
        """Longitude and latitude of ``start``, ``end`` or ``mean``."""
        if which == "mean":
            return self["lon_mean_deg"], self["lat_mean_deg"]
        return self[f"{which}_lon_deg"], self[f"{which}_lat_deg"]

    @property
    def level(self) -> str:
        """Word for the confidence; empty without one."""
        return self["confidence_word"] or ""

    @property
    def over(self) -> str:
        """``superseded`` or ``retracted``; empty for an event that stands."""
        return self["status"] if self["status"] in ("superseded", "retracted") else ""


def entries(events: Table) -> list[Entry]:
    """The first ``MAX_ENTRIES`` events in order."""
    order = ranked(events)[:MAX_ENTRIES]
    left_out = ("evidence", "proof")  # the cards read them one by one
    columns = {c.name: _values(events, c.name, c.kind, order) for c in events.schema.columns if c.name not in left_out}
    names = tuple(columns)
    rows = (dict(zip(names, values, strict=True)) for values in zip(*columns.values(), strict=True))
    return [
        Entry(i + 1, int(order[i]), kind_of(values["event_type"] or ""), values)
        for i, values in enumerate(rows)
    ]  # fmt: skip


def ranked(events: Table) -> Array:
    """Rows of the table in the order of the report."""
    ids = np.array(events["event_id"].fill_null("").to_pylist(), np.str_)  # to_numpy would import pandas if it is there
    confidence = np.nan_to_num(events["confidence"], nan=-1.0)
    over = ~np.isin(events["status"], _LIVE)
    routine = np.isin(events["event_type"], _ROUTINE)
    order: Array = np.lexsort((events["version"], ids, events["start_ms"], -confidence, routine, over))
    return order


def _values(events: Table, name: str, kind: Column, order: Array) -> list[Any]:
    column = events[name]
    if isinstance(column, pa.Array):
        return list(column.take(pa.array(order)).to_pylist())
    column = column[order]
    if kind is Column.CODE:
        words = events.codes_of(name)
        return [words[v] if v >= 0 else None for v in column.tolist()]
    if kind in (Column.F32, Column.F64):
        return [v if v == v and abs(v) != np.inf else None for v in column.tolist()]  # noqa: PLR0124  NaN
    return [None if kind is Column.TIME and v == MISSING_TIME_MS else v for v in column.tolist()]


def names_of(tracks: Tracks | None, listed: list[Entry]) -> dict[int, str]:
    """Ship's name heard most often in each segment of the events, by segment id."""
    if tracks is None or len(tracks.segments) == 0:
        return {}
    wanted = np.unique(np.array([s for e in listed for s in e["seg_ids"] or () if s is not None], np.int64))
    rows = np.flatnonzero(np.isin(tracks.segments["seg_id"], wanted))
    identities = tracks.segments["identities"].take(pa.array(rows)).to_pylist()
    named = {}
    for row, known in zip(rows.tolist(), identities, strict=True):
        heard = [(i["count"] or 0, i["shipname"]) for i in known or () if i["shipname"]]
        if heard:
            named[int(tracks.segments["seg_id"][row])] = max(heard)[1]
    return named

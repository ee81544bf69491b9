"""The newest position of each vessel, with what it last said of itself.

A fix counts as new by its time; a type 27 report (0.1 minute resolution) as if it were an hour older, so that a coarse
position takes the place of a fine one only when that is stale. On a tie the smaller message id stays. The outcome is
the greatest of all fixes by this rule, so it does not depend on the order in which they came. Static data are kept by
field: the newest that was not empty.

A fix that is flagged as suspect in time, or lies further ahead of its receipt than allowed, never becomes the newest.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kizuna.base.table import Array, Column, Kind, Schema, Table
from kizuna.base.units import HOUR_MS, MISSING_TIME_MS
from kizuna.fixes.table import AIS_CLASSES, FLAG_BAD_MMSI, FLAG_TIME_SUSPECT

TYPE27_STALE_MS: Final = HOUR_MS
"""Age of a fine position from which a type 27 report is better; as for the flag ``type27_near``."""
_TYPE27: Final = 27
_NEVER: Final = MISSING_TIME_MS
_MOST_MMSI: Final = 999_999_999

_FIX: Final = (
    Column("time_ms", Kind.TIME, "When the position was sent or first heard, UTC.", file_name="timestamp"),
    Column("lat_deg", Kind.F64, "Latitude, WGS 84, north positive.", unit="deg", file_name="lat"),
    Column("lon_deg", Kind.F64, "Longitude, WGS 84, east positive, in [-180, 180).", unit="deg", file_name="lon"),
    Column("sog_kn", Kind.F32, "Speed over ground.", unit="kn"),
    Column("cog_deg", Kind.F32, "Course over ground, from true north.", unit="deg"),
    Column("heading_deg", Kind.F32, "True heading.", unit="deg"),
    Column("nav_status", Kind.I8, "Navigational status 0 to 14 as M.1371 numbers them.", missing=-1),
)
_SAID: Final = (
    Column("ship_type", Kind.I16, "Ship and cargo type as last sent.", missing=-1),
    Column("shipname", Kind.TEXT, "Name as last sent."),
    Column("callsign", Kind.TEXT, "Call sign as last sent."),
    Column("imo", Kind.I32, "IMO number as last sent.", missing=-1),
    Column("length_m", Kind.I16, "Length over all from the antenna distances.", unit="m", missing=-1),
)
_FROM: Final = (
    Column("source_id", Kind.CODE, "File, feed or receiver of the position."),
    Column("ais_class", Kind.CODE, "Kind of station.", codes=AIS_CLASSES),
)
_MMSI: Final = Column("mmsi", Kind.I32, "Maritime Mobile Service Identity as sent.")
_VERSION: Final = Column("version", Kind.I64, "Version of the picture in which the row last changed.")

LATEST: Final = Schema(
    "latest",
    "The newest position of each vessel, with what it last said of itself.",
    (_MMSI, *_FIX, *_SAID, *_FROM, _VERSION),
)
STATE: Final = Schema(
    "latest_state",
    "What the newest positions are carried on from.",
    (
        *LATEST.columns,
        Column("key_ms", Kind.TIME, "Time by which the position counts as new."),
        Column("msg_id", Kind.I64, "Message of the position."),
        *(Column(f"{c.name}_ms", Kind.TIME, f"When {c.name} was said.") for c in _SAID),
    ),
)
_TEXTS: Final = frozenset(c.name for c in _SAID if c.kind is Kind.TEXT)


def eligible(table: Table, ahead_ms: int) -> Array:
    """Mask of rows whose time and MMSI can be relied on: they may count as new."""
    time_ms, received = table["time_ms"], table["received_ms"]
    ok = (time_ms != MISSING_TIME_MS) & (table["flags"] & (FLAG_TIME_SUSPECT | FLAG_BAD_MMSI) == 0)
    ok &= (table["mmsi"] > 0) & (table["mmsi"] <= _MOST_MMSI)
    known = received != MISSING_TIME_MS
    if known.any():
        ok &= ~known | (time_ms <= np.where(known, received, 0) + ahead_ms)
    return np.asarray(ok)


class Latest:
    """A table that is folded forward batch by batch; not safe for threads by itself."""

    def __init__(self, state: Table | None = None) -> None:
        self._sources: dict[str, int] = {}
        self._n = 0
        self._columns: dict[str, Array] = {}
        for c in STATE.columns:
            self._columns[c.name] = np.empty(0, object) if c.name in _TEXTS else c.empty(0)
        self._mmsi = np.empty(0, np.int32)  # sorted, and the row of each
        self._row = np.empty(0, np.int64)
        if state is not None:
            self._take_up(state)

    def _take_up(self, state: Table) -> None:
        self._n = len(state)
        for c in STATE.columns:
            value = state[c.name]
            self._columns[c.name] = np.array(value.to_pylist(), object) if c.name in _TEXTS else value.copy()
        self._sources = {word: code for code, word in enumerate(state.codes_of("source_id"))}
        self._row = np.argsort(self._columns["mmsi"], kind="stable")
        self._mmsi = self._columns["mmsi"][self._row]

    def __len__(self) -> int:
        """Vessels that said anything."""
        return self._n

    def update(self, fixes: Table, statics: Table, version: int, ahead_ms: int) -> None:
        """Fold in a batch; rows that change carry ``version``."""
        if len(fixes):
            self._positions(fixes, version, ahead_ms)
        if len(statics):
            self._said(statics, version, ahead_ms)

    def _positions(self, fixes: Table, version: int, ahead_ms: int) -> None:
        ok = eligible(fixes, ahead_ms) & ~np.isnan(fixes["lat_deg"]) & ~np.isnan(fixes["lon_deg"])
        rows = np.flatnonzero(ok)
        if not len(rows):
            return
        mmsi, msg_id = fixes["mmsi"][rows], fixes["msg_id"][rows]
        key = fixes["time_ms"][rows] - np.where(fixes["msg_type"][rows] == _TYPE27, TYPE27_STALE_MS, 0)
        by = np.lexsort((-msg_id, key, mmsi))
        last = by[np.append(mmsi[by][1:] != mmsi[by][:-1], True)]
        mmsi, msg_id, key, rows = mmsi[last], msg_id[last], key[last], rows[last]
        at = self._rows_of(mmsi)
        mine = self._columns
        newer = (key > mine["key_ms"][at]) | ((key == mine["key_ms"][at]) & (msg_id < mine["msg_id"][at]))
        at, rows = at[newer], rows[newer]
        if not len(at):
            return
        for c in _FIX:
            mine[c.name][at] = fixes[c.name][rows]
        mine["ais_class"][at] = fixes["ais_class"][rows]
        mine["source_id"][at] = self._codes(fixes, rows)
        mine["key_ms"][at], mine["msg_id"][at] = key[newer], msg_id[newer]
        mine["version"][at] = version

    def _codes(self, fixes: Table, rows: Array) -> Array:
        words = fixes.codes_of("source_id")
        lookup = np.array([self._sources.setdefault(w, len(self._sources)) for w in words] + [-1], np.int32)
        return np.asarray(lookup[fixes["source_id"][rows]])

    def _said(self, statics: Table, version: int, ahead_ms: int) -> None:
        ok = (statics["mmsi"] > 0) & (statics["mmsi"] <= _MOST_MMSI)
        undated = _NEVER + 1  # better than nothing
        when = np.where(eligible(statics, ahead_ms), statics["time_ms"], undated)
        length = statics["to_bow_m"].astype(np.int32) + statics["to_stern_m"]
        there = {
            "ship_type": statics["ship_type"] > 0, "shipname": _filled(statics["shipname"]),
            "callsign": _filled(statics["callsign"]), "imo": statics["imo"] > 0,
            "length_m": (statics["to_bow_m"] >= 0) & (statics["to_stern_m"] >= 0) & (length > 0),
        }  # fmt: skip
        for name, valid in there.items():
            rows = np.flatnonzero(ok & valid)
            if not len(rows):
                continue
            by = rows[np.lexsort((-statics["msg_id"][rows], when[rows], statics["mmsi"][rows]))]
            mmsi = statics["mmsi"][by]
            rows = by[np.append(mmsi[1:] != mmsi[:-1], True)]
            value = length.astype(np.int16) if name == "length_m" else statics[name]
            self._say(name, value, rows, statics["mmsi"][rows], when[rows], version)

    def _say(self, name: str, value: Any, rows: Array, mmsi: Array, when: Array, version: int) -> None:
        at = self._rows_of(mmsi)
        newer = when > self._columns[f"{name}_ms"][at]
        at, rows, when = at[newer], rows[newer], when[newer]
        if not len(at):
            return
        self._columns[f"{name}_ms"][at] = when
        column = self._columns[name]
        said = np.array(value.take(pa.array(rows)).to_pylist(), object) if name in _TEXTS else value[rows]
        other = column[at] != said
        column[at[other]] = said[other]
        self._columns["version"][at[other]] = version

    def _rows_of(self, mmsi: Array) -> Array:
        """Rows of sorted, different MMSIs; new ones get a row."""
        at = np.searchsorted(self._mmsi, mmsi)
        known = np.zeros(len(mmsi), np.bool_)
        inside = at < len(self._mmsi)
        known[inside] = self._mmsi[at[inside]] == mmsi[inside]
        if not known.all():
            new = mmsi[~known]
            first = self._n
            self._make_room(first + len(new))
            self._columns["mmsi"][first : self._n] = new
            self._mmsi = np.insert(self._mmsi, at[~known], new)
            self._row = np.insert(self._row, at[~known], np.arange(first, self._n))
            at = np.searchsorted(self._mmsi, mmsi)
        return self._row[at]

    def _make_room(self, rows: int) -> None:
        room = len(self._columns["mmsi"])
        if rows > room:
            more = max(rows - room, room // 2, 1024)
            for c in STATE.columns:
                new = np.full(more, None, object) if c.name in _TEXTS else c.empty(more)
                self._columns[c.name] = np.concatenate([self._columns[c.name], new])
        self._n = rows

    def changed(self, since: int) -> Table:
        """Vessels with a position that changed after version ``since``, by MMSI."""
        rows = self._row[self._columns["version"][self._row] > since]
        rows = rows[self._columns["time_ms"][rows] != MISSING_TIME_MS]
        return self._table(LATEST, rows)

    def state(self) -> Table:
        """Everything, to be carried on from; a copy."""
        return self._table(STATE, self._row)

    def of(self, mmsis: Array) -> Table:
        """The state of some vessels; a copy."""
        return self._table(STATE, self._row[np.isin(self._mmsi, mmsis)])

    def forget(self, before_ms: int) -> int:
        """Leave out vessels whose position and words are all older; their number."""
        stale = self._columns["time_ms"][: self._n] < before_ms
        for c in _SAID:
            stale &= self._columns[f"{c.name}_ms"][: self._n] < before_ms
        gone = int(stale.sum())
        if gone:
            kept = self._row[~stale[self._row]]
            self._take_up(self._table(STATE, kept))
        return gone

    def _table(self, schema: Schema, rows: Array) -> Table:
        columns: dict[str, Any] = {}
        for c in schema.columns:
            picked = self._columns[c.name][rows]
            columns[c.name] = pa.array(picked, pa.string()) if c.name in _TEXTS else picked
        return Table(schema, columns, {"source_id": tuple(self._sources)})


def _filled(column: pa.Array) -> Array:
    """Mask of texts that are there and not blank."""
    there = pc.greater(pc.utf8_length(pc.utf8_trim_whitespace(column)), 0)
    return np.asarray(there.fill_null(False).to_numpy(zero_copy_only=False))  # noqa: FBT003  a value, not a flag

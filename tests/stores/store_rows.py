"""Rows for tests of stores, and a plain twin of a store: lists and dicts, every rule written out once more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from kizuna.base.table import Table, empty
from kizuna.base.units import HOUR_MS, MINUTE_MS, MISSING_TIME_MS
from kizuna.events.table import EVENT_TYPES, EVENTS, STATUSES
from kizuna.fixes.statics import STATICS
from kizuna.fixes.table import AIS_CLASSES, FIXES
from kizuna.sources.batch import Batch, nothing

T0_MS = 1_772_323_200_000
"""2026-03-01T00:00:00Z, where a window and a block begin."""
BLOCK_MS = 10 * MINUTE_MS


def table_of(schema, rows: list[dict], context: str = "real", source: str = "feed") -> Table:
    """A table from dicts; columns not given are missing."""
    n = len(rows)
    columns = dict(empty(schema, n).columns)
    for name in {k for row in rows for k in row}:
        c = schema[name]
        values = [row.get(name) for row in rows]
        if c.dtype() is None:
            columns[name] = pa.array(values, c.file_type)
        else:
            bare = c.empty(1)[0]
            columns[name] = np.array([bare if v is None else v for v in values], c.dtype())
    words = dict(empty(schema).words)
    for name, word in (("context", context), ("label", "nobody"), ("source_id", source)):
        if name in schema.names:
            columns[name], words[name] = np.zeros(n, np.int32), (word,)
    return Table(schema, columns, words)


def fix(msg_id: int, mmsi: int, minute: float, lat: float = 30.0, lon: float = 120.0, **more) -> dict:
    """One fix, ``minute`` after T0_MS."""
    row = {"msg_id": msg_id, "mmsi": mmsi, "time_ms": T0_MS + round(minute * MINUTE_MS), "lat_deg": lat, "lon_deg": lon,
           "msg_type": 1, "ais_class": AIS_CLASSES.index("A"), "nav_status": 0}  # fmt: skip
    return row | more


def said(msg_id: int, mmsi: int, minute: float, **more) -> dict:
    """One static message."""
    return {"msg_id": msg_id, "mmsi": mmsi, "time_ms": T0_MS + round(minute * MINUTE_MS), "msg_type": 5} | more


def batch(fixes: list[dict] = (), statics: list[dict] = (), context: str = "real") -> Batch:
    """A batch of rows."""
    return replace(
        nothing(), fixes=table_of(FIXES, list(fixes), context), statics=table_of(STATICS, list(statics), context)
    )


def event(
    event_id: str, version: int = 1, start_min: float = 0, end_min: float | None = 60, mmsis=(440000001,), **more
):
    """One version of one event."""
    end = MISSING_TIME_MS if end_min is None else T0_MS + round(end_min * MINUTE_MS)
    return {
        "event_id": event_id, "version": version, "status": STATUSES.index("closed"), "event_type": EVENT_TYPES.index("gap"),
        "start_ms": T0_MS + round(start_min * MINUTE_MS), "end_ms": end, "mmsis": list(mmsis), "confidence": 0.7,
        "summary": "silent", "evidence": [{"test": "silence", "measured": 7.5, "threshold": 6.0, "relation": ">",
                                           "unit": "h", "passed": True}],
        "proof": [{"table": "fixes", "msg_ids": [2**62 + 1, 5]}], "vessel_ids": [f"mmsi:{m}" for m in mmsis],
    } | more  # fmt: skip


def events(*rows: dict, context: str = "real") -> Table:
    """A table of events."""
    return table_of(EVENTS, list(rows), context)


class Twin:
    """What a store must answer, found the slow way."""

    def __init__(self, lateness_ms: int = 6 * HOUR_MS, ahead_ms: int = 10 * MINUTE_MS):
        self.fixes: list[dict] = []
        self.statics: list[dict] = []
        self.seen: set[tuple[str, int]] = set()
        self.seq = 0
        self.newest_ms = self.closed_ms = None
        self.lateness_ms, self.ahead_ms = lateness_ms, ahead_ms
        self.latest: dict[int, dict] = {}

    def append(self, fixes: list[dict], statics: list[dict] = ()) -> int:
        new_fixes = [r for r in fixes if self._new("fixes", r)]
        new_statics = [r for r in statics if self._new("statics", r)]
        if not new_fixes and not new_statics:
            return self.seq
        self.seq += 1
        for row in new_fixes:
            late = self.closed_ms is not None and row["time_ms"] < self.closed_ms
            self.fixes.append(row | {"late": late})
        for row in sorted(new_fixes, key=lambda r: -r["msg_id"]):
            self._position(row)
        self.statics += new_statics
        for row in sorted(new_statics, key=lambda r: (r["time_ms"], -r["msg_id"])):
            self._said(row)
        self._settle(new_fixes)
        times = [r["time_ms"] for r in new_fixes if self._reliable(r)]
        if times:
            self.newest_ms = max([self.newest_ms or times[0], *times])
            self.closed_ms = (self.newest_ms - self.lateness_ms) // BLOCK_MS * BLOCK_MS
        return self.seq

    def _new(self, table: str, row: dict) -> bool:
        key = (table, row["msg_id"])
        fresh = key not in self.seen
        self.seen.add(key)
        return fresh

    def _reliable(self, row: dict) -> bool:
        if (
            row["time_ms"] == MISSING_TIME_MS
            or not 0 < row["mmsi"] <= 999_999_999
            or row.get("flags", 0) & (1 << 5 | 1 << 10)
        ):
            return False
        received = row.get("received_ms")
        return received is None or row["time_ms"] <= received + self.ahead_ms

    def _vessel(self, mmsi: int) -> dict:
        return self.latest.setdefault(mmsi, {"mmsi": mmsi, "rank": None, "when": {}, "said": {}, "version": 0})

    def _position(self, row: dict) -> None:
        if not self._reliable(row) or np.isnan(row["lat_deg"]):
            return
        vessel = self._vessel(row["mmsi"])
        coarse = HOUR_MS if row["msg_type"] == 27 else 0
        rank = (row["time_ms"] - coarse, -row["msg_id"])
        if vessel["rank"] is None or rank > vessel["rank"]:
            vessel["rank"], vessel["fix"] = rank, row
            vessel["pending"] = True

    def _settle(self, fixes: list[dict]) -> None:
        for vessel in self.latest.values():
            if vessel.pop("pending", False):
                vessel["version"] = self.seq

    def _said(self, row: dict) -> None:
        if not 0 < row["mmsi"] <= 999_999_999:
            return
        vessel = self._vessel(row["mmsi"])
        for name in ("shipname", "callsign", "imo", "ship_type"):
            value = row.get(name)
            if value is None or value in ("", 0):
                continue
            if name not in vessel["when"] or row["time_ms"] > vessel["when"][name]:
                vessel["when"][name] = row["time_ms"]
                if vessel["said"].get(name) != value:
                    vessel["said"][name], vessel["pending"] = value, True

    def retain(self, before_ms: int) -> None:
        cut = before_ms // BLOCK_MS * BLOCK_MS
        self.fixes = [r for r in self.fixes if r["time_ms"] >= cut]
        self.statics = [r for r in self.statics if r["time_ms"] >= cut]
        for mmsi, vessel in list(self.latest.items()):
            heard = [vessel["fix"]["time_ms"]] if "fix" in vessel else []
            if all(t < cut for t in [*heard, *vessel["when"].values()]):
                del self.latest[mmsi]

    def changed(self, since: int) -> list[tuple]:
        out = []
        for mmsi, v in sorted(self.latest.items()):
            if "fix" in v and v["version"] > since:
                f, s = v["fix"], v["said"]
                out.append((mmsi, f["time_ms"], f["lat_deg"], f["lon_deg"], s.get("shipname"), s.get("callsign"),
                            s.get("imo", -1), s.get("ship_type", -1), v["version"]))  # fmt: skip
        return out

    def _rows(self, ok) -> list[int]:
        rows = [r for r in self.fixes if r["time_ms"] != MISSING_TIME_MS and ok(r)]
        return [r["msg_id"] for r in sorted(rows, key=lambda r: (r["time_ms"], r["mmsi"], r["msg_id"]))]

    def track(self, mmsi: int, start_ms: int, end_ms: int) -> list[int]:
        return self._rows(lambda r: r["mmsi"] == mmsi and start_ms <= r["time_ms"] < end_ms)

    def box(self, west, south, east, north, start_ms, end_ms) -> list[int]:
        def inside(r):
            lon = west <= r["lon_deg"] <= east if west <= east else r["lon_deg"] >= west or r["lon_deg"] <= east
            return south <= r["lat_deg"] <= north and lon and start_ms <= r["time_ms"] < end_ms

        return self._rows(inside)

    def block(self, start_ms: int) -> list[int]:
        return self._rows(lambda r: not r["late"] and start_ms <= r["time_ms"] < start_ms + BLOCK_MS)


def changed_rows(table: Table) -> list[tuple]:
    """Rows of LATEST in the form of ``Twin.changed``."""
    names = ("mmsi", "time_ms", "lat_deg", "lon_deg", "shipname", "callsign", "imo", "ship_type", "version")
    columns = [v.to_pylist() if isinstance(v := table[n], pa.Array) else v.tolist() for n in names]
    return list(zip(*columns, strict=True))

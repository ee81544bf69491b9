"""A store in memory with the reading side of ``stores.keep``: slow, plain, and the second implementation of its interface."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from kizuna.base.table import Table, concat, empty
from kizuna.base.units import MISSING_TIME_MS
from kizuna.events.table import EVENTS
from kizuna.fixes.table import AIS_CLASSES, FIXES
from kizuna.stores.keep.latest import LATEST
from kizuna.tracks.table import IDENTITIES


@dataclass(frozen=True)
class Versions:
    picture: int
    events: int
    newest_ms: int
    oldest_ms: int
    closed_ms: int


def table(schema, rows, **words):
    """Rows of dicts as a table; what a row does not give is missing."""
    out = empty(schema, len(rows))
    columns, lists = dict(out.columns), dict(out.words)
    for c in schema.columns:
        values = [r.get(c.name) for r in rows]
        if all(v is None for v in values):
            continue
        if isinstance(columns[c.name], pa.Array):
            columns[c.name] = pa.array(values, c.file_type)
        elif c.kind.name == "CODE":
            known = c.codes or tuple(dict.fromkeys(v for v in values if v is not None))
            if c.codes is None:
                lists[c.name] = known
            columns[c.name] = np.array([-1 if v is None else known.index(v) for v in values], np.int32)
        else:
            column = columns[c.name].copy()
            for i, v in enumerate(values):
                if v is not None:
                    column[i] = v
            columns[c.name] = column
    return Table(schema, columns, lists)


def fix(mmsi, time_ms, lat, lon, **more):
    return {
        "mmsi": mmsi,
        "time_ms": time_ms,
        "lat_deg": lat,
        "lon_deg": lon,
        "source_id": "feed",
        "label": "nobody",
        "ais_class": "A",
        **more,
    }


class FakeKeep:
    def __init__(self, context="real"):
        self.context = context
        self.fixes, self.said, self.rows = [], {}, []
        self.changed, self.picture, self.events_version = {}, 0, 0

    def add(self, *fixes):
        self.picture += 1
        for f in fixes:
            f = {**f, "context": f.get("context", self.context)}
            self.fixes.append({**f, "msg_id": len(self.fixes)})
            self.changed[f["mmsi"]] = self.picture
        return self.picture

    def say(self, mmsi, **static):
        self.said[mmsi] = {**self.said.get(mmsi, {}), **static}
        self.picture += 1
        self.changed[mmsi] = self.picture

    def put_events(self, *rows):
        self.events_version += 1
        for r in rows:
            r = {"context": self.context, "label": "nobody", "version": 1, "status": "closed", **r}
            self.rows = [x for x in self.rows if x["event_id"] != r["event_id"]] + [r]
        return self.events_version

    # ---- the reading side
    def latest(self, since=0):
        newest = {}
        for f in self.fixes:
            if f["mmsi"] not in newest or f["time_ms"] >= newest[f["mmsi"]]["time_ms"]:
                newest[f["mmsi"]] = f
        rows = [
            {**f, **self.said.get(m, {}), "version": self.changed[m]}
            for m, f in newest.items()
            if self.changed[m] > since
        ]
        return self.picture, table(LATEST, rows)

    def _fixes(self, keep):
        return table(FIXES, sorted((f for f in self.fixes if keep(f)), key=lambda f: (f["mmsi"], f["time_ms"])))

    def track(self, mmsi, start_ms, end_ms, *, names=()):
        return self._fixes(lambda f: f["mmsi"] == mmsi and start_ms <= f["time_ms"] < end_ms)

    def box(self, west, south, east, north, start_ms, end_ms, *, names=()):
        def inside(f):
            lon = west <= f["lon_deg"] <= east if west <= east else f["lon_deg"] >= west or f["lon_deg"] <= east
            return lon and south <= f["lat_deg"] <= north and start_ms <= f["time_ms"] < end_ms

        return self._fixes(inside)

    def events(self, *, since_version=0, start_ms=None, end_ms=None, mmsi=None, event_id="", every_version=False):
        def wanted(r):
            end = r.get("end_ms")
            return (
                (not event_id or r["event_id"] == event_id)
                and (mmsi is None or mmsi in r["mmsis"])
                and (start_ms is None or end is None or end >= start_ms)
                and (end_ms is None or r["start_ms"] < end_ms)
            )

        return table(EVENTS, [r for r in self.rows if wanted(r)])

    def identities(self, mmsi=None):
        rows = []
        for m, said in sorted(self.said.items()):
            times = [f["time_ms"] for f in self.fixes if f["mmsi"] == m] or [0]
            if mmsi is None or m == mmsi:
                rows.append(
                    {
                        "mmsi": m,
                        "first_ms": min(times),
                        "last_ms": max(times),
                        "count": 1,
                        "imo": -1,
                        "context": self.context,
                        "label": "nobody",
                        **said,
                    }
                )
        return table(IDENTITIES, rows)

    def block(self, start_ms, *, names=()):
        return self._fixes(lambda f: start_ms <= f["time_ms"] < start_ms + 600_000)

    def history(self, start_ms, end_ms):
        counts = Counter(f["time_ms"] // 600_000 * 600_000 for f in self.fixes)
        starts = sorted(b for b in counts if start_ms <= b < end_ms)
        return starts, [counts[b] for b in starts]

    def versions(self):
        times = [f["time_ms"] for f in self.fixes] or [MISSING_TIME_MS]
        closed = MISSING_TIME_MS if not self.fixes else max(times) - 900_000
        return Versions(self.picture, self.events_version, max(times), min(times), closed)


__all__ = ["AIS_CLASSES", "FakeKeep", "concat", "fix", "table"]

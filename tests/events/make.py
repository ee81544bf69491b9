"""Builds tracks directly from arrays, so that a test of a detector says exactly what it sees."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from kizuna.base.ids import hash63
from kizuna.base.kernels import distance_m
from kizuna.base.table import Table, empty
from kizuna.fixes.table import FIXES
from kizuna.tracks.table import NOISE_KINDS, SEGMENTS, Tracks

T0_S = 1_577_836_800
"""2020-01-01T00:00:00Z."""
HOUR = 3600
MINUTE = 60
NM_DEG = 1 / 60


@dataclass
class Leg:
    """One segment of one vessel; arrays or numbers, times in seconds after T0_S."""

    mmsi: int
    t: Any
    lat: Any
    lon: Any
    sog: Any = np.nan
    status: Any = -1
    vessel: str = ""
    noise: str = "good"
    label: str = "nobody"
    n: int = field(init=False)

    def __post_init__(self):
        self.t = np.atleast_1d(np.asarray(self.t, np.float64))
        self.n = len(self.t)
        for name in ("lat", "lon", "sog", "status"):
            setattr(self, name, np.broadcast_to(np.asarray(getattr(self, name)), self.n))


def make_tracks(*legs: Leg, shuffle: int | None = None, context: str = "real") -> Tracks:
    """Tracks of the legs; ``shuffle`` is a seed for the arrival order of the fixes."""
    legs = sorted(legs, key=lambda g: (g.mmsi, g.t[0] if g.n else 0))
    n = sum(g.n for g in legs)
    mmsi = np.concatenate([np.full(g.n, g.mmsi) for g in legs] or [[]]).astype(np.int32)
    time_ms = np.concatenate([np.rint((g.t + T0_S) * 1000) for g in legs] or [[]]).astype(np.int64)
    lat, lon = (np.concatenate([getattr(g, k) for g in legs] or [[]]).astype(np.float64) for k in ("lat", "lon"))
    lon = (lon + 180.0) % 360.0 - 180.0
    sog = np.concatenate([g.sog for g in legs] or [[]]).astype(np.float32)
    status = np.concatenate([g.status for g in legs] or [[]]).astype(np.int8)
    sizes = np.array([g.n for g in legs], np.int64)
    ends = np.cumsum(sizes)
    arrival = np.arange(n) if shuffle is None else np.random.default_rng(shuffle).permutation(n)
    order = np.argsort(arrival).astype(np.int64)  # row of the fixes that holds row i of the tracks
    labels = list(dict.fromkeys(g.label for g in legs)) or ["nobody"]
    label = np.concatenate([np.full(g.n, labels.index(g.label)) for g in legs] or [[]]).astype(np.int32)
    columns = dict(empty(FIXES, n).columns)
    columns |= {
        "msg_id": np.array([hash63("fix", int(m), int(t), k) for k, (m, t) in enumerate(zip(mmsi, time_ms))], np.int64),
        "mmsi": mmsi,
        "time_ms": time_ms,
        "lat_deg": lat,
        "lon_deg": lon,
        "sog_kn": sog,
        "nav_status": status,
        "label": label,
        "context": np.zeros(n, np.int32),
    }
    fixes = Table(FIXES, columns, {**empty(FIXES).words, "label": tuple(labels), "context": (context,)}).take(arrival)
    segments = _segments(legs, ends, time_ms, lat, lon, context)
    segment = np.repeat(np.arange(len(legs)), sizes).astype(np.int32)
    return Tracks(
        order=order,
        mmsi=mmsi,
        time_ms=time_ms,
        lat_deg=lat,
        lon_deg=lon,
        sog_kn=sog,
        cog_deg=np.full(n, np.nan, np.float32),
        segment=segment,
        step_m=steps(lat, lon, segment),
        flags=np.zeros(n, np.int32),
        seg_start=ends - sizes,
        seg_end=ends,
        segments=segments,
        fixes=fixes,
    )


def steps(lat, lon, segment) -> np.ndarray:
    """Distance from the row before within the segment."""
    out = np.full(len(lat), np.nan, np.float32)
    for i in range(1, len(lat)):
        if segment[i] == segment[i - 1] >= 0:
            out[i] = distance_m(lat[i - 1], lon[i - 1], lat[i], lon[i])
    return out


def _segments(legs, ends, time_ms, lat, lon, context) -> Table:
    k = len(legs)
    first, last = np.array([e - g.n for e, g in zip(ends, legs)], np.int64), ends - 1
    columns = dict(empty(SEGMENTS, k).columns)
    columns |= {
        "seg_id": np.array(
            [hash63("segment", g.mmsi, int(time_ms[f]), j) for j, (g, f) in enumerate(zip(legs, first))], np.int64
        ).reshape(k),
        "mmsi": np.array([g.mmsi for g in legs], np.int32),
        "vessel_id": pa.array([g.vessel or f"mmsi:{g.mmsi}" for g in legs], pa.string()),
        "start_ms": time_ms[first],
        "end_ms": time_ms[last],
        "pos_count": np.array([g.n for g in legs], np.int32),
        "noise": np.array([NOISE_KINDS.index(g.noise) for g in legs], np.int32),
        "context": np.zeros(k, np.int32),
    }
    return Table(SEGMENTS, columns, {"label": ("nobody",), "context": (context,)})


def only(tracks: Tracks, msg_ids) -> Tracks:
    """The tracks as they would be had only these messages been heard; segments keep their ids."""
    rows = np.flatnonzero(np.isin(tracks.fixes["msg_id"][tracks.order], np.asarray(msg_ids, np.int64)))
    held, start = np.unique(tracks.segment[rows[tracks.segment[rows] >= 0]], return_index=True)
    rows = rows[tracks.segment[rows] >= 0]
    segment = np.searchsorted(held, tracks.segment[rows]).astype(np.int32)
    lat, lon = tracks.lat_deg[rows], tracks.lon_deg[rows]
    step_m = steps(lat, lon, segment)
    beside = np.diff(rows, prepend=-2) == 1
    step_m[beside & ~np.isnan(step_m)] = tracks.step_m[rows][beside & ~np.isnan(step_m)]  # as the segmenter measured it
    end = np.append(start[1:], len(rows)).astype(np.int64)
    segments = tracks.segments.take(held.astype(np.int64))
    segments = segments.replace(start_ms=tracks.time_ms[rows[start]], end_ms=tracks.time_ms[rows[end - 1]])
    return Tracks(
        order=np.arange(len(rows)),
        mmsi=tracks.mmsi[rows],
        time_ms=tracks.time_ms[rows],
        lat_deg=lat,
        lon_deg=lon,
        sog_kn=tracks.sog_kn[rows],
        cog_deg=tracks.cog_deg[rows],
        segment=segment,
        step_m=step_m,
        flags=tracks.flags[rows],
        seg_start=start.astype(np.int64),
        seg_end=end,
        segments=segments,
        fixes=tracks.fixes.take(tracks.order[rows]),
    )


def msg_ids(events: Table, k: int) -> list[int]:
    """All message ids of the proof of event ``k``."""
    return [i for part in events["proof"][k].as_py() for i in part["msg_ids"]]


def rows(events: Table) -> list[dict[str, Any]]:
    """Events as dictionaries, times in milliseconds."""
    names = events.schema.names
    out = []
    for k in range(len(events)):
        row = {}
        for name in names:
            v = events[name][k]
            row[name] = v.as_py() if isinstance(v, pa.Scalar) else v.item()
            column = events.schema[name]
            if column.kind.value == "code":
                row[name] = events.codes_of(name)[row[name]] if row[name] >= 0 else None
        row["tests"] = {t["test"]: t for t in row["evidence"]}
        out.append(row)
    return out

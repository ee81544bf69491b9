"""Traffic for tests of the live engine: small, strange, and with an event of every kind."""

from __future__ import annotations

import hashlib
import io

import numpy as np
import pyarrow as pa

from kizuna.base.table import Table, empty
from kizuna.base.units import HOUR_MS, MINUTE_MS, MISSING_TIME_MS
from kizuna.engines.live.engine import LiveEngine
from kizuna.events.detect import detect_all
from kizuna.events.params import Settings
from kizuna.events.reception import listened
from kizuna.events.surroundings import Surroundings
from kizuna.fixes.statics import STATICS
from kizuna.fixes.table import FIXES
from kizuna.places.anchorages import no_anchorages
from kizuna.places.ports import port_points
from kizuna.places.zone import make_zone
from kizuna.places.zone_index import ZoneIndex
from kizuna.tracks import identity
from kizuna.tracks.segment import segment

T0_MS = 1_772_323_200_000
"""2026-03-01T00:00:00Z."""
PORTS = port_points(no_anchorages())
SQUARE = make_zone([[[(123.0, 23.0), (124.0, 23.0), (124.0, 24.0), (123.0, 24.0), (123.0, 23.0)]]], zone_id="square")


def far_from_land(lat_deg, lon_deg):
    """A coast that is always 30 nm away."""
    return np.full(len(lat_deg), 55_560.0)


AROUND = Surroundings(shore_m=far_from_land, zones=ZoneIndex.build([SQUARE]), ports=PORTS)


def fixes_of(rows: list[tuple]) -> Table:
    """Fixes from rows (mmsi, time_ms, lat, lon, sog, status), in that order; message ids count up."""
    n = len(rows)
    columns = dict(empty(FIXES, n).columns)
    mmsi, time_ms, lat, lon, sog, status = (list(c) for c in zip(*rows)) if rows else ([],) * 6
    columns |= {
        "msg_id": np.arange(n, dtype=np.int64) + 100, "byte_offset": np.arange(n, dtype=np.int64),
        "mmsi": np.array(mmsi, np.int32), "time_ms": np.array(time_ms, np.int64),
        "lat_deg": np.array(lat, np.float64), "lon_deg": np.array(lon, np.float64),
        "sog_kn": np.array(sog, np.float32), "nav_status": np.array(status, np.int8),
        "label": np.zeros(n, np.int32), "context": np.zeros(n, np.int32),
    }  # fmt: skip
    return Table(FIXES, columns, {**empty(FIXES).words, "label": ("nobody",), "context": ("real",)})


def statics_of(rows: list[tuple]) -> Table:
    """Static messages from rows (mmsi, time_ms, imo, name)."""
    n = len(rows)
    columns = dict(empty(STATICS, n).columns)
    columns |= {
        "msg_id": np.arange(n, dtype=np.int64) + 1_000_000, "mmsi": np.array([r[0] for r in rows], np.int32),
        "time_ms": np.array([r[1] for r in rows], np.int64), "imo": np.array([r[2] for r in rows], np.int32),
        "shipname": pa.array([r[3] for r in rows], pa.string()), "byte_offset": np.arange(n, dtype=np.int64),
        "label": np.zeros(n, np.int32), "context": np.zeros(n, np.int32),
    }  # fmt: skip
    return Table(STATICS, columns, {**empty(STATICS).words, "label": ("nobody",), "context": ("real",)})


def sail(mmsi: int, hours: tuple[float, float], lat: float, lon: float, kn: float, course: float, every_s: float,
         rng: np.random.Generator, status: int = -1) -> list[tuple]:  # fmt: skip
    """Rows of a ship on a straight course, with some noise of time and place."""
    t = np.arange(hours[0] * 3600, hours[1] * 3600, every_s)
    t = t + rng.uniform(0, 0.4 * every_s, len(t))
    run_deg = kn * (t - t[0]) / 3600 / 60 if len(t) else t
    lats = lat + run_deg * np.cos(np.radians(course)) + rng.normal(0, 1e-5, len(t))
    lons = lon + run_deg * np.sin(np.radians(course)) / np.cos(np.radians(lat)) + rng.normal(0, 1e-5, len(t))
    times = (T0_MS + np.rint(t * 1000)).astype(np.int64)
    return [(mmsi, int(a), float(b), float(c), round(kn, 1), status) for a, b, c in zip(times, lats, lons)]


def mixed(seed: int, every_s: float = 600.0) -> tuple[Table, Table]:
    """Thirty hours of a few ships with an event of every kind, and what goes wrong in real data."""
    rng = np.random.default_rng(seed)
    port = int(rng.integers(len(PORTS)))
    at = float(PORTS.lat_deg[port]), float(PORTS.lon_deg[port])
    quiet = 4 + rng.uniform(0, 8)
    rows = [
        *sail(200_000_001, (0, quiet), 22.0, 122.0, 10, 90, every_s, rng),  # a gap, and then it is heard again
        *sail(200_000_001, (quiet + 6.5 + rng.uniform(0, 9), 30), 22.0, 124.0, 10, 90, every_s, rng),
        *sail(200_000_002, (0, quiet), 21.0, 125.0, 8, 0, every_s, rng),  # a gap to the end
        *sail(200_000_003, (0, 30), 23.5, 122.5, 6, 90, every_s, rng),  # through the zone
        *sail(200_000_004, (0, 4), 20.0, 122.0, 9, 90, every_s, rng),  # loiters
        *sail(200_000_004, (4, 4 + rng.uniform(3, 9)), 20.0, 122.6, 0.8, 30, every_s, rng),
        *sail(200_000_004, (14, 30), 20.1, 122.7, 9, 90, every_s, rng),
        *sail(200_000_005, (0, 20), 21.5, 127.0, 1.0, 0, every_s, rng),  # meet, for as long as chance has it
        *sail(200_000_006, (3, 3 + rng.uniform(1, 9)), 21.5 + 3 / 60, 127.002, 1.0, 0, every_s, rng),
        *sail(200_000_007, (0, 30), 10.0, 130.0, 12, 200, every_s, rng),  # one number, two ships
        *sail(200_000_007, (1, 29), 35.0, 140.0, 12, 20, every_s, rng),
        *sail(200_000_008, (0, 2), at[0] + 0.2, at[1], 6, 180, every_s, rng),  # a visit to a port
        *sail(200_000_008, (2, 9), at[0] + 0.001, at[1], 0.0, 0, every_s, rng, status=5),
        *sail(200_000_008, (9, 30), at[0], at[1], 9, 0, every_s, rng),
        *sail(200_000_009, (0, 30), 23.5, 123.9 + rng.uniform(0, 0.2), 0.1, 90, 3 * every_s, rng),  # at the line
    ]  # fmt: skip
    rows += [rows[k] for k in rng.integers(0, len(rows), len(rows) // 20)]  # heard twice
    wrong = rows[int(rng.integers(len(rows)))]
    rows += [
        (wrong[0], wrong[1] + 365 * 24 * HOUR_MS, *wrong[2:]), (wrong[0], MISSING_TIME_MS, *wrong[2:]),
        (wrong[0], wrong[1], np.nan, np.nan, *wrong[4:]), (wrong[0], wrong[1], wrong[2] + 20, *wrong[3:]),
        (0, *wrong[1:]), (wrong[0], wrong[1], *wrong[2:4], 102.3, wrong[5]),
    ]  # fmt: skip
    rows.sort(key=lambda r: r[1])
    statics = [(200_000_001, T0_MS + 2 * HOUR_MS, 9_074_729, "FIRST"), (200_000_004, T0_MS + 20 * HOUR_MS, -1, "LOIT"),
               (200_000_007, T0_MS + 3 * HOUR_MS, -1, "ONE"), (200_000_007, T0_MS + 4 * HOUR_MS, -1, "OTHER")]  # fmt: skip
    return fixes_of(rows), statics_of(statics)


def as_run(fixes: Table, statics: Table, around: Surroundings = AROUND, settings: Settings | None = None) -> Table:
    """The events of a run over the rows: the reference of all tests."""
    settings = settings or Settings()
    tracks = identity.join(segment(fixes, settings.segment), statics, settings.identity)
    given = Surroundings(**{
        name: getattr(around, name) for name in around.__slots__ if name != "reception"
    }, reception=listened(tracks) if len(tracks) else None)  # fmt: skip
    return detect_all(tracks, settings, given)


def disorder(fixes: Table, lateness_h: float, rng: np.random.Generator) -> np.ndarray:
    """An order in which no row comes later than ``lateness_h`` after a row that it should have come before."""
    known = np.where(fixes["time_ms"] == MISSING_TIME_MS, T0_MS, fixes["time_ms"])
    return np.argsort(known + rng.uniform(0, lateness_h * HOUR_MS, len(fixes)), kind="stable")


def cuts(n: int, rng: np.random.Generator, most: int = 200) -> list[tuple[int, int]]:
    """Random pieces of ``n`` rows."""
    out, at = [], 0
    while at < n:
        size = int(rng.integers(1, most))
        out.append((at, min(at + size, n)))
        at += size
    return out


def digest(table: Table) -> str:
    """Digest over every byte of every column."""
    whole = table.to_arrow().combine_chunks()
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, whole.schema) as writer:
        writer.write_table(whole)
    return hashlib.sha256(sink.getvalue()).hexdigest()


def stream(engine: LiveEngine, fixes: Table, pieces: list[tuple[int, int]]) -> list[Table]:
    """Feed pieces; what was told for each."""
    return [engine.feed(fixes.slice(a, b)) for a, b in pieces]


__all__ = ["AROUND", "HOUR_MS", "MINUTE_MS", "T0_MS", "as_run", "cuts", "digest", "disorder", "fixes_of", "mixed",
           "sail", "statics_of", "stream"]  # fmt: skip

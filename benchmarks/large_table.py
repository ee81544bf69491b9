"""A large raw table of synthetic traffic, written in chunks: SYNTHETIC, nothing of it is real.

A day of reports in order of time, as a national feed would keep them: MMSI, time, latitude, longitude, speed, course,
heading, status. Ships go to and fro between ports on straight lanes, wait at them, fish, and lie at anchor; some fall
silent for hours, and pairs meet at sea. One seed, one table, whatever the size of the chunks. It is made to weigh as
much as real traffic (speeds, stops, gaps, encounters, ties in time), not to be told from it.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from kizuna.places.coast import load_coast

ROWS_PER_VESSEL = 4_000
START_MS = 1_767_225_600_000  # 2026-01-01
DAY_S = 86_400
CHUNK = 1_000_000
SCHEMA = pa.schema([
    ("mmsi", pa.int32()), ("timestamp", pa.timestamp("ms", tz="UTC")), ("lat", pa.float64()), ("lon", pa.float64()),
    ("sog", pa.float32()), ("cog", pa.float32()), ("heading", pa.float32()), ("nav_status", pa.int8()),
])  # fmt: skip


def _by_the_shore(rng: np.random.Generator, count: int) -> np.ndarray:
    """Places up to 3 km off the shore, where ports are; open ocean would have none of them masked."""
    coast = load_coast()
    found = np.empty((0, 2))
    while len(found) < count:
        tried = rng.uniform([-45, -180], [60, 180], (20_000, 2))
        shore_m = coast.distance_to_shore_m(tried[:, 0].copy(), tried[:, 1].copy())
        found = np.concatenate([found, tried[(shore_m > 0) & (shore_m < 3000)]])
    return found[:count]


class Fleet:
    """What each vessel does: where it starts, how it moves, when it is silent."""

    def __init__(self, rows: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        n = self.n = max(20, rows // ROWS_PER_VESSEL)
        mid = rng.choice([203, 219, 257, 338, 366, 367, 412, 413, 416, 431, 440, 533, 563, 574, 636], n)
        self.mmsi = np.unique(mid * 1_000_000 + rng.integers(0, 1_000_000, n))
        while len(self.mmsi) < n:
            self.mmsi = np.unique(np.append(self.mmsi, rng.integers(201_000_000, 776_000_000, n - len(self.mmsi))))
        rng.shuffle(self.mmsi)
        ports = _by_the_shore(rng, max(8, n // 60))
        self.port = ports[rng.integers(0, len(ports), n)] + rng.normal(0, 0.01, (n, 2))
        # under way, at a port, fishing, drifting far out
        self.kind = rng.choice(4, n, p=[0.45, 0.35, 0.15, 0.05])
        self.speed = np.where(
            self.kind == 0, rng.uniform(8, 22, n), np.where(self.kind == 2, rng.uniform(2, 5, n), 0.2)
        )
        self.speed[self.kind == 3] = rng.uniform(0.3, 1.2, (self.kind == 3).sum())
        self.course = rng.uniform(0, 2 * math.pi, n)
        self.leg_s = rng.uniform(3, 12, n) * 3600
        self.phase = rng.uniform(0, DAY_S, n)
        at_sea = self.kind == 3
        self.port[at_sea] = rng.uniform([-40, -180], [40, 180], (at_sea.sum(), 2))
        # some drifters have company a few kilometres off, which comes alongside for 2 to 6 hours: an encounter
        self.partner = np.full(n, -1)
        drifters, others = np.flatnonzero(at_sea), np.flatnonzero(self.kind == 0)
        k = min(n // 60, len(drifters), len(others))
        self.partner[others[:k]] = drifters[:k]
        self.kind[others[:k]] = 3
        self.meet_s = rng.uniform(0.15 * DAY_S, 0.85 * DAY_S, n)
        self.meet_half_s = rng.uniform(1, 3, n) * 3600
        # silences of 7 to 20 hours
        self.silent_from = np.where(rng.random(n) < 0.04, rng.uniform(0, DAY_S, n), 1e9)
        self.silent_to = self.silent_from + rng.uniform(7, 20, n) * 3600
        weight = np.where(self.kind == 1, 0.25, 1.0) * rng.uniform(0.5, 1.5, n)
        self.upto = np.cumsum(weight / weight.sum())

    def rows(self, number: int, count: int, span_s: tuple[float, float], seed: int) -> pa.Table:
        """Reports of one stretch of time, in order."""
        rng = np.random.default_rng((seed, number))
        t = np.sort(rng.uniform(span_s[0], span_s[1], count))
        v = np.minimum(np.searchsorted(self.upto, rng.random(count)), self.n - 1)
        quiet = (t > self.silent_from[v]) & (t < self.silent_to[v])
        v[quiet] = (v[quiet] * 31 + 7) % self.n  # somebody else is heard instead
        quiet = (t > self.silent_from[v]) & (t < self.silent_to[v])
        t, v = t[~quiet], v[~quiet]
        lead = np.where(self.partner[v] >= 0, self.partner[v], v)
        part = ((t + self.phase[lead]) % (2 * self.leg_s[lead])) / self.leg_s[lead]
        out = np.where(part < 1, part, 2 - part)  # out on the lane and back
        back = np.where(part < 1, 0.0, math.pi)
        along = out * self.leg_s[lead] * self.speed[lead] * 0.5144 / 111_000
        lat = self.port[lead, 0] + along * np.cos(self.course[lead]) + rng.normal(0, 4e-5, len(t))
        lat = np.clip(lat, -84, 84)
        stretch = np.maximum(np.cos(np.radians(lat)), 0.1)
        lon = self.port[lead, 1] + along * np.sin(self.course[lead]) / stretch + rng.normal(0, 4e-5, len(t))
        away = np.clip((np.abs(t - self.meet_s[v]) - self.meet_half_s[v]) / 3600, 0, 1)
        lon += np.where(self.partner[v] >= 0, 0.001 + 0.05 * away, 0.0)
        sog = np.abs(self.speed[lead] + rng.normal(0, 0.15, len(t)))
        cog = np.degrees(self.course[lead] + back + rng.normal(0, 0.03, len(t))) % 360
        ms = START_MS + np.round(t).astype(np.int64) * 1000
        heading = np.where(self.kind[v] == 2, 511, np.round(cog) % 360)
        status = np.array([0, 5, 7, 0], np.int8)[self.kind[v]]
        columns = [
            self.mmsi[v].astype(np.int32), ms, np.round(lat, 5), np.round((lon + 180) % 360 - 180, 5),
            np.round(sog, 1).astype(np.float32), (np.round(cog, 1) % 360).astype(np.float32),
            heading.astype(np.float32), status,
        ]  # fmt: skip
        return pa.table([pa.array(c).cast(f.type) for c, f in zip(columns, SCHEMA)], SCHEMA)


def write(path: Path, rows: int, seed: int = 1) -> int:
    """Write a table of exactly ``rows`` rows; the number of vessels."""
    fleet = Fleet(rows, seed)
    written = 0
    number = 0
    with pq.ParquetWriter(path, SCHEMA, compression="zstd", compression_level=1) as file:
        while written < rows:
            count = min(CHUNK, rows - written)
            made = fleet.rows(number, count, (written / rows * DAY_S, (written + count) / rows * DAY_S), seed)
            file.write_table(made, row_group_size=1 << 18)
            written += max(len(made), 1)
            number += 1
    return fleet.n


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path, nargs="?", help="without it nothing is written")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    a = parser.parse_args()
    if a.path:
        print(write(a.path, a.rows, a.seed), "vessels")

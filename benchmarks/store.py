"""The embedded store: durable appends, and questions to a store of many rows, beside plain SQLite rows and DuckDB.

    python benchmarks/store.py                 # 5,000 vessels x 3 days at a fix a minute: 21.6 M rows
    python benchmarks/store.py --days 30       # 216 M rows, the goal: a vessel's week <= 100 ms, box + hour <= 300 ms
    python benchmarks/store.py --at DIR        # keeps the store there; one that is there already is only asked

Batches of 10,000 fixes (two minutes), each durable when the call returns; static messages every half hour. Half of the
vessels sail between 118 and 126 E, 20 and 27 N, the others all over the world. Questions are asked of the compacted
store with a warm page cache and nothing kept between them; times are wall and CPU, medians of random vessels, places and
hours. Peers hold the columns that a track needs (mmsi, time, position, speed, course), so they are favoured.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable

sys.path.insert(0, str(Path(__file__).parent))
from harness import RESULTS, cpu_name, pin  # noqa: E402

import numpy as np  # noqa: E402
import pyarrow as pa  # noqa: E402

from kizuna.base.table import Table, empty  # noqa: E402
from kizuna.base.units import DAY_MS, HOUR_MS, MINUTE_MS  # noqa: E402
from kizuna.fixes.statics import STATICS  # noqa: E402
from kizuna.fixes.table import FIXES  # noqa: E402
from kizuna.sources.batch import Batch, nothing  # noqa: E402
from kizuna.stores.keep import BLOCK_MS, KeepParams, open_keep  # noqa: E402

T0_MS = 1_769_904_000_000  # 2026-02-01T00:00:00Z
BATCH = 10_000
LINE_BYTES = 62
REPLAY = ("sog_kn", "cog_deg", "lat_deg", "lon_deg")


class Traffic:
    """Vessels on courses that wander, at speeds of 0 to 20 kn, quantised as AIS sends them."""

    def __init__(self, vessels: int, seed: int = 1):
        self.rng = np.random.default_rng(seed)
        self.n = vessels
        self.mmsi = np.sort(self.rng.choice(np.arange(201_000_000, 775_000_000), vessels, replace=False)).astype(
            np.int32
        )
        near = self.rng.random(vessels) < 0.5
        self.lat = np.where(near, self.rng.uniform(20, 27, vessels), self.rng.uniform(-60, 65, vessels))
        self.lon = np.where(near, self.rng.uniform(118, 126, vessels), self.rng.uniform(-180, 180, vessels))
        self.home = self.lat.copy(), self.lon.copy()
        self.sog = np.where(self.rng.random(vessels) < 0.4, 0.1, self.rng.uniform(6, 20, vessels))
        self.cog = self.rng.uniform(0, 360, vessels)
        self.minute, self.offset = 0, 0

    def fixes(self, rows: int) -> Table:
        parts = [self._minute() for _ in range(rows // self.n)]
        columns = dict(empty(FIXES, rows).columns)
        for name in parts[0]:
            columns[name] = np.concatenate([p[name] for p in parts])
        columns["byte_offset"] = self.offset + LINE_BYTES * np.arange(rows, dtype=np.int64)
        columns["msg_id"] = columns["byte_offset"] + 10**15
        self.offset += LINE_BYTES * rows
        one = np.ones(rows, np.int8)
        columns |= {"msg_type": one, "repeat": 0 * one, "raim": 0 * one, "accuracy": one, "nav_status": 0 * one}
        for name in ("time_source", "source_id", "station_id", "channel", "talker", "ais_class", "label", "context"):
            columns[name] = np.zeros(rows, np.int32)
        words = {
            "source_id": ("tcp:receiver",),
            "station_id": ("b003669708",),
            "label": ("nobody",),
            "context": ("real",),
        }
        return Table(FIXES, columns, words)

    def _minute(self) -> dict[str, Any]:
        n = self.n
        self.cog = (self.cog + self.rng.normal(0, 2, n)) % 360
        step = self.sog / 60 / 60
        self.lat = self.lat + step * np.cos(np.radians(self.cog))
        self.lon = (self.lon + step * np.sin(np.radians(self.cog)) + 180) % 360 - 180
        back = (np.abs(self.lat - self.home[0]) > 3) | (np.abs(self.lon - self.home[1]) > 3)
        self.cog = np.where(back, (self.cog + 180) % 360, self.cog)
        time_ms = T0_MS + self.minute * MINUTE_MS + self.rng.integers(0, 60, n) * 1000
        self.minute += 1
        order = np.argsort(time_ms, kind="stable")
        sog = np.maximum(0, np.round(self.sog + self.rng.normal(0, 0.1, n), 1))
        columns = {
            "mmsi": self.mmsi, "time_ms": time_ms, "received_ms": time_ms + 1200, "lat_deg": np.round(self.lat * 6e5) / 6e5,
            "lon_deg": np.round(self.lon * 6e5) / 6e5, "sog_kn": sog.astype(np.float32),
            "cog_deg": np.round(self.cog, 1).astype(np.float32), "heading_deg": np.round(self.cog).astype(np.float32),
            "second": (time_ms // 1000 % 60).astype(np.int8),
        }  # fmt: skip
        return {name: value[order] for name, value in columns.items()}

    def statics(self) -> Table:
        n = self.n
        columns = dict(empty(STATICS, n).columns)
        columns |= {
            "mmsi": self.mmsi, "time_ms": np.full(n, T0_MS + self.minute * MINUTE_MS), "msg_id": self.offset + np.arange(n) + 10**17,
            "shipname": pa.array([f"VESSEL {m}" for m in self.mmsi]), "callsign": pa.array([f"C{m % 99999}" for m in self.mmsi]),
            "imo": (9_000_000 + np.arange(n)).astype(np.int32), "ship_type": np.full(n, 70, np.int16),
            "to_bow_m": np.full(n, 100, np.int16), "to_stern_m": np.full(n, 20, np.int16), "msg_type": np.full(n, 5, np.int8),
        }  # fmt: skip
        for name in ("label", "context", "source_id"):
            columns[name] = np.zeros(n, np.int32)
        return Table(
            STATICS,
            columns,
            {**empty(STATICS).words, "label": ("nobody",), "context": ("real",), "source_id": ("tcp:receiver",)},
        )


def both(work: Callable[[], Any]) -> tuple[float, float, Any]:
    wall, cpu = time.perf_counter(), time.process_time()
    out = work()
    return time.perf_counter() - wall, time.process_time() - cpu, out


def rss_mb() -> int:
    """Memory now; the greatest of a process is that of its parent here and there."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20


def asked(work: Callable[[int], Any], times: int) -> dict[str, float]:
    """Median and greatest time of a question, ms, and the median of the rows of its answers."""
    walls, cpus, rows = [], [], []
    for k in range(times):
        wall, cpu, out = both(lambda: work(k))
        walls.append(wall * 1000)
        cpus.append(cpu * 1000)
        rows.append(len(out))
    return {
        "ms": round(statistics.median(walls), 1), "ms_max": round(max(walls), 1), "cpu_ms": round(statistics.median(cpus), 1),
        "cpu_ms_max": round(max(cpus), 1), "rows": int(statistics.median(rows)),
    }  # fmt: skip


def fill(keep: Any, traffic: Traffic, batches: int) -> dict[str, Any]:
    walls, cpu, rows, peak = [], 0.0, 0, 0
    for k in range(batches):
        batch: Batch = replace(nothing(), fixes=traffic.fixes(BATCH))
        if k % 15 == 0:
            batch = replace(batch, statics=traffic.statics())
        wall, used, _ = both(lambda: keep.append(batch))
        walls.append(wall)
        cpu += used
        rows += BATCH
        peak = max(peak, rss_mb())
        if k % 200 == 199:
            print(f"{rows:,} rows, {rows / sum(walls):,.0f}/s wall", file=sys.stderr, flush=True)
    before = time.process_time()
    keep.seal()
    cpu += time.process_time() - before
    walls.sort()
    return {
        "rows": rows, "rows_per_s": round(rows / sum(walls)), "rows_per_cpu_s": round(rows / cpu),
        "batch_ms": round(statistics.median(walls) * 1000, 1), "batch_ms_p99": round(walls[int(0.99 * len(walls))] * 1000, 1),
        "batch_ms_max": round(walls[-1] * 1000, 1), "rss_mb_max": peak,
    }  # fmt: skip


def questions(keep: Any, traffic: Traffic, days: int, times: int) -> dict[str, Any]:
    rng = np.random.default_rng(2)
    end = T0_MS + days * DAY_MS
    mmsi = rng.choice(traffic.mmsi, times).tolist()
    week = [int(rng.integers(T0_MS, max(T0_MS + 1, end - 7 * DAY_MS))) for _ in range(times)]
    hour = [int(rng.integers(T0_MS, end - HOUR_MS)) for _ in range(times)]
    west, south = rng.uniform(118, 125, times), rng.uniform(20, 26, times)
    blocks = [int(h // BLOCK_MS * BLOCK_MS) for h in hour]
    head = keep.versions().picture
    out = {
        "latest, all": asked(lambda k: keep.latest()[1], 20),
        "latest, of the last batch": asked(lambda k: keep.latest(head - 1)[1], 20),
        "a vessel's week": asked(lambda k: keep.track(mmsi[k], week[k], week[k] + 7 * DAY_MS), times),
        "a vessel's day": asked(lambda k: keep.track(mmsi[k], hour[k], hour[k] + DAY_MS), times),
        "box of 1 x 1 degree, one hour": asked(
            lambda k: keep.box(west[k], south[k], west[k] + 1, south[k] + 1, hour[k], hour[k] + HOUR_MS), times),
        "box of 7 x 8 degrees (half of all vessels), one hour": asked(
            lambda k: keep.box(118, 20, 126, 27, hour[k], hour[k] + HOUR_MS), max(5, times // 4)),
        "block of ten minutes, all columns": asked(lambda k: keep.block(blocks[k]), max(5, times // 4)),
        "block of ten minutes, columns of a replay": asked(lambda k: keep.block(blocks[k], names=REPLAY), max(5, times // 4)),
        "history of all blocks": asked(lambda k: keep.history(T0_MS, end)[0], 5),
        "identities of all": asked(lambda k: keep.identities(), 3),
    }  # fmt: skip
    return out


def peers(batches: int, vessels: int, place: Path) -> dict[str, Any]:
    """The same appends and questions to plain SQLite rows with two indexes, and to a DuckDB file, on a smaller store."""
    import duckdb

    out: dict[str, Any] = {}
    names = ["mmsi", "time_ms", "lat_deg", "lon_deg", "sog_kn", "cog_deg"]
    end = T0_MS + batches * BATCH // vessels * MINUTE_MS
    box = "lat_deg BETWEEN 22 AND 23 AND lon_deg BETWEEN 120 AND 121"
    track = "SELECT * FROM fix WHERE mmsi = ? ORDER BY time_ms"
    boxed = f"SELECT * FROM fix WHERE time_ms >= ? AND time_ms < ? AND {box}"

    db = sqlite3.connect(place / "rows.db", isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("CREATE TABLE fix (mmsi, time_ms, lat_deg, lon_deg, sog_kn, cog_deg)")
    db.execute("CREATE INDEX a ON fix (mmsi, time_ms)")
    db.execute("CREATE INDEX b ON fix (time_ms)")

    def into_sqlite(table: Table) -> None:
        db.execute("BEGIN")
        db.executemany("INSERT INTO fix VALUES (?, ?, ?, ?, ?, ?)", zip(*(table[n].tolist() for n in names)))
        db.execute("COMMIT")

    duck = duckdb.connect(str(place / "rows.duckdb"))
    duck.execute("SET threads = 1")
    duck.execute(
        "CREATE TABLE fix (mmsi INT, time_ms BIGINT, lat_deg DOUBLE, lon_deg DOUBLE, sog_kn FLOAT, cog_deg FLOAT)"
    )

    def into_duck(table: Table) -> None:
        part = pa.table({n: table[n] for n in names})
        duck.execute("INSERT INTO fix SELECT * FROM part")

    keep = open_keep(place / "keep")
    ways = {
        "Kizuna": lambda t: keep.append(replace(nothing(), fixes=t)), "SQLite rows": into_sqlite, "DuckDB file": into_duck,
    }  # fmt: skip
    for name, append in ways.items():
        traffic = Traffic(vessels)
        used = [both(lambda: append(table))[:2] for table in (traffic.fixes(BATCH) for _ in range(batches))]
        rows = batches * BATCH
        out[name] = {"rows_per_s": round(rows / sum(w for w, _ in used)), "rows_per_cpu_s": round(rows / sum(c for _, c in used)),
                     "batch_ms": round(statistics.median(w for w, _ in used) * 1000, 1)}  # fmt: skip
    keep.seal()
    keep.compact()
    mmsi = [int(m) for m in Traffic(vessels).mmsi[:: max(1, vessels // 10)][:10]]
    hour = (end - 2 * HOUR_MS, end - HOUR_MS)
    ask = {
        "Kizuna": (lambda k: keep.track(mmsi[k], T0_MS, end), lambda k: keep.box(120, 22, 121, 23, *hour)),
        "SQLite rows": (
            lambda k: db.execute(track, (mmsi[k],)).fetchall(),
            lambda k: db.execute(boxed, hour).fetchall(),
        ),
        "DuckDB file": (
            lambda k: duck.execute(track, (mmsi[k],)).fetchall(),
            lambda k: duck.execute(boxed, hour).fetchall(),
        ),
    }
    for name, (of_vessel, of_box) in ask.items():
        out[name] |= {"track": asked(of_vessel, 10), "box and hour": asked(of_box, 10)}
    keep.close()
    db.close()
    duck.close()
    sizes = {"Kizuna": place / "keep", "SQLite rows": place / "rows.db", "DuckDB file": place / "rows.duckdb"}
    for name, path in sizes.items():
        out[name]["bytes_per_row"] = round(size_of(path) / (batches * BATCH), 1)
    return out


def size_of(path: Path) -> int:
    return path.stat().st_size if path.is_file() else sum(p.stat().st_size for p in path.rglob("*") if p.is_file())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=3)
    parser.add_argument("--vessels", type=int, default=5000)
    parser.add_argument("--times", type=int, default=40, help="how often each question is asked")
    parser.add_argument("--core", type=int, default=-1, help="bind to one core; by default sealing has the other one")
    parser.add_argument("--at", type=Path, help="where to make the store (kept); a temporary place by default")
    parser.add_argument("--full-sync", action="store_true", help="wait for the disk at each append")
    parser.add_argument("--no-peers", action="store_true")
    args = parser.parse_args()
    if args.core >= 0:
        pin(args.core)
    place = args.at or Path(tempfile.mkdtemp(prefix="keep-"))
    doc: dict[str, Any] = {
        "machine": {"cpu": cpu_name(), "python": platform.python_version()},
        "days": args.days,
        "vessels": args.vessels,
    }
    try:
        traffic = Traffic(args.vessels)
        there = (place / "store").exists()
        wall, cpu, keep = both(lambda: open_keep(place / "store", params=KeepParams(full_sync=args.full_sync)))
        doc["open"] = {"s": round(wall, 2), "cpu_s": round(cpu, 2)}
        with keep:
            if there:
                args.days = (keep.versions().newest_ms - T0_MS) // DAY_MS
                doc["days"] = args.days
            else:
                doc["append"] = fill(keep, traffic, args.days * 1440 * args.vessels // BATCH)
                print(json.dumps(doc["append"]), flush=True)
            keep.seal()
            wall, cpu, rows = both(keep.compact)
            doc["compact"] = {"rows": rows, "s": round(wall, 1), "cpu_s": round(cpu, 1)}
            print(json.dumps(doc["compact"]), flush=True)
            doc["questions"] = questions(keep, traffic, args.days, args.times)
            segments = [s for s in keep._core.view.segments if s.table == "fixes"]
            doc["rows"] = sum(s.rows for s in segments)
            doc["bytes_per_fix_in_segments"] = round(sum(s.size for s in segments) / doc["rows"], 2)
            doc["segments"] = len(segments)
        doc["bytes"] = size_of(place / "store")
        doc["bytes_per_fix"] = round(doc["bytes"] / doc["rows"], 2)
        doc["load"] = [round(x, 1) for x in os.getloadavg()]
        if not args.no_peers:
            doc["peers"] = {"rows": 60 * BATCH} | peers(60, args.vessels, place)
    finally:
        if args.at is None:
            shutil.rmtree(place, ignore_errors=True)
    print(json.dumps(doc, indent=1))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"store_{args.days}_days.json").write_text(json.dumps(doc, indent=1) + "\n")


if __name__ == "__main__":
    main()

"""Which index finds a box with an hour in PostgreSQL: GiST over points, or BRIN over rows that lie in a good order.

    python benchmarks/postgres_indexes.py            # 5,000 vessels x 6 h: 1.8 M rows, results/postgres_indexes.json

Each way is a table of the same rows: as they came, or put in order by hour, place (a Hilbert curve) and vessel. Told are
the size of what the way adds, the rows per second that COPY takes in with it, and how long questions take in the server
(a count, so that fetching does not blur them), medians of random places and vessels with everything in memory.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
import adbc_driver_postgresql.dbapi as dbapi  # noqa: E402
import numpy as np  # noqa: E402
import pyarrow as pa  # noqa: E402
from harness import RESULTS, cpu_name  # noqa: E402
from store import BATCH, T0_MS, Traffic  # noqa: E402
from stores.postgres.server import Server, missing  # noqa: E402

HOUR_S = 3600
POINT = "(ST_SetSRID(ST_MakePoint(lon, lat), 4326))"
TRACK = 'CREATE INDEX ON {t} (mmsi, "timestamp")'
BRIN = 'CREATE INDEX ON {t} USING brin ("timestamp") WITH (pages_per_range = 16)'
WAYS = {
    "as it came, BRIN time": ("", [TRACK, BRIN]),
    "as it came, BRIN time, GiST point": ("", [TRACK, BRIN, f"CREATE INDEX ON {{t}} USING gist ({POINT})"]),
    "in order, BRIN time": ("o", [TRACK, BRIN]),
    "in order, BRIN time, lat, lon": ("o", [TRACK, 'CREATE INDEX ON {t} USING brin ("timestamp", lat, lon) WITH (pages_per_range = 4)']),
    "in order, BRIN time, point": ("o", [TRACK, f'CREATE INDEX ON {{t}} USING brin ("timestamp", {POINT}) WITH (pages_per_range = 4)']),
    "in order, BRIN time, GiST point": ("o", [TRACK, BRIN, f"CREATE INDEX ON {{t}} USING gist ({POINT})"]),
}  # fmt: skip
COLUMNS = (
    'msg_id int8, mmsi int4, "timestamp" timestamptz, received_at timestamptz, source_id int4, byte_offset int8, '
    "msg_type int2, lat float8, lon float8, sog_kn float4, cog_deg float4, heading_deg float4, nav_status int2, flags int4"
)
ORDER = (
    "date_trunc('hour', \"timestamp\"), ST_SetSRID(ST_MakePoint(first_value(lon) OVER w, first_value(lat) OVER w), 4326), "
    "mmsi, \"timestamp\""
)  # fmt: skip


def arrow(traffic: Traffic) -> pa.Table:
    table = traffic.fixes(BATCH)
    stamp = pa.timestamp("ms", tz="UTC")
    cut = {name: table[name] for name in ("msg_id", "mmsi")}
    cut |= {"timestamp": pa.array(table["time_ms"], stamp), "received_at": pa.array(table["received_ms"], stamp)}
    cut |= {"source_id": table["source_id"], "byte_offset": table["byte_offset"], "msg_type": table["msg_type"]}
    cut |= {"lat": table["lat_deg"], "lon": table["lon_deg"]}
    cut |= {name: table[name] for name in ("sog_kn", "cog_deg", "heading_deg", "nav_status", "flags")}
    return pa.table(cut)


def timed(cur, sql: str) -> float:
    before = time.perf_counter()
    cur.execute(sql)
    cur.fetchall()
    return (time.perf_counter() - before) * 1000


def questions(cur, name: str, traffic: Traffic, hours: int, point: bool) -> dict[str, float]:
    rng = np.random.default_rng(3)
    out: dict[str, list[float]] = {"vessel": [], "box_1": [], "box_8": []}
    for _ in range(20):
        start = T0_MS // 1000 + int(rng.integers(0, (hours - 1) * HOUR_S))
        when = f'"timestamp" >= to_timestamp({start}) AND "timestamp" < to_timestamp({start + HOUR_S})'
        mmsi = int(rng.choice(traffic.mmsi))
        out["vessel"].append(timed(cur, f"SELECT count(sog_kn) FROM {name} WHERE mmsi = {mmsi}"))
        west, south = float(rng.uniform(118, 125)), float(rng.uniform(20, 26))
        for key, (w, s, e, n) in {"box_1": (west, south, west + 1, south + 1), "box_8": (118, 20, 126, 27)}.items():
            box = f"lat BETWEEN {s} AND {n} AND lon BETWEEN {w} AND {e}"
            if point:
                box += f" AND {POINT} && ST_MakeEnvelope({w}, {s}, {e}, {n}, 4326)"
            out[key].append(timed(cur, f"SELECT count(sog_kn) FROM {name} WHERE {when} AND {box}"))
    return {f"{k}_ms": round(statistics.median(v), 1) for k, v in out.items()}


def measure(hours: int, dsn: str) -> dict:
    out: dict = {}
    with dbapi.connect(dsn, autocommit=True) as connection, connection.cursor() as cur:
        cur.execute("SET max_parallel_workers_per_gather = 0")
        cur.execute("SET jit = off")
        traffic = Traffic(5000)
        batches = [arrow(traffic) for _ in range(hours * 30)]
        for k, (name, (order, indexes)) in enumerate(WAYS.items()):
            table = f"way{k}"
            cur.execute(f"CREATE TABLE {table} ({COLUMNS})")
            row: dict = {}
            if order:
                source = f'SELECT * FROM way0 WINDOW w AS (PARTITION BY mmsi, date_trunc(\'hour\', "timestamp") ORDER BY "timestamp")'
                before = time.perf_counter()
                cur.execute(f"INSERT INTO {table} {source} ORDER BY {ORDER}")
                for sql in indexes:
                    cur.execute(sql.format(t=table))
                row["put_in_order_s"] = round(time.perf_counter() - before, 1)
            else:
                for sql in indexes:
                    cur.execute(sql.format(t=table))
                before = time.perf_counter()
                for batch in batches:
                    cur.adbc_ingest(table, batch, mode="append")
                row["rows_per_s"] = round(len(batches) * BATCH / (time.perf_counter() - before))
            cur.execute(f"VACUUM ANALYZE {table}")
            cur.execute(f"SELECT pg_table_size('{table}') >> 20 AS t, pg_indexes_size('{table}') >> 20 AS i")
            row["table_mb"], row["indexes_mb"] = cur.fetchone()
            row |= questions(cur, table, traffic, hours, "point" in name)
            out[name] = row
            print(name, row, file=sys.stderr, flush=True)
            if k:
                cur.execute(f"DROP TABLE {table}")
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=int, default=6)
    args = parser.parse_args()
    if why := missing():
        sys.exit(why)
    server = Server({"shared_buffers": "1GB"}).start()
    try:
        ways = measure(args.hours, server.new_database("bench"))
    finally:
        server.remove()
    doc = {"rows": args.hours * 300_000, "cpu": cpu_name(), "ways": ways}
    (RESULTS / "postgres_indexes.json").write_text(json.dumps(doc, indent=1) + "\n")
    print(json.dumps(doc, indent=1))


if __name__ == "__main__":
    main()

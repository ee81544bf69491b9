"""The store on a PostgreSQL server beside the embedded one, in one run: durable appends and questions.

    python benchmarks/store_postgres.py               # 2,500 vessels x 7 days at a fix a minute: 25.2 M rows
    python benchmarks/store_postgres.py --vessels 5000 --days 3

Both take the same batches of 10,000 fixes and are then compacted (days put in order, in PostgreSQL) and asked the same.
The server runs on this machine with fsync on, 1 GB of shared buffers and 4 GB between checkpoints. CPU times are of this
process and of the server together. Written to results/store_postgres_VESSELSxDAYS.json.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from harness import RESULTS, cpu_name  # noqa: E402
import store as store_benchmark  # noqa: E402
from store import BATCH, Traffic, fill, questions  # noqa: E402
from stores.postgres.server import Server, missing  # noqa: E402

from kizuna.base.units import DAY_MS, MINUTE_MS  # noqa: E402
from kizuna.stores.keep import open_keep  # noqa: E402
from kizuna.stores.postgres import open_postgres  # noqa: E402

_CONFIGURED = {
    "shared_buffers": "1GB",
    "max_wal_size": "4GB",
    "maintenance_work_mem": "256MB",
    "effective_cache_size": "8GB",
}
_SIZES = (
    "SELECT count(*), sum(pg_table_size(c.oid)), sum(pg_indexes_size(c.oid)) FROM pg_class c "
    "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'kizuna_real' AND c.relkind = 'r'"
)


def measure(keep, vessels: int, days: int, times: int) -> dict:
    traffic = Traffic(vessels)
    out = {"append": fill(keep, traffic, vessels * days * DAY_MS // MINUTE_MS // BATCH)}
    before = time.perf_counter()
    rows = keep.compact()
    took = time.perf_counter() - before
    out["compact"] = {"rows": rows, "s": round(took, 1), "rows_per_s": round(rows / took)}
    questions(keep, traffic, days, 5)  # warm
    out["questions"] = questions(keep, traffic, days, times)
    return out


def with_server(server: Server):
    """What takes the time of a piece of work, with the CPU time of the server."""

    def both(work):
        wall, cpu = time.perf_counter(), time.process_time() + server.cpu_s()
        out = work()
        return time.perf_counter() - wall, time.process_time() + server.cpu_s() - cpu, out

    return both


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vessels", type=int, default=2500)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--times", type=int, default=30)
    args = parser.parse_args()
    if why := missing():
        sys.exit(why)
    doc: dict = {"vessels": args.vessels, "days": args.days, "cpu": cpu_name(), "load": round(os.getloadavg()[0], 1)}
    with tempfile.TemporaryDirectory() as name:
        place = Path(name) / "keep"
        with open_keep(place) as keep:
            doc["embedded"] = measure(keep, args.vessels, args.days, args.times)
        size = sum(p.stat().st_size for p in place.rglob("*") if p.is_file())
        doc["embedded"]["bytes_a_fix"] = round(size / doc["embedded"]["append"]["rows"], 1)
        print(json.dumps(doc["embedded"], indent=1), flush=True)
    server = Server(_CONFIGURED).start()
    try:
        dsn = server.new_database("bench")
        store_benchmark.both = with_server(server)
        with open_postgres(dsn) as store:
            doc["postgres"] = measure(store, args.vessels, args.days, args.times)
        _, table, indexes = (int(v) for v in server.sql(_SIZES, "bench").strip().split("|"))
        rows = doc["postgres"]["append"]["rows"]
        doc["postgres"] |= {
            "bytes_a_fix": round((table + indexes) / rows, 1),
            "of_that_indexes": round(indexes / rows, 1),
        }
        before = time.perf_counter()
        open_postgres(dsn).close()
        doc["postgres"]["open_s"] = round(time.perf_counter() - before, 2)
    finally:
        server.remove()
    print(json.dumps(doc["postgres"], indent=1))
    (RESULTS / f"store_postgres_{args.vessels}x{args.days}.json").write_text(json.dumps(doc, indent=1) + "\n")


if __name__ == "__main__":
    main()

"""Presence and transits of a real day (4.1 million positions): Kizuna beside the same questions in SQL (DuckDB).

    python benchmarks/presence.py DIR [--rounds 5]      DIR: kizuna detect ../shared/data/ais/noaa_us_2020-01-01.parquet

Both read the same Parquet files, on one pinned core, from the file to the counts. The answers must be equal: vessel-hours
to the half millisecond, vessels and fixes exactly, by flag block and by cell; crossings of the lines by direction (raw
ones: hysteresis has no short form in SQL, so it is set to nothing there). SQL tests crossings in double precision and
knows neither 180 degrees nor fixes on a line; the lines here avoid both. Also timed: the kernel alone on rows in memory.
"""

import argparse

import harness

harness.one_thread()

from pathlib import Path  # noqa: E402

import duckdb  # noqa: E402
import numpy as np  # noqa: E402

from kizuna.engines.over_time.stream import Results, rows  # noqa: E402
from kizuna.picture.presence import Params, Presence, parts  # noqa: E402
from kizuna.picture.transits import Params as TransitParams  # noqa: E402
from kizuna.picture.transits import Transits  # noqa: E402
from kizuna.places.gates import make_gate  # noqa: E402

LINES = {
    "golden-gate": [(-122.47831, 37.81061), (-122.47831, 37.83251)],
    "long-beach": [(-118.30003, 33.60007), (-118.00003, 33.60009)],
    "juan-de-fuca": [(-124.10001, 48.60003), (-124.10007, 48.15001)],
    "chesapeake": [(-76.01003, 37.12003), (-75.97007, 36.90009)],
    "florida": [(-80.35003, 25.20001), (-79.30009, 25.20003)],
    "sandy-hook": [(-74.00003, 40.47001), (-73.93007, 40.58003)],
}
GATES = [make_gate([line], {"gate_id": name}) for name, line in LINES.items()]

VESSEL = """
    not (mmsi >= 2000000 and mmsi < 8000000 or mmsi >= 20000000 and mmsi < 80000000
         or mmsi >= 111000000 and mmsi < 112000000 or mmsi >= 970000000 and mmsi < 971000000
         or mmsi >= 972000000 and mmsi < 973000000 or mmsi >= 974000000 and mmsi < 975000000 or mmsi >= 990000000)
"""
STEPS = f"""
    with good as (
        select f.mmsi, f.seg_id, f.timestamp, f.lat, f.lon, epoch_ms(f.timestamp) as t, f.file_row_number as n
        from read_parquet('{{dir}}/fixes.parquet', file_row_number = true) f
        where f.seg_id is not null and f.lat is not null and f.timestamp is not null and {VESSEL}
          and f.seg_id not in (select seg_id from read_parquet('{{dir}}/segments.parquet')
                               where noise in ('overlapping_short', 'stationary_gear')))
"""
PRESENCE = (
    STEPS
    + """
    , weighed as (
        select mmsi, lat, lon,
            least(t - coalesce(lag(t) over w, t), 3600000) + least(coalesce(lead(t) over w, t) - t, 3600000) as half_ms
        from good window w as (partition by seg_id order by n))
    select {key} as k, sum(half_ms)::bigint, count(distinct mmsi), count(*) from weighed group by 1 order by 1
"""
)
CROSSED = (
    STEPS
    + """
    , steps as (
        select lat as qy, lon as qx, lag(lat) over w as py, lag(lon) over w as px
        from good window w as (partition by seg_id order by n)),
    lines(g, ax, ay, cx, cy) as (values {lines}),
    sided as (
        select g, (cx - ax) * (py - ay) - (cy - ay) * (px - ax) as sp, (cx - ax) * (qy - ay) - (cy - ay) * (qx - ax) as sq,
            (qx - px) * (ay - py) - (qy - py) * (ax - px) as sa, (qx - px) * (cy - py) - (qy - py) * (cx - px) as sb
        from steps, lines
        where px is not null and least(px, qx) <= greatest(ax, cx) and greatest(px, qx) >= least(ax, cx)
          and least(py, qy) <= greatest(ay, cy) and greatest(py, qy) >= least(ay, cy))
    select g, sp > 0, count(*) from sided where (sp > 0) != (sq > 0) and (sa > 0) != (sb > 0) group by 1, 2 order by 1, 2
"""
)


def sql(directory, text, **more):
    con = duckdb.connect()
    con.execute("set threads = 1; set TimeZone = 'UTC'")
    return con.execute(text.format(dir=directory, **more)).fetchall()


def presence(directory, by, cell_deg=0.1):
    tally = Presence(Params(by=by, cell_deg=cell_deg))
    for part in rows(Results(directory)):
        tally.feed(part)
    return tally.finish()


def transits(directory, clear_nm):
    counter = Transits(GATES, TransitParams(clear_nm=clear_nm))
    for part in rows(Results(directory)):
        counter.feed(part)
    return counter.finish()


def as_rows(counts, of_key):
    return list(zip(of_key(counts.key), counts.half_ms.tolist(), counts.vessels.tolist(), counts.fixes.tolist()))


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("directory", type=Path)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--core", type=int, default=1)
    a = p.parse_args()
    harness.pin(a.core)
    d = a.directory
    whole = list(rows(Results(d)))
    n = sum(map(len, whole))
    cell = "(floor((lat + 90.0) / 0.1)::bigint * 3600 + floor((lon + 180.0) / 0.1)::bigint)"
    values = ", ".join(f"({k}, {x0}, {y0}, {x1}, {y1})" for k, ((x0, y0), (x1, y1)) in enumerate(LINES.values()))

    ours = as_rows(presence(d, ("cell",)), lambda key: parts(key)[0].tolist())
    theirs = [tuple(r) for r in sql(d, PRESENCE, key=cell)]
    cells_equal = ours == theirs
    one_ours = as_rows(presence(d, ()), lambda key: parts(key)[0].tolist())
    one_theirs = [tuple(r) for r in sql(d, PRESENCE, key="0")]
    crossed = transits(d, 0.0)
    raw = {}
    for g, way, c in zip(
        crossed["gate_id"].to_pylist(), crossed["direction"].to_pylist(), crossed["crossings"].tolist()
    ):
        key = (list(LINES).index(g), way == "left to right")
        raw[key] = raw.get(key, 0) + c
    sql_raw = {(g, left): c for g, left, c in sql(d, CROSSED, lines=values)}
    calm = transits(d, 0.5)

    def kernel():
        counter = Transits(GATES)
        for part in whole:
            counter.feed(part)
        return len(counter.finish())

    answers = {
        "cells": len(ours), "cells_equal": cells_equal, "all_equal": one_ours == one_theirs,
        "crossings": sum(raw.values()), "crossings_equal": raw == sql_raw, "transits_at_0.5_nm": len(calm),
        "inferred": int(np.sum(calm["inferred"])), "lines": len(LINES), "rows": n,
    }  # fmt: skip
    print(answers)
    result = harness.compare(
        [
            harness.Case("Kizuna, presence in cells of 0.1 degree", lambda: len(presence(d, ("cell",))), n),
            harness.Case("DuckDB, the same", lambda: len(sql(d, PRESENCE, key=cell)), n),
            harness.Case("Kizuna, presence of all", lambda: len(presence(d, ())), n),
            harness.Case("DuckDB, presence of all", lambda: len(sql(d, PRESENCE, key="0")), n),
            harness.Case("Kizuna, transits of 6 lines", lambda: len(transits(d, 0.5)), n),
            harness.Case("DuckDB, raw crossings of 6 lines", lambda: len(sql(d, CROSSED, lines=values)), n),
            harness.Case("Kizuna, transits, rows in memory", kernel, n),
        ],
        a.rounds,
    )
    harness.report("presence", f"Presence and transits of {n:,} rows of a day", "rows",
                   "Kizuna, presence in cells of 0.1 degree", result, answers)  # fmt: skip
    print(f"peak RSS {harness.peak_rss_mb():.0f} MB (with all rows held for the kernel case)")


main()

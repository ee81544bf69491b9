"""Order, segments, gaps, stops and loitering of a real day, beside pandas, Polars, DuckDB and MovingPandas.

    python benchmarks/tracks.py [--rounds 5] [--gpsdio DIR]

Input: the US day of the shared data (4.1 million fixes), in memory, in order of time as archives are. All engines make:
the fixes in order of vessel and time with step length and segment number; a table of segments (count, ends, length,
box, longest and median interval); gaps over 12 h; stops of at least 1 h within 500 m, with mean place and radius;
loitering periods.
Ours does so through ``segment`` (several tracks per MMSI, duplicates, noise), ``stops.find`` and the
candidate search of the gap and loitering rules, the functions that ``kizuna detect`` calls, on full tables of fixes.
The peers do the same with less: they cut a vessel at silences only, and a stop of theirs is a run of slow fixes of
which none lies more than 500 m from their mean, or no stop at all. Loitering: slow hours (mean below 2 kn) in a row,
at least 4.
MovingPandas splits at gaps only, on every 25th vessel, its trajectories built beforehand.

With ``--gpsdio`` naming a checkout of GlobalFishingWatch/gpsdio-segment (v3.0.0), the multi-track segmenter is
compared as well, on the same vessels, messages built beforehand; ours with the fast path switched off.
"""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
import warnings
from pathlib import Path

import harness

harness.one_thread()

import numpy as np  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402

from kizuna.base.table import Table, empty  # noqa: E402
from kizuna.fixes.table import FIXES  # noqa: E402

DAY = harness.SHARED / "ais" / "noaa_us_2020-01-01.parquet"
EVERY = 25
GAP_H = 12


def fixes(every=1, rows=None):
    """The day as a table of fixes, all columns on, in order of time."""
    t = pq.read_table(DAY, columns=["MMSI", "BaseDateTime", "LAT", "LON", "SOG", "COG", "Heading"])
    if rows is not None:
        t = t.slice(0, rows)
    mmsi = t.column("MMSI").to_numpy().astype(np.int32)
    time_ms = t.column("BaseDateTime").cast(pa.timestamp("ms")).cast(pa.int64()).to_numpy()
    take = np.argsort(time_ms, kind="stable")
    if every > 1:
        take = take[np.isin(mmsi[take], np.unique(mmsi)[::every])]
    n = len(take)

    def column(name, bad):
        values = t.column(name).to_numpy().astype(np.float32)[take]
        values[bad(values)] = np.nan
        return values

    blank = empty(FIXES, n)
    columns = {
        **blank.columns,
        "mmsi": mmsi[take],
        "time_ms": time_ms[take],
        "lat_deg": t.column("LAT").to_numpy()[take],
        "lon_deg": t.column("LON").to_numpy()[take],
        "sog_kn": column("SOG", lambda v: (v < 0) | (v > 102.2)),
        "cog_deg": column("COG", lambda v: (v < 0) | (v >= 360)),
        "heading_deg": column("Heading", lambda v: v >= 360),
        "msg_id": np.arange(n),
        "byte_offset": np.arange(n) * 80,
        "flags": np.zeros(n, np.int32),
        "label": np.zeros(n, np.int32),
        "context": np.zeros(n, np.int32),
    }
    return Table(FIXES, columns, {**blank.words, "label": ("nobody",), "context": ("real",)})


def ours(table, full=False):
    from kizuna.events import gaps, loitering
    from kizuna.events.subjects import subjects
    from kizuna.tracks import stops
    from kizuna.tracks.segment import segment

    tracks = segment(table, full=full)
    lying = stops.find(tracks)
    who = subjects(tracks)
    silent = gaps.silences(tracks, gaps.Params(threshold_h=GAP_H), who, int(tracks.time_ms.max()))
    slow = loitering.candidates(tracks, loitering.Params(), who)[0]
    return f"{len(tracks.segments)} segments, {len(silent.before)} gaps, {len(lying)} stops, {len(slow)} slow periods"


def distance_m(lat1, lon1, lat2, lon2):
    """Haversine, for the peers that reckon with NumPy."""
    p1, p2 = np.radians(lat1), np.radians(lat2)
    h = np.sin((p2 - p1) / 2) ** 2 + np.cos(p1) * np.cos(p2) * np.sin(np.radians(lon2 - lon1) / 2) ** 2
    return 12_742_017.6 * np.arcsin(np.sqrt(h))


def with_pandas(frame):
    f = frame.sort_values(["mmsi", "time_ms"], kind="stable", ignore_index=True)
    mmsi, t, lat, lon = (f[c].to_numpy() for c in ("mmsi", "time_ms", "lat", "lon"))
    new = np.empty(len(f), bool)
    new[0], new[1:] = True, mmsi[1:] != mmsi[:-1]
    dt = np.zeros(len(f), np.int64)
    dt[1:] = t[1:] - t[:-1]
    dt[new] = 0
    step = np.zeros(len(f))
    step[1:] = distance_m(lat[:-1], lon[:-1], lat[1:], lon[1:])
    step[new] = 0
    f["segment"] = np.cumsum(new | (dt > 24 * 3_600_000))
    f["step_m"] = step
    f["dt"] = dt
    segments = f.groupby("segment", sort=False).agg(
        mmsi=("mmsi", "first"),
        start=("time_ms", "first"),
        end=("time_ms", "last"),
        count=("time_ms", "size"),
        length=("step_m", "sum"),
        s=("lat", "min"),
        n=("lat", "max"),
        w=("lon", "min"),
        e=("lon", "max"),
        gap=("dt", "max"),
        interval=("dt", "median"),
    )
    gaps = f[dt > GAP_H * 3_600_000]
    slow = f["sog"].to_numpy() < 0.5
    change = new.copy()
    change[1:] |= slow[1:] != slow[:-1]
    f["run"] = np.cumsum(change)
    still = f[slow]
    stops = still.groupby("run", sort=False).agg(
        mmsi=("mmsi", "first"),
        start=("time_ms", "first"),
        end=("time_ms", "last"),
        lat=("lat", "mean"),
        lon=("lon", "mean"),
    )
    stops = stops[stops["end"] - stops["start"] >= 3_600_000]
    still = still[["run", "lat", "lon"]].join(stops[["lat", "lon"]], on="run", rsuffix="0", how="inner")
    still["off"] = distance_m(still["lat"], still["lon"], still["lat0"], still["lon0"])
    stops = stops.assign(radius=still.groupby("run", sort=False)["off"].max())
    stops = stops[stops["radius"] <= 500]
    f["hour"] = t // 3_600_000
    hours = f.groupby(["mmsi", "hour"], sort=False)[["step_m", "dt"]].sum().reset_index()
    hours["slow"] = hours["step_m"] / hours["dt"].clip(lower=1) * 1000 / 0.5144 < 2
    far = (hours["mmsi"].diff() != 0) | (hours["hour"].diff() != 1) | (hours["slow"] != hours["slow"].shift(1))
    hours["period"] = far.cumsum()
    periods = (
        hours[hours["slow"]].groupby("period").agg(mmsi=("mmsi", "first"), start=("hour", "first"), n=("hour", "size"))
    )
    return f"{len(segments)} segments, {len(gaps)} gaps, {len(stops)} stops, {(periods['n'] >= 4).sum()} slow periods"


def with_polars(frame):
    c = pl.col
    f = frame.sort(["mmsi", "time_ms"], maintain_order=True)
    f = f.with_columns(new=(c("mmsi") != c("mmsi").shift(1)).fill_null(True))
    dlat, dlon = (c("lat") - c("lat").shift(1)).radians(), (c("lon") - c("lon").shift(1)).radians()
    h = (dlat / 2).sin() ** 2 + c("lat").radians().cos() * c("lat").shift(1).radians().cos() * (dlon / 2).sin() ** 2
    f = f.with_columns(
        dt=pl.when(c("new")).then(0).otherwise(c("time_ms") - c("time_ms").shift(1)),
        step_m=pl.when(c("new")).then(0.0).otherwise(12_742_017.6 * h.sqrt().arcsin()),
        slow=c("sog") < 0.5,
    )
    f = f.with_columns(
        segment=(c("new") | (c("dt") > 24 * 3_600_000)).cum_sum(),
        run=(c("new") | (c("slow") != c("slow").shift(1)).fill_null(True)).cum_sum(),
        hour=c("time_ms") // 3_600_000,
    )
    segments = f.group_by("segment", maintain_order=True).agg(
        c("mmsi").first(),
        start=c("time_ms").first(),
        end=c("time_ms").last(),
        count=pl.len(),
        length=c("step_m").sum(),
        s=c("lat").min(),
        n=c("lat").max(),
        w=c("lon").min(),
        e=c("lon").max(),
        gap=c("dt").max(),
        interval=c("dt").median(),
    )
    gaps = f.filter(c("dt") > GAP_H * 3_600_000)
    still = f.filter(c("slow"))
    stops = still.group_by("run", maintain_order=True).agg(
        c("mmsi").first(),
        start=c("time_ms").first(),
        end=c("time_ms").last(),
        lat0=c("lat").mean(),
        lon0=c("lon").mean(),
    )
    stops = stops.filter(c("end") - c("start") >= 3_600_000)
    dlat, dlon = (c("lat") - c("lat0")).radians(), (c("lon") - c("lon0")).radians()
    h = (dlat / 2).sin() ** 2 + c("lat").radians().cos() * c("lat0").radians().cos() * (dlon / 2).sin() ** 2
    off = still.select("run", "lat", "lon").join(stops.select("run", "lat0", "lon0"), on="run")
    off = off.group_by("run").agg(radius=(12_742_017.6 * h.sqrt().arcsin()).max())
    stops = stops.join(off.filter(c("radius") <= 500), on="run")
    hours = f.group_by(["mmsi", "hour"], maintain_order=True).agg(c("step_m").sum(), c("dt").sum())
    hours = hours.with_columns(slow=c("step_m") / c("dt").clip(1) * 1000 / 0.5144 < 2)
    far = (c("mmsi").diff() != 0) | (c("hour").diff() != 1) | (c("slow") != c("slow").shift(1))
    hours = hours.with_columns(period=far.fill_null(True).cum_sum())
    periods = hours.filter(c("slow")).group_by("period").agg(c("mmsi").first(), c("hour").first(), n=pl.len())
    periods = periods.filter(c("n") >= 4)
    return f"{len(segments)} segments, {len(gaps)} gaps, {len(stops)} stops, {len(periods)} slow periods"


DUCK = (
    """create or replace temp table tracks as
    with a as (
      select *, sog < 0.5 as slow, lag(time_ms) over w as t0, lag(lat) over w as lat0, lag(lon) over w as lon0,
        lag(sog < 0.5) over w as slow0
      from day window w as (partition by mmsi order by time_ms)),
    b as (
      select mmsi, time_ms, lat, lon, sog, cog, slow, coalesce(time_ms - t0, 0) as dt,
        coalesce(12742017.6 * asin(sqrt(pow(sin(radians(lat - lat0) / 2), 2)
          + cos(radians(lat)) * cos(radians(lat0)) * pow(sin(radians(lon - lon0) / 2), 2))), 0) as step_m,
        cast(t0 is null or time_ms - t0 > 86400000 as int) as cut, cast(t0 is null or slow <> slow0 as int) as change
      from a)
    select *, sum(cut) over v as segment, sum(change) over v as run from b
    window v as (partition by mmsi order by time_ms rows unbounded preceding) order by mmsi, time_ms""",
    """create or replace temp table segments as select mmsi, segment, min(time_ms), max(time_ms), count(*), sum(step_m),
    min(lat), max(lat), min(lon), max(lon), max(dt), median(dt) from tracks group by mmsi, segment""",
    f"create or replace temp table gaps as select * from tracks where dt > {GAP_H * 3_600_000}",
    """create or replace temp table stops as
    with s as (select mmsi, run, min(time_ms) as a, max(time_ms) as b, avg(lat) as lat0, avg(lon) as lon0
      from tracks where slow group by mmsi, run having max(time_ms) - min(time_ms) >= 3600000)
    select s.mmsi, s.run, a, b, lat0, lon0, max(12742017.6 * asin(sqrt(pow(sin(radians(lat - lat0) / 2), 2)
      + cos(radians(lat)) * cos(radians(lat0)) * pow(sin(radians(lon - lon0) / 2), 2)))) as radius
    from s join tracks t on s.mmsi = t.mmsi and s.run = t.run group by all having radius <= 500""",
    """create or replace temp table periods as
    with h as (select mmsi, time_ms // 3600000 as hour, sum(step_m) / greatest(sum(dt), 1) * 1000 / 0.5144 < 2 as slow
      from tracks group by mmsi, hour),
    k as (select *, hour - row_number() over (partition by mmsi, slow order by hour) as period from h)
    select mmsi, min(hour), count(*) from k where slow group by mmsi, period having count(*) >= 4""",
    """select (select count(*) from segments), (select count(*) from gaps), (select count(*) from stops),
    (select count(*) from periods)""",
)


def with_duckdb(connection):
    for statement in DUCK:
        row = connection.execute(statement).fetchone()
    return "{} segments, {} gaps, {} stops, {} slow periods".format(*row)


def trajectories(table):
    import geopandas as gpd
    import movingpandas as mpd

    frame = gpd.GeoDataFrame(
        {"mmsi": table["mmsi"], "t": pd.to_datetime(table["time_ms"], unit="ms")},
        geometry=gpd.points_from_xy(table["lon_deg"], table["lat_deg"]),
        crs=4326,
    )
    return mpd.TrajectoryCollection(frame.set_index("t"), "mmsi")


def with_movingpandas(collection):
    import movingpandas as mpd

    split = mpd.ObservationGapSplitter(collection).split(gap=datetime.timedelta(hours=GAP_H))
    return f"{len(split)} pieces"


class Utc(datetime.tzinfo):
    """The peer asks its times for ``zone``, as pytz has it."""

    zone = "UTC"

    def utcoffset(self, _):
        return datetime.timedelta(0)

    dst = utcoffset

    def tzname(self, _):
        return "UTC"


def messages(table):
    """The fixes as the messages that gpsdio-segment reads, a list a vessel."""
    zone, by = Utc(), {}
    columns = [table[n].tolist() for n in ("mmsi", "time_ms", "lat_deg", "lon_deg", "sog_kn", "cog_deg")]
    for k, (m, t, lat, lon, sog, cog) in enumerate(zip(*columns)):
        by.setdefault(m, []).append(
            {
                "msgid": k,
                "ssvid": m,
                "type": "AIS.1",
                "lat": lat,
                "lon": lon,
                "speed": sog,
                "course": cog,
                "timestamp": datetime.datetime.fromtimestamp(t / 1000, zone),
            }
        )
    return list(by.values())


def with_gpsdio(vessels):
    from gpsdio_segment.core import Segmentizer

    return f"{sum(1 for rows in vessels for _ in Segmentizer([dict(r) for r in rows]))} segments and noise"


def memory():
    """Peak memory of the core above its input, in a fresh process whose kernels are warm."""
    code = "import tracks; tracks.memory_here()"
    out = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parent, capture_output=True, text=True, check=True
    )
    return out.stdout.strip()


def memory_here():
    import gc

    ours(fixes(rows=2000))
    table = fixes()
    gc.collect()
    pa.default_memory_pool().release_unused()
    status = lambda key: int(next(l for l in open("/proc/self/status") if l.startswith(key)).split()[1]) / 1000  # noqa: E731,SIM115
    Path("/proc/self/clear_refs").write_text("5")
    before = status("VmRSS")
    kept = ours(table)
    print(
        f"{(status('VmHWM') - before) * 1.024:.0f} MB above the input of {sum(getattr(table[c], 'nbytes', 0) for c in FIXES.names) / 1e6:.0f} MB ({kept})"
    )


def main():
    global pd, pl
    path = None
    if "--gpsdio" in sys.argv:
        at = sys.argv.index("--gpsdio")
        path = sys.argv[at + 1]
        del sys.argv[at : at + 2]
        sys.path.insert(0, path)
    args = harness.arguments(__doc__)
    import duckdb
    import pandas as pd
    import polars as pl

    warnings.simplefilter("ignore")
    table = fixes()
    n = len(table)
    plain = {
        "mmsi": table["mmsi"],
        "time_ms": table["time_ms"],
        "lat": table["lat_deg"],
        "lon": table["lon_deg"],
        "sog": table["sog_kn"],
        "cog": table["cog_deg"],
    }
    frame, polar = pd.DataFrame(plain), pl.DataFrame(plain)
    connection = duckdb.connect()
    connection.execute("set threads to 1")
    connection.register("arrow_day", pa.table(plain))
    connection.execute("create table day as select * from arrow_day")
    few = fixes(EVERY)
    collection = trajectories(few)
    result = harness.compare(
        [
            harness.Case("kizuna", lambda: ours(table), n),
            harness.Case("kizuna, full matcher for all", lambda: ours(table, full=True), n),
            harness.Case("pandas", lambda: with_pandas(frame), n),
            harness.Case("Polars", lambda: with_polars(polar), n),
            harness.Case("DuckDB", lambda: with_duckdb(connection), n),
            harness.Case(
                "MovingPandas, gap split only", lambda: with_movingpandas(collection), len(few), every=args.rounds
            ),
        ],
        args.rounds,
    )
    harness.report(
        "tracks", "Order, segments, gaps, stops, loitering: a US day", "fixes", "kizuna", result, {"memory": memory()}
    )
    print(memory())
    from kizuna.tracks.segment import segment

    cases = [
        harness.Case("kizuna, full matcher", lambda: len(segment(table, full=True).segments), n),
        harness.Case("kizuna", lambda: len(segment(table).segments), n),
    ]
    if path:
        vessels = messages(few)
        cases.append(harness.Case("gpsdio-segment 3.0.0", lambda: with_gpsdio(vessels), len(few), every=args.rounds))
    result = harness.compare(cases, args.rounds)
    harness.report("segmenter", "Multi-track segmentation, ordering included", "fixes", cases[0].name, result)


if __name__ == "__main__":
    main()

"""The live engine on a real day: cost of a message, in order and up to six hours late, and whether the events agree.

Needs ../shared/data (NOAA, all US waters, 2020-01-01: 4.1 million fixes of 9,110 MMSIs). Anchorages are computed from
the day beforehand and handed in as a given list, as a node that has watched for some time has them. CPU time of the
one thread; a *message* is a fix, its cost that of the call of ``feed`` that it came in, divided by the fixes of that
call. The median says what a message costs as a rule; the mean takes in looks and settlings.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import platform
import time
from dataclasses import replace
from typing import Any

from harness import RESULTS, SHARED, cpu_name, one_thread, peak_rss_mb, pin

one_thread()

import numpy as np  # noqa: E402
import pyarrow as pa  # noqa: E402

from kizuna.base.table import Table, concat  # noqa: E402
from kizuna.base.units import HOUR_MS  # noqa: E402
from kizuna.engines.decode import Options, load  # noqa: E402
from kizuna.engines.live.engine import LiveEngine  # noqa: E402
from kizuna.engines.live.params import LiveParams  # noqa: E402
from kizuna.engines.live.state import Store  # noqa: E402
from kizuna.events.detect import count_by_type, detect_all  # noqa: E402
from kizuna.events.params import Settings  # noqa: E402
from kizuna.events.reception import listened  # noqa: E402
from kizuna.events.surroundings import Surroundings  # noqa: E402
from kizuna.places.anchorages import from_stops  # noqa: E402
from kizuna.places.coast import load_coast  # noqa: E402
from kizuna.places.ports import port_points  # noqa: E402
from kizuna.tracks import identity, stops  # noqa: E402
from kizuna.tracks.segment import segment  # noqa: E402

SAMPLE = 100_000


def digest(table: Table) -> str:
    whole = table.to_arrow().combine_chunks()
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, whole.schema) as writer:
        writer.write_table(whole)
    return hashlib.sha256(sink.getvalue()).hexdigest()


def given(fixes: Table) -> Surroundings:
    tracks = segment(fixes)
    found = stops.find(tracks)
    mmsi = tracks.segments["mmsi"][found.segment]
    anchorages = from_stops(found.lat_deg, found.lon_deg, mmsi, found.start_ms, found.end_ms)
    return Surroundings(
        shore_m=load_coast().distance_to_shore_m, in_anchorage=anchorages.mask, anchorage_m=anchorages.distance_m,
        mask=anchorages.citation, ports=port_points(anchorages),
    )  # fmt: skip


def as_run(fixes: Table, statics: Table, around: Surroundings) -> Table:
    tracks = identity.join(segment(fixes), statics)
    return detect_all(tracks, None, replace(around, reception=listened(tracks)))


def order_of(fixes: Table, late_h: float) -> np.ndarray:
    late_ms = np.random.default_rng(1).uniform(0, late_h * HOUR_MS, len(fixes)) if late_h else 0.0
    return np.argsort(fixes["time_ms"] + late_ms, kind="stable")


def feed(engine: LiveEngine, fixes: Table, size: int) -> tuple[dict[str, float], list[Table]]:
    """Feed in pieces of ``size`` rows; microseconds a message."""
    spent, told = [], []
    for start in range(0, len(fixes), size):
        part = fixes.slice(start, min(start + size, len(fixes)))
        before = time.thread_time_ns()
        changed = engine.feed(part)
        spent.append((time.thread_time_ns() - before) / 1000 / len(part))
        if len(changed):
            told.append(changed)
    us = np.array(spent)
    return {"median_us": round(float(np.median(us)), 2), "p99_us": round(float(np.percentile(us, 99)), 2),
            "mean_us": round(float(us.mean()), 2), "flushes": len(us)}, told  # fmt: skip


def whole_day(
    fixes: Table, statics: Table, around: Surroundings, late_h: float, size: int, wanted: str
) -> dict[str, Any]:
    mixed = fixes.take(order_of(fixes, late_h))
    engine = LiveEngine(surroundings=around)
    engine.feed(mixed.slice(0, 0), statics)
    before = time.thread_time()
    out, told = feed(engine, mixed, size)
    first = {i for t in told for i in t["event_id"].to_pylist()}
    changed, settled = engine.close()
    ids = settled.events["event_id"].to_pylist()
    history = engine.told.history()
    return {
        **out, "cpu_s": round(time.thread_time() - before, 1), "equal": digest(settled.events) == wanted,
        "counts": engine.counts.as_dict(), "events": len(ids), "told_before_the_end": sum(i in first for i in ids),
        "versions": len(history), "watch_state_mb": round(sum(a.nbytes for a in engine.arrays().values()) / 1e6, 1),
        "peak_rss_mb": round(peak_rss_mb()),
    }  # fmt: skip


def sample(fixes: Table, statics: Table, around: Surroundings, late_h: float, rows: int = SAMPLE) -> dict[str, Any]:
    """Cost by size of feed in the middle of the day, after all that came before."""
    mixed = fixes.take(order_of(fixes, late_h))
    out = {}
    half = len(mixed) // 2
    for size in (1, 10, 50, 1000):
        engine = LiveEngine(surroundings=around)
        engine.feed(mixed.slice(0, 0), statics)
        for start in range(0, half, 50_000):
            engine.feed(mixed.slice(start, min(start + 50_000, half)))
        feed(engine, mixed.slice(half, half + 2000), size)
        n = min(rows, 20_000) if size == 1 else rows
        out[f"{size} a feed"] = feed(engine, mixed.slice(half + 2000, half + 2000 + n), size)[0]
        print(late_h, size, out[f"{size} a feed"], flush=True)
    return out


def by_vessels(fixes: Table, around: Surroundings) -> dict[str, Any]:
    """Median cost of a message against the number of vessels, 50 a feed."""
    mmsis = np.unique(fixes["mmsi"])
    out = {}
    for share in (0.1, 0.5, 1.0, 4.0):
        if share <= 1:
            few = fixes.take(np.isin(fixes["mmsi"], mmsis[:: round(1 / share)]))
        else:
            copies = [fixes.replace(mmsi=fixes["mmsi"] + np.int32(k), msg_id=fixes["msg_id"] + k) for k in range(4)]
            few = concat(copies)
        few = few.take(np.argsort(few["time_ms"], kind="stable")[: 8 * SAMPLE])
        engine = LiveEngine(surroundings=around, params=LiveParams(settle_h=24))
        engine.feed(few.slice(0, len(few) - SAMPLE))
        out[f"{engine._lookout.n_vessels} MMSIs"] = feed(engine, few.slice(len(few) - SAMPLE, len(few)), 50)[0]
    return out


def saving(fixes: Table, statics: Table, around: Surroundings) -> dict[str, float]:
    """Time to save and to restore half a day."""
    import tempfile
    from pathlib import Path

    engine = LiveEngine(surroundings=around)
    half = len(fixes) // 2
    engine.feed(fixes.slice(0, half), statics)
    with tempfile.TemporaryDirectory() as name:
        store, out = Store(Path(name)), {}
        for what, more in (("first save", 0), ("save after 10,000 more", 10_000)):
            engine.feed(fixes.slice(half, half + more))
            before = time.perf_counter()
            store.save(engine)
            out[what + ", s"] = round(time.perf_counter() - before, 2)
        out["on disk, MB"] = round(sum(p.stat().st_size for p in Path(name).iterdir()) / 1e6, 1)
        before = time.perf_counter()
        Store(Path(name)).restore(Settings(), around, engine.params)
        out["restore, s"] = round(time.perf_counter() - before, 2)
    return out


def promptness(vessels: int = 300) -> dict[str, Any]:
    """Simulated day, 50 fixes a feed: which events a look told, and how long after they could be known at the earliest."""
    import tempfile
    from pathlib import Path

    from kizuna.exercise.simulate import Scenario, simulate, zones_geojson
    from kizuna.links.gis_files import read_zones
    from kizuna.engines.live.run import surroundings_of

    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        (home / "day.nmea").write_bytes(b"".join(simulate(Scenario(vessels=vessels), 11).nmea_chunks()))
        (home / "zones.geojson").write_bytes(zones_geojson())
        batch = load([str(home / "day.nmea")], options=Options(context="exercise:kizuna-demo")).batch
        around, _ = surroundings_of([], read_zones(home / "zones.geojson"))
    fixes = batch.fixes.take(np.argsort(batch.fixes["time_ms"], kind="stable"))
    engine = LiveEngine(surroundings=around)
    engine.feed(fixes.slice(0, 0), batch.statics)
    first: dict[str, tuple[int, bool]] = {}
    for start in range(0, len(fixes), 50):
        before = engine.counts.settlings
        changed = engine.feed(fixes.slice(start, min(start + 50, len(fixes))))
        for event_id in changed["event_id"].to_pylist():
            first.setdefault(event_id, (engine.clock_ms, engine.counts.settlings == before))
    _, settled = engine.close()
    table = settled.events
    words, out = table.codes_of("event_type"), {}
    least_h = {"gap": 6.0, "encounter": 2.0, "loitering": 4.0, "zone_visit": 0.0, "port_visit": 0.0}
    for kind in sorted(set(table["event_type"].tolist())):
        rows = np.flatnonzero(table["event_type"] == kind)
        told = [first.get(i) for i in table["event_id"].take(pa.array(rows)).to_pylist()]
        known_ms = table["start_ms"][rows] + round(least_h.get(words[kind], 0.0) * HOUR_MS)
        wait_min = [(t[0] - k) / 60_000 for t, k in zip(told, known_ms.tolist(), strict=True) if t]
        out[words[kind]] = {"events": len(rows), "told_by_a_look": sum(bool(t and t[1]) for t in told),
                            "told_by_settling": sum(bool(t and not t[1]) for t in told),
                            "only_at_the_end": sum(t is None for t in told),
                            "median_min_after_start_and_limit": round(float(np.median(wait_min)), 1),
                            "p90_min": round(float(np.percentile(wait_min, 90)), 1)}  # fmt: skip
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--core", type=int, default=1)
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    pin(args.core)
    batch = load([str(SHARED / "ais" / "noaa_us_2020-01-01.parquet")]).batch
    fixes = batch.fixes.take(np.argsort(batch.fixes["time_ms"], kind="stable"))
    statics = batch.statics
    around = given(fixes)
    as_run(fixes, statics, around)
    before = time.thread_time()
    run = as_run(fixes, statics, around)
    path = RESULTS / "live.json"
    doc: dict[str, Any] = json.loads(path.read_text()) if path.exists() and args.only else {}
    doc |= {"machine": {"cpu": cpu_name(), "python": platform.python_version()},
            "run over the file": {"cpu_s": round(time.thread_time() - before, 2), "fixes": len(fixes),
                                  "events": count_by_type(run)}}  # fmt: skip
    wanted = digest(run)
    LiveEngine(surroundings=around).feed(fixes.slice(0, 200_000), statics)  # compiles
    parts = {
        "whole day in order, 50 a feed": lambda: whole_day(fixes, statics, around, 0.0, 50, wanted),
        "whole day up to 6 h late, 1000 a feed": lambda: whole_day(fixes, statics, around, 5.999, 1000, wanted),
        "in order": lambda: sample(fixes, statics, around, 0.0),
        "up to 6 h late": lambda: sample(fixes, statics, around, 5.999),
        "by number of vessels, 50 a feed": lambda: by_vessels(fixes, around),
        "promptness": promptness,
        "state": lambda: saving(fixes, statics, around),
    }
    for name, work in parts.items():
        if args.only and not name.startswith(args.only):
            continue
        doc[name] = work()
        print(name, json.dumps(doc[name], indent=1), flush=True)
        RESULTS.mkdir(exist_ok=True)
        path.write_text(json.dumps(doc, indent=1) + "\n")


if __name__ == "__main__":
    main()

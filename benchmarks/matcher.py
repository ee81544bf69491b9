"""Precision and recall of the matcher of detections on simulated truth, beside the nearest neighbour within 1,500 m.

    python benchmarks/matcher.py                 # evaluation seeds; writes results/matcher.json
    python benchmarks/matcher.py --tuning        # the seeds that were looked at while building
    python benchmarks/matcher.py --time          # time of one scene of 5,000 vessels and 5,000 detections

Two kinds of truth:

1. *Real motion*: 400 vessels of the US day whose MMSIs took no part in fitting the prediction, at a random time, half of
   them moving; where they truly were follows from fixes around it, at most 130 s apart. Each vessel with its whole way
   is moved into one radar frame (half of them into clusters of some 5 km), so that many meet. Then their AIS is hidden
   around that time, for a drawn span before and after (log-uniform, 30 s to 3 h), 15 % send nothing, and a satellite
   radar is simulated over them (``exercise.simulate_sensors``).
2. *Exercise*: simulated traffic around Taiwan and Okinawa through shore stations and satellites, with satellite passes
   and coastal radars, 15 % of the vessels without AIS.

Seeds: tuning 101 to 124 (real motion), 101, 131 and 132 (exercise); evaluation 9001 to 9024 (real motion) and 9101 to
9104 (exercise). The evaluation seeds were first run when the matcher and its numbers were final; what was
changed after that is said in docs/explanation/detections.md.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time

import harness

harness.one_thread()

import numpy as np  # noqa: E402
import prediction  # noqa: E402
import shapely  # noqa: E402
import tracks as day  # noqa: E402

from kizuna.exercise import simulate_sensors as sensors  # noqa: E402
from kizuna.exercise.score_contacts import ContactScore, reliability  # noqa: E402
from kizuna.tracks import contacts, predict  # noqa: E402
from kizuna.tracks.contact_terms import Scene, Seen  # noqa: E402
from kizuna.tracks.predict import Paths  # noqa: E402
from kizuna.tracks.segment import segment  # noqa: E402

TUNING, EXERCISE_TUNING = range(101, 125), range(131, 133)
EVALUATION, EXERCISES = range(9001, 9025), range(9101, 9105)
HEARD_S = 3 * 3600.0
DARK = 0.15
NEAREST_M = 1_500.0
VESSELS = 400
CENTRE = (123.0, 25.0)


def lengths(mmsi):
    """A length per vessel, the same every time: the day brings none that is kept in the fixes."""
    rng = np.random.default_rng(7)
    unique = np.unique(mmsi)
    drawn = np.exp(rng.normal(np.log(45.0), 0.8, len(unique))).clip(6, 380)
    return drawn[np.searchsorted(unique, mmsi)]


def real_scene(tracks, rng):
    """Paths with hidden fixes, the look, its contacts, and truth (MMSI by contact, MMSIs missed, silence by MMSI)."""
    seg = np.flatnonzero((prediction.half(tracks.segments["mmsi"]) == 1) & (tracks.seg_end - tracks.seg_start >= 20))
    at_ms = int(tracks.time_ms.min() + rng.uniform(3.5, 20.5) * 3_600_000)
    rows = []
    for s in seg:
        a, b = int(tracks.seg_start[s]), int(tracks.seg_end[s])
        k = a + int(np.searchsorted(tracks.time_ms[a:b], at_ms))
        if a < k < b and 0 < tracks.time_ms[k] - tracks.time_ms[k - 1] <= 130_000:
            rows.append((s, k))
    s, k = np.array(rows).T
    _, once = np.unique(tracks.segments["mmsi"][s], return_index=True)
    s, k = s[once], k[once]
    span = (tracks.time_ms[k] - tracks.time_ms[k - 1]) / 1000.0
    part = (at_ms - tracks.time_ms[k - 1]) / 1000.0 / span
    lat = tracks.lat_deg[k - 1] + part * (tracks.lat_deg[k] - tracks.lat_deg[k - 1])
    lon = tracks.lon_deg[k - 1] + part * (tracks.lon_deg[k] - tracks.lon_deg[k - 1])
    north = (tracks.lat_deg[k] - tracks.lat_deg[k - 1]) * 110_900 / span
    east = (tracks.lon_deg[k] - tracks.lon_deg[k - 1]) * 111_320 * np.cos(np.radians(lat)) / span
    moving = np.hypot(east, north) > 0.5
    pick = np.concatenate([rng.permutation(np.flatnonzero(w))[: VESSELS // 2] for w in (moving, ~moving)])
    s, k, lat, lon, east, north = (v[pick] for v in (s, k, lat, lon, east, north))
    flight = float(rng.choice((347.0, 193.0)))
    look = sensors.Look("scene", sensors.SAR, 0, sensors.frame(CENTRE, flight), flight)
    new_lat, new_lon = places(look.area, len(s), rng)
    length = lengths(tracks.segments["mmsi"])
    seen = sensors.observe(look, sensors.Targets(np.arange(len(s)), new_lon, new_lat, east, north, length[s]), rng)
    dark = rng.uniform(size=len(s)) < DARK
    paths, silence = hide(tracks, s, at_ms, dark, length, rng, (lat, lon, new_lat, new_lon))
    mmsi = tracks.segments["mmsi"][s]
    truth = [int(v) if v < 0 else 0 if dark[v] else int(mmsi[v]) for v in seen.vessel]
    missed = {int(mmsi[v]) for v in seen.missed if not dark[v]}
    return paths, look, seen, truth, missed, silence, at_ms


def places(area, n, rng):
    """Places for vessels: half of them anywhere in a box around the area, half in clusters of some 5 km."""
    west, south, east, north = area.bounds
    centres = np.column_stack([rng.uniform(south, north, 12), rng.uniform(west, east, 12)])
    near = centres[rng.integers(0, 12, n)] + 0.045 * rng.standard_normal((n, 2))
    anywhere = np.column_stack([rng.uniform(south, north, n), rng.uniform(west, east, n)])
    return np.where(rng.uniform(size=n)[:, None] < 0.5, near, anywhere).T


def hide(tracks, s, at_ms, dark, length, rng, moved):
    """Paths with the fixes around the time left out, moved so that the vessels' true positions come to new ones."""
    columns, starts, ends, silence = [], [], [], {}
    n = 0
    away_ms = np.exp(rng.uniform(np.log(30), np.log(3 * 3600), (len(s), 2))) * 1000
    for i, seg in enumerate(s):
        a, b = int(tracks.seg_start[seg]), int(tracks.seg_end[seg])
        times = tracks.time_ms[a:b]
        use = np.flatnonzero((times <= at_ms - away_ms[i, 0]) | (times >= at_ms + away_ms[i, 1])) + a
        if dark[i]:
            use = use[:0]
        if len(use):
            silence[int(tracks.segments["mmsi"][seg])] = float(np.abs(tracks.time_ms[use] - at_ms).min() / 1000)
        lat, lon, new_lat, new_lon = (v[i] for v in moved)
        la = new_lat + (tracks.lat_deg[use] - lat)
        scale = np.cos(np.radians((tracks.lat_deg[use] + lat) / 2)) / np.cos(np.radians((la + new_lat) / 2))
        columns.append(
            (
                tracks.time_ms[use],
                la,
                new_lon + (tracks.lon_deg[use] - lon) * scale,
                tracks.sog_kn[use],
                tracks.cog_deg[use],
            )
        )
        starts.append(n)
        n += len(use)
        ends.append(n)
    hot = [np.concatenate(c) for c in zip(*columns)]
    return Paths(
        *hot,
        np.array(starts),
        np.array(ends),
        tracks.segments["mmsi"][s],
        tracks.segments["seg_id"][s],
        np.arange(len(s)),
        length[s].astype(np.float64),
    ), silence


def scene_of(look, at_ms):
    c = look.sensor
    return Scene(
        at_ms,
        c.kind,
        look.area,
        c.recall,
        c.recall_length_m,
        c.false_alarms_per_1000_km2,
        c.accuracy_m,
        look.flight_deg,
        "right" if c.shift_s else "",
        c.shift_s if c.shift_s else math.nan,
    )


def seen_of(c, at_ms):
    n = len(c.vessel)
    return Seen(np.full(n, at_ms), c.lat_deg, c.lon_deg, np.full(n, c.look.sensor.accuracy_m), c.length_m)


def nearest(paths, scene, seen):
    """MMSI of the nearest predicted track within 1,500 m, each used once, nearest pairs first; 0 where there is none."""
    p = predict.predict(paths, scene.time_ms)
    said = np.zeros(len(seen), np.int64)
    if len(p) == 0:
        return said, set()
    tree = contacts.cKDTree(contacts.unit(p.lat_deg, p.lon_deg))
    lists = tree.query_ball_point(contacts.unit(seen.lat_deg, seen.lon_deg), NEAREST_M)
    pairs = sorted(
        (
            float(
                np.linalg.norm(
                    contacts.unit(seen.lat_deg[j : j + 1], seen.lon_deg[j : j + 1])
                    - contacts.unit(p.lat_deg[i : i + 1], p.lon_deg[i : i + 1])
                )
            ),
            i,
            j,
        )
        for j, near in enumerate(lists)
        for i in near
    )
    used = set()
    for _, i, j in pairs:
        if i not in used and said[j] == 0:
            said[j] = paths.mmsi[p.path[i]]
            used.add(i)
    inside = shapely.contains_xy(scene.area, p.lon_deg, p.lat_deg)
    return said, {int(paths.mmsi[p.path[i]]) for i in np.flatnonzero(inside) if i not in used}


def judge(score, found, paths, truth, missed, silence):
    said = np.where(found.path >= 0, paths.mmsi[found.path], 0)
    score.add_detections(
        said.tolist(), truth, silence, HEARD_S, found.probability.tolist(), found.any_probability.tolist()
    )
    score.add_tracks(absent(found, paths), missed, silence, HEARD_S)


def absent(found, paths):
    p = contacts.Params()
    gone = (
        (found.detection < 0)
        & (found.inside >= p.inside_min)
        & (found.radius_90_m <= p.radius_max_m)
        & (found.found_probability < 0.5)
    )
    return {int(m) for m in paths.mmsi[found.tracks.path[gone]]}


def real_motion(tracks, seeds, params=None):
    ours, peer = ContactScore(), ContactScore()
    counts = {"scenes": 0, "detections": 0, "tracks in reach": 0}
    for seed in seeds:
        rng = np.random.default_rng([seed, 1])
        paths, look, c, truth, missed, silence, at_ms = real_scene(tracks, rng)
        scene, seen = scene_of(look, at_ms), seen_of(c, at_ms)
        found = contacts.match(paths, scene, seen, params)
        judge(ours, found, paths, truth, missed, silence)
        said, gone = nearest(paths, scene, seen)
        peer.add_detections(said.tolist(), truth, silence, HEARD_S)
        peer.add_tracks(gone, missed, silence, HEARD_S)
        counts["scenes"] += 1
        counts["detections"] += len(seen)
        counts["tracks in reach"] += len(found.tracks)
    return ours, peer, counts


def exercise(seeds):
    """Through the commands' own engines: sentences -> detect -> match."""
    import tempfile
    from pathlib import Path

    import pyarrow.parquet as pq

    from kizuna.engines.matching.tracks import read_run
    from kizuna.engines.matching.whole import Request, match_into
    from kizuna.engines.run import Options
    from kizuna.engines.run import Request as Detect
    from kizuna.engines.run import detect_into
    from kizuna.exercise.simulate import Scenario, simulate

    ours, peer = ContactScore(), ContactScore()
    counts = {
        "exercises": 0,
        "scenes": 0,
        "detections": 0,
        "of vessels without AIS": 0,
        "false alarms": 0,
        "of structures": 0,
    }
    for seed in seeds:
        sensed = sensors.sense(simulate(Scenario(vessels=600, hours=24.0), seed), sensors.Plan(12, 6, 4, DARK), seed)
        with tempfile.TemporaryDirectory() as name:
            home = Path(name)
            with (home / "ais.nmea").open("wb") as file:
                file.writelines(sensed.simulation.nmea_chunks())
            (home / "detections.csv").write_bytes(sensed.detections_csv())
            (home / "scenes.geojson").write_bytes(sensed.scenes_geojson())
            context = sensed.simulation.scenario.context
            detect_into(Detect([str(home / "ais.nmea")], options=Options(context=context)), home / "run")
            match_into(Request(home / "run", [home / "detections.csv"], [home / "scenes.geojson"]), home / "out")
            run = read_run(home / "run")
            found = pq.read_table(home / "out" / "detections.parquet").to_pylist()
            gone = pq.read_table(
                home / "out" / "scene_tracks.parquet", filters=[("verdict", "==", "not_detected")]
            ).to_pylist()
        truth, missed, silence = sensed.truth(), sensed.missed(), sensed.silence_s()
        start_ms = sensed.simulation.scenario.start_ms
        for c in sensed.contacts:
            scene_id, at_ms = c.look.scene_id, start_ms + c.look.time_ms
            mine = {d["ref"]: d for d in found if d["scene_id"] == scene_id}
            true = [truth[f"{scene_id}/{k}"] for k in range(len(c.vessel))]
            rows = [mine[f"{scene_id}/{k}"] for k in range(len(c.vessel))]
            ours.add_detections(
                [d["mmsi"] or 0 for d in rows],
                true,
                silence[scene_id],
                HEARD_S,
                [d["match_probability"] or 0.0 for d in rows],
                [d["ais_probability"] for d in rows],
            )
            ours.add_tracks(
                {d["mmsi"] for d in gone if d["scene_id"] == scene_id}, missed[scene_id], silence[scene_id], HEARD_S
            )
            said, away = nearest(run.paths, scene_of(c.look, at_ms), seen_of(c, at_ms))
            peer.add_detections(said.tolist(), true, silence[scene_id], HEARD_S)
            peer.add_tracks(away, missed[scene_id], silence[scene_id], HEARD_S)
            counts["scenes"] += 1
            counts["detections"] += len(true)
            for word, code in (("of vessels without AIS", 0), ("false alarms", -1), ("of structures", -2)):
                counts[word] += true.count(code)
        counts["exercises"] += 1
    return ours, peer, counts


def timing(n=5_000):
    """Time of one scene: so many vessels, detections of 90 % of them and as many others as are missing to as many."""
    rng = np.random.default_rng(3)
    at_ms = 1_700_000_000_000
    speed = rng.uniform(0, 15, n) * (rng.uniform(size=n) < 0.7)
    course = rng.uniform(0, 360, n)
    lat, lon = rng.uniform(24, 25.5, n), rng.uniform(122, 124.5, n)
    before, after = rng.uniform(-7200, -30, n), rng.uniform(30, 7200, n)
    metres = speed * 1852 / 3600

    def at(s):
        return (
            lat + metres * s * np.cos(np.radians(course)) / 110_900,
            lon + metres * s * np.sin(np.radians(course)) / (111_320 * np.cos(np.radians(lat))),
        )

    (la, lo), (lb, lp) = at(before), at(after)
    paths = Paths(
        np.column_stack([at_ms + before * 1000, at_ms + after * 1000]).astype(np.int64).ravel(),
        np.column_stack([la, lb]).ravel(),
        np.column_stack([lo, lp]).ravel(),
        np.repeat(speed, 2).astype(np.float32),
        np.repeat(course, 2).astype(np.float32),
        np.arange(n) * 2,
        np.arange(n) * 2 + 2,
        np.arange(n) + 491_000_000,
        np.arange(n),
        np.arange(n),
        np.full(n, np.nan),
    )
    hit = rng.uniform(size=n) < 0.9
    d_lat = np.where(hit, lat + 40 / 111_000 * rng.standard_normal(n), rng.uniform(24, 25.5, n))
    d_lon = np.where(hit, lon + 40 / 100_000 * rng.standard_normal(n), rng.uniform(122, 124.5, n))
    scene = Scene(at_ms, "radar", shapely.box(122, 24, 124.5, 25.5), 0.9)
    seen = Seen(np.full(n, at_ms), d_lat, d_lon, np.full(n, 40.0), np.full(n, np.nan))
    took = []
    for _ in range(6):
        before_s = time.process_time()
        found = contacts.match(paths, scene, seen)
        took.append(time.process_time() - before_s)
    right = int((found.path[hit] == np.flatnonzero(hit)).sum())
    out = {
        "vessels": n,
        "detections": n,
        "cpu_s": float(np.median(took[1:])),
        "min": min(took[1:]),
        "max": max(took[1:]),
        "right": right,
        "of": int(hit.sum()),
    }
    print(
        f"one scene of {n:,} vessels and {n:,} detections: {out['cpu_s']:.2f} CPU-s ({out['min']:.2f}-{out['max']:.2f}), "
        f"{right:,} of {out['of']:,} right"
    )
    return out


def show(title, ours, peer, counts):
    print(f"\n{title}: {counts}\n")
    print("| question | matcher precision | matcher recall | nearest within 1,500 m precision | its recall |")
    print("|---|---|---|---|---|")
    out = {"counts": counts}
    for name in ("match", "dark", "not_detected"):
        cells = []
        for who, score in (("matcher", ours), ("nearest", peer)):
            t = getattr(score, name)
            out[f"{name} {who}"] = {
                "right": t.right,
                "wrong": t.wrong,
                "missed": t.missed,
                "left_out": t.left_out,
                "precision": t.precision,
                "recall": t.recall,
            }
            cells += [f"{i.share:.3f} [{i.low:.3f}-{i.high:.3f}]" for i in (t.precision, t.recall)]
        print(f"| {name} | " + " | ".join(cells) + " |")
    for name, stated in (("the match is right", ours.stated), ("some track explains it", ours.any_stated)):
        print(f"\n| stated probability that {name} | n | mean stated | observed |\n|---|---:|---:|---|")
        table = reliability(stated)
        for low, high, n, mean, held in table:
            print(f"| {low:g} to {high:g} | {n:,} | {mean:.3f} | {held.share:.3f} [{held.low:.3f}-{held.high:.3f}] |")
        out[f"reliability: {name}"] = [
            {"low": r[0], "high": r[1], "n": r[2], "stated": r[3], "observed": r[4]} for r in table
        ]
    return out


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tuning", action="store_true")
    parser.add_argument("--time", action="store_true")
    options = parser.parse_args()
    harness.pin()
    results = {"title": "Matcher of detections against simulated truth", "heard_s": HEARD_S, "dark_share": DARK}
    if options.time:
        timing()
        sys.exit()
    made = segment(day.fixes())
    seeds, others = (TUNING, EXERCISE_TUNING) if options.tuning else (EVALUATION, EXERCISES)
    results["seeds"] = {"real motion": [*seeds], "exercise": [*others], "tuning": [*TUNING, *EXERCISE_TUNING]}
    results["real motion"] = show("Real motion", *real_motion(made, seeds))
    results["exercise"] = show("Exercise", *exercise(others))
    results["time"] = timing()
    if not options.tuning:
        harness.RESULTS.mkdir(exist_ok=True)
        (harness.RESULTS / "matcher.json").write_text(json.dumps(results, indent=1) + "\n")

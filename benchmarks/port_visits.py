"""Port visits: precision and recall on simulated days never used for tuning, and what a real day gives.

    python benchmarks/port_visits.py [--seeds 7001 7002] [--skip-day]

1. Simulated days with known truth, one a seed, through the whole way from sentences to events. The detector's limits are
   Global Fishing Watch's published ones and were not tuned; the seeds were fixed before the first run and used for
   nothing else. Anchorages are those that each day computes from its own stops ("computed"), and the same with every
   port of the simulated world given as a list as well ("listed"). Shares with Wilson's 95 per cent intervals, also by
   level: of the visits reported at a level, how many were real.
2. The real US day: visits by level and the ports with most vessels (by the nearest port of the World Port Index), with
   computed anchorages and with Global Fishing Watch's list beside them; fixes per CPU second of the detector with all
   columns, and of its pass over the fixes alone.
"""

from __future__ import annotations

import argparse
import collections
import csv
import dataclasses
import gzip
import json
import time

import harness

harness.one_thread()

import numpy as np  # noqa: E402

from kizuna.engines.surround import around  # noqa: E402
from kizuna.events import port_visits  # noqa: E402
from kizuna.events.params import Settings  # noqa: E402
from kizuna.events.runs.port_calls import chains  # noqa: E402
from kizuna.events.kernels.port_visits import port_marks  # noqa: E402
from kizuna.events.subjects import subjects  # noqa: E402
from kizuna.exercise import score as scores  # noqa: E402
from kizuna.exercise import world  # noqa: E402
from kizuna.exercise.simulate import Scenario, simulate  # noqa: E402
from kizuna.places.anchorages import Anchorages, Name, make_anchorages  # noqa: E402
from kizuna.places.ports import Port, port_points  # noqa: E402
from kizuna.sources.nmea import decode_bytes  # noqa: E402
from kizuna.tracks import identity, stops  # noqa: E402
from kizuna.tracks.segment import segment  # noqa: E402

SEEDS = (7001, 7002)
SCENARIO = Scenario(exercise_id="port-visits", port_calls=60, port_waits=40)
SPACING_M = 1000.0


def world_list() -> Anchorages:
    """Berths and roads of the simulated world as somebody's list: points a kilometre apart over each area."""
    lat, lon, names = [], [], []
    for port in world.ports().values():
        for disc in (port.berth, port.anchorage):
            n = int(disc.radius_m // SPACING_M)
            for i in range(-n, n + 1):
                for j in range(-n, n + 1):
                    if np.hypot(i, j) * SPACING_M <= disc.radius_m:
                        lat.append(disc.lat_deg + i * SPACING_M / 110_900)
                        lon.append(disc.lon_deg + j * SPACING_M / (111_320 * np.cos(np.radians(disc.lat_deg))))
                        names.append(Name(f"{port.name}-{i}-{j}", port.name, "", "imported:world"))
    return make_anchorages(lat, lon, 1000.0, "imported:world", "ports of the simulated world", names)


def tracks_of(simulation):
    """Decoded, segmented and identified as ``kizuna detect`` does it."""
    settings = Settings()
    sentences = b"".join(simulation.nmea_chunks())
    batch = decode_bytes(sentences, simulation.file_name, context=simulation.scenario.context)
    tracks = segment(batch.fixes, settings.segment)
    return identity.join(tracks, batch.statics, settings.identity)


def found(tracks, lists, level_min):
    settings = Settings()
    known = around(tracks, stops.find(tracks, settings.stops), settings.anchorages, lists, []).surroundings
    return port_visits.detect(tracks, port_visits.Params(level_min=level_min), known)


def simulated(seeds) -> dict:
    """Counts over all seeds, as shares with intervals."""
    sums: dict = collections.defaultdict(lambda: collections.Counter())
    for seed in seeds:
        simulation = simulate(SCENARIO, seed)
        tracks = tracks_of(simulation)
        for name, lists in (("computed", []), ("listed", [world_list()])):
            events = found(tracks, lists, 1)
            tell(sums[name, "levels 2 to 4"], events.take(events["level"] >= 2), simulation.truth)
            for level in (1, 2, 3, 4):
                tell(sums[name, f"level {level}"], events.take(events["level"] == level), simulation.truth)
    return {name: {what: shares(c) for (n, what), c in sums.items() if n == name} for name in ("computed", "listed")}


def tell(count, events, truth) -> None:
    s = scores.score(events, truth, kinds=("port_visit",))["port_visit"]
    count.update(
        truth=s.truth, events=s.events, hits=s.hits, misses=s.misses, false_alarms=s.false_alarms,
        left_out=s.left_out, on_hard_negatives=s.on_hard_negatives,
    )  # fmt: skip


def shares(c) -> dict:
    precision = scores.wilson(c["hits"], c["hits"] + c["false_alarms"])
    recall = scores.wilson(c["hits"], c["hits"] + c["misses"])
    return {**c, "precision": list(precision), "recall": list(recall)}


def real_day() -> dict:
    """Counts, busiest ports and speed on the US day."""
    import tracks as day

    from kizuna.links.anchorage_files import read_anchorages

    tracks = segment(day.fixes())
    out: dict = {"fixes": len(tracks)}
    named = read_anchorages(harness.SHARED / "geo" / "gfw_anchorages.csv.gz", name="gfw")
    settings = Settings()
    rested = stops.find(tracks, settings.stops)
    index = port_index()
    for name, lists in (("computed", []), ("computed and GFW's list", [named])):
        found_around = around(tracks, rested, settings.anchorages, lists, [])
        known = dataclasses.replace(found_around.surroundings, ports=port_points(found_around.anchorages, index))
        who = subjects(tracks)
        params = port_visits.Params(level_min=1)
        port_visits.detect(tracks, params, known, who)
        seconds, alone = [], []
        for _ in range(5):
            before = time.process_time()
            events = port_visits.detect(tracks, params, known, who)
            seconds.append(time.process_time() - before)
            alone.append(pass_alone(tracks, known, params, who))
        vessels: dict = collections.defaultdict(set)
        for info, mmsis in zip(events["event_info"].to_pylist(), events["mmsis"].to_pylist()):
            port = json.loads(info)["port"]
            vessels[port["name"] if port else "no port of the index within 15 km"].add(mmsis[0])
        busiest = sorted(((len(v), k) for k, v in vessels.items()), reverse=True)[:15]
        levels = np.bincount(events["level"], minlength=5)[1:].tolist()
        proof = [len(p[0]["msg_ids"]) for p in events["proof"].to_pylist()]
        out[name] = {
            "visits_by_level": levels, "vessels": len({m[0] for m in events["mmsis"].to_pylist()}),
            "busiest": [{"place": k, "vessels": n} for n, k in busiest],
            "fixes_per_cpu_s": len(tracks) / float(np.median(seconds)),
            "fixes_per_cpu_s_pass_alone": len(tracks) / float(np.median(alone)),
            "proof_fixes_median": float(np.median(proof)), "proof_fixes_most": max(proof),
        }  # fmt: skip
    return out


def port_index() -> list[Port]:
    """All ports of the World Port Index, so that the places of a foreign coast have names."""
    with gzip.open(harness.SHARED / "geo" / "world_port_index_pub150_2026-03.csv.gz", "rt", encoding="utf-8-sig") as f:
        return [
            Port(r["World Port Index Number"], r["Main Port Name"], "", "", r["Country Code"], float(r["Latitude"]),
                 float(r["Longitude"]), "small", "NGA Pub. 150", "public domain")
            for r in csv.DictReader(f)
        ]  # fmt: skip


def pass_alone(tracks, known, p, who) -> float:
    segs, joined = chains(tracks, who)
    grid = known.ports.grid(p.leave_m)
    before = time.process_time()
    port_marks(
        tracks.time_ms, tracks.lat_deg, tracks.lon_deg, tracks.sog_kn, tracks.seg_start, tracks.seg_end, segs, joined,
        *grid, p.enter_m, p.leave_m, p.stop_begin_kn, p.stop_end_kn, int(p.gap_h * 3_600_000), 3_600_000,
        p.jump_max_nm * 1852.0,
    )  # fmt: skip
    return time.process_time() - before


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    p.add_argument("--skip-day", action="store_true")
    p.add_argument("--skip-simulation", action="store_true")
    a = p.parse_args()
    harness.pin()
    path = harness.RESULTS / "port_visits.json"
    kept = json.loads(path.read_text()) if path.exists() else {}
    out = {"title": "Port visits: simulated days never used for tuning, and a real day", **kept}
    if not a.skip_simulation:
        out |= {"seeds": a.seeds, "simulated": simulated(a.seeds)}
        for name, rows in out["simulated"].items():
            print(f"\nanchorages {name}\n| | truth | hits | missed | false | left out | precision | recall |")
            print("|---|---:|---:|---:|---:|---:|---|---|")
            for what, r in rows.items():
                pr, re = ("%.3f [%.3f-%.3f]" % tuple(r[k]) for k in ("precision", "recall"))
                print(f"| {what} | {r['truth']} | {r['hits']} | {r['misses']} | {r['false_alarms']} | {r['left_out']} | "
                      f"{pr} | {re} |")  # fmt: skip
    if not a.skip_day:
        out["real_day"] = real_day()
        print(json.dumps(out["real_day"], indent=1))
    path.write_text(json.dumps(out, indent=1) + "\n")


if __name__ == "__main__":
    main()

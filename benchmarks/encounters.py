"""Encounters: pairs of near vessels beside SciPy's cKDTree, the whole way from raw fixes, and a hundred thousand vessels.

    python benchmarks/encounters.py [--rounds 5]

1. All 144 slots of the US day (about a million positions, ports included, no mask). Ours: ``near_runs``, which finds the
   pairs and their runs. Peer: per slot a cKDTree over unit vectors and ``query_pairs`` with 1 % more than 500 m (the
   sphere is not WGS 84); it finds pairs only, and they are not checked again. Before timing, the pairs of four slots
   are compared with brute force over all pairs, and the cKDTree's, checked with the same distance.
2. The same day as ``kizuna detect`` does it: fixes in memory -> segments -> slots -> anchorage mask -> encounters with
   all columns. The mask itself (stops, anchorages) is made beforehand and timed apart.
3. 100,000 vessels x 144 slots, 30 % of them in 600 ports, 200 planted encounters: mask, pairs, runs, merging. In a child
   process, for its memory.
"""

from __future__ import annotations

import json
import subprocess
import sys
from types import SimpleNamespace

import harness

harness.one_thread()

import numpy as np  # noqa: E402
import tracks as day  # noqa: E402
from scipy.spatial import cKDTree  # noqa: E402

from kizuna.events import encounters  # noqa: E402
from kizuna.events.kernels.encounters import distances_m, near_runs  # noqa: E402
from kizuna.events.subjects import subjects  # noqa: E402
from kizuna.events.surroundings import Surroundings  # noqa: E402
from kizuna.places.anchorages import from_stops, make_anchorages  # noqa: E402
from kizuna.places.coast import load_coast  # noqa: E402
from kizuna.tracks import stops  # noqa: E402
from kizuna.tracks.resample import Slots, resample  # noqa: E402
from kizuna.tracks.segment import segment  # noqa: E402

REACH_M = 500.0
RADIUS_M = 6_371_008.8


def surroundings(tracks):
    s = stops.find(tracks)
    places = from_stops(s.lat_deg, s.lon_deg, tracks.segments["mmsi"][s.segment], s.start_ms, s.end_ms)
    return Surroundings(
        shore_m=load_coast().distance_to_shore_m,
        in_anchorage=places.mask,
        anchorage_m=places.distance_m,
        mask=places.citation,
    )


def runs(slots, who, allowed, least=12):
    ids = np.arange(len(who.mmsi), dtype=np.int32)
    return near_runs(
        slots.slot, slots.segment, slots.lat_deg, slots.lon_deg, allowed, who.vessel, who.mmsi, ids, REACH_M, least
    )


def unit(lat, lon):
    la, lo = np.radians(lat), np.radians(lon)
    return np.stack([np.cos(la) * np.cos(lo), np.cos(la) * np.sin(lo), np.sin(la)], axis=1)


def edges_of(slots):
    return np.append(np.flatnonzero(np.diff(slots.slot, prepend=slots.slot[0] - 1)), len(slots))


def kd_tree(slots, edges):
    found = 0
    for a, b in zip(edges[:-1], edges[1:]):
        pairs = cKDTree(unit(slots.lat_deg[a:b], slots.lon_deg[a:b])).query_pairs(
            1.01 * REACH_M / RADIUS_M, output_type="ndarray"
        )
        found += len(pairs)
    return found


def check(slots, who, edges):
    """Pairs of four slots: ours, brute force and the tree's agree, vessel by vessel."""
    for k in np.linspace(0, len(edges) - 2, 4).astype(int):
        rows = slice(edges[k], edges[k + 1])
        lat, lon, vessel = slots.lat_deg[rows], slots.lon_deg[rows], who.vessel[slots.segment[rows]].astype(np.int64)
        other = who.mmsi[vessel]
        part = Slots(
            slots.step_ms,
            *(
                getattr(slots, n)[rows]
                for n in ("slot", "segment", "lat_deg", "lon_deg", "speed_kn", "row_before", "row_after")
            ),
        )
        got, _ = runs(part, who, np.ones(len(lat), np.bool_), least=0)
        ours = {tuple(p) for p in got[:, :2].tolist()}
        brute = set()
        for i in range(len(lat)):
            n = len(lat) - i - 1
            near = distances_m(np.full(n, lat[i]), np.full(n, lon[i]), lat[i + 1 :], lon[i + 1 :]) <= REACH_M
            brute |= {
                tuple(sorted((int(vessel[i]), int(v)))) for v in vessel[i + 1 :][near & (other[i + 1 :] != other[i])]
            }
        i, j = cKDTree(unit(lat, lon)).query_pairs(1.01 * REACH_M / RADIUS_M, output_type="ndarray").T
        keep = (distances_m(lat[i], lon[i], lat[j], lon[j]) <= REACH_M) & (other[i] != other[j])
        tree = {tuple(sorted(p)) for p in zip(vessel[i][keep].tolist(), vessel[j][keep].tolist())}
        assert ours == brute == tree, (len(ours), len(brute), len(tree))
        print(f"slot {k}: {len(lat):,} vessels, {len(ours):,} pairs, the same by brute force and by cKDTree")


def crowd(n_vessels=100_000, n_slots=144, planted=200, ports=600, seed=3):
    """Open sea with 30 % of the vessels in ports; the last ``planted`` vessels each lie near another for 3 hours."""
    rng = np.random.default_rng(seed)
    in_port = rng.random(n_vessels) < 0.3
    in_port[-2 * planted :] = False
    port_lat, port_lon = rng.uniform(-60, 60, ports), rng.uniform(-180, 180, ports)
    home = rng.integers(0, ports, n_vessels)
    lat0 = np.where(in_port, port_lat[home] + rng.normal(0, 0.002, n_vessels), rng.uniform(-60, 60, n_vessels))
    lon0 = np.where(in_port, port_lon[home] + rng.normal(0, 0.002, n_vessels), rng.uniform(-180, 180, n_vessels))
    v_lat, v_lon = (np.where(in_port, 0, rng.normal(0, 0.02, n_vessels)) for _ in range(2))  # degrees a slot: 7 kn
    pair = np.arange(n_vessels - 2 * planted, n_vessels)
    v_lat[pair] = v_lon[pair] = 0
    n = n_vessels * n_slots
    slots = Slots(
        600_000,
        np.repeat(np.arange(n_slots, dtype=np.int64) + 2_629_728, n_vessels),
        np.tile(np.arange(n_vessels, dtype=np.int32), n_slots),
        np.empty(n),
        np.empty(n),
        np.empty(0, np.float32),
        np.empty(0, np.int64),
        np.empty(0, np.int64),
    )
    begin = rng.integers(0, n_slots - 20, planted)
    for k in range(n_slots):
        lat, lon = lat0 + v_lat * k, lon0 + v_lon * k
        together = (begin <= k) & (k <= begin + 18)
        lat[pair[1::2]] = np.where(together, lat[pair[::2]] + 0.002, lat[pair[::2]] + 1.0)
        lon[pair[1::2]] = lon[pair[::2]]
        rows = slice(k * n_vessels, (k + 1) * n_vessels)
        slots.lat_deg[rows], slots.lon_deg[rows] = np.clip(lat, -89, 89), (lon + 180) % 360 - 180
    return (
        slots,
        make_anchorages(port_lat, port_lon, 2000.0, "test", "600 ports"),
        {(int(p), int(p) + 1) for p in pair[::2]},
    )


class Crew:
    def __init__(self, n):
        import pyarrow as pa

        self.mmsi = np.arange(n, dtype=np.int32) + 200_000_000
        self.vessel = np.arange(n, dtype=np.int32)
        self.vessel_id = pa.array([f"mmsi:{m}" for m in self.mmsi.tolist()])
        self.watched = np.ones(n, np.bool_)


def big(rounds):
    slots, places, planted = crowd()
    who = Crew(100_000)
    params = encounters.Params()
    made_mb = harness.peak_rss_mb()
    warm = Slots(
        600_000,
        slots.slot[:1000],
        *(getattr(slots, n)[:1000] for n in ("segment", "lat_deg", "lon_deg")),
        slots.speed_kn,
        slots.row_before,
        slots.row_after,
    )
    encounters.find_runs(warm, ~places.mask(warm.lat_deg, warm.lon_deg), params, who)
    out = []
    for masked in [True] * rounds + [False]:
        before = harness.cpu_s(False)
        allowed = ~places.mask(slots.lat_deg, slots.lon_deg) if masked else np.ones(len(slots), np.bool_)
        mask_s = harness.cpu_s(False) - before
        found = encounters.find_runs(slots, allowed, params, who)
        took = harness.cpu_s(False) - before
        have = set(zip(found.a.tolist(), found.b.tolist()))
        out.append(
            {
                "masked": masked,
                "cpu_s": took,
                "mask_s": mask_s,
                "positions": len(slots),
                "allowed": int(allowed.sum()),
                "planted": len(planted),
                "planted_found": len(planted & have),
                "encounters": found.events,
                "peak_rss_mb": harness.peak_rss_mb(),
                "input_mb": made_mb,
            }
        )
        print(json.dumps(out[-1]), flush=True)


def main():
    if "--big" in sys.argv:
        harness.pin(1)
        return big(3)
    a = harness.arguments(__doc__)
    table = day.fixes()
    tracks = segment(table)
    who = subjects(tracks)
    slots = resample(tracks, None, who.watched)
    edges = edges_of(slots)
    check(slots, who, edges)
    everywhere = np.ones(len(slots), np.bool_)
    strangers = SimpleNamespace(
        vessel=who.vessel, mmsi=np.zeros_like(who.mmsi)
    )  # one number for all: every pair is left
    pairs = harness.compare(
        [
            harness.Case("Kizuna near_runs: pairs and runs", lambda: runs(slots, who, everywhere)[1], len(slots)),
            harness.Case(
                "Kizuna near_runs: pairs found, not followed", lambda: runs(slots, strangers, everywhere)[1], len(slots)
            ),
            harness.Case("SciPy cKDTree query_pairs: pairs only", lambda: kd_tree(slots, edges), len(slots)),
        ],
        a.rounds,
    )
    around = surroundings(tracks)
    parts = {}

    def whole():
        before = harness.cpu_s(False)
        t = segment(table)
        parts.setdefault("segment", []).append(harness.cpu_s(False) - before)
        return len(encounters.detect(t, None, around))

    way = harness.compare(
        [
            harness.Case("raw -> encounters", whole, len(table)),
            harness.Case(
                "segments -> encounters", lambda: len(encounters.detect(tracks, None, around, who)), len(slots)
            ),
            harness.Case("stops and anchorages (made once)", lambda: surroundings(tracks) and None, len(table)),
        ],
        a.rounds,
    )
    child = subprocess.run([sys.executable, __file__, "--big"], capture_output=True, text=True, check=True)
    crowds = [json.loads(line) for line in child.stdout.splitlines() if line.startswith("{")]
    harness.report(
        "encounters",
        "Pairs within 500 m on a 10-minute grid, US day, ports included",
        "slot-positions",
        "Kizuna near_runs: pairs and runs",
        pairs,
        {"way": way, "segment_cpu_s": parts["segment"], "crowd": crowds, "slot_positions": len(slots)},
    )
    n = len(np.unique(who.mmsi))
    for name, r in way.items():
        print(f"{name}: {r['cpu_s']:.2f} CPU-s ({r['min']:.2f}-{r['max']:.2f}), answer {r['answer']}")
    print(f"encounters per 1,000 vessel-days: {1000 * way['raw -> encounters']['answer'] / n:.1f} ({n:,} vessels)")
    for c in crowds:
        print(
            f"100,000 vessels x 144 slots, mask {c['masked']}: {c['cpu_s']:.1f} CPU-s (mask {c['mask_s']:.1f}), "
            f"{c['planted_found']}/{c['planted']} planted, {c['encounters']:,} encounters, peak {c['peak_rss_mb']:.0f} MB (input {c['input_mb']:.0f} MB)"
        )


if __name__ == "__main__":
    main()

"""Small worlds for the tests of formats: vessels that sail, meet, drift and fall silent, and the events of it.

Nothing here calls a detector: events are stated beside the movements that they describe, so that a report can be
looked at and measured before, and independently of, the rooms that find events.
"""

import json
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from kizuna.base.ids import hash63, hash_hex
from kizuna.base.table import Table, empty
from kizuna.base.utc import parse
from kizuna.events.table import EVENTS, EVENT_TYPES, PROOF_TYPE, REGION_TYPE, TEST_TYPE
from kizuna.fixes.table import FIXES
from kizuna.formats.run_summary import InputFile, MaskUsed, RunSummary, Timing
from kizuna.places.zone import make_zone
from kizuna.tracks.table import IDENTITY_TYPE, SEGMENTS, Tracks

T0 = parse("2026-03-14T00:00:00Z")
HOUR = 3_600_000
NAMES = (
    "FU CHANG 18",
    "福昌 18",
    "やえやま丸",
    "SEA HARMONY",
    "EVER GLORY",
    "第八海神丸",
    "HAI FENG 7",
    "KAIYO MARU No.3",
    "XIN HAI 99",
    "DONG FANG HONG",
    "PACIFIC HERALD",
    "ORIENT ROSE",
    "LUCKY STAR",
    "JIN YUAN 6",
    "RYUKYU EXPRESS",
)


@dataclass
class World:
    """Movements under construction: one list of columns per vessel, and the events stated about them."""

    context: str = "exercise:demo"
    label: str = "nobody"
    vessels: list = field(default_factory=list)
    events: list = field(default_factory=list)

    def add(self, mmsi, name, time_ms, lat_deg, lon_deg, sog_kn, cog_deg):
        self.vessels.append(
            (
                mmsi,
                name,
                np.asarray(time_ms, np.int64),
                np.asarray(lat_deg, float),
                np.asarray(lon_deg, float),
                np.asarray(sog_kn, np.float32),
                np.asarray(cog_deg, np.float32),
            )
        )
        return len(self.vessels) - 1

    def tracks(self) -> Tracks:
        by_mmsi = sorted(range(len(self.vessels)), key=lambda i: self.vessels[i][0])
        parts = [self.vessels[i] for i in by_mmsi]
        counts = [len(p[2]) for p in parts]
        n = sum(counts)
        ends = np.cumsum(counts, dtype=np.int64)
        join = lambda k, dtype: np.concatenate([p[k] for p in parts]).astype(dtype) if parts else np.zeros(0, dtype)  # noqa: E731
        segments = empty(SEGMENTS, len(parts)).replace(
            seg_id=np.array([seg_id(p[0]) for p in parts], np.int64),
            seg_key=pa.array([f"{p[0]}-x" for p in parts], pa.string()),
            mmsi=np.array([p[0] for p in parts], np.int32),
            vessel_id=pa.array([f"mmsi:{p[0]}" for p in parts], pa.string()),
            start_ms=np.array([p[2][0] for p in parts], np.int64),
            end_ms=np.array([p[2][-1] for p in parts], np.int64),
            pos_count=np.array(counts, np.int32),
            identities=pa.array(
                [[{"shipname": p[1], "callsign": "BXYZ", "imo": None, "count": 9}] if p[1] else [] for p in parts],
                pa.list_(IDENTITY_TYPE),
            ),
        )
        return Tracks(
            np.arange(n, dtype=np.int64),
            np.repeat([p[0] for p in parts], counts).astype(np.int32),
            join(2, np.int64),
            join(3, float),
            join(4, float),
            join(5, np.float32),
            join(6, np.float32),
            np.repeat(np.arange(len(parts)), counts).astype(np.int32),
            np.full(n, np.nan, np.float32),
            np.zeros(n, np.int32),
            ends - np.array(counts, np.int64),
            ends,
            segments,
            empty(FIXES, 0),
        )

    def events_table(self) -> Table:
        return events_table(self.events, self.context, self.label)


def seg_id(mmsi):
    return hash63("segment", mmsi)


def sail(rng, t_ms, lat, lon, course, sog, steps, step_s=120, wander=3.0):
    """A vessel under way: course wanders, speed stays near ``sog``."""
    c = course + np.cumsum(rng.normal(0, wander, steps))
    s = np.clip(sog + rng.normal(0, 0.3, steps), 0, None)
    run = s * step_s / 3600 / 60
    lats = lat + np.cumsum(run * np.cos(np.radians(c)))
    lons = lon + np.cumsum(run * np.sin(np.radians(c)) / np.cos(np.radians(lat)))
    return t_ms + np.arange(steps) * step_s * 1000, lats, (lons + 180) % 360 - 180, s, c % 360


def event(kind, mmsis, start_ms, end_ms, start, end, *, confidence=0.7, **more):
    """One row of events as a dict of columns in memory; evidence and words that fit the kind are filled in."""
    lat, lon = [start[0], end[0]], [start[1], end[1]]
    hours = (end_ms - start_ms) / HOUR if end_ms is not None else 6.0
    mean_lon = (start[1] + ((end[1] - start[1] + 180) % 360 - 180) / 2 + 180) % 360 - 180
    tests = {
        "gap": [
            ("silence", hours, 6.0, ">", "h", True),
            ("own median interval", 0.05, 1.2, "<", "h", True),
            ("neighbours heard", 0.92, 0.5, ">=", "share", True),
            ("distance from shore", 31_200.0, 9_260.0, ">", "m", True),
        ],
        "encounter": [
            ("median distance", 212.0, 500.0, "<=", "m", True),
            ("duration", hours, 2.0, ">=", "h", True),
            ("median speed", 1.1, 2.0, "<", "kn", True),
            ("distance from anchorage", 44_100.0, 10_000.0, ">=", "m", True),
        ],
        "loitering": [
            ("mean speed", 0.8, 2.0, "<", "kn", True),
            ("duration", hours, 4.0, ">=", "h", True),
            ("distance from shore", 12_000.0, 37_040.0, ">=", "m", False),
        ],
        "zone_visit": [
            ("reports inside", 61.0, 2.0, ">=", "fixes", True),
            ("depth beyond the line", 8_500.0, 185.2, ">", "m", True),
        ],
        "port_visit": [("entry_seen", 1.0, 1.0, ">=", "", True), ("stops", 2.0, 1.0, ">=", "", True)],
    }[kind]
    words = {
        "gap": f"No position of {mmsis[0]} for {hours:.1f} h while 92 % of the vessels around it were heard.",
        "encounter": f"{mmsis[0]} and {mmsis[-1]} stayed within 500 m of each other for {hours:.1f} h at a median of 1.1 kn.",
        "loitering": f"{mmsis[0]} moved at a mean of 0.8 kn for {hours:.1f} h, 12 km from shore.",
        "zone_visit": f"{mmsis[0]} was inside the zone for {hours:.1f} h.",
        "port_visit": f"{mmsis[0]} came to port (Naha) and stayed {hours:.1f} h.",
    }[kind]
    row = {
        "event_id": hash_hex("event", kind, *mmsis, start_ms),
        "version": 1,
        "status": 1 if end_ms is not None else 0,
        "event_type": EVENT_TYPES.index(kind),
        "vessel_ids": [f"mmsi:{m}" for m in mmsis],
        "mmsis": list(mmsis),
        "seg_ids": [seg_id(m) for m in mmsis],
        "start_ms": start_ms,
        "start_lat_deg": start[0],
        "start_lon_deg": start[1],
        "lat_mean_deg": sum(lat) / 2,
        "lon_mean_deg": mean_lon,
        "lat_min_deg": min(lat),
        "lat_max_deg": max(lat),
        "lon_min_deg": min(lon) if max(lon) - min(lon) < 180 else max(lon),
        "lon_max_deg": max(lon) if max(lon) - min(lon) < 180 else min(lon),
        "duration_h": hours,
        "confidence": confidence,
        "confidence_word": 0 if confidence < 0.5 else 1 if confidence < 0.8 else 2,
        "sources": ["AIS only"],
        "rule_id": kind,
        "rule_version": "1.0",
        "params": json.dumps({"min_h": 6.0, "radius_m": 500.0}),
        "evidence": [dict(zip(("test", "measured", "threshold", "relation", "unit", "passed"), t)) for t in tests],
        "proof": [{"table": "fixes", "msg_ids": [hash63(m, k) for m in mmsis for k in range(3)]}],
        "alternatives": ["reception lost in heavy traffic", "transponder switched off in port approach"],
        "would_settle": ["a radar or satellite contact near the predicted track", "a call on VHF channel 16"],
        "mask": "stops of the input, 3f9c1a",
        "summary": words,
        "event_info": json.dumps({"positions_before_12h": 311}),
    }
    if end_ms is not None:
        row |= {"end_ms": end_ms, "end_lat_deg": end[0], "end_lon_deg": end[1]}
    row |= {"start_distance_from_shore_m": 31_200.0, "median_speed_kn": 1.1}
    return row | more


_LISTS = {"regions": pa.list_(REGION_TYPE), "evidence": pa.list_(TEST_TYPE), "proof": pa.list_(PROOF_TYPE)}


def events_table(rows, context="exercise:demo", label="nobody") -> Table:
    """Rows as made by ``event`` as a table; what a row does not say is missing."""
    table = empty(EVENTS, len(rows))
    columns = {}
    for c in EVENTS.columns:
        if c.name in ("label", "context"):
            columns[c.name] = np.zeros(len(rows), np.int32)
        elif c.dtype() is None:
            columns[c.name] = pa.array([r.get(c.name) for r in rows], c.file_type)
        else:
            values = table[c.name]
            for i, r in enumerate(rows):
                if r.get(c.name) is not None:
                    values[i] = r[c.name]
            columns[c.name] = values
    return Table(EVENTS, columns, {"label": (label,), "context": (context,)})


def east_china_sea(n_vessels=120, n_events=10, seed=7, context="exercise:demo") -> World:
    """Traffic between Taiwan and Okinawa for a day, with gaps, meetings, drifting and entries among it."""
    rng = np.random.default_rng(seed)
    world = World(context)
    for i in range(n_vessels):
        lat, lon = rng.uniform(22.5, 28.5), rng.uniform(121.2, 129.5)
        t, la, lo, s, c = sail(
            rng,
            T0 + int(rng.uniform(0, 5) * HOUR),
            lat,
            lon,
            rng.choice([40, 60, 220, 240, 20, 110]) + rng.normal(0, 12),
            rng.uniform(6, 17),
            int(rng.integers(180, 480)),
            wander=1.2,
        )
        world.add(416_000_100 + i, NAMES[i % len(NAMES)], t, la, lo, s, c)
    for k in range(n_events):
        (_gap, _meeting, _drift, _visit)[k % 4](
            world, rng, 431_000_500 + 3 * k, rng.uniform(23.2, 27.5), rng.uniform(122.4, 128.5), k
        )
    return world


def _conf(rng):
    return float(np.round(rng.uniform(0.25, 0.97), 2))


def _gap(world, rng, mmsi, lat, lon, k):
    t, la, lo, s, c = sail(rng, T0, lat, lon, rng.uniform(0, 360), 9, 660)
    first = int(rng.integers(100, 200))
    last = first + int(rng.integers(200, 330))
    keep = np.r_[0:first, last : len(t)]
    world.add(mmsi, NAMES[k % len(NAMES)], t[keep], la[keep], lo[keep], s[keep], c[keep])
    a, b = first - 1, last
    world.events.append(
        event(
            "gap",
            [mmsi],
            int(t[a]),
            int(t[b]),
            (la[a], lo[a]),
            (la[b], lo[b]),
            confidence=_conf(rng),
            distance_m=61_000.0,
            implied_speed_kn=4.2,
            median_speed_kn=None,
        )
    )


def _meeting(world, rng, mmsi, lat, lon, k):
    n1, n2 = 150, 120
    t1, la, lo, s, c = sail(rng, T0, lat, lon, 70, 10, n1)
    drift = np.cumsum(rng.normal(0, 0.0004, (2, n2)), axis=1)
    t2 = t1[-1] + 120_000 * np.arange(1, n2 + 1)
    t3, la3, lo3, s3, c3 = sail(rng, int(t2[-1]) + 120_000, la[-1] + drift[0][-1], lo[-1] + drift[1][-1], 130, 11, 150)
    calm = rng.uniform(0.4, 1.4, n2)
    world.add(
        mmsi,
        NAMES[k % len(NAMES)],
        np.r_[t1, t2, t3],
        np.r_[la, la[-1] + drift[0], la3],
        np.r_[lo, lo[-1] + drift[1], lo3],
        np.r_[s, calm, s3],
        np.r_[c, rng.uniform(0, 360, n2), c3],
    )
    tb, lab, lob, sb, cb = sail(rng, T0, la[-1] + 0.7, lo[-1] - 0.2, 166, 9, n1)
    shift = (la[-1] + 0.001 - lab[-1], lo[-1] + 0.001 - lob[-1])
    lab, lob = lab + shift[0], lob + shift[1]
    tc, lac, loc, sc, cc = sail(rng, int(t2[-1]) + 120_000, la[-1] + drift[0][-1], lo[-1] + drift[1][-1], 250, 8, 150)
    world.add(
        mmsi + 1,
        NAMES[(k + 4) % len(NAMES)],
        np.r_[tb, t2, tc],
        np.r_[lab, la[-1] + 0.001 + drift[0], lac],
        np.r_[lob, lo[-1] + 0.001 + drift[1], loc],
        np.r_[sb, calm, sc],
        np.r_[cb, rng.uniform(0, 360, n2), cc],
    )
    start, end = (la[-1] + drift[0][0], lo[-1] + drift[1][0]), (la[-1] + drift[0][-1], lo[-1] + drift[1][-1])
    world.events.append(
        event(
            "encounter",
            [mmsi, mmsi + 1],
            int(t2[0]),
            int(t2[-1]),
            start,
            end,
            confidence=_conf(rng),
            median_distance_m=212.0,
        )
    )


def _drift(world, rng, mmsi, lat, lon, k):
    t1, la, lo, s, c = sail(rng, T0, lat, lon, 200, 8, 120)
    n2 = 300
    angle = np.linspace(0, 9, n2)
    t2 = t1[-1] + 120_000 * np.arange(1, n2 + 1)
    dla = 0.02 * np.sin(angle) + np.linspace(0, 0.05, n2) + rng.normal(0, 0.0008, n2)
    dlo = 0.03 * np.cos(angle) + np.linspace(0, 0.07, n2) - 0.03 + rng.normal(0, 0.0008, n2)
    world.add(
        mmsi,
        NAMES[k % len(NAMES)],
        np.r_[t1, t2],
        np.r_[la, la[-1] + dla],
        np.r_[lo, lo[-1] + dlo],
        np.r_[s, rng.uniform(0.2, 1.5, n2)],
        np.r_[c, rng.uniform(0, 360, n2)],
    )
    world.events.append(
        event(
            "loitering",
            [mmsi],
            int(t2[0]),
            None if k % 8 == 2 else int(t2[-1]),
            (la[-1] + dla[0], lo[-1] + dlo[0]),
            (la[-1] + dla[-1], lo[-1] + dlo[-1]),
            confidence=_conf(rng),
            distance_m=18_400.0,
        )
    )


def _visit(world, rng, mmsi, lat, lon, k):
    t, la, lo, s, c = sail(rng, T0 + 2 * HOUR, 25.4, 123.0, 55 + rng.normal(0, 6), 11, 420, wander=1)
    a, b = 90, 210
    world.add(mmsi, NAMES[k % len(NAMES)], t, la, lo, s, c)
    world.events.append(
        event(
            "zone_visit",
            [mmsi],
            int(t[a]),
            int(t[b]),
            (la[a], lo[a]),
            (la[b], lo[b]),
            confidence=_conf(rng),
            regions=[
                {"zone_id": "claim-a", "claimant": "A", "view": "A", "relation": "inside"},
                {"zone_id": "claim-b", "claimant": "B", "view": "B", "relation": "inside"},
            ],
        )
    )


def zones():
    """Two rival claims that overlap and a small patrol box."""
    return [
        make_zone(
            [[[(121.6, 26.1), (124.9, 28.0), (127.2, 26.9), (125.6, 24.4), (123.0, 24.7)]]],
            zone_id="claim-a",
            name="Area claimed by A",
            claimant="A",
            kind="eez",
        ),
        make_zone(
            [[[(123.2, 24.2), (124.2, 27.6), (128.7, 27.7), (128.9, 25.9), (126.4, 23.8)]]],
            zone_id="claim-b",
            name="Area claimed by B",
            claimant="B",
            kind="eez",
        ),
        make_zone(
            [[[(123.3, 25.6), (123.9, 25.6), (123.9, 26.0), (123.3, 26.0)]]],
            zone_id="box-1",
            name="巡視區 1 Patrol box",
        ),
    ]


def no_land(west, south, east, north, tolerance_deg):
    """A world without land."""
    return []


def block_land(west, south, east, north, tolerance_deg):
    """One island that overlaps the south-west corner of every box asked for."""
    w, h = (east - west) * 0.3, (north - south) * 0.3
    return [
        np.array(
            [
                (west - w, south - h),
                (west + w, south - h),
                (west + w, south + h),
                (west - w, south + h),
                (west - w, south - h),
            ]
        )
    ]


def summary(context="exercise:demo", **more) -> RunSummary:
    """A run over three files, one of them half broken."""
    base = dict(
        title="Events between Taiwan and Okinawa",
        kizuna_version="0.1.0",
        inputs=(
            InputFile(
                "station-north.nmea.gz",
                "a3" * 32,
                48_211_004,
                "nmea",
                1_204_551,
                {"bad_checksum": 412, "part_missing": 96},
            ),
            InputFile("station-south.nmea.gz", "b7" * 32, 12_004_118, "nmea", 300_120, {"bad_checksum": 31}),
            InputFile("satellite.csv", "c9" * 32, 3_100_200, "csv", 40_100, {"bad_time": 7}),
        ),
        zone_files=(InputFile("claims.geojson", "d1" * 32, 14_200, "zones geojson", 3, {}),),
        params={
            "gap": {"min_h": 6.0, "reception_share_min": 0.5},
            "encounter": {"distance_max_m": 500.0, "min_h": 2.0},
            "loitering": {"speed_max_kn": 2.0, "min_h": 4.0},
            "zone_visit": {"hysteresis_m": 185.2},
        },
        rules={"gap": "1.0", "encounter": "1.0", "loitering": "1.0", "zone_visit": "1.0"},
        counts={"fixes": 1_480_022, "statics": 61_204, "others": 3_545, "rejects": 546, "segments": 214, "events": 10},
        time_sources={"tag": 1_430_101, "csv": 40_100, "none": 9_821},
        start_ms=T0,
        end_ms=T0 + 24 * HOUR - 1000,
        context=context,
        masks=(MaskUsed("anchorages", "stops of the input", "3f9c1a", 41),),
        warnings=("9,821 fixes carry no time and take no part in tracks.",),
        notices=("Coast: OpenStreetMap contributors, ODbL 1.0.",),
        limits=("Reception is not known: silence can be a missing receiver.", "Confidence is uncalibrated."),
        versions={"python": "3.11.2", "numpy": "2.3.1", "pyarrow": "21.0.0"},
        timings=(
            Timing("decode", 1.42, 1.39, 1_548_000),
            Timing("segment", 0.61, 0.60, 1_480_022),
            Timing("gaps", 0.08, 0.08, 1_480_022),
            Timing("encounters", 0.93, 0.91, 1_480_022),
            Timing("write", 0.7, 0.66),
        ),
    )
    return RunSummary(**(base | more))

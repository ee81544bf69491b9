"""Random worlds for the leak oracle: what a node holds, its rules, and a twin that differs only in what is withheld.

``world(seed)`` makes one; ``twin(world, rng)`` changes it in ways that no partner may notice, by construction and
without asking the code under test:

- rows of a source whose terms let nothing pass, rows labelled for a stranger, rows of vessels that a rule withholds,
  repeats of a report, events of hidden vessels, versions that were replaced: put in, taken out, changed at will;
- rows that are not due yet at the end: changed at will;
- rows within the entry border of a sensitive zone: moved about inside it, and more of them put between two such;
- inside what is told: places within their cell, motion, status, receivers, and of coarse events all that tells;
- the order of rows and of words in every table.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pyarrow as pa

from kizuna.base.table import empty
from kizuna.events.table import EVENT_TYPES, EVENTS
from kizuna.fixes.detections import DETECTIONS, SENSORS
from kizuna.fixes.table import FIXES, FLAG_DUPLICATE
from kizuna.places.zone import make_zone
from kizuna.places.zone_index import ZoneIndex
from kizuna.records.partner import Community, Partner, directory
from kizuna.share import rules, transform
from kizuna.share.columns import Setting, Terms
from kizuna.share.rules.rule import Among
from kizuna.share.transforms.grid import CELL_SIZES_M, grid
from kizuna.share.transforms.sensitive_zones import hole
from kizuna.share.transforms.steps import CoarsenPosition, CoarsenTime, Stop

T0 = 1_767_225_600_000
HOUR = 3_600_000
SPAN = 10 * HOUR
PARTNERS = ("cape", "strait")
AUDIENCES = ("cape", "strait", "c:watch")
STRANGER = "AMBER;rel=stranger"
HIDDEN_VESSELS = (431_000_900, 431_000_901)
DIRECTORY = directory(
    "harbour",
    [Partner(p, communities=frozenset(("c:watch",))) for p in PARTNERS],
    [Community("c:watch", 1, frozenset(PARTNERS))],
)
TERMS = {"tower-1": Terms(True, frozenset(("all",))), "tower-2": Terms(True, frozenset(("all",))), "sealed": Terms()}


POSITION, EVENT = "track.position", "event.*"


def _speaks(rule, kind):
    return any(c.field == "kind" and kind in c.words for c in rule.conditions if isinstance(c, Among))


@dataclass(frozen=True)
class World:
    """Everything that one node holds, as plain rows (dicts), and when it publishes."""

    seed: int
    fixes: tuple
    events: tuple
    detections: tuple
    rules: rules.RuleSet
    zones: tuple
    runs_ms: tuple
    key: bytes
    center: tuple
    notes: tuple = ()

    @property
    def end_ms(self):
        return self.runs_ms[-1]

    def setting(self, now_ms):
        return Setting(now_ms, DIRECTORY, terms=TERMS, zones=frozenset(z.zone_id for z in self.zones))

    def sets(self, what=("position", "event", "seen")):
        """The transforms under which a position, an event of a vessel, or what was seen of nobody may leave; each audience's."""
        out = []
        for to in AUDIENCES:
            mine = {
                kind: [r for r in self.rules.rules if r.releases and to in r.to and _speaks(r, kind)]
                for kind in (POSITION, EVENT)
            }
            out += (
                [transform.join(r.transforms for r in mine[POSITION])] if mine[POSITION] and "position" in what else []
            )
            out += [transform.join(r.transforms for r in mine[EVENT])] if mine[EVENT] and "seen" in what else []
            both = mine[POSITION] + mine[EVENT]
            out += [transform.join(r.transforms for r in both)] if mine[EVENT] and "event" in what else []
        return out


def world(seed):
    rng = np.random.default_rng([seed, 1])
    lat = float(rng.choice([rng.uniform(-75, 75), rng.uniform(20, 30), 85.5]))
    lon = float(rng.choice([rng.uniform(-179, 179), 179.98, -179.99]))
    zones = (square("base", lat, lon, rng.uniform(0.01, 0.08)), square("box", lat + 0.1, lon + 0.1, 0.3))
    fixes = [
        f for k in range(rng.integers(4, 10)) for f in track(rng, 431_000_000 + k, lat, lon, int(rng.integers(5, 40)))
    ]
    fixes += [f for m in HIDDEN_VESSELS for f in track(rng, m, lat, lon, 8)]
    fixes = [numbered(f, int(rng.integers(1, 2**62))) for f in fixes]
    events = [event(rng, fixes) for _ in range(rng.integers(2, 12))]
    detections = [detection(rng, lat, lon) for _ in range(rng.integers(2, 20))]
    runs = tuple(sorted(int(T0 + x) for x in rng.integers(HOUR, SPAN, rng.integers(1, 5)))) + (T0 + SPAN,)
    return World(seed, tuple(fixes), tuple(events), tuple(detections), some_rules(rng), zones, runs,
                 rng.bytes(32), (lat, lon), notes(rng, int(rng.integers(0, 12)), told=True))  # fmt: skip


def notes(rng, n, *, told):
    """STIX objects on the shelf, each for some audiences; or for nobody here, which a twin may have more or fewer of."""
    found = []
    for _ in range(n):
        name = f"indicator--{rng.bytes(4).hex()}-0000-4000-8000-{rng.bytes(6).hex()}"
        body = {"type": "indicator", "spec_version": "2.1", "id": name, "created": "2026-01-01T00:00:00.000Z",
                "modified": "2026-01-01T00:00:00.000Z", "pattern": f"[ipv4-addr:value = '192.0.2.{rng.integers(256)}']",
                "pattern_type": "stix", "valid_from": "2026-01-01T00:00:00Z"}  # fmt: skip
        to = tuple(a for a in AUDIENCES if rng.random() < 0.5) if told else ("stranger",)
        found.append(
            {"data": json.dumps(body).encode(), "to": to, "at_ms": int(T0 + rng.integers(SPAN)), "probe": told}
        )
    return tuple(sorted(found, key=lambda note: note["at_ms"]))


def square(name, lat, lon, half):
    """A zone around a place, cut in two where it crosses 180 degrees."""
    low, high = max(lat - half, -89.9), min(lat + half, 89.9)
    parts = [(lon - half, lon + half)]
    if lon + half > 180:
        parts = [(lon - half, 180), (-180, lon + half - 360)]
    elif lon - half < -180:
        parts = [(-180, lon + half), (lon - half + 360, 180)]
    return make_zone([[[(w, low), (e, low), (e, high), (w, high), (w, low)]] for w, e in parts], zone_id=name)


def some_rules(rng):
    """Random rules. A releasing rule always keeps out the sensitive zone: by ``stop``, or by the rule that withholds."""
    guarded, coarse = bool(rng.random() < 0.6), bool(rng.random() < 0.5)
    texts = ["version = 1"]
    for k, to in enumerate(AUDIENCES):
        if rng.random() < 0.15:
            continue
        steps = []
        if guarded:
            steps.append(f"stop zones=base cell_m={rng.choice(CELL_SIZES_M[:3])} quiet_s={rng.choice([60, 600, 1800])}")
        if coarse or rng.random() < 0.4:
            steps.append(f"coarsen_position cell_m={rng.choice(CELL_SIZES_M)}")
        if rng.random() < 0.4:
            steps.append(f"delay delay_s={rng.integers(0, 7200)} bucket_s={rng.choice([1, 60, 600])}")
        if rng.random() < 0.3:
            steps.append(f"thin step_s={rng.choice([60, 600])}")
        if rng.random() < 0.3:
            steps.append("mask_identity")
        if rng.random() < 0.3:
            steps.append(f"generalise_source to={rng.choice(['kind', 'sensor'])}")
        if rng.random() < 0.2:
            steps.append("drop_fields fields=nav_status,sog")
        age = ", age = { min_s = 1800 }" if rng.random() < 0.2 else ""
        label = 'label = { tlp = "GREEN", retain_d = 30 }' if rng.random() < 0.5 else ""
        kinds = ["track.position", "event.*", "detection"]
        if rng.random() < 0.5:  # events by a rule of their own, which says nothing of how coarse positions are
            own = [str(s) for s in steps if rng.random() < 0.3]
            texts.append(_release(f"e{k}", to, kinds[1:], "", own, label))
            kinds = kinds[:1]
        texts.append(_release(f"r{k}", to, kinds, age, steps, label))
    for k, mmsi in enumerate(HIDDEN_VESSELS):  # of the second, only positions: what rests on them is hidden with them
        kind = 'kind = ["track.position"], ' if k else ""
        texts.append(
            f'[[rule]]\nid = "own{k}"\nto = ["*"]\nthen = "withhold"\nmatch = {{ {kind}subject = ["mmsi:{mmsi}"] }}'
        )
    if not guarded:
        texts.append('[[rule]]\nid = "base"\nto = ["*"]\nthen = "withhold"\nmatch = { zone = ["base"] }')
    return rules.load("\n".join(texts))


def _release(name, to, kinds, age, steps, label):
    return (
        f'[[rule]]\nid = "{name}"\nclause = ["m/1"]\nto = ["{to}"]\nthen = "release"\n'
        f"match = {{ kind = {kinds!r}{age} }}\ntransform = {steps!r}\n{label}"
    )


def track(rng, mmsi, lat, lon, n):
    times = T0 + np.sort(rng.integers(0, SPAN, n))
    a, b = lat + rng.normal(0, 0.15), lon + rng.normal(0, 0.15)
    out, (va, vb) = [], rng.normal(0, 0.03, 2)
    for t in times.tolist():
        a, b = a + va + rng.normal(0, 0.01), b + vb + rng.normal(0, 0.01)
        if rng.random() < 0.1:
            va, vb = rng.normal(0, 0.03, 2)
        source = str(rng.choice(["tower-1", "tower-2", "sealed"], p=[0.5, 0.3, 0.2]))
        label = str(rng.choice(["nobody", STRANGER, "GREEN;rel=c:watch,cape,strait"], p=[0.8, 0.1, 0.1]))
        late = int(rng.choice([0, 0, 0, rng.integers(0, 3 * HOUR)]))
        out.append({
            "mmsi": mmsi, "time_ms": t, "received_ms": t + late, "lat_deg": min(max(a, -89.99), 89.99),
            "lon_deg": (b + 180) % 360 - 180, "sog_kn": float(rng.uniform(0, 20)), "cog_deg": float(rng.uniform(0, 360)),
            "heading_deg": float(rng.uniform(0, 359)), "nav_status": int(rng.integers(-1, 15)), "source_id": source,
            "label": label, "flags": FLAG_DUPLICATE * int(rng.random() < 0.05), "seg_id": mmsi, "context": "real",
        })  # fmt: skip
    return out


def numbered(row, number):
    return {**row, "msg_id": number}


def event(rng, fixes):
    a, b = (fixes[int(rng.integers(len(fixes)))] for _ in range(2))
    two = rng.random() < 0.3 and a["mmsi"] != b["mmsi"]
    who = sorted({a["mmsi"], b["mmsi"]} if two else {a["mmsi"]})
    end = a["time_ms"] + int(rng.integers(1, HOUR))
    closed = rng.random() < 0.8
    return {
        "event_id": rng.bytes(16).hex(), "version": int(rng.integers(1, 4)), "status": "closed" if closed else "open",
        "event_type": str(rng.choice(EVENT_TYPES[:5])), "mmsis": who, "seg_ids": who, "start_ms": a["time_ms"],
        "end_ms": end if closed else None, "start_lat_deg": a["lat_deg"], "start_lon_deg": a["lon_deg"],
        "end_lat_deg": b["lat_deg"] if closed else np.nan, "end_lon_deg": b["lon_deg"] if closed else np.nan,
        "lat_mean_deg": a["lat_deg"], "lon_mean_deg": a["lon_deg"], "known_ms": end, **telling(rng),
        "label": str(rng.choice(["nobody", STRANGER], p=[0.8, 0.2])), "context": "real", "rule_id": "gap",
    }  # fmt: skip


def telling(rng):
    return {
        "duration_h": float(rng.uniform(0, 9)), "distance_m": float(rng.uniform(0, 9e4)), "confidence": float(rng.random()),
        "summary": f"seen {rng.integers(10**6)} m off", "implied_speed_kn": float(rng.uniform(0, 30)),
        "evidence": [{"test": "silence", "measured": float(rng.random()), "threshold": 1.0, "relation": ">",
                      "unit": "h", "passed": bool(rng.random() < 0.5)}],
    }  # fmt: skip


def detection(rng, lat, lon):
    return {
        "det_id": int(rng.integers(1, 2**62)), "time_ms": int(T0 + rng.integers(0, SPAN)),
        "lat_deg": min(max(lat + float(rng.normal(0, 0.2)), -89.9), 89.9),
        "lon_deg": (lon + float(rng.normal(0, 0.2)) + 180) % 360 - 180, "sensor": str(rng.choice(SENSORS)),
        "source_id": str(rng.choice(["tower-1", "sealed"])), "speed_kn": float(rng.uniform(0, 20)),
        "accuracy_m": float(rng.uniform(5, 500)), "length_m": float(rng.uniform(5, 300)),
        "label": str(rng.choice(["nobody", STRANGER], p=[0.8, 0.2])), "context": "real",
        "mmsi": int(rng.choice([-1, 431_000_000, *HIDDEN_VESSELS])),
    }  # fmt: skip


# --- tables -------------------------------------------------------------------------------------------------------


def _coded(values, closed=None):
    words = list(closed) if closed else list(dict.fromkeys(values))
    return tuple(words), np.array([words.index(v) for v in values], np.int32)


def fixes_table(rows):
    table = empty(FIXES, len(rows))
    columns, words = {}, dict(table.words)
    for name in ("msg_id", "mmsi", "time_ms", "received_ms", "lat_deg", "lon_deg", "sog_kn", "cog_deg", "heading_deg",
                 "nav_status", "flags", "seg_id"):  # fmt: skip
        columns[name] = np.array([r[name] for r in rows], table[name].dtype)
    for name in ("source_id", "label", "context"):
        words[name], columns[name] = _coded([r[name] for r in rows])
    return replace(table, columns={**table.columns, **columns}, words=words)


def events_table(rows):
    table = empty(EVENTS, len(rows))
    columns, words = {}, dict(table.words)
    for c in EVENTS.columns:
        if not rows or c.name not in rows[0]:
            continue
        values = [r[c.name] for r in rows]
        if c.name in ("label", "context"):
            words[c.name], columns[c.name] = _coded(values)
        elif c.codes is not None:
            columns[c.name] = _coded(values, c.codes)[1]
        elif c.dtype() is None:
            columns[c.name] = pa.array(values, c.file_type)
        else:
            columns[c.name] = np.array([c.missing_value if v is None else v for v in values], c.dtype())
    return replace(table, columns={**table.columns, **columns}, words=words)


def detections_table(rows):
    table = empty(DETECTIONS, len(rows))
    columns, words = {}, dict(table.words)
    for name in ("det_id", "time_ms", "lat_deg", "lon_deg", "speed_kn", "accuracy_m", "length_m", "mmsi"):
        columns[name] = np.array([r[name] for r in rows], table[name].dtype)
    for name in ("source_id", "label", "context"):
        words[name], columns[name] = _coded([r[name] for r in rows])
    columns["sensor"] = _coded([r["sensor"] for r in rows], SENSORS)[1]
    return replace(table, columns={**table.columns, **columns}, words=words)


# --- the twin -----------------------------------------------------------------------------------------------------


def withheld_fix(row):
    """Whether nobody may have this row under any of the rules above."""
    return (
        row["source_id"] == "sealed" or row["label"] == STRANGER or row["mmsi"] in HIDDEN_VESSELS or row["flags"] != 0
    )


def withheld_event(row):
    hidden = any(m in HIDDEN_VESSELS for m in row["mmsis"])
    return hidden or row["label"] == STRANGER


def withheld_detection(row):
    return row["source_id"] == "sealed" or row["label"] == STRANGER or row["mmsi"] in HIDDEN_VESSELS


def twin(w, seed):
    """The other world."""
    rng = np.random.default_rng([w.seed, seed, 2])
    fixes = _precision(w, rng, _stirred(w, rng, list(w.fixes)))
    fixes = _some(rng, fixes, withheld_fix, lambda: _more_fixes(w, rng))
    events = _some(rng, _event_precision(w, rng, list(w.events)), withheld_event, lambda: _more_events(w, rng, fixes))
    detections = [_detection_precision(w, rng, d) for d in w.detections]
    detections = _some(rng, detections, withheld_detection, lambda: _more_detections(w, rng))
    fixes, events, detections = (_later(w, rng, rows) for rows in (fixes, events, detections))
    for rows in (fixes, events, detections):
        rng.shuffle(rows)
    kept = w.notes + notes(rng, int(rng.integers(0, 9)), told=False)  # told to a stranger in between
    kept = tuple(kept[k] for k in sorted(range(len(kept)), key=lambda k: (kept[k]["at_ms"], k)))
    return replace(w, fixes=tuple(fixes), events=tuple(events), detections=tuple(detections), notes=kept)


def _some(rng, rows, withheld, more):
    """Withheld rows put in, taken out."""
    kept = [r for r in rows if not withheld(r) or rng.random() < 0.5]
    return kept + more()


def _more_fixes(w, rng):
    out = []
    for row in track(
        rng, int(rng.choice([431_000_000, *HIDDEN_VESSELS, 431_777_777])), *w.center, int(rng.integers(0, 15))
    ):
        how = rng.integers(3)
        row |= [{"source_id": "sealed"}, {"label": STRANGER}, {"mmsi": HIDDEN_VESSELS[1]}][how]
        out.append(numbered(row, int(rng.integers(1, 2**62))))
    return out


def _more_events(w, rng, fixes):
    out = []
    for _ in range(int(rng.integers(0, 5))):
        row = event(rng, fixes)
        out.append(row | [{"label": STRANGER}, {"mmsis": [HIDDEN_VESSELS[int(rng.integers(2))]]}][int(rng.integers(2))])
    for row in w.events:  # an earlier version of what is told, and one replaced that nobody was told of
        if row["version"] > 1 and rng.random() < 0.5:
            out.append(row | {"version": row["version"] - 1} | telling(rng))
    return out


def _more_detections(w, rng):
    out = []
    for _ in range(int(rng.integers(0, 6))):
        row = detection(rng, *w.center)
        out.append(
            row | [{"label": STRANGER}, {"source_id": "sealed"}, {"mmsi": HIDDEN_VESSELS[1]}][int(rng.integers(3))]
        )
    return out


def _later(w, rng, rows):
    """What is not due for anybody at the end: observed after the last run."""
    out = [r for r in rows if r.get("time_ms", r.get("end_ms") or r.get("start_ms")) <= w.end_ms]
    return out + [{**r, **({"time_ms": w.end_ms + int(rng.integers(1, HOUR))} if "time_ms" in r else
                           {"start_ms": w.end_ms + 1, "end_ms": w.end_ms + int(rng.integers(2, HOUR)), "event_id": rng.bytes(16).hex()})}
                  | ({"msg_id": int(rng.integers(1, 2**62)), "received_ms": w.end_ms + HOUR} if "msg_id" in r else {})
                  for r in rows[: int(rng.integers(0, 4))]]  # fmt: skip


def _stops(w, *what):
    found = [s.get(Stop) for s in (w.sets(what) if what else w.sets())]
    return [s for s in found if s is not None]


def _stirred(w, rng, fixes):
    """Within the sensitive zone itself nothing is told: rows there go elsewhere in its innermost cells."""
    stops = _stops(w, "position")
    if stops:
        holes = [hole_of(w.zones, s) for s in stops]
        zone = next(z for z in w.zones if z.zone_id == "base")
        west, south, east, north = zone.bbox
        inner = [all(h.inside(np.array([f["lat_deg"]]), np.array([f["lon_deg"]]))[0][0] for h in holes) for f in fixes]
        out = []
        for row, there in zip(fixes, inner, strict=True):
            lat, lon = (
                float(rng.uniform(south, north)),
                float(rng.uniform(west, east)) if east - west < 180 else w.center[1],
            )
            ok = there and all(h.inside(np.array([lat]), np.array([lon]))[0][0] for h in holes)
            same_box = in_zones(w, row["lat_deg"], row["lon_deg"])[1] == in_zones(w, lat, lon)[1]
            out.append({**row, "lat_deg": lat, "lon_deg": lon} if ok and same_box else row)
        return out
    base_in = [in_zones(w, f["lat_deg"], f["lon_deg"])[0] for f in fixes]  # withheld by the rule on the zone
    kept = [f for f, there in zip(fixes, base_in, strict=True) if not there or rng.random() < 0.5]
    lat, lon = w.center
    more = [f for f in track(rng, 431_000_001, lat, lon, 10) if in_zones(w, f["lat_deg"], f["lon_deg"])[0]]
    return kept + [numbered(f, int(rng.integers(1, 2**62))) for f in more]


@lru_cache(maxsize=8)
def index_of(zones):
    return ZoneIndex.build(zones)


@lru_cache(maxsize=64)
def hole_of(zones, stop):
    return hole(zones, stop)


def in_zones(w, lat, lon):
    found = index_of(w.zones).memberships(np.array([lat]), np.array([lon]))[1].tolist()
    return tuple(k in found for k in range(len(w.zones)))


def _coarsest_common(w, *what):
    """The smallest cell that any of these sets uses; None where one tells places as they are."""
    cells = [s.get(CoarsenPosition) for s in w.sets(what)]
    return None if not cells or any(c is None for c in cells) else min(c.cell_m for c in cells)


def _within(w, rng, lat, lon, cell_m):
    """Another place in the same cell, in the same zones, on the same side of every hole."""
    g = grid(cell_m)
    cell = g.cells(np.array([lat]), np.array([lon]))
    south, west, north, east = (float(v[0]) for v in g.edges(cell))
    holes = [hole_of(w.zones, s) for s in _stops(w)]
    for _ in range(6):
        a, b = float(rng.uniform(south, north)), float(rng.uniform(west, east))
        if g.cells(np.array([a]), np.array([b]))[0] != cell[0] or in_zones(w, a, b) != in_zones(w, lat, lon):
            continue
        if all(
            [v[0] for v in h.inside(np.array([a]), np.array([b]))]
            == [v[0] for v in h.inside(np.array([lat]), np.array([lon]))]
            for h in holes
        ):
            return a, b
    return lat, lon


def _precision(w, rng, fixes):
    cell = _coarsest_common(w, "position")
    out = []
    for row in fixes:
        if cell and rng.random() < 0.7:
            lat, lon = _within(w, rng, row["lat_deg"], row["lon_deg"], cell)
            row = {**row, "lat_deg": lat, "lon_deg": lon, "sog_kn": float(rng.uniform(0, 20)),
                   "cog_deg": float(rng.uniform(0, 360)), "heading_deg": float(rng.uniform(0, 359)), "nav_status": -1}  # fmt: skip
        if row["source_id"].startswith("tower") and rng.random() < 0.5:
            row = {**row, "source_id": str(rng.choice(["tower-1", "tower-2"]))}
        out.append(row)
    return _shifted(w, rng, out) if cell else out


def _shifted(w, rng, fixes):
    """Other times within the buckets that every set keeps, for rows that are alone in theirs."""
    steps = [s.get(CoarsenTime).step_s for s in w.sets(("position",))]
    step = min(steps + [s.quiet_s for s in _stops(w)]) * 1000
    many = {}
    for row in fixes:
        many[row["mmsi"], row["time_ms"] // step] = many.get((row["mmsi"], row["time_ms"] // step), 0) + 1
    out = []
    for row in fixes:
        begin = row["time_ms"] // step * step
        if many[row["mmsi"], begin // step] == 1 and row["received_ms"] == row["time_ms"] and rng.random() < 0.5:
            moved = begin + int(rng.integers(step))
            row = {**row, "time_ms": moved, "received_ms": moved}
        out.append(row)
    return out


def _event_precision(w, rng, events):
    cell = _coarsest_common(w, "event")
    if not cell:
        return events
    out = []
    for row in events:
        row = {**row, **telling(rng)}
        lat, lon = _within(w, rng, row["start_lat_deg"], row["start_lon_deg"], cell)
        row |= {"start_lat_deg": lat, "start_lon_deg": lon, "lat_mean_deg": lat, "lon_mean_deg": lon}
        if row["end_ms"] is not None:
            lat, lon = _within(w, rng, row["end_lat_deg"], row["end_lon_deg"], cell)
            row |= {"end_lat_deg": lat, "end_lon_deg": lon}
        out.append(row)
    return out


def _detection_precision(w, rng, row):
    cell = _coarsest_common(w, "event" if row["mmsi"] > 0 else "seen")
    if not cell:
        return row
    lat, lon = _within(w, rng, row["lat_deg"], row["lon_deg"], cell)
    return {**row, "lat_deg": lat, "lon_deg": lon, "speed_kn": float(rng.uniform(0, 20)),
            "accuracy_m": float(rng.uniform(5, 500)), "length_m": float(rng.uniform(5, 300))}  # fmt: skip

"""Worlds of a whole running node, and twins that differ only in what one partner, the watched one, is not told.

A world of ``leak_worlds`` with everything around it that a node holds as well: names, zones of its own, cases, requests,
threat information, recalls, a second partner who is told more. ``node_twin`` changes of all that what the watched
partner must not notice: rows that nobody is told, and rows that only the *other* partner is told.

What an event and a matched detection rest on ties them (``decide.follows_positions``, terms of sources), so a vessel
is of one of three sorts in both worlds: *clear*, heard by open sources alone; *mixed*, with a sealed source among
them from the beginning on; *hidden*, known from withheld rows alone, or not at all.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import numpy as np
from leak_worlds import (
    HIDDEN_VESSELS,
    HOUR,
    SPAN,
    STRANGER,
    T0,
    World,
    detection,
    event,
    in_zones,
    numbered,
    telling,
    track,
    twin,
    world,
)

WATCHED, OTHER = "cape", "strait"
CONFIDED = f"AMBER;rel={OTHER}"
"""Label of what the other partner alone may be told."""
UNKNOWN, SEALED = 431_777_777, 431_888_888
"""A vessel that the other partner alone may be told of, and one that only a sealed source hears."""
MORE_RULES = """
[[rule]]
id = "words"
clause = ["m/2"]
to = ["cape", "strait"]
then = "release"
match = { kind = ["request", "answer"] }
[[rule]]
id = "cases"
clause = ["m/2"]
to = ["cape", "strait"]
then = "release"
match = { kind = ["incident.*"], tag = ["distress", "cable", "encounter", "other"] }
[[rule]]
id = "confided"
clause = ["m/3"]
to = ["strait"]
then = "release"
match = { kind = ["track.position", "event.*", "detection"], label = { tlp_min = "AMBER" } }
"""


@dataclass(frozen=True)
class NodeWorld:
    """A world and what lies around it.

    Attributes:
        rows: fixes, events, detections, zones, secret.
        ticks: times at which the node looks, and the partner asks, ms.
        text: rules in force.
        names: what vessels say they are called: (mmsi, name), told to nobody.
        areas: features of the node's own layer of zones, told to nobody.
        deeds: what people do: (ms, kind, facts), in order of time.
        probes: MMSIs and event ids that the partner asks about, whether it knows them or not.
        staff: people and tokens of others at the desk.
    """

    rows: World
    ticks: tuple
    text: str
    names: tuple
    areas: tuple
    deeds: tuple
    probes: tuple
    staff: int = 0


def node_world(seed, ticks=6):
    rng = np.random.default_rng([seed, 11])
    w = sorted_out(world(seed), rng)
    times = {int(T0 + SPAN * (k + 1) // ticks) + int(rng.integers(-60_000, 0)) for k in range(ticks)}
    hidden = [e["event_id"] for e in w.events if e["mmsis"][0] in HIDDEN_VESSELS][:2]
    told = [e["event_id"] for e in w.events if e["mmsis"][0] not in HIDDEN_VESSELS][:1]
    probes = (431_000_000, 431_000_001, HIDDEN_VESSELS[1], UNKNOWN, SEALED, *told, *hidden)
    text = w.rules.source.decode() + MORE_RULES
    return NodeWorld(w, tuple(sorted(times)), text, _names(rng, w), _areas(rng, w), _deeds(rng, open_=True), probes)


def sorted_out(w, rng):
    """The rows with every vessel of one sort, and detections of clear vessels among the others."""
    sealed = {f["mmsi"] for f in w.fixes if f["source_id"] == "sealed" and f["mmsi"] % 2 == 0}
    fixes = [f if f["mmsi"] in sealed or f["source_id"] != "sealed" else f | {"source_id": "tower-1"} for f in w.fixes]
    mixed = sealed | {431_000_000}
    for mmsi in sorted({f["mmsi"] for f in fixes}):  # what every vessel is, it is from the beginning
        [row] = track(rng, mmsi, *w.center, 1)
        first = {"time_ms": T0, "received_ms": T0, "source_id": "sealed" if mmsi in mixed else "tower-1", "flags": 0}
        fixes.append(numbered(row | first | {"label": "nobody"}, mmsi))
    found = [detection(rng, *w.center) | {"mmsi": 431_000_001, "label": "nobody"} for _ in range(3)]
    return replace(w, fixes=tuple(fixes), detections=(*w.detections, *found))


def _first(row):
    return row["time_ms"] == T0 and row["msg_id"] == row["mmsi"]


def clear_vessels(w):
    """Those that open sources alone hear and that no rule hides, by their first rows."""
    return {f["mmsi"] for f in w.fixes if _first(f) and f["source_id"] != "sealed"} - set(HIDDEN_VESSELS)


def _as_heard(n, fixes):
    """A twin's rows of clear vessels from open sources: a sealed one in the withheld zone would make them mixed.

    It would rightly hold back the vessel's events and matched detections, in one world only. A row that the zone does
    not withhold is told then, and found.
    """
    clear = clear_vessels(n.rows)
    return [f | {"source_id": "tower-1"} if f["mmsi"] in clear and f["source_id"] == "sealed" else f for f in fixes]


def node_twin(n, seed):
    """The other world."""
    rng = np.random.default_rng([n.rows.seed, seed, 12])
    kept = [f for f in n.rows.fixes if _first(f)]
    rest = replace(n.rows, fixes=tuple(f for f in n.rows.fixes if not _first(f)))
    other = twin(rest, seed)
    heard, found, matched = _sealed(n, rng)
    same = _as_heard(n, other.fixes)
    fixes = [*same, *kept, *_confided(n, rng, _more_tracks), *_far_away(n, rng), *heard]
    events = [*other.events, *_confided(n, rng, _more_events), *found]
    seen = [*other.detections, *_confided(n, rng, _more_seen), *matched]
    for rows in (fixes, events, seen):
        rng.shuffle(rows)
    deeds = sorted([*n.deeds, *_deeds(rng, open_=False)], key=lambda d: d[0])
    rows = replace(other, fixes=tuple(fixes), events=tuple(events), detections=tuple(seen))
    return replace(n, rows=rows, names=_names(rng, rows), areas=_areas(rng, rows), deeds=tuple(deeds),
                   staff=int(rng.integers(0, 4)))  # fmt: skip


def _confided(n, rng, make):
    """Rows that the other partner is told and the watched one is not; rows that hidden vessels send beside."""
    return make(n, rng) if rng.random() < 0.8 else []


def _more_tracks(n, rng):
    out = []
    for mmsi in (UNKNOWN, 431_000_001):
        for row in track(rng, mmsi, *n.rows.center, int(rng.integers(0, 12))):
            out.append(
                numbered(row | {"label": CONFIDED, "source_id": "tower-1", "flags": 0}, int(rng.integers(1, 2**62)))
            )
    return out


def _more_events(n, rng):
    rows = [f for f in n.rows.fixes if not in_zones(n.rows, f["lat_deg"], f["lon_deg"])[0]] or list(n.rows.fixes)
    made = [event(rng, rows) for _ in range(int(rng.integers(0, 4)))]
    return [e | telling(rng) | {"label": CONFIDED, "mmsis": [UNKNOWN]} for e in made]


def _more_seen(n, rng):
    made = [detection(rng, *n.rows.center) for _ in range(int(rng.integers(0, 4)))]
    return [d | {"label": CONFIDED, "source_id": "tower-1", "mmsi": int(rng.choice([-1, UNKNOWN]))} for d in made]


def _sealed(n, rng):
    """A vessel that a sealed source alone hears, with events of its track and detections that the track explains."""
    rows = track(rng, SEALED, *n.rows.center, int(rng.integers(2, 12)))
    rows = [
        numbered(f | {"source_id": "sealed", "label": "nobody", "flags": 0}, int(rng.integers(1, 2**62))) for f in rows
    ]
    events = [event(rng, rows) | {"label": "nobody"} for _ in range(int(rng.integers(0, 3)))]
    made = [detection(rng, *n.rows.center) for _ in range(int(rng.integers(0, 3)))]
    return rows, events, [d | {"source_id": "tower-1", "label": "nobody", "mmsi": SEALED} for d in made]


def _far_away(n, rng):
    """Reports of hidden vessels whose clocks are days off, in both directions, and on the other side of the world."""
    out = []
    for days in rng.permutation([-3, 0, 2, 40])[: int(rng.integers(0, 5))].tolist():
        [row] = track(rng, HIDDEN_VESSELS[1], -n.rows.center[0] / 2, n.rows.center[1] + 90, 1)
        at = row["time_ms"] + days * 24 * HOUR
        late = {"time_ms": at, "received_ms": max(row["received_ms"], T0), "source_id": "sealed", "flags": 0}
        out.append(numbered(row | late | {"label": STRANGER}, int(rng.integers(1, 2**62))))
    return out


def _names(rng, w):
    vessels = sorted({f["mmsi"] for f in w.fixes})
    return tuple((m, f"SHIP {rng.integers(10**6)}") for m in vessels if rng.random() < 0.7)


def _areas(rng, w):
    """Watched areas of the node that no rule names."""
    lat, lon = w.center
    out = []
    for k in range(int(rng.integers(1, 4))):
        a, b = lat + float(rng.normal(0, 0.2)), (lon + float(rng.normal(0, 0.2)) + 180) % 360 - 180
        ring = [[b, a], [b + 0.1, a], [b + 0.1, a + 0.1], [b, a + 0.1], [b, a]]
        out.append({"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]},
                    "properties": {"zone_id": f"own-{rng.integers(10**6)}", "kind": "watch", "name": f"Area {k}"}})  # fmt: skip
    return tuple(out)


def _deeds(rng, *, open_):
    """What people do: with ``open_`` for the watched partner to see, else for the other one or for the house alone."""
    out = []
    to = (WATCHED,) if open_ else (OTHER,)
    for _ in range(int(rng.integers(0, 3))):
        at, name = int(T0 + rng.integers(HOUR, SPAN)), f"VESSEL {rng.integers(10**6)}"
        out.append((at, "case", {"vessel": name, "to": to if open_ or rng.random() < 0.5 else ()}))
    for _ in range(int(rng.integers(0, 5))):
        ident = f"indicator--{rng.bytes(4).hex()}-0000-4000-8000-{rng.bytes(6).hex()}"
        body = {"type": "indicator", "spec_version": "2.1", "id": ident, "created": "2026-01-01T00:00:00.000Z",
                "modified": f"2026-01-01T00:00:{rng.integers(10, 60)}.000Z", "pattern_type": "stix",
                "pattern": f"[ipv4-addr:value = '192.0.2.{rng.integers(256)}']",
                "valid_from": "2026-01-01T00:00:00Z"}  # fmt: skip
        out.append((int(T0 + rng.integers(HOUR, SPAN)), "stix", {"data": json.dumps(body).encode(), "to": to}))
    if rng.random() < 0.5:
        out.append((int(T0 + rng.integers(HOUR, SPAN)), "ask", {"to": to[0], "text": f"seen {rng.integers(10**6)}?"}))
    if rng.random() < 0.6:
        out.append((int(T0 + rng.integers(5 * HOUR, SPAN)), "recall", {"of": to[0]}))
    return tuple(sorted(out, key=lambda d: d[0]))

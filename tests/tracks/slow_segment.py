"""A slow, plain twin of the segmenter, written from its definition (design note, table of peers; tracks/segment.py).

One MMSI at a time, objects instead of columns, the standard library's mathematics, no shortcut. It answers for each
fix with the number of its segment or None, and the reason why it is noise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field


@dataclass
class Fix:
    key: int  # row in the table given
    t: float  # hours
    ms: int
    lat: float
    lon: float
    sog: float  # NaN missing
    cog: float
    heading: float
    msg_id: int
    classes: frozenset  # classes of transponder that it may be of
    type27: bool
    metric: float = 0.0
    noise: str = ""


@dataclass(eq=False)
class Track:
    fixes: list = field(default_factory=list)  # those not dropped, in order
    heard: int = 0  # dropped ones too
    closed: bool = False
    dropped: int = 0
    opened_for: str = ""  # "first", "no match" or "ambiguity"
    ended_by: str = ""  # "silence", "ambiguity", "crowding"; empty while open
    ended_ms: int = 0


def same_report(a, b):
    def cell(x):
        return round(x * 60000)

    def tenth(x):
        return None if math.isnan(x) else round(x * 10)

    return (cell(a.lat), cell(a.lon), tenth(a.sog), tenth(a.cog), repr(a.heading)) == (
        cell(b.lat),
        cell(b.lon),
        tenth(b.sog),
        tenth(b.cog),
        repr(b.heading),
    )


def wrap(x):
    return (x + 180.0) % 360.0 - 180.0


def discrepancy(a, b, hours, shape):
    north = 60.0 * (b.lat - a.lat)
    east = 60.0 * wrap(b.lon - a.lon) * math.cos(math.radians(0.5 * (a.lat + b.lat)))

    def motion(f):
        if math.isnan(f.sog) or math.isnan(f.cog) or f.sog <= 0:
            return 0.0, 0.0, 0.0
        return f.sog, f.sog * math.cos(math.radians(f.cog)), f.sog * math.sin(math.radians(f.cog))

    va, na, ea = motion(a)
    vb, nb, eb = motion(b)
    forward = math.hypot(na * hours - north, ea * hours - east)
    backward = math.hypot(nb * hours - north, eb * hours - east)
    found = [0.5 * (forward + backward), shape * math.hypot(north, east)]
    if va > 0 and vb > 0:
        along = (na * north + ea * east) / va, (nb * north + eb * east) / vb
        across = abs(na * east - ea * north) / va, abs(nb * east - eb * north) / vb
        if 0 < along[0] <= va * hours and 0 < along[1] <= vb * hours:
            found.append(shape * 0.5 * (across[0] + across[1]))
    return min(found)


def metric_of(a, b, p):
    hours = b.t - a.t
    padded = math.hypot(hours, p.pad_h)
    limit = p.speed_max_kn * padded
    d = discrepancy(a, b, hours / (1 + math.sqrt(hours / p.penalty_h)), p.shape)
    if d > limit:
        return 0.0
    return math.exp(-((p.speed_max_kn / p.speed_likely_kn * d / limit) ** 2)) / padded


def best_match(track, fix, p):
    """(metric, how many of the last fixes to drop) of the best match, or None."""
    candidates = track.fixes[::-1][: p.lookback]
    weight = 1.0 if any(c.classes & fix.classes for c in candidates) else p.class_weight
    best, answer = 0.0, None
    for k, c in enumerate(candidates):
        if (fix.ms - c.ms) > p.max_gap_h * 3_600_000:
            break
        value = weight * metric_of(c, fix, p)
        score = value / max(1.0, k * p.lookback_factor)
        existing = candidates[k - 1].metric if k else 0.0
        if value > 0 and score > existing and score > best:
            best, answer = score, (value, k)
    return answer


def flag(fixes, p):
    """Mark the fixes that take no part; returns the others."""
    kept = []
    last_moving = {}
    heard = set()
    for f in fixes:
        again = (f.ms, f.msg_id) in heard
        heard.add((f.ms, f.msg_id))
        junk = any(abs(f.sog - s) < 0.05 for s in (51.2, 63.0, 102.3))
        if junk:
            f.noise = "junk_speed"
            continue
        if p.need_motion and (math.isnan(f.sog) or (f.sog > p.very_slow_kn and math.isnan(f.cog))):
            f.noise = "no_motion"
            continue
        near = [g for g in kept if f.ms - g.ms < p.duplicate_s * 1000]
        if again or any(same_report(f, g) for g in near):
            f.noise = "duplicate"
            continue
        if f.sog > p.moving_kn:
            said = (
                round(f.lat * 60000),
                round(f.lon * 60000),
                round(f.sog * 10),
                None if math.isnan(f.cog) else round(f.cog * 10),
                repr(f.heading),
            )
            if said in last_moving and f.ms - last_moving[said] <= p.repeat_h * 3_600_000:
                f.noise = "duplicate"
                continue
            last_moving[said] = f.ms
        kept.append(f)
    return kept


def segment_one(fixes, p):
    """Tracks of one MMSI from its fixes in order."""
    tracks, open_ = [], []
    for fix in flag(fixes, p):
        for t in [t for t in open_ if fix.ms - t.fixes[-1].ms > p.max_gap_h * 3_600_000]:
            t.ended_by, t.ended_ms = "silence", fix.ms
            open_.remove(t)
        found = [(t, m) for t in open_ if (m := best_match(t, fix, p)) is not None]
        scored = []
        for t, (value, drop) in found:
            a = t.heard / p.short_fixes
            scored.append((value * a / math.sqrt(1 + a * a), t, value, drop))
        best = max((s[0] for s in scored), default=None)
        close = [s for s in scored if s[0] * p.ambiguity >= best]
        if fix.type27 and close:
            nearest = min(fix.t - s[1].fixes[-1 - s[3]].t for s in close)
            if nearest < p.type27_h:
                fix.noise = "type27_near"
                continue
        if len(close) == 1:
            _, track, fix.metric, drop = close[0]
            for _ in range(drop):
                track.fixes.pop().noise = "dropped"
                track.dropped += 1
            track.fixes.append(fix)
            track.heard += 1
            continue
        for _, t, _, _ in close:
            t.closed, t.ended_by, t.ended_ms = True, "ambiguity", fix.ms
            open_.remove(t)
        while len(open_) >= p.open_max:
            stalest = min(open_, key=lambda t: t.fixes[-1].ms)
            stalest.closed, stalest.ended_by, stalest.ended_ms = True, "crowding", fix.ms
            open_.remove(stalest)
        track = Track([fix], 1, opened_for="ambiguity" if close else "no match" if open_ else "first")
        tracks.append(track)
        open_.append(track)
    place = {id(f): k for k, f in enumerate(fixes)}
    tracks.sort(key=lambda t: place[id(t.fixes[0])])
    return tracks


def read(table):
    """Fixes by MMSI, each list in the order of the definition."""
    classes = table.codes_of("ais_class")
    by = {}
    for k in range(len(table)):
        lat, lon, ms = float(table["lat_deg"][k]), float(table["lon_deg"][k]), int(table["time_ms"][k])
        if math.isnan(lat) or math.isnan(lon) or ms == -(2**63):
            continue
        code = int(table["ais_class"][k])
        type27 = int(table["msg_type"][k]) == 27
        of = {"A", "B"} if type27 else {classes[code]} if code >= 0 else set(classes)
        place = (ms, int(table["byte_offset"][k]), int(table["msg_id"][k]), k)
        fix = Fix(
            k,
            ms / 3_600_000,
            ms,
            lat,
            lon,
            float(table["sog_kn"][k]),
            float(table["cog_deg"][k]),
            float(table["heading_deg"][k]),
            int(table["msg_id"][k]),
            frozenset(of),
            type27,
        )
        by.setdefault(int(table["mmsi"][k]), []).append((place, fix))
    return {m: [f for _, f in sorted(rows, key=lambda r: r[0])] for m, rows in sorted(by.items())}


def segment(table, p):
    """(segments as lists of rows by MMSI and start, {row: reason} for noise, fixes dropped by each segment)."""
    segments, noise, dropped = [], {}, []
    for fixes in read(table).values():
        for t in segment_one(fixes, p):
            segments.append([f.key for f in t.fixes])
            dropped.append(t.dropped)
        noise.update({f.key: f.noise for f in fixes if f.noise})
    return segments, noise, dropped

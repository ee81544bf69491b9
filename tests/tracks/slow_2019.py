"""The segmenter of Global Fishing Watch as it stood on 30 October 2019, for the file of MMSI 416000000.

The 29 labelled segments were made then; the definition has changed since (it became gpsdio-segment 3). The file holds
no motion (speed and course are 0 throughout), so that the discrepancy is the distance. Two constants of that day's
file do not give the labels, ambiguity 2 and short 10 (25 of the 27 agree); with 1.5 and 5 all do. Two of the 29 are
single fixes that were dropped.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from tracks.slow_segment import Track, wrap


@dataclass(frozen=True)
class Constants:
    max_hours: float = 60.0
    penalty_hours: float = 1.0
    buffer_hours: float = 5 / 60
    max_knots: float = 25.0
    penalty_knots: float = 10.0
    lookback: int = 5
    lookback_factor: float = 1.2
    ambiguity: float = 1.5
    short: float = 5.0
    open_max: int = 10


def distance_nm(a, b):
    east = wrap(b.lon - a.lon) * math.cos(math.radians(0.5 * (a.lat + b.lat)))
    return 60.0 * math.hypot(b.lat - a.lat, east)


def match(track, fix, c):
    """(metric, how many of the last fixes to drop), or None."""
    answer = None
    for k, old in enumerate(track.fixes[: -c.lookback - 1 : -1]):
        hours = fix.t - old.t
        if hours > c.max_hours:
            break
        effective = (hours + c.buffer_hours) / (1 + math.sqrt(hours / c.penalty_hours))
        limit = effective * c.max_knots
        d = distance_nm(old, fix)
        if d > limit:
            continue
        value = math.exp(-((c.max_knots / c.penalty_knots * d / limit) ** 2)) / effective**2 / c.lookback_factor**k
        if k and value < track.fixes[-k].metric:
            continue
        if answer is None or value > answer[0]:
            answer = value, k
    return answer


def segment_one(fixes, c=Constants()):
    tracks, open_ = [], []
    for fix in fixes:
        for t in [t for t in open_ if fix.t - t.fixes[-1].t > c.max_hours]:
            t.ended_by, t.ended_ms = "silence", fix.ms
            open_.remove(t)
        found = [(t, *m) for t in open_ if (m := match(t, fix, c)) is not None]
        weights = [m * math.sqrt(min(t.heard / c.short, 1.0)) for t, m, _ in found]
        close = [f for f, w in zip(found, weights, strict=True) if w * c.ambiguity >= max(weights)]
        if len(close) == 1:
            track, fix.metric, drop = close[0]
            for _ in range(drop):
                track.fixes.pop().noise = "dropped"
            track.fixes.append(fix)
            track.heard += 1
            continue
        for t, _, _ in close:
            t.ended_by, t.ended_ms = "ambiguity", fix.ms
            open_.remove(t)
        while len(open_) >= c.open_max:
            stalest = min(open_, key=lambda t: t.fixes[-1].ms)
            stalest.ended_by, stalest.ended_ms = "crowding", fix.ms
            open_.remove(stalest)
        track = Track([fix], 1)
        tracks.append(track)
        open_.append(track)
    return tracks

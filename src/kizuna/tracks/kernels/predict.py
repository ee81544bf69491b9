"""Where segments were at one instant, and how uncertain that is."""

from __future__ import annotations

import math

from kizuna.base.jit import kernel
from kizuna.base.kernels import cos_deg, destination, distance_m, sin_deg, wrap_lon
from kizuna.tracks.kernels.resample import between

_KN_MPS = 1852.0 / 3600.0
NONE = -1
BRIDGE = 0
RECKON = 1


@kernel
def _row_at_or_before(time_ms, start, end, at_ms):
    """Last row of [start, end) whose time is not after ``at_ms``; ``start - 1`` where all are later."""
    low = start
    high = end
    while low < high:
        middle = (low + high) // 2
        if time_ms[middle] <= at_ms:
            low = middle + 1
        else:
            high = middle
    return low - 1


@kernel
def _mean_velocity(a, b, time_ms, lat_deg, lon_deg):
    """East and north in m/s from row a to the later row b."""
    elapsed_s = (time_ms[b] - time_ms[a]) / 1000.0
    north = distance_m(lat_deg[a], lon_deg[a], lat_deg[b], lon_deg[a])
    middle = 0.5 * (lat_deg[a] + lat_deg[b])
    east = distance_m(middle, lon_deg[a], middle, lon_deg[b])
    if lat_deg[b] < lat_deg[a]:
        north = -north
    if wrap_lon(lon_deg[b] - lon_deg[a]) < 0.0:
        east = -east
    return east / elapsed_s, north / elapsed_s


@kernel
def _velocity(a, b, time_ms, lat_deg, lon_deg, sog_kn, cog_deg, row):
    """East and north in m/s at a row: as sent, else from the rows a and b; nothing known is 0, 0 and False."""
    s = float(sog_kn[row])
    c = float(cog_deg[row])
    if not math.isnan(s) and (s < 0.5 or not math.isnan(c)):
        if s < 0.5:
            return 0.0, 0.0, True
        return s * _KN_MPS * sin_deg(c), s * _KN_MPS * cos_deg(c), True
    if time_ms[b] <= time_ms[a]:
        return 0.0, 0.0, False
    east, north = _mean_velocity(a, b, time_ms, lat_deg, lon_deg)
    return east, north, True


@kernel
def predict(seg_start, seg_end, time_ms, lat_deg, lon_deg, sog_kn, cog_deg, at_ms, reach_ms, tables, mode, lat_out,
            lon_out, east_mps, north_mps, before_s, after_s, state):  # fmt: skip
    """Fill one entry a segment; ``mode`` is NONE where the instant is further than ``reach_ms`` from any fix.

    ``tables[state]`` holds the time (s) over which dead reckoning forgets the last velocity, and the time up to which
    the velocities at both fixes are believed between them. There the way is the line through both fixes plus the bend
    of a cubic with these velocities (Hermite), each end's share of it fading beyond that time. ``state``
    is 0 at rest, 1 slow, 2 under way, by the fastest of what the fixes around said and of their distance over time.
    """
    for s in range(len(seg_start)):
        mode[s] = NONE
        start = seg_start[s]
        end = seg_end[s]
        t = at_ms[s]
        if end <= start or t < time_ms[start] - reach_ms or t > time_ms[end - 1] + reach_ms:
            continue
        row = _row_at_or_before(time_ms, start, end, t)
        if row >= start and row + 1 < end and t > time_ms[row]:
            a = row
            b = row + 1
            if t - time_ms[a] > reach_ms and time_ms[b] - t > reach_ms:
                continue
            span_ms = time_ms[b] - time_ms[a]
            share = (t - time_ms[a]) / span_ms
            lat, lon = between(lat_deg[a], lon_deg[a], lat_deg[b], lon_deg[b], share)
            mean_east, mean_north = _mean_velocity(a, b, time_ms, lat_deg, lon_deg)
            v_kn = math.sqrt(mean_east * mean_east + mean_north * mean_north) / _KN_MPS
            sa = float(sog_kn[a])
            sb = float(sog_kn[b])
            if not math.isnan(sa):
                v_kn = max(v_kn, sa)
            if not math.isnan(sb):
                v_kn = max(v_kn, sb)
            k = 0 if v_kn < 1.0 else (1 if v_kn < 5.0 else 2)
            east_mps[s] = mean_east
            north_mps[s] = mean_north
            if k > 0:
                g1 = (t - time_ms[a]) / 1000.0
                g2 = (time_ms[b] - t) / 1000.0
                believe_s = tables[k, 1]
                near_a = 1.0 / (1.0 + g1 * g1 / (believe_s * believe_s))
                near_b = 1.0 / (1.0 + g2 * g2 / (believe_s * believe_s))
                ea, na, known_a = _velocity(a, b, time_ms, lat_deg, lon_deg, sog_kn, cog_deg, a)
                eb, nb, known_b = _velocity(a, b, time_ms, lat_deg, lon_deg, sog_kn, cog_deg, b)
                wa = g1 * (1.0 - share) * (1.0 - share) * near_a if known_a else 0.0
                wb = g2 * share * share * near_b if known_b else 0.0
                lat, lon = destination(lat, lon, 0.0, (na - mean_north) * wa - (nb - mean_north) * wb)
                lat, lon = destination(lat, lon, 90.0, (ea - mean_east) * wa - (eb - mean_east) * wb)
                wa = near_a * (1.0 - share) if known_a else 0.0
                wb = near_b * share if known_b else 0.0
                east_mps[s] = mean_east + (ea - mean_east) * wa + (eb - mean_east) * wb
                north_mps[s] = mean_north + (na - mean_north) * wa + (nb - mean_north) * wb
            lat_out[s] = lat
            lon_out[s] = lon
            before_s[s] = (t - time_ms[a]) / 1000.0
            after_s[s] = (time_ms[b] - t) / 1000.0
            mode[s] = BRIDGE
        else:
            a = max(row, start)
            near = max(a - 1, start)
            far = min(near + 1, end - 1)
            east, north, _ = _velocity(near, far, time_ms, lat_deg, lon_deg, sog_kn, cog_deg, a)
            v = math.sqrt(east * east + north * north)
            v_kn = v / _KN_MPS
            away_s = (t - time_ms[a]) / 1000.0
            k = 0 if v_kn < 1.0 else (1 if v_kn < 5.0 else 2)
            forget_s = tables[k, 0]
            run_s = away_s / (1.0 + abs(away_s) / forget_s)
            lat = lat_deg[a]
            lon = lon_deg[a]
            if v > 0.0 and run_s != 0.0:
                # destination takes a course; two legs north and east are within 0.1 % over some 50 km
                lat, lon = destination(lat, lon, 0.0, north * run_s)
                lat, lon = destination(lat, lon, 90.0, east * run_s)
            lat_out[s] = lat
            lon_out[s] = lon
            slow = 1.0 / (1.0 + abs(away_s) / forget_s)
            east_mps[s] = east * slow
            north_mps[s] = north * slow
            before_s[s] = max(away_s, 0.0)
            after_s[s] = -away_s if away_s < 0.0 else 0.0
            mode[s] = RECKON
        state[s] = 0 if v_kn < 1.0 else (1 if v_kn < 5.0 else 2)

"""Where tracks cross lines: exact in integers of 1e-7 degree.

Two rules make the answer free of rounding and of special cases:

- Positions and lines are rounded once to 1e-7 degree (11 mm). With lines of at most 90 degrees of longitude every
  product below fits 64 bits, so the side of a point is exact.
- A track counts as moved by an infinitely small step to the east and a far smaller one to the north (simulation of
  simplicity, Edelsbrunner and Muecke 1990). So no fix ever lies on a line and no corner on a track, a track cut at a
  fix keeps its crossings, and a line drawn from its other end gives the same ones with the direction turned.
"""

from __future__ import annotations

import math

from kizuna.base.jit import inlined, kernel
from kizuna.base.kernels import distance_m, metres_per_degree

_UNITS = 1e7
_HALF = 1_800_000_000
_TURN = 3_600_000_000

# Columns of the state of a gate: what is held back until the track is clear of the line.
NET = 0
"""Crossings left to right less those right to left."""
RAW = 1
MMSI = 2
SEGMENT = 3
BEFORE_MS = 4
"""First of five columns for the last crossing left to right; those of the other direction follow."""
AFTER_MS = 5
BEFORE_ID = 6
AFTER_ID = 7
AT_MS = 8
WIDE = 5
STATE = BEFORE_MS + 2 * WIDE
LAT = 0
"""First of three columns of numbers, twice as above."""
LON = 1
STEP_M = 2
WIDE_F = 3
STATE_F = 2 * WIDE_F

OUT = 11
"""Time, gate, direction, crossings, clear, MMSI, segment, time before and after, message before and after."""


@inlined
def _units(degrees):
    return math.floor(degrees * _UNITS + 0.5)


@inlined
def _wrapped(x):
    """A difference of longitudes within half a turn."""
    if x >= _HALF:
        return x - _TURN
    if x < -_HALF:
        return x + _TURN
    return x


@inlined
def _side(dx, dy, px, py):
    """Side of a point from a line along (dx, dy) through the origin, moved as the module says: 1 left, -1 right."""
    cross = dx * py - dy * px
    if cross == 0:
        cross = -dy  # moved east
    if cross == 0:
        cross = dx  # then north
    return 1 if cross > 0 else -1


@kernel
def _to_gate_m(lat_deg, x, y, ax, ay, bx, by, first, last):
    """Metres from a point to the nearest edge of a gate, in a plane about the point."""
    per_lat, per_lon = metres_per_degree(lat_deg)
    best = 1e18
    for e in range(first, last):
        x1 = (ax[e] - x) / _UNITS * per_lon
        y1 = (ay[e] - y) / _UNITS * per_lat
        x2 = (bx[e] - x) / _UNITS * per_lon
        y2 = (by[e] - y) / _UNITS * per_lat
        ux = x2 - x1
        uy = y2 - y1
        t = -(x1 * ux + y1 * uy) / (ux * ux + uy * uy)
        t = min(max(t, 0.0), 1.0)
        cx = x1 + t * ux
        cy = y1 + t * uy
        best = min(best, math.sqrt(cx * cx + cy * cy))
    return best


@kernel
def _emit(g, clear, held, held_f, out, out_f, n):
    """Write the transit that a gate holds back, if its crossings do not cancel, and empty it. Returns the count."""
    net = held[g, NET]
    if net != 0:
        way = 0 if net > 0 else 1
        at = BEFORE_MS + way * WIDE
        out[n, 0] = held[g, at + 4]
        out[n, 1] = g
        out[n, 2] = way
        out[n, 3] = held[g, RAW]
        out[n, 4] = clear
        out[n, 5] = held[g, MMSI]
        out[n, 6] = held[g, SEGMENT]
        for k in range(4):
            out[n, 7 + k] = held[g, at + k]
        for k in range(WIDE_F):
            out_f[n, k] = held_f[g, way * WIDE_F + k]
        n += 1
    held[g, NET] = 0
    held[g, RAW] = 0
    return n


@kernel
def crossings(start, mmsi, segment, time_ms, msg_id, lat_deg, lon_deg, near, first_edge, box, ref, ax, ay, bx, by,
              clear_m, held, held_f, out, out_f):  # fmt: skip
    """Cross the steps from rows ``start - 1`` to the end of a batch with all gates.

    mmsi (int32), segment, time_ms, msg_id (int64), lat_deg, lon_deg (float64): rows of tracks, the rows of a segment
        together and in order of time, none missing; row 0 is the last row of the batch before.
    near: bool (181, 361), cells of one degree from (-90, -180) that the box of a gate touches.
    first_edge: int64 (gates + 1); box: int64 (gates, 4), west, south, east, north; ref: int64 (gates), the meridian
        that x counts from; ax, ay, bx, by: int64 (edges), all in 1e-7 degree.
    held, held_f: int64 (gates, STATE), float64 (gates, STATE_F): what goes on from batch to batch.
    out, out_f: int64 (room, OUT), float64 (room, WIDE_F).

    Returns the row to go on from, the number of rows when done, and the number of transits written.
    """
    gates = len(ref)
    rows = len(time_ms)
    n = 0
    waiting = 0
    for g in range(gates):
        if held[g, RAW] != 0:
            waiting += 1
    lat0 = float(lat_deg[start - 1])
    lon0 = float(lon_deg[start - 1])
    for i in range(start, rows):
        if n + 2 * gates > len(out):
            return i, n
        lat1 = float(lat_deg[i])
        lon1 = float(lon_deg[i])
        same = segment[i] == segment[i - 1]
        if not same and waiting > 0:
            for g in range(gates):
                if held[g, RAW] != 0:
                    n = _emit(g, 0, held, held_f, out, out_f, n)
            waiting = 0
        if waiting == 0:
            row = int(lat1 + 90.0)
            column = int(lon1 + 180.0)
            alone = row == int(lat0 + 90.0) and column == int(lon0 + 180.0) and not near[row, column]
            if alone or not same:
                lat0 = lat1
                lon0 = lon1
                continue
        y0 = _units(lat0)
        y1 = _units(lat1)
        x0 = _units(lon0)
        dx = _wrapped(_units(lon1) - x0)
        dy = y1 - y0
        for g in range(gates):
            p = _wrapped(x0 - ref[g])
            q = p + dx
            if (
                min(p, q) <= box[g, 2] and max(p, q) >= box[g, 0]
                and min(y0, y1) <= box[g, 3] and max(y0, y1) >= box[g, 1]
            ):  # fmt: skip
                for e in range(first_edge[g], first_edge[g + 1]):
                    ex = bx[e] - ax[e]
                    ey = by[e] - ay[e]
                    here = _side(ex, ey, p - ax[e], y0 - ay[e])
                    if here == _side(ex, ey, q - ax[e], y1 - ay[e]):
                        continue
                    # side of the corners from the step; the corners move the other way
                    if _side(-dx, -dy, p - ax[e], y0 - ay[e]) == _side(-dx, -dy, p - bx[e], y0 - by[e]):
                        continue
                    if held[g, RAW] == 0:
                        waiting += 1
                    way = 0 if here > 0 else 1
                    held[g, NET] += 1 if here > 0 else -1
                    held[g, RAW] += 1
                    held[g, MMSI] = mmsi[i]
                    held[g, SEGMENT] = segment[i]
                    c0 = float(ex) * float(y0 - ay[e]) - float(ey) * float(p - ax[e])
                    c1 = float(ex) * float(y1 - ay[e]) - float(ey) * float(q - ax[e])
                    share = c0 / (c0 - c1) if c0 != c1 else 0.0
                    share = min(max(share, 0.0), 1.0)
                    took = time_ms[i] - time_ms[i - 1]
                    at = BEFORE_MS + way * WIDE
                    held[g, at] = time_ms[i - 1]
                    held[g, at + 1] = time_ms[i]
                    held[g, at + 2] = msg_id[i - 1]
                    held[g, at + 3] = msg_id[i]
                    held[g, at + 4] = time_ms[i - 1] + math.floor(share * took + 0.5)
                    f = way * WIDE_F
                    held_f[g, f + LAT] = (y0 + share * dy) / _UNITS
                    held_f[g, f + LON] = _wrapped(_wrapped(p + int(share * dx)) + ref[g]) / _UNITS
                    held_f[g, f + STEP_M] = distance_m(lat0, lon0, lat1, lon1)
            if held[g, RAW] != 0:
                away_m = _to_gate_m(lat1, q, y1, ax, ay, bx, by, first_edge[g], first_edge[g + 1])
                if away_m > clear_m:
                    n = _emit(g, 1, held, held_f, out, out_f, n)
                    waiting -= 1
        lat0 = lat1
        lon0 = lon1
    return rows, n

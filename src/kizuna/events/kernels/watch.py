"""Carried state of the live watch: one step a message, whatever came before.

The watch says *where to look*, never what happened. For every MMSI it follows up to a few *lanes* (a rough guess at the
ships that share the number), and for every lane the time of silence, the slow clock hours, the zones it is in, and its
positions on the grid of times. What it points at is then judged by the detectors themselves. A wrong hint costs a look;
a missed one costs time until the next settling. So the rules here may be simpler than those of the segmenter.

State lies in a few two-dimensional tables, one row a vessel or a lane, so that a call hands over few arrays.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from kizuna.base.jit import kernel
from kizuna.base.kernels import wrap_lon
from kizuna.base.units import HOUR_MS, KN_MPS, MISSING_TIME_MS, NM_M
from kizuna.tracks.kernels.plane import step_length_m

CLOCK, N_VESSELS, N_LANES, DUE, AHEAD_N, AHEAD_RUN, LATE, REFUSED, ROWS = range(9)
COUNTERS = 9
"""Table ``c``: time of the stream, vessels, lanes, next look at silences, fixes ahead of the clock, rows by fate."""

MMSI, HEAD, LANE, GAP_FROM, GAP_TO = range(5)
VESSEL_COLUMNS = 5
"""Columns of ``vessels``: number, newest row, newest lane (-1: none), span of its latest gap told."""

TIME, NEXT, VESSEL, HOUR, HOUR_FIRST, HOUR_FROM, SPENT, RESTING, COUNT, JOINED = range(10)
RUN_FROM, RUN_HOUR, TOLD, SIG, SIG_N, SIG_TOLD, SIG_DUE, SILENT, PORT = range(10, 19)
LANE_COLUMNS = 19
"""Columns of ``lanes``. Times in ms. RUN_FROM is -1 where no slow run is open; SILENT tells that a gap was told; PORT
is 1 in port, 2 after a stop or silence there."""

LAT, LON, PATH_M = range(3)
LANE_FLOATS = 3

HEARD, SLOW, SLOW_ENDED, CROSSED, CALLED, FILLED, OVERDUE = range(7)
"""Kinds of hints: heard after a silence; slow for long enough; no longer; other zones than before; a visit to a port
that counts, or its end; a late fix inside a silence; silent for too long."""

AWAY, AT_RIM, INSIDE = range(3)
"""How near a port a fix is: outside; between the distances of entry and exit; inside."""

AHEAD = 3
_ALONE = 20
_HASH = 2654435761


class WatchRules(NamedTuple):
    """Limits; units in the names."""

    lateness_ms: int
    ahead_ms: int
    vessels_max: int
    lanes_max: int
    speed_max_kn: float
    pad_h: float
    gap_ms: int
    slow_kn: float
    rest_kn: float
    slow_ms: int
    reports: int
    berthed_kn: float
    hushed_ms: int
    step_ms: int
    bridge_ms: int


@kernel
def find_vessel(mmsi, slots, vessels):
    """Place of an MMSI in the hash table: of its entry, or the free one where it belongs."""
    mask = len(slots) - 1
    s = ((mmsi & 0x3FFFFFFF) * _HASH >> 20) & mask
    while slots[s] >= 0 and vessels[slots[s], MMSI] != mmsi:
        s = (s + 1) & mask
    return s


@kernel
def index_vessels(slots, vessels, n):
    """Fill an empty hash table (-1) with the first ``n`` vessels."""
    for v in range(n):
        slots[find_vessel(vessels[v, MMSI], slots, vessels)] = v


@kernel
def _tick(t, mmsi, c, ahead, rules):
    """Move the clock of the stream on to a fix, unless its own clock may be wrong.

    A fix further ahead than ``ahead_ms`` moves it only when the next ones are as far ahead too, of two more MMSIs or
    ``_ALONE`` in a row: one transponder with a wrong year must not end the day for everybody.
    """
    if c[CLOCK] != MISSING_TIME_MS and t <= c[CLOCK] + rules.ahead_ms:
        c[AHEAD_N] = 0
        c[AHEAD_RUN] = 0
        c[CLOCK] = max(c[CLOCK], t)
        return
    c[AHEAD_RUN] += 1
    at = -1
    for k in range(c[AHEAD_N]):
        if ahead[k, 0] == mmsi:
            at = k
    if at < 0:
        at = c[AHEAD_N]
        c[AHEAD_N] += 1
        ahead[at, 0] = mmsi
        ahead[at, 1] = t
    else:
        ahead[at, 1] = t
    if c[AHEAD_N] == AHEAD or c[AHEAD_RUN] >= _ALONE:
        least = ahead[0, 1]
        for k in range(1, c[AHEAD_N]):
            least = min(least, ahead[k, 1])
        c[CLOCK] = max(c[CLOCK], least)
        c[AHEAD_N] = 0
        c[AHEAD_RUN] = 0


@kernel
def _begin(lane, v, t, lat, lon, sig, near, lanes, floats):
    """A lane that begins with this fix."""
    for k in range(LANE_COLUMNS):
        lanes[lane, k] = 0
    lanes[lane, TIME] = t
    lanes[lane, NEXT] = -1
    lanes[lane, VESSEL] = v
    lanes[lane, HOUR] = t // HOUR_MS
    lanes[lane, HOUR_FIRST] = t
    lanes[lane, HOUR_FROM] = t
    lanes[lane, COUNT] = 1
    lanes[lane, RUN_FROM] = -1
    lanes[lane, SIG] = sig
    lanes[lane, SIG_N] = 1
    lanes[lane, PORT] = 1 if near == INSIDE else 0
    floats[lane, LAT] = lat
    floats[lane, LON] = lon
    floats[lane, PATH_M] = 0.0


@kernel
def _lane_of(v, t, lat, lon, vessels, lanes, floats, rules, table):
    """The lane that a fix continues most plausibly (-1: none), the stalest lane, and how many there are."""
    best = -1
    best_share = 1.0
    stalest = -1
    n = 0
    lane = vessels[v, LANE]
    while lane >= 0:
        hours = abs(t - lanes[lane, TIME]) / HOUR_MS
        limit_m = rules.speed_max_kn * NM_M * math.sqrt(hours * hours + rules.pad_h * rules.pad_h)
        share = step_length_m(table, floats[lane, LAT], floats[lane, LON], lat, lon) / limit_m
        if share <= best_share:
            best = lane
            best_share = share
        if stalest < 0 or lanes[lane, TIME] < lanes[stalest, TIME]:
            stalest = lane
        n += 1
        lane = lanes[lane, NEXT]
    return best, stalest, n


@kernel
def _slow(lane, lanes, floats, rules):
    """Whether the hour so far is slow, as ``kernels.loitering`` has it."""
    if lanes[lane, SPENT] <= 0:
        return False
    speed_kn = floats[lane, PATH_M] * 1000.0 / (lanes[lane, SPENT] * KN_MPS)
    resting = lanes[lane, RESTING] * 2 > lanes[lane, COUNT] and speed_kn < rules.rest_kn
    return speed_kn < rules.slow_kn and not resting


@kernel
def _hour(lane, t, lanes, floats, step, rest, rules):
    """Count a step to its clock hour. Returns 1 when a slow run became long enough, -1 when one that did ended."""
    hint = 0
    elapsed = t - lanes[lane, TIME]
    hour = t // HOUR_MS
    if hour != lanes[lane, HOUR]:
        goes_on = lanes[lane, RUN_FROM] >= 0 and lanes[lane, JOINED] == 1
        goes_on = goes_on and lanes[lane, HOUR] == lanes[lane, RUN_HOUR] + 1
        slow = _slow(lane, lanes, floats, rules)
        if not (slow and goes_on):
            if lanes[lane, TOLD] == 1 and lanes[lane, RUN_FROM] >= 0:
                hint = -1
            lanes[lane, TOLD] = 0
            lanes[lane, RUN_FROM] = lanes[lane, HOUR_FROM] if slow else -1
        lanes[lane, RUN_HOUR] = lanes[lane, HOUR]
        joined = elapsed <= HOUR_MS
        lanes[lane, HOUR] = hour
        lanes[lane, HOUR_FIRST] = t
        lanes[lane, HOUR_FROM] = lanes[lane, TIME] if joined else t
        lanes[lane, JOINED] = 1 if joined else 0
        lanes[lane, SPENT] = elapsed if joined else 0
        lanes[lane, RESTING] = rest
        lanes[lane, COUNT] = 1
        floats[lane, PATH_M] = step if joined else 0.0
    else:
        lanes[lane, SPENT] += elapsed
        lanes[lane, RESTING] += rest
        lanes[lane, COUNT] += 1
        floats[lane, PATH_M] += step
    if lanes[lane, TOLD] == 0 and _slow(lane, lanes, floats, rules):
        since = lanes[lane, HOUR_FROM]
        if lanes[lane, RUN_FROM] >= 0 and lanes[lane, JOINED] == 1 and hour == lanes[lane, RUN_HOUR] + 1:
            since = lanes[lane, RUN_FROM]
        if t - since >= rules.slow_ms:
            lanes[lane, TOLD] = 1
            hint = 1
    return hint


@kernel
def _zones(lane, sig, lanes, rules):
    """Whether the zones that the lane is in changed for good, or an exit may be confirmed by now."""
    if sig != lanes[lane, SIG]:
        lanes[lane, SIG] = sig
        lanes[lane, SIG_N] = 0
    lanes[lane, SIG_N] += 1
    n = lanes[lane, SIG_N]
    if n == rules.reports and sig != lanes[lane, SIG_TOLD]:
        lanes[lane, SIG_TOLD] = sig
        lanes[lane, SIG_DUE] = 2 * n
        return True
    if n == lanes[lane, SIG_DUE]:  # outside, but perhaps not yet beyond the hysteresis: look less and less often
        lanes[lane, SIG_DUE] = 2 * n if n < 64 else 0
        return True
    return False


@kernel
def _port(lane, near, sog_kn, elapsed_ms, lanes, rules):
    """Whether the lane lay in port for the first time, or left one in which it lay."""
    if near == AWAY:
        lay = lanes[lane, PORT] == 2
        lanes[lane, PORT] = 0
        return lay
    if lanes[lane, PORT] == 0:
        if near == INSIDE:
            lanes[lane, PORT] = 1
    elif lanes[lane, PORT] == 1 and elapsed_ms >= rules.hushed_ms:
        lanes[lane, PORT] = 2
        return True
    if lanes[lane, PORT] == 1 and sog_kn <= rules.berthed_kn:
        lanes[lane, PORT] = 2
        return True
    return False


@kernel
def _slots(lane, v, t, lat, lon, lanes, floats, rules, n, entries, places):
    """Positions on the grid of times between the lane's last fix and this one, written behind the ``n`` there are."""
    before = lanes[lane, TIME]
    elapsed = t - before
    k = before // rules.step_ms + 1
    if elapsed >= rules.bridge_ms:
        k = -(-t // rules.step_ms)
    while k * rules.step_ms <= t:
        share = (k * rules.step_ms - before) / elapsed
        entries[n, 0] = k
        entries[n, 1] = v
        places[n, 0] = floats[lane, LAT] + share * (lat - floats[lane, LAT])
        places[n, 1] = wrap_lon(floats[lane, LON] + share * wrap_lon(lon - floats[lane, LON]))
        n += 1
        k += 1
    return n


@kernel
def _hint(hints, n, kind, v, lane):
    """Write down a hint; the list has room for five a row."""
    hints[n, 0] = kind
    hints[n, 1] = v
    hints[n, 2] = lane
    return n + 1


@kernel
def watch(mmsi, time_ms, lat_deg, lon_deg, sog_kn, at_rest, sig, near, rules, table, slots, c, ahead, vessels, lanes,
          floats, taken, before, hints, entries, places):  # fmt: skip
    """Take rows in the order heard. Returns how many hints and how many grid positions there are.

    ``taken`` becomes 1 for rows taken, -1 for rows later than the lateness allows, -2 where there are too many MMSIs;
    ``before`` the row before of the same MMSI among those taken (-1: none). The tables have room for all rows.
    """
    n_hints = 0
    n_entries = 0
    for i in range(len(mmsi)):
        t = time_ms[i]
        lat = lat_deg[i]
        lon = lon_deg[i]
        number = int(mmsi[i])
        placed = t != MISSING_TIME_MS and not math.isnan(lat) and not math.isnan(lon)
        if placed:
            _tick(t, number, c, ahead, rules)
            if c[CLOCK] != MISSING_TIME_MS and t < c[CLOCK] - rules.lateness_ms:
                taken[i] = -1
                c[LATE] += 1
                continue
        s = find_vessel(number, slots, vessels)
        v = slots[s]
        if v < 0:
            if c[N_VESSELS] >= rules.vessels_max:
                taken[i] = -2
                c[REFUSED] += 1
                continue
            v = c[N_VESSELS]
            c[N_VESSELS] += 1
            slots[s] = v
            vessels[v, MMSI] = number
            vessels[v, HEAD] = -1
            vessels[v, LANE] = -1
            vessels[v, GAP_FROM] = MISSING_TIME_MS
            vessels[v, GAP_TO] = MISSING_TIME_MS
        taken[i] = 1
        before[i] = vessels[v, HEAD]
        vessels[v, HEAD] = c[ROWS]
        c[ROWS] += 1
        if not placed:
            continue
        if vessels[v, GAP_FROM] < t < vessels[v, GAP_TO]:
            n_hints = _hint(hints, n_hints, FILLED, v, -1)
        lane, stalest, n_lanes = _lane_of(v, t, lat, lon, vessels, lanes, floats, rules, table)
        if lane < 0:
            if n_lanes >= rules.lanes_max:
                following = lanes[stalest, NEXT]
                _begin(stalest, v, t, lat, lon, sig[i], int(near[i]), lanes, floats)
                lanes[stalest, NEXT] = following
            else:
                lane = c[N_LANES]
                c[N_LANES] += 1
                _begin(lane, v, t, lat, lon, sig[i], int(near[i]), lanes, floats)
                lanes[lane, NEXT] = vessels[v, LANE]
                vessels[v, LANE] = lane
            c[DUE] = min(c[DUE], t + rules.gap_ms)
            continue
        if t <= lanes[lane, TIME]:
            continue
        if t - lanes[lane, TIME] > rules.gap_ms or lanes[lane, SILENT] == 1:
            n_hints = _hint(hints, n_hints, HEARD, v, lane)
            lanes[lane, SILENT] = 0
        step = step_length_m(table, floats[lane, LAT], floats[lane, LON], lat, lon)
        hint = _hour(lane, t, lanes, floats, step, int(at_rest[i]), rules)
        if hint != 0:
            n_hints = _hint(hints, n_hints, SLOW if hint > 0 else SLOW_ENDED, v, lane)
        if _zones(lane, sig[i], lanes, rules):
            n_hints = _hint(hints, n_hints, CROSSED, v, lane)
        if _port(lane, int(near[i]), float(sog_kn[i]), t - lanes[lane, TIME], lanes, rules):
            n_hints = _hint(hints, n_hints, CALLED, v, lane)
        n_entries = _slots(lane, v, t, lat, lon, lanes, floats, rules, n_entries, entries, places)
        lanes[lane, TIME] = t
        floats[lane, LAT] = lat
        floats[lane, LON] = lon
    return n_hints, n_entries


@kernel
def overdue(now_ms, gap_ms, c, lanes, hints):
    """Mark lanes that have been silent for too long and list them as hints; sets when to look next."""
    n = 0
    due = now_ms + gap_ms
    for lane in range(c[N_LANES]):
        if lanes[lane, SILENT] == 1:
            continue
        if now_ms - lanes[lane, TIME] > gap_ms:
            lanes[lane, SILENT] = 1
            n = _hint(hints, n, OVERDUE, lanes[lane, VESSEL], lane)
        else:
            due = min(due, lanes[lane, TIME] + gap_ms)
    c[DUE] = due
    return n


@kernel
def chain(head, before, rows):
    """Rows of a vessel from the newest back, along ``before``, into ``rows``; returns how many there are."""
    n = 0
    row = head
    while row >= 0:
        rows[n] = row
        n += 1
        row = before[row]
    return n

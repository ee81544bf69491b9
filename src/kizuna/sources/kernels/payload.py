"""Six-bit payloads of position reports to columns: message types 1-4, 9, 11, 18, 19, 21 and 27 of ITU-R M.1371-5.

Where a field begins is looked up by message type in ``PLACE``; a field that a type lacks begins behind any payload, so
that "absent" and "cut" are one test: a field is read only when all its bits are there.
"""

from __future__ import annotations

import math

import numpy as np

from kizuna.base.jit import borrowing
from kizuna.sources.kernels.emit import six_bits
from kizuna.sources.kernels.layout import (
    BY_BASE,
    BY_RECEIVE,
    F_ACCURACY,
    F_ALTITUDE,
    F_CLASS,
    F_COG,
    F_FLAGS,
    F_HEADING,
    F_LAT,
    F_LON,
    F_MMSI,
    F_MSG,
    F_RAIM,
    F_REPEAT,
    F_ROT,
    F_SECOND,
    F_SOG,
    F_STATUS,
    F_TIME,
    F_TIME_SOURCE,
    F_TYPE,
    M_FILL,
    M_LEN,
    M_PAY,
    M_TIME,
    M_TIME_SOURCE,
    MISSING_TIME,
)
from kizuna.sources.kernels.swar import field, signed_field, unpack_into
from kizuna.sources.kernels.words import utc_ms

MAX_BITS = 432  # no field that is read ends behind bit 424
ABSENT = 1000

A_STATUS = 0
A_ROT = 1
A_SOG = 2
A_ACCURACY = 3
A_LON = 4
A_LAT = 5
A_COG = 6
A_HEADING = 7
A_SECOND = 8
A_RAIM = 9
A_ALTITUDE = 10
A_WHOLE = 11  # bits of a payload that is not cut
_COLUMNS = 12

# Tables 48 (types 1-3), 51 (4, 11), 69 (9), 70 (18), 71 (19), 73 (21), 82 (27) of M.1371-5, bits counted from 0
_PLACES = {
    1: (38, 42, 50, 60, 61, 89, 116, 128, 137, 148, ABSENT, 168),
    2: (38, 42, 50, 60, 61, 89, 116, 128, 137, 148, ABSENT, 168),
    3: (38, 42, 50, 60, 61, 89, 116, 128, 137, 148, ABSENT, 168),
    4: (ABSENT, ABSENT, ABSENT, 78, 79, 107, ABSENT, ABSENT, 72, 148, ABSENT, 168),
    9: (ABSENT, ABSENT, 50, 60, 61, 89, 116, ABSENT, 128, 147, 38, 168),
    11: (ABSENT, ABSENT, ABSENT, 78, 79, 107, ABSENT, ABSENT, 72, 148, ABSENT, 168),
    18: (ABSENT, ABSENT, 46, 56, 57, 85, 112, 124, 133, 147, ABSENT, 168),
    19: (ABSENT, ABSENT, 46, 56, 57, 85, 112, 124, 133, 305, ABSENT, 308),
    21: (ABSENT, ABSENT, ABSENT, 163, 164, 192, ABSENT, ABSENT, 253, 268, ABSENT, 271),
    27: (40, ABSENT, 79, 38, 44, 62, 85, ABSENT, ABSENT, 39, ABSENT, 95),
}


def _place():
    table = np.full((32, _COLUMNS), ABSENT, np.int16)
    for kind, places in _PLACES.items():
        table[kind] = places
    return table


def _routes():
    """What a message type gives: 1 a fix, 2 a static row, 3 both, 0 a row of the other messages."""
    routes = np.zeros(32, np.int8)
    for kind in (1, 2, 3, 4, 9, 11, 18, 27):
        routes[kind] = 1
    for kind in (5, 24):
        routes[kind] = 2
    for kind in (19, 21):
        routes[kind] = 3
    return routes


PLACE = _place()
ROUTE = _routes()

CLASS_A = 0  # codes of fixes/table.py AIS_CLASSES
CLASS_B = 1
CLASS_BASE = 2
CLASS_ATON = 3
CLASS_SAR_AIRCRAFT = 4
CLASS_SART = 5
CLASS_MOB = 6
CLASS_EPIRB = 7
CLASS_OTHER = 8
CLASS_AUXILIARY = 9

OUT_OF_RANGE = 2  # bits of fixes.flags (fixes/table.py)
HALF_POSITION = 4
JUNK_SPEED = 8
NO_POSITION = 128
NO_TIME = 256
ROT_OVER = 512
BAD_MMSI = 1024
TRUNCATED = 4096

ROT_SCALE = 4.733
"""M.1371-5 table 48: the indicated rate is 4.733 times the square root of degrees per minute."""


@borrowing
def station_class(kind, mmsi):
    """Kind of station (code of AIS_CLASSES): by the message type where one kind alone sends it, else by the MMSI.

    Forms of the MMSI: ITU-R M.585-9. 8MIDxxxxx (handheld) is judged by message type, 0MIDxxxxx (group) and numbers
    outside nine digits are `other`. Type 27 is taken as class A, which sends nearly all of it.
    """
    if kind == 4:
        return CLASS_BASE
    if kind == 9:
        return CLASS_SAR_AIRCRAFT
    if kind == 21:
        return CLASS_ATON
    head = mmsi // 1_000_000
    if head == 970:
        return CLASS_SART
    if head == 972:
        return CLASS_MOB
    if head == 974:
        return CLASS_EPIRB
    if head == 111:
        return CLASS_SAR_AIRCRAFT
    if mmsi // 10_000_000 == 99:
        return CLASS_ATON
    if mmsi // 10_000_000 == 98:
        return CLASS_AUXILIARY
    if mmsi < 1 or mmsi > 999_999_999:
        return CLASS_OTHER
    if mmsi < 10_000_000:
        return CLASS_BASE
    if mmsi < 100_000_000:
        return CLASS_OTHER
    return CLASS_B if kind in (18, 19) else CLASS_A


@borrowing
def refined_ms(received_ms, second):
    """The time nearest to the time of receipt that has this UTC second (at most 30 s away)."""
    minute = received_ms - received_ms % 60_000
    time = minute + 1000 * second
    if time - received_ms > 30_000:
        time -= 60_000
    elif received_ms - time > 30_000:
        time += 60_000
    return time


@borrowing
def positions(buf, n, received_ms, msg64, msg32, bits, fix64, fixf64, fixf32, fix32, fix8, lists, tallies):
    """Decode the position reports among ``n`` messages and sort the others.

    Rows go to ``fix...``; ``lists[0]`` takes the numbers of the messages with static data, ``lists[1]`` those of all
    other types; ``tallies`` (3) how many of each: fixes, statics, others.
    """
    f = 0
    statics = 0
    others = 0
    for m in range(n):
        pay = int(msg64[M_PAY, m])
        kind = six_bits(int(buf[pay]))
        route = int(ROUTE[kind])
        if route == 0:
            lists[1, others] = m
            others += 1
            continue
        if route & 2 != 0:
            lists[0, statics] = m
            statics += 1
            if route == 2:
                continue
        n_bits = min(6 * int(msg32[M_LEN, m]) - int(msg32[M_FILL, m]), MAX_BITS)  # or a long one would reach ABSENT
        unpack_into(buf, pay, n_bits, bits)
        mmsi = field(bits, 8, 30)
        flags = 0
        if mmsi < 1 or mmsi > 999_999_999:
            flags |= BAD_MMSI
        if n_bits < int(PLACE[kind, A_WHOLE]):
            flags |= TRUNCATED
        fix32[F_MSG, f] = m
        fix32[F_MMSI, f] = mmsi
        fix32[F_CLASS, f] = station_class(kind, mmsi)
        fix8[F_TYPE, f] = kind
        fix8[F_REPEAT, f] = field(bits, 6, 2)

        # Position: 1/10,000 minute (type 27: 1/10 minute); codes 181 and 91 degrees mean "not available".
        coarse = kind == 27
        per_degree = 600.0 if coarse else 600_000.0
        lon_width = 18 if coarse else 28
        at = int(PLACE[kind, A_LON])
        lat_at = int(PLACE[kind, A_LAT])
        lon = np.nan
        lat = np.nan
        lon_there = False
        lat_there = False
        if at + lon_width <= n_bits:
            value = float(signed_field(bits, at, lon_width)) / per_degree
            lon_there = value != 181.0
            if value > 180.0 or value < -180.0:
                if lon_there:
                    flags |= OUT_OF_RANGE
            else:
                lon = value if value < 180.0 else -180.0
        if lat_at + lon_width - 1 <= n_bits:
            value = float(signed_field(bits, lat_at, lon_width - 1)) / per_degree
            lat_there = value != 91.0
            if value > 90.0 or value < -90.0:
                if lat_there:
                    flags |= OUT_OF_RANGE
            else:
                lat = value
        if lon_there != lat_there:
            flags |= HALF_POSITION
        if math.isnan(lon) or math.isnan(lat):
            flags |= NO_POSITION
            lon = np.nan
            lat = np.nan
        fixf64[F_LON, f] = lon
        fixf64[F_LAT, f] = lat

        # Speed, course, heading
        value = np.nan
        at = int(PLACE[kind, A_SOG])
        if coarse:
            if at + 6 <= n_bits:
                raw = field(bits, at, 6)
                if raw < 63:
                    value = float(raw)
        elif at + 10 <= n_bits:
            raw = field(bits, at, 10)
            if raw < 1023:
                value = float(raw) if kind == 9 else float(raw) / 10.0
            if kind != 9 and raw in (512, 630):
                flags |= JUNK_SPEED
        fixf32[F_SOG, f] = value
        value = np.nan
        at = int(PLACE[kind, A_COG])
        if coarse:
            if at + 9 <= n_bits:
                raw = field(bits, at, 9)
                if raw < 360:
                    value = float(raw)
        elif at + 12 <= n_bits:
            raw = field(bits, at, 12)
            if raw < 3600:
                value = float(raw) / 10.0
        fixf32[F_COG, f] = value
        value = np.nan
        at = int(PLACE[kind, A_HEADING])
        if at + 9 <= n_bits:
            raw = field(bits, at, 9)
            if raw < 360:
                value = float(raw)
        fixf32[F_HEADING, f] = value

        # Rate of turn: -128 not available, +-127 "more than 5 degrees in 30 s" without a rate
        value = np.nan
        at = int(PLACE[kind, A_ROT])
        if at + 8 <= n_bits:
            raw = signed_field(bits, at, 8)
            if raw in (-127, 127):
                flags |= ROT_OVER
            elif raw != -128:
                value = (float(raw) / ROT_SCALE) * (float(raw) / ROT_SCALE)
                if raw < 0:
                    value = -value
        fixf32[F_ROT, f] = value
        value = np.nan
        at = int(PLACE[kind, A_ALTITUDE])
        if at + 12 <= n_bits:
            raw = field(bits, at, 12)
            if raw != 4095:
                value = float(raw)
        fixf32[F_ALTITUDE, f] = value

        # Small numbers
        at = int(PLACE[kind, A_STATUS])
        raw = field(bits, at, 4) if at + 4 <= n_bits else 15
        fix8[F_STATUS, f] = raw if raw != 15 else -1
        at = int(PLACE[kind, A_SECOND])
        second = field(bits, at, 6) if at + 6 <= n_bits else 60
        if second > 59:
            second = -1
        fix8[F_SECOND, f] = second
        at = int(PLACE[kind, A_ACCURACY])
        fix8[F_ACCURACY, f] = field(bits, at, 1) if at + 1 <= n_bits else -1
        at = int(PLACE[kind, A_RAIM])
        fix8[F_RAIM, f] = field(bits, at, 1) if at + 1 <= n_bits else -1

        # Time: of the wrappers, else of receipt made exact by the second, else what a base station says
        time = int(msg64[M_TIME, m])
        source = int(msg32[M_TIME_SOURCE, m])
        if time == MISSING_TIME:
            if received_ms != MISSING_TIME:
                time = refined_ms(received_ms, second) if second >= 0 else received_ms
                source = BY_RECEIVE
            elif kind in (4, 11) and n_bits >= 78:
                time = utc_ms(field(bits, 38, 14), field(bits, 52, 4), field(bits, 56, 5), field(bits, 61, 5),
                              field(bits, 66, 6), field(bits, 72, 6), 0)  # fmt: skip
                if time != MISSING_TIME:
                    source = BY_BASE
        if time == MISSING_TIME:
            flags |= NO_TIME
        fix64[F_TIME, f] = time
        fix32[F_TIME_SOURCE, f] = source
        fix32[F_FLAGS, f] = flags
        f += 1
    tallies[0] = f
    tallies[1] = statics
    tallies[2] = others

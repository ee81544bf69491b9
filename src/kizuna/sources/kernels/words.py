"""Numbers, times and names in the text around a sentence."""

from __future__ import annotations

import numpy as np

from kizuna.base.jit import borrowing, load_u64_be
from kizuna.sources.kernels.layout import MAX_STATION, MISSING_TIME, S_STATIONS, TIME_MAX_MS, TIME_MIN_MS

_HASH_PRIME = np.uint64(2_147_483_647)  # keeps a hash times 257 far below 2**63, so that nothing wraps
_SIGNED_PRIME = 2_147_483_647


@borrowing
def hex_digit(c):
    """Value of a hexadecimal digit of either case, -1 for another byte."""
    if 48 <= c <= 57:
        return c - 48
    c = c | 32
    if 97 <= c <= 102:
        return c - 87
    return -1


@borrowing
def hex_pair(buf, at, end):
    """Value of the two hexadecimal digits at ``at``, -1 where there are none.

    A single digit counts as its value: some writers leave out the leading zero.
    """
    if at >= end:
        return -1
    high = hex_digit(int(buf[at]))
    low = hex_digit(int(buf[at + 1])) if at + 1 < end else -1
    return high if high < 0 or low < 0 else 16 * high + low


@borrowing
def is_name(c):
    """Whether a byte is a letter or a digit."""
    return 48 <= c <= 57 or 65 <= c <= 90 or 97 <= c <= 122


@borrowing
def utc_ms(year, month, day, hour, minute, second, ms):
    """Milliseconds UTC of a civil time; missing where it does not exist or lies outside 1990 to 2100.

    Days by the calendar arithmetic of Howard Hinnant's `days_from_civil` paper (public domain).
    """
    if year < 1990 or year >= 2100 or month < 1 or month > 12 or day < 1:
        return MISSING_TIME
    if hour < 0 or hour > 23 or minute < 0 or minute > 59 or second < 0 or second > 60 or ms < 0 or ms > 999:
        return MISSING_TIME
    length = 31
    if month in (4, 6, 9, 11):
        length = 30
    elif month == 2:
        length = 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    if day > length:
        return MISSING_TIME
    y = year - 1 if month <= 2 else year
    era = y // 400
    of_era = y - era * 400
    of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    days = era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468
    return ((days * 24 + hour) * 60 + minute) * 60_000 + second * 1000 + ms


@borrowing
def digits(buf, at, end):
    """How many decimal digits stand from ``at`` on."""
    n = 0
    while at + n < end and 48 <= buf[at + n] <= 57:
        n += 1
    return n


@borrowing
def number(buf, at, n):
    """Value of ``n`` decimal digits (at most 18 are read)."""
    value = 0
    for k in range(min(n, 18)):
        value = 10 * value + (int(buf[at + k]) - 48)
    return value


@borrowing
def epoch_ms(buf, at, n, end):
    """Milliseconds UTC of ``n`` digits that count s, ms, us or ns since 1970 (told apart by their number).

    Digits after a decimal point count for seconds. Missing outside 1990 to 2100.
    """
    if n < 9 or n > 19:
        return MISSING_TIME
    value = number(buf, at, n)
    if n <= 11:
        value = value * 1000
        at += n
        if at < end and buf[at] == 46:
            k = digits(buf, at + 1, end)
            scale = 100
            for i in range(min(k, 3)):
                value += scale * (int(buf[at + 1 + i]) - 48)
                scale = scale // 10
    elif n <= 14:
        pass
    elif n <= 17:
        value = value // 1000
    elif n == 18:
        value = value // 1_000_000
    else:
        value = value // 100_000  # 18 of 19 digits were read
    if value < TIME_MIN_MS or value >= TIME_MAX_MS:
        return MISSING_TIME
    return value


@borrowing
def iso_ms(buf, at, end):
    """Milliseconds UTC of an ISO 8601 date and time at ``at``; missing where there is none.

    Date ``2018-11-01`` or ``2018/11/01`` or ``20181101``; then T, blank, comma or underscore; then ``10:20:30`` or
    ``102030``, a fraction, and Z or an offset. Without an offset the time is taken as UTC, the custom of NMEA logs.
    """
    n = digits(buf, at, end)
    if n == 8:
        year, month, day = number(buf, at, 4), number(buf, at + 4, 2), number(buf, at + 6, 2)
        at += 8
    elif n == 4 and at + 10 <= end and (buf[at + 4] == 45 or buf[at + 4] == 47) and buf[at + 7] == buf[at + 4]:
        if digits(buf, at + 5, end) != 2 or digits(buf, at + 8, end) != 2:
            return MISSING_TIME
        year, month, day = number(buf, at, 4), number(buf, at + 5, 2), number(buf, at + 8, 2)
        at += 10
    else:
        return MISSING_TIME
    if at + 6 > end or not (buf[at] == 84 or buf[at] == 116 or buf[at] == 32 or buf[at] == 44 or buf[at] == 95):
        return MISSING_TIME
    at += 1
    n = digits(buf, at, end)
    if n == 6:
        hour, minute, second = number(buf, at, 2), number(buf, at + 2, 2), number(buf, at + 4, 2)
        at += 6
    elif n == 2 and at + 8 <= end and buf[at + 2] == 58 and buf[at + 5] == 58:
        if digits(buf, at + 3, end) != 2 or digits(buf, at + 6, end) != 2:
            return MISSING_TIME
        hour, minute, second = number(buf, at, 2), number(buf, at + 3, 2), number(buf, at + 6, 2)
        at += 8
    else:
        return MISSING_TIME
    ms = 0
    if at < end and (buf[at] == 46 or buf[at] == 44):
        n = digits(buf, at + 1, end)
        scale = 100
        for i in range(min(n, 3)):
            ms += scale * (int(buf[at + 1 + i]) - 48)
            scale = scale // 10
        at += 1 + n if n > 0 else 0
    time = utc_ms(year, month, day, hour, minute, second, ms)
    if time == MISSING_TIME or at + 3 > end or not (buf[at] == 43 or buf[at] == 45):
        return time
    n = digits(buf, at + 1, end)
    minutes = 0
    if n == 4:
        minutes = 60 * number(buf, at + 1, 2) + number(buf, at + 3, 2)
    elif n == 2:
        minutes = 60 * number(buf, at + 1, 2)
        if at + 6 <= end and buf[at + 3] == 58 and digits(buf, at + 4, end) == 2:
            minutes += number(buf, at + 4, 2)
    else:
        return time
    return time - 60_000 * minutes if buf[at] == 43 else time + 60_000 * minutes


@borrowing
def time_at(buf, at, end):
    """Time of a word that begins at ``at``: epoch of 10, 13, 16 or 19 digits, or ISO 8601; missing for others."""
    n = digits(buf, at, end)
    if n in (10, 13, 16, 19):
        if at + n < end and is_name(int(buf[at + n])):
            return MISSING_TIME
        return epoch_ms(buf, at, n, end)
    if n in (4, 8):
        return iso_ms(buf, at, end)
    return MISSING_TIME


@borrowing
def first_time(buf, at, end):
    """Time of the first word in ``buf[at:end]`` that is one; missing where none is."""
    before = 32
    while at < end:
        c = int(buf[at])
        if 48 <= c <= 57 and not (is_name(before) or before in (43, 45, 46, 47, 58, 95)):
            time = time_at(buf, at, end)
            if time != MISSING_TIME:
                return time
        before = c
        at += 1
    return MISSING_TIME


@borrowing
def text_hash(buf, start, end):
    """Hash of some bytes, at least 1; equal bytes give equal hashes."""
    h = end - start
    at = start
    while at < end:
        word = load_u64_be(buf, at)
        if end - at < 8:
            word = word >> int(8 * (8 - (end - at)))
        h = (h * 257 + np.int64(word % _HASH_PRIME)) % _SIGNED_PRIME
        at += 8
    return h + 1


@borrowing
def station_code(buf, start, end, state, names, table):
    """Number of the station named in ``buf[start:end]``, new ones in order of appearance; -1 for no name.

    ``names`` uint8 (n, 1 + MAX_STATION) holds the length and the bytes of each name, ``table`` int32 (2n) finds them
    by hash. When ``names`` is full, further stations stay unnamed (-1); a longer name is cut.
    """
    length = min(end - start, MAX_STATION)
    if length <= 0:
        return -1
    size = len(table)
    at = text_hash(buf, start, start + length) % size
    while table[at] != 0:
        code = int(table[at]) - 1
        if int(names[code, 0]) == length:
            same = True
            for k in range(length):
                if names[code, 1 + k] != buf[start + k]:
                    same = False
                    break
            if same:
                return code
        at = at + 1 if at + 1 < size else 0
    code = int(state[S_STATIONS])
    if code >= len(names):
        return -1
    table[at] = code + 1
    names[code, 0] = length
    for k in range(length):
        names[code, 1 + k] = buf[start + k]
    state[S_STATIONS] = code + 1
    return code

"""Static data (types 5, 19, 21, 24) and the headers of all other types to columns; M.1371-5 annex 8.

Text columns are written at once in Arrow's form: bytes one after the other and the offset where each row begins.
"""

from __future__ import annotations

import numpy as np

from kizuna.base.jit import borrowing
from kizuna.sources.kernels.emit import six_bits
from kizuna.sources.kernels.layout import (
    M_FILL,
    M_LEN,
    M_PAY,
    O_DEST,
    O_FID,
    O_FILL,
    O_MMSI,
    O_MSG,
    O_REPEAT,
    O_TYPE,
    T_AID,
    T_BOW,
    T_DTE,
    T_EPFD,
    T_FLAGS,
    T_IMO,
    T_MMSI,
    T_MOTHERSHIP,
    T_MSG,
    T_OFF,
    T_PART,
    T_PORT,
    T_REPEAT,
    T_SHIP_TYPE,
    T_STARBOARD,
    T_STERN,
    T_TYPE,
    T_VERSION,
    T_VIRTUAL,
    X_CALLSIGN,
    X_DESTINATION,
    X_ETA,
    X_SHIPNAME,
    X_VENDOR,
)
from kizuna.sources.kernels.payload import BAD_MMSI, MAX_BITS, TRUNCATED
from kizuna.sources.kernels.swar import field, unpack_into

ABSENT = 1000
A_CALLSIGN = 0
A_NAME = 1
A_SHIP_TYPE = 2
A_SIZE = 3
A_EPFD = 4
A_DTE = 5
A_WHOLE = 6
_COLUMNS = 7

# Row of PLACE: message type, 24 for part A and 25 for part B of type 24
# Tables 52 (5), 71 (19), 73 (21), 76 and 77 (24) of M.1371-5
_PLACES = {
    5: (70, 112, 232, 240, 270, 422, 423),
    19: (ABSENT, 143, 263, 271, 301, 306, 307),
    21: (ABSENT, 43, ABSENT, 219, 249, ABSENT, 272),
    24: (ABSENT, 40, ABSENT, ABSENT, ABSENT, ABSENT, 160),
    25: (90, ABSENT, 40, 132, 162, ABSENT, 162),
}


def _place():
    table = np.full((32, _COLUMNS), ABSENT, np.int16)
    for kind, places in _PLACES.items():
        table[kind] = places
    return table


PLACE = _place()


@borrowing
def text(bits, at, chars, n_bits, out, begin):
    """Write a text of six-bit characters to ``out`` from ``begin`` on; gives where it ends. Cut texts stay empty.

    Ends at ``@``; trailing blanks are cut, leading ones kept.
    """
    if at + 6 * chars > n_bits:
        return begin
    end = begin
    last = begin
    for k in range(chars):
        value = field(bits, at + 6 * k, 6)
        if value == 0:
            break
        out[end] = value + 64 if value < 32 else value
        end += 1
        if value != 32:
            last = end
    return last


@borrowing
def two_digits(value, good, out, at):
    """Write two digits, or ``--`` for a value that is not given."""
    if good:
        out[at] = 48 + value // 10
        out[at + 1] = 48 + value % 10
    else:
        out[at] = 45
        out[at + 1] = 45


@borrowing
def eta(bits, n_bits, out, begin):
    """Write ``MM-DDTHH:MM``; gives where it ends. Nothing is written when no part is given."""
    if n_bits < 294:
        return begin
    month = field(bits, 274, 4)
    day = field(bits, 278, 5)
    hour = field(bits, 283, 5)
    minute = field(bits, 288, 6)
    month_good = 1 <= month <= 12
    if not (month_good or day >= 1 or hour <= 23 or minute <= 59):
        return begin
    two_digits(month, month_good, out, begin)
    out[begin + 2] = 45
    two_digits(day, day >= 1, out, begin + 3)
    out[begin + 5] = 84
    two_digits(hour, hour <= 23, out, begin + 6)
    out[begin + 8] = 58
    two_digits(minute, minute <= 59, out, begin + 9)
    return begin + 11


@borrowing
def statics(buf, n, rows, msg64, msg32, bits, stat32, stat16, draughts, stat8, offsets, texts):
    """Decode the ``n`` messages numbered in ``rows``; one column of ``stat...`` each.

    ``texts`` uint8 (5, n * TEXT_WIDTH) and ``offsets`` int32 (5, n + 1) take the text columns.
    """
    for k in range(len(offsets)):
        offsets[k, 0] = 0
    for r in range(n):
        m = int(rows[r])
        pay = int(msg64[M_PAY, m])
        kind = six_bits(int(buf[pay]))
        n_bits = min(6 * int(msg32[M_LEN, m]) - int(msg32[M_FILL, m]), MAX_BITS)
        unpack_into(buf, pay, n_bits, bits)
        mmsi = field(bits, 8, 30)
        part = field(bits, 38, 2) if kind == 24 else -1
        form = 25 if part == 1 else kind
        flags = 0
        if mmsi < 1 or mmsi > 999_999_999:
            flags |= BAD_MMSI
        if n_bits < int(PLACE[form, A_WHOLE]):
            flags |= TRUNCATED
        stat32[T_MSG, r] = m
        stat32[T_MMSI, r] = mmsi
        stat32[T_FLAGS, r] = flags
        stat8[T_TYPE, r] = kind
        stat8[T_REPEAT, r] = field(bits, 6, 2)
        stat8[T_PART, r] = part

        # Texts
        for k in range(len(offsets)):
            offsets[k, r + 1] = offsets[k, r]
        at = int(PLACE[form, A_CALLSIGN])
        offsets[X_CALLSIGN, r + 1] = text(bits, at, 7, n_bits, texts[X_CALLSIGN], int(offsets[X_CALLSIGN, r]))
        begin = int(offsets[X_SHIPNAME, r])
        at = int(PLACE[form, A_NAME])
        end = text(bits, at, 20, n_bits, texts[X_SHIPNAME], begin)
        if kind == 21 and n_bits > 272 and _full(bits, at):
            end = _extended(bits, at, min((n_bits - 272) // 6, 14), texts[X_SHIPNAME], begin)
        offsets[X_SHIPNAME, r + 1] = end

        # Numbers of all kinds of ships
        at = int(PLACE[form, A_SHIP_TYPE])
        stat16[T_SHIP_TYPE, r] = field(bits, at, 8) if at + 8 <= n_bits else -1
        at = int(PLACE[form, A_EPFD])
        stat8[T_EPFD, r] = field(bits, at, 4) if at + 4 <= n_bits else -1
        at = int(PLACE[form, A_DTE])
        stat8[T_DTE, r] = 1 - field(bits, at, 1) if at + 1 <= n_bits else -1
        bow = stern = port = starboard = mothership = -1
        at = int(PLACE[form, A_SIZE])
        if form == 25 and mmsi // 10_000_000 == 98:
            if at + 30 <= n_bits:
                mothership = field(bits, at, 30)
                if mothership == 0:
                    mothership = -1
        else:
            if at + 18 <= n_bits and field(bits, at, 18) != 0:  # both zero: not available
                bow = field(bits, at, 9)
                stern = field(bits, at + 9, 9)
            if at + 30 <= n_bits and field(bits, at + 18, 12) != 0:
                port = field(bits, at + 18, 6)
                starboard = field(bits, at + 24, 6)
        stat16[T_BOW, r] = bow
        stat16[T_STERN, r] = stern
        stat16[T_PORT, r] = port
        stat16[T_STARBOARD, r] = starboard
        stat32[T_MOTHERSHIP, r] = mothership

        # What one type alone has
        imo = version = aid = off = virtual = -1
        draught = np.nan
        if kind == 5:
            if n_bits >= 40:
                version = field(bits, 38, 2)
            if n_bits >= 70:
                imo = field(bits, 40, 30)
                if imo == 0:
                    imo = -1
            if n_bits >= 302:
                raw = field(bits, 294, 8)
                if raw != 0:
                    draught = float(raw) / 10.0
            offsets[X_DESTINATION, r + 1] = text(bits, 302, 20, n_bits, texts[X_DESTINATION],
                                                 int(offsets[X_DESTINATION, r]))  # fmt: skip
            offsets[X_ETA, r + 1] = eta(bits, n_bits, texts[X_ETA], int(offsets[X_ETA, r]))
        elif kind == 21:
            if n_bits >= 43:
                aid = field(bits, 38, 5)
            if n_bits >= 260 and field(bits, 253, 6) <= 59:  # the flag counts only with a valid second
                off = field(bits, 259, 1)
            if n_bits >= 270:
                virtual = field(bits, 269, 1)
        elif form == 25:
            offsets[X_VENDOR, r + 1] = text(bits, 48, 3, n_bits, texts[X_VENDOR], int(offsets[X_VENDOR, r]))
        stat32[T_IMO, r] = imo
        stat8[T_VERSION, r] = version
        stat8[T_AID, r] = aid
        stat8[T_OFF, r] = off
        stat8[T_VIRTUAL, r] = virtual
        draughts[r] = draught


@borrowing
def _full(bits, at):
    """Whether a name fills all its 20 characters, so that an extension can follow."""
    full = True
    for k in range(20):
        full = full and field(bits, at + 6 * k, 6) != 0
    return full


@borrowing
def _extended(bits, at, chars, out, begin):
    """Write the 20 characters of a name and those of its extension (type 21, from bit 272 on)."""
    end = begin
    last = begin
    for k in range(20 + chars):
        value = field(bits, at + 6 * k, 6) if k < 20 else field(bits, 272 + 6 * (k - 20), 6)
        if value == 0:
            break
        out[end] = value + 64 if value < 32 else value
        end += 1
        if value != 32:
            last = end
    return last


@borrowing
def others(buf, n, rows, msg64, msg32, bits, oth32, dacs, oth8, offsets, payloads):
    """Headers of the ``n`` messages numbered in ``rows`` and their payload as text."""
    offsets[0] = 0
    end = 0
    for r in range(n):
        m = int(rows[r])
        pay = int(msg64[M_PAY, m])
        kind = six_bits(int(buf[pay]))
        length = int(msg32[M_LEN, m])
        n_bits = min(6 * length - int(msg32[M_FILL, m]), MAX_BITS)
        unpack_into(buf, pay, n_bits, bits)
        dest = dac = fid = -1
        app = ABSENT
        if kind in (6, 7, 10, 12, 13, 15, 16):
            if n_bits >= 70:
                dest = field(bits, 40, 30)
            if kind == 6:
                app = 72
        elif kind == 8:
            app = 40
        elif kind in (25, 26) and n_bits >= 40:
            addressed = field(bits, 38, 1)
            if addressed == 1 and n_bits >= 70:
                dest = field(bits, 40, 30)
            if field(bits, 39, 1) == 1:
                app = 70 if addressed == 1 else 40
        elif kind == 22 and n_bits >= 140 and field(bits, 139, 1) == 1:
            dest = field(bits, 69, 30)
        if app + 16 <= n_bits:
            dac = field(bits, app, 10)
            fid = field(bits, app + 10, 6)
        oth32[O_MSG, r] = m
        oth32[O_MMSI, r] = field(bits, 8, 30)
        oth32[O_DEST, r] = dest
        dacs[r] = dac
        oth8[O_TYPE, r] = kind
        oth8[O_REPEAT, r] = field(bits, 6, 2)
        oth8[O_FID, r] = fid
        oth8[O_FILL, r] = int(msg32[M_FILL, m])
        for k in range(length):
            payloads[end + k] = buf[pay + k]
        end += length
        offsets[r + 1] = end

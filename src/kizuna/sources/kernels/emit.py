"""Rows of whole messages and of rejects."""

from __future__ import annotations

import numpy as np

from kizuna.base.jit import borrowing
from kizuna.sources.kernels.layout import (
    BAD_PART_NUMBER,
    BAD_TYPE,
    M_CHANNEL,
    M_FILL,
    M_LEN,
    M_OFFSET,
    M_OWN,
    M_PAY,
    M_STATION,
    M_TALKER,
    M_TIME,
    M_TIME_SOURCE,
    MAX_LINE,
    OTHER_SENTENCE,
    R_END,
    R_LINE_NO,
    R_OFFSET,
    R_REASON,
    S_COUNTS,
    S_KEEP_OTHER,
    S_MESSAGES,
    S_REJECT_BYTES,
    S_REJECTS,
    TOO_SHORT,
)

_CHANNELS = b"AB12CD"  # fixes/table.py CHANNELS
_TALKERS = b"AIABADANARASATAXBSSABYSS"  # fixes/table.py TALKERS


def _channel_codes():
    codes = np.full(256, -1, np.int32)
    for k in range(len(_CHANNELS)):
        codes[_CHANNELS[k]] = k
    return codes


def _talker_codes():
    codes = np.full(65536, -1, np.int8)
    for k in range(len(_TALKERS) // 2):
        codes[256 * _TALKERS[2 * k] + _TALKERS[2 * k + 1]] = k
    return codes


CHANNEL_CODES = _channel_codes()  # by character; 0 stands for an empty field
TALKER_CODES = _talker_codes()  # by the two characters


@borrowing
def six_bits(c):
    """Value of an armoured character."""
    value = c - 48
    return value - 8 if value > 40 else value


@borrowing
def judge(buf, pay, length, fill):
    """Reason for which a whole payload cannot be used, -1 when it can.

    Type, repeat indicator and MMSI need 38 bits, the part number of type 24 ends at bit 40.
    """
    n_bits = 6 * length - fill
    if n_bits < 38:
        return TOO_SHORT
    kind = six_bits(int(buf[pay]))
    if kind < 1 or kind > 28:
        return BAD_TYPE
    if kind == 24:
        if n_bits < 40:
            return TOO_SHORT
        if (six_bits(int(buf[pay + 6])) >> 2) & 3 > 1:
            return BAD_PART_NUMBER
    return -1


@borrowing
def message(offset, time, pay, length, fill, time_source, station, channel, talker, own, state, msg64, msg32):
    """Append one whole message."""
    m = int(state[S_MESSAGES])
    msg64[M_OFFSET, m] = offset
    msg64[M_TIME, m] = time
    msg64[M_PAY, m] = pay
    msg32[M_LEN, m] = length
    msg32[M_FILL, m] = fill
    msg32[M_TIME_SOURCE, m] = time_source
    msg32[M_STATION, m] = station
    msg32[M_CHANNEL, m] = CHANNEL_CODES[channel]
    msg32[M_TALKER, m] = TALKER_CODES[talker]
    msg32[M_OWN, m] = own
    state[S_MESSAGES] = m + 1


@borrowing
def reject(buf, start, end, offset, line_no, reason, state, rej64, rej_data):
    """Count a reject and append its row with the bytes ``buf[start:end]`` (at most MAX_LINE of them)."""
    state[S_COUNTS + reason] += 1
    if reason == OTHER_SENTENCE and state[S_KEEP_OTHER] == 0:
        return
    r = int(state[S_REJECTS])
    at = int(state[S_REJECT_BYTES])
    for k in range(min(end - start, MAX_LINE)):
        rej_data[at + k] = buf[start + k]
    at += min(end - start, MAX_LINE)
    rej64[R_OFFSET, r] = offset
    rej64[R_LINE_NO, r] = line_no
    rej64[R_REASON, r] = reason
    rej64[R_END, r] = at
    state[S_REJECTS] = r + 1
    state[S_REJECT_BYTES] = at

"""Bytes to whole messages: lines, sentences, checksums, wrappers, parts.

``scan`` has a fast path for a plain single sentence that fills its line; whatever does not fit it exactly is read
again from the start of the line by ``line``, which is right for all input. So the fast path decides nothing but
speed, and the tests compare the two.
"""

from __future__ import annotations

import numpy as np

from kizuna.base.jit import borrowing, load_u64_be
from kizuna.sources.kernels.emit import CHANNEL_CODES, TALKER_CODES, judge
from kizuna.sources.kernels.layout import (
    BY_NONE,
    BY_TAG,
    C_TAG_SOURCE,
    C_TAG_STATION,
    C_TAG_TIME,
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
    MAX_PARTS,
    MISSING_TIME,
    PAD,
    S_ASM,
    S_BASE,
    S_FULL,
    S_LINE_NO,
    S_MESSAGES,
    S_PGHP,
    S_REJECT_BYTES,
    S_REJECTS,
    S_SKIP,
    S_TAG,
)
from kizuna.sources.kernels.line import (
    ROWS_PER_LINE,
    after_tag,
    line,
    long_line,
    wrapped,
)
from kizuna.sources.kernels.parts import add
from kizuna.sources.kernels.swar import armoured, line_end, xor_of
from kizuna.sources.kernels.words import hex_digit

_HEAD_MASK = np.uint64(0xFF0000FFFFFDFFFF)
_HEAD = np.uint64(0x21000056444D2C31)  # "!??VDM,1"; VDO differs from VDM in one bit
_NEXT_MASK = np.uint64(0xFFFFFFFF00000000)
_NEXT = np.uint64(0x2C312C2C00000000)  # ",1,,"


@borrowing
def scan(buf, start, end, final, context, state, names, table, pend, part, raw, msg64, msg32, rej64, rej_data):
    """Read the whole lines of ``buf[start:end]``, with ``final`` also an unfinished last one.

    Gives the index from which to go on: the start of an unfinished line, or of any line when the room for output is
    used up (then call again after taking the rows away). ``buf`` has PAD spare bytes behind ``end`` and room for
    joined payloads from ``state[S_ASM]`` on. All arrays but ``buf`` are described in ``layout``.
    """
    at = start
    room = msg64.shape[1] - ROWS_PER_LINE
    reject_room = rej64.shape[1] - MAX_LINE - (len(pend) + ROWS_PER_LINE) * MAX_PARTS
    byte_room = len(rej_data) - (4 + (len(pend) + ROWS_PER_LINE) * MAX_PARTS) * MAX_LINE
    asm_room = len(buf) - PAD - (ROWS_PER_LINE // 2 + 1) * MAX_LINE * 2
    m = int(state[S_MESSAGES])
    line_no = int(state[S_LINE_NO])
    base = int(state[S_BASE])
    plain = state[S_TAG] == 0 and state[S_PGHP] == 0 and state[S_SKIP] == 0
    fresh = False
    while at < end:
        if m > room or state[S_REJECTS] > reject_room or state[S_REJECT_BYTES] > byte_room or state[S_ASM] > asm_room:
            state[S_FULL] = 1
            break
        if state[S_SKIP] == 1:
            stop, _ = line_end(buf, at, end)
            at = stop + 1 if stop < end else end
            state[S_SKIP] = 0 if stop < end else 1
            plain = state[S_TAG] == 0 and state[S_PGHP] == 0 and state[S_SKIP] == 0
            continue
        stop, total = line_end(buf, at, min(end, at + MAX_LINE + 1))
        whole = stop < min(end, at + MAX_LINE + 1)
        if not whole and end - at <= MAX_LINE and not final:
            break
        line_no += 1
        if plain and whole:
            # The fast path: "!??VDM,1,1,,C,payload,F*HH", perhaps behind a TAG block, and nothing else on the line.
            p = at
            time = MISSING_TIME
            station = -1
            if buf[at] == 92:
                p = after_tag(buf, at, stop, fresh, context, state, names, table)
                fresh = fresh or p != at
                time = int(context[C_TAG_TIME])
                station = int(context[C_TAG_STATION] if context[C_TAG_STATION] >= 0 else context[C_TAG_SOURCE])
            last = stop
            if buf[last - 1] == 13:
                last -= 1
                total ^= 13
            star = last - 3
            pay = p + 14
            if buf[p + 12] == 44:
                pay = p + 13
            length = star - 2 - pay
            fill = int(buf[star - 1]) - 48
            if (
                length >= 7
                and (load_u64_be(buf, p) & _HEAD_MASK) == _HEAD
                and (load_u64_be(buf, p + 8) & _NEXT_MASK) == _NEXT
                and buf[pay - 1] == 44
                and buf[star] == 42
                and buf[star - 2] == 44
                and 0 <= fill <= 6
                and TALKER_CODES[256 * int(buf[p + 1]) + int(buf[p + 2])] >= 0
                and (pay == p + 13 or CHANNEL_CODES[buf[p + 12]] >= 0)
            ):
                high = hex_digit(int(buf[star + 1]))
                low = hex_digit(int(buf[star + 2]))
                rest = int(buf[star + 1]) ^ int(buf[star + 2]) ^ 11  # 11 = "!" ^ "*"
                if p != at:
                    rest ^= xor_of(buf, at, p)
                if (
                    high >= 0
                    and low >= 0
                    and (total ^ rest) == 16 * high + low
                    and armoured(buf, pay, star - 2)
                    and judge(buf, pay, length, fill) < 0
                ):
                    channel = int(buf[p + 12])
                    if channel == 44:
                        channel = 0
                    msg64[M_OFFSET, m] = base + at
                    msg64[M_TIME, m] = time
                    msg64[M_PAY, m] = pay
                    msg32[M_LEN, m] = length
                    msg32[M_FILL, m] = fill
                    msg32[M_TIME_SOURCE, m] = BY_NONE if time == MISSING_TIME else BY_TAG
                    msg32[M_STATION, m] = station
                    msg32[M_CHANNEL, m] = CHANNEL_CODES[channel]
                    msg32[M_TALKER, m] = TALKER_CODES[256 * int(buf[p + 1]) + int(buf[p + 2])]
                    msg32[M_OWN, m] = 1 if buf[p + 5] == 79 else 0
                    m += 1
                    at = stop + 1
                    continue
        state[S_MESSAGES] = m
        state[S_LINE_NO] = line_no
        if whole:
            done = wrapped(buf, at, stop, fresh, context, state, names, table, msg64, msg32)
            if done > 0:
                if done == 2:
                    end_of_text = stop - 1 if buf[stop - 1] == 13 else stop
                    add(buf, at, end_of_text, base + at, line_no, context, state, pend, part, raw, msg64, msg32, rej64,
                        rej_data)  # fmt: skip
                    state[S_TAG] = 0
                m = int(state[S_MESSAGES])
                plain = state[S_PGHP] == 0 and state[S_TAG] == 0
                fresh = buf[at] == 92
                at = stop + 1
                continue
        fresh = False
        if not whole and end - at > MAX_LINE:
            at = long_line(buf, at, context, state, names, table, pend, part, raw, msg64, msg32, rej64, rej_data)
        else:
            line(buf, at, stop, context, state, names, table, pend, part, raw, msg64, msg32, rej64, rej_data)
            at = stop + 1 if whole else stop
        m = int(state[S_MESSAGES])
        plain = state[S_TAG] == 0 and state[S_PGHP] == 0 and state[S_SKIP] == 0
    state[S_MESSAGES] = m
    state[S_LINE_NO] = line_no
    return at

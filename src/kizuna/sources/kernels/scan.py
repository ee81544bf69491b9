"""Bytes to whole messages: lines, sentences, checksums, wrappers, parts.

``scan`` has a fast path for a plain single sentence that fills its line; whatever does not fit it exactly is read
again from the start of the line by ``line``, which is right for all input. So the fast path decides nothing but
speed, and the tests compare the two.
"""

from __future__ import annotations

import numpy as np

from kizuna.base.jit import borrowing, load_u64_be
from kizuna.sources.kernels.emit import CHANNEL_CODES, TALKER_CODES, judge, message, reject
from kizuna.sources.kernels.layout import (
    BAD_CHECKSUM,
    BAD_FORMAT,
    BAD_FRAGMENT,
    BAD_PAYLOAD_CHARACTER,
    BAD_TAG,
    BY_NONE,
    BY_PGHP,
    BY_PREFIX,
    BY_SUFFIX,
    BY_TAG,
    C_PREFIX_TIME,
    C_SUFFIX_STATION,
    C_SUFFIX_TIME,
    C_TAG,
    C_TAG_AT,
    C_TAG_GROUP,
    C_TAG_LENGTH,
    C_TAG_SOURCE,
    C_TAG_STATION,
    C_TAG_TIME,
    H_CHANNEL,
    H_FILL,
    H_LEN,
    H_NUMBER,
    H_OWN,
    H_PAY,
    H_SEQ,
    H_STATION,
    H_SUM,
    H_TALKER,
    H_TIME,
    H_TIME_SOURCE,
    H_TOTAL,
    LINE_TOO_LONG,
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
    NO_CHECKSUM,
    NO_SENTENCE,
    OTHER_SENTENCE,
    PAD,
    S_ASM,
    S_BASE,
    S_FULL,
    S_LINE_NO,
    S_MESSAGES,
    S_PGHP,
    S_PGHP_STATION,
    S_PGHP_SUM,
    S_PGHP_TIME,
    S_REJECT_BYTES,
    S_REJECTS,
    S_SKIP,
    S_TAG,
    S_TAG_GROUP,
    S_TAG_SOURCE,
    S_TAG_STATION,
    S_TAG_TIME,
    TOO_SHORT,
)
from kizuna.sources.kernels.parts import add
from kizuna.sources.kernels.swar import armoured, line_end, xor_of
from kizuna.sources.kernels.words import hex_digit, hex_pair, is_name
from kizuna.sources.kernels.wrappers import clear, is_pghp, pghp, prefix, suffix, tag_block

_HEAD_MASK = np.uint64(0xFF0000FFFFFDFFFF)
_HEAD = np.uint64(0x21000056444D2C31)  # "!??VDM,1"; VDO differs from VDM in one bit
_NEXT_MASK = np.uint64(0xFFFFFFFF00000000)
_NEXT = np.uint64(0x2C312C2C00000000)  # ",1,,"
ROWS_PER_LINE = 64  # a line of MAX_LINE bytes holds fewer sentences


@borrowing
def next_start(buf, at, end):
    """Index of the next byte that can begin a sentence or a TAG block, else ``end``."""
    while at < end and buf[at] != 33 and buf[at] != 36 and buf[at] != 92:
        at += 1
    return at


@borrowing
def sentence_end(buf, at, end):
    """Index of the next ``*``, or of a byte that begins another sentence, else ``end``."""
    while at < end and buf[at] != 42 and buf[at] != 33 and buf[at] != 36 and buf[at] != 92:
        at += 1
    return at


@borrowing
def is_ais(buf, at, end):
    """Whether ``??VDM,`` or ``??VDO,`` stands behind the start byte at ``at``."""
    if at + 7 > end or buf[at + 3] != 86 or buf[at + 4] != 68 or buf[at + 6] != 44:
        return False
    return buf[at + 5] == 77 or buf[at + 5] == 79


@borrowing
def is_sentence(buf, at, end):
    """Whether the start byte at ``at`` is followed by letters or digits up to a comma, as in any sentence."""
    n = at + 1
    while n < end and is_name(int(buf[n])):
        n += 1
    return 3 <= n - at - 1 <= 10 and n < end and buf[n] == 44


@borrowing
def small_number(buf, at, stop):
    """Value of one or two digits that fill ``buf[at:stop]``, -1 for other text."""
    if stop - at == 1 and 48 <= buf[at] <= 57:
        return int(buf[at]) - 48
    if stop - at == 2 and 48 <= buf[at] <= 57 and 48 <= buf[at + 1] <= 57:
        return 10 * (int(buf[at]) - 48) + int(buf[at + 1]) - 48
    return -1


@borrowing
def comma(buf, at, end):
    """Index of the next comma, else ``end``."""
    while at < end and buf[at] != 44:
        at += 1
    return at


@borrowing
def head(buf, at, star, context):
    """Read the fields of the AIS sentence from its start byte to the ``*``; reason of refusal or -1."""
    context[H_TALKER] = 256 * int(buf[at + 1]) + int(buf[at + 2])
    context[H_OWN] = 1 if buf[at + 5] == 79 else 0
    a = at + 7
    b = comma(buf, a, star)
    total = small_number(buf, a, b)
    a = b + 1
    b = comma(buf, a, star)
    part = small_number(buf, a, b)
    a = b + 1
    b = comma(buf, a, star)
    seq = small_number(buf, a, b)
    if total < 0 or part < 0 or (seq < 0 and b != a):
        return BAD_FORMAT
    a = b + 1
    b = comma(buf, a, star)
    if b - a > 1 or b + 1 >= star:
        return BAD_FORMAT
    context[H_CHANNEL] = int(buf[a]) if b > a else 0
    pay = b + 1
    stop = star - 2
    if stop < pay or buf[stop] != 44 or not 48 <= buf[star - 1] <= 54:
        return BAD_FORMAT
    if not armoured(buf, pay, stop):
        return BAD_PAYLOAD_CHARACTER if comma(buf, pay, stop) == stop else BAD_FORMAT
    if total == 0 or part == 0 or part > total or total > MAX_PARTS:
        return BAD_FRAGMENT
    if stop == pay:
        return TOO_SHORT
    context[H_TOTAL] = total
    context[H_NUMBER] = part
    context[H_SEQ] = seq
    context[H_PAY] = pay
    context[H_LEN] = stop - pay
    context[H_FILL] = int(buf[star - 1]) - 48
    return -1


@borrowing
def choose_time(context):
    """Time of the sentence by its own wrappers; the Gatehouse line is judged when the message is whole."""
    context[H_TIME_SOURCE] = BY_NONE
    context[H_TIME] = MISSING_TIME
    if context[C_TAG_TIME] != MISSING_TIME:
        context[H_TIME] = context[C_TAG_TIME]
        context[H_TIME_SOURCE] = BY_TAG
    elif context[C_SUFFIX_TIME] != MISSING_TIME:
        context[H_TIME] = context[C_SUFFIX_TIME]
        context[H_TIME_SOURCE] = BY_SUFFIX
    elif context[C_PREFIX_TIME] != MISSING_TIME:
        context[H_TIME] = context[C_PREFIX_TIME]
        context[H_TIME_SOURCE] = BY_PREFIX
    context[H_STATION] = context[C_TAG_STATION] if context[C_TAG_STATION] >= 0 else context[C_SUFFIX_STATION]


@borrowing
def single(offset, context, state, msg64, msg32):
    """Append a message of one sentence; what the lines before it said of it is used up."""
    time = int(context[H_TIME])
    source = int(context[H_TIME_SOURCE])
    station = int(context[H_STATION])
    if state[S_PGHP] == 1 and state[S_PGHP_SUM] == context[H_SUM]:
        if source != BY_TAG:
            time = int(state[S_PGHP_TIME])
            source = BY_PGHP
        if station < 0:
            station = int(state[S_PGHP_STATION])
    if station < 0:
        station = int(context[C_TAG_SOURCE])
    state[S_PGHP] = 0
    state[S_TAG] = 0
    message(offset, time, int(context[H_PAY]), int(context[H_LEN]), int(context[H_FILL]), source, station,
            int(context[H_CHANNEL]), int(context[H_TALKER]), int(context[H_OWN]), state, msg64, msg32)  # fmt: skip


@borrowing
def wrapped(buf, start, stop, fresh, context, state, names, table, msg64, msg32):
    """Read a line of one sound AIS sentence, perhaps behind a TAG block or a prefix, perhaps before a suffix.

    1: a whole message was appended; 2: ``context`` describes a part of a message; 0: read the line with ``line``.
    ``fresh`` tells whether ``context`` still holds the TAG block of the line before, which is often the same again.
    Nothing has changed when 0 comes back but names of stations.
    """
    while stop > start and (buf[stop - 1] == 13 or buf[stop - 1] == 32):
        stop -= 1
    at = start
    if stop - start < 20 or (buf[at] == 36 and not is_ais(buf, at, stop)):
        return 0
    if buf[at] == 92:
        end = tag_end(buf, at, stop)
        if end < 0 or buf[end + 1] != 33:
            return 0
        if not (fresh and same_tag(buf, at, end + 1, context)):
            clear(context)
            if not tag_block(buf, at + 1, end, context, state, names, table):
                return 0
            context[C_TAG_AT] = at
            context[C_TAG_LENGTH] = end + 1 - at
        at = end + 1
        context[C_PREFIX_TIME] = MISSING_TIME
    else:
        carried_tag(context, state)
        at = next_start(buf, at, stop)
        if at == stop or buf[at] != 33:
            return 0
        prefix(buf, start, at, context)
    if not is_ais(buf, at, stop):
        return 0
    star = stop - 3
    context[C_SUFFIX_TIME] = MISSING_TIME
    context[C_SUFFIX_STATION] = -1
    if buf[star] != 42:
        star = sentence_end(buf, at + 1, stop)
        if star + 3 > stop or buf[star] != 42 or next_start(buf, star, stop) != stop:
            return 0
        suffix(buf, star + 3, stop, context, state, names, table)
    total = hex_pair(buf, star + 1, star + 3)
    if total < 0 or total != xor_of(buf, at + 1, star) or head(buf, at, star, context) >= 0:
        return 0
    context[H_SUM] = total
    choose_time(context)
    if context[H_TOTAL] > 1:
        return 2
    if judge(buf, int(context[H_PAY]), int(context[H_LEN]), int(context[H_FILL])) >= 0:
        return 0
    single(int(state[S_BASE]) + start, context, state, msg64, msg32)
    return 1


@borrowing
def same_tag(buf, at, end, context):
    """Whether the TAG block in ``buf[at:end]`` has the bytes of the one read last."""
    length = end - at
    before = int(context[C_TAG_AT])
    if length != context[C_TAG_LENGTH]:
        return False
    k = 0
    while k + 8 <= length:
        if load_u64_be(buf, at + k) != load_u64_be(buf, before + k):
            return False
        k += 8
    while k < length:
        if buf[at + k] != buf[before + k]:
            return False
        k += 1
    return True


@borrowing
def ais(buf, at, star, start, end, context, state, pend, part, raw, msg64, msg32, rej64, rej_data):
    """One AIS sentence with a checksum field; ``buf[start:end]`` is the text that belongs to it."""
    offset = int(state[S_BASE]) + start
    line_no = int(state[S_LINE_NO])
    total = hex_pair(buf, star + 1, end)
    right = total >= 0 and total == xor_of(buf, at + 1, star)
    reason = head(buf, at, star, context) if right else BAD_CHECKSUM
    if reason < 0 and context[H_TOTAL] == 1:
        reason = judge(buf, int(context[H_PAY]), int(context[H_LEN]), int(context[H_FILL]))
    if reason >= 0:
        state[S_PGHP] = 0
        reject(buf, start, end, offset, line_no, reason, state, rej64, rej_data)
        return
    context[H_SUM] = total
    choose_time(context)
    if context[H_TOTAL] == 1:
        single(offset, context, state, msg64, msg32)
    else:
        add(buf, start, end, offset, line_no, context, state, pend, part, raw, msg64, msg32, rej64, rej_data)


@borrowing
def other(buf, at, star, start, end, state, names, table, rej64, rej_data):
    """One sentence of another kind; a Gatehouse line is read, the rest only judged."""
    offset = int(state[S_BASE]) + start
    reason = OTHER_SENTENCE
    if star < end and buf[star] == 42:
        total = hex_pair(buf, star + 1, end)
        if total < 0 or total != xor_of(buf, at + 1, star):
            reason = BAD_CHECKSUM
        elif is_pghp(buf, at, star):
            reason = -1 if pghp(buf, at, star, state, names, table) else BAD_FORMAT
        elif state[S_PGHP] == 1 and total == state[S_PGHP_SUM]:
            state[S_PGHP] = 0  # the Gatehouse line was about this sentence
    if reason >= 0:
        state[S_TAG] = 0
        reject(buf, start, end, offset, int(state[S_LINE_NO]), reason, state, rej64, rej_data)


@borrowing
def carried_tag(context, state):
    """Begin a sentence's context with the TAG block that stood alone on the line before, if there was one."""
    clear(context)
    if state[S_TAG] == 1:
        context[C_TAG] = 1
        context[C_TAG_TIME] = state[S_TAG_TIME]
        context[C_TAG_STATION] = state[S_TAG_STATION]
        context[C_TAG_GROUP] = state[S_TAG_GROUP]
        context[C_TAG_SOURCE] = state[S_TAG_SOURCE]


@borrowing
def carry_tag(context, state):
    """Keep the TAG block for the sentence on a following line."""
    state[S_TAG] = 1
    state[S_TAG_TIME] = context[C_TAG_TIME]
    state[S_TAG_STATION] = context[C_TAG_STATION]
    state[S_TAG_GROUP] = context[C_TAG_GROUP]
    state[S_TAG_SOURCE] = context[C_TAG_SOURCE]


@borrowing
def tag_end(buf, at, end):
    """Index of the backslash that closes the TAG block opened at ``at``, -1 where a sentence begins before it."""
    at += 1
    while at < end and buf[at] != 92 and buf[at] != 33 and buf[at] != 36:
        at += 1
    return at if at < end and buf[at] == 92 else -1


@borrowing
def line(buf, start, end, context, state, names, table, pend, part, raw, msg64, msg32, rej64, rej_data):
    """Read one line, whatever it holds. Sentences glued together are taken apart; each owns the text up to the next."""
    while end > start and (buf[end - 1] == 13 or buf[end - 1] == 0 or buf[end - 1] == 32):
        end -= 1
    text = start
    while text < end and (buf[text] == 0 or buf[text] == 32):
        text += 1
    if text == end:
        return
    carried_tag(context, state)
    at = next_start(buf, start, end)
    prefix(buf, start, at, context)
    begin = start  # of the text that belongs to the present sentence
    found = False
    fresh_tag = False
    while at < end:
        if buf[at] == 92:
            stop = tag_end(buf, at, end)
            found = True
            if stop < 0:
                stop = next_start(buf, at + 1, end) - 1
            elif not fresh_tag and state[S_TAG] == 1:
                clear(context)  # a block of its own replaces the carried one
                state[S_TAG] = 0
            if buf[stop] == 92 and stop > at and tag_block(buf, at + 1, stop, context, state, names, table):
                fresh_tag = True
            else:
                reject(buf, at, stop + 1, int(state[S_BASE]) + at, int(state[S_LINE_NO]), BAD_TAG, state, rej64,
                       rej_data)  # fmt: skip
            at = next_start(buf, stop + 1, end)
            continue
        star = sentence_end(buf, at + 1, end)
        mine = is_ais(buf, at, star)
        if not mine and not is_sentence(buf, at, star):
            at = next_start(buf, at + 1, end)
            continue
        found = True
        stop = star
        if star < end and buf[star] == 42:
            stop = next_start(buf, star, end)
            suffix(buf, min(star + 3, stop), stop, context, state, names, table)
        if not mine:
            other(buf, at, star, begin, stop, state, names, table, rej64, rej_data)
        elif star < end and buf[star] == 42:
            ais(buf, at, star, begin, stop, context, state, pend, part, raw, msg64, msg32, rej64, rej_data)
            state[S_TAG] = 0
        else:
            state[S_TAG] = 0
            reject(buf, begin, stop, int(state[S_BASE]) + begin, int(state[S_LINE_NO]), NO_CHECKSUM, state, rej64,
                   rej_data)  # fmt: skip
        carried_tag(context, state)
        fresh_tag = False
        begin = stop
        at = stop
    if fresh_tag:
        carry_tag(context, state)
    if not found:
        reject(buf, start, end, int(state[S_BASE]) + start, int(state[S_LINE_NO]), NO_SENTENCE, state, rej64, rej_data)


@borrowing
def long_line(buf, start, context, state, names, table, pend, part, raw, msg64, msg32, rej64, rej_data):
    """No newline within MAX_LINE bytes: lines may end in a bare carriage return; otherwise skip to the next newline.

    Gives the index from which to go on.
    """
    at = start
    while at <= start + MAX_LINE and buf[at] != 13:
        at += 1
    if at <= start + MAX_LINE:
        line(buf, start, at, context, state, names, table, pend, part, raw, msg64, msg32, rej64, rej_data)
        return at + 1
    reject(buf, start, start + MAX_LINE, int(state[S_BASE]) + start, int(state[S_LINE_NO]), LINE_TOO_LONG, state, rej64,
           rej_data)  # fmt: skip
    state[S_SKIP] = 1
    return start + MAX_LINE + 1


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
            # The fast path: "!??VDM,1,1,,C,payload,F*HH" and nothing else on the line.
            last = stop
            if buf[last - 1] == 13:
                last -= 1
                total ^= 13
            star = last - 3
            pay = at + 14
            if buf[at + 12] == 44:
                pay = at + 13
            length = star - 2 - pay
            fill = int(buf[star - 1]) - 48
            if (
                length >= 7
                and (load_u64_be(buf, at) & _HEAD_MASK) == _HEAD
                and (load_u64_be(buf, at + 8) & _NEXT_MASK) == _NEXT
                and buf[pay - 1] == 44
                and buf[star] == 42
                and buf[star - 2] == 44
                and 0 <= fill <= 6
                and TALKER_CODES[256 * int(buf[at + 1]) + int(buf[at + 2])] >= 0
                and (pay == at + 13 or CHANNEL_CODES[buf[at + 12]] >= 0)
            ):
                high = hex_digit(int(buf[star + 1]))
                low = hex_digit(int(buf[star + 2]))
                rest = int(buf[star + 1]) ^ int(buf[star + 2]) ^ 11  # 11 = "!" ^ "*"
                if (
                    high >= 0
                    and low >= 0
                    and (total ^ rest) == 16 * high + low
                    and armoured(buf, pay, star - 2)
                    and judge(buf, pay, length, fill) < 0
                ):
                    channel = int(buf[at + 12])
                    if channel == 44:
                        channel = 0
                    msg64[M_OFFSET, m] = base + at
                    msg64[M_TIME, m] = MISSING_TIME
                    msg64[M_PAY, m] = pay
                    msg32[M_LEN, m] = length
                    msg32[M_FILL, m] = fill
                    msg32[M_TIME_SOURCE, m] = BY_NONE
                    msg32[M_STATION, m] = -1
                    msg32[M_CHANNEL, m] = CHANNEL_CODES[channel]
                    msg32[M_TALKER, m] = TALKER_CODES[256 * int(buf[at + 1]) + int(buf[at + 2])]
                    msg32[M_OWN, m] = 1 if buf[at + 5] == 79 else 0
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

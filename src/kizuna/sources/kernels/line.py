"""One line to messages, right for all input: sentences, checksums, wrappers, TAG blocks, parts, glued lines."""

from __future__ import annotations

from kizuna.base.jit import borrowing, load_u64_be
from kizuna.sources.kernels.emit import judge, message, reject
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
    MAX_LINE,
    MAX_PARTS,
    MISSING_TIME,
    NO_CHECKSUM,
    NO_SENTENCE,
    OTHER_SENTENCE,
    S_BASE,
    S_LINE_NO,
    S_PGHP,
    S_PGHP_STATION,
    S_PGHP_SUM,
    S_PGHP_TIME,
    S_SKIP,
    S_TAG,
    S_TAG_GROUP,
    S_TAG_SOURCE,
    S_TAG_STATION,
    S_TAG_TIME,
    TOO_SHORT,
)
from kizuna.sources.kernels.marks import comma, is_ais, is_sentence, next_start, sentence_end, small_number
from kizuna.sources.kernels.parts import add
from kizuna.sources.kernels.swar import armoured, xor_of
from kizuna.sources.kernels.words import hex_pair
from kizuna.sources.kernels.wrappers import clear, is_pghp, named_by, pghp, prefix, suffix, tag_block

ROWS_PER_LINE = 64  # a line of MAX_LINE bytes holds fewer sentences


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
    if state[S_PGHP] == 1 and named_by(int(state[S_PGHP_SUM]), int(context[H_SUM]), int(context[H_OWN])):
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
        at = after_tag(buf, at, stop, fresh, context, state, names, table)
        if at == start:
            return 0
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
def after_tag(buf, at, stop, fresh, context, state, names, table):
    """Read the TAG block at ``at`` into ``context``; gives where the sentence behind it begins.

    Gives ``at`` itself, with ``context`` undefined, where the block is not sound or no sentence follows. ``fresh``: as
    for ``wrapped``.
    """
    end = tag_end(buf, at, stop)
    if end < 0 or buf[end + 1] != 33:
        return at
    if not (fresh and same_tag(buf, at, end + 1, context)):
        clear(context)
        context[C_TAG_LENGTH] = 0
        if not tag_block(buf, at + 1, end, context, state, names, table):
            return at
        context[C_TAG_AT] = at
        context[C_TAG_LENGTH] = end + 1 - at
    return end + 1


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

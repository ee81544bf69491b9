"""Messages in several sentences: parts wait in a few slots until all are there.

Parts belong together when total, talker, channel and sequence id agree and so does the group id of the TAG block;
without a group id, the station (a part that names none fits any). Parts may come in any order. They must lie close
together: in time where both have one, else in lines. Rules that keep two ships apart:

- a repeated part with other content ends the waiting message (``part_conflict``); where neither group nor station can
  tell two receivers apart and both parts came within a few lines, the newer message is not trusted either;
- without group id and times, parts out of order must come within a few lines.
"""

from __future__ import annotations

from kizuna.base.jit import borrowing
from kizuna.sources.kernels.emit import judge, message, reject
from kizuna.sources.kernels.layout import (
    BAD_FRAGMENT,
    BY_NONE,
    BY_PGHP,
    BY_TAG,
    C_TAG_GROUP,
    C_TAG_SOURCE,
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
    K_FILL,
    K_LEN,
    K_LINE_NO,
    K_OFFSET,
    K_PAY,
    K_RAW_LEN,
    MAX_LINE,
    MISSING_TIME,
    P_CHANNEL,
    P_GROUP,
    P_HEARD,
    P_LINE_NO,
    P_OFFSET,
    P_ORDER,
    P_OWN,
    P_PGHP,
    P_PGHP_STATION,
    P_PGHP_SUM,
    P_PGHP_TIME,
    P_SEEN,
    P_SEQ,
    P_SOURCE,
    P_STATION,
    P_TAINTED,
    P_TALKER,
    P_TIME,
    P_TIME_PART,
    P_TIME_SOURCE,
    P_TOP,
    P_TOTAL,
    P_XOR,
    PART_CONFLICT,
    PART_LATE,
    PART_MISSING,
    S_ASM,
    S_MAX_PENDING,
    S_PART_GAP_LINES,
    S_PART_GAP_MS,
    S_PENDING,
    S_PGHP,
    S_PGHP_STATION,
    S_PGHP_SUM,
    S_PGHP_TIME,
    S_RECEIVED,
)
from kizuna.sources.kernels.wrappers import named_by

NEAR_LINES = 16  # for parts out of order; in 6,700 real messages the parts are at most 7 lines apart, 99 % adjacent
AMBIGUOUS_LINES = 4  # receivers that nothing tells apart interleave their parts within so few lines


@borrowing
def drop(slot, reason, state, pend, part, raw, rej64, rej_data):
    """Give up a waiting message: its parts become rejects, the slot is free."""
    for k in range(int(pend[slot, P_TOTAL])):
        if (int(pend[slot, P_SEEN]) >> k) & 1:
            held = part[slot, k]
            reject(raw[slot, k], 0, int(held[K_RAW_LEN]), int(held[K_OFFSET]), int(held[K_LINE_NO]), reason,
                   state, rej64, rej_data)  # fmt: skip
    pend[slot, P_TOTAL] = 0
    state[S_PENDING] -= 1


@borrowing
def oldest(pend):
    """The waiting slot whose first part was heard first, -1 when none waits; on one line the lower offset is older."""
    found = -1
    for slot in range(len(pend)):
        if pend[slot, P_TOTAL] != 0 and (
            found < 0
            or pend[slot, P_ORDER] < pend[found, P_ORDER]
            or (pend[slot, P_ORDER] == pend[found, P_ORDER] and pend[slot, P_OFFSET] < pend[found, P_OFFSET])
        ):
            found = slot
    return found


@borrowing
def drop_all(state, pend, part, raw, rej64, rej_data):
    """At the end of the stream: what still waits will never be whole."""
    while state[S_PENDING] > 0:
        drop(oldest(pend), PART_MISSING, state, pend, part, raw, rej64, rej_data)


@borrowing
def _apart(slot, heard, line_no, state, pend):
    """Whether a part heard now lies too far from the waiting ones, in time where both have one, else in lines."""
    before = int(pend[slot, P_HEARD])
    if MISSING_TIME not in (before, heard):
        return abs(heard - before) > int(state[S_PART_GAP_MS])
    return line_no - int(pend[slot, P_LINE_NO]) > int(state[S_PART_GAP_LINES])


@borrowing
def _same_message(slot, context, pend):
    """Whether a part can belong to the waiting message."""
    if pend[slot, P_TOTAL] != context[H_TOTAL] or pend[slot, P_SEQ] != context[H_SEQ]:
        return False
    if pend[slot, P_TALKER] != context[H_TALKER] or pend[slot, P_CHANNEL] != context[H_CHANNEL]:
        return False
    if pend[slot, P_OWN] != context[H_OWN]:
        return False
    if pend[slot, P_GROUP] != 0 or context[C_TAG_GROUP] != 0:
        return pend[slot, P_GROUP] == context[C_TAG_GROUP]
    return pend[slot, P_STATION] == context[H_STATION] or pend[slot, P_STATION] < 0 or context[H_STATION] < 0


@borrowing
def _same_content(slot, k, buf, context, part, raw):
    length = int(context[H_LEN])
    if part[slot, k, K_LEN] != length or part[slot, k, K_FILL] != context[H_FILL]:
        return False
    theirs = int(part[slot, k, K_PAY])
    ours = int(context[H_PAY])
    for i in range(length):  # noqa: SIM110  Numba knows no `all` over a generator
        if raw[slot, k, theirs + i] != buf[ours + i]:
            return False
    return True


@borrowing
def _find(buf, heard, line_no, context, state, pend, part, raw, rej64, rej_data):
    """Slot of the message that waits for this part, -1 for none; and whether a new message would be ambiguous.

    Messages that the part shows to be lost are dropped on the way.
    """
    k = int(context[H_NUMBER]) - 1
    best = -1
    tainted = 0
    left = int(state[S_PENDING])
    for slot in range(len(pend)):
        if left == 0:
            break
        if pend[slot, P_TOTAL] == 0:
            continue
        left -= 1
        apart = _apart(slot, heard, line_no, state, pend)
        if not _same_message(slot, context, pend):
            if apart and line_no - int(pend[slot, P_LINE_NO]) > int(state[S_PART_GAP_LINES]):
                drop(slot, PART_MISSING, state, pend, part, raw, rej64, rej_data)
            continue
        if apart:
            drop(slot, PART_LATE, state, pend, part, raw, rej64, rej_data)
            continue
        near = line_no - int(pend[slot, P_LINE_NO]) <= NEAR_LINES
        known = context[C_TAG_GROUP] != 0 or MISSING_TIME not in (heard, int(pend[slot, P_HEARD]))
        if (int(pend[slot, P_SEEN]) >> k) & 1:
            if _same_content(slot, k, buf, context, part, raw):
                continue  # the same part heard by another station
            close = line_no - int(pend[slot, P_LINE_NO]) <= AMBIGUOUS_LINES
            if close and context[C_TAG_GROUP] == 0 and context[H_STATION] < 0:
                tainted = 1
            drop(slot, PART_CONFLICT, state, pend, part, raw, rej64, rej_data)
        elif k + 1 < pend[slot, P_TOP] and not (near or known):
            drop(slot, PART_LATE, state, pend, part, raw, rej64, rej_data)
        elif best < 0 or pend[slot, P_OFFSET] < pend[best, P_OFFSET]:
            best = slot
    return best, tainted


@borrowing
def _open(offset, line_no, tainted, context, state, pend, part, raw, rej64, rej_data):
    """A free slot for a message of which this is the first part heard; the oldest gives way when all are taken."""
    if state[S_PENDING] >= min(int(state[S_MAX_PENDING]), len(pend)):
        drop(oldest(pend), PART_MISSING, state, pend, part, raw, rej64, rej_data)
    slot = 0
    while pend[slot, P_TOTAL] != 0:
        slot += 1
    pend[slot, P_TOTAL] = context[H_TOTAL]
    pend[slot, P_SEEN] = 0
    pend[slot, P_TALKER] = context[H_TALKER]
    pend[slot, P_OWN] = context[H_OWN]
    pend[slot, P_SEQ] = context[H_SEQ]
    pend[slot, P_CHANNEL] = context[H_CHANNEL]
    pend[slot, P_STATION] = -1
    pend[slot, P_GROUP] = context[C_TAG_GROUP]
    pend[slot, P_OFFSET] = offset
    pend[slot, P_ORDER] = line_no
    pend[slot, P_TIME] = MISSING_TIME
    pend[slot, P_HEARD] = MISSING_TIME
    pend[slot, P_XOR] = 0
    pend[slot, P_PGHP] = 0
    pend[slot, P_TAINTED] = tainted
    pend[slot, P_TOP] = 0
    pend[slot, P_SOURCE] = -1
    state[S_PENDING] += 1
    return slot


@borrowing
def _keep(slot, buf, start, end, offset, line_no, heard, context, state, pend, part, raw):
    """Put a part into its slot."""
    k = int(context[H_NUMBER]) - 1
    for i in range(end - start):
        raw[slot, k, i] = buf[start + i]
    part[slot, k, K_RAW_LEN] = end - start
    part[slot, k, K_PAY] = context[H_PAY] - start
    part[slot, k, K_LEN] = context[H_LEN]
    part[slot, k, K_FILL] = context[H_FILL]
    part[slot, k, K_OFFSET] = offset
    part[slot, k, K_LINE_NO] = line_no
    pend[slot, P_SEEN] |= 1 << k
    pend[slot, P_TOP] = max(int(pend[slot, P_TOP]), k + 1)
    pend[slot, P_XOR] ^= context[H_SUM]
    pend[slot, P_LINE_NO] = line_no
    if heard != MISSING_TIME:
        pend[slot, P_HEARD] = heard
    if pend[slot, P_STATION] < 0:
        pend[slot, P_STATION] = context[H_STATION]
    if pend[slot, P_SOURCE] < 0:
        pend[slot, P_SOURCE] = context[C_TAG_SOURCE]
    time = int(context[H_TIME])
    if time != MISSING_TIME:
        source = int(context[H_TIME_SOURCE])
        first = pend[slot, P_TIME] == MISSING_TIME or source < pend[slot, P_TIME_SOURCE]
        if first or (source == pend[slot, P_TIME_SOURCE] and k < pend[slot, P_TIME_PART]):
            pend[slot, P_TIME] = time
            pend[slot, P_TIME_SOURCE] = source
            pend[slot, P_TIME_PART] = k
    if state[S_PGHP] == 1 and pend[slot, P_PGHP] == 0:
        pend[slot, P_PGHP] = 1
        pend[slot, P_PGHP_TIME] = state[S_PGHP_TIME]
        pend[slot, P_PGHP_STATION] = state[S_PGHP_STATION]
        pend[slot, P_PGHP_SUM] = state[S_PGHP_SUM]


@borrowing
def _join(slot, buf, state, pend, part, raw, msg64, msg32, rej64, rej_data):
    """All parts are there: lay their payload together and append the message."""
    pay = int(state[S_ASM])
    length = 0
    fill = 0
    for k in range(int(pend[slot, P_TOTAL])):
        n = int(part[slot, k, K_LEN])
        if length + n > MAX_LINE:  # five times what M.1371 can send
            drop(slot, BAD_FRAGMENT, state, pend, part, raw, rej64, rej_data)
            return
        begin = int(part[slot, k, K_PAY])
        for i in range(n):
            buf[pay + length + i] = raw[slot, k, begin + i]
        length += n
        fill = int(part[slot, k, K_FILL])
        if fill != 0:
            break  # bits behind a filled part have no certain place (two such messages in the AISHub log)
    reason = PART_CONFLICT if pend[slot, P_TAINTED] != 0 else judge(buf, pay, length, fill)
    if reason >= 0:
        drop(slot, reason, state, pend, part, raw, rej64, rej_data)
        return
    state[S_ASM] = pay + length
    time = int(pend[slot, P_TIME])
    source = int(pend[slot, P_TIME_SOURCE]) if time != MISSING_TIME else BY_NONE
    station = int(pend[slot, P_STATION])
    if pend[slot, P_PGHP] == 1 and named_by(
        int(pend[slot, P_PGHP_SUM]), int(pend[slot, P_XOR]), int(pend[slot, P_OWN])
    ):
        if time == MISSING_TIME or source != BY_TAG:
            time = int(pend[slot, P_PGHP_TIME])
            source = BY_PGHP
        if station < 0:
            station = int(pend[slot, P_PGHP_STATION])
    if station < 0:
        station = int(pend[slot, P_SOURCE])
    message(int(pend[slot, P_OFFSET]), time, pay, length, fill, source, station, int(pend[slot, P_CHANNEL]),
            int(pend[slot, P_TALKER]), int(pend[slot, P_OWN]), state, msg64, msg32)  # fmt: skip
    pend[slot, P_TOTAL] = 0
    state[S_PENDING] -= 1


@borrowing
def add(buf, start, end, offset, line_no, context, state, pend, part, raw, msg64, msg32, rej64, rej_data):
    """Take in one part of a message, the text ``buf[start:end]``; append the message when it is whole."""
    heard = int(context[H_TIME])
    if heard == MISSING_TIME:
        heard = int(state[S_RECEIVED])
    slot, tainted = _find(buf, heard, line_no, context, state, pend, part, raw, rej64, rej_data)
    if slot < 0:
        slot = _open(offset, line_no, tainted, context, state, pend, part, raw, rej64, rej_data)
    _keep(slot, buf, start, end, offset, line_no, heard, context, state, pend, part, raw)
    state[S_PGHP] = 0
    if pend[slot, P_SEEN] == (1 << int(pend[slot, P_TOTAL])) - 1:
        _join(slot, buf, state, pend, part, raw, msg64, msg32, rej64, rej_data)

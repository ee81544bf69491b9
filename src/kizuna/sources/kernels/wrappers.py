"""What stands around a sentence and says when and by whom it was heard.

TAG blocks (NMEA 0183 4.x), the suffix of the United States Coast Guard's network and bare epochs behind the
checksum, time prefixes, and Gatehouse's ``$PGHP`` line. Unknown keys and words are passed over.
"""

from __future__ import annotations

from kizuna.base.jit import borrowing
from kizuna.sources.kernels.layout import (
    C_PREFIX_TIME,
    C_SUFFIX_STATION,
    C_SUFFIX_TIME,
    C_TAG,
    C_TAG_GROUP,
    C_TAG_SOURCE,
    C_TAG_STATION,
    C_TAG_TIME,
    MISSING_TIME,
    S_PGHP,
    S_PGHP_STATION,
    S_PGHP_SUM,
    S_PGHP_TIME,
)
from kizuna.sources.kernels.swar import xor_of
from kizuna.sources.kernels.words import (
    digits,
    epoch_ms,
    first_time,
    hex_pair,
    is_name,
    number,
    station_code,
    text_hash,
    time_at,
    utc_ms,
)


@borrowing
def clear(context):
    """Forget what the wrappers of the last sentence said."""
    context[C_TAG_TIME] = MISSING_TIME
    context[C_TAG_STATION] = -1
    context[C_TAG_GROUP] = 0
    context[C_TAG_SOURCE] = -1
    context[C_TAG] = 0
    context[C_SUFFIX_TIME] = MISSING_TIME
    context[C_SUFFIX_STATION] = -1


@borrowing
def tag_block(buf, start, end, context, state, names, table):
    """Read the TAG block between the backslashes, ``buf[start:end]``; whether its checksum stands and is right.

    Keys used: ``c`` time (s, ms, us or ns by the number of digits), ``s`` station, ``g`` group (part-parts-id),
    ``si`` the feed's own name for its source. Nothing of a block with a wrong checksum is used.
    """
    star = end - 3
    if star < start or buf[star] != 42 or hex_pair(buf, star + 1, end) != xor_of(buf, start, star):
        return False
    at = start
    while at < star:
        stop = at
        while stop < star and buf[stop] != 44:
            stop += 1
        if at + 2 <= stop and buf[at + 1] == 58:
            key = int(buf[at])
            if key == 99:
                context[C_TAG_TIME] = epoch_ms(buf, at + 2, digits(buf, at + 2, stop), stop)
            elif key == 115:
                context[C_TAG_STATION] = station_code(buf, at + 2, stop, state, names, table)
            elif key == 103:
                context[C_TAG_GROUP] = _group(buf, at + 2, stop)
        elif at + 3 <= stop and buf[at] == 115 and buf[at + 1] == 105 and buf[at + 2] == 58:
            context[C_TAG_SOURCE] = station_code(buf, at + 3, stop, state, names, table)
        at = stop + 1
    context[C_TAG] = 1
    return True


@borrowing
def _group(buf, at, stop):
    """Hash of the id in ``part-parts-id``; 0 where there is none."""
    dashes = 0
    while at < stop and dashes < 2:
        if buf[at] == 45:
            dashes += 1
        at += 1
    return text_hash(buf, at, stop) if at < stop else 0


@borrowing
def suffix(buf, start, end, context, state, names, table):
    """Read the words behind a checksum: ``,d-085,S0119,t132041.00,T41.5,r07SMAY1,1272413381``.

    The first word that is a time is the receiver's; a second one was added by a later logger. A word that begins
    with r or b (receiver, base station) names the station.
    """
    at = start
    while at < end:
        while at < end and not is_name(int(buf[at])):
            at += 1
        stop = at
        while stop < end and (is_name(int(buf[stop])) or buf[stop] == 45 or buf[stop] == 46 or buf[stop] == 58):
            stop += 1
        if stop > at:
            c = int(buf[at])
            if 48 <= c <= 57:
                if context[C_SUFFIX_TIME] == MISSING_TIME:
                    context[C_SUFFIX_TIME] = time_at(buf, at, end)
            elif c in (114, 98) and stop - at >= 2 and buf[at - 1] == 44 and context[C_SUFFIX_STATION] < 0:
                context[C_SUFFIX_STATION] = station_code(buf, at, stop, state, names, table)
        at = stop + 1


@borrowing
def prefix(buf, start, end, context):
    """Read the time in the text before a sentence, if there is one."""
    context[C_PREFIX_TIME] = first_time(buf, start, end) if end > start else MISSING_TIME


@borrowing
def is_pghp(buf, start, end):
    """Whether the sentence at ``start`` begins ``$PGHP,1,``."""
    if start + 8 > end or buf[start + 5] != 44 or buf[start + 6] != 49 or buf[start + 7] != 44:
        return False
    return buf[start + 1] == 80 and buf[start + 2] == 71 and buf[start + 3] == 72 and buf[start + 4] == 80


@borrowing
def named_by(announced, total, own_ship):
    """Whether a Gatehouse line that ends in the checksum ``announced`` belongs to a message.

    ``total`` is the exclusive or of the checksums of its sentences; before a VDO sentence the line says 00. Both were
    found in 30,000 lines of the Danish logs, where every Gatehouse line then finds its sentence; the maker's manual is
    not public.
    """
    return announced == total or (announced == 0 and own_ship == 1)


@borrowing
def pghp(buf, start, star, state, names, table):
    """Read ``$PGHP,1,Y,M,D,h,m,s,ms,country,region,station,online,sum*hh``; whether it can be used.

    It belongs to the message that follows, see ``named_by``.
    """
    at = start + 8
    year = month = day = hour = minute = second = ms = 0
    station = -1
    total = -1
    for k in range(12):
        stop = at
        while stop < star and buf[stop] != 44:
            stop += 1
        n = digits(buf, at, stop)
        if k < 7:
            if n == 0 or n > 4 or at + n != stop:
                return False
            value = number(buf, at, n)
            if k == 0:
                year = value
            elif k == 1:
                month = value
            elif k == 2:
                day = value
            elif k == 3:
                hour = value
            elif k == 4:
                minute = value
            elif k == 5:
                second = value
            else:
                ms = value
        elif k == 9:
            station = station_code(buf, at, stop, state, names, table)
        elif k == 11:
            total = hex_pair(buf, at, stop)
        at = stop + 1
        if at > star and k < 11:
            return False
    time = utc_ms(year, month, day, hour, minute, second, ms)
    if total < 0 or time == MISSING_TIME:
        return False
    state[S_PGHP] = 1
    state[S_PGHP_TIME] = time
    state[S_PGHP_STATION] = station
    state[S_PGHP_SUM] = total
    return True

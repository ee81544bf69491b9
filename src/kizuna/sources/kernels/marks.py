"""Where sentences begin and end in a line, and small things read on the way."""

from __future__ import annotations

from kizuna.base.jit import borrowing
from kizuna.sources.kernels.words import is_name


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

"""Kernels over text cells: numbers, words for "not available", distinct words.

Cell ``n`` of column ``k`` is ``data[edges[n, k] + 1 : edges[n, k + 1]]``: an edge is the place of a delimiter, so one
array of edges serves all columns of a table, and nothing is copied out of its text.
"""

from __future__ import annotations

from typing import Any

from kizuna.base.jit import borrowing

_BLANK = 32
_TAB = 9
_MINUS = 45
_QUOTE = 34
_MANTISSA_MAX = 9007199254740992  # 2**53: whole numbers up to here are exact
_DIGITS_MAX = 18
_MIX = 2654435769


@borrowing
def parse_numbers(data: Any, edges: Any, k: Any, decimal: Any, powers: Any, out: Any, odd: Any) -> Any:
    """Read plain decimal numbers, to the last bit as correct rounding has them.

    Digits and power of ten are both exact as floats (at most 2**53, and at most 10**18), so one division rounds once
    (Clinger, How to read floating point numbers accurately, 1990). What is written otherwise is marked ``odd`` and
    left to a slower reader.

    Args:
        data: uint8, the text.
        edges: int32[n, columns + 1].
        k: column.
        decimal: code of the decimal sign.
        powers: float64[19], powers of ten from 0 on.
        out: float64[n], set; NaN for empty cells.
        odd: bool[n], set.

    Returns:
        how many cells are odd.
    """
    found = 0
    for n in range(len(out)):
        i = int(edges[n, k]) + 1
        stop = int(edges[n, k + 1])
        while i < stop and (int(data[i]) == _BLANK or int(data[i]) == _TAB):
            i += 1
        while stop > i and (int(data[stop - 1]) == _BLANK or int(data[stop - 1]) == _TAB):
            stop -= 1
        odd[n] = False
        out[n] = float("nan")
        if i == stop:
            continue
        negative = int(data[i]) == _MINUS
        if negative:
            i += 1
        mantissa = 0
        digits = 0
        behind = -1
        plain = stop - i <= _DIGITS_MAX + 1
        while plain and i < stop:
            d = int(data[i]) - 48
            if 0 <= d <= 9:
                mantissa = mantissa * 10 + d
                digits += 1
                if behind >= 0:
                    behind += 1
            elif int(data[i]) == decimal and behind < 0:
                behind = 0
            else:
                plain = False
            i += 1
        if not plain or digits == 0 or digits > _DIGITS_MAX or mantissa > _MANTISSA_MAX:
            odd[n] = True
            found += 1
            continue
        value = float(mantissa)
        if behind > 0:
            value = value / powers[behind]
        out[n] = -value if negative else value
    return found


@borrowing
def mark_present(data: Any, edges: Any, k: Any, words: Any, word_edges: Any, initials: Any, out: Any) -> None:
    """Mark the cells that hold something other than blanks and words for "not available".

    Args:
        data: uint8, the text.
        edges: int32[n, columns + 1].
        k: column.
        words: uint8, the words one behind the other.
        word_edges: int64[words + 1], where each begins.
        initials: bool[256], whether a word begins with this byte; spares most cells the words.
        out: bool[n], set.
    """
    for n in range(len(out)):
        i = int(edges[n, k]) + 1
        stop = int(edges[n, k + 1])
        while i < stop and int(data[i]) == _BLANK:
            i += 1
        while stop > i and int(data[stop - 1]) == _BLANK:
            stop -= 1
        there = stop > i
        if there and initials[int(data[i])]:
            for w in range(len(word_edges) - 1):
                first = int(word_edges[w])
                size = int(word_edges[w + 1]) - first
                if size == stop - i:
                    same = 0
                    while same < size and int(words[first + same]) == int(data[i + same]):
                        same += 1
                    if same == size:
                        there = False
                        break
        out[n] = there


@borrowing
def unquote(data: Any, start: Any, stop: Any, delimiter: Any, base: Any, scratch: Any, edges: Any, good: Any) -> Any:
    """Write lines anew without their quotes.

    A cell that begins with a quote goes on to the next single quote (a doubled one stands for one); what follows up to
    the delimiter is kept as it is. A line whose last quote does not close is no row.

    Args:
        data: uint8, the text.
        start: int64[n], where each line begins.
        stop: int64[n], where each line ends.
        delimiter: code of the delimiter.
        base: what to add to places in ``scratch``.
        scratch: uint8, set; long enough for all lines and one byte more for each.
        edges: int32[n, columns + 1], set.
        good: bool[n], set where the line has as many cells as there are columns.

    Returns:
        bytes used of ``scratch``.
    """
    width = edges.shape[1] - 1
    at = 0
    for n in range(len(start)):
        i = int(start[n])
        end = int(stop[n])
        edges[n, 0] = base + at - 1
        column = 0
        closed = True
        more = True
        while more:
            if i < end and int(data[i]) == _QUOTE:
                closed = False
                i += 1
                while i < end and not closed:
                    c = int(data[i])
                    i += 1
                    if c == _QUOTE:
                        if i < end and int(data[i]) == _QUOTE:
                            i += 1
                        else:
                            closed = True
                    if not closed:
                        scratch[at] = c
                        at += 1
            while i < end and int(data[i]) != delimiter:
                scratch[at] = int(data[i])
                at += 1
                i += 1
            column += 1
            if column <= width:
                edges[n, column] = base + at
            scratch[at] = delimiter
            at += 1
            more = i < end
            i += 1
        good[n] = closed and column == width
    return at


@borrowing
def number_words(data: Any, edges: Any, k: Any, slots: Any, firsts: Any, out: Any) -> Any:
    """Number the distinct cells of a column in order of first appearance.

    Args:
        data: uint8, the text.
        edges: int32[n, columns + 1].
        k: column.
        slots: int32[2**b], all -1: an open hash table.
        firsts: int64[at most half the slots], set to the row where each distinct cell stands first.
        out: int32[n], set to the number of each cell.

    Returns:
        how many distinct cells there are; -1 when ``firsts`` is too short.
    """
    mask = len(slots) - 1
    known = 0
    for n in range(len(out)):
        i = int(edges[n, k]) + 1
        size = int(edges[n, k + 1]) - i
        h = size
        for j in range(size):
            h = ((h * 31) + int(data[i + j])) & 1073741823
        slot = ((h * _MIX) >> 15) & mask
        code = int(slots[slot])
        while code >= 0:
            a = int(edges[firsts[code], k]) + 1
            if int(edges[firsts[code], k + 1]) - a == size:
                same = 0
                while same < size and int(data[a + same]) == int(data[i + same]):
                    same += 1
                if same == size:
                    break
            slot = (slot + 1) & mask
            code = int(slots[slot])
        if code < 0:
            if known == len(firsts):
                return -1
            code = known
            slots[slot] = code
            firsts[code] = n
            known += 1
        out[n] = code
    return known

"""The number in a name: ``FUKU MARU NO.8``, ``DAI-HACHI FUKUMARU``, ``No. 8 Fukumaru``, ``第八福丸``, ``順興39號``.

Whole fleets share a name and differ in the number, so it is compared apart from the name, and two numbers that differ
make two ships.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import product
from typing import Final, NamedTuple

from kizuna.tracks.names.spelling import fold_japanese, has_han, hiragana, kana_latin, letters

_DIGITS: Final = dict(zip("〇零一二三四五六七八九", (0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))
_TENS: Final = {"十": 10, "百": 100}
_NUMERALS: Final = "[〇零一二三四五六七八九十百]"
_HAN_NUMBER: Final = re.compile(rf"第({_NUMERALS}+|\d+)[号號]?|({_NUMERALS}+|\d+)[号號]|(\d+)")
_LATIN_NUMBER: Final = re.compile(r"\bN[O0][\s.:-]*(\d+)\b|\bNUMBER\s*(\d+)\b|\bDAI[\s-]*(\d+)(?:[\s-]*GO\b)?|(\d+)")
_PREFIX: Final = re.compile(r"^\s*(?:(?:M|F|S|R|T|G)[./]?V[.\s]|MT\s|M/T\s|SS\s)\s*")
_MAX: Final = 9999


class Numbered(NamedTuple):
    """A name without its number; the number is None where there is none."""

    base: str
    number: int | None


def _words() -> dict[str, int]:
    """Japanese number words from 1 to 99, folded, with the readings that names use."""
    ones = {1: ("ICHI",), 2: ("NI",), 3: ("SAN",), 4: ("YON", "SHI"), 5: ("GO",), 6: ("ROKU",), 7: ("NANA", "SHICHI"),
            8: ("HACHI",), 9: ("KYU", "KU")}  # fmt: skip
    out = {}
    for ten, one in product(range(10), range(10)):
        if not (ten or one):
            continue
        heads = ("",) if not ten else ("JU",) if ten == 1 else tuple(w + "JU" for w in ones[ten])
        for head, tail in product(heads, ones.get(one, ("",))):
            out[fold_japanese(head + tail)] = ten * 10 + one
    return out


_NUMBER_WORDS: Final = _words()
_DAI: Final = re.compile(r"^DAI(" + "|".join(sorted(_NUMBER_WORDS, key=len, reverse=True)) + r")(?:GO)?")


def han_number(text: str) -> int | None:
    """The value of digits or Han numerals up to 999; None where they make no number."""
    if text.isdigit():
        return int(text) if int(text) <= _MAX else None
    if not any(c in _TENS for c in text):
        return int("".join(str(_DIGITS[c]) for c in text))
    total, current = 0, 0
    for char in text:
        if char in _TENS:
            total += (current or 1) * _TENS[char]
            current = 0
        else:
            current = _DIGITS[char]
    return total + current


def numbered(name: str) -> tuple[Numbered, ...]:
    """All ways to read a name as a base and a number, likeliest first; the base keeps its script."""
    text = _PREFIX.sub("", unicodedata.normalize("NFKC", name).upper()).strip()
    if has_han(text) or any("ぁ" <= c <= "ゖ" for c in hiragana(text)):
        return _han(hiragana(text))
    return _latin(text)


def _han(text: str) -> tuple[Numbered, ...]:
    found = _HAN_NUMBER.search(text)
    if found is not None:
        digits = next(g for g in found.groups() if g)
        base = (text[: found.start()] + text[found.end() :]).strip()
        value = han_number(digits)
        if base and value is not None:
            return (Numbered(base, value),)
    if text.startswith("だい") and not has_han(text):
        return _spoken(kana_latin(text), text)
    return (Numbered(text, None),)


def _spoken(folded: str, text: str) -> tuple[Numbered, ...]:
    """``DAI`` and a number word at the head; the name as a whole is the other way to read it."""
    whole = Numbered(text, None)
    found = _DAI.match(folded)
    if found is None or found.end() == len(folded):
        return (whole,)
    return Numbered(folded[found.end() :], _NUMBER_WORDS[found.group(1)]), whole


def _latin(text: str) -> tuple[Numbered, ...]:
    last = None
    for last in _LATIN_NUMBER.finditer(text):  # noqa: B007  the last one: KAIYO 2000 NO.3
        pass
    if last is not None:
        value = int(next(g for g in last.groups() if g))
        base = text[: last.start()] + " " + text[last.end() :]
        if letters(base) and value <= _MAX:
            return (Numbered(base.strip(), value),)
    return _spoken(fold_japanese(text), text)

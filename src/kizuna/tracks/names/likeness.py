"""How alike two names are, and why: the same spelling, a likely romanisation, or nearly so.

A name in Han is a chain of characters with several readings each. The edit distance to what was heard is found over
all readings at once, one row of the usual table for each letter (Wagner and Fischer 1974), for many heard names side
by side. The likeness is ``1 - distance / length`` of the longer, so one letter amiss in ten gives 0.9.

A likeness is a reason to look, no proof: names repeat, and whole fleets differ in a number only. A number that differs
ends the matter; a number on one side only takes 0.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, NamedTuple

import numpy as np

from kizuna.base.table import Array
from kizuna.tracks.names.ordinal import Numbered, numbered
from kizuna.tracks.names.spelling import (
    compared_form,
    fold_japanese,
    has_han,
    hiragana,
    is_kana,
    kana_latin,
    letters,
    readings,
    wade_giles,
)  # fmt: skip

SPELLING: Final = "spelling"
JAPANESE: Final = "Japanese reading"
PINYIN: Final = "Mandarin reading, pinyin"
WADE_GILES: Final = "Mandarin reading, Wade-Giles"
SAME_SCRIPT: Final = "same characters"
WAYS: Final = (SPELLING, JAPANESE, PINYIN, WADE_GILES, SAME_SCRIPT)
ONE_SIDED_NUMBER: Final = 0.1
VOICED: Final = {"K": "G", "S": "Z", "T": "D", "H": "B"}
"""A reading that is not the first may be voiced (rendaku): SEN + TORA, but FUNA + DAMA."""

Chain = tuple[tuple[str, ...], ...]
"""One entry per character: its spellings."""


class Likeness(NamedTuple):
    """0 to 1, and by which way of writing."""

    score: float
    way: str


@dataclass(frozen=True, slots=True)
class Heard:
    """Names as sent, prepared for comparison with many others.

    Attributes:
        names: as given.
        row: of every way to read a name, the name.
        number: its number, -1 for none.
        folded: per way of writing that matters, matrix of letters (0 pads) and lengths.
    """

    names: tuple[str, ...]
    row: Array
    number: Array
    folded: dict[str, tuple[Array, Array]]

    @classmethod
    def of(cls, names: Sequence[str]) -> Heard:
        """Prepare them."""
        read = [(i, way) for i, name in enumerate(names) for way in numbered(name)]
        bases = [way.base for _, way in read]
        plain = [_latin_of(base) for base in bases]
        japanese = [fold_japanese(text) for text in plain]
        return cls(
            tuple(names), np.array([i for i, _ in read], np.int64),
            np.array([-1 if way.number is None else way.number for _, way in read], np.int64),
            {"plain": _matrix(plain), "japanese": _matrix(japanese), "han": _matrix([_han_of(base) for base in bases])},
        )  # fmt: skip


def likeness(name: str, heard: Heard) -> list[Likeness]:
    """How alike ``name``, in any script, is to each of the names heard."""
    best = np.zeros(len(heard.names))
    way = np.zeros(len(heard.names), np.int64)
    for reading in numbered(name):
        number = -1 if reading.number is None else reading.number
        both = (heard.number >= 0) & (number >= 0)
        one = (heard.number >= 0) != (number >= 0)
        for code, folding, chain in _chains(reading):
            letters_of, length = heard.folded[folding]
            score = _scores(chain, letters_of, length)
            score = np.where(both & (heard.number != number), 0.0, score - ONE_SIDED_NUMBER * one)
            rows = np.zeros(len(best))
            np.maximum.at(rows, heard.row, score)
            better = rows > best
            best, way = np.where(better, rows, best), np.where(better, code, way)
    return [Likeness(round(float(s), 4), WAYS[w]) for s, w in zip(best.tolist(), way.tolist(), strict=True)]


def _latin_of(base: str) -> str:
    """Letters of a name in Latin or kana; empty for one with Han, which is compared by its characters."""
    if has_han(base):
        return ""
    kana = hiragana(base)
    return kana_latin(kana) if any(is_kana(c) for c in kana) else letters(base)


def _han_of(base: str) -> str:
    return compared_form(base) if has_han(base) else ""


def _chains(reading: Numbered) -> list[tuple[int, str, Chain]]:
    """Ways to spell a name: code of the way, which folding of the heard names it is compared with, spellings."""
    base = reading.base
    if not has_han(base):
        text = _latin_of(base)
        return [(0, "plain", _letters(text)), (1, "japanese", _letters(fold_japanese(text)))]
    table = readings()
    japanese: list[tuple[str, ...]] = []
    pinyin: list[tuple[str, ...]] = []
    wade: list[tuple[str, ...]] = []
    for kana, run in groupby(hiragana(base), is_kana):
        if kana:
            spelt = kana_latin("".join(run))
            for chain in (japanese, pinyin, wade):
                chain.extend(_letters(spelt))
            continue
        for char in run:
            if char in table:
                known = table[char]
                japanese.append(_voiced(known.japanese) if japanese else known.japanese)
                pinyin.append(known.mandarin)
                wade.append(tuple(dict.fromkeys(wade_giles(m) for m in known.mandarin)))
            elif char.isascii() and char.isalnum():
                for chain in (japanese, pinyin, wade):
                    chain.append((char.upper(),))
    chains = [(1, "japanese", japanese), (2, "plain", pinyin), (3, "plain", wade)]
    ways = [(code, folding, tuple(spelt)) for code, folding, spelt in chains if spelt and all(spelt)]
    return [*ways, (4, "han", _letters(compared_form(base)))]


def _voiced(spellings: tuple[str, ...]) -> tuple[str, ...]:
    more = (VOICED[s[0]] + s[1:] for s in spellings if s and s[0] in VOICED)
    return tuple(dict.fromkeys((*spellings, *more)))


def _letters(text: str) -> Chain:
    return tuple((char,) for char in text)


def _matrix(texts: list[str]) -> tuple[Array, Array]:
    length = np.array([len(t) for t in texts], np.int64)
    out = np.zeros((len(texts), int(length.max(initial=0))), np.int32)
    for i, text in enumerate(texts):
        out[i, : len(text)] = [ord(c) for c in text]
    return out, length


def _scores(chain: Chain, heard: Array, length: Array) -> Array:
    """``1 - distance / longer length`` for each row of letters; 0 where one side is empty.

    Every cell carries the letters spent on the name as well, so that the longer length is that of the reading that
    was taken: both are packed in one number, distance first.
    """
    n, width = heard.shape
    if not chain or n == 0:
        return np.zeros(n)
    one, spent = 1 << 16, 1
    steps = np.arange(width + 1, dtype=np.int64) * one
    row = np.broadcast_to(steps, (n, width + 1)).copy()
    for spellings in chain:
        ends = [_spelt(row, spelling, heard, steps, one, spent) for spelling in spellings if spelling]
        row = np.minimum.reduce(ends)
    last = row[np.arange(n), length]
    distance, used = last // one, last % one
    score = 1.0 - distance / np.maximum(np.maximum(used, length), 1)
    return np.where(length > 0, np.maximum(score, 0.0), 0.0)


def _spelt(row: Array, spelling: str, heard: Array, steps: Array, one: int, spent: int) -> Array:
    for char in spelling:
        differs = (heard != ord(char)) * one
        new = row + one + spent  # the letter is missing in what was heard
        new[:, 1:] = np.minimum(new[:, 1:], row[:, :-1] + differs + spent)
        row = np.minimum.accumulate(new - steps, axis=1) + steps  # letters too many in what was heard
    return row

"""How a name is spelt in Latin letters: kana by Hepburn, Han by readings, Mandarin in pinyin and Wade-Giles.

AIS carries 38 characters of ASCII, so every ship of East Asia is romanised on the air, by whatever system its owner
liked. A name in its own script is therefore turned into all spellings that are likely, and what was heard is folded so
that systems of one language fall together (SHI and SI, TSU and TU, FU and HU; OU, OH and O).

Readings: ``data/readings.tsv.gz``, computed from Unicode's Unihan database by ``tools/names`` (Unicode licence), with a
hand-made supplement of readings that ships' names use. Wade-Giles is derived from pinyin by rule.
"""

from __future__ import annotations

import gzip
import re
import unicodedata
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

_HAN: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\u3005]")
_KANA_FIRST, _KANA_LAST, _TO_HIRAGANA = 0x30A1, 0x30F6, 0x60

_ROWS: Final = {
    "": "あいうえお", "K": "かきくけこ", "S": "さしすせそ", "T": "たちつてと", "N": "なにぬねの", "H": "はひふへほ",
    "M": "まみむめも", "R": "らりるれろ", "G": "がぎぐげご", "Z": "ざじずぜぞ", "D": "だぢづでど", "B": "ばびぶべぼ",
    "P": "ぱぴぷぺぽ",
}  # fmt: skip
_SINGLE: Final = {
    **{kana: row + vowel for row, kanas in _ROWS.items() for kana, vowel in zip(kanas, "AIUEO", strict=True)},
    "や": "YA", "ゆ": "YU", "よ": "YO", "わ": "WA", "ゐ": "I", "ゑ": "E", "を": "O", "ん": "N", "ゔ": "BU",
    "ぢ": "ZI", "づ": "ZU",
}  # fmt: skip
_GLIDES: Final = {"ゃ": "YA", "ゅ": "YU", "ょ": "YO"}
_SMALL_VOWELS: Final = {"ぁ": "A", "ぃ": "I", "ぅ": "U", "ぇ": "E", "ぉ": "O"}

_FOLDS: Final = tuple(
    (re.compile(pattern), by) for pattern, by in (
        (r"SH(?=I)", "S"), (r"SH", "SY"), (r"TSU", "TU"), (r"CH(?=I)", "T"), (r"TCH", "TY"), (r"CH", "TY"),
        (r"F", "H"), (r"J(?=I)", "Z"), (r"JY?", "ZY"), (r"DZ", "Z"), (r"V", "B"), (r"L", "R"),
        (r"M(?=[BPM])", "N"), (r"OH(?![AIUEOY])", "O"), (r"O[UO]+", "O"), (r"UU+", "U"), (r"AA+", "A"), (r"II+", "I"),
        (r"([BCDFGHKMPRSTWYZ])\1", r"\1"), (r"NN", "N"),
    )
)  # fmt: skip


class Reading(NamedTuple):
    """A Han character: the form to compare it by, Japanese readings (folded), Mandarin ones (pinyin without tones)."""

    form: str
    japanese: tuple[str, ...]
    mandarin: tuple[str, ...]


@cache
def readings() -> dict[str, Reading]:
    """The packaged table; loaded when a name in Han is first met."""
    data = gzip.decompress((files(__package__) / "data" / "readings.tsv.gz").read_bytes()).decode()
    table = {}
    for line in data.splitlines():
        char, form, japanese, mandarin = line.split("\t")
        table[char] = Reading(form or char, _stems(japanese.split()), tuple(mandarin.split()))
    return table


def _stems(given: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(fold_japanese(word) for word in given))


def has_han(text: str) -> bool:
    """Whether a text holds Han characters."""
    return _HAN.search(text) is not None


def letters(text: str) -> str:
    """Upper-case ASCII letters and digits of a text in Latin letters; marks above letters are dropped."""
    spread = unicodedata.normalize("NFKD", text)
    return "".join(c for c in spread.upper() if c.isascii() and c.isalnum())


def fold_japanese(latin: str) -> str:
    """A romanised Japanese word so that Hepburn, Kunrei and everyday spellings give the same."""
    text = letters(latin.replace("ō", "o").replace("ū", "u"))
    for pattern, by in _FOLDS:
        text = pattern.sub(by, text)
    return text


def hiragana(text: str) -> str:
    """Katakana as hiragana; all else as it is."""
    return "".join(chr(ord(c) - _TO_HIRAGANA) if _KANA_FIRST <= ord(c) <= _KANA_LAST else c for c in text)


def is_kana(char: str) -> bool:
    """Whether a hiragana character (after ``hiragana``) or the mark of a long vowel."""
    return "ぁ" <= char <= "ゖ" or char == "ー"


def kana_latin(text: str) -> str:
    """Hiragana in Latin letters, folded; what is no kana is left out."""
    out: list[str] = []
    double = False
    for char in text:
        if char == "っ":
            double = True
            continue
        if char in _GLIDES and out:
            out[-1] = out[-1][:-1] + _GLIDES[char]
        elif char in _SMALL_VOWELS and out:
            out[-1] = out[-1][:-1] + _SMALL_VOWELS[char]
        elif char in _SINGLE:
            sound = _SINGLE[char]
            out.append(sound[0] + sound if double and sound[0] not in "AIUEON" else sound)
        double = False
    return fold_japanese("".join(out))


def compared_form(text: str) -> str:
    """Han characters in the form to compare by: traditional, simplified and Japanese forms fall together."""
    table = readings()
    return "".join(table[c].form if c in table else c for c in text)


_INITIALS: Final = (
    ("ZH", "CH"), ("CH", "CH"), ("SH", "SH"), ("B", "P"), ("P", "P"), ("M", "M"), ("F", "F"), ("D", "T"), ("T", "T"),
    ("N", "N"), ("L", "L"), ("G", "K"), ("K", "K"), ("H", "H"), ("J", "CH"), ("Q", "CH"), ("X", "HS"), ("R", "J"),
    ("Z", "TS"), ("C", "TS"), ("S", "S"),
)  # fmt: skip
_FINALS: Final = {
    "IAN": "IEN", "IE": "IEH", "ONG": "UNG", "IONG": "IUNG", "UE": "UEH", "VE": "UEH", "V": "U", "UO": "O", "UI": "UI",
}  # fmt: skip
_WHOLE: Final = {
    "ZHI": "CHIH", "CHI": "CHIH", "SHI": "SHIH", "RI": "JIH", "ZI": "TZU", "CI": "TZU", "SI": "SZU", "YE": "YEH",
    "YUE": "YUEH", "YAN": "YEN", "YOU": "YU", "YI": "I", "YONG": "YUNG", "ER": "ERH", "GUO": "KUO", "KUO": "KUO",
    "HUO": "HUO", "SHUO": "SHUO", "GUI": "KUEI", "KUI": "KUEI", "GE": "KO", "KE": "KO", "HE": "HO", "E": "O",
}  # fmt: skip
"""Syllables that the rules for initials and finals do not give."""


@cache
def wade_giles(pinyin: str) -> str:
    """A pinyin syllable without tone in Wade-Giles, without apostrophes and dots, as it is sent over AIS."""
    if pinyin in _WHOLE:
        return _WHOLE[pinyin]
    for initial, by in _INITIALS:
        if pinyin.startswith(initial):
            final = pinyin[len(initial) :]
            return by + _FINALS.get(final, final)
    return _FINALS.get(pinyin, pinyin)

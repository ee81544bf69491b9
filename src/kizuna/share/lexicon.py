"""Words that must not stand in what a partner gets, found in any script, and neutral words in their place.

A word list belongs to a partner or a cause and is configuration. Names are compared in one form: NFKC, case folded,
diacritics of Latin letters dropped, hyphens, dots, blanks, apostrophes and invisible characters between letters passed
over. So full-width letters, ``Al-Ma-Rel`` or a zero-width space between two Chinese characters hide nothing. A name of
Latin, Cyrillic, Greek, Arabic or Hangul letters counts only as a whole word; one of Chinese characters or kana does so
anywhere.
Traditional and simplified characters are different letters: a list names both.

``lint`` looks through the bytes of any export, also behind JSON, XML, percent and UTF-16 writing and in gzip, zstd and
zip. It does not see into images, PDF, Parquet pages or text that was cut or translated; say so where you rely on it.
"""

from __future__ import annotations

import gzip
import html
import io
import re
import unicodedata
import urllib.parse
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import zstandard

from kizuna.base.errors import InputError

REMOVED: Final = "[name]"
"""Stands for a name that has no neutral word in its list."""
LONGEST: Final = 128
MOST_WORDS: Final = 20_000
PLAIN_MOST: Final = 64 * 1024 * 1024
"""Bytes that ``lint`` unpacks at most from one export."""
_DEEPEST: Final = 3
_BETWEEN: Final = re.compile(r"[\s\-_.,'\u2019\u2018`\u00b4·・‧•:;/\\|*+~]*")
_UNSEEN: Final = frozenset("\u00ad\u034f\u061c\u180e\ufeff") | frozenset(
    map(chr, (*range(0x200B, 0x2010), *range(0x2060, 0x2070)))
)


@dataclass(frozen=True, slots=True)
class Hit:
    """A forbidden word that was found: the list, the word as listed, where in which reading of the bytes."""

    list: str
    word: str
    at: int
    reading: str = "text"


@dataclass(frozen=True, slots=True)
class Lexicon:
    """One word list. ``words`` gives for each name its neutral word (a grid id), or nothing for ``[name]``."""

    name: str
    words: Mapping[str, str]
    _known: dict[str, tuple[str, str]] = field(default_factory=dict, repr=False, compare=False)
    _pattern: list[re.Pattern[str]] = field(default_factory=list, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check the words and make ready to look. Raises InputError."""
        if len(self.words) > MOST_WORDS:
            raise InputError(f"{len(self.words)} words", where=f"lexicon {self.name}", hint=f"at most {MOST_WORDS}")
        for word, neutral in self.words.items():
            bare = _bare(word)
            if not bare or len(word) > LONGEST:
                raise InputError(f"{word[:40]!r} cannot be looked for", where=f"lexicon {self.name}")
            self._known.setdefault(bare, (word, neutral))
        if self._known:
            longest = sorted(self._known, key=lambda w: (-len(w), w))
            self._pattern.append(re.compile("|".join(map(_as_pattern, longest))))
        for word, neutral in self.words.items():
            if neutral and any(True for _ in self.find(neutral)):
                raise InputError(f"the neutral word of {word!r} holds a word of the list", where=f"lexicon {self.name}")

    def find(self, text: str) -> Iterator[tuple[int, int, str, str]]:
        """Every name in a text: beginning, end, the word as listed, its neutral word."""
        if not self._pattern:
            return
        form, where = _form(text)
        for found in self._pattern[0].finditer(form):
            word, neutral = self._known[_bare(found.group())]
            yield where[found.start()], where[found.end() - 1] + 1, word, neutral


def lexicon(name: str, words: Iterable[str] | Mapping[str, str]) -> Lexicon:
    """A list of names, with or without neutral words."""
    return Lexicon(name, dict(words) if isinstance(words, Mapping) else dict.fromkeys(words, ""))


def neutralise(text: str, lists: Iterable[Lexicon]) -> str:
    """The text with every listed name replaced; looking again finds none. Idempotent."""
    lists = tuple(lists)
    for _ in range(len(text) + 2):  # putting a word in could join its neighbours to a new name: then once more
        hits = sorted((hit for one in lists for hit in one.find(text)), key=lambda h: (h[0], -h[1]))
        if not hits:
            return text
        out, at = [], 0
        for start, end, _word, neutral in hits:
            if start >= at:
                out += [text[at:start], neutral or REMOVED]
                at = end
        text = "".join([*out, text[at:]])
    raise InputError("a word list names its own neutral words", hint="choose neutral words that no list holds")


def neutraliser(lists: Mapping[str, Lexicon]) -> Callable[[frozenset[str]], Callable[[str], str]]:
    """For ``transform.Tools.neutral``: the lists of this node by name. Raises InputError for a list not here."""

    def chosen(names: frozenset[str]) -> Callable[[str], str]:
        lost = sorted(names - lists.keys())
        if lost:
            raise InputError(f"neutralise_names: no word list {lost[0]}", hint="the rules name a list not loaded")
        mine = [lists[n] for n in sorted(names)]
        return lambda text: neutralise(text, mine)

    return chosen


def lint(data: bytes, lists: Iterable[Lexicon]) -> list[Hit]:
    """Every forbidden word in the bytes of an export; none is what an export must have.

    Raises InputError where more than ``PLAIN_MOST`` bytes would be unpacked: what was not looked at is not clean.
    """
    lists = tuple(lists)
    found: dict[tuple[str, str, str], Hit] = {}
    for reading, text in _readings(data):
        for one in lists:
            for start, _end, word, _neutral in one.find(text):
                found.setdefault((one.name, word, reading.split(":")[0]), Hit(one.name, word, start, reading))
    return list(found.values())


def _as_pattern(bare: str) -> str:
    """A name with anything that is passed over between its letters; whole words only for letters that part words."""
    text = _BETWEEN.pattern.join(map(re.escape, bare))
    before = rf"(?<![^\W{_FREE}])" if not _runs_on(bare[0]) else ""
    after = rf"(?![^\W{_FREE}])" if not _runs_on(bare[-1]) else ""
    return before + text + after


_FREE: Final = "_\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""Letters that are written without blanks between words: they end a Latin word as a blank does."""
_FREE_LETTER: Final = re.compile(f"[{_FREE[1:]}]")


def _runs_on(letter: str) -> bool:
    return bool(_FREE_LETTER.match(letter))


def _bare(word: str) -> str:
    """A name in the form in which names are compared, without what is passed over."""
    return _BETWEEN.sub("", _form(word)[0])


def _form(text: str) -> tuple[str, list[int]]:
    """The text in the form in which names are compared, and for each of its letters where it comes from."""
    out: list[str] = []
    where: list[int] = []
    for at, letter in enumerate(text):
        if letter in _UNSEEN:
            continue
        for part in unicodedata.normalize("NFKD", letter).casefold():
            if unicodedata.combining(part) and not "\u3099" <= part <= "\u309a":
                continue
            if "\u3099" <= part <= "\u309a" and out:  # voicing marks of kana are part of the letter
                out[-1] = unicodedata.normalize("NFC", out[-1] + part)[:1]
                continue
            out.append(part)
            where.append(at)
    return "".join(out), where


def _readings(data: bytes) -> Iterator[tuple[str, str]]:
    """The texts that the bytes may be read as."""
    for name, plain in _unpacked(data, "", _DEEPEST, [PLAIN_MOST]):
        text = plain.decode("utf-8", "replace")
        yield name + "text", text
        for reading, found in (("json", _unescaped(text)), ("xml", html.unescape(text)), ("percent", _percent(text))):
            if found != text:
                yield name + reading, found
        if plain[:2] in (b"\xff\xfe", b"\xfe\xff") or plain[1:2] == b"\0" or plain[:1] == b"\0":
            for coding in ("utf-16-le", "utf-16-be"):
                yield name + coding, plain.decode(coding, "replace")


_ESCAPE: Final = re.compile(r"(?:\\u[0-9a-fA-F]{4})+")


def _unescaped(text: str) -> str:
    def plain(found: re.Match[str]) -> str:
        units = bytes.fromhex(found.group().replace("\\u", ""))
        return units.decode("utf-16-be", "replace")

    return _ESCAPE.sub(plain, text)


def _percent(text: str) -> str:
    return urllib.parse.unquote_plus(text) if "%" in text else text


def _unpacked(data: bytes, name: str, deep: int, left: list[int]) -> Iterator[tuple[str, bytes]]:
    left[0] -= len(data)
    if left[0] < 0:
        raise InputError("the export is too large to be looked through", hint=f"at most {PLAIN_MOST} bytes unpacked")
    yield name, data
    if deep == 0:
        return
    try:
        for inner, plain in _inner(data, left[0]):
            yield from _unpacked(plain, f"{inner}:{name}", deep - 1, left)
    except (OSError, EOFError, zlib.error, zstandard.ZstdError, zipfile.BadZipFile, NotImplementedError, RuntimeError):
        return  # it only looked like a packed file


def _inner(data: bytes, most: int) -> Iterator[tuple[str, bytes]]:
    if data[:2] == b"\x1f\x8b":
        yield "gzip", _bounded(gzip.GzipFile(fileobj=io.BytesIO(data)), most)
    for magic, skip in ((b"\x28\xb5\x2f\xfd", 0), (b"KZP1", 20)):
        if data.startswith(magic):
            yield "zstd", _bounded(zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data[skip:])), most)
    if data[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(data)) as box:
            for part in box.infolist():
                with box.open(part) as stream:
                    yield "zip", _bounded(stream, most)


def _bounded(stream: Any, most: int) -> bytes:
    plain: bytes = stream.read(most + 1)
    if len(plain) > most:
        raise InputError("the export is too large to be looked through", hint=f"at most {PLAIN_MOST} bytes unpacked")
    return plain

"""Introduction of two nodes: files that may go by any way, and a code of 60 bits that two people read to each other.

    harbour: begin()   -> harbour.intro.json   who I am, my root key, my manifests, commitment to a secret number
    cape:    answer()  -> cape.intro.json      the same of cape, with its own number, and the hash of what it was given
    harbour: open_up() -> harbour.open.json    the secret number; harbour sees the code
    cape:    finish()                          checks number against commitment; cape sees the code

    7041 2238 0196 3507 1884       five groups of four digits, each 0000 to 4095

Both read it aloud, over a voice that they know (or face to face), and each **types** what the other read. Whoever
stands between them and changes any file makes two codes that differ. He cannot choose his changes so that they agree:

- The code is taken from a hash over both introductions and both numbers. Without numbers he could make 2**30 variants
  of what he gives to each side and find two with one code (a birthday search: minutes of one computer). So each
  side fixes everything it says before it learns the other's number: harbour by its commitment (SHA-256 over a secret
  of 256 bits), cape by answering.
- Whatever he does, for each desk the last number that enters its code is drawn by the honest side **after** all of
  his bytes for it are fixed: cape draws after the false introduction is in its hands, harbour opens only after the
  false answer is in its hands. He is left with one guess: 2**-60 for each call. Each failed one is seen by two people.
- Second preimages do not help: the code names nothing for longer than this introduction. What is pinned afterwards are
  the whole 256-bit keys, not the code.

A number is drawn anew for each attempt, and an attempt is finished once. The state between the steps is a value that
the node keeps (`Pending`, with the secret number: mode 600).
"""

from __future__ import annotations

import base64
import hmac
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Literal

import msgspec

from kizuna.base.errors import InputError, TrustError
from kizuna.base.sentences import Sentences
from kizuna.records.label import PARTY
from kizuna.share.keys import KeyRing
from kizuna.share.ledger.note import read_base64

Random = Callable[[int], bytes]

SAID: Final = Sentences({
    "introduction.not_first": "this is not a first introduction",
    "introduction.self": "a node is not introduced to itself",
    "introduction.answered": "this introduction was answered already",
    "introduction.other": "this answers another introduction",
    "introduction.not_third": "not the third file of an introduction",
    "introduction.of_another": "this file belongs to another introduction",
    "introduction.number": "the number is not the one that was committed to",
    "introduction.codes": "the codes differ",
    "introduction.none": "not an introduction",
    "introduction.form": "an introduction with a bad id, too many addresses or too long a name",
    "introduction.address": "an introduction with an address that is none",
    "introduction.shown": "an introduction with a name or address that cannot be shown",
    "introduction.neither": "neither a first introduction nor an answer",
    "introduction.keys": "an introduction without key manifests",
})  # fmt: skip
INTRO_MAX_BYTES: Final = 4 * 1024 * 1024
CODE_BITS: Final = 60
GROUPS: Final = 5
_GROUP_BITS: Final = CODE_BITS // GROUPS
_NUMBER_BYTES: Final = 32
_TEXT_MAX: Final = 200
_MANIFESTS_MAX: Final = 256
_ADDRESS: Final = re.compile(r"https://(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,180})(:[0-9]{1,5})?/?")


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a node says of itself: id, name for people, public root key, all key manifests, where it can be reached."""

    party: str
    title: str
    root: str
    manifests: tuple[str, ...]
    addresses: tuple[str, ...] = ()


class Intro(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``intro.json``. The first has a commitment; the answer has its number, and the hash of the first."""

    kizuna: Literal["intro/1"]
    card: Card
    commitment: str = ""
    number: str = ""
    answers: str = ""


class Opening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``open.json``: the number that was committed to."""

    kizuna: Literal["open/1"]
    party: str
    number: str


class Pending(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one side keeps between the steps. Holds the secret number: keep it as a key is kept."""

    first: str
    answer: str = ""
    number: str = ""
    mine: Literal["first", "answer"] = "first"


@dataclass(frozen=True, slots=True)
class Introduced:
    """The other side, as soon as the code was typed: pin this."""

    card: Card
    ring: KeyRing


def begin(card: Card, random: Random) -> tuple[bytes, Pending]:
    """First step, first side: the file to hand over, and what to keep."""
    number = _draw(random)
    data = msgspec.json.encode(Intro("intro/1", card, commitment=_commit(number)))
    _read_intro(data)
    return data, Pending(first=_text(data), number=_text(number))


def answer(card: Card, first: bytes, random: Random) -> tuple[bytes, Pending]:
    """Second step, other side: read the first introduction, answer it."""
    theirs = _read_intro(first)
    if not theirs.commitment or theirs.number or theirs.answers:
        raise InputError(SAID("introduction.not_first"), hint="give it to the side that began")
    if theirs.card.party == card.party:
        raise InputError(SAID("introduction.self"), where=card.party)
    number = _draw(random)
    data = msgspec.json.encode(Intro("intro/1", card, number=_text(number), answers=_text(sha256(first).digest())))
    _read_intro(data)
    return data, Pending(first=_text(first), answer=_text(data), number=_text(number), mine="answer")


def open_up(pending: Pending, data: bytes) -> tuple[bytes, Pending, str]:
    """Third step, first side: read the answer; return the opening to hand over, what to keep, and the code."""
    first = read_base64(pending.first)
    ours, theirs = _read_intro(first), _read_intro(data)
    if pending.mine != "first" or pending.answer:
        raise InputError(SAID("introduction.answered"), hint="begin a new one: a number is used once")
    if read_base64(theirs.answers or "AA==") != sha256(first).digest():
        raise TrustError(SAID("introduction.other"), hint="begin again, and ask how the file came to you")
    if theirs.card.party == ours.card.party:
        raise InputError(SAID("introduction.self"), where=ours.card.party)
    after = msgspec.structs.replace(pending, answer=_text(data))
    opening = msgspec.json.encode(Opening("open/1", ours.card.party, pending.number))
    return opening, after, _code(first, data, read_base64(pending.number))


def finish(pending: Pending, opening: bytes) -> str:
    """Fourth step, other side: check the opening against the commitment; return the code."""
    try:
        opened = msgspec.json.decode(opening[:INTRO_MAX_BYTES], type=Opening)
    except (msgspec.MsgspecError, ValueError, RecursionError) as exc:
        raise InputError(SAID("introduction.not_third")) from exc
    first = read_base64(pending.first)
    theirs = _read_intro(first)
    number = read_base64(opened.number, length=_NUMBER_BYTES)
    if pending.mine != "answer" or opened.party != theirs.card.party:
        raise InputError(SAID("introduction.of_another"))
    if not hmac.compare_digest(_commit(number), theirs.commitment):
        hint = "somebody changed a file on its way: begin again, by another way"
        raise TrustError(SAID("introduction.number"), where=theirs.card.party, hint=hint)
    return _code(first, read_base64(pending.answer), number)


def confirm(pending: Pending, code: str, typed: str) -> Introduced:
    """Last step, each side: what the operator typed from the other's voice. TrustError when it differs."""
    digits = re.sub(r"[\s.\-]", "", unicodedata.normalize("NFKC", typed))  # digits of a Japanese keyboard are wide
    if not hmac.compare_digest(code.replace(" ", "").encode(), digits.encode(errors="replace")):
        hint = "read it once more; if it still differs, somebody stands between you: use none of these files again"
        raise TrustError(SAID("introduction.codes"), hint=hint)
    intro = _read_intro(read_base64(pending.answer if pending.mine == "first" else pending.first))
    return Introduced(intro.card, _ring(intro.card))


def said(code: str, language: str) -> str:
    """The code digit by digit as it is said on the radio in ``en``, ``ja`` or ``zh-Hant``; groups on a line each.

    English: the figures of the International Code of Signals. Japanese and Chinese: the readings used where digits must
    not be mistaken for each other.
    """
    words = _SPOKEN[language].split()
    return "\n".join(" ".join(words[int(digit)] for digit in group) for group in code.split())


_SPOKEN: Final = {
    "en": "nadazero unaone bissotwo terrathree kartefour pantafive soxisix setteseven oktoeight novenine",
    "ja": "まる ひと ふた さん よん ご ろく なな はち きゅう",
    "zh-Hant": "洞 么 兩 三 四 五 六 拐 八 勾",
}


def _code(first: bytes, second: bytes, number: bytes) -> str:
    """60 bits of a hash over both files and the opened number; the other number is in the second file."""
    parts = b"".join(len(part).to_bytes(8, "big") + part for part in (first, second, number))
    bits = int.from_bytes(sha256(b"kizuna-introduction/1" + parts).digest(), "big") >> (256 - CODE_BITS)
    groups = [bits >> (_GROUP_BITS * i) & ((1 << _GROUP_BITS) - 1) for i in range(GROUPS - 1, -1, -1)]
    return " ".join(f"{group:04d}" for group in groups)


def _read_intro(data: bytes) -> Intro:
    """Read an introduction and check that it fits itself: its manifests lead from its root key to its keys."""
    if len(data) > INTRO_MAX_BYTES:
        raise InputError(f"an introduction of {len(data)} bytes", hint=f"at most {INTRO_MAX_BYTES}")
    try:
        intro = msgspec.json.decode(data, type=Intro)
    except (msgspec.MsgspecError, ValueError, RecursionError) as exc:
        raise InputError(SAID("introduction.none"), hint="a file that `kizuna partner introduce` wrote") from exc
    card = intro.card
    texts = (card.title, *card.addresses)
    if not PARTY.fullmatch(card.party) or len(texts) > 16 or any(len(t) > _TEXT_MAX for t in texts):  # noqa: PLR2004
        raise InputError(SAID("introduction.form"), where=card.party[:40])
    if not all(_ADDRESS.fullmatch(address) for address in card.addresses):
        raise InputError(SAID("introduction.address"), where=card.party, hint="https://HOST:PORT")
    if not all(t.isprintable() for t in texts):  # it is shown to people, on terminals too
        raise InputError(SAID("introduction.shown"), where=card.party)
    if bool(intro.commitment) == bool(intro.number) or bool(intro.number) != bool(intro.answers):
        raise InputError(SAID("introduction.neither"), where=card.party)
    for text in filter(None, (intro.commitment, intro.number, intro.answers)):
        read_base64(text, length=_NUMBER_BYTES)
    _ring(card)
    return intro


def _ring(card: Card) -> KeyRing:
    """The key ring of a card. The card names the root key **of the first manifest**; later ones hand it over."""
    if not 1 <= len(card.manifests) <= _MANIFESTS_MAX:
        raise InputError(SAID("introduction.keys"), where=card.party)
    ring = KeyRing(card.party, read_base64(card.root, length=32))
    for text in card.manifests:
        ring = ring.accept(text.encode())
    return ring


def _commit(number: bytes) -> str:
    return _text(sha256(b"kizuna-commitment/1" + number).digest())


def _draw(random: Random) -> bytes:
    number = random(_NUMBER_BYTES)
    if len(number) != _NUMBER_BYTES:
        raise ValueError("32 random bytes were asked for")
    return number


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()

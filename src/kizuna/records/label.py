"""The label of a statement: who may be told, and on what terms.

The shape is that of STANAG 4774: a policy, a level (TLP 2.0), a permissive category (``rel_to``: any of), a restrictive
category (``caveats``: all of), an informative one (``info``: decides nothing), and beside them the terms of use:
re-share, purpose, personal data, retention, originator. Labels form a lattice: ``join`` of several is the narrowest
that satisfies all, and goes with whatever is derived from them. A label is data, set at the source and never lost.

Three rules are kept here. An empty audience is nobody. What cannot be read reaches nobody (``UNREADABLE``). No
operation but making a new label by hand widens one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from enum import IntEnum
from functools import lru_cache
from typing import Final

import msgspec

from kizuna.base.errors import InputError


class Tlp(IntEnum):
    """Traffic Light Protocol 2.0 (FIRST, 2022), from open to closed."""

    CLEAR = 0
    GREEN = 1
    AMBER = 2
    AMBER_STRICT = 3
    RED = 4


class Reshare(IntEnum):
    """Whether a receiver may pass it on: no; with the originator's grant; inside the community; freely."""

    NONE = 0
    CONSENT = 1
    COMMUNITY = 2
    FREE = 3


EVERYBODY: Final = "*"
"""Everybody, also those whom this node does not know. Stands alone and only with CLEAR."""
POLICY: Final = "kizuna-1"
UNREADABLE_POLICY: Final = "unreadable"
MIXED_POLICY: Final = "mixed"
"""Policies that nobody may be told under: a label that could not be read; one joined from two policies, or from labels
that name somebody and have nobody in common (or it would look like the default, which only says that nobody chose)."""
PURPOSES: Final = frozenset((
    "BorderMonitoring", "BorderOperation", "CounterTerrorism", "CSDPTask", "CustomsMonitoring", "CustomsOperation",
    "DefenceMonitoring", "EnvironmentMonitoring", "EnvironmentResponse", "EnvironmentWarning", "FisheriesMonitoring",
    "FisheriesOperation", "FisheriesWarning", "LawEnforcementMonitoring", "LawEnforcementOperation", "NonSpecified",
    "Operation", "Safety", "SAR", "Security", "VTM",
))  # fmt: skip
"""Purposes of use as the EUCISE service model names them (``PurposeType``)."""
NO_PURPOSE: Final = "none"
"""Stands where two labels had no purpose in common: it may be used for nothing, so it reaches nobody."""

PARTY: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
COMMUNITY: Final = re.compile(r"c:[a-z0-9][a-z0-9.-]{0,61}")
CAVEAT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_INFO: Final = re.compile(r"[^\x00-\x1f;,=\x7f]{1,128}")
_POLICY: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
MOST: Final = 64
"""Most elements of one category."""
EARLIEST_MS: Final = -62_135_596_800_000
LATEST_MS: Final = 253_402_300_799_999
"""Years 1 to 9999, so that every time has a date."""


class Label(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """One label. The default reaches nobody.

    Attributes:
        tlp: level.
        rel_to: parties and communities (``c:...``) that may be told; any of them; empty is nobody.
        caveats: words that a receiver must hold, all of them.
        info: words that are shown and decide nothing, in alphabetical order.
        reshare: whether a receiver may pass it on; ``reshare_of`` bounds it by the level.
        purpose: purposes that it may be used for; empty states no limit.
        personal: whether it tells of a natural person.
        retain_until_ms: when a receiver must erase it, ms UTC; None states no limit.
        originator: party whose statement it is; several, joined from several, are parted by ``+``.
        policy: the rule book that these words are from.
    """

    tlp: Tlp = Tlp.RED
    rel_to: frozenset[str] = frozenset()
    caveats: frozenset[str] = frozenset()
    info: tuple[str, ...] = ()
    reshare: Reshare = Reshare.NONE
    purpose: frozenset[str] = frozenset()
    personal: bool = False
    retain_until_ms: int | None = None
    originator: str = ""
    policy: str = POLICY

    def __post_init__(self) -> None:
        """Check the words. Raises InputError; where bytes are read, the label becomes ``UNREADABLE`` instead."""
        for words in (self.rel_to, self.caveats, self.purpose):
            if not isinstance(words, frozenset):  # the letters of a bare text would read as parties
                raise InputError(f"{words!r} is no frozenset of words", where="label")
        _check_words(self.rel_to, self.caveats, self.purpose, self.info, self.originator, self.policy)
        if EVERYBODY in self.rel_to and (self.tlp != Tlp.CLEAR or len(self.rel_to) > 1):
            raise InputError("rel_to * stands alone and only with CLEAR", where="label", hint="name parties instead")
        if self.retain_until_ms is not None and not EARLIEST_MS <= self.retain_until_ms <= LATEST_MS:
            raise InputError(f"retain_until_ms {self.retain_until_ms} is in no year from 1 to 9999", where="label")


@lru_cache(maxsize=4096)
def _check_words(
    rel_to: frozenset[str],
    caveats: frozenset[str],
    purpose: frozenset[str],
    info: tuple[str, ...],
    originator: str,
    policy: str,
) -> None:
    for name, words, form in (("caveats", caveats, CAVEAT), ("info", info, _INFO), ("policy", (policy,), _POLICY)):
        _all(name, words, form.fullmatch)
    _all("rel_to", rel_to, is_audience)
    _all("originator", originator.split("+") if originator else (), PARTY.fullmatch)
    _all("purpose", purpose, lambda w: w in PURPOSES or w == NO_PURPOSE)
    if NO_PURPOSE in purpose and len(purpose) > 1:
        raise InputError("purpose none stands alone", where="label")
    for name, row in (("info", info), ("originator", tuple(originator.split("+")))):
        if list(row) != sorted(set(row)):
            raise InputError(f"{name} is not in order, each once", where="label", hint=f"{sorted(set(row))}")


def _all(name: str, words: Iterable[str], good: Callable[[str], object]) -> None:
    words = tuple(words)
    if len(words) > MOST:
        raise InputError(f"{len(words)} words in {name}", where="label", hint=f"at most {MOST}")
    for word in words:
        if not good(word):
            raise InputError(f"{name}: {word[:80]!r} is not allowed", where="label", hint=_HINTS[name])


_HINTS: Final = {
    "rel_to": "party ids (a-z 0-9 -, up to 32), communities c:..., or * alone with CLEAR",
    "caveats": "letters, digits, dot, dash, underscore, up to 64",
    "info": "up to 128 characters, none of ; , =",
    "originator": "party ids, parted by +",
    "purpose": f"{', '.join(sorted(PURPOSES))}, or {NO_PURPOSE}",
    "policy": "lower-case letters, digits, dot, dash, underscore, up to 32",
}


def is_audience(word: str) -> bool:
    """Whether this names somebody: a party, a community or everybody."""
    return bool(PARTY.fullmatch(word) or COMMUNITY.fullmatch(word)) or word == EVERYBODY


UNREADABLE: Final = Label(policy=UNREADABLE_POLICY)
"""The bottom of the lattice. Stands for every label that could not be read whole, for an unknown element could have
been a restriction."""


def join(labels: Iterable[Label]) -> Label:
    """The label of what is derived from statements with these labels; of none at all, the label that reaches nobody.

    Highest level, common audience, all caveats, least re-share, common purpose, personal if any, earliest end. It is
    associative, commutative and idempotent, and its audience lies in that of each.
    """
    found: Label | None = None
    for label in labels:
        found = label if found is None or label == found else _join(found, label)
    return Label() if found is None else found


def _join(a: Label, b: Label) -> Label:
    if UNREADABLE in (a, b):
        return UNREADABLE
    ends = [x for x in (a.retain_until_ms, b.retain_until_ms) if x is not None]
    info = tuple(sorted(set(a.info) | set(b.info)))[:MOST]
    caveats = a.caveats | b.caveats
    authors = originators(a) | originators(b)
    if len(caveats) > MOST or len(authors) > MOST:
        return UNREADABLE
    rel_to = _common(a.rel_to, b.rel_to)
    mixed = a.policy != b.policy or (not rel_to and bool((a.rel_to | b.rel_to) - {EVERYBODY}))
    return Label(
        tlp=max(a.tlp, b.tlp),
        rel_to=rel_to,
        caveats=caveats,
        info=info,
        reshare=min(a.reshare, b.reshare),
        purpose=_common_purpose(a.purpose, b.purpose),
        personal=a.personal or b.personal,
        retain_until_ms=min(ends) if ends else None,
        originator="+".join(sorted(authors)),
        policy=MIXED_POLICY if mixed else a.policy,
    )


def _common(a: frozenset[str], b: frozenset[str]) -> frozenset[str]:
    """Who is in both; a party and a community that holds it have nobody in common, for the list may change."""
    if EVERYBODY in a:
        return b
    return a if EVERYBODY in b else a & b


def _common_purpose(a: frozenset[str], b: frozenset[str]) -> frozenset[str]:
    if not a or not b:
        return a or b
    return a & b or frozenset((NO_PURPOSE,))


def originators(label: Label) -> frozenset[str]:
    """The parties whose statements are in it."""
    return frozenset(label.originator.split("+")) if label.originator else frozenset()


def widens(new: Label, old: Label) -> bool:
    """Whether ``new`` lets anybody or anything through that ``old`` does not; ``info`` does not count."""
    if new == UNREADABLE:
        return False
    bare = msgspec.structs.replace(new, info=())
    return join((bare, msgspec.structs.replace(old, info=()))) != bare


_MOST_RESHARE: Final = {
    Tlp.CLEAR: Reshare.FREE, Tlp.GREEN: Reshare.COMMUNITY, Tlp.AMBER: Reshare.CONSENT,
    Tlp.AMBER_STRICT: Reshare.NONE, Tlp.RED: Reshare.NONE,
}  # fmt: skip


def reshare_of(label: Label) -> Reshare:
    """What the label says of re-sharing, bounded by what its level allows at all."""
    return min(label.reshare, _MOST_RESHARE[label.tlp])


def known_policy(label: Label) -> bool:
    """Whether this node knows the rule book of the label; under another one nobody is told."""
    return label.policy == POLICY


NOBODY: Final = "nobody"
"""The default label as a word: released to no partner until a rule says otherwise."""

_LEVELS: Final = {
    Tlp.CLEAR: "CLEAR", Tlp.GREEN: "GREEN", Tlp.AMBER: "AMBER", Tlp.AMBER_STRICT: "AMBER+STRICT", Tlp.RED: "RED",
}  # fmt: skip
_LEVEL_OF: Final = {word: level for level, word in _LEVELS.items()}


def tlp_word(level: Tlp) -> str:
    """The level as FIRST writes it, without ``TLP:``."""
    return _LEVELS[level]


def tlp_of(word: str) -> Tlp:
    """The level of such a word, with or without ``TLP:``, also ``AMBER_STRICT``. Raises InputError for any other."""
    level = _LEVEL_OF.get(word.upper().removeprefix("TLP:").replace("_", "+"))
    if level is None:
        raise InputError(f"{word[:40]!r} is no TLP 2.0 level", hint=", ".join(_LEVEL_OF))
    return level


@lru_cache(maxsize=4096)
def word_of(label: Label) -> str:
    """The label as one word for CODE columns and people, ``AMBER;rel=a,b;cav=x``; the default is ``nobody``."""
    if label == Label():
        return NOBODY
    parts = [
        ("rel", ",".join(sorted(label.rel_to))), ("cav", ",".join(sorted(label.caveats))),
        ("purpose", ",".join(sorted(label.purpose))), ("reshare", label.reshare.name.lower() if label.reshare else ""),
        ("personal", "yes" if label.personal else ""),
        ("until", "" if label.retain_until_ms is None else str(label.retain_until_ms)), ("by", label.originator),
        ("info", ",".join(label.info)), ("policy", "" if label.policy == POLICY else label.policy),
    ]  # fmt: skip
    return ";".join([tlp_word(label.tlp), *(f"{name}={value}" for name, value in parts if value)])


@lru_cache(maxsize=4096)
def label_of(word: str) -> Label:
    """The label of a word made by ``word_of``; ``UNREADABLE`` for any other word."""
    if word == NOBODY:
        return Label()
    level, *rest = word.split(";")
    parts = dict(part.partition("=")[::2] for part in rest)
    if level not in _LEVEL_OF or len(parts) != len(rest) or parts.keys() - _PARTS:
        return UNREADABLE
    try:
        label = Label(
            tlp=_LEVEL_OF[level],
            rel_to=_words(parts.get("rel")),
            caveats=_words(parts.get("cav")),
            purpose=_words(parts.get("purpose")),
            reshare=Reshare[parts.get("reshare", "none").upper()],
            personal="personal" in parts,
            retain_until_ms=int(parts["until"]) if "until" in parts else None,
            originator=parts.get("by", ""),
            info=tuple(parts["info"].split(",")) if "info" in parts else (),
            policy=parts.get("policy", POLICY),
        )
    except (InputError, KeyError, ValueError):
        return UNREADABLE
    return label if word_of(label) == word else UNREADABLE


_PARTS: Final = frozenset(("rel", "cav", "purpose", "reshare", "personal", "until", "by", "info", "policy"))


def _words(text: str | None) -> frozenset[str]:
    return frozenset(text.split(",")) if text else frozenset()


def join_words(words: Iterable[str]) -> str:
    """The joined label of words of CODE columns, as a word; of none at all, ``nobody``."""
    seen = set(words)
    return seen.pop() if len(seen) == 1 else word_of(join(label_of(w) for w in sorted(seen)))

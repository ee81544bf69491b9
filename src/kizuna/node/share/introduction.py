"""The four steps of an introduction, on files: what goes to the other side, what stays here, what two people say.

north: introduce            -> north.intro.json       hand it over by any way
south: accept that file     -> south.intro.json       hand it back
north: open that file       -> north.open.json, code  hand it over; read the code aloud
both:  confirm what the other side read aloud
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from kizuna.base.errors import ConfigError, InputError, TrustError
from kizuna.node.share.files import Places, put
from kizuna.node.share.identity import Identity
from kizuna.node.share.partners import Known, Partners, introduced
from kizuna.share import introduce as steps
from kizuna.share.introduce import Intro, Pending
from kizuna.share.ledger.note import read_base64

Random = Callable[[int], bytes]
_BEGUN = ""
"""Stands for the other side where it is not known yet. No party has this id, and its file no party's name."""
TRIES: Final = 3
"""Codes that may be typed for one introduction: people mishear digits, and three guesses at 60 bits are none."""


class Opened(NamedTuple):
    """What the third step gives: who the other side says it is, the file for it, and the code to read aloud."""

    party: str
    file: bytes
    code: str


class _Kept(msgspec.Struct, frozen=True):
    pending: Pending
    code: str = ""
    tried: int = 0


def begin(places: Places, identity: Identity, addresses: Sequence[str], random: Random) -> bytes:
    """First step. An earlier one that nobody answered is given up: a number is used once."""
    data, pending = steps.begin(identity.card(addresses), random)
    _keep(places, _BEGUN, _Kept(pending))
    return data


def accept(
    places: Places, identity: Identity, addresses: Sequence[str], first: bytes, random: Random
) -> tuple[str, bytes]:
    """Second step: who asks, and the answer to hand back. The same file again gets the same answer."""
    held = answered(places, first)
    if held is not None:
        return held
    data, pending = steps.answer(identity.card(addresses), first, random)
    party = msgspec.json.decode(first, type=Intro).card.party
    _keep(places, party, _Kept(pending))
    return party, data


def answered(places: Places, first: bytes) -> tuple[str, bytes] | None:
    """The answer that was given to this very file and still waits; None where none does."""
    for party in waiting(places):
        pending = _kept(places, party).pending
        if pending.mine == "answer" and read_base64(pending.first) == first:
            return party, read_base64(pending.answer)
    return None


def open_up(places: Places, answer: bytes) -> Opened:
    """Third step: the code, and the file that lets the other side see it too."""
    kept = _kept(places, _BEGUN)
    file, pending, code = steps.open_up(kept.pending, answer)
    party = msgspec.json.decode(answer, type=Intro).card.party
    _keep(places, party, _Kept(pending, code))
    _file(places, _BEGUN).unlink(missing_ok=True)
    return Opened(party, file, code)


def see(places: Places, party: str, opening: bytes) -> str:
    """Fourth step, the side that accepted: the code, once the opening has come."""
    kept = _kept(places, party)
    code = kept.code or steps.finish(kept.pending, opening)
    _keep(places, party, _Kept(kept.pending, code))
    return code


def confirm(
    places: Places, partners: Partners, party: str, typed: str, *, at_ms: int, by: str, mine: Sequence[str] = ()
) -> Known:
    """Last step, each side: what the other side's voice read. The partner is known from here on.

    ``mine``: addresses of this node. Raises TrustError where the codes differ; after the third time the introduction is
    over and must be begun anew. Raises InputError where the other side cannot be kept; see ``Partners.introduce``.
    """
    kept = _kept(places, party)
    if not kept.code:
        raise InputError("the third file has not been read yet", hint=f"kizuna partner confirm {party} --file FILE")
    if not typed.strip():
        raise InputError("no code was typed", hint="type what the other side reads; this was none of the three tries")
    try:
        found = steps.confirm(kept.pending, kept.code, typed)
    except TrustError:
        tried = kept.tried + 1
        if tried < TRIES:
            _keep(places, party, _Kept(kept.pending, kept.code, tried))
        else:
            places.introduction(party).unlink(missing_ok=True)
        raise
    places.introduction(party).unlink(missing_ok=True)  # these numbers are used up
    return partners.introduce(introduced(found.card, at_ms, by), mine)


def waiting(places: Places) -> list[str]:
    """Parties whose introduction is under way."""
    if not places.introductions.is_dir():
        return []
    return [p.stem for p in sorted(places.introductions.glob("*.json")) if p != _file(places, _BEGUN)]


def _file(places: Places, party: str) -> Path:
    return places.introduction(party) if party else places.begun


def _keep(places: Places, party: str, kept: _Kept) -> None:
    put(_file(places, party), msgspec.json.encode(kept))


def _kept(places: Places, party: str) -> _Kept:
    path = _file(places, party)
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Kept)
    except FileNotFoundError as exc:
        name = "no introduction is under way" if party == _BEGUN else f"no introduction of {party} is under way"
        raise InputError(name, hint="kizuna partner introduce, or accept") from exc
    except (OSError, msgspec.MsgspecError, ValueError) as exc:
        raise ConfigError(f"cannot be read: {exc}", where=str(path), hint="begin the introduction anew") from exc

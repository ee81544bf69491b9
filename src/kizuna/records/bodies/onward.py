"""Originator control: leave to pass records on, asked for, given, ended, used; and the proof that goes with a record.

What another party stated goes on in its own bytes. Ahead of it, in the same log, goes a ``carriage``: where the record
stands in its originator's own signed log. Whoever takes the record believes that proof, not the carrier.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from kizuna.records.bodies.kind import BULK, FLASH, ROUTINE, Body, Kind, Line, RecordId, Text, TimeMs, Word

RECORDS_MOST: Final = 512
"""Records that one grant names."""
CARRIED_MOST: Final = 64
"""Records that one carriage speaks of; with at most ``HASHES_MOST`` hashes it stays below 64 KiB."""
HASHES_MOST: Final = 768
NOTE_MOST: Final = 8192
"""Characters of a signed checkpoint in a carriage."""
MANIFEST_MOST: Final = 48 * 1024
"""Characters of a key manifest that can be carried; a longer one must come from the originator itself."""

_Ids = Annotated[tuple[RecordId, ...], msgspec.Meta(max_length=RECORDS_MOST)]
_Words = Annotated[tuple[Line, ...], msgspec.Meta(max_length=64)]
_Hash = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9+/]{43}=\\Z")]
_Salt = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9+/]{22}==\\Z")]
_Path = Annotated[
    tuple[Annotated[int, msgspec.Meta(ge=0, le=HASHES_MOST - 1)], ...], msgspec.Meta(max_length=64)
]  # fmt: skip
_Place = Annotated[int, msgspec.Meta(ge=0, le=(1 << 53) - 1)]


class Scope(Body, frozen=True, kw_only=True):
    """What a leave is about: records by their hashes, or all of some kinds or about some subjects.

    Attributes:
        records: ids of records, which are the hashes of their bytes.
        kinds: kinds or families (``event.*``) that it covers beside these; empty covers none, or with ``subjects`` any.
        subjects: a record is covered where everything that it is about is named here; empty asks nothing.
        from_ms: kinds and subjects cover what was observed from here on, ms UTC; without one, from the leave itself on.
        to: party or community that may be told.
        purpose: what for; empty states no limit.
    """

    records: _Ids = ()
    kinds: _Words = ()
    subjects: _Words = ()
    from_ms: TimeMs | None = None
    to: Word
    purpose: _Words = ()


class Grant(Scope, frozen=True, kw_only=True):
    """The originator allows that what it covers be passed on to an audience until a time.

    Attributes:
        until_ms: end, ms UTC.
        carriers: parties that may pass on; empty states no limit. What they pass on to each other takes this along.
        request: the ``consent.request`` that it answers.
    """

    until_ms: TimeMs
    carriers: Annotated[tuple[Word, ...], msgspec.Meta(max_length=32)] = ()
    request: RecordId | None = None


class GrantEnd(Body, frozen=True, kw_only=True):
    """The originator ends grants before their time. What was passed on until then is a matter for a recall."""

    grants: _Ids
    text: Text = ""


class GrantUse(Body, frozen=True, kw_only=True):
    """A carrier tells the originator what went on under a grant, and to whom."""

    grant: RecordId
    to: Word
    records: _Ids


class ConsentRequest(Scope, frozen=True, kw_only=True):
    """Asks the originator to allow that records be passed on."""

    until_ms: TimeMs | None = None
    text: Text = ""


class ConsentRefusal(Body, frozen=True, kw_only=True):
    """The originator does not allow what was asked."""

    request: RecordId
    text: Text = ""


class Carriage(Body, frozen=True, kw_only=True):
    """Where records of another party stand in that party's own signed log. The four lists have one entry a record.

    Attributes:
        originator: the party that states them.
        checkpoint: a signed head of that log, as the originator gave it.
        records: ids of the records that follow in the carrier's log.
        places: number of each in the originator's log.
        salts: salt of each, base64.
        paths: inclusion proof of each, as places in ``hashes``.
        hashes: hashes of all proofs, each once, base64.
        keys: number of the originator's newest key manifest that the carrier knows.
        grant: the grant under which they go on; none where their label lets them, or where it is a duty.
    """

    originator: Word
    checkpoint: Annotated[str, msgspec.Meta(max_length=NOTE_MOST)]
    records: Annotated[tuple[RecordId, ...], msgspec.Meta(min_length=1, max_length=CARRIED_MOST)]
    places: Annotated[tuple[_Place, ...], msgspec.Meta(max_length=CARRIED_MOST)]
    salts: Annotated[tuple[_Salt, ...], msgspec.Meta(max_length=CARRIED_MOST)]
    paths: Annotated[tuple[_Path, ...], msgspec.Meta(max_length=CARRIED_MOST)]
    hashes: Annotated[tuple[_Hash, ...], msgspec.Meta(max_length=HASHES_MOST)] = ()
    keys: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0
    grant: RecordId | None = None

    def __post_init__(self) -> None:
        """The lists fit each other."""
        if not len(self.records) == len(self.places) == len(self.salts) == len(self.paths):
            raise ValueError("records, places, salts and paths are of different lengths")
        if len(set(self.records)) != len(self.records):
            raise ValueError("a record stands twice")
        if any(at >= len(self.hashes) for path in self.paths for at in path):
            raise ValueError("a path leads to no hash")


class CarriedKeys(Body, frozen=True, kw_only=True):
    """A key manifest of another party, brought by a carrier. The root key's own signature in it is what counts."""

    party: Word
    sequence: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    text: Annotated[str, msgspec.Meta(max_length=MANIFEST_MOST)]


class CarriageRequest(Body, frozen=True, kw_only=True):
    """Asks the carrier of records for their proofs anew: the head under those that came does not count any more."""

    records: Annotated[tuple[RecordId, ...], msgspec.Meta(min_length=1, max_length=RECORDS_MOST)]


KINDS: Final = (
    Kind("grant", 2, Grant, ROUTINE, "Allows that records be passed on."),
    Kind("grant.end", 1, GrantEnd, FLASH, "Ends grants before their time."),
    Kind("grant.use", 1, GrantUse, BULK, "Tells the originator what went on under its grant."),
    Kind("consent.request", 2, ConsentRequest, ROUTINE, "Asks to be allowed to pass records on."),
    Kind("consent.refusal", 1, ConsentRefusal, ROUTINE, "Refuses what was asked, with a reason."),
    Kind("carriage", 1, Carriage, ROUTINE, "The originator's proof of records that follow."),
    Kind("carriage.keys", 1, CarriedKeys, ROUTINE, "A key manifest of another party."),
    Kind("carriage.request", 1, CarriageRequest, ROUTINE, "Asks for the proofs of records anew."),
)

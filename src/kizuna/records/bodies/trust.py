"""Records about records: recall and correction, requests and answers, agreements, communities."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec

from kizuna.records.bodies.kind import FLASH, ROUTINE, Body, Free, Kind, Line, RecordId, Text, TimeMs, Word

_Ids = Annotated[tuple[RecordId, ...], msgspec.Meta(max_length=512)]
_Words = Annotated[tuple[Line, ...], msgspec.Meta(max_length=64)]


class Recall(Body, frozen=True, kw_only=True):
    """Asks everybody who has these records to hide, delete or annotate them. Asked and acknowledged, never "deleted".

    Attributes:
        records: ids of records, as the asked party received them.
        reason: class of the reason: error, sensitive, personal, legal, security or expired.
        action: what is asked.
        text: words for people; with ``annotate``, the note that is shown beside the records.
        follows: the recall of another party that this one passes on to holders of what was derived from its records.
    """

    records: _Ids
    reason: Literal["error", "sensitive", "personal", "legal", "security", "expired"]
    action: Literal["hide", "delete", "annotate"] = "hide"
    text: Text = ""
    follows: RecordId | None = None


HopState = Literal["pending", "asked", "acknowledged", "refused", "unreachable"]


class RecallAck(Body, frozen=True, kw_only=True):
    """What became of a recall at one party and below it, for whoever brought it. Numbered; the last counts.

    Attributes:
        recall: the recall that is answered.
        no: counts the answers of this party to this recall from 1.
        state: acknowledged, or refused with the reason in ``why``.
        held: how many of its records this party had; the others stay barred should they come later.
        hops: party, from whom it has the records, state: everybody below that this party knows of.
    """

    recall: RecordId
    no: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1
    state: Literal["acknowledged", "refused"]
    held: Annotated[int, msgspec.Meta(ge=0, le=512)] = 0
    hops: Annotated[tuple[tuple[Word, Word, HopState], ...], msgspec.Meta(max_length=256)] = ()
    why: Line = ""


class Correction(Body, frozen=True, kw_only=True):
    """Says what was wrong with the records that this one ``supersedes``, and names the record to use instead."""

    instead: RecordId | None = None
    fields: _Words = ()
    text: Text = ""


class Request(Body, frozen=True, kw_only=True):
    """Asks for information: which kinds, where (``geo``), when (valid_from, valid_to), about whom (``subject``)."""

    request_id: Word
    kinds: _Words = ()
    purpose: _Words = ()
    by_ms: TimeMs | None = None
    clause: Line = ""
    distress: bool = False
    text: Text = ""


class RequestEnd(Body, frozen=True, kw_only=True):
    """The asker needs no answer any more."""

    request: RecordId
    text: Text = ""


class Answer(Body, frozen=True, kw_only=True):
    """Answers a request: with records, in part, or with a refusal that need not say why."""

    request: RecordId
    verdict: Literal["given", "partly", "refused", "nothing_held", "later"]
    records: _Ids = ()
    rule: Line = ""
    text: Text = ""


class Agreement(Body, frozen=True, kw_only=True):
    """A memorandum, or a change of its state, as its origin states it.

    Attributes:
        sha256: digest of the file; signatures are over this.
        state: ``proposed`` and ``signed`` carry the origin's signature; ``suspended`` takes it back until it signs
            again; ``ended`` gives notice for ``ends_ms``.
        text: the file itself, with ``proposed``.
    """

    agreement_id: Word
    version: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1
    sha256: RecordId
    parties: _Words = ()
    state: Literal["proposed", "signed", "suspended", "ended"] = "proposed"
    ends_ms: TimeMs | None = None
    text: Annotated[str, msgspec.Meta(max_length=49_152)] = ""
    further: Free = msgspec.field(default_factory=dict)


class Members(Body, frozen=True, kw_only=True):
    """One version of the list of members of a community, stated by one of its stewards.

    Attributes:
        community: its id, ``c:...``.
        version: one more than the list that it takes the place of, which ``supersedes`` names.
        members: party ids; nobody else is a member.
        stewards: party ids that may state the next version.
    """

    community: Annotated[str, msgspec.Meta(pattern="^c:[a-z0-9][a-z0-9.-]{0,61}\\Z")]
    version: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    members: Annotated[tuple[Line, ...], msgspec.Meta(max_length=512)] = ()
    stewards: Annotated[tuple[Line, ...], msgspec.Meta(min_length=1, max_length=16)]
    title: Line = ""


class Leave(Body, frozen=True, kw_only=True):
    """A member leaves a community by its own word, at once."""

    community: Annotated[str, msgspec.Meta(pattern="^c:[a-z0-9][a-z0-9.-]{0,61}\\Z")]
    version: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


KINDS: Final = (
    Kind("recall", 1, Recall, FLASH, "Asks for records to be hidden, deleted or annotated."),
    Kind("recall.ack", 1, RecallAck, FLASH, "What became of a recall at one party."),
    Kind("correction", 1, Correction, FLASH, "Says what was wrong and what takes its place."),
    Kind("request", 1, Request, FLASH, "Asks for information."),
    Kind("request.end", 1, RequestEnd, ROUTINE, "Takes a request back."),
    Kind("answer", 1, Answer, FLASH, "Answers a request for information."),
    Kind("agreement", 1, Agreement, ROUTINE, "A memorandum, or a change of its state."),
    Kind("community.members", 1, Members, ROUTINE, "A version of a community's list of members."),
    Kind("community.leave", 1, Leave, FLASH, "A member leaves a community."),
)

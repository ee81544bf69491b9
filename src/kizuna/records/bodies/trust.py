"""Records about records: recall and correction, grants, requests and answers, agreements."""

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
        text: words for people.
    """

    records: _Ids
    reason: Literal["error", "sensitive", "personal", "legal", "security", "expired"]
    action: Literal["hide", "delete", "annotate"] = "hide"
    text: Text = ""


class Correction(Body, frozen=True, kw_only=True):
    """Says what was wrong with the records that this one ``supersedes``, and names the record to use instead."""

    instead: RecordId | None = None
    fields: _Words = ()
    text: Text = ""


class Grant(Body, frozen=True, kw_only=True):
    """The originator allows that these records be passed on to an audience until a time.

    Attributes:
        leaves: leaf hashes of the records in the originator's log, hexadecimal.
        to: party or community.
        until_ms: end, ms UTC.
        purpose: what for; empty states no limit.
        request: the request that it answers.
    """

    leaves: _Ids
    to: Word
    until_ms: TimeMs
    purpose: _Words = ()
    request: RecordId | None = None


class ConsentRequest(Body, frozen=True, kw_only=True):
    """Asks the originator to allow that records be passed on."""

    leaves: _Ids
    to: Word
    until_ms: TimeMs | None = None
    purpose: _Words = ()
    text: Text = ""


class Request(Body, frozen=True, kw_only=True):
    """Asks for information: which kinds, where (``geo``), when (valid_from, valid_to), about whom (``subject``)."""

    request_id: Word
    kinds: _Words = ()
    purpose: _Words = ()
    by_ms: TimeMs | None = None
    clause: Line = ""
    text: Text = ""


class Answer(Body, frozen=True, kw_only=True):
    """Answers a request: with records, in part, or with a refusal that need not say why."""

    request: RecordId
    verdict: Literal["given", "partly", "refused", "nothing_held", "later"]
    records: _Ids = ()
    rule: Line = ""
    text: Text = ""


class Agreement(Body, frozen=True, kw_only=True):
    """A memorandum, or a change of its state. The text itself travels as a file named by its digest."""

    agreement_id: Word
    version: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1
    sha256: RecordId
    parties: _Words = ()
    state: Literal["proposed", "signed", "suspended", "ended"] = "proposed"
    further: Free = msgspec.field(default_factory=dict)


KINDS: Final = (
    Kind("recall", 1, Recall, FLASH, "Asks for records to be hidden, deleted or annotated."),
    Kind("correction", 1, Correction, FLASH, "Says what was wrong and what takes its place."),
    Kind("grant", 1, Grant, ROUTINE, "Allows that records be passed on."),
    Kind("consent.request", 1, ConsentRequest, ROUTINE, "Asks to be allowed to pass records on."),
    Kind("request", 1, Request, FLASH, "Asks for information."),
    Kind("answer", 1, Answer, FLASH, "Answers a request for information."),
    Kind("agreement", 1, Agreement, ROUTINE, "A memorandum, or a change of its state."),
)

"""Signatures under a memorandum, as records: one party proposes the file, every other signs the hash of its bytes.

A record of kind ``agreement`` is a signature because it stands in its origin's signed log. So ``apply`` must be told
who was proved to have written it, and refuses where that is not its origin. An agreement is in force when the node of
every party has signed the same bytes. ``suspended`` takes a signature back until its party signs again; ``ended``
gives notice, which can not be shorter than the memorandum says.
"""

from __future__ import annotations

from typing import Final

from kizuna.base.errors import ConfigError, InputError
from kizuna.base.units import DAY_MS
from kizuna.records.bodies.trust import Agreement as Statement
from kizuna.records.kinds import read_body
from kizuna.records.label import Label
from kizuna.records.record import Record, body_bytes, decode, encode
from kizuna.share.agreement.memorandum import Agreement, load
from kizuna.share.agreement.standing import Book

KIND: Final = "agreement"
BOOK_MOST: Final = 1024
"""Memoranda that partners can make this node keep in mind, signed or not."""


def propose(text: str | bytes, *, me: str, label: Label, now_ms: int, context: str) -> bytes:
    """The record that carries a memorandum with this party's signature. Raises ConfigError where the file is none."""
    agreement = load(text)
    whole = text if isinstance(text, str) else text.decode()
    return _record(agreement, "proposed", me, label, now_ms, context, text=whole)


def sign(agreement: Agreement, *, me: str, label: Label, now_ms: int, context: str) -> bytes:
    """This party's signature under a memorandum that it has read."""
    return _record(agreement, "signed", me, label, now_ms, context)


def suspend(agreement: Agreement, *, me: str, label: Label, now_ms: int, context: str) -> bytes:
    """This party's signature taken back until it signs again. Nothing is released under it from then on."""
    return _record(agreement, "suspended", me, label, now_ms, context)


def give_notice(
    agreement: Agreement, *, me: str, label: Label, now_ms: int, context: str, ends_ms: int | None = None
) -> bytes:
    """Notice that this party ends the agreement, at the earliest ``notice_days`` from now."""
    earliest = _earliest(agreement, now_ms)
    return _record(agreement, "ended", me, label, now_ms, context, ends_ms=max(earliest, ends_ms or earliest))


def apply(book: Book, data: bytes, proved: str, at_ms: int) -> str:
    """Take a statement about an agreement into the book; returns why not, or nothing.

    ``proved`` is the party whose signed log it came in; ``at_ms`` when it came here (or was written here): a notice
    runs from then, so that a clock set back, or a date put back, shortens none. Raises InputError for a record that is
    none.
    """
    record = decode(data)
    body = read_body(record)
    if record.kind != KIND or not isinstance(body, Statement):
        raise InputError(f"{record.kind} is no statement about an agreement")
    if record.origin != proved:
        return f"{proved} brought a signature of {record.origin}, which only {record.origin} can give"
    if body.text:
        why = _take_text(book, body, proved)
        if why:
            return why
    mine = next((each for each in book.agreements.values() if each.sha256 == body.sha256), None)
    if mine is None:
        return "this memorandum has not arrived"
    if proved not in mine.signers:
        return f"{proved} is no party of {mine.id}"
    if body.state in ("proposed", "signed"):
        book.sign(body.sha256, proved)
    elif body.state == "suspended":
        book.unsign(body.sha256, proved)
    else:
        earliest = _earliest(mine, at_ms)
        book.notice(body.sha256, proved, max(earliest, body.ends_ms or earliest))
    return ""


def _earliest(agreement: Agreement, now_ms: int) -> int:
    return now_ms + agreement.notice_days * DAY_MS


def _take_text(book: Book, body: Statement, proved: str) -> str:
    try:
        agreement = load(body.text)
    except ConfigError as exc:
        return f"the memorandum does not read: {exc.message}"
    if agreement.sha256 != body.sha256 or agreement.id != body.agreement_id or agreement.version != body.version:
        return "the memorandum is not the one that its record names"
    if proved not in agreement.signers:
        return f"{proved} is no party of {agreement.id}"
    if agreement.sha256 not in book.agreements and len(book.agreements) >= BOOK_MOST:
        return "too many memoranda are held"
    book.put(agreement)
    return ""


def _record(
    agreement: Agreement, state: str, me: str, label: Label, now_ms: int, context: str, *, text: str = "",
    ends_ms: int | None = None,
) -> bytes:  # fmt: skip
    if me not in agreement.signers:
        raise InputError(f"{me} is no party of {agreement.id}", hint=", ".join(sorted(agreement.signers)))
    body = Statement(
        agreement_id=agreement.id, version=agreement.version, sha256=agreement.sha256, state=state,  # type: ignore[arg-type]
        parties=tuple(sorted(agreement.signers)), text=text, ends_ms=ends_ms,
    )  # fmt: skip
    record = Record(kind=KIND, origin=me, observed_ms=now_ms, body=body_bytes(body), label=label, context=context)
    return encode(record)

"""The entries of an incident: writing one, and reading one that came in.

The forms stand in ``records.bodies.incident``. Here is what a form cannot say: which parts belong together, phrases
with their values, drawings that can be drawn. A typical entry stays under 300 bytes compressed.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from kizuna.base.errors import InputError
from kizuna.records.bodies import incident as bodies
from kizuna.records.bodies.incident import (
    Closure,
    Drawing,
    Entry,
    Handover,
    Message,
    Offer,
    Opened,
    Task,
)  # fmt: skip
from kizuna.records.kinds import check_body
from kizuna.records.label import Label
from kizuna.records.record import Record, body_bytes, decode, encode, record_id
from kizuna.share.incident import phrasebook
from kizuna.share.incident.drawings import check_shape

SHORT: Final = 32
"""Hexadecimal digits of a short id."""
PARENTS_MAX: Final = bodies.PARENTS_MAX
_KIND_OF: Final[dict[type[Any], str]] = {
    each.body: each.name for each in bodies.KINDS if each.body is not None and issubclass(each.body, Entry)
}
KINDS: Final = frozenset(_KIND_OF.values())
"""Kinds of records that are entries of a timeline."""
_FIRST: Final = ("offer", "propose", "assume", "reopen")


class Written(NamedTuple):
    """An entry with where it stands. ``id`` and ``incident`` are short ids; ``record_id`` is whole."""

    id: str
    record_id: str
    incident: str
    author: str
    kind: str
    body: Entry
    observed_ms: int
    label: Label
    context: str


def write(body: Entry, *, me: str, observed_ms: int, label: Label, context: str) -> bytes:
    """The bytes of a new entry of this desk. Raises InputError where ``read`` would not take it back."""
    kind = _KIND_OF[type(body)]
    record = Record(
        kind=kind, origin=me, observed_ms=observed_ms, body=body_bytes(body), label=label, context=context
    )  # fmt: skip
    data = encode(record)
    read(data)
    return data


def read(data: bytes) -> Written:
    """An entry of an incident, checked. Raises InputError. Who wrote it is proved by the log that it came in."""
    record = decode(data)
    if record.kind not in KINDS:
        raise InputError(f"{record.kind} is no entry of an incident")
    body = check_body(record.kind, record.body)
    assert isinstance(body, Entry)
    name = record_id(data)
    check(body)
    return Written(
        name[:SHORT], name, name[:SHORT] if isinstance(body, Opened) else body.i, record.origin, record.kind, body,
        record.observed_ms, record.label, record.context,
    )  # fmt: skip


def check(body: Entry) -> None:  # noqa: C901  one line for each thing that a form cannot say
    """Raise InputError for what the form of the body cannot say."""
    opening = isinstance(body, Opened)
    if opening != (body.i == "") or opening != (body.a == ()) or (opening and body.n != 1):
        raise InputError("only an opening stands without incident and entries before it")
    if len(set(body.a)) != len(body.a):
        raise InputError("an entry stands twice among those before it")
    for name in ("ms", "until_ms"):
        at_ms = getattr(body, name, None)
        if at_ms is not None and not phrasebook.is_time(at_ms):
            raise InputError(f"{name} is no time of an incident")
    if isinstance(body, Task | Handover | Closure):
        first = body.op in _FIRST
        if first == bool(body.t):
            raise InputError(f"{body.op} {'names no' if first else 'must name the'} entry in t")
        if body.op == "offer" and not getattr(body, "to", ""):
            raise InputError("an offer must say to whom")
    if isinstance(body, Handover) and body.op == "assume" and not (body.of and body.why):
        raise InputError("who assumes coordination must say of whom and why")
    if isinstance(body, Offer) and (body.op == "offer") != bool(body.to):
        raise InputError("an offer, and nothing else, says to whom")
    if isinstance(body, Message) and bool(body.p) == bool(body.t):
        raise InputError("a message is either a phrase or free text")
    if isinstance(body, Message | Task):
        _check_words(body)
    if isinstance(body, Drawing):
        check_shape(body.g, body.c, body.pt, body.nm, body.brg, body.legs, removed=body.rm)
    _check_texts(body)


def _check_words(body: Message | Task) -> None:
    if body.p:
        phrasebook.check(body.p, body.v)
    elif body.v:
        raise InputError("values without a phrase")


def _check_texts(body: Entry) -> None:
    texts = [value for name in body.__struct_fields__ if isinstance(value := getattr(body, name), str)]
    texts += getattr(body, "f", {}).values()
    for text in texts:
        if any(ord(each) < 32 and each not in "\n\t" for each in text):  # noqa: PLR2004  control characters
            raise InputError("a text holds control characters")

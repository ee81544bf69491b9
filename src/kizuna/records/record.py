"""A record: one immutable statement, named by the hash of its bytes.

    {"v":1,"kind":"track.position","origin":"harbour","subject":["mmsi:431000001"],"observed_ms":1767225600000,
     "geo":[123.45678,24.5],"body":{"s":12.3,"c":231.5},"label":{"tlp":2,"rel_to":["cape"]},"context":"real"}

The bytes are what is stored, hashed and signed. Nobody ever writes received bytes anew: what is passed on is what came.
A record does not carry its own id, for the id is its hash; a correction is a new record that names the old one.

What is read here may come from anybody. Every size is bounded, and ``decode`` raises InputError and nothing else. A
label that holds an element unknown here does not make a record bad, it makes it one that reaches nobody.
"""

from __future__ import annotations

import hashlib
import json
import re
from functools import lru_cache
from typing import Any, ClassVar, Final

import msgspec

from kizuna.base.errors import InputError
from kizuna.records import context as contexts
from kizuna.records.label import EARLIEST_MS, LATEST_MS, PARTY, UNREADABLE, Label

LARGEST: Final = 64 * 1024
"""Bytes of one record."""
DEEPEST: Final = 16
"""Levels of objects and lists in one record, itself included."""
MOST_REFERENCES: Final = 256
"""Names in each of subject, supersedes, derived_from and evidence."""
_LONGEST: Final = 256
_LON_MOST_DEG: Final = 180.0
_LAT_MOST_DEG: Final = 90.0
_HEAD: Final = b'{"v":1,'
_KIND: Final = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*){0,3}(?:/[1-9][0-9]?)?")
_ID: Final = re.compile(r"[0-9a-f]{64}")
_DERIVED: Final = re.compile(r"[0-9a-f]{16}(?:[0-9a-f]{48})?")


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, gc=False,
             tag_field="v", tag=1):  # fmt: skip
    """One statement. ``gc=False`` here and in labels and bodies: nothing in them can point back at them.

    Attributes:
        kind: what it states; see ``records.kinds``. Unknown kinds are kept and passed, never interpreted.
        origin: party that states it.
        unit: unit of that party, in its own words; may be empty.
        subject: what it is about, each with its scheme: ``mmsi:431000001``, ``imo:...``, ``zone:...``.
        observed_ms: when it was observed, or stated where nothing was observed; ms UTC.
        valid_from_ms, valid_to_ms: half-open interval for which it holds; None where it does not end or begin.
        geo: where: longitude, latitude; or west, south, east, north (west > east across 180 degrees); degrees WGS 84,
            as GeoJSON orders them; empty where it has no place.
        body: the statement, as JSON bytes; ``kinds.check_body`` reads it.
        label: who may be told.
        context: real, exercise:<id> or test.
        supersedes: ids of records that this one takes the place of.
        derived_from: salted hashes of what it was made from: 64 hex characters, or the first 16 of them.
        evidence: what it rests on: record ids, or names with a scheme.
    """

    v: ClassVar[int] = 1
    kind: str
    origin: str
    unit: str = ""
    subject: tuple[str, ...] = ()
    observed_ms: int
    valid_from_ms: int | None = None
    valid_to_ms: int | None = None
    geo: tuple[float, ...] = ()
    body: msgspec.Raw = msgspec.Raw(b"{}")
    label: Label = Label()
    context: str = contexts.REAL
    supersedes: tuple[str, ...] = ()
    derived_from: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()


class _Loose(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="v", tag=1):
    """The same with a label that is not looked into: read where the label did not read."""

    kind: str
    origin: str
    unit: str = ""
    subject: tuple[str, ...] = ()
    observed_ms: int
    valid_from_ms: int | None = None
    valid_to_ms: int | None = None
    geo: tuple[float, ...] = ()
    body: msgspec.Raw = msgspec.Raw(b"{}")
    label: dict[str, Any] = {}
    context: str = contexts.REAL
    supersedes: tuple[str, ...] = ()
    derived_from: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()


_ENCODER: Final = msgspec.json.Encoder(order="deterministic")
_DECODER: Final = msgspec.json.Decoder(Record)
_LOOSE: Final = msgspec.json.Decoder(_Loose)


def body_bytes(body: Any) -> msgspec.Raw:
    """A body as compact JSON, keys of free objects in order; for the ``body`` of a new record."""
    return msgspec.Raw(_ENCODER.encode(body))


def encode(record: Record) -> bytes:
    """The bytes of a new record: compact JSON, fields in order, defaults left out.

    Raises InputError where ``decode`` would not take it back.
    """
    data = _ENCODER.encode(record)
    decode(data)
    return data


def record_id(data: bytes) -> str:
    """The name of a record: SHA-256 of its bytes, 64 hexadecimal characters."""
    return hashlib.sha256(data).hexdigest()


def decode(data: bytes) -> Record:
    """Read one record. Raises InputError, whatever the bytes; the body is checked as JSON but not interpreted."""
    if len(data) > LARGEST:
        raise InputError(f"a record of {len(data)} bytes", hint=f"at most {LARGEST}")
    if not data.startswith(_HEAD):
        raise InputError("not a record of version 1", hint=f"it begins with {_HEAD.decode()}")
    _bound_depth(data)
    try:
        data.decode()
        record = _read(data)
    except InputError:
        raise
    except (msgspec.MsgspecError, ValueError, RecursionError) as exc:
        raise InputError(f"not a record: {exc}") from exc
    _check(record)
    part = bytes(record.body) if _ENCODER.encode(record) == data else data  # our own form has none outside the body
    texts = part.split(b'"')  # with no backslash there is, every other one is a text, and a name where a colon follows
    names = [text for text, after in zip(texts[1::2], texts[2::2], strict=False) if after.lstrip()[:1] == b":"]
    if b"\\" in part or len(set(names)) != len(names):
        _refuse_doubles(data)
    return record


def _read(data: bytes) -> Record:
    """Read; a label that does not read becomes the one that reaches nobody."""
    try:
        return _DECODER.decode(data)
    except (msgspec.ValidationError, InputError):
        loose = _LOOSE.decode(data)
        fields = {name: getattr(loose, name) for name in _Loose.__struct_fields__}
        return Record(**{**fields, "label": UNREADABLE})


def _check(record: Record) -> None:
    _check_words(record.kind, record.origin, record.context)
    if len(record.unit) > _LONGEST:
        raise InputError("unit is too long", hint=f"at most {_LONGEST} characters")
    _check_times(record)
    if record.geo:
        check_geo(record.geo)
    _check_names("subject", record.subject)
    _check_names("evidence", record.evidence)
    _check_ids("supersedes", record.supersedes)
    _check_ids("derived_from", record.derived_from, _DERIVED)


@lru_cache(maxsize=1024)
def _check_words(kind: str, origin: str, context: str) -> None:
    """Remembered: thousands of records share them."""
    if not _KIND.fullmatch(kind) or len(kind) > _LONGEST:
        raise InputError(f"kind {kind[:80]!r}", hint="lower-case words parted by dots, such as track.position")
    if not PARTY.fullmatch(origin):
        raise InputError(f"origin {origin[:80]!r} is no party id", hint="a-z, 0-9, -; up to 32")
    contexts.check(context)


def _check_times(record: Record) -> None:
    for name in ("observed_ms", "valid_from_ms", "valid_to_ms"):
        time_ms = getattr(record, name)
        if time_ms is not None and not EARLIEST_MS <= time_ms <= LATEST_MS:
            raise InputError(f"{name} is {time_ms}", hint="milliseconds UTC in the years 1 to 9999")
    begin_ms, end_ms = record.valid_from_ms, record.valid_to_ms
    if begin_ms is not None and end_ms is not None and end_ms < begin_ms:
        raise InputError("valid_to_ms lies before valid_from_ms")


def check_geo(geo: tuple[float, ...]) -> None:
    """Refuse what is neither a point nor a box. Raises InputError."""
    if len(geo) not in (2, 4):
        raise InputError(f"geo has {len(geo)} numbers", hint="longitude, latitude; or west, south, east, north")
    for lon, lat in (geo,) if len(geo) == 2 else (geo[:2], geo[2:]):  # noqa: PLR2004  a point
        if not (abs(lon) <= _LON_MOST_DEG and abs(lat) <= _LAT_MOST_DEG):
            raise InputError(f"geo {lon}, {lat} is not on the globe", hint="longitude first, degrees")
    if len(geo) == 4 and geo[1] > geo[3]:  # noqa: PLR2004  west, south, east, north
        raise InputError("geo: south lies north of north")


def _check_names(name: str, words: tuple[str, ...]) -> None:
    if len(words) > MOST_REFERENCES:
        raise InputError(f"{len(words)} words in {name}", hint=f"at most {MOST_REFERENCES}")
    for word in words:
        if not 0 < len(word) <= _LONGEST or not word.isprintable():
            raise InputError(f"{name}: {word[:80]!r}", hint=f"1 to {_LONGEST} printable characters")


def _check_ids(name: str, ids: tuple[str, ...], form: re.Pattern[str] = _ID) -> None:
    if len(ids) > MOST_REFERENCES:
        raise InputError(f"{len(ids)} ids in {name}", hint=f"at most {MOST_REFERENCES}")
    for word in ids:
        if not form.fullmatch(word):
            raise InputError(f"{name}: {word[:80]!r} is no id", hint="hexadecimal, lower case, 64 characters or 16")


_TEXT: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"')
_BRACKET: Final = re.compile(rb"[\[\]{}]")


def _bound_depth(data: bytes) -> None:
    """Refuse what is nested too deep, before any parser sees it."""
    if data.count(b"{") + data.count(b"[") <= DEEPEST:
        return
    depth = 0
    for bracket in _BRACKET.findall(_TEXT.sub(b"", data)):
        depth += 1 if bracket in b"[{" else -1
        if depth > DEEPEST:
            raise InputError("nested too deep", hint=f"at most {DEEPEST} levels")


def _refuse_doubles(data: bytes) -> None:
    """Refuse a name that stands twice in one object: two readers could take two meanings from the same signed bytes.

    Called only where names repeat at all or may be written in two ways; most records never come here.
    """
    try:
        json.loads(data, object_pairs_hook=_once)
    except (ValueError, RecursionError) as exc:
        raise InputError(f"not a record: {exc}") from exc


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise InputError("a name stands twice in one object")
    return found

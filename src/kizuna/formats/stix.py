"""STIX 2.1 objects as bytes: taken apart without being changed, put together in bundles, their TLP markings read.

An object of another producer is passed on in its very bytes (its signature and its meaning are its producer's), so the
parts of an envelope are cut out of it, never written anew. Markings are the five marking definitions of TLP 2.0; of
an object with several the strictest counts; those of TLP 1 are read as their successors.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import uuid
from collections.abc import Iterable
from typing import Any, BinaryIO, Final

import msgspec

from kizuna.base.errors import InputError
from kizuna.records.label import Tlp

OBJECT_MOST: Final = 48 * 1024
"""Bytes of one object: it must fit into one record."""
_ID: Final = re.compile(r"([a-z][a-z0-9-]{1,63})--[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_STAMP: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z")
NO_VERSION: Final = "1970-01-01T00:00:00.000Z"
"""Version of objects that have neither ``modified`` nor ``created`` (cyber observables)."""

MARKINGS: Final = {
    "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487": Tlp.CLEAR,
    "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb": Tlp.GREEN,
    "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421": Tlp.AMBER,
    "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003": Tlp.AMBER_STRICT,
    "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1": Tlp.RED,
}
"""TLP 2.0 (OASIS cti-stix-common-objects)."""
_OLD_MARKINGS: Final = {
    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": Tlp.CLEAR,
    "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": Tlp.GREEN,
    "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": Tlp.AMBER,
    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": Tlp.RED,
}
"""TLP 1 (STIX 2.1, section 7.2.1.4). AMBER of TLP 1 had no strict form."""
TLP_EXTENSION: Final = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
_NAMES: Final = {Tlp.CLEAR: "clear", Tlp.GREEN: "green", Tlp.AMBER: "amber", Tlp.AMBER_STRICT: "amber+strict",
                 Tlp.RED: "red"}  # fmt: skip


class _Envelope(msgspec.Struct):
    objects: list[msgspec.Raw] = []


class _Head(msgspec.Struct):
    type: str
    id: str
    modified: str = ""
    created: str = ""
    spec_version: str = ""
    object_marking_refs: list[str] = []


_ENVELOPES: Final = msgspec.json.Decoder(_Envelope)
_HEADS: Final = msgspec.json.Decoder(_Head)


def head(data: bytes) -> tuple[str, str, str, str]:
    """Id, version, type and specification version of one object. Raises InputError."""
    found = _head(data)
    spec = found.spec_version or ("2.0" if found.created else "2.1")  # 2.0 had no such field; observables may lack it
    if spec not in ("2.0", "2.1"):
        raise InputError(f"spec_version {spec[:20]!r}", hint="2.0 or 2.1")
    return found.id, found.modified or found.created or NO_VERSION, found.type, spec


def _head(data: bytes) -> _Head:
    if len(data) > OBJECT_MOST:
        raise InputError(f"an object of {len(data)} bytes", hint=f"at most {OBJECT_MOST}")
    try:
        found = _HEADS.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError) as exc:
        raise InputError(f"no STIX object: {exc}") from exc
    named = _ID.fullmatch(found.id)
    if not named or named[1] != found.type:
        raise InputError(f"id {found.id[:80]!r} does not fit type {found.type[:40]!r}", hint="type--UUID")
    for name, text in (("modified", found.modified), ("created", found.created)):
        if text and not _STAMP.fullmatch(text):
            raise InputError(f"{name} {text[:40]!r}", hint="a time such as 2026-01-01T00:00:00.000Z")
    return found


def split(data: bytes, *, most: int = 10_000) -> list[tuple[str, str, bytes]]:
    """Id, version and exact bytes of each object of a bundle or envelope. Raises InputError naming the object."""
    try:
        envelope = _ENVELOPES.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError) as exc:
        raise InputError(f"no bundle or envelope: {exc}") from exc
    if not envelope.objects:
        raise InputError("holds no objects", hint='{"objects": [...]}')
    if len(envelope.objects) > most:
        raise InputError(f"{len(envelope.objects)} objects", hint=f"at most {most}")
    found = []
    for number, raw in enumerate(envelope.objects):
        try:
            object_id, version, _, _ = head(bytes(raw))
        except InputError as exc:
            raise InputError(exc.message, where=f"object {number}", hint=exc.hint) from exc
        found.append((object_id, version, bytes(raw)))
    return found


def tlp(data: bytes) -> Tlp:
    """The strictest TLP marking of an object; RED where it has none that is known here, for nobody said otherwise."""
    known = [MARKINGS.get(r, _OLD_MARKINGS.get(r)) for r in _head(data).object_marking_refs]
    levels = [level for level in known if level is not None]
    return max(levels) if levels else Tlp.RED


def marking(level: Tlp) -> bytes:
    """The marking definition of a level, to stand in a bundle that refers to it."""
    found = next(ref for ref, lvl in MARKINGS.items() if lvl == level)
    word = _NAMES[level]
    body: dict[str, Any] = {
        "type": "marking-definition", "spec_version": "2.1", "id": found, "created": "2022-10-01T00:00:00.000Z",
        "name": f"TLP:{word.upper()}",
        "extensions": {TLP_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": word}},
    }  # fmt: skip
    return json.dumps(body).encode()


def bundle(objects: Iterable[bytes]) -> bytes:
    """A bundle of these objects, each in its bytes, with the markings that they refer to; the same in, the same out.

    The id of the bundle is made from its content (UUIDv5), so nothing random is needed.
    """
    out = io.BytesIO()
    write_bundle(objects, out)
    return out.getvalue()


def write_bundle(objects: Iterable[bytes], out: BinaryIO) -> None:
    """The same written piece by piece into an empty file that can be sought: its id follows from all, and comes last.

    Of each object its hash is held, so that one given twice stands there once.
    """
    begins = b'{"type":"bundle","id":"bundle--'
    content = hashlib.sha1(uuid.NAMESPACE_URL.bytes, usedforsecurity=False)  # UUIDv5, RFC 9562 5.5
    seen: set[bytes] = set()
    there: set[str] = set()
    refs: set[str] = set()

    def put(data: bytes) -> None:
        name = hashlib.sha256(data).digest()[:16]
        if name not in seen:
            content.update((b"," if seen else b"").hex().encode() + data.hex().encode())
            out.write((b"," if seen else b',"objects":[') + data)
            seen.add(name)

    out.write(begins + bytes(36).replace(b"\0", b"0") + b'"')
    for data in objects:
        one = _head(data)
        there.update((one.id,) if one.id in MARKINGS else ())
        refs.update(r for r in one.object_marking_refs if r in MARKINGS)
        put(data)
    for ref, level in MARKINGS.items():
        if ref in refs - there:
            put(marking(level))
    out.write(b"]}" if seen else b"}")  # an empty list is no STIX
    out.seek(len(begins))
    out.write(str(uuid.UUID(bytes=content.digest()[:16], version=5)).encode())
    out.seek(0, 2)

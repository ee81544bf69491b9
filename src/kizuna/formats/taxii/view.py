"""The TAXII 2.1 server as a function, ``reply(ask, facts, view)``. It sees only what was released to the one who asks.

A view is one API root for one partner and context; its collections are communities. Every sequence number and time of
addition is of that view alone, so nothing can be inferred from what it lacks. ``date_added`` is unique and strictly
increasing in microseconds, so that a client that goes on by time neither loses nor repeats what came at once with
other things. What is posted lands in quarantine and is never shown before a person let it in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, NamedTuple, Protocol

from kizuna.base.errors import InputError
from kizuna.formats.taxii.requests import (
    MEDIA,
    Ask,
    Refusal,
    Want,
    check_accept,
    check_content,
    next_of,
    stamp,
    want_of,
)

STIX_MEDIA: Final = "application/stix+json;version=2.1"
CONTENT_MOST: Final = 4 << 20
"""Bytes of one posted envelope."""
POSTED_MOST: Final = 1000
_COLLECTION: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[a-z0-9][a-z0-9._-]{0,63}")
_OBJECT: Final = re.compile(r"[a-z][a-z0-9-]{1,63}--[0-9A-Fa-f-]{36}")


class Row(NamedTuple):
    """One version of one object in a view."""

    seq: int
    added_us: int
    object_id: str
    version: str
    spec: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Collection:
    """One collection as TAXII lists it."""

    id: str
    title: str
    description: str = ""
    can_write: bool = False


class View(Protocol):
    """What one partner may read, and where its posts go."""

    def collections(self) -> Sequence[Collection]:
        """Collections that the one who asks may read."""

    def rows(self, collection: str, want: Want) -> list[Row]:
        """Rows by sequence number; one more than ``want.limit`` where there are more."""

    def post(self, collection: str, objects: Sequence[tuple[str, str, bytes]]) -> str:
        """Put (id, version, bytes) into quarantine; the id of the status."""

    def status(self, status_id: str) -> Mapping[str, Any] | None:
        """What became of a post of the one who asks."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the server says of itself. ``root`` is the name of the API root, ``url`` where it is mounted."""

    title: str
    root: str
    url: str
    description: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def reply(ask: Ask, facts: Facts, view: View) -> Reply:
    """Answer one request; every failure of the one who asks is an error message of TAXII section 3.6.1."""
    try:
        check_accept(ask.headers)
        return _route(ask, facts, view)
    except Refusal as no:
        return refusal(no)


def refusal(no: Refusal) -> Reply:
    """A refusal in TAXII's form."""
    body = {"title": no.words, "http_status": str(no.status.value)}
    return _json(body, no.status, no.headers)


def _route(ask: Ask, facts: Facts, view: View) -> Reply:
    parts = ask.path.strip("/").split("/") if ask.path.strip("/") else []
    if parts == ["taxii2"]:
        _only(ask, "GET")
        return _json(_plain({
            "title": facts.title, "description": facts.description, "contact": facts.contact,
            "default": f"{facts.url}/{facts.root}/", "api_roots": [f"{facts.url}/{facts.root}/"],
        }))  # fmt: skip
    if not parts or parts[0] != facts.root:
        raise _missing()
    match parts[1:]:
        case []:
            _only(ask, "GET")
            return _json(_plain({"title": facts.title, "description": facts.description, "versions": [MEDIA],
                                 "max_content_length": CONTENT_MOST}))  # fmt: skip
        case ["status", status_id]:
            _only(ask, "GET")
            return _status(view, status_id)
        case ["collections"]:
            _only(ask, "GET")
            found = [_collection(c) for c in view.collections()]
            return _json({"collections": found} if found else {})
        case ["collections", name, *rest]:
            return _in_collection(ask, view, _known(view, name), rest)
    raise _missing()


def _in_collection(ask: Ask, view: View, collection: Collection, rest: list[str]) -> Reply:
    where = "/".join((collection.id, *rest))
    match rest:
        case []:
            _only(ask, "GET")
            return _json(_collection(collection))
        case ["manifest"]:
            _only(ask, "GET")
            return _rows(view, collection, want_of(ask.query, where=where), where, _manifest)
        case ["objects"] if ask.method == "POST":
            return _post(ask, view, collection)
        case ["objects"]:
            _only(ask, "GET")
            return _rows(view, collection, want_of(ask.query, where=where), where, _objects)
        case ["objects", object_id] if _OBJECT.fullmatch(object_id):
            if ask.method == "DELETE":
                raise Refusal(HTTPStatus.FORBIDDEN, "nothing is deleted here: the originator recalls, or revokes")
            _only(ask, "GET")
            want = want_of(ask.query, where=where, object_id=object_id)
            return _rows(view, collection, want, where, _objects, must_be=object_id)
        case ["objects", object_id, "versions"] if _OBJECT.fullmatch(object_id):
            _only(ask, "GET")
            want = want_of(ask.query, where=where, object_id=object_id, every_version=True)
            return _rows(view, collection, want, where, _versions, must_be=object_id)
    raise _missing()


def _rows(view: View, collection: Collection, want: Want, where: str, form: Any, *, must_be: str = "") -> Reply:
    rows = view.rows(collection.id, want)
    if not rows and must_be and not _is_there(view, collection.id, must_be):
        raise _missing()
    more = len(rows) > want.limit
    rows = rows[: want.limit]
    if not rows:
        return _json({})
    head = (
        b'{"more":true,"next":' + json.dumps(next_of(want, rows[-1].seq, where)).encode() if more else b'{"more":false'
    )
    dates = {"X-TAXII-Date-Added-First": stamp(rows[0].added_us), "X-TAXII-Date-Added-Last": stamp(rows[-1].added_us)}
    name, texts = form(rows)
    body = head + b',"' + name + b'":[' + b",".join(texts) + b"]}"
    return Reply(HTTPStatus.OK, body, {"Content-Type": MEDIA, **dates})


def _objects(rows: Sequence[Row]) -> tuple[bytes, list[bytes]]:
    return b"objects", [row.data for row in rows]


def _manifest(rows: Sequence[Row]) -> tuple[bytes, list[bytes]]:
    media = "application/stix+json;version="
    return b"objects", [
        json.dumps({"id": r.object_id, "date_added": stamp(r.added_us), "version": r.version,
                    "media_type": media + r.spec}).encode()
        for r in rows
    ]  # fmt: skip


def _versions(rows: Sequence[Row]) -> tuple[bytes, list[bytes]]:
    return b"versions", [json.dumps(r.version).encode() for r in rows]


def _is_there(view: View, collection: str, object_id: str) -> bool:
    return bool(view.rows(collection, Want(limit=1, ids=frozenset({object_id}), versions=frozenset({"all"}))))


def _post(ask: Ask, view: View, collection: Collection) -> Reply:
    if not collection.can_write:
        raise Refusal(HTTPStatus.FORBIDDEN, "nothing may be posted to this collection")
    check_content(ask.headers)
    if len(ask.body) > CONTENT_MOST:
        raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {CONTENT_MOST} bytes")
    from kizuna.formats.stix import split  # noqa: PLC0415

    try:
        objects = split(ask.body, most=POSTED_MOST)
    except InputError as exc:
        raise Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, str(exc)) from exc
    status = view.status(view.post(collection.id, objects))
    return _json(dict(status or {}), HTTPStatus.ACCEPTED)


def _status(view: View, status_id: str) -> Reply:
    found = view.status(status_id[:64])
    if found is None:
        raise _missing()
    return _json(dict(found))


def _known(view: View, name: str) -> Collection:
    if _COLLECTION.fullmatch(name):
        for collection in view.collections():
            if collection.id == name:
                return collection
    raise _missing()


def _collection(c: Collection) -> dict[str, Any]:
    return _plain({"id": c.id, "title": c.title, "description": c.description, "can_read": True,
                   "can_write": c.can_write, "media_types": [STIX_MEDIA]})  # fmt: skip


def _only(ask: Ask, *methods: str) -> None:
    if ask.method not in methods:
        raise Refusal(
            HTTPStatus.METHOD_NOT_ALLOWED, f"{ask.method[:16]} is not for this", {"Allow": ", ".join(methods)}
        )


def _missing() -> Refusal:
    """The same for what is not there and what may not be seen."""
    return Refusal(HTTPStatus.NOT_FOUND, "there is nothing of that name for you")


def _plain(found: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in found.items() if v != ""}


def _json(body: Any, status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(status, json.dumps(body, ensure_ascii=False).encode(), {"Content-Type": MEDIA, **(headers or {})})

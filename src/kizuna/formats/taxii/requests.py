"""What a TAXII client asks: path, filters, media types. Everything is bounded; whatever does not fit is a ``Refusal``.

Filters are those of TAXII 2.1 section 3.4: ``added_after``, ``limit``, ``next``, ``match[id]``, ``match[type]``,
``match[version]``, ``match[spec_version]``. ``next`` is a cursor in the order of arrival, bound to the filters it was
given for: with others it is refused, instead of leaving something out in silence.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Final

MEDIA: Final = "application/taxii+json;version=2.1"
"""The one media type of requests and replies."""
LIMIT: Final = 100
LIMIT_MOST: Final = 1000
_VALUES_MOST: Final = 100
_TEXT_MOST: Final = 256
_NEXT_BYTES: Final = 16
_SEQ_MOST: Final = 1 << 62
_STAMP: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z")
_ID: Final = re.compile(r"[a-z][a-z0-9-]{1,63}--[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_TYPE: Final = re.compile(r"[a-z][a-z0-9-]{2,249}")
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
FIRST, LAST, ALL = "first", "last", "all"


class Refusal(Exception):  # noqa: N818  it is an answer
    """An answer other than success: HTTP status and words."""

    def __init__(self, status: HTTPStatus, words: str, headers: Mapping[str, str] | None = None) -> None:
        self.status, self.words, self.headers = status, words, dict(headers or {})
        super().__init__(words)


@dataclass(frozen=True, slots=True)
class Ask:
    """A request. ``path`` is below the TAXII mount and ends with ``/``; ``query`` decoded; headers in lower case."""

    method: str
    path: str
    query: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Want:
    """Which rows are wanted, in the order of arrival.

    Attributes:
        after: rows with a greater sequence number only.
        added_after_us: rows added later than this (microseconds since 1970, UTC) only; None for all.
        limit: at most so many.
        ids, types: only these, where any are named.
        versions: ``last``, ``first``, ``all`` or exact versions (any of them).
        specs: specification versions; empty is the newest of each object.
    """

    after: int = 0
    added_after_us: int | None = None
    limit: int = LIMIT
    ids: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    versions: frozenset[str] = frozenset({LAST})
    specs: frozenset[str] = frozenset()


def stamp(time_us: int) -> str:
    """Microseconds since 1970 as TAXII writes times: RFC 3339, UTC, six digits."""
    return (_EPOCH + dt.timedelta(microseconds=time_us)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def of_stamp(text: str) -> int:
    """Microseconds since 1970 of such a time. Raises ValueError."""
    found = _STAMP.fullmatch(text)
    if not found:
        raise ValueError(text)
    whole = dt.datetime.fromisoformat(found[1] + "+00:00") - _EPOCH
    return whole // dt.timedelta(microseconds=1) + int((found[2] or "0").ljust(6, "0")[:6])


def check_accept(headers: Mapping[str, str]) -> None:
    """Refuse clients that want another media type (section 1.6.8.1)."""
    accept = headers.get("accept", "")[:1024]
    if not accept:
        return
    for part in accept.split(","):
        kind, *parameters = (p.strip().lower().replace(" ", "") for p in part.split(";"))
        version = next((p.removeprefix("version=") for p in parameters if p.startswith("version=")), "2.1")
        if kind in ("*/*", "application/*") or (kind == "application/taxii+json" and version == "2.1"):
            return
    raise Refusal(HTTPStatus.NOT_ACCEPTABLE, f"only {MEDIA} is spoken here")


def check_content(headers: Mapping[str, str]) -> None:
    """Refuse bodies of another media type."""
    if headers.get("content-type", "").lower().replace(" ", "") != MEDIA:
        raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"the body must be {MEDIA}")


def want_of(query: Sequence[tuple[str, str]], *, where: str, most: int = LIMIT_MOST, object_id: str = "",
            every_version: bool = False) -> Want:  # fmt: skip
    """The filters of a request; ``where`` names what is asked, and binds ``next`` to it. Raises Refusal (400)."""
    given = _once(query)
    versions = _values(given, "match[version]", lambda v: v in (FIRST, LAST, ALL) or _is_stamp(v))
    if ALL in versions and len(versions) > 1:
        raise Refusal(HTTPStatus.BAD_REQUEST, "match[version]: all stands alone")
    ids = frozenset({object_id}) if object_id else _values(given, "match[id]", _ID.fullmatch)
    added_us = None
    if "added_after" in given:
        if not _is_stamp(given["added_after"]):
            raise Refusal(HTTPStatus.BAD_REQUEST, "added_after is no time such as 2026-01-01T00:00:00.000000Z")
        added_us = of_stamp(given["added_after"])
    default = frozenset({ALL if every_version else LAST})
    wanted = Want(
        0, added_us, _limit(given, most), ids, _values(given, "match[type]", _TYPE.fullmatch),
        versions or default, _values(given, "match[spec_version]", lambda v: v in ("2.0", "2.1")),
    )  # fmt: skip
    if "next" not in given:
        return wanted
    return replace(wanted, after=_after(given["next"], wanted, where))


def next_of(want: Want, seq: int, where: str) -> str:
    """The cursor that goes on after a row."""
    return base64.urlsafe_b64encode(seq.to_bytes(8, "big") + _bound(want, where)).rstrip(b"=").decode()


def _after(token: str, want: Want, where: str) -> int:
    try:
        raw = base64.urlsafe_b64decode(token[:64] + "=" * (-len(token[:64]) % 4))
    except ValueError:
        raw = b""
    seq = int.from_bytes(raw[:8], "big")
    if len(raw) != _NEXT_BYTES or raw[8:] != _bound(want, where) or seq > _SEQ_MOST:
        raise Refusal(HTTPStatus.BAD_REQUEST, "next goes with the filters that it was given for; begin again")
    return seq


def _bound(want: Want, where: str) -> bytes:
    words = (want.ids, want.types, want.versions, want.specs)
    plain = [where, str(want.added_after_us), *("|".join(sorted(w)) for w in words)]
    return hashlib.sha256("\n".join(plain).encode()).digest()[: _NEXT_BYTES - 8]


def _once(query: Sequence[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in query[:64]:
        if name in found:
            raise Refusal(HTTPStatus.BAD_REQUEST, f"{name[:40]} stands twice")
        found[name] = value
    return found


def _values(given: Mapping[str, str], name: str, good: Callable[[str], object]) -> frozenset[str]:
    words = [w for w in given.get(name, "").split(",") if w]
    if len(words) > _VALUES_MOST or any(len(w) > _TEXT_MOST or not good(w) for w in words):
        raise Refusal(HTTPStatus.BAD_REQUEST, f"{name}: values that it does not have, or more than {_VALUES_MOST}")
    if name in given and not words:
        raise Refusal(HTTPStatus.BAD_REQUEST, f"{name} is empty")
    return frozenset(words)


def _is_stamp(text: str) -> bool:
    try:
        of_stamp(text)
    except ValueError:
        return False
    return True


def _limit(given: Mapping[str, str], most: int) -> int:
    text = given.get("limit", str(min(LIMIT, most)))
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) == 0:
        raise Refusal(HTTPStatus.BAD_REQUEST, "limit is a whole number above 0")
    return min(int(text), most)

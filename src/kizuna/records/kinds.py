"""The list of kinds that this node knows, and the check of their bodies.

A topic adds its kinds in its own module under ``records.bodies`` and its module to ``_TOPICS`` here. A kind that is not
in the list is kept and passed on, never interpreted: ``check_body`` gives None for it.
"""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import Any, Final

import msgspec

from kizuna.base.errors import InputError
from kizuna.records.bodies import claims, events, exercises, incident, keys, onward, stix, tracks, trust, work
from kizuna.records.bodies.kind import ROUTINE, Body
from kizuna.records.record import Record

_TOPICS: Final = (tracks, events, claims, stix, work, trust, onward, keys, incident, exercises)

KINDS: Final = MappingProxyType({kind.name: kind for topic in _TOPICS for kind in topic.KINDS})
"""Every known kind by name."""

_DECODERS: Final = {k.name: msgspec.json.Decoder(k.body) for k in KINDS.values() if k.body is not None}


def known(kind: str) -> bool:
    """Whether this node knows the kind."""
    return kind in KINDS


def lane_of(kind: str) -> str:
    """Lane in which records of this kind travel unless a rule says otherwise; ``routine`` for unknown kinds."""
    return KINDS[kind].lane if kind in KINDS else ROUTINE


def check_body(kind: str, body: bytes | msgspec.Raw) -> Body | None:
    """The body of a known kind; None for an unknown kind or one whose body is not interpreted.

    Raises InputError where the body is not of the kind's form.
    """
    decoder = _DECODERS.get(kind)
    if decoder is None:
        return None
    try:
        found: Any = decoder.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as exc:
        raise InputError(f"the body is not of the kind {kind}: {exc}") from exc
    return found  # type: ignore[no-any-return]


def read_body(record: Record) -> Body | None:
    """The same for a record."""
    return check_body(record.kind, record.body)


def plain_body(body: bytes | msgspec.Raw) -> Any:
    """The body as plain values, whatever its kind; for people to look at. Raises InputError."""
    try:
        return json.loads(bytes(body))
    except (ValueError, RecursionError) as exc:
        raise InputError(f"the body is no JSON: {exc}") from exc

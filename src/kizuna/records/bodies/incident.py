"""One case handled by two desks: the entries of its shared timeline, each one record.

Every body begins with the same four keys. ``i`` names the incident: the first 32 hexadecimal digits of the id of the
record that opened it. ``n`` counts the author's entries in this incident from 1. ``a`` names, in the same short form,
the entries that the author had seen last and nobody had built on; its own entry before is always among them. ``by``
is a short word for the officer that the desk chooses itself, such as a post, and may be empty. Clocks play no part in
the order.

Keys are short because a desk may sit behind 64 kbit/s. 128 bits of a hash are enough to name an entry: nobody can
find another record for a given name. What the values may be is checked by ``share.incident.entries``.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec

from kizuna.records.bodies.kind import FLASH, ROUTINE, Body, Kind, Lat, Line, Lon, RecordId, TimeMs, Word

Short = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}\\Z")]
"""Short id: the first 32 digits of the id of a record."""
ShortOrNone = Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{32})?\\Z")]
PartyOrNone = Annotated[str, msgspec.Meta(pattern="^([a-z0-9][a-z0-9-]{0,31})?\\Z")]
Said = Annotated[str, msgspec.Meta(max_length=2000)]
"""Free text of one entry."""
Name = Annotated[str, msgspec.Meta(max_length=120)]
Place = tuple[Lon, Lat]
"""Longitude, latitude, as GeoJSON orders them."""
Count = Annotated[int, msgspec.Meta(ge=0, le=100_000)]
Values = Annotated[dict[Word, Any], msgspec.Meta(max_length=8)]
PARENTS_MAX: Final = 16
REFS_MAX: Final = 64
POINTS_MAX: Final = 64
"""Points of one drawing; a longer outline is cut into several."""
Type = Literal["missing", "collision", "drifting", "cable", "encounter", "distress", "other"]
Outcome = Literal["", "saved", "lost", "not_found", "false_alarm", "handed_over", "repaired", "settled", "other"]


class Entry(Body, frozen=True, kw_only=True):
    """What every body begins with."""

    i: ShortOrNone = ""
    n: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    a: Annotated[tuple[Short, ...], msgspec.Meta(max_length=PARENTS_MAX)] = ()
    by: Annotated[str, msgspec.Meta(max_length=32)] = ""


class Opened(Entry, frozen=True, kw_only=True):
    """The incident begins. ``pos``: where; ``ms``: when it happened; ``clause``: what it is shared under."""

    type: Type
    pos: Place | None = None
    ms: TimeMs | None = None
    vessel: Name = ""
    persons: Count | None = None
    what: Said = ""
    clause: Name = ""


class Offer(Entry, frozen=True, kw_only=True):
    """Another desk is brought in (``offer``), comes in (``join``) or says no (``decline``)."""

    op: Literal["offer", "join", "decline"]
    to: PartyOrNone = ""
    how: Literal["rule", "distress", "break_glass"] = "rule"
    clause: Name = ""
    why: Said = ""


class Message(Entry, frozen=True, kw_only=True):
    """A phrase ``p`` with its values ``v``, or free text ``t`` in language ``l``; ``re`` is the entry answered."""

    p: str = ""
    v: Values = msgspec.field(default_factory=dict)
    t: Said = ""
    l: Annotated[str, msgspec.Meta(max_length=16)] = ""  # noqa: E741  the key on the wire
    re: ShortOrNone = ""


class Seen(Entry, frozen=True, kw_only=True):
    """Released records that belong to the case, by short ids; they travel by themselves, each under its own rule."""

    what: Literal["fix", "track", "detection", "event", "other"]
    ids: Annotated[tuple[Short, ...], msgspec.Meta(min_length=1, max_length=REFS_MAX)]
    t: Said = ""


class Task(Entry, frozen=True, kw_only=True):
    """A task is offered to a desk, and what becomes of it. ``t`` names the entry that offered it."""

    op: Literal["offer", "accept", "refuse", "withdraw", "start", "done", "fail"]
    t: ShortOrNone = ""
    to: PartyOrNone = ""
    p: str = ""
    v: Values = msgspec.field(default_factory=dict)
    what: Said = ""
    unit: Name = ""
    until_ms: TimeMs | None = None
    why: Said = ""


class OnScene(Entry, frozen=True, kw_only=True):
    """A unit of the author's desk and where it is in the case; ``osc`` where it coordinates on scene."""

    u: Name
    st: Literal["assigned", "under_way", "on_scene", "left"]
    pos: Place | None = None
    ms: TimeMs | None = None
    osc: bool = False


class Drawing(Entry, frozen=True, kw_only=True):
    """A drawing on the shared map, labelled by its author; the same label again replaces it, ``rm`` removes it."""

    d: Name
    g: Literal["point", "line", "area", "pattern"] = "point"
    c: Annotated[tuple[Place, ...], msgspec.Meta(max_length=POINTS_MAX)] = ()
    pt: Literal["", "square", "sector", "parallel", "creeping", "track"] = ""
    nm: float | None = None
    brg: float | None = None
    legs: int | None = None
    t: Said = ""
    rm: bool = False


class Reading(Entry, frozen=True, kw_only=True):
    """How the author's side reads the place in law. Each side has its own; nothing is merged."""

    t: Said


class Sitrep(Entry, frozen=True, kw_only=True):
    """A situation report as sent: number, priority, addressees and the lettered fields (see ``sitrep``)."""

    no: Annotated[int, msgspec.Meta(ge=1, le=10_000)]
    prio: Literal["distress", "urgency", "safety", "routine"]
    to: Annotated[tuple[Line, ...], msgspec.Meta(max_length=16)] = ()
    f: Annotated[dict[Annotated[str, msgspec.Meta(pattern="^[A-HJ-N]\\Z")], Said], msgspec.Meta(max_length=13)]


class Handover(Entry, frozen=True, kw_only=True):
    """Coordination is offered, accepted, refused, taken back, or assumed because the coordinator cannot be reached."""

    op: Literal["offer", "accept", "refuse", "withdraw", "assume"]
    t: ShortOrNone = ""
    to: PartyOrNone = ""
    of: PartyOrNone = ""
    why: Said = ""


class Closure(Entry, frozen=True, kw_only=True):
    """Closure is proposed with an outcome, agreed, refused; a closed incident may be opened again."""

    op: Literal["propose", "agree", "refuse", "reopen"]
    t: ShortOrNone = ""
    out: Outcome = ""
    saved: Count | None = None
    lost: Count | None = None
    missing: Count | None = None
    why: Said = ""


class Review(Body, frozen=True, kw_only=True):
    """A second person's look at what a lone officer passed on (break-glass). Stays in the house."""

    act: RecordId
    officer: Line
    reviewer: Line
    verdict: Literal["right", "wrong", "right_but_improve"]
    text: Said = ""


class Joint(Body, frozen=True, kw_only=True):
    """The joint record of a closed case in neutral names, as JSON text that both desks make byte for byte alike."""

    i: Short
    sha256: RecordId
    text: Annotated[str, msgspec.Meta(max_length=49_152)] = ""


KINDS: Final = (
    Kind("incident.opened", 1, Opened, FLASH, "A case begins."),
    Kind("incident.offer", 1, Offer, FLASH, "Another desk is brought in, comes in, or says no."),
    Kind("incident.message", 1, Message, FLASH, "A message from the phrasebook, or free text."),
    Kind("incident.seen", 1, Seen, FLASH, "Released records that belong to the case."),
    Kind("incident.task", 1, Task, FLASH, "A task offered, accepted, refused, done."),
    Kind("incident.on_scene", 1, OnScene, FLASH, "A unit and where it is in the case."),
    Kind("incident.drawing", 1, Drawing, FLASH, "A drawing on the shared map."),
    Kind("incident.reading", 1, Reading, FLASH, "How one side reads the place in law."),
    Kind("incident.sitrep", 1, Sitrep, FLASH, "A situation report."),
    Kind("incident.handover", 1, Handover, FLASH, "Coordination is offered and taken over."),
    Kind("incident.closure", 1, Closure, FLASH, "Closure is proposed, agreed, refused; a case opens again."),
    Kind("incident.joint", 1, Joint, ROUTINE, "The joint record of a closed case."),
    Kind("incident.review", 1, Review, ROUTINE, "A second person's look at a break-glass act; never leaves."),
)

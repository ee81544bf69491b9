"""Released records as Cursor on Target events, for clients of the TAK family; and their events as candidates.

What goes in are the bytes of records that a partner or a token may read already: nothing is decided here. Every event
says on what terms it may be used (``access``, ``caveat``, ``releasableTo``), whether it is real (``opex``), how far off
its place may be (``ce`` holds the whole cell that it was coarsened to) and until when it means anything (``stale``).
Nobody is called friend or foe: a thing is of unknown identity. A record of another context than the feed is refused.

TAK puts ``caveat`` and ``releasableTo`` on the event itself; the public base schema (MITRE, 2.0) knows them nowhere, so
the strict form has them on ``detail``, where it allows any attribute. What comes in is a report by somebody, not a
track: it becomes a record of kind ``detection`` with a label that reaches nobody, for a person to look at.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from lxml import etree

from kizuna.base.errors import ContextError, InputError
from kizuna.base.units import KN_MPS, SECOND_MS
from kizuna.base.utc import iso, parse
from kizuna.formats import bounded_xml
from kizuna.formats.cot import AIS_CE_M, UNKNOWN_M
from kizuna.formats.xml_maps import text
from kizuna.records import context as contexts
from kizuna.records.bodies import incident
from kizuna.records.bodies.events import Event
from kizuna.records.bodies.tracks import Detection, Position
from kizuna.records.bodies.trust import Recall
from kizuna.records.bodies.work import Asset
from kizuna.records.kinds import read_body
from kizuna.records.label import EARLIEST_MS, LATEST_MS, Label, tlp_word
from kizuna.records.record import Record, body_bytes, decode, record_id

LARGEST: Final = 64 * 1024
"""Bytes of one event that comes in."""
STALE_S: Final = 600
CELL_REACH: Final = 1.2
"""A cell is at most 1.02 times as high and less than twice as wide as its size, so half its diagonal is below this."""
Place = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Feed:
    """How one stream writes.

    Attributes:
        context: what its records are; others are refused.
        sent_ms: time of the event's making, ms UTC; whoever feeds a partner hands in the tick, never a finer clock.
        stale_s: how long after its observation a thing is drawn.
        tak: terms on the event, as TAK reads them; False for the form that the public schema accepts.
        radius_m: metres around longitude, latitude that hold its cell of a size in metres; None takes a safe bound.
    """

    context: str
    sent_ms: int
    stale_s: int = STALE_S
    tak: bool = True
    radius_m: Callable[[float, Place], float] | None = None


@dataclass(frozen=True, slots=True)
class _Thing:
    """What an event says of a record."""

    name: str
    what: str
    how: str
    callsign: str
    ce_m: float = UNKNOWN_M
    cell_m: float = 0.0
    bucket_s: float = 0.0
    sog_kn: float | None = None
    cog_deg: float | None = None
    remarks: str = ""


def event(data: bytes, feed: Feed) -> bytes | None:
    """One record as an event; None for kinds that are no thing at a place, and for records without one.

    Raises InputError for bytes that are no record, ContextError for those of another context.
    """
    record = decode(data)
    if record.context != feed.context:
        raise ContextError(f"a record of {record.context} in a feed of {feed.context}")
    thing = _thing(record, record_id(data))
    if thing is None or not record.geo:
        return None
    place, spread_m = _place(record.geo)
    ce_m = thing.ce_m
    if thing.cell_m:
        ce_m = feed.radius_m(thing.cell_m, place) if feed.radius_m else CELL_REACH * thing.cell_m
    if spread_m:
        ce_m = spread_m + (0.0 if ce_m == UNKNOWN_M else ce_m)
    start_ms = _within(record.observed_ms)
    stale_ms = _within(start_ms + int(thing.bucket_s * SECOND_MS) + feed.stale_s * SECOND_MS)
    head = (
        f'<event version="2.0" uid="{text(uid(record, thing.name))}" type="{thing.what}" how="{thing.how}" '
        f'time="{iso(_within(feed.sent_ms))}" start="{iso(start_ms)}" stale="{iso(stale_ms)}" '
        f'access="TLP:{tlp_word(record.label.tlp)}" opex="{opex(record.context)}"'
    )
    terms = _terms(record.label)
    on_event, on_detail = (terms, "") if feed.tak else ("", terms)
    point = f'<point lat="{place[1]:.6f}" lon="{place[0]:.6f}" hae="{UNKNOWN_M}" ce="{ce_m:.1f}" le="{UNKNOWN_M}"/>'
    return (f"{head}{on_event}>{point}<detail{on_detail}>{_detail(record, thing, data)}</detail></event>\n").encode()


def gone(data: bytes, feed: Feed) -> bytes | None:
    """The event that takes this record off the clients' maps, after its recall; None where it was never one."""
    record = decode(data)
    thing = _thing(record, record_id(data))
    if thing is None or not record.geo or record.context != feed.context:
        return None
    mine = text(uid(record, thing.name))
    when = iso(_within(feed.sent_ms))
    return (
        f'<event version="2.0" uid="{mine}.gone" type="t-x-d-d" how="m-g" time="{when}" start="{when}" '
        f'stale="{iso(_within(feed.sent_ms + feed.stale_s * SECOND_MS))}" opex="{opex(record.context)}">'
        f'<point lat="0" lon="0" hae="{UNKNOWN_M}" ce="{UNKNOWN_M}" le="{UNKNOWN_M}"/>'
        f'<detail><link uid="{mine}" type="{thing.what}" relation="p-p"/><__forcedelete/></detail></event>\n'
    ).encode()


def opex(context: str) -> str:
    """``o`` for operations, ``e-<id>`` for an exercise, ``s`` for a test (simulation)."""
    if context == contexts.REAL:
        return "o"
    return "s" if context == contexts.TEST else "e-" + context.removeprefix("exercise:")


def uid(record: Record, name: str) -> str:
    """Name of the thing at its reader; one of an exercise never moves the real one."""
    where = "" if contexts.is_real(record.context) else f"{record.context.replace(':', '-')}."
    return f"KIZUNA.{where}{record.origin}.{name}"


def _within(time_ms: int) -> int:
    return min(max(time_ms, EARLIEST_MS), LATEST_MS)


def _terms(label: Label) -> str:
    found = ""
    if label.caveats:
        found += f' caveat="{text(",".join(sorted(label.caveats)))}"'
    if label.rel_to:
        found += f' releasableTo="{text(",".join(sorted(label.rel_to)))}"'
    return found


def _detail(record: Record, thing: _Thing, data: bytes) -> str:
    track = ""
    if thing.sog_kn is not None and thing.cog_deg is not None:
        track = f'<track course="{thing.cog_deg:.1f}" speed="{thing.sog_kn * KN_MPS:.2f}"/>'
    words = [contexts.marking(record.context), thing.remarks, f"by {record.origin}"]
    if thing.cell_m:
        words.append(f"place coarsened to a cell of {thing.cell_m:g} m")
    if thing.bucket_s:
        words.append(f"time coarsened to {thing.bucket_s:g} s")
    said = text("; ".join(w for w in words if w))
    return (
        f'<contact callsign="{text(thing.callsign)}"/>{track}<remarks>{said}</remarks>'
        f'<kizuna record="{record_id(data)}" kind="{record.kind}" origin="{record.origin}"/>'
    )


def _place(geo: tuple[float, ...]) -> tuple[Place, float]:
    """Middle of a point or box, and metres from it to the corners; wide boxes say that nothing is known."""
    if len(geo) == 2:  # noqa: PLR2004  a point
        return (geo[0], geo[1]), 0.0
    west, south, east, north = geo
    wide = (east - west) % 360.0
    lon = (west + wide / 2 + 180.0) % 360.0 - 180.0
    lat = (south + north) / 2
    least = min(abs(south), abs(north)) if south * north > 0 else 0.0
    reach_m = 111_700.0 * math.hypot((north - south) / 2, wide / 2 * math.cos(math.radians(least)))
    return (lon, lat), min(math.ceil(reach_m), UNKNOWN_M)


def _thing(record: Record, name: str) -> _Thing | None:
    body = read_body(record)
    subject = re.sub(r"[^A-Za-z0-9:._-]", "_", record.subject[0]) if len(record.subject) == 1 else ""
    called = subject.removeprefix("mmsi:")
    if isinstance(body, Position):
        return _Thing(
            called or name[:32], "a-u-S", "m-g", called or "vessel", AIS_CE_M, body.cell_m or 0, body.bucket_s or 0,
            body.sog_kn, body.cog_deg,
        )  # fmt: skip
    if isinstance(body, Detection):
        ce_m = UNKNOWN_M if body.accuracy_m is None else max(3.0 * body.accuracy_m, 1.0)
        how = "h-e" if body.sensor in ("visual", "report") else "m-r"
        return _Thing(
            name[:32], "a-u-S", how, called or f"seen by {body.sensor}", ce_m, body.cell_m or 0, body.bucket_s or 0,
            body.speed_kn, body.course_deg, f"{body.sensor} {body.verdict}".strip(),
        )  # fmt: skip
    if isinstance(body, Event):
        word = record.kind.removeprefix("event.").replace("_", " ")
        return _Thing(
            body.event_id, "b-m-p-s-m", "m-f", word, UNKNOWN_M, body.cell_m or 0, body.bucket_s or 0,
            remarks="; ".join(w for w in (word, ", ".join(record.subject), body.summary) if w),
        )  # fmt: skip
    if isinstance(body, incident.Opened):
        return _Thing(name[:32], "b-m-p-s-m", "h-e", f"incident: {body.type}", remarks=body.what)
    if isinstance(body, Asset):
        return _Thing(body.asset_id, _asset_type(body.asset_kind), "h-e", body.callsign or body.asset_id, UNKNOWN_M,
                      remarks=f"{body.asset_kind} {body.status}".strip())  # fmt: skip
    return None


_IN_THE_AIR: Final = ("aircraft", "aeroplane", "helicopter", "uav", "drone")
_ON_LAND: Final = ("team", "vehicle", "truck", "station", "sensor")


def _asset_type(kind: str) -> str:
    return "a-u-A" if kind in _IN_THE_AIR else "a-u-G" if kind in _ON_LAND else "a-u-S"


def recalled(data: bytes) -> tuple[str, ...]:
    """Ids of the records that a recall names; empty for any other record. Their ``gone`` events end them."""
    body = read_body(decode(data))
    return body.records if isinstance(body, Recall) else ()


# --- events of others -----------------------------------------------------------------------------------------------

_UID: Final = re.compile(r"[\x21-\x7e]{1,200}")
_MMSI: Final = re.compile(r"(?:^|[^0-9])([2-7][0-9]{8})(?:[^0-9]|$)")


def read(data: bytes, *, origin: str, context: str) -> Record:
    """One event of a client as a candidate: a report of somebody, with the label that reaches nobody.

    ``origin`` is the party under which the client stands here, ``context`` that of the feed; an ``opex`` that says
    otherwise is refused. Raises InputError whatever the bytes, ContextError for the context.
    """
    root = bounded_xml.parse(data, largest=LARGEST, most=2_000)
    if root.tag != "event":
        raise InputError(f"<{str(root.tag)[:40]}> is no CoT event")
    _same_context(root.get("opex", ""), context)
    name, what = root.get("uid", ""), root.get("type", "")
    if not _UID.fullmatch(name):
        raise InputError("a CoT event without a plain uid")
    point = root.find("point")
    if point is None or not what.startswith("a-"):
        raise InputError(f"a CoT event of type {what[:40]!r} is no thing at a place")
    lat, lon = _number(point, "lat", -90.0, 90.0), _number(point, "lon", -180.0, 180.0)
    ce_m = _number(point, "ce", 0.0, 1e9) if point.get("ce") else UNKNOWN_M
    detail = root.find("detail")
    track = None if detail is None else detail.find("track")
    mmsi = _MMSI.search(name)
    body = Detection(
        sensor="report",
        accuracy_m=None if ce_m >= UNKNOWN_M / 10 else ce_m,
        course_deg=None if track is None or not track.get("course") else _number(track, "course", 0.0, 360.0),
        speed_kn=None if track is None or not track.get("speed") else _number(track, "speed", 0.0, 1e4) / KN_MPS,
    )
    return Record(
        kind="detection", origin=origin, observed_ms=parse(root.get("start") or root.get("time") or ""),
        valid_to_ms=None, geo=(lon, lat), subject=(f"mmsi:{mmsi.group(1)}",) if mmsi else (),
        body=body_bytes(body), label=Label(originator=origin), context=context, evidence=(f"cot:{name}",),
    )  # fmt: skip


def _same_context(said: str, context: str) -> None:
    """``o`` and nothing are real; ``e...`` and ``s...`` are not, and an exercise with a name is only itself."""
    if said in ("", "o") or said.startswith("o-"):
        good = context == contexts.REAL
    elif said == "s" or said.startswith("s-"):
        good = context == contexts.TEST
    else:
        good = said == opex(context)
    if not good:
        raise ContextError(f"a CoT event of opex {said[:80]!r} is not {context}")


def _number(element: etree._Element, name: str, least: float, most: float) -> float:
    try:
        found = float(element.get(name, ""))
    except ValueError:
        found = math.nan
    if not least <= found <= most:
        raise InputError(f"{name} of a CoT event is {element.get(name, '')[:40]!r}", hint=f"{least:g} to {most:g}")
    return found

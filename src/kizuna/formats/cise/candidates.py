"""Entities of a verified message as records for quarantine: a person looks before anything is believed or used.

Their label keeps the message's terms and reaches nobody. What the model says that no kind here means stays in its own
kind, ``cise.anomaly``, which is shown and never interpreted. A feedback that takes a message back becomes a recall of
what came with that message, and of nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from lxml import etree

from kizuna.base.errors import InputError
from kizuna.formats.cise import entities, words
from kizuna.formats.cise.reading import Message
from kizuna.records.bodies.claims import Identity
from kizuna.records.bodies.events import Event
from kizuna.records.bodies.incident import Opened
from kizuna.records.bodies.tracks import Detection, Position
from kizuna.records.bodies.trust import Recall, Request
from kizuna.records.bodies.work import Asset
from kizuna.records.record import Record, body_bytes, encode
from kizuna.records.subject import vessel as vessel_subject
from kizuna.records.subject import vessels

ANOMALY: Final = "cise.anomaly"
_SENSOR_OF: Final = {word: sensor for sensor, word in words.SENSORS.items()}
_STATUS_OF: Final = {word: code for code, word in words.STATUSES.items()}
_ASSET_OF: Final = {word: kind for kind, word in reversed(words.ASSETS.items())}
_AIS: Final = "AutomaticIdentificationSystem"
_MOST_TEXT: Final = 2000
Place = tuple[float, float]


@dataclass(slots=True)
class Candidates:
    """Bytes of records for quarantine; what was not read, by reason."""

    records: list[bytes] = field(default_factory=list)
    unread: dict[str, int] = field(default_factory=dict)

    def skip(self, why: str) -> None:
        """Count one that was not read."""
        self.unread[why] = self.unread.get(why, 0) + 1


@dataclass(frozen=True, slots=True)
class _Frame:
    message: Message
    origin: str

    def record(self, kind: str, body: Any, uuid: str = "", **more: Any) -> bytes:
        handled = self.message.handling or words.Handling()
        evidence = (f"cise:{self.message.message_id}", *((f"cise:{uuid}",) if uuid else ()))
        made = Record(
            kind=kind, origin=self.origin, body=body_bytes(body), label=words.label_of(handled, self.origin),
            context=self.message.context, evidence=evidence, **{"observed_ms": self.message.created_ms, **more},
        )  # fmt: skip
        return encode(made)


def candidates(message: Message, origin: str) -> Candidates:
    """Records from a Push or PullResponse; ``origin`` is the party under which the sender stands here."""
    found = Candidates()
    if message.kind not in ("Push", "PullResponse"):
        return found
    frame = _Frame(message, origin)
    for each in message.entities:
        name = str(etree.QName(each).localname)
        reader = _READERS.get(name)
        if reader is None:
            found.skip(f"entity {name[:40]}")
            continue
        try:
            made = list(reader(each, frame))
        except InputError as exc:
            found.skip(f"{name}: {exc.message[:120]}")
            continue
        found.records += made
        if not made:
            found.skip(f"{name} that says nothing for a record")
    return found


def recall(message: Message, origin: str, came_with: Sequence[str]) -> bytes | None:
    """The recall that a Feedback of type delete is; None for any other message, or where nothing is held.

    ``came_with`` are the ids of the records that came from this sender with the message that it refers to
    (``word("RefMessageID")``); the sender of another message can take nothing of it back.
    """
    if message.kind != "Feedback" or message.word("FeedbackType") != "delete" or not came_with:
        return None
    body = Recall(records=tuple(came_with), reason="error", action="hide", text=message.word("Reason"))
    return _Frame(message, origin).record("recall", body)


def request(message: Message, origin: str) -> bytes | None:
    """The request for information that a PullRequest is; None for subscriptions and other messages."""
    if message.kind != "PullRequest" or message.word("PullType") != "Request":
        return None
    kinds = _KINDS_OF.get(message.service_type, ())
    subject = tuple(dict.fromkeys(w for e in message.entities for w in _subject(e)))
    purpose = message.handling.purpose if message.handling else words.NOT_GIVEN
    asked = () if purpose == words.NOT_GIVEN else (purpose,)
    body = Request(request_id=message.message_id[:64], kinds=kinds, purpose=asked)
    return _Frame(message, origin).record("request", body, subject=subject)


_KINDS_OF: Final = {
    "VesselService": ("track.position", "detection", "identity.claim"), "AnomalyService": ("event.*",),
    "MovementService": entities.MOVEMENTS, "IncidentService": ("incident.opened",),
    "MaritimeSafetyIncidentService": ("incident.opened",), "OperationalAssetService": ("asset",),
}  # fmt: skip


def _text(found: etree._Element, path: str, most: int = 256) -> str:
    return (found.findtext(path) or "").strip()[:most]


def _float(found: etree._Element, path: str, least: float, most: float) -> float | None:
    said = _text(found, path)
    if not said:
        return None
    try:
        value = float(said)
    except ValueError as exc:
        raise InputError(f"{path} is no number") from exc
    if not least <= value <= most:
        raise InputError(f"{path} is {value}")
    return value


def _whole(found: etree._Element, path: str, most: int) -> int | None:
    said = _text(found, path)
    if not said:
        return None
    if not (said.isascii() and said.isdigit()) or int(said) > most:
        raise InputError(f"{path} is {said[:40]!r}")
    return int(said)


def _place(found: etree._Element) -> Place | None:
    lat = _float(found, "Location/Geometry/Latitude", -90.0, 90.0)
    lon = _float(found, "Location/Geometry/Longitude", -180.0, 180.0)
    return None if lat is None or lon is None else (lon, lat)


def _subject(vessel: etree._Element) -> tuple[str, ...]:
    mmsi, imo = _whole(vessel, "MMSI", 1_073_741_823), _whole(vessel, "IMONumber", 9_999_999)
    found = (vessel_subject(mmsi),) if mmsi is not None else ()
    return (*found, f"imo:{imo}") if imo is not None else found


def _vessel(found: etree._Element, frame: _Frame) -> Iterable[bytes]:
    subject, uuid = _subject(found), _text(found, "Identifier/UUID", 64)
    for where in found.findall("LocationRel"):
        place = _place(where)
        if place is None:
            continue
        start_ms, _ = words.times(where.find("PeriodOfTime"))
        at = frame.message.created_ms if start_ms is None else start_ms
        sensor = _text(where, "SensorType")
        cog, sog = _float(where, "COG", 0.0, 360.0), _float(where, "SOG", 0.0, 1e4)
        body: Position | Detection
        if subject and sensor in ("", _AIS, "VesselMonitoringSystem", "LongRangeIdentificationTracking"):
            heading = _float(where, "Heading", 0.0, 360.0)
            status = _STATUS_OF.get(_text(found, "NavigationalStatus"))
            body = Position(sog_kn=sog, cog_deg=cog, heading_deg=heading, nav_status=status, via="cise")
            yield frame.record("track.position", body, uuid, observed_ms=at, geo=place, subject=subject)
        else:
            length_m = _float(found, "Length", 0.0, 1e4)
            body = Detection(sensor=_SENSOR_OF.get(sensor, "report"), speed_kn=sog, course_deg=cog, length_m=length_m)
            yield frame.record("detection", body, uuid, observed_ms=at, geo=place, subject=subject)
    names = [(n.text or "").strip()[:256] for n in found.findall("Name")]
    imo, callsign = _whole(found, "IMONumber", 9_999_999), _text(found, "CallSign")
    if names or imo is not None or callsign:
        claim = Identity(
            mmsi=_whole(found, "MMSI", 1_073_741_823), imo=imo, callsign=callsign, name=next(iter(names), ""),
            flag=_text(found, "Nationality"), length_m=_float(found, "Length", 0.0, 1e4),
            beam_m=_float(found, "Beam", 0.0, 1e4), draught_m=_float(found, "Draught", 0.0, 100.0), basis="cise",
        )  # fmt: skip
        yield frame.record("identity.claim", claim, uuid, subject=subject)


def _happened(found: etree._Element) -> tuple[dict[str, Any], list[Place]]:
    """Time, place and vessels of an event of the model."""
    start_ms, end_ms = words.times(found.find("OccurrencePeriod"))
    places = [p for p in map(_place, found.findall("LocationRel")) if p is not None]
    more: dict[str, Any] = {"valid_from_ms": start_ms, "valid_to_ms": end_ms}
    if start_ms is not None:
        more["observed_ms"] = start_ms
    if places:
        more["geo"] = places[0]
    more["subject"] = tuple(dict.fromkeys(w for o in found.findall("InvolvedObjectRel/Object") for w in _subject(o)))
    return more, places


def _anomaly(found: etree._Element, frame: _Frame) -> Iterable[bytes]:
    more, places = _happened(found)
    uuid, word = _text(found, "Identifier/UUID", 64), _text(found, "AnomalyType")
    said = _text(found, "Metadata/Description", _MOST_TEXT)
    if word != "WithoutAISTransmission" or not uuid:
        body = {"anomaly_type": word or words.NOT_GIVEN, "description": said, "uuid": uuid}
        yield frame.record(ANOMALY, body, uuid, **more)
        return
    mmsis = vessels(more["subject"])
    (start_lon, start_lat), (end_lon, end_lat) = (*places, *places)[:2] if places else ((None, None), (None, None))
    event = Event(
        event_id=uuid, mmsis=mmsis[:64], summary=said, sources=("cise",), start_lon_deg=start_lon,
        start_lat_deg=start_lat, end_lon_deg=end_lon, end_lat_deg=end_lat,
    )  # fmt: skip
    yield frame.record("event.gap" if mmsis else "event.dark_detection", event, uuid, **more)


def _incident(found: etree._Element, frame: _Frame) -> Iterable[bytes]:
    more, places = _happened(found)
    kind = _text(found, "MaritimeSafetyIncidentType")
    urgent = _text(found, "ResponseUrgency") == "Immediate"
    what = "; ".join(w for w in (kind, _text(found, "Metadata/Description", _MOST_TEXT - 40)) if w)
    body = Opened(
        n=1, type="collision" if kind == "Collision" else "distress" if urgent else "other",
        pos=places[0] if places else None, ms=more["valid_from_ms"], what=what,
        vessel=_text(found, "InvolvedObjectRel/Object/Name", 120),
    )  # fmt: skip
    yield frame.record("incident.opened", body, _text(found, "Identifier/UUID", 64), **more)


def _asset(found: etree._Element, frame: _Frame) -> Iterable[bytes]:
    uuid = _text(found, "Identifier/UUID", 64)
    if not uuid:
        raise InputError("an asset without an identifier")
    start_ms, end_ms = words.times(found.find("AvailabilityPeriod"))
    vehicle = found.find("CorrespondentVehicleRel/Vehicle")
    where = None if vehicle is None else vehicle.find("LocationRel")
    place = None if where is None else _place(where)
    body = Asset(
        asset_id=uuid, asset_kind=_ASSET_OF.get(_text(found, "OperationalAssetType"), "other"),
        callsign="" if vehicle is None else _text(vehicle, "CallSign"), speed_kn=_float(found, "MaxSpeed", 0.0, 1e4),
        status=_text(found, "Metadata/Comments"),
    )  # fmt: skip
    more: dict[str, Any] = {"geo": place} if place else {}
    yield frame.record("asset", body, uuid, valid_from_ms=start_ms, valid_to_ms=end_ms, **more)


_READERS: Final = {
    "Vessel": _vessel, "Anomaly": _anomaly, "Incident": _incident, "MaritimeSafetyIncident": _incident,
    "OperationalAsset": _asset,
}  # fmt: skip

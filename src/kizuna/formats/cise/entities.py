"""One released record as an entity of the EUCISE data model 1.5.3.

Positions, detections and identities are vessels; gaps and dark detections are anomalies "without AIS transmission";
encounters and loitering are anomalies of type Other, for the model has no word for them; visits are movements, because
calling at a port is no anomaly. Nothing is put in that the record does not say. Coarsened places say how coarse in
words, since the model has no number for it. Outside real life every nature is Simulated and every source Simulation.
"""

from __future__ import annotations

from typing import Final

from lxml import etree

from kizuna.base.errors import InputError
from kizuna.formats.cise import words
from kizuna.formats.cise.words import add, put
from kizuna.records import context as contexts
from kizuna.records.bodies import incident
from kizuna.records.bodies.claims import Identity
from kizuna.records.bodies.events import Event
from kizuna.records.bodies.tracks import Detection, Position
from kizuna.records.bodies.work import Asset
from kizuna.records.kinds import read_body
from kizuna.records.record import Record, decode, record_id

ANOMALIES: Final = {"event.gap": "WithoutAISTransmission", "event.dark_detection": "WithoutAISTransmission"}
MOVEMENTS: Final = ("event.port_visit", "event.zone_visit")
SAFETY: Final = {"missing": "Other", "collision": "Collision", "drifting": "Other", "distress": "Other"}
"""Incidents that are of maritime safety, and their type; the model has no word for a missing or drifting boat."""


def entity(data: bytes) -> etree._Element | None:
    """The entity; None for kinds that have none. Raises InputError for bytes that are no record."""
    record, name = decode(data), words.name_of(record_id(data))
    body = read_body(record)
    if isinstance(body, Position | Detection | Identity):
        return _vessel(record, body, name)
    if isinstance(body, Event):
        return _event(record, body, name)
    if isinstance(body, incident.Opened):
        return _incident(record, body, name)
    if isinstance(body, Asset):
        return _asset(record, body, name)
    return None


def _real(record: Record) -> bool:
    return contexts.is_real(record.context)


def _identifier(parent: etree._Element, record: Record, name: str) -> None:
    found = add(parent, "Identifier")
    by = add(found, "GeneratedBy")
    add(by, "LegalName", record.origin)
    add(found, "UUID", name)


def _metadata(parent: etree._Element, record: Record, notes: list[str], description: str = "") -> None:
    """What CISE has no field for stands in words: the terms, the marking, how coarse it is."""
    label = record.label
    said = [contexts.marking(record.context), *notes]
    said += [f"caveats: {', '.join(sorted(label.caveats))}"] if label.caveats else []
    said += [f"releasable to: {', '.join(sorted(label.rel_to))}"] if label.rel_to else []
    found = add(parent, "Metadata")
    put(found, "Comments", "; ".join(s for s in said if s))
    put(found, "Description", description)
    add(found, "InformationSensitivityDegree", words.SENSITIVITY[label.tlp])
    words.period(found, "ValidityPeriod", record.valid_from_ms, record.valid_to_ms)


def _coarse(cell_m: float | None, bucket_s: float | None) -> list[str]:
    notes = [f"place coarsened to a cell of {cell_m:g} m"] if cell_m else []
    return [*notes, *([f"time coarsened to {bucket_s:g} s"] if bucket_s else [])]


def _location(parent: etree._Element, geo: tuple[float, ...], *, coarse: bool = False) -> None:
    found = add(parent, "Location")
    where = add(found, "Geometry")
    if len(geo) == 2:  # noqa: PLR2004  a point
        add(where, "Latitude", float(geo[1]))
        add(where, "Longitude", float(geo[0]))
    else:
        w, s, e, n = geo
        add(where, "WKT", f"POLYGON(({w} {s},{e} {s},{e} {n},{w} {n},{w} {s}))")
    if coarse:
        add(found, "LocationQualitativeAccuracy", "Low")


def _vessel(record: Record, body: Position | Detection | Identity, name: str) -> etree._Element:
    root = etree.Element("Vessel")
    _identifier(root, record, name)
    cell_m, bucket_s = getattr(body, "cell_m", None), getattr(body, "bucket_s", None)
    notes = _coarse(cell_m, bucket_s)
    if isinstance(body, Detection) and body.accuracy_m is not None:
        notes.append(f"position within {body.accuracy_m:g} m (standard error)")
    _metadata(root, record, notes)
    if isinstance(body, Identity):
        for called in dict.fromkeys((body.name, *body.names.values())):
            put(root, "Name", called)
    if record.geo:
        _seen(root, record, body, cell_m)
    if isinstance(body, Identity):
        put(root, "Nationality", body.flag)
        put(root, "Beam", None if body.beam_m is None else round(body.beam_m))
        put(root, "CallSign", body.callsign)
        put(root, "Draught", body.draught_m)
    put(root, "IMONumber", _number(record, "imo", getattr(body, "imo", None)))
    put(root, "Length", getattr(body, "length_m", None))
    put(root, "MMSI", _number(record, "mmsi", getattr(body, "mmsi", None)))
    if isinstance(body, Position) and body.nav_status is not None:
        put(root, "NavigationalStatus", words.STATUSES.get(body.nav_status))
    return root


def _seen(root: etree._Element, record: Record, body: Position | Detection | Identity, cell_m: float | None) -> None:
    """Where and when, and how it was learned."""
    found = add(root, "LocationRel")
    _location(found, record.geo, coarse=bool(cell_m))
    cog = body.cog_deg if isinstance(body, Position) else getattr(body, "course_deg", None)
    sog = body.sog_kn if isinstance(body, Position) else getattr(body, "speed_kn", None)
    put(found, "COG", cog)
    put(found, "Heading", getattr(body, "heading_deg", None))
    words.period(found, "PeriodOfTime", record.observed_ms, None)
    source = "Declaration" if isinstance(body, Position | Identity) else "Observation"
    add(found, "SourceType", source if _real(record) else "Simulation")
    if isinstance(body, Position):
        add(found, "SensorType", "AutomaticIdentificationSystem")
    elif isinstance(body, Detection):
        add(found, "SensorType", words.SENSORS.get(body.sensor, "Other"))
    put(found, "SOG", sog)


def _number(record: Record, scheme: str, own: int | None) -> int | None:
    """The identity that the record speaks of, where it is exactly one."""
    found = {w.partition(":")[2] for w in record.subject if w.startswith(scheme + ":")}
    named = next(iter(found)) if len(found) == 1 else ""
    return int(named) if named.isascii() and named.isdigit() else own


def _event_head(root: etree._Element, record: Record, name: str, notes: list[str], description: str) -> None:
    """What every event begins with, in the model's order."""
    _identifier(root, record, name)
    _metadata(root, record, notes, description)
    add(root, "NatureType", "Observed" if _real(record) else "Simulated")


def _event(record: Record, body: Event, name: str) -> etree._Element:
    tag = "Movement" if record.kind in MOVEMENTS else "Anomaly"
    root = etree.Element(tag, nsmap={"vessel": words.VESSEL, "xsi": words.XSI})
    word = record.kind.removeprefix("event.").replace("_", " ")
    notes = [f"status {body.status}", *_coarse(body.cell_m, body.bucket_s), f"event {body.event_id}"]
    if body.confidence is not None:
        notes.append(f"confidence {body.confidence:.2f}")
    _event_head(root, record, name, notes, f"{word}: {body.summary}" if body.summary else word)
    words.period(root, "OccurrencePeriod", record.valid_from_ms or record.observed_ms, record.valid_to_ms)
    ends = ((body.start_lon_deg, body.start_lat_deg, "StartPlace"), (body.end_lon_deg, body.end_lat_deg, "EndPlace"))
    places: list[tuple[tuple[float, ...], str]] = [
        ((lon, lat), role) for lon, lat, role in ends if lon is not None and lat is not None
    ]
    for geo, role in places or ([(record.geo, "")] if record.geo else []):
        found = add(root, "LocationRel")
        _location(found, geo, coarse=bool(body.cell_m))
        put(found, "LocationRole", role)
        add(found, "SourceType", "Estimation" if _real(record) else "Simulation")
    for mmsi in body.mmsis:
        rel = add(root, "InvolvedObjectRel")
        add(add(rel, "Object"), "MMSI", mmsi).getparent().set(words.XSI_TYPE, "vessel:Vessel")
        add(rel, "ObjectRole", "Participant")
    if tag == "Anomaly":
        add(root, "AnomalyType", ANOMALIES.get(record.kind, "Other"))
    return root


def _incident(record: Record, body: incident.Opened, name: str) -> etree._Element:
    tag = "MaritimeSafetyIncident" if body.type in SAFETY else "Incident"
    root = etree.Element(tag, nsmap={"vessel": words.VESSEL, "xsi": words.XSI})
    notes = [f"persons {body.persons}"] if body.persons is not None else []
    _event_head(root, record, name, notes, f"{body.type}: {body.what}" if body.what else body.type)
    words.period(root, "OccurrencePeriod", body.ms if body.ms is not None else record.observed_ms, None)
    geo = body.pos or record.geo
    if geo:
        found = add(root, "LocationRel")
        _location(found, geo)
        add(found, "SourceType", "Declaration" if _real(record) else "Simulation")
    if body.vessel:
        rel = add(root, "InvolvedObjectRel")
        add(add(rel, "Object"), "Name", body.vessel).getparent().set(words.XSI_TYPE, "vessel:Vessel")
    add(root, "ResponseUrgency", "Immediate" if body.type == "distress" else words.NOT_GIVEN)
    if tag != "Incident":
        add(root, "MaritimeSafetyIncidentType", SAFETY[body.type])
    return root


def _asset(record: Record, body: Asset, name: str) -> etree._Element:
    root = etree.Element("OperationalAsset", nsmap={"vessel": words.VESSEL, "xsi": words.XSI})
    words.period(root, "AvailabilityPeriod", record.valid_from_ms, record.valid_to_ms)
    _identifier(root, record, name)
    put(root, "MaxSpeed", body.speed_kn)
    notes = [f"asset {body.asset_id}", body.asset_kind, body.status, *body.capabilities]
    if body.ready_h is not None:
        notes.append(f"ready in {body.ready_h:g} h")
    _metadata(root, record, notes, "; ".join(dict.fromkeys(body.names.values())))
    add(root, "OperationalAssetType", words.ASSETS.get(body.asset_kind, "Other"))
    if record.geo or body.callsign:
        vehicle = add(add(root, "CorrespondentVehicleRel"), "Vehicle")
        vehicle.set(words.XSI_TYPE, "vessel:Vessel")
        if record.geo:
            found = add(vehicle, "LocationRel")
            _location(found, record.geo)
            words.period(found, "PeriodOfTime", record.observed_ms, None)
            add(found, "SourceType", "Declaration" if _real(record) else "Simulation")
        put(vehicle, "CallSign", body.callsign)
    return root


def must(data: bytes) -> etree._Element:
    """The entity of a record that has one. Raises InputError."""
    found = entity(data)
    if found is None:
        raise InputError(f"no entity of CISE says what a record of kind {decode(data).kind} says")
    return found

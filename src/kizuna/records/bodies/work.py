"""What parties have, plan, need and give: assets, patrols, facilities, relief, alerts."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from kizuna.records.bodies.kind import (
    BULK,
    FLASH,
    ROUTINE,
    Amount,
    Body,
    Kind,
    Lat,
    Line,
    Lon,
    Names,
    RecordId,
    Text,
    TimeMs,
    Word,
)  # fmt: skip

_Words = Annotated[tuple[Line, ...], msgspec.Meta(max_length=64)]
_Line = Annotated[tuple[tuple[Lon, Lat], ...], msgspec.Meta(max_length=500)]


class Asset(Body, frozen=True, kw_only=True):
    """A vessel, aircraft, team or sensor that a party can send. Where it is stands in ``geo``."""

    asset_id: Word
    asset_kind: Word
    names: Names = msgspec.field(default_factory=dict)
    callsign: Line = ""
    status: Line = ""
    speed_kn: Amount | None = None
    endurance_h: Amount | None = None
    ready_h: Amount | None = None
    capabilities: _Words = ()


class Leg(Body, frozen=True, kw_only=True):
    """One part of a plan: an asset, an interval, a line or area."""

    start_ms: TimeMs
    end_ms: TimeMs
    asset_id: Line = ""
    activity: Line = ""
    line: _Line = ()


class Plan(Body, frozen=True, kw_only=True):
    """Who patrols where and when."""

    plan_id: Word
    title: Line = ""
    legs: Annotated[tuple[Leg, ...], msgspec.Meta(max_length=200)] = ()
    note: Text = ""


class Facility(Body, frozen=True, kw_only=True):
    """A berth, hospital, depot, shelter or slipway that a party offers."""

    facility_id: Word
    facility_kind: Word
    names: Names = msgspec.field(default_factory=dict)
    capacity: Amount | None = None
    capacity_unit: Line = ""
    services: _Words = ()
    contact: Line = ""
    note: Text = ""


class Need(Body, frozen=True, kw_only=True):
    """What is needed, how much, by when."""

    need_id: Word
    item: Line
    quantity: Amount | None = None
    quantity_unit: Line = ""
    priority: Line = ""
    by_ms: TimeMs | None = None
    place: Line = ""
    note: Text = ""


class Pledge(Body, frozen=True, kw_only=True):
    """What somebody promises towards a need."""

    pledge_id: Word
    need: RecordId
    quantity: Amount | None = None
    quantity_unit: Line = ""
    ready_ms: TimeMs | None = None
    note: Text = ""


class Delivery(Body, frozen=True, kw_only=True):
    """What arrived of a pledge."""

    delivery_id: Word
    pledge: RecordId
    quantity: Amount | None = None
    quantity_unit: Line = ""
    received_by: Line = ""
    note: Text = ""


class Alert(Body, frozen=True, kw_only=True):
    """A public warning in the words of CAP 1.2 (OASIS); the message itself may ride along unchanged in ``xml``."""

    identifier: Line
    sender: Line
    status: Word
    msg_type: Word
    scope: Word
    event: Line = ""
    category: Line = ""
    urgency: Line = ""
    severity: Line = ""
    certainty: Line = ""
    headline: Names = msgspec.field(default_factory=dict)
    description: Names = msgspec.field(default_factory=dict)
    instruction: Names = msgspec.field(default_factory=dict)
    area: Line = ""
    polygon: _Line = ()
    xml: Text = ""


KINDS: Final = (
    Kind("asset", 1, Asset, ROUTINE, "Something that a party can send."),
    Kind("patrol.plan", 1, Plan, ROUTINE, "Who patrols where and when."),
    Kind("facility.offer", 1, Facility, BULK, "A berth, hospital, depot or shelter that a party offers."),
    Kind("need", 1, Need, ROUTINE, "What is needed, how much, by when."),
    Kind("pledge", 1, Pledge, ROUTINE, "What somebody promises towards a need."),
    Kind("delivery", 1, Delivery, ROUTINE, "What arrived of a pledge."),
    Kind("alert.cap", 1, Alert, FLASH, "A public warning in the words of CAP 1.2."),
)

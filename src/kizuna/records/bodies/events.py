"""Events that may leave: the columns of the table of events that say what happened and why it is thought so.

Numbers of messages and segments stay at home, for they name rows of this node alone; what an event rests on stands in
the record's ``evidence`` as ids of records. Vessels stand in ``subject``, the interval in valid_from and valid_to.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from kizuna.records.bodies.kind import ROUTINE, Amount, Body, Kind, Lat, Line, Lon, Mmsi, Share, Text, Word


class Region(Body, frozen=True, kw_only=True):
    """A zone that the event touches, as one party claims it."""

    zone_id: Line
    claimant: Line = ""
    view: Line = ""
    relation: Line = ""


class Test(Body, frozen=True, kw_only=True):
    """One test of the evidence: ``measured relation threshold``, and whether it held."""

    test: Line
    measured: float | None = None
    threshold: float | None = None
    relation: Annotated[str, msgspec.Meta(pattern="^(>|>=|<|<=|)\\Z")] = ""
    unit: Line = ""
    passed: bool | None = None


class Event(Body, frozen=True, kw_only=True):
    """What happened. Units as in the table of events: m, kn, h, degrees; a missing number is left out."""

    event_id: Word
    version: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1
    status: Word = "closed"
    status_reason: Line = ""
    superseded_by: Line = ""
    mmsis: Annotated[tuple[Mmsi, ...], msgspec.Meta(max_length=64)] = ()
    start_lat_deg: Lat | None = None
    start_lon_deg: Lon | None = None
    end_lat_deg: Lat | None = None
    end_lon_deg: Lon | None = None
    duration_h: Amount | None = None
    distance_m: Amount | None = None
    implied_speed_kn: Amount | None = None
    median_speed_kn: Amount | None = None
    median_distance_m: Amount | None = None
    start_distance_from_shore_m: Amount | None = None
    end_distance_from_shore_m: Amount | None = None
    start_distance_from_port_m: Amount | None = None
    end_distance_from_port_m: Amount | None = None
    regions: Annotated[tuple[Region, ...], msgspec.Meta(max_length=64)] = ()
    confidence: Share | None = None
    confidence_word: Line = ""
    level: Annotated[int, msgspec.Meta(ge=0, le=4)] = 0
    sources: Annotated[tuple[Line, ...], msgspec.Meta(max_length=64)] = ()
    rule_id: Line = ""
    rule_version: Line = ""
    tests: Annotated[tuple[Test, ...], msgspec.Meta(max_length=64)] = ()
    alternatives: Annotated[tuple[Line, ...], msgspec.Meta(max_length=32)] = ()
    would_settle: Annotated[tuple[Line, ...], msgspec.Meta(max_length=32)] = ()
    summary: Text = ""
    cell_m: Amount | None = None
    bucket_s: Amount | None = None


EVENT_KINDS: Final = ("gap", "encounter", "loitering", "zone_visit", "port_visit", "dark_detection")

_DOCS: Final = {
    "gap": "A vessel fell silent and spoke again.", "encounter": "Two vessels stayed close.",
    "loitering": "A vessel stayed slow, away from shore.", "zone_visit": "A vessel was inside a zone.",
    "port_visit": "A vessel called at a port.", "dark_detection": "A sensor saw what no track explains.",
}  # fmt: skip

KINDS: Final = tuple(Kind(f"event.{name}", 1, Event, ROUTINE, _DOCS[name]) for name in EVENT_KINDS)

"""Words of the EUCISE model 1.5.3 and how labels, kinds, times and sensors read in them.

No translation widens. A level that CISE does not have becomes the next closed one; of several purposes one is named,
never none; a label whose purposes exclude each other is refused.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree

from kizuna.base.errors import InputError
from kizuna.base.utc import iso, parse
from kizuna.records.label import NO_PURPOSE, POLICY, PURPOSES, Label, Tlp, join

MESSAGE: Final = "http://www.cise.eu/servicemodel/v1/message/"
SERVICE: Final = "http://www.cise.eu/servicemodel/v1/service/"
VESSEL: Final = "http://www.cise.eu/datamodel/v1/entity/vessel/"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
DSIG: Final = "http://www.w3.org/2000/09/xmldsig#"
XSI_TYPE: Final = f"{{{XSI}}}type"
NOT_GIVEN: Final = "NonSpecified"
UNCLASSIFIED: Final = "NonClassified"
SERVICES: Final = {
    "Vessel": "VesselService", "Anomaly": "AnomalyService", "Movement": "MovementService",
    "Incident": "IncidentService", "MaritimeSafetyIncident": "MaritimeSafetyIncidentService",
    "OperationalAsset": "OperationalAssetService",
}  # fmt: skip
"""Which service carries which entity."""
SENSITIVITY: Final = {
    Tlp.CLEAR: "White", Tlp.GREEN: "Green", Tlp.AMBER: "Amber", Tlp.AMBER_STRICT: "Red", Tlp.RED: "Red",
}  # fmt: skip
"""CISE has TLP 1, which knows no AMBER+STRICT: it is written Red."""
TLP_OF: Final = {"White": Tlp.CLEAR, "Green": Tlp.GREEN, "Amber": Tlp.AMBER}
"""Red, NonSpecified and anything else are read as RED."""
SENSORS: Final = {
    "radar": "MaritimeRadar", "sar": "SyntheticApertureRadar", "rf": "SignalInterceptionSystemsELINT",
    "uav": "EOIROptronicSystem", "visual": "Sighting", "report": "NonTraditionalSources",
}  # fmt: skip
STATUSES: Final = {
    0: "UnderWayUsingEngine", 1: "AtAnchor", 2: "NotUnderCommand", 3: "RestrictedManoeuvrability",
    4: "ConstrainedByHerDraught", 5: "Moored", 6: "Aground", 7: "EngagedInFishing", 8: "UnderWaySailing",
    11: "PowerDrivenVesselTowingAstern", 12: "PowerDrivenVesselTowigAheadOrPushingAlongside",
    14: "AISSARTSeekingToAttractAttention", 15: "UndefinedDefault",
}  # fmt: skip
"""Navigational status, in the model's own spelling."""
ASSETS: Final = {
    "helicopter": "Helicopter", "aircraft": "Aircraft", "aeroplane": "Aeroplane", "uav": "UAV", "drone": "Drone",
    "patrol_boat": "PatrolBoat", "patrol_vessel": "PatrolBoat", "boat": "SpeedBoat", "usv": "USV", "uuv": "UUV",
}  # fmt: skip
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Handling:
    """What a message says of how its payload is to be treated."""

    sensitivity: str = "Red"
    purpose: str = NOT_GIVEN
    personal: bool = True
    retain_until_ms: int | None = None
    security: str = UNCLASSIFIED


def handling(labels: Iterable[Label]) -> Handling:
    """The handling of what has these labels. Raises InputError where it cannot be said without widening."""
    label = join(labels)
    if label.policy != POLICY or NO_PURPOSE in label.purpose:
        raise InputError("labels that no one message can carry", hint="send them apart")
    return Handling(
        SENSITIVITY[label.tlp], min(label.purpose, default=NOT_GIVEN), label.personal, label.retain_until_ms
    )


def label_of(found: Handling, originator: str) -> Label:
    """The label of what came in: its terms kept, and nobody told until a person says so."""
    return Label(
        tlp=TLP_OF.get(found.sensitivity, Tlp.RED),
        purpose=frozenset((found.purpose,)) & PURPOSES if found.purpose != NOT_GIVEN else frozenset(),
        personal=found.personal,
        retain_until_ms=found.retain_until_ms,
        originator=originator,
    )


def add(parent: etree._Element, tag: str, value: Any = None) -> etree._Element:
    """A child with a text; characters that XML does not know are left out."""
    child = etree.SubElement(parent, tag)
    if value is not None:
        child.text = _NOT_XML.sub("", value if isinstance(value, str) else _word(value))
    return child


def put(parent: etree._Element, tag: str, value: Any) -> None:
    """The same where there is something to say."""
    if value is not None and value != "":
        add(parent, tag, value)


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.7f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def period(parent: etree._Element, tag: str, start_ms: int | None, end_ms: int | None) -> None:
    """A period; CISE writes date and time apart."""
    if start_ms is None and end_ms is None:
        return
    found = add(parent, tag)
    for name, time_ms in (("End", end_ms), ("Start", start_ms)):
        if time_ms is not None:
            day, _, clock = iso(time_ms).partition("T")
            add(found, f"{name}Date", day + "Z")
            add(found, f"{name}Time", clock)


def times(found: etree._Element | None) -> tuple[int | None, int | None]:
    """Start and end of a period, ms UTC. A date without a time is its beginning. Raises InputError."""
    if found is None:
        return None, None
    return _time(found, "Start"), _time(found, "End")


_DAY: Final = re.compile(r"(\d{4}-\d\d-\d\d)(Z|[+-]\d\d:\d\d)?")
_CLOCK: Final = re.compile(r"(\d\d:\d\d:\d\d(?:\.\d{1,9})?)(Z|[+-]\d\d:\d\d)?")


def _time(found: etree._Element, name: str) -> int | None:
    day = _DAY.fullmatch((found.findtext(f"{name}Date") or "").strip())
    if day is None:
        if found.find(f"{name}Date") is not None:
            raise InputError(f"a {name}Date that is no date")
        return None
    clock = _CLOCK.fullmatch((found.findtext(f"{name}Time") or "00:00:00").strip())
    if clock is None:
        raise InputError(f"a {name}Time that is no time")
    zone = (clock[2] or day[2] or "Z").replace("Z", "+00:00")
    whole, _, part = clock[1].partition(".")
    return parse(f"{day[1]}T{whole}.{part[:6].ljust(6, '0')}{zone}")


def name_of(digest: str) -> str:
    """A UUID made of the first 128 bits of a hash in hexadecimal."""
    return str(uuid.UUID(hex=digest[:32]))

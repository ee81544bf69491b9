"""The words of events: what else could explain them and what would settle them.

Rules: an event is *consistent with* something, it never *is* something. No text says that anybody hides. Nothing is
said, or scored, by flag, nationality or person.
"""

from __future__ import annotations

from typing import Final

RECEIVER_FAULT: Final = "receiver outage or poor propagation"
USUAL_SILENCE: Final = "a silence not unusual for this vessel, which was silent for long before as well"
OUT_OF_REACH: Final = "out of reach of the receivers"
CLASS_B: Final = "low power or crowded channel (class B, congestion)"
SWITCHED_OFF_IN_PORT: Final = "switched off while moored, as is usual and mostly allowed"
SHARED_MMSI: Final = "another ship under the same MMSI was heard; the silent track may end in an identity mix-up"
DATA_END: Final = "the data end; the vessel may be heard again"
TWO_SHIPS: Final = "the tracks before and after may be two ships"

BERTHS: Final = "lying at neighbouring berths or moorings, or on inland water"
SAME_WORK: Final = "tug, pilot, supply or bunker service at work"
FISHING_TOGETHER: Final = "fishing or trawling together"
WAITING: Final = "waiting area or anchorage that the mask does not know"
SAME_OPERATOR: Final = "vessels of one operator, or two transponders on one vessel"
RESCUE: Final = "assistance or rescue"

MEETING: Final = "part of a meeting with another vessel, listed as an encounter"
DRIFTING: Final = "drifting for orders, weather or repair"
FISHING: Final = "fishing, survey or research work"
ANCHORED_AT_SEA: Final = "at anchor without saying so"

PASSAGE: Final = "passage along a route that crosses the line"
POSITION_ERROR: Final = "position error near the line"
BOUNDARY_DATA: Final = "the line as drawn differs from the line in force"
SHELTER: Final = "shelter from weather, or distress"

PASSING_PORT: Final = "passing close by a port without calling"
ROADSTEAD: Final = "waiting in a roadstead, without a berth or landing"
HARBOUR_WORK: Final = "tug, pilot, ferry or other craft that works within the port"
BUSY_PLACE: Final = "a place where many vessels lie that is no port"

NEEDS_NO_AIS: Final = "small craft, fishing boats, yachts and warships need not send AIS, or not everywhere"
NOT_RECEIVED: Final = "AIS was sent and not received: out of range, crowded channel, receiver outage"
NO_VESSEL: Final = "no vessel: wave, wake, ice, rock, image artefact"
FIXED_OBJECT: Final = "a fixed object: platform, wind turbine, buoy, fish farm, or a vessel moored for long"
SCENE_OFF: Final = "time or place of the scene may be wrong: it does not find the vessels that are surely in it"
NOBODY_HEARD: Final = "hardly any vessel was heard around: the place may lie outside AIS reception"
OTHER_TRACK: Final = "a vessel whose track is uncertain at that time"

SETTLE_AGAIN: Final = "another pass or sweep over the place"
SETTLE_CHARTS: Final = "charts and lists of platforms, wind farms and fish farms"
SETTLE_SAR: Final = "satellite radar or optical image of the area and time"
SETTLE_RADIO: Final = "radio call to the vessel or its operator"
SETTLE_OTHER_RECEIVER: Final = "fixes of another receiver or of satellites for the same hours"
SETTLE_RADAR: Final = "coastal radar track"
SETTLE_LOG: Final = "fishing log, bunker note or tug order"
SETTLE_PORT_LOG: Final = "port call record, harbour radio log or camera"
SETTLE_PATROL: Final = "sighting by patrol vessel or aircraft"


def consistent_with(what: str) -> str:
    """The closing words of a summary."""
    return f"consistent with {what}"

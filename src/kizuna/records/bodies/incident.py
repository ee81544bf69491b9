"""One case handled by two desks: the records of its shared timeline."""

from __future__ import annotations

from typing import Final

from kizuna.records.bodies.kind import FLASH, Kind

KINDS: Final = (
    Kind("incident.opened", 1, None, FLASH, "A case is opened and offered."),
    Kind("incident.entry", 1, None, FLASH, "A line of the timeline."),
    Kind("incident.message", 1, None, FLASH, "A message from the phrasebook, with free text."),
    Kind("incident.task", 1, None, FLASH, "A task offered, accepted, refused, done."),
    Kind("incident.drawing", 1, None, FLASH, "A drawing on the map."),
    Kind("incident.on_scene", 1, None, FLASH, "Who is on scene."),
    Kind("incident.handover", 1, None, FLASH, "Coordination is offered and taken over."),
    Kind("incident.closed", 1, None, FLASH, "The case is closed, with its joint record."),
)

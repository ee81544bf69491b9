"""Events as GeoJSON features, one a line: a form to append to while events come in, and to follow with other tools.

The features are those of ``formats.geojson``. A line is a change: its ``event_id`` and ``version`` say of what.
"""

from __future__ import annotations

from typing import Final

from kizuna.base.table import Table
from kizuna.formats.geojson import events_geojson

_BEFORE: Final = b'"features":[\n'
_AFTER: Final = b"\n]}\n"


def event_lines(events: Table) -> bytes:
    """One line an event, each ending with a line feed; nothing for no events."""
    if not len(events):
        return b""
    whole = events_geojson(events)  # writes each feature on a line of its own
    start = whole.index(_BEFORE) + len(_BEFORE)
    return whole[start : -len(_AFTER)].replace(b",\n", b"\n") + b"\n"

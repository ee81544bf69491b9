"""Settling: all events worked out anew from all rows; at once, or on another thread while looks go on.

On another thread it works on the rows as they were when it began (``Begun``), which are held where they are in memory
while more come. What a look told meanwhile rests on newer rows than those; it is left alone, and the settling after
this one sees to it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from kizuna.base.grow import Hold
from kizuna.base.table import Table
from kizuna.engines.live.kept_statics import joined
from kizuna.events.detect import detect_all
from kizuna.events.params import Settings
from kizuna.events.reception import listened
from kizuna.events.surroundings import Surroundings
from kizuna.tracks import identity
from kizuna.tracks.segment import segment
from kizuna.tracks.table import Tracks


class Settled(NamedTuple):
    """Tracks, identities and events of all rows, as a run over them gives them."""

    tracks: Tracks
    identities: Table
    events: Table
    surroundings: Surroundings


class Begun(NamedTuple):
    """What a settling works on: rows, until when the stream was known to go on, and how much was told by then."""

    held: Hold
    in_parts: tuple[Table, ...]
    watermark_ms: int
    data_end_ms: int | None
    told: int

    @property
    def fixes(self) -> Table:
        """The rows as they were."""
        return self.held.rows

    @property
    def statics(self) -> Table:
        """The static messages as they were; joined for whoever asks."""
        return joined(self.in_parts)


def settled_apart(begun: Begun, settings: Settings, surroundings: Surroundings) -> Settled:
    """``work_out`` for what was begun; on the thread that it is called on."""
    return work_out(begun.fixes, begun.statics, settings, surroundings, begun.data_end_ms)


def work_out(
    fixes: Table, statics: Table, settings: Settings, surroundings: Surroundings, data_end_ms: int | None
) -> Settled:  # fmt: skip
    """Tracks, identities and events of rows. Touches nothing of an engine; any thread may do it."""
    tracks = segment(fixes, settings.segment)
    identities = identity.identities(statics, settings.identity)
    tracks = identity.join(tracks, statics, settings.identity)
    heard = listened(tracks) if len(tracks) else None
    around = replace(surroundings, reception=heard, data_end_ms=data_end_ms)
    return Settled(tracks, identities, detect_all(tracks, settings, around), around)

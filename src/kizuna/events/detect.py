"""Runs all detectors over tracks: the one call of the pipeline."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow.compute as pc

from kizuna.base.table import Table, concat
from kizuna.events import encounters, gaps, loitering, port_visits, zone_visits
from kizuna.events.params import Settings
from kizuna.events.runs.meetings import Met
from kizuna.events.subjects import Subjects, subjects
from kizuna.events.surroundings import NOTHING_KNOWN, Surroundings
from kizuna.tracks.table import Tracks

Progress = Callable[[float, str], None]
"""Called with the share done (0 to 1) and a word for what is going on."""


def detect_all(
    tracks: Tracks, params: Settings | None = None, surroundings: Surroundings = NOTHING_KNOWN,
    progress: Progress | None = None,
) -> Table:  # fmt: skip
    """Events of all types, sorted by start, then id. The same fixes give the same table in whatever order they came."""
    params = params or Settings()
    tell = progress or (lambda _share, _what: None)
    who = subjects(tracks)
    tell(0.0, "encounters")
    table, met = encounters.detect_with_rows(tracks, params.encounters, surroundings, who, params.resample)
    tell(0.5, "events of single vessels")
    out = in_order(concat([*of_single_vessels(tracks, params, surroundings, who, met), table]))
    tell(1.0, "events found")
    return out


def of_single_vessels(
    tracks: Tracks, params: Settings, surroundings: Surroundings, who: Subjects, met: Met
) -> list[Table]:  # fmt: skip
    """Events of all types that one vessel makes alone, a table a type.

    What they need of other vessels comes with the surroundings and with the encounters ``met``. So a run that holds
    only some of the vessels in memory finds the same events of these (``engines.partition``).
    """
    return [
        gaps.detect(tracks, params.gaps, surroundings, who),
        loitering.detect(tracks, params.loitering, surroundings, who, met),
        zone_visits.detect(tracks, params.zone_visits, surroundings, who),
        port_visits.detect(tracks, params.port_visits, surroundings, who),
    ]


def in_order(events: Table) -> Table:
    """Events by start, then id, then version."""
    ids = pc.rank(events["event_id"], tiebreaker="dense").to_numpy()
    return events.take(np.lexsort((events["version"], ids, events["start_ms"])).astype(np.int64))


def count_by_type(events: Table) -> dict[str, int]:
    """Number of events of each type, all types named."""
    words = events.codes_of("event_type")
    number = np.bincount(events["event_type"], minlength=len(words))
    return dict(zip(words, number.tolist(), strict=True))

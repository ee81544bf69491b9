"""Presence in a result directory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from kizuna.engines.over_time.stream import Progress, Results, rows, silent
from kizuna.picture.flags import FLAGS
from kizuna.picture.presence import Params, Presence, Ships
from kizuna.places.zone import Zone
from kizuna.places.zone_index import ZoneIndex


@dataclass(frozen=True, slots=True)
class Question:
    """What to count: parameters, the zones to count in, and names of number blocks by MID."""

    params: Params
    zones: Sequence[Zone] = ()
    names: Mapping[int, str] | None = None


def presence_of(directory: Path, questions: Sequence[Question], progress: Progress = silent) -> list[pa.Table]:
    """The counts of each question as a table, all in one pass. Raises ConfigError or InputError."""
    results = Results(directory)
    results.check()
    kinds = results.classes() if any("type" in q.params.by for q in questions) else None
    tallies = []
    for q in questions:
        nothing = Ships.unknown()
        ships = Ships(*(kinds or (nothing.mmsi, nothing.kind)), q.names or FLAGS)
        tallies.append(Presence(q.params, ZoneIndex.build(list(q.zones)) if q.zones else None, ships))
    for part in rows(results, "Count presence", progress):
        for tally in tallies:
            tally.feed(part)
    return [tally.table(tally.finish()) for tally in tallies]

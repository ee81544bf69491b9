"""From decoded rows to tracks and explained events: the stages of ``kizuna detect`` on this machine.

Everything is held in memory (about 0.6 GB for a million fixes at the peak). The same rows give the same tables,
whatever the order of the inputs; only timings differ between two runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kizuna.base.errors import ConfigError
from kizuna.base.table import Table
from kizuna.base.units import MISSING_TIME_MS
from kizuna.engines.stages import Stages
from kizuna.engines.surround import Around, around
from kizuna.events.detect import detect_all
from kizuna.events.params import Settings
from kizuna.events.versions import Run, compare
from kizuna.fixes.clean import assume_times, without_time
from kizuna.places.anchorages import Anchorages
from kizuna.places.zone import Zone
from kizuna.sources.batch import Batch
from kizuna.tracks import identity
from kizuna.tracks.segment import segment
from kizuna.tracks.stops import find
from kizuna.tracks.table import Tracks


@dataclass(frozen=True, slots=True)
class Found:
    """What the stages gave."""

    tracks: Tracks
    identities: Table
    events: Table
    around: Around
    warnings: tuple[str, ...]


def timed(fixes: Table, start_ms: int | None) -> tuple[Table, tuple[str, ...]]:
    """Fixes with times. Raises ConfigError where the input has none and no start was given."""
    lacking = without_time(fixes)
    if not lacking:
        return fixes, ()
    if start_ms is not None:
        mended = assume_times(fixes, start_ms)
        told = "times were made from --start and the second of each report, marked time_source = assumed"
        return mended, (f"{lacking:,} fixes carried no time: {told}, time_suspect",)
    return fixes, told_untimed(lacking, len(fixes))


def told_untimed(lacking: int, rows: int) -> tuple[str, ...]:
    """What is said of fixes without times. Raises ConfigError where none has one."""
    if not lacking:
        return ()
    if lacking == rows:
        raise ConfigError(
            "the input carries no times, so nothing can be said of when things happened",
            hint="give the UTC time of its first line, e.g. --start 2020-01-01T00:00:00Z, or use kizuna decode",
        )
    share = f"{lacking:,} of {rows:,} fixes"
    return (f"{share} carry no time and take no part in tracks; --start would give them assumed ones",)


def find_events(
    batch: Batch, settings: Settings, zones: Sequence[Zone], lists: Sequence[Anchorages], stages: Stages
) -> Found:
    """Tracks, identities, surroundings and events of decoded rows that have times."""
    rows = len(batch.fixes)
    with stages.stage("Tracks", rows) as tell:
        tracks = segment(batch.fixes, settings.segment, lambda share, _what: tell(share, 1.0))
    with stages.stage("Identities", len(batch.statics)):
        identities = identity.identities(batch.statics, settings.identity)
        tracks = identity.join(tracks, batch.statics, settings.identity)
    with stages.stage("Stops and anchorages", rows):
        stops = find(tracks, settings.stops)
        world = around(tracks, stops, settings.anchorages, lists, zones)
    with stages.stage("Events", rows) as tell:
        events = detect_all(tracks, settings, world.surroundings, lambda share, _what: tell(share, 1.0))
    return Found(tracks, identities, events, world, world.warnings)


def continued(events: Table, previous: Table, stages: Stages, run: Run) -> Table:
    """The events as continuation of an earlier run: versions count up, what is gone is retracted with its reason."""
    with stages.stage("Versions", len(previous)):
        return compare(previous, events, run)


def span(tracks: Tracks) -> tuple[int, int]:
    """First and last time in the tracks; missing without rows."""
    if not len(tracks):
        return MISSING_TIME_MS, MISSING_TIME_MS
    return int(tracks.time_ms.min()), int(tracks.time_ms.max())

"""What detectors know of the sea around the fixes: the packaged coast, anchorages, zones; and how each is cited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kizuna.events.reception import listened
from kizuna.events.surroundings import Surroundings
from kizuna.formats.run_summary import MaskUsed
from kizuna.places.anchorages import AnchorageParams, Anchorages, from_stops, join
from kizuna.places.coast import load_coast
from kizuna.places.zone import Zone
from kizuna.places.zone_index import ZoneIndex
from kizuna.tracks.stops import Stops
from kizuna.tracks.table import Tracks


@dataclass(frozen=True, slots=True)
class Around:
    """Surroundings for the detectors, and what a reader must be told about them."""

    surroundings: Surroundings
    masks: tuple[MaskUsed, ...]
    anchorages: Anchorages
    warnings: tuple[str, ...] = ()


def around(
    tracks: Tracks, stops: Stops, params: AnchorageParams, lists: Sequence[Anchorages], zones: Sequence[Zone]
) -> Around:
    """Gather them: anchorages computed from these stops and joined with the given lists."""
    coast = load_coast()
    anchorages = from_stops(
        stops.lat_deg, stops.lon_deg, tracks.segments["mmsi"][stops.segment], stops.start_ms, stops.end_ms, params
    )
    masks = [_mask(anchorages)]
    for listed in lists:
        masks.append(_mask(listed))
        anchorages = join(anchorages, listed)
    surroundings = Surroundings(
        shore_m=coast.distance_to_shore_m,
        in_anchorage=anchorages.mask,
        anchorage_m=anchorages.distance_m,
        mask=anchorages.citation,
        zones=ZoneIndex.build(list(zones)) if zones else None,
        reception=listened(tracks),
    )
    notes = tuple(f"zone {z.name or z.zone_id}: {note}" for z in zones for note in z.notes)
    return Around(surroundings, tuple(masks), anchorages, notes)


def _mask(anchorages: Anchorages) -> MaskUsed:
    return MaskUsed("anchorages", anchorages.origin, anchorages.digest, len(anchorages))

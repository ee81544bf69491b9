"""What detectors know of the sea around the fixes: the packaged coast, anchorages, zones; and how each is cited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from kizuna.base.table import Array
from kizuna.events.reception import listened
from kizuna.events.surroundings import Surroundings
from kizuna.formats.run_summary import MaskUsed
from kizuna.places.anchorages import AnchorageParams, Anchorages, from_stops, join
from kizuna.places.coast import load_coast
from kizuna.places.ports import port_points
from kizuna.places.zone import Zone
from kizuna.places.zone_index import ZoneIndex
from kizuna.tracks.reception import Reception
from kizuna.tracks.stops import Stops
from kizuna.tracks.table import Tracks


@dataclass(frozen=True, slots=True)
class Around:
    """Surroundings for the detectors, and what a reader must be told about them."""

    surroundings: Surroundings
    masks: tuple[MaskUsed, ...]
    anchorages: Anchorages
    warnings: tuple[str, ...] = ()


class Rests(NamedTuple):
    """Stops as anchorages are computed from them; arrays of one length, in any order."""

    lat_deg: Array
    lon_deg: Array
    mmsi: Array
    start_ms: Array
    end_ms: Array


def rests(tracks: Tracks, stops: Stops) -> Rests:
    """The stops of tracks, with the MMSI of each."""
    mmsi = tracks.segments["mmsi"][stops.segment]
    return Rests(stops.lat_deg, stops.lon_deg, mmsi, stops.start_ms, stops.end_ms)


def around(
    tracks: Tracks, stops: Stops, params: AnchorageParams, lists: Sequence[Anchorages], zones: Sequence[Zone]
) -> Around:
    """Gather them: anchorages computed from these stops and joined with the given lists, reception from all fixes."""
    return gathered(rests(tracks, stops), listened(tracks), params, lists, zones)


def gathered(
    moored: Rests, reception: Reception, params: AnchorageParams, lists: Sequence[Anchorages], zones: Sequence[Zone]
) -> Around:
    """The same from what partitions tell of their tracks."""
    coast = load_coast()
    anchorages = from_stops(*moored, params)
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
        ports=port_points(anchorages),
        reception=reception,
    )
    notes = tuple(f"zone {z.name or z.zone_id}: {note}" for z in zones for note in z.notes)
    return Around(surroundings, tuple(masks), anchorages, notes)


def _mask(anchorages: Anchorages) -> MaskUsed:
    return MaskUsed("anchorages", anchorages.origin, anchorages.digest, len(anchorages))

"""What the detectors may know of the sea around the fixes: coast, anchorages, zones, the end of the data.

Every part is optional. Where one is absent the event says so: distances are null, ``mask`` is empty, the tests that
needed it have no result. Nothing is guessed in its place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kizuna.base.errors import InputError
from kizuna.base.table import Array
from kizuna.places.ports import PortPoints
from kizuna.places.zone_index import ZoneIndex
from kizuna.tracks.reception import Reception

Measure = Callable[[Array, Array], Array]
"""From latitudes and longitudes (float64 degrees, same length) to one value each."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Callables over points and a few facts about the data.

    Attributes:
        shore_m: distance from shore in metres (float), 0 on land.
        in_anchorage: whether a point lies inside an anchorage or port (bool).
        anchorage_m: distance to the nearest anchorage in metres, NaN where there is none.
        mask: origin and digest of the anchorages, for people; must be given with ``in_anchorage``.
        zones: zones to watch.
        ports: points at which a vessel is in port; they carry their own citation.
        data_end_ms: until when the receivers are known to have listened; the last fix of the data where None.
        reception: which vessels were heard and which were missing, by cell and hour (``events.reception.listened``).
    """

    shore_m: Measure | None = None
    in_anchorage: Measure | None = None
    anchorage_m: Measure | None = None
    mask: str = ""
    zones: ZoneIndex | None = None
    data_end_ms: int | None = None
    ports: PortPoints | None = None
    reception: Reception | None = None

    def __post_init__(self) -> None:
        """A mask without a name could not be cited."""
        if self.in_anchorage is not None and not self.mask:
            raise InputError("an anchorage mask needs a description", where="Surroundings.mask")

    def shore(self, lat_deg: Array, lon_deg: Array) -> Array:
        """Distance from shore, float64 metres; NaN without a coast and for missing points."""
        return _measured(self.shore_m, lat_deg, lon_deg)

    def port(self, lat_deg: Array, lon_deg: Array) -> Array:
        """Distance to the nearest anchorage, float64 metres; NaN without a mask and for missing points."""
        return _measured(self.anchorage_m, lat_deg, lon_deg)

    def anchored(self, lat_deg: Array, lon_deg: Array) -> Array:
        """Whether the points lie in an anchorage as float64 0 or 1; NaN without a mask and for missing points."""
        return _measured(self.in_anchorage, lat_deg, lon_deg)


def _measured(measure: Measure | None, lat_deg: Array, lon_deg: Array) -> Array:
    out = np.full(len(lat_deg), np.nan)
    if measure is None:
        return out
    known = ~(np.isnan(lat_deg) | np.isnan(lon_deg))
    if known.any():
        out[known] = measure(np.ascontiguousarray(lat_deg[known]), np.ascontiguousarray(lon_deg[known]))
    return out


NOTHING_KNOWN = Surroundings()
"""No coast, no anchorages, no zones."""

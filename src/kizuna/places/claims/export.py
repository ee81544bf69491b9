"""Claim zones as GeoJSON (RFC 7946) for any map, each marked as computed and with its claimant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import shapely

from kizuna.places.claims.zones import LABEL
from kizuna.places.zone import Zone

NOTICE: Final = (
    "computed from a coast and a table of claims; no official limit of anybody; claims stand side by side and none is "
    "weighed"
)
_DECIMALS: Final = 6


def as_geojson(zones: Sequence[Zone]) -> dict[str, Any]:
    """A FeatureCollection with one feature per zone, in the order given; coordinates in degrees to about 0.1 m."""
    return {"type": "FeatureCollection", "label": LABEL, "notice": NOTICE, "features": [_feature(z) for z in zones]}


def _feature(zone: Zone) -> dict[str, Any]:
    properties = {
        "zone_id": zone.zone_id, "name": zone.name, "kind": zone.kind, "claimant": zone.claimant, "basis": zone.basis,
        **zone.attributes, "notes": "; ".join(zone.notes),
    }  # fmt: skip
    area = zone.area()
    parts = [_rings(p) for p in shapely.get_parts(area)]
    geometry = {"type": "Polygon", "coordinates": parts[0]} if len(parts) == 1 else {
        "type": "MultiPolygon", "coordinates": parts
    }  # fmt: skip
    return {"type": "Feature", "id": zone.zone_id, "geometry": geometry, "properties": properties}


def _rings(polygon: Any) -> list[list[list[float]]]:
    """Shell counter-clockwise, holes clockwise (RFC 7946 section 3.1.6)."""
    turned = shapely.orient_polygons(polygon)
    return [np.round(shapely.get_coordinates(r), _DECIMALS).tolist() for r in (turned.exterior, *turned.interiors)]

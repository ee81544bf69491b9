"""Claim zones as GeoJSON (RFC 7946) for any map, each marked as computed and with its claimant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import shapely

from kizuna.places.claims.table import EVERYWHERE, ClaimTable
from kizuna.places.claims.viewpoint import NEUTRAL, Viewpoint
from kizuna.places.claims.zones import LABEL
from kizuna.places.zone import Zone

NOTICE: Final = (
    "computed from a coast and a table of claims; no official limit of anybody; claims stand side by side and none is "
    "weighed"
)
_DECIMALS: Final = 6


def as_geojson(zones: Sequence[Zone], lines: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    """A FeatureCollection of zones, then of lines, in the order given; coordinates in degrees to about 0.1 m."""
    features = [*(_feature(z) for z in zones), *lines]
    return {"type": "FeatureCollection", "label": LABEL, "notice": NOTICE, "features": features}


def declared_lines(table: ClaimTable, view: Viewpoint = NEUTRAL) -> list[dict[str, Any]]:
    """Baselines and air-defence lines that parties declared and whose corners the table holds, as GeoJSON features.

    They are labelled ``declared`` with source and ``checked``; areas are drawn as closed lines.
    """
    out = []
    for claim in table.claims:
        for number, name in enumerate(filter(None, claim.shape.split(";"))):
            shape = table.shapes[name]
            if claim.right not in ("baseline", "air_defence", "other"):
                continue
            points = shape.points if shape.kind == "line" else np.vstack([shape.points, shape.points[:1]])
            named = "" if claim.subject == EVERYWHERE else view.name_of(table, claim.subject)
            properties = {
                "zone_id": f"declared-{claim.right}-{claim.subject}-{claim.claimant.lower()}-{number}", "name": named,
                "kind": claim.right, "claimant": claim.claimant, "label": "declared", "basis": claim.basis,
                "instrument": claim.instrument, "date": claim.date, "source": shape.source, "checked": shape.checked,
            }  # fmt: skip
            line = {"type": "LineString", "coordinates": np.round(points, _DECIMALS).tolist()}
            out.append({"type": "Feature", "id": properties["zone_id"], "geometry": line, "properties": properties})
    return out


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

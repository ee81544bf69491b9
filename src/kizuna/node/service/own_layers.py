"""Layers of the map that come from the node's own files."""

from __future__ import annotations

import json
from collections.abc import Sequence

from kizuna.places.claims.export import as_geojson
from kizuna.places.zone import Zone


class OwnLayers:
    """GeoJSON of what ``node.toml`` names: zones to watch."""

    def __init__(self, zones: Sequence[Zone]) -> None:
        self._zones = json.dumps(as_geojson(list(zones)), ensure_ascii=False).encode() if zones else None

    def layer(self, name: str) -> bytes | None:
        """A layer by name; None where the node has none of its own."""
        return self._zones if name == "zones" else None

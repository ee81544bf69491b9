"""Layers of the map that come from the node's own files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from kizuna.places.cables import Cable, cables_geojson
from kizuna.places.claims.export import as_geojson
from kizuna.places.zone import Zone


class OwnLayers:
    """GeoJSON of what ``node.toml`` names: zones to watch, submarine cables."""

    def __init__(self, zones: Sequence[Zone], cables: Sequence[Cable] = ()) -> None:
        self._texts = {
            "zones": _text(as_geojson(list(zones))) if zones else None,
            "cables": _text(cables_geojson(cables)) if cables else None,
        }

    def layer(self, name: str) -> bytes | None:
        """A layer by name; None where the node has none of its own."""
        return self._texts.get(name)


def _text(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()

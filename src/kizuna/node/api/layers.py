"""Layers of the map: claims, gates and ports of the package; zones, cables, coverage and presence from the node.

Claims are computed once and stand side by side; what the node gives under one of the names takes precedence.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any, Final

from kizuna.node.api.answers import json_bytes
from kizuna.node.api.interfaces import Node

NAMES: Final = ("zones", "claims", "ports", "gates", "cables", "coverage", "presence")


class Layers:
    """GeoJSON texts by name; those of the package are kept once made."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._lock = threading.Lock()
        self._kept: dict[str, bytes] = {}
        self._parsed: dict[str, tuple[bytes, list[dict[str, Any]]]] = {}

    def there(self, name: str) -> bool:
        """Whether the node has it, without making it."""
        own = self._node.layer(name) if self._node.layer is not None else None
        return own is not None or name in _PACKAGED

    def features_of(self, name: str) -> list[dict[str, Any]]:
        """The features of a layer, none where there is no such layer; parsed once for each state of it."""
        data = self.bytes_of(name)
        if data is None:
            return []
        known = self._parsed.get(name)
        if known is None or known[0] is not data:
            known = self._parsed[name] = data, json.loads(data)["features"]
        return known[1]

    def bytes_of(self, name: str) -> bytes | None:
        """The layer, or None where the node has none of that name."""
        own = self._node.layer(name) if self._node.layer is not None else None
        if own is not None:
            return own
        make = _PACKAGED.get(name)
        if make is None:
            return None
        with self._lock:
            if name not in self._kept:
                self._kept[name] = make()
            return self._kept[name]


def _claims() -> bytes:
    """Zones of 12 nm around watched features, as each claimant measures them, and the lines that parties declared."""
    from kizuna.places.claims.export import as_geojson, declared_lines  # noqa: PLC0415  the coast takes a second
    from kizuna.places.claims.land import load_land  # noqa: PLC0415
    from kizuna.places.claims.zones import Wanted, claim_zones  # noqa: PLC0415

    land = load_land()
    return json_bytes(as_geojson(claim_zones(land, Wanted()), declared_lines(land.table)))


def _ports() -> bytes:
    from kizuna.places.ports import load_ports  # noqa: PLC0415

    features = [
        {"type": "Feature", "id": p.port_id, "geometry": {"type": "Point", "coordinates": [p.lon_deg, p.lat_deg]},
         "properties": {"port_id": p.port_id, "name": p.name, "name_ja": p.name_ja, "name_zh": p.name_zh,
                        "size": p.size}}
        for p in load_ports()
    ]  # fmt: skip
    return json_bytes({"type": "FeatureCollection", "features": features})


def _gates() -> bytes:
    from kizuna.places.gates import packaged_gates  # noqa: PLC0415

    features = [
        {"type": "Feature", "id": g.gate_id,
         "geometry": {"type": "MultiLineString", "coordinates": [line.tolist() for line in g.lines]},
         "properties": {"gate_id": g.gate_id, "name": g.name, "left_to_right": g.left_to_right,
                        "right_to_left": g.right_to_left}}
        for g in packaged_gates()
    ]  # fmt: skip
    return json_bytes({"type": "FeatureCollection", "features": features})


_PACKAGED: Final[dict[str, Callable[[], bytes]]] = {"claims": _claims, "ports": _ports, "gates": _gates}

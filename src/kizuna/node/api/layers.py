"""Layers of the map: claims, gates and ports of the package; zones, cables, coverage and presence from the node.

Claims are computed once and stand side by side; what the node gives under one of the names takes precedence.
"""

from __future__ import annotations

import threading
from typing import Final

from kizuna.node.api.answers import json_bytes
from kizuna.node.api.ports import Node

NAMES: Final = ("zones", "claims", "ports", "gates", "cables", "coverage", "presence")


class Layers:
    """GeoJSON texts by name; those of the package are kept once made."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._lock = threading.Lock()
        self._kept: dict[str, bytes] = {}

    def bytes_of(self, name: str) -> bytes | None:
        """The layer, or None where the node has none of that name."""
        own = self._node.layer(name) if self._node.layer is not None else None
        if own is not None:
            return own
        make = {"claims": _claims, "ports": _ports, "gates": _gates}.get(name)
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

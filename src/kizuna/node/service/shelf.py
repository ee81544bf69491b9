"""The store as the API reads it, and the layers that come from the node's own files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from kizuna.base.table import Table
from kizuna.places.claims.export import as_geojson
from kizuna.places.zone import Zone
from kizuna.stores.keep import Keep, Versions


class Shelf:
    """Reading side of a ``Keep``; every method may be called from several threads."""

    def __init__(self, keep: Keep) -> None:
        self._keep = keep

    def latest(self, since: int = 0) -> tuple[int, Table]:
        """Version of the picture, and vessels changed after ``since``."""
        return self._keep.latest(since)

    def track(self, mmsi: int, start_ms: int, end_ms: int) -> Table:
        """Fixes of one vessel."""
        return self._keep.track(mmsi, start_ms, end_ms)

    def box(self, west: float, south: float, east: float, north: float, start_ms: int, end_ms: int) -> Table:
        """Fixes in a box and time."""
        return self._keep.box(west, south, east, north, start_ms, end_ms)

    def events(self, *, since_version: int = 0, start_ms: int | None = None, end_ms: int | None = None,
               mmsi: int | None = None, event_id: str = "") -> Table:  # fmt: skip
        """Events, newest version of each."""
        return self._keep.events(
            since_version=since_version, start_ms=start_ms, end_ms=end_ms, mmsi=mmsi, event_id=event_id
        )

    def identities(self, mmsi: int | None = None) -> Table:
        """Identities."""
        return self._keep.identities(mmsi)

    def block(self, start_ms: int) -> Table:
        """Fixes of one block."""
        return self._keep.block(start_ms)

    def blocks(self, start_ms: int, end_ms: int) -> Mapping[int, int]:
        """Number of fixes of each block with any, by its start."""
        return dict(zip(*self._keep.history(start_ms, end_ms), strict=True))

    def versions(self) -> Versions:
        """What the store has reached."""
        return self._keep.versions()


class OwnLayers:
    """GeoJSON of what ``node.toml`` names: zones to watch."""

    def __init__(self, zones: Sequence[Zone]) -> None:
        self._zones = json.dumps(as_geojson(list(zones)), ensure_ascii=False).encode() if zones else None

    def layer(self, name: str) -> bytes | None:
        """A layer by name; None where the node has none of its own."""
        return self._zones if name == "zones" else None

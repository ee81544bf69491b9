"""Gates from files on disk: GeoJSON, GeoPackage, Shapefile, and whatever else GDAL reads, brought to WGS 84."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from kizuna.base.errors import ConfigError, InputError
from kizuna.links.gis_files import layer_features
from kizuna.places.gates import Gate, checked_gates, gates_from_geojson, make_gate

_MAX_BYTES: Final = 256 * 2**20
_KINDS: Final = ("LineString", "MultiLineString")


def read_gates(path: str | Path) -> list[Gate]:
    """Gates of all layers of lines of a file.

    Raises InputError, naming the file, for one that is too large, unreadable, without coordinate system or without
    lines, and ConfigError for one that is not there.
    """
    where = Path(path)
    if not where.exists():
        raise ConfigError("no such file", where=str(path))
    if where.is_file() and where.stat().st_size > _MAX_BYTES:
        raise InputError("too large for a file of gates", where=str(path), hint=f"at most {_MAX_BYTES} bytes")
    try:
        if where.suffix.lower() in (".geojson", ".json"):
            data = where.read_bytes()
            if b'"crs"' not in data:
                return gates_from_geojson(data)
        return checked_gates([
            make_gate(lines, properties) for lines, properties in layer_features(where, _KINDS, "a gate")
        ])  # fmt: skip
    except InputError as exc:
        inner = f"{path}: {exc.where}" if exc.where else str(path)
        raise InputError(exc.message, where=inner, hint=exc.hint) from exc

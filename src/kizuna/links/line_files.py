"""Gates and cables from files on disk: GeoJSON, and whatever else GDAL reads (GeoPackage, Shapefile, KML, ...).

GeoJSON in WGS 84 is read by ``places``; everything else is brought to WGS 84 by ``gis_files``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

from kizuna.base.errors import ConfigError, InputError
from kizuna.links.gis_files import layer_features
from kizuna.places.cables import MAX_CABLES, Cable, cables_from_geojson, make_cable
from kizuna.places.gates import Gate, checked_gates, gates_from_geojson, make_gate

_MAX_BYTES: Final = 256 * 2**20
_KINDS: Final = ("LineString", "MultiLineString")
_JSON: Final = (".geojson", ".json")
_Features: TypeAlias = Iterator[tuple[list[Any], dict[str, Any]]]
_Line = TypeVar("_Line", Gate, Cable)


def read_gates(path: str | Path) -> list[Gate]:
    """Gates of all layers of lines of a file. Raises InputError and ConfigError as ``_lines`` says."""
    return _lines(
        Path(path), "gate", gates_from_geojson,
        lambda features: checked_gates([make_gate(lines, properties) for lines, properties in features]),
    )  # fmt: skip


def read_cables(path: str | Path) -> list[Cable]:
    """Cables of all layers of lines of a file. Where it states no source, the source is the name of the file.

    Raises InputError and ConfigError as ``_lines`` says.
    """
    of_file = {"source": Path(path).name}

    def made(features: _Features) -> list[Cable]:
        out = [make_cable(lines, properties, of_file=of_file) for lines, properties in features]
        if not 0 < len(out) <= MAX_CABLES:
            raise InputError(f"{len(out)} cables", hint=f"1 to {MAX_CABLES}")
        return out

    return _lines(Path(path), "cable", lambda data: cables_from_geojson(data, of_file), made)


def _lines(
    path: Path, noun: str, of_text: Callable[[bytes], list[_Line]], of_features: Callable[[_Features], list[_Line]]
) -> list[_Line]:
    """What a file of lines holds.

    Raises InputError, naming the file, for one that is too large, unreadable, without coordinate system or without
    lines, and ConfigError for one that is not there.
    """
    if not path.exists():
        raise ConfigError("no such file", where=str(path))
    if path.is_file() and path.stat().st_size > _MAX_BYTES:
        raise InputError(f"too large for a file of {noun}s", where=str(path), hint=f"at most {_MAX_BYTES} bytes")
    try:
        if path.suffix.lower() in _JSON:
            data = path.read_bytes()
            if b'"crs"' not in data:
                return of_text(data)
        return of_features(layer_features(path, _KINDS, f"a {noun}"))
    except InputError as exc:
        inner = f"{path}: {exc.where}" if exc.where else str(path)
        raise InputError(exc.message, where=inner, hint=exc.hint) from exc

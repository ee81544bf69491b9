"""Lists of anchorages from files on disk: CSV or GeoJSON, plain, gzip or zstd."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from kizuna.base.errors import ConfigError, InputError
from kizuna.links.files import InputFile
from kizuna.places.anchorage_lists import MAX_BYTES, anchorages_from_csv, anchorages_from_geojson
from kizuna.places.anchorages import DEFAULT_RADIUS_M, Anchorages

_PACKED: Final = (".gz", ".zst")


def read_anchorages(path: str | Path, *, name: str = "", radius_m: float = DEFAULT_RADIUS_M) -> Anchorages:
    """Anchorages of a file; its format is told by its name (``.csv``, ``.geojson``, ``.json``, each also packed).

    ``name`` stands in the origin (``imported:<name>``), the file's own name where it is empty. Raises InputError for a
    file that is damaged, of another kind or without a usable row, ConfigError for one that is not there.
    """
    where = Path(path)
    plain = where.with_suffix("") if where.suffix.lower() in _PACKED else where
    readers = {".csv": anchorages_from_csv, ".geojson": anchorages_from_geojson, ".json": anchorages_from_geojson}
    reader = readers.get(plain.suffix.lower())
    if reader is None and not where.exists():
        raise ConfigError("no such file", where=str(path))
    if reader is None:
        raise InputError("neither CSV nor GeoJSON", where=str(path), hint="give a .csv, .csv.gz or .geojson file")
    return reader(_unpacked(where), name or plain.stem, radius_m)


def _unpacked(path: Path) -> bytes:
    """All bytes of a file; half a list is refused, for a mask with holes would raise false alarms in silence."""
    parts: list[bytes] = []
    size = 0
    with InputFile(str(path)) as file:
        for chunk in file.chunks():
            parts.append(chunk)
            size += len(chunk)
            if size > MAX_BYTES:
                raise InputError("the list is too large", where=str(path), hint=f"at most {MAX_BYTES} bytes")
        if file.warning:
            raise InputError(file.warning, where=str(path))
    return b"".join(parts)

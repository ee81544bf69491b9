"""Known fixed objects from a CSV file: columns ``lat``, ``lon`` and whatever else, one object a line."""

from __future__ import annotations

import csv
import io
import math

import numpy as np

from kizuna.base.errors import InputError
from kizuna.base.table import Array
from kizuna.sources.detections.files import MAX_BYTES


def read_points(data: bytes, name: str) -> tuple[Array, Array]:
    """Latitudes and longitudes. Raises InputError with the line of the first row that is no position."""
    if len(data) > MAX_BYTES:
        raise InputError(f"{len(data)} bytes of points", where=name, hint=f"at most {MAX_BYTES}")
    reader = csv.DictReader(io.StringIO(data.decode("utf-8-sig", "replace"), newline=""), strict=True)
    lat: list[float] = []
    lon: list[float] = []
    try:
        columns = {str(c).strip().lower(): c for c in reader.fieldnames or []}
        if not {"lat", "lon"} <= columns.keys():
            raise InputError("no columns lat and lon", where=name)
        for row in reader:
            try:
                y, x = (float(row[columns[k]] or "nan") for k in ("lat", "lon"))
            except ValueError:
                y = x = math.nan
            if not (abs(y) <= 90.0 and abs(x) <= 180.0):  # noqa: PLR2004  the globe; NaN fails
                raise InputError("no position on the globe", where=f"{name}: line {reader.line_num}")
            lat.append(y)
            lon.append(x)
    except (csv.Error, TypeError) as exc:
        raise InputError(f"not a CSV file: {str(exc)[:100]}", where=name) from exc
    return np.array(lat, np.float64), np.array(lon, np.float64)

"""Tables as GeoParquet 1.1 for GIS: the columns of our files and a ``geometry`` column of WKB in WGS 84.

Events have the geometry that ``formats.geojson`` gives them; tables with one position a row (fixes) have points. The
``geo`` metadata name no CRS, which stands for longitude and latitude on WGS 84 (OGC:CRS84), and planar edges. Rows
without a place have a null geometry. Marking, label and context stand in the file's metadata as in our other files.

Not here: a ``bbox`` covering column per row, and spherical edges.
"""

from __future__ import annotations

import io
import json
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
import shapely.geometry

from kizuna.base.errors import InputError
from kizuna.base.table import Table
from kizuna.formats.geojson import geometry
from kizuna.records.context import marking

_PLACES: Final = ("start_lon", "start_lat", "end_lon", "end_lat", "lon_mean", "lat_mean", "event_type")


def geoparquet(table: Table, words: str | None = None) -> bytes:
    """The file. ``words``: its marking, where not that of its rows. Raises InputError for a table without places."""
    names = table.schema.names
    if "start_lon_deg" in names and "event_type" in names:
        shapes = _of_events(table)
    elif "lon_deg" in names and "lat_deg" in names:
        shapes = shapely.points(table["lon_deg"], table["lat_deg"])
        shapes[np.isnan(table["lon_deg"]) | np.isnan(table["lat_deg"])] = None
    else:
        raise InputError(f"a table of {table.schema.name} has no places", hint="give fixes or events")
    arrow = table.to_arrow().append_column("geometry", pa.array(shapely.to_wkb(shapes), pa.binary()))
    meta = {
        "geo": json.dumps(_geo(shapes), sort_keys=True),
        "kizuna.marking": _marking(table) if words is None else words,
    }
    arrow = arrow.replace_schema_metadata({**(arrow.schema.metadata or {}), **meta})
    sink = io.BytesIO()
    pq.write_table(arrow, sink, compression="zstd")
    return sink.getvalue()


def _of_events(table: Table) -> Any:
    columns = {c.in_file: c.name for c in table.schema.columns if c.in_file in _PLACES}
    arrow = table.to_arrow().select(list(columns))
    rows = zip(*(arrow.column(n).to_pylist() for n in columns), strict=True)
    found = [geometry(dict(zip(columns, values, strict=True))) for values in rows]
    shapes = np.empty(len(found), object)
    shapes[:] = [None if g is None else shapely.geometry.shape(g) for g in found]
    return shapes


def _geo(shapes: Any) -> dict[str, Any]:
    """Metadata of the geometry column (GeoParquet 1.1, file metadata)."""
    there = shapes[~shapely.is_missing(shapes)]
    column: dict[str, Any] = {"encoding": "WKB", "geometry_types": sorted({g.geom_type for g in there})}
    if len(there):
        column["bbox"] = [float(v) for v in shapely.total_bounds(there)]
    return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}


def _marking(table: Table) -> str:
    words = table.codes_of("context")
    return ", ".join(sorted({m for k in np.unique(table["context"]).tolist() if k >= 0 and (m := marking(words[k]))}))

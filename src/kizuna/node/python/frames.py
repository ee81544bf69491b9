"""Tables of other libraries in and out: Arrow, Polars, pandas, GeoPandas, and what MovingPandas wants.

Only Arrow is installed with Kizuna. The others are used where the program already has them, through the Arrow
interface that they share, so no version of theirs is demanded.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pyarrow as pa

from kizuna.base.errors import ConfigError, InputError


def module(name: str) -> Any:
    """A library that is not one of ours. Raises ConfigError that says how to install it."""
    try:
        return import_module(name)
    except ImportError as exc:
        raise ConfigError(f"{name} is not installed", hint=f"pip install {name}") from exc


def arrow_table(data: Any) -> pa.Table:
    """The rows of an Arrow, Polars, pandas or GeoPandas table; a time index becomes a column.

    Raises InputError for anything else, and for a GeoDataFrame without a coordinate system or with other than points.
    """
    if isinstance(data, pa.Table):
        return _plain(data)
    if isinstance(data, pa.RecordBatch):
        return _plain(pa.Table.from_batches([data]))
    if hasattr(data, "collect") and hasattr(data, "collect_schema"):  # a Polars LazyFrame
        data = data.collect()
    if hasattr(data, "iloc"):
        return _plain(_from_pandas(data))
    if hasattr(data, "__arrow_c_stream__"):
        return _plain(pa.table(data))
    raise InputError(
        f"{type(data).__name__} is no table", hint="give a Polars, pandas or GeoPandas frame, an Arrow table, or paths"
    )


def _from_pandas(frame: Any) -> pa.Table:
    geometry = getattr(frame, "_geometry_column_name", None)
    index = frame.index
    if index.name or "datetime" in str(index.dtype):
        frame = frame.reset_index(names=index.name or "timestamp")
    else:
        frame = frame.reset_index(drop=True)
    if geometry is not None and geometry in frame.columns:
        if frame.crs is None:
            raise InputError("the geometry has no coordinate system", hint='frame.set_crs("EPSG:4326")')
        points = frame[geometry].to_crs("EPSG:4326")
        if not (points.geom_type == "Point").all():
            raise InputError("geometries other than points", hint="positions are points")
        held = {"lat", "lon", "latitude", "longitude"} & {str(name).lower() for name in frame.columns}
        frame = frame.drop(columns=geometry)
        frame = frame.drop(columns=[name for name in frame.columns if str(name).lower() in held])
        frame = frame.assign(lat=points.y.to_numpy(), lon=points.x.to_numpy())
    return pa.Table.from_pandas(frame, preserve_index=False)


def _plain(table: pa.Table) -> pa.Table:
    """Types that Parquet files hold; views of text become text. Metadata of other libraries is dropped."""
    own = (table.schema.metadata or {}).get(b"kizuna.table")
    fields = []
    for column in table.schema:
        kind = column.type
        if pa.types.is_string_view(kind) or pa.types.is_large_string(kind):
            kind = pa.string()
        fields.append(pa.field(column.name, kind))
    return table.cast(pa.schema(fields, metadata={"kizuna.table": own} if own else None))


def to_polars(table: pa.Table) -> Any:
    """A Polars DataFrame."""
    return module("polars").from_arrow(table)


def to_pandas(table: pa.Table) -> Any:
    """A pandas DataFrame; words that repeat are categories, as in the files."""
    module("pandas")
    return table.to_pandas()


def to_geopandas(table: pa.Table, lat: str, lon: str) -> Any:
    """A GeoDataFrame of points in WGS 84; rows without a place have no geometry."""
    geopandas = module("geopandas")
    frame = to_pandas(table)
    points = geopandas.points_from_xy(frame[lon], frame[lat])
    points[(frame[lon].isna() | frame[lat].isna()).to_numpy()] = None
    return geopandas.GeoDataFrame(frame, geometry=points, crs="EPSG:4326")

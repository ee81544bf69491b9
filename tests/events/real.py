"""Real fixes for tests of detectors: a day of San Francisco Bay from ../shared/data."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc

from kizuna.base.table import Table, empty
from kizuna.events.surroundings import Surroundings
from kizuna.fixes.table import FIXES
from kizuna.places.anchorages import from_stops
from kizuna.places.coast import load_coast
from kizuna.places.ports import port_points
from kizuna.places.zone_index import ZoneIndex
from kizuna.tracks import stops


def bay(shared: Path) -> Table:
    """The fixes, without any decoder of ours."""
    with gzip.open(shared / "ais" / "noaa_sfbay_2020-01-01.csv.gz") as f:
        return fixes_of(pc.read_csv(f))


def fixes_of(t: pa.Table) -> Table:
    """Fixes from a table with the column names of MarineCadastre."""
    n = t.num_rows

    def column(name):
        return t.column(name).combine_chunks().to_numpy(zero_copy_only=False)

    sog, cog = column("SOG").astype(np.float32), column("COG").astype(np.float32)
    sog[sog > 102.2] = np.nan
    cog[(cog >= 360) | (cog < 0)] = np.nan
    columns = dict(empty(FIXES, n).columns) | {
        "msg_id": np.arange(n, dtype=np.int64) + 1_000_000,
        "mmsi": column("MMSI").astype(np.int32),
        "time_ms": column("BaseDateTime").astype("datetime64[ms]").astype(np.int64),
        "lat_deg": column("LAT").astype(np.float64),
        "lon_deg": column("LON").astype(np.float64),
        "sog_kn": sog,
        "cog_deg": cog,
        "byte_offset": np.arange(n, dtype=np.int64),
        "label": np.zeros(n, np.int32),
        "context": np.zeros(n, np.int32),
    }
    return Table(FIXES, columns, {**empty(FIXES).words, "label": ("nobody",), "context": ("real",)})


def surroundings_of(tracks, zones=()) -> Surroundings:
    """Coast, anchorages of the tracks' own stops, and zones."""
    s = stops.find(tracks)
    anchorages = from_stops(s.lat_deg, s.lon_deg, tracks.segments["mmsi"][s.segment], s.start_ms, s.end_ms)
    return Surroundings(
        shore_m=load_coast().distance_to_shore_m,
        in_anchorage=anchorages.mask,
        anchorage_m=anchorages.distance_m,
        mask=anchorages.citation,
        zones=ZoneIndex.build(list(zones)) if zones else None,
        ports=port_points(anchorages),
    )

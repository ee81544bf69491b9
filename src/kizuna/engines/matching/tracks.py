"""The tracks of a result directory as prediction reads them: only the columns that it needs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kizuna.base.errors import ConfigError, InputError
from kizuna.base.table import Array, Table
from kizuna.events.subjects import vessel_like
from kizuna.fixes.table import AIS_CLASSES
from kizuna.stores.parquet import read_table
from kizuna.tracks.predict import Paths, vessel_numbers
from kizuna.tracks.table import IDENTITIES, NOISE_KINDS, SEGMENTS, Tracks

_COLUMNS = ["mmsi", "timestamp", "lat", "lon", "sog_kn", "cog_deg", "seg_id", "ais_class"]


@dataclass(frozen=True, slots=True)
class Run:
    """Tracks of a run, its context and digest, and where AIS aids to navigation and base stations stand."""

    paths: Paths
    context: str
    digest: str
    start_ms: int
    end_ms: int
    fixed_lat_deg: Array
    fixed_lon_deg: Array


def read_run(directory: Path) -> Run:
    """Read a result of ``detect``. Raises ConfigError where it is none, InputError where it is damaged."""
    record = directory / "run.json"
    if not record.exists():
        raise ConfigError("holds no whole result", where=str(directory), hint="give the --out of kizuna detect")
    try:
        document = json.loads(record.read_text(encoding="utf-8"))
        context, digest = str(document["run"]["context"]), str(document["digest"])
        table = pq.read_table(directory / "fixes.parquet", columns=_COLUMNS)
    except (ValueError, KeyError, TypeError, OSError, pa.ArrowException) as exc:
        raise InputError(f"cannot be read: {str(exc).splitlines()[0]}", where=str(directory)) from exc
    segments = read_table(SEGMENTS, directory / "segments.parquet")
    lengths = _lengths(read_table(IDENTITIES, directory / "identities.parquet"))
    seg_id = _numbers(table, "seg_id", -1, np.int64)
    lat, lon = (_numbers(table, c, np.nan, np.float64) for c in ("lat", "lon"))
    kind = table.column("ais_class").cast(pa.string())
    still = pc.is_in(kind, value_set=pa.array(["aton", "base"])).to_numpy(zero_copy_only=False)
    fixed = still & ~np.isnan(lat)
    number, start, end, rows = _ranges(seg_id, segments["seg_id"])
    good = (segments["noise"] != NOISE_KINDS.index("overlapping_short")) & vessel_like(segments["mmsi"])
    number, start, end = number[good[number]], start[good[number]], end[good[number]]
    mmsi = segments["mmsi"][number]
    names = segments["vessel_id"].take(pa.array(number)).dictionary_encode().indices.fill_null(-1)
    time_ms = table.column("timestamp").cast(pa.int64()).to_numpy()
    time_ms = time_ms[rows]
    paths = Paths(
        time_ms, lat[rows], lon[rows], _numbers(table, "sog_kn", np.nan, np.float32)[rows],
        _numbers(table, "cog_deg", np.nan, np.float32)[rows], start, end, mmsi, segments["seg_id"][number],
        vessel_numbers(mmsi, names.to_numpy(zero_copy_only=False)),
        np.array([lengths.get(m, np.nan) for m in mmsi.tolist()], np.float64),
    )  # fmt: skip
    where = np.unique(np.round(np.column_stack([lat[fixed], lon[fixed]]), 4), axis=0)
    ends = (int(time_ms.min()), int(time_ms.max())) if len(time_ms) else (0, -1)
    return Run(paths, context, digest, *ends, where[:, 0], where[:, 1])


def run_of(tracks: Tracks, identities: Table, context: str, start_ms: int, end_ms: int) -> Run:
    """The same from tracks in memory. ``start_ms`` and ``end_ms`` say for which time there are AIS data at all."""
    segments, fixes = tracks.segments, tracks.fixes
    lengths = _lengths(identities)
    mmsi = segments["mmsi"]
    good = (segments["noise"] != NOISE_KINDS.index("overlapping_short")) & vessel_like(mmsi)
    mmsi = mmsi[good]
    names = segments["vessel_id"].take(pa.array(np.flatnonzero(good))).dictionary_encode().indices.fill_null(-1)
    paths = Paths(
        tracks.time_ms, tracks.lat_deg, tracks.lon_deg, tracks.sog_kn, tracks.cog_deg, tracks.seg_start[good],
        tracks.seg_end[good], mmsi, segments["seg_id"][good],
        vessel_numbers(mmsi, names.to_numpy(zero_copy_only=False)),
        np.array([lengths.get(m, np.nan) for m in mmsi.tolist()], np.float64),
    )  # fmt: skip
    still = [AIS_CLASSES.index(w) for w in ("aton", "base")]
    fixed = np.isin(fixes["ais_class"], still) & ~np.isnan(fixes["lat_deg"])
    where = np.column_stack([fixes["lat_deg"][fixed], fixes["lon_deg"][fixed]])
    where = np.unique(np.round(where, 4), axis=0)
    return Run(paths, context, "", start_ms, end_ms, where[:, 0], where[:, 1])


def _numbers(table: pa.Table, name: str, missing: float, kind: type) -> Array:
    return np.asarray(table.column(name).fill_null(missing).to_numpy(), kind)


def _ranges(seg_id: Array, known: Array) -> tuple[Array, Array, Array, Array]:
    """Number of the segment, first row and end of each run of rows of one segment, and the rows that are in one."""
    rows = np.flatnonzero(seg_id != -1)
    ids = seg_id[rows]
    cuts = np.flatnonzero(np.diff(ids, prepend=ids[:1] - 1) != 0) if len(ids) else np.empty(0, np.int64)
    if len(np.unique(ids[cuts])) < len(cuts):  # not written by vessel: gather each segment, in order of the file
        rows = rows[np.argsort(ids, kind="stable")]
        ids = seg_id[rows]
        cuts = np.flatnonzero(np.diff(ids, prepend=ids[:1] - 1) != 0)
    order = np.argsort(known, kind="stable")
    at = np.searchsorted(known[order], ids[cuts])
    if np.any(at >= len(known)) or np.any(known[order][np.minimum(at, len(known) - 1)] != ids[cuts]):
        raise InputError("fixes.parquet names segments that segments.parquet does not hold")
    return order[at], cuts.astype(np.int64), np.append(cuts[1:], len(ids)).astype(np.int64), rows


def _lengths(identities: Table) -> dict[int, float]:
    """Length per MMSI: the one sent most often."""
    best: dict[int, tuple[int, float]] = {}
    rows = zip(*(identities[n].tolist() for n in ("mmsi", "length_m", "count")), strict=True)
    for mmsi, length, count in rows:
        if length > 0 and count > best.get(mmsi, (0, 0.0))[0]:
            best[mmsi] = (count, float(length))
    return {mmsi: length for mmsi, (_, length) in best.items()}

"""Say what a file is and what is in it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from kizuna.base.errors import ConfigError, InputError, KizunaError
from kizuna.base.utc import iso_s
from kizuna.engines.decode import load
from kizuna.engines.inputs import Options
from kizuna.fixes.detections import SENSORS
from kizuna.fixes.statics import REJECT_REASONS
from kizuna.links.files import InputFile
from kizuna.links.gis_files import read_zones
from kizuna.records.context import REAL, marking
from kizuna.records.exercise_mark import exercise_in
from kizuna.sources.batch import Batch
from kizuna.sources.detections.fields import Reading
from kizuna.sources.detections.files import is_detections, read_detections
from kizuna.sources.sniff import HEAD, sniff
from kizuna.stores.parquet import metadata

_MOST_BYTES: Final = 512 * 2**20
"""Larger files are described from their first part only, which the answer says."""
_CELLS: Final = (".csv", ".tsv", ".txt")
_GIS: Final = (".geojson", ".gpkg", ".shp", ".json")


def describe(name: str) -> dict[str, Any]:
    """Facts about a file or a result directory, as plain data. Raises ConfigError or InputError."""
    path = Path(name)
    if path.is_dir():
        return _directory(path)
    if path.suffix == ".parquet" and path.exists():
        return _parquet(path)
    if path.suffix.lower() in _GIS and path.exists():
        try:
            return _zones(path)
        except InputError:
            if contacts := _contacts(path):
                return contacts
            if path.suffix.lower() != ".json":
                raise
    if path.suffix.lower() in _CELLS and path.is_file():
        with path.open("rb") as file:
            head = file.read(HEAD)
        if is_detections(head) and (contacts := _contacts(path)):
            return contacts
    return _messages(name)


def _contacts(path: Path) -> dict[str, Any] | None:
    """Facts about a file of detections; None where it is none, or too large to look through."""
    if not path.is_file() or path.stat().st_size > _MOST_BYTES:
        return None
    try:
        found = read_detections(path.read_bytes(), Reading(path.name, assume_utc=True, context=""))
    except InputError:
        return None
    times = found.detections["time_ms"]
    if not len(times):
        return None
    reasons = [REJECT_REASONS[c] for c in found.rejects["reason"].tolist()]
    kinds = [SENSORS[k] for k in found.detections["sensor"].tolist()]
    return {"name": str(path), "format": "detections", "rows": len(times),
            "sensors": dict(sorted(Counter(kinds).items())),
            "contexts": list(found.stated),
            "scenes": len(set(found.detections["scene_id"].to_pylist()) - {None}),
            "first_time": iso_s(int(times.min())), "last_time": iso_s(int(times.max())),
            "rejects": dict(sorted(Counter(reasons).items())), "not_read": list(found.unmapped),
            "warnings": list(found.notes)}  # fmt: skip


def _directory(path: Path) -> dict[str, Any]:
    run = path / "run.json"
    tables = {p.stem: pq.read_metadata(p).num_rows for p in sorted(path.glob("*.parquet"))}
    if not tables:
        raise ConfigError("holds no results", where=str(path), hint="give a file, or the --out of a run")
    facts: dict[str, Any] = {"name": str(path), "format": "directory of results", "rows": tables}
    if run.exists():
        document = json.loads(run.read_text(encoding="utf-8"))
        kept = document["run"]
        facts |= {"digest": document["digest"], "title": kept["title"], "context": kept["context"],
                  "marking": kept["marking"], "label": kept["label"],
                  "first_time": kept["start_timestamp"], "last_time": kept["end_timestamp"],
                  "inputs": [i["name"] for i in kept["inputs"]]}  # fmt: skip
    return facts


def _parquet(path: Path) -> dict[str, Any]:
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as exc:
        raise InputError(f"damaged Parquet file: {str(exc).splitlines()[0]}", where=str(path)) from exc
    meta = file.metadata
    own = metadata(path)
    columns = {field.name: str(field.type) for field in file.schema_arrow}
    return {"name": str(path), "format": "parquet", "rows": meta.num_rows, "groups": meta.num_row_groups,
            "size_bytes": path.stat().st_size, "written_by": meta.created_by, "kizuna": own,
            "columns": columns}  # fmt: skip


def _zones(path: Path) -> dict[str, Any]:
    zones = read_zones(path)
    listed = {z.zone_id: f"{z.name or '(no name)'}; {z.kind}; {z.vertex_count} corners" for z in zones[:50]}
    return {"name": str(path), "format": "zones", "rows": len(zones), "zones": listed,
            "repaired": [f"{z.zone_id}: {note}" for z in zones for note in z.notes]}  # fmt: skip


def _messages(name: str) -> dict[str, Any]:
    with InputFile(name) as file:
        head = b""
        for chunk in file.chunks():
            head += chunk
            if len(head) >= HEAD:
                break
        kind = sniff(head, name)
        size = file.size_bytes
    facts: dict[str, Any] = {"name": name, "format": str(kind), "size_bytes": size}
    if kind.kind == "empty":
        return facts
    exercise = exercise_in(head) if kind.kind == "nmea" else ""
    context = f"exercise:{exercise}" if exercise else REAL
    if exercise:
        facts |= {"context": context, "marking": marking(context)}
    if size > _MOST_BYTES:
        facts["note"] = f"larger than {_MOST_BYTES >> 20} MB: only the format was looked at; use kizuna decode"
        return facts
    try:
        loaded = load([name], options=Options(assume_utc=True, context=context))
    except KizunaError as exc:
        facts["problem"] = str(exc)
        return facts
    run = loaded.run
    facts |= {"rows": dict(run.counts), "first_time": iso_s(run.start_ms), "last_time": iso_s(run.end_ms),
              "time_sources": dict(run.time_sources), "rejects": dict(run.inputs[0].rejects) if run.inputs else {},
              "warnings": list(run.warnings)}  # fmt: skip
    return facts | _contents(loaded.batch)


def _contents(batch: Batch) -> dict[str, Any]:
    fixes = batch.fixes
    types: dict[str, int] = {}
    for table in (fixes, batch.statics, batch.others):
        for kind, n in zip(*np.unique(table["msg_type"], return_counts=True), strict=True):
            if kind >= 0:
                types[f"type {kind}"] = max(types.get(f"type {kind}", 0), int(n))
    known = ~np.isnan(fixes["lat_deg"])
    area = {}
    if known.any():
        lat, lon = fixes["lat_deg"][known], fixes["lon_deg"][known]
        area = {"south": round(float(lat.min()), 4), "north": round(float(lat.max()), 4),
                "west": round(float(lon.min()), 4), "east": round(float(lon.max()), 4)}  # fmt: skip
    ordered = dict(sorted(types.items(), key=lambda t: int(t[0][5:])))
    return {"mmsis": len(np.unique(fixes["mmsi"])), "stations": len(fixes.codes_of("station_id")),
            "message_types": ordered, "area_deg": area}  # fmt: skip

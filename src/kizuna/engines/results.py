"""What a run of ``detect`` leaves in its directory: tables, map layer, report, and the record of the run.

``run.json`` is written last, so a directory that has it is whole.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Final

from kizuna.base.table import Array, Table
from kizuna.base.version import __version__
from kizuna.engines.decode import DecodeRun, Loaded
from kizuna.engines.detect import Found, span
from kizuna.engines.rows import by_vessel, judged
from kizuna.engines.stages import Stages
from kizuna.events.detect import count_by_type
from kizuna.events.params import Settings, as_dict
from kizuna.fixes.table import FIXES
from kizuna.formats.geojson import events_geojson
from kizuna.formats.report_html import report_html
from kizuna.formats.run_summary import InputFile, MaskUsed, RunSummary, run_json
from kizuna.places.coast import load_coast
from kizuna.places.zone import Zone
from kizuna.stores.parquet import TableWriter, cannot_write, write_table
from kizuna.tracks.table import Tracks

FILES: Final = (
    "fixes.parquet", "statics.parquet", "others.parquet", "rejects.parquet", "segments.parquet", "identities.parquet",
    "events.parquet", "events.geojson", "report.html", "run.json",
)  # fmt: skip
"""Everything that ``detect`` writes."""

_LIBRARIES: Final = ("numpy", "numba", "pyarrow", "shapely")
_LIMITS: Final = (
    "AIS only: what no receiver heard, or a ship did not send, is not here. Not seen is not the same as not there.",
    "Confidence values are uncalibrated but for gaps: they order events of one kind, they are no probabilities.",
    "The confidence of a gap is the chance that the silence is the ship's own, fitted to one day of US waters.",
    "An MMSI is what a station sent. It does not prove which ship it was.",
    "Anchorages come from this input's own stops unless lists were given, so a short input knows few of them.",
)
_COAST_NOTICE: Final = (
    "Coast: (c) OpenStreetMap contributors, ODbL 1.0, with a table of small islands; generalised, not for navigation."
)


def write_tables(loaded: Loaded, found: Found, out: Path, stages: Stages, context: str, label: str) -> None:
    """The Parquet files and the map layer."""
    rows = len(found.tracks.fixes)
    with stages.stage("Write tables", rows) as tell:
        fixes = judged(found.tracks)
        with TableWriter(FIXES, out / "fixes.parquet", context=context, label=label) as writer:
            for part in by_vessel(fixes, found.tracks):
                writer.write(part)
                tell(writer.rows, rows)
        tables: Mapping[str, Table] = {
            "statics": loaded.batch.statics, "others": loaded.batch.others, "rejects": loaded.batch.rejects,
            "segments": found.tracks.segments, "identities": found.identities, "events": found.events,
        }  # fmt: skip
        for name, table in tables.items():
            write_table(table, out / f"{name}.parquet", context=context, label=label)
        put(out / "events.geojson", events_geojson(found.events))


def write_report(summary: RunSummary, found: Found, zones: list[Zone], out: Path) -> None:
    """The page for people, and last of all the record of the run."""
    put(out / "report.html", report_html(summary, found.events, found.tracks, zones, land))
    put(out / "run.json", run_json(summary))


def summarise(
    title: str, loaded: Loaded, found: Found, settings: Settings, zone_files: tuple[InputFile, ...], stages: Stages,
    context: str, label: str, warnings: tuple[str, ...],
) -> RunSummary:  # fmt: skip
    """What the run read, did and found."""
    batch = loaded.batch
    counts = {
        "fixes": len(batch.fixes), "statics": len(batch.statics), "others": len(batch.others),
        "rejects": len(batch.rejects), "segments": len(found.tracks.segments), "identities": len(found.identities),
        "vessels (MMSI)": vessels(found.tracks),
    }  # fmt: skip
    return summary_of(
        title, loaded.run, counts, span(found.tracks), found.events, found.around.masks, settings, zone_files, stages,
        context, label, warnings,
    )  # fmt: skip


def summary_of(
    title: str, run: DecodeRun, counts: Mapping[str, int], times: tuple[int, int], events: Table,
    masks: tuple[MaskUsed, ...], settings: Settings, zone_files: tuple[InputFile, ...], stages: Stages, context: str,
    label: str, warnings: tuple[str, ...],
) -> RunSummary:  # fmt: skip
    """The same from counts of rows a table, in the order in which they are told."""
    whole = {**counts, "events": len(events), **{f"events of type {k}": n for k, n in count_by_type(events).items()}}
    pairs = set(zip(events["rule_id"].to_pylist(), events["rule_version"].to_pylist(), strict=True))
    return RunSummary(
        title=title, kizuna_version=__version__, inputs=run.inputs, zone_files=zone_files,
        params=as_dict(settings), rules=dict(sorted(pairs)), counts=whole, time_sources=run.time_sources,
        start_ms=times[0], end_ms=times[1], context=context, label=label, masks=masks,
        warnings=(*run.warnings, *warnings), notices=(_COAST_NOTICE,), limits=_LIMITS,
        versions={"python": platform.python_version(), "platform": sys.platform} | {n: version(n) for n in _LIBRARIES},
        timings=tuple(stages.timings),
    )  # fmt: skip


def vessels(tracks: Tracks) -> int:
    """Number of MMSIs with a segment."""
    return len(set(tracks.segments["mmsi"].tolist()))


def land(west: float, south: float, east: float, north: float, tolerance_deg: float) -> list[Array]:
    """Rings of land in a box, for drawing."""
    return list(load_coast().land_rings((west, south, east, north), tolerance_deg))


def put(path: Path, data: bytes) -> None:
    """Write a small file so that it is whole or not there."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError as exc:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise cannot_write(exc, path) from exc

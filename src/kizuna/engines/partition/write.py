"""Last stage: the tables of all buckets one behind the other, the map layer, the report, the record of the run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from kizuna.base.table import Array, Schema, Table, concat, empty
from kizuna.engines.partition.assemble import ends_of, spread, tracks_of, whole
from kizuna.engines.partition.meet import Fleet
from kizuna.engines.partition.route import SIDE, side_path
from kizuna.engines.partition.trace import Traced
from kizuna.engines.results import land, put
from kizuna.engines.rows import by_vessel, judged
from kizuna.fixes.table import FIXES
from kizuna.formats.geojson import events_geojson_chunks
from kizuna.formats.report_html import report_html
from kizuna.formats.run_summary import RunSummary, run_json
from kizuna.places.zone import Zone
from kizuna.stores.parquet import TableWriter, cannot_write, tables_in, write_table
from kizuna.tracks.table import IDENTITIES, Tracks

DRAWN: Final = 500_000
"""Fixes from which the report is drawn; of more, evenly picked ones."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where the results go, where the parts lie, their names, the number of inputs."""

    out: Path
    folder: Path
    names: Sequence[str]
    inputs: int


def tables(
    places: Places, traced: Sequence[Traced], all_: Fleet, events: Table, context: str, label: str,
    tell: Callable[[float, float], None], *, fixes: bool,
) -> None:  # fmt: skip
    """All tables but identities, and the map layer. Raises UnavailableError when the disk is full."""
    out = places.out
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "run.json").unlink(missing_ok=True)
    except OSError as exc:
        raise cannot_write(exc, out) from exc
    for schema in SIDE:
        _side(places, schema, context, label)
    write_table(all_.segments, out / "segments.parquet", context=context, label=label)
    write_table(events, out / "events.parquet", context=context, label=label)
    _map_layer(events, out / "events.geojson")
    if fixes:
        _fixes(places, traced, context, label, tell)
    else:
        (out / "fixes.parquet").unlink(missing_ok=True)


def _side(places: Places, schema: Schema, context: str, label: str) -> None:
    with TableWriter(schema, places.out / f"{schema.name}.parquet", context=context, label=label) as writer:
        for number in range(places.inputs):
            for part in tables_in(schema, side_path(places.folder, schema.name, number)):
                writer.write(part)


def _map_layer(events: Table, path: Path) -> None:
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            for chunk in events_geojson_chunks(events):
                file.write(chunk)
        part.replace(path)
    except OSError as exc:
        part.unlink(missing_ok=True)
        raise cannot_write(exc, path) from exc


def _fixes(
    places: Places, traced: Sequence[Traced], context: str, label: str, tell: Callable[[float, float], None]
) -> None:  # fmt: skip
    total = sum(t.rows for t in traced)
    with TableWriter(FIXES, places.out / "fixes.parquet", context=context, label=label) as writer:
        for source in traced:
            tracks = tracks_of(whole(source), source.words)
            rest = source.rest()
            if rest is not None:
                tracks = _with_rest(tracks, rest)
            for part in by_vessel(judged(tracks), tracks):
                writer.write(part)
            tell(writer.rows, max(total, 1))


def _with_rest(tracks: Tracks, rest: Table) -> Tracks:
    columns = {name: getattr(tracks, name) for name in Tracks.__slots__}
    return Tracks(**columns | {"fixes": concat([tracks.fixes, rest])})


def identities(places: Places, traced: Sequence[Traced], context: str, label: str) -> int:
    """The table of identities; their number."""
    with TableWriter(IDENTITIES, places.out / "identities.parquet", context=context, label=label) as writer:
        for source in traced:
            writer.write(source.identities())
    return writer.rows


def report(
    places: Places, traced: Sequence[Traced], all_: Fleet, summary: RunSummary, events: Table, zones: list[Zone],
    *, page: bool,
) -> None:  # fmt: skip
    """The page for people if it is wanted, and last of all the record of the run."""
    if page:
        put(places.out / "report.html", report_html(summary, events, _drawn(traced, all_), zones, land))
    else:
        (places.out / "report.html").unlink(missing_ok=True)
    put(places.out / "run.json", run_json(summary))


def _drawn(traced: Sequence[Traced], all_: Fleet) -> Tracks:
    """Tracks for drawing: every k-th fix of all, all segments, no table of fixes."""
    every = max(1, -(-sum(t.rows for t in traced) // DRAWN))
    parts: dict[str, list[Array]] = {}
    for b, source in enumerate(traced):
        start, end = source.ends()
        picked = np.arange(0, source.rows, every)
        segment = spread(start, end, source.rows)
        segment[segment >= 0] += np.int32(all_.base[b])
        parts.setdefault("segment", []).append(segment[picked])
        for name in ("mmsi", "time_ms", "lat_deg", "lon_deg", "sog_kn", "cog_deg", "step_m", "flags"):
            parts.setdefault(name, []).append(source.column(name)[picked])
    hot = {name: np.concatenate(columns) for name, columns in parts.items()}
    n, held = len(hot["mmsi"]), np.unique(hot["segment"][hot["segment"] >= 0])
    seg_start, seg_end = np.zeros((2, len(all_.segments)), np.int64)
    seg_start[held], seg_end[held] = ends_of(hot["segment"])
    return Tracks(
        order=np.arange(n), seg_start=seg_start, seg_end=seg_end, segments=all_.segments, fixes=empty(FIXES), **hot
    )

"""``kizuna match``: detections of other sensors against the tracks of a run of ``detect``.

Everything goes to a directory of its own, so that the result that the tracks come from stays as it was and can be
cited; ``match.json`` names it by its digest. ``match.json`` is written last: a directory that has it is whole.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from kizuna import __version__
from kizuna.base.errors import ConfigError, ContextError, InputError
from kizuna.base.table import Array, Table, concat, empty
from kizuna.base.utc import iso
from kizuna.engines.matching.looks import around, filled, looks_of, rows_by_scene
from kizuna.engines.matching.scene import Judged, Rules, judge_scene, read_rules
from kizuna.engines.matching.tracks import Run, read_run
from kizuna.engines.results import put
from kizuna.engines.stages import Progress, Stages, silent
from kizuna.events import dark
from kizuna.events.surroundings import Surroundings
from kizuna.events.table import LEVEL_WORDS
from kizuna.fixes.detections import SCENE_TRACKS, SCENES, SENSORS, TRACK_VERDICTS, VERDICTS
from kizuna.links.files import digest_of
from kizuna.places.coast import load_coast
from kizuna.records.context import marking
from kizuna.records.label import NOBODY
from kizuna.sources.detections.fields import Reading
from kizuna.sources.detections.files import read_detections
from kizuna.sources.detections.points import read_points
from kizuna.sources.detections.scenes import read_scenes
from kizuna.stores.parquet import ready_directory, write_table

FILES: Final = (
    "detections.parquet", "scenes.parquet", "scene_tracks.parquet", "events.parquet", "rejects.parquet", "match.json",
)  # fmt: skip
"""Everything that ``match`` writes."""
_LIMITS: Final = (
    "Detected without a matching AIS report is not the same as hiding: most small craft need no AIS.",
    "Not detected is said only inside a scene whose recall is stated, further from the shore than the limit.",
)


@dataclass(frozen=True, slots=True)
class Request:
    """What to match; see ``kizuna match --help``."""

    run: Path
    detections: Sequence[Path]
    scenes: Sequence[Path] = ()
    fixed: Sequence[Path] = ()
    sensor: str = ""
    assume_utc: bool = False
    context: str = ""
    label: str = NOBODY
    rules: Rules = field(default_factory=Rules)


def match_into(request: Request, out: Path, progress: Progress = silent) -> dict[str, Any]:
    """Match and leave everything in ``out``; returns what ``match.json`` holds.

    Raises ConfigError for directories and options, InputError for files that cannot be understood, UnavailableError
    when the disk is full.
    """
    if out.resolve() == request.run.resolve() or (out / "run.json").exists():
        raise ConfigError("holds the result of detect", where=str(out), hint="give another --out")
    if request.sensor and request.sensor not in SENSORS:
        raise ConfigError(
            f"{request.sensor!r} is no kind of sensor", where="--sensor", hint=f"one of {', '.join(SENSORS)}"
        )
    stages = Stages(progress)
    with stages.stage("Read tracks"):
        run = read_run(request.run)
    context = request.context or run.context
    if context != run.context:
        raise ConfigError(f"the tracks are {run.context!r}, not {context!r}", where="--context", hint="they never mix")
    with ready_directory(out):
        return _matched(request, out, run, context, stages)


def _matched(request: Request, out: Path, run: Run, context: str, stages: Stages) -> dict[str, Any]:
    with stages.stage("Read detections"):
        seen, rejects, notes = _seen(request, context)
        scenes, number = _scenes(request, seen, context)
        fixed = _fixed(request, run)
    judged = []
    order = rows_by_scene(seen, number, len(scenes))
    with stages.stage("Match", len(seen)) as tell:
        for k, rows in enumerate(order):
            judged.append(judge_scene(run, scenes.slice(k, k + 1), seen.take(rows), request.rules))
            tell(k + 1, len(scenes))
    with stages.stage("Events"):
        done = filled(seen, order, judged)
        tracks = concat([j.tracks for j in judged]) if judged else empty(SCENE_TRACKS)
        near = around(done, order, judged, scenes, fixed, request.rules.dark)
        events = dark.detect(done, near, request.rules.dark, Surroundings(shore_m=load_coast().distance_to_shore_m))
    with stages.stage("Write"):
        (out / "match.json").unlink(missing_ok=True)
        tables = {"detections": done, "scenes": scenes, "scene_tracks": tracks, "events": events, "rejects": rejects}
        for name, table in tables.items():
            write_table(table, out / f"{name}.parquet", context=context, label=request.label)
        summary = _summary(request, run, context, done, scenes, tracks, events, rejects, judged, notes)
        put(out / "match.json", (json.dumps(summary, indent=1, ensure_ascii=False) + "\n").encode())
    return summary


def rules_of(path: Path | None) -> Rules:
    """Settings of a file, or the defaults. Raises ConfigError."""
    if path is None:
        return Rules()
    try:
        return read_rules(_bytes(path).decode("utf-8"), str(path))
    except UnicodeDecodeError as exc:
        raise ConfigError("is not UTF-8", where=str(path)) from exc


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise ConfigError(f"cannot be read: {exc.strerror or exc}", where=str(path)) from exc


def _reading(path: Path, request: Request, context: str) -> Reading:
    return Reading(path.name, request.sensor, request.assume_utc, request.label, context)


def _seen(request: Request, context: str) -> tuple[Table, Table, list[str]]:
    if not request.detections:
        raise ConfigError("no detections", where="--detections", hint="give CSV or GeoJSON files")
    tables, rejects, notes = [], [], []
    for path in request.detections:
        try:
            read = read_detections(_bytes(path), _reading(path, request, context))
        except ContextError:
            raise
        except InputError as exc:
            raise InputError(exc.message, where=str(path), hint=exc.hint) from exc
        tables.append(read.detections)
        rejects.append(read.rejects)
        notes += [f"{path.name}: {note}" for note in read.notes]
        if read.unmapped:
            notes.append(f"{path.name}: not read: {', '.join(read.unmapped[:10])}")
        if len(read.rejects):
            notes.append(f"{path.name}: {len(read.rejects):,} rows rejected; see rejects.parquet")
    return concat(tables), concat(rejects), notes


def _scenes(request: Request, seen: Table, context: str) -> tuple[Table, Array]:
    """All scenes, those that no file states made up from the detections, and the scene of each detection."""
    parts = [read_scenes(_bytes(path), _reading(path, request, context)) for path in request.scenes]
    known = concat(parts) if parts else empty(SCENES)
    if len(set(known["scene_id"].to_pylist())) < len(known):
        raise InputError("two files name a scene alike", where="--scenes")
    return looks_of(seen, known, request.label, context)


def _fixed(request: Request, run: Run) -> tuple[Array, Array]:
    lat, lon = [run.fixed_lat_deg], [run.fixed_lon_deg]
    for path in request.fixed:
        y, x = read_points(_bytes(path), str(path))
        lat.append(y)
        lon.append(x)
    return np.concatenate(lat), np.concatenate(lon)


def _summary(
    request: Request, run: Run, context: str, done: Table, scenes: Table, tracks: Table, events: Table, rejects: Table,
    judged: list[Judged], notes: list[str],
) -> dict[str, Any]:  # fmt: skip
    verdicts = np.bincount(done["verdict"], minlength=len(VERDICTS)).tolist()
    of_tracks = np.bincount(tracks["verdict"], minlength=len(TRACK_VERDICTS)).tolist()
    counts = {
        "detections": len(done), **{f"detections: {v}": c for v, c in zip(VERDICTS, verdicts, strict=True)},
        "scenes": len(scenes), **{f"tracks: {v}": c for v, c in zip(TRACK_VERDICTS, of_tracks, strict=True)},
        "events": len(events), "rejects": len(rejects),
        **{f"events: {w} confidence": int((events["confidence_word"] == k).sum()) for k, w in enumerate(LEVEL_WORDS)},
    }  # fmt: skip
    files = [*request.detections, *request.scenes, *request.fixed]
    inputs = [{"name": f.name, "sha256": digest_of(f), "size_bytes": f.stat().st_size} for f in files]
    names, kinds = scenes["scene_id"].to_pylist(), scenes["sensor"].tolist()
    listed = [
        {"scene_id": names[k], "sensor": SENSORS[kinds[k]], "timestamp": iso(int(scenes["time_ms"][k])),
         "detections": len(j.verdict), "matched": int((j.verdict == VERDICTS.index("match")).sum()),
         "dark": int((j.verdict == VERDICTS.index("dark")).sum()),
         "not_detected": int((j.tracks["verdict"] == TRACK_VERDICTS.index("not_detected")).sum()),
         "found_share": None if math.isnan(j.found_share) else round(j.found_share, 3),
         "unmatched_per_1000_km2": round(j.unmatched_per_1000_km2, 4)}
        for k, j in enumerate(judged)
    ]  # fmt: skip
    return {
        "kizuna_version": __version__, "context": context, "marking": marking(context), "label": request.label,
        "run": {"name": request.run.name, "digest": run.digest}, "inputs": inputs, "rules": asdict(request.rules),
        "counts": counts, "scenes": listed, "notes": notes, "limits": list(_LIMITS),
    }  # fmt: skip

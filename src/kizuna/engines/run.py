"""One run of ``detect``: read, find, write. The order of stages stands here and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kizuna.base import utc
from kizuna.base.errors import ConfigError, because
from kizuna.base.table import Table
from kizuna.engines import results
from kizuna.engines.claim_watch import ClaimWatch, watched
from kizuna.engines.decode import Loaded, Options, load
from kizuna.engines.detect import Found, continued, find_events, span, timed
from kizuna.engines.stages import Progress, Stages, silent
from kizuna.events.params import Settings, read
from kizuna.events.table import EVENTS
from kizuna.formats.run_summary import InputFile, RunSummary
from kizuna.links.anchorage_files import read_anchorages
from kizuna.links.files import digest_of
from kizuna.links.gis_files import read_zones
from kizuna.places.anchorages import Anchorages
from kizuna.places.zone import Zone
from kizuna.sources.batch import Batch
from kizuna.stores.parquet import read_table, ready_directory


@dataclass(frozen=True, slots=True)
class Request:
    """What to read and how to look at it; see ``kizuna detect --help``."""

    inputs: Sequence[str]
    options: Options = field(default_factory=Options)
    zones: Sequence[Path] = ()
    anchorages: Sequence[Path] = ()
    params: Path | None = None
    start: str = ""
    previous: Path | None = None
    title: str = ""
    claims: ClaimWatch | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """The files beside the inputs, read before anything long begins, so that a mistake is told at once."""

    settings: Settings
    zones: list[Zone]
    zone_files: tuple[InputFile, ...]
    lists: list[Anchorages]
    previous: Table | None
    start_ms: int | None


def detect_into(request: Request, out: Path, progress: Progress = silent) -> RunSummary:
    """Run all stages and leave everything in ``out``; ``results.FILES`` lists it.

    Raises ConfigError for settings, files or directories, InputError for inputs that cannot be understood,
    UnavailableError when the disk is full. ``run.json`` of an earlier run in ``out`` is removed first, so that a
    directory with one is always whole.
    """
    with ready_directory(out):
        return _detect_into(request, out, progress)


def _detect_into(request: Request, out: Path, progress: Progress) -> RunSummary:
    beside = given(request)
    stages = Stages(progress)
    with stages.stage("Read"):
        loaded = load(request.inputs, options=request.options, progress=progress)
    fixes, warnings = timed(loaded.batch.fixes, beside.start_ms)
    loaded = Loaded(_with_fixes(loaded.batch, fixes), loaded.run)
    context = loaded.run.contexts[0] if loaded.run.contexts else request.options.context
    found = find_events(loaded.batch, beside.settings, beside.zones, beside.lists, stages)
    if beside.previous is not None:
        found = _continued(found, beside.previous, stages)
    (out / "run.json").unlink(missing_ok=True)
    label = request.options.label
    results.write_tables(loaded, found, out, stages, context, label)
    title = request.title or title_of(request.inputs)
    warnings = (*warnings, *found.warnings)
    summary = results.summarise(
        title, loaded, found, beside.settings, beside.zone_files, stages, context, label, warnings
    )
    with stages.stage("Write report"):
        results.write_report(summary, found, beside.zones, out)
    return summary


def given(request: Request) -> Given:
    """Read what stands beside the inputs. Raises ConfigError and InputError."""
    settings = Settings()
    if request.params is not None:
        try:
            settings = read(request.params.read_text(encoding="utf-8"), str(request.params))
        except (OSError, UnicodeDecodeError) as exc:
            raise ConfigError(f"cannot be read: {because(exc)}", where=str(request.params)) from exc
    zones: list[Zone] = []
    files = []
    for path in request.zones:
        of_file = read_zones(path)
        zones += of_file
        files.append(InputFile(path.name, digest_of(path), path.stat().st_size, "zones", len(of_file)))
    if request.claims is not None:
        computed, told = watched(request.claims)
        zones += computed
        files.append(told)
    lists = [read_anchorages(path) for path in request.anchorages]
    previous = None
    if request.previous is not None:
        path = request.previous / "events.parquet" if request.previous.is_dir() else request.previous
        if not path.exists():
            raise ConfigError("no events.parquet there", where=str(request.previous), hint="give an earlier --out")
        previous = read_table(EVENTS, path)
    start_ms = None
    if request.start:
        try:
            start_ms = utc.parse(request.start)
        except Exception as exc:
            raise ConfigError(str(exc), where="--start") from exc
    return Given(settings, zones, tuple(files), lists, previous, start_ms)


def _with_fixes(batch: Batch, fixes: Table) -> Batch:
    return Batch(fixes, batch.statics, batch.others, batch.rejects, batch.counts)


def _continued(found: Found, previous: Table, stages: Stages) -> Found:
    start_ms, end_ms = span(found.tracks)
    events = continued(found.events, previous, stages, (start_ms, end_ms))
    return Found(found.tracks, found.identities, events, found.around, found.warnings)


def title_of(inputs: Sequence[str]) -> str:
    """A title for a run without one."""
    first = Path(inputs[0]).name or inputs[0]
    return first if len(inputs) == 1 else f"{first} and {len(inputs) - 1} more"

"""One run of ``detect``: read, find, write. The order of stages stands here and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kizuna.base import utc
from kizuna.base.errors import ConfigError, InputError, because
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
    return save(find(loaded, beside, request.title or title_of(request.inputs), request.options, stages), out)


@dataclass(frozen=True, slots=True)
class Answer:
    """All that a run found, before or without writing it.

    Attributes:
        loaded: rows as read, with their times.
        found: tracks, identities, events and surroundings.
        beside: what stood beside the inputs.
        title, context, label: of the run.
        warnings: sentences of the stages; those of reading stand in ``loaded``.
        stages: timings so far.
    """

    loaded: Loaded
    found: Found
    beside: Given
    title: str
    context: str
    label: str
    warnings: tuple[str, ...]
    stages: Stages

    def summary(self) -> RunSummary:
        """The record of the run, with the timings so far."""
        return results.summarise(
            self.title, self.loaded, self.found, self.beside.settings, self.beside.zone_files, self.stages,
            self.context, self.label, self.warnings,
        )  # fmt: skip


def find(loaded: Loaded, beside: Given, title: str, options: Options, stages: Stages) -> Answer:
    """Tracks and events of what was loaded. Raises ConfigError where rows lack times and no start was given."""
    batch = loaded.batch
    fixes, warnings = timed(batch.fixes, beside.start_ms)
    batch = Batch(fixes, batch.statics, batch.others, batch.rejects, batch.counts)
    found = find_events(batch, beside.settings, beside.zones, beside.lists, stages)
    if beside.previous is not None:
        found = _continued(found, beside.previous, stages)
    context = loaded.run.contexts[0] if loaded.run.contexts else options.context
    warnings = (*warnings, *found.warnings)
    return Answer(Loaded(batch, loaded.run), found, beside, title, context, options.label, warnings, stages)


def save(answer: Answer, out: Path) -> RunSummary:
    """Write everything into a directory that is there; ``run.json`` last."""
    (out / "run.json").unlink(missing_ok=True)
    results.write_tables(answer.loaded, answer.found, out, answer.stages, answer.context, answer.label)
    summary = answer.summary()
    with answer.stages.stage("Write report"):
        results.write_report(summary, answer.found, answer.beside.zones, out)
    return summary


def given(request: Request) -> Given:
    """Read what stands beside the inputs. Raises ConfigError and InputError."""
    settings = Settings() if request.params is None else settings_of(request.params)
    zones, files = zones_of(request.zones)
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
    return Given(settings, zones, tuple(files), lists, previous, start_of(request.start))


def settings_of(path: Path) -> Settings:
    """Settings from a TOML file. Raises ConfigError."""
    try:
        return read(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"cannot be read: {because(exc)}", where=str(path)) from exc


def zones_of(paths: Sequence[Path]) -> tuple[list[Zone], list[InputFile]]:
    """Zones of files, and what to say of each file. Raises ConfigError and InputError."""
    zones: list[Zone] = []
    files = []
    for path in paths:
        of_file = read_zones(path)
        zones += of_file
        files.append(InputFile(path.name, digest_of(path), path.stat().st_size, "zones", len(of_file)))
    return zones, files


def start_of(text: str) -> int | None:
    """The time of the first row as ``--start`` gives it; None for an empty text. Raises ConfigError."""
    if not text:
        return None
    try:
        return utc.parse(text)
    except InputError as exc:
        raise ConfigError(str(exc), where="--start") from exc


def _continued(found: Found, previous: Table, stages: Stages) -> Found:
    start_ms, end_ms = span(found.tracks)
    events = continued(found.events, previous, stages, (start_ms, end_ms))
    return Found(found.tracks, found.identities, events, found.around, found.warnings)


def title_of(inputs: Sequence[str]) -> str:
    """A title for a run without one."""
    first = Path(inputs[0]).name or inputs[0]
    return first if len(inputs) == 1 else f"{first} and {len(inputs) - 1} more"

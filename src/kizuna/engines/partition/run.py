"""``kizuna detect`` in partitions: the order of stages, what is kept between them, and how a stopped run goes on.

The tables are those of a run in memory, row by row. Memory goes with the size of a bucket, not of the input; the
working directory needs about 70 bytes of disk a row. Each stage leaves whole files; a run that was stopped at any
moment goes on from there with ``resume``.

Limits: an input that was not read to its end is read again. Times made from ``--start`` need the whole input at once
and are refused. The map of the report is drawn from evenly picked fixes where there are many.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from kizuna.base.errors import ConfigError, ContextError
from kizuna.base.table import Table, concat, empty
from kizuna.base.units import MISSING_TIME_MS
from kizuna.base.version import __version__
from kizuna.engines.decode import DecodeRun, Tally, run_of
from kizuna.engines.detect import continued, told_untimed
from kizuna.engines.inputs import Input, named
from kizuna.engines.partition import bucket as files
from kizuna.engines.partition import plan as plans
from kizuna.engines.partition import write
from kizuna.engines.partition.look import events_path, look
from kizuna.engines.partition.meet import Fleet, Meetings, fleet, meet
from kizuna.engines.partition.plan import FOLDER, Bucket, Plan, Sizes
from kizuna.engines.partition.route import route, route_path
from kizuna.engines.partition.trace import Traced, trace, tracks_path
from kizuna.engines.results import summary_of
from kizuna.engines.run import Given, Request, given, title_of
from kizuna.engines.stages import Progress, Stages, silent
from kizuna.engines.surround import Around, Rests, gathered
from kizuna.events.detect import in_order
from kizuna.events.params import as_dict
from kizuna.events.table import EVENTS
from kizuna.formats.run_summary import RunSummary
from kizuna.stores.parquet import read_table, ready_directory
from kizuna.tracks.reception import Presence, count

_FORMAT: Final = 1
"""Counts up when the files of the working directory change their meaning."""


@dataclass(frozen=True, slots=True)
class Partitioned:
    """How a run is cut into parts.

    Attributes:
        sizes: number of buckets, memory, workers.
        work: where the working files go; the directory of the results where None.
        resume: go on with a stopped run.
        fixes: write ``fixes.parquet`` as well, which is most of all that is written.
        report: write the page for people as well.
    """

    sizes: Sizes = field(default_factory=Sizes)
    work: Path | None = None
    resume: bool = False
    fixes: bool = True
    report: bool = True


@dataclass(slots=True)
class _Job:
    """One run: what it was given, where it works, how far it is."""

    request: Request
    how: Partitioned
    beside: Given
    folder: Path
    plan: Plan
    stages: Stages
    words: dict[str, tuple[str, ...]] = field(default_factory=dict)


def detect_in_parts(request: Request, out: Path, how: Partitioned, progress: Progress = silent) -> RunSummary:
    """Run all stages in partitions and leave in ``out`` what ``run.detect_into`` leaves.

    Raises as that does; ConfigError also for a working directory of another run and for one MMSI too large for the
    memory. After an error or a signal the working directory stays, so that ``resume`` can go on.
    """
    with ready_directory(out):
        return _detect_in_parts(request, out, how, progress)


def _detect_in_parts(request: Request, out: Path, how: Partitioned, progress: Progress) -> RunSummary:
    beside = given(request)
    if beside.start_ms is not None:
        raise ConfigError(
            "times cannot be made for an input in partitions", where="--start", hint="leave out --partitions"
        )
    items = named(request.inputs, request.options.source)
    folder = (how.work or out) / FOLDER
    plan = plans.opened(folder, _asked(request, beside, items, how), resume=how.resume)
    job = _Job(request, how, beside, folder, plan, Stages(progress))
    try:
        tally = _route(job, items)
    except ContextError:  # the same run would end there again
        shutil.rmtree(folder, ignore_errors=True)
        raise
    run = run_of(items, tally, Stages())
    untimed = told_untimed(plan.untimed, tally.rows["fixes"])
    traced = _trace(job)
    with job.stages.stage("Surroundings"):
        around = _around(job, traced)
        all_ = fleet(traced)
    with job.stages.stage("Encounters", tally.rows["fixes"]) as tell:
        meetings = _meet(job, traced, all_, around, tell)
    events = _look(job, traced, meetings, around)
    if beside.previous is not None:
        events = continued(events, beside.previous, job.stages, _span(plan, traced))
    summary = _finish(job, run, traced, all_, around, events, (*untimed, *around.warnings), tally, out)
    shutil.rmtree(folder, ignore_errors=True)
    return summary


def _asked(request: Request, beside: Given, items: Sequence[Input], how: Partitioned) -> str:
    """Fingerprint of what decides the working files: inputs, settings, version; not how fast they are made."""
    listed: list[Any] = []
    for item in items:
        path = Path(item.name)
        facts = path.stat() if path.is_file() else None
        listed.append([item.source_id, str(path), facts and facts.st_size, facts and facts.st_mtime_ns])
    options = request.options
    said = [options.source, options.context, options.label, dict(options.columns), options.assume_utc,
            options.date_order]  # fmt: skip
    rest = [as_dict(beside.settings), [asdict(z) for z in beside.zone_files], [a.digest for a in beside.lists]]
    document = json.dumps([_FORMAT, __version__, listed, said, rest, how.sizes.partitions], default=str, sort_keys=True)
    return hashlib.sha256(document.encode()).hexdigest()


def _route(job: _Job, items: Sequence[Input]) -> Tally:
    with job.stages.stage("Read and route", -1):
        expected = plans.rows_of(items)
        sizes = job.how.sizes
        tally = route(items, job.request.options, job.plan, job.folder, sizes, expected, job.stages.progress)
    job.words = {name: tuple(words) for name, words in job.plan.words.items()}
    return tally


def _each(
    job: _Job, work: Callable[[int], object], numbers: Sequence[int], tell: Callable[[float, float], None]
) -> None:  # fmt: skip
    """Do the work for each number on all workers. After an error or Ctrl-C what runs is finished, nothing is begun."""
    with ThreadPoolExecutor(job.how.sizes.threads, "bucket") as pool:
        waiting = {pool.submit(work, n) for n in numbers}
        done = 0
        try:
            while waiting:
                ready, waiting = wait(waiting, timeout=0.5, return_when=FIRST_EXCEPTION)
                for future in ready:
                    future.result()
                done += len(ready)
                tell(done, max(len(numbers), 1))
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _trace(job: _Job) -> list[Traced]:
    plan, folder = job.plan, job.folder
    last_ms = MISSING_TIME_MS if plan.last_ms is None else plan.last_ms

    def work(n: int) -> None:
        bucket = plan.buckets[n]
        routed = files.read(route_path(folder, bucket.name), bucket.size, job.words)
        trace(routed, job.beside.settings, last_ms, folder, bucket.name)
        route_path(folder, bucket.name).unlink(missing_ok=True)

    with job.stages.stage("Tracks", sum(b.rows for b in plan.buckets)) as tell:
        todo = [n for n, b in enumerate(plan.buckets) if not tracks_path(folder, b.name).exists()]
        _each(job, work, todo, tell)
    return [Traced(folder, b.name, job.words) for b in plan.buckets]


def _around(job: _Job, traced: Sequence[Traced]) -> Around:
    moored = [t.rests() for t in traced]
    rests = Rests(*(np.concatenate(columns) for columns in zip(*moored, strict=True)))
    present = [t.presence() for t in traced]  # MMSIs ascend from bucket to bucket, so the whole is in order
    names = ("mmsi", "hour", "first", "last")
    whole = Presence(*(np.concatenate([getattr(p, name) for p in present]) for name in names))
    until_ms = max(job.plan.last_ms or 0, 0)
    beside = job.beside
    return gathered(rests, count(whole, until_ms), beside.settings.anchorages, beside.lists, beside.zones)


def _meet(
    job: _Job, traced: Sequence[Traced], all_: Fleet, around: Around, tell: Callable[[float, float], None]
) -> Meetings:  # fmt: skip
    return meet(traced, all_, job.beside.settings, around.surroundings, traced[0].step_ms, tell)


def _look(job: _Job, traced: Sequence[Traced], meetings: Meetings, around: Around) -> Table:
    buckets: Sequence[Bucket] = job.plan.buckets

    def work(n: int) -> None:
        look(traced, n, meetings, job.beside.settings, around.surroundings, events_path(job.folder, buckets[n].name))

    with job.stages.stage("Events", sum(t.rows for t in traced)) as tell:
        todo = [n for n, b in enumerate(buckets) if not events_path(job.folder, b.name).exists()]
        _each(job, work, todo, tell)
        found = [read_table(EVENTS, events_path(job.folder, b.name)) for b in buckets]
        return in_order(concat([*found, meetings.events])) if found else empty(EVENTS)


def _span(plan: Plan, traced: Sequence[Traced]) -> tuple[int, int]:
    """First and last time in the tracks."""
    if plan.last_ms is None:
        return MISSING_TIME_MS, MISSING_TIME_MS
    return min(int(t.column("time_ms").min()) for t in traced if t.rows), plan.last_ms


def _finish(
    job: _Job, run: DecodeRun, traced: Sequence[Traced], all_: Fleet, around: Around, events: Table,
    warnings: tuple[str, ...], tally: Tally, out: Path,
) -> RunSummary:  # fmt: skip
    options = job.request.options
    context = run.contexts[0] if run.contexts else options.context
    places = write.Places(out, job.folder, [b.name for b in job.plan.buckets], len(job.plan.items))
    with job.stages.stage("Write tables", tally.rows["fixes"]) as tell:
        write.tables(places, traced, all_, events, context, options.label, tell, fixes=job.how.fixes)
        identities = write.identities(places, traced, context, options.label)
    counts = {
        "fixes": tally.rows["fixes"], "statics": tally.rows["statics"], "others": tally.rows["others"],
        "rejects": tally.rows["rejects"], "segments": len(all_.segments), "identities": identities,
        "vessels (MMSI)": len(np.unique(all_.segments["mmsi"])),
    }  # fmt: skip
    title = job.request.title or title_of(job.request.inputs)
    times = _span(job.plan, traced)
    summary = summary_of(
        title, run, counts, times, events, around.masks, job.beside.settings, job.beside.zone_files, job.stages,
        context, options.label, warnings,
    )  # fmt: skip
    with job.stages.stage("Write report"):
        write.report(places, traced, all_, summary, events, job.beside.zones, page=job.how.report)
    return summary

"""From inputs to tables: onto the disk in constant memory (``decode``), or into memory for what follows (``load``)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from kizuna.base.errors import ContextError
from kizuna.base.grow import Growing
from kizuna.base.table import Table
from kizuna.base.units import MISSING_TIME_MS
from kizuna.engines.inputs import Input, Options, named, rows_expected
from kizuna.engines.reading import read
from kizuna.engines.stages import Progress, Stages, silent
from kizuna.fixes.statics import OTHERS, REJECT_REASONS, REJECTS, STATICS
from kizuna.fixes.table import FIXES, TIME_SOURCES
from kizuna.formats.run_summary import InputFile, Timing
from kizuna.sources.batch import Batch
from kizuna.stores.parquet import BatchWriter

__all__ = ["DecodeRun", "Loaded", "Options", "decode", "gather", "load"]


@dataclass(frozen=True, slots=True)
class DecodeRun:
    """What was read.

    Attributes:
        inputs: every input with its digest, kind, rows and rejects by reason.
        counts: rows per table.
        details: everything that the decoders counted, per source id (lines, messages, reject reasons, ...).
        time_sources: fixes per source of their time.
        start_ms, end_ms: first and last time of a fix; MISSING_TIME_MS without times.
        contexts: contexts of the rows (one; none without rows).
        warnings: sentences for the operator.
        timings: wall and CPU seconds.
    """

    inputs: tuple[InputFile, ...]
    counts: Mapping[str, int]
    details: Mapping[str, Mapping[str, int]]
    time_sources: Mapping[str, int]
    start_ms: int
    end_ms: int
    contexts: tuple[str, ...]
    warnings: tuple[str, ...]
    timings: tuple[Timing, ...]


@dataclass(frozen=True, slots=True)
class Loaded:
    """Everything in memory, in the order heard, and what was read."""

    batch: Batch
    run: DecodeRun


@dataclass(slots=True)
class Tally:
    """What goes by on the way: rows a table, fixes a source of time, first and last time, contexts."""

    rows: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("fixes", "statics", "others", "rejects"), 0))
    time_sources: np.ndarray = field(default_factory=lambda: np.zeros(len(TIME_SOURCES), np.int64))
    start_ms: int = MISSING_TIME_MS
    end_ms: int = MISSING_TIME_MS
    contexts: set[str] = field(default_factory=set)

    def add(self, batch: Batch) -> None:
        """Count a batch. Raises ContextError where it brings a second context."""
        for name, table in tables_of(batch):
            self.rows[name] += len(table)
            if len(table):
                words = table.codes_of("context")
                self.contexts |= set(words) if len(words) == 1 else {words[c] for c in np.unique(table["context"])}
        if len(self.contexts) > 1:
            both = " and ".join(sorted(self.contexts))
            raise ContextError(
                f"the inputs mix the contexts {both}", hint="run them apart: real, exercise and test never mix"
            )
        if not len(batch.fixes):
            return
        sources = batch.fixes["time_source"]
        self.time_sources += np.bincount(sources[sources >= 0], minlength=len(TIME_SOURCES))
        last = int(batch.fixes["time_ms"].max())
        if last == MISSING_TIME_MS:
            return
        times = batch.fixes["time_ms"]
        first = int(times.min())
        if first == MISSING_TIME_MS:
            first = int(times[times != MISSING_TIME_MS].min())
        self.start_ms = first if self.start_ms == MISSING_TIME_MS else min(self.start_ms, first)
        self.end_ms = max(self.end_ms, last)


def tables_of(batch: Batch) -> tuple[tuple[str, Table], ...]:
    """The four tables of a batch, by name."""
    return (("fixes", batch.fixes), ("statics", batch.statics), ("others", batch.others), ("rejects", batch.rejects))


def decode(
    inputs: Sequence[str], out_dir: Path, *, options: Options | None = None, progress: Progress = silent
) -> DecodeRun:
    """Decode inputs into ``fixes``, ``statics``, ``others`` and ``rejects.parquet`` of a directory.

    The memory needed does not depend on the size of the inputs. The four files appear only when all is well.

    Raises ConfigError (an input or the directory), InputError (an input that cannot be understood), UnavailableError
    (disk full, a feed that never answered).
    """
    options = options or Options()
    items = named(inputs, options.source)
    stages, tally = Stages(progress), Tally()
    with stages.stage("decode"), BatchWriter(out_dir, context=options.context, label=options.label) as writer:
        for batch in _batches(items, options, progress, tally):
            writer.write(batch)
    return run_of(items, tally, stages)


def load(inputs: Sequence[str], *, options: Options | None = None, progress: Progress = silent) -> Loaded:
    """Decode inputs into memory: 133 bytes a fix, and no second copy on the way.

    Raises as ``decode``.
    """
    options = options or Options()
    items = named(inputs, options.source)
    return gather(items, lambda item: read(item, options, progress), progress)


def gather(items: Sequence[Input], batches: Callable[[Input], Iterator[Batch]], progress: Progress = silent) -> Loaded:
    """All batches of the inputs in memory; ``batches`` gives those of one input and fills in what is learnt of it."""
    stages, tally = Stages(progress), Tally()
    with stages.stage("read"):
        grown = {schema.name: Growing(schema) for schema in (STATICS, OTHERS, REJECTS)}
        grown["fixes"] = Growing(FIXES, rows_expected(items))
        for item in items:
            for batch in batches(item):
                tally.add(batch)
                for name, table in tables_of(batch):
                    grown[name].add(table)
        total: dict[str, int] = {}
        for item in items:
            for name, number in item.counts.items():
                total[name] = total.get(name, 0) + number
        whole = Batch(**{name: table.finish() for name, table in grown.items()}, counts=total)
    return Loaded(whole, run_of(items, tally, stages))


def _batches(items: Sequence[Input], options: Options, progress: Progress, tally: Tally) -> Iterator[Batch]:
    for item in items:
        for batch in read(item, options, progress):
            tally.add(batch)
            yield batch


def run_of(items: Sequence[Input], tally: Tally, stages: Stages) -> DecodeRun:
    """What is told of inputs that were read to their end."""
    found = tuple(
        InputFile(
            item.source_id, item.sha256, item.size_bytes, item.kind, item.counts.get("rows", 0),
            {reason: item.counts[reason] for reason in REJECT_REASONS if item.counts.get(reason)},
        )
        for item in items
    )  # fmt: skip
    known = {word: int(n) for word, n in zip(TIME_SOURCES, tally.time_sources, strict=True) if n}
    return DecodeRun(
        found, dict(tally.rows), {item.source_id: dict(item.counts) for item in items}, known, tally.start_ms,
        tally.end_ms, tuple(sorted(tally.contexts)), tuple(_warnings(items, known)), tuple(stages.timings),
    )  # fmt: skip


def _warnings(items: Sequence[Input], time_sources: Mapping[str, int]) -> Iterator[str]:
    for item in items:
        for sentence in item.warnings:
            yield f"{item.source_id}: {sentence}"
        if item.unmapped:
            yield f"{item.source_id}: nothing was read from the columns {', '.join(item.unmapped)}"
        own = item.kind.startswith("kizuna ")  # a table of ours may well be empty
        if item.kind and not own and not item.counts.get("rows") and not item.warnings:
            yield f"{item.source_id}: no message was found in it"
    if time_sources.get("none"):
        yield f"{time_sources['none']} fixes have no time"

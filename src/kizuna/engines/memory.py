"""Tables that a program already holds, as inputs of a run; and a run that leaves its answer in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa

from kizuna.base.table import Table
from kizuna.engines import results
from kizuna.engines.decode import Loaded, Options, gather
from kizuna.engines.detect import Found, find_events, timed
from kizuna.engines.inputs import Input
from kizuna.engines.rows import by_vessel, judged
from kizuna.engines.stages import Progress, Stages, silent
from kizuna.events.params import Settings
from kizuna.formats.run_summary import InputFile, RunSummary
from kizuna.places.anchorages import Anchorages
from kizuna.places.zone import Zone
from kizuna.sources.batch import Batch
from kizuna.sources.parquet import decoder_for
from kizuna.stores.parquet import make_directory

_ROWS: Final = 65_536
"""Rows decoded at a time."""


@dataclass(frozen=True, slots=True)
class Around:
    """What a run is told beside its rows: zones with the files they came from, lists of anchorages, settings."""

    settings: Settings
    zones: tuple[Zone, ...] = ()
    zone_files: tuple[InputFile, ...] = ()
    lists: tuple[Anchorages, ...] = ()
    start_ms: int | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """All that ``detect`` writes, in memory."""

    loaded: Loaded
    found: Found
    summary: RunSummary
    zones: tuple[Zone, ...]
    stages: Stages


def table_in(table: pa.Table, options: Options, progress: Progress = silent) -> Loaded:
    """The rows of an Arrow table, read by the names of its columns as a Parquet file would be.

    ``options.source`` names it; its digest is the SHA-256 of the table as an Arrow stream, so that the same rows give
    the same citation. Raises InputError where the columns do not say what is what.
    """
    item = Input(options.source, options.source)

    def batches(of: Input) -> Iterator[Batch]:
        decoder = decoder_for(
            table.schema, of.source_id, label=options.label, context=options.context, reading=options.reading()
        )
        of.kind, of.unmapped = f"{decoder.kind} in memory", decoder.unmapped
        picked = table.select([name for name in table.column_names if name in set(decoder.columns)])
        picked = picked.replace_schema_metadata(table.schema.metadata)
        sink = _Digest()
        with pa.ipc.new_stream(sink, picked.schema) as writer:
            for part in picked.combine_chunks().to_batches(max_chunksize=_ROWS):
                writer.write_batch(part)
                batch = decoder.feed(part)
                options.stand(batch, of.source_id)
                of.add(batch)
                yield batch
                progress("Read", of.counts.get("rows", 0), table.num_rows)
        of.sha256, of.size_bytes = sink.hash.hexdigest(), sink.size

    return gather([item], batches, progress)


class _Digest:
    """A file that keeps nothing but the hash of what is written."""

    def __init__(self) -> None:
        self.hash = hashlib.sha256()
        self.size = 0
        self.closed = False

    def write(self, data: bytes) -> int:
        self.hash.update(data)
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""


def find(loaded: Loaded, around: Around, options: Options, progress: Progress = silent) -> Answer:
    """Tracks and events of what was loaded. Raises ConfigError where rows lack times and no start was given."""
    stages = Stages(progress)
    fixes, warnings = timed(loaded.batch.fixes, around.start_ms)
    loaded = Loaded(_with(loaded.batch, fixes), loaded.run)
    context = loaded.run.contexts[0] if loaded.run.contexts else options.context
    found = find_events(loaded.batch, around.settings, around.zones, around.lists, stages)
    summary = results.summarise(
        around.title, loaded, found, around.settings, around.zone_files, stages, context, options.label,
        (*warnings, *found.warnings),
    )  # fmt: skip
    return Answer(loaded, found, summary, around.zones, stages)


def _with(batch: Batch, fixes: Table) -> Batch:
    return Batch(fixes, batch.statics, batch.others, batch.rejects, batch.counts)


def save(answer: Answer, out: Path) -> None:
    """Write the very files of ``kizuna detect``; the record of the run last."""
    make_directory(out)
    (out / "run.json").unlink(missing_ok=True)
    summary = answer.summary
    results.write_tables(answer.loaded, answer.found, out, answer.stages, summary.context, summary.label)
    results.write_report(summary, answer.found, list(answer.zones), out)


def tables(answer: Answer) -> dict[str, Sequence[Table]]:
    """The tables of an answer as they would be written, by name; fixes in pieces by vessel and time."""
    found, batch = answer.found, answer.loaded.batch
    return {
        "fixes": list(by_vessel(judged(found.tracks), found.tracks)), "statics": [batch.statics],
        "others": [batch.others], "rejects": [batch.rejects], "segments": [found.tracks.segments],
        "identities": [found.identities], "events": [found.events],
    }  # fmt: skip

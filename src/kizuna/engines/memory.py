"""Tables that a program already holds, as inputs of a run; and the answer of a run as tables."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Final

import pyarrow as pa

from kizuna.base.table import Table
from kizuna.engines.decode import Loaded, Options, gather
from kizuna.engines.inputs import Input
from kizuna.engines.rows import by_vessel, judged
from kizuna.engines.run import Answer
from kizuna.engines.stages import Progress, silent
from kizuna.sources.batch import Batch
from kizuna.sources.parquet import decoder_for

_ROWS: Final = 65_536
"""Rows decoded at a time."""


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


def tables(answer: Answer) -> dict[str, Sequence[Table]]:
    """The tables of an answer as they would be written, by name; fixes in pieces by vessel and time."""
    found, batch = answer.found, answer.loaded.batch
    return {
        "fixes": list(by_vessel(judged(found.tracks), found.tracks)), "statics": [batch.statics],
        "others": [batch.others], "rejects": [batch.rejects], "segments": [found.tracks.segments],
        "identities": [found.identities], "events": [found.events],
    }  # fmt: skip

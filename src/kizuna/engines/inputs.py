"""What the command line names as inputs, opened and decoded into one stream of batches.

An input is a file (plain, gzip, zstd), a result directory of an earlier ``decode``, ``-`` for standard input, or a
live feed (``tcp://``, ``tcp-listen://``, ``udp://``). Its source id is the file's base name; where two inputs share
it, as much of their folders is added as tells them apart. Rows of our own tables keep the source they came from.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from kizuna.base.errors import ConfigError, InputError, UnavailableError
from kizuna.engines.stages import Progress, silent
from kizuna.fixes.statics import OTHERS, REJECTS, STATICS
from kizuna.fixes.table import FIXES
from kizuna.links import files, net
from kizuna.links.live import Stop
from kizuna.records.context import REAL
from kizuna.records.label import NOBODY
from kizuna.sources.batch import Batch, Decoder
from kizuna.sources.delimited import DelimitedDecoder
from kizuna.sources.dialects import Reading
from kizuna.sources.json_feeds import JsonLinesDecoder
from kizuna.sources.nmea import NmeaDecoder
from kizuna.sources.parquet import BatchDecoder, decoder_for
from kizuna.sources.sniff import HEAD, Format, sniff

TABLE_BYTES: Final = 4 << 20
"""Bytes of a text table decoded at a time."""
TABLE_ROWS: Final = 65_536
"""Rows of a Parquet file decoded at a time: small enough that their columns stay in reused memory."""


@dataclass(frozen=True, slots=True)
class Options:
    """How inputs are read.

    Attributes:
        source: source id instead of the file name (one input only).
        context, label: of rows that bring none of their own.
        columns: for tables, which column is which field (``--map``).
        assume_utc: read table times without a zone as UTC.
        date_order: ``dmy`` or ``mdy`` for table dates such as 05/04/2026.
        seconds, lines: when a live feed stops; 0 is never.
        clock_ms: the clock that stamps what live feeds bring, milliseconds UTC.
    """

    source: str = ""
    context: str = REAL
    label: str = NOBODY
    columns: Mapping[str, str] = field(default_factory=dict)
    assume_utc: bool = False
    date_order: str = ""
    seconds: float = 0.0
    lines: int = 0
    clock_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000

    def reading(self) -> Reading:
        """What the table decoders need to know."""
        if self.date_order not in ("", "dmy", "mdy"):
            raise ConfigError(f"{self.date_order!r} is no date order", hint="dmy or mdy")
        return Reading(self.columns, self.assume_utc, self.date_order)


@dataclass(slots=True)
class Input:
    """One input, before and after it was read.

    Attributes:
        name: as given; ``source_id``: as it stands in the rows.
        kind: how it was understood; empty before.
        size_bytes, sha256: of the raw bytes; -1 and empty for live feeds.
        counts: what its decoder counted.
        warnings: sentences about damage and the like.
        unmapped: table columns that nothing was read from.
    """

    name: str
    source_id: str
    kind: str = ""
    size_bytes: int = -1
    sha256: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    unmapped: tuple[str, ...] = ()

    def add(self, batch: Batch) -> None:
        """Count what a batch held."""
        for name, number in batch.counts.items():
            self.counts[name] = self.counts.get(name, 0) + number
        rows = len(batch.fixes) + len(batch.statics) + len(batch.others)
        self.counts["rows"] = self.counts.get("rows", 0) + rows


def named(inputs: Sequence[str], source: str = "") -> list[Input]:
    """The inputs with their source ids, result directories replaced by their tables.

    Raises ConfigError where nothing is given, one file is given twice, or one name is meant for several inputs.
    """
    names = [file for name in inputs for file in _expanded(name)]
    if not names:
        raise ConfigError("no input", hint="give files, - for stdin, tcp://HOST:PORT or udp://HOST:PORT")
    keys = [name if _is_stream(name) else str(Path(name).resolve()) for name in names]
    for i, key in enumerate(keys):
        if key in keys[:i]:
            raise ConfigError("given twice", where=names[i], hint="its rows would count double")
    if source and len(names) > 1:
        raise ConfigError(f"one source name for {len(names)} inputs", hint="leave out --source, or give one input")
    ids = [source] if source else _source_ids(names)
    return [Input(name, source_id) for name, source_id in zip(names, ids, strict=True)]


def _is_stream(name: str) -> bool:
    return name == files.STDIN or net.is_url(name)


def _expanded(name: str) -> list[str]:
    path = Path(name)
    if _is_stream(name) or not path.is_dir():
        return [name]
    found = [path / f"{schema.name}.parquet" for schema in (FIXES, STATICS, OTHERS, REJECTS)]
    if not found[0].exists():
        raise ConfigError("is a directory without fixes.parquet", where=name, hint="give its files one by one")
    return [str(file) for file in found if file.exists()]


def _source_ids(names: Sequence[str]) -> list[str]:
    parts = [("stdin",) if n == files.STDIN else (n,) if net.is_url(n) else Path(n).resolve().parts for n in names]
    ids = []
    for mine in parts:
        depth = 1
        while depth < len(mine) and sum(other[-depth:] == mine[-depth:] for other in parts) > 1:
            depth += 1
        ids.append("/".join(mine[-depth:]))
    return ids


def read(item: Input, options: Options, progress: Progress = silent) -> Iterator[Batch]:
    """The batches of one input; fills in what is learnt about it.

    Raises ConfigError for what is not there, InputError for what cannot be understood. A live feed that breaks for
    good ends with a warning if anything came before.
    """
    stage = f"read {item.source_id}"
    batches = _live(item, options, stage, progress) if net.is_url(item.name) else _file(item, options, stage, progress)
    for batch in batches:
        item.add(batch)
        yield batch


def _live(item: Input, options: Options, stage: str, progress: Progress) -> Iterator[Batch]:
    item.kind = "nmea live"
    decoder = NmeaDecoder(item.source_id, label=options.label, context=options.context)
    stop = Stop(options.seconds, options.lines)
    feed = net.open_feed(item.name, clock_ms=options.clock_ms, stop=stop)
    received = 0
    try:
        for chunk in feed.chunks():
            received += len(chunk.data)
            yield decoder.feed(chunk.data, chunk.received_ms)
            progress(stage, received, 0)
    except UnavailableError as exc:
        if not received:
            raise
        item.warnings.append(str(exc))
    except KeyboardInterrupt:
        item.warnings.append("stopped by hand")
    finally:
        feed.close()
    if feed.dropped:
        item.warnings.append(f"{feed.dropped} packets or bytes were lost before they could be read")
    yield decoder.finish()


def _file(item: Input, options: Options, stage: str, progress: Progress) -> Iterator[Batch]:
    with files.InputFile(item.name) as file:
        chunks = file.chunks()
        head = _head(chunks)
        found = sniff(head, item.source_id, options.reading())
        if found.kind in ("parquet", "arrow"):
            yield from _columns(item, file, found, options, stage, progress)
            return
        item.kind = str(found)
        decoder = _decoder(found, item.source_id, options)
        if decoder is None:
            item.warnings.append("is empty")
        else:
            yield decoder.feed(head)
            for chunk in chunks if found.kind == "nmea" else _gathered(chunks):
                yield decoder.feed(chunk)
                progress(stage, file.bytes_read, max(file.size_bytes, 0))
            yield decoder.finish()
        item.size_bytes = file.bytes_read
        item.sha256 = file.sha256()
        if file.warning:
            item.warnings.append(file.warning)
        if isinstance(decoder, DelimitedDecoder) and decoder.dialect is not None:
            item.unmapped = decoder.dialect.unmapped


def _head(chunks: Iterator[bytes]) -> bytes:
    """Enough of the beginning to tell the format: a whole line, or as much as is worth looking at."""
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= HEAD or b"\n" in head.lstrip():
            break
    return head


def _gathered(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Larger pieces: a table's decoder pays some milliseconds for each (0.70 us a row at 1 MB, 0.46 at 4 MB)."""
    parts: list[bytes] = []
    size = 0
    for chunk in chunks:
        parts.append(chunk)
        size += len(chunk)
        if size >= TABLE_BYTES:
            yield b"".join(parts)
            parts, size = [], 0
    if parts:
        yield b"".join(parts)


def _decoder(found: Format, source_id: str, options: Options) -> Decoder | None:
    if found.kind == "nmea":
        return NmeaDecoder(source_id, label=options.label, context=options.context)
    if found.kind == "csv":
        return DelimitedDecoder(source_id, label=options.label, context=options.context, reading=options.reading())
    if found.kind == "jsonl":
        return JsonLinesDecoder(source_id, label=options.label, context=options.context, reading=options.reading())
    return None


def _columns(
    item: Input, file: files.InputFile, found: Format, options: Options, stage: str, progress: Progress
) -> Iterator[Batch]:
    """Parquet and Arrow files, which are not read from beginning to end."""
    if item.name == files.STDIN or file.packing:
        raise InputError(
            f"{found.kind} data must be a plain file", where=item.source_id, hint="save or unpack it first"
        )
    path = Path(item.name)
    try:
        if found.kind == "parquet":
            yield from _parquet(item, path, options, stage, progress)
        else:
            yield from _arrow(item, path, options, stage, progress)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as exc:
        raise InputError(f"damaged {found.kind} file: {str(exc).splitlines()[0]}", where=item.source_id) from exc
    item.size_bytes = path.stat().st_size
    item.sha256 = files.digest_of(path)


def _described(item: Input, schema: pa.Schema, options: Options) -> BatchDecoder:
    decoder = decoder_for(
        schema, item.source_id, label=options.label, context=options.context, reading=options.reading()
    )
    item.kind = decoder.kind
    item.unmapped = decoder.unmapped
    return decoder


def _parquet(item: Input, path: Path, options: Options, stage: str, progress: Progress) -> Iterator[Batch]:
    decoder = _described(item, pq.read_schema(path), options)
    with pq.ParquetFile(path, read_dictionary=decoder.dictionaries) as table:
        total = table.metadata.num_rows
        done = 0
        for part in table.iter_batches(TABLE_ROWS, columns=decoder.columns, use_threads=False):
            yield decoder.feed(part)
            done += part.num_rows
            progress(stage, done, total)


def _arrow(item: Input, path: Path, options: Options, stage: str, progress: Progress) -> Iterator[Batch]:
    with pa.ipc.open_file(str(path)) as table:
        decoder = _described(item, table.schema, options)
        for i in range(table.num_record_batches):
            whole = table.get_batch(i).select(decoder.columns)
            for start in range(0, whole.num_rows, TABLE_ROWS):
                yield decoder.feed(whole.slice(start, TABLE_ROWS))
            progress(stage, i + 1, table.num_record_batches)


def rows_expected(items: Sequence[Input]) -> int:
    """Rows of fixes to come, as far as Parquet files tell; 0 where anything else is among the inputs."""
    total = 0
    for item in items:
        if not item.name.endswith((".parquet", ".pq", ".geoparquet")):
            return 0
        try:
            meta = pq.read_metadata(item.name)
        except (pa.ArrowInvalid, OSError):
            return 0
        own = (meta.metadata or {}).get(b"kizuna.table", b"fixes")
        total += meta.num_rows if own == b"fixes" else 0
    return total

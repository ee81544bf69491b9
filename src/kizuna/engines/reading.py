"""The batches of one input: which decoder reads it, and how its bytes come."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from kizuna.base.errors import InputError, UnavailableError
from kizuna.engines.inputs import Input, Options
from kizuna.engines.stages import Progress, silent
from kizuna.links import files, net
from kizuna.links.live import Stop
from kizuna.links.websocket import read_subscription
from kizuna.records.exercise_mark import MarkWatch
from kizuna.sources.batch import Batch, Decoder
from kizuna.sources.delimited import DelimitedDecoder
from kizuna.sources.feeds.decoder import FeedDecoder
from kizuna.sources.feeds.documents import DocumentDecoder
from kizuna.sources.json_feeds import JsonLinesDecoder
from kizuna.sources.nmea import NmeaDecoder
from kizuna.sources.parquet import BatchDecoder, decoder_for
from kizuna.sources.sniff import HEAD, Format, sniff

TABLE_BYTES: Final = 4 << 20
"""Bytes of a text table decoded at a time."""
_READ_BYTES: Final = 1 << 20
"""Bytes of a Parquet column read at a time."""
TABLE_ROWS: Final = 65_536
"""Rows of a Parquet file decoded at a time: small enough that their columns stay in reused memory."""


def read(item: Input, options: Options, progress: Progress = silent) -> Iterator[Batch]:
    """The batches of one input; fills in what is learnt about it.

    Raises ConfigError for what is not there, InputError for what cannot be understood, ContextError for what says of
    itself that it is an exercise where the context is not that very one. A live feed that breaks for good ends with a
    warning if anything came before.
    """
    stage = f"read {item.source_id}"
    batches = _live(item, options, stage, progress) if net.is_url(item.name) else _file(item, options, stage, progress)
    for batch in batches:
        options.stand(batch, item.name)
        item.add(batch)
        yield batch


@contextmanager
def _stopped_by_signal(stop: Stop) -> Iterator[None]:
    """Ctrl-C and a request to terminate end the recording and keep what came; a second one interrupts at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def ask(_number: int, _frame: FrameType | None) -> None:
        if stop.asked:
            raise KeyboardInterrupt
        stop.asked = True

    for number in before:
        signal.signal(number, ask)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _live(item: Input, options: Options, stage: str, progress: Progress) -> Iterator[Batch]:
    item.kind = "nmea live"
    decoder: Decoder | None = None
    stop = Stop(options.seconds, options.lines)
    subscription = ""
    if net.is_web(item.name) and options.subscription is not None:
        subscription = read_subscription(options.subscription)
    feed = net.open_feed(item.name, clock_ms=options.clock_ms, stop=stop, subscription=subscription)
    received = 0
    marks = MarkWatch(options.context, item.source_id)
    with _stopped_by_signal(stop):
        try:
            for chunk in feed.chunks():
                received += len(chunk.data)
                marks.look(chunk.data)
                if decoder is None:
                    decoder = _live_decoder(item, chunk.data, options)
                yield decoder.feed(chunk.data, chunk.received_ms)
                progress(stage, received, 0)
        except UnavailableError as exc:
            if not received:
                raise
            item.warnings.append(str(exc))
        finally:
            feed.close()
    if stop.asked:
        item.warnings.append("stopped by hand")
    if feed.dropped:
        item.warnings.append(f"{feed.dropped} packets or bytes were lost before they could be read")
    if decoder is not None:
        yield decoder.finish()
    if isinstance(decoder, FeedDecoder):
        item.warnings += [f"the feed said: {note}" for note in decoder.notes]


def _live_decoder(item: Input, data: bytes, options: Options) -> Decoder:
    """By the first bytes: JSON begins with a brace, everything else is NMEA."""
    if data.lstrip().startswith(b"{"):
        item.kind = "feed live"
        return FeedDecoder(item.source_id, label=options.label, context=options.context)
    return NmeaDecoder(item.source_id, label=options.label, context=options.context)


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
            marks = MarkWatch(options.context, item.source_id)
            if found.kind == "nmea":
                marks.look(head)
            yield decoder.feed(head)
            for chunk in chunks if found.kind == "nmea" else _gathered(chunks):
                if found.kind == "nmea":
                    marks.look(chunk)
                yield decoder.feed(chunk)
                progress(stage, file.bytes_read, max(file.size_bytes, 0))
            marks.finish()
            yield decoder.finish()
        item.size_bytes = file.bytes_read
        item.sha256 = file.sha256()
        if file.warning:
            item.warnings.append(file.warning)
        if isinstance(decoder, FeedDecoder):
            item.warnings += [f"the feed said: {note}" for note in decoder.notes]
        if isinstance(decoder, DelimitedDecoder) and decoder.dialect is not None:
            item.unmapped = decoder.dialect.unmapped


def _head(chunks: Iterator[bytes]) -> bytes:
    """Enough of the beginning to tell the format: a whole line, of JSON as much as is worth looking at."""
    head = b""
    for chunk in chunks:
        head += chunk
        seen = head.removeprefix(b"\xef\xbb\xbf").lstrip()
        if len(head) >= HEAD or (b"\n" in seen and not seen.startswith((b"{", b"["))):
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
    if found.kind == "feed":
        return FeedDecoder(source_id, label=options.label, context=options.context)
    if found.kind == "document":
        return DocumentDecoder(source_id, label=options.label, context=options.context)
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
    with ThreadPoolExecutor(1, "digest") as pool:
        digest = pool.submit(files.digest_of, path)  # as long as unpacking a third of the rows, and beside it
        try:
            if found.kind == "parquet":
                yield from _parquet(item, path, options, stage, progress)
            else:
                yield from _arrow(item, path, options, stage, progress)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as exc:
            raise InputError(f"damaged {found.kind} file: {str(exc).splitlines()[0]}", where=item.source_id) from exc
        item.size_bytes = path.stat().st_size
        item.sha256 = digest.result()


def _described(item: Input, schema: pa.Schema, options: Options) -> BatchDecoder:
    decoder = decoder_for(
        schema, item.source_id, label=options.label, context=options.context, reading=options.reading()
    )
    item.kind = decoder.kind
    item.unmapped = decoder.unmapped
    return decoder


def _parquet(item: Input, path: Path, options: Options, stage: str, progress: Progress) -> Iterator[Batch]:
    decoder = _described(item, pq.read_schema(path), options)
    # pre_buffer would hold the whole file in memory, and cost half as much again
    with pq.ParquetFile(
        path, read_dictionary=decoder.dictionaries, pre_buffer=False, buffer_size=_READ_BYTES
    ) as table:  # fmt: skip
        total = table.metadata.num_rows
        done = 0
        for part in _ahead(table.iter_batches(TABLE_ROWS, columns=decoder.columns, use_threads=False)):
            yield decoder.feed(part)
            done += part.num_rows
            progress(stage, done, total)


def _ahead(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same batches, the next one unpacked on another core while one is worked on."""
    with ThreadPoolExecutor(1, "ahead") as pool:
        coming = pool.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = pool.submit(next, batches, None)
            yield batch


def _arrow(item: Input, path: Path, options: Options, stage: str, progress: Progress) -> Iterator[Batch]:
    with pa.ipc.open_file(str(path)) as table:
        decoder = _described(item, table.schema, options)
        for i in range(table.num_record_batches):
            whole = table.get_batch(i).select(decoder.columns)
            for start in range(0, whole.num_rows, TABLE_ROWS):
                yield decoder.feed(whole.slice(start, TABLE_ROWS))
            progress(stage, i + 1, table.num_record_batches)

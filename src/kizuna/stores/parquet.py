"""Tables to Parquet files and back.

A file is written under ``NAME.part``, flushed to the disk and only then given its name, so nothing half-written is
ever named as whole and an earlier result stays until the new one is complete. Rows are gathered into row groups of
``ROW_GROUP`` whatever the size of the batches, so the memory does not grow with the file and cutting the input
elsewhere gives the same file.

Files carry the version that wrote them, their context (with its marking, such as EXERCISE) and label. One file holds
one context.

Encodings were chosen by measuring a day of NOAA positions (ns a row, bytes a row): ids, offsets and times as
differences (10 ns, 0.7 B against 21 ns, 1.6 B plain); latitude and longitude without dictionary (31 ns, 3.4 B; byte
stream split is twice as fast but twice as large); speeds, angles, MMSIs and codes with one (20 ns, 0.7 B). zstd level
1: level 3 takes 20 % longer for 4 %.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import pyarrow as pa
import pyarrow.parquet as pq

from kizuna.base.errors import ConfigError, InputError, KizunaError, UnavailableError
from kizuna.base.grow import Growing
from kizuna.base.table import Kind, Schema, Table, from_arrow
from kizuna.base.version import __version__
from kizuna.fixes.statics import OTHERS, REJECTS, STATICS
from kizuna.fixes.table import FIXES
from kizuna.records.context import REAL, marking
from kizuna.records.label import NOBODY, join_words
from kizuna.sources.batch import Batch

ROW_GROUP: Final = 131_072
"""Rows of a row group: 17 MB of fixes in memory, gathered in place; larger groups are 1 % smaller on disk."""
ZSTD_LEVEL: Final = 1

_BY_DIFFERENCE: Final = frozenset({"msg_id", "byte_offset", "timestamp", "received_at", "line_no"})
_NO_DICTIONARY: Final = frozenset({"lat", "lon", "payload", "raw"})
_STATISTICS: Final = ("msg_id", "mmsi", "timestamp", "lat", "lon", "seg_id")
_KINDS_WITHOUT: Final = (Kind.BOOL, Kind.FLAG, Kind.ARROW, Kind.F64, Kind.TIME)


def cannot_write(exc: OSError, path: Path) -> KizunaError:
    """What the operator can do about a failed write."""
    if exc.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return UnavailableError(
            "the disk is full", where=str(path), hint="free some space or choose another --out; nothing broken was left"
        )
    if exc.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.ENOENT, errno.EEXIST):
        return ConfigError(f"cannot be written: {exc.strerror}", where=str(path), hint="choose another --out")
    return UnavailableError(f"writing failed: {exc}", where=str(path), hint="nothing broken was left; try again")


def make_directory(path: Path) -> None:
    """The directory for results, made if missing. Raises what ``cannot_write`` says where it cannot be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise cannot_write(exc, path) from exc


@contextlib.contextmanager
def ready_directory(path: Path) -> Iterator[None]:
    """The directory for results while they are being made, so that one that cannot be is told before the work.

    Raises as ``make_directory``, and where nothing can be written into it. After an exception directories that were
    made here are removed again unless something lies in them.
    """
    try:
        made = [one for one in (path, *path.parents) if not one.exists()]
    except OSError as exc:
        raise cannot_write(exc, path) from exc
    make_directory(path)
    if not os.access(path, os.W_OK | os.X_OK):
        raise cannot_write(PermissionError(errno.EACCES, os.strerror(errno.EACCES)), path)
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            for one in made:
                one.rmdir()
        raise


def write_options(schema: Schema) -> dict[str, Any]:
    """Encodings of a table's columns; see the module for the reasons."""
    flat = [c for c in schema.columns if c.kind is not Kind.ARROW]
    differences = {c.in_file: "DELTA_BINARY_PACKED" for c in flat if c.in_file in _BY_DIFFERENCE}
    dictionary = [
        c.in_file for c in flat
        if c.in_file not in _NO_DICTIONARY and c.in_file not in differences and c.kind not in _KINDS_WITHOUT
    ]  # fmt: skip
    return {
        "compression": "zstd",
        "compression_level": ZSTD_LEVEL,
        "use_dictionary": dictionary,
        "column_encoding": differences or None,
        "write_statistics": [c.in_file for c in flat if c.in_file in _STATISTICS],
    }


class TableWriter:
    """Streams tables of one schema into one file.

    Use as a context manager: leaving it without an exception finishes the file, with one removes what was written.
    Raises UnavailableError when the disk is full, ConfigError for a place that cannot be written to, InputError for
    rows of a second context.
    """

    def __init__(self, schema: Schema, path: Path, *, context: str = REAL, label: str = NOBODY) -> None:
        self.rows = 0
        self._schema = schema
        self._path = path
        self._part = path.with_name(path.name + ".part")
        self._fallback = (context, label)
        self._contexts: set[str] = set()
        self._labels: set[str] = set()
        self._group = Growing(schema, ROW_GROUP)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            options = write_options(schema)
            self._writer: pq.ParquetWriter | None = pq.ParquetWriter(self._part, schema.arrow(), **options)
        except OSError as exc:
            raise cannot_write(exc, path) from exc

    def __len__(self) -> int:
        """Rows handed in so far."""
        return self.rows + len(self._group)

    def write(self, table: Table) -> None:
        """Add rows."""
        if not len(table):
            return
        self._note(table)
        at = 0
        while at < len(table):
            stop = min(at + ROW_GROUP - len(self._group), len(table))
            self._group.add(table.slice(at, stop) if (at, stop) != (0, len(table)) else table)
            at = stop
            if len(self._group) == ROW_GROUP:
                self._flush()

    def _note(self, table: Table) -> None:
        """Remember contexts and labels; rows of two contexts must not share a file."""
        for name, seen in (("context", self._contexts), ("label", self._labels)):
            if name in self._schema.names:
                words = table.codes_of(name)
                used = set(words) if len(words) <= 1 else {words[c] for c in set(table[name].tolist()) if c >= 0}
                seen.update(used)
        if len(self._contexts) > 1:
            self.abort()
            both = " and ".join(sorted(self._contexts))
            raise InputError(f"rows of the contexts {both} must not share a file", where=str(self._path))

    def _flush(self) -> None:
        """Write the rows gathered as one row group."""
        if not len(self._group):
            return
        assert self._writer is not None
        try:
            self._writer.write_table(self._group.view().to_arrow(), row_group_size=len(self._group))
        except OSError as exc:
            self.abort()
            raise cannot_write(exc, self._path) from exc
        self.rows += len(self._group)
        self._group.clear()

    def seal(self) -> None:
        """Write the rest, the metadata and everything to the disk; the file does not have its name yet."""
        if self._writer is None:
            return
        self._flush()
        context = next(iter(self._contexts), self._fallback[0])
        label = join_words(self._labels) if self._labels else self._fallback[1]
        try:
            self._writer.add_key_value_metadata({
                "kizuna.version": __version__, "kizuna.context": context, "kizuna.marking": marking(context),
                "kizuna.label": label,
            })  # fmt: skip
            self._writer.close()
            self._writer = None
            sync(self._part)
        except OSError as exc:
            self.abort()
            raise cannot_write(exc, self._path) from exc

    def publish(self) -> None:
        """Give the sealed file its name."""
        try:
            self._part.replace(self._path)
            sync(self._path.parent)
        except OSError as exc:
            self.abort()
            raise cannot_write(exc, self._path) from exc

    def abort(self) -> None:
        """Remove what was written; a file of that name from before stays as it was."""
        writer, self._writer = self._writer, None
        if writer is not None:
            with contextlib.suppress(OSError, pa.ArrowException):
                writer.close()
        self._group.clear()
        with contextlib.suppress(OSError):
            self._part.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        """The writer itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        """Finish the file, or remove it after an exception."""
        if exc is not None:
            self.abort()
            return
        self.seal()
        self.publish()


def sync(path: Path) -> None:
    """Wait until a file, or the names in a directory, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class BatchWriter:
    """Streams batches into ``fixes``, ``statics``, ``others`` and ``rejects.parquet`` of a directory.

    A context manager. The four files get their names only after all four are on the disk.
    """

    SCHEMAS: Final = (FIXES, STATICS, OTHERS, REJECTS)

    def __init__(self, directory: Path, *, context: str = REAL, label: str = NOBODY) -> None:
        self._writers: dict[str, TableWriter] = {}
        try:
            for schema in self.SCHEMAS:
                path = directory / f"{schema.name}.parquet"
                self._writers[schema.name] = TableWriter(schema, path, context=context, label=label)
        except KizunaError:
            self.abort()
            raise

    def write(self, batch: Batch) -> None:
        """Add the rows of a batch."""
        self._writers["fixes"].write(batch.fixes)
        self._writers["statics"].write(batch.statics)
        self._writers["others"].write(batch.others)
        self._writers["rejects"].write(batch.rejects)

    def counts(self) -> Mapping[str, int]:
        """Rows on the way to each file."""
        return {name: len(writer) for name, writer in self._writers.items()}

    def abort(self) -> None:
        """Remove what was written."""
        for writer in self._writers.values():
            writer.abort()

    def __enter__(self) -> Self:
        """The writer itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        """Finish all files, or remove them after an exception."""
        if exc is not None:
            self.abort()
            return
        try:
            for writer in self._writers.values():
                writer.seal()
            for writer in self._writers.values():
                writer.publish()
        except BaseException:
            self.abort()
            raise


def write_table(table: Table, path: Path, *, context: str = REAL, label: str = NOBODY) -> None:
    """Write one table as a file; ``context`` and ``label`` stand in the file when the table is empty."""
    with TableWriter(table.schema, path, context=context, label=label) as writer:
        writer.write(table)


def read_table(schema: Schema, path: Path) -> Table:
    """Read a file written by ``write_table``, exactly as it was.

    Raises ConfigError where there is no such file, InputError where it holds another table or is damaged.
    """
    try:
        rows = Growing(schema, pq.read_metadata(path).num_rows)
    except (pa.ArrowInvalid, OSError):
        rows = Growing(schema)  # what is wrong is said below
    for part in tables_in(schema, path):
        rows.add(part)
    return rows.finish()


def tables_in(schema: Schema, path: Path) -> Iterator[Table]:
    """The same in parts of at most ``ROW_GROUP`` rows. Raises as ``read_table``."""
    try:
        with pq.ParquetFile(path, pre_buffer=False) as file:  # else the whole file would be in memory at once
            name = (file.schema_arrow.metadata or {}).get(b"kizuna.table", b"").decode()
            if name != schema.name:
                raise InputError(f"holds {name or 'a table of somebody else'}, not {schema.name}", where=str(path))
            for batch in file.iter_batches(batch_size=ROW_GROUP):
                yield from_arrow(schema, pa.Table.from_batches([batch]))
    except FileNotFoundError as exc:
        raise ConfigError("no such file", where=str(path)) from exc
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as exc:
        raise InputError(f"cannot be read as Parquet: {str(exc).splitlines()[0]}", where=str(path)) from exc


def metadata(path: Path) -> dict[str, str]:
    """The ``kizuna.*`` entries of a file: table, version, context, marking, label; empty for a foreign file."""
    try:
        found = pq.read_metadata(path).metadata or {}
    except (pa.ArrowInvalid, OSError) as exc:
        raise InputError(f"cannot be read as Parquet: {str(exc).splitlines()[0]}", where=str(path)) from exc
    return {
        key.decode().removeprefix("kizuna."): value.decode("utf-8", "replace")
        for key, value in found.items()
        if key.startswith(b"kizuna.")
    }

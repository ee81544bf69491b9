"""What the command line names as inputs: what each is called, and how it is to be read.

An input is a file (plain, gzip, zstd), a result directory of an earlier ``decode``, ``-`` for standard input, or a
live feed (``tcp://``, ``tcp-listen://``, ``udp://``, ``ws://``, ``wss://``). Its source id is the file's base name;
where two inputs share it, as much of their folders is added as tells them apart. Rows of our own tables keep the source
they came from.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from kizuna.base.errors import ConfigError, ContextError
from kizuna.fixes.statics import OTHERS, REJECTS, STATICS
from kizuna.fixes.table import FIXES
from kizuna.links import files, net
from kizuna.records.context import REAL
from kizuna.records.label import NOBODY
from kizuna.sources.batch import Batch
from kizuna.sources.dialects import Reading


@dataclass(frozen=True, slots=True)
class Options:
    """How inputs are read.

    Attributes:
        source: source id instead of the file name (one input only).
        context, label: of rows that bring none of their own.
        only: refuse rows that bring another context; otherwise our own tables are read as what they say.
        columns: for tables, which column is which field (``--map``).
        assume_utc: read table times without a zone as UTC.
        date_order: ``dmy`` or ``mdy`` for table dates such as 05/04/2026.
        seconds, lines: when a live feed stops; 0 is never.
        subscription: file with the message that a WebSocket feed wants first; it may hold a key and must be private.
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
    subscription: Path | None = None
    only: bool = False
    clock_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000

    def stand(self, batch: Batch, where: str) -> None:
        """Raise ContextError where rows bring another context than the only one that is wanted."""
        if not self.only:
            return
        for table in (batch.fixes, batch.statics, batch.others, batch.rejects):
            if not len(table):
                continue
            words = table.codes_of("context")
            if words == (self.context,):
                continue
            other = {words[code] for code in np.unique(table["context"])} - {self.context}
            if other:
                raise ContextError(
                    f"holds {' and '.join(sorted(other))!r}, not {self.context!r}", where=where,
                    hint="real, exercise and test never mix; leave out --context to read it as what it says",
                )  # fmt: skip

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

    Raises ConfigError where nothing is given, a file is not there, a feed is of no known kind, one file is given twice,
    or one name is meant for several inputs.
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
    for name in names:
        _check_there(name)
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


def _check_there(name: str) -> None:
    if _is_stream(name) or os.path.lexists(name):
        return
    if "://" in name:
        raise ConfigError(
            "is no kind of feed that is known", where=net.shown(name),
            hint=", ".join(f"{scheme}://" for scheme in net.SCHEMES),
        )  # fmt: skip
    raise ConfigError("no such file", where=name)


def _source_ids(names: Sequence[str]) -> list[str]:
    parts = [
        ("stdin",) if n == files.STDIN else (net.shown(n),) if net.is_url(n) else Path(n).resolve().parts for n in names
    ]
    ids = []
    for mine in parts:
        depth = 1
        while depth < len(mine) and sum(other[-depth:] == mine[-depth:] for other in parts) > 1:
            depth += 1
        ids.append("/".join(mine[-depth:]))
    return ids


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

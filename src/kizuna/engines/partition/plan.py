"""The plan of a partitioned run: what it was asked, how far it is, and how large its parts may be.

``plan.json`` in the working directory is replaced as a whole after each step that is on the disk, so that a run that
was stopped at any moment goes on from its last finished step. A directory whose plan was made for other inputs,
settings or another version is refused.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from kizuna.base.errors import ConfigError, InputError
from kizuna.engines.inputs import Input
from kizuna.engines.partition.packed import write_whole

PLAN: Final = "plan.json"
FOLDER: Final = "kizuna-partitions"
"""Made inside the working directory; nothing beside it is touched."""
BASE_BYTES: Final = 300_000_000
"""The program itself, its compiled kernels, the coast and what is known of all buckets together."""
ROW_BYTES: Final = 520
"""Most that a worker holds of a row of its bucket; measured with ``benchmarks/large.py``."""
_MOST_ROWS: Final = 600_000
"""Larger buckets are no faster: what a worker holds no longer fits the cache in any case."""
_LEAST_ROWS: Final = 50_000
_MOST_BUCKETS: Final = 8_000
_TEXT_ROW_BYTES: Final = 60
_PACKED_ROW_BYTES: Final = 12
_ROWS_UNKNOWN: Final = 50_000_000
"""Taken for a stream, of which nobody knows how long it will be."""
_IN_MEMORY_BYTES: Final = 450
"""What the run in memory takes for a row at its peak."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How a run may use the machine.

    Attributes:
        partitions: number of buckets; 0 chooses.
        memory_gb: most memory to plan for, GB.
        workers: buckets worked on at a time; 0 is one a core.
    """

    partitions: int = 0
    memory_gb: float = 2.0
    workers: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if not 0 <= self.partitions <= _MOST_BUCKETS:
            raise ConfigError("out of range", where="--partitions", hint=f"auto, or 1 to {_MOST_BUCKETS}")
        if not 0.5 <= self.memory_gb <= 10_000:  # noqa: PLR2004  as the hint says
            raise ConfigError("out of range", where="--memory-gb", hint="0.5 or more")

    @property
    def threads(self) -> int:
        """Workers."""
        return self.workers or max(1, len(os.sched_getaffinity(0)))

    @property
    def rows_at_once(self) -> int:
        """Rows of one bucket that a worker may hold."""
        return int((self.memory_gb * 1e9 - BASE_BYTES) / (self.threads * ROW_BYTES))

    def buckets_for(self, rows: int) -> int:
        """Number of buckets for so many rows."""
        if self.partitions:
            return self.partitions
        each = min(max(self.rows_at_once // 2, _LEAST_ROWS), _MOST_ROWS)
        return min(max(1, -(-rows // each)), _MOST_BUCKETS)


def rows_of(items: Sequence[Input]) -> int:
    """About how many rows the inputs have; exact for Parquet."""
    total = 0
    for item in items:
        path = Path(item.name)
        if not path.is_file():
            total += _ROWS_UNKNOWN
        elif path.suffix in (".parquet", ".pq", ".geoparquet"):
            try:
                total += pq.read_metadata(path).num_rows
            except (pa.ArrowInvalid, OSError):
                total += 1  # reading it will say what is wrong with it
        else:
            packed = path.suffix in (".gz", ".zst")
            total += path.stat().st_size // (_PACKED_ROW_BYTES if packed else _TEXT_ROW_BYTES)
    return total


def fits_in_memory(rows: int, memory_gb: float) -> bool:
    """Whether a run without partitions would stay within so much memory; 0: within two thirds of what is free."""
    room = memory_gb * 1e9 if memory_gb else _free_bytes() * 2 / 3
    return rows * _IN_MEMORY_BYTES + BASE_BYTES <= room


def _free_bytes() -> float:
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return float(line.split()[1]) * 1024
    except OSError:
        pass
    return 4e9


@dataclass(slots=True)
class Bucket:
    """One range of MMSIs: its name, what of its file counts, how many fixes that is."""

    name: str
    size: int = 0
    rows: int = 0


@dataclass(slots=True)
class Plan:
    """State of a run.

    Attributes:
        asked: fingerprint of inputs, settings and version.
        bounds: MMSIs at which the second and later buckets begin; empty with one bucket, None before the first rows.
        buckets: in order of MMSI.
        items: what is known of each input that was read to its end.
        words: word lists of code columns of fixes.
        tally: what was counted so far.
        last_ms: last time of a fix that has a position.
        untimed: fixes without a time.
        routed: all inputs were read.
    """

    asked: str
    bounds: list[int] | None = None
    buckets: list[Bucket] = field(default_factory=list)
    items: list[dict[str, Any]] = field(default_factory=list)
    words: dict[str, list[str]] = field(default_factory=dict)
    tally: dict[str, Any] = field(default_factory=dict)
    last_ms: int | None = None
    untimed: int = 0
    routed: bool = False

    def save(self, folder: Path) -> None:
        """Put the plan on the disk. Raises UnavailableError when that is full."""
        write_whole(folder / PLAN, [json.dumps(asdict(self)).encode()])


def opened(folder: Path, asked: str, *, resume: bool) -> Plan:
    """The plan of a stopped run, or a new one in an empty directory.

    Raises ConfigError where the directory belongs to another run.
    """
    path = folder / PLAN
    if resume and path.exists():
        try:
            found = json.loads(path.read_bytes())
            plan = Plan(**found | {"buckets": [Bucket(**b) for b in found["buckets"]]})
        except (ValueError, TypeError, KeyError) as exc:
            raise InputError("cannot be read", where=str(path), hint="run again without --resume") from exc
        if plan.asked != asked:
            raise ConfigError(
                "belongs to a run with other inputs, settings or another version", where=str(folder),
                hint="run again without --resume to start anew, or give another --work",
            )  # fmt: skip
        return plan
    if folder.exists():
        shutil.rmtree(folder)
    try:
        folder.mkdir(parents=True)
    except OSError as exc:
        raise ConfigError(f"cannot be made: {exc.strerror}", where=str(folder), hint="choose another --work") from exc
    return Plan(asked)

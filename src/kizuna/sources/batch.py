"""What every decoder gives: the good rows as tables, the bad ones as rejects, everything counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Protocol

from kizuna.base.table import Table, concat, empty
from kizuna.fixes.statics import OTHERS, REJECTS, STATICS
from kizuna.fixes.table import FIXES


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows decoded from one run of bytes; ``counts`` holds lines, messages and one number per reject reason."""

    fixes: Table
    statics: Table
    others: Table
    rejects: Table
    counts: Mapping[str, int] = field(default_factory=dict)


class Decoder(Protocol):
    """Bytes in, batches out; state is per stream, and any cutting of the stream gives the same rows."""

    def feed(self, data: bytes, received_ms: int | None = None) -> Batch:
        """Decode what is whole so far. ``received_ms`` is the UTC time of receipt of a live stream."""
        ...

    def finish(self) -> Batch:
        """Decode what is left at the end of the stream; unfinished messages become rejects."""
        ...


@cache
def nothing() -> Batch:
    """A batch without rows; always the same one."""
    return Batch(empty(FIXES), empty(STATICS), empty(OTHERS), empty(REJECTS), MappingProxyType({}))


def join(batches: Sequence[Batch]) -> Batch:
    """Batches one after the other, as one."""
    if not batches:
        return nothing()
    counts: dict[str, int] = {}
    for batch in batches:
        for name, n in batch.counts.items():
            counts[name] = counts.get(name, 0) + n
    return Batch(
        _below([b.fixes for b in batches]),
        _below([b.statics for b in batches]),
        _below([b.others for b in batches]),
        _below([b.rejects for b in batches]),
        counts,
    )


def _below(tables: list[Table]) -> Table:
    """Tables one below the other; empty ones, common in live streams, cost nothing."""
    full = [t for t in tables if len(t)]
    return concat(full) if full else tables[0]

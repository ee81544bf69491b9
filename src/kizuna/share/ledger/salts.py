"""Salts of a log's leaves: from one seed, revealed by range, forgotten one by one.

A salt for each record would cost 16 incompressible bytes a record on the wire. Here they are the leaves of a binary
tree of seeds (Goldreich, Goldwasser, Micali, "How to construct random functions", 1986):

    left seed || right seed = SHA-256("kizuna-salt/1" || seed)      16 bytes each; a seed of level 0 is the salt

- A **page** carries the few seeds (at most 2 log2 of its records) under which exactly its records lie, and so reveals
  no other salt.
- **Erasing** record i replaces the seed above it by those beside its path: salt i can be derived no more, all others
  can. Nobody who held the seed before and kept it is bound by that; see docs/explanation/ledger.md.

`Salts` is a value: a set of seeds. A log's owner begins with one (from a good source of random bytes) and keeps it with
the log; a receiver keeps what the pages brought.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from kizuna.base.errors import InputError

SEED_BYTES: Final = 16
TOP: Final = 40
"""Level of the seed of a whole log: 2**40 records."""
PACKED_BYTES: Final = 6 + SEED_BYTES
_DOMAIN: Final = b"kizuna-salt/1"


@dataclass(frozen=True, slots=True)
class Salts:
    """Seeds by ``(level, index)``: the seed gives the salts of records ``[index << level, (index + 1) << level)``."""

    seeds: Mapping[tuple[int, int], bytes]

    @classmethod
    def of_log(cls, seed: bytes) -> Salts:
        """All salts of a new log, from 16 random bytes."""
        if len(seed) != SEED_BYTES:
            raise ValueError("a seed is 16 bytes long")
        return cls({(TOP, 0): seed})

    def read(self, first: int, count: int) -> list[bytes | None]:
        """Salts of ``count`` records from ``first`` on; None where it is not known (erased, or never told)."""
        out: list[bytes | None] = [None] * count
        for (level, index), seed in self.cover(first, count).seeds.items():
            at = (index << level) - first
            out[at : at + (1 << level)] = _expand(seed, level)
        return out

    def cover(self, first: int, count: int) -> Salts:
        """The fewest seeds that give the known salts of this range and no other."""
        end = first + count
        out: dict[tuple[int, int], bytes] = {}
        todo = [item for item in self.seeds.items() if _touches(*item[0], first, end)]
        while todo:
            (level, index), seed = todo.pop()
            if first <= index << level and (index + 1) << level <= end:
                out[level, index] = seed
            else:
                left, right = _halves(seed)
                halves = (((level - 1, 2 * index), left), ((level - 1, 2 * index + 1), right))
                todo += [half for half in halves if _touches(*half[0], first, end)]
        return Salts(dict(sorted(out.items(), key=lambda item: item[0][1] << item[0][0])))

    def without(self, records: Iterable[int]) -> Salts:
        """The same without the salts of these records, for ever."""
        out = dict(self.seeds)
        for record in sorted(set(records)):
            level = next((n for n in range(TOP + 1) if (n, record >> n) in out), None)
            if level is None:
                continue
            seed = out.pop((level, record >> level))
            for below in range(level - 1, -1, -1):
                halves, right = _halves(seed), (record >> below) & 1
                out[below, (record >> below) ^ 1] = halves[1 - right]
                seed = halves[right]
        return Salts(out)

    def joined(self, other: Salts) -> Salts:
        """Seeds of both: what a receiver knows after another page."""
        return Salts({**self.seeds, **other.seeds})

    def pack(self) -> bytes:
        """Bytes to keep or send, in order of the records: level (1 byte), index (5, big-endian), seed (16)."""
        ordered = sorted(self.seeds.items(), key=lambda item: item[0][1] << item[0][0])
        return b"".join(bytes([level]) + index.to_bytes(5, "big") + seed for (level, index), seed in ordered)

    @classmethod
    def unpack(cls, data: bytes) -> Salts:
        """Read what `pack` wrote; seeds must stand in order and not overlap."""
        if len(data) % PACKED_BYTES:
            raise InputError("seeds of salts are cut off", where="salts")
        out, end = {}, 0
        for at in range(0, len(data), PACKED_BYTES):
            level, index = data[at], int.from_bytes(data[at + 1 : at + 6], "big")
            if level > TOP or index << level < end or (index + 1) << level > 1 << TOP:
                raise InputError("seeds of salts overlap or lie outside the log", where="salts")
            end = (index + 1) << level
            out[level, index] = data[at + 6 : at + PACKED_BYTES]
        return cls(out)


def _touches(level: int, index: int, first: int, end: int) -> bool:
    return index << level < end and first < (index + 1) << level


def _halves(seed: bytes) -> tuple[bytes, bytes]:
    both = sha256(_DOMAIN + seed).digest()
    return both[:SEED_BYTES], both[SEED_BYTES:]


def _expand(seed: bytes, level: int) -> Sequence[bytes]:
    """All salts under a seed, from the left."""
    row = [seed]
    for _ in range(level):
        both = [sha256(_DOMAIN + one).digest() for one in row]
        row = [half for two in both for half in (two[:SEED_BYTES], two[SEED_BYTES:])]
    return row

"""Ids are hashes of what they name, so that two partners with the same facts find the same id.

No clock and no random number takes part.
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt


def _joined(parts: tuple[str | int | bytes, ...]) -> bytes:
    """Unambiguous bytes of the parts: each with its type and length before it."""
    out = bytearray()
    for part in parts:
        if isinstance(part, int):
            tag, raw = b"i", str(part).encode()
        elif isinstance(part, str):
            tag, raw = b"s", part.encode()
        else:
            tag, raw = b"b", part
        out += tag + str(len(raw)).encode() + b":" + raw
    return bytes(out)


def hash63(*parts: str | int | bytes) -> int:
    """A non-negative 63-bit hash, for int64 id columns."""
    return int.from_bytes(hashlib.blake2b(_joined(parts), digest_size=8).digest(), "big") >> 1


def hash_hex(*parts: str | int | bytes) -> str:
    """A 128-bit hash as 32 lower-case hexadecimal digits, for ids that people cite."""
    return hashlib.blake2b(_joined(parts), digest_size=16).hexdigest()


def source_base(source_id: str) -> int:
    """The number from which the ``msg_id`` of a source's messages counts up by byte offset.

    ``msg_id = (source_base(source_id) + byte_offset) mod 2**63``: a hash of source and offset that still packs
    well in a file, because within one source it differs only by the offset. Two sources of a terabyte each meet
    with probability about 2e-7.
    """
    return hash63("source", source_id)


def hash63_rows(seed: str, *columns: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """A non-negative 63-bit hash of each row of integer columns, for ids of many rows at once.

    The finaliser of SplitMix64 (Steele, Lea and Flood 2014) taken once a column, beginning with ``hash63(seed)``. It
    reckons modulo 2**64 in unsigned NumPy arrays, which wrap by definition. It spreads well but does not stand up to
    somebody who looks for collisions; what must be safe against that is hashed with ``hash63``.
    """
    state = np.full(len(columns[0]), hash63(seed), np.uint64)
    for column in columns:
        state = (state ^ column.astype(np.int64).view(np.uint64)) + np.uint64(0x9E3779B97F4A7C15)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        state ^= state >> np.uint64(31)
    return (state >> np.uint64(1)).view(np.int64)

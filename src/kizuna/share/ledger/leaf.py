"""Leaf of a log: a commitment to the record, so that its bytes can be erased while the tree stays valid.

    commitment = SHA-256(salt || record bytes)                  the salt is 16 bytes, known to those who hold the record
    leaf       = SHA-256(0x00 || commitment || header hash)     an RFC 6962 leaf over 64 bytes
    header     = "kizuna-log/1" LF <name of the log> LF

Erasing a record means to forget its bytes **and its salt** (`kizuna.share.ledger.salts`). The commitment stays in its
place: the tree, every checkpoint, every page and every other record's proof are as valid as before. Without the salt
nobody can try out likely contents against what is left, although a position has few possible values.
The header binds each leaf to its log, an erased one too: it cannot be shown as a leaf of another log. It holds nothing
of the page: pages are cut as the link allows, and the leaf stays the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

SALT_BYTES: Final = 16


def header_hash(log: str) -> bytes:
    """Hash of what all leaves of a log have in front of them in common."""
    return sha256(f"kizuna-log/1\n{log}\n".encode()).digest()


def commitment(salt: bytes, record: bytes) -> bytes:
    """What stays of a record in the tree."""
    if len(salt) != SALT_BYTES:
        raise ValueError("a salt is 16 bytes long")
    return sha256(salt + record).digest()


def leaf_of(kept: bytes, header: bytes) -> bytes:
    """Leaf hash of a commitment."""
    return sha256(b"\x00" + kept + header).digest()


def leaves_of(log: str, records: Sequence[bytes], salts: Sequence[bytes]) -> list[bytes]:
    """Leaf hashes of whole records, in order."""
    header = header_hash(log)
    return [leaf_of(commitment(salt, data), header) for data, salt in zip(records, salts, strict=True)]

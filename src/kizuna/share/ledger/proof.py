"""Proof that one record is in a log, to keep or to show to a third party: C2SP ``tlog-proof`` v1.

    c2sp.org/tlog-proof@v1
    extra 3q2+7wAAAAAAAAAAAAAAAA==       our extra: the record's salt
    index 73894
    gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
    ...

    harbour/1/cape/real/routine          the checkpoint, with its signatures
    ...

With the record's bytes beside it and the keys of the log, anybody can check it without asking anyone.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from kizuna.base.errors import InputError, TrustError
from kizuna.share.ledger.checkpoint import Checkpoint, read_checkpoint
from kizuna.share.ledger.leaf import SALT_BYTES, commitment, header_hash, leaf_of
from kizuna.share.ledger.merkle import HASH_BYTES, PROOF_MAX, check_inclusion
from kizuna.share.ledger.note import NOTE_MAX_BYTES, Signed, Verifier, check_note, read_base64

HEAD: Final = "c2sp.org/tlog-proof@v1"
_INDEX: Final = re.compile(r"index (0|[1-9][0-9]{0,15})")
_EXTRA_MAX: Final = 4096


@dataclass(frozen=True, slots=True)
class Proof:
    """Index, path and checkpoint (bytes, verbatim); ``extra`` is not covered by any signature."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes = b""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a proof showed: the tree head, and whose signatures and times stand under it."""

    checkpoint: Checkpoint
    index: int
    signed: tuple[Signed, ...]


def write_proof(index: int, path: Sequence[bytes], checkpoint: bytes, *, salt: bytes = b"") -> bytes:
    """The bytes of a proof file (``.tlog-proof``); ``salt`` belongs to the record at ``index``."""
    lines = [HEAD]
    if salt:
        lines.append(f"extra {base64.b64encode(salt).decode()}")
    lines.append(f"index {index}")
    lines += [base64.b64encode(node).decode() for node in path]
    return "".join(f"{line}\n" for line in lines).encode() + b"\n" + checkpoint


def read_proof(data: bytes) -> Proof:
    """Read a proof file; InputError when malformed. Nothing in it is checked yet."""
    if len(data) > 2 * NOTE_MAX_BYTES:
        raise InputError("a proof is too large", hint=f"at most {2 * NOTE_MAX_BYTES} bytes")
    head, gap, checkpoint = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as exc:
        raise InputError("not a proof") from exc
    if not gap or lines.pop(0) != HEAD:
        raise InputError("not a proof", hint=f"the first line is {HEAD}")
    extra = b""
    if lines and lines[0].startswith("extra ") and len(lines[0]) <= _EXTRA_MAX:
        extra = read_base64(lines.pop(0).removeprefix("extra "))
    found = _INDEX.fullmatch(lines.pop(0)) if lines else None
    if not found or len(lines) > PROOF_MAX:
        raise InputError("not a proof", hint=f"a line with the index, then at most {PROOF_MAX} hashes")
    return Proof(int(found[1]), tuple(read_base64(line, length=HASH_BYTES) for line in lines), checkpoint, extra)


def check_proof(proof: Proof, record: bytes, known: Iterable[Verifier]) -> Shown:
    """Check that ``record`` is in the log; TrustError when it is not shown (tlog-proof, Verifying a tlog proof).

    ``known`` must hold the log's own key, by the log's name. Which cosignatures are asked for, the caller decides.
    """
    checkpoint, note = read_checkpoint(proof.checkpoint)
    signed = check_note(note, known)
    if all(s.verifier.name != checkpoint.origin for s in signed):
        raise TrustError("the log itself did not sign", where=checkpoint.origin)
    check_path(proof, record, checkpoint)
    return Shown(checkpoint, proof.index, signed)


def check_path(proof: Proof, record: bytes, checkpoint: Checkpoint) -> None:
    """The same under a checkpoint whose signatures were checked before; TrustError when it is not shown."""
    if len(proof.extra) != SALT_BYTES:
        raise TrustError("the proof lacks the record's salt", where=checkpoint.origin)
    leaf = leaf_of(commitment(proof.extra, record), header_hash(checkpoint.origin))
    check_inclusion(leaf, proof.index, checkpoint.size, proof.path, checkpoint.root)

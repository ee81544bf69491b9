"""The paper that goes ahead of another party's records: where they stand in that party's own signed log.

    carriages(origin, proofs, ...) -> bodies       at the carrier, from what it holds itself
    proof_in(body, record) -> Proof                at the receiver; `verify.proved` judges it

A proof is a checkpoint of the originator, the record's place and salt, and the hashes that lead to the root. Records of
one checkpoint share one paper: their paths have most hashes in common. Papers say how much the originator had told the
carrier by then (the size in the checkpoint and the place), and nothing of what else that was.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping

from kizuna.base.errors import InputError
from kizuna.records.bodies.onward import CARRIED_MOST, HASHES_MOST, NOTE_MOST, Carriage
from kizuna.share.ledger.proof import Proof


def carriages(originator: str, proofs: Mapping[str, Proof], *, keys: int, grant: str | None = None) -> list[Carriage]:
    """Papers for these records (proof by record id), as few as will do, in the order given.

    ``keys``: number of the originator's newest key manifest that is known. Raises InputError for a checkpoint that is
    too long to be carried.
    """
    by_head: dict[bytes, list[tuple[str, Proof]]] = {}
    for name, proof in proofs.items():
        by_head.setdefault(proof.checkpoint, []).append((name, proof))
    out = []
    for head, rows in by_head.items():
        if len(head) > NOTE_MOST:
            raise InputError("a checkpoint is too long to be carried", hint=f"at most {NOTE_MOST} bytes")
        out += [_paper(originator, head, part, keys, grant) for part in _parts(rows)]
    return out


def _parts(rows: list[tuple[str, Proof]]) -> Iterator[list[tuple[str, Proof]]]:
    """Runs that fit on a paper, by records and by different hashes."""
    part: list[tuple[str, Proof]] = []
    held: set[bytes] = set()
    for row in rows:
        more = held.union(row[1].path)
        if part and (len(part) == CARRIED_MOST or len(more) > HASHES_MOST):
            yield part
            part, more = [], set(row[1].path)
        part.append(row)
        held = more
    if part:
        yield part


def _paper(
    originator: str, head: bytes, rows: list[tuple[str, Proof]], keys: int, grant: str | None
) -> Carriage:  # fmt: skip
    index: dict[bytes, int] = {}
    paths = tuple(tuple(index.setdefault(node, len(index)) for node in proof.path) for _, proof in rows)
    return Carriage(
        originator=originator, checkpoint=head.decode(), records=tuple(name for name, _ in rows),
        places=tuple(proof.index for _, proof in rows), salts=tuple(_text(proof.extra) for _, proof in rows),
        paths=paths, hashes=tuple(_text(node) for node in index), keys=keys, grant=grant,
    )  # fmt: skip


def proof_in(body: Carriage, record: str) -> Proof:
    """The proof of one record. Raises InputError where the paper does not speak of it."""
    if record not in body.records:
        raise InputError(f"the carriage does not speak of {record[:16]}")
    at = body.records.index(record)
    path = tuple(base64.b64decode(body.hashes[k]) for k in body.paths[at])
    return Proof(body.places[at], path, body.checkpoint.encode(), base64.b64decode(body.salts[at]))


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()

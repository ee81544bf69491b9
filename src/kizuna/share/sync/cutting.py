"""Cut a page of about so many bytes on the wire, without knowing beforehand how well its records pack.

The packing of the page before tells; a page that came out much too large is cut again, once or twice.

A log may hold what one reader of it may not have: who joins a community finds its whole past there, and a label may
have run out since. Such records go as their commitments alone, as if erased (`not_for`): the tree stays whole. Where a
page ends follows from what its reader gets, and from that reader's pages before: neither from what is hidden in it nor
from what others of the same log were given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, Protocol

from kizuna.base.errors import InputError
from kizuna.records.label import EVERYBODY, Label
from kizuna.records.partner import Directory, audience
from kizuna.records.record import decode
from kizuna.share import page as pages
from kizuna.share.ledger import merkle
from kizuna.share.ledger.leaf import commitment
from kizuna.share.ledger.merkle import Nodes
from kizuna.share.ledger.name import LogName
from kizuna.share.ledger.salts import Salts

_FIRST_RATIO: Final = 3.0
"""Bytes of records in a byte on the wire, before anything is known: positions reach 6, single records below 2."""
_WEIGHT: Final = 0.5
_OVER: Final = 1.2
"""A page this much larger than wanted is cut again."""
_TRIES: Final = 4
_COMMITMENT: Final = 46
"""Bytes of an entry that goes as its commitment alone."""
_ROOM: Final = pages.LIMITS.plain_bytes - 128 * 1024
"""Bytes of records in a page: the rest is for line ends and the first line."""


class Piece(NamedTuple):
    """Entries of a log that a page can be cut from, below the signed ``head`` over ``size`` entries."""

    records: Sequence[bytes | pages.Erased]
    salts: Salts
    head: bytes
    size: int


class Source(Protocol):
    """Where entries of our own logs are read; the store's outbox."""

    def piece(self, name: LogName, first: int, *, most: int, max_bytes: int) -> Piece:
        """Entries below the signed head, of up to ``max_bytes`` unpacked, but one at least where there are any."""
        ...

    def nodes(self, name: str) -> Nodes:
        """Stored nodes of a log."""
        ...


class Cutter:
    """Cuts pages of one's own logs and remembers how well each packs."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._ratio: dict[tuple[str, str], float] = {}
        """Of a log and a reader."""

    def cut(
        self, name: LogName, first: int, max_bytes: int, *, keys: int, alone: bool = False,
        hides: Callable[[bytes], bool] | None = None, reader: str = "",
    ) -> bytes:  # fmt: skip
        """A page of ``name`` from entry ``first`` on.

        Args:
            name: the log.
            first: number of the first entry.
            max_bytes: wanted size on the wire; a single record may exceed it.
            keys: number of our newest key manifest.
            alone: for a reader who may hold nothing before it (carried media).
            hides: whether a record may not reach this reader; see `not_for`. None for a log that is for it alone.
            reader: for whom it is, where a log has several readers.
        """
        lane, key = str(name), (str(name), reader)
        wanted = min(_ROOM, max(1, int(max_bytes * self._ratio.get(key, _FIRST_RATIO))))
        if hides is None:
            piece = self._source.piece(name, first, most=pages.LIMITS.records, max_bytes=wanted)
        else:
            piece = self._shown(name, first, wanted, hides)
        nodes = self._source.nodes(lane)
        count = len(piece.records)
        left = merkle.frontier_at(first, nodes) if alone else None
        for _ in range(_TRIES):
            proof = merkle.consistency(first + count, piece.size, nodes)
            page = pages.build(
                name, first, piece.records[:count], piece.salts, piece.head, proof=proof, left=left, keys=keys
            )
            ratio = sum(map(_size, piece.records[:count])) / len(page)
            self._ratio[key] = self._ratio.get(key, ratio) + _WEIGHT * (ratio - self._ratio.get(key, ratio))
            if len(page) <= max_bytes * _OVER or count <= 1:
                break
            count = max(1, int(count * max_bytes / len(page)))
        return page

    def _shown(self, name: LogName, first: int, wanted: int, hides: Callable[[bytes], bool]) -> Piece:
        """Entries that give the reader up to ``wanted`` bytes, one at least. What is hidden counts as commitment."""
        records: list[bytes | pages.Erased] = []
        salts, size = Salts({}), 0
        while True:
            at = first + len(records)
            part = self._source.piece(name, at, most=pages.LIMITS.records - len(records), max_bytes=wanted)
            part = hidden(part, at, hides)
            salts = salts.joined(part.salts.cover(at, len(part.records)))
            for one in part.records:
                size += _size(one)
                if size > wanted and records:
                    break
                records.append(one)
            else:
                if part.records and at + len(part.records) < part.size and len(records) < pages.LIMITS.records:
                    continue
            return part._replace(records=records, salts=salts)


def _size(one: bytes | pages.Erased) -> int:
    """Bytes of an entry before it is packed."""
    return len(one) if isinstance(one, bytes) else _COMMITMENT


def hidden(piece: Piece, first: int, hides: Callable[[bytes], bool]) -> Piece:
    """The same entries, those that ``hides`` names as commitments and without their salts."""
    salts = piece.salts.read(first, len(piece.records))
    out: list[bytes | pages.Erased] = []
    gone = []
    for number, (data, salt) in enumerate(zip(piece.records, salts, strict=True), first):
        if isinstance(data, bytes) and salt is not None and hides(data):
            gone.append(number)
            out.append(pages.Erased(commitment(salt, data)))
        else:
            out.append(data)
    return piece._replace(records=out, salts=piece.salts.without(gone)) if gone else piece


def not_for(reader: str, who: Directory, now_ms: int) -> Callable[[bytes], bool]:
    """Whether the label of a record does not reach this reader today: of each record of a log that several read.

    What was released to a community was released to those who were in it then, with what they held and were cleared
    for then. A record that cannot be read reaches nobody.
    """

    def hides(data: bytes) -> bool:
        try:
            label = decode(data).label
        except InputError:
            return True
        if label.retain_until_ms is not None and label.retain_until_ms <= now_ms:
            return True
        return not reaches(label, reader, who)

    return hides


def reaches(label: Label, reader: str, who: Directory) -> bool:
    """Whether a label is for a reader today, however long it may be kept."""
    return EVERYBODY in label.rel_to or reader in audience(label, who)

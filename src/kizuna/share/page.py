"""Page: a run of records of one log as it goes over a wire or on a stick. Made and read here, judged in `verify`.

    4 bytes   "KZP1"
    16 bytes  first half of SHA-256 of what follows: damage on the way is told from forgery
    zstd      {"v":1,"alg":"ed25519","log":"harbour/1/cape/real/routine","first":200,"count":3,"keys":2,
               "salts":"...","left":[],"proof":["..."],"checkpoint":"harbour/1/cape/..."}        one line
              {"v":1,"kind":"track.position",...}                        a record, its bytes as they are
              ~jL1dQw0PvH2m5J0b8nF7JmK0t0C1uY0sZrR1a8T6xQE=               an erased one: its commitment
              {"v":1,"kind":"event.gap",...}

A page holds records ``[first, first + count)``. Whoever holds the ``first`` records before it recomputes the root after
it; ``proof`` leads from there to the signed checkpoint (RFC 6962 consistency; empty when the checkpoint ends with the
page). Cutting pages needs no key: any run can be cut at any time under a checkpoint signed before. ``left`` is the
frontier before the page, for a reader who does not hold what came before; others leave it out. ``count`` may be 0:
a page without records brings a newer checkpoint.

Everything is bounded, and only InputError leaves `open_page`: a bomb costs at most `Limits.plain_bytes`.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import Final

import msgspec
import zstandard

from kizuna.base.errors import InputError, TrustError
from kizuna.share.ledger.checkpoint import Checkpoint, parse_text
from kizuna.share.ledger.leaf import commitment, header_hash, leaf_of
from kizuna.share.ledger.merkle import HASH_BYTES, PROOF_MAX, SIZE_MAX, Frontier
from kizuna.share.ledger.name import LogName, parse_name
from kizuna.share.ledger.note import ED25519, Note, read_base64, read_note
from kizuna.share.ledger.salts import Salts

MAGIC: Final = b"KZP1"
LEVEL: Final = 9
"""Level of zstd: 45 bytes a position record; higher levels save less than a byte for twice the time."""
_SUM_BYTES: Final = 16
_ERASED: Final = b"~"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a reader takes at most: bytes on the wire, bytes unpacked, records, bytes of one record."""

    wire_bytes: int = 4 * 1024 * 1024
    plain_bytes: int = 4 * 1024 * 1024
    records: int = 10_000
    record_bytes: int = 64 * 1024


LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class Erased:
    """The place of a record whose bytes and salt were forgotten."""

    commitment: bytes


class _Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """First line of a page."""

    v: int
    alg: str
    log: str
    first: int
    count: int
    keys: int
    salts: str
    left: tuple[str, ...]
    proof: tuple[str, ...]
    checkpoint: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page taken apart. Nothing in it is to be believed until `kizuna.share.verify` has judged it.

    Attributes:
        name: the log.
        first: number of the first record in the log; records follow without holes.
        records: their bytes, or `Erased`.
        salts: seeds of exactly these records' salts, without those of erased ones.
        proof: consistency from ``end`` to the checkpoint's size.
        left: frontier of the first ``first`` records, or None.
        checkpoint, note: the tree head and the note that carries it.
        keys: number of the sender's key manifest at the time of signing.
    """

    name: LogName
    first: int
    records: tuple[bytes | Erased, ...]
    salts: Salts
    proof: tuple[bytes, ...]
    left: Frontier | None
    checkpoint: Checkpoint
    note: Note
    keys: int

    @property
    def end(self) -> int:
        """Number behind the last record."""
        return self.first + len(self.records)

    def leaves(self) -> list[bytes]:
        """Leaf hashes of all records; InputError when the salts do not fit the records."""
        header, salts = header_hash(str(self.name)), self.salts.read(self.first, len(self.records))
        whole = [
            leaf_of(commitment(salt, data), header)
            for data, salt in zip(self.records, salts, strict=True)
            if salt is not None and not isinstance(data, Erased)
        ]
        if len(whole) == len(salts):  # the rule; the rest costs twice as much
            return whole
        out = []
        for data, salt in zip(self.records, salts, strict=True):
            if isinstance(data, Erased):
                if salt is not None:
                    raise InputError("an erased record with a salt", where=str(self.name))
                out.append(leaf_of(data.commitment, header))
            elif salt is None:
                raise InputError("a record without a salt", where=str(self.name))
            else:
                out.append(leaf_of(commitment(salt, data), header))
        return out


def build(
    log: LogName, first: int, records: Sequence[bytes | Erased], salts: Salts, checkpoint: bytes, *,
    proof: Sequence[bytes] = (), left: Frontier | None = None, keys: int = 0, level: int = LEVEL,
    limits: Limits = LIMITS,
) -> bytes:  # fmt: skip
    """Return a page of these records.

    Args:
        log: name of the log.
        first: number of the first record.
        records: bytes as stored, or `Erased`.
        salts: salts of the log (all of it, or at least of these records); only what these need goes out.
        checkpoint: signed checkpoint of a size of at least ``first + len(records)``.
        proof: `merkle.consistency` from the end of the page to the checkpoint; empty when they are the same.
        left: `merkle.frontier_at` ``first``, for readers who hold nothing of the log.
        keys: number of the key manifest in force.
        level: level of zstd.
        limits: what readers take; InputError when the page would be larger.
    """
    head = _Head(
        v=1, alg=ED25519, log=str(log), first=first, count=len(records), keys=keys,
        salts=base64.b64encode(salts.cover(first, len(records)).pack()).decode(),
        left=_texts(left.peaks if left else ()), proof=_texts(proof), checkpoint=checkpoint.decode(),
    )  # fmt: skip
    lines = [msgspec.json.encode(head)]
    for data in records:
        if isinstance(data, Erased):
            lines.append(_ERASED + base64.b64encode(data.commitment))
        elif data[:1] != b"{" or b"\n" in data or len(data) > limits.record_bytes:
            raise InputError("a record must be one line of JSON", where=str(log), hint="at most 64 KiB")
        else:
            lines.append(data)
    lines.append(b"")
    plain = b"\n".join(lines)
    packed = zstandard.ZstdCompressor(level=level, write_content_size=True).compress(plain)
    if len(plain) > limits.plain_bytes or len(packed) + 20 > limits.wire_bytes or len(records) > limits.records:
        raise InputError(f"a page of {len(records)} records is too large", where=str(log), hint="cut it shorter")
    return MAGIC + sha256(packed).digest()[:_SUM_BYTES] + packed


def open_page(data: bytes, limits: Limits = LIMITS) -> Page:
    """Take a page apart. Raises InputError and nothing else, whatever the bytes."""
    first, *lines = _unpack(data, limits)
    head = _head(first)
    records = _records(lines, limits)
    name = parse_name(head.log)
    if not (head.count == len(records) and 0 <= head.first <= SIZE_MAX and 0 <= head.keys <= SIZE_MAX):
        raise InputError("the numbers of the page do not fit its records", where=head.log)
    note = read_note(head.checkpoint.encode())
    checkpoint = parse_text(note.text)
    if note.encode() != head.checkpoint.encode() or checkpoint.origin != head.log:
        raise InputError("the checkpoint is of another log", where=head.log)
    salts = Salts.unpack(read_base64(head.salts))
    end = head.first + head.count
    if any(index << level < head.first or (index + 1) << level > end for level, index in salts.seeds):
        raise InputError("salts of other records than those of the page", where=head.log)
    try:
        left = Frontier(head.first, _hashes(head.left)) if head.left else None
    except TrustError as exc:
        raise InputError(exc.message, where=head.log) from exc
    return Page(name, head.first, records, salts, _hashes(head.proof), left, checkpoint, note, head.keys)


def _unpack(data: bytes, limits: Limits) -> list[bytes]:
    """Lines of the page; never more than ``limits.plain_bytes`` are unpacked."""
    start = len(MAGIC) + _SUM_BYTES
    if len(data) > limits.wire_bytes:
        raise InputError(f"a page of {len(data)} bytes", hint=f"at most {limits.wire_bytes}")
    if not data.startswith(MAGIC) or len(data) <= start:
        raise InputError("not a page", hint="it begins with KZP1")
    packed = data[start:]
    if sha256(packed).digest()[:_SUM_BYTES] != data[len(MAGIC) : start]:
        raise InputError("a page was damaged on its way", hint="ask for it again")
    window = max(1 << 10, 1 << (limits.plain_bytes - 1).bit_length())
    try:
        source = BytesIO(packed)
        with zstandard.ZstdDecompressor(max_window_size=window).stream_reader(source, read_size=1 << 16) as reader:
            parts, room = [], limits.plain_bytes + 1
            while room and (part := reader.read(min(room, 1 << 16))):
                parts.append(part)
                room -= len(part)
    except zstandard.ZstdError as exc:
        raise InputError("a page cannot be unpacked", hint="ask for it again") from exc
    if not room:
        raise InputError("a page unpacks to more than is taken", hint=f"at most {limits.plain_bytes} bytes")
    plain = b"".join(parts)
    if not plain.endswith(b"\n") or plain.count(b"\n") > limits.records + 1:
        raise InputError("a page is cut off, or holds too many records", hint=f"at most {limits.records}")
    return plain[:-1].split(b"\n")


def _head(line: bytes) -> _Head:
    try:
        head = msgspec.json.decode(line, type=_Head)
    except (msgspec.MsgspecError, ValueError, RecursionError) as exc:
        raise InputError("the first line of a page cannot be read") from exc
    if head.v != 1 or head.alg != ED25519:
        hint = "this node is older than the sender"
        raise InputError(f"a page of version {head.v} with {head.alg[:20]!r}", hint=hint)
    if msgspec.json.encode(head) != line:
        raise InputError("the first line of a page is written otherwise than a page writes it")
    return head


def _records(lines: Sequence[bytes], limits: Limits) -> tuple[bytes | Erased, ...]:
    if all(line[:1] == b"{" for line in lines) and max(map(len, lines), default=0) <= limits.record_bytes:
        return tuple(lines)
    return tuple(_record(line, limits) for line in lines)


def _record(line: bytes, limits: Limits) -> bytes | Erased:
    if line.startswith(_ERASED):
        return Erased(read_base64(line[1:], length=HASH_BYTES))
    if not line.startswith(b"{") or len(line) > limits.record_bytes:
        raise InputError("a line of a page is no record", hint=f"at most {limits.record_bytes} bytes of JSON")
    return line


def _texts(hashes: Sequence[bytes]) -> tuple[str, ...]:
    return tuple(base64.b64encode(node).decode() for node in hashes)


def _hashes(texts: Sequence[str]) -> tuple[bytes, ...]:
    if len(texts) > PROOF_MAX:
        raise InputError(f"more than {PROOF_MAX} hashes in a page")
    return tuple(read_base64(text, length=HASH_BYTES) for text in texts)

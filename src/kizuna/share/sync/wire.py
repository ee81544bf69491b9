"""What two nodes say to each other around a page: the question, and the answer to a page that was brought.

    question   {"positions":[["harbour/1/cape/real/flash",12],...],"max_bytes":16384,"wait_ms":25000,"receipts":["..."]}
    answer     a page (`share.page`), or nothing at all: no news
    brought    a page; its answer {"log":"...","cursor":512,"fault":"","reason":"","receipt":"..."}

Receipts are cosigned checkpoints as text. They travel with the next question, so that no packet is sent for them alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, TypeVar

import msgspec

from kizuna.base.errors import InputError
from kizuna.share.ledger.name import NAME_MAX
from kizuna.share.sync.actions import Ask, Position
from kizuna.share.sync.serve import POSITIONS_MOST
from kizuna.share.sync.states import Fault
from kizuna.share.sync.taking import Outcome

QUESTION_MOST: Final = 1 << 20
"""Bytes of a question."""
ANSWER_MOST: Final = 1 << 17
RECEIPTS_MOST: Final = 64
"""Receipts in one question: those left over go with the next."""
_RECEIPT_MOST: Final = 64 * 1024
T = TypeVar("T")


class Question(NamedTuple):
    """A question as it came, checked for form alone."""

    positions: tuple[Position, ...]
    max_bytes: int
    wait_ms: int
    receipts: tuple[bytes, ...]


class Brought(NamedTuple):
    """The peer's answer to a page that we brought; ``fault`` None where it took it."""

    log: str
    cursor: int
    fault: Fault | None
    reason: str
    receipt: bytes


class _Question(msgspec.Struct, frozen=True):
    positions: tuple[tuple[str, int], ...]
    max_bytes: int
    wait_ms: int
    receipts: tuple[str, ...] = ()


class _Brought(msgspec.Struct, frozen=True):
    log: str
    cursor: int
    fault: str = ""
    reason: str = ""
    receipt: str = ""


def write_question(ask: Ask, receipts: Sequence[bytes] = ()) -> bytes:
    """Bytes of a question."""
    notes = tuple(note.decode() for note in receipts[:RECEIPTS_MOST])
    positions = tuple((log, after) for log, after in ask.positions)
    return msgspec.json.encode(_Question(positions, ask.max_bytes, ask.wait_ms, notes))


def read_question(data: bytes) -> Question:
    """Read a question. Raises InputError and nothing else."""
    if len(data) > QUESTION_MOST:
        raise InputError(f"a question of {len(data)} bytes", hint=f"at most {QUESTION_MOST}")
    found = _read(data, _Question)
    positions = tuple(Position(log, after) for log, after in found.positions)
    if len(positions) > POSITIONS_MOST or len(found.receipts) > RECEIPTS_MOST:
        raise InputError("a question about too many logs, or with too many receipts")
    if any(len(log) > NAME_MAX or after < 0 for log, after in positions):
        raise InputError("a question with an impossible position")
    if any(len(note) > _RECEIPT_MOST for note in found.receipts):
        raise InputError("a question with an impossible receipt")
    receipts = tuple(note.encode() for note in found.receipts)
    return Question(positions, found.max_bytes, found.wait_ms, receipts)


def write_brought(outcome: Outcome, receipt: bytes = b"") -> bytes:
    """Bytes of the answer to a page that was brought to us."""
    fault = outcome.fault.value if outcome.fault else ""
    return msgspec.json.encode(_Brought(outcome.log, outcome.cursor, fault, outcome.reason[:1000], receipt.decode()))


def read_brought(data: bytes) -> Brought:
    """Read the answer to a page. Raises InputError and nothing else."""
    if len(data) > ANSWER_MOST:
        raise InputError(f"an answer of {len(data)} bytes", hint=f"at most {ANSWER_MOST}")
    found = _read(data, _Brought)
    try:
        fault = Fault(found.fault) if found.fault else None
    except ValueError as exc:
        raise InputError(f"an answer with the unknown fault {found.fault[:40]!r}") from exc
    if len(found.log) > NAME_MAX or found.cursor < 0:
        raise InputError("an answer about an impossible position")
    return Brought(found.log, found.cursor, fault, found.reason[:1000], found.receipt.encode())


def _read(data: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError) as exc:
        raise InputError("a message of sync cannot be read") from exc

"""Take a page, however it came: find its log, have it judged, keep it, say what became of it.

Pulled, pushed and carried pages go through here and nowhere else. Whatever happens between judging and keeping, the
page can come again: the outcome is the same, and nothing is there twice.
"""

from __future__ import annotations

from typing import Final, NamedTuple, Protocol

import msgspec
import zstandard

from kizuna.base.errors import InputError, KizunaError, TrustError, UnavailableError
from kizuna.share.ledger.merkle import Nodes
from kizuna.share.page import LIMITS, MAGIC, open_page
from kizuna.share.sync.states import Fault
from kizuna.share.verify import Accepted, Seen, Trusted

_TRIES: Final = 5
_HEAD_MOST: Final = 256 * 1024
_SUM_BYTES: Final = 16


class MovedError(UnavailableError):
    """The log went on between judging a page and keeping it: judge it again."""


class Shelf(Protocol):
    """Where received pages are kept; the store's inbox."""

    def seen(self, name: str) -> Seen:
        """What is held of a log; TrustError where it is halted."""
        ...

    def nodes(self, name: str) -> Nodes:
        """Stored nodes of its tree."""
        ...

    def take(self, peer: str, page: Accepted, at_ms: int) -> int:
        """Keep a page, its checkpoint and the cursor in one transaction; the cursor. Raises MovedError."""
        ...

    def halt(self, name: str, reason: str) -> None:
        """Stop a log until a person resumes it."""
        ...

    def refuse(self, peer: str, name: str, reason: str, data: bytes, at_ms: int) -> None:
        """Keep refused bytes for a person to look at."""
        ...


class Outcome(NamedTuple):
    """What became of a page: ``new`` records, the log's ``cursor`` and ``head``; or a fault and its reason."""

    log: str
    cursor: int
    head: int
    new: int = 0
    fault: Fault | None = None
    reason: str = ""


class _Name(msgspec.Struct):
    log: str
    first: int


def peek(data: bytes) -> tuple[str, int]:
    """Log and first number that a page says of itself, nothing believed; at most ``_HEAD_MOST`` bytes are unpacked."""
    start = len(MAGIC) + _SUM_BYTES
    if not data.startswith(MAGIC) or len(data) > LIMITS.wire_bytes:
        raise InputError("not a page", hint="it begins with KZP1")
    try:
        with zstandard.ZstdDecompressor(max_window_size=1 << 23).stream_reader(data[start:]) as reader:
            line = b""
            while b"\n" not in line and len(line) < _HEAD_MOST and (part := reader.read(4096)):
                line += part
        name = msgspec.json.decode(line.partition(b"\n")[0], type=_Name)
    except (zstandard.ZstdError, msgspec.MsgspecError, ValueError, RecursionError) as exc:
        raise InputError("the first line of a page cannot be read", hint="ask for it again") from exc
    return name.log, name.first


def take(
    data: bytes, trusted: Trusted, shelf: Shelf, now_ms: int, *, asked: dict[str, int] | None = None,
    direct: bool = True,
) -> Outcome:  # fmt: skip
    """Take a page of one partner.

    Args:
        data: the bytes as they came.
        trusted: the partner, as this node sees it.
        shelf: where to keep it.
        now_ms: for the record; it orders nothing.
        asked: positions that the partner was asked for, when this is its answer.
        direct: the partner itself handed it over. A page that breaks trust then halts its log; from a stick, which
            anybody may have made, it is only refused, kept and told of.
    """
    log = ""
    try:
        page = open_page(data, trusted.limits)
        log = str(page.name)
        for _ in range(_TRIES):
            seen = shelf.seen(log)
            if page.first > seen.size:
                reason = f"begins at {page.first}, {seen.size} are held"
                return Outcome(log, seen.size, _head(seen), fault=Fault.HOLE, reason=reason)
            try:
                accepted = trusted.page(page, seen, shelf.nodes(log), asked=(asked or {}).get(log))
            except UnavailableError as exc:
                return Outcome(log, seen.size, _head(seen), fault=Fault.KEYS, reason=str(exc))
            try:
                cursor = shelf.take(trusted.ring.party, accepted, now_ms)
            except MovedError:
                continue
            return Outcome(log, cursor, _head(accepted.seen), new=len(accepted.records))
        return Outcome(log, 0, 0, fault=Fault.NOT_WRITTEN, reason="others write this log without pause")
    except KizunaError as exc:
        return _refused(exc, log or _says(data), data, trusted, shelf, now_ms, direct=direct)


def _says(data: bytes) -> str:
    """The log that a damaged page says to be of."""
    try:
        return peek(data)[0]
    except InputError:
        return ""


def _refused(
    exc: KizunaError, log: str, data: bytes, trusted: Trusted, shelf: Shelf, now_ms: int, *, direct: bool
) -> Outcome:  # fmt: skip
    """The fault that an error is. Only what was broken by its origin is halted; what is damaged is asked for again."""
    reason = str(exc)
    if isinstance(exc, UnavailableError):
        return Outcome(log, 0, 0, fault=Fault.NOT_WRITTEN, reason=reason)
    broken = isinstance(exc, TrustError)
    try:
        shelf.refuse(trusted.ring.party, log, reason, data, now_ms)
        if broken and direct and log.partition("/")[0] == trusted.ring.party:
            shelf.halt(log, reason)
    except UnavailableError:  # the disk is full: the verdict stands all the same
        return Outcome(log, 0, 0, fault=Fault.HALTED if broken else Fault.NOT_WRITTEN, reason=reason)
    return Outcome(log, 0, 0, fault=Fault.HALTED if broken else Fault.DAMAGED, reason=reason)


def _head(seen: Seen) -> int:
    return seen.head.size if seen.head else 0

"""What an engine asks its driver to do. Values; the driver does the input and output and reports back."""

from __future__ import annotations

from typing import NamedTuple


class Position(NamedTuple):
    """Where a reader stands in a log: it has ``after`` entries and wants those from number ``after`` on."""

    log: str
    after: int


class Ask(NamedTuple):
    """Ask the peer for one page of the first of these logs that has news, and wait for news ``wait_ms`` at most.

    ``positions`` stand in order of urgency. Where ``receipts`` says so, cosigned acknowledgements that are owed to the
    peer travel along: with one question of several, so that those for alerts keep to one packet, and with the question
    that follows an alert, so that who told it soon knows that it came. Give up after ``timeout_ms`` without an end.
    Report ``answered``, ``quiet`` or ``failed`` with ``exchange``.
    """

    exchange: int
    positions: tuple[Position, ...]
    max_bytes: int
    wait_ms: int
    timeout_ms: int
    receipts: bool = True


class Send(NamedTuple):
    """Cut a page of ``log`` from entry ``first`` on, of about ``max_bytes`` on the wire, and bring it to the peer.

    Report ``began`` with its size, then ``taken``, ``refused`` or ``failed``, with ``exchange``.
    """

    exchange: int
    log: str
    first: int
    max_bytes: int
    timeout_ms: int


class Cancel(NamedTuple):
    """Break this transfer off: something more urgent waits. Nothing is to be reported."""

    exchange: int


class Reply(NamedTuple):
    """Answer the question ``ticket`` with a page of ``log`` from entry ``first`` on, of about ``max_bytes``."""

    ticket: int
    log: str
    first: int
    max_bytes: int


class Quiet(NamedTuple):
    """Answer the question ``ticket`` with "nothing new"."""

    ticket: int


class Alarm(NamedTuple):
    """Tell a person: this log stands still until somebody resumes it."""

    log: str
    reason: str


Action = Ask | Send | Cancel | Reply | Quiet | Alarm

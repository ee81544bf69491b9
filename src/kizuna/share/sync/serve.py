"""The answering side: a page at once where there is news, else the question waits for some.

It sees sizes only; the driver cuts the page. A peer cannot make us hold more than ``PARKED_MOST`` of its questions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from kizuna.share.sync.actions import Action, Alarm, Position, Quiet, Reply
from kizuna.share.sync.pace import PAGE_LEAST, PAGE_MOST
from kizuna.share.sync.states import NEW, SERVE, Machine

PARKED_MOST: Final = 8
POSITIONS_MOST: Final = 256
WAIT_MOST_MS: Final = 60_000


class _Question:
    def __init__(self, positions: Sequence[Position], max_bytes: int, until_ms: int) -> None:
        self.machine = Machine(SERVE, NEW)
        self.positions, self.max_bytes, self.until_ms = tuple(positions), max_bytes, until_ms


class Server:
    """Answers the questions of one peer about the logs that are for it."""

    def __init__(self, sizes: Mapping[str, int]) -> None:
        """``sizes``: entries of each log that this peer may read, and of no other."""
        self._sizes = dict(sizes)
        self._parked: dict[int, _Question] = {}
        self._told: set[str] = set()

    def asked(
        self, ticket: int, positions: Sequence[Position], max_bytes: int, wait_ms: int, now_ms: int
    ) -> list[Action]:  # fmt: skip
        """A question came. A log that the peer may not read is, for it, one without news.

        A peer that has more of a log than we do raises the alarm once: we were restored from an old backup, or it errs.
        The driver tells the sizes of the logs ``beyond`` before: a page is cut from what is stored, which may have
        grown, and been answered for, before its news came here.
        """
        size = max(PAGE_LEAST, min(PAGE_MOST, max_bytes))
        until_ms = now_ms + max(0, min(WAIT_MOST_MS, wait_ms))
        question = _Question(positions[:POSITIONS_MOST], size, until_ms)
        out: list[Action] = []
        for position in question.positions:
            if position.after > self._sizes.get(position.log, position.after) and position.log not in self._told:
                self._told.add(position.log)
                reason = f"the peer has {position.after} entries, we have {self._sizes[position.log]}"
                out.append(Alarm(position.log, reason))
        reply = self._reply(ticket, question)
        if reply:
            return out + reply
        question.machine.step("no news")
        self._parked[ticket] = question
        if len(self._parked) > PARKED_MOST:
            oldest = next(iter(self._parked))
            self._parked.pop(oldest).machine.step("too many wait")
            out.append(Quiet(oldest))
        return out + self.due(now_ms)

    def beyond(self, positions: Sequence[Position]) -> list[str]:
        """Logs of which the peer has more than was said here."""
        known = self._sizes
        return [p.log for p in positions[:POSITIONS_MOST] if p.after > known.get(p.log, p.after)]

    def news(self, log: str, size: int) -> list[Action]:
        """A log has ``size`` entries now, or is new for this peer."""
        self._sizes[log] = max(size, self._sizes.get(log, 0))
        out: list[Action] = []
        for ticket, question in list(self._parked.items()):
            out += self._reply(ticket, question)
        return out

    def withdraw(self, log: str) -> None:
        """The peer may read this log no more."""
        self._sizes.pop(log, None)

    def due(self, now_ms: int) -> list[Action]:
        """Answer what has waited long enough. To be called at ``next_ms``."""
        over = [ticket for ticket, question in self._parked.items() if question.until_ms <= now_ms]
        for ticket in over:
            self._parked.pop(ticket).machine.step("time is up")
        return [Quiet(ticket) for ticket in over]

    @property
    def next_ms(self) -> int | None:
        """When ``due`` is to be called next."""
        return min((question.until_ms for question in self._parked.values()), default=None)

    def gone(self, ticket: int) -> None:
        """The asker hung up."""
        question = self._parked.pop(ticket, None)
        if question:
            question.machine.step("asker is gone")

    def _reply(self, ticket: int, question: _Question) -> list[Action]:
        for position in question.positions:
            if self._sizes.get(position.log, 0) > position.after >= 0:
                question.machine.step("there is news")
                self._parked.pop(ticket, None)
                return [Reply(ticket, position.log, position.after, question.max_bytes)]
        return []

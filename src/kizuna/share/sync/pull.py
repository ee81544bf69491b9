"""The reading side: ask a peer for what is new, page by page, alerts first.

Up to four questions are out at a time. The first three ask for the flash lane alone and always wait at the peer, so
that an alert comes at once beside whatever else is under way, and comes three times: on a link that loses every third
packet it is the other copies that keep the ten seconds (docs/explanation/sync.md has the figures with fewer). What
comes again is kept once. How long each waits differs, so that never all of them are under way at once. The last asks
for flash, routine, then bulk; a page of it is as long as the link moves in ``pace.PAGE_S``. So bulk gives way to an
alert that is not there yet; after one page of flash it leaves flash to the others once, so that alerts without pause
do not keep the rest out. Over a link that takes one transfer at a time (``channels=1``) one channel asks for all lanes,
and an alert waits for one page.

Where reading stands is the cursor of the store, told by ``follow`` and ``kept``; a restarted engine knows nothing else.
"""

from __future__ import annotations

from typing import Final

from kizuna.share.ledger.name import LANES
from kizuna.share.sync.actions import Action, Alarm, Ask, Position
from kizuna.share.sync.pace import PAGE_ALONE_S, PAGE_S, Backoff, Pace, Random
from kizuna.share.sync.states import ASKED, HALTED, IDLE, PULL, TAKING, WAITING, Fault, Machine

WAIT_MS: Final = 25_000
"""How long a question may wait for news: below the thirty seconds after which many routers forget a connection."""
CHANNELS: Final = 4
FLASH: Final = LANES[0]


def channels_of(count: int) -> tuple[tuple[str, ...], ...]:
    """Lanes of each of 1 to 4 channels; see above."""
    return ((LANES[:1],) * (count - 1)) + (LANES,)


class _Channel:
    """One question at a time, which waits up to ``wait_ms`` for news."""

    def __init__(self, lanes: tuple[str, ...], random: Random, wait_ms: int) -> None:
        self.lanes, self.machine, self.backoff = lanes, Machine(PULL, IDLE), Backoff(random)
        self.wait_ms = wait_ms
        self.exchange = self.turn = 0
        self.asked_ms = self.due_ms = 0
        self.yielded = False
        self.asked: dict[str, int] = {}
        self.head: dict[str, int] = {}
        self.link_failed = False


class Puller:
    """Reads all logs of one peer that are for us. Every method returns what is to be done now."""

    def __init__(self, *, random: Random, channels: int = CHANNELS, wait_ms: int = WAIT_MS) -> None:
        """``random(n)`` gives n random bytes (for the jitter of waits alone); ``wait_ms``: of the first channel."""
        waits = [wait_ms - wait_ms * k // (2 * channels) for k in range(channels)]
        self._channels = [
            _Channel(*each) for each in zip(channels_of(channels), [random] * channels, waits, strict=True)
        ]
        self._exchanges = 0
        self._after: dict[str, int] = {}
        self._lane: dict[str, str] = {}
        self._heads: dict[str, int] = {}
        self.pace = Pace(PAGE_S if channels > 1 else PAGE_ALONE_S)

    def follow(self, log: str, lane: str, after: int) -> None:
        """Read this log from entry ``after`` on; also takes up one that was halted, after a person's decision."""
        self._after[log], self._lane[log] = after, lane
        self._heads.pop(log, None)

    def leave(self, log: str) -> None:
        """Read it no more."""
        self._after.pop(log, None)

    def due(self, now_ms: int) -> list[Action]:
        """Ask whatever can be asked now. To be called at the beginning, after ``follow``, and at ``next_ms``."""
        out: list[Action] = []
        for channel in self._channels:
            state = channel.machine
            if state.state == WAITING and channel.due_ms <= now_ms:
                state.step("due")
            if state.state == HALTED and self._positions(channel):
                state.step("something to follow")
            if state.state == IDLE:
                out += self._ask(channel, now_ms)
        return out

    @property
    def next_ms(self) -> int | None:
        """When ``due`` is to be called next; None while all channels wait for an answer."""
        return min((c.due_ms for c in self._channels if c.machine.state == WAITING), default=None)

    def answered(self, exchange: int, size: int, took_ms: int) -> list[Action]:
        """A page of ``size`` bytes came whole, ``took_ms`` after its first byte. Now take it and report the outcome."""
        channel = self._of(exchange, ASKED)
        if channel:
            self.pace.moved(size, took_ms)
            channel.machine.step("page")
        return []

    def quiet(self, exchange: int, now_ms: int) -> list[Action]:
        """The peer has nothing new."""
        channel = self._of(exchange, ASKED)
        if not channel:
            return []
        if now_ms - channel.asked_ms < channel.wait_ms // 2:
            return self._wait(channel, "quiet too soon", now_ms)
        channel.backoff.worked()
        channel.machine.step("quiet")
        return self.alive(now_ms)

    def failed(self, exchange: int, now_ms: int) -> list[Action]:
        """No answer, or one that broke off."""
        channel = self._of(exchange, ASKED)
        if not channel:
            return []
        self.pace.broke()
        channel.link_failed = True
        return self._wait(channel, "link failed", now_ms)

    def kept(self, exchange: int, log: str, cursor: int, head: int, now_ms: int) -> list[Action]:
        """The page is in the store; the log stands at ``cursor`` under a checkpoint over ``head`` entries."""
        channel = self._of(exchange, TAKING)
        if not channel:
            return []
        channel.yielded = self._lane.get(log) == FLASH
        moved = cursor > channel.asked.get(log, cursor) or head > channel.head.get(log, head)
        if log in self._after:
            self._after[log] = max(cursor, self._after[log])
            self._heads[log] = max(head, self._heads.get(log, 0))
        if not moved:
            return self._wait(channel, "nothing new", now_ms)
        channel.backoff.worked()
        channel.machine.step("kept")
        return self.alive(now_ms)  # the link is up again for the other channels, too: alerts above all

    def refused(self, exchange: int, log: str, fault: Fault, now_ms: int, reason: str = "") -> list[Action]:
        """The page could not be taken. A fork halts its log for good and raises the alarm; the other logs go on."""
        channel = self._of(exchange, TAKING)
        if not channel:
            return []
        if fault is not Fault.HALTED:
            return self._wait(channel, fault.value, now_ms)
        self.leave(log)
        channel.machine.step("log halted")
        return [Alarm(log, reason), *self.due(now_ms)]

    def alive(self, now_ms: int) -> list[Action]:
        """The peer was heard on another way: ask at once where only the link had failed."""
        for channel in self._channels:
            if channel.machine.state == WAITING and channel.link_failed:
                channel.machine.step("peer is alive")
                channel.backoff.worked()
        return self.due(now_ms)

    def _ask(self, channel: _Channel, now_ms: int) -> list[Action]:
        positions = self._positions(channel)
        if not positions:
            channel.machine.step("nothing to follow")
            return []
        channel.machine.step("ask")
        self._exchanges += 1
        channel.exchange, channel.asked_ms, channel.link_failed = self._exchanges, now_ms, False
        channel.asked = dict(positions)
        channel.head = {log: self._heads.get(log, -1) for log in channel.asked}
        channel.turn += 1
        receipts = channel is self._channels[-1] or channel.yielded  # who told an alert learns at once that it came
        channel.yielded = False
        size = self.pace.page_bytes
        timeout_ms = channel.wait_ms + self.pace.patience_ms()
        return [Ask(channel.exchange, positions, size, channel.wait_ms, timeout_ms, receipts)]

    def _positions(self, channel: _Channel) -> tuple[Position, ...]:
        """Logs of the channel by lane; those of one lane take turns at being first."""
        out: list[Position] = []
        lanes = channel.lanes
        if channel.yielded and channel is self._channels[-1] is not self._channels[0]:
            rest = lanes[1:]
            lanes = rest if any(self._lane[log] in rest for log in self._after) else lanes
        for lane in lanes:
            logs = [log for log in self._after if self._lane[log] == lane]
            first = channel.turn % len(logs) if logs else 0
            out += [Position(log, self._after[log]) for log in logs[first:] + logs[:first]]
        return tuple(out)

    def _wait(self, channel: _Channel, event: str, now_ms: int) -> list[Action]:
        channel.machine.step(event)
        channel.due_ms = now_ms + channel.backoff.wait_ms()
        return []

    def _of(self, exchange: int, state: str) -> _Channel | None:
        """The channel of an exchange; None where it is over already: a late answer changes nothing."""
        found = (c for c in self._channels if c.exchange == exchange and c.machine.state == state)
        return next(found, None)

"""The bringing side: where only one of two nodes can dial, it also carries its own pages over.

The peer answers each page with where it stands, and that is believed: the next page begins there. As with pulling,
flash has channels of its own; over a link that takes one transfer at a time, a page that is under way is broken off
when an alert would wait longer than ``PREEMPT_MS`` behind it. What was broken off is sent again from its beginning.
"""

from __future__ import annotations

from typing import Final

from kizuna.share.ledger.name import LANES
from kizuna.share.sync.actions import Action, Alarm, Cancel, Send
from kizuna.share.sync.pace import PAGE_ALONE_S, PAGE_S, Backoff, Pace, Random
from kizuna.share.sync.pull import CHANNELS, channels_of
from kizuna.share.sync.states import IDLE, PUSH, SENDING, WAITING, Fault, Machine

PREEMPT_MS: Final = 2000
FLASH: Final = LANES[0]


class _Channel:
    def __init__(self, lanes: tuple[str, ...], random: Random) -> None:
        self.lanes, self.machine, self.backoff = lanes, Machine(PUSH, IDLE), Backoff(random)
        self.exchange = self.turn = self.size = self.first = 0
        self.sent_ms = self.due_ms = 0
        self.log = ""
        self.link_failed = False


class _Log:
    __slots__ = ("lane", "name", "peer", "size")

    def __init__(self, name: str, lane: str, peer: int, size: int) -> None:
        self.name, self.lane, self.peer, self.size = name, lane, peer, size


class Pusher:
    """Brings all logs for one peer. Every method returns what is to be done now."""

    def __init__(self, *, random: Random, channels: int = CHANNELS) -> None:
        """``random(n)`` gives n random bytes (for the jitter of waits alone)."""
        self._channels = [_Channel(lanes, random) for lanes in channels_of(channels)]
        self._logs: dict[str, _Log] = {}
        self._exchanges = 0
        self.pace = Pace(PAGE_S if channels > 1 else PAGE_ALONE_S)

    def news(self, log: str, lane: str, size: int, peer_has: int, now_ms: int) -> list[Action]:
        """The log holds ``size`` entries; ``peer_has`` is what the peer acknowledged, believed when first heard."""
        known = self._logs.setdefault(log, _Log(log, lane, peer_has, size))
        known.size = size
        out: list[Action] = []
        if lane == FLASH and known.peer < size:
            out = self._preempt(now_ms)
        return out + self.due(now_ms)

    def holds(self, log: str, size: int) -> None:
        """What the log holds by now: to be said before an answer, as a page is cut from more than ``news`` has told."""
        if log in self._logs:
            self._logs[log].size = max(size, self._logs[log].size)

    def leave(self, log: str) -> None:
        """Bring it no more."""
        self._logs.pop(log, None)

    def due(self, now_ms: int) -> list[Action]:
        """Send whatever can be sent now. To be called at ``next_ms``."""
        out: list[Action] = []
        for channel in self._channels:
            if channel.machine.state == WAITING and channel.due_ms <= now_ms:
                channel.machine.step("due")
            if channel.machine.state == IDLE:
                out += self._send(channel, now_ms)
        return out

    @property
    def next_ms(self) -> int | None:
        """When ``due`` is to be called next; None while nothing waits for a time."""
        return min((c.due_ms for c in self._channels if c.machine.state == WAITING), default=None)

    def began(self, exchange: int, size: int) -> None:
        """The page was cut and came out with ``size`` bytes: a single record may be larger than what was asked for."""
        channel = self._of(exchange)
        if channel:
            channel.size = size

    def taken(self, exchange: int, cursor: int, took_ms: int, now_ms: int) -> list[Action]:
        """The peer took the page and stands at ``cursor`` of its log."""
        channel = self._of(exchange)
        if not channel:
            return []
        self.pace.moved(channel.size, took_ms)
        return self._stands(channel, "taken", cursor, now_ms)

    def refused(self, exchange: int, fault: Fault, cursor: int, now_ms: int, reason: str = "") -> list[Action]:
        """The peer did not take it. A hole says where it stands; its halt stops the log here as well."""
        channel = self._of(exchange)
        if not channel:
            return []
        if fault is Fault.HOLE:
            return self._stands(channel, "hole", cursor, now_ms)
        if fault is Fault.HALTED:
            return self._halt(channel, reason, now_ms)
        return self._wait(channel, "link failed" if fault is Fault.DAMAGED else fault.value, now_ms)

    def failed(self, exchange: int, now_ms: int) -> list[Action]:
        """No answer. Whether the page was taken is not known; sending it again does no harm."""
        channel = self._of(exchange)
        if not channel:
            return []
        self.pace.broke()
        channel.link_failed = True
        return self._wait(channel, "link failed", now_ms)

    def alive(self, now_ms: int) -> list[Action]:
        """The peer was heard on another way: send at once where only the link had failed."""
        for channel in self._channels:
            if channel.machine.state == WAITING and channel.link_failed:
                channel.machine.step("peer is alive")
                channel.backoff.worked()
        return self.due(now_ms)

    def _stands(self, channel: _Channel, event: str, cursor: int, now_ms: int) -> list[Action]:
        log = self._logs.get(channel.log)
        if log and cursor > log.size:  # it has what we never wrote: we were restored from an old backup
            return self._halt(channel, f"the peer has {cursor} entries, we have {log.size}", now_ms)
        if cursor == channel.first:
            return self._wait(channel, "nothing moved", now_ms)
        if log:  # a peer that was set back says less than before, and is believed
            log.peer = cursor if event == "hole" else max(cursor, log.peer)
        if event == "taken":
            channel.backoff.worked()
        channel.machine.step(event)
        return self.alive(now_ms)  # the link is up again for the other channels, too: alerts above all

    def _halt(self, channel: _Channel, reason: str, now_ms: int) -> list[Action]:
        self.leave(channel.log)
        channel.machine.step("log halted")
        return [Alarm(channel.log, reason), *self.due(now_ms)]

    def _preempt(self, now_ms: int) -> list[Action]:
        """Break off what an alert would have to wait for, where both share one channel."""
        channel = self._channels[0]
        log = self._logs.get(channel.log)
        if channel.machine.state != SENDING or FLASH not in channel.lanes or log is None or log.lane == FLASH:
            return []
        left_ms = self.pace.expected_ms(channel.size) - (now_ms - channel.sent_ms)
        overdue = left_ms <= 0  # nothing measured, or slower than measured: nobody knows how long it still takes
        if 0 < left_ms < PREEMPT_MS or (overdue and now_ms - channel.sent_ms < PREEMPT_MS):
            return []
        channel.machine.step("flash waits")
        return [Cancel(channel.exchange)]

    def _send(self, channel: _Channel, now_ms: int) -> list[Action]:
        for lane in channel.lanes:
            waiting = [log for log in self._logs.values() if log.lane == lane and log.peer < log.size]
            if waiting:
                channel.turn += 1
                log = waiting[channel.turn % len(waiting)]
                channel.machine.step("send")
                self._exchanges += 1
                channel.exchange, channel.sent_ms, channel.log = self._exchanges, now_ms, log.name
                channel.size, channel.first, channel.link_failed = self.pace.page_bytes, log.peer, False
                return [Send(channel.exchange, log.name, log.peer, channel.size, self.pace.patience_ms())]
        return []

    def _wait(self, channel: _Channel, event: str, now_ms: int) -> list[Action]:
        channel.machine.step(event)
        channel.due_ms = now_ms + channel.backoff.wait_ms()
        return []

    def _of(self, exchange: int) -> _Channel | None:
        found = (c for c in self._channels if c.exchange == exchange and c.machine.state == SENDING)
        return next(found, None)

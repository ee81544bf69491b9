"""A link of packets with a rate, a latency, loss, reordering and duplication, and a transport above it.

What is modelled, and what is not, stands in docs/explanation/sync.md, "What the simulator assumes". In short: both
directions have one queue each at the given rate, or one together (``shared``: a radio on one channel). Every packet, also every acknowledgement of one, is lost on its own with
probability ``loss``. A message is cut into packets of 1,200 bytes; each is acknowledged by itself, and sent again when
three sent after it were acknowledged or after a time-out taken from measured round trips. What comes of an answer also
acknowledges its question, as on one connection of TCP or QUIC. Two ways of taking a loss:

- ``steady``: a window of ``WINDOW`` packets whatever is lost, time-outs grow only when nothing at all comes back: a transport that does not read loss
  as congestion (BBR over QUIC or TCP), or a radio modem that repeats below;
- ``reno``: the window halves at a loss and grows by one a round trip, the time-out of a packet doubles each time.

Not modelled: handshakes (connections are kept), TLS records, corruption (TLS would break the connection), HTTP headers
other than a fixed number of bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sim.virtual import World

PAYLOAD = 1200
HEADER = 60
"""IP, transport and TLS, bytes a packet."""
WINDOW = 8
RTO_FIRST_MS = 3000.0
RTO_LEAST_MS = 300.0
RTO_MOST_MS = 60_000.0


@dataclass
class Conditions:
    rate_bps: float = 10_000_000.0
    latency_ms: float = 20.0
    loss: float = 0.0
    reorder: float = 0.0
    reorder_ms: float = 500.0
    duplicate: float = 0.0
    transport: str = "steady"
    shared: bool = False


class Link:
    """Both directions between two hosts; ``up = False`` is a partition: everything under way is lost."""

    def __init__(self, world: World, conditions: Conditions) -> None:
        self.world, self.on, self.up = world, conditions, True
        self._free_ms = {0: 0.0, 1: 0.0}
        self.sent_bytes = {0: 0, 1: 0}

    def send(self, way: int, size: int, arrive: Callable[[], None]) -> None:
        """Put a packet into the queue of a direction."""
        on, chance, now = self.on, self.world.chance, self.world.now_ms
        queue = 0 if on.shared else way
        begin = max(now, self._free_ms[queue])
        self._free_ms[queue] = begin + size * 8000 / on.rate_bps
        self.sent_bytes[way] += size
        for _ in range(2 if on.duplicate and chance.random() < on.duplicate else 1):
            if on.loss and chance.random() < on.loss:
                continue
            late = chance.random() * on.reorder_ms if on.reorder and chance.random() < on.reorder else 0.0
            self.world.at(self._free_ms[queue] + on.latency_ms + late, lambda: self.up and arrive())


class Channel:
    """State of one kept connection in one direction: round trip and window outlive a message."""

    def __init__(self) -> None:
        self.rtt_ms = 0.0
        self.window = float(WINDOW)
        self.cut_ms = -1.0
        self.silent = 0


class Transfer:
    """One message on its way. ``done(first_ms)`` is called at the far end when all of it is there."""

    def __init__(
        self, link: Link, way: int, channel: Channel, size: int, done: Callable[[float], None],
        began: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self.link, self.way, self.channel, self._done, self._began = link, way, channel, done, began
        count = max(1, -(-size // PAYLOAD))
        self._sizes = [min(PAYLOAD, size - k * PAYLOAD) if size else 1 for k in range(count)]
        self._todo = list(range(count))
        self._flight: dict[int, tuple[float, int, int]] = {}  # packet -> when sent, which attempt, place in the order
        self._later: dict[int, int] = {}  # packet -> how many sent after it were acknowledged
        self._order = 0
        self._attempts = [0] * count
        self._acked: set[int] = set()
        self._there: set[int] = set()
        self._first_ms = 0.0
        self.over = False
        self._pump()

    def drop(self) -> None:
        """Break it off at both ends."""
        self.over = True

    def heard(self) -> None:
        """All of it is there: what comes back on the same connection says so, whatever became of acknowledgements."""
        if not self.over:
            self.channel.silent = 0
            self._acked |= self._there
            self._todo.clear()
            self._flight.clear()

    def _pump(self) -> None:
        steady = self.link.on.transport == "steady"
        window = WINDOW if steady else max(1, int(self.channel.window))
        while self._todo and len(self._flight) < window:
            self._send(self._todo.pop(0))

    def _send(self, k: int) -> None:
        world = self.link.world
        self._attempts[k] += 1
        attempt = self._attempts[k]
        self._order += 1
        self._flight[k] = (world.now_ms, attempt, self._order)
        self._later[k] = 0
        world_now = world.now_ms
        self.link.send(self.way, self._sizes[k] + HEADER, lambda: self._arrived(k, world_now))
        rtt = self.channel.rtt_ms
        wait = max(RTO_LEAST_MS, 2.0 * rtt) if rtt else RTO_FIRST_MS
        wait *= 2 ** min(5, max(0, self.channel.silent - 3))  # nothing at all comes back: any transport slows down
        if self.link.on.transport == "reno":
            wait = min(RTO_MOST_MS, wait * 2 ** (attempt - 1))
        world.after(wait, lambda: self._timeout(k, attempt))

    def _arrived(self, k: int, sent_ms: float) -> None:
        if self.over:
            return
        if not self._there:
            self._first_ms = self.link.world.now_ms
            self._began()
        self._there.add(k)
        self.link.send(1 - self.way, HEADER, lambda: self._ack(k, sent_ms))
        if len(self._there) == len(self._sizes) and not getattr(self, "_told", False):
            self._told = True
            self._done(self._first_ms)

    def _ack(self, k: int, sent_ms: float) -> None:
        if k in self._acked or self.over:
            return
        self._acked.add(k)
        sent = self._flight.pop(k, None)
        channel = self.channel
        channel.silent = 0
        rtt = self.link.world.now_ms - sent_ms  # of the very copy that came, as the timestamps of TCP tell it
        channel.rtt_ms = rtt if not channel.rtt_ms else 0.8 * channel.rtt_ms + 0.2 * rtt
        channel.window = min(64.0, channel.window + 1 / max(1.0, channel.window))
        if k in self._todo:
            self._todo.remove(k)
        if sent:
            self._passed(sent[2])
        self._pump()

    def _passed(self, order: int) -> None:
        """Packets sent before one that was acknowledged: lost after the third time."""
        for k, (_, _, when) in list(self._flight.items()):
            if when < order:
                self._later[k] += 1
                if self._later[k] == 3:
                    self._lost(k)

    def _timeout(self, k: int, attempt: int) -> None:
        if not (self.over or k in self._acked or self._attempts[k] != attempt or k not in self._flight):
            self.channel.silent += 1
            self._lost(k)
            self._pump()

    def _lost(self, k: int) -> None:
        now, channel = self.link.world.now_ms, self.channel
        if now - channel.cut_ms > channel.rtt_ms:
            channel.window, channel.cut_ms = max(1.0, channel.window / 2), now
        del self._flight[k]
        self._todo.insert(0, k)


class Line:
    """Requests from one host to another, each with one answer; ``slots`` kept connections, one request at a time each."""

    HEADERS = 250

    def __init__(self, link: Link, way: int) -> None:
        self.link, self.way = link, way
        self._out: dict[int, Channel] = {}
        self._back: dict[int, Channel] = {}

    def request(
        self, slot: int, body: Any, size: int, serve: Callable[..., None], *, timeout_ms: float,
        answered: Callable[[Any, int, float], None], failed: Callable[[], None],
    ) -> Callable[[], None]:  # fmt: skip
        """Send ``body``; ``serve(body, respond)`` runs at the far end. Returns what breaks it off."""
        state: dict[str, Any] = {"over": False, "parts": []}

        def stop() -> None:
            state["over"] = True
            for part in state["parts"]:
                part.drop()

        def timeout() -> None:
            if not state["over"]:
                stop()
                failed()

        def arrived(_: float) -> None:
            if not state["over"]:
                serve(body, respond)

        def respond(answer: Any, length: int) -> None:
            if state["over"]:
                return
            back = self._back.setdefault(slot, Channel())

            def done(first_ms: float) -> None:
                if not state["over"]:
                    state["over"] = True  # both ends go on until the last packet is acknowledged
                    answered(answer, length, self.link.world.now_ms - first_ms)

            state["parts"].append(Transfer(self.link, 1 - self.way, back, length + self.HEADERS, done, asked.heard))

        out = self._out.setdefault(slot, Channel())
        asked = Transfer(self.link, self.way, out, size + self.HEADERS, arrived)
        state["parts"].append(asked)
        self.link.world.after(timeout_ms, timeout)
        return stop

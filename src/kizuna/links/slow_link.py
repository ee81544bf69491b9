"""A slow line between two nodes of an exercise on this machine: rate, delay, loss, and a switch to cut it.

A small proxy for TCP on loopback; it never listens on any other address and never calls one. What it carries it does
not read (the nodes speak TLS through it). Both directions of a line have one rate each, shared by whatever crosses it,
in turns of one portion of a packet's size. TCP loses no bytes, so a lost packet is what it is to the ends: silence
until it was sent again, twice as long each time it is lost anew, and nothing overtakes it on its connection; what is
sent again takes its time on the line again. To connect takes a way there and back, and may lose packets as any other.
Not modelled: windows that shrink (the ends see their senders' queues alone), acknowledgements that are lost, resets.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from kizuna.base.errors import ConfigError

PACKET: Final = 1200
"""Bytes carried in one turn; also what is lost at a time."""
AGAIN_S: Final = 1.0
"""Silence after the first loss of a packet (RFC 6298: one second before there is an estimate)."""
_AGAIN_MOST: Final = 5
_HELLO: Final = 60
"""Bytes of a packet that opens a connection."""
_WAITING_MOST: Final = 64
"""Packets of one connection under way; then its sender waits."""
_CONNECTIONS_MOST: Final = 64
_END_TRIES: Final = 10
_UNITS: Final = {"": 1, "k": 1_000, "M": 1_000_000}
_FORM: Final = re.compile(r"(\d{1,6})([kM]?)(?::(\d{1,2})%?)?")


@dataclass(frozen=True, slots=True)
class Shape:
    """How a line is. ``bit_per_s`` 0: as fast as it goes; ``loss``: share of packets, 0 to 0.9."""

    bit_per_s: int = 0
    delay_s: float = 0.0
    loss: float = 0.0


def shape_of(text: str) -> Shape:
    """``64k`` or ``64k:30%`` as a line: with 0.3 s of delay, and 2 % loss where none is given; empty: a fast one."""
    if not text:
        return Shape()
    found = _FORM.fullmatch(text)
    rate = int(found[1]) * _UNITS[found[2]] if found else 0
    if found is None or not 1_000 <= rate <= 1_000_000_000:  # noqa: PLR2004  from a bad radio to a cable
        raise ConfigError(f"{text!r} is no line", where="--link", hint="64k, 64k:30 (per cent lost), 2M; 1k at least")
    loss = 2 if found[3] is None else int(found[3])
    if loss > 90:  # noqa: PLR2004  then nothing comes through
        raise ConfigError(f"{loss} % lost", where="--link", hint="up to 90")
    return Shape(rate, 0.3, loss / 100)


class Pipe:
    """One direction of a line. ``through`` says how long a packet takes; times are those of ``now_s``."""

    def __init__(self, shape: Shape, seed: int, now_s: Callable[[], float]) -> None:
        self._shape, self._now_s = shape, now_s
        self._chance = random.Random(seed)  # noqa: S311  a simulation; the same seed loses the same packets
        self._free_s = 0.0
        self.carried = 0

    def through(self, size: int) -> tuple[float, float]:
        """When a packet that enters now has been sent, and when it arrives. Each further try takes its time as well."""
        s = self._shape
        takes_s = size * 8 / s.bit_per_s if s.bit_per_s else 0.0
        sent_s = max(self._now_s(), self._free_s) + takes_s
        late_s, wait_s, again = 0.0, AGAIN_S, 0
        for _ in range(_AGAIN_MOST):
            if self._chance.random() >= s.loss:
                break
            late_s += wait_s
            wait_s *= 2
            again += 1
        self._free_s = sent_s + again * takes_s
        return sent_s, sent_s + s.delay_s + late_s


class Line:
    """The line between two nodes: a port towards each, one rate in each direction, a switch."""

    def __init__(self, shape: Shape, seed: int = 1) -> None:
        self._loop = asyncio.new_event_loop()
        self._there, self._back = (Pipe(shape, seed + k, self._loop.time) for k in (0, 1))
        self._servers: list[asyncio.Server] = []
        self._open: set[asyncio.StreamWriter] = set()
        self._cut = False
        self._turn: dict[int, asyncio.Lock] = {}
        self._thread = threading.Thread(target=self._loop.run_forever, name="line", daemon=True)
        self._thread.start()

    def towards(self, port: int, *, back: bool = False) -> int:
        """A new port of this machine that leads to ``port`` of this machine; ``back``: for the other node's calls."""
        return asyncio.run_coroutine_threadsafe(self._listen(port, back=back), self._loop).result(10)

    @property
    def carried(self) -> tuple[int, int]:
        """Bytes there and back."""
        return self._there.carried, self._back.carried

    @property
    def is_cut(self) -> bool:
        """Whether nothing goes through."""
        return self._cut

    def cut(self) -> None:
        """Break every connection and take no new one."""
        self._cut = True
        self._loop.call_soon_threadsafe(self._break)

    def mend(self) -> None:
        """Take connections again."""
        self._cut = False

    def close(self) -> None:
        """End it."""
        if self._loop.is_closed():
            return
        self._cut = True
        with contextlib.suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        if not self._thread.is_alive():
            self._loop.close()

    async def _listen(self, port: int, *, back: bool) -> int:
        async def call(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(asyncio.CancelledError):  # the end; the loop would complain of it otherwise
                await self._carry(port, reader, writer, back=back)

        server = await asyncio.start_server(call, "127.0.0.1", 0, limit=PACKET * 8)
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    async def _end(self) -> None:
        for server in self._servers:
            server.close()
        self._break()
        for _ in range(_END_TRIES):
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            if not tasks:
                return
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=0.2)

    def _break(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()

    async def _carry(
        self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, back: bool
    ) -> None:
        if self._cut or len(self._open) >= 2 * _CONNECTIONS_MOST:
            writer.transport.abort()
            return
        there, here = (self._back, self._there) if back else (self._there, self._back)
        self._open.add(writer)
        try:
            for pipe in (there, here):
                await asyncio.sleep(pipe.through(_HELLO)[1] - self._loop.time())
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port, limit=PACKET * 8)
        except OSError:
            self._open.discard(writer)
            writer.transport.abort()
            return
        self._open.add(far_writer)
        ways = [asyncio.create_task(self._one_way(*each))
                for each in ((reader, far_writer, there), (far_reader, writer, here))]  # fmt: skip
        try:
            await asyncio.wait(ways)
        finally:
            for way in ways:
                way.cancel()
            for each in (writer, far_writer):
                self._open.discard(each)
                each.transport.abort()

    async def _one_way(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pipe: Pipe) -> None:
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_WAITING_MOST)
        arriving = asyncio.create_task(self._arrive(under_way, writer))
        turn = self._turn.setdefault(id(pipe), asyncio.Lock())
        last_s = 0.0
        try:
            while True:
                try:
                    data = await reader.read(PACKET)
                except OSError:
                    data = b""
                if data:
                    async with turn:
                        free_s, at_s = pipe.through(len(data))
                        pipe.carried += len(data)
                        await asyncio.sleep(max(0.0, free_s - self._loop.time()))
                    last_s = max(last_s, at_s)
                await under_way.put((last_s, data))
                if not data:
                    break
            await arriving
        finally:
            arriving.cancel()

    async def _arrive(self, under_way: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
        there = True
        while True:
            at_s, data = await under_way.get()
            if there:  # else the other end is gone, and what still comes is let go of
                await asyncio.sleep(max(0.0, at_s - self._loop.time()))
                try:
                    if data:
                        writer.write(data)
                        await writer.drain()
                    else:
                        writer.write_eof()
                except OSError:
                    there = False
            if not data:
                return

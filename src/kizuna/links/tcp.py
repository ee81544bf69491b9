"""Lines over TCP: a client that connects again, and a server of one port. Blocking, standard library.

The client connects again after 0.5, 1, 2, 4, ... up to 30 s; after ``attempts`` failures in a row it raises
UnavailableError, and what was received before is good. From every connection only whole lines are passed on, so the
lines of two senders never mix.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable, Iterator
from typing import Final

from kizuna.base.errors import UnavailableError
from kizuna.links.live import CHUNK, GATHER_S, POLL_S, Chunk, Stop, Watch, bound_socket

LINE_LIMIT: Final = 65_536
"""Bytes kept of a line that does not end; more are dropped and counted."""
CONNECTIONS_MAX: Final = 64
CONNECT_TIMEOUT_S: Final = 10.0
BACKOFF_FIRST_S: Final = 0.5
BACKOFF_MAX_S: Final = 30.0


class _LineBuffer:
    """Bytes of one connection: whole lines out, the beginning of the next one kept up to a limit."""

    def __init__(self) -> None:
        self._rest = b""
        self.dropped = 0

    def feed(self, data: bytes) -> bytes:
        cut = data.rfind(b"\n") + 1
        if not cut:
            self._rest += data
            if len(self._rest) > LINE_LIMIT:
                self.dropped += len(self._rest)
                self._rest = b""
            return b""
        out, self._rest = self._rest + data[:cut], data[cut:]
        return out

    def finish(self) -> bytes:
        """What is left of a closed connection, as a line."""
        out, self._rest = self._rest, b""
        return out + b"\n" if out else b""


def stay_awake(connection: socket.socket) -> None:
    """Let the system find out within two minutes that the other end is gone without a word."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4)):
        if hasattr(socket, name):
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


class TcpServer:
    """Listens on one TCP port and takes lines from up to 64 connections."""

    def __init__(self, host: str, port: int, *, clock_ms: Callable[[], int], stop: Stop,
                 monotonic: Callable[[], float] = time.monotonic) -> None:  # fmt: skip
        self.dropped = 0
        self._clock_ms = clock_ms
        self._stop = stop
        self._monotonic = monotonic
        self._listener = bound_socket(host, port, socket.SOCK_STREAM)
        self._listener.listen(CONNECTIONS_MAX)
        self._listener.settimeout(0)
        self.port: int = self._listener.getsockname()[1]
        self._open: dict[socket.socket, _LineBuffer] = {}

    def chunks(self) -> Iterator[Chunk]:
        """Whole lines from all connections, in the order received."""
        watch = Watch(self._stop, self._monotonic)
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            while not watch.reached():
                ready = selector.select(watch.left_s(POLL_S))
                if not ready:
                    continue
                parts = [self._take(selector, key.fileobj) for key, _ in ready]
                data = watch.cut(b"".join(parts))
                if data:
                    yield Chunk(data, self._clock_ms())
                if sum(map(len, parts)) < CHUNK // 4:  # let small packets gather
                    time.sleep(watch.left_s(GATHER_S))

    def _take(self, selector: selectors.BaseSelector, ready: object) -> bytes:
        if ready is self._listener:
            self._accept(selector)
            return b""
        assert isinstance(ready, socket.socket)
        buffer = self._open[ready]
        try:
            data = ready.recv(CHUNK)
        except BlockingIOError:
            return b""
        except OSError:
            data = b""
        if data:
            before = buffer.dropped
            out = buffer.feed(data)
            self.dropped += buffer.dropped - before
            return out
        selector.unregister(ready)
        ready.close()
        del self._open[ready]
        return buffer.finish()

    def _accept(self, selector: selectors.BaseSelector) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        if len(self._open) >= CONNECTIONS_MAX:
            connection.close()
            return
        connection.settimeout(0)
        stay_awake(connection)
        self._open[connection] = _LineBuffer()
        selector.register(connection, selectors.EVENT_READ)

    def close(self) -> None:
        """Close the port and all connections."""
        for connection in self._open:
            connection.close()
        self._open.clear()
        self._listener.close()


class TcpClient:
    """Connects to a server that sends lines, and again when the connection breaks. ``connections`` counts successes.

    ``hello`` speaks first on each new connection, where the server wants that; it may raise OSError (try again) and
    TrustError. With ``once`` the end of the first connection is the end, for callers that mind the pauses themselves.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        clock_ms: Callable[[], int],
        stop: Stop,
        attempts: int = 6,
        hello: Callable[[socket.socket], None] | None = None,
        once: bool = False,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.dropped = 0
        self.connections = 0
        self._hello = hello
        self._once = once
        self._address = (host, port)
        self._clock_ms = clock_ms
        self._stop = stop
        self._attempts = attempts
        self._monotonic = monotonic
        self._sleep = sleep
        self._socket: socket.socket | None = None

    def chunks(self) -> Iterator[Chunk]:
        """Whole lines; raises UnavailableError after ``attempts`` failures in a row."""
        watch = Watch(self._stop, self._monotonic)
        failures = 0
        reason = ""
        while not watch.reached():
            if failures >= self._attempts:
                host, port = self._address
                raise UnavailableError(
                    f"no connection: {reason}", where=f"tcp://{host}:{port}", hint="is the feed running?"
                )
            if failures:
                watch.wait(min(BACKOFF_FIRST_S * 2 ** (failures - 1), BACKOFF_MAX_S), self._sleep)
                if watch.reached():
                    return
            failures += 1
            try:
                self._socket = socket.create_connection(
                    self._address, timeout=max(watch.left_s(CONNECT_TIMEOUT_S), 0.001)
                )
                stay_awake(self._socket)
                if self._hello is not None:
                    self._hello(self._socket)
            except OSError as exc:
                self.close()
                reason = exc.strerror or str(exc)
                continue
            self.connections += 1
            reason = "the server closed it"
            for chunk in self._receive(self._socket, watch):
                failures = 0
                yield chunk
            self.close()
            if self._once:
                return

    def _receive(self, connection: socket.socket, watch: Watch) -> Iterator[Chunk]:
        buffer = _LineBuffer()
        connection.settimeout(POLL_S)
        alive = True
        while alive and not watch.reached():
            data = b""
            try:
                data = connection.recv(CHUNK)
                alive = bool(data)
            except TimeoutError:
                continue
            except OSError:
                alive = False
            lines = watch.cut(buffer.feed(data) if alive else buffer.finish())
            self.dropped, buffer.dropped = self.dropped + buffer.dropped, 0
            if lines:
                yield Chunk(lines, self._clock_ms())
            if alive and len(data) < CHUNK // 4:
                self._sleep(watch.left_s(GATHER_S))

    def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

"""Live feeds as streams of chunks: a TCP client, a TCP server of one port, a UDP receiver. Blocking, standard library.

Chunks are gathered for up to 50 ms, so that a decoder is called tens of times a second however small the packets are,
and carry the time of receipt from the clock that was handed in. Lines of different senders never mix: a UDP datagram
always ends its last line, and from TCP connections only whole lines are passed on. Every buffer is bounded; what did
not fit is counted in ``dropped``, as far as the system tells.

Receiving ends when the ``Stop`` says so. The client connects again after 0.5, 1, 2, 4, ... up to 30 s; after
``attempts`` failures in a row it raises UnavailableError, and what was received before is good.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import urlsplit

from kizuna.base.errors import ConfigError, UnavailableError

GATHER_S: Final = 0.05
POLL_S: Final = 0.2
"""How often a silent feed looks whether it should stop."""
CHUNK: Final = 1 << 18
LINE_LIMIT: Final = 65_536
SOCKET_BUFFER: Final = 4 << 20
"""Receive buffer asked of the system; it held 100,000 datagrams a second while the decoder worked."""
CONNECTIONS_MAX: Final = 64
CONNECT_TIMEOUT_S: Final = 10.0
BACKOFF_FIRST_S: Final = 0.5
BACKOFF_MAX_S: Final = 30.0

_SO_RXQ_OVFL: Final = 40  # Linux: number of datagrams dropped so far, sent along with a datagram
SCHEMES: Final = ("tcp", "tcp-listen", "udp")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes that came in, and when (ms UTC)."""

    data: bytes
    received_ms: int


@dataclass(slots=True)
class Stop:
    """When to stop receiving: after so many seconds or lines (0: never), or when ``asked`` was set."""

    seconds: float = 0.0
    lines: int = 0
    asked: bool = False


class Feed(Protocol):
    """A live input. ``dropped`` counts what the system or a limit threw away."""

    dropped: int

    def chunks(self) -> Iterator[Chunk]:
        """What comes in, until the stop."""
        ...

    def close(self) -> None:
        """Let the sockets go."""
        ...


class _Watch:
    """Tells when a Stop is reached, and cuts the last chunk to the number of lines."""

    def __init__(self, stop: Stop, monotonic: Callable[[], float]) -> None:
        self._stop = stop
        self._monotonic = monotonic
        self._end = monotonic() + stop.seconds if stop.seconds else None
        self._lines = 0
        self.over = False

    def left_s(self, most: float) -> float:
        """Seconds to wait at most."""
        if self._end is None:
            return most
        return max(0.0, min(most, self._end - self._monotonic()))

    def reached(self) -> bool:
        """Whether to stop now."""
        late = self._end is not None and self._monotonic() >= self._end
        return self.over or self._stop.asked or late

    def cut(self, data: bytes) -> bytes:
        """The data up to the last line wanted."""
        if not self._stop.lines:
            return data
        found = data.count(b"\n")
        if self._lines + found < self._stop.lines:
            self._lines += found
            return data
        at = -1
        for _ in range(self._stop.lines - self._lines):
            at = data.find(b"\n", at + 1)
        self.over = True
        return data[: at + 1]


class UdpReceiver:
    """Listens on a UDP port. ``granted`` is the receive buffer that the system gave, in bytes."""

    def __init__(self, host: str, port: int, *, clock_ms: Callable[[], int], stop: Stop,
                 monotonic: Callable[[], float] = time.monotonic) -> None:  # fmt: skip
        self.dropped = 0
        self._clock_ms = clock_ms
        self._stop = stop
        self._monotonic = monotonic
        self._socket = _bound(host, port, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BUFFER)
        self.granted = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        with contextlib.suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_RXQ_OVFL, 1)
        self._socket.setblocking(False)
        self.port: int = self._socket.getsockname()[1]

    def chunks(self) -> Iterator[Chunk]:
        """Datagrams, each ending its last line."""
        watch = _Watch(self._stop, self._monotonic)
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            while not watch.reached():
                if not selector.select(watch.left_s(POLL_S)):
                    continue
                data = watch.cut(self._gather(selector, watch))
                if data:
                    yield Chunk(data, self._clock_ms())

    def _gather(self, selector: selectors.BaseSelector, watch: _Watch) -> bytes:
        until = self._monotonic() + watch.left_s(GATHER_S)
        parts: list[bytes] = []
        size = 0
        self._count_drops(parts)
        while size < CHUNK:
            try:
                part = self._socket.recv(65_536)
            except BlockingIOError:
                left = until - self._monotonic()
                if left <= 0 or not selector.select(left):
                    break
                continue
            if part:
                parts.append(part if part.endswith(b"\n") else part + b"\n")
                size += len(part)
            if self._monotonic() >= until:
                break
        return b"".join(parts)

    def _count_drops(self, parts: list[bytes]) -> None:
        """Take one datagram with the system's count of lost ones; the others come by the cheaper call."""
        try:
            part, extra, _, _ = self._socket.recvmsg(65_536, socket.CMSG_SPACE(4))
        except (BlockingIOError, AttributeError):
            return
        if part:
            parts.append(part if part.endswith(b"\n") else part + b"\n")
        for level, kind, value in extra:
            if level == socket.SOL_SOCKET and kind == _SO_RXQ_OVFL:
                self.dropped = struct.unpack("I", value[:4])[0]

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


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


class TcpServer:
    """Listens on one TCP port and takes lines from up to 64 connections."""

    def __init__(self, host: str, port: int, *, clock_ms: Callable[[], int], stop: Stop,
                 monotonic: Callable[[], float] = time.monotonic) -> None:  # fmt: skip
        self.dropped = 0
        self._clock_ms = clock_ms
        self._stop = stop
        self._monotonic = monotonic
        self._listener = _bound(host, port, socket.SOCK_STREAM)
        self._listener.listen(CONNECTIONS_MAX)
        self._listener.setblocking(False)
        self.port: int = self._listener.getsockname()[1]
        self._open: dict[socket.socket, _LineBuffer] = {}

    def chunks(self) -> Iterator[Chunk]:
        """Whole lines from all connections, in the order received."""
        watch = _Watch(self._stop, self._monotonic)
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
        assert isinstance(ready, socket.socket)  # noqa: S101  only sockets are registered
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
        connection.setblocking(False)
        self._open[connection] = _LineBuffer()
        selector.register(connection, selectors.EVENT_READ)

    def close(self) -> None:
        """Close the port and all connections."""
        for connection in self._open:
            connection.close()
        self._open.clear()
        self._listener.close()


class TcpClient:
    """Connects to a server that sends lines, and again when the connection breaks. ``connections`` counts successes."""

    def __init__(self, host: str, port: int, *, clock_ms: Callable[[], int], stop: Stop, attempts: int = 6,
                 monotonic: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep) -> None:  # fmt: skip
        self.dropped = 0
        self.connections = 0
        self._address = (host, port)
        self._clock_ms = clock_ms
        self._stop = stop
        self._attempts = attempts
        self._monotonic = monotonic
        self._sleep = sleep
        self._socket: socket.socket | None = None

    def chunks(self) -> Iterator[Chunk]:
        """Whole lines; raises UnavailableError after ``attempts`` failures in a row."""
        watch = _Watch(self._stop, self._monotonic)
        failures = 0
        reason = ""
        while not watch.reached():
            if failures >= self._attempts:
                host, port = self._address
                raise UnavailableError(f"no connection: {reason}", where=f"tcp://{host}:{port}", hint="is the feed running?")
            if failures:
                self._wait(min(BACKOFF_FIRST_S * 2 ** (failures - 1), BACKOFF_MAX_S), watch)
                if watch.reached():
                    return
            failures += 1
            try:
                self._socket = socket.create_connection(self._address, timeout=watch.left_s(CONNECT_TIMEOUT_S) or None)
            except OSError as exc:
                reason = exc.strerror or str(exc)
                continue
            self.connections += 1
            reason = "the server closed it"
            for chunk in self._receive(self._socket, watch):
                failures = 0
                yield chunk
            self.close()

    def _receive(self, connection: socket.socket, watch: _Watch) -> Iterator[Chunk]:
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

    def _wait(self, seconds: float, watch: _Watch) -> None:
        until = self._monotonic() + seconds
        while not watch.reached() and (left := until - self._monotonic()) > 0:
            self._sleep(min(left, watch.left_s(POLL_S)))

    def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def is_url(name: str) -> bool:
    """Whether an input name is a live feed."""
    return name.split("://", 1)[0] in SCHEMES and "://" in name


def open_feed(url: str, *, clock_ms: Callable[[], int], stop: Stop) -> Feed:
    """The feed of ``tcp://host:port`` (connect), ``tcp-listen://host:port`` or ``udp://host:port`` (listen).

    Raises ConfigError for a malformed address or a port that cannot be had.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as exc:
        raise ConfigError(f"{url!r} is no address: {exc}", hint="write tcp://HOST:PORT or udp://HOST:PORT") from exc
    if port is None or parts.scheme not in SCHEMES or (parts.scheme == "tcp" and not host):
        raise ConfigError(f"{url!r} is no address", hint="write tcp://HOST:PORT or udp://HOST:PORT")
    if parts.scheme == "udp":
        return UdpReceiver(host, port, clock_ms=clock_ms, stop=stop)
    if parts.scheme == "tcp-listen":
        return TcpServer(host, port, clock_ms=clock_ms, stop=stop)
    return TcpClient(host, port, clock_ms=clock_ms, stop=stop)


def _bound(host: str, port: int, kind: socket.SocketKind) -> socket.socket:
    """A listening socket; an empty host means this machine alone."""
    try:
        found = socket.getaddrinfo(host or "127.0.0.1", port, type=kind, flags=socket.AI_PASSIVE)[0]
        bound = socket.socket(found[0], kind)
    except OSError as exc:
        raise ConfigError(f"cannot listen on {host}: {exc.strerror or exc}") from exc
    try:
        if kind is socket.SOCK_STREAM:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(found[4])
    except OSError as exc:
        bound.close()
        raise ConfigError(f"cannot listen on {host}:{port}: {exc.strerror or exc}", hint="is the port in use?") from exc
    return bound

"""Live feeds by their address; datagrams over UDP. Blocking, standard library."""

from __future__ import annotations

import contextlib
import selectors
import socket
import struct
import time
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import urlsplit

from kizuna.base.errors import ConfigError
from kizuna.links.live import CHUNK, GATHER_S, POLL_S, Chunk, Feed, Stop, Watch, bound_socket
from kizuna.links.tcp import TcpClient, TcpServer
from kizuna.links.websocket import WebSocketClient

SCHEMES: Final = ("tcp", "tcp-listen", "udp", "ws", "wss")
_WEB_PORTS: Final = {"ws": 80, "wss": 443}
_FORMS: Final = "write tcp://HOST:PORT, udp://HOST:PORT, ws://HOST/PATH or wss://HOST/PATH"
SOCKET_BUFFER: Final = 4 << 20
"""Receive buffer asked of the system; it held 100,000 datagrams a second while a decoder worked."""
DATAGRAM: Final = 65_536
_SO_RXQ_OVFL: Final = 40  # Linux: the number of datagrams dropped so far comes along with a datagram


class UdpReceiver:
    """Listens on a UDP port. ``granted`` is the receive buffer that the system gave, in bytes."""

    def __init__(self, host: str, port: int, *, clock_ms: Callable[[], int], stop: Stop,
                 monotonic: Callable[[], float] = time.monotonic) -> None:  # fmt: skip
        self.dropped = 0
        self._clock_ms = clock_ms
        self._stop = stop
        self._monotonic = monotonic
        self._socket = bound_socket(host, port, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BUFFER)
        self.granted = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        with contextlib.suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_RXQ_OVFL, 1)
        self._socket.settimeout(0)
        self.port: int = self._socket.getsockname()[1]

    def chunks(self) -> Iterator[Chunk]:
        """Datagrams, each ending its last line."""
        watch = Watch(self._stop, self._monotonic)
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            while not watch.reached():
                if not selector.select(watch.left_s(POLL_S)):
                    continue
                data = watch.cut(self._gather(selector, watch))
                if data:
                    yield Chunk(data, self._clock_ms())

    def _gather(self, selector: selectors.BaseSelector, watch: Watch) -> bytes:
        until = self._monotonic() + watch.left_s(GATHER_S)
        parts: list[bytes] = []
        size = 0
        self._count_drops(parts)
        while size < CHUNK:
            try:
                part = self._socket.recv(DATAGRAM)
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
            part, extra, _, _ = self._socket.recvmsg(DATAGRAM, socket.CMSG_SPACE(4))
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


def is_url(name: str) -> bool:
    """Whether an input name is a live feed."""
    return name.split("://", 1)[0] in SCHEMES and "://" in name


def is_web(name: str) -> bool:
    """Whether an input name is a WebSocket."""
    return name.startswith(("ws://", "wss://"))


def shown(url: str) -> str:
    """An address as it may stand in tables and logs: without what follows ``?`` or ``#``, which may hold a key."""
    return url.split("#", 1)[0].split("?", 1)[0]


def open_feed(
    url: str, *, clock_ms: Callable[[], int], stop: Stop, subscription: str = "", attempts: int = 6
) -> Feed:  # fmt: skip
    """The feed of ``tcp://host:port`` (connect), ``tcp-listen://host:port`` or ``udp://host:port`` (listen).

    Also ``ws://`` and ``wss://`` (connect and send ``subscription``, see ``links.websocket.read_subscription``).
    ``attempts`` to connect fail in a row before the feed gives up.

    Raises ConfigError for a malformed address or a port that cannot be had.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as exc:
        raise ConfigError(f"{shown(url)!r} is no address: {exc}", hint=_FORMS) from exc
    if parts.username is not None or parts.password is not None:
        raise ConfigError("an address with a user or password in it", where=host, hint="put keys into a file")
    port = _WEB_PORTS.get(parts.scheme) if port is None else port
    if port is None or parts.scheme not in SCHEMES or (parts.scheme in ("tcp", *_WEB_PORTS) and not host):
        raise ConfigError(f"{shown(url)!r} is no address", hint=_FORMS)
    if parts.scheme in _WEB_PORTS:
        if parts.fragment:
            raise ConfigError(f"{shown(url)!r} has a fragment (#)", hint=_FORMS)
        return WebSocketClient(
            url, host=host, port=port, clock_ms=clock_ms, stop=stop, subscription=subscription, attempts=attempts
        )
    if parts.scheme == "udp":
        return UdpReceiver(host, port, clock_ms=clock_ms, stop=stop)
    if parts.scheme == "tcp-listen":
        return TcpServer(host, port, clock_ms=clock_ms, stop=stop)
    return TcpClient(host, port, clock_ms=clock_ms, stop=stop, attempts=attempts)

"""What all live feeds share: chunks with their time of receipt, when to stop, a listening socket.

Chunks are gathered for up to 50 ms, so that a decoder is called tens of times a second however small the packets are,
and carry the time of receipt from the clock that was handed in. Lines of different senders never mix: a UDP datagram
always ends its last line, and from TCP connections only whole lines are passed on. Every buffer is bounded; what did
not fit is counted in ``dropped``, as far as the system tells.

Receiving ends when the ``Stop`` says so.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from kizuna.base.errors import ConfigError

GATHER_S: Final = 0.05
POLL_S: Final = 0.2
"""How often a silent feed looks whether it should stop."""
CHUNK: Final = 1 << 18
"""Bytes passed on at a time."""


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


class Watch:
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

    def wait(self, seconds: float, sleep: Callable[[float], None]) -> None:
        """Wait so long, in short sleeps, unless the stop comes first."""
        until = self._monotonic() + seconds
        while not self.reached() and (left := until - self._monotonic()) > 0:
            sleep(min(left, self.left_s(POLL_S)))

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


def bound_socket(host: str, port: int, kind: socket.SocketKind) -> socket.socket:
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

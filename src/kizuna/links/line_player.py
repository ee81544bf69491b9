"""Lines out to whoever connects: a small TCP server for playing an exercise. Never used for anything real.

Only this machine may connect unless an exercise key is given; then whoever connects must prove that they hold it (see
``exercise_link``). A listener that does not read is cut off when its buffer is full; it slows nobody else down.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from kizuna.base.errors import ConfigError, TrustError
from kizuna.links import exercise_link
from kizuna.links.live import bound_socket

LISTENERS_MAX: Final = 16
BUFFER_MAX: Final = 64 << 20
"""What waits for a slow listener: some minutes of a large exercise at high speed."""
_LOG: Final = logging.getLogger("kizuna.links.player")


@dataclass(slots=True)
class _Listener:
    connection: socket.socket
    waiting: bytearray = field(default_factory=bytearray)


class LinePlayer:
    """Listens on one port; ``send`` goes to all who are connected, ``greeting`` first to each new one."""

    def __init__(self, host: str, port: int, *, greeting: Callable[[], bytes], key: bytes = b"") -> None:
        if not key and not exercise_link.is_this_machine(host):
            raise ConfigError(
                f"an exercise on {host} needs a key", where="--listen",
                hint="--key FILE at this end, key = FILE at the node; or listen on 127.0.0.1",
            )  # fmt: skip
        self._key, self._greeting = key, greeting
        self._server = bound_socket(host, port, socket.SOCK_STREAM)
        self._server.listen(LISTENERS_MAX)
        self._server.settimeout(0.2)
        self.port: int = self._server.getsockname()[1]
        self._listeners: list[_Listener] = []
        self._lock = threading.Lock()
        self._over = False
        self._accepting = threading.Thread(target=self._accept, name="player", daemon=True)
        self._accepting.start()

    @property
    def listeners(self) -> int:
        """How many are connected."""
        return len(self._listeners)

    def _accept(self) -> None:
        while not self._over:
            try:
                connection, address = self._server.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            if self._key or len(self._listeners) < LISTENERS_MAX:
                threading.Thread(target=self._welcome, args=(connection, address), daemon=True).start()
            else:
                connection.close()

    def _welcome(self, connection: socket.socket, address: tuple[str, int]) -> None:
        try:
            if self._key:
                exercise_link.prove_as_player(connection, self._key)
            connection.setblocking(False)  # noqa: FBT003  the name of the library's switch
        except (OSError, TrustError) as exc:
            _LOG.warning("%s was turned away: %s", address[0], exc)
            connection.close()
            return
        with self._lock:
            if len(self._listeners) >= LISTENERS_MAX or self._over:
                connection.close()
                return
            self._listeners.append(_Listener(connection, bytearray(self._greeting())))

    def send(self, data: bytes) -> None:
        """Hand lines to all listeners, without waiting for any."""
        with self._lock:
            for listener in list(self._listeners):
                listener.waiting += data
                if not _pushed(listener):
                    listener.connection.close()
                    self._listeners.remove(listener)

    def drained(self, seconds: float) -> bool:
        """Wait until everything has left for the listeners, at most so long."""
        with self._lock:
            for listener in list(self._listeners):
                listener.connection.settimeout(seconds)
                with contextlib.suppress(OSError):
                    listener.connection.sendall(bytes(listener.waiting))
                    listener.waiting.clear()
                listener.connection.setblocking(False)  # noqa: FBT003  the name of the library's switch
            return not any(x.waiting for x in self._listeners)

    def close(self) -> None:
        """End all connections."""
        self._over = True
        self._server.close()
        with self._lock:
            for listener in self._listeners:
                listener.connection.close()
            self._listeners.clear()


def _pushed(listener: _Listener) -> bool:
    """Send what goes without waiting; False when the listener is gone or too slow."""
    try:
        while listener.waiting:
            sent = listener.connection.send(memoryview(listener.waiting)[: 1 << 18].tobytes())
            del listener.waiting[:sent]
    except BlockingIOError:
        return len(listener.waiting) <= BUFFER_MAX
    except OSError:
        return False
    return True

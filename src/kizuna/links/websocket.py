"""Messages over WebSocket (RFC 6455): a client that subscribes, and connects again when the connection breaks.

- Only the address that the user gave is contacted: no redirect to another place is followed, no proxy is looked up.
- ``wss://`` verifies the server's certificate against the system's authorities.
- What is sent is one subscription message, read from a file that nobody but its owner can read, because it holds a key.
  It is never logged, shown or kept; the library's own log is off, since it would hold it.
- A message of more than ``MESSAGE_MAX`` bytes ends its connection, is counted in ``dropped``, and the client connects
  again. Compression is not offered, so that a small message cannot become a large one.

Connects again after 0.5, 1, 2, 4, ... up to 30 s; after ``attempts`` failures in a row it raises UnavailableError. A
connection that broke within ``LASTING_S`` counts as a failure even when it gave messages: a server that refuses a key
says so in a message and hangs up.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import ssl
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kizuna.base.errors import ConfigError, TrustError, UnavailableError
from kizuna.links.live import CHUNK, GATHER_S, POLL_S, Chunk, Stop, Watch
from kizuna.links.tcp import BACKOFF_FIRST_S, BACKOFF_MAX_S, CONNECT_TIMEOUT_S

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

MESSAGE_MAX: Final = 65_536
"""Bytes of a message; those of AIS feeds have some hundred."""
LASTING_S: Final = 10.0
SUBSCRIPTION_MAX: Final = 65_536
_TOO_BIG: Final = 1009  # RFC 6455, 7.4.1
_RETRIED: Final = (408, 425, 429)  # HTTP refusals that pass


def read_subscription(path: Path) -> str:
    """The subscription message in a file: one JSON object, sent as it stands.

    Raises ConfigError where the file is missing, readable by others than its owner, too large or no JSON object. The
    message names the file, never what is in it.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read(SUBSCRIPTION_MAX + 1)
    except OSError as exc:
        raise ConfigError(f"cannot be read: {exc.strerror or exc}", where=str(path)) from exc
    if not stat.S_ISREG(mode):
        raise ConfigError("is no plain file", where=str(path))
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError("others can read this file, and it holds a key", where=str(path), hint="chmod 600 it")
    if len(text) > SUBSCRIPTION_MAX:
        raise ConfigError(f"is larger than {SUBSCRIPTION_MAX} bytes", where=str(path))
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None  # without the parser's words, which quote the text
    if not isinstance(found, dict):
        raise ConfigError(
            "holds no JSON object", where=str(path), hint='such as {"APIKey": "...", "BoundingBoxes": []}'
        )
    return text.decode("utf-8").strip()


def _silent() -> logging.Logger:
    """A log that goes nowhere, whatever the program's settings are: at its finest level it would hold the key."""
    return logging.Logger("kizuna.links.websocket", logging.CRITICAL + 1)  # noqa: LOG001  not in the registry


class WebSocketClient:
    """Receives messages as lines; see the module. ``connections`` counts successes."""

    def __init__(
        self,
        url: str,
        *,
        host: str,
        port: int,
        clock_ms: Callable[[], int],
        stop: Stop,
        subscription: str = "",
        attempts: int = 6,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.dropped = 0
        self.connections = 0
        self._url = url
        self._where = f"{url.split('://', 1)[0]}://{host}:{port}"
        self._address = (host, port)
        self._clock_ms = clock_ms
        self._stop = stop
        self._subscription = subscription
        self._attempts = attempts
        self._monotonic = monotonic
        self._sleep = sleep
        self._open: ClientConnection | None = None

    def chunks(self) -> Iterator[Chunk]:
        """Messages, each ended by a line end.

        Raises UnavailableError after ``attempts`` failures in a row, or when the server refuses for good; TrustError
        where its certificate is not good.
        """
        watch = Watch(self._stop, self._monotonic)
        failures = 0
        reason = ""
        while not watch.reached():
            if failures >= self._attempts:
                raise UnavailableError(f"no connection: {reason}", where=self._where, hint="is the feed running?")
            if failures:
                watch.wait(min(BACKOFF_FIRST_S * 2 ** (failures - 1), BACKOFF_MAX_S), self._sleep)
                if watch.reached():
                    return
            failures += 1
            try:
                connection = self._connect(max(watch.left_s(CONNECT_TIMEOUT_S), 0.001))
            except OSError as exc:
                reason = exc.strerror or str(exc)
                continue
            self.connections += 1
            self._open = connection
            reason = "the server closed it"
            since = self._monotonic()
            yield from self._receive(connection, watch)
            self.close()
            if self._monotonic() - since >= LASTING_S:
                failures = 0

    def _connect(self, timeout_s: float) -> ClientConnection:
        """A connection that has sent its subscription. Raises OSError for what may pass."""
        from websockets.exceptions import InvalidHandshake, InvalidStatus, WebSocketException  # noqa: PLC0415
        from websockets.sync.client import connect  # noqa: PLC0415  loading it takes a tenth of a second

        # A socket of our own: with it the library follows no redirect and looks for no proxy.
        plain = socket.create_connection(self._address, timeout=timeout_s)
        try:
            connection = connect(
                self._url, sock=plain, compression=None, open_timeout=timeout_s, close_timeout=1.0,
                max_size=MESSAGE_MAX, logger=_silent(),
            ).__enter__()  # fmt: skip
        except BaseException as exc:
            plain.close()
            if isinstance(exc, ssl.SSLCertVerificationError):
                raise TrustError(f"its certificate is not good: {exc.verify_message}", where=self._where) from exc
            refusal = exc if isinstance(exc, InvalidStatus) else exc.__cause__  # the cause, for a redirect
            if isinstance(refusal, InvalidStatus):
                code = refusal.response.status_code
                if 300 <= code < 500 and code not in _RETRIED:  # noqa: PLR2004  redirects and refusals
                    raise UnavailableError(f"the server refused: HTTP {code}", where=self._where) from exc
            if isinstance(exc, (InvalidHandshake, WebSocketException)):
                raise OSError(f"no WebSocket: {exc}") from exc
            raise
        try:
            if self._subscription:
                connection.send(self._subscription)
        except WebSocketException as exc:
            connection.close()
            raise OSError("the server closed it") from exc
        return connection

    def _receive(self, connection: ClientConnection, watch: Watch) -> Iterator[Chunk]:
        alive = True
        while alive and not watch.reached():
            data, alive = self._gather(connection, watch)
            data = watch.cut(data)
            if data:
                yield Chunk(data, self._clock_ms())

    def _gather(self, connection: ClientConnection, watch: Watch) -> tuple[bytes, bool]:
        """The messages of some moments, and whether the connection still stands."""
        from websockets.exceptions import ConnectionClosed  # noqa: PLC0415

        parts: list[bytes] = []
        size = 0
        until = 0.0
        while size < CHUNK:
            left = until - self._monotonic() if parts else watch.left_s(POLL_S)
            if left <= 0:
                break
            try:
                message = connection.recv(timeout=left)
            except TimeoutError:
                break
            except ConnectionClosed as exc:
                self.dropped += exc.sent is not None and exc.sent.code == _TOO_BIG
                return b"".join(parts), False
            if not parts:
                until = self._monotonic() + watch.left_s(GATHER_S)
            text = (message.encode("utf-8", "replace") if isinstance(message, str) else bytes(message)).strip(b"\r\n")
            if text:
                parts.append(text + b"\n")
                size += len(text) + 1
        return b"".join(parts), True

    def close(self) -> None:
        """Close the connection."""
        if self._open is not None:
            self._open.close()
            self._open = None

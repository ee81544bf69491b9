"""A relay beside a plotter or a TAK client: a node's outward stream in, a plain TCP port on loopback out.

Plotters and TAK clients open a socket and send nothing, so they cannot show a token; and a node that gave positions to
whoever connects would not know whom it tells. The relay runs where the client runs, holds the token in a file of mode
600, checks the node's certificate, and gives each line to every client that is connected. A client that does not read
is let go. When the node does not answer it tries again, with growing waits.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kizuna.base.errors import ConfigError, TrustError, UnavailableError
from kizuna.node.api.serve import is_loopback

_WAITING_MOST: Final = 1 << 20
"""Bytes that may wait for a client before it is let go."""
_LINE_MOST: Final = 1 << 16
_HEAD_MOST: Final = 100
_WAIT_MOST_S: Final = 60
_SILENT_S: Final = 900.0
_CONNECT_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class Feed:
    """Where the stream comes from. ``url`` as ``https://node:8443/feeds/live/nmea``; ``ca`` a certificate to trust."""

    url: str
    token: str
    ca: Path | None = None

    def __post_init__(self) -> None:
        """Refuse to send a token in the clear to another machine."""
        parts = urllib.parse.urlsplit(self.url)
        if parts.scheme == "http" and is_loopback(parts.hostname or ""):
            return
        if parts.scheme != "https" or not parts.hostname:
            raise ConfigError(f"{self.url!r}", where="feed", hint="https://NODE:PORT/feeds/live/nmea or .../cot")


class Relay:
    """Gives the lines of a feed to whoever is connected. ``told`` is called with sentences for the person."""

    def __init__(self, feed: Feed, told: Callable[[str], None]) -> None:
        self._feed = feed
        self._told = told
        self._clients: set[asyncio.StreamWriter] = set()
        self.lines = 0

    async def serve(self, host: str, port: int) -> asyncio.Server:
        """Listen for clients, on loopback only. Raises ConfigError for another address."""
        if not is_loopback(host):
            raise ConfigError(f"{host} is not this machine", where="--listen", hint="127.0.0.1:PORT")
        return await asyncio.start_server(self._client, host, port)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        try:
            while await reader.read(4096):  # what clients say is not looked at
                pass
        except OSError:
            pass
        finally:
            self._clients.discard(writer)
            writer.close()

    def give(self, line: bytes) -> None:
        """One line to every client."""
        self.lines += 1
        for writer in list(self._clients):
            if writer.transport.get_write_buffer_size() > _WAITING_MOST:
                self._told("a client does not read and was let go")
                self._clients.discard(writer)
                writer.transport.abort()
            else:
                writer.write(line)

    async def run(self) -> None:
        """Follow the feed for ever. Raises TrustError when the node refuses the token or is not who it should be."""
        wait_s = 1
        while True:
            try:
                await self._follow()
                wait_s = 1
                self._told("the node ended the stream")
            except ssl.SSLCertVerificationError as exc:
                raise TrustError(f"the node's certificate does not hold: {exc.verify_message}") from exc
            except (OSError, EOFError, TimeoutError, ValueError, UnavailableError) as exc:
                self._told(f"the node does not answer ({exc}); again in {wait_s} s")
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, _WAIT_MOST_S)

    async def _follow(self) -> None:
        parts = urllib.parse.urlsplit(self._feed.url)
        secure = parts.scheme == "https"
        trust = ssl.create_default_context(cafile=self._feed.ca) if secure else None
        port = parts.port or (443 if secure else 80)
        opening = asyncio.open_connection(parts.hostname, port, ssl=trust, limit=_LINE_MOST)
        reader, writer = await asyncio.wait_for(opening, _CONNECT_S)
        try:
            head = (f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {self._feed.token}\r\n"
                    "Accept: */*\r\n\r\n")  # fmt: skip
            writer.write(head.encode("ascii"))
            chunked = await asyncio.wait_for(_head(reader), _CONNECT_S)
            rest = b""
            while True:
                data = await asyncio.wait_for(_piece(reader, chunked=chunked), _SILENT_S)
                if not data:
                    return
                *whole, rest = (rest + data).split(b"\n")
                if len(rest) > _LINE_MOST:
                    raise ValueError("a line without an end")
                for line in whole:
                    self.give(line + b"\n")
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


async def _head(reader: asyncio.StreamReader) -> bool:
    """Read the head of the answer; whether the body comes in chunks. Raises TrustError when the token is refused."""
    status = (await reader.readline()).split(b" ", 2)
    if len(status) < 2 or not status[1].isdigit():  # noqa: PLR2004
        raise EOFError("no answer")
    chunked = False
    for _ in range(_HEAD_MOST):
        line = (await reader.readline()).strip().lower()
        if not line:
            break
        chunked |= line.startswith(b"transfer-encoding:") and b"chunked" in line
    code = int(status[1])
    if code in (401, 403):
        raise TrustError("the node refuses this token", hint="it may have ended, was not made for streams (live), "
                         "or the node allows none ([feeds] live)")  # fmt: skip
    if code != 200:  # noqa: PLR2004
        raise UnavailableError(f"it answered {code}")
    return chunked


async def _piece(reader: asyncio.StreamReader, *, chunked: bool) -> bytes:
    """The next bytes of the body; empty at its end."""
    if not chunked:
        return await reader.read(_LINE_MOST)
    size = int((await reader.readline()).split(b";")[0] or b"0", 16)
    data = await reader.readexactly(size) if 0 < size < 1 << 26 else b""
    await reader.readline()
    return data

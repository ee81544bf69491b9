"""Serving the app: granian inside the node's event loop.

granian because it lets go of a connection whose request head does not come within ``HEAD_S`` (measured: uvicorn held
them all) and does TLS outside Python. TLS is on unless the node is bound to loopback and was told to go without.

HTTP/1.1 alone: with HTTP/2 beside it, granian 2.8 waits without end for the first byte that tells which of the two is
spoken, and 500 connections that send nothing stay for ever (measured; ``tests/node/api/test_half_open.py``). A page
needs one connection for the stream of versions and a few for the rest, which browsers grant.
"""

from __future__ import annotations

import asyncio
import ipaddress
from dataclasses import dataclass
from typing import Final

from starlette.types import ASGIApp

from kizuna.base.errors import ConfigError
from kizuna.node.api.tls import Certificate

HEAD_S: Final = 20
"""A request head has so long; half-open connections are gone after it."""
_BACKLOG: Final = 1024


@dataclass(frozen=True, slots=True)
class Listen:
    """Where to listen. Without ``certificate`` plain HTTP, on loopback alone."""

    address: str = "127.0.0.1"
    port: int = 8443
    certificate: Certificate | None = None

    def __post_init__(self) -> None:
        """Refuse plain HTTP on an address that others reach."""
        if self.certificate is None and not is_loopback(self.address):
            raise ConfigError(
                f"plain HTTP on {self.address} would show passwords to the network", where="[http] tls",
                hint="tls = true, or address = '127.0.0.1'",
            )  # fmt: skip

    @property
    def url(self) -> str:
        """Address for a browser on this machine."""
        host = "localhost" if self.address in ("0.0.0.0", "::", "127.0.0.1", "::1") else self.address  # noqa: S104  compared
        return f"http{'s' if self.certificate else ''}://{f'[{host}]' if ':' in host else host}:{self.port}"


def is_loopback(address: str) -> bool:
    """Whether only this machine reaches an address."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


class Server:
    """The running server: ``await run()`` serves until ``stop()``."""

    def __init__(self, app: ASGIApp, listen: Listen) -> None:
        from granian.constants import HTTPModes, Interfaces  # noqa: PLC0415  half a second
        from granian.http import HTTP1Settings  # noqa: PLC0415
        from granian.server.embed import Server as Granian  # noqa: PLC0415

        certificate = listen.certificate
        self._granian = Granian(
            app, listen.address, listen.port, interface=Interfaces.ASGINL, websockets=False, backlog=_BACKLOG,
            http=HTTPModes.http1,
            http1_settings=HTTP1Settings(header_read_timeout=HEAD_S * 1000, max_buffer_size=64 * 1024),
            log_enabled=False,
            ssl_cert=certificate.cert if certificate else None, ssl_key=certificate.key if certificate else None,
        )  # fmt: skip

    async def run(self) -> None:
        """Serve until stopped."""
        await self._granian.serve()

    def stop(self) -> None:
        """Let ``run`` return; open streams are cut."""
        self._granian.stop()  # type: ignore[no-untyped-call]


async def serve(app: ASGIApp, listen: Listen, stopped: asyncio.Event) -> None:
    """Serve until ``stopped`` is set."""
    server = Server(app, listen)
    running = asyncio.ensure_future(server.run())
    waiting = asyncio.ensure_future(stopped.wait())
    await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
    server.stop()
    waiting.cancel()
    await running

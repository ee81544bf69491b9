"""Asking a partner's node over HTTPS whose certificate is pinned: no authority, no name, one fingerprint.

The handshake proves that the other side holds the key of the certificate it shows; the certificate must be the pinned
one, or the connection is closed before a byte of the request is sent. Proxies of the environment are not used and
redirects not followed. Every answer is bounded while it is read.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

import httpcore

from kizuna.base.errors import ConfigError, InputError, TrustError, UnavailableError
from kizuna.links.fed.signing import sign

BODY_MOST: Final = 4 << 20
"""Bytes of an answer, as they come over the line."""
_CONNECT_S: Final = 20.0
_WRITE_S: Final = 120.0
_AT_ONCE: Final = 4
"""Connections, as many as `share.sync` has questions out; all are kept, for a handshake takes seconds on a bad line."""
_PIN: Final = re.compile(r"[0-9a-f]{64}")
_CLOCK: Final = re.compile(r"[0-9]{1,12}")
_CLOCK_MOST_S: Final = 253_402_214_400
"""Year 9999: later ones have no date."""


class _PinBroken(Exception):  # noqa: N818  never leaves this module
    """The certificate is another one."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the partner said. ``headers`` in lower case; ``took_s``: from the first byte of the body to its last."""

    status: int
    headers: dict[str, str]
    body: bytes
    took_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Identity:
    """How requests are signed: key id, and a function that signs with the key behind it."""

    key_id: str
    signer: Callable[[bytes], bytes]
    random: Callable[[int], bytes]


class _Pinned(httpcore.NetworkBackend):
    """Connections whose certificate has one of the pinned SHA-256 fingerprints (hex)."""

    def __init__(self, pins: frozenset[str]) -> None:
        self._pins = pins
        self._inner = httpcore.SyncBackend()
        self.shaking: set[socket.socket] = set()
        """Sockets whose handshake is under way: the pool does not know them yet, and on a bad line it takes long."""

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
                    socket_options: Iterable[Any] | None = None) -> httpcore.NetworkStream:  # fmt: skip
        """Connect; TLS is started by the caller."""
        inner = self._inner.connect_tcp(host, port, timeout, local_address, socket_options)
        return _PinnedStream(inner, self._pins, self.shaking)


class _PinnedStream(httpcore.NetworkStream):
    """A stream that looks at the certificate right after the handshake."""

    def __init__(self, inner: httpcore.NetworkStream, pins: frozenset[str], shaking: set[socket.socket]) -> None:
        self._inner, self._pins, self._shaking = inner, pins, shaking

    def start_tls(self, ssl_context: ssl.SSLContext, server_hostname: str | None = None,
                  timeout: float | None = None) -> httpcore.NetworkStream:  # fmt: skip
        """Handshake, then compare the fingerprint; closed at once where it differs."""
        raw = self._inner.get_extra_info("socket").dup()
        self._shaking.add(raw)
        try:
            secure = self._inner.start_tls(ssl_context, server_hostname, timeout)
        finally:
            self._shaking.discard(raw)
            raw.close()
        der = secure.get_extra_info("ssl_object").getpeercert(True) or b""  # noqa: FBT003  takes no name
        found = hashlib.sha256(der).hexdigest()
        if not any(hmac.compare_digest(found, pin) for pin in self._pins):
            secure.close()
            raise _PinBroken
        self._inner = secure
        return self

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Nothing is read before the handshake."""
        return self._inner.read(max_bytes, timeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Nothing is written before the handshake."""
        self._inner.write(buffer, timeout)

    def close(self) -> None:
        """Close the connection; a thread that waits for an answer on it wakes up."""
        found = self._inner.get_extra_info("socket")
        if found is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(found, socket.SHUT_RDWR)
        self._inner.close()

    def get_extra_info(self, info: str) -> Any:
        """Facts of the connection."""
        return self._inner.get_extra_info(info)


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # the pin is checked instead, see _PinnedStream
    context.set_alpn_protocols(["http/1.1"])
    return context


class Line:
    """A line to one partner; one request at a time on each of at most four connections.

    ``url`` is ``https://host:port``; ``pins`` are SHA-256 fingerprints of certificates, 64 hex characters each (two
    while a certificate is changed); ``to`` names the partner and the context (``signing.recipient``). ``now_s`` is the
    clock behind ``created``.
    """

    def __init__(self, url: str, pins: Sequence[str], identity: Identity, *, to: str,
                 now_s: Callable[[], float] = time.time) -> None:  # fmt: skip
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname or parts.path not in ("", "/") or parts.query:
            raise ConfigError(f"{url!r} is no address of a partner", hint="https://HOST:PORT")
        clean = frozenset(pin.lower().replace(":", "") for pin in pins)
        if not clean or not all(_PIN.fullmatch(pin) for pin in clean):
            raise ConfigError("no proper fingerprint", where=url, hint="SHA-256 of the certificate, 64 hex digits")
        self._base = f"https://{parts.netloc}"
        self._identity = identity
        self._to = to
        self._now_s = now_s
        self.ahead_s = 0
        """How far the partner's clock is ahead of ours, s; learnt from a refusal."""
        self._backend = _Pinned(clean)
        self._pool = httpcore.ConnectionPool(
            ssl_context=_context(), max_connections=_AT_ONCE, max_keepalive_connections=_AT_ONCE, keepalive_expiry=90.0,
            network_backend=self._backend, retries=0,
        )  # fmt: skip

    def ask(self, method: str, path: str, body: bytes = b"", *, headers: dict[str, str] | None = None,
            read_s: float = 60.0, most: int = BODY_MOST) -> Answer:  # fmt: skip
        """One signed request; a second try with the partner's time where only the clock was refused.

        Raises UnavailableError when nobody answers in time, TrustError for another certificate, InputError for an
        answer over ``most`` bytes. Refusals of the partner come back as answers.
        """
        found = self._once(method, path, body, headers or {}, read_s, most)
        told = found.headers.get("x-kizuna-clock", "")
        if found.status == HTTPStatus.UNAUTHORIZED and _CLOCK.fullmatch(told):
            if int(told) > _CLOCK_MOST_S:
                raise InputError("tells an impossible time", where=self._base, hint="tell the partner")
            self.ahead_s = int(told) - int(self._now_s())
            found = self._once(method, path, body, headers or {}, read_s, most)
        return found

    def close(self) -> None:
        """Close all connections, also those whose handshake is under way."""
        for raw in tuple(self._backend.shaking):
            with contextlib.suppress(OSError):
                raw.shutdown(socket.SHUT_RDWR)
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def _once(self, method: str, path: str, body: bytes, more: dict[str, str], read_s: float, most: int) -> Answer:
        who = self._identity
        url = self._base + path
        signed = sign(method, url, body, to=self._to, key_id=who.key_id, signer=who.signer, nonce=who.random(16).hex(),
                      created_s=int(self._now_s()) + self.ahead_s)  # fmt: skip
        headers: list[tuple[bytes | str, bytes | str]] = [("User-Agent", "kizuna"), *more.items(), *signed.items()]
        timeout = {"connect": _CONNECT_S, "read": read_s, "write": _WRITE_S, "pool": _CONNECT_S}
        try:
            with self._pool.stream(method, url, headers=headers, content=body,
                                   extensions={"timeout": timeout}) as answer:  # fmt: skip
                data, begun_s = bytearray(), time.monotonic()
                for part in answer.iter_stream():
                    data += part
                    if len(data) > most:
                        raise InputError(f"an answer of more than {most} bytes", where=url, hint="tell the partner")
                named = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in answer.headers}
                return Answer(answer.status, named, bytes(data), time.monotonic() - begun_s)
        except _PinBroken as exc:
            raise TrustError(
                "shows another certificate than the pinned one; nothing was sent", where=self._base,
                hint="ask the partner by telephone whether it changed its certificate; then introduce the nodes again",
            ) from exc  # fmt: skip
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError, OSError) as exc:
            raise UnavailableError(f"does not answer: {exc or type(exc).__name__}", where=self._base) from exc

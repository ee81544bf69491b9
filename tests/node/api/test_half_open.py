"""Connections that never finish what they begin are let go, and nobody else waits for them."""

import contextlib
import selectors
import socket
import ssl
import time

import httpx
import pytest
from running import listening

KINDS = {
    "says nothing": (b"", False), "half a hello": (b"\x16\x03\x01\x02\x00\x01\x00", False), "only shakes hands": (b"", True),
    "half a head": (b"GET / HTTP/1.1\r\nHost: loc", True),
    "half a body": (b"POST /api/login HTTP/1.1\r\nHost: localhost\r\nX-Kizuna: 1\r\nContent-Type: application/json\r\n"
                    b"Content-Length: 100\r\n\r\n{", True),
}  # fmt: skip


@pytest.mark.slow
def test_500_half_open_sockets_are_gone_after_35_s_and_slow_nobody(here, tmp_path):
    with listening(here.app, tmp_path / "tls") as (url, certificate):
        trust = ssl.create_default_context(cafile=str(certificate.cert))
        trust.set_alpn_protocols(["http/1.1"])
        held, begun = {}, time.monotonic()
        with contextlib.ExitStack() as stack:
            for kind, (first, shake) in KINDS.items():
                for _ in range(100):
                    one = stack.enter_context(socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), 10))
                    if shake:
                        one = stack.enter_context(trust.wrap_socket(one, server_hostname="localhost"))
                    if first:
                        one.send(first)
                    one.setblocking(False)
                    held[one] = kind
            with httpx.Client(base_url=url, verify=trust, timeout=5) as client:
                assert all(client.get("/health").status_code == 200 for _ in range(50))
                watch = stack.enter_context(selectors.DefaultSelector())
                for one in held:
                    watch.register(one, selectors.EVENT_READ)
                while held and time.monotonic() - begun < 35:
                    for one in (key.fileobj for key, _ in watch.select(0.5)):
                        with contextlib.suppress(ssl.SSLWantReadError):
                            try:
                                ended = not one.recv(4096)
                            except OSError as exc:
                                if isinstance(exc, ssl.SSLWantReadError):
                                    raise
                                ended = True
                            if ended:
                                watch.unregister(one)
                                del held[one]
                assert client.get("/health").status_code == 200
            assert not held, sorted(held.values())


@pytest.mark.slow
def test_served_over_tls_with_the_certificate_that_was_printed(here, tmp_path):
    here.desk.people.add("ana", "analyst", "four words of no kin")
    with listening(here.app, tmp_path / "tls") as (url, certificate):
        assert (tmp_path / "tls" / "node.key").stat().st_mode & 0o777 == 0o600
        trust = ssl.create_default_context(cafile=str(certificate.cert))
        with httpx.Client(base_url=url, verify=trust, headers={"X-Kizuna": "1"}) as client:
            with client.stream("GET", "/health") as answer:
                der = answer.extensions["network_stream"].get_extra_info("ssl_object").getpeercert(True)
            import hashlib

            assert hashlib.sha256(der).hexdigest().upper() == certificate.fingerprint.replace(":", "")
            assert (
                client.post("/api/login", json={"user": "ana", "password": "four words of no kin"}).status_code == 200
            )
            with client.stream("GET", "/api/changes") as stream:
                assert next(line for line in stream.iter_lines() if line.startswith("data:"))
        with pytest.raises(httpx.ConnectError):
            httpx.get(url + "/health")

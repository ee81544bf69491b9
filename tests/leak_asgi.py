"""Requests to an ASGI app in this process: what goes in, and everything that comes out of it."""

from __future__ import annotations

import asyncio
from typing import NamedTuple


class Answer(NamedTuple):
    """Status, headers in the order in which they came, body; the template of the route that answered."""

    status: int
    headers: tuple
    body: bytes
    route: str

    @property
    def all(self) -> bytes:
        """Everything that the asker could compare."""
        return repr((self.status, self.headers)).encode() + b"\n" + self.body


class Stream:
    """A request whose answer does not end: what came of it so far."""

    def __init__(self) -> None:
        self.head, self.body, self.over = None, bytearray(), asyncio.Event()
        self.task = None

    async def send(self, message) -> None:
        if message["type"] == "http.response.start":
            self.head = message["status"], tuple(message["headers"])
        else:
            self.body += message.get("body", b"")


class Gate:
    """Stands in for ``asyncio`` in a module that sleeps between looks: it sleeps until somebody lets it look again."""

    def __init__(self) -> None:
        self.asleep, self._wake = 0, asyncio.Event()

    def __getattr__(self, name):
        return getattr(asyncio, name)

    async def sleep(self, _seconds) -> None:
        self.asleep += 1
        await self._wake.wait()

    def open(self) -> None:
        wake, self._wake, self.asleep = self._wake, asyncio.Event(), 0
        wake.set()


def scope_of(method, path, query="", headers=(), address="192.0.2.7", host="node.test"):
    return {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "https",
        "path": path, "raw_path": path.encode(), "root_path": "", "query_string": query.encode(), "server": (host, 443),
        "headers": [(b"host", host.encode()), *((k.lower().encode(), v.encode()) for k, v in headers)],
        "client": (address, 1234), "state": {},
    }  # fmt: skip


async def ask(app, scope, body=b"", *, hang_up=False) -> Answer:
    """One request, to its end; with ``hang_up`` the asker goes when the answer begins."""
    found, sent = Stream(), asyncio.Event()

    async def receive():
        if not sent.is_set():
            sent.set()
            return {"type": "http.request", "body": body}
        await found.over.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        await found.send(message)
        if hang_up:
            found.over.set()

    await app(scope, receive, send)
    return _answer(found, scope)


def begin(app, scope, body=b"") -> Stream:
    """Begin a request on the running loop and leave it open until ``over`` is set."""
    found, sent = Stream(), []

    async def receive():
        if not sent:
            sent.append(True)
            return {"type": "http.request", "body": body}
        await found.over.wait()
        return {"type": "http.disconnect"}

    found.task = asyncio.ensure_future(app(scope, receive, found.send))
    return found


def _answer(found, scope):
    status, headers = found.head if found.head else (0, ())
    return Answer(status, headers, bytes(found.body), getattr(scope.get("route"), "path", ""))

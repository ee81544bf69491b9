"""``POST /api/detections``: sensors without identity hand in what they saw, each with the token of its source.

The body is CSV or GeoJSON as ``kizuna match`` reads it. The token stands in a file that only the node's user reads
(``key`` of the source) and comes as ``Authorization: Bearer``; it says which source speaks, and gives no way to read
anything. The answer comes when the rows are durable: ``{"stored", "known", "rejected", "notes"}``. Sent again, the same
rows are known and stored once. Of one source one body is read and held at a time; further posts wait for their turn
before anything of their body is read, and beyond ``POSTS_MOST`` they are refused with 429.
"""

from __future__ import annotations

import asyncio
import hmac
from collections import Counter
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from kizuna.base.errors import KizunaError
from kizuna.links.exercise_link import read_key
from kizuna.node.api.answers import answer, of_error, problem
from kizuna.node.service.running import Running

PATH: Final = "/api/detections"
BODY_MOST: Final = 16 << 20
BODY_S: Final = 30.0
POSTS_MOST: Final = 8
"""So many posts of one source are under way, the one whose body is held with those that wait for it."""
_WAIT_S: Final = 1.0
"""A wrong token is answered so late."""
_HEADERS: Final = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


class DetectionsDoor:
    """Stands before the app and answers posts to this one path."""

    def __init__(self, app: ASGIApp, node: Running) -> None:
        self._app, self._node = app, node
        home = node.config.home
        self._tokens = {s.id: read_key(home / s.key) for s in node.config.sources if s.kind == "http-detections"}
        self._one_at_a_time = asyncio.Semaphore(1)
        self._turns = {source_id: asyncio.Semaphore(1) for source_id in self._tokens}
        self._posts: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        response = await self._answer(request)
        response.headers.update(_HEADERS)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        address = request.client.host if request.client else ""
        source_id = self._source_of(request.headers.get("authorization", ""))
        if source_id is None:
            await asyncio.sleep(_WAIT_S)
            await asyncio.to_thread(self._node.desk.audit.refused, "", "detections", "refused", address)
            return problem(401, "no source has this token", {"www-authenticate": "Bearer"})
        if self._posts[source_id] >= POSTS_MOST:
            return problem(429, f"{POSTS_MOST} posts of this source are under way already", {"retry-after": "5"})
        self._posts[source_id] += 1
        try:
            async with self._turns[source_id]:
                return await self._read(request, source_id, address)
        finally:
            self._posts[source_id] -= 1

    async def _read(self, request: Request, source_id: str, address: str) -> Response:
        try:
            body = await asyncio.wait_for(_body(request), BODY_S)
        except (TimeoutError, ClientDisconnect):
            return problem(408, "the body did not come in time")
        return await self._taken(body, source_id, address)

    async def _taken(self, body: bytes | None, source_id: str, address: str) -> Response:
        if body is None:
            return problem(413, f"at most {BODY_MOST} bytes at a time")
        try:
            async with self._one_at_a_time:
                taken = await asyncio.to_thread(self._node.post_detections, body, source_id)
        except KizunaError as exc:
            return of_error(exc)
        did = self._node.desk.audit.did
        await asyncio.to_thread(did, source_id, "detections", f"{taken.stored} rows", "done", address)
        told = {"source": source_id, "stored": taken.stored, "known": taken.known, "rejected": taken.rejected,
                "notes": list(taken.notes)}  # fmt: skip
        return answer(told, 201 if taken.stored else 200)

    def _source_of(self, said: str) -> str | None:
        """The source whose token this is; every token is compared, so that the time tells nothing."""
        scheme, _, token = said.partition(" ")
        found = None
        for source_id, known in self._tokens.items():
            if hmac.compare_digest(token.strip().encode(), known) and scheme.lower() == "bearer":
                found = source_id
        return found


async def _body(request: Request) -> bytes | None:
    """The body, or None when it is too large."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > BODY_MOST:
            return None
        parts.append(part)
    return b"".join(parts)

"""The moving picture: newest positions, blocks of the past, and the stream that says what has changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from kizuna.base.units import DAY_MS, MISSING_TIME_MS
from kizuna.node.api.answers import ARROW, Problem, answer, json_bytes
from kizuna.node.api.books import Books
from kizuna.node.api.door import Looks, needs
from kizuna.node.api.interfaces import BLOCK_S
from kizuna.node.api.picture_book import encoded_block
from kizuna.node.api.times import Moment, period
from kizuna.node.api.view import HOUSE, Reader, Viewer

_TICK_S: Final = 0.25
_ALIVE_S: Final = 15.0
_STREAMS_MOST: Final = 400
_STREAMS_OF_ONE: Final = 20
_HISTORY_MOST_MS: Final = 31 * DAY_MS


class Changes:
    """One look at the versions every quarter of a second, for all streams together."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._task: asyncio.Task[None] | None = None
        self._turn = asyncio.Event()
        self._line = b""
        self._open: dict[str, int] = {}

    def _look(self) -> bytes:
        node = self._books.node
        reached = Reader(node, HOUSE).versions()
        share, incidents = node.office.seen() if node.office is not None else (0, 0)
        return json_bytes({"picture": reached.picture, "events": reached.events, "desk": node.desk.version,
                           "share": share, "incidents": incidents,
                           "detections": 0 if node.contacts is None else node.contacts.version,
                           "newest": None if reached.newest_ms == MISSING_TIME_MS else reached.newest_ms,
                           "marking": node.markings.look(), "mode": node.facts.mode})  # fmt: skip

    async def _follow(self) -> None:
        while self._open:
            line = await run_in_threadpool(self._look)
            if line != self._line:
                self._line = line
                self._turn.set()
                self._turn = asyncio.Event()
            await asyncio.sleep(_TICK_S)

    def check_room(self, name: str) -> None:
        """Raise Problem 429 where too many streams are open, before anything was answered."""
        if sum(self._open.values()) >= _STREAMS_MOST or self._open.get(name, 0) >= _STREAMS_OF_ONE:
            raise Problem(429, "too many streams are open", code="streams", Retry_After="15")

    def _enter(self, name: str) -> None:
        self.check_room(name)
        self._open[name] = self._open.get(name, 0) + 1
        if self._task is None or self._task.done():
            self._line = b""
            self._task = asyncio.get_running_loop().create_task(self._follow())

    def _leave(self, name: str) -> None:
        self._open[name] -= 1
        if not self._open[name]:
            del self._open[name]

    async def stream(self, viewer: Viewer) -> AsyncIterator[bytes]:
        """Server-sent events for one page, as long as its session holds."""
        self._enter(viewer.name)
        people, now_ms = self._books.node.desk.people, self._books.node.now_ms
        try:
            yield b"retry: 2000\n\n"
            sent = b""
            while True:
                turn, line = self._turn, self._line
                if line != sent and line:
                    sent = line
                    yield b"event: versions\ndata: " + line[:-1] + b',"now":%d}\n\n' % now_ms()
                try:
                    await asyncio.wait_for(turn.wait(), _ALIVE_S)
                except TimeoutError:
                    yield b": still here\n\n"
                if viewer.session and people.of_session(viewer.session, deed=False) is None:
                    yield b"event: ended\ndata: {}\n\n"
                    return
        finally:
            self._leave(viewer.name)


def add_to(router: APIRouter, books: Books) -> None:
    """Add the routes."""
    node = books.node
    changes = Changes(books)

    @router.get("/api/picture", **needs("picture.see"))
    def picture(viewer: Looks, since: Annotated[int, Query(ge=0)] = 0) -> Response:
        """Newest positions changed after a version, as an Arrow IPC stream."""
        books.update_marks()
        version, data = books.pictures.encoded(since)
        node.desk.audit.saw(viewer.name, "picture.see", "", viewer.address)
        return Response(data, headers={"X-Kizuna-Version": str(version)}, media_type=ARROW)

    @router.get("/api/changes", **needs("picture.see"))
    async def follow(viewer: Looks) -> Response:
        """Server-sent events: the versions reached, at most four times a second."""
        changes.check_room(viewer.name)
        return StreamingResponse(changes.stream(viewer), media_type="text/event-stream",
                                 headers={"X-Accel-Buffering": "no"})  # fmt: skip

    @router.get("/api/history", **needs("history.see"))
    def history(viewer: Looks, start: Annotated[Moment, Query(alias="from")] = None,
                end: Annotated[Moment, Query(alias="to")] = None) -> Response:  # fmt: skip
        """Blocks of 600 s with their numbers of fixes, and the events of the period."""
        start_ms, end_ms = period(start, end, node, DAY_MS, _HISTORY_MOST_MS)
        reader = Reader(node, viewer)
        starts, counts = reader.history(start_ms // 1000 // BLOCK_S * BLOCK_S * 1000, end_ms)
        events = reader.events(start_ms=start_ms, end_ms=end_ms)
        kinds = events.codes_of("event_type")
        told = zip(
            events["start_ms"].tolist(), events["event_type"].tolist(), events["event_id"].to_pylist(), strict=True
        )
        return answer({
            "block_s": BLOCK_S, "blocks": [s // 1000 for s in starts], "counts": counts,
            "events": [{"t": t, "type": kinds[k], "id": i} for t, k, i in sorted(told)],
            "from": start_ms, "to": end_ms,
        })  # fmt: skip

    @router.get("/api/block/{start_s}", **needs("history.see"))
    def block(viewer: Looks, start_s: int) -> Response:
        """Fixes of one block, as an Arrow IPC stream; a closed block never changes."""
        if start_s % BLOCK_S or not 0 <= start_s < 1 << 33:
            raise Problem(404, f"blocks begin at multiples of {BLOCK_S} s")
        reader = Reader(node, viewer)
        before = reader.versions().closed_ms  # asked first: what is closed then is closed in what is read
        data = encoded_block(reader.block(start_s * 1000))
        closed = (start_s + BLOCK_S) * 1000 <= before
        node.desk.audit.saw(viewer.name, "history.see", str(start_s), viewer.address)
        kept = {"Cache-Control": "private, max-age=604800, immutable"} if closed else {}
        return Response(data, headers=kept, media_type=ARROW)

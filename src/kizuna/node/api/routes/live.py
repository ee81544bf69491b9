"""Outward live feeds: AIS sentences and Cursor on Target, as a stream of lines over HTTP.

Off by default, twice: the node's settings must allow them (``[feeds] live``), and there is none without a token of kind
``feed`` that an administrator made with ``live``. The stream is as late and coarse as the token, and at least as late
and coarse as the settings; it says so in its first line and its headers, and ends when the token does. Programs that
want a plain TCP socket are given one by a small relay of their own (``docs/reference/api.md``); the node opens none.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Iterator
from typing import Final, Literal

import numpy as np
from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from kizuna.base.units import MINUTE_MS, SECOND_MS
from kizuna.formats import cot, cot_records, nmea_out
from kizuna.node.api.answers import Problem
from kizuna.node.api.books import Books
from kizuna.node.api.door import Looks, needs
from kizuna.node.api.interfaces import Node
from kizuna.node.api.kinds import CLASS_B
from kizuna.node.api.marking import FeedMarking
from kizuna.node.api.view import Reader, Seen, Viewer
from kizuna.node.share.views.released import Cursor

_TICK_S: Final = 1.0
_LATE_TICK_S: Final = 10.0
"""A delayed stream reads fixes back from the store; once in ten seconds is enough for what is minutes old."""
_CHECK_TICKS: Final = 10
_STREAMS_MOST: Final = 20
_STALE_MS: Final = 10 * MINUTE_MS
Form = Literal["nmea", "cot"]


def add_to(router: APIRouter, books: Books) -> None:
    """Add the route."""
    node = books.node
    held = node.streams

    @router.get("/feeds/live/{form}", **needs("feed.follow"))
    async def follow(viewer: Looks, form: Form) -> Response:
        """Everything once, then what moves, until the token ends."""
        if not node.facts.feeds.live:
            raise Problem(403, "outward live feeds are off on this node ([feeds] live in node.toml)")
        if not viewer.live:
            raise Problem(403, "this token may not keep a stream open; an administrator makes one that may")
        if len(held) >= _STREAMS_MOST:
            raise Problem(429, "too many streams are open", Retry_After="60")
        node.desk.audit.did(viewer.name, "feed.follow", form, "begun", viewer.address)
        headers = {"X-Kizuna-Delay-S": str(viewer.delay_ms // 1000), "X-Kizuna-Grid-Deg": f"{viewer.grid_deg:g}"}
        media = "text/plain; charset=us-ascii" if form == "nmea" else "application/xml"
        return StreamingResponse(_stream(node, viewer, form, held), media_type=media, headers=headers)


async def _stream(node: Node, viewer: Viewer, form: Form, held: list[str]) -> AsyncIterator[bytes]:
    held.append(viewer.name)
    try:
        cursor, ticks, seen, more, words = 0, 0, None, False, ""
        marking = FeedMarking(node, viewer)
        while True:
            if viewer.partner and form == "cot":
                seen, made, more = await run_in_threadpool(_released, node, viewer, seen)
            else:
                before = words
                cursor, words, made = await run_in_threadpool(_moved, node, viewer, form, cursor, marking)
                if form == "nmea" and words != before:  # ahead of the rows with which it rose
                    yield nmea_out.remark(words).encode("ascii")
            if made:
                yield made
            if not more:
                await asyncio.sleep(_LATE_TICK_S if viewer.delay_ms else _TICK_S)
            ticks += 1
            if ticks % _CHECK_TICKS == 0 and not node.desk.tokens.holds(int(viewer.name.removeprefix("token:"))):
                return
    finally:
        held.remove(viewer.name)


def _released(node: Node, viewer: Viewer, cursor: Cursor | None) -> tuple[Cursor | None, bytes, bool]:
    """What a partner was told since, as events of the very records; what was recalled is taken off its maps."""
    released = Reader(node, viewer).released
    if released is None:
        return cursor, b"", False
    tick_ms = node.now_ms() // SECOND_MS * SECOND_MS
    feed = cot_records.Feed(node.facts.context, tick_ms, _STALE_MS // SECOND_MS)
    cursor, told, more = released.told_since(cursor)
    made = (cot_records.gone(data, feed) if gone else cot_records.event(data, feed) for gone, data in told)
    return cursor, b"".join(event for event in made if event is not None), more


def _moved(node: Node, viewer: Viewer, form: Form, cursor: int, marking: FeedMarking) -> tuple[int, str, bytes]:
    """What moved since: the next cursor, what the reader must know with it, and the rows in one of the forms."""
    cursor, rows = Reader(node, viewer).moved(cursor)
    words = said(viewer, marking.risen(rows))
    return cursor, words, b"".join(lines(node, viewer, form, rows, words)) if len(rows) else b""


def said(viewer: Viewer, marking: str) -> str:
    """What the reader must know: marking, delay, grid."""
    late = f"DELAYED {viewer.delay_ms // 1000} S" if viewer.delay_ms else "NOT DELAYED"
    coarse = f"GRID {viewer.grid_deg:g} DEG" if viewer.grid_deg else "NOT COARSENED"
    return " ".join(w for w in (marking, late, coarse) if w)


def lines(node: Node, viewer: Viewer, form: Form, rows: Seen, words: str) -> Iterator[bytes]:
    """The rows in one of the forms, with those words where the form has a place for them."""
    names = rows["shipname"].to_pylist()
    for k in np.flatnonzero(~np.isnan(rows["lat_deg"])).tolist():
        mmsi, time_ms = int(rows["mmsi"][k]), int(rows["time_ms"][k])
        lat, lon, sog, cog, heading = (float(rows[n][k]) for n in
                                       ("lat_deg", "lon_deg", "sog_kn", "cog_deg", "heading_deg"))  # fmt: skip
        if form == "nmea":
            yield nmea_out.position(mmsi, time_ms // 1000, lat, lon, sog, cog, heading, int(rows["nav_status"][k]),
                                    class_b=bool(rows["ais_class"][k] == CLASS_B)).encode("ascii")  # fmt: skip
            if names[k]:
                yield nmea_out.name(mmsi, time_ms // 1000, names[k]).encode("ascii")
        else:
            now = node.now_ms()
            yield cot.event(
                node.facts.name, mmsi, time_ms, lat, lon, sent_ms=now, stale_ms=now + _STALE_MS,
                ce_m=cot.circle_m(viewer.grid_deg, lat), shipname=names[k] or "", sog_kn=sog,
                cog_deg=cog if not math.isnan(cog) else math.nan, remarks=words, exercise=node.facts.context != "real",
            ).encode()  # fmt: skip

"""The work of the watch: its log, its hand-over, its watch lists."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Body, Query
from pydantic import Field
from starlette.responses import Response

from kizuna.base.units import HOUR_MS
from kizuna.node.api.answers import Problem, answer
from kizuna.node.api.books import Books
from kizuna.node.api.door import Looks, needs
from kizuna.node.api.routes.entry import Strict
from kizuna.node.api.times import Moment, moment_ms
from kizuna.node.api.view import Viewer, view_notes
from kizuna.node.desk.rules import may
from kizuna.node.desk.watch_log import Entry, Handover

_LOG_MOST: Final = 500
_SIGNED_ALERTS_MOST: Final = 500
_ENTRIES_MOST: Final = 20_000


class NewEntry(Strict):
    """One line of the log. ``t`` is when it happened (UTC ms), now without one."""

    text: str = Field(min_length=1, max_length=4000)
    kind: Literal["saw", "did", "decided", "note"] = "note"
    t: int | None = None
    mmsi: int | None = Field(default=None, ge=1, le=999_999_999)
    event_id: str | None = Field(default=None, max_length=64)
    lat: float | None = Field(default=None, ge=-90, le=90)
    lon: float | None = Field(default=None, ge=-180, le=180)
    corrects: int | None = Field(default=None, ge=1, le=1 << 62)


class Signature(Strict):
    """Handing the watch over. ``desk`` is the version of the desk that was on the screen."""

    to: str = Field(min_length=1, max_length=100)
    note: str = Field(default="", max_length=4000)
    desk: int | None = None


class WatchList(Strict):
    """A whole list; entries have the columns of ``picture.watch``."""

    name: str = Field(min_length=1, max_length=80)
    entries: list[dict[str, str]] = Field(max_length=_ENTRIES_MOST)


def add_to(router: APIRouter, books: Books) -> None:
    """Add the routes."""
    node = books.node
    log, lists, audit = node.desk.log, node.desk.lists, node.desk.audit

    @router.get("/api/log", **needs("log.see"))
    def entries(viewer: Looks, start: Annotated[Moment, Query(alias="from")] = None,
                end: Annotated[Moment, Query(alias="to")] = None,
                before: Annotated[int | None, Query(ge=1, le=1 << 62)] = None) -> Response:  # fmt: skip
        """The watch log, newest first, 500 at a time; ``before`` goes on from an id."""
        since, until = (None if t is None else moment_ms(t) for t in (start, end))
        rows = log.entries(start_ms=since, end_ms=until, before_id=before, most=_LOG_MOST)
        audit.saw(viewer.name, "log.see", "", viewer.address)
        rows = view_notes(rows, viewer, "log.see")
        return answer({"version": node.desk.version, "entries": [entry_as_dict(e) for e in rows]})

    @router.post("/api/log", **needs("log.write"))
    def write(viewer: Looks, body: Annotated[NewEntry, Body()]) -> Response:
        """Add an entry; a correction is a new entry that names the old one."""
        entry = log.write(viewer.name, body.kind, body.text, t_ms=body.t, mmsi=body.mmsi, event_id=body.event_id,
                          lat_deg=body.lat, lon_deg=body.lon, corrects=body.corrects)  # fmt: skip
        audit.did(viewer.name, "log.write", str(entry.entry_id), "done", viewer.address)
        return answer(entry_as_dict(entry), 201)

    @router.get("/api/handover", **needs("handover.see"))
    def page(viewer: Looks) -> Response:
        """What the next watch must know, and the hand-overs signed before."""
        signed = [handover_as_dict(h) for h in log.handovers()]
        return answer({**_page(books, viewer), "signed": signed})

    @router.post("/api/handover", **needs("handover.sign"))
    def sign(viewer: Looks, body: Annotated[Signature, Body()]) -> Response:
        """Sign the page as it is now; it is kept."""
        if body.desk is not None and body.desk != node.desk.version:
            raise Problem(409, "the desk has changed since this page was shown; look at it again", code="desk_changed")
        signed = log.sign(viewer.name, body.to, body.note, _page(books, viewer))
        audit.did(viewer.name, "handover.sign", str(signed.handover_id), body.to, viewer.address)
        return answer(handover_as_dict(signed), 201)

    @router.get("/api/watchlists", **needs("watchlist.see"))
    def watch_lists(viewer: Looks) -> Response:
        """Every list with its entries and the vessels that fit them now."""
        books.update_marks()
        audit.saw(viewer.name, "watchlist.see", "", viewer.address)
        return answer({"version": node.desk.version, "lists": [
            {"name": name, "entries": [{"line": n, **asdict(e)} for n, e in rows], "hits": _hits(books, name)}
            for name, rows in lists.all().items()
        ]})  # fmt: skip

    @router.put("/api/watchlists", **needs("watchlist.edit"))
    def put(viewer: Looks, body: Annotated[WatchList, Body()]) -> Response:
        """Replace one list; without entries it is removed."""
        kept = lists.put(viewer.name, body.name, body.entries)
        audit.did(viewer.name, "watchlist.edit", body.name, f"{kept} entries", viewer.address)
        books.update_marks()
        return answer({"name": body.name, "entries": kept, "version": node.desk.version})


def _page(books: Books, viewer: Viewer) -> dict[str, Any]:
    """Data of the hand-over page."""
    node = books.node
    listed = books.alerts.listed(viewer, every=True)
    waiting = [a for a in listed["alerts"] if a["state"] in ("new", "acknowledged")]
    silenced = [a for a in listed["alerts"] if a["state"] == "silenced"]
    last = next(iter(node.desk.log.handovers(1)), None)
    now = node.desk.clock()
    since = max(last.t_ms if last else 0, now - round(3 * node.alerts.watch_h * HOUR_MS))
    hits = [h for name in books.hits for h in _hits(books, name)] if may(viewer.role, "watchlist.see") else []
    down = [dict(s) for s in node.sources() if s.get("state") not in ("up", "ok")]
    return {
        "version": node.desk.version, "t": now, "since": since, "open": waiting[:_SIGNED_ALERTS_MOST],
        "open_left_out": max(0, len(waiting) - _SIGNED_ALERTS_MOST), "silenced": silenced[:_SIGNED_ALERTS_MOST],
        "counts": listed["counts"], "log": [entry_as_dict(e) for e in node.desk.log.entries(start_ms=since)],
        "watch_hits": hits, "sources_down": down, "audit_head": node.desk.audit.head()[1],
        "last": handover_as_dict(last) if last else None,
    }  # fmt: skip


def _hits(books: Books, name: str) -> list[dict[str, Any]]:
    return [
        {"list": name, "line": h.line, "mmsi": h.candidate.mmsi, "name": books.pictures.name(h.candidate.mmsi),
         "by": h.candidate.by, "likeness": round(h.candidate.likeness, 3), "way": h.candidate.way, "worth": h.worth,
         "reason": h.entry.reason, "last_t": h.candidate.last_ms}
        for h in books.hits.get(name, [])
    ]  # fmt: skip


def entry_as_dict(entry: Entry) -> dict[str, Any]:
    """An entry of the log as the API gives it."""
    return {
        "id": entry.entry_id, "t": entry.t_ms, "written": entry.written_ms, "by": entry.by, "kind": entry.kind,
        "text": entry.text, "mmsi": entry.mmsi, "event_id": entry.event_id, "lat": entry.lat_deg,
        "lon": entry.lon_deg, "corrects": entry.corrects,
    }  # fmt: skip


def handover_as_dict(signed: Handover) -> dict[str, Any]:
    """A signed hand-over, without the page that was signed."""
    return {"id": signed.handover_id, "t": signed.t_ms, "by": signed.by, "to": signed.to, "note": signed.note}

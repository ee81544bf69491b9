"""Alerts and events: the list that waits, whole events with their evidence, and what the desk decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Body, Path, Query
from pydantic import Field
from starlette.responses import Response

from kizuna.base.units import HOUR_MS, MISSING_TIME_MS
from kizuna.formats.geojson import event_rows
from kizuna.node.api.alert_book import Alert, as_dict, state_of
from kizuna.node.api.answers import Problem, answer
from kizuna.node.api.books import Books
from kizuna.node.api.door import Looks, needs
from kizuna.node.api.routes.entry import Strict
from kizuna.node.api.view import Reader, Viewer
from kizuna.node.desk.decisions import Deed

EventId = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.:-]+$")]


class Why(Strict):
    """A reason; the version of the event that was on the screen, so that a change meanwhile is noticed."""

    reason: str = Field(default="", max_length=2000)
    version: int | None = None


class Silence(Why):
    """Either ``hours`` from now or ``until`` (UTC ms); for the event alone or for its vessels."""

    hours: float | None = Field(default=None, gt=0, le=24 * 366)
    until: int | None = None
    scope: Literal["event", "vessel"] = "event"


class Named(Strict):
    """An event and the version that was on the screen."""

    event_id: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.:-]+$")
    version: int | None = None


class Together(Silence):
    """One decision about several events."""

    act: Literal["acknowledge", "silence", "dismiss", "undo"]
    events: list[Named] = Field(min_length=1, max_length=2000)


def add_to(router: APIRouter, books: Books) -> None:
    """Add the routes."""
    node = books.node
    _add_decisions(router, books)
    _add_together(router, books)

    @router.get("/api/alerts", **needs("event.see"))
    def alerts(viewer: Looks, state: Annotated[Literal["open", "all"], Query()] = "open") -> Response:
        """Alerts, newest first, with the state that the desk gave them, and the rows in which they belong together."""
        node.desk.audit.saw(viewer.name, "alert.list", state, viewer.address)
        return answer(books.alerts.listed(viewer, every=state == "all"))

    @router.get("/api/events/{event_id}", **needs("event.see"))
    def event(viewer: Looks, event_id: EventId) -> Response:
        """One event whole: evidence, other explanations, what would settle it, proof, and decisions about it."""
        found = Reader(node, viewer).events(event_id=event_id)
        if not len(found):
            raise Problem(404, "there is no such event", code="no_event")
        k = int(np.argmax(found["version"]))
        row = next(iter(event_rows(found.slice(k, k + 1))))
        node.desk.audit.saw(viewer.name, "event.see", event_id, viewer.address)
        alert = books.alerts.find(event_id)
        state, deed = state_of(alert, node.desk.decisions.standing(), node.desk.clock()) if alert else (None, None)
        start, end = int(found["start_ms"][k]), int(found["end_ms"][k])
        books.pictures.refresh()
        known = {
            "start": start, "end": None if end == MISSING_TIME_MS else end, "word": row["confidence_word"],
            "proof": [{**p, "fixes": p["count"]} for p in row["proof"] or ()],
            "names": [books.pictures.name(m) for m in row["mmsis"] or ()], "state": state,
            "decision": deed_as_dict(deed) if deed else None,
            "decisions": [deed_as_dict(d) for d in node.desk.decisions.of_event(event_id)],
        }  # fmt: skip
        return answer({**row, **known})


def _add_decisions(router: APIRouter, books: Books) -> None:
    node = books.node

    def decide(viewer: Viewer, event_id: str, body: Why, act: str, make: Callable[[Alert], Deed]) -> Response:
        """Write one decision down and give the alert as it stands then."""
        alert = books.alerts.find(event_id)
        if alert is None:
            raise Problem(404, "there is no such alert", code="no_alert")
        if body.version is not None and body.version != alert.version:
            raise Problem(409, f"the event is at version {alert.version} meanwhile; look at it again",
                          code="event_changed")  # fmt: skip
        deed = make(alert)
        node.desk.audit.did(viewer.name, f"alert.{act}", event_id, str(deed.deed_id), viewer.address)
        books.update_marks()
        state, standing = state_of(alert, node.desk.decisions.standing(), node.desk.clock())
        return answer(as_dict(alert, state, standing, books.pictures))

    desk = node.desk.decisions

    @router.post("/api/alerts/{event_id}/ack", **needs("alert.decide"))
    def acknowledge(viewer: Looks, event_id: EventId, body: Annotated[Why, Body()]) -> Response:
        return decide(viewer, event_id, body, "acknowledge", lambda a: desk.decide(
            "acknowledge", viewer.name, event_id, a.version, reason=body.reason))  # fmt: skip

    @router.post("/api/alerts/{event_id}/silence", **needs("alert.decide"))
    def silence(viewer: Looks, event_id: EventId, body: Annotated[Silence, Body()]) -> Response:
        if (body.hours is None) == (body.until is None):
            raise Problem(400, "a silence has either hours or until", code="silence_end")
        until = body.until if body.hours is None else node.desk.clock() + round(body.hours * HOUR_MS)

        def make(alert: Alert) -> Deed:
            deeds = [
                desk.decide("silence", viewer.name, event_id, alert.version, reason=body.reason, until_ms=until, mmsi=m)
                for m in (alert.mmsis if body.scope == "vessel" and alert.mmsis else (None,))
            ]
            return deeds[-1]

        return decide(viewer, event_id, body, "silence", make)

    @router.post("/api/alerts/{event_id}/dismiss", **needs("alert.decide"))
    def dismiss(viewer: Looks, event_id: EventId, body: Annotated[Why, Body()]) -> Response:
        return decide(viewer, event_id, body, "dismiss", lambda a: desk.decide(
            "dismiss", viewer.name, event_id, a.version, reason=body.reason))  # fmt: skip

    @router.post("/api/alerts/{event_id}/undo", **needs("alert.decide"))
    def undo(viewer: Looks, event_id: EventId, body: Annotated[Why, Body()]) -> Response:
        return decide(viewer, event_id, body, "undo", lambda a: desk.undo(
            viewer.name, event_id, a.version, reason=body.reason))  # fmt: skip


def _add_together(router: APIRouter, books: Books) -> None:
    node, desk = books.node, books.node.desk.decisions

    def write(viewer: Viewer, body: Together, alerts: list[Alert]) -> list[Deed]:
        if body.act == "undo":
            return desk.undo_all(viewer.name, [(a.event_id, a.version) for a in alerts], reason=body.reason)
        until = None
        if body.act == "silence":
            if (body.hours is None) == (body.until is None):
                raise Problem(400, "a silence has either hours or until", code="silence_end")
            until = body.until if body.hours is None else node.desk.clock() + round(body.hours * HOUR_MS)
        vessels = body.act == "silence" and body.scope == "vessel"
        about = [(a.event_id, a.version, m) for a in alerts for m in (a.mmsis if vessels and a.mmsis else (None,))]
        return desk.decide_all(body.act, viewer.name, about, reason=body.reason, until_ms=until)

    @router.post("/api/decisions", **needs("alert.decide"))
    def together(viewer: Looks, body: Annotated[Together, Body()]) -> Response:
        """Decide about several alerts at once: a row for each, all or none."""
        known = {a.event_id: a for a in books.alerts.alerts()}
        named = {e.event_id: e for e in body.events}
        if not named.keys() <= known.keys():
            raise Problem(404, "there is no such alert", code="no_alert")
        alerts = [known[e] for e in named]
        for alert in alerts:
            wanted = named[alert.event_id].version
            if wanted is not None and wanted != alert.version:
                raise Problem(409, f"the event is at version {alert.version} meanwhile; look at it again",
                              code="event_changed")  # fmt: skip
        deeds = write(viewer, body, alerts)
        things = [(d.event_id, str(d.deed_id)) for d in deeds]
        node.desk.audit.did_all(viewer.name, f"alert.{body.act}", things, viewer.address)
        books.update_marks()
        return answer({"version": node.desk.version, "decisions": [deed_as_dict(d) for d in deeds]})


def deed_as_dict(deed: Deed) -> dict[str, Any]:
    """A decision as the API gives it."""
    row = asdict(deed)
    return {"id": row.pop("deed_id"), "t": row.pop("t_ms"), "until": row.pop("until_ms"), **row,
            "scope": "event" if deed.mmsi is None else "vessel"}  # fmt: skip

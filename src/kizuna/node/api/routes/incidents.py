"""Incidents: one case, two desks. Analysts handle them; everybody may read."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Path, Query
from pydantic import Field
from starlette.responses import Response

from kizuna.node.api.answers import Problem, answer
from kizuna.node.api.books import Books
from kizuna.node.api.door import Looks, needs
from kizuna.node.api.routes.entry import Strict
from kizuna.node.api.view import Reader, Viewer
from kizuna.node.origin import own_rows
from kizuna.node.share.desk.office import Office
from kizuna.node.share.incidents import acts, shape
from kizuna.node.share.incidents.acts import Closing, Entry, Opening
from kizuna.node.share.views import words

Incident = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
Short = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
Text = Annotated[str, Field(max_length=2000)]
Party = Annotated[str, Field(pattern="^[a-z0-9][a-z0-9-]{0,31}$")]
Time = Annotated[int, Field(ge=0, le=4_102_444_800_000)]
Lat = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Lon = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=100_000)]
Place = tuple[Lon, Lat]
Outcome = Literal["", "saved", "lost", "not_found", "false_alarm", "handed_over", "repaired", "settled", "other"]
Done = Callable[..., Response]
Language = Literal["en", "ja", "zh-TW"]


class NewIncident(Strict):
    """An incident. ``at_ms``: when it happened. With ``break_glass`` it is passed to that partner in the same act."""

    kind: Literal["missing", "collision", "drifting", "cable", "encounter", "distress", "other"]
    title: str = Field(default="", max_length=120)
    text: Text = ""
    lat: Lat | None = None
    lon: Lon | None = None
    at_ms: Time | None = None
    vessel: str = Field(default="", max_length=120)
    persons: Count | None = None
    clause: str = Field(default="", max_length=100)
    break_glass: Party | None = None


class NewOffer(Strict):
    """Bring a partner in: under a rule, or at once under a distress clause (the first that fits without one)."""

    partner: Party
    break_glass: bool = False
    clause: str = Field(default="", max_length=100)
    why: Text = ""


class NewDrawing(Strict):
    """A drawing; the same label again replaces it, ``remove`` takes it away. Points are longitude, latitude."""

    label: str = Field(min_length=1, max_length=120)
    shape: Literal["point", "line", "area", "pattern"] = "point"
    points: list[Place] = Field(default=[], max_length=64)
    pattern: Literal["", "square", "sector", "parallel", "creeping", "track"] = ""
    nm: float | None = Field(default=None, gt=0, le=60, allow_inf_nan=False)
    brg: float | None = Field(default=None, ge=0, le=360, allow_inf_nan=False)
    legs: int | None = Field(default=None, ge=1, le=60)
    text: Text = ""
    remove: bool = False


class NewTask(Strict):
    """A task offered to a desk: a phrase with its parameters, or words."""

    to: Party
    phrase: str = Field(default="", max_length=40)
    params: dict[str, Any] = Field(default={}, max_length=8)
    what: Text = ""
    unit: str = Field(default="", max_length=120)
    until_ms: Time | None = None


class NewUnit(Strict):
    """A unit of this desk and where it is in the case."""

    unit: str = Field(min_length=1, max_length=120)
    state: Literal["assigned", "under_way", "on_scene", "left"]
    lat: Lat | None = None
    lon: Lon | None = None
    at_ms: Time | None = None
    osc: bool = False


class NewFix(Strict):
    """The newest position of a vessel, or a detection, released to the desks of the case each under its rule."""

    mmsi: int | None = Field(default=None, ge=1, le=999_999_999)
    detection: str | None = Field(default=None, max_length=20)
    text: Text = ""


class NewEntry(Strict):
    """One entry: exactly one of phrase, text, drawing, task, on_scene, position, reading."""

    phrase: str | None = Field(default=None, max_length=40)
    params: dict[str, Any] = Field(default={}, max_length=8)
    text: str | None = Field(default=None, min_length=1, max_length=2000)
    lang: str = Field(default="", max_length=16)
    re: str = Field(default="", pattern="^([0-9a-f]{32})?$")
    drawing: NewDrawing | None = None
    task: NewTask | None = None
    on_scene: NewUnit | None = None
    position: NewFix | None = None
    reading: str | None = Field(default=None, min_length=1, max_length=2000)


class TaskAct(Strict):
    """What becomes of a task."""

    act: Literal["accept", "refuse", "withdraw", "start", "done", "fail"]
    why: Text = ""


class HandoverAct(Strict):
    """Coordination: offered ``to`` a desk; accepted, refused, withdrawn; or assumed, which needs ``why``."""

    act: Literal["offer", "accept", "refuse", "withdraw", "assume"]
    to: Party | None = None
    why: Text = ""


class ClosureAct(Strict):
    """Closure: proposed with an outcome; agreed or refused (the proposal in ``of``, the only one without); reopened."""

    act: Literal["propose", "agree", "refuse", "reopen"] = "propose"
    of: str = Field(default="", pattern="^([0-9a-f]{32})?$")
    outcome: Outcome = ""
    saved: Count | None = None
    lost: Count | None = None
    missing: Count | None = None
    why: Text = ""


class SitrepAct(Strict):
    """A situation report to be sent into the case; ``changes`` are the officer's words by letter."""

    form: Literal["short", "full"] = "full"
    to: list[Annotated[str, Field(max_length=100)]] = Field(default=[], max_length=16)
    priority: Literal["", "distress", "urgency", "safety", "routine"] = ""
    lang: Language = "en"
    changes: dict[Annotated[str, Field(pattern="^[A-HJ-N]$")], Text] = Field(default={}, max_length=13)


class JoinAct(Strict):
    """This desk comes in, or says no."""

    act: Literal["join", "decline"]
    why: Text = ""


def office_of(books: Books) -> Office:
    """The desk of sharing; 404 where the node shares with nobody."""
    if books.node.office is None:
        raise Problem(404, "this node shares nothing: [sharing] party is not set", code="no_sharing")
    return books.node.office


def _done(books: Books) -> Done:
    """The answer to an act: into the audit, and the incident as it stands then."""

    def done(viewer: Viewer, act: str, incident: str, status: int = 200, outcome: str = "done") -> Response:
        books.node.desk.audit.did(viewer.name, act, incident, outcome, viewer.address)
        office = office_of(books)
        return answer(shape.whole(office, office.cases.get(incident)), status)

    return done


def add_to(router: APIRouter, books: Books) -> None:
    """Add the routes."""
    _add_reading(router, books)
    _add_course(router, books, _done(books))
    done = _done(books)

    @router.post("/api/incidents", **needs("incident.handle"))
    def begin(viewer: Looks, body: Annotated[NewIncident, Body()]) -> Response:
        """Open an incident; with ``break_glass`` also pass it to a partner at once."""
        office = office_of(books)
        what = "\n".join(t for t in (body.title, body.text) if t)
        opened = Opening(body.kind, body.lat, body.lon, body.at_ms, body.vessel, body.persons, what, body.clause)
        with _refusals(books, viewer, "incident.open", body.break_glass or ""):
            found = acts.begin(office, opened, viewer.name, body.break_glass or "")
        outcome = f"break-glass to {body.break_glass}" if body.break_glass else "done"
        return done(viewer, "incident.open", found, 201, outcome)

    @router.post("/api/incidents/{incident}/offer", **needs("incident.handle"))
    def offer(viewer: Looks, incident: Incident, body: Annotated[NewOffer, Body()]) -> Response:
        """Bring a partner in. 403 with the rule where it may not be; ``hint`` says whether break-glass is open."""
        office = office_of(books)
        act = "incident.break_glass" if body.break_glass else "incident.offer"
        with _refusals(books, viewer, act, f"{incident} {body.partner}"):
            if body.break_glass:
                office.cases.pass_on(incident, body.partner, body.clause, viewer.name)
            else:
                office.cases.offer(incident, body.partner, viewer.name, why=body.why)
        return done(viewer, act, incident, outcome=body.partner)

    @router.post("/api/incidents/{incident}/join", **needs("incident.handle"))
    def join(viewer: Looks, incident: Incident, body: Annotated[JoinAct, Body()]) -> Response:
        """Come into a case that was offered, or decline."""
        acts.join(office_of(books), incident, body.act, body.why, viewer.name)
        return done(viewer, f"incident.{body.act}", incident)

    @router.post("/api/incidents/{incident}/entries", **needs("incident.handle"))
    def entry(viewer: Looks, incident: Incident, body: Annotated[NewEntry, Body()]) -> Response:
        """Write one entry."""
        office, given = office_of(books), _given(body)
        with _refusals(books, viewer, f"incident.{given.what}", incident):
            if body.position is not None:
                rows = _rows(books, viewer, body.position)
                acts.share(office, incident, rows, body.position.text, viewer.name)
            else:
                acts.write(office, incident, given, viewer.name)
        return done(viewer, f"incident.{given.what}", incident, 201)


def _add_course(router: APIRouter, books: Books, done: Done) -> None:
    """What becomes of tasks, coordination and the case itself."""

    @router.post("/api/incidents/{incident}/tasks/{task}", **needs("incident.handle"))
    def task(viewer: Looks, incident: Incident, task: Short, body: Annotated[TaskAct, Body()]) -> Response:
        """Accept, refuse, withdraw, begin or end a task."""
        acts.task(office_of(books), incident, task, body.act, body.why, viewer.name)
        return done(viewer, f"incident.task.{body.act}", incident, outcome=task)

    @router.post("/api/incidents/{incident}/handover", **needs("incident.handle"))
    def handover(viewer: Looks, incident: Incident, body: Annotated[HandoverAct, Body()]) -> Response:
        """Hand coordination over."""
        acts.hand_over(office_of(books), incident, body.act, body.to or "", body.why, viewer.name)
        return done(viewer, f"incident.handover.{body.act}", incident, outcome=body.to or "done")

    @router.post("/api/incidents/{incident}/close", **needs("incident.handle"))
    def close(viewer: Looks, incident: Incident, body: Annotated[ClosureAct, Body()]) -> Response:
        """Propose closure, agree, refuse, or open again. Every desk that joined must agree."""
        said = Closing(body.act, body.of, body.outcome, body.saved, body.lost, body.missing, body.why)
        acts.close(office_of(books), incident, said, viewer.name)
        return done(viewer, f"incident.close.{body.act}", incident)

    @router.post("/api/incidents/{incident}/sitrep", **needs("incident.handle"))
    def send_sitrep(viewer: Looks, incident: Incident, body: Annotated[SitrepAct, Body()]) -> Response:
        """Write a situation report into the case."""
        acts.send_sitrep(office_of(books), incident, body.form, words.ours(body.lang), tuple(body.to), body.priority,
                         body.changes, viewer.name)  # fmt: skip
        return done(viewer, "incident.sitrep", incident, 201)

    @router.post("/api/incidents/{incident}/joint", **needs("incident.handle"))
    def sign_joint(viewer: Looks, incident: Incident) -> Response:
        """Sign the joint record of a closed case."""
        acts.sign_joint(office_of(books), incident, viewer.name)
        return done(viewer, "incident.joint", incident, 201)


class _refusals:  # noqa: N801  a with block
    """Refused acts stand in the audit as well."""

    def __init__(self, books: Books, viewer: Viewer, act: str, thing: str) -> None:
        self._said = (books, viewer, act, thing)

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, at: object) -> None:
        from kizuna.node.share.desk.refusal import Refusal  # noqa: PLC0415

        if isinstance(exc, Refusal):
            books, viewer, act, thing = self._said
            books.node.desk.audit.did(viewer.name, act, thing, f"refused: {exc.rule}", viewer.address)


def _given(body: NewEntry) -> Entry:
    """The one thing that an entry says."""
    named = [n for n in ("phrase", "text", "drawing", "task", "on_scene", "position", "reading")
             if getattr(body, n) is not None]  # fmt: skip
    if len(named) != 1:
        raise Problem(400, "an entry is exactly one of phrase, text, drawing, task, on_scene, position, reading",
                      code="one_entry")  # fmt: skip
    found = getattr(body, named[0])
    fields = found.model_dump() if isinstance(found, Strict) else {named[0]: found}
    if named[0] in ("phrase", "text"):
        fields |= {"params": body.params, "lang": body.lang, "re": body.re}
    return Entry(named[0], fields)


def _rows(books: Books, viewer: Viewer, asked: NewFix) -> Any:
    """The row that is to be released into the case."""
    from kizuna.node.share.door import Rows  # noqa: PLC0415

    node, reader = books.node, Reader(books.node, viewer)
    now_ms = node.now_ms()
    if (asked.mmsi is None) == (asked.detection is None):
        raise Problem(400, "a position is that of one vessel or one detection", code="one_position")
    if asked.mmsi is not None:
        fixes = own_rows(reader.track(asked.mmsi, now_ms - round(node.facts.gone_h * 3_600_000), now_ms + 1))
        if not len(fixes):
            raise Problem(404, "this node itself did not hear this vessel lately", code="not_heard")
        return Rows(fixes.slice(len(fixes) - 1, len(fixes)))
    name = asked.detection or ""
    number = int(name) if name.isdigit() and name.isascii() and len(name) < 19 else -1  # noqa: PLR2004  63 bits
    at_ms = node.contacts.time_of(number) if node.contacts is not None and number >= 0 else None
    if at_ms is None:
        raise Problem(404, "there is no such detection", code="no_detection")
    rows, _ = reader.detections(at_ms, at_ms + 1)
    return Rows(detections=own_rows(rows.take(rows["det_id"] == number)))


def _add_reading(router: APIRouter, books: Books) -> None:
    audit = books.node.desk.audit

    @router.get("/api/incidents", **needs("incident.see"))
    def listed(viewer: Looks, state: Literal["open", "all"] = "all") -> Response:
        """Every incident, newest first."""
        office = office_of(books)
        office.look()
        audit.saw(viewer.name, "incident.see", "", viewer.address)
        rows = [shape.row(office, held) for held in office.cases.all()]
        return answer({
            "version": office.cases.version, "me": office.me,
            "incidents": [r for r in rows if state == "all" or r["state"] == "open"],
        })  # fmt: skip

    @router.get("/api/incidents/{incident}", **needs("incident.see"))
    def whole(viewer: Looks, incident: Incident) -> Response:
        """One incident: timeline, tasks, who is on scene, drawings, what was shared."""
        office = office_of(books)
        found = shape.whole(office, _held(office, incident))
        audit.saw(viewer.name, "incident.see", incident, viewer.address)
        return answer(found)

    @router.get("/api/incidents/{incident}/sitrep", **needs("incident.see"))
    def sitrep(viewer: Looks, incident: Incident, form: Literal["short", "full"] = "full", lang: Language = "en",
               no: Annotated[int | None, Query(ge=1, le=10_000)] = None,
               text: Literal["false", "true"] = "false") -> Response:  # fmt: skip
        """A situation report: as sent with ``no``, else as it would be now; ``text`` as a message to send by hand."""
        office = office_of(books)
        audit.saw(viewer.name, "incident.see", incident, viewer.address)
        found = acts.sitrep(office, _held(office, incident), form, words.ours(lang), no or 0)
        return Response(found["text"], media_type="text/plain; charset=utf-8") if text == "true" else answer(found)

    @router.get("/api/incidents/{incident}/joint", **needs("incident.see"))
    def joint(viewer: Looks, incident: Incident, lang: Literal["", "en", "ja", "zh-TW"] = "") -> Response:
        """The joint record of a closed case in neutral names: JSON, or plain text in a language."""
        office = office_of(books)
        made = acts.joint_of(_held(office, incident))
        audit.did(viewer.name, "incident.joint.take", incident, made.sha256[:16], viewer.address)
        if lang:
            return Response(acts.joint_text(made, words.ours(lang)), media_type="text/plain; charset=utf-8")
        return answer({"sha256": made.sha256, "document": json.loads(made.text), "key": dict(made.key)})

    @router.get("/api/phrasebook", **needs("incident.see"))
    def phrasebook() -> Response:
        """The phrases of agreed wording in three languages."""
        return answer(shape.phrases())


def _held(office: Office, incident: str) -> Any:
    from kizuna.base.errors import InputError  # noqa: PLC0415

    try:
        return office.cases.get(incident)
    except InputError as exc:
        raise Problem(404, "there is no such incident", code="no_incident") from exc

"""What is asked of partners, and what they ask: recalls, corrections and requests; and the queue for a person."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Path
from pydantic import Field
from starlette.responses import Response

from kizuna.node.api.answers import Problem, answer
from kizuna.node.api.books import Books
from kizuna.node.api.door import Looks, needs
from kizuna.node.api.routes import sharing_grants
from kizuna.node.api.routes.entry import Strict
from kizuna.node.api.routes.incidents import _refusals, office_of
from kizuna.node.share.desk import corrections as correction_desk
from kizuna.node.share.desk import recalls as recall_desk
from kizuna.node.share.desk import requests as request_desk
from kizuna.node.share.desk.requests import Wish
from kizuna.node.share.views import overview

Id = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Named = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]
Party = Annotated[str, Field(pattern="^[a-z0-9][a-z0-9-]{0,31}$")]
Audience = Annotated[str, Field(pattern="^([a-z0-9][a-z0-9-]{0,31}|c:[a-z0-9][a-z0-9.-]{0,61})$")]
Time = Annotated[int, Field(ge=0, le=4_102_444_800_000)]
Word = Annotated[str, Field(min_length=1, max_length=64)]


class NewRecall(Strict):
    """A recall of one record, some records, or all that was told about a subject (``mmsi:431000001``)."""

    record: Id | None = None
    records: list[Id] = Field(default=[], max_length=5000)
    subject: str = Field(default="", max_length=256)
    action: Literal["hide", "delete", "annotate"] = "hide"
    reason: Literal["error", "sensitive", "personal", "legal", "security", "expired"]
    text: str = Field(default="", max_length=2000)


class NewCorrection(Strict):
    """What was wrong with records that were told; ``dry_run`` only says who would be told."""

    records: list[Id] = Field(min_length=1, max_length=256)
    text: str = Field(min_length=1, max_length=4000)
    fields: list[Word] = Field(default=[], max_length=64)
    instead: Id | None = None
    dry_run: bool = False


class Reason(Strict):
    """Why."""

    why: str = Field(min_length=1, max_length=256)


class NewRequest(Strict):
    """A request for information to one partner. ``geo``: a point (lon, lat) or a box (west, south, east, north)."""

    to: Party
    text: str = Field(min_length=1, max_length=4000)
    kinds: list[Word] = Field(default=[], max_length=16)
    subject: list[Word] = Field(default=[], max_length=64)
    geo: list[Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]] = Field(default=[], max_length=4)
    from_ms: Time | None = None
    to_ms: Time | None = None
    by_ms: Time | None = None
    purpose: list[Word] = Field(default=[], max_length=8)
    clause: str = Field(default="", max_length=100)
    distress: bool = False


class NewAnswer(Strict):
    """An answer; what is given names records that were told to the asker under their own rules."""

    verdict: Literal["given", "partly", "nothing_held", "later"]
    records: list[Id] = Field(default=[], max_length=512)
    text: str = Field(default="", max_length=4000)


class Review(Strict):
    """A second person's word about what a lone officer did."""

    verdict: Literal["right", "wrong", "right_but_improve"]
    text: str = Field(default="", max_length=2000)


class Judgement(Strict):
    """A person's word about what waits."""

    accept: bool = False


def add_to(router: APIRouter, books: Books) -> None:
    """Add the routes."""
    _add_recalls(router, books)
    _add_corrections(router, books)
    _add_requests(router, books)
    sharing_grants.add_to(router, books)
    _add_queue(router, books)


def _add_recalls(router: APIRouter, books: Books) -> None:
    audit = books.node.desk.audit

    @router.get("/api/sharing/recalls", **needs("release.see"))
    def recalls(viewer: Looks) -> Response:
        """Recalls of all, each with its table of hops: asked, acknowledged, refused, pending. Never "deleted"."""
        office = office_of(books)
        audit.saw(viewer.name, "recall.see", "", viewer.address)
        return answer({"recalls": recall_desk.listed(office)})

    @router.post("/api/sharing/recalls", **needs("release.act"))
    def recall(viewer: Looks, body: Annotated[NewRecall, Body()]) -> Response:
        """Ask everybody who has these records to hide, delete or annotate them."""
        office = office_of(books)
        names = [*([body.record] if body.record else []), *body.records]
        if bool(names) == bool(body.subject):
            raise Problem(400, "name records, or a subject", code="one_thing")
        with _refusals(books, viewer, "recall", body.subject or names[0]):
            done = recall_desk.recall(office, names, body.subject, body.action, body.reason, body.text, viewer.name)
        audit.did(viewer.name, "recall", body.subject or names[0], f"{body.action}: {body.reason}", viewer.address)
        return answer({"ids": done, "recalls": recall_desk.listed(office)}, 201)

    @router.post("/api/sharing/recalls/{recall}/refuse", **needs("release.act"))
    def refuse(viewer: Looks, recall: Named, body: Annotated[Reason, Body()]) -> Response:
        """Refuse a recall of another party, for instance to keep evidence; the refusal and its reason are said."""
        office = office_of(books)
        _or_404(lambda: recall_desk.refuse(office, recall, body.why, viewer.name))
        audit.did(viewer.name, "recall.refuse", recall, body.why, viewer.address)
        return answer({"recalls": recall_desk.listed(office)})


def _add_corrections(router: APIRouter, books: Books) -> None:
    audit = books.node.desk.audit

    @router.get("/api/sharing/corrections", **needs("release.see"))
    def corrections(viewer: Looks) -> Response:
        """Corrections of all: of our own who was told and has acknowledged, of others what changes by them here."""
        office = office_of(books)
        audit.saw(viewer.name, "correction.see", "", viewer.address)
        return answer({"corrections": office.corrections.listed()})

    @router.post("/api/sharing/corrections", **needs("release.act"))
    def correct(viewer: Looks, body: Annotated[NewCorrection, Body()]) -> Response:
        """Tell everybody who was told these records what was wrong with them, each of what it was told alone."""
        office = office_of(books)
        wish = correction_desk.Wish(body.records, body.text, tuple(body.fields), body.instead or "")
        with _refusals(books, viewer, "correct", body.records[0]):
            would = _or_404(lambda: correction_desk.drafted(office, correction_desk.plan(office, wish)))
            if body.dry_run:
                return answer({"would": would})
            done = _or_404(lambda: correction_desk.correct(office, wish, viewer.name))
        audit.did(viewer.name, "correct", body.records[0], ", ".join(body.fields), viewer.address)
        return answer({"ids": done, "corrections": office.corrections.listed()}, 201)


def _add_requests(router: APIRouter, books: Books) -> None:
    audit = books.node.desk.audit

    @router.get("/api/sharing/requests", **needs("release.who"))
    def requests(viewer: Looks) -> Response:
        """Requests for information of both sides, those in distress first, then by the day an answer is due."""
        office = office_of(books)
        audit.saw(viewer.name, "request.see", "", viewer.address)
        return answer({"me": office.me, "requests": request_desk.listed(office)})

    @router.post("/api/sharing/requests", **needs("release.who"))
    def ask(viewer: Looks, body: Annotated[NewRequest, Body()]) -> Response:
        """Ask a partner for information."""
        office = office_of(books)
        wish = Wish(body.to, body.text, tuple(body.kinds), tuple(body.subject), tuple(body.geo), body.from_ms,
                    body.to_ms, body.by_ms, tuple(body.purpose), body.clause, body.distress)  # fmt: skip
        with _refusals(books, viewer, "request", body.to):
            name = request_desk.ask(office, wish, viewer.name)
        audit.did(viewer.name, "request", name, body.to, viewer.address)
        return answer({"id": name, "requests": request_desk.listed(office)}, 201)

    @router.post("/api/sharing/requests/{request}/answer", **needs("release.act"))
    def give(viewer: Looks, request: Named, body: Annotated[NewAnswer, Body()]) -> Response:
        """Answer a request; records that are given must have been told to the asker already."""
        office = office_of(books)
        with _refusals(books, viewer, "request.answer", request):
            _or_404(lambda: request_desk.answer(office, request, body.verdict, body.records, body.text, viewer.name))
        audit.did(viewer.name, "request.answer", request, body.verdict, viewer.address)
        return answer({"requests": request_desk.listed(office)})

    @router.post("/api/sharing/requests/{request}/refuse", **needs("release.act"))
    def refuse(viewer: Looks, request: Named, body: Annotated[Reason, Body()]) -> Response:
        """Refuse a request with a reason, which may be short."""
        office = office_of(books)
        with _refusals(books, viewer, "request.refuse", request):
            _or_404(lambda: request_desk.answer(office, request, "refused", (), body.why, viewer.name))
        audit.did(viewer.name, "request.refuse", request, body.why, viewer.address)
        return answer({"requests": request_desk.listed(office)})

    @router.post("/api/sharing/requests/{request}/withdraw", **needs("release.who"))
    def withdraw(viewer: Looks, request: Named) -> Response:
        """Take an own request back."""
        office = office_of(books)
        _or_404(lambda: request_desk.withdraw(office, request, "", viewer.name))
        audit.did(viewer.name, "request.withdraw", request, "done", viewer.address)
        return answer({"requests": request_desk.listed(office)})


def _add_queue(router: APIRouter, books: Books) -> None:
    audit = books.node.desk.audit

    @router.get("/api/sharing/reviews", **needs("release.review"))
    def reviews(viewer: Looks) -> Response:
        """Acts of lone officers that wait for a second person, and those that were looked at."""
        office = office_of(books)
        audit.saw(viewer.name, "review.see", "", viewer.address)
        return answer(overview.reviews(office))

    @router.post("/api/sharing/reviews/{act}", **needs("release.review"))
    def review(viewer: Looks, act: Named, body: Annotated[Review, Body()]) -> Response:
        """A second person's word; refused to the officer who acted."""
        office = office_of(books)
        with _refusals(books, viewer, "review", act):
            _or_404(lambda: office.cases.review(act, viewer.name, body.verdict, body.text))
        audit.did(viewer.name, "review", act, body.verdict, viewer.address)
        return answer(overview.reviews(office))

    @router.get("/api/sharing/quarantine", **needs("release.see"))
    def quarantine(viewer: Looks) -> Response:
        """What was set aside unread, and what was posted over TAXII, for a person to look at."""
        office = office_of(books)
        audit.saw(viewer.name, "quarantine.see", "", viewer.address)
        return answer({"items": overview.quarantine(office)})

    @router.post("/api/sharing/quarantine/{number}", **needs("release.act"))
    def judge(viewer: Looks, number: Annotated[int, Path(ge=1, le=1 << 60)],
              body: Annotated[Judgement, Body()]) -> Response:  # fmt: skip
        """A person's word about what waits: refused bytes are looked at, posted objects let in or not."""
        office = office_of(books)
        with _refusals(books, viewer, "quarantine", str(number)):
            _or_404(lambda: overview.judge(office, number, viewer.name, accept=body.accept))
        audit.did(viewer.name, "quarantine", str(number), "accepted" if body.accept else "set aside", viewer.address)
        return answer({"items": overview.quarantine(office)})


def _or_404(work: Any) -> Any:
    from kizuna.node.api.routes.sharing import _there  # noqa: PLC0415  which imports this module

    return _there(work)

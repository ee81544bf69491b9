"""Leave to pass records on: what we gave, what we were given, what was asked, and what went on under it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path
from pydantic import Field
from starlette.responses import Response

from kizuna.base.errors import InputError
from kizuna.node.api.answers import Problem, answer
from kizuna.node.api.books import Books
from kizuna.node.api.door import Looks, needs
from kizuna.node.api.routes.entry import Strict
from kizuna.node.api.routes.incidents import _refusals, office_of
from kizuna.node.share.onward import grants as grant_desk
from kizuna.records.bodies.onward import Scope

Id = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Named = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]
_Party = "^[a-z0-9][a-z0-9-]{0,31}$"
Party = Annotated[str, Field(pattern=_Party)]
Audience = Annotated[str, Field(pattern="^([a-z0-9][a-z0-9-]{0,31}|c:[a-z0-9][a-z0-9.-]{0,61})$")]
Time = Annotated[int, Field(ge=0, le=4_102_444_800_000)]
Word = Annotated[str, Field(min_length=1, max_length=64)]


class About(Strict):
    """What a leave is about: records by their ids, or all of some kinds or about some subjects, and to whom."""

    records: list[Id] = Field(default=[], max_length=512)
    kinds: list[Word] = Field(default=[], max_length=16)
    subjects: list[Word] = Field(default=[], max_length=64)
    from_ms: Time | None = None
    to: Audience
    purpose: list[Word] = Field(default=[], max_length=8)

    @property
    def scope(self) -> Scope:
        """The same as it stands in records."""
        return Scope(records=tuple(self.records), kinds=tuple(self.kinds), subjects=tuple(self.subjects),
                     from_ms=self.from_ms, to=self.to, purpose=tuple(self.purpose))  # fmt: skip


class NewGrant(About):
    """Leave to pass own records on to an audience until a time. ``via``: carriers that are told of it."""

    until_ms: Time
    via: list[Party] = Field(default=[], max_length=32)
    request: Id | None = None


class LeaveAsked(About):
    """Ask the originator for leave to pass its records on; ``of`` where no record says who that is."""

    of: str = Field(default="", pattern="^([a-z0-9][a-z0-9-]{0,31})?$")
    until_ms: Time | None = None
    text: str = Field(default="", max_length=2000)


class Words(Strict):
    """Why."""

    why: str = Field(min_length=1, max_length=2000)


class Ending(Strict):
    """Words to those who were told of the grant; may be empty."""

    text: str = Field(default="", max_length=2000)


class Second(Strict):
    """A second person's word about a grant."""

    approve: bool


class Confirmed(Strict):
    """The fingerprint of a root key, as the party itself told it: six groups of four digits."""

    fingerprint: str = Field(pattern="^[0-9a-fA-F]{4}(-[0-9a-fA-F]{4}){5}$")


def add_to(router: APIRouter, books: Books) -> None:
    """Add the routes."""
    _add_looking(router, books)
    _add_giving(router, books)
    _add_asking(router, books)


def _add_looking(router: APIRouter, books: Books) -> None:
    audit = books.node.desk.audit

    @router.get("/api/sharing/grants", **needs("release.see"))
    def grants(viewer: Looks) -> Response:
        """Grants of all parties with what went on under them, requests for leave, what waits, what was set aside."""
        office = office_of(books)
        audit.saw(viewer.name, "grant.see", "", viewer.address)
        return answer(grant_desk.listed(office))

    @router.get("/api/sharing/grants/{grant}", **needs("release.see"))
    def grant_alone(viewer: Looks, grant: Named) -> Response:
        """One grant, and the newest records that went on under it."""
        office = office_of(books)
        found = _or_404(lambda: grant_desk.shown(office, grant))
        audit.saw(viewer.name, "grant.see", grant, viewer.address)
        return answer(found)


def _add_giving(router: APIRouter, books: Books) -> None:
    audit = books.node.desk.audit

    @router.post("/api/sharing/grants", **needs("release.act"))
    def give(viewer: Looks, body: Annotated[NewGrant, Body()]) -> Response:
        """Allow that own records be passed on; where the rule asks for two persons it waits for the second."""
        office = office_of(books)
        wish = grant_desk.Wish(body.scope, body.until_ms, tuple(body.via), body.request or "")
        with _refusals(books, viewer, "grant", body.to):
            done = _or_400(lambda: grant_desk.give(office, wish, viewer.name))
        audit.did(viewer.name, "grant", done["id"], f"{done['state']} to {body.to}", viewer.address)
        return answer({**done, **grant_desk.listed(office)}, 201)

    @router.post("/api/sharing/grants/proposed/{proposal}", **needs("release.act"))
    def second(viewer: Looks, proposal: Named, body: Annotated[Second, Body()]) -> Response:
        """A second person approves or drops a grant that waits."""
        office = office_of(books)
        with _refusals(books, viewer, "grant.approve", proposal):
            _or_404(lambda: grant_desk.decide(office, proposal, viewer.name, approve=body.approve))
        audit.did(viewer.name, "grant.approve", proposal, "approved" if body.approve else "dropped", viewer.address)
        return answer(grant_desk.listed(office))

    @router.post("/api/sharing/grants/{grant}/end", **needs("release.act"))
    def end(viewer: Looks, grant: Named, body: Annotated[Ending | None, Body()] = None) -> Response:
        """End an own grant before its time; what was passed on until then is a matter for a recall."""
        office = office_of(books)
        _or_404(lambda: grant_desk.end(office, [grant], body.text if body else "", viewer.name))
        audit.did(viewer.name, "grant.end", grant, "done", viewer.address)
        return answer(grant_desk.listed(office))


def _add_asking(router: APIRouter, books: Books) -> None:
    audit = books.node.desk.audit

    @router.post("/api/sharing/grants/ask", **needs("release.act"))
    def ask_leave(viewer: Looks, body: Annotated[LeaveAsked, Body()]) -> Response:
        """Ask the originator for leave to pass its records on."""
        office = office_of(books)
        with _refusals(books, viewer, "grant.ask", body.to):
            name = _or_400(lambda: grant_desk.ask(office, body.scope, body.of, body.until_ms, body.text, viewer.name))
        audit.did(viewer.name, "grant.ask", name, body.to, viewer.address)
        return answer({"id": name, **grant_desk.listed(office)}, 201)

    @router.post("/api/sharing/grants/asked/{request}/refuse", **needs("release.act"))
    def refuse(viewer: Looks, request: Named, body: Annotated[Words, Body()]) -> Response:
        """Refuse leave that was asked for, with a reason; the asker is told."""
        office = office_of(books)
        with _refusals(books, viewer, "grant.refuse", request):
            _or_404(lambda: grant_desk.refuse(office, request, body.why, viewer.name))
        audit.did(viewer.name, "grant.refuse", request, body.why, viewer.address)
        return answer(grant_desk.listed(office))

    @router.post("/api/sharing/originators/{party}", **needs("partner.act"))
    def confirm(viewer: Looks, party: Annotated[str, Path(pattern=_Party)],
                body: Annotated[Confirmed, Body()]) -> Response:  # fmt: skip
        """Believe the keys of a party that carriers brought, after comparing the fingerprint with the party itself."""
        office = office_of(books)
        with _refusals(books, viewer, "originator.confirm", party):
            _or_404(lambda: grant_desk.confirm(office, party, body.fingerprint, viewer.name))
        audit.did(viewer.name, "originator.confirm", party, body.fingerprint, viewer.address)
        return answer(grant_desk.listed(office))


def _or_404(work: Any) -> Any:
    from kizuna.node.api.routes.sharing import _there  # noqa: PLC0415  which imports this module

    return _there(work)


def _or_400(work: Any) -> Any:
    try:
        return work()
    except InputError as exc:
        raise Problem(404 if exc.code else 400, exc.message, code=exc.code or "grant") from exc

"""Getting in and out: health, log in and out, the first administrator, one's own password.

A login always begins a new session and ends the one that came with it, so a session planted in a browser is worth
nothing. Wrong names and wrong passwords get the same answer after the same time; too many of them have to wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, Final, TypeVar

from fastapi import APIRouter, Body, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from kizuna.node.api.answers import Problem, answer
from kizuna.node.api.door import Looks, cookie_name, cookie_of, needs, open_to_all, set_session
from kizuna.node.api.interfaces import Node
from kizuna.node.desk.people import User, Wait

_T = TypeVar("_T")
_AT_ONCE: Final = 2
_WAITING_MOST: Final = 50


class Turns:
    """Work with passwords takes turns, so that a crowd at the door leaves the threads to those who are inside."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0

    async def take(self, work: Callable[[], _T]) -> _T:
        """Do the work on a thread when it is its turn. Raises Problem 429 when too many wait."""
        if self._waiting >= _WAITING_MOST:
            raise Problem(429, "too many are at the door; try again soon", code="crowd", Retry_After="5")
        self._waiting += 1
        try:
            async with self._turn:
                return await run_in_threadpool(work)
        finally:
            self._waiting -= 1


class Strict(BaseModel):
    """Bodies name nothing that is not declared."""

    model_config = ConfigDict(extra="forbid")


class Credentials(Strict):
    """User and password."""

    user: str = Field(min_length=1, max_length=64)
    password: str = Field(min_length=1, max_length=256)


class FirstUser(Credentials):
    """The same with the token of the set-up link."""

    token: str = Field(min_length=1, max_length=100)


class NewPassword(Strict):
    """One's own password, old and new."""

    old: str = Field(max_length=256)
    new: str = Field(max_length=256)


def add_to(router: APIRouter, node: Node) -> None:
    """Add the routes."""
    people, audit, facts = node.desk.people, node.desk.audit, node.facts
    turns = Turns()

    @router.get("/health", **open_to_all())
    async def health() -> Response:
        return answer({"ok": True})

    @router.get("/api/entry", **open_to_all())
    async def entry() -> Response:
        """What the login page needs to know: marking, languages, whether another provider vouches for users."""
        oidc = None if node.oidc is None else node.oidc.title
        return answer({"marking": facts.marking, "languages": facts.languages, "oidc": oidc,
                       "setup": people.needs_setup()})  # fmt: skip

    @router.post("/api/login", **open_to_all())
    async def login(request: Request, body: Annotated[Credentials, Body()]) -> Response:
        address = _address(request)
        found = await turns.take(lambda: people.check(body.user, body.password, address))
        if isinstance(found, Wait):
            audit.refused(body.user, "login", "waits", address)
            raise Problem(429, f"too many failures; try again in {found.seconds} s", code="wait",
                          facts={"seconds": found.seconds}, Retry_After=str(found.seconds))  # fmt: skip
        if found is None:
            audit.refused(body.user, "login", "refused", address)
            raise Problem(401, "user or password is wrong", code="wrong_password")
        return begin_session(node, request, found)

    @router.post("/api/setup", **open_to_all())
    async def setup(request: Request, body: Annotated[FirstUser, Body()]) -> Response:
        """Make the first administrator with the link that the node printed."""
        user = await turns.take(lambda: people.set_up(body.token, body.user, body.password))
        if user is None:
            audit.refused(body.user, "setup", "refused", _address(request))
            raise Problem(403, "the set-up link does not hold: it was used, is older than a day, or is not needed",
                          code="setup_link")  # fmt: skip
        audit.did(user.name, "setup", "", "done", _address(request))
        return begin_session(node, request, user)

    @router.post("/api/logout", **needs("session.end"))
    async def logout(viewer: Looks) -> Response:
        people.end(viewer.session)
        audit.did(viewer.name, "logout", "", "done", viewer.address)
        response = Response(status_code=204)
        set_session(response, "", facts)
        response.headers["clear-site-data"] = '"cache", "storage"'
        return response

    @router.post("/api/password", **needs("password.change"))
    async def password(request: Request, viewer: Looks, body: Annotated[NewPassword, Body()]) -> Response:
        """Change one's own password; every session of the user ends and a new one begins."""
        found = await turns.take(lambda: people.check(viewer.name, body.old, viewer.address))
        if not isinstance(found, User):
            raise Problem(403, "the old password is wrong", code="old_password")
        await turns.take(lambda: people.change(found, password=body.new))
        audit.did(viewer.name, "password.change", viewer.name, "done", viewer.address)
        return begin_session(node, request, found)

    @router.get("/api/me", **needs("picture.see"))
    async def me(viewer: Looks) -> Response:
        return answer({"user": viewer.name, "role": viewer.role, **about(node)})


def about(node: Node) -> dict[str, object]:
    """What the page needs to know of the node."""
    facts = node.facts
    lat, lon, zoom = facts.home
    return {
        "sharing": node.office is not None, "party": node.office.me if node.office is not None else "",
        "node": {
            "name": facts.name, "title": facts.title, "context": facts.context, "marking": facts.marking,
            "exercise": facts.context != "real", "languages": facts.languages,
            "home": {"lat": lat, "lon": lon, "zoom": zoom}, "tz": facts.tz, "mode": facts.mode,
            "version": facts.version, "gone_h": facts.gone_h,
        },
        "marking": node.markings.as_row(),
        "origins": [{"code": o.code, "name": o.name, "shape": o.shape} for o in facts.origins],
    }  # fmt: skip


def begin_session(node: Node, request: Request, user: User) -> Response:
    """A new session for somebody who has just proved who they are; the one that came with the request ends."""
    before = cookie_of(request.headers, cookie_name(node.facts))
    if before:
        node.desk.people.end(before)
    token = node.desk.people.begin(user, _address(request))
    node.desk.audit.did(user.name, "login", "", "done", _address(request))
    response = answer({"user": user.name, "role": user.role, **about(node)})
    set_session(response, token, node.facts)
    return response


def _address(request: Request) -> str:
    return request.client.host if request.client else ""

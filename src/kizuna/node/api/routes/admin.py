"""For administrators: users, tokens, the audit. And the health of sources, which everybody may see."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Body, Path, Query
from fastapi.concurrency import run_in_threadpool
from pydantic import ConfigDict, Field
from starlette.responses import Response

from kizuna.base import utc
from kizuna.formats.spread import safe
from kizuna.node.api.answers import Problem, answer
from kizuna.node.api.books import Books
from kizuna.node.api.door import Looks, needs
from kizuna.node.api.routes.entry import Strict
from kizuna.node.api.times import Moment, moment_ms
from kizuna.node.api.view import view_notes
from kizuna.node.desk.desk import Desk
from kizuna.node.desk.people import User
from kizuna.node.desk.tokens import DAYS, DELAY_S, GRID_DEG, Token

_FILE_MOST: Final = 100_000
Role = Literal["viewer", "analyst", "administrator", "release_officer"]


class NewUser(Strict):
    """A user with a first password, or with a subject at the identity provider."""

    name: str = Field(min_length=1, max_length=64)
    role: Role
    password: str | None = Field(default=None, max_length=256)
    subject: str = Field(default="", max_length=300)


class UserChange(Strict):
    """What is given is changed."""

    role: Role | None = None
    disabled: bool | None = None
    password: str | None = Field(default=None, max_length=256)


class NewToken(Strict):
    """A token; late and coarse unless said otherwise. ``as``: it reads exactly what that partner is told."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    name: str = Field(min_length=1, max_length=80)
    kind: Literal["feed", "metrics", "taxii", "received"]
    days: int = Field(default=DAYS, ge=1, le=730)
    live: bool = False
    delay_s: int = Field(default=DELAY_S, ge=0, le=30 * 86_400)
    grid_deg: float = Field(default=GRID_DEG, ge=0, le=5)
    partner: str = Field(default="", alias="as", pattern="^([a-z0-9][a-z0-9-]{0,31})?$")


def add_to(router: APIRouter, books: Books) -> None:
    """Add the routes."""
    node = books.node
    _add_users(router, node.desk)
    _add_tokens(router, node.desk)
    _add_audit(router, node.desk)

    @router.get("/api/sources", **needs("source.see"))
    def sources(viewer: Looks) -> Response:
        """Health of each source."""
        rows = [{**s, "last_t": _moment(s.get("last"))} for s in node.sources()]
        return answer({"sources": view_notes(rows, viewer, "source.see")})


Until = Annotated[Moment, Query(alias="to")]
Since = Annotated[Moment, Query(alias="from")]
Who = Annotated[str | None, Query(max_length=100)]
Text = Annotated[str, Query(max_length=100)]


def _add_audit(router: APIRouter, desk: Desk) -> None:
    audit = desk.audit

    @router.get("/api/audit", **needs("audit.see"))
    def book(viewer: Looks, before: Annotated[int | None, Query(ge=1, le=1 << 62)] = None, by: Who = None,
             act: Text = "", text: Text = "", start: Since = None, end: Until = None) -> Response:  # fmt: skip
        """Who saw and did what, newest first, 500 at a time; by user, beginning of the act, a text, a time."""
        audit.saw(viewer.name, "audit.see", by or "", viewer.address)
        times = [None if t is None else moment_ms(t) for t in (start, end)]
        rows = audit.page(before_id=before, by=by, act=act, text=text, start_ms=times[0], end_ms=times[1])
        number, head = audit.head()
        return answer({
            "lines": [_line(r) for r in view_notes(rows, viewer, "audit.see")], "people": audit.people(),
            "head": {"id": number, "hash": head},
        })  # fmt: skip

    @router.get("/api/audit/file", **needs("audit.see"))
    def file(viewer: Looks, by: Who = None, act: Text = "", text: Text = "", start: Since = None,
             end: Until = None) -> Response:  # fmt: skip
        """The same as CSV, newest first, with the hashes that chain the lines; 100,000 at most."""
        times = [None if t is None else moment_ms(t) for t in (start, end)]
        rows = audit.page(by=by, act=act, text=text, start_ms=times[0], end_ms=times[1], most=_FILE_MOST)
        audit.did(viewer.name, "audit.export", by or "", f"{len(rows)} lines", viewer.address)
        out = io.StringIO(newline="")
        writer = csv.writer(out)
        writer.writerow(("line", "time", "by", "act", "object", "outcome", "address", "before", "hash"))
        for r in view_notes(rows, viewer, "audit.see"):
            words = (safe(r[k]) for k in ("by", "act", "object", "outcome", "address"))
            writer.writerow((r["audit_id"], utc.iso(r["t_ms"]), *words, r["before"], r["digest"]))
        return Response(out.getvalue().encode("utf-8-sig"), media_type="text/csv; charset=utf-8",
                        headers={"Content-Disposition": 'attachment; filename="audit.csv"'})  # fmt: skip

    @router.get("/api/audit/check", **needs("audit.see"))
    def check(viewer: Looks, noted: Annotated[str, Query(max_length=64, pattern="^[0-9a-f]*$")] = "") -> Response:
        """Whether the chain is whole, and whether a hash that was noted earlier is part of it."""
        audit.did(viewer.name, "audit.check", noted, "done", viewer.address)
        return answer(asdict(found := audit.verify(noted)) | {"whole": found.whole})


def _line(r: dict[str, Any]) -> dict[str, Any]:
    return {"id": r["audit_id"], "t": r["t_ms"], "by": r["by"], "act": r["act"], "object": r["object"],
            "outcome": r["outcome"], "address": r["address"]}  # fmt: skip


def _add_users(router: APIRouter, desk: Desk) -> None:
    people, audit = desk.people, desk.audit

    @router.get("/api/admin/users", **needs("user.edit"))
    def users() -> Response:
        seen = people.seen()
        return answer({"users": [{**user_as_dict(u), **_seen(seen.get(u.user_id))} for u in people.all()]})

    @router.post("/api/admin/users", **needs("user.edit"))
    async def add(viewer: Looks, body: Annotated[NewUser, Body()]) -> Response:
        if body.password is None and not body.subject:
            raise Problem(400, "a user has a password or a subject at the identity provider", code="no_password")
        user = await run_in_threadpool(lambda: people.add(body.name, body.role, body.password, subject=body.subject))
        audit.did(viewer.name, "user.add", user.name, user.role, viewer.address)
        return answer(user_as_dict(user), 201)

    @router.put("/api/admin/users/{name}", **needs("user.edit"))
    async def change(viewer: Looks, name: Annotated[str, Path(max_length=64)],
                     body: Annotated[UserChange, Body()]) -> Response:  # fmt: skip
        """Change role, password or access; the user's sessions end at once."""
        user = people.named(name)
        if user is None:
            raise Problem(404, "there is no such user", code="no_user")
        await run_in_threadpool(
            lambda: people.change(user, role=body.role, disabled=body.disabled, password=body.password)
        )
        what = ", ".join(k for k, v in body.model_dump().items() if v is not None)
        audit.did(viewer.name, "user.change", user.name, what, viewer.address)
        changed = people.named(name)
        return answer(user_as_dict(changed) if changed else None)


def _add_tokens(router: APIRouter, desk: Desk) -> None:
    tokens, audit = desk.tokens, desk.audit

    @router.get("/api/admin/tokens", **needs("token.edit"))
    def all_tokens() -> Response:
        return answer({"tokens": [token_as_dict(t) for t in tokens.all()]})

    @router.post("/api/admin/tokens", **needs("token.edit"))
    def make(viewer: Looks, body: Annotated[NewToken, Body()]) -> Response:
        """Make a token. The answer holds its secret, which is shown this once."""
        token, secret = tokens.make(viewer.name, body.name, body.kind, days=body.days, live=body.live,
                                    delay_s=body.delay_s, grid_deg=body.grid_deg, partner=body.partner)  # fmt: skip
        audit.did(viewer.name, "token.make", f"token:{token.token_id}", body.kind, viewer.address)
        return answer({**token_as_dict(token), "secret": secret}, 201)

    @router.delete("/api/admin/tokens/{token_id}", **needs("token.edit"))
    def revoke(viewer: Looks, token_id: Annotated[int, Path(ge=1, le=1 << 62)]) -> Response:
        if not tokens.revoke(token_id):
            raise Problem(404, "there is no such token, or it was revoked before", code="no_token")
        audit.did(viewer.name, "token.revoke", f"token:{token_id}", "done", viewer.address)
        return Response(status_code=204)


def _moment(last: Any) -> int | None:
    """A time of a source's health, ISO 8601 or milliseconds, as milliseconds."""
    return utc.parse(last) if isinstance(last, str) and last else last or None


def _seen(found: tuple[int, int] | None) -> dict[str, Any]:
    return {"sessions": found[0] if found else 0, "last": found[1] if found else None}


def user_as_dict(user: User) -> dict[str, Any]:
    """A user as the API gives them."""
    return {"name": user.name, "role": user.role, "disabled": user.disabled, "created": user.created_ms,
            "has_password": user.has_password, "subject": user.subject}  # fmt: skip


def token_as_dict(token: Token) -> dict[str, Any]:
    """A token as the API gives it, without its secret."""
    row = asdict(token)
    return {"id": row.pop("token_id"), "as": row.pop("partner"), **{k.removesuffix("_ms"): v for k, v in row.items()}}

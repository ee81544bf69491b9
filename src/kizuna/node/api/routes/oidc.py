"""The two steps of a login through an identity provider. Without one in the settings neither is there."""

from __future__ import annotations

import re
from html import escape
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from kizuna.base.errors import TrustError
from kizuna.node.api.answers import Problem
from kizuna.node.api.door import cookie_of, open_to_all
from kizuna.node.api.interfaces import Node
from kizuna.node.api.routes.entry import Turns, begin_session

_OWN_PATH: Final = re.compile(r"/(?![/\\])[!-~]{0,500}")


def add_to(router: APIRouter, node: Node) -> None:
    """Add the routes."""
    if node.oidc is None:
        return
    from kizuna.node.api.oidc import Provider, user_of  # noqa: PLC0415  only where there is a provider

    settings, provider, turns = node.oidc, Provider(node.oidc), Turns()
    cookie = "__Host-kizuna-oidc" if node.facts.secure else "kizuna-oidc"
    bound = f"Path=/; HttpOnly; SameSite=Lax{'; Secure' if node.facts.secure else ''}"

    @router.get("/api/oidc/begin", **open_to_all())
    async def begin(where: Annotated[str, Query(alias="next", max_length=500)] = "/") -> Response:
        """Send the browser to the provider."""
        there, binding = await turns.take(lambda: provider.begin(where if _OWN_PATH.fullmatch(where) else "/"))
        response = RedirectResponse(there, 303)
        response.headers.append("set-cookie", f"{cookie}={binding}; Max-Age=600; {bound}")
        return response

    @router.get("/api/oidc/end", **open_to_all(any_query=True))
    async def end(request: Request) -> Response:
        """The provider's answer: begin a session for whom it names."""
        address = request.client.host if request.client else ""
        try:
            binding = cookie_of(request.headers, cookie)
            claims, where = await turns.take(lambda: provider.end(dict(request.query_params), binding))
        except TrustError as exc:
            node.desk.audit.refused("", "login.oidc", f"refused: {exc.message}"[:100], address)
            raise Problem(403, exc.message) from exc
        user = await turns.take(lambda: user_of(claims, settings, node.desk.people))
        if user is None:
            node.desk.audit.refused(str(claims["sub"]), "login.oidc", "no user here", address)
            raise Problem(403, "you are known to your organisation, but no user of this node")
        begun = begin_session(node, request, user)
        # A page, not a redirect: browsers send a strict cookie only with what our own page asks for.
        page = f'<!doctype html><meta http-equiv="refresh" content="0;url={escape(where)}"><title>Kizuna</title>'
        response = Response(page, media_type="text/html; charset=utf-8")
        for line in begun.headers.getlist("set-cookie"):
            response.headers.append("set-cookie", line)
        response.headers.append("set-cookie", f"{cookie}=; Max-Age=0; {bound}")
        return response

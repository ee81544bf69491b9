"""The door: who asks, whether at all, and with which headers everything leaves.

It stands before every route. Without a login only the few paths of ``PUBLIC`` are reached; whatever else is asked is
answered with 401, also where there is nothing. Each route names its action besides (``needs``), and the table of rules
decides; a test walks all routes.

Requests that change something need the header ``X-Kizuna: 1`` and, where the browser names an origin, our own: another
site can send neither. The session cookie is ``HttpOnly``, ``SameSite=Strict`` and bound to TLS. Tokens of programs come
as ``Authorization: Bearer`` and may only read. Bodies are bounded, unknown query parameters refused.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
import secrets
import time
from math import inf
from typing import Annotated, Any, Final
from urllib.parse import SplitResult, quote, urlsplit

from fastapi import Depends, Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kizuna.node.api.answers import Problem, problem
from kizuna.node.api.interfaces import Facts, Node
from kizuna.node.api.view import Viewer
from kizuna.node.desk.rules import RECEIVED, TAXII, may

BODY_MOST: Final = 4 << 20
STRANGER_MOST: Final = 16 << 10
"""Bytes of a body of somebody who is not logged in: names and passwords. What is held for strangers stays small."""
_DIGITS: Final = 12
BODY_S: Final = 20.0
"""A body has so long to come."""
QUERY_MOST: Final = 4096
PUBLIC: Final = frozenset({
    "/health", "/login", "/setup", "/api/login", "/api/setup", "/api/entry", "/api/oidc/begin", "/api/oidc/end",
    "/favicon.ico", "/favicon.svg", "/icon.svg",
})  # fmt: skip
PUBLIC_UNDER: Final = ("/assets/",)
"""Program text of the page: the same for everybody, in the repository anyway, and no data."""
TAXII_UNDER: Final = "/taxii/"
"""TAXII clients post here with their token, which no page of another site can send; what they post waits."""
_BACKGROUND: Final = ("/api/changes", "/api/picture")
"""What the page asks by itself does not keep a session alive."""
_READS: Final = frozenset({"GET", "HEAD"})
_PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "worker-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
_DATA_POLICY: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
_HEADERS: Final = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_LOG: Final = logging.getLogger("kizuna.node.api")


def cookie_name(facts: Facts) -> str:
    """Name of the session cookie; the prefix makes browsers hold it to TLS and this host.

    It ends with the node's name: browsers send a cookie to every port of a host, so that two nodes of one machine would
    log each other's people out.
    """
    return f"__Host-kizuna-{facts.name}" if facts.secure else f"kizuna-{facts.name}"


def set_session(response: Response, token: str, facts: Facts) -> None:
    """Give the browser its session, or take it away with an empty token. It ends with the browser at the latest."""
    secure = "; Secure" if facts.secure else ""
    age = "" if token else "; Max-Age=0"
    text = f"{cookie_name(facts)}={token}; Path=/; HttpOnly; SameSite=Strict{secure}{age}"
    response.headers.append("set-cookie", text)


class Door:
    """The ASGI middleware."""

    def __init__(self, app: ASGIApp, node: Node) -> None:
        self._app = app
        self._node = node
        self._cookie = cookie_name(node.facts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer it here."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        request_id = secrets.token_hex(8)
        told: dict[str, Any] = {"status": 0, "bytes": 0}
        outward = self._outward(send, told, request_id)
        viewer: Viewer | None = None
        try:
            headers = Headers(scope=scope)
            viewer = self._who(scope, headers)
            scope.setdefault("state", {})["viewer"] = told["viewer"] = viewer
            refused = self._refused(scope, headers, viewer)
            if refused is not None:
                await refused(scope, receive, outward)
            else:
                await self._app(scope, _bounded(receive, _most(viewer)), outward)
        except Exception:  # noqa: BLE001  a bug ends one request, not the node; it is in the log
            _LOG.exception("request %s failed", request_id)
            if not told["status"]:
                await problem(500, f"request {request_id} is in the log")(scope, receive, outward)
        finally:
            _log(scope, told, viewer, request_id, time.perf_counter() - began)

    def _who(self, scope: Scope, headers: Headers) -> Viewer | None:
        client = scope.get("client")
        address = str(client[0]) if client else ""
        secret = _secret(headers.get("authorization", ""))
        if secret:
            token = self._node.desk.tokens.of_secret(secret)
            if token is None:
                return None
            name = f"token:{token.token_id}"
            if token.partner:  # what was told is as late and coarse as its rules made it
                return Viewer(name, token.kind, address, live=token.live, partner=token.partner)
            delay_s, grid_deg = token.delay_s, token.grid_deg
            if token.live:  # never fresher or finer than the node allows, whichever way it asks
                feeds = self._node.facts.feeds
                delay_s, grid_deg = max(delay_s, feeds.delay_s), max(grid_deg, feeds.grid_deg)
            return Viewer(name, token.kind, address, delay_s * 1000, grid_deg, token.live)
        session = cookie_of(headers, self._cookie)
        if not session:
            return None
        deed = scope["path"] not in _BACKGROUND
        user = self._node.desk.people.of_session(session, deed=deed)
        return None if user is None else Viewer(user.name, user.role, address, session=session)

    def _refused(self, scope: Scope, headers: Headers, viewer: Viewer | None) -> Response | None:
        """The refusal that a request gets before any route is looked up, or None."""
        path, method = scope["path"], scope["method"]
        fault = _odd(scope, headers, self._node.facts.hosts, _most(viewer))
        taxii = path.startswith(TAXII_UNDER) and viewer is not None and viewer.role in (TAXII, RECEIVED)
        if fault is None and method not in _READS and not taxii:
            if headers.get("x-kizuna") != "1" or not _same_origin(headers):
                fault = 403, "requests that change something come from our own page (header X-Kizuna)"
            elif viewer is not None and viewer.is_token:
                fault = 403, "a token may only read"
        if fault is not None:
            return problem(*fault)
        if viewer is None and path not in PUBLIC and not path.startswith(PUBLIC_UNDER):
            if method == "GET" and "text/html" in headers.get("accept", ""):
                there = "/login" if path == "/" else f"/login?next={quote(path, safe='/')}"
                return RedirectResponse(there, 303)
            return problem(401, "", {"WWW-Authenticate": 'Bearer realm="kizuna"'})
        return None

    def _outward(self, send: Send, told: dict[str, Any], request_id: str) -> Send:
        async def outward(message: Message) -> None:
            if message["type"] == "http.response.start":
                told["status"] = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                page = headers.get("content-type", "").startswith("text/html")
                if message["status"] != 304:  # noqa: PLR2004  a browser would put it in the place of the page's own
                    headers["content-security-policy"] = _PAGE_POLICY if page else _DATA_POLICY
                headers.setdefault("cache-control", "private, no-store")
                headers["x-kizuna-marking"] = self._node.markings.header(told.get("viewer"))
                headers["x-request-id"] = request_id
                _say_held_back(headers, told.get("viewer"))
                headers.setdefault("vary", "Cookie, Authorization")
            elif message["type"] == "http.response.body":
                told["bytes"] += len(message.get("body", b""))
            await send(message)

        return outward


def _say_held_back(headers: MutableHeaders, viewer: Viewer | None) -> None:
    """What a token is told is late and coarse: every answer says how much, whatever its form."""
    if viewer is not None and viewer.is_token and (viewer.delay_ms or viewer.grid_deg):
        headers["x-kizuna-delay-s"] = str(viewer.delay_ms // 1000)
        headers["x-kizuna-grid-deg"] = f"{viewer.grid_deg:g}"


def _secret(authorization: str) -> str:
    """The token of a header: ``Bearer``, or the password of ``Basic`` for programs that know no other way."""
    kind, _, value = authorization.partition(" ")
    if kind.lower() == "bearer":
        return value.strip()[:200]
    if kind.lower() == "basic":
        with contextlib.suppress(ValueError):
            return base64.b64decode(value.strip()[:400], validate=True).decode().partition(":")[2][:200]
    return ""


def _most(viewer: Viewer | None) -> int:
    """Bytes that a body may have."""
    return BODY_MOST if viewer is not None else STRANGER_MOST


def _odd(scope: Scope, headers: Headers, hosts: tuple[str, ...], most: int) -> tuple[int, str] | None:
    """What is wrong with a request whoever sends it; ``most``: bytes of a body."""
    if hosts and _parts(f"//{headers.get('host', '')}").hostname not in hosts:
        return 400, "this node is not known under that name"
    if len(scope.get("query_string", b"")) > QUERY_MOST:
        return 400, f"a query has {QUERY_MOST} bytes at most"
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit() and len(length) <= _DIGITS) or int(length) > most:
        return 413, f"a body has {most} bytes at most"
    return None


def _parts(url: str) -> SplitResult:
    """Parts of an address that somebody sent; of one that is none, nothing."""
    try:
        found = urlsplit(url)
    except ValueError:
        return urlsplit("")
    return found


def _bounded(receive: Receive, most: int) -> Receive:
    """Bodies that grow beyond the limit or do not come in time end the request, whatever length they announced."""
    got, until = 0, 0.0

    async def bounded() -> Message:
        nonlocal got, until
        if until == inf:  # the body is here; what follows is the end of the connection, whenever that is
            return await receive()
        now = time.monotonic()
        until = until or now + BODY_S
        try:
            message = await asyncio.wait_for(receive(), until - now)
        except TimeoutError:
            raise HTTPException(408, headers={"Connection": "close"}) from None
        if message["type"] == "http.request":
            got += len(message.get("body", b""))
            if got > most:
                raise HTTPException(413)
            if not message.get("more_body"):
                until = inf
        return message

    return bounded


def cookie_of(headers: Headers, name: str) -> str:
    """Value of a cookie; empty without it."""
    for line in headers.getlist("cookie"):
        for part in line.split(";"):
            key, _, value = part.strip().partition("=")
            if key == name:
                return value[:200]
    return ""


def _same_origin(headers: Headers) -> bool:
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    return origin is None or _parts(origin).netloc == headers.get("host", "")


def _log(scope: Scope, told: dict[str, Any], viewer: Viewer | None, request_id: str, took_s: float) -> None:
    """One line with its facts. The path of the route and not the one asked: names and search words stay out."""
    route = scope.get("route")
    line = {
        "request": request_id, "by": viewer.name if viewer else "", "address": (scope.get("client") or [""])[0],
        "method": scope["method"], "route": getattr(route, "path", ""), "status": told["status"],
        "bytes": told["bytes"], "ms": round(took_s * 1000, 1),
    }  # fmt: skip
    _LOG.info("%(method)s %(route)s %(status)d %(ms).1f ms", line)  # the facts travel in record.args


def the_viewer(request: Request) -> Viewer:
    """Who looks; the door has seen to it that there is somebody."""
    viewer = request.state.viewer
    if not isinstance(viewer, Viewer):
        raise Problem(401)
    return viewer


Looks = Annotated[Viewer, Depends(the_viewer)]


def _allowed(route: Any) -> frozenset[str]:
    """Query parameters that a route declares, its dependencies' included."""
    found: set[str] = set()
    todo = [route.dependant]
    while todo:
        one = todo.pop()
        found |= {p.alias for p in one.query_params}
        todo += one.dependencies
    return frozenset(found)


def _check_query(request: Request, *, any_query: bool = False) -> None:
    route = request.scope["route"]
    known = _KNOWN.get(id(route))
    if known is None:
        known = _KNOWN[id(route)] = (route, _allowed(route))
    odd = sorted(set(request.query_params) - known[1])
    if odd and not any_query:
        raise Problem(400, f"unknown query parameter {odd[0][:40]!r}; known: {', '.join(sorted(known[1])) or 'none'}")
    if len(request.query_params) != len(request.query_params.multi_items()):
        raise Problem(400, "a query parameter stands twice")


_KNOWN: Final[dict[int, tuple[Any, frozenset[str]]]] = {}
"""By identity of the route, which is kept beside, so that the identity stays its own."""


def needs(action: str, *, any_query: bool = False) -> dict[str, Any]:
    """What a route hands to FastAPI: only who may do ``action`` gets in, with no query parameter but those declared.

    With ``any_query`` the route checks its parameters itself; none may stand twice all the same.
    """

    async def guard(request: Request) -> None:
        if not may(the_viewer(request).role, action):
            raise Problem(403, f"this needs a role that may do {action}", code="role")
        _check_query(request, any_query=any_query)

    return {"dependencies": [Depends(guard)], "openapi_extra": {"x-kizuna-action": action}}


def open_to_all(*, any_query: bool = False) -> dict[str, Any]:
    """For the few routes of ``PUBLIC``."""

    async def guard(request: Request) -> None:
        _check_query(request, any_query=any_query)

    return {"dependencies": [Depends(guard)], "openapi_extra": {"x-kizuna-action": "public"}}

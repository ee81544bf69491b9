"""The page itself: its files, its entry (log in, set up), and every other address of it."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from kizuna.node.api.answers import Problem
from kizuna.node.api.door import needs, open_to_all
from kizuna.node.api.static import NOT_BUILT, Files, web_root

_HTML: Final = "text/html; charset=utf-8"
_DATA: Final = ("api", "ogc", "tiles", "feeds", "metrics", "health")
"""First parts of addresses that are no page."""


def add_to(router: APIRouter, root: Path | None = None) -> None:
    """Add the routes; the last of them takes every address that no other route has, so this comes last."""
    web = Files(root or web_root())

    def page(request: Request, *names: str) -> Response:
        for name in names:
            found = web.answer(name, request)
            if found is not None:
                return found
        return Response(NOT_BUILT, media_type=_HTML)

    @router.get("/login", include_in_schema=False, openapi_extra=open_to_all()["openapi_extra"])
    def login(request: Request) -> Response:
        return page(request, "entry.html")

    @router.get("/setup", include_in_schema=False, openapi_extra=open_to_all()["openapi_extra"])
    def setup(request: Request) -> Response:
        return page(request, "entry.html")

    @router.get("/{path:path}", include_in_schema=False, openapi_extra=needs("picture.see")["openapi_extra"])
    def anything(request: Request, path: str) -> Response:
        """A file of the page; for an address without an ending the page itself, which reads it."""
        found = web.answer(path, request) if path else None
        if found is not None:
            return found
        first = path.partition("/")[0]
        if PurePosixPath(path).suffix or first in (*_DATA, "assets"):
            raise Problem(404)
        return page(request, "index.html")

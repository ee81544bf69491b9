"""The API as one ASGI app: door, routes, problems."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.types import ASGIApp

from kizuna.base.errors import KizunaError
from kizuna.node.api.answers import Problem, of_error, problem
from kizuna.node.api.books import Books
from kizuna.node.api.door import Door
from kizuna.node.api.interfaces import Node
from kizuna.node.api.routes import (
    admin,
    alerts,
    detections,
    entry,
    exports,
    incidents,
    layers,
    live,
    metrics,
    names,
    ogc,
    oidc,
    pages,
    picture,
    sharing,
    taxii,
    tiles,
    vessels,
    watch,
)
from kizuna.node.share.desk.reasons import reasons
from kizuna.node.share.desk.refusal import Refusal


def make_app(node: Node, *, web: Path | None = None) -> ASGIApp:
    """The app of a node. ``web`` is the directory of the built page, ``kizuna/_web`` without one."""
    books = Books.over(node)
    app = FastAPI(
        title="Kizuna", version=node.facts.version or "0", docs_url=None, redoc_url=None, openapi_url=None,
        middleware=[Middleware(Door, node=node)], redirect_slashes=False,
    )  # fmt: skip
    router = APIRouter()
    entry.add_to(router, node)
    oidc.add_to(router, node)
    picture.add_to(router, books)
    for topic in (vessels, alerts, detections, watch, layers, admin, metrics, names, ogc, live, exports, tiles, sharing,
                  incidents, taxii):  # fmt: skip
        topic.add_to(router, books)
    _add_openapi(app, router)
    pages.add_to(router, web)
    app.include_router(router)
    _add_problems(app)
    return app


def _add_openapi(app: FastAPI, router: APIRouter) -> None:
    from kizuna.node.api.answers import answer  # noqa: PLC0415
    from kizuna.node.api.door import needs  # noqa: PLC0415

    @router.get("/api/openapi.json", **needs("ogc.read"))
    def openapi() -> Response:
        """This description."""
        document = app.openapi()
        document["paths"].setdefault("/api/detections", {})["post"] = detections.POST
        return answer(document)


def _add_problems(app: FastAPI) -> None:
    """Every refusal in one form."""

    @app.exception_handler(Problem)
    async def refused(_: Request, exc: Problem) -> Response:
        return problem(exc.status, exc.detail, exc.headers, code=exc.code, facts=exc.facts, reasons=exc.reasons)

    @app.exception_handler(Refusal)
    async def not_allowed(_: Request, exc: Refusal) -> Response:
        said = reasons([exc.why])
        if exc.state:
            return problem(409, exc.why, code="state", reasons=said)
        facts = {"rule": exc.rule, "why": exc.why, "hint": exc.hint}
        return problem(403, str(exc), code="rule", facts=facts, reasons=said)

    @app.exception_handler(KizunaError)
    async def declared(_: Request, exc: KizunaError) -> Response:
        return of_error(exc)

    @app.exception_handler(RequestValidationError)
    async def unfit(_: Request, exc: RequestValidationError) -> Response:
        first = exc.errors()[0]
        where = ".".join(str(p) for p in first["loc"])
        return problem(400, f"{where}: {first['msg']}"[:400], code="field", facts={"field": where[:100]})

    @app.exception_handler(HTTPException)
    async def other(_: Request, exc: HTTPException) -> Response:
        return problem(exc.status_code, "", dict(exc.headers or {}))

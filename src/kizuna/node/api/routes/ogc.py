"""Routes of OGC API - Features under ``/ogc``."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from kizuna.base.utc import iso
from kizuna.node.api.answers import GEOJSON, Problem, answer, json_bytes
from kizuna.node.api.books import Books
from kizuna.node.api.door import Looks, needs
from kizuna.node.api.layers import Layers
from kizuna.node.api.ogc import api_page, documents
from kizuna.node.api.ogc.collections import Collection, Page, collections
from kizuna.node.api.ogc.query import Query, read_query
from kizuna.node.api.view import Reader

Named = Annotated[str, Path(max_length=100)]


def add_to(router: APIRouter, books: Books) -> None:
    """Add the routes."""
    node = books.node
    every = collections(Layers(node))

    def known(name: str) -> Collection:
        if name not in every:
            raise Problem(404, f"there is no such collection; known are {', '.join(every)}")
        return every[name]

    @router.get("/ogc/", **needs("ogc.read"))
    @router.get("/ogc", **needs("ogc.read"))
    def landing(request: Request, viewer: Looks) -> Response:
        return answer(documents.landing(_base(request), node, node.markings.of(viewer)))

    @router.get("/ogc/conformance", **needs("ogc.read"))
    def conformance() -> Response:
        return answer({"conformsTo": documents.CONFORMS})

    @router.get("/ogc/api", **needs("ogc.read"))
    def api(request: Request) -> Response:
        body = json_bytes(documents.openapi(_base(request), every, node))
        return Response(body, media_type=documents.OPENAPI)

    @router.get("/ogc/api.html", **needs("ogc.read"))
    def api_for_people(request: Request) -> Response:
        return Response(api_page.page(documents.openapi(_base(request), every, node)), media_type=api_page.MEDIA)

    @router.get("/ogc/collections", **needs("ogc.read"))
    def listed(request: Request, viewer: Looks) -> Response:
        base, reader, marking = _base(request), Reader(node, viewer), node.markings.of(viewer)
        rows = [documents.described(base, c, marking, reader) for c in every.values()]
        return answer({"links": [documents.link(f"{base}/collections", "self")], "collections": rows})

    @router.get("/ogc/collections/{name}", **needs("ogc.read"))
    def described(request: Request, viewer: Looks, name: Named) -> Response:
        return answer(documents.described(_base(request), known(name), node.markings.of(viewer), Reader(node, viewer)))

    @router.get("/ogc/collections/{name}/queryables", **needs("ogc.read"))
    def queryables(request: Request, name: Named) -> Response:
        body = json_bytes(documents.queryables(_base(request), known(name)))
        return Response(body, media_type=documents.SCHEMA_JSON)

    @router.get("/ogc/collections/{name}/items", **needs("ogc.read", any_query=True))
    def items(request: Request, viewer: Looks, name: Named) -> Response:
        one, asked = known(name), dict(request.query_params)
        page = one.find(Reader(node, viewer), read_query(asked, one.queryables))
        node.desk.audit.saw(viewer.name, "ogc.read", name, viewer.address)
        return Response(json_bytes(_collection(request, page, asked, node.markings.of(viewer), node.desk.clock())),
                        media_type=GEOJSON)  # fmt: skip

    @router.get("/ogc/collections/{name}/items/{feature_id}", **needs("ogc.read"))
    def item(request: Request, viewer: Looks, name: Named, feature_id: Named) -> Response:
        one = known(name)
        found = _one(one, Reader(node, viewer), feature_id)
        if found is None:
            raise Problem(404, "there is no such feature")
        at = f"{_base(request)}/collections/{name}"
        node.desk.audit.saw(viewer.name, "ogc.read", f"{name}/{feature_id}", viewer.address)
        links = [documents.link(f"{at}/items/{feature_id}", "self", GEOJSON), documents.link(at, "collection")]
        return Response(json_bytes({**found, "links": links}), media_type=GEOJSON)


def _one(one: Collection, reader: Reader, feature_id: str) -> dict[str, Any] | None:
    """The feature of an id: looked up by number where ids are numbers, else among all."""
    values = {}
    if one.id in ("vessels", "tracks"):
        if not (feature_id.isascii() and feature_id.isdigit() and len(feature_id) <= 9):  # noqa: PLR2004
            return None
        values = {"mmsi": feature_id}
    page = one.find(reader, Query(limit=1 << 30, values=values, only=feature_id))
    return next((f for f in page.features if f["id"] == feature_id), None)


def _collection(request: Request, page: Page, asked: dict[str, str], marking: str, now_ms: int) -> dict[str, Any]:
    """7.16: a page of features with its links."""
    at = f"{_base(request)}{request.url.path.removeprefix('/ogc')}"
    links = [documents.link(f"{at}?{urlencode(asked)}" if asked else at, "self", GEOJSON)]
    if page.after:
        links.append(documents.link(f"{at}?{urlencode({**asked, 'after': page.after})}", "next", GEOJSON))
    links.append(documents.link(at.removesuffix("/items"), "collection"))
    counted = {} if page.matched is None else {"numberMatched": page.matched}
    return {
        "type": "FeatureCollection", "timeStamp": iso(now_ms), **counted, "numberReturned": len(page.features),
        "marking": marking, "links": links, "features": page.features,
    }  # fmt: skip


def _base(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}/ogc"

"""The documents beside the features: landing page, conformance, collections, queryables, OpenAPI 3.0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kizuna.node.api.answers import GEOJSON
from kizuna.node.api.interfaces import Node
from kizuna.node.api.ogc.collections import Collection
from kizuna.node.api.ogc.query import LIMIT, LIMIT_MOST
from kizuna.node.api.view import Reader

CONFORMS: Final = tuple(
    f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{part}" for part in ("core", "oas30", "geojson")
)
CRS84: Final = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
OPENAPI: Final = "application/vnd.oai.openapi+json;version=3.0"
SCHEMA_JSON: Final = "application/schema+json"
_JSON: Final = "application/json"


def link(href: str, rel: str, media: str = _JSON, title: str = "") -> dict[str, str]:
    """One link."""
    return {"href": href, "rel": rel, "type": media, **({"title": title} if title else {})}


def landing(base: str, node: Node, marking: str) -> dict[str, Any]:
    """7.2: where everything else is."""
    return {
        "title": node.facts.title,
        "description": f"Features of the node {node.facts.name}. {marking}".strip(),
        "marking": marking,
        "links": [
            link(f"{base}/", "self", title="this document"),
            link(f"{base}/api", "service-desc", OPENAPI, "the API"),
            link(f"{base}/api.html", "service-doc", "text/html", "the API, for people"),
            link(f"{base}/conformance", "conformance", title="conformance classes"),
            link(f"{base}/collections", "data", title="collections"),
        ],
    }  # fmt: skip


def described(base: str, one: Collection, marking: str, reader: Reader) -> dict[str, Any]:
    """7.14: one collection."""
    extent: dict[str, Any] = {"spatial": {"bbox": [[-180, -90, 180, 90]], "crs": CRS84}}
    if one.extent is not None:
        extent["temporal"] = {"interval": [list(one.extent(reader))],
                              "trs": "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"}  # fmt: skip
    at = f"{base}/collections/{one.id}"
    return {
        "id": one.id, "title": one.title, "description": one.description, "marking": marking,
        "extent": extent, "itemType": "feature", "crs": [CRS84],
        "links": [
            link(at, "self"),
            link(f"{at}/items", "items", GEOJSON, one.title),
            link(f"{at}/queryables", "http://www.opengis.net/def/rel/ogc/1.0/queryables", SCHEMA_JSON),
        ],
    }  # fmt: skip


def queryables(base: str, one: Collection) -> dict[str, Any]:
    """JSON Schema of what can be asked for by value."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"{base}/collections/{one.id}/queryables",
        "type": "object", "title": one.title, "additionalProperties": False,
        "properties": {name: {"type": kind, "title": name} for name, kind in one.queryables.items()},
    }  # fmt: skip


def openapi(base: str, every: Mapping[str, Collection], node: Node) -> dict[str, Any]:
    """The API of this part in OpenAPI 3.0."""
    paths: dict[str, Any] = {
        "/": _path("landing page", {}), "/conformance": _path("conformance classes", {}),
        "/api": _path("this document", {}, OPENAPI), "/api.html": _path("the same for people", {}, "text/html"),
        "/collections": _path("collections", {}),
    }  # fmt: skip
    for one in every.values():
        own = [
            {"name": name, "in": "query", "required": False, "style": "form", "explode": False,
             "schema": {"type": kind}} for name, kind in one.queryables.items()
        ]  # fmt: skip
        shared = [{"$ref": f"#/components/parameters/{n}"} for n in ("limit", "bbox", "datetime", "after")]
        at = f"/collections/{one.id}"
        paths[at] = _path(one.title, {"404": _PROBLEM})
        paths[f"{at}/queryables"] = _path(f"queryables of {one.id}", {"404": _PROBLEM}, SCHEMA_JSON)
        paths[f"{at}/items"] = _path(f"features of {one.id}", {"400": _PROBLEM}, GEOJSON, [*shared, *own])
        named = {"$ref": "#/components/parameters/featureId"}
        paths[f"{at}/items/{{featureId}}"] = _path(f"one of {one.id}", {"404": _PROBLEM}, GEOJSON, [named])
    token = {"type": "http", "scheme": "bearer"}
    return {
        "openapi": "3.0.3", "info": {"title": node.facts.title, "version": node.facts.version or "0"},
        "servers": [{"url": base}], "paths": paths, "security": [{"token": []}],
        "components": {"parameters": _PARAMETERS, "securitySchemes": {"token": token}},
    }  # fmt: skip


_PROBLEM: Final = {
    "description": "what is wrong",
    "content": {"application/problem+json": {"schema": {"type": "object"}}},
}
_PARAMETERS: Final = {
    "limit": {"name": "limit", "in": "query", "required": False, "style": "form", "explode": False,
              "schema": {"type": "integer", "minimum": 1, "maximum": LIMIT_MOST, "default": LIMIT}},
    "bbox": {"name": "bbox", "in": "query", "required": False, "style": "form", "explode": False,
             "schema": {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}}},
    "datetime": {"name": "datetime", "in": "query", "required": False, "style": "form", "explode": False,
                 "schema": {"type": "string"}},
    "after": {"name": "after", "in": "query", "required": False, "style": "form", "explode": False,
              "schema": {"type": "string", "maxLength": 100}},
    "featureId": {"name": "featureId", "in": "path", "required": True, "schema": {"type": "string", "maxLength": 100}},
}  # fmt: skip


def _path(summary: str, more: dict[str, Any], media: str = _JSON,
          parameters: list[dict[str, Any]] | None = None) -> dict[str, Any]:  # fmt: skip
    ok = {"description": summary, "content": {media: {"schema": {"type": "object"}}}}
    return {"get": {"summary": summary, "parameters": parameters or [],
                    "responses": {"200": ok, "401": _PROBLEM, "403": _PROBLEM, **more}}}  # fmt: skip

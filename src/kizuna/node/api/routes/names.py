"""Names: the node's own, and those that a viewpoint gives to rival claims."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from kizuna.node.api.answers import GEOJSON, Problem, answer
from kizuna.node.api.books import Books
from kizuna.node.api.claims_layer import ClaimsLayer
from kizuna.node.api.door import Looks, needs
from kizuna.node.desk.rules import may

_KEPT: Final = "private, max-age=60"


def add_to(router: APIRouter, books: Books) -> None:
    """Add the routes."""
    node = books.node
    layer = ClaimsLayer(node)

    @router.get("/api/names", **needs("layer.see"))
    def names() -> Response:
        """The node's own names of zones, ports, partners and places, and the viewpoints on rival claims."""
        return answer({**node.names.as_dict(), "view": node.view, "views": layer.views()})

    @router.get("/api/claims", **needs("layer.see"))
    def claims(viewer: Looks, view: Annotated[str, Query(max_length=20)] = "",
               language: Annotated[Literal["en", "ja", "zh-TW"], Query()] = "en") -> Response:  # fmt: skip
        """The layer of rival claims in the words of a viewpoint: ``neutral``, a party's id, or as the node has it."""
        if not may(viewer.role, "layer.see"):
            raise Problem(403, code="role")
        return Response(layer.bytes_of(view, language), headers={"Cache-Control": _KEPT}, media_type=GEOJSON)

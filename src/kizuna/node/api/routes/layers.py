"""Layers of the map as GeoJSON: what is packaged, and what the node was given."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path
from starlette.responses import Response

from kizuna.node.api.answers import GEOJSON, Problem, answer
from kizuna.node.api.books import Books
from kizuna.node.api.door import Looks, needs
from kizuna.node.api.layers import NAMES, Layers
from kizuna.node.desk.rules import may

_KEPT: Final = "private, max-age=60"


def add_to(router: APIRouter, books: Books) -> None:
    """Add the routes."""
    layers = Layers(books.node)

    @router.get("/api/layers", **needs("layer.see"))
    def names() -> Response:
        """The layers that the node has; of those that it works out, of which time they are and when that was."""
        about = books.node.layer_about
        return answer({"layers": [{"name": n, "there": layers.there(n), **(about(n) or {})} for n in NAMES]})

    @router.get("/api/layers/{name}", **needs("layer.see"))
    def layer(viewer: Looks, name: Annotated[str, Path(max_length=40)]) -> Response:
        """One layer. ``coverage`` and ``presence`` change with the hour."""
        data = layers.bytes_of(name) if name in NAMES and may(viewer.role, "layer.see") else None
        if data is None and books.node.layer_about(name) is not None:
            raise Problem(404, f"{name} was not worked out yet: that takes some whole hours of data, and a little time")
        if data is None:
            raise Problem(404, f"no such layer here; known are {', '.join(NAMES)}", code="no_layer")
        return Response(data, headers={"Cache-Control": _KEPT}, media_type=GEOJSON)

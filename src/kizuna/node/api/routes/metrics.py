"""Numbers for Prometheus, text format 0.0.4. For a token of kind ``metrics`` or an administrator."""

from __future__ import annotations

import re

from fastapi import APIRouter
from starlette.responses import Response

from kizuna.base.units import MISSING_TIME_MS
from kizuna.node.api.books import Books
from kizuna.node.api.door import needs
from kizuna.node.api.view import HOUSE, Reader

_NAME = re.compile(r"[^a-zA-Z0-9_]")


def add_to(router: APIRouter, books: Books) -> None:
    """Add the route."""
    node = books.node

    @router.get("/metrics", **needs("metrics.read"))
    def metrics() -> Response:
        """Counters and gauges; no names and no positions."""
        reached = Reader(node, HOUSE).versions()
        age_s = 0.0 if reached.newest_ms == MISSING_TIME_MS else (node.now_ms() - reached.newest_ms) / 1000
        values = {
            "picture_version": float(reached.picture), "events_version": float(reached.events),
            "desk_version": float(node.desk.version), "newest_fix_age_seconds": age_s,
            "vessels": float(books.pictures.size), **dict(node.counters()),
        }  # fmt: skip
        lines = [f"kizuna_{_NAME.sub('_', name)} {value:g}" for name, value in sorted(values.items())]
        for source in node.sources():
            name = re.sub(r'[\\"\n]', "_", str(source.get("source", "")))[:100]
            lines.append(f'kizuna_source_up{{source="{name}"}} {int(source.get("state") in ("up", "ok"))}')
        return Response("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4; charset=utf-8")

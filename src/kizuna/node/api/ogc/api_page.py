"""The description of the API for people to read, made from its OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Final

MEDIA: Final = "text/html; charset=utf-8"


def page(document: Mapping[str, Any]) -> bytes:
    """A page without script or style of its own: each path with what it answers and what can be asked for."""
    title, base = escape(document["info"]["title"]), escape(document["servers"][0]["url"])
    rows = "".join(_row(path, one["get"], document) for path, one in document["paths"].items())
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}: API</title></head><body>'
        f"<h1>{title}</h1><p>OpenAPI {document['openapi']}. Every path begins with <code>{base}</code>, is asked for "
        "with GET and a bearer token, and gives 401 or 403 to who may not.</p>"
        "<table><thead><tr><th>Path</th><th>Answer</th><th>May be asked for</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></body></html>\n"
    ).encode()


def _row(path: str, get: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    media = ", ".join(get["responses"]["200"]["content"])
    asked = ", ".join(f"<code>{escape(text)}</code>" for text in _parameters(get, document))
    answer = f"{escape(get['summary'])} ({escape(media)})"
    return f"<tr><td><code>{escape(path)}</code></td><td>{answer}</td><td>{asked}</td></tr>\n"


def _parameters(get: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[str]:
    for one in get["parameters"]:
        known = document["components"]["parameters"][one["$ref"].rpartition("/")[2]] if "$ref" in one else one
        if known["in"] == "query":
            yield f"{known['name']}: {known['schema']['type']}"

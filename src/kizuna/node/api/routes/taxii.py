"""TAXII 2.1 at ``/taxii/``: programs of partners read what the partner was told, our own what partners told us.

A token of kind ``taxii`` was made for a partner (``as``) and reads as that partner. One of kind ``received``, and
people of the desk with a session, read the collection ``received``. What is posted waits for a person. Discovery is
at ``/taxii/taxii2/``.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from kizuna.formats.taxii.requests import Ask
from kizuna.node.api.books import Books
from kizuna.node.api.door import Looks, needs
from kizuna.node.api.routes.incidents import office_of


def add_to(router: APIRouter, books: Books) -> None:
    """Add the routes."""
    audit = books.node.desk.audit

    async def ask(request: Request, viewer: Looks, path: str) -> Response:
        """One request of a TAXII client."""
        office = office_of(books)
        url = f"{request.url.scheme}://{request.url.netloc}/taxii"
        body = await request.body() if request.method == "POST" else b""
        headers = {k.lower(): v for k, v in request.headers.items()}
        asked = Ask(request.method, f"{path.rstrip('/')}/", tuple(request.query_params.multi_items()), headers, body)
        found = await run_in_threadpool(office.taxii.reply, asked, viewer.partner, url)
        if request.method == "POST":
            audit.did(viewer.name, "taxii.post", path, str(found.status), viewer.address)
        else:
            audit.saw(viewer.name, "taxii.read", path, viewer.address)
        return Response(found.body, found.status, found.headers)

    for method in ("GET", "POST", "DELETE"):
        router.add_api_route("/taxii/{path:path}", ask, methods=[method], name=f"taxii_{method.lower()}",
                             operation_id=f"taxii_{method.lower()}", **needs("taxii.use", any_query=True))  # fmt: skip

"""Answers and refusals: JSON, Arrow, problems (RFC 9457). Answers are bytes; nothing is validated on the way out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np
from starlette.responses import Response

from kizuna.base.errors import ConfigError, InputError, KizunaError, UnavailableError
from kizuna.node.share.desk.reasons import reasons as coded

ARROW: Final = "application/vnd.apache.arrow.stream"
GEOJSON: Final = "application/geo+json"
PROBLEM: Final = "application/problem+json"
_TITLES: Final = {
    400: "This cannot be used", 401: "Log in first", 403: "Not allowed", 404: "Not here", 405: "Not in this way",
    408: "It took too long", 409: "Changed meanwhile", 413: "Too large", 415: "Not in this form",
    429: "Too many tries", 500: "A fault of the program", 503: "Not available now",
}  # fmt: skip


class Problem(Exception):  # noqa: N818  the word of RFC 9457
    """An answer other than success.

    ``detail`` is a sentence for the person; ``code`` and ``facts`` say the same for a page that has its own words.
    """

    def __init__(
        self, status: int, detail: str = "", *, code: str = "", facts: Mapping[str, str | float] | None = None,
        reasons: Sequence[Mapping[str, Any]] = (), **headers: str,
    ) -> None:  # fmt: skip
        self.status = status
        self.detail = detail
        self.code = code
        self.facts = dict(facts or {})
        self.reasons = reasons
        self.headers = {k.replace("_", "-"): v for k, v in headers.items()}
        super().__init__(detail)


def _plain(value: Any) -> Any:
    """What JSON does not know by itself."""
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, np.floating):
        return float(value)
    raise TypeError(type(value).__name__)


def json_bytes(value: Any) -> bytes:
    """JSON text; numbers that JSON cannot hold become null."""
    return msgspec.json.encode(value, enc_hook=_plain)


def answer(value: Any, status: int = 200, **headers: str) -> Response:
    """A JSON answer."""
    named = {k.replace("_", "-"): v for k, v in headers.items()}
    return Response(json_bytes(value), status, named, "application/json")


def problem(
    status: int, detail: str = "", headers: dict[str, str] | None = None, instance: str = "", *, code: str = "",
    facts: Mapping[str, str | float] | None = None, reasons: Sequence[Mapping[str, Any]] = (),
) -> Response:  # fmt: skip
    """A problem document; ``code`` is one of ``status_<n>`` where nothing closer is said.

    ``reasons``: the sentences of a refusal, each with its code and facts, for a page that has its own words.
    """
    body: dict[str, Any] = {
        "type": "about:blank", "title": _TITLES.get(status, "Refused"), "status": status, "detail": detail,
        "code": code or f"status_{status}", "facts": dict(facts or {}),
    }  # fmt: skip
    if reasons:
        body["reasons"] = list(reasons)
    if instance:
        body["instance"] = instance
    if code == "rule":  # RFC 9457, 3.2: the rule that refused, for pages and programs alike
        body["rule"] = body["facts"].get("rule", "")
    return Response(json_bytes(body), status, headers, PROBLEM)


def of_error(error: KizunaError) -> Response:
    """The problem that one of our declared errors stands for."""
    said = [] if error.code else [row for row in coded([error.message]) if row["code"]]
    if isinstance(error, InputError):
        return problem(400, str(error), code=error.code, facts=error.facts, reasons=said)
    if isinstance(error, UnavailableError):
        return problem(503, str(error), {"Retry-After": "5"}, code=error.code, facts=error.facts)
    return problem(500 if isinstance(error, ConfigError) else 403, error.message, code=error.code, facts=error.facts,
                   reasons=said)  # fmt: skip

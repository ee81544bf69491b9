"""Times in queries: UTC milliseconds, or ISO 8601 with an offset."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import StringConstraints

from kizuna.base import utc
from kizuna.base.units import DAY_MS
from kizuna.node.api.answers import Problem
from kizuna.node.api.interfaces import Node

Moment = Annotated[str | None, StringConstraints(max_length=40)]
"""As written in a query."""
LAST_MS: Final = 1 << 42
"""In the year 2109."""


def moment_ms(text: str) -> int:
    """Milliseconds of a moment as written. Raises Problem 400, InputError."""
    value = int(text) if text.isascii() and text.isdigit() else utc.parse(text.replace(" ", "+"))
    if not 0 <= value < LAST_MS:
        raise Problem(400, "a time lies between 1970 and 2109", code="time_range")
    return value


def period(start: str | None, end: str | None, node: Node, usual_ms: int, most_ms: int) -> tuple[int, int]:
    """Start and end of a query; without one of them ``usual_ms`` up to the other or to now.

    Raises Problem 400 for an end before the start or more than ``most_ms`` between them.
    """
    if end is not None:
        end_ms = moment_ms(end)
    elif start is not None:
        end_ms = moment_ms(start) + usual_ms
    else:
        end_ms = node.now_ms() + 1
    start_ms = end_ms - usual_ms if start is None else moment_ms(start)
    start_ms = max(0, start_ms)
    if end_ms <= start_ms:
        raise Problem(400, "the end lies before the start", code="end_before_start")
    if end_ms - start_ms > most_ms:
        raise Problem(400, f"at most {most_ms / DAY_MS:g} days at a time", code="too_long",
                      facts={"days": most_ms / DAY_MS})  # fmt: skip
    return start_ms, end_ms

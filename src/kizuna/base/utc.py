"""UTC times as int64 milliseconds since 1970-01-01, their text forms and their parsing.

Kizuna knows no other time zone inside; a text without an offset is refused unless the caller says that it is UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime

from kizuna.base.errors import InputError
from kizuna.base.units import MISSING_TIME_MS


def iso(time_ms: int) -> str:
    """Text of a time, ``2020-01-01T00:00:00.000Z``; empty when missing."""
    if time_ms == MISSING_TIME_MS:
        return ""
    seconds, ms = divmod(time_ms, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{ms:03d}Z"


def iso_s(time_ms: int) -> str:
    """Text of a time to the second, ``2020-01-01T00:00:00Z``; empty when missing."""
    return "" if time_ms == MISSING_TIME_MS else iso(time_ms)[:19] + "Z"


def parse(text: str, *, assume_utc: bool = False) -> int:
    """Milliseconds of an ISO 8601 text with offset.

    Raises InputError where the text is no time, or has no offset and ``assume_utc`` is false.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as exc:
        raise InputError(f"{text!r} is not an ISO 8601 time", hint="write e.g. 2020-01-01T00:00:00Z") from exc
    if moment.tzinfo is None:
        if not assume_utc:
            raise InputError(f"{text!r} names no time zone", hint="add Z for UTC, or an offset such as +09:00")
        moment = moment.replace(tzinfo=UTC)
    delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * 1000 + delta.microseconds // 1000

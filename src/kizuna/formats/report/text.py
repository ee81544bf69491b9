"""Words and numbers as the report shows them. Every text of foreign origin passes ``safe`` before it meets markup.

Names come from strangers' transponders and files. ``safe`` shortens them, makes control characters and characters
that reorder or hide text visible as U+FFFD, and escapes what HTML gives a meaning, in text and in quoted attributes
alike. ``name`` also isolates the direction of writing, so that a right-to-left name cannot turn its neighbours around.
"""

from __future__ import annotations

import html
import math
import unicodedata
from typing import Any, Final

from kizuna.base.units import DAY_MS, HOUR_S, MINUTE_S, MISSING_TIME_MS, NM_M
from kizuna.base.utc import iso_s

MISSING: Final = "\u2013"
"""Shown for a value that is missing."""
_DAYS: Final = ("Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed")  # day 0 of the epoch was a Thursday
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_BAD_CATEGORIES: Final = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
_MARKS_MAX: Final = 3  # combining marks in a row that real scripts need; more only paint over the neighbours
_HALF_TURN: Final = 180.0
_HALF: Final = 0.5
_FEW: Final = 10.0
_MANY: Final = 100.0


def safe(value: Any, limit: int = 160) -> str:
    """Foreign text ready for HTML: shortened to ``limit`` characters, nothing invisible, escaped."""
    text = "" if value is None else str(value)
    out: list[str] = []
    marks = 0
    for char in text[: limit + 1]:
        kind = unicodedata.category(char)
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        if marks <= _MARKS_MAX:
            out.append("\ufffd" if kind in _BAD_CATEGORIES else char)
    shown = "".join(out)
    if len(text) > limit:
        shown = shown[:limit] + "…"
    return html.escape(shown, quote=True)


def name(value: Any, limit: int = 60) -> str:
    """A foreign name, isolated from the direction of the text around it."""
    return f"<bdi>{safe(value, limit)}</bdi>"


def day(time_ms: int) -> str:
    """``Sat 14 Mar 2026`` (UTC)."""
    text = iso_s(time_ms)
    return f"{_DAYS[time_ms // DAY_MS % 7]} {int(text[8:10])} {_MONTHS[int(text[5:7]) - 1]} {text[:4]}"


def clock(time_ms: int) -> str:
    """``06:42`` (UTC)."""
    return iso_s(time_ms)[11:16]


def moment(time_ms: int) -> str:
    """A time element, ``Sat 14 Mar 2026 06:42 UTC``, with the second on hover; the missing sign without time."""
    if time_ms == MISSING_TIME_MS:
        return MISSING
    text = iso_s(time_ms)
    return f'<time datetime="{text}" title="{text}">{day(time_ms)} {text[11:16]} UTC</time>'


def moment_short(time_ms: int) -> str:
    """``Sat 14 Mar 06:42``, for columns that say elsewhere that times are UTC."""
    return MISSING if time_ms == MISSING_TIME_MS else f"{day(time_ms)[:-5]} {clock(time_ms)}"


def _minutes(value: float, letters: str) -> str:
    tenths = round(abs(value) * 600)
    letter = letters[0] if value >= 0 or tenths == 0 else letters[1]
    return f"{tenths // 600}°{tenths % 600 / 10:04.1f}\u2032{letter}"


def latitude(lat_deg: float) -> str:
    """``25°44.7'N`` (with a prime)."""
    return _minutes(lat_deg, "NS")


def longitude(lon_deg: float) -> str:
    """``123°28.4'E``; any turn beyond 180 degrees is brought back."""
    return _minutes((lon_deg + _HALF_TURN) % (2 * _HALF_TURN) - _HALF_TURN, "EW")


def position_short(lat_deg: float | None, lon_deg: float | None) -> str:
    """Degrees and minutes; the missing sign without a position."""
    if lat_deg is None or lon_deg is None or not (math.isfinite(lat_deg) and math.isfinite(lon_deg)):
        return MISSING
    return f"{latitude(lat_deg)} {longitude(lon_deg)}"


def position(lat_deg: float | None, lon_deg: float | None) -> str:
    """The same with decimal degrees on hover."""
    text = position_short(lat_deg, lon_deg)
    return text if text == MISSING else f'<span class="pos" title="{lat_deg:.5f}, {lon_deg:.5f}">{text}</span>'


def count(n: int) -> str:
    """``1,204,551``."""
    return f"{n:,}"


def plural(n: int, noun: str) -> str:
    """``1 event``, ``2,000 events``."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def number(value: float | None) -> str:
    """A measured value with four significant digits, below 1 with two; exponents only for what is no everyday size."""
    if value is None or not math.isfinite(value):
        return MISSING
    size = abs(value)
    if size >= 1e15 or (0 < size < 1e-4):  # noqa: PLR2004  beyond this, digits in a row help nobody
        return f"{value:.3e}"
    if value == int(value):
        return f"{int(value):,}"
    digits = max(0, (3 if size >= 1 else 1) - math.floor(math.log10(size)))
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def pair(measured: float | None, limit: float | None) -> tuple[str, str]:
    """A measured value and its limit; with more digits where rounding would make unequal values look equal."""
    a, b = number(measured), number(limit)
    if a == b and measured is not None and limit is not None and measured != limit:
        digits = next((d for d in range(5, 17) if f"{measured:.{d}g}" != f"{limit:.{d}g}"), 17)
        a, b = f"{measured:.{digits}g}", f"{limit:.{digits}g}"
    return a, b


def hours(value: float | None) -> str:
    """A duration: ``7 h 05 min``, ``42 min``, ``3 d 4 h``."""
    if value is None or not math.isfinite(value):
        return MISSING
    minutes = round(value * 60)
    if minutes < MINUTE_S:
        return f"{minutes} min"
    if minutes < 72 * 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{minutes // (24 * 60)} d {minutes // 60 % 24} h"


def metres(value: float | None) -> str:
    """A distance: metres up to half a mile, nautical miles beyond."""
    if value is None or not math.isfinite(value):
        return MISSING
    miles = value / NM_M
    return f"{value:.0f} m" if abs(miles) < _HALF else f"{miles:,.{1 if abs(miles) < _MANY else 0}f} nm"


def seconds(value: float) -> str:
    """A running time: ``0.08 s``, ``12.4 s``, ``3 min 20 s``."""
    if value < _FEW:
        return f"{value:.2f} s"
    if value < MINUTE_S:
        return f"{value:.1f} s"
    whole = round(value)
    if whole < HOUR_S:
        return f"{whole // MINUTE_S} min {whole % MINUTE_S:02d} s"
    return f"{whole // HOUR_S} h {whole % HOUR_S // MINUTE_S:02d} min"


def size(n_bytes: int) -> str:
    """A size: ``48.2 MB``; the missing sign where unknown."""
    if n_bytes < 0:
        return MISSING
    value = float(n_bytes)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:  # noqa: PLR2004  decimal units
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"

"""Messages of agreed wording: an id and parameters travel, each desk reads them in its own language.

A phrase that this node does not know (a partner may have a newer book) is shown as its id with its parameters, never
dropped. Parameters are checked when a message is written and again when one comes in: a wrong one is shown as it is,
marked, so that nobody acts on a position that was never one.
"""

from __future__ import annotations

import math
import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from kizuna.base.errors import InputError
from kizuna.base.languages import LANGUAGES
from kizuna.base.utc import iso_s
from kizuna.share.incident.phrase_texts import ROWS

BOOK_VERSION: Final = 1
"""Counts up when an id is added; ids and meanings never change."""
TEXT_MAX: Final = 120
PARAMETERS: Final = {
    "pos": "position, [lon_deg, lat_deg] as GeoJSON orders them",
    "time": "time, int ms UTC",
    "until": "time, int ms UTC",
    "vessel": "name or MMSI of a vessel, text",
    "unit": "name of a rescue unit, text",
    "what": "short text",
    "place": "name of a place, text",
    "area": "label of a drawing, text",
    "ch": "radio channel or frequency, text",
    "n": "count, whole number",
    "h": "hours, number",
    "min": "minutes, number",
    "nm": "nautical miles, number",
    "kn": "knots, number",
    "m": "metres, number",
    "brg": "degrees from true north, number from 0 to 360",
}
_TIMES: Final = ("time", "until")
_NUMBERS: Final = ("n", "h", "min", "nm", "kn", "m", "brg")
_UNKNOWN: Final = "?"
_ID = re.compile(r"[a-z]{2}\.[a-z-]{2,16}")
_TIME_MAX_MS: Final = 4_102_444_800_000  # the year 2100
_TURN: Final = 360
_MANY: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Phrase:
    """One phrase: its id, what it needs, its wording by language."""

    id: str
    parameters: frozenset[str]
    wording: Mapping[str, str]


def _phrase(row: tuple[str, str, str, str]) -> Phrase:
    names = frozenset(name for _, name, _, _ in string.Formatter().parse(row[1]) if name)
    return Phrase(row[0], names, dict(zip(LANGUAGES, row[1:], strict=True)))


PHRASES: Final[Mapping[str, Phrase]] = {row[0]: _phrase(row) for row in ROWS}


def check(phrase_id: str, parameters: Mapping[str, Any]) -> None:
    """Raise InputError where the id is none, or a parameter is missing, unknown or not of its type.

    An id that is well formed but not in this book passes with parameters of known types.
    """
    if not _ID.fullmatch(phrase_id):
        raise InputError(f"{phrase_id!r} is no id of a phrase")
    for name, value in parameters.items():
        if name not in PARAMETERS:
            raise InputError(f"phrase {phrase_id} has a parameter {name!r} that no phrase has")
        if not _fits(name, value):
            raise InputError(f"phrase {phrase_id}: {name} is not a {PARAMETERS[name]}")
    phrase = PHRASES.get(phrase_id)
    if phrase is not None and phrase.parameters != set(parameters):
        needs = ", ".join(sorted(phrase.parameters)) or "nothing"
        raise InputError(f"phrase {phrase_id} needs {needs}, not {', '.join(sorted(parameters)) or 'nothing'}")


def say(phrase_id: str, parameters: Mapping[str, Any], language: str) -> str:
    """The message in ``language``; never fails, whatever a partner sent."""
    phrase = PHRASES.get(phrase_id)
    shown = {name: _show(name, parameters.get(name)) for name in PARAMETERS}
    if phrase is None:
        rest = ", ".join(f"{name} {shown[name]}" for name in parameters if name in PARAMETERS)
        return f"[{phrase_id[:20]}] {rest}".strip()
    return phrase.wording.get(language, phrase.wording["en"]).format_map(shown)


def position(lat_deg: float, lon_deg: float) -> str:
    """Degrees, minutes and hundredths, as spoken at sea: ``24-30.50N 123-10.20E``."""
    return f"{_angle(lat_deg, 2, 'N', 'S')} {_angle(lon_deg, 3, 'E', 'W')}"


def _angle(value_deg: float, width: int, positive: str, negative: str) -> str:
    hundredths = round(abs(value_deg) * 6000)
    degrees, rest = divmod(hundredths, 6000)
    return f"{degrees:0{width}d}-{rest // 100:02d}.{rest % 100:02d}{negative if value_deg < 0 else positive}"


def is_position(value: Any) -> bool:
    """Whether a value is ``[lon_deg, lat_deg]`` within range."""
    if not isinstance(value, list | tuple) or len(value) != 2:  # noqa: PLR2004  a pair
        return False
    if not all(_is_number(each) for each in value):
        return False
    return bool(-180.0 <= value[0] <= 180.0 and -90.0 <= value[1] <= 90.0)  # noqa: PLR2004  the globe


def is_time(value: Any) -> bool:
    """Whether a value is a time in ms that a log of an incident may hold."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _TIME_MAX_MS


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _fits(name: str, value: Any) -> bool:
    if name == "pos":
        return is_position(value)
    if name in _TIMES:
        return is_time(value)
    if name in _NUMBERS:
        high = _TURN if name == "brg" else _MANY
        return _is_number(value) and 0 <= value <= high and (name != "n" or isinstance(value, int))
    return isinstance(value, str) and 0 < len(value) <= TEXT_MAX and value.isprintable()


def _show(name: str, value: Any) -> str:
    if not _fits(name, value):
        return _UNKNOWN
    if name == "pos":
        return position(value[1], value[0])
    if name in _TIMES:
        return iso_s(value)[:16].replace("T", " ") + " UTC"
    if name == "brg":
        return f"{value:03.0f}"
    return f"{value:g}" if name in _NUMBERS else str(value)

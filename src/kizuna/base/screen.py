"""Text of others on a screen: names from the air, words of partners, what a stranger typed at the door.

A terminal obeys control characters, and a reader those that turn the direction of writing: either could show a line
that nobody wrote. Both become a mark that something stood there; whatever is written in any script stays as it is.
"""

from __future__ import annotations

from typing import Final

_OBEYED: Final = frozenset((*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)) - {0x09, 0x0A}
"""C0 and C1 without tab and line feed, and the two further ends of lines of Unicode."""
_TURNING: Final = frozenset((0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))
"""Marks of direction (UAX #9)."""
_HALVES: Final = frozenset(range(0xD800, 0xE000))
"""Halves of characters, which cannot be written as UTF-8."""
_SHOWN: Final = dict.fromkeys(_OBEYED | _TURNING | _HALVES, "\N{REPLACEMENT CHARACTER}")
_LINE: Final = {**_SHOWN, 0x09: " ", 0x0A: "\N{DOWNWARDS ARROW WITH CORNER LEFTWARDS}"}
_ESCAPED: Final = {c: f"\\u{c:04x}" for c in _SHOWN if c >= 0x7F}  # noqa: PLR2004  those below JSON escapes by itself


def shown(text: str) -> str:
    """The text as a screen may have it; lines and tabs stay."""
    return text.translate(_SHOWN)


def in_one_line(text: str) -> str:
    """The same in one line, so that nobody's text looks like a line of ours."""
    return text.translate(_LINE)


def escaped(json_text: str) -> str:
    """JSON text with such characters escaped: it reads back as the same values."""
    return json_text.translate(_ESCAPED)

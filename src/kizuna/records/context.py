"""The context of a statement: real life, a named exercise, or a test. They never mix.

A context is a text in every table from the first schema on: ``real``, ``exercise:<id>`` or ``test``.
"""

from __future__ import annotations

import re
from typing import Final

from kizuna.base.errors import InputError

REAL: Final = "real"
TEST: Final = "test"
_EXERCISE = re.compile(r"exercise:[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def check(context: str) -> str:
    """Return ``context`` when it is well formed, raise InputError otherwise."""
    if context in (REAL, TEST) or _EXERCISE.fullmatch(context):
        return context
    raise InputError(f"{context!r} is no context", hint="use real, test or exercise:<id> (letters, digits, . _ -)")


def is_real(context: str) -> bool:
    """Whether statements of this context may stand beside real ones."""
    return context == REAL


def marking(context: str) -> str:
    """Words that every screen and export of this context must carry; empty for real data."""
    if context == REAL:
        return ""
    return "TEST" if context == TEST else f"EXERCISE {context.removeprefix('exercise:')}"

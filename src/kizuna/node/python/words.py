"""Errors in the words of Python: the rooms below say what to do as the command line has it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from kizuna.base.errors import KizunaError

_WORDS: Final = (
    (re.compile(r"--map (\w+)=COLUMN"), r"columns={'\1': 'COLUMN'}"),
    (re.compile(r"--date-order dmy, or mdy"), "date_order='dmy', or date_order='mdy'"),
    (re.compile(r"--assume-utc\b"), "assume_utc=True"),
    (re.compile(r"--start (\d[0-9TZ:.-]+)"), r"start='\1'"),
    (re.compile(r"--context (exercise:[A-Za-z0-9._-]+)"), r"context='\1'"),
    (re.compile(r"--out\b"), "directory"),
    (re.compile(r"--(map)\b"), "columns"),
    (re.compile(r"--(start|context|source|label|params|zones|anchorages|title)\b"), r"\1"),
)
"""Options of the command line and what stands for them in Python."""


def in_python(text: str) -> str:
    """A sentence with the arguments of the functions instead of the options of the commands."""
    for pattern, word in _WORDS:
        text = pattern.sub(word, text)
    return text


@contextmanager
def python_words() -> Iterator[None]:
    """Let errors that pass speak of arguments."""
    try:
        yield
    except KizunaError as exc:
        exc.message, exc.where, exc.hint = in_python(exc.message), in_python(exc.where), in_python(exc.hint)
        exc.args = (str(exc),)
        raise

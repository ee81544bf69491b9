"""The mark by which an exercise says inside the stream that nothing of it is real, and the refusal to read it as such.

The generator marks its streams with a text sentence (``$AITXT,01,01,07,EXERCISE <id> SIMULATED NOT REAL``) under a TAG
block whose text begins in the same way. Payloads of AIS are armoured, so a name of a ship that holds the word cannot be
mistaken for it. A mark whose checksum is wrong counts all the same: a false alarm costs less than a false ship.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from kizuna.base.errors import ContextError
from kizuna.records.context import REAL

_WORD: Final = b"EXERCISE "
_MARK: Final = re.compile(
    rb"(?:^|[\\,])(?:t:|\$[A-Z]{2}TXT,[0-9]*,[0-9]*,[0-9]*,)EXERCISE ([A-Za-z0-9._-]{1,64})[^A-Za-z0-9._-]",
    re.MULTILINE,
)
_BEFORE: Final = 64
_AFTER: Final = 80
"""Bytes before and after the beginning of the word in which a mark lies."""


def exercise_in(data: bytes) -> str:
    """Name of the first exercise that these lines say they belong to; empty where they say none."""
    return next(_marks(data), "") or next(_marks(data[-_BEFORE - _AFTER :] + b"\n"), "")


def _marks(data: bytes) -> Iterator[str]:
    at = data.find(_WORD)
    while at >= 0:
        found = _MARK.search(data[max(0, at - _BEFORE) : at + _AFTER])
        if found:
            yield found.group(1).decode()
        at = data.find(_WORD, at + 1)


class MarkWatch:
    """Looks for marks in a stream that comes in pieces, also where a piece ends within a mark."""

    def __init__(self, context: str, where: str) -> None:
        self._context, self._where = context, where
        self._rest = b""

    def look(self, data: bytes) -> None:
        """Look at the next piece. Raises ContextError where it belongs to an exercise other than the context."""
        around = _BEFORE + _AFTER
        if self._rest:
            self._judge(self._rest + data[:around])
        self._judge(data)
        self._rest = (self._rest + data[-around:])[-around:]

    def finish(self) -> None:
        """Look at the last line, which may have no end."""
        self._judge(self._rest + b"\n")

    def _judge(self, data: bytes) -> None:
        name = next((name for name in _marks(data) if self._context != f"exercise:{name}"), "")
        if not name:
            return
        hint = f"run again with --context exercise:{name}"
        if self._context == REAL:
            raise ContextError(
                f"says of itself that it is the exercise {name}: NOT REAL, and it is not read as real",
                where=self._where, hint=hint,
            )  # fmt: skip
        raise ContextError(
            f"says of itself that it is the exercise {name}, which is not {self._context}", where=self._where, hint=hint
        )

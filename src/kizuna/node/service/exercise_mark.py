"""The mark by which an exercise says inside the stream that nothing of it is real.

The generator marks its streams with a text sentence (``$AITXT,01,01,07,EXERCISE <id> SIMULATED NOT REAL``) under a TAG
block whose text begins in the same way. Payloads of AIS are armoured, so a name of a ship that holds the word cannot be
mistaken for it. A mark whose checksum is wrong counts all the same: a false alarm costs less than a false ship.
"""

from __future__ import annotations

import re
from typing import Final

from kizuna.records.context import REAL

_WORD: Final = b"EXERCISE"
_MARK: Final = re.compile(
    rb"(?:^|[\\,])(?:t:|\$[A-Z]{2}TXT,[0-9]*,[0-9]*,[0-9]*,)EXERCISE ([A-Za-z0-9._-]{1,64})", re.MULTILINE
)


def exercise_in(data: bytes) -> str:
    """Name of the first exercise that these lines say they belong to; empty where they say none."""
    if _WORD not in data:
        return ""
    found = _MARK.search(data)
    return found.group(1).decode() if found else ""


def refusal(data: bytes, context: str) -> str:
    """Why these lines must not come into a node of this context; empty where they may."""
    name = exercise_in(data)
    if not name or context == f"exercise:{name}":
        return ""
    if context == REAL:
        return f"it plays the exercise {name}; a real node takes no exercise"
    return f"it plays the exercise {name}; this node is of context {context}"

"""The label of a statement: who may be told.

This first form has two values: nobody (the default) and a named audience. The full label (TLP, releasable-to,
caveats, re-share, retention) will keep ``nobody`` as its bottom. A label is data, set at the source and never lost;
a derived row takes the narrowest label of what it was derived from.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

NOBODY: Final = "nobody"
"""The default: released to no partner until a rule says otherwise."""


def join(labels: Iterable[str]) -> str:
    """Label of something derived from statements with these labels: all equal, that one; else ``nobody``."""
    seen = set(labels)
    return seen.pop() if len(seen) == 1 else NOBODY

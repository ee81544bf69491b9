"""Whether a stream that says it is an exercise may come into a node of this context."""

from __future__ import annotations

from kizuna.records.context import REAL
from kizuna.records.exercise_mark import exercise_in

__all__ = ["exercise_in", "refusal"]


def refusal(data: bytes, context: str) -> str:
    """Why these lines must not come into a node of this context; empty where they may."""
    name = exercise_in(data)
    if not name or context == f"exercise:{name}":
        return ""
    if context == REAL:
        return f"it plays the exercise {name}; a real node takes no exercise"
    return f"it plays the exercise {name}; this node is of context {context}"

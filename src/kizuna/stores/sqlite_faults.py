"""What an operator can do when SQLite fails: one answer for every store that is a file of it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from kizuna.base.errors import InputError, KizunaError, UnavailableError


def fault(exc: sqlite3.Error, where: Path, damaged: str = "is damaged") -> KizunaError:
    """The error to raise for a transaction that failed; it left nothing. A bug of ours is raised itself.

    ``damaged`` says what is damaged, where that is the reason.
    """
    text = str(exc)
    if "full" in text or "I/O" in text:
        hint = "free some space; what was acknowledged before is kept, this was not taken"
        return UnavailableError(f"the disk is full or fails: {text}", where=str(where), hint=hint)
    if "locked" in text or "busy" in text or "readonly" in text or "unable to open" in text:
        return UnavailableError(f"cannot be written now: {text}", where=str(where), hint="try again")
    if "malformed" in text or "not a database" in text:
        return InputError(f"{damaged}: {text}", where=str(where), hint="restore a backup")
    raise exc

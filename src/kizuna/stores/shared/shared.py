"""The door of the shared store: one file for one context, with a room for each thing that sharing keeps."""

from __future__ import annotations

import re
from pathlib import Path
from types import TracebackType
from typing import Self

from kizuna.base.errors import ConfigError
from kizuna.records.context import check
from kizuna.stores.shared import books, onward
from kizuna.stores.shared.database import WINDOW_MS, Database
from kizuna.stores.shared.decisions import Decisions
from kizuna.stores.shared.inbox import Inbox
from kizuna.stores.shared.logs import Logs
from kizuna.stores.shared.outbox import Outbox
from kizuna.stores.shared.records import Records
from kizuna.stores.shared.register.finding import Register


class Shared:
    """What was told, received and decided in one context."""

    def __init__(self, database: Database, context: str) -> None:
        self.database, self.context = database, context
        self.records = Records(database)
        self.logs = Logs(database)
        self.outbox = Outbox(database)
        self.inbox = Inbox(database)
        self.register = Register(database)
        self.decisions = Decisions(database)
        self.derived = books.Derived(database)
        self.tombstones = books.Tombstones(database)
        self.carried = onward.Carried(database)
        self.passed = onward.Passed(database)
        self.quarantine = books.Quarantine(database)
        self.papers = books.Papers(database)
        self.nonces = books.Nonces(database)
        self.notes = books.Notes(database)

    def backup(self, to: Path) -> None:
        """A consistent copy of the file, also while others write."""
        self.database.backup(to)

    def close(self) -> None:
        """Close the file."""
        self.database.close()

    def __enter__(self) -> Self:
        """Close with the block."""
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def file_of(directory: Path, context: str) -> Path:
    """Path of the file of a context: ``shared-real.db``, ``shared-test.db`` or ``shared-exercise-<id>.db``."""
    return directory / f"shared-{re.sub(':', '-', check(context))}.db"


def open_shared(directory: Path, *, context: str, window_ms: int = WINDOW_MS, durable: bool = True) -> Shared:
    """Open the store of a context in a directory, made where there is none.

    ``window_ms``: how long a commit waits for company while several write. ``durable=False``: do not wait for the disk
    (rehearsals and tests; a loss of power may then undo the last commits, a killed process does not). Raises
    ConfigError for a file of another context or of a newer version, InputError for a damaged one.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise ConfigError(f"cannot be made: {exc.strerror}", where=str(directory)) from exc
    return Shared(Database(file_of(directory, context), context, window_ms=window_ms, durable=durable), context)

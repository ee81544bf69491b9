"""The desk as the node holds it: its parts over one file."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from kizuna.node.desk.audit import Audit
from kizuna.node.desk.database import Database
from kizuna.node.desk.decisions import Decisions
from kizuna.node.desk.people import People
from kizuna.node.desk.tokens import Tokens
from kizuna.node.desk.watch_log import WatchLists, WatchLog

FILE: str = "desk.db"


def now_ms() -> int:
    """UTC by the clock of this machine, in milliseconds."""
    return time.time_ns() // 1_000_000


class Desk:
    """``people``, ``decisions``, ``log``, ``lists``, ``audit`` and ``tokens`` of one node.

    Every method of them may be called from any thread. Raises ConfigError for a file that cannot be used.
    """

    def __init__(self, directory: Path, clock: Callable[[], int] = now_ms) -> None:
        self._db = Database(directory / FILE)
        self.clock = clock
        self.people = People(self._db, clock)
        self.decisions = Decisions(self._db, clock)
        self.log = WatchLog(self._db, clock)
        self.lists = WatchLists(self._db, clock)
        self.audit = Audit(self._db, clock)
        self.tokens = Tokens(self._db, clock)

    @property
    def version(self) -> int:
        """Counts up with everything that the stations share: decisions, log, hand-overs, watch lists."""
        return self._db.version

    def write_setup_link(self, url: str, to: Path) -> str | None:
        """Make the one-time link ``url?token=...``, also into a file that only its owner reads; None if not needed."""
        if not self.people.needs_setup():
            to.unlink(missing_ok=True)
            return None
        link = f"{url}?token={self.people.setup_token()}"
        to.unlink(missing_ok=True)
        with os.fdopen(os.open(to, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as out:
            out.write(link + "\n")
        return link

    def backup(self, to: Path) -> None:
        """A consistent copy of the file, while the node runs."""
        self.audit.flush()
        self._db.backup(to)

    def close(self) -> None:
        """Write what was gathered and close the file."""
        self.audit.close()
        self._db.close()


def open_desk(directory: Path, clock: Callable[[], int] = now_ms) -> Desk:
    """The desk of a node's directory, made where there is none."""
    return Desk(directory, clock)

"""The journal of the desk: what its people wrote and what came in for them, in the order of this desk.

A row is a paper of the shared store, so a command beside a running node writes into the same journal, and the node
finds it there. Rows are never changed; one that is there already stays as it is. From them everything that the desk
knows is rebuilt at the start.
"""

from __future__ import annotations

import hashlib
import threading
from typing import Final

import msgspec

from kizuna.base.errors import InputError
from kizuna.stores.shared.books import Paper, Papers

KIND: Final = "desk"
RULE: Final = "rule"
DUTY: Final = "duty"
CASE: Final = "case"
HOUSE: Final = ""


class Row(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing written or taken in.

    Attributes:
        what: kind of the record, or an event of this desk, such as ``!recall.sent``.
        data: bytes of the record.
        at_ms: when this desk wrote it or took it in, UTC; goes up from row to row.
        proved: party whose signed log it is from; this one's own id for what was written here.
        via: partner that brought it.
        by: who of this desk wrote it; never leaves.
        person: id of that account, which stays when the name changes; empty where it is not known.
        to: audiences for whom it is meant.
        way: how it goes to them: by ``rule``; by ``duty``; as a ``case`` says; empty stays in the house.
    """

    what: str
    data: bytes
    at_ms: int
    proved: str
    via: str = ""
    by: str = ""
    person: str = ""
    to: tuple[str, ...] = ()
    way: str = HOUSE

    @property
    def id(self) -> str:
        """Id of the record."""
        return hashlib.sha256(self.data).hexdigest()


class Journal:
    """Any thread and any process may use it."""

    def __init__(self, papers: Papers) -> None:
        self._papers = papers
        self._lock = threading.Lock()
        self._known: set[str] = set()
        self._count = 0
        self._last_ms = 0

    def put(self, row: Row) -> Row | None:
        """Keep a row; None where it is there already. Its time is moved on where another row has it."""
        with self._lock:
            if row.id in self._known:
                return None
            kept = msgspec.structs.replace(row, at_ms=max(row.at_ms, self._last_ms + 1))
            try:
                self._papers.put(Paper(KIND, row.id, 1, kept.at_ms, row.by, msgspec.json.encode(kept)))
            except InputError:  # another process was quicker; ``news`` will bring it
                return None
            self._known.add(row.id)
            self._count += 1
            self._last_ms = kept.at_ms
            return kept

    def news(self) -> list[Row]:
        """Rows that this process has not seen yet, oldest first."""
        with self._lock:
            if self._papers.count(KIND) == self._count:
                return []
            found = self._papers.versions(KIND)
            self._count = len(found)
            fresh = [msgspec.json.decode(p.data, type=Row) for p in found if p.name not in self._known]
            self._known.update(p.name for p in found)
            self._last_ms = max([self._last_ms, *(row.at_ms for row in fresh)])
            return sorted(fresh, key=lambda row: (row.at_ms, row.id))

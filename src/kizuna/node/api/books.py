"""What the routes share: the node and the books kept in memory over its store."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field
from typing import Final

from kizuna.base.table import empty
from kizuna.node.api.alert_book import AlertBook
from kizuna.node.api.interfaces import Node
from kizuna.node.api.picture_book import ALERT, WATCHED, PictureBook
from kizuna.node.api.view import HOUSE, Reader
from kizuna.picture.watch import Hit, matches
from kizuna.tracks.table import SEGMENTS

_WATCH_S: Final = 60.0
"""Names heard since are compared with the watch lists so often; at once when a list changed."""
_LOG: Final = logging.getLogger("kizuna.node.api")


@dataclass(slots=True)
class Books:
    """One per app."""

    node: Node
    pictures: PictureBook
    alerts: AlertBook
    hits: dict[str, list[Hit]] = field(default_factory=dict)
    _marked_at: tuple[int, int] = (-1, -1)
    _watched_at: tuple[int, float] = (-1, 0.0)
    _watched: frozenset[int] = frozenset()
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @staticmethod
    def over(node: Node) -> Books:
        """Books over a node's store."""
        pictures = PictureBook(node)
        return Books(node, pictures, AlertBook(node, pictures))

    def update_marks(self) -> None:
        """Tell the picture which vessels have alerts or are watched. One caller works, others go on with what is."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            desk, events = self.node.desk.version, Reader(self.node, HOUSE).versions().events
            again = time.monotonic() - self._watched_at[1] > _WATCH_S
            if (desk, events) == self._marked_at and not again:
                return
            if again or desk != self._watched_at[0]:
                self._find_watched(desk)
            marks = dict.fromkeys(self._watched, WATCHED)
            for mmsi in self.alerts.marked():
                marks[mmsi] = marks.get(mmsi, 0) | ALERT
            self.pictures.mark(marks)
            self._marked_at = desk, events
        finally:
            self._lock.release()

    def _find_watched(self, desk_version: int) -> None:
        lists = self.node.desk.lists.all()
        hits: dict[str, list[Hit]] = {}
        if lists:
            identities = Reader(self.node, HOUSE).identities()
            nothing = empty(SEGMENTS)
            hits = {name: matches(entries, identities, nothing) for name, entries in lists.items()}
        self.hits = hits
        named = {h.candidate.mmsi for found in hits.values() for h in found}
        numbered = {int(e.mmsi) for entries in lists.values() for _, e in entries if e.mmsi}  # heard or not yet
        self._watched = frozenset(named | numbered)
        self._watched_at = desk_version, time.monotonic()

"""Rows of the picture whose records were recalled: partners' rows that nobody at this node is to see any more.

A recalled record may be erased at once, so what its row looks like is noted before. The note lies in the shared store;
the rows themselves stay in the node's own store, where retention lets them go, and never pass the view.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np

from kizuna.base.errors import InputError
from kizuna.base.table import Array, Table
from kizuna.node.origin import PARTNER, are_own, partner_of
from kizuna.node.share.received import event_name, mmsi_of, number_of
from kizuna.records.bodies.events import Event
from kizuna.records.kinds import read_body
from kizuna.records.record import decode

if TYPE_CHECKING:
    from kizuna.stores.shared import Shared

NOTE: Final = "hidden rows"
HIDING: Final = ("hide", "delete")


class _Kept(msgspec.Struct):
    """``places``: source, MMSI, time of positions; ``events``: ids; ``detections``: numbers."""

    places: list[tuple[str, int, int]] = []
    events: list[str] = []
    detections: list[int] = []


class Hidden:
    """What is hidden now; ``version`` counts up. Any thread may ask."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._lock = threading.Lock()
        held = shared.notes.get(NOTE)
        kept = msgspec.json.decode(held, type=_Kept) if held else _Kept()
        self.places, self.events, self.detections = set(kept.places), set(kept.events), set(kept.detections)
        self.version = 0
        self._work_out()

    def _rows(self) -> int:
        return len(self.places) + len(self.events) + len(self.detections)

    def _work_out(self) -> None:
        """What every look at rows needs, worked out when something is hidden and not at each look."""
        self.version += bool(self.version or self._rows())
        self._mmsis = np.array(sorted({mmsi for _, mmsi, _ in self.places}), np.int64)
        self._numbers = np.array(sorted(self.detections), np.int64)

    def add(self, record_ids: Iterable[str]) -> None:
        """Note the rows of these records while their bytes are here. On the disk when it returns."""
        self._change(record_ids, set.add)

    def remove(self, record_ids: Iterable[str]) -> None:
        """Show the rows of these records again, as far as their bytes are here."""
        self._change(record_ids, set.discard)

    def _change(self, record_ids: Iterable[str], act: Callable[[set[Any], Any], None]) -> None:
        with self._lock:
            before = self._rows()
            for name, held in self._shared.records.many(record_ids).items():
                if held.data is not None:
                    self._one(name, held.data, act)
            if self._rows() != before:
                kept = _Kept(sorted(self.places), sorted(self.events), sorted(self.detections))
                self._shared.notes.put({NOTE: msgspec.json.encode(kept)})
                self._work_out()

    def _one(self, name: str, data: bytes, act: Callable[[set[Any], Any], None]) -> None:
        try:
            record = decode(data)
            body = read_body(record)
        except InputError:
            return
        if record.kind == "track.position":
            act(self.places, (PARTNER + record.origin, mmsi_of(record.subject), record.observed_ms))
        elif record.kind == "detection":
            act(self.detections, number_of(name))
        elif isinstance(body, Event):
            act(self.events, event_name(record.origin, body.event_id))

    def seen(self, rows: Table) -> Table:
        """The rows without the hidden ones."""
        hidden = self._hidden(rows)
        return rows.take(~hidden) if hidden.any() else rows

    def _hidden(self, rows: Table) -> Array:
        out = np.zeros(len(rows), np.bool_)
        names = rows.schema.names
        if not self._rows() or not len(rows):
            return out
        with self._lock:
            if "det_id" in names:
                return np.isin(rows["det_id"], self._numbers)
            if "event_id" in names:
                ids = rows["event_id"].to_pylist()
                return np.array([i in self.events for i in ids], np.bool_)
            if "source_id" not in names or "mmsi" not in names or "time_ms" not in names:
                return out
            words = rows.codes_of("source_id")
            about = np.isin(rows["mmsi"], self._mmsis)
            for k in np.flatnonzero(about & ~are_own(rows)).tolist():
                told_by = PARTNER + partner_of(words[int(rows["source_id"][k])])
                key = told_by, int(rows["mmsi"][k]), int(rows["time_ms"][k])
                out[k] = key in self.places
        return out

"""Reception coverage and presence, worked out from the store by a thread of their own and served from memory.

- **coverage**: for each half-degree cell the share of the vessels that could be expected there, hour by hour, that were
  heard (``tracks.reception``), over the last whole hours. Cells with fewer than ``LEAST`` vessel-hours say nothing.
- **presence**: vessel-hours by cell of a tenth of a degree (``picture.presence``), without telling ships apart.

Bounded cost: the store is read an hour of data at a time, each hour once, and between two hours the thread rests as
long as it worked. What comes after its hour was counted is not added. The last answer lies on the disk, so that a node
that starts shows it with its date. Nothing here is asked for by a request.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from kizuna.base.errors import KizunaError
from kizuna.base.table import Array
from kizuna.base.units import HOUR_MS, MISSING_TIME_MS
from kizuna.events.subjects import vessel_like
from kizuna.node.origin import own_rows
from kizuna.node.service.health import Health
from kizuna.node.service.rooms import put_json
from kizuna.node.service.settings import LayerSettings
from kizuna.node.service.storing import NodeStore
from kizuna.picture import presence as hours
from kizuna.picture.rows import Rows
from kizuna.tracks import reception

NAMES: Final = ("coverage", "presence")
LEAST: Final = 3
CELL_DEG: Final = 0.1
CELLS_MOST: Final = 20_000
FIRST_S: Final = 20.0
"""After a start the thread waits so long: the node has better things to do. While data catch up it looks so often."""
BUSY_LOOKS: Final = 30
"""Detection that is behind goes first, but not for more looks than this."""
_SETTLED_MS: Final = 10 * 60_000
_READ: Final = ("mmsi", "time_ms", "lat_deg", "lon_deg", "msg_id")
_ALL: Final = (-180.0, -90.0, 180.0, 90.0)
_LOG: Final = logging.getLogger("kizuna.node.layers")


@dataclass(frozen=True, slots=True)
class _Hour:
    """One hour: who was heard, vessel-hours by cell, and the last fix of each vessel for the hour that follows."""

    present: reception.Presence
    counts: hours.Counts
    last: Rows


class HeardLayers:
    """The thread's work and its answers; ``layer`` and ``about`` may be called by any thread."""

    def __init__(
        self, keep: NodeStore, settings: LayerSettings, directory: Path, health: Health, *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._keep, self._settings, self._directory, self._health = keep, settings, directory, health
        self._monotonic = monotonic
        self._hours: dict[int, _Hour] = {}
        self._made: dict[str, tuple[bytes, dict[str, Any]]] = {}
        self._behind = 0
        """The last whole hour, counted from 1970, that the answers reach; 0 before the first."""
        self._columns = hours.Presence(hours.Params(("cell",), CELL_DEG))
        for name in NAMES:
            self._read(name)

    def layer(self, name: str) -> bytes | None:
        """GeoJSON of a layer; None where it is none of ours or was not worked out yet."""
        made = self._made.get(name)
        return None if made is None else made[0]

    def about(self, name: str) -> dict[str, Any] | None:
        """Of which time a layer is and when it was worked out; None where the node works out none of that name."""
        if name not in NAMES or (not self._settings.every_min and name not in self._made):
            return None
        made = self._made.get(name)
        return {"calculated": None} if made is None else made[1]

    def run(
        self, stopping: threading.Event, now_ms: Callable[[], int], busy: Callable[[], bool] = lambda: False
    ) -> None:
        """Work the layers out until the node stops. ``busy``: whether detection is behind.

        Where the last whole hour went on by more than one since the look before, a past is still coming in, and the
        next look is soon.
        """
        if not self._settings.every_min or stopping.wait(FIRST_S):
            return
        for _ in range(BUSY_LOOKS):
            if not busy():
                break
            if stopping.wait(FIRST_S):
                return
        while True:
            before = self._behind
            try:
                self.work(now_ms(), stopping)
                self._health.trouble("layers", "")
            except KizunaError as exc:
                if self._health.trouble("layers", str(exc)):
                    _LOG.error("coverage and presence are not worked out: %s", exc)
            coming = not self._made or self._behind - before > 1
            if stopping.wait(FIRST_S if coming else self._settings.every_min * 60.0):
                return

    def work(self, now_ms: int, stopping: threading.Event | None = None) -> bool:
        """Work both out from what the store holds; False where there is nothing to work with yet."""
        newest_ms = self._keep.versions().newest_ms
        if newest_ms == MISSING_TIME_MS:
            return False
        behind = (min(newest_ms, now_ms) - _SETTLED_MS) // HOUR_MS
        s = self._settings
        most = max(s.coverage_h + reception.MEMORY_H, s.presence_h)
        if not self._count(behind - most, behind, stopping):
            return False
        self._behind = behind
        covered = self._coverage(behind)
        present = self._presence(behind)
        self._put("coverage", covered, (behind - s.coverage_h) * HOUR_MS, behind * HOUR_MS, now_ms)
        self._put("presence", present, (behind - s.presence_h) * HOUR_MS, behind * HOUR_MS, now_ms)
        return True

    def _count(self, first: int, behind: int, stopping: threading.Event | None) -> bool:
        """Count the hours that were not counted yet; whether any holds a fix."""
        self._hours = {h: one for h, one in self._hours.items() if h >= first}
        held = {start // HOUR_MS for start in self._keep.history(first * HOUR_MS, behind * HOUR_MS)[0]}
        for hour in sorted(held - self._hours.keys()):
            begun = self._monotonic()
            before = self._hours.get(hour - 1)
            self._hours[hour] = self._one(hour, None if before is None else before.last)
            if stopping is not None and stopping.wait(min(self._monotonic() - begun, 5.0)):
                return False
        return bool(self._hours)

    def _one(self, hour: int, before: Rows | None) -> _Hour:
        fixes = own_rows(self._keep.box(*_ALL, hour * HOUR_MS, (hour + 1) * HOUR_MS, names=(*_READ, "source_id")))
        keep = np.flatnonzero(vessel_like(fixes["mmsi"]) & ~np.isnan(fixes["lat_deg"]))
        keep = keep[np.lexsort((fixes["time_ms"][keep], fixes["mmsi"][keep]))]
        mmsi, time_ms, lat, lon, msg_id = (fixes[name][keep] for name in _READ)
        rows = Rows(mmsi, mmsi.astype(np.int64), time_ms, msg_id, lat, lon)
        ends = np.flatnonzero(np.diff(mmsi, append=-1) != 0)
        last = Rows(*(c[ends] for c in rows.columns()))
        tally = hours.Presence(hours.Params(("cell",), CELL_DEG))
        tally.feed(rows if before is None else _joined(before, rows))
        return _Hour(reception.presence(mmsi, time_ms, lat, lon), tally.finish(), last)

    def _coverage(self, behind: int) -> list[dict[str, Any]]:
        parts = [one.present for _, one in sorted(self._hours.items())]
        present = parts[0]
        for part in parts[1:]:
            present = present.merged(part)
        first = behind - self._settings.coverage_h
        counted = reception.count(present, behind * HOUR_MS, first * HOUR_MS)
        cells, at = np.unique(counted.cell, return_inverse=True)
        heard = np.bincount(at, counted.heard, len(cells)).astype(np.int64)
        expected = heard + np.bincount(at, counted.missing, len(cells)).astype(np.int64)
        out = []
        for cell, h, e in zip(cells.tolist(), heard.tolist(), expected.tolist(), strict=True):
            if e >= LEAST:
                row, column = divmod(cell, reception.COLUMNS)
                side = 1.0 / reception.CELLS_PER_DEGREE
                out.append(_cell(column * side - 180.0, row * side - 90.0, side,
                                 {"share": round(h / e, 3), "heard": h, "expected": e}))  # fmt: skip
        return out

    def _presence(self, behind: int) -> list[dict[str, Any]]:
        first = behind - self._settings.presence_h
        counts = hours.add([one.counts for hour, one in self._hours.items() if hour >= first])
        if not len(counts):
            return []
        table = self._columns.table(counts)
        lat, lon, spent = (table.column(n).to_numpy() for n in ("lat", "lon", "vessel_hours"))
        order = np.argsort(-spent, kind="stable")[:CELLS_MOST]
        order = order[spent[order] > 0]
        top = max(float(np.quantile(spent[order], 0.99)), 0.1) if len(order) else 1.0
        share = _shares(spent[order], top)
        return [
            _cell(float(lon[k]) - CELL_DEG / 2, float(lat[k]) - CELL_DEG / 2, CELL_DEG,
                  {"share": round(s, 3), "vessel_hours": round(float(spent[k]), 2)})
            for k, s in zip(order.tolist(), share.tolist(), strict=True)
        ]  # fmt: skip

    # ---- what is kept ---------------------------------------------------------------------------------------------
    def _put(self, name: str, features: list[dict[str, Any]], start_ms: int, end_ms: int, now_ms: int) -> None:
        about = {"calculated": now_ms, "from": start_ms, "to": end_ms, "cells": len(features)}
        document = {"type": "FeatureCollection", **about, "features": features}
        put_json(self._path(name), document, sure=False)
        self._made[name] = self._path(name).read_bytes(), about

    def _path(self, name: str) -> Path:
        return self._directory / f"{name}.geojson"

    def _read(self, name: str) -> None:
        try:
            data = self._path(name).read_bytes()
            document = json.loads(data)
            self._made[name] = data, {k: document[k] for k in ("calculated", "from", "to", "cells")}
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError) as exc:
            _LOG.warning("the last %s cannot be read: %s", name, exc)


def _joined(before: Rows, rows: Rows) -> Rows:
    """The rows with the last fix that each of their vessels had in the hour before."""
    again = np.isin(before.mmsi, rows.mmsi)
    both = rows.after(Rows(*(c[again] for c in before.columns())))
    order = np.lexsort((both.time_ms, both.mmsi))
    return Rows(*(c[order] for c in both.columns()))


def _shares(spent: Array, top: float) -> Array:
    """How strongly each cell is drawn: by the logarithm, as traffic spreads over orders of magnitude."""
    return np.asarray(np.clip(np.log1p(spent) / np.log1p(top), 0.02, 1.0))


def _cell(west: float, south: float, side: float, said: dict[str, Any]) -> dict[str, Any]:
    w, s, e, n = (round(v, 4) for v in (west, south, west + side, south + side))
    ring = [[w, s], [e, s], [e, n], [w, n], [w, s]]
    return {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": said}

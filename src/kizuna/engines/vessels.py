"""Rows of single vessels out of result directories: what a search, a history and a watch list need."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kizuna.base.errors import ConfigError, InputError
from kizuna.base.table import Array, Schema, Table, concat, empty, from_arrow
from kizuna.events.table import EVENTS
from kizuna.fixes.table import FIXES, FLAG_DUPLICATE
from kizuna.formats.run_summary import RunSummary, read_run_json
from kizuna.picture.history import History
from kizuna.stores.parquet import read_table
from kizuna.tracks.table import IDENTITIES, SEGMENTS, Tracks


@dataclass(frozen=True)
class Holdings:
    """Result directories seen as one, in the order given; they must be of one context.

    An event that stands in several counts once, in its latest version; a segment likewise, in its longest form.
    """

    directories: tuple[Path, ...]

    @classmethod
    def at(cls, directories: Iterable[Path]) -> Holdings:
        """Check them. A directory of result directories stands for those in it.

        Raises ConfigError where one holds no result, InputError where contexts differ.
        """
        found: list[Path] = []
        for path in directories:
            inside = sorted(p.parent for p in path.glob("*/run.json")) if not (path / "run.json").exists() else [path]
            if not inside:
                raise ConfigError("holds no result", where=str(path), hint="give the --out directory of kizuna detect")
            found += inside
        made = cls(tuple(dict.fromkeys(found)))
        contexts = sorted({run.context for run in made.runs})
        if len(contexts) > 1:
            raise InputError(f"the results mix the contexts {' and '.join(contexts)}", hint="look at them apart")
        return made

    @cached_property
    def runs(self) -> tuple[RunSummary, ...]:
        """The record of each run."""
        out = []
        for directory in self.directories:
            try:
                out.append(read_run_json((directory / "run.json").read_bytes()))
            except (OSError, ValueError, KeyError, json.JSONDecodeError) as exc:
                raise ConfigError(f"run.json cannot be read: {exc}", where=str(directory)) from exc
        return tuple(out)

    @cached_property
    def identities(self) -> Table:
        """Identity periods of all vessels."""
        return self._all(IDENTITIES)

    @cached_property
    def segments(self) -> Table:
        """Segments of all vessels, one row per ``seg_id``."""
        table = self._all(SEGMENTS)
        order = np.lexsort((-table["pos_count"].astype(np.int64), table["seg_id"]))
        first = np.ones(len(order), np.bool_)
        first[1:] = np.diff(table["seg_id"][order]) != 0
        return table.take(np.sort(order[first]))

    def _all(self, schema: Schema) -> Table:
        paths = [d / f"{schema.name}.parquet" for d in self.directories]
        tables = [read_table(schema, path) for path in paths if path.exists()]
        return concat(tables) if tables else empty(schema)

    def events_of(self, mmsis: Array) -> Table:
        """Events with one of these vessels, by start; each in its latest version."""
        wanted = pa.array(mmsis, pa.int32())
        tables = []
        for directory in self.directories:
            path = directory / "events.parquet"
            if path.exists():
                whole = pq.read_table(path)
                lists = whole["mmsis"].combine_chunks()
                held = pc.is_in(pc.list_flatten(lists), wanted)
                rows = np.unique(pc.list_parent_indices(lists).filter(held).to_numpy(zero_copy_only=False))
                tables.append(from_arrow(EVENTS, whole.take(pa.array(rows, pa.int64()))))
        if not tables:
            return empty(EVENTS)
        events = concat(tables)
        ids = pc.rank(events["event_id"], tiebreaker="dense").to_numpy()
        order = np.lexsort((-events["version"], ids))
        first = np.ones(len(order), np.bool_)
        first[1:] = np.diff(ids[order].astype(np.int64)) != 0
        kept = order[first]
        return events.take(kept[np.lexsort((ids[kept], events["start_ms"][kept]))].astype(np.int64))

    def fixes_of(self, mmsi: int, columns: Sequence[str] = ()) -> Table:
        """Fixes of one MMSI, by time; each ``msg_id`` once. ``columns`` (names in files) limits what is read."""
        tables = []
        for directory in self.directories:
            path = directory / "fixes.parquet"
            if path.exists():
                names = [*columns] or None
                tables.append(from_arrow(FIXES, pq.read_table(path, columns=names, filters=[("mmsi", "=", mmsi)])))
        if not tables:
            return empty(FIXES)
        fixes = concat(tables)
        _, first = np.unique(fixes["msg_id"], return_index=True)
        return fixes.take(first[np.lexsort((fixes["msg_id"][first], fixes["time_ms"][first]))].astype(np.int64))

    def history(self, mmsi: int) -> History:
        """Everything about one MMSI but its fixes."""
        identities = self.identities
        mine = np.flatnonzero(identities["mmsi"] == mmsi)
        mine = mine[np.lexsort((identities["last_ms"][mine], identities["first_ms"][mine]))]
        segments = self.segments
        parts = np.flatnonzero(segments["mmsi"] == mmsi)
        parts = parts[np.lexsort((segments["seg_id"][parts], segments["start_ms"][parts]))]
        fixes = self.fixes_of(mmsi, ("msg_id", "mmsi", "timestamp", "flags"))
        again = int(((fixes["flags"] & FLAG_DUPLICATE) != 0).sum())
        return History(
            mmsi, identities.take(mine), segments.take(parts), self.events_of(np.array([mmsi], np.int32)),
            len(fixes), again,
        )  # fmt: skip

    def tracks_of(self, history: History) -> Tracks:
        """The vessel's fixes as tracks, for drawing; distances between fixes are not worked out."""
        fixes = self.fixes_of(history.mmsi)
        held = np.flatnonzero(~(np.isnan(fixes["lat_deg"]) | np.isnan(fixes["lon_deg"])))
        number = {int(s): i for i, s in enumerate(history.segments["seg_id"].tolist())}
        segment = np.array([number.get(int(s), -1) for s in fixes["seg_id"][held].tolist()], np.int32)
        behind = np.where(segment < 0, len(number), segment)
        order = held[np.lexsort((fixes["time_ms"][held], behind))]
        segment = np.sort(behind)
        bounds = np.searchsorted(segment, np.arange(len(number) + 1))
        return Tracks(
            order=order.astype(np.int64), mmsi=fixes["mmsi"][order], time_ms=fixes["time_ms"][order],
            lat_deg=fixes["lat_deg"][order], lon_deg=fixes["lon_deg"][order], sog_kn=fixes["sog_kn"][order],
            cog_deg=fixes["cog_deg"][order], segment=np.where(segment == len(number), -1, segment).astype(np.int32),
            step_m=np.full(len(order), np.nan, np.float32), flags=fixes["flags"][order],
            seg_start=bounds[:-1].astype(np.int64), seg_end=bounds[1:].astype(np.int64), segments=history.segments,
            fixes=fixes,
        )  # fmt: skip

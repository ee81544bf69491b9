"""What has been told about events so far: which are in force, in which version, and what has changed since.

An event is told first when it is found (version 1, ``open``: it may still change), again when something that matters
changes, and a last time when it is closed: all that may come late has come. While it is open its growth is not told.
An event that is not found any more is told as ``retracted``. No version is ever changed or lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kizuna.base.table import Array, Table, concat, empty
from kizuna.base.units import HOUR_MS, MISSING_TIME_MS
from kizuna.events.detect import in_order
from kizuna.events.params import Settings
from kizuna.events.table import EVENT_TYPES, EVENTS, REASONS, STATUSES

OPEN, CLOSED, SUPERSEDED, RETRACTED = (STATUSES.index(s) for s in ("open", "closed", "superseded", "retracted"))
LATE_DATA: Final = REASONS.index("late_data")
_GROWING: Final = tuple(EVENT_TYPES.index(t) for t in ("encounter", "loitering"))
"""Types whose end moves while they go on, although the table has no open state for them."""
_NUMBERS: Final = (
    "start_ms", "end_ms", "start_lat_deg", "start_lon_deg", "end_lat_deg", "end_lon_deg", "duration_h", "distance_m",
    "implied_speed_kn", "median_speed_kn", "median_distance_m", "confidence",
)  # fmt: skip


@dataclass(slots=True)
class _Entry:
    """The version of an event in force: where its row stands, and what of it matters."""

    version: int
    closed: bool
    print: Any
    table: int
    row: int
    kind: int
    mmsis: tuple[int, ...]


class Told:
    """The story of all events, and the changes that a new look makes to it."""

    def __init__(self, settings: Settings) -> None:
        self.tables: list[Table] = []
        self._now: dict[str, _Entry] = {}
        self._newest: dict[str, int] = {}
        self._by_mmsi: dict[int, set[str]] = {}
        self._lag_ms = np.zeros(len(EVENT_TYPES), np.int64)
        self._lag_ms[_GROWING[0]] = round(max(settings.encounters.merge_h, settings.resample.bridge_h) * HOUR_MS)
        self._lag_ms[_GROWING[0]] += round(settings.resample.bridge_h * HOUR_MS)
        self._lag_ms[_GROWING[1]] = 2 * HOUR_MS

    def __len__(self) -> int:
        """Events in force."""
        return len(self._now)

    def in_force(self, kind: str, mmsis: tuple[int, ...]) -> bool:
        """Whether an event of a type and exactly these MMSIs is told and not closed."""
        code = EVENT_TYPES.index(kind)
        ids = self._by_mmsi.get(mmsis[0], ())
        return any(self._now[i].kind == code and self._now[i].mmsis == mmsis and not self._now[i].closed for i in ids)

    def look(self, events: Table, targets: set[int]) -> Table:
        """Changes by a first look at some MMSIs; closed events are left alone, and no event is closed."""
        mmsis = events["mmsis"].to_pylist()
        mine = np.array([targets.issuperset(m) for m in mmsis], np.bool_)
        events = events.take(np.flatnonzero(mine))
        gone = {
            i for m in targets for i in self._by_mmsi.get(m, ())
            if not self._now[i].closed and self._now[i].kind not in _GROWING
        }  # fmt: skip
        no = np.zeros(len(events), np.bool_)
        return self._tell(events, no, _prints(events, no), gone, leave_closed=True)

    def settle(
        self, events: Table, watermark_ms: int | None, gone_ms: int | None = None, *, since: int | None = None
    ) -> Table:  # fmt: skip
        """Changes by all events worked out anew; None as watermark closes what is over and tells how the rest grew.

        ``gone_ms`` where rows were let go: closed events, and those that begin before it, then stay as they were told.
        ``since``: how many tables had been told when the rows were taken; what was told later is left as it is.
        """
        later = (
            {i for table in self.tables[since:] for i in table["event_id"].to_pylist()} if since is not None else set()
        )
        if later:
            events = events.take(np.array([i not in later for i in events["event_id"].to_pylist()], np.bool_))
        over = self._over(events, watermark_ms)
        if watermark_ms is None:
            whole = np.ones(len(events), np.bool_)
            self._look_closer(events)
        else:
            closed = {i for i, e in self._now.items() if e.closed}  # also by a stream that ended and now goes on
            whole = over | np.array([i in closed for i in events["event_id"].to_pylist()], np.bool_)
        prints = _prints(events, whole)
        expected = set(self._now)
        if gone_ms is not None:
            expected = {i for i, e in self._now.items() if not e.closed and self._start_ms(e) >= gone_ms}
        return self._tell(events, over, prints, expected - later, leave_closed=gone_ms is not None)

    def lasting(self, since_ms: int) -> dict[int, int]:
        """Start of the earliest event not closed, from ``since_ms`` on, of each MMSI that has one."""
        out: dict[int, int] = {}
        for entry in self._now.values():
            start_ms = self._start_ms(entry)
            if not entry.closed and start_ms >= since_ms:
                for m in entry.mmsis:
                    out[m] = min(out.get(m, start_ms), start_ms)
        return out

    def _start_ms(self, entry: _Entry) -> int:
        return int(self.tables[entry.table]["start_ms"][entry.row])

    def unspoilt(self, events: Table, since_ms: int) -> Table:
        """Events found after rows were let go, without those closed before and without remains.

        An event that begins before ``since_ms`` and was never told is what the cut left of an older one.
        """
        rows = zip(events["event_id"].to_pylist(), events["start_ms"].tolist(), strict=True)
        fits = [not self._now[i].closed if i in self._now else start >= since_ms for i, start in rows]
        return events.take(np.array(fits, np.bool_))

    def with_closed(self, events: Table, since_ms: int, gone_ms: int) -> Table:
        """The same beside the events whose rows are gone, which stay as they were told."""
        parts = [self.unspoilt(events, since_ms)]
        found = set(parts[0]["event_id"].to_pylist())
        by_table: dict[int, list[int]] = {}
        for event_id, entry in self._now.items():
            if entry.closed or (event_id not in found and self._start_ms(entry) < gone_ms):
                by_table.setdefault(entry.table, []).append(entry.row)
        parts += [self.tables[k].take(np.array(rows)) for k, rows in by_table.items()]
        whole = concat(parts)
        return in_order(whole.replace(version=np.ones(len(whole), np.int32)))

    def history(self) -> Table:
        """All versions ever told, by start, id and version; those no longer in force say by what they were replaced."""
        if not self.tables:
            return empty(EVENTS)
        told = concat(self.tables)
        ids, status = told["event_id"].to_pylist(), told["status"].copy()
        reason = told["status_reason"].copy()
        by: list[str | None] = told["superseded_by"].to_pylist()
        last: dict[str, int] = {}
        keep = np.ones(len(told), np.bool_)
        for k, event_id in enumerate(ids):
            before = last.get(event_id)
            last[event_id] = k
            if before is None or status[before] == RETRACTED:
                continue
            if status[k] == RETRACTED:
                keep[before] = False
            else:
                status[before], reason[before], by[before] = SUPERSEDED, LATE_DATA, event_id
        columns = {"status": status, "status_reason": reason, "superseded_by": pa.array(by, pa.string())}
        return in_order(told.replace(**columns).take(keep))

    def restore(self, told: Table) -> None:
        """Take up what was told before; ``told`` has the rows in the order told."""
        if not len(told):
            return
        self.tables = [told]
        kinds, prints = told["event_type"].tolist(), _prints(told, told["status"] == CLOSED)
        rows = zip(told["event_id"].to_pylist(), told["version"].tolist(), told["status"].tolist(), kinds,
                   told["mmsis"].to_pylist(), strict=True)  # fmt: skip
        for k, (event_id, version, status, kind, mmsis) in enumerate(rows):
            self._newest[event_id] = version
            if status == RETRACTED:
                self._drop(event_id)
            else:
                self._put(event_id, _Entry(version, status == CLOSED, prints[k], 0, k, kind, tuple(mmsis)))

    def _look_closer(self, events: Table) -> None:
        """Take everything measured, as it was told, for the prints of those events that are told as open.

        At the end of a stream their growth is told too; a stream that ended before and brought nothing new since must
        not tell it again.
        """
        by_table: dict[int, list[_Entry]] = {}
        for event_id in events["event_id"].to_pylist():
            entry = self._now.get(event_id)
            if entry is not None and not entry.closed:
                by_table.setdefault(entry.table, []).append(entry)
        for k, entries in by_table.items():
            told = self.tables[k].take(np.array([e.row for e in entries]))
            for entry, print_ in zip(entries, _whole_prints(told), strict=True):
                entry.print = print_

    def _over(self, events: Table, watermark_ms: int | None) -> Array:
        over: Array = events["status"] == CLOSED
        if watermark_ms is None:
            return over
        end_ms = events["end_ms"]
        over &= (end_ms != MISSING_TIME_MS) & (end_ms + self._lag_ms[events["event_type"]] <= watermark_ms)
        return over

    def _tell(
        self, events: Table, over: Array, prints: list[Any], expected: set[str], *, leave_closed: bool
    ) -> Table:  # fmt: skip
        ids = events["event_id"].to_pylist()
        kinds, mmsis = events["event_type"].tolist(), events["mmsis"].to_pylist()
        rows: list[int] = []
        versions: list[int] = []
        table = len(self.tables)
        for j, event_id in enumerate(ids):
            expected.discard(event_id)
            known = self._now.get(event_id)
            closed = bool(over[j])
            if known is not None and (
                (known.closed and leave_closed) or (known.closed >= closed and known.print == prints[j])
            ):
                continue
            version = self._newest.get(event_id, 0) + 1
            self._newest[event_id] = version
            self._put(event_id, _Entry(version, closed, prints[j], table, len(rows), kinds[j], tuple(mmsis[j])))
            rows.append(j)
            versions.append(version)
        changed = events.take(np.array(rows, np.int64))
        status = np.where(over[rows], CLOSED, OPEN).astype(np.int32) if rows else np.empty(0, np.int32)
        parts = [changed.replace(version=np.array(versions, np.int32), status=status)]
        parts += [self._retracted(event_id) for event_id in sorted(expected)]
        found = concat(parts)
        if len(found):
            self.tables.append(found)
        return found

    def _retracted(self, event_id: str) -> Table:
        entry = self._now[event_id]
        self._drop(event_id)
        row = self.tables[entry.table].take(np.array([entry.row]))
        return row.replace(status=np.full(1, RETRACTED, np.int32), status_reason=np.full(1, LATE_DATA, np.int32))

    def _put(self, event_id: str, entry: _Entry) -> None:
        self._now[event_id] = entry
        for m in entry.mmsis:
            self._by_mmsi.setdefault(m, set()).add(event_id)

    def _drop(self, event_id: str) -> None:
        entry = self._now.pop(event_id, None)
        for m in entry.mmsis if entry is not None else ():
            self._by_mmsi[m].discard(event_id)


def gaps_of(events: Table, watermark_ms: int) -> Iterable[list[int]]:
    """MMSI, start and end of the gaps that a late fix may still fall into."""
    gap = events["event_type"] == EVENT_TYPES.index("gap")
    over = (events["end_ms"] != MISSING_TIME_MS) & (events["end_ms"] < watermark_ms)
    rows = np.flatnonzero(gap & ~over & (events["status"] != RETRACTED))
    end_ms = events["end_ms"][rows]
    mmsi = pc.list_element(events["mmsis"].take(pa.array(rows)), 0).to_pylist()
    return mmsi, events["start_ms"][rows].tolist(), np.where(end_ms == MISSING_TIME_MS, 1 << 62, end_ms).tolist()


def _prints(events: Table, whole: Array) -> list[Any]:
    """What matters of each event: all that is measured, or (not ``whole``) whether it goes on and how sure it is."""
    n = len(events)
    if n == 0:
        return []
    ended = ((events["end_ms"] != MISSING_TIME_MS) & ~np.isin(events["event_type"], _GROWING)).tolist()
    word, vessels = events["confidence_word"].tolist(), events["vessel_ids"].to_pylist()
    out: list[Any] = [(ended[k], word[k], tuple(vessels[k])) for k in range(n)]
    rows = np.flatnonzero(whole)
    for k, print_ in zip(rows.tolist(), _whole_prints(events.take(rows)), strict=True):
        out[k] = print_
    return out


def _whole_prints(events: Table) -> list[Any]:
    """Everything measured of each event, lists of numbers by their sums."""
    if not len(events):
        return []
    numbers = np.stack([np.asarray(events[name], np.float64) for name in _NUMBERS], axis=1)
    proof = _sums(events["proof"].flatten().field("msg_ids"))
    segments = _sums(events["seg_ids"])
    tests = events["evidence"]
    measured = tests.flatten().field("measured").fill_null(-1.0).to_numpy(zero_copy_only=False)
    at = np.concatenate([[0], np.cumsum(pc.list_value_length(tests).to_numpy(zero_copy_only=False))])
    parts = [measured[a:b].tobytes() for a, b in zip(at[:-1].tolist(), at[1:].tolist(), strict=True)]
    texts = (events[name].to_pylist() for name in ("summary", "event_info", "mask"))
    vessels = [tuple(v) for v in events["vessel_ids"].to_pylist()]
    return list(zip([row.tobytes() for row in numbers], proof, segments, parts, vessels, *texts, strict=True))


def _sums(lists: pa.Array) -> list[int]:
    """Sum of each list of ids; it wraps, which does no harm here."""
    at = np.concatenate([[0], np.cumsum(pc.list_value_length(lists).to_numpy(zero_copy_only=False))])
    sums = np.concatenate([[0], np.cumsum(lists.flatten().to_numpy(zero_copy_only=False))])
    found: list[int] = (sums[at[1:]] - sums[at[:-1]]).tolist()
    return found

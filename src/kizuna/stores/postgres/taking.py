"""Appending: what is new of a batch goes into the database in one transaction, and then into memory."""

# ruff: noqa: S608  names of schemas are checked, numbers are made by int(); text goes as a parameter
from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa

from kizuna.base.table import Array, Table
from kizuna.base.units import HOUR_MS, MISSING_TIME_MS, SECOND_MS
from kizuna.sources.batch import Batch
from kizuna.stores.keep import block_counts, event_rows
from kizuna.stores.keep.latest import STATE, Latest, eligible
from kizuna.stores.keep.taking import check_context
from kizuna.stores.postgres import form
from kizuna.stores.postgres.connecting import Link
from kizuna.stores.postgres.core import Core, Mark
from kizuna.stores.postgres.rows import ODD, date_of, days_of, in_calendar, new_words, stored, to_database

_NEW_DAYS_MOST: Final = 8
_DAYS_MOST: Final = 4_000
"""Days that get partitions, of one batch and in all; what is more lies in the partition of odd days."""
_NUL: Final = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
_LATEST: Final = tuple(c.in_file for c in stored(STATE))


_EVENT: Final = pa.schema([
    ("event_id", pa.string()), ("version", pa.int32()), ("start_ms", pa.int64()), ("end_ms", pa.int64()),
    ("mmsis", pa.string()), ("row", pa.string()),
])  # fmt: skip


class Portion(NamedTuple):
    """What is new of a batch, and what the store is with it."""

    tables: Mapping[str, Table]
    late: Array
    mark: Mark


def append(core: Core, batch: Batch) -> int:
    """Take in a batch; the version of the picture with it.

    Raises InputError for rows of another context, UnavailableError when the server is gone or full; the next call with
    the same batch takes in what was not taken.
    """
    given = {"fixes": batch.fixes, "statics": batch.statics, "others": batch.others}
    for table in given.values():
        check_context(table, core.context)
    with core.taking, core.committing:
        link = core.writer()
        tables = _fresh(core, given)
        if not any(len(t) for t in tables.values()):
            return core.mark.seq
        portion = _portion(core, tables)
        words, new_days = _words(core, tables), _new_days(core, tables)
        core.pending = lambda: _apply(core, portion, words, new_days)
        with link.transaction():
            _write(core, link, portion, words, new_days)
        core.pending = None
        _apply(core, portion, words, new_days)
        return core.mark.seq


def _fresh(core: Core, given: Mapping[str, Table]) -> dict[str, Table]:
    """The rows that were not taken in before."""
    out = {}
    for name, table in given.items():
        new = core.horizons[name].fresh(table["msg_id"])
        out[name] = in_calendar(table if new.all() else table.take(new))
    return out


def _portion(core: Core, tables: Mapping[str, Table]) -> Portion:
    fixes = tables["fixes"]
    old = core.mark
    times = fixes["time_ms"][eligible(fixes, core.params.ahead_s * SECOND_MS)]
    newest_ms = max(old.newest_ms, int(times.max())) if len(times) else old.newest_ms
    dated = fixes["time_ms"][fixes["time_ms"] != MISSING_TIME_MS]
    first = [t for t in (old.oldest_ms, int(dated.min()) if len(dated) else MISSING_TIME_MS) if t != MISSING_TIME_MS]
    mark = old._replace(
        seq=old.seq + 1, newest_ms=newest_ms, closed_ms=core.closed_with(newest_ms),
        oldest_ms=min(first, default=MISSING_TIME_MS),
    )  # fmt: skip
    return Portion(tables, np.asarray(fixes["time_ms"] < old.closed_ms), mark)


def _words(core: Core, tables: Mapping[str, Table]) -> dict[str, tuple[str, ...]]:
    """All words with those that are new here."""
    new = new_words(list(tables.values()), core.words)
    return {**core.words, **{kind: (*core.words.get(kind, ()), *found) for kind, found in new.items()}}


def _new_days(core: Core, tables: Mapping[str, Table]) -> list[int]:
    """Days of reliable rows that have no partition yet, those with most rows first."""
    ahead_ms = core.params.ahead_s * SECOND_MS
    parts = [t["time_ms"][eligible(t, ahead_ms)] for t in (tables["fixes"], tables["statics"])]
    found, counts = np.unique(days_of(np.concatenate(parts)), return_counts=True)
    new = [d for d in found[np.argsort(-counts, kind="stable")].tolist() if d != ODD and d not in core.days]
    return new[: max(0, min(_NEW_DAYS_MOST, _DAYS_MOST - len(core.days)))]


def _write(core: Core, link: Link, portion: Portion, words: Mapping[str, tuple[str, ...]], new_days: list[int]) -> None:
    s, mark = core.schema, portion.mark
    for kind, found in words.items():
        for code in range(len(core.words.get(kind, ())), len(found)):
            link.run(f"INSERT INTO {s}.word VALUES ($1, {code}, $2)", (kind, found[code]))
    for day in new_days:
        form.add_day(link, s, date_of(day))
    for name, table in portion.tables.items():
        if len(table):
            link.fill(name, _heard(core, name, portion, words, new_days), s)
    _put_latest(core, link, portion, words)
    counts = block_counts.counted(portion.tables["fixes"], portion.late)
    if counts:
        values = ", ".join(f"({start}, {n})" for start, n in counts)
        link.run(
            f"INSERT INTO {s}.block AS b VALUES {values} "
            "ON CONFLICT (start_ms) DO UPDATE SET fixes = b.fixes + excluded.fixes"
        )
    times = portion.tables["fixes"]["time_ms"]
    hours = np.unique(times[times >= 0] // HOUR_MS).tolist()
    if hours:
        link.run(
            f"INSERT INTO {s}.touched VALUES {', '.join(f'({h * HOUR_MS}, {mark.seq})' for h in hours)} "
            "ON CONFLICT (start_ms) DO UPDATE SET seq = excluded.seq"
        )
    ids = {n: pa.array([t["msg_id"].tobytes() if len(t) else None], pa.binary()) for n, t in portion.tables.items()}
    link.fill("batch", pa.table({"seq": pa.array([mark.seq], pa.int64()), **ids}), s)
    put_mark(link, s, mark)


def put_mark(link: Link, schema: str, mark: Mark) -> None:
    """Write down how far the database is, within a transaction."""
    times = ("newest_ms", "closed_ms", "oldest_ms")
    values = [f"{k} = {'NULL' if v == MISSING_TIME_MS else v}" for k, v in zip(times, mark[2:5], strict=True)]
    link.run(f"UPDATE {schema}.state SET seq = {mark.seq}, events = {mark.events}, {', '.join(values)}")


def _heard(
    core: Core, name: str, portion: Portion, words: Mapping[str, tuple[str, ...]], new_days: list[int]
) -> pa.Table:
    """Rows of one table with what says where they lie."""
    table = portion.tables[name]
    arrow = to_database(table, words)
    there = np.array(sorted((core.days | set(new_days)) - core.ordering), np.int32)
    day = days_of(table["time_ms"])
    day = np.where(np.isin(day, there), day, ODD).astype(np.int32)
    arrow = arrow.append_column("day", pa.array(day, pa.int32()).cast(pa.date32()))
    undated = table["time_ms"] == MISSING_TIME_MS
    if undated.any() and portion.mark.newest_ms != MISSING_TIME_MS:
        at = pa.array(np.full(len(table), portion.mark.newest_ms), pa.timestamp("ms", "UTC"), mask=~undated)
        arrow = arrow.append_column("undated_at", at)
    if name == "fixes":
        arrow = arrow.append_column("late", pa.array(portion.late))
    if name == "statics":
        arrow = arrow.append_column("seq", pa.array(np.full(len(table), portion.mark.seq)))
    return arrow


def _put_latest(core: Core, link: Link, portion: Portion, words: Mapping[str, tuple[str, ...]]) -> None:
    """The newest of the vessels of the batch: worked out on a copy, because the transaction may fail."""
    fixes, statics = portion.tables["fixes"], portion.tables["statics"]
    mine = np.unique(np.concatenate([fixes["mmsi"], statics["mmsi"]]))
    part = Latest(core.latest.of(mine))
    part.update(fixes, statics, portion.mark.seq, core.params.ahead_s * SECOND_MS)
    state = part.state()
    if not len(state):
        return
    names = ", ".join(f'"{n}"' for n in _LATEST)
    new = ", ".join(f'"{n}" = excluded."{n}"' for n in _LATEST if n != "mmsi")
    link.fill("kizuna_latest", to_database(state, words))
    link.run(
        f"INSERT INTO {core.schema}.latest ({names}) SELECT {names} FROM kizuna_latest "
        f"ON CONFLICT (mmsi) DO UPDATE SET {new}"
    )


def _apply(core: Core, portion: Portion, words: dict[str, tuple[str, ...]], new_days: list[int]) -> None:
    """Fold a stored batch into memory."""
    for name, table in portion.tables.items():
        core.horizons[name].add(table["msg_id"])
    with core.state:
        core.words = words
        core.days |= set(new_days)
        fixes, statics = portion.tables["fixes"], portion.tables["statics"]
        core.latest.update(fixes, statics, portion.mark.seq, core.params.ahead_s * SECOND_MS)
        core.mark = portion.mark._replace(events=core.mark.events)


def put_events(core: Core, events: Table) -> int:
    """Take in events by id and version; the number of the events with them. Raises as ``append``."""
    check_context(events, core.context)
    if not len(events):
        return core.mark.events
    with core.committing:
        link = core.writer()
        number = core.mark.events + 1
        with link.transaction():
            changed = _put_rows(link, core.schema, events, number)
            if changed:
                link.run(f"UPDATE {core.schema}.state SET events = {number}")
        if changed:
            with core.state:
                core.mark = core.mark._replace(events=number)
        return core.mark.events


def _json(row: dict[str, Any]) -> str:
    """A row as JSON that the database can hold: without the character NUL."""
    return _NUL.sub("\\1\ufffd", msgspec.json.encode(row).decode())


def _put_rows(link: Link, schema: str, events: Table, number: int) -> int:
    """Rows that are new or changed; of two with one id and version the later counts."""
    rows = {}
    for row, start_ms, end_ms in zip(
        event_rows.as_rows(events), events["start_ms"].tolist(), events["end_ms"].tolist(), strict=True
    ):
        mmsis = "{" + ",".join(str(int(m)) for m in row["mmsis"] or ()) + "}"
        end = None if end_ms == MISSING_TIME_MS else end_ms
        key = (row["event_id"], row["version"])
        rows[key] = {**dict(zip(_EVENT.names, (*key, start_ms, end, mmsis), strict=False)), "row": _json(row)}
    link.fill("kizuna_event", pa.Table.from_pylist(list(rows.values()), _EVENT))
    changed = link.run(
        f"INSERT INTO {schema}.event AS e SELECT event_id, version, {number}, false, start_ms, end_ms, "
        "mmsis::int4[], row::jsonb FROM kizuna_event ON CONFLICT (event_id, version) DO UPDATE SET "
        "seq = excluded.seq, start_ms = excluded.start_ms, end_ms = excluded.end_ms, mmsis = excluded.mmsis, "
        "row = excluded.row WHERE e.row IS DISTINCT FROM excluded.row"
    )
    if changed:
        link.run(
            f"UPDATE {schema}.event e SET newest = (version = m.most) FROM (SELECT event_id, max(version) AS most "
            f"FROM {schema}.event WHERE event_id IN (SELECT event_id FROM kizuna_event) GROUP BY event_id) m "
            "WHERE e.event_id = m.event_id AND newest IS DISTINCT FROM (version = m.most)"
        )
    return changed

"""Upkeep: identities are carried on, days are let go, closed blocks are opened again. Appends go on meanwhile."""

# ruff: noqa: S608  names of schemas are checked, numbers are made by int(); text goes as a parameter
from __future__ import annotations

import datetime as dt
from typing import Final

import pyarrow as pa

from kizuna.base.units import DAY_MS, MISSING_TIME_MS
from kizuna.stores.keep import identity_rows
from kizuna.stores.keep.latest import STATE
from kizuna.stores.keep.params import BLOCK_MS, WINDOW_MS
from kizuna.stores.keep.pieces import SCHEMAS
from kizuna.stores.postgres import form
from kizuna.stores.postgres.asking import at, days_between, periods, unfolded
from kizuna.stores.postgres.connecting import Link
from kizuna.stores.postgres.core import Core
from kizuna.stores.postgres.rows import EPOCH, ODD_DAY, stored
from kizuna.stores.postgres.taking import put_mark

_MANY: Final = 1_000
_WAIT: Final = "SET LOCAL lock_timeout = '10s'"
"""What needs a table for itself gives up after so long: questions and appends behind it would wait as well."""
_PERIOD: Final = pa.schema([
    ("mmsi", pa.int32()), ("first_ms", pa.int64()), ("last_ms", pa.int64()), ("shipname", pa.string()),
    ("n_shipname", pa.string()), ("callsign", pa.string()), ("imo", pa.int32()), ("ship_type", pa.int32()),
    ("length_m", pa.int32()), ("width_m", pa.int32()), ("draught_m", pa.float64()), ("destination", pa.string()),
    ("count", pa.int64()), ("label", pa.string()),
])  # fmt: skip


def fold(core: Core) -> int:
    """Carry the identity periods on with the static messages taken in since; their number."""
    with core.maintaining, core.links.one() as link:
        upto = core.mark.seq
        fresh = unfolded(core, link, "true", upto)
        with link.transaction():
            _fold(link, core.schema, identity_rows.periods(fresh))
            form.put_fact(link, core.schema, "folded", upto)
            _forget_batches(core, link)
        _summarise(core, link)
        return len(fresh)


def _summarise(core: Core, link: Link) -> None:
    """Have the newest days' rows told by their index; the server does it by itself only now and then."""
    names = [form.partition("fixes", d) for d in [ODD_DAY, *sorted(form.days(link, core.schema))[-2:]]]
    for name in names:
        sql = (
            "SELECT brin_summarize_new_values(i.indexrelid) AS n FROM pg_index i "
            "JOIN pg_class c ON c.oid = i.indexrelid "
            f"JOIN pg_am a ON a.oid = c.relam WHERE a.amname = 'brin' AND i.indrelid = '{core.schema}.{name}'::regclass"
        )
        link.ask(sql)


def _fold(link: Link, schema: str, new: list[identity_rows.Row]) -> None:
    mmsis = sorted({row["mmsi"] for row in new})
    for k in range(0, len(mmsis), _MANY):
        some = mmsis[k : k + _MANY]
        old = periods(link, schema, f"mmsi IN ({', '.join(map(str, some))})")
        mine = set(some)
        rows = identity_rows.carried(old, [row for row in new if row["mmsi"] in mine])
        changed = [row for row in rows if row.get("changed")]
        gone = [str(row["rowid"]) for row in changed if row.get("rowid") is not None]
        if gone:
            link.run(f"DELETE FROM {schema}.identity WHERE id IN ({', '.join(gone)})")
        link.fill("identity", pa.Table.from_pylist(changed, _PERIOD), schema)


def _forget_batches(core: Core, link: Link) -> None:
    """Drop ids beyond the horizon, of each table by itself."""
    s = core.schema
    for name in SCHEMAS:
        newer = f"sum(octet_length({name})) OVER (ORDER BY seq DESC) - octet_length({name})"
        kept = f"SELECT seq, {newer} AS newer FROM {s}.batch WHERE {name} IS NOT NULL"
        first = f"SELECT max(seq) FROM ({kept}) b WHERE newer >= {8 * core.params.horizon_rows}"
        link.run(f"UPDATE {s}.batch SET {name} = NULL WHERE {name} IS NOT NULL AND seq <= ({first})")
    link.run(f"DELETE FROM {s}.batch WHERE coalesce({', '.join(SCHEMAS)}) IS NULL")


def retain(core: Core, before_ms: int | None, events_before_ms: int | None, bytes_most: int | None) -> int:
    """Delete what is older; rows deleted."""
    with core.maintaining, core.links.one() as link:
        cut = MISSING_TIME_MS if before_ms is None else before_ms
        if bytes_most is not None:
            cut = max(cut, _cut_for(core, link, bytes_most))
        gone = _retain(core, link, cut // BLOCK_MS * BLOCK_MS) if cut > 0 else 0
        if events_before_ms is not None:
            link.run(
                f"DELETE FROM {core.schema}.event WHERE event_id IN (SELECT event_id FROM {core.schema}.event "
                f"GROUP BY event_id HAVING bool_and(end_ms IS NOT NULL) AND max(end_ms) < {int(events_before_ms)})"
            )
        return gone


def _cut_for(core: Core, link: Link, bytes_most: int) -> int:
    """End of the last of the oldest days that must go for the rest to fit."""
    sizes: dict[dt.date, int] = {}
    for day in [ODD_DAY, *form.days(link, core.schema)]:
        names = [f"pg_total_relation_size('{core.schema}.{form.partition(t, day)}')" for t in SCHEMAS]
        sizes[day] = int(link.ask(f"SELECT {' + '.join(names)} AS n")["n"][0].as_py())
    total, cut = sum(sizes.values()), MISSING_TIME_MS
    for day in sorted(d for d in sizes if d != ODD_DAY):
        if total <= bytes_most:
            break
        total -= sizes[day]
        cut = ((day - EPOCH).days + 1) * DAY_MS
    return cut


def _retain(core: Core, link: Link, cut_ms: int) -> int:
    """Rows that straddle the time go one by one first, whole days at once with all that is derived from them."""
    s = core.schema
    day = EPOCH + dt.timedelta(days=cut_ms // DAY_MS)
    gone = 0
    for table in SCHEMAS:
        older = f"\"timestamp\" < {at(cut_ms)} AND day IN (DATE '{day}', DATE '{ODD_DAY}')"
        undated = f"\"timestamp\" IS NULL AND day = DATE '{ODD_DAY}' AND undated_at < {at(cut_ms)}"
        gone += link.run(f"DELETE FROM {s}.{table} WHERE ({older}) OR ({undated})")
    old_days = sorted(d for d in form.days(link, s) if d < day and d != ODD_DAY)
    for table in SCHEMAS:
        for d in old_days:
            gone += int(link.ask(f"SELECT count(*) AS n FROM {s}.{form.partition(table, d)}")["n"][0].as_py())
    with core.committing:
        with link.transaction():
            link.run(_WAIT)
            for table in SCHEMAS:
                for d in old_days:
                    link.run(f"DROP TABLE {s}.{form.partition(table, d)}")
            link.run(f"DELETE FROM {s}.ordered WHERE day < DATE '{day}'")
            link.run(f"DELETE FROM {s}.block WHERE start_ms < {cut_ms}")
            link.run(f"DELETE FROM {s}.touched WHERE start_ms < {cut_ms}")
            link.run(f"DELETE FROM {s}.identity WHERE last_ms < {cut_ms}")
            link.run(f"DELETE FROM {s}.latest WHERE {_stale(cut_ms)}")
            oldest = _oldest(link, s)
            put_mark(link, s, core.mark._replace(oldest_ms=oldest))
        with core.state:
            core.days -= {(d - EPOCH).days for d in old_days}
            core.latest.forget(cut_ms)
            core.mark = core.mark._replace(oldest_ms=oldest)
    return gone


def _stale(cut_ms: int) -> str:
    """Vessels whose position and words are all older."""
    said = [c.name for c in stored(STATE) if c.name.endswith("_ms") and c.name not in ("time_ms", "key_ms")]
    parts = [f'coalesce("timestamp" < {at(cut_ms)}, true)', *(f"coalesce({n} < {cut_ms}, true)" for n in said)]
    return " AND ".join(parts)


def _oldest(link: Link, schema: str) -> int:
    """Time of the oldest fix, out of the oldest day that holds any, and of those without a day of their own."""
    found: list[int] = []
    for day in [*sorted(form.days(link, schema) - {ODD_DAY}), ODD_DAY]:
        if found and day != ODD_DAY:
            continue
        name = f"{schema}.{form.partition('fixes', day)}"
        first = link.ask(f'SELECT min("timestamp") AS t FROM {name}')["t"].cast(pa.timestamp("ms", "UTC"))
        found += [t for t in first.cast(pa.int64()).to_pylist() if t is not None]
    return min(found, default=MISSING_TIME_MS)


def reopen(core: Core, start_ms: int, end_ms: int) -> int:
    """Take the late fixes of windows of six hours that touch [start, end) into their blocks; their number."""
    s = core.schema
    first, last = start_ms // WINDOW_MS * WINDOW_MS, -(-end_ms // WINDOW_MS) * WINDOW_MS
    when = f'{days_between(first, last)} AND "timestamp" >= {at(first)} AND "timestamp" < {at(last)}'
    with core.maintaining, core.links.one() as link, core.committing:
        with link.transaction():
            late = link.run(f"UPDATE {s}.fixes SET late = false WHERE late AND {when}")
            if late:
                link.run(f"DELETE FROM {s}.block WHERE start_ms >= {first} AND start_ms < {last}")
                start = f'(extract(epoch FROM "timestamp") * 1000)::int8 / {BLOCK_MS} * {BLOCK_MS}'
                link.run(
                    f"INSERT INTO {s}.block SELECT {start}, count(DISTINCT (msg_id, mmsi)) FROM {s}.fixes "
                    f"WHERE {when} GROUP BY 1"
                )
                form.put_fact(link, s, "reopened", core.reopened + 1)
        if late:
            core.reopened += 1
        return late

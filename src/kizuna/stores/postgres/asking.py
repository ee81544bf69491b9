"""Questions put to the database. Every number in a statement is one of ours; text goes as a parameter.

A question that meets a connection which broke while it lay idle is asked once more by a new one.
"""

# ruff: noqa: S608  names of schemas are checked, numbers are made by int(); text goes as a parameter
from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

import pyarrow as pa

from kizuna.base.errors import InputError, UnavailableError
from kizuna.base.table import Table, concat, empty
from kizuna.base.units import DAY_MS, HOUR_MS
from kizuna.events.table import EVENTS
from kizuna.fixes.statics import STATICS
from kizuna.stores.keep import event_rows, identity_rows
from kizuna.stores.keep.latest import LATEST
from kizuna.stores.keep.reading import Want, by_time
from kizuna.stores.postgres import form
from kizuna.stores.postgres.connecting import Link
from kizuna.stores.postgres.core import Core, Mark, mark
from kizuna.stores.postgres.rows import LAST_MS, ODD_DAY, stored

T = TypeVar("T")
_IDENTITY: Final = ", ".join(("id AS rowid", *identity_rows.NAMES))


def twice(work: Callable[[], T]) -> T:
    """Do it, and once more where the connection was a dead one."""
    try:
        return work()
    except UnavailableError:
        return work()


def at(time_ms: int) -> str:
    """A time as the database says it."""
    return f"to_timestamp({min(max(time_ms, 0), LAST_MS) / 1000!r})"


def days_between(start_ms: int, end_ms: int) -> str:
    """The partitions that may hold rows of [start, end)."""
    first, last = (min(max(t, 0), LAST_MS) // DAY_MS for t in (start_ms, end_ms))
    epoch = "DATE '1970-01-01'"
    return f"(day BETWEEN {epoch} + {first} AND {epoch} + {last} OR day = DATE '{ODD_DAY}')"


def answer(core: Core, want: Want) -> Table:
    """Rows by time. Raises InputError where there are too many."""
    schema = want.schema
    asked = set(want.columns) or set(schema.names)
    names = ", ".join(f'"{c.in_file}"' for c in stored(schema) if c.name in asked)
    where = [days_between(want.start_ms, want.end_ms)]
    where.append(f'"timestamp" >= {at(want.start_ms)} AND "timestamp" < {at(want.end_ms)}')
    if want.mmsi is not None:
        where.append(f"mmsi = {int(want.mmsi)}")
    if want.on_time:
        where.append("NOT late")
    if want.box is not None:
        where.append(_inside(*want.box))
    most = core.params.rows_most
    sql = f"SELECT {names} FROM {core.schema}.{want.table} WHERE {' AND '.join(where)} LIMIT {most + 1}"

    def ask() -> Table:
        with core.links.one() as link:
            found = link.ask(sql)
            if found.num_rows > most:
                raise InputError(f"more than {most:,} rows answer this", hint="ask for less time or a smaller box")
            return core.table(schema, found, link)

    table = twice(ask)
    return by_time(table) if len(table) else table


def _inside(west: float, south: float, east: float, north: float) -> str:
    w, s, e, n = (f"'{float(v)!r}'::float8" for v in (west, south, east, north))
    lon = f"lon BETWEEN {w} AND {e}" if west <= east else f"(lon >= {w} OR lon <= {e})"
    return f"lat BETWEEN {s} AND {n} AND {lon}"


def latest(core: Core, since: int) -> tuple[int, Table]:
    """Version of the picture and the vessels that changed, as the database has them."""

    def ask() -> tuple[int, Table]:
        with core.asked() as link:
            seq = mark(link, core.schema).seq
            found = core.stored_latest(link, f'version > {int(since)} AND "timestamp" IS NOT NULL ORDER BY mmsi')
            return seq, found

    seq, found = twice(ask)
    return seq, as_latest(found)


def as_latest(state: Table) -> Table:
    """The columns of LATEST out of the state."""
    return Table(LATEST, {c.name: state[c.name] for c in LATEST.columns}, dict(state.words))


def history(core: Core, start_ms: int, end_ms: int) -> tuple[list[int], list[int]]:
    """Blocks and the number of fixes of each."""
    where = f"start_ms >= {int(start_ms)} AND start_ms < {int(end_ms)}"
    found = _simple(core, f"SELECT start_ms, fixes FROM {core.schema}.block WHERE {where} ORDER BY start_ms")
    return found["start_ms"].to_pylist(), found["fixes"].to_pylist()


def touched_since(core: Core, version: int) -> list[tuple[int, int]]:
    """Hours that hold fixes stored after a version, half-open and in order; and some stored before."""
    found = _simple(core, f"SELECT start_ms FROM {core.schema}.touched WHERE seq > {int(version)} ORDER BY start_ms")
    return [(start, start + HOUR_MS) for start in found["start_ms"].to_pylist()]


def where_it_stands(core: Core) -> tuple[Mark, int]:
    """The mark, and how often blocks were opened again, as of one moment."""

    def ask() -> tuple[Mark, int]:
        with core.asked() as link:
            return mark(link, core.schema), int(form.facts(link, core.schema)["reopened"])

    return twice(ask)


def events(
    core: Core, *, since: int, start_ms: int | None, end_ms: int | None, mmsi: int | None, event_id: str,
    every_version: bool,
) -> Table:  # fmt: skip
    """Events that overlap the time, name the vessel, or have the id; by start, id and version."""
    where = [f"seq > {int(since)}"]
    if start_ms is not None:
        where.append(f"(end_ms IS NULL OR end_ms >= {int(start_ms)})")
    if end_ms is not None:
        where.append(f"start_ms < {int(end_ms)}")
    if mmsi is not None:
        where.append(f"mmsis @> '{{{int(mmsi)}}}'")
    if event_id:
        where.append("event_id = $1")
    if not every_version:
        where.append("newest")
    order = 'start_ms, event_id COLLATE "C", version'
    sql = f"SELECT row::text AS row FROM {core.schema}.event WHERE {' AND '.join(where)} ORDER BY {order}"
    found = _simple(core, sql, (event_id,) if event_id else ())["row"].to_pylist()
    step = event_rows.ROWS_AT_ONCE
    parts = [event_rows.from_json([r.encode() for r in found[k : k + step]]) for k in range(0, len(found), step)]
    return concat(parts) if parts else empty(EVENTS)


def identities(core: Core, mmsi: int | None) -> Table:
    """Identity periods, with static messages that are not folded into them yet."""
    s = core.schema

    def ask() -> Table:
        with core.asked() as link:
            which = "true" if mmsi is None else f"mmsi = {int(mmsi)}"
            fresh = unfolded(core, link, which)
            return identity_rows.as_table(
                identity_rows.carried(periods(link, s, which), identity_rows.periods(fresh)), core.context
            )

    return twice(ask)


def unfolded(core: Core, link: Link, which: str, upto: int | None = None) -> Table:
    """Static messages that are not folded into periods yet, in the order taken in."""
    folded = int(form.facts(link, core.schema)["folded"])
    names = ", ".join(f'"{c.in_file}"' for c in stored(STATICS))
    end = "" if upto is None else f" AND seq <= {upto}"
    sql = f"SELECT {names} FROM {core.schema}.statics WHERE seq > {folded}{end} AND {which} ORDER BY seq"
    return core.table(STATICS, link.ask(sql), link)


def periods(link: Link, schema: str, which: str) -> list[identity_rows.Row]:
    """Stored identity periods."""
    sql = f"SELECT {_IDENTITY} FROM {schema}.identity WHERE {which} ORDER BY mmsi, last_ms"
    rows: list[identity_rows.Row] = link.ask(sql).to_pylist()
    return rows


def _simple(core: Core, sql: str, params: tuple[object, ...] = ()) -> pa.Table:
    def ask() -> pa.Table:
        with core.links.one() as link:
            return link.ask(sql, params)

    return twice(ask)

"""Days that are over are put in order: by hour, place and vessel.

As they come, the rows of a vessel lie one to a page. In order, those of its hour lie together, and those of neighbours
beside them, so that a small index of bounds (BRIN) tells both an hour and a place. The day is copied into a new table,
which then takes the place of the old one in a moment; rows that come for it meanwhile wait with the odd days.
"""

from __future__ import annotations

# ruff: noqa: S608  names of schemas are checked, numbers are made by int(); text goes as a parameter
import datetime as dt
from typing import Final

from kizuna.base.units import DAY_MS, MISSING_TIME_MS
from kizuna.stores.keep.pieces import SCHEMAS
from kizuna.stores.postgres import form
from kizuna.stores.postgres.asking import at
from kizuna.stores.postgres.connecting import Link
from kizuna.stores.postgres.core import Core
from kizuna.stores.postgres.rows import EPOCH, ODD_DAY, stored

_WAIT: Final = "SET LOCAL lock_timeout = '10s'"
"""What needs a table for itself gives up after so long: questions and appends behind it would wait as well."""


def put_in_order(core: Core) -> int:
    """Put all days in order that are over and are not yet; rows written."""
    rows = 0
    with core.maintaining, core.links.one() as link:
        done = set(link.ask(f"SELECT day FROM {core.schema}.ordered")["day"].to_pylist())
        for day in sorted(form.days(link, core.schema) - done):
            if _is_over(day, core.mark.closed_ms):
                rows += _put_day(core, link, day)
    return rows


def _is_over(day: dt.date, closed_ms: int) -> bool:
    return closed_ms != MISSING_TIME_MS and ((day - EPOCH).days + 1) * DAY_MS <= closed_ms


def _put_day(core: Core, link: Link, day: dt.date) -> int:
    number = (day - EPOCH).days
    with core.committing:
        core.ordering.add(number)
    try:
        rows = _copied(core.schema, link, day)
        with core.committing:
            _exchange(core.schema, link, day)
            core.ordering.discard(number)
    finally:
        core.ordering.discard(number)
    return rows


def _copied(s: str, link: Link, day: dt.date) -> int:
    """A new table with the rows of the day in order, and with its indexes."""
    old = f"{s}.{form.partition('fixes', day)}"
    new = f"{old}_new"
    columns = ", ".join(["day", "undated_at", "late", *(f'"{c.in_file}"' for c in stored(SCHEMAS["fixes"]))])
    link.run(f"DROP TABLE IF EXISTS {new}")  # of a run that was interrupted
    gis = form.postgis_schema(link)
    place = f"{gis}.ST_MakePoint(first_value(lon) OVER w, first_value(lat) OVER w)"  # in the order of Hilbert's curve
    hour = "date_trunc('hour', \"timestamp\")"
    with link.transaction():
        link.run("SET LOCAL work_mem = '128MB'")
        link.run(f"CREATE TABLE {new} (LIKE {s}.fixes INCLUDING DEFAULTS, CHECK (day = DATE '{day}'))")
        rows = link.run(
            f"INSERT INTO {new} ({columns}) SELECT {columns} FROM {old} "
            f'WINDOW w AS (PARTITION BY mmsi, {hour} ORDER BY "timestamp", msg_id) '
            f'ORDER BY {hour}, {place}, mmsi, "timestamp", msg_id'
        )
    for index in form.FIX_INDEXES:
        link.run(f"CREATE INDEX ON {new} {index}")
    link.run(f"ANALYZE {new}")
    return rows


def _exchange(s: str, link: Link, day: dt.date) -> None:
    """Put the new table in the place of the old one, and rows that came meanwhile to theirs."""
    name = form.partition("fixes", day)
    start_ms = (day - EPOCH).days * DAY_MS
    with link.transaction():
        link.run(_WAIT)
        link.run(f"ALTER TABLE {s}.fixes DETACH PARTITION {s}.{name}")
        link.run(f"DROP TABLE {s}.{name}")
        link.run(f"ALTER TABLE {s}.{name}_new RENAME TO {name}")
        link.run(f"ALTER TABLE {s}.fixes ATTACH PARTITION {s}.{name} FOR VALUES IN ('{day}')")
        for table in SCHEMAS:
            link.run(
                f"UPDATE {s}.{table} SET day = DATE '{day}' WHERE day = DATE '{ODD_DAY}' "
                f'AND "timestamp" >= {at(start_ms)} AND "timestamp" < {at(start_ms + DAY_MS)}'
            )
        link.run(f"INSERT INTO {s}.ordered VALUES (DATE '{day}')")

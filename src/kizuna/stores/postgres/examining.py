"""A look at a store on a server: can it be read, does the server keep what it confirms, is every table whole."""

from __future__ import annotations

from kizuna.records import context as contexts
from kizuna.stores.keep.params import KeepParams
from kizuna.stores.keep.pieces import SCHEMAS
from kizuna.stores.postgres import form
from kizuna.stores.postgres.asking import where_it_stands
from kizuna.stores.postgres.connecting import Link, Links
from kizuna.stores.postgres.core import Core
from kizuna.stores.postgres.rows import ODD_DAY

_SURE = ("fsync", "full_page_writes")


def examine(dsn: str, *, context: str, schema: str = "") -> tuple[list[str], str]:
    """What is wrong, and what was found in a line. Raises as ``open_postgres``."""
    name = form.checked_name(schema or form.schema_of(contexts.check(context)))
    core = Core(Links(dsn, f"PostgreSQL schema {name}"), name, context, KeepParams(), read_only=True)
    try:
        core.open()
        with core.links.one() as link:
            wrong = [f"{s} is off: what the server confirms may be lost" for s in _SURE if _setting(link, s) == "off"]
            wrong += _not_whole(link, name)
            gis = form.postgis_schema(link)
            about = f"SELECT current_setting('server_version') AS s, {gis}.postgis_lib_version() AS g"
            versions = link.ask(about).to_pylist()[0]
            size = link.ask(
                "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::int8 AS n FROM pg_class c "
                "JOIN pg_namespace s ON s.oid = c.relnamespace WHERE s.nspname = $1 AND c.relkind = 'r'", (name,),
            )["n"][0].as_py()  # fmt: skip
            days = len(form.days(link, name))
        mark, _ = where_it_stands(core)
    finally:
        core.close()
    words = f"PostgreSQL {versions['s'].split()[0]}, PostGIS {versions['g']}, schema {name} of form {form.FORMAT}"
    return wrong, f"{words}, {days} days, {size / 1e6:,.0f} MB, version {mark.seq}"


def _setting(link: Link, name: str) -> str:
    return str(link.ask("SELECT current_setting($1) AS s", (name,))["s"][0].as_py())


def _not_whole(link: Link, schema: str) -> list[str]:
    """Partitions that lack, and indexes that are broken."""
    there = set(link.ask("SELECT tablename FROM pg_tables WHERE schemaname = $1", (schema,))["tablename"].to_pylist())
    wanted = {form.partition(table, day) for day in [ODD_DAY, *form.days(link, schema)] for table in SCHEMAS}
    wrong = [f"{name} is missing" for name in sorted(wanted - there)]
    sql = (
        "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
        "JOIN pg_namespace s ON s.oid = c.relnamespace WHERE s.nspname = $1 AND NOT i.indisvalid"
    )
    return wrong + [f"index {name} is not valid" for name in link.ask(sql, (schema,))["relname"].to_pylist()]

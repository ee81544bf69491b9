"""The form of the store in the database: one schema for each context, made, checked and brought up to date here.

What is heard is parted by UTC day, so that letting a day go is dropping a table. The partition of a day is made with
the first reliable row of it. Form 3; form 2 did not know which hours a batch touched, form 1 had an index by time alone
and put no days in order.
"""

# ruff: noqa: S608  names of schemas are checked, numbers are made by int(); text goes as a parameter
from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Final

from kizuna.base.errors import ConfigError, UnavailableError
from kizuna.base.table import Kind
from kizuna.base.units import HOUR_MS
from kizuna.stores.keep.latest import STATE
from kizuna.stores.keep.pieces import SCHEMAS
from kizuna.stores.postgres.connecting import Link
from kizuna.stores.postgres.rows import ODD_DAY, sql_columns, stored

FORMAT: Final = 3
_NAME: Final = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_OLDEST_SERVER: Final = 140_000
_LOCK: Final = 0x4B495A


def schema_of(context: str) -> str:
    """Name of the schema of a context; contexts that would look alike get a number of their own."""
    clean = re.sub(r"[^a-z0-9]", "_", context.lower())
    if clean == context or (context.startswith("exercise:") and clean[9:] == context[9:] and len(clean) < 40):  # noqa: PLR2004  of 63
        return f"kizuna_{clean}"
    return f"kizuna_{clean[:40]}_{hashlib.sha256(context.encode()).hexdigest()[:8]}"


def checked_name(schema: str) -> str:
    """A schema's name that needs no quotes. Raises ConfigError for any other."""
    if not _NAME.fullmatch(schema):
        raise ConfigError(f"{schema!r}", where="[store] schema", hint="small letters, digits and _, at most 63")
    return schema


def prepare(link: Link, schema: str, context: str, *, read_only: bool) -> None:
    """Make the schema where it is missing, check it, bring an older form up.

    Raises ConfigError for another context, a later form, a server that is too old or lacks PostGIS.
    """
    _check_server(link)
    found = facts(link, schema)
    if not found:
        if read_only:
            raise ConfigError("holds no store", where=link.where, hint="kizuna node init makes one")
        with link.transaction():
            _one_at_a_time(link, schema)
            if not facts(link, schema):
                _create(link, schema, context)
        found = facts(link, schema)
    if found["context"] != context:
        raise ConfigError(f"the store is of context {found['context']}, not {context}", where=link.where,
                          hint="contexts never share a schema: give another one")  # fmt: skip
    form = int(found["form"])
    if form > FORMAT:
        raise ConfigError(f"the store has form {form}, this version knows {FORMAT}", where=link.where,
                          hint="use the version that wrote it, or a later one")  # fmt: skip
    if form < FORMAT and read_only:
        raise ConfigError(f"the store has form {form}", where=link.where, hint="open it for writing once")
    if form < FORMAT:
        _upgrade(link, schema, form)


def _check_server(link: Link) -> None:
    number = int(link.ask("SELECT current_setting('server_version_num') AS n")["n"][0].as_py())
    if number < _OLDEST_SERVER:
        raise ConfigError(f"PostgreSQL {number // 10_000} is too old", where=link.where, hint="14 or later")
    if not postgis_schema(link):
        raise ConfigError("the database lacks PostGIS", where=link.where,
                          hint="CREATE EXTENSION postgis; as an administrator of the database")  # fmt: skip


def postgis_schema(link: Link) -> str:
    """Schema that holds the functions of PostGIS; empty where there are none."""
    sql = ("SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace "
           "WHERE e.extname = 'postgis'")  # fmt: skip
    found = link.ask(sql)["nspname"].to_pylist()
    return str(found[0]) if found else ""


def facts(link: Link, schema: str) -> dict[str, str]:
    """Facts about the store; empty where nothing is there yet."""
    there = link.ask("SELECT 1 AS one FROM pg_tables WHERE schemaname = $1 AND tablename = 'meta'", (schema,))
    if not there.num_rows:
        return {}
    found = link.ask(f"SELECT key, value FROM {schema}.meta")
    return dict(zip(found["key"].to_pylist(), found["value"].to_pylist(), strict=True))


def put_fact(link: Link, schema: str, key: str, value: object) -> None:
    """Set one fact."""
    link.run(
        f"INSERT INTO {schema}.meta VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (key, str(value)),
    )


def _one_at_a_time(link: Link, schema: str) -> None:
    link.ask(f"SELECT pg_advisory_xact_lock({_LOCK}, hashtext('make {schema}'))::text AS x")


def take_lock(link: Link, schema: str) -> bool:
    """Be the one that writes, as long as this connection lives."""
    found = link.ask(f"SELECT pg_try_advisory_lock({_LOCK}, hashtext('write {schema}')) AS x")
    return bool(found["x"][0].as_py())


def partition(table: str, day: dt.date) -> str:
    """Name of the partition of a day."""
    return f"{table}_odd" if day == ODD_DAY else f"{table}_{day:%Y%m%d}"


def add_day(link: Link, schema: str, day: dt.date) -> None:
    """Partitions of a day, within a transaction. Attaching holds up neither questions nor other appends."""
    for table in SCHEMAS:
        name = f"{schema}.{partition(table, day)}"
        link.run(f"CREATE TABLE {name} (LIKE {schema}.{table} INCLUDING DEFAULTS, CHECK (day = DATE '{day}'))")
        link.run(f"ALTER TABLE {schema}.{table} ATTACH PARTITION {name} FOR VALUES IN ('{day}')")


def days(link: Link, schema: str) -> set[dt.date]:
    """Days that have partitions."""
    sql = (
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
        f"WHERE i.inhparent = '{schema}.fixes'::regclass AND c.relname <> 'fixes_odd'"
    )
    names = link.ask(sql)["relname"].to_pylist()
    return {dt.datetime.strptime(name[-8:], "%Y%m%d").replace(tzinfo=dt.UTC).date() for name in names}


_BRIN_TIME: Final = 'USING brin ("timestamp") WITH (pages_per_range = 16, autosummarize = on)'
_BRIN: Final = 'USING brin ("timestamp", lat, lon) WITH (pages_per_range = 4, autosummarize = on)'
"""Bounds of time and place of every four pages. GiST over points was no faster and took 2.7 times as long to fill:
``benchmarks/postgres_indexes.py``."""
_ORDERED: Final = "ordered (day date PRIMARY KEY)"
_TOUCHED: Final = "touched (start_ms int8 PRIMARY KEY, seq int8 NOT NULL) WITH (fillfactor = 70)"
"""The last batch that brought fixes of an hour, however late: a row an hour in place of an index over all fixes."""
FIX_INDEXES: Final = ('(mmsi, "timestamp")', _BRIN)
"""Indexes of a partition of fixes, as those of the whole."""
_MORE: Final = {"fixes": ", late bool NOT NULL", "statics": ", seq int8 NOT NULL", "others": ""}


def _create(link: Link, schema: str, context: str) -> None:
    here = link.ask("SELECT 1 AS one FROM pg_namespace WHERE nspname = $1", (schema,))
    if not here.num_rows:
        link.run(f"CREATE SCHEMA {schema}")
    gis = postgis_schema(link)
    for text in [*_own_tables(schema, gis), *_heard_tables(schema), *_views(schema, gis)]:
        link.run(text)
    add_day(link, schema, ODD_DAY)
    name_words(link, schema)
    for key, value in (("form", FORMAT), ("context", context), ("reopened", 0), ("folded", 0)):
        put_fact(link, schema, key, value)


def _heard_tables(schema: str) -> list[str]:
    out = []
    for name, table in SCHEMAS.items():
        columns = f"day date NOT NULL, undated_at timestamptz, {sql_columns(table)}{_MORE[name]}"
        out.append(f"CREATE TABLE {schema}.{name} ({columns}) PARTITION BY LIST (day)")
        out.append(f'CREATE INDEX {name}_vessel ON {schema}.{name} (mmsi, "timestamp")')
        out.append(f"CREATE INDEX {name}_time ON {schema}.{name} {_BRIN if name == 'fixes' else _BRIN_TIME}")
    return [*out, f"CREATE INDEX statics_seq ON {schema}.statics (seq)"]


def _own_tables(schema: str, gis: str) -> list[str]:
    point = f"{gis}.ST_SetSRID({gis}.ST_MakePoint(lon, lat), 4326)"
    return [
        f"CREATE TABLE {schema}.meta (key text PRIMARY KEY, value text NOT NULL)",
        (
            f"CREATE TABLE {schema}.word (kind text, code int4, word text NOT NULL, "
            "PRIMARY KEY (kind, code), UNIQUE (kind, word))"
        ),
        (
            f"CREATE TABLE {schema}.state (one bool PRIMARY KEY DEFAULT true CHECK (one), seq int8 NOT NULL, "
            "events int8 NOT NULL, newest_ms int8, closed_ms int8, oldest_ms int8, "
            "writer text NOT NULL) WITH (fillfactor = 50)"
        ),
        f"INSERT INTO {schema}.state VALUES (true, 0, 0, NULL, NULL, NULL, '')",
        f"CREATE TABLE {schema}.batch (seq int8 PRIMARY KEY, fixes bytea, statics bytea, others bytea)",
        *(f"ALTER TABLE {schema}.batch ALTER {name} SET STORAGE EXTERNAL" for name in SCHEMAS),
        f"CREATE TABLE {schema}.{_ORDERED}",
        f"CREATE TABLE {schema}.{_TOUCHED}",
        f"CREATE TABLE {schema}.block (start_ms int8 PRIMARY KEY, fixes int8 NOT NULL) WITH (fillfactor = 70)",
        (
            f"CREATE TABLE {schema}.latest ({sql_columns(STATE)}, "
            f"geom {gis}.geometry(Point, 4326) GENERATED ALWAYS AS ({point}) STORED, "
            "PRIMARY KEY (mmsi)) WITH (fillfactor = 50)"
        ),
        (
            f"CREATE TABLE {schema}.event (event_id text, version int4, seq int8 NOT NULL, newest bool NOT NULL, "
            "start_ms int8, end_ms int8, mmsis int4[] NOT NULL, row jsonb NOT NULL, PRIMARY KEY (event_id, version))"
        ),
        f"CREATE INDEX event_seq ON {schema}.event (seq) WHERE newest",
        f"CREATE INDEX event_mmsi ON {schema}.event USING gin (mmsis)",
        (
            f"CREATE TABLE {schema}.identity (id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY, mmsi int4 NOT NULL, "
            "first_ms int8 NOT NULL, last_ms int8 NOT NULL, shipname text, n_shipname text, callsign text, "
            "imo int4 NOT NULL, ship_type int4 NOT NULL, length_m int4 NOT NULL, width_m int4 NOT NULL, "
            "draught_m float8, destination text, count int8 NOT NULL, label text NOT NULL)"
        ),
        f"CREATE INDEX identity_mmsi ON {schema}.identity (mmsi)",
    ]  # fmt: skip


def _views(schema: str, gis: str) -> list[str]:
    """What a map or a person with psql reads: points, and words in place of numbers."""
    words = [c for c in stored(SCHEMAS["fixes"]) if c.kind is Kind.CODE]
    plain = ", ".join(f'f."{c.in_file}"' for c in stored(SCHEMAS["fixes"]) if c.kind is not Kind.CODE)
    named = ", ".join(
        f"(SELECT word FROM {schema}.word WHERE kind = '{c.name}' AND code = f.\"{c.in_file}\") AS {c.in_file}"
        for c in words
    )
    event = ", ".join(f"row ->> '{name}' AS {name}" for name in ("event_type", "status", "summary", "confidence"))
    at = "(row ->> 'lon_mean')::float8, (row ->> 'lat_mean')::float8"
    return [
        (
            f"CREATE VIEW {schema}.fix_points AS SELECT f.day, {plain}, {named}, "
            f"{gis}.ST_SetSRID({gis}.ST_MakePoint(f.lon, f.lat), 4326) AS geom FROM {schema}.fixes f"
        ),
        (
            f"CREATE VIEW {schema}.event_points AS SELECT event_id, version, "
            "to_timestamp(start_ms / 1000.0) AS started, "
            f"to_timestamp(end_ms / 1000.0) AS ended, mmsis, {event}, "
            f"{gis}.ST_SetSRID({gis}.ST_MakePoint({at}), 4326) AS geom FROM {schema}.event WHERE newest"
        ),
    ]


def name_words(link: Link, schema: str) -> None:
    """Write down what the numbers of closed columns mean; later versions may know more."""
    values = {
        (c.name, k, word)
        for table in (*SCHEMAS.values(), STATE)
        for c in table.columns
        if c.kind is Kind.CODE and c.codes is not None
        for k, word in enumerate(c.codes)
    }
    texts = ", ".join(f"('{kind}', {code}, '{word}')" for kind, code, word in sorted(values))
    link.run(f"INSERT INTO {schema}.word VALUES {texts} ON CONFLICT DO NOTHING")


def _from_1(link: Link, schema: str) -> None:
    """Form 1 had an index by time alone and put no days in order."""
    link.run(f"DROP INDEX {schema}.fixes_time")
    link.run(f"CREATE INDEX fixes_time ON {schema}.fixes {_BRIN}")
    link.run(f"CREATE TABLE {schema}.{_ORDERED}")


def _from_2(link: Link, schema: str) -> None:
    """Form 2 did not know which hours a batch touched: those of the last two days count as touched by the newest."""
    link.run(f"CREATE TABLE {schema}.{_TOUCHED}")
    link.run(
        f"INSERT INTO {schema}.touched SELECT at, seq FROM {schema}.state, "
        f"generate_series((newest_ms / {HOUR_MS} - 48) * {HOUR_MS}, newest_ms, {HOUR_MS}) AS at WHERE at >= 0"
    )


STEPS: Final[Mapping[int, Callable[[Link, str], None]]] = {1: _from_1, 2: _from_2}
"""How a form becomes the next."""


def _upgrade(link: Link, schema: str, form: int) -> None:
    """Bring an older form up in one transaction: an upgrade that is interrupted has not begun."""
    if form not in STEPS:
        raise ConfigError(f"the store has form {form}, which nothing reads any more", where=link.where)
    with link.transaction():
        _one_at_a_time(link, schema)
        if not take_lock(link, schema):
            raise UnavailableError("another process writes this store", where=link.where, hint="stop it first")
        for step in range(int(facts(link, schema)["form"]), FORMAT):
            STEPS[step](link, schema)
        put_fact(link, schema, "form", FORMAT)

"""Ask the Parquet files of a result directory in SQL, read-only.

Every ``*.parquet`` file is a view of its name. The engine may read that directory and nothing else: no network, no
other file, no extension, and the settings are locked, because a query is often pasted from somewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb
import pyarrow as pa

from kizuna.base.errors import ConfigError, InputError


def tables_in(directory: Path) -> list[Path]:
    """The Parquet files of a directory, by name."""
    if not directory.is_dir():
        raise ConfigError(f"{directory} is no directory", hint="give the --out directory of a decode or detect run")
    return sorted(directory.glob("*.parquet"))


def ask(directory: Path, sql: str, *, memory_limit: str = "2GB") -> pa.Table:
    """The answer to one SELECT over the views.

    Raises ConfigError where the directory has no tables, InputError for SQL that the engine refuses; its message
    names the tables and the mistake.
    """
    files = tables_in(directory)
    if not files:
        raise ConfigError(f"{directory} holds no .parquet files", hint="run kizuna decode or detect first")
    connection = _locked(directory, files, memory_limit)
    try:
        return _answer(connection, sql, ", ".join(f.stem for f in files))
    finally:
        connection.close()


def ask_tables(tables: Mapping[str, pa.Table], sql: str, *, memory_limit: str = "2GB") -> pa.Table:
    """The answer to one SELECT over tables in memory, by their names. Raises InputError as ``ask``."""
    connection = duckdb.connect(":memory:")
    try:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"SET memory_limit = '{memory_limit}'")
        connection.execute("SET autoinstall_known_extensions = false; SET autoload_known_extensions = false")
        connection.execute("SET enable_external_access = false")
        for name, table in tables.items():
            connection.register(name, table)
        connection.execute("SET lock_configuration = true")
        return _answer(connection, sql, ", ".join(tables))
    finally:
        connection.close()


def _answer(connection: duckdb.DuckDBPyConnection, sql: str, names: str) -> pa.Table:
    try:
        statements = connection.extract_statements(sql)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise InputError("only one SELECT is answered here", where="query", hint="tables are read-only")
        return connection.sql(statements[0]).to_arrow_table()
    except duckdb.Error as exc:
        raise InputError(str(exc).splitlines()[0], where="query", hint=f"tables here: {names}") from exc


def _locked(directory: Path, files: list[Path], memory_limit: str) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:")
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(f"SET memory_limit = '{memory_limit}'")
    connection.execute("SET autoinstall_known_extensions = false; SET autoload_known_extensions = false")
    root = str(directory.resolve()).replace("'", "''")
    connection.execute(f"SET allowed_directories = ['{root}/']")
    connection.execute("SET enable_external_access = false")
    for path in files:
        name = path.stem.replace('"', '""')
        full = str(path.resolve()).replace("'", "''")
        connection.execute(f"CREATE VIEW \"{name}\" AS SELECT * FROM read_parquet('{full}')")  # noqa: S608  own names
    connection.execute("SET lock_configuration = true")
    return connection

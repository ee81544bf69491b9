"""The store of a node on a PostgreSQL server with PostGIS; the same guarantees as ``stores.keep``."""

from kizuna.stores.postgres.connecting import read_dsn_file
from kizuna.stores.postgres.examining import examine
from kizuna.stores.postgres.form import schema_of
from kizuna.stores.postgres.store import PostgresStore, open_postgres

__all__ = ["PostgresStore", "examine", "open_postgres", "read_dsn_file", "schema_of"]

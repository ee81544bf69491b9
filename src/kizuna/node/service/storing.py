"""The store of a node, of the kind that its settings name, and what each kind gives to backup and ``doctor``."""

from __future__ import annotations

from kizuna.node.service.rooms import Rooms
from kizuna.node.service.settings import Config
from kizuna.stores.keep import Keep, open_keep, verify
from kizuna.stores.postgres import PostgresStore, examine, open_postgres, read_dsn_file, schema_of

NodeStore = Keep | PostgresStore


def open_store(config: Config, *, read_only: bool = False) -> NodeStore:
    """Open the store of a node, or begin one. Raises as ``open_keep`` and ``open_postgres``."""
    context, wanted = config.node.context, config.store
    if on_server(config):
        dsn = read_dsn_file(config.path(wanted.dsn_file))
        return open_postgres(dsn, context=context, params=wanted, read_only=read_only, schema=wanted.schema)
    return open_keep(Rooms(config.home).store(context), context=context, params=wanted, read_only=read_only)


def on_server(config: Config) -> bool:
    """Whether what was heard lies on a server, and not in the directory of the node."""
    return config.store.kind == "postgres"


def schema_name(config: Config) -> str:
    """Schema of the store on the server."""
    return config.store.schema or schema_of(config.node.context)


def to_dump(config: Config) -> str:
    """The command by which the administrator of the database copies the store; empty for an embedded one."""
    return f"pg_dump -Fc --schema={schema_name(config)} DATABASE" if on_server(config) else ""


def look_at(config: Config) -> tuple[list[str], str]:
    """What is wrong with the store, and what was found."""
    if not on_server(config):
        return verify(Rooms(config.home).store(config.node.context)), "every file is what was written"
    dsn = read_dsn_file(config.path(config.store.dsn_file))
    return examine(dsn, context=config.node.context, schema=config.store.schema)

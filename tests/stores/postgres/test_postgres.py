"""The store on a PostgreSQL server does what every store must."""

import zlib

import pytest
from stores.conformance import Conformance

from kizuna.stores.keep import KeepParams
from kizuna.stores.postgres import open_postgres


@pytest.fixture(scope="module")
def shared_dsn(postgres_server):
    """One database for all: each place is a schema of its own in it."""
    return postgres_server.new_database("conformance")


class TestPostgres(Conformance):
    @pytest.fixture(autouse=True)
    def at(self, shared_dsn):
        self.dsn = shared_dsn

    def open(self, place, *, context="real", read_only=False, **params):
        schema = f"place_{zlib.crc32(str(place).encode()):08x}"
        return open_postgres(self.dsn, context=context, params=KeepParams(**params), read_only=read_only, schema=schema)

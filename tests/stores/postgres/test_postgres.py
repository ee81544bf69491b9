"""The store on a PostgreSQL server does what every store must."""

import zlib

import pytest
from stores.conformance import Conformance
from stores.store_rows import T0_MS, batch, fix

from kizuna.base.units import DAY_MS, HOUR_MS
from kizuna.stores.keep import KeepParams
from kizuna.stores.postgres import open_postgres


@pytest.fixture(scope="module")
def shared_dsn(postgres_server):
    """One database for all: each place is a schema of its own in it."""
    return postgres_server.new_database("conformance")


def test_only_hours_that_something_came_for_are_looked_through(shared_dsn):
    with open_postgres(shared_dsn, schema="touched") as store:
        first = store.append(batch([fix(k, 440000001, 1440 * day) for k, day in enumerate((0, 9, 30))]))
        assert len(store.stored_since(0)) == 3
        store.append(batch([fix(10, 440000002, 1440 * 2 + 5)]))
        [(start, end)] = store.stored_since(first)
        assert (start - T0_MS, end - start) == (2 * DAY_MS, HOUR_MS)


class TestPostgres(Conformance):
    @pytest.fixture(autouse=True)
    def at(self, shared_dsn):
        self.dsn = shared_dsn

    def open(self, place, *, context="real", read_only=False, **params):
        schema = f"place_{zlib.crc32(str(place).encode()):08x}"
        return open_postgres(self.dsn, context=context, params=KeepParams(**params), read_only=read_only, schema=schema)

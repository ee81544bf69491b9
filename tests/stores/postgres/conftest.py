"""A PostgreSQL server for the tests of this room; they are skipped with the reason where there can be none."""

import itertools

import pytest
from stores.postgres.server import Server, missing


@pytest.fixture(scope="session")
def postgres_server():
    if why := missing():
        pytest.skip(why)
    server = Server({"fsync": "off"}).start()
    yield server
    server.remove()


_numbers = itertools.count()


@pytest.fixture
def dsn(postgres_server):
    """Connection string of a database of one's own."""
    return postgres_server.new_database(f"t{next(_numbers)}")

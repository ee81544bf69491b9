"""SQL over a result directory: answers, and nothing else."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kizuna.base.errors import ConfigError, InputError
from kizuna.stores.query import ask


@pytest.fixture
def results(tmp_path):
    home = tmp_path / "it's a run"
    home.mkdir()
    pq.write_table(
        pa.table({"a": [1, 2], "t": pa.array([0, 1], pa.timestamp("ms", tz="UTC"))}), home / "events.parquet"
    )
    (tmp_path / "outside.csv").write_text("x\n1\n")
    return home


def test_a_select_is_answered(results):
    assert ask(results, "SELECT sum(a) AS n FROM events").to_pylist() == [{"n": 3}]


def test_times_are_shown_in_utc_wherever_the_machine_stands(results, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert ask(results, "SELECT t::VARCHAR AS s FROM events LIMIT 1").to_pylist() == [{"s": "1970-01-01 00:00:00+00"}]


@pytest.mark.parametrize("sql", [
    "COPY events TO '{home}/stolen.csv'", "COPY events TO '/tmp/stolen.csv'", "ATTACH '{home}/x.db'", "INSTALL httpfs",
    "SET enable_external_access = true", "DROP VIEW events", "SELECT 1; DROP VIEW events", "CREATE TABLE x AS SELECT 1",
    "SELECT * FROM read_csv('{home}/../outside.csv')", "SELECT * FROM '{home}/../outside.csv'",
    "SELECT * FROM read_text('/etc/passwd')", "SELECT * FROM glob('/*')", "LOAD spatial", "",
])  # fmt: skip
def test_nothing_but_reading_these_tables_is_possible(results, sql):
    before = sorted(p.name for p in results.rglob("*"))
    with pytest.raises(InputError):
        ask(results, sql.format(home=results))
    assert sorted(p.name for p in results.rglob("*")) == before


def test_a_mistake_names_the_tables(results):
    with pytest.raises(InputError, match="tables here: events"):
        ask(results, "SELECT * FROM evnts")


def test_a_directory_without_tables_says_what_to_do(tmp_path):
    with pytest.raises(ConfigError, match="run kizuna decode or detect first"):
        ask(tmp_path, "SELECT 1")
    with pytest.raises(ConfigError, match="no directory"):
        ask(tmp_path / "absent", "SELECT 1")

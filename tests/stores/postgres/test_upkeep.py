"""Order, retention, forms, names and refusals of the store on a server."""

import threading
from pathlib import Path

import numpy as np
import plain
import pytest
from stores.store_rows import T0_MS, batch, event, events, fix, said

from kizuna.base.errors import ConfigError, InputError, UnavailableError
from kizuna.base.units import DAY_MS, HOUR_MS
from kizuna.stores.keep import KeepParams
from kizuna.stores.postgres import connecting, form, open_postgres, ordering, read_dsn_file

SMALL = KeepParams(lateness_s=3600)
FOREVER = (0, 2**52)
EVERYWHERE = (-180, -90, 180, 90, *FOREVER)
DAY = 24 * 60


def everything(store):
    return (
        plain.rows(store.box(*EVERYWHERE)), plain.rows(store.latest()[1]), plain.rows(store.events()),
        plain.rows(store.identities()), store.history(*FOREVER), store.versions(),
    )  # fmt: skip


def asked(store, sql):
    with store._core.links.one() as link:
        return link.ask(sql).to_pylist()


def filled(dsn, days=3):
    store = open_postgres(dsn, params=SMALL)
    rng = np.random.default_rng(4)
    for k in range(days * 4):
        rows = [
            fix(1000 * k + j, 440000000 + j % 20, 360 * k + j, float(rng.uniform(20, 40)), float(rng.uniform(100, 140)))
            for j in range(300)
        ]
        store.append(batch(rows, [said(1000 * k, 440000000 + k, 360 * k, shipname=f"S{k}")]))
    return store


# ---- order ----------------------------------------------------------------------------------------------------------


def test_a_day_that_is_over_is_put_in_order_once_and_answers_as_before(dsn):
    with filled(dsn) as store:
        before = everything(store)
        assert store.compact() == 2 * 1200  # the third day is still open
        assert everything(store) == before
        assert store.compact() == 0
        sql = 'SELECT mmsi, "timestamp" AS t FROM kizuna_real.fixes_20260301 ORDER BY ctid'
        lie = [(row["t"].hour, row["mmsi"]) for row in asked(store, sql)]
        runs = 1 + sum(a != b for a, b in zip(lie, lie[1:]))
        assert runs == len(set(lie))  # the rows of a vessel's hour lie together
        assert not asked(store, "SELECT 1 AS x FROM pg_tables WHERE tablename LIKE '%new'")


def test_rows_that_come_while_a_day_is_put_in_order_are_found_at_every_moment(dsn, monkeypatch):
    exchange = ordering._exchange
    with filled(dsn, days=2) as store:
        n = len(store.box(*EVERYWHERE))

        def meanwhile(*args):
            store.append(batch([fix(99_000, 440000001, 5)], [said(99_001, 440000001, 6, shipname="LATE")]))
            assert len(store.box(*EVERYWHERE)) == n + 1
            exchange(*args)

        with monkeypatch.context() as patch:
            patch.setattr(ordering, "_exchange", meanwhile)
            store.compact()
        assert len(store.box(*EVERYWHERE)) == n + 1
        assert store.track(440000001, T0_MS, T0_MS + HOUR_MS)["msg_id"].tolist().count(99_000) == 1
        for table in ("fixes", "statics"):
            odd = asked(store, f"SELECT count(*) AS n FROM kizuna_real.{table}_odd")
            assert odd == [{"n": 0}]


def test_order_that_others_stand_in_the_way_of_is_tried_again(dsn, monkeypatch):
    monkeypatch.setattr(ordering, "_WAIT", "SET LOCAL lock_timeout = '200ms'")
    with filled(dsn, days=2) as store:
        before = everything(store)
        with store._core.links.one() as other, other.transaction():
            other.ask("SELECT count(*) AS n FROM kizuna_real.fixes")
            with pytest.raises(UnavailableError, match="busy"):
                store.compact()
            store.append(batch([fix(99_000, 440000001, 3 * DAY)]))  # goes on
        with open_postgres(dsn, read_only=True) as reader:
            assert everything(reader)[0][:-1] == before[0]
        assert store.compact() == 1200 + 1200


# ---- retention ------------------------------------------------------------------------------------------------------


def test_whole_days_go_by_dropping_their_tables(dsn):
    with filled(dsn) as store:
        store.compact()
        assert store.retain(T0_MS + DAY_MS + 6 * HOUR_MS) == 1200 + 300 + 4 + 1
        left = {row["d"] for row in asked(store, "SELECT DISTINCT day::text AS d FROM kizuna_real.fixes")}
        assert left == {"2026-03-02", "2026-03-03"}
        assert store.versions().oldest_ms == T0_MS + DAY_MS + 6 * HOUR_MS
        assert store.history(*FOREVER)[0][0] == T0_MS + DAY_MS + 6 * HOUR_MS
        assert asked(store, "SELECT count(*) AS n FROM kizuna_real.ordered") == [{"n": 1}]
        store.append(batch([fix(99_000, 440000001, 5)]))  # the day begins anew
        assert len(store.track(440000001, T0_MS, T0_MS + HOUR_MS)) == 1


def test_retention_by_size_lets_the_oldest_days_go(dsn):
    with filled(dsn) as store:
        store.retain(bytes_most=1)
        assert store.versions().oldest_ms < 0  # all
        assert store.append(batch([fix(99_000, 440000001, 5 * DAY)])) == 13


def test_days_that_lie_far_apart_make_few_tables(dsn):
    with open_postgres(dsn, params=SMALL) as store:
        rows = [fix(k, 440000001, 100 * DAY * k) for k in range(40)] + [fix(99, 440000001, -1e6, flags=1 << 5)]
        store.append(batch(rows))
        assert len(form.days(store._core.writer(), "kizuna_real")) <= 9
        assert store.track(440000001, *FOREVER)["msg_id"].tolist() == [99, *range(40)]
        assert store.retain(T0_MS + 20 * 100 * DAY_MS) == 21
        assert store.track(440000001, *FOREVER)["msg_id"].tolist() == list(range(20, 40))


def test_ids_beyond_the_horizon_are_forgotten_and_what_comes_again_is_shown_once(dsn):
    with open_postgres(dsn, params=KeepParams(horizon_rows=10)) as store:
        for k in range(20):
            store.append(batch([fix(10 * k + j, 440000001, k + j / 20) for j in range(10)]))
            store.seal()
        assert len(asked(store, "SELECT seq FROM kizuna_real.batch")) <= 3
    with open_postgres(dsn, params=KeepParams(horizon_rows=10)) as store:
        store.append(batch([fix(j, 440000001, j / 20) for j in range(10)]))
        assert len(store.track(440000001, *FOREVER)) == 200


# ---- forms, names, refusals -----------------------------------------------------------------------------------------


def test_store_of_form_1_is_brought_up_when_opened_for_writing(postgres_server, dsn):
    name = dsn.partition("dbname=")[2].split()[0]
    postgres_server.load((Path(__file__).parent / "data" / "form-1.sql").read_text(), name)
    with pytest.raises(ConfigError, match="form 1"):
        open_postgres(dsn, schema="old", read_only=True)
    with open_postgres(dsn, schema="old") as store:
        assert store.versions()[:3] == (8, 6, 1_772_443_211_400)
        assert len(store.box(*EVERYWHERE)) == 121
        assert len(store.events()) == 6
        assert store.identities()["shipname"].to_pylist()[-1] is not None
        before = everything(store)
        spans = store.stored_since(7)
        assert (len(spans), spans[-1][1] > store.versions().newest_ms, store.stored_since(8)) == (49, True, [])
        assert store.compact() > 0
        assert everything(store) == before
        assert store.append(batch([fix(9001, 440000001, 5)])) == 8
    again = open_postgres(dsn, schema="old", read_only=True)
    assert everything(again) == before
    again.close()


def test_store_of_a_later_form_is_refused(postgres_server, dsn):
    open_postgres(dsn).close()
    name = dsn.partition("dbname=")[2].split()[0]
    postgres_server.sql("UPDATE kizuna_real.meta SET value = '99' WHERE key = 'form'", name)
    with pytest.raises(ConfigError, match="form 99"):
        open_postgres(dsn)


def test_upgrade_that_is_interrupted_has_not_begun(postgres_server, dsn, monkeypatch):
    name = dsn.partition("dbname=")[2].split()[0]
    postgres_server.load((Path(__file__).parent / "data" / "form-1.sql").read_text(), name)

    def torn(link, schema):
        link.run(f"DROP INDEX {schema}.fixes_time")
        raise UnavailableError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(form, "STEPS", {1: torn})
        with pytest.raises(UnavailableError):
            open_postgres(dsn, schema="old")
    with open_postgres(dsn, schema="old") as store:
        assert len(store.box(*EVERYWHERE)) == 121


def test_a_dump_restores_to_the_same_store(postgres_server, dsn):
    with filled(dsn) as store:
        store.put_events(events(event("e1")))
        store.compact()
        before = everything(store)
    name = dsn.partition("dbname=")[2].split()[0]
    script = postgres_server.dump("kizuna_real", name)
    other = postgres_server.new_database(f"{name}_again")
    postgres_server.load(script, f"{name}_again")
    with open_postgres(other, params=SMALL) as store:
        assert everything(store) == before
        assert store.append(batch([fix(99_000, 440000001, 4 * DAY)])) == before[5].picture + 1


def test_contexts_lie_in_schemas_of_their_own(dsn):
    assert form.schema_of("real") == "kizuna_real"
    names = {form.schema_of(c) for c in ("exercise:north", "exercise:North", "exercise:n.1", "exercise:n-1", "test")}
    assert len(names) == 5
    for name in names | {form.schema_of("exercise:" + "x" * 64)}:
        assert form.checked_name(name) == name
    with open_postgres(dsn) as real, open_postgres(dsn, context="exercise:north") as played:
        real.append(batch([fix(1, 440000001, 0)]))
        played.append(batch([fix(2, 440000001, 0)], context="exercise:north"))
        assert real.box(*EVERYWHERE)["msg_id"].tolist() == [1]
        assert played.box(*EVERYWHERE)["msg_id"].tolist() == [2]
    with pytest.raises(ConfigError, match="schema"):
        open_postgres(dsn, schema='x"; DROP SCHEMA kizuna_real; --')


def test_points_are_there_for_maps(postgres_server, dsn):
    name = dsn.partition("dbname=")[2].split()[0]
    with open_postgres(dsn) as store:
        store.append(batch([fix(1, 440000001, 0, 30.0, 120.0)], [said(2, 440000001, 0, shipname="ALFA")]))
        store.put_events(events(event("e1", lat_mean_deg=25.0, lon_mean_deg=123.0)))
    sql = postgres_server.sql
    assert sql("SELECT ST_AsText(geom), shipname FROM kizuna_real.latest", name) == "POINT(120 30)|ALFA\n"
    assert (
        sql("SELECT ST_AsText(geom), source_id, ais_class FROM kizuna_real.fix_points", name)
        == "POINT(120 30)|feed|A\n"
    )
    assert sql("SELECT ST_AsText(geom), event_type FROM kizuna_real.event_points", name) == "POINT(123 25)|gap\n"


def test_database_without_postgis_is_refused_with_what_to_do(postgres_server, dsn):
    name = dsn.partition("dbname=")[2].split()[0]
    postgres_server.sql("DROP EXTENSION postgis", name)
    with pytest.raises(ConfigError, match="CREATE EXTENSION postgis"):
        open_postgres(dsn)


def test_refusals_never_tell_the_connection_string(postgres_server, dsn):
    secret = "s3cret-word"
    port = postgres_server.port
    postgres_server.sql(
        "DO $$ BEGIN CREATE ROLE clerk LOGIN PASSWORD 'x'; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
    )
    for text, kind in (
        (f"host=127.0.0.1 port=1 dbname=x user=y password={secret}", UnavailableError),
        (f"host=127.0.0.1 {secret}", ConfigError),
        (f"postgresql://y:{secret}@127.0.0.1:{port}/x?nonsense={secret}", ConfigError),
        (f"host=127.0.0.1 port={port} dbname=postgres user=clerk password={secret}", ConfigError),
        (f"host=127.0.0.1 port={port} dbname=nowhere user=owner password={secret}", ConfigError),
    ):
        with pytest.raises(kind) as caught:
            open_postgres(text)
        assert secret not in str(caught.value)


def test_role_without_rights_is_told_what_it_lacks(postgres_server, dsn):
    name = dsn.partition("dbname=")[2].split()[0]
    postgres_server.sql(
        "DO $$ BEGIN CREATE ROLE guest LOGIN PASSWORD 'word'; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
    )
    with pytest.raises(ConfigError, match="refuses"):
        open_postgres(f"host=127.0.0.1 port={postgres_server.port} dbname={name} user=guest password=word")


def test_library_that_is_missing_is_named(monkeypatch):
    def absent(name):
        raise ImportError(name)

    monkeypatch.setattr(connecting.importlib, "import_module", absent)
    with pytest.raises(ConfigError, match=r"kizuna\[postgres\]"):
        open_postgres("host=127.0.0.1")


def test_connection_string_comes_from_a_private_file_of_one_line(tmp_path):
    path = tmp_path / "dsn"
    with pytest.raises(ConfigError, match="cannot be read"):
        read_dsn_file(path)
    path.write_text("# the node's\n\nhost=db dbname=k\n")
    path.chmod(0o640)
    with pytest.raises(ConfigError, match="chmod 600"):
        read_dsn_file(path)
    path.chmod(0o600)
    assert read_dsn_file(path) == "host=db dbname=k"
    path.write_text("host=db\ndbname=k\n")
    with pytest.raises(ConfigError, match="2 lines"):
        read_dsn_file(path)


def test_limits_of_waiting_are_added_where_none_are_set():
    assert "connect_timeout=10" in connecting._with_limits("host=db")
    assert "connect_timeout=10" not in connecting._with_limits("host=db connect_timeout=3")
    assert connecting._with_limits("postgresql://u@db/k?sslmode=require").startswith(
        "postgresql://u@db/k?sslmode=require&"
    )


def test_identities_are_carried_on_by_themselves_on_a_thread(dsn, monkeypatch):
    monkeypatch.setattr("kizuna.stores.postgres.store._DUE", (5, 10**9, 10**9))
    with open_postgres(dsn) as store:
        begun = threading.active_count()
        for k in range(6):
            store.append(batch([], [said(k, 440000001, k, shipname="ALFA")]))
        store._folding.result(20)
        assert threading.active_count() <= begun + 1
        assert int(asked(store, "SELECT value FROM kizuna_real.meta WHERE key = 'folded'")[0]["value"]) >= 5
        assert store.identities()["count"].tolist() == [6]
        assert store.trouble == ""


def test_role_that_owns_its_database_needs_no_further_rights(postgres_server):
    sql = postgres_server.sql
    sql("CREATE ROLE node LOGIN PASSWORD 'word'")
    sql("CREATE DATABASE owned OWNER node")
    sql("CREATE EXTENSION postgis", "owned")
    dsn = f"host=127.0.0.1 port={postgres_server.port} dbname=owned user=node password=word"
    with filled(dsn, days=2) as store:
        before = everything(store)
        store.seal()
        assert store.compact() == 1200
        assert everything(store) == before
        assert store.retain(T0_MS + DAY_MS) == 1200 + 4
        assert store.append(batch([fix(99_000, 440000001, 3 * DAY)])) == 9
    sql("CREATE ROLE reader LOGIN PASSWORD 'word'")
    sql(
        "GRANT USAGE ON SCHEMA kizuna_real TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA kizuna_real TO reader",
        "owned",
    )
    with open_postgres(dsn.replace("user=node", "user=reader"), read_only=True) as reader:
        assert reader.track(440000001, T0_MS + 3 * DAY_MS, T0_MS + 4 * DAY_MS)["msg_id"].tolist() == [99_000]


class OperationalError(Exception):
    """As the library raises it: of a state, or of none when the connection is gone."""

    def __init__(self, text, sqlstate=None):
        super().__init__(text)
        self.sqlstate = sqlstate


@pytest.mark.parametrize(("state", "kind", "word"), [
    (None, UnavailableError, "does not answer"), ("57P01", UnavailableError, "does not answer"),
    ("53100", UnavailableError, "has no room"), ("55P03", UnavailableError, "busy"), ("40001", UnavailableError, "busy"),
    ("42501", ConfigError, "refuses"), ("28P01", ConfigError, "refuses"), ("25006", ConfigError, "refuses"),
    ("22021", InputError, "cannot hold"), ("XX001", InputError, "damaged"),
])  # fmt: skip
def test_errors_of_the_server_say_what_the_caller_can_do(state, kind, word):
    error = connecting.declared(OperationalError("[libpq] words\n\nQuery was: SELECT secret", state), "here")
    assert isinstance(error, kind)
    assert word in str(error)
    assert "secret" not in str(error)


def test_mistake_of_ours_is_not_taken_for_a_server_that_is_gone():
    with pytest.raises(ValueError, match="wrong argument"):
        connecting.declared(ValueError("wrong argument"), "here")

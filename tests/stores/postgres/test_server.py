"""The server goes away and comes back, the node is killed: nothing acknowledged is lost, nothing is there twice."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import plain
import pytest
from stores.postgres.server import Server, missing
from stores.store_rows import T0_MS, batch, event, events, fix, said

from kizuna.base.errors import UnavailableError
from kizuna.base.units import MISSING_TIME_MS
from kizuna.stores.keep import KeepParams
from kizuna.stores.postgres import examine, open_postgres, taking

FOREVER = (0, 2**52)
EVERYWHERE = (-180, -90, 180, 90, *FOREVER)
A = 440000001


@pytest.fixture
def server():
    """A server of one's own, which may be killed."""
    if why := missing():
        pytest.skip(why)
    server = Server().start()
    yield server
    server.remove()


def ids(store) -> list[int]:
    return sorted(store.box(*EVERYWHERE)["msg_id"].tolist())


def everything(store):
    return (
        plain.rows(store.box(*EVERYWHERE)), plain.rows(store.latest()[1]), plain.rows(store.events()),
        plain.rows(store.identities()), store.history(*FOREVER), store.versions(),
    )  # fmt: skip


def test_server_that_was_killed_has_all_that_was_acknowledged_and_takes_on(server):
    with open_postgres(server.new_database("x")) as store:
        for k in range(20):
            store.append(batch([fix(k, A + k % 3, k)], [said(k, A + k % 3, k, shipname=f"S{k}")]))
        store.put_events(events(event("e1")))
        before = everything(store)
        server.kill()
        again = batch([fix(50, A, 50)])
        for _ in range(2):
            with pytest.raises(UnavailableError, match="does not answer"):
                store.append(again)
            with pytest.raises(UnavailableError):
                store.put_events(events(event("e2")))
            with pytest.raises(UnavailableError):
                store.track(A, *FOREVER)
        assert store.versions() == before[5]  # the picture stands meanwhile
        assert plain.rows(store.latest()[1]) == before[1]
        server.start()
        assert everything(store) == before
        assert store.append(again) == 21
        assert store.append(again) == 21
        assert store.put_events(events(event("e2"))) == 2
        assert ids(store) == [*range(20), 50]


@pytest.mark.parametrize("committed", [False, True])
def test_append_whose_end_was_not_heard_of_is_there_once(postgres_server, dsn, monkeypatch, committed):
    """The connection is cut before, or after, the server committed."""
    with open_postgres(dsn) as store:
        store.append(batch([fix(1, A, 0)]))
        link = store._core.writer()
        run = link.run

        def cut(sql, params=()):
            if sql != "COMMIT":
                return run(sql, params)
            pid = link.ask("SELECT pg_backend_pid() AS p")["p"][0].as_py()
            if committed:
                run(sql)
            postgres_server.sql(f"SELECT pg_terminate_backend({pid})")
            return run("SELECT 1" if committed else sql)

        monkeypatch.setattr(link, "run", cut)
        late = batch([fix(2, A, 1, 31.0)], [said(3, A, 1, shipname="ALFA")])
        with pytest.raises(UnavailableError, match="does not answer"):
            store.append(late)
        assert store.versions().picture == 1
        assert store.append(late) == 2
        assert store.latest()[1]["lat_deg"].tolist() == [31.0]
        assert ids(store) == [1, 2]
        before = everything(store)
    with open_postgres(dsn) as store:
        assert everything(store) == before
        assert store.append(late) == 2


def test_append_that_fails_half_way_leaves_nothing(dsn, monkeypatch):
    with open_postgres(dsn) as store:
        store.append(batch([fix(1, A, 0)]))
        before = everything(store)
        with monkeypatch.context() as patch:

            def full(*_):
                raise UnavailableError("no room")

            patch.setattr(taking, "put_mark", full)
            for _ in range(2):
                with pytest.raises(UnavailableError):
                    store.append(batch([fix(2, A, 9)], [said(2, A, 9, shipname="X")]))
        assert everything(store) == before
        assert store.append(batch([fix(2, A, 9)])) == 2


def test_another_writer_meanwhile_is_seen(postgres_server, dsn):
    """The lock was lost with the connection, and another process wrote."""
    with open_postgres(dsn) as store:
        store.append(batch([fix(1, A, 0)]))
        cut_off(postgres_server, dsn)
        time.sleep(0.2)
        with open_postgres(dsn) as other:
            other.append(batch([fix(2, A, 1)]))
            store._core._writer.broken = True
            with pytest.raises(UnavailableError, match="writes this store"):
                store.append(batch([fix(3, A, 2)]))
        assert store.append(batch([fix(2, A, 1), fix(3, A, 2)])) == 3
        assert ids(store) == [1, 2, 3]


def cut_off(server, dsn):
    name = dsn.partition("dbname=")[2].split()[0]
    server.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")


CHILD = """
import sys
from stores.store_rows import batch, event, events, fix, said
from kizuna.stores.keep import KeepParams
from kizuna.stores.postgres import open_postgres
store = open_postgres(sys.argv[1])
k = int(sys.argv[2])
while True:
    rows = [fix(100 * k + j, 440000000 + j % 7, k + j / 200) for j in range(100)]
    store.append(batch(rows, [said(100 * k, 440000000 + k % 7, k, shipname=f"S{k}")]))
    store.put_events(events(event(f"e{k}")))
    print(k, flush=True)
    k += 1
    if k % 10 == 0:
        store.seal()
"""


@pytest.mark.slow
def test_node_killed_in_the_midst_of_appends_lost_and_doubled_nothing(dsn):
    tests = str(Path(__file__).resolve().parents[2])
    held = 0
    for wait in (0.0, 0.05, 0.11, 0.2):
        command = [sys.executable, "-c", CHILD, dsn, str(max(0, held - 2))]  # the last come again, as of a feed
        process = subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": tests})
        said_so = process.stdout.readline()
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        said_so += process.stdout.read()
        process.stdout.close()
        process.wait()
        surely = max(int(n) + 1 for n in said_so.split(b"\n")[:-1])
        with open_postgres(dsn) as store:
            found = ids(store)
            held = len(found) // 100
            assert found == list(range(100 * held))
            assert max(surely, 1) <= held <= surely + 1
            assert store.versions().picture == held
            assert surely <= len(store.events()) <= held
            assert sum(store.history(*FOREVER)[1]) == 100 * held
            newest = {440000000 + j % 7: T0_MS + round((held - 1 + j / 200) * 60_000) for j in range(100)}
            table = store.latest()[1]
            assert dict(zip(table["mmsi"].tolist(), table["time_ms"].tolist(), strict=True)) == newest


@pytest.mark.slow
def test_server_restarted_under_threads_that_ask_and_append(server):
    """Whoever tries again gets through, and all of it is there in the end."""
    with open_postgres(server.new_database("x")) as store:
        done, wrong = threading.Event(), []

        def ask():
            most = 0
            while not done.is_set():
                try:
                    n = len(store.track(A, *FOREVER, names=("mmsi",)))
                except UnavailableError:
                    time.sleep(0.01)
                    continue
                if n < most:
                    wrong.append((n, most))
                most = n

        threads = [threading.Thread(target=ask) for _ in range(2)]
        for t in threads:
            t.start()
        for k in range(60):
            if k == 20:
                server.stop()
                threading.Timer(0.5, server.start).start()
            if k == 40:
                server.kill()
                server.start()
            until = time.monotonic() + 30
            while True:
                try:
                    assert store.append(batch([fix(k, A, k)])) == k + 1
                    break
                except UnavailableError:
                    assert time.monotonic() < until
                    time.sleep(0.02)
        done.set()
        for t in threads:
            t.join()
        assert not wrong
        assert ids(store) == list(range(60))


def test_examination_finds_what_is_amiss(postgres_server, dsn):
    with open_postgres(dsn) as store:
        store.append(batch([fix(1, A, 0)]))
    wrong, found = examine(dsn, context="real")
    assert wrong == ["fsync is off: what the server confirms may be lost"]  # of the server of the tests
    assert "PostGIS 3" in found
    assert "1 days" in found
    name = dsn.partition("dbname=")[2].split()[0]
    postgres_server.sql("DROP TABLE kizuna_real.others_20260301", name)
    assert "others_20260301 is missing" in examine(dsn, context="real")[0]


def test_rows_that_no_calendar_or_text_can_hold_are_taken_all_the_same(dsn):
    with open_postgres(dsn, params=KeepParams(lateness_s=3600)) as store:
        odd = [fix(1, A, 0), {**fix(2, A, 0), "time_ms": 2**62}, {**fix(3, A, 0), "time_ms": -5}]
        store.append(batch(odd, [said(4, A, 0, shipname="A\0B", destination="\U0001f6a2")]))
        store.put_events(events(event("e1", summary="a\0b \\u0000 \\\\u0000")))
        assert store.messages("fixes", A, *FOREVER)["msg_id"].tolist() == [1]
        assert store.versions().newest_ms == T0_MS
        assert store.messages("statics", A, *FOREVER)["shipname"].to_pylist() == ["A\ufffdB"]
        assert store.events()["summary"].to_pylist() == ["a\ufffdb \\u0000 \\\\u0000"]
        with store._core.links.one() as link:
            n = link.ask('SELECT count(*) AS n FROM kizuna_real.fixes WHERE "timestamp" IS NULL')["n"][0].as_py()
        assert n == 2
        assert MISSING_TIME_MS not in store.box(*EVERYWHERE)["time_ms"]

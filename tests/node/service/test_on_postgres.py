"""A node whose store is on a PostgreSQL server: made, run, cut off, backed up, examined."""

import json

import pytest
from node.service.node_make import Sender, rows, running, traffic, wait_for
from stores.postgres.server import Server, missing
from typer.testing import CliRunner

from kizuna.base.errors import ConfigError
from kizuna.node.cli.main import app
from kizuna.node.service.copies import back_up_node, restore_node
from kizuna.node.service.examining import examine_node
from kizuna.node.service.node_file import read_node_file
from kizuna.node.service.opening import Wanted, init_node
from kizuna.node.service.rooms import Rooms
from kizuna.node.service.status import read_status


@pytest.fixture(scope="module")
def server():
    if why := missing():
        pytest.skip(why)
    server = Server({"fsync": "off"}).start()
    yield server
    server.remove()


def dsn_file(tmp_path, dsn):
    path = tmp_path / "database"
    path.write_text(dsn + "\n")
    path.chmod(0o600)
    return path


def make(tmp_path, dsn, sources):
    store = {"kind": "postgres", "dsn_file": str(dsn_file(tmp_path, dsn))}
    settings = {"clock": {"kind": "stream"}, "store": store}
    return init_node(tmp_path / "n", Wanted("t", context="test", settings=settings, sources=sources)).config


@pytest.mark.slow
def test_node_takes_in_through_a_restart_of_the_server_and_loses_nothing(tmp_path, server):
    with Sender() as sender:
        source = {"id": "a", "kind": "tcp", "address": f"127.0.0.1:{sender.port}"}
        config = make(tmp_path, server.new_database("restart"), [source])
        with running(config) as node:
            sender.send(b"".join(traffic(10, 3)))
            wait_for(lambda: rows(node) == 30)
            server.stop()
            sender.send(b"".join(traffic(10, 3, first=3)))
            wait_for(lambda: "store" in node.health.troubles)
            assert "does not answer" in node.health.troubles["store"]
            assert len(node.keep.latest()[1]) == 10
            server.start()
            wait_for(lambda: "store" not in node.health.troubles)
            wait_for(lambda: rows(node) == 60)
        assert not list((tmp_path / "n" / "store" / "test").glob("keep.db*"))
        with running(config) as node:
            assert rows(node) == 60
            assert node.session == 2


@pytest.mark.slow
def test_backup_holds_all_but_the_database_and_says_how_to_dump_it(tmp_path, server):
    with Sender() as sender:
        source = {"id": "a", "kind": "tcp", "address": f"127.0.0.1:{sender.port}"}
        config = make(tmp_path, server.new_database("copied"), [source])
        with running(config) as node:
            sender.send(b"".join(traffic(10, 6)))
            wait_for(lambda: rows(node) == 60)
            back_up_node(tmp_path / "n", tmp_path / "copy")
            script = server.dump("kizuna_test", "copied")
            sender.send(b"".join(traffic(10, 2, first=6)))
            wait_for(lambda: rows(node) == 80)
        note = json.loads((tmp_path / "copy" / "backup.json").read_text())
        assert note["to_dump"] == "pg_dump -Fc --schema=kizuna_test DATABASE"
        server.load(script, server.new_database("brought_back").partition("dbname=")[2].split()[0])
        restore_node(tmp_path / "copy", tmp_path / "again")
        dsn_file(tmp_path, server.dsn("brought_back"))
        with running(read_node_file(tmp_path / "again" / "node.toml")) as node:
            assert rows(node) == 60
            assert node.session == 2


def test_doctor_and_status_tell_of_the_server(tmp_path, server):
    config = make(tmp_path, server.new_database("told"), [])
    with running(config) as node:
        node.write_status()
        assert read_status(tmp_path / "n")["store"] == "postgres"
    found = {f.check: f for f in examine_node(tmp_path / "n")}
    assert "fsync is off" in found["store"].found  # of the server of the tests
    dsn_file(tmp_path, "host=127.0.0.1 port=1 dbname=x")
    found = {f.check: f for f in examine_node(tmp_path / "n")}
    assert not found["store"].ok
    assert "does not answer" in found["store"].found


def test_node_is_not_begun_where_the_server_refuses(tmp_path):
    with pytest.raises(ConfigError, match="the connection string is none"):
        make(tmp_path, "nonsense", [])
    assert not (tmp_path / "n").exists()
    with pytest.raises(ConfigError, match="dsn_file"):
        init_node(tmp_path / "n", Wanted("t", settings={"store": {"kind": "postgres"}}))
    with pytest.raises(ConfigError, match="embedded, postgres"):
        init_node(tmp_path / "n", Wanted("t", settings={"store": {"kind": "oracle"}}))


def test_command_makes_a_node_on_a_server_and_tells_of_the_dump(tmp_path, server):
    path = dsn_file(tmp_path, server.new_database("command"))
    run = CliRunner()
    made = run.invoke(app, ["node", "init", str(tmp_path / "n"), "--name", "t", "--postgres", str(path)])
    assert made.exit_code == 0, made.output
    config = read_node_file(Rooms(tmp_path / "n").settings)
    assert (config.store.kind, config.store.dsn_file) == ("postgres", str(path))
    copied = run.invoke(app, ["node", "backup", str(tmp_path / "n"), str(tmp_path / "copy")])
    assert copied.exit_code == 0, copied.output
    assert "pg_dump -Fc --schema=kizuna_real" in copied.output

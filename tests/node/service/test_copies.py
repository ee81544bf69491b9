"""Backup while running, restore, status and doctor."""

import json

import pytest
from node.service.node_make import Sender, make_node, rows, running, traffic, wait_for

from kizuna.base.errors import ConfigError
from kizuna.node.desk.desk import open_desk
from kizuna.node.service.copies import back_up_node, restore_node
from kizuna.node.service.examining import examine_node
from kizuna.node.service.node_file import read_node_file
from kizuna.node.service.rooms import Rooms, next_session
from kizuna.node.service.status import read_status


def test_a_backup_of_a_running_node_restores_to_a_node_that_goes_on(tmp_path):
    with Sender() as sender:
        source = {"id": "a", "kind": "tcp", "address": f"127.0.0.1:{sender.port}"}
        home = tmp_path / "n"
        config = make_node(home, [source])
        desk = open_desk(Rooms(home).desk)
        desk.people.add("ann", "administrator", "four words not related")
        desk.close()
        with running(config) as node:
            sender.send(b"".join(traffic(10, 6)))
            wait_for(lambda: rows(node) == 60)
            node.keep.seal()
            sender.send(b"".join(traffic(10, 2, first=6)))
            wait_for(lambda: rows(node) == 80)
            assert back_up_node(home, tmp_path / "copy") > 0
            sender.send(b"".join(traffic(10, 2, first=8)))
            wait_for(lambda: rows(node) == 100)
        sender.drop()
        restore_node(tmp_path / "copy", tmp_path / "again")
        with running(read_node_file(tmp_path / "again" / "node.toml")) as node:
            assert rows(node) == 80
            assert node.session == 2
            assert node.desk.people.named("ann") is not None
            wait_for(lambda: sender.connections)
            sender.send(b"".join(traffic(10, 2, first=8)))
            wait_for(lambda: rows(node) == 100)
            wait_for(lambda: len(node.detection._engine.kept) == 100)


def test_copies_go_to_new_places_and_come_from_backups_only(tmp_path):
    make_node(tmp_path / "n", [])
    with pytest.raises(ConfigError, match="exists"):
        back_up_node(tmp_path / "n", tmp_path)
    with pytest.raises(ConfigError, match="no backup"):
        restore_node(tmp_path / "n", tmp_path / "m")
    back_up_node(tmp_path / "n", tmp_path / "c", keys=False)
    assert not (tmp_path / "c" / "keys").exists()
    with pytest.raises(ConfigError, match="not empty"):
        restore_node(tmp_path / "c", tmp_path / "n")


def test_a_backup_stays_in_its_directory_and_holds_keys_only_where_they_are_wanted(tmp_path):
    home = tmp_path / "at" / "n"
    key = {"id": "b", "kind": "ws", "address": "ws://127.0.0.1:1", "subscription": "feed.json"}
    make_node(home, [key])
    zones = tmp_path / "at" / "zones.geojson"
    zones.write_text("{}")
    (home / "inner.geojson").write_text("{}")
    (home / "feed.json").write_text('{"APIKey": "SECRET"}')
    settings = home / "node.toml"
    named = 'zones = ["../zones.geojson", "run/../inner.geojson"]'
    settings.write_text(settings.read_text().replace("[places]\n", f"[places]\n{named}\n"))
    to = tmp_path / "safe" / "copies" / "c"
    back_up_node(home, to, keys=False)
    assert [p.name for p in to.parent.iterdir()] == ["c"]
    assert (to / "inner.geojson").exists() and not (to / "feed.json").exists()
    back_up_node(home, to.with_name("d"))
    assert "SECRET" in (to.with_name("d") / "feed.json").read_text()
    to.with_name("d").chmod(0o755)
    restore_node(to.with_name("d"), tmp_path / "again")
    assert (tmp_path / "again").stat().st_mode & 0o077 == 0 and (tmp_path / "again" / "feed.json").exists()


def test_a_damaged_backup_is_refused(tmp_path):
    with Sender() as sender:
        source = {"id": "a", "kind": "tcp", "address": f"127.0.0.1:{sender.port}"}
        with running(make_node(tmp_path / "n", [source])) as node:
            sender.send(b"".join(traffic(10, 6)))
            wait_for(lambda: rows(node) == 60)
            node.keep.seal()
            back_up_node(tmp_path / "n", tmp_path / "c")
    segment = next((tmp_path / "c" / "store" / "test" / "segments").iterdir())
    data = bytearray(segment.read_bytes())
    data[len(data) // 2] ^= 1
    segment.write_bytes(data)
    from kizuna.base.errors import KizunaError

    with pytest.raises(KizunaError):
        restore_node(tmp_path / "c", tmp_path / "m")
    assert not (tmp_path / "m").exists()


def test_status_and_doctor_tell_how_a_node_is(tmp_path):
    home = tmp_path / "n"
    config = make_node(home, [{"id": "a", "kind": "tcp", "address": "127.0.0.1:1"}])
    assert read_status(home)["state"] == "stopped"
    with running(config) as node:
        wait_for(lambda: node.health.rows()[0]["state"] == "down")
        node.write_status()
        found = read_status(home)
        assert (found["state"], found["wants_a_look"]) == ("running", True)
        findings = {f.check: f for f in examine_node(home)}
        assert findings["store"].ok
        assert not findings["health"].ok
        assert "refused" in findings["health"].found
        assert not findings["users"].ok
    assert read_status(home)["state"] == "stopped"
    status = json.loads(Rooms(home).status.read_text())
    Rooms(home).status.write_text(json.dumps(status | {"running": True, "pid": 2**22 + 1}))
    assert read_status(home)["state"] == "not answering"
    (home / "node.toml").write_text("[node]\nnam = 1\n")
    assert [f.check for f in examine_node(home)] == ["settings"]


def test_directories_are_private_and_starts_are_counted(tmp_path):
    make_node(tmp_path / "n", [])
    rooms = Rooms(tmp_path / "n")
    for path in (rooms.home, rooms.keys, rooms.desk, rooms.store("test")):
        assert path.stat().st_mode & 0o077 == 0, path
    assert (rooms.keys / "node.key").stat().st_mode & 0o177 == 0
    assert [next_session(rooms.sessions) for _ in range(3)] == [1, 2, 3]
    rooms.sessions.write_text("nonsense")
    with pytest.raises(ConfigError):
        next_session(rooms.sessions)


def test_a_store_of_another_context_is_refused(tmp_path):
    make_node(tmp_path / "n", [])
    text = (tmp_path / "n" / "node.toml").read_text().replace('context = "test"', 'context = "exercise:x"')
    (tmp_path / "n" / "node.toml").write_text(text)
    with running(read_node_file(tmp_path / "n" / "node.toml")) as node:
        assert rows(node) == 0
    assert sorted(p.name for p in (tmp_path / "n" / "store").iterdir()) == ["exercise-x", "test"]

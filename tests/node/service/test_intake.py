"""A full disk, a restart, ids of live feeds, the mark of an exercise."""

import json

import numpy as np
import pytest
from node.service.node_make import Sender, make_node, position, rows, running, traffic, wait_for

from kizuna.base.errors import ConfigError, UnavailableError
from kizuna.engines.live.engine import LiveEngine
from kizuna.engines.live.run import surroundings_of
from kizuna.events.params import Settings
from kizuna.exercise.simulate import Scenario, simulate
from kizuna.node.service.exercise_mark import exercise_in, refusal
from kizuna.node.service.intake import shifted
from kizuna.sources.nmea import decode_bytes


def tcp(sender, **more):
    return {"id": "a", "kind": "tcp", "address": f"127.0.0.1:{sender.port}"} | more


def test_a_full_disk_stops_the_intake_loudly_and_it_resumes_without_loss(tmp_path, monkeypatch):
    with Sender() as sender, running(make_node(tmp_path / "n", [tcp(sender)])) as node:
        sender.send(b"".join(traffic(10, 2)))
        wait_for(lambda: rows(node) == 20)
        full = [True]

        def check_room():
            if full[0]:
                raise UnavailableError("the disk is nearly full: 1 MiB left", where="store")

        monkeypatch.setattr(node.keep._core, "check_room", check_room)
        sender.send(b"".join(traffic(10, 2, first=2)))
        wait_for(lambda: "store" in node.health.troubles)
        assert "disk" in node.health.rows()[0]["detail"]
        assert node.health.rows()[0]["state"] == "down"
        node.write_status()
        assert "store" in json.loads(node.rooms.status.read_text())["troubles"]
        assert rows(node) == 20
        full[0] = False
        wait_for(lambda: rows(node) == 40)
        wait_for(lambda: "store" not in node.health.troubles)


def test_a_node_that_cannot_store_slows_the_sender_down_instead_of_dropping(tmp_path, monkeypatch):
    with Sender() as sender, running(make_node(tmp_path / "n", [tcp(sender)], upkeep={"queue_mb": 1})) as node:
        full = [True]

        def check_room():
            if full[0]:
                raise UnavailableError("full", where="store")

        monkeypatch.setattr(node.keep._core, "check_room", check_room)
        sender.send(b"".join(traffic(100, 1)))
        wait_for(lambda: "store" in node.health.troubles)
        sent = b"".join(traffic(100, 300, first=1))  # 2 MB: more than the lane holds
        import threading

        work = threading.Thread(target=lambda: sender.send(sent), daemon=True)
        work.start()
        lane = node.intake.lanes["a"]
        wait_for(lambda: lane.waiting_bytes > 700_000)
        assert lane.waiting_bytes <= 1 << 20
        full[0] = False
        wait_for(lambda: node.health.sources["a"].rows == 30_100, 60)
        assert rows(node) == 30_100


def test_a_restarted_node_goes_on_where_it_was_and_gives_no_id_twice(tmp_path):
    lines = list(traffic(10, 6))
    with Sender() as sender:
        config = make_node(tmp_path / "n", [tcp(sender)])
        for k in range(0, 60, 20):
            with running(config) as node:
                wait_for(lambda: sender.connections)
                sender.send(b"".join(lines[k : k + 20]))
                wait_for(lambda k=k: rows(node) == k + 20)
                wait_for(lambda k=k: len(node.detection._engine.kept) == k + 20)
                assert node.session == k // 20 + 1
            sender.drop()
        with running(config) as node:
            fixes = node.keep.messages("fixes", None, 0, 1 << 52)
            assert len(np.unique(fixes["msg_id"])) == 60
            assert node.detection._engine.clock_ms == fixes["time_ms"].max()


def test_a_node_whose_state_of_detection_is_lost_works_it_out_of_the_store(tmp_path):
    import shutil

    with Sender() as sender:
        config = make_node(tmp_path / "n", [tcp(sender)])
        with running(config) as node:
            sender.send(b"".join(traffic(10, 6)))
            wait_for(lambda: rows(node) == 60)
            state = node.rooms.detection("test")
        shutil.rmtree(state)
        with running(config) as node:
            wait_for(lambda: len(node.detection._engine.kept) == 60)


@pytest.mark.big
@pytest.mark.slow
def test_the_events_of_a_node_are_those_of_the_engine_alone_also_over_a_restart(tmp_path):
    made = simulate(Scenario(exercise_id="node-test", vessels=30, hours=12.0), 3)
    lines = b"".join(made.nmea_chunks())
    batch = decode_bytes(lines, "a", context="exercise:node-test")
    around, _ = surroundings_of([], [])
    with Sender() as sender:
        config = make_node(tmp_path / "n", [tcp(sender)], context="exercise:node-test")
        engine = LiveEngine(Settings(), around, config.live)
        engine.feed(batch.fixes, batch.statics)
        _, alone = engine.close()
        cut = lines.find(b"\n", len(lines) // 2) + 1
        for part in (lines[:cut], lines[cut:]):
            with running(config) as node:
                wait_for(lambda: sender.connections)
                sender.send(part)
                wait_for(
                    lambda: node.intake.lanes["a"].waiting_bytes == 0 and node.health.sources["a"].received == len(part)
                )
            sender.drop()
        with running(config) as node:
            assert len(node.detection._engine.kept) == len(batch.fixes)
            _, settled = node.detection._engine.close()
            told = node.keep.events()
        words = told.codes_of("status")
        in_force = {
            i for i, s in zip(told["event_id"].to_pylist(), told["status"].tolist()) if words[s] in ("open", "closed")
        }
        assert settled.events["event_id"].to_pylist() == alone.events["event_id"].to_pylist()
        closed = {i for i, s in zip(told["event_id"].to_pylist(), told["status"].tolist()) if words[s] == "closed"}
        assert closed <= set(alone.events["event_id"].to_pylist())
        assert in_force


def test_shifted_ids_stay_positive_and_apart():
    batch = decode_bytes(b"".join(traffic(5, 5)), "x", context="test")
    for by in (0, 5 << 40, (1 << 63) - 1):
        moved = shifted(batch, by).fixes["msg_id"]
        assert (moved >= 0).all()
        assert len(np.unique(moved)) == 25
        expected = [(int(i) + by) % (1 << 63) for i in batch.fixes["msg_id"]]
        assert moved.tolist() == expected


def test_the_mark_of_an_exercise_is_found_in_the_generators_stream():
    made = simulate(Scenario(exercise_id="abc-1", vessels=16, hours=0.5), 1)
    chunks = b"".join(made.nmea_chunks())
    assert exercise_in(chunks[: chunks.find(b"\n")]) == "abc-1"
    assert refusal(chunks, "exercise:abc-1") == ""
    assert "real" in refusal(chunks, "real")
    assert "abc-1" in refusal(chunks, "exercise:other")
    ordinary = b"".join(line for line in chunks.splitlines(keepends=True) if b"!AIVDM" in line)
    assert refusal(ordinary, "real") == ""


def test_a_real_node_refuses_a_stream_that_says_exercise(tmp_path):
    made = simulate(Scenario(exercise_id="abc-1", vessels=16, hours=0.5), 1)
    with Sender() as sender:
        config = make_node(tmp_path / "n", [tcp(sender)], context="real", clock={"kind": "wall"})
        with running(config) as node:
            sender.send(b"".join(made.nmea_chunks()))
            wait_for(lambda: node.health.rows()[0]["state"] == "refused")
            assert "abc-1" in node.health.rows()[0]["detail"]
            assert rows(node) == 0


def test_settings_name_what_is_wrong(tmp_path):
    from kizuna.node.service.node_file import read_node_file

    file = tmp_path / "node.toml"
    wrong = {
        "[node]\nnam = 'x'": ("nam", "name"),
        "[nodes]\n": ("nodes", "listen"),
        "[listen]\nport = 'x'": ("port", "whole number"),
        "[listen]\nport = 70000": ("port", "65535"),
        "[listen]\nhost = '0.0.0.0'\ntls = false": ("tls", "127.0.0.1"),
        "[[sources]]\nid = 'a'\nkind = 'carrier pigeon'\naddress='x'": ("carrier pigeon", "gpsd"),
        "[[sources]]\nid = 'a'\nkind = 'tcp'": ("address", "HOST:PORT"),
        "[[sources]]\nkind = 'tcp'": ("id", "lacks"),
        "[[sources]]\nid='a'\nkind='exercise'\naddress='127.0.0.1:1'": ("exercise", "node of its own"),
        "[clock]\nkind = 'stream'": ("clock", "wall"),
        "[live]\nkeep_h = 3": ("keep_h", "48"),
    }
    for text, words in wrong.items():
        file.write_text(text)
        with pytest.raises(ConfigError) as caught:
            read_node_file(file)
        assert all(w in str(caught.value) for w in words), (text, str(caught.value))
        assert str(file) in str(caught.value), str(caught.value)


def test_every_setting_is_explained_and_a_new_file_reads_back():
    import dataclasses

    from kizuna.node.service.node_file import SECTIONS, new_node_file
    from kizuna.node.service.source_settings import Source
    from kizuna.node.settings import meanings

    for name, kind in (SECTIONS | {"sources": Source}).items():
        for f in dataclasses.fields(kind):
            assert meanings(kind)[f.name].strip(), (name, f.name)
    import tomllib

    text = new_node_file({"node": {"name": "x"}})
    bare = "\n".join(
        line[1:] if line[:1] == "#" and " = " in line and line[1:2] not in (" ", "[") else line
        for line in text.splitlines()
    )
    bare = bare.replace("#[[sources]]", "[[sources]]")
    assert tomllib.loads(bare)["node"]["name"] == "x"

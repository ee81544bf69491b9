"""An exercise played over TCP: marked, paced, on this machine alone unless both ends hold the key."""

import contextlib
import socket
import threading
import time

import pytest
from node.service.node_make import make_node, rows, running, wait_for

from kizuna.base.errors import ConfigError, TrustError
from kizuna.exercise import world
from kizuna.exercise.simulate import Scenario, simulate
from kizuna.links import exercise_link
from kizuna.links.line_player import LinePlayer
from kizuna.node.playing import Play, played, start_of_day
from kizuna.sources.nmea import decode_bytes

KEY = b"a key of sixteen bytes or more"


@pytest.fixture(scope="module")
def made():
    return simulate(Scenario(exercise_id="play", vessels=16, hours=1.0), 2)


def test_playback_in_pieces_is_the_file(made):
    whole = b"".join(
        line for line in b"".join(made.nmea_chunks()).splitlines(keepends=True) if b"EXERCISE play" not in line
    )
    playback = made.playback()
    cuts = [0, 1, 77_777, 1_000_000, 1_000_001, 3_600_000]
    assert b"".join(playback.between(a, b) for a, b in zip(cuts, cuts[1:])) == whole
    assert playback.between(5_000_000, 6_000_000) == b""


def test_what_is_played_has_unassigned_mmsis_only(made):
    batch = decode_bytes(made.playback().between(0, 3_600_000), "x", context="exercise:play")
    ships = batch.fixes["mmsi"][(batch.fixes["mmsi"] > 200_000_000) & (batch.fixes["mmsi"] < 800_000_000)]
    assert len(ships) > 100
    assert {int(m) // 1_000_000 for m in ships.tolist()} <= set(world.EXERCISE_MIDS)


def read_all(port, hello=None):
    out = b""
    with socket.create_connection(("127.0.0.1", port)) as s:
        if hello:
            hello(s)
        s.settimeout(5)
        while True:
            try:
                data = s.recv(1 << 16)
            except OSError:
                return out
            if not data:
                return out
            out += data


def play_to_end(made, player, speed=36_000.0):
    wait_for(lambda: player.listeners)
    played(made.playback(), player, Play(speed), lambda s: bool(time.sleep(0.01)))
    player.drained(5)
    player.close()


@pytest.mark.parametrize("key", [b"", KEY])
def test_every_listener_hears_the_mark_first_and_then_all(made, key):
    player = LinePlayer("127.0.0.1", 0, greeting=lambda: made.playback().mark(0), key=key)
    heard = []
    hello = (lambda s: exercise_link.prove_as_node(s, KEY)) if key else None
    readers = [threading.Thread(target=lambda: heard.append(read_all(player.port, hello))) for _ in range(2)]
    for r in readers:
        r.start()
    wait_for(lambda: player.listeners == 2)
    play_to_end(made, player)
    for r in readers:
        r.join(10)
    for text in heard:
        assert b"EXERCISE play SIMULATED NOT REAL" in text.splitlines()[0]
        assert text.count(b"!AIVDM") == b"".join(made.nmea_chunks()).count(b"!AIVDM")


def test_who_lacks_the_key_hears_nothing(made):
    player = LinePlayer("127.0.0.1", 0, greeting=lambda: b"secret\r\n", key=KEY)
    try:
        with pytest.raises((TrustError, OSError)):
            with socket.create_connection(("127.0.0.1", player.port)) as s:
                exercise_link.prove_as_node(s, b"another key of sixteen bytes")
        with socket.create_connection(("127.0.0.1", player.port)) as s:
            s.sendall(b"GET / HTTP/1.1\r\n\r\n")
            s.settimeout(8)
            with contextlib.suppress(ConnectionResetError):
                assert b"secret" not in s.recv(1000)
        assert player.listeners == 0
    finally:
        player.close()


def test_an_answer_of_one_exchange_is_worth_nothing_in_the_next():
    a, b = (exercise_link.answer(KEY, role, b"1" * 32, b"2" * 32) for role in (b"node", b"player"))
    assert a != b
    assert exercise_link.answer(KEY, b"node", b"1" * 32, b"3" * 32) != a


def test_beyond_this_machine_a_key_is_needed(tmp_path):
    with pytest.raises(ConfigError, match="needs a key"):
        LinePlayer("0.0.0.0", 0, greeting=bytes)
    (tmp_path / "k").write_bytes(b"short")
    (tmp_path / "k").chmod(0o600)
    with pytest.raises(ConfigError, match="16"):
        exercise_link.read_key(tmp_path / "k")


def test_a_listener_that_does_not_read_is_cut_off_and_the_other_hears_all(monkeypatch):
    from kizuna.links import line_player

    monkeypatch.setattr(line_player, "BUFFER_MAX", 1 << 20)
    player = LinePlayer("127.0.0.1", 0, greeting=bytes)
    heard = [0]

    def read(s):
        while data := s.recv(1 << 16):
            heard[0] += len(data)

    with socket.create_connection(("127.0.0.1", player.port)):
        wait_for(lambda: player.listeners == 1)
        with socket.create_connection(("127.0.0.1", player.port)) as good:
            wait_for(lambda: player.listeners == 2)
            reader = threading.Thread(target=read, args=(good,))
            reader.start()
            for k in range(1, 401):
                player.send(b"x" * 65_535 + b"\n")
                while heard[0] < (k - 8) * 65_536:
                    player.send(b"")
                    time.sleep(0.001)
            wait_for(lambda: player.listeners == 1)
            player.drained(5)
            player.close()
            reader.join(10)
    assert heard == [400 * 65_536]


def test_a_node_of_the_exercise_takes_it_with_the_key_and_its_clock_follows(made, tmp_path):
    player = LinePlayer("127.0.0.1", 0, greeting=lambda: made.playback().mark(0), key=KEY)
    home = tmp_path / "n"
    source = {"id": "x", "kind": "exercise", "address": f"127.0.0.1:{player.port}", "key": "x.key"}
    config = make_node(home, [source], context="exercise:play")
    (home / "x.key").write_bytes(KEY)
    (home / "x.key").chmod(0o600)
    expected = len(decode_bytes(b"".join(made.nmea_chunks()), "x", context="exercise:play").fixes)
    with running(config) as node:
        play_to_end(made, player)
        wait_for(lambda: rows(node) == expected)
        wait_for(lambda: abs(node.clock.now_ms() - node.keep.versions().newest_ms) < 60_000)
        _, latest = node.keep.latest()
        assert len(latest) >= 10


def test_the_wrong_key_is_refused_and_said(made, tmp_path):
    player = LinePlayer("127.0.0.1", 0, greeting=lambda: made.playback().mark(0), key=KEY)
    home = tmp_path / "n"
    source = {"id": "x", "kind": "exercise", "address": f"127.0.0.1:{player.port}", "key": "x.key"}
    config = make_node(home, [source], context="exercise:play")
    (home / "x.key").write_bytes(b"another key of sixteen bytes")
    (home / "x.key").chmod(0o600)
    with running(config) as node:
        wait_for(lambda: node.health.rows()[0]["state"] in ("refused", "down"))
        assert rows(node) == 0
    player.close()


def test_an_exercise_begins_so_that_its_hour_is_now():
    now = 1_767_225_678_901
    start = start_of_day(now, 24.0)
    assert start % 60_000 == 0
    assert 0 <= now - (start + 24 * 3_600_000) < 60_000

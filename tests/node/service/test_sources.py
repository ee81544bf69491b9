"""Real sockets on loopback: what is sent is in the store, once, and the newest position can be asked for."""

import json
import socket

import pytest
from node.service.node_make import Sender, free_port, make_node, position, rows, running, traffic, wait_for

from kizuna.base.errors import ConfigError
from kizuna.node.service.feeds import check_address
from kizuna.node.service.source_settings import Source


def tcp(sender, **more):
    return {"id": "a", "kind": "tcp", "address": f"127.0.0.1:{sender.port}"} | more


def test_lines_over_tcp_are_the_latest_positions(tmp_path):
    with Sender() as sender, running(make_node(tmp_path / "n", [tcp(sender)])) as node:
        for line in traffic(20, 10):
            sender.send(line)
        wait_for(lambda: rows(node) == 200)
        _, latest = node.keep.latest()
        assert len(latest) == 20
        assert latest["lon_deg"].tolist() == pytest.approx([120.009] * 20, abs=1e-5)
        assert set(latest.codes_of("source_id")) == {"a"}
        row = node.health.rows()[0]
        assert (row["state"], row["lines"], row["rows"], row["dropped"]) == ("up", 200, 200, 0)


def test_a_source_that_breaks_is_connected_again_and_nothing_comes_twice(tmp_path):
    lines = list(traffic(10, 6))
    with Sender() as sender, running(make_node(tmp_path / "n", [tcp(sender)])) as node:
        for k in range(0, 60, 20):
            sender.send(b"".join(lines[k : k + 20]))
            wait_for(lambda k=k: rows(node) == k + 20)
            sender.drop()
        wait_for(lambda: node.health.sources["a"].connections >= 2)
        assert rows(node) == 60


def test_a_source_that_is_not_there_is_down_and_comes_up(tmp_path):
    port = free_port()
    config = make_node(tmp_path / "n", [{"id": "a", "kind": "tcp", "address": f"127.0.0.1:{port}"}])
    with running(config) as node:
        wait_for(lambda: node.health.rows()[0]["state"] == "down")
        assert "refused" in node.health.rows()[0]["detail"]
        with Sender(port) as sender:
            sender.send(position(201_000_001, 1_767_225_600))
            wait_for(lambda: node.health.rows()[0]["state"] == "up")


def test_a_dribbling_source_loses_nothing_and_holds_up_nobody(tmp_path):
    with Sender() as slow, Sender() as quick:
        sources = [tcp(slow), tcp(quick, id="b")]
        with running(make_node(tmp_path / "n", sources)) as node:
            line = position(201_000_001, 1_767_225_600)
            for byte in line[:-1]:
                slow.send(bytes([byte]))
            quick.send(b"".join(traffic(50, 2)))
            wait_for(lambda: rows(node) == 100)
            slow.send(line[-1:])
            wait_for(lambda: rows(node) == 100)  # the same message of the same second from another receiver ...
            wait_for(lambda: node.health.sources["a"].rows == 1)
            assert node.health.sources["a"].rows == 1


def test_a_flooding_source_is_slowed_down_and_the_others_come_through(tmp_path):
    flood = b"".join(traffic(200, 100))
    with Sender() as loud, Sender() as calm:
        config = make_node(tmp_path / "n", [tcp(loud, lines_per_s=2_000), tcp(calm, id="b")], upkeep={"queue_mb": 1})
        with running(config) as node:
            loud.send(flood)
            calm.send(position(205_000_001, 1_767_225_600))
            wait_for(lambda: node.health.sources["b"].rows == 1, 5)
            assert node.health.sources["a"].rows < 20_000
            wait_for(lambda: node.health.sources["a"].rows == 20_000, 60)
            assert node.health.sources["a"].slowed > 0


def test_lines_over_udp_and_to_a_listening_port(tmp_path):
    udp, listen = free_port(socket.SOCK_DGRAM), free_port()
    sources = [
        {"id": "u", "kind": "udp", "address": f"127.0.0.1:{udp}"},
        {"id": "l", "kind": "tcp-listen", "address": f"127.0.0.1:{listen}"},
    ]
    with running(make_node(tmp_path / "n", sources)) as node:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            wait_for(lambda: s.sendto(position(201_000_009, 1_767_225_600), ("127.0.0.1", udp)) and rows(node) > 0)
        with socket.create_connection(("127.0.0.1", listen)) as s:
            s.sendall(b"".join(traffic(5, 4)))
        wait_for(lambda: node.health.sources["l"].rows == 20)
        wait_for(lambda: rows(node) == node.health.sources["u"].rows + 20)


def test_gpsd_is_asked_to_speak(tmp_path):
    report = {"class": "AIS", "device": "x", "type": 1, "repeat": 0, "mmsi": 201_000_001, "scaled": True, "status": 0,
              "turn": 0, "speed": 9.5, "accuracy": True, "lon": 121.5, "lat": 24.5, "course": 10.0, "heading": 10,
              "second": 3, "maneuver": 0, "raim": False, "radio": 0}  # fmt: skip
    with Sender() as gpsd:
        source = {"id": "g", "kind": "gpsd", "address": f"127.0.0.1:{gpsd.port}"}
        with running(make_node(tmp_path / "n", [source], clock={"kind": "wall"})) as node:
            wait_for(lambda: gpsd.connections)
            assert gpsd.connections[0].recv(100).startswith(b"?WATCH=")
            gpsd.send(b'{"class":"VERSION","release":"3.25"}\n' + json.dumps(report).encode() + b"\n")
            wait_for(lambda: rows(node) == 1)
            _, latest = node.keep.latest()
            assert (latest["lat_deg"][0], latest["lon_deg"][0]) == (24.5, 121.5)


def test_a_web_socket_in_the_manner_of_aisstream(tmp_path):
    from websockets.sync.server import serve

    said = []
    message = {"MessageType": "PositionReport", "MetaData": {"MMSI": 201000002, "time_utc": "2026-01-01 00:00:05.0 +0000 UTC"},
               "Message": {"PositionReport": {"MessageID": 1, "UserID": 201000002, "Valid": True, "Latitude": 24.0,
                                              "Longitude": 122.0, "Sog": 5.0, "Cog": 1.0, "TrueHeading": 511,
                                              "Timestamp": 5, "NavigationalStatus": 0}}}  # fmt: skip

    def talk(connection):
        said.append(connection.recv(5))
        connection.send(json.dumps(message))
        connection.recv(30)

    import threading

    with serve(talk, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.socket.getsockname()[1]
        home = tmp_path / "n"
        config = make_node(
            home, [{"id": "w", "kind": "ws", "address": f"ws://127.0.0.1:{port}/v0", "subscription": "s.json"}]
        )
        (home / "s.json").write_text('{"APIKey":"k"}')
        (home / "s.json").chmod(0o600)
        with running(config) as node:
            wait_for(lambda: rows(node) == 1)
            assert json.loads(said[0]) == {"APIKey": "k"}
        server.shutdown()


def test_addresses_are_checked_before_anything_runs(tmp_path):
    for kind, address in (("tcp", "nowhere"), ("tcp", "h:99999"), ("ws", "http://x/y"), ("exercise", "192.0.2.1:99")):
        with pytest.raises(ConfigError):
            check_address(Source("x", kind, address), tmp_path)

"""Nodes in a temporary directory, sentences with known content, and small servers to connect to."""

import contextlib
import socket
import threading
import time
from pathlib import Path

from kizuna.node.service.node_file import read_node_file
from kizuna.node.service.opening import Wanted, init_node
from kizuna.node.service.beside import read_beside
from kizuna.node.service.running import Running

START_S = 1_767_225_600  # 2026-01-01


def checksum(body: str) -> str:
    x = 0
    for c in body.encode():
        x ^= c
    return f"{x:02X}"


def position(mmsi: int, time_s: int, lat=25.0, lon=123.0, sog=10.0, cog=90.0, *, tag=True) -> bytes:
    """A type 1 message, encoded here bit by bit."""
    fields = [
        (1, 6),
        (0, 2),
        (mmsi, 30),
        (0, 4),
        (0, 8),
        (round(sog * 10), 10),
        (1, 1),
        (round(lon * 600_000), 28),
        (round(lat * 600_000), 27),
        (round(cog * 10), 12),
        (511, 9),
        (time_s % 60, 6),
        (0, 2),
        (0, 3),
        (0, 1),
        (0, 19),
    ]
    bits = "".join(format(v & ((1 << n) - 1), f"0{n}b") for v, n in fields)
    armour = "".join(chr(v + 48 if v < 40 else v + 56) for v in (int(bits[i : i + 6], 2) for i in range(0, 168, 6)))
    body = f"AIVDM,1,1,,A,{armour},0"
    line = f"!{body}*{checksum(body)}\r\n"
    if tag:
        head = f"s:test,c:{time_s}"
        line = f"\\{head}*{checksum(head)}\\" + line
    return line.encode()


def traffic(vessels: int, minutes: int, first=0):
    """One line a vessel and minute, in order of time; every (mmsi, time) once."""
    for k in range(first, first + minutes):
        for v in range(vessels):
            yield position(201_000_001 + v, START_S + 60 * k, 20 + v % 100 * 0.05, 120 + k * 0.001)


def wait_for(what, seconds=20.0):
    """Until something holds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if what():
            return
        time.sleep(0.02)
    raise AssertionError("it did not come about in time")


def make_node(home: Path, sources, context="test", **sections):
    """A node that answers nobody; returns its settings."""
    settings = {"clock": {"kind": "stream"}} | sections
    made = init_node(home, Wanted("t", context=context, settings=settings, sources=sources))
    assert read_node_file(home / "node.toml").sources == made.config.sources
    return made.config


@contextlib.contextmanager
def running(config):
    """A node that runs without its server."""
    node = Running(config, read_beside(config))
    broken = []
    node.on_trouble(broken.append)
    node.start()
    wait_for(lambda: node.detection.ready, 120)
    try:
        yield node
    finally:
        node.stop()
        assert not broken


def free_port(kind=socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Sender:
    """A TCP server that plays given chunks to whoever connects; ``drop`` cuts all connections."""

    def __init__(self, port=0):
        self.server = socket.create_server(("127.0.0.1", port))
        self.port = self.server.getsockname()[1]
        self.connections = []
        self.heard = []
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            self.connections.append(connection)

    def send(self, data: bytes):
        wait_for(lambda: self.connections)
        self.connections[-1].sendall(data)

    def drop(self):
        for c in self.connections:
            c.close()
        self.connections.clear()

    def close(self):
        with contextlib.suppress(OSError):
            self.server.shutdown(socket.SHUT_RDWR)  # ends the accept that waits; closing alone would let one more in
        self.server.close()
        self.thread.join(5)
        self.drop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def rows(node) -> int:
    """Fixes in the store."""
    return len(node.keep.messages("fixes", None, 0, 1 << 52))

"""The slow line between nodes of an exercise: as slow as it says, loses nothing, can be cut and mended."""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import socketserver
import threading
import time

import pytest

from kizuna.base.errors import ConfigError
from kizuna.links.slow_link import PACKET, Line, Pipe, Shape, shape_of


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        with contextlib.suppress(OSError):
            while data := self.request.recv(65536):
                self.request.sendall(data)


@pytest.fixture
def echo():
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        server.daemon_threads = True
        work = threading.Thread(target=server.serve_forever, daemon=True)
        work.start()
        yield server.server_address[1]
        server.shutdown()
        work.join(5)


@pytest.fixture
def line():
    made = []

    def make(shape=Shape(), seed=1):
        made.append(Line(shape, seed))
        return made[-1]

    yield make
    for each in made:
        each.close()


def back_and_forth(port, data, timeout_s=20.0):
    with socket.create_connection(("127.0.0.1", port), timeout_s) as ours:

        def send():
            with contextlib.suppress(OSError):  # a cut line; the reader finds out
                ours.sendall(data)
                ours.shutdown(socket.SHUT_WR)

        threading.Thread(target=send, daemon=True).start()
        out = b""
        while part := ours.recv(65536):
            out += part
        return out


@pytest.mark.parametrize(
    ("text", "rate", "loss"),
    [("64k", 64_000, 0.02), ("64k:30", 64_000, 0.3), ("2M:0%", 2_000_000, 0.0), ("9600", 9600, 0.02)],
)
def test_words_of_a_line_are_read(text, rate, loss):
    shape = shape_of(text)
    assert (shape.bit_per_s, shape.loss) == (rate, pytest.approx(loss))
    assert shape_of("") == Shape()


@pytest.mark.parametrize("text", ["fast", "64", "64k:99", "-1k", "64kk", "64k:x"])
def test_what_is_no_line_is_refused(text):
    with pytest.raises(ConfigError, match="--link"):
        shape_of(text)


def test_a_pipe_takes_as_long_as_its_rate_says():
    now = [0.0]
    pipe = Pipe(Shape(64_000, 0.3, 0.0), 1, lambda: now[0])
    sent = [pipe.through(PACKET) for _ in range(10)]
    assert sent[-1][0] == pytest.approx(10 * PACKET * 8 / 64_000)
    assert all(at - free == pytest.approx(0.3) for free, at in sent)
    now[0] = 100.0
    assert pipe.through(8)[0] == pytest.approx(100.001)


def test_loss_makes_packets_late_as_often_as_it_says_and_the_same_seed_the_same_ones():
    late = [Pipe(Shape(0, 0.0, 0.3), 5, lambda: 0.0) for _ in range(2)]
    a, b = ([pipe.through(PACKET)[1] for _ in range(4000)] for pipe in late)
    assert a == b
    assert sum(t > 0 for t in a) / 4000 == pytest.approx(0.3, abs=0.03)
    assert set(a) <= {0.0, 1.0, 3.0, 7.0, 15.0, 31.0}


def test_bytes_come_through_whole(echo, line):
    data = os.urandom(400_000)
    made = line()
    found = back_and_forth(made.towards(echo), data)
    assert hashlib.sha256(found).digest() == hashlib.sha256(data).digest()
    assert made.carried == (400_000, 400_000)


def test_a_slow_line_is_slow_in_each_direction(echo, line):
    made = line(Shape(800_000, 0.0, 0.0))
    begun = time.monotonic()
    assert len(back_and_forth(made.towards(echo), bytes(50_000))) == 50_000
    assert time.monotonic() - begun >= 0.5


def test_two_connections_share_one_rate(echo, line):
    made = line(Shape(800_000, 0.0, 0.0))
    ports = [made.towards(echo), made.towards(echo)]
    begun = time.monotonic()
    work = [threading.Thread(target=back_and_forth, args=(p, bytes(30_000))) for p in ports]
    for each in work:
        each.start()
    for each in work:
        each.join(20)
    assert time.monotonic() - begun >= 0.6
    assert made.carried == (60_000, 60_000)


def test_calls_of_the_other_node_count_the_other_way_round(echo, line):
    made = line()
    with socket.create_connection(("127.0.0.1", made.towards(echo, back=True)), 5) as ours:
        ours.sendall(b"x" * 10)
        assert ours.recv(10)
        time.sleep(0.05)
    assert made.carried[1] == 10


def test_a_cut_line_breaks_connections_and_takes_none_until_it_is_mended(echo, line):
    made = line()
    port = made.towards(echo)
    with socket.create_connection(("127.0.0.1", port), 5) as ours:
        ours.sendall(b"hello")
        assert ours.recv(5) == b"hello"
        made.cut()
        with contextlib.suppress(ConnectionError):
            assert ours.recv(5) == b""
    with pytest.raises((ConnectionError, AssertionError)):
        assert back_and_forth(port, b"again") == b"again"
    made.mend()
    assert back_and_forth(port, b"again") == b"again"


def test_it_listens_on_this_machine_alone(echo, line):
    made = line()
    made.towards(echo)
    assert {s.getsockname()[0] for server in made._servers for s in server.sockets} == {"127.0.0.1"}


def test_a_node_that_is_not_there_is_a_connection_that_breaks(line):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    made = line()
    with pytest.raises((ConnectionError, AssertionError)):
        assert back_and_forth(made.towards(port), b"x") == b"x"


def test_a_node_that_breaks_off_leaves_nothing_behind_in_the_line(line):
    gone = socket.socket()
    gone.bind(("127.0.0.1", 0))
    gone.listen()

    def breaks_off():
        theirs, _ = gone.accept()
        theirs.recv(1)
        theirs.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00"
        )  # a reset, no goodbye
        theirs.close()

    work = threading.Thread(target=breaks_off, daemon=True)
    work.start()
    made = line()
    with gone, socket.create_connection(("127.0.0.1", made.towards(gone.getsockname()[1])), 5) as ours:
        with contextlib.suppress(ConnectionError):
            ours.sendall(b"x" * 10)
            work.join(5)
            for _ in range(20):
                ours.sendall(b"x" * PACKET)
                time.sleep(0.005)
    for _ in range(500):
        if not made._open:
            break
        time.sleep(0.01)
    assert not made._open

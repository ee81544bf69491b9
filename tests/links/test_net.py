import socket
import threading
import time

import pytest
from links.chunks import clock, received

from kizuna.base.errors import ConfigError, UnavailableError
from kizuna.links.live import Stop, Watch
from kizuna.links.net import UdpReceiver, is_url, open_feed
from kizuna.links.tcp import LINE_LIMIT, TcpClient, TcpServer


def test_udp_datagrams_end_their_lines():
    feed = UdpReceiver("127.0.0.1", 0, clock_ms=clock, stop=Stop(seconds=20, lines=1001))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"", ("127.0.0.1", feed.port))
        for i in range(1000):
            sender.sendto(b"line %d" % i + (b"\r\n" if i % 2 else b""), ("127.0.0.1", feed.port))
        sender.sendto(b"last\nnot wanted\n", ("127.0.0.1", feed.port))
    lines = received(feed).split(b"\n")
    assert [line.rstrip(b"\r") for line in lines] == [b"line %d" % i for i in range(1000)] + [b"last", b""]
    assert feed.dropped == 0
    assert feed.granted > 0


def test_tcp_server_keeps_the_lines_of_its_senders_apart():
    feed = TcpServer("127.0.0.1", 0, clock_ms=clock, stop=Stop(seconds=20, lines=2001))
    one = socket.create_connection(("127.0.0.1", feed.port))
    two = socket.create_connection(("127.0.0.1", feed.port))

    def send():
        for i in range(1000):
            one.sendall(b"one %d" % i)
            two.sendall(b"two %d\n" % i)
            one.sendall(b" end\n")
        one.sendall(b"rest without end")
        one.close()

    thread = threading.Thread(target=send)
    thread.start()
    lines = received(feed).splitlines()
    thread.join()
    two.close()
    assert [line for line in lines if line.startswith(b"one")] == [b"one %d end" % i for i in range(1000)]
    assert [line for line in lines if line.startswith(b"two")] == [b"two %d" % i for i in range(1000)]
    assert b"rest without end" in lines


def test_tcp_server_drops_a_line_that_never_ends():
    feed = TcpServer("127.0.0.1", 0, clock_ms=clock, stop=Stop(seconds=20, lines=2))
    with socket.create_connection(("127.0.0.1", feed.port)) as one:
        thread = threading.Thread(target=lambda: (one.sendall(b"x" * (4 * LINE_LIMIT)), one.sendall(b"\ngood\n")))
        thread.start()
        lines = received(feed).splitlines()
        thread.join()
    assert lines[-1] == b"good"
    assert len(lines[0]) <= LINE_LIMIT
    assert feed.dropped > LINE_LIMIT


class Server(threading.Thread):
    """Gives each connection one text and closes it."""

    def __init__(self, texts):
        super().__init__()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.texts = texts

    def run(self):
        for text in self.texts:
            connection, _ = self.socket.accept()
            connection.sendall(text)
            connection.close()
        self.socket.close()


def test_tcp_client_connects_again_and_joins_no_torn_lines():
    server = Server([b"one\ntorn", b"two\n", b"three\nfour\n"])
    server.start()
    waits = []
    feed = TcpClient("127.0.0.1", server.port, clock_ms=clock, stop=Stop(seconds=20, lines=5), sleep=waits.append)
    assert received(feed) == b"one\ntorn\ntwo\nthree\nfour\n"
    server.join()
    assert feed.connections == 3


def test_tcp_client_backs_off_and_gives_up():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    now = [0.0]

    def sleep(seconds):
        now[0] += seconds

    feed = TcpClient("127.0.0.1", port, clock_ms=clock, stop=Stop(), attempts=5, monotonic=lambda: now[0], sleep=sleep)
    with pytest.raises(UnavailableError, match="is the feed running"):
        received(feed)
    assert now[0] == pytest.approx(0.5 + 1 + 2 + 4)


def test_silent_feeds_stop_in_time():
    for feed in (
        UdpReceiver("", 0, clock_ms=clock, stop=Stop(seconds=0.05)),
        TcpServer("", 0, clock_ms=clock, stop=Stop(seconds=0.05)),
    ):
        assert received(feed) == b""
    stop = Stop()
    feed = UdpReceiver("", 0, clock_ms=clock, stop=stop)
    thread = threading.Thread(target=lambda: (time.sleep(0.05), setattr(stop, "asked", True)))
    thread.start()
    assert received(feed) == b""
    thread.join()


def test_watch_cuts_at_the_line_wanted():
    watch = Watch(Stop(lines=3), lambda: 0.0)
    assert watch.cut(b"a\nb\nc") == b"a\nb\nc"
    assert not watch.reached()
    assert watch.cut(b"c\nd\ne\n") == b"c\n"
    assert watch.reached()


@pytest.mark.parametrize(
    "url", ["tcp://host", "tcp://:5000", "udp://", "http://host:1", "udp://host:99999", "udp://[::1:5"]
)
def test_malformed_addresses(url):
    with pytest.raises(ConfigError, match="HOST:PORT"):
        open_feed(url, clock_ms=clock, stop=Stop())


def test_addresses():
    assert is_url("tcp://a:1")
    assert is_url("udp://:1")
    assert not is_url("file.nmea")
    assert not is_url("C://x")
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(ConfigError, match="in use"):
        open_feed(f"tcp-listen://127.0.0.1:{taken.getsockname()[1]}", clock_ms=clock, stop=Stop())
    feed = open_feed("udp://127.0.0.1:0", clock_ms=clock, stop=Stop())
    assert isinstance(feed, UdpReceiver)
    feed.close()
    assert isinstance(open_feed("tcp://localhost:1", clock_ms=clock, stop=Stop()), TcpClient)

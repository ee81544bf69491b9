import contextlib
import json
import logging
import shutil
import socket
import ssl
import subprocess
import threading

import pytest
from links.chunks import clock, received
from websockets.sync.server import serve

from kizuna.base.errors import ConfigError, TrustError, UnavailableError
from kizuna.engines.decode import Options, load
from kizuna.links import websocket
from kizuna.links.live import Stop
from kizuna.links.net import is_url, open_feed, shown
from kizuna.links.websocket import MESSAGE_MAX, WebSocketClient, read_subscription

ENVELOPE = {
    "MessageType": "PositionReport",
    "MetaData": {"MMSI": 431000001, "MMSI_String": 431000001, "time_utc": "2026-10-08 03:04:05.123456789 +0000 UTC"},
    "Message": {"PositionReport": {"MessageID": 1, "UserID": 431000001, "Valid": True, "Latitude": 35.5, "Longitude": 139.5,
                                   "Sog": 10.1, "Cog": 90.0, "TrueHeading": 511, "Timestamp": 5, "RateOfTurn": -128}},
}  # fmt: skip


@contextlib.contextmanager
def served(handler, **options):
    server = serve(handler, "127.0.0.1", 0, logger=logging.Logger("test", logging.CRITICAL), **options)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.socket.getsockname()[1]
    finally:
        server.shutdown()
        thread.join()


def client(port, **options):
    options = {"stop": Stop(seconds=20)} | options
    return WebSocketClient(f"ws://127.0.0.1:{port}/", host="127.0.0.1", port=port, clock_ms=clock, **options)


def key_file(folder, mode=0o600, text='{"APIKey": "secret-of-the-test", "BoundingBoxes": [[[20, 118], [30, 130]]]}\n'):
    path = folder / "subscription.json"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_messages_become_lines_and_the_subscription_goes_first(tmp_path):
    seen = []

    def handler(connection):
        seen.append(connection.recv())
        connection.send("one\n")
        connection.send(b"two")
        connection.send("")
        connection.send("three")
        connection.recv(timeout=20)

    with served(handler) as port:
        feed = client(port, stop=Stop(seconds=20, lines=3), subscription=read_subscription(key_file(tmp_path)))
        assert received(feed) == b"one\ntwo\nthree\n"
    assert json.loads(seen[0])["APIKey"] == "secret-of-the-test"
    assert (feed.connections, feed.dropped) == (1, 0)


def test_it_connects_again_and_waits_longer_each_time():
    naps = []

    def handler(connection):
        connection.send("hello")

    with served(handler) as port:
        feed = client(port, attempts=4, sleep=naps.append, monotonic=Steps(0.06))
        with pytest.raises(UnavailableError, match="the server closed it"):
            received(feed)
    assert feed.connections == 4
    assert naps  # it slept between the attempts, never without


class Steps:
    """A clock that goes on a little whenever it is read."""

    def __init__(self, step):
        self.now, self.step = 0.0, step

    def __call__(self):
        self.now += self.step
        return self.now


def test_a_connection_that_lasts_makes_earlier_failures_forgotten(monkeypatch):
    monkeypatch.setattr(websocket, "LASTING_S", 0.0)
    with served(lambda connection: connection.send("hello")) as port:
        feed = client(port, attempts=2, stop=Stop(seconds=20, lines=5), sleep=lambda _: None)
        assert received(feed) == b"hello\n" * 5
    assert feed.connections == 5


def test_a_message_that_is_too_large_is_counted_and_the_next_connection_goes_on():
    turns = iter([True, False, False])

    def handler(connection):
        connection.send("x" * (MESSAGE_MAX + 1) if next(turns) else "good")
        with contextlib.suppress(Exception):
            connection.recv(timeout=20)

    with served(handler) as port:
        feed = client(port, stop=Stop(seconds=20, lines=1), sleep=lambda _: None)
        assert received(feed) == b"good\n"
    assert (feed.dropped, feed.connections) == (1, 2)


@pytest.mark.parametrize("code", [302, 401, 403, 404])
def test_a_refusal_is_not_tried_again(code):
    calls = []

    def refuse(connection, request):
        calls.append(request.path)
        response = connection.respond(code, "no\n")
        response.headers["Location"] = "ws://127.0.0.1:1/"
        return response

    with (
        served(lambda connection: None, process_request=refuse) as port,
        pytest.raises(UnavailableError, match=str(code)),
    ):
        received(client(port))
    assert len(calls) == 1


def test_nobody_there_is_told_after_the_attempts():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(UnavailableError, match="no connection"):
        received(client(port, attempts=2, sleep=lambda _: None))


def test_silence_ends_at_the_stop():
    with served(lambda connection: contextlib.suppress(Exception) and connection.recv(timeout=20)) as port:
        assert received(client(port, stop=Stop(seconds=0.3))) == b""


def test_subscription_files_must_be_private_and_json(tmp_path):
    for mode in (0o644, 0o640, 0o604):
        with pytest.raises(ConfigError, match="chmod 600"):
            read_subscription(key_file(tmp_path, mode))
    for text in ("secret-of-the-test", "[1]", "", "{" * 100_000):
        with pytest.raises(ConfigError) as caught:
            read_subscription(key_file(tmp_path, text=text))
        assert "secret" not in str(caught.value)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_subscription(tmp_path / "absent.json")


def test_addresses():
    def opened(url):
        feed = open_feed(url, clock_ms=clock, stop=Stop())
        feed.close()
        return feed._address

    assert is_url("wss://feed.example/v0/stream")
    assert opened("wss://feed.example/v0/stream") == ("feed.example", 443)
    assert opened("ws://feed.example:3000/x?key=1") == ("feed.example", 3000)
    assert shown("ws://feed.example/x?key=1#y") == "ws://feed.example/x"
    for bad in ("ws:///x", "wss://user:word@feed.example/", "ws://feed.example/#x"):
        with pytest.raises(ConfigError) as caught:
            opened(bad)
        assert "word@" not in str(caught.value)


def test_a_feed_is_decoded_live_and_the_key_appears_nowhere(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)

    def handler(connection):
        connection.recv()
        for _ in range(3):
            connection.send(json.dumps(ENVELOPE))
        with contextlib.suppress(Exception):
            connection.recv(timeout=20)

    with served(handler) as port:
        options = Options(seconds=20, lines=3, clock_ms=clock, subscription=key_file(tmp_path))
        loaded = load([f"ws://127.0.0.1:{port}/v0/stream?token=secret-too"], options=options)
    fixes = loaded.batch.fixes
    assert fixes["mmsi"].tolist() == [431000001] * 3
    assert fixes["time_ms"].tolist() == [1_791_428_645_123] * 3
    assert set(fixes["received_ms"].tolist()) == {clock()}
    assert loaded.run.inputs[0].kind == "feed live"
    assert "secret" not in repr(loaded.run)
    assert "secret" not in caplog.text


def test_a_refused_key_is_told_in_the_words_of_the_server(tmp_path):
    def handler(connection):
        connection.recv()
        connection.send('{"error": "Api Key Is Not Valid"}')
        with contextlib.suppress(Exception):
            connection.recv(timeout=20)

    with served(handler) as port:
        options = Options(seconds=20, lines=1, subscription=key_file(tmp_path))
        run = load([f"ws://127.0.0.1:{port}"], options=options).run
    assert any("Api Key Is Not Valid" in sentence for sentence in run.warnings)
    assert run.inputs[0].rejects == {"bad_row": 1}


def test_a_certificate_that_nobody_vouches_for_is_refused_at_once(tmp_path):
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True)  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    seen = []
    with served(seen.append, ssl=context) as port:
        feed = WebSocketClient(f"wss://127.0.0.1:{port}/", host="127.0.0.1", port=port, clock_ms=clock, stop=Stop(seconds=20),
                               subscription='{"APIKey": "secret"}')  # fmt: skip
        with pytest.raises(TrustError, match="certificate"):
            received(feed)
    assert not seen

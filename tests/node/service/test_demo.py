"""``kizuna demo`` as people start it: a page address, a login, a picture that moves, alerts; Ctrl-C ends it."""

import json
import signal
import subprocess
import sys
import time
import urllib.request
from http.cookiejar import CookieJar

import pyarrow as pa
import pytest
from node.service.node_make import free_port, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.big]


class Browser:
    def __init__(self, url):
        self.url = url
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def ask(self, path, body=None):
        request = urllib.request.Request(self.url.replace("localhost", "127.0.0.1") + path, headers={"X-Kizuna": "1"})
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("content-type", "application/json")
        with self.opener.open(request, timeout=20) as found:
            return found.read()


def test_the_demonstration_shows_a_moving_picture_with_alerts_and_ends_by_ctrl_c(tmp_path):
    words = [
        "demo",
        "--one",
        "--out",
        tmp_path / "d",
        "--vessels",
        40,
        "--hours",
        2,
        "--speed",
        60,
        "--port",
        free_port(),
        "--json",
    ]
    code = "from kizuna.node.cli.main import run; run()"
    node = subprocess.Popen([sys.executable, "-c", code, *map(str, words)], stdout=subprocess.PIPE)
    try:
        text = b""
        while not text.rstrip().endswith(b"}"):
            part = node.stdout.readline()
            assert part, node.wait()
            text += part
        told = json.loads(text)
        browser = Browser(told["url"])
        assert json.loads(browser.ask("/api/login", {"user": "demo", "password": told["password"]}))
        me = json.loads(browser.ask("/api/me"))
        assert me["node"]["exercise"] is True
        assert "EXERCISE" in me["node"]["marking"]

        def picture():
            return pa.ipc.open_stream(browser.ask("/api/picture?since=0")).read_all().to_pydict()

        first = picture()
        assert len(first["mmsi"]) > 20
        wait_for(lambda: picture()["lon_e7"] != first["lon_e7"], 30)
        alerts = json.loads(browser.ask("/api/alerts?state=all"))
        assert alerts["alerts"]
        assert abs(max(first["t_s"]) - time.time()) < 1_800
        node.send_signal(signal.SIGINT)
        assert node.wait(90) == 0
    finally:
        node.kill()
        node.wait()
        node.stdout.close()
    again = subprocess.run(
        [sys.executable, "-c", code, "demo", "--out", str(tmp_path)], capture_output=True, text=True, timeout=120
    )
    assert again.returncode == 2
    assert "something else" in again.stderr

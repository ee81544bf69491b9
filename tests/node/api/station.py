"""A node of the tests: a store in memory, a desk in a temporary directory, a clock that stands still, and browsers."""

import asyncio
import contextlib

import httpx

from fake_keep import FakeKeep
from kizuna.node.api.app import make_app
from kizuna.node.api.interfaces import Facts, Node
from kizuna.node.desk.desk import Desk

NOW = 1_760_000_000_000
PASSWORD = "four words of no kin"


class Clock:
    def __init__(self, now=NOW):
        self.now = now

    def __call__(self):
        return self.now


class Browser:
    """Calls the app without a network; keeps cookies and sends the header that our page sends."""

    def __init__(self, app, base="https://node.test", address="192.0.2.7"):
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app, client=(address, 1234)), base_url=base)

    def call(self, method, path, *, ours=True, **kwargs):
        headers = {**({"X-Kizuna": "1"} if ours else {}), **kwargs.pop("headers", {})}
        return asyncio.run(self.client.request(method, path, headers=headers, **kwargs))

    def get(self, path, **kwargs):
        return self.call("GET", path, **kwargs)

    def post(self, path, json=None, **kwargs):
        return self.call("POST", path, json={} if json is None else json, **kwargs)

    def log_in(self, user, password=PASSWORD):
        answer = self.post("/api/login", {"user": user, "password": password})
        assert answer.status_code == 200, answer.text
        return self


class Station:
    def __init__(self, directory, *, web=None, **facts):
        self.clock = Clock()
        self.desk = Desk(directory, self.clock)
        self.store = FakeKeep(facts.get("context", "real"))
        self.node = Node(Facts(**facts), self.store, self.desk, now_ms=self.clock)
        self.web = web
        self._app = None

    @property
    def app(self):
        if self._app is None:
            self._app = make_app(self.node, web=self.web or self.desk._db.path.parent / "no-page")
        return self._app

    def browser(self, **kwargs):
        return Browser(self.app, **kwargs)

    def user(self, role, name=None):
        name = name or role
        self.desk.people.add(name, role, PASSWORD)
        return self.browser().log_in(name)

    def close(self):
        self.desk.close()


@contextlib.contextmanager
def station(directory, **facts):
    one = Station(directory, **facts)
    try:
        yield one
    finally:
        one.close()

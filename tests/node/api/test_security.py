"""What must not happen, tried."""

import csv
import io
import os
import re

import pytest
from fake_keep import fix
from happen import gap
from station import NOW, PASSWORD, Browser, station

from kizuna.node.api.door import BODY_MOST, PUBLIC, PUBLIC_UNDER, STRANGER_MOST
from kizuna.node.api.routes import picture
from kizuna.node.desk.audit import AGAIN_MS, REFUSED_MOST
from kizuna.node.desk.rules import ROLES, RULES, may


def routes(app):
    """Path, method and route of everything that the app answers."""
    found, todo = [], list(app.routes)
    while todo:
        one = todo.pop()
        todo += list(getattr(one, "routes", ()) or ())
        if hasattr(one, "original_router"):
            todo += list(one.original_router.routes)
        found += [(one.path, m, one) for m in (getattr(one, "methods", None) or ())]
    assert len(found) > 40
    return found


def filled(path):
    return re.sub(r"\{(\w+)(:path)?\}", lambda m: {"mmsi": "431000001", "start_s": "1760000400"}.get(m[1], "x"), path)


def test_nothing_but_health_and_the_door_answers_without_login(here):
    stranger = here.browser()
    for path, method, _ in routes(here.app):
        if path in PUBLIC or path.startswith(PUBLIC_UNDER):
            continue
        answer = stranger.call(method, filled(path))
        assert answer.status_code == 401, (method, path)
        assert answer.json()["status"] == 401
    for path in (
        "/",
        "/nowhere",
        "/api/nowhere",
        "/basemap/core.tiles",
        "//health",
        "/health/",
        "/API/login",
        "/login/../api/me",
    ):
        assert stranger.get(path).status_code == 401, path


def test_what_is_public_tells_nothing_of_the_data(tmp_path):
    with station(tmp_path, title="Harbour Nine") as here:
        here.store.add(fix(431000001, NOW - 5000, 24.5, 123.25))
        stranger = here.browser()
        for path in sorted(PUBLIC):
            answer = stranger.get(path)
            assert answer.status_code in (200, 404, 405), path
            assert "431000001" not in answer.text and "Harbour Nine" not in answer.text


def test_every_route_names_its_action_and_the_action_is_in_the_table(here):
    for path, _, route in routes(here.app):
        action = (route.openapi_extra or {}).get("x-kizuna-action")
        assert action in RULES or (action == "public" and path in PUBLIC), path


@pytest.mark.parametrize("role", ROLES)
def test_each_role_reaches_what_the_table_says_and_no_more(here, role):
    browser = here.user(role)
    for path, method, route in routes(here.app):
        action = route.openapi_extra["x-kizuna-action"]
        if action == "public" or path in ("/api/logout", "/api/changes", "/{path:path}"):
            continue
        answer = browser.call(method, filled(path), json={} if method in ("POST", "PUT") else None)
        assert (answer.status_code == 403) != may(role, action), (role, method, path, answer.text)
        assert answer.status_code < 500


def test_a_token_does_what_its_kind_does_and_never_writes(here):
    here.user("administrator")
    for kind in ("feed", "metrics"):
        _, secret = here.desk.tokens.make("administrator", kind, kind)
        program = here.browser()
        for path, method, route in routes(here.app):
            action = route.openapi_extra["x-kizuna-action"]
            if action == "public" or path == "/{path:path}":
                continue
            answer = program.call(method, filled(path), headers={"Authorization": f"Bearer {secret}"})
            assert (answer.status_code == 403) != (method == "GET" and may(kind, action)), (kind, method, path)
    assert here.browser().get("/metrics", headers={"Authorization": "Bearer nonsense"}).status_code == 401


def test_requests_that_change_something_come_from_our_page(here):
    analyst = here.user("analyst")
    entry = {"text": "seen"}
    assert analyst.post("/api/log", entry, ours=False).status_code == 403
    assert analyst.post("/api/log", entry, headers={"Origin": "https://evil.test"}).status_code == 403
    assert analyst.post("/api/log", entry, headers={"Origin": "null"}).status_code == 403
    assert analyst.post("/api/log", entry, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert analyst.post("/api/log", entry, headers={"Origin": "https://node.test"}).status_code == 201
    assert here.browser().post("/api/login", {"user": "analyst", "password": PASSWORD}, ours=False).status_code == 403


def test_a_login_begins_a_new_session_and_ends_the_one_it_found(here):
    here.desk.people.add("ana", "analyst", PASSWORD)
    browser = here.browser()
    browser.client.cookies.set("__Host-kizuna-node", "planted", domain="node.test")
    browser.log_in("ana")
    first = browser.client.cookies.get("__Host-kizuna-node", domain="node.test", path="/")
    tokens = [c.value for c in browser.client.cookies.jar]
    assert "planted" not in [t for t in tokens if t != "planted"] and any(len(t) > 40 for t in tokens)
    session = next(t for t in tokens if t != "planted")
    other = Browser(here.app)
    other.client.headers["Cookie"] = f"__Host-kizuna-node={session}"
    assert other.get("/api/me").status_code == 200
    other.post("/api/login", {"user": "ana", "password": PASSWORD})
    stale = Browser(here.app)
    stale.client.headers["Cookie"] = f"__Host-kizuna-node={session}"
    assert stale.get("/api/me").status_code == 401
    del first


def test_cookie_is_bound_to_tls_and_out_of_reach_of_scripts(here, tmp_path):
    here.desk.people.add("ana", "analyst", PASSWORD)
    cookie = here.browser().post("/api/login", {"user": "ana", "password": PASSWORD}).headers["set-cookie"]
    assert cookie.startswith("__Host-kizuna-node=")
    assert (
        all(word in cookie for word in ("HttpOnly", "SameSite=Strict", "Secure", "Path=/")) and "Domain" not in cookie
    )
    with station(tmp_path / "plain", secure=False) as plain:
        plain.desk.people.add("ana", "analyst", PASSWORD)
        cookie = plain.browser().post("/api/login", {"user": "ana", "password": PASSWORD}).headers["set-cookie"]
        assert cookie.startswith("kizuna-node=") and "Secure" not in cookie


def test_guessing_has_to_wait_and_waits_longer(here):
    here.desk.people.add("ana", "analyst", PASSWORD)
    guesser = here.browser()
    for _ in range(5):
        assert guesser.post("/api/login", {"user": "ana", "password": "wrong"}).status_code == 401
    answer = guesser.post("/api/login", {"user": "ana", "password": PASSWORD})
    assert answer.status_code == 429 and answer.headers["retry-after"] == "1"
    assert (
        here.browser(address="192.0.2.8").post("/api/login", {"user": "ana", "password": PASSWORD}).status_code == 200
    )
    waits = []
    for _ in range(12):
        here.clock.now += 1000 * int(answer.headers.get("retry-after", "0"))
        assert guesser.post("/api/login", {"user": "ana2", "password": "wrong"}).status_code in (401, 429)
        guesser.post("/api/login", {"user": "ana", "password": "wrong"})
        answer = guesser.post("/api/login", {"user": "ana", "password": "wrong"})
        waits.append(int(answer.headers.get("retry-after", "0")))
    assert waits[-1] > waits[0]


def test_unknown_user_and_wrong_password_look_the_same(here):
    here.desk.people.add("ana", "analyst", PASSWORD)
    one = here.browser().post("/api/login", {"user": "ana", "password": "wrong"})
    two = here.browser().post("/api/login", {"user": "nobody", "password": "wrong"})
    assert one.json() == two.json() and one.status_code == two.status_code == 401


def test_sessions_end_idle_late_and_with_the_user(here):
    ana = here.user("analyst", "ana")
    here.clock.now += 7 * 3_600_000
    assert ana.get("/api/me").status_code == 200
    for _ in range(3):  # what the page asks by itself keeps nothing alive
        here.clock.now += 3 * 3_600_000
        answer = ana.get("/api/picture")
    assert answer.status_code == 401
    ana.log_in("ana")
    user = here.desk.people.named("ana")
    here.user("administrator")
    here.desk.people.change(user, role="viewer")
    assert ana.get("/api/me").status_code == 401
    ana.log_in("ana")
    here.desk.people.change(user, disabled=True)
    assert ana.get("/api/me").status_code == 401
    assert ana.post("/api/login", {"user": "ana", "password": PASSWORD}).status_code == 401


def test_logout_ends_the_session(here):
    ana = here.user("analyst", "ana")
    held = ana.client.cookies.jar
    token = next(iter(held)).value
    assert ana.post("/api/logout").status_code == 204
    again = Browser(here.app)
    again.client.headers["Cookie"] = f"__Host-kizuna={token}"
    assert again.get("/api/me").status_code == 401


def test_set_up_link_works_once_and_only_for_the_first_administrator(here, tmp_path):
    link = here.desk.write_setup_link("https://node.test/setup", tmp_path / "setup-link")
    assert (tmp_path / "setup-link").stat().st_mode & 0o777 == 0o600
    token = link.partition("token=")[2]
    browser = here.browser()
    first = {"token": token, "user": "root", "password": PASSWORD}
    assert browser.post("/api/setup", {**first, "token": "x" * 43}).status_code == 403
    assert browser.post("/api/setup", {**first, "password": "short"}).status_code == 400
    assert browser.post("/api/setup", first).json()["role"] == "administrator"
    assert browser.get("/api/admin/users").status_code == 200
    assert here.browser().post("/api/setup", {**first, "user": "two"}).status_code == 403
    assert here.desk.write_setup_link("https://node.test/setup", tmp_path / "setup-link") is None
    assert not (tmp_path / "setup-link").exists()


@pytest.fixture
def page(tmp_path):
    web = tmp_path / "web"
    (web / "assets").mkdir(parents=True)
    (web / "index.html").write_text("<!doctype html><title>page</title>")
    (web / "assets" / "app-1234.js").write_text("export {};" * 500)
    (web / ".hidden.js").write_text("no")
    (web / "notes.py").write_text("no")
    (tmp_path / "secret.txt").write_text("secret")
    os.symlink(tmp_path / "secret.txt", web / "assets" / "link.txt")
    with station(tmp_path / "node", web=web) as one:
        yield one


@pytest.mark.parametrize("path", [
    "/../secret.txt", "/assets/../../secret.txt", "/%2e%2e/secret.txt", "/assets/%2e%2e/%2e%2e/secret.txt",
    "/..%2fsecret.txt", "/assets/..%5c..%5csecret.txt", "/assets/link.txt", "/.hidden.js", "/notes.py",
    "/assets//../../secret.txt", "/%00/secret.txt", "/assets/%252e%252e/secret.txt", "/assets/..%2f..%2fapp.py",
    "/assets/%2e%2e/app.py", "/assets/", "/secret.txt",
])  # fmt: skip
def test_files_outside_the_page_are_not_there(page, path):
    viewer = page.user("viewer")
    answer = viewer.get(path)
    assert answer.status_code in (404, 200)
    assert "secret" not in answer.text and "make_app" not in answer.text
    if answer.status_code == 200:
        assert answer.headers["content-type"].startswith("text/html")


def test_page_files_have_type_policy_and_age(page):
    viewer = page.user("viewer")
    index = viewer.get("/")
    assert index.headers["content-type"] == "text/html; charset=utf-8"
    assert "script-src 'self'" in index.headers["content-security-policy"]
    assert "unsafe" not in index.headers["content-security-policy"]
    script = page.browser().get("/assets/app-1234.js", headers={"Accept-Encoding": "gzip"})
    assert script.headers["content-type"].startswith("text/javascript") and script.headers["content-encoding"] == "gzip"
    assert "immutable" in script.headers["cache-control"]
    again = viewer.get("/assets/app-1234.js", headers={"If-None-Match": script.headers["etag"]})
    assert again.status_code == 304
    assert "content-security-policy" not in again.headers  # else it would replace that of the page kept
    assert viewer.get("/vessel/431000001?x=1").text == index.text
    sent_away = page.browser().get("/vessel/1", headers={"Accept": "text/html"})
    assert sent_away.status_code == 303 and sent_away.headers["location"] == "/login?next=/vessel/1"


def test_nothing_from_a_request_gets_into_headers(here):
    odd = here.browser().get("/%0d%0aSet-Cookie:%20x=1//evil.test", headers={"Accept": "text/html"})
    assert odd.status_code == 303 and odd.headers["location"].startswith("/login?next=/")
    assert "\r" not in odd.headers["location"] and "set-cookie" not in odd.headers
    outside = here.browser().get("//evil.test/x", headers={"Accept": "text/html"})
    assert outside.headers.get("location", "/").startswith("/") and not outside.headers.get("location", "/").startswith(
        "//"
    )
    exercise = here.user("analyst")
    answer = exercise.post("/api/log", {"text": "a\r\nSet-Cookie: x=1"})
    assert "set-cookie" not in answer.headers


def test_names_with_markup_travel_as_json_text_only(here):
    name = "<script>alert(1)</script>\u202e\u2028"
    here.store.add(fix(431000001, NOW - 5000, 24.5, 123.25))
    here.store.say(431000001, shipname=name)
    here.store.put_events(gap(summary=name))
    viewer = here.user("viewer")
    for path in ("/api/vessels/431000001", "/api/alerts", "/api/events/gap1", "/api/search?q=431000001"):
        answer = viewer.get(path)
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]
        assert name in str(answer.json().values()) or name in repr(answer.json()) or "script" in answer.text


def test_limits_of_queries_and_bodies(here):
    analyst = here.user("analyst")
    assert analyst.get("/api/picture?nonsense=1").status_code == 400
    assert analyst.get("/api/picture?since=1&since=2").status_code == 400
    assert analyst.get("/api/picture?since=-1").status_code == 400
    assert analyst.get("/api/search?q=" + "x" * 5000).status_code == 400
    assert analyst.post("/api/log", {"text": "x" * 5000}).status_code == 400
    assert analyst.post("/api/log", {"text": "x", "oddly": 1}).status_code == 400
    large = analyst.call(
        "POST", "/api/log", content=b" " * (BODY_MOST + 1), headers={"Content-Type": "application/json"}
    )
    assert large.status_code == 413

    async def pieces():
        for _ in range(BODY_MOST // (1 << 20) + 1):
            yield b" " * (1 << 20)

    endless = analyst.call("POST", "/api/log", content=pieces(), headers={"Content-Type": "application/json"})
    assert endless.status_code == 413
    for body in (b"{", b"\xff", b"[" * 100_000, b'{"text": NaN}'):
        answer = analyst.call("POST", "/api/log", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code in (400, 413), body[:10]


def test_strangers_are_not_given_the_memory_of_those_inside(here):
    """A hundred who hold a login half sent open must not cost what a hundred uploads cost."""
    stranger, json = here.browser(), {"Content-Type": "application/json"}
    for path in ("/api/login", "/api/setup"):
        announced = stranger.call("POST", path, content=b" " * (STRANGER_MOST + 1), headers=json)
        assert announced.status_code == 413, path

        async def pieces():
            for _ in range(STRANGER_MOST // 4096 + 1):
                yield b" " * 4096

        assert stranger.call("POST", path, content=pieces(), headers=json).status_code == 413, path
    assert here.user("analyst").post("/api/log", {"text": "x"}).status_code == 201


def test_addresses_that_are_none_are_refused_and_no_fault(here, tmp_path):
    stranger = here.browser()
    body = {"user": "x", "password": "y"}
    assert stranger.post("/api/login", body, headers={"Origin": "http://["}).status_code == 403
    with station(tmp_path / "named", hosts=("node.test",)) as one:
        assert one.browser().get("/health", headers={"Host": "["}).status_code == 400


@pytest.mark.parametrize("name", ["=1+1", "\r=1+1", "\n=1+1", "\uff1d1+1"])
def test_what_a_stranger_types_is_no_formula_in_the_file_of_the_audit(here, name):
    here.browser().post("/api/login", {"user": name, "password": "x"})
    lines = csv.reader(io.StringIO(here.user("administrator").get("/api/audit/file").content.decode("utf-8-sig")))
    assert [line[2] for line in lines if line[3] == "login" and line[5] == "refused"] == [f"'{name}"]


def test_a_stream_too_many_is_refused_and_does_not_break_off(here, monkeypatch):
    viewer = here.user("viewer")
    monkeypatch.setattr(picture, "_STREAMS_OF_ONE", 0)
    answer = viewer.get("/api/changes")
    assert answer.status_code == 429 and answer.json()["code"] == "streams"


def test_who_is_refused_at_the_door_cannot_push_out_what_others_did(here):
    stranger, audit = here.browser(), here.desk.audit
    for _ in range(REFUSED_MOST + 50):
        assert stranger.post("/api/setup", {"user": "x", "password": "y", "token": "z"}).status_code == 403
    assert len(audit.page(act="setup")) == REFUSED_MOST
    here.clock.now += AGAIN_MS
    stranger.post("/api/login", {"user": "x", "password": "y"})
    assert [r["outcome"] for r in audit.page(act="door")] == ["50 more refused in ten minutes"]
    assert len(audit.page(act="login")) == 1 and audit.verify().whole
    assert here.user("viewer").get("/api/me").status_code == 200


def test_a_node_known_by_name_answers_to_that_name(tmp_path):
    with station(tmp_path, hosts=("node.test",)) as one:
        assert one.browser().get("/health").status_code == 200
        assert one.browser(base="https://evil.test").get("/health").status_code == 400


def test_everything_carries_marking_and_is_not_kept(tmp_path):
    with station(tmp_path, context="exercise:dawn") as one:
        viewer = one.user("viewer")
        for path in ("/health", "/api/me", "/api/picture", "/api/nowhere", "/login", "/"):
            answer = viewer.get(path)
            assert answer.headers["x-kizuna-marking"] == "EXERCISE dawn // TLP:AMBER"
            assert answer.headers["x-frame-options"] == "DENY" and answer.headers["referrer-policy"] == "no-referrer"
            if path.startswith("/api"):
                assert answer.headers["cache-control"] == "private, no-store"


def test_rows_of_another_context_never_leave(here):
    here.store.add(
        fix(431000001, NOW - 5000, 24.5, 123.25), fix(431000001, NOW - 4000, 24.5, 123.3, context="exercise:x")
    )
    import pyarrow as pa

    viewer = here.user("viewer")
    answer = viewer.get(f"/api/vessels/431000001/track?from={NOW - 10_000}&to={NOW}")
    assert pa.ipc.open_stream(answer.content).read_all().num_rows == 1


def test_only_the_view_touches_the_store():
    from pathlib import Path

    import kizuna.node.api as api

    users = [p.name for p in Path(api.__file__).parent.rglob("*.py") if re.search(r"\.store\b", p.read_text())]
    assert users == ["view.py"]


def test_a_fault_is_a_problem_with_a_number_and_no_words(here, monkeypatch):
    viewer = here.user("viewer")
    monkeypatch.setattr(here.store, "identities", lambda *_: 1 / 0)
    answer = viewer.get("/api/vessels/431000001")
    assert answer.status_code == 500 and "division" not in answer.text
    assert answer.headers["x-request-id"] in answer.json()["detail"]


def test_log_names_ids_and_never_what_was_asked_or_said(here, caplog):
    here.store.add(fix(431000001, NOW - 5000, 24.5, 123.25))
    analyst = here.user("analyst")
    with caplog.at_level("INFO", logger="kizuna.node.api"):
        analyst.get("/api/search?q=SECRETNAME")
        analyst.get("/api/vessels/431000001")
        analyst.post("/api/log", {"text": "SECRETTEXT"})
    lines = [{**r.args, "text": r.getMessage()} for r in caplog.records if r.name == "kizuna.node.api"]
    assert [(x["route"], x["status"], x["by"]) for x in lines] == [
        ("/api/search", 200, "analyst"),
        ("/api/vessels/{mmsi}", 200, "analyst"),
        ("/api/log", 201, "analyst"),
    ]
    assert "SECRET" not in str(lines) and "431000001" not in str(lines) and all(x["request"] for x in lines)


def test_a_crowd_at_the_door_takes_turns_and_is_bounded(monkeypatch):
    import asyncio
    import threading

    from kizuna.node.api.answers import Problem
    from kizuna.node.api.routes import entry

    monkeypatch.setattr(entry, "_WAITING_MOST", 8)
    at_once, most, lock = 0, 0, threading.Lock()

    def work():
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        threading.Event().wait(0.01)
        with lock:
            at_once -= 1

    async def crowd():
        turns = entry.Turns()
        return await asyncio.gather(*(turns.take(work) for _ in range(20)), return_exceptions=True)

    done = asyncio.run(crowd())
    assert most <= 2 and sum(isinstance(d, Problem) and d.status == 429 for d in done) == 12

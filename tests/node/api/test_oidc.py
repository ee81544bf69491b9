"""Logging in through an identity provider, with a small one on loopback."""

import http.server
import json
import threading
import time
import urllib.parse

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from station import PASSWORD, Browser, Station

from kizuna.base.errors import ConfigError
from kizuna.node.api import oidc
from kizuna.node.api.oidc import Oidc
from kizuna.node.api.routes import entry


class SmallProvider:
    """Enough of OpenID Connect to log one person in; ``bend`` changes what the next token says."""

    def __init__(self):
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
        self.signing, self.alg = self.key, "RS256"
        self.claims, self.codes, self.asked = {"sub": "ana-1", "preferred_username": "ana", "groups": ["watch"]}, {}, []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                if self.path == "/.well-known/openid-configuration":
                    base = outer.issuer
                    self.say(
                        {
                            "issuer": base,
                            "authorization_endpoint": f"{base}/auth",
                            "token_endpoint": f"{base}/token",
                            "jwks_uri": f"{base}/keys",
                        }
                    )
                else:
                    self.say({"keys": [outer.key.as_dict(private=False)]})

            def do_POST(self):
                body = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["content-length"])).decode()))
                outer.asked.append((body, self.headers.get("authorization")))
                self.say(
                    {
                        "id_token": outer.token(outer.codes.pop(body["code"])),
                        "access_token": "x",
                        "token_type": "Bearer",
                    }
                )

            def say(self, value):
                data = json.dumps(value).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def token(self, nonce):
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": "kizuna", "iat": now, "exp": now + 300, "nonce": nonce, **self.claims}
        return jwt.encode(
            {"alg": self.alg, "kid": self.signing.as_dict()["kid"]},
            {k: v for k, v in claims.items() if v is not None},
            self.signing,
        )

    def agree(self, location):
        """What the provider's page does when somebody has logged in there: state and a code."""
        asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))
        assert asked["code_challenge_method"] == "S256" and asked["response_type"] == "code"
        self.codes["code1"] = asked["nonce"]
        return {"state": asked["state"], "code": "code1", "session_state": "extra"}


@pytest.fixture
def provider():
    one = SmallProvider()
    yield one
    one.server.shutdown()
    one.server.server_close()


@pytest.fixture
def here(tmp_path, provider):
    one = Station(tmp_path)
    one.node.oidc = Oidc(
        provider.issuer,
        "kizuna",
        "https://node.test/api/oidc/end",
        "secret",
        roles={"watch": "analyst", "chiefs": "administrator"},
    )
    yield one
    one.close()


def log_in(here, provider, browser=None):
    browser = browser or here.browser()
    begun = browser.get("/api/oidc/begin?next=/vessel/1")
    assert begun.status_code == 303, begun.text
    return browser, browser.get("/api/oidc/end", params=provider.agree(begun.headers["location"]))


def test_somebody_whom_the_provider_knows_becomes_a_user_with_the_mapped_role(here, provider):
    browser, ended = log_in(here, provider)
    assert ended.status_code == 200 and 'url=/vessel/1"' in ended.text
    assert browser.get("/api/me").json() | {} and browser.get("/api/me").json()["role"] == "analyst"
    body, secret = provider.asked[0]
    assert len(body["code_verifier"]) >= 43 and secret.startswith("Basic ")
    assert (
        here.browser().post("/api/login", {"user": "ana", "password": PASSWORD}).status_code == 401
    )  # no password here
    assert here.browser().get("/api/entry").json()["oidc"] == "Log in with your organisation"


def test_a_changed_group_changes_the_role_and_none_closes_the_door(here, provider):
    here.desk.people.add("root", "administrator", PASSWORD)
    log_in(here, provider)
    provider.claims["groups"] = ["watch", "chiefs"]
    browser, _ = log_in(here, provider)
    assert browser.get("/api/me").json()["role"] == "administrator"
    provider.claims["groups"] = ["others"]
    assert log_in(here, provider)[1].status_code == 403


def test_a_name_that_is_taken_is_not_taken_over(here, provider):
    here.desk.people.add("ana", "administrator", PASSWORD)
    browser, _ = log_in(here, provider)
    me = browser.get("/api/me").json()
    assert me["user"].startswith("user-") and me["role"] == "analyst"


def test_a_disabled_user_stays_outside(here, provider):
    here.desk.people.add("root", "administrator", PASSWORD)
    log_in(here, provider)
    here.desk.people.change(here.desk.people.named("ana"), disabled=True)
    assert log_in(here, provider)[1].status_code == 403


@pytest.mark.parametrize("claims", [
    {"iss": "https://other.test"}, {"aud": "other"}, {"exp": 1}, {"nonce": "other"}, {"nonce": None}, {"sub": None},
    {"aud": ["kizuna", "other"]}, {"aud": ["kizuna", "other"], "azp": "other"},
])  # fmt: skip
def test_tokens_that_do_not_hold_are_refused(here, provider, claims):
    provider.claims |= claims
    browser, ended = log_in(here, provider)
    assert ended.status_code == 403 and browser.get("/api/me").status_code == 401


def test_tokens_of_another_key_or_none_are_refused(here, provider):
    provider.signing = RSAKey.generate_key(2048, {"kid": "one"})
    assert log_in(here, provider)[1].status_code == 403
    provider.signing, provider.alg = ECKey.generate_key("P-256", {"kid": "one"}), "ES256"
    assert log_in(here, provider)[1].status_code == 403
    unsigned = "eyJhbGciOiJub25lIn0.e30."
    provider.token = lambda _: unsigned
    assert log_in(here, provider)[1].status_code == 403


def test_keys_that_were_changed_are_asked_for_again(here, provider):
    log_in(here, provider)
    provider.key = provider.signing = RSAKey.generate_key(2048, {"kid": "two"})
    assert log_in(here, provider)[1].status_code == 200


def test_an_answer_belongs_to_the_browser_and_the_request_that_began(here, provider):
    victim, attacker = here.browser(), here.browser()
    begun = attacker.get("/api/oidc/begin")
    answer = provider.agree(begun.headers["location"])
    assert victim.get("/api/oidc/end", params=answer).status_code == 403  # login forced on somebody else
    assert attacker.get("/api/oidc/end", params=answer).status_code == 403  # used up
    assert victim.get("/api/oidc/end", params={"code": "x", "state": "made up"}).status_code == 403
    browser = here.browser()
    answer = provider.agree(browser.get("/api/oidc/begin").headers["location"])
    assert browser.get("/api/oidc/end", params={**answer, "iss": "https://other.test"}).status_code == 403


def test_who_begins_many_logins_keeps_nobody_out(here, provider, monkeypatch):
    monkeypatch.setattr(oidc, "_WAITING_MOST", 3)
    for _ in range(5):
        assert here.browser().get("/api/oidc/begin").status_code == 303
    assert log_in(here, provider)[1].status_code == 200


def test_a_crowd_at_the_provider_takes_turns_and_leaves_the_threads_to_those_inside(here, monkeypatch):
    monkeypatch.setattr(entry, "_WAITING_MOST", 0)
    for path in ("/api/oidc/begin", "/api/oidc/end?state=x&code=y"):
        answer = here.browser().get(path)
        assert answer.status_code == 429 and answer.json()["code"] == "crowd", path


@pytest.mark.parametrize(
    "where", ["https://evil.test/", "//evil.test", "/\\evil.test", "javascript:alert(1)", '/"><script>']
)
def test_nobody_is_sent_elsewhere_after_logging_in(here, provider, where):
    browser = here.browser()
    begun = browser.get("/api/oidc/begin", params={"next": where})
    ended = browser.get("/api/oidc/end", params=provider.agree(begun.headers["location"]))
    assert ended.status_code == 200 and "evil" not in ended.text and "<script>" not in ended.text


def test_plain_http_is_for_loopback_only(provider):
    for issuer, back in (("http://idp.test", "https://n.test/x"), ("https://idp.test", "http://n.test/x")):
        with pytest.raises(ConfigError):
            Oidc(issuer, "kizuna", back)


def test_without_a_provider_nothing_is_there(tmp_path):
    one = Station(tmp_path / "bare")
    assert Browser(one.app).get("/api/oidc/begin").status_code == 404
    one.close()

"""The line to a partner: pinned certificate, signed requests, bounded answers."""

import datetime as dt
import hashlib
import http.server
import os
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from http_message_signatures import HTTPMessageSigner
from http_message_signatures.algorithms import ED25519
from hypothesis import given
from hypothesis import strategies as st

from kizuna.base.errors import ConfigError, InputError, TrustError, UnavailableError
from kizuna.links.fed.client import Identity, Line
from kizuna.links.fed.signing import COVERED, TAG, WINDOW_S, check, claimed, recipient, sign
from kizuna.node.api.tls import make_certificate

KEY = Ed25519PrivateKey.generate()
PUBLIC = KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
URL = "https://partner.test:9443/fed/v1/log/x/page?after=3"
US = recipient("partner", "real")


def signed(
    body: bytes = b"", *, created_s: int | None = None, key: Ed25519PrivateKey = KEY, to: str = US
) -> dict[str, str]:
    now = int(time.time()) if created_s is None else created_s
    headers = sign("GET", URL, body, to=to, key_id="north:node-1", signer=key.sign, nonce="ab" * 16, created_s=now)
    return {k.lower(): v for k, v in headers.items()}


def keys(key_id: str) -> bytes | None:
    return PUBLIC if key_id == "north:node-1" else None


def test_a_signed_request_tells_who_signed_it() -> None:
    found = check("GET", URL, signed(b"abc"), b"abc", to=US, key_of=keys)
    assert (found.key_id, found.nonce) == ("north:node-1", "ab" * 16)


@given(
    st.sampled_from(("GET", "POST")), st.binary(max_size=200), st.from_regex(r"[a-z0-9][a-z0-9:-]{0,30}", fullmatch=True),
    st.from_regex(r"https://([A-Za-z.]{1,20}|\[::1\])(:[0-9]{1,4})?/([A-Za-z0-9/._~-]|%[0-9A-F]{2}){0,30}(\?[a-z]=[A-Za-z0-9&=]{0,20})?", fullmatch=True),
    st.from_regex(r"[a-z0-9-]{1,16}/[a-zA-Z0-9:._-]{1,16}", fullmatch=True), st.integers(1, 4_000_000_000),
)  # fmt: skip
def test_what_is_signed_is_what_the_library_would_sign(
    method: str, body: bytes, key_id: str, url: str, to: str, created_s: int
) -> None:
    message = SimpleNamespace(method=method, url=url, headers={"kizuna-to": to})
    tool = HTTPMessageSigner(signature_algorithm=ED25519)
    prepared = tool.prepare(
        message, key_id=key_id, created=dt.datetime.fromtimestamp(created_s, dt.UTC), nonce="ab" * 16, label="kizuna",
        tag=TAG, covered_component_ids=COVERED, body=body,
    )  # fmt: skip
    tool.apply(message, prepared, KEY.sign(prepared.signature_base))
    ours = sign(method, url, body, to=to, key_id=key_id, signer=KEY.sign, nonce="ab" * 16, created_s=created_s)
    assert ours == message.headers


@pytest.mark.parametrize("bad", ['a"b', "a b", "a\nb", "a\\b", "ä", ""])
def test_nothing_is_signed_that_could_be_read_in_two_ways(bad: str) -> None:
    good = {"method": "GET", "url": URL, "key_id": "north:node-1", "nonce": "ab" * 16}
    for name in good:
        with pytest.raises(InputError):
            sign(**{**good, name: bad}, body=b"", to=US, signer=KEY.sign, created_s=1)
    with pytest.raises(InputError):
        sign(**good, body=b"", to="a\nb", signer=KEY.sign, created_s=1)


@pytest.mark.parametrize(
    ("method", "url", "body"),
    [("POST", URL, b"abc"), ("GET", URL + "0", b"abc"), ("GET", URL, b"abd"), ("GET", URL, b"")],
    ids=["method", "address", "body", "body left out"],
)
def test_a_request_changed_under_way_is_refused(method: str, url: str, body: bytes) -> None:
    with pytest.raises(TrustError):
        check(method, url, signed(b"abc"), body, to=US, key_of=keys)


@pytest.mark.parametrize(
    "to", ["other/real", "partner/exercise:storm-1", "partner/test", "partner", "", "partner/real, other/real"]
)
def test_a_request_for_another_party_or_context_is_refused(to: str) -> None:
    other = signed(b"abc", to=to)
    for headers in (other, {**other, "kizuna-to": US}, {k: v for k, v in other.items() if k != "kizuna-to"}):
        with pytest.raises(TrustError):
            check("GET", URL, headers, b"abc", to=US, key_of=keys)


def test_a_signature_that_does_not_cover_the_recipient_is_refused() -> None:
    """What an older form signed, with the header put beside it."""
    good = signed(b"abc")
    for left_out in ("@method", "@target-uri", "kizuna-to", "content-digest"):
        bent = good["signature-input"].replace(f' "{left_out}"', "").replace(f'("{left_out}" ', "(")
        with pytest.raises(TrustError):
            check("GET", URL, {**good, "signature-input": bent}, b"abc", to=US, key_of=keys)


def test_an_unknown_or_other_key_is_refused() -> None:
    with pytest.raises(TrustError):
        check("GET", URL, signed(), b"", to=US, key_of=lambda _: None)
    with pytest.raises(TrustError):
        check("GET", URL, signed(key=Ed25519PrivateKey.generate()), b"", to=US, key_of=keys)


@pytest.mark.parametrize("off_s", [-WINDOW_S - 60, WINDOW_S + 60])
def test_a_request_of_another_time_is_refused(off_s: int) -> None:
    headers = signed(created_s=int(time.time()) + off_s)
    with pytest.raises(TrustError):
        check("GET", URL, headers, b"", to=US, key_of=keys)


def test_unsigned_or_broken_headers_are_refused_in_the_same_words() -> None:
    good = signed()
    words = set()
    for broken in ({}, {**good, "signature": "x"}, {**good, "signature-input": "kizuna=()"},
                   {k: v for k, v in good.items() if k != "content-digest"}):  # fmt: skip
        with pytest.raises(TrustError) as found:
            check("GET", URL, broken, b"", to=US, key_of=keys)
        words.add(str(found.value))
    assert len(words) == 1


OTHER = Ed25519PrivateKey.generate()
VICTIM = ';keyid="south:node-1"'


@pytest.mark.parametrize(
    "bend",
    [
        lambda i, s: (f'x=("@method");created=1{VICTIM};tag="other", {i}', f"x=:AAAA:, {s}"),
        lambda i, s: (f'{i}, x=("@method");created=1{VICTIM};tag="other"', f"{s}, x=:AAAA:"),
        lambda i, s: (i.replace(";created", f"{VICTIM};created", 1), s),
        lambda i, s: (i + VICTIM, s),
        lambda i, s: (i.replace('"content-digest"', f'"content-digest"{VICTIM}', 1), s),
        lambda i, s: (i.replace('nonce="', 'nonce="\\";keyid=\\"south:node-1\\"', 1), s),
        lambda i, s: (i.replace('nonce="', f"nonce=\"{VICTIM[:-1]}", 1), s),
        lambda i, s: (i.replace("kizuna=", f"kizuna=?0{VICTIM}, kizuna=", 1), s),
    ],
    ids=["signature before", "signature behind", "twice before", "twice behind", "in a component", "escaped", "in a text", "label twice"],
)  # fmt: skip
def test_nobody_signs_as_one_and_is_taken_for_another(bend: Any) -> None:
    """The ceiling and the view of a partner are found by the claimed key id before the signature is checked."""
    public = {
        "north:node-1": PUBLIC,
        "south:node-1": OTHER.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw),
    }
    good = signed(b"abc")
    assert claimed(good) == check("GET", URL, good, b"abc", to=US, key_of=public.get).key_id == "north:node-1"
    text, signature = bend(good["signature-input"], good["signature"])
    bent = {**good, "signature-input": text, "signature": signature}
    assert claimed(bent) != "south:node-1"
    with pytest.raises(TrustError):
        check("GET", URL, bent, b"abc", to=US, key_of=public.get)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    answers: Any = None

    def do_GET(self) -> None:
        self.server.seen.append(self.path)  # type: ignore[attr-defined]
        status, headers, body = self.server.reply(self)  # type: ignore[attr-defined]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def partner(tmp_path: Path) -> Iterator[Any]:
    certificate = make_certificate(tmp_path, ["127.0.0.1"], dt.datetime.now(dt.UTC))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.cert, certificate.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.seen = []  # type: ignore[attr-defined]
    server.reply = lambda _: (200, {}, b"well")  # type: ignore[attr-defined]
    server.url = f"https://127.0.0.1:{server.server_port}"  # type: ignore[attr-defined]
    server.pin = certificate.fingerprint  # type: ignore[attr-defined]
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


IDENTITY = Identity("north:node-1", KEY.sign, os.urandom)


def test_the_pinned_certificate_is_enough(partner: Any) -> None:
    with Line(partner.url, [partner.pin], IDENTITY, to=US) as line:
        assert line.ask("GET", "/health").body == b"well"


def test_nothing_is_sent_to_another_certificate(partner: Any) -> None:
    with Line(partner.url, [hashlib.sha256(b"other").hexdigest()], IDENTITY, to=US) as line:
        with pytest.raises(TrustError, match="nothing was sent"):
            line.ask("GET", "/secret")
    assert partner.seen == []


def test_an_endless_answer_is_cut(partner: Any) -> None:
    partner.reply = lambda _: (200, {}, bytes(200_000))
    with Line(partner.url, [partner.pin], IDENTITY, to=US) as line, pytest.raises(InputError, match="more than 100000"):
        line.ask("GET", "/x", most=100_000)


def test_a_clock_that_is_off_by_days_learns_the_partners_time(partner: Any) -> None:
    def reply(request: Any) -> tuple[int, dict[str, str], bytes]:
        headers = {k.lower(): v for k, v in request.headers.items()}
        try:
            check("GET", partner.url + request.path, headers, b"", to=US, key_of=keys)
        except TrustError:
            return 401, {"X-Kizuna-Clock": str(int(time.time()))}, b""
        return 200, {}, b"well"

    partner.reply = reply
    two_days_s = 2 * 86_400
    with Line(partner.url, [partner.pin], IDENTITY, to=US, now_s=lambda: time.time() + two_days_s) as line:
        assert line.ask("GET", "/x").status == 200
        assert abs(line.ahead_s + two_days_s) < 5
        line.ask("GET", "/y")
    assert partner.seen == ["/x", "/x", "/y"]


@pytest.mark.parametrize("told", ["253402300800", "999999999999"])
def test_a_partner_that_tells_an_impossible_time_is_refused(partner: Any, told: str) -> None:
    partner.reply = lambda _: (401, {"X-Kizuna-Clock": told}, b"")
    with Line(partner.url, [partner.pin], IDENTITY, to=US) as line, pytest.raises(InputError, match="impossible time"):
        line.ask("GET", "/x")


def test_nobody_there_is_told_as_such() -> None:
    with Line("https://127.0.0.1:9", ["0" * 64], IDENTITY, to=US) as line, pytest.raises(UnavailableError):
        line.ask("GET", "/x")


@pytest.mark.parametrize(("url", "pins"), [("http://x", ["0" * 64]), ("https://x/y", ["0" * 64]), ("https://x", []),
                                           ("https://x", ["0" * 63])])  # fmt: skip
def test_a_line_wants_a_proper_address_and_pin(url: str, pins: list[str]) -> None:
    with pytest.raises(ConfigError):
        Line(url, pins, IDENTITY, to=US)

"""Answering partners: four questions over TLS, each signed by a node key of a partner; silence for everybody else.

    POST /fed/v1/page      a question (``share.sync.wire``): a page, or 204 when nothing came in time; either says how
                           many key manifests we have
    POST /fed/v1/inbox     a page is brought: what became of it
    GET  /fed/v1/keys      our key manifests after number ?after=N, as a JSON list
    POST /fed/v1/keys      manifests of the partner are brought, after a revocation: the number that is held then

Who shows no signature of a partner learns nothing: 404 without a word, whatever was asked, and no byte of a body is
read before the claimed key is known. A known key whose clock is off is told ours (401). Requests name this party and
this context under the signature, and an address that this node gave out, so that what was made for another node cannot
be played here; each nonce counts once, also over a restart. Each partner has a ceiling of requests and may let eight
questions wait.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import parse_qs, urlsplit

import msgspec

from kizuna.base.errors import InputError, KizunaError, TrustError
from kizuna.base.units import SECOND_MS
from kizuna.links.fed.signing import ANY_TIME, HELD, TO, WINDOW_S, check, claimed, recipient
from kizuna.node.share.partners import ACTIVE, REVOKED
from kizuna.node.share.trust.rotation import note_known
from kizuna.share.keys import MANIFEST_MAX_BYTES
from kizuna.share.ledger.name import parse_name
from kizuna.share.page import LIMITS
from kizuna.share.sync import Alarm, Quiet, Reply, Server, wire

if TYPE_CHECKING:
    from kizuna.node.share.lines.traffic import Traffic
    from kizuna.node.share.sharing import Sharing

REQUESTS_S: Final = 50.0
REQUESTS_MOST: Final = 200
"""A partner may send so many requests a second, and so many at once."""
ADDRESSES_TIMES: Final = 4
"""An address may send so many times that: several may stand behind one; each hears of its own ceiling first."""
_ADDRESSES_MOST: Final = 4096
_BODY_S: Final = 120.0
_DUE_S: Final = 0.5
_HEADERS_MOST: Final = 64
_PAGE, _INBOX, _KEYS = "/fed/v1/page", "/fed/v1/inbox", "/fed/v1/keys"
_ROUTES: Final = {("POST", _PAGE): wire.QUESTION_MOST, ("POST", _INBOX): LIMITS.wire_bytes, ("GET", _KEYS): 0,
                  ("POST", _KEYS): MANIFEST_MAX_BYTES}  # fmt: skip
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Said(NamedTuple):
    """An answer: status, body, further headers."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()


NOTHING: Final = Said(404)


class _Peer:
    """One partner at the listener: its engine, the questions that wait, its ceiling."""

    def __init__(self, sizes: Mapping[str, int]) -> None:
        self.server = Server(sizes)
        self.waiting: dict[int, asyncio.Future[Reply | None]] = {}
        self.ceiling = _Ceiling()


class _Ceiling:
    """So many requests a second and so many at once, or ``times`` that."""

    def __init__(self, times: int = 1) -> None:
        self.times = times
        self.left, self.at_s = float(REQUESTS_MOST * times), time.monotonic()

    def within(self) -> bool:
        """Whether one more request is within the ceiling."""
        now = time.monotonic()
        most, rate = float(REQUESTS_MOST * self.times), REQUESTS_S * self.times
        self.left = min(most, self.left + (now - self.at_s) * rate) - 1.0
        self.at_s = now
        if self.left < 0:
            self.left = 0.0
            return False
        return True


class Listener:
    """The ASGI application. It lives on one event loop; ``news`` may come from any thread."""

    def __init__(self, sharing: Sharing, traffic: Traffic) -> None:
        self._sharing, self._traffic = sharing, traffic
        self._peers: dict[str, _Peer] = {}
        self._addresses: dict[str, _Ceiling] = {}
        self._tickets = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._keys: tuple[Any, dict[str, tuple[str, bytes]]] = (None, {})
        settings = sharing.config.sharing
        self.me = recipient(sharing.party, sharing.context)
        self.hosts = {urlsplit(a).netloc.lower() for a in settings.addresses} | {f"{settings.host}:{settings.port}"}

    # ---- news -------------------------------------------------------------------------------------------------------
    def news(self, log: str, size: int) -> None:
        """A log of ours has a newer signed head: whoever waits for it is answered."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closing
                self._loop.call_soon_threadsafe(self._news, log, size)

    def _news(self, log: str, size: int) -> None:
        audience = parse_name(log).audience
        for partner, peer in self._peers.items():
            if audience in self._sharing.audiences(partner):
                self._do(partner, peer, peer.server.news(log, size))

    def fit(self) -> None:
        """Who may read which logs has changed."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closing
                self._loop.call_soon_threadsafe(self._fit)

    def _fit(self) -> None:
        logs = self._sharing.shared.logs.all("out")
        for partner, peer in self._peers.items():
            mine = self._sharing.audiences(partner)
            for state in logs:
                if state.peer in mine:
                    self._do(partner, peer, peer.server.news(state.name, state.head_size))
                else:
                    peer.server.withdraw(state.name)

    def let_go(self) -> None:
        """Answer every question that waits with "nothing new": the node stops. On the listener's loop."""
        for peer in self._peers.values():
            for ticket, waiting in list(peer.waiting.items()):
                peer.server.gone(ticket)
                if not waiting.done():
                    waiting.set_result(None)
            peer.waiting.clear()

    async def watch(self) -> None:
        """Answer questions that have waited long enough; forget partners that are none any more."""
        self._loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_DUE_S)
            for partner, peer in list(self._peers.items()):
                self._do(partner, peer, peer.server.due(_now_ms()))
                if not self._sharing.audiences(partner):
                    for ticket in list(peer.waiting):
                        peer.server.gone(ticket)
                        peer.waiting.pop(ticket).set_result(None)
                    del self._peers[partner]

    # ---- requests ---------------------------------------------------------------------------------------------------
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        try:
            said = await self._answer(scope, receive)
        except KizunaError:
            said = NOTHING
        headers = [(b"content-type", b"application/octet-stream"), (b"server", b""), *said.headers]
        await send({"type": "http.response.start", "status": said.status, "headers": headers})
        await send({"type": "http.response.body", "body": said.body})

    async def _answer(self, scope: Scope, receive: Receive) -> Said:  # noqa: PLR0911  one for each way to be refused
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"][:_HEADERS_MOST]}
        method, path = str(scope["method"]), str(scope["path"])
        most, host = _ROUTES.get((method, path)), headers.get("host", "").lower()
        key_id = claimed(headers)
        partner = self._partner_of(key_id)
        if most is None or host not in self.hosts or partner is None or headers.get(TO) != self.me:
            return NOTHING
        query = bytes(scope.get("query_string", b"")).decode("latin-1")
        if not self._within(str((scope.get("client") or ("",))[0])):
            return NOTHING
        told = headers.get("content-length") or "0"
        body = await _read(receive, most, int(told) if told.isascii() and told.isdigit() else most + 1)
        url = f"https://{headers['host']}{path}" + (f"?{query}" if query else "")
        refused = await asyncio.to_thread(self._check, partner, method, url, headers, body)
        if refused is not None:
            return refused
        peer = self._peer(partner)
        if not peer.ceiling.within():
            return Said(429, headers=((b"retry-after", b"2"),))
        self._traffic.heard(partner)
        if self._sharing.partners.get(partner).state != ACTIVE:
            return Said(403)
        if path == _PAGE:
            said = await self._page(partner, peer, body, receive)
            return said._replace(headers=((HELD.encode(), str(len(self._sharing.identity.manifests)).encode()),))
        if path == _INBOX:
            return Said(200, await asyncio.to_thread(self._traffic.brought, partner, body))
        if method == "POST":
            return Said(200, await asyncio.to_thread(self._traffic.keys_brought, partner, body))
        return Said(200, await asyncio.to_thread(manifests_after, self._sharing, partner, query))

    def _within(self, address: str) -> bool:
        """Whether this address may have one more signature looked at: before it is known to be a partner's."""
        ceiling = self._addresses.pop(address, None) or _Ceiling(ADDRESSES_TIMES)
        self._addresses[address] = ceiling  # the last one heard is the last to be forgotten
        if len(self._addresses) > _ADDRESSES_MOST:
            del self._addresses[next(iter(self._addresses))]
        return ceiling.within()

    def _check(self, partner: str, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Said | None:
        """None where the request is the partner's own; else what is answered."""
        now_ms, keys = time.time_ns() // 1_000_000, self._keys_now()
        try:
            signed = check(method, url, headers, body, to=self.me, within_s=ANY_TIME,
                           key_of=lambda key: keys.get(key, ("", None))[1])  # fmt: skip
        except TrustError:
            return NOTHING
        if self._partner_of(signed.key_id) != partner:
            return NOTHING
        if abs(signed.created_s - now_ms // SECOND_MS) > WINDOW_S - 30:  # told to who proved who it is, to nobody else
            return Said(401, headers=((b"x-kizuna-clock", str(now_ms // SECOND_MS).encode()),))
        keep_ms = 2 * WINDOW_S * SECOND_MS
        if not self._sharing.shared.nonces.first_time(partner, signed.nonce.encode(), now_ms, keep_ms):
            return NOTHING
        return None

    def _keys_now(self) -> dict[str, tuple[str, bytes]]:
        """Node keys that count now: key id to partner and public key. Read anew where a partner's file changed."""
        stamp = self._sharing.partners.stamp()
        if self._keys[0] != stamp:
            found = {}
            for known in self._sharing.partners.all():
                if known.state != REVOKED:
                    for key in known.ring.live("node", self._sharing.context):
                        found[f"{known.id}:{key.public}"] = known.id, key.data
            self._keys = stamp, found
        return self._keys[1]

    def _partner_of(self, key_id: str) -> str | None:
        found = self._keys_now().get(key_id)
        return found[0] if found else None

    # ---- pages ------------------------------------------------------------------------------------------------------
    def _peer(self, partner: str) -> _Peer:
        if partner not in self._peers:
            mine = self._sharing.audiences(partner)
            logs = self._sharing.shared.logs.all("out")
            self._peers[partner] = _Peer({s.name: s.head_size for s in logs if s.peer in mine})
        return self._peers[partner]

    async def _page(self, partner: str, peer: _Peer, body: bytes, receive: Receive) -> Said:
        try:
            question = wire.read_question(body)
        except InputError:
            return Said(400)
        self._traffic.asked(partner, question.positions)
        if question.receipts:
            await asyncio.to_thread(self._traffic.receipts, partner, question.receipts)
        for log in peer.server.beyond(question.positions):  # stored, and its news is still on its way
            state = await asyncio.to_thread(self._sharing.shared.logs.state, log)
            if state is not None:
                self._do(partner, peer, peer.server.news(log, state.head_size))
        self._tickets += 1
        ticket = self._tickets
        answer: asyncio.Future[Reply | None] = asyncio.get_running_loop().create_future()
        peer.waiting[ticket] = answer
        self._do(partner, peer, peer.server.asked(
            ticket, question.positions, question.max_bytes, question.wait_ms, _now_ms()
        ))  # fmt: skip
        gone = asyncio.ensure_future(_gone(receive))
        both: set[asyncio.Future[Any]] = {answer, gone}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        if not answer.done():
            peer.server.gone(ticket)
            peer.waiting.pop(ticket, None)
            return Said(204)
        reply = answer.result()
        if reply is None or parse_name(reply.log).audience not in self._sharing.audiences(partner):
            return Said(204)
        page = await asyncio.to_thread(self._traffic.exchange.cut, partner, reply.log, reply.first, reply.max_bytes)
        self._traffic.sent(partner, reply.log, reply.first, len(page))
        return Said(200, page)

    def _do(self, partner: str, peer: _Peer, actions: list[Any]) -> None:
        for action in actions:
            if isinstance(action, Alarm):
                self._traffic.alarm(partner, action.log, action.reason)
            elif isinstance(action, Reply | Quiet):
                waiting = peer.waiting.pop(action.ticket, None)
                if waiting is not None and not waiting.done():
                    waiting.set_result(action if isinstance(action, Reply) else None)


def manifests_after(sharing: Sharing, partner: str, query: str) -> bytes:
    """Our key manifests after the number in ``after``, which says what the partner holds."""
    try:
        after = int(parse_qs(query).get("after", ["0"])[0])
    except ValueError:
        after = 0
    note_known(sharing, partner, after)
    return msgspec.json.encode([m.decode() for m in sharing.identity.manifests[max(0, after) :]])


async def _read(receive: Receive, most: int, told: int) -> bytes:
    """The body, of at most ``most`` bytes. Raises InputError where it is more or does not come in time."""
    if told > most:
        raise InputError(f"a body of {told} bytes")
    out = bytearray()
    try:
        async with asyncio.timeout(_BODY_S):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    raise InputError("the asker hung up")
                out += message.get("body", b"")
                if len(out) > most:
                    raise InputError("a body that is too large")
                if not message.get("more_body", False):
                    return bytes(out)
    except TimeoutError as exc:
        raise InputError("a body that does not come") from exc


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000

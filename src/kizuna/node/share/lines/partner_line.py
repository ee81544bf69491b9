"""The line to one partner: a thread that drives the engines of ``share.sync`` over HTTPS.

It asks the partner for what is new (long polls, alerts on their own), takes pages, sends receipts along, and brings
our own pages where the partner cannot or does not ask. The engines say what is to be done; here it is done, on a few
threads, and reported back on one. Nothing is kept but what the store keeps: after a kill the next start goes on where
the store stands.
"""

from __future__ import annotations

import contextlib
import os
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from kizuna.base.errors import InputError, KizunaError
from kizuna.base.units import SECOND_MS
from kizuna.links.fed.client import Answer, Line
from kizuna.links.fed.client import Identity as Who
from kizuna.links.fed.signing import HELD, recipient
from kizuna.node.share.partners import Known, pins
from kizuna.node.share.trust import revocation, rotation
from kizuna.records.label import EVERYBODY
from kizuna.share.ledger.name import LANES, LogName, parse_name
from kizuna.share.page import LIMITS
from kizuna.share.sync import Alarm, Ask, Cancel, Puller, Pusher, Send, wire
from kizuna.share.sync.actions import Position

if TYPE_CHECKING:
    from kizuna.node.share.lines.traffic import Traffic
    from kizuna.node.share.sharing import Sharing

LOOK_S: Final = 5.0
"""How often new logs and a silent partner are looked for."""
SILENT_S: Final = 60.0
"""A partner that did not ask for so long is brought our pages."""
KEYS_S: Final = 600.0
"""New key manifests are asked for when a line comes up, when an answer says that there are some, and so often."""
KEYS_SOON_S: Final = 5.0
"""Whatever answers say, they are not asked for more often than this."""
_EARLIER: Final = 4
"""Epochs before the present one whose logs are still read to their ends."""


class Worker:
    """``run`` is the thread. Other threads call ``news`` and ``alive``."""

    def __init__(self, sharing: Sharing, traffic: Traffic, known: Known) -> None:
        self.partner = known.id
        self.known = known
        self._sharing, self._traffic = sharing, traffic
        self._jobs: queue.SimpleQueue[Callable[[], list[Any]] | None] = queue.SimpleQueue()
        channels = sharing.config.sharing.channels
        self._puller = Puller(random=os.urandom, channels=channels)
        self._pusher = Pusher(random=os.urandom, channels=channels)
        self._pool = ThreadPoolExecutor(2 * channels + 1, f"share {known.id}")
        self._lines = [self._line(), self._line()]
        self._under_way: set[Future[None]] = set()
        self._given_up: set[int] = set()
        self._followed: set[str] = set()
        self._over = threading.Event()
        self._keys_s = float("-inf")

    def _line(self) -> Line:
        identity = self._sharing.identity
        who = Who(identity.key_id, identity.keys.sign_request, os.urandom)
        context = self._sharing.context
        return Line(self.known.addresses[0], pins(self.known, context), who, to=recipient(self.partner, context))

    # ---- from other threads -----------------------------------------------------------------------------------------
    def news(self, log: str, size: int) -> None:
        """A log of ours that this partner may read has a newer head."""
        self._jobs.put(lambda: self._push_news(log, size))

    def alive(self) -> None:
        """The partner was heard on another way."""
        self._jobs.put(lambda: [*self._puller.alive(_now_ms()), *self._pusher.alive(_now_ms())])

    def stop(self) -> None:
        """End soon; what is under way breaks off."""
        self._over.set()
        self._jobs.put(None)
        for line in self._lines:
            line.close()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def ended(self, within_s: float) -> bool:
        """After ``stop``: wait until nothing is under way; whether that is so, and the store may be closed."""
        return not wait(list(self._under_way), within_s).not_done

    @property
    def ahead_s(self) -> int:
        """How far the partner's clock is ahead of ours, as far as it told."""
        return self._lines[0].ahead_s

    # ---- the thread -------------------------------------------------------------------------------------------------
    def run(self) -> None:
        """Until stopped."""
        looked_s = float("-inf")
        while not self._over.is_set():
            if time.monotonic() - looked_s >= LOOK_S:
                looked_s = time.monotonic()
                self._do(self._look())
            due = [t for t in (self._puller.next_ms, self._pusher.next_ms) if t is not None]
            wait_s = min([LOOK_S, *((t - _now_ms()) / SECOND_MS for t in due)])
            try:
                job = self._jobs.get(timeout=max(0.001, wait_s))
            except queue.Empty:
                self._do([*self._puller.due(_now_ms()), *self._pusher.due(_now_ms())])
                continue
            if job is not None:
                self._do(job())

    def _look(self) -> list[Any]:
        """Follow logs of the partner that are new here; push where it does not ask."""
        states = {s.name: s for s in self._sharing.shared.logs.all("in", self.partner)}
        for name in logs_of(self._sharing, self.partner):
            held = states.get(str(name))
            if held is not None and held.halted:
                if str(name) in self._followed:
                    self._puller.leave(str(name))
                    self._followed.discard(str(name))
            elif str(name) not in self._followed:
                self._followed.add(str(name))
                self._puller.follow(str(name), name.lane, held.size if held else 0)
        actions: list[Any] = list(self._puller.due(_now_ms()))
        if self._pushing:
            mine = self._sharing.audiences(self.partner)
            for state in self._sharing.shared.logs.all("out"):
                if state.peer in mine and not state.halted:
                    actions += self._push_news(state.name, state.head_size)
        return actions

    @property
    def _pushing(self) -> bool:
        return self._sharing.config.sharing.port == 0 or self._traffic.silent_s(self.partner) > SILENT_S

    def _push_news(self, log: str, size: int) -> list[Any]:
        if not self._pushing:
            return []
        acks = self._sharing.shared.outbox.acks(log)
        has = acks[self.partner].size if self.partner in acks else 0
        return list(self._pusher.news(log, parse_name(log).lane, size, has, _now_ms()))

    def _do(self, actions: list[Any]) -> None:
        for action in actions:
            if isinstance(action, Ask):
                self._submit(self._ask, action)
            elif isinstance(action, Send):
                self._submit(self._send, action)
            elif isinstance(action, Cancel):
                self._given_up.add(action.exchange)
                old, self._lines[1] = self._lines[1], self._line()
                old.close()
            elif isinstance(action, Alarm):
                self._traffic.alarm(self.partner, action.log, action.reason)

    def _submit(self, work: Callable[[Any], None], action: Ask | Send) -> None:
        """On the pool; a bug there is told and does not leave the engine waiting for ever."""

        def guarded() -> None:
            try:
                work(action)
            except Exception as exc:  # noqa: BLE001  told, and the exchange ends
                self._traffic.alarm(self.partner, "", f"a bug: {exc!r}")
                engine = self._puller if isinstance(action, Ask) else self._pusher
                self._jobs.put(lambda: engine.failed(action.exchange, _now_ms()))

        with contextlib.suppress(RuntimeError):  # stopped meanwhile
            job = self._pool.submit(guarded)
            self._under_way.add(job)
            job.add_done_callback(self._under_way.discard)

    # ---- asking -----------------------------------------------------------------------------------------------------
    def _ask(self, ask: Ask) -> None:
        """On a thread of the pool: one question."""
        try:
            owed, notes = self._traffic.exchange.owed(self.partner) if ask.receipts else ([], [])
            body = wire.write_question(ask, notes)
            answer = self._said("POST", "/fed/v1/page", body, ask.timeout_ms)
            self._say_keys(answer.status)
            if answer.status not in (HTTPStatus.OK, HTTPStatus.NO_CONTENT):
                raise InputError(_refusal(answer.status))
            for log, size in owed:
                self._sharing.shared.inbox.told(log, size)
            came_up = self._traffic.up(self.partner, len(answer.body))
            if came_up or time.monotonic() - self._keys_s > (KEYS_SOON_S if self._says_more(answer) else KEYS_S):
                self._keys_s = time.monotonic()
                self.fetch_keys()
        except KizunaError as exc:
            self._traffic.down(self.partner, exc)
            self._jobs.put(lambda: self._puller.failed(ask.exchange, _now_ms()))
            return
        if not answer.body:
            self._jobs.put(lambda: self._puller.quiet(ask.exchange, _now_ms()))
            return
        self._jobs.put(lambda: self._puller.answered(ask.exchange, len(answer.body), round(answer.took_s * 1000)))
        out = self._traffic.take(self.partner, answer.body, asked=dict(ask.positions), fetch=self.fetch_keys)
        self._traffic.moved(self.partner, out.log, len(answer.body), out.new, round(answer.took_s * SECOND_MS))
        if out.fault:
            fault = out.fault
            self._jobs.put(lambda: self._puller.refused(ask.exchange, out.log, fault, _now_ms(), out.reason))
        else:
            self._jobs.put(lambda: self._puller.kept(ask.exchange, out.log, out.cursor, out.head, _now_ms()))

    def _said(self, method: str, path: str, body: bytes, timeout_ms: int, line: int = 0) -> Answer:
        return self._lines[line].ask(method, path, body, read_s=timeout_ms / SECOND_MS, most=LIMITS.wire_bytes)

    def _says_more(self, answer: Answer) -> bool:
        """Whether the partner has more key manifests than we hold: it may begin them in a stop too short to see."""
        told = answer.headers.get(HELD, "")
        few = told.isascii() and told.isdigit() and len(told) < 9  # noqa: PLR2004  no number of manifests is longer
        return few and int(told) > len(self.known.manifests)

    def _say_keys(self, status: int) -> None:
        """A partner that does not know us after a revocation is brought our manifests; the next try finds it knowing.

        The same where it answers: it may know our node key, and not yet what else ended.
        """
        if not revocation.owes(self._sharing):
            return
        if status == HTTPStatus.NOT_FOUND:
            revocation.announce(self._sharing, self.partner)
        elif rotation.known_to(self._sharing).get(self.partner, 0) < self._sharing.identity.ring.sequence:
            with contextlib.suppress(KizunaError):  # it knows us, and will ask for them itself
                revocation.announce(self._sharing, self.partner)
        else:
            revocation.forget_former(self._sharing)

    def fetch_keys(self) -> bool:
        """Ask for key manifests that we do not have; whether there were any. TrustError is an alarm, not an answer."""
        return fetch_keys(self._sharing, self.partner, self._lines[1])

    # ---- bringing ---------------------------------------------------------------------------------------------------
    def _send(self, send: Send) -> None:
        """On a thread of the pool: one page of ours."""
        begun_s = time.monotonic()
        try:
            page = self._traffic.exchange.cut(self.partner, send.log, send.first, send.max_bytes)
            self._jobs.put(lambda: self._pusher.began(send.exchange, len(page)) or [])  # type: ignore[func-returns-value]
            self._traffic.sent(self.partner, send.log, send.first, len(page))
            answer = self._said("POST", "/fed/v1/inbox", page, send.timeout_ms, line=1)
            self._say_keys(answer.status)
            if answer.status != HTTPStatus.OK:
                raise InputError(_refusal(answer.status))
            said = wire.read_brought(answer.body)
            self._traffic.up(self.partner, 0)
            self._traffic.asked(self.partner, (Position(said.log, said.cursor),))
            if said.receipt:
                self._traffic.receipts(self.partner, (said.receipt,))
        except KizunaError as exc:
            if send.exchange not in self._given_up:
                self._traffic.down(self.partner, exc)
            self._jobs.put(lambda: self._pusher.failed(send.exchange, _now_ms()))
            return
        took_ms = round((time.monotonic() - begun_s) * SECOND_MS)
        state = self._sharing.shared.logs.state(send.log)
        size = state.head_size if state else 0  # the page was cut from what is stored: its news may still be on its way
        self._jobs.put(lambda: self._pusher.holds(send.log, size) or [])  # type: ignore[func-returns-value]
        if said.fault:
            fault = said.fault
            self._jobs.put(lambda: self._pusher.refused(send.exchange, fault, said.cursor, _now_ms(), said.reason))
        else:
            self._jobs.put(lambda: self._pusher.taken(send.exchange, said.cursor, took_ms, _now_ms()))


def logs_of(sharing: Sharing, partner: str) -> list[LogName]:
    """Logs of a partner that are for us, of its present epoch and of those before that were begun."""
    trusted = sharing.trusted(partner)
    epoch = trusted.ring.manifest.epoch if trusted.ring.manifest else 1
    audiences = (sharing.party, EVERYBODY, *sorted(trusted.communities))
    names = [LogName(partner, e, a, sharing.context, lane)
             for e in range(max(1, epoch - _EARLIER), epoch + 1) for a in audiences for lane in LANES]  # fmt: skip
    held = {s.name for s in sharing.shared.logs.all("in", partner)}
    return [n for n in names if n.epoch == epoch or str(n) in held]


def fetch_keys(sharing: Sharing, partner: str, line: Line) -> bool:
    """Ask a partner for key manifests that follow those known here; whether there were any.

    Where there were, it is asked once more: so it learns that we hold them, and may begin to sign with a new key.
    """
    import msgspec  # noqa: PLC0415  needed seldom

    known = sharing.partners.get(partner)
    answer = line.ask("GET", f"/fed/v1/keys?after={len(known.manifests)}")
    if answer.status != HTTPStatus.OK:
        raise InputError(_refusal(answer.status))
    try:
        found = msgspec.json.decode(answer.body, type=list[str])
    except (msgspec.MsgspecError, ValueError) as exc:
        raise InputError("key manifests that cannot be read", where=partner) from exc
    for text in found:
        sharing.partners.learn(partner, text.encode())
    if found:
        line.ask("GET", f"/fed/v1/keys?after={len(known.manifests) + len(found)}")
    return bool(found)


def _refusal(status: int) -> str:
    words: dict[int, str] = {
        HTTPStatus.NOT_FOUND: "the partner does not know us: was the introduction confirmed there?",
        HTTPStatus.FORBIDDEN: "the partner has paused the exchange",
        HTTPStatus.TOO_MANY_REQUESTS: "the partner asks for a pause",
        HTTPStatus.UNAUTHORIZED: "the partner's clock is too far from ours",
    }
    return words.get(status, f"answers {status}")


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000

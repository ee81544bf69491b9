"""The threads and lines of sharing while a node runs: the door's loops, the listener, a line to each partner, arrivals.

Everything here may stop at any moment. What matters is in the shared store before anybody is told of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from kizuna.base.errors import KizunaError, TrustError
from kizuna.node.service.intake import started
from kizuna.node.share.arrivals import Arrivals
from kizuna.node.share.lines.goodput import Fault, Goodput, fault_of
from kizuna.node.share.lines.listener import Listener
from kizuna.node.share.lines.loops import Loops, Tables
from kizuna.node.share.lines.page_exchange import Exchange
from kizuna.node.share.lines.partner_line import Worker
from kizuna.node.share.partners import ACTIVE
from kizuna.node.share.trust import doubt, revocation
from kizuna.share.ledger.name import LogName
from kizuna.share.sync import wire
from kizuna.share.sync.actions import Position
from kizuna.share.sync.taking import Outcome

if TYPE_CHECKING:
    from kizuna.node.share.sharing import Sharing

LOOK_S: Final = 2.0
QUIET_S: Final = 90.0
"""A link of which nothing was heard for so long is down."""
PATIENT_S: Final = 30.0
"""So long after the partner was heard, a question that ran out of time does not mean that the line is down."""
STOP_S: Final = 10.0
GRACE_S: Final = 0.2
"""Answers that are under way have so long when the node stops."""
ALARMS_MOST: Final = 200
_LOG: Final = logging.getLogger("kizuna.node.share")


@dataclass(slots=True)
class Link:
    """What is known of the line to one partner. ``at_s`` is monotonic, ``last_ms`` UTC."""

    state: str = "never"
    why: str = ""
    last_ms: int | None = None
    at_s: float = float("-inf")
    asked_s: float = float("-inf")
    """When it asked us last."""
    ahead_s: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    fault: Fault = ""
    """What failed last, while it is down or was since it was last heard."""
    out: Goodput = field(default_factory=Goodput)
    inward: Goodput = field(default_factory=Goodput)


class Traffic:
    """``start`` and ``stop`` once each; everything else may be called from any thread."""

    def __init__(self, sharing: Sharing, tables: Any, trouble: Callable[[str, str], object]) -> None:
        self._sharing, self._trouble = sharing, trouble
        s = sharing.config.sharing
        self.loops = Loops(sharing.door, Tables(tables.keep, tables.contacts), flash_s=s.flash_s, routine_s=s.routine_s)
        add = tables.contacts.add if tables.contacts is not None else None
        self.arrivals = Arrivals(sharing, tables.keep, add, self.alarm)
        self.listener = Listener(sharing, self)
        self.alarms: list[tuple[int, str, str, str]] = []
        """Newest last: time, partner, log, words."""
        self.version = 0
        self.exchange = Exchange(sharing, self.alarm)
        self._links: dict[str, Link] = {}
        self._workers: dict[str, Worker] = {}
        self._let_go: list[Worker] = []
        """Stopped ones with something still under way."""
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._begun_s = time.monotonic()
        self._stop_server: Callable[[], object] = lambda: None
        sharing.door.news.append(self._news)

    # ---- start and stop ---------------------------------------------------------------------------------------------
    def start(self) -> None:
        """Start all threads."""
        self._thread("share door", lambda: self.loops.run(self._over, lambda w: self._trouble("sharing out", w)))
        self._thread("share arrivals", lambda: self.arrivals.run(self._over, lambda w: self._trouble("sharing in", w)))
        self._thread("share partners", self._mind_partners)
        if self._sharing.config.sharing.port:
            self._thread("share listener", self._listen)

    def stop(self) -> None:
        """End them; pages under way break off and come again."""
        self._over.set()
        self.arrivals.bell.set()
        self._stop_server()
        workers = [*self._workers.values(), *self._let_go]
        for worker in workers:
            worker.stop()
        until = time.monotonic() + STOP_S
        for worker in workers:
            if not worker.ended(max(0.0, until - time.monotonic())):
                _LOG.error("an exchange with %s did not end in time", worker.partner)
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
            if thread.is_alive():
                _LOG.error("%s did not end in time", thread.name)
        self._sharing.door.news.clear()

    def _thread(self, name: str, work: Callable[[], None]) -> None:
        self._threads.append(started(name, work, self._broken))

    def _broken(self, name: str, exc: BaseException) -> None:
        _LOG.critical("%s broke: %r", name, exc, exc_info=exc)
        self._trouble(name, f"{type(exc).__name__}: {exc}")

    # ---- partners ---------------------------------------------------------------------------------------------------
    def _mind_partners(self) -> None:
        """A line to each active partner that has an address; none to others. Officers' changes take hold here.

        So do changes of communities: our own lists are brought to whom they name, and logs to whoever is a member now.
        """
        stamp: Any = None
        readers: Any = None
        while not self._over.is_set():
            try:
                now = self._sharing.partners.stamp()
                if now != stamp:
                    self._fit_workers()
                    self._doubt()
                    stamp = now
                self._sharing.membership.bring(self._sharing)
                if (now, self._sharing.communities()) != readers:
                    readers = now, self._sharing.communities()
                    self.listener.fit()
                    self.version += 1
            except KizunaError as exc:
                self._trouble("partners", str(exc))
            else:
                self._trouble("partners", "")
            self._over.wait(LOOK_S)

    def _fit_workers(self) -> None:
        wanted = {}
        if self._sharing.config.sharing.dial:
            wanted = {k.id: k for k in self._sharing.partners.all() if k.state == ACTIVE and k.addresses}
        for partner, worker in list(self._workers.items()):
            if wanted.get(partner) != worker.known:
                worker.stop()
                self._let_go = [w for w in self._let_go if not w.ended(0)] + [worker]
                del self._workers[partner]
        for partner, known in wanted.items():
            if partner not in self._workers:
                try:
                    worker = Worker(self._sharing, self, known)
                except KizunaError as exc:  # an address or keys that are none: its own trouble, and nobody else's
                    self.alarm(partner, "", f"no line to it can be made: {exc}")
                    continue
                self._workers[partner] = worker
                self._thread(f"share line {partner}", worker.run)
        self.version += 1

    def _news(self, name: LogName, size: int) -> None:
        """A head was signed: whoever waits for it hears at once."""
        self.version += 1
        self.listener.news(str(name), size)
        for partner, worker in list(self._workers.items()):
            if name.audience in self._sharing.audiences(partner):
                worker.news(str(name), size)

    # ---- the listener -----------------------------------------------------------------------------------------------
    def _listen(self) -> None:
        """Answer partners on a loop of its own until the node stops; a port that is taken is tried again."""
        while not self._over.is_set():
            try:
                asyncio.run(self._serve())
                self._trouble("sharing port", "")
            except (OSError, RuntimeError) as exc:
                self._trouble("sharing port", f"partners cannot be answered: {exc}")
                _LOG.error("partners cannot be answered: %s", exc)
                self._over.wait(LOOK_S)

    async def _serve(self) -> None:
        from kizuna.node.api.serve import Listen, Server  # noqa: PLC0415  half a second

        s = self._sharing.config.sharing
        server = Server(self.listener, Listen(s.host, s.port, self._sharing.identity.certificate))
        loop = asyncio.get_running_loop()

        def stop() -> None:
            self.listener.let_go()
            loop.call_later(GRACE_S, server.stop)

        self._stop_server = lambda: loop.call_soon_threadsafe(stop)
        watching = asyncio.ensure_future(self.listener.watch())
        _LOG.info("partners are answered at %s:%d", s.host, s.port)
        try:
            if not self._over.is_set():
                await server.run()
        finally:
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching
            self._stop_server = lambda: None

    # ---- pages ------------------------------------------------------------------------------------------------------
    def take(
        self, partner: str, data: bytes, *, asked: dict[str, int] | None = None,
        fetch: Callable[[], bool] | None = None,
    ) -> Outcome:  # fmt: skip
        """Judge and keep a page that a partner handed over itself."""
        out = self.exchange.take(partner, data, asked=asked, fetch=fetch)
        if out.fault is None and out.new:
            self.version += 1
            self.arrivals.bell.set()
        return out

    def brought(self, partner: str, data: bytes) -> bytes:
        """A page that a partner brought: the bytes of the answer."""
        worker = self._workers.get(partner)
        out = self.take(partner, data, fetch=worker.fetch_keys if worker is not None else None)
        with self._lock:
            self._link(partner).bytes_in += len(data)
        return wire.write_brought(out, self.exchange.receipt(out.log) if out.fault is None else b"")

    def keys_brought(self, partner: str, body: bytes) -> bytes:
        """Key manifests that a partner brought itself: how many are held then. Different ones of a number alarm."""
        try:
            return revocation.brought(self._sharing, partner, body)
        except TrustError as exc:
            self.alarm(partner, "", str(exc))
            raise

    def _doubt(self) -> None:
        """Hide what a revocation of a partner has made doubtful, and tell a person."""
        for partner in revocation.others(self._sharing):
            for log, n in doubt.look(self._sharing, partner).items():
                self.alarm(partner, log, f"{n} records were signed by a key that was revoked since; they are hidden")

    def receipts(self, partner: str, notes: Sequence[bytes]) -> None:
        """Receipts of a partner for our logs."""
        self.exchange.receipts(partner, notes)
        self.version += 1

    # ---- links ------------------------------------------------------------------------------------------------------
    def heard(self, partner: str) -> None:
        """The partner asked us something."""
        now_s = time.monotonic()
        with self._lock:
            link = self._link(partner)
            link.asked_s = link.at_s = now_s
            link.last_ms = _utc_ms()
            if link.state == "never" or partner not in self._workers:
                link.state, link.why = "up", ""
        worker = self._workers.get(partner)
        if worker is not None:
            worker.alive()

    def up(self, partner: str, size: int) -> bool:
        """The partner answered us; whether it did not before."""
        worker = self._workers.get(partner)
        with self._lock:
            link = self._link(partner)
            changed = link.state != "up"
            link.state, link.why, link.fault, link.last_ms, link.at_s = "up", "", "", _utc_ms(), time.monotonic()
            link.bytes_in += size
            link.ahead_s = worker.ahead_s if worker is not None else 0
        if changed:
            self.version += 1
            _LOG.info("the line to %s is up", partner)
        return changed

    def down(self, partner: str, exc: KizunaError) -> None:
        """The partner did not answer. One question of several that ran out of time on a bad line is not the line."""
        if self._over.is_set():
            return
        why, fault = str(exc), fault_of(exc)
        with self._lock:
            link = self._link(partner)
            link.why, link.fault = why, fault
            if fault == "timeout" and link.state == "up" and time.monotonic() - link.at_s < PATIENT_S:
                return
            changed = link.state != "down"
            link.state = "down"
        if changed:
            self.version += 1
            _LOG.warning("the line to %s is down: %s", partner, why)

    def sent(self, partner: str, log: str, first: int, size: int) -> None:
        """A page of a log of ours went to a partner."""
        with self._lock:
            link = self._link(partner)
            link.bytes_out += size
        link.out.told(log, first, size, _ticks_ms())

    def asked(self, partner: str, positions: Sequence[Position]) -> None:
        """A partner's question shows what it kept."""
        with self._lock:
            link = self._link(partner)
        link.out.asked(positions, _ticks_ms())

    def moved(self, partner: str, log: str, size: int, records: int, took_ms: int) -> None:
        """A page of a partner came whole."""
        with self._lock:
            link = self._link(partner)
        link.inward.moved(log, size, records, took_ms)

    def link(self, partner: str) -> Link:
        """What is known of a line."""
        with self._lock:
            found = self._link(partner)
            if found.state == "up" and time.monotonic() - found.at_s > QUIET_S:
                found.state, found.why, found.fault = "down", "nothing was heard for a while", "timeout"
            return found

    def silent_s(self, partner: str) -> float:
        """For how long a partner has not asked us anything."""
        with self._lock:
            return time.monotonic() - max(self._link(partner).asked_s, self._begun_s)

    def _link(self, partner: str) -> Link:
        return self._links.setdefault(partner, Link())

    def alarm(self, partner: str, log: str, words: str) -> None:
        """Something that a person must look at."""
        _LOG.error("partner %s, %s: %s", partner, log, words)
        with self._lock:
            if self.alarms and self.alarms[-1][1:] == (partner, log, words):
                return
            self.alarms.append((_utc_ms(), partner, log, words))
            del self.alarms[:-ALARMS_MOST]
        self._trouble(f"partner {partner}", f"{log}: {words}")
        self.version += 1


def _ticks_ms() -> int:
    return time.monotonic_ns() // 1_000_000


def _utc_ms() -> int:
    return time.time_ns() // 1_000_000

"""A whole partner in memory: real records, real keys, real pages, a real store in a directory, the real engines.

It is bent in one line: ``crash``, ``skew_ms``, ``full``, ``restore``. What a driver of the engines has to do with sockets,
this one does with the simulated link; it is the shortest complete example of one.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from kizuna.base.errors import InputError, KizunaError, TrustError, UnavailableError
from kizuna.share import receipt, release
from kizuna.share.keys import KeyRing, Position
from kizuna.share.ledger.checkpoint import read_checkpoint
from kizuna.share.ledger.name import LogName
from kizuna.share.seal import new_key
from kizuna.share.sync import Alarm, Ask, Cancel, Fault, Puller, Pusher, Quiet, Reply, Send, Server, wire
from kizuna.share.sync.cutting import Cutter
from kizuna.share.sync.taking import take
from kizuna.share.verify import Trusted
from kizuna.stores.shared import Told, open_shared
from sim.link import Line, Link
from sim.virtual import World

EPOCH_MS = 1_800_000_000_000
CONTEXT = "test"


class Yes:
    """A decision to release, for tests of what comes after it."""

    verdict = "release"


class Crash(Exception):
    """The process dies here."""


class Party:
    """Who a partner is: its keys and what others know of them. Outlives every crash and restore."""

    def __init__(self, name: str, chance) -> None:
        self.name = name
        root, page, node = (new_key(use, CONTEXT, chance.randbytes) for use in ("root", "page", "node"))
        self.keys = release.Keys(name, page, node)
        self.root = root
        self.ring = KeyRing(name, root.public).accept(receipt.first_manifest(name, root, self.keys.listed()))


class Peer:
    """Another partner, as one node deals with it while it runs."""

    def __init__(self, node: Partner, other: Party, line: Line | None) -> None:
        self.other, self.line = other, line
        self.trusted = Trusted(node.party.name, other.ring, CONTEXT, frozenset(node.communities))
        chance = node.world.chance
        self.puller = Puller(random=chance.randbytes, channels=node.channels) if line and node.pulls else None
        self.pusher = Pusher(random=chance.randbytes, channels=node.channels) if line and node.pushes else None
        self.server = Server({})
        self.stops: dict[int, object] = {}
        self.tickets: dict[int, object] = {}
        self.ticket = 0


class Partner:
    """One node."""

    def __init__(
        self, world: World, party: Party, place: Path, *, skew_ms: int = 0, pulls: bool = True, pushes: bool = False,
        channels: int = 4, communities: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        self.world, self.party, self.place = world, party, place
        self.skew_ms, self.pulls, self.pushes, self.channels = skew_ms, pulls, pushes, channels
        self.communities = communities
        self.up, self.life = False, 0
        self.marks: dict[str, Position] = {}  # kept outside the store, as a node keeps them
        self.readers: dict[str, list[str]] = {}  # audience -> partners
        self.others: dict[str, tuple[Partner, Line | None]] = {}
        self.alarms: list[tuple[str, str]] = []
        self.faults: list[str] = []
        self.arrivals: list[tuple[float, str, int, int]] = []  # when, log, first number, end
        self.asks = self.pages_in = self.bytes_in = 0
        self.full = False
        self.die_before = self.die_after = 0.0

    # ---- life ------------------------------------------------------------------------------------------------------
    def meet(self, other: Partner, line: Line | None) -> None:
        """Know another; ``line`` is how this one dials it, None where it cannot."""
        self.others[other.party.name] = (other, line)

    def start(self) -> None:
        self.store = open_shared(self.place, context=CONTEXT, window_ms=0, durable=False)
        change = self.store.database.change

        def dying(work):
            if self.full:
                raise UnavailableError("the disk is full")
            if self.die_before and self.world.chance.random() < self.die_before:
                raise Crash
            answer = change(work)
            if self.die_after and self.world.chance.random() < self.die_after:
                raise Crash
            return answer

        self.store.database.change = dying
        self.cutter = Cutter(self.store.outbox)
        self.peers = {name: Peer(self, other.party, line) for name, (other, line) in self.others.items()}
        self.up = True
        self.life += 1
        self._guard(self._begin)

    def _begin(self) -> None:
        for state in self.store.outbox.unsigned():
            self._sign(state.name)
        for state in self.store.logs.all("out"):
            self._tell(state.name)
        for name, peer in self.peers.items():
            if peer.puller:
                for state in self.store.logs.all("in", name):
                    if not state.halted:
                        peer.puller.follow(state.name, state.lane, state.size)
                for log in self.others[name][0].logs_for(self.party.name):
                    if self.store.logs.state(log) is None:
                        peer.puller.follow(log, log.rpartition("/")[2], 0)
                self._do(name, peer.puller.due(self._now()))
            self._wake(name)

    def crash(self) -> None:
        """``kill -9``: whatever is not in the store is gone."""
        if not self.up:
            return
        self.up = False
        for peer in self.peers.values():
            for stop in peer.stops.values():
                stop()
        self.store.close()

    def restore(self, backup: Path) -> None:
        """Put an old copy in the place of the store, as a hurried operator does."""
        self.crash()
        for path in self.place.glob("shared-*"):
            path.unlink()
        shutil.copy(backup, self.place / "shared-test.db")

    def _guard(self, act) -> None:
        """Do something if still alive; a crash inside ends this life."""
        life = self.life
        if not self.up:
            return
        try:
            act()
        except Crash:
            self.crash()
            self.world.after(self.world.chance.uniform(100, 5000), self.start)
        assert self.life >= life

    def _now(self) -> int:
        """This node's own clock, which may be wrong; it is used for waits and statements, never for order."""
        return int(EPOCH_MS + self.world.now_ms + self.skew_ms)

    # ---- telling ---------------------------------------------------------------------------------------------------
    def log_name(self, audience: str, lane: str) -> LogName:
        return LogName(self.party.name, 1, audience, CONTEXT, lane)

    def logs_for(self, reader: str) -> list[str]:
        """Logs that a reader may ask for; in the product it learns them from the manifest and the directory."""
        audiences = [a for a, readers in self.readers.items() if reader in readers]
        return [str(self.log_name(a, lane)) for a in audiences for lane in ("flash", "routine", "bulk")]

    def release(self, audience: str, lane: str, records: list[bytes]) -> None:
        """Through the door, into the store, signed, told."""
        self._guard(lambda: self._release(self.log_name(audience, lane), records))

    def _release(self, name: LogName, records: list[bytes]) -> None:
        own = self.store.outbox.log(name)
        box = release.Outbox(*own) if own else release.open_outbox(name, self.world.chance.randbytes)
        made = release.append(box, [(data, Yes()) for data in records])
        told = Told(name, made.first, records, made.nodes, made.outbox.salts)
        self.store.outbox.append([told], self._now())
        self._sign(str(name))
        self._tell(str(name))

    def _sign(self, log: str) -> None:
        own = self.store.outbox.log(next(n for n in [_name(log)]))
        box, nodes = release.Outbox(*own), self.store.outbox.nodes(log)
        marks = [self.marks[log]] if log in self.marks else []
        try:
            head = release.sign(box, self.party.keys, marks=marks, nodes=nodes, now_ms=self._now())
        except TrustError as exc:
            self.store.logs.halt(log, str(exc))
            self.alarms.append((log, str(exc)))
            return
        self.marks[log] = _position(head)
        self.store.outbox.signed(log, box.size, head, self._now())

    def _tell(self, log: str) -> None:
        state = self.store.logs.state(log)
        for name in self.readers.get(state.peer, []):
            peer = self.peers.get(name)
            if peer is None or state.halted:
                continue
            self._do(name, peer.server.news(log, state.head_size))
            if peer.pusher:
                acks = self.store.outbox.acks(log)
                has = acks[name].size if name in acks else 0
                self._do(name, peer.pusher.news(log, state.lane, state.head_size, has, self._now()))
            self._wake(name)

    # ---- doing what the engines say --------------------------------------------------------------------------------
    def _do(self, name: str, actions) -> None:
        peer = self.peers[name]
        for action in actions:
            if isinstance(action, Ask):
                self._ask(name, peer, action)
            elif isinstance(action, Send):
                self._send(name, peer, action)
            elif isinstance(action, Cancel):
                peer.stops.pop(-action.exchange)()
            elif isinstance(action, Reply):
                page = self.cutter.cut(_name(action.log), action.first, action.max_bytes, keys=self.party.ring.sequence)
                peer.tickets.pop(action.ticket)(page, len(page))
            elif isinstance(action, Quiet):
                peer.tickets.pop(action.ticket)(b"", 0)
            elif isinstance(action, Alarm):
                self.alarms.append((action.log, action.reason))
        self._wake(name)

    def _wake(self, name: str) -> None:
        peer, life = self.peers[name], self.life
        for engine in (peer.puller, peer.pusher, peer.server):
            if engine and engine.next_ms is not None:
                wait = max(1, engine.next_ms - self._now())

                def due(engine=engine) -> None:
                    if self.up and self.life == life:
                        self._guard(lambda: self._do(name, engine.due(self._now())))

                if getattr(engine, "woken", None) != engine.next_ms:
                    engine.woken = engine.next_ms
                    self.world.after(wait, due)

    def _ask(self, name: str, peer: Peer, ask: Ask) -> None:
        self.asks += 1
        owed = self.store.inbox.owed(name) if ask.receipts else []
        receipts = [self._receipt(state.name) for state in owed]
        body = wire.write_question(ask, receipts)
        asked = dict(ask.positions)

        def answered(page, length, took_ms) -> None:
            for state in owed:
                self.store.inbox.told(state.name, state.size)
            now = self._now()
            if not page:
                self._do(name, peer.puller.quiet(ask.exchange, now))
                return
            self._do(name, peer.puller.answered(ask.exchange, length, int(took_ms)))
            out = self._take(peer, page, asked)
            if out.fault:
                self._do(name, peer.puller.refused(ask.exchange, out.log, out.fault, now, out.reason))
            else:
                self._do(name, peer.puller.kept(ask.exchange, out.log, out.cursor, out.head, now))

        def failed() -> None:
            self._do(name, peer.puller.failed(ask.exchange, self._now()))

        self._call(name, peer, ask.exchange, body, "asked", ask.timeout_ms, answered, failed)

    def _send(self, name: str, peer: Peer, send: Send) -> None:
        page = self.cutter.cut(_name(send.log), send.first, send.max_bytes, keys=self.party.ring.sequence)
        begun = self.world.now_ms
        peer.pusher.began(send.exchange, len(page))

        def answered(data, length, took_ms) -> None:
            now, answer = self._now(), wire.read_brought(data)
            if answer.receipt:
                self._receipt_came(peer, answer.receipt)
            took = int(self.world.now_ms - begun)
            if answer.fault:
                self._do(name, peer.pusher.refused(send.exchange, answer.fault, answer.cursor, now, answer.reason))
            else:
                self._do(name, peer.pusher.taken(send.exchange, answer.cursor, took, now))

        def failed() -> None:
            self._do(name, peer.pusher.failed(send.exchange, self._now()))

        self._call(name, peer, -send.exchange, page, "brought", send.timeout_ms, answered, failed)

    def _call(self, name, peer, key, body, door, timeout_ms, answered, failed) -> None:
        """One request over the line, guarded against crashes at both ends."""
        life, other = self.life, self.others[name][0]

        def mine(act):
            def inner(*args) -> None:
                if self.up and self.life == life:
                    peer.stops.pop(key, None)
                    self._guard(lambda: act(*args))

            return inner

        def serve(data, respond) -> None:
            other._guard(lambda: getattr(other, "_" + door)(self.party.name, data, respond))

        peer.stops[key] = peer.line.request(
            key % 4 if key > 0 else 4 + -key % 4, body, len(body), serve, timeout_ms=timeout_ms, answered=mine(answered),
            failed=mine(failed),
        )  # fmt: skip

    # ---- answering -------------------------------------------------------------------------------------------------
    def _asked(self, name: str, data: bytes, respond) -> None:
        peer, question = self.peers[name], wire.read_question(data)
        for note in question.receipts:
            self._receipt_came(peer, note)
        peer.ticket += 1
        peer.tickets[peer.ticket] = respond
        now = self._now()
        self._do(name, peer.server.asked(peer.ticket, question.positions, question.max_bytes, question.wait_ms, now))
        for engine in (peer.puller, peer.pusher):
            if engine:
                self._do(name, engine.alive(now))

    def _brought(self, name: str, data: bytes, respond) -> None:
        out = self._take(self.peers[name], data, None)
        note = self._receipt(out.log) if not out.fault else b""
        answer = wire.write_brought(out, note)
        if note:
            self.store.inbox.told(out.log, out.cursor)
        respond(answer, len(answer))

    def _take(self, peer: Peer, page: bytes, asked: dict[str, int] | None):
        out = take(page, peer.trusted, self.store.inbox, self._now(), asked=asked)
        self.pages_in += 1
        self.bytes_in += len(page)
        if out.fault:
            self.faults.append(f"{out.fault.value}: {out.reason}")
        elif out.new:
            self.arrivals.append((self.world.now_ms, out.log, out.cursor - out.new, out.cursor))
        return out

    def _receipt(self, log: str) -> bytes:
        return receipt.acknowledge(self.store.inbox.seen(log), self.party.keys, now_ms=self._now())

    def _receipt_came(self, peer: Peer, note: bytes) -> None:
        try:
            log = _note_log(note)
            state = self.store.logs.state(log)
            size = state.size if state else 0
            got = peer.trusted.receipt(note, size, self.store.outbox.nodes(log), own=self.party.ring)
            self.store.outbox.acknowledged(got)
        except TrustError as exc:
            self.alarms.append((log, str(exc)))
            self.store.logs.halt(log, str(exc))
        except KizunaError as exc:
            self.faults.append(f"receipt: {exc}")

    # ---- looking ---------------------------------------------------------------------------------------------------
    def told(self, log: str) -> list[bytes]:
        return [e.data for e in self.store.logs.entries(log, 0, most=10**7, max_bytes=10**10)]

    def held_count(self, log: str) -> int:
        state = self.store.logs.state(log)
        return state.size if state else 0

    def held(self, log: str) -> list[bytes]:
        return self.told(log) if self.store.logs.state(log) else []


def _name(log: str) -> LogName:
    from kizuna.share.ledger.name import parse_name

    return parse_name(log)


def _note_log(note: bytes) -> str:
    return note.partition(b"\n")[0].decode()


def _position(head: bytes) -> Position:
    import base64

    checkpoint = read_checkpoint(head)[0]
    return Position(checkpoint.size, base64.b64encode(checkpoint.root).decode())


def pair(world: World, place: Path, link: Link, **bent) -> tuple[Partner, Partner]:
    """Birch tells, cedar listens; both run. ``bent``: ``a=dict(...)``, ``b=dict(...)`` for the two."""
    birch, cedar = Party("birch", world.chance), Party("cedar", world.chance)
    a = Partner(world, birch, place / "birch", **{"pulls": False, **bent.get("a", {})})
    b = Partner(world, cedar, place / "cedar", **bent.get("b", {}))
    a.readers, b.readers = {"cedar": ["cedar"]}, {"birch": ["birch"]}
    a.meet(b, Line(link, 0) if a.pulls or a.pushes else None)
    b.meet(a, Line(link, 1) if b.pulls or b.pushes else None)
    a.start()
    b.start()
    return a, b


__all__ = ["CONTEXT", "Crash", "Fault", "InputError", "Partner", "Party", "pair"]

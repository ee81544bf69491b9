"""Kills two nodes that synchronise over loopback, at random moments, and looks whether a record is lost or there twice.

    python tests/soak/kill_sync.py --kills 1000

One process tells records without pause in three lanes, signs, and answers questions; the other asks, verifies and keeps,
and sends receipts. Engines, pages, keys, verification and store are those of the product, on real sockets and a real disk.
One of the two, by chance, is killed with SIGKILL after a random time, and started again. In the end both run until all is
there; then both stores are opened: each log must hold the same bytes in the same order, each number once, with receipts
for all of it and the root that was signed. Ids are filed some hundred at a time here, so that kills meet filing; each must
be found in the end, and once. Results: benchmarks/results/kill_sync.json.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import queue
import random
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sim.partner import CONTEXT, Party, Yes  # noqa: E402
from soak import kills as kills_  # noqa: E402
from soak.kills import get, put  # noqa: E402

from kizuna.base.errors import KizunaError  # noqa: E402
from kizuna.share import receipt, release  # noqa: E402
from kizuna.share.keys import Position  # noqa: E402
from kizuna.share.ledger.checkpoint import read_checkpoint  # noqa: E402
from kizuna.share.ledger.name import LogName, parse_name  # noqa: E402
from kizuna.share.sync import Ask, Puller, Reply, Server, wire  # noqa: E402
from kizuna.share.sync.cutting import Cutter  # noqa: E402
from kizuna.share.sync.taking import take  # noqa: E402
from kizuna.share.verify import Trusted  # noqa: E402
from kizuna.stores.shared import Told, names, open_shared  # noqa: E402

RESULTS = kills_.RESULTS / "kill_sync.json"
LANES = ("flash", "routine", "bulk")
BATCH = {"flash": 2, "routine": 30, "bulk": 400}
WAIT_MS = 2000
names.WAIT_LEAST = 300
names._MANY, names._ROOM_LEAST = 20, 1000


def record(lane: str, k: int) -> bytes:
    chance = random.Random(f"{lane}{k}")
    return b'{"v":1,"kind":"x","origin":"birch","observed_ms":%d,"body":{"l":"%s","k":%d,"d":"%s"},"context":"test"}' % (
        1_800_000_000_000 + k // 7, lane.encode(), k, chance.randbytes(chance.randrange(4, 60)).hex().encode(),
    )  # fmt: skip


def log_of(lane: str) -> LogName:
    return LogName("birch", 1, "cedar", CONTEXT, lane)


def parties(seed: int) -> tuple[Party, Party]:
    chance = random.Random(seed)
    return Party("birch", chance), Party("cedar", chance)


# ---- the one that tells ----------------------------------------------------------------------------------------------
class Teller:
    def __init__(self, place: Path, listener: socket.socket, seed: int) -> None:
        self.me, other = parties(seed)
        self.place, self.listener = place, listener
        self.store = open_shared(place / "birch", context=CONTEXT)
        self.trusted = Trusted("birch", other.ring, CONTEXT)
        self.cutter = Cutter(self.store.outbox)
        self.lock = threading.RLock()
        self.server = Server({})
        self.waiting: dict[int, tuple[threading.Event, list]] = {}
        self.ticket = 0

    def run(self) -> None:
        for state in self.store.outbox.unsigned():
            self.sign(state.name)
        for state in self.store.logs.all("out"):
            self.do(self.server.news(state.name, state.head_size))
        threading.Thread(target=self.listen, daemon=True).start()
        chance = random.Random()
        while True:
            if not (self.place / "stop").exists():
                lane = chance.choice(LANES)
                self.tell(lane, chance.randrange(1, BATCH[lane] + 1))
            time.sleep(0.002)

    def tell(self, lane: str, count: int) -> None:
        name = log_of(lane)
        own = self.store.outbox.log(name)
        box = release.Outbox(*own) if own else release.open_outbox(name, os.urandom)
        data = [record(lane, k) for k in range(box.size, box.size + count)]
        made = release.append(box, [(one, Yes()) for one in data])
        self.store.outbox.append([Told(name, made.first, data, made.nodes, made.outbox.salts)], now_ms())
        self.sign(str(name))
        with self.lock:
            self.do(self.server.news(str(name), made.outbox.size))

    def sign(self, log: str) -> None:
        box, nodes = release.Outbox(*self.store.outbox.log(parse_name(log))), self.store.outbox.nodes(log)
        mark = self.place / f"mark-{log.replace('/', '-')}"
        marks = [Position(**json.loads(mark.read_text()))] if mark.exists() else []
        head = release.sign(box, self.me.keys, marks=marks, nodes=nodes, now_ms=now_ms())
        checkpoint = read_checkpoint(head)[0]
        part = mark.with_suffix(".part")
        part.write_text(json.dumps({"size": checkpoint.size, "root": base64.b64encode(checkpoint.root).decode()}))
        part.rename(mark)
        self.store.outbox.signed(log, checkpoint.size, head, now_ms())

    def do(self, actions) -> None:
        for action in actions:
            event, answer = self.waiting.pop(action.ticket)
            answer.append(action if isinstance(action, Reply) else None)
            event.set()

    def listen(self) -> None:
        while True:
            sock, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(sock,), daemon=True).start()

    def serve(self, sock: socket.socket) -> None:
        try:
            while True:
                question = wire.read_question(get(sock))
                for note in question.receipts:
                    log = note.partition(b"\n")[0].decode()
                    size = self.store.logs.state(log).size
                    self.store.outbox.acknowledged(self.trusted.receipt(note, size, self.store.outbox.nodes(log)))
                event, answer = threading.Event(), []
                with self.lock:
                    self.ticket += 1
                    self.waiting[self.ticket] = event, answer
                    self.do(self.server.asked(self.ticket, question.positions, question.max_bytes, WAIT_MS, now_ms()))
                while not event.wait(0.5):
                    with self.lock:
                        self.do(self.server.due(now_ms()))
                reply = answer[0]
                put(
                    sock, self.cutter.cut(parse_name(reply.log), reply.first, reply.max_bytes, keys=1) if reply else b""
                )
        except OSError:
            sock.close()


# ---- the one that asks -----------------------------------------------------------------------------------------------
class Asker:
    def __init__(self, place: Path, port: int, seed: int) -> None:
        other, self.me = parties(seed)
        self.place, self.port = place, port
        self.store = open_shared(place / "cedar", context=CONTEXT)
        self.trusted = Trusted("cedar", other.ring, CONTEXT)
        self.done: queue.Queue = queue.Queue()
        self.puller = Puller(random=os.urandom, channels=2, wait_ms=WAIT_MS)

    def run(self) -> None:
        for lane in LANES:
            name = str(log_of(lane))
            state = self.store.logs.state(name)
            self.puller.follow(name, lane, state.size if state else 0)
        self.do(self.puller.due(now_ms()))
        while True:
            wait = self.puller.next_ms
            try:
                ask, owed, answer, took_ms = self.done.get(
                    timeout=0.2 if wait is None else max(0.001, (wait - now_ms()) / 1000)
                )
            except queue.Empty:
                # loopback: a node that died is back at once, so nobody waits out his whole back-off here
                self.do(self.puller.alive(now_ms()) + self.puller.due(now_ms()))
                continue
            self.came(ask, owed, answer, took_ms)

    def came(self, ask: Ask, owed, answer: bytes | None, took_ms: int) -> None:
        if answer is None:
            time.sleep(0.01)
            self.do(self.puller.failed(ask.exchange, now_ms()) + self.puller.alive(now_ms()))
            return
        for name, size in owed:
            self.store.inbox.told(name, size)
        if not answer:
            self.do(self.puller.quiet(ask.exchange, now_ms()))
            return
        self.do(self.puller.answered(ask.exchange, len(answer), took_ms))
        out = take(answer, self.trusted, self.store.inbox, now_ms(), asked=dict(ask.positions))
        if out.fault:
            (self.place / "fault").write_text(f"{out.fault}: {out.reason}")
            self.do(self.puller.refused(ask.exchange, out.log, out.fault, now_ms(), out.reason))
        else:
            self.do(self.puller.kept(ask.exchange, out.log, out.cursor, out.head, now_ms()))

    def do(self, actions) -> None:
        for action in actions:
            if isinstance(action, Ask):
                owed = [(s.name, s.size) for s in self.store.inbox.owed("birch")]
                notes = [
                    receipt.acknowledge(self.store.inbox.seen(name), self.me.keys, now_ms=now_ms()) for name, _ in owed
                ]  # fmt: skip
                threading.Thread(target=self.ask, args=(action, owed, notes), daemon=True).start()
            else:
                (self.place / "fault").write_text(str(action))

    def ask(self, ask: Ask, owed, notes) -> None:
        begun = time.monotonic()
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as sock:
                put(sock, wire.write_question(ask, notes))
                answer = get(sock)
        except OSError:
            answer = None
        self.done.put((ask, owed, answer, int((time.monotonic() - begun) * 1000)))


def now_ms() -> int:
    return time.time_ns() // 1_000_000


# ---- the one that kills ----------------------------------------------------------------------------------------------
def child(role: str, place: Path, listener: socket.socket, seed: int) -> int:
    """One of the two, from its start to its death."""

    def live() -> None:
        if role == "teller":
            Teller(place, listener, seed).run()
        port = listener.getsockname()[1]
        listener.close()
        Asker(place, port, seed).run()

    return kills_.fork(live, place, role)


def attack(kills: int, place: Path, seed: int) -> dict:
    """Kill, start again, look; what happened."""
    chance = random.Random(seed)
    place.mkdir(parents=True, exist_ok=True)
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    pids = {role: child(role, place, listener, seed) for role in ("teller", "asker")}
    killed = {"teller": 0, "asker": 0}
    begun = time.monotonic()
    for _ in range(kills):
        time.sleep(chance.uniform(0.0, 0.3))
        role = chance.choice(("teller", "asker"))
        kills_.kill(pids[role])
        killed[role] += 1
        pids[role] = child(role, place, listener, seed)
    (place / "stop").touch()
    done = settled(place, 120)
    for pid in pids.values():
        kills_.kill(pid)
    listener.close()
    wrong, counts = look(place)
    wrong += kills_.left_behind(place) + [p.read_text() for p in place.glob("fault")]
    if not done:
        wrong.append("not all had come after two minutes")
    return {
        "seed": seed, "kills": kills, "killed": killed, "records": counts, "wrong": wrong,
        "wall_s": round(time.monotonic() - begun, 1),
    }  # fmt: skip


def settled(place: Path, most_s: float) -> bool:
    """Wait until the asker holds all that was told and the teller holds the receipts."""
    until = time.monotonic() + most_s
    while time.monotonic() < until:
        time.sleep(0.5)
        with open_shared(place / "birch", context=CONTEXT) as a, open_shared(place / "cedar", context=CONTEXT) as b:
            told = {s.name: s.size for s in a.logs.all("out")}
            held = {s.name: s.size for s in b.logs.all("in")}
            acked = {name: ack["cedar"].size for name in told if (ack := a.outbox.acks(name))}
            if told == held == acked:
                return True
    return False


def look(place: Path) -> tuple[list[str], dict[str, int]]:
    """What is wrong in the two stores, and how many records each log has."""
    wrong, counts = [], {}
    with open_shared(place / "birch", context=CONTEXT) as a, open_shared(place / "cedar", context=CONTEXT) as b:
        for lane in LANES:
            name = log_of(lane)
            told, held = ([e.data for e in s.logs.entries(str(name), 0, most=10**8, max_bytes=10**11)] for s in (a, b))
            counts[lane] = len(told)
            if told != [record(lane, k) for k in range(len(told))]:
                wrong.append(f"{lane}: the teller's own log is not what it told")
            if held != told:
                wrong.append(f"{lane}: {len(told)} told, {len(held)} held, {len(set(told) - set(held))} missing")
            if len(set(held)) != len(held):
                wrong.append(f"{lane}: {len(held) - len(set(held))} doubled")
            if b.inbox.seen(str(name)).frontier != a.outbox.log(name).frontier:
                wrong.append(f"{lane}: another root")
        for store in (a, b):
            filed, ids, kept = store.database.row(
                "SELECT (SELECT count(*) FROM name), (SELECT count(DISTINCT id) FROM record), count(*) FROM record"
            )
            wanted = [hashlib.sha256(record(lane, k)).hexdigest() for lane in LANES for k in range(counts[lane])]
            found = len(store.records.many(wanted))
            if not (found == ids == kept == sum(counts.values()) and filed <= kept < filed + filed // 16 + 1000):
                wrong.append(f"{kept} records, {ids} ids, {filed} filed, {found} found")
            if store.database.row("PRAGMA integrity_check")[0] != "ok":
                wrong.append("a store is damaged")
    return wrong, counts


def main() -> None:
    args = kills_.asked(__doc__, 1000, pairs=(4, "pairs of nodes attacked one after the other"))
    try:
        with tempfile.TemporaryDirectory() as name:
            parts = [attack(args.kills // args.pairs, Path(name) / str(k), args.seed + k) for k in range(args.pairs)]
    except KizunaError as exc:
        sys.exit(str(exc))
    killed, records = kills_.added(parts, "killed"), kills_.added(parts, "records")
    doc = {"kills": sum(killed.values()), "killed": killed, "records": sum(records.values())}
    kills_.finish(RESULTS, doc, parts, args.seed)


if __name__ == "__main__":
    main()

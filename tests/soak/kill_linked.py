"""Two whole nodes that tell each other what they hear over HTTPS, killed at random moments; is a record lost or there twice?

    python tests/soak/kill_linked.py --kills 200

Each node is a process that runs what ``kizuna node run`` runs, with TLS on its page and on its line to the other; it is
forked from a process that has the libraries loaded, so that a life begins soon. Each hears three receivers over TCP
without pause, and a rule for each tells the other what it heard, in the lanes flash, routine and bulk. One of the two, by
chance, is killed with SIGKILL: three times of four within three seconds of the moment at which both have told something
since they were started, else within the first second of a new start. In the end both run until all that they stored is
told and acknowledged, and are stopped. Looked for: each log holds the same bytes at both, no record stands in two logs,
each position that was stored was told once and stands once in the other's store, every ledger verifies, nothing is
halted, and no node logged an error. Results: benchmarks/results/kill_linked.json. Ends with 1 where anything is wrong.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import random
import select
import signal
import socket
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from node.service.node_make import position  # noqa: E402
from node.share.pair import free_port, introduce, wall_ms  # noqa: E402
from soak import kills as kills_  # noqa: E402

from kizuna.node.cli import node_run  # noqa: E402
from kizuna.node.service.opening import Wanted, init_node  # noqa: E402
from kizuna.node.share.desk import agreements  # noqa: E402
from kizuna.node.share.desk.office import Office  # noqa: E402
from kizuna.node.share.files import Places  # noqa: E402
from kizuna.node.share.identity import init  # noqa: E402
from kizuna.node.share.ledgers import verify  # noqa: E402
from kizuna.node.share.partners import Partners  # noqa: E402
from kizuna.node.share.sharing import open_sharing  # noqa: E402
from kizuna.node.two_desks import processes  # noqa: E402
from kizuna.records.record import decode  # noqa: E402
from kizuna.stores.keep import open_keep  # noqa: E402

RESULTS = kills_.RESULTS / "kill_linked.json"
PARTIES: Final = ("north", "south")
LANES: Final = ("flash", "routine", "bulk")
FIRST_MMSI: Final = {"north": 201_000_000, "south": 205_000_000}
VESSELS: Final = 500
EVERY_S: Final = {"flash": 2.0, "routine": 0.2, "bulk": 0.2}
LIVE_S: Final = 3_600.0
"""Most time for something to come about, on a busy machine too."""
MEMO = """
[agreement]
id = "memo"
title.en = "All"
purpose = ["SAR"]
starts = 2020-01-01
ends = 2100-01-01
[[party]]
id = "north"
name.en = "north"
[[party]]
id = "south"
name.en = "south"
[[clause]]
id = "1"
title.en = "All"
text.en = "All."
kinds = ["*"]
lanes = ["flash", "routine", "bulk"]
"""
RULE = """
[[rule]]
id = "%(lane)s"
clause = ["memo/1"]
match = { context = ["test"], kind = ["track.position"], source = ["%(lane)s"] }
to = ["%(to)s"]
then = "release"
lane = "%(lane)s"
"""


# ---- the receivers ---------------------------------------------------------------------------------------------------
def feed(servers: dict[tuple[str, str], socket.socket], stop: Path) -> None:
    """Sends positions to whoever connects, until there is a file ``stop``. No two have the same vessel and second."""
    sent: Counter[tuple[str, str]] = Counter()
    lines: dict[tuple[str, str], socket.socket] = {}
    due = dict.fromkeys(servers, 0.0)
    names = {sock: name for name, sock in servers.items()}
    while True:
        for sock in select.select(list(names), [], [], 0.05)[0]:
            lines[names[sock]] = sock.accept()[0]
        for name, line in list(lines.items()):
            if time.monotonic() < due[name] or stop.exists():
                continue
            party, lane = name
            due[name] = time.monotonic() + EVERY_S[lane]
            vessel = sent[name] % VESSELS
            sent[name] += 1
            mmsi = FIRST_MMSI[party] + 1000 * LANES.index(lane) + vessel
            try:
                line.sendall(position(mmsi, wall_ms() // 1000, 20 + vessel % 100 * 0.05, 120 + vessel // 100 * 0.5))
            except OSError:
                lines.pop(name).close()


# ---- the process that forks nodes -------------------------------------------------------------------------------------
class Nursery:
    """It loads what nodes need, does nothing else, and forks one whenever it is asked; all of them end with it."""

    def __init__(self, place: Path) -> None:
        self._sock, theirs = socket.socketpair()

        def work() -> None:
            self._sock.close()
            processes._end_with_parent()
            processes._preload()
            while True:
                name, value = json.loads(kills_.get(theirs))
                kills_.put(theirs, json.dumps(getattr(self, f"_{name}")(place, value)).encode())

        self.pid = kills_.fork(work, place, "nursery")
        theirs.close()

    def ask(self, name: str, value: str | int) -> int:
        kills_.put(self._sock, json.dumps([name, value]).encode())
        return int(json.loads(kills_.get(self._sock)))

    def _start(self, place: Path, home: str) -> int:
        """As ``kizuna node run``; in our session, so that it has our priority."""

        def live() -> None:
            processes._end_with_parent()
            log = os.open(Path(home) / "node.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.dup2(log, 1), os.dup2(log, 2)
            try:
                node_run.run(Path(home), log_json=True)
            except SystemExit as exc:
                os._exit(exc.code if isinstance(exc.code, int) else 1)

        return kills_.fork(live, place, Path(home).name)

    def _kill(self, _: Path, pid: int) -> int:
        kills_.kill(pid)
        return 0

    def _stop(self, _: Path, pid: int) -> int:
        os.kill(pid, signal.SIGTERM)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def _ended(self, _: Path, pid: int) -> int:
        return int(os.waitpid(pid, os.WNOHANG) != (0, 0))


# ---- a node ----------------------------------------------------------------------------------------------------------
class Linked:
    """One of the two: its directory, and the process that runs in it."""

    def __init__(self, nursery: Nursery, home: Path, feeds: dict[tuple[str, str], socket.socket]) -> None:
        self.nursery, self.party, self.home = nursery, home.name, home
        party = home.name
        port = free_port()
        settings: dict[str, dict[str, Any]] = {
            "listen": {"port": free_port()},
            "sharing": {"party": party, "port": port, "addresses": [f"https://127.0.0.1:{port}"],
                        "flash_s": 0.1, "routine_s": 1.0},
        }  # fmt: skip
        sources = [
            {"id": lane, "kind": "tcp", "address": f"127.0.0.1:{sock.getsockname()[1]}", "pass_on": True,
             "pass_on_to": ["all"], "origin": "own"}
            for (of, lane), sock in feeds.items() if of == party
        ]  # fmt: skip
        self.config = init_node(self.home, Wanted(party, context="test", settings=settings, sources=sources)).config
        self.places, self.partners = Places(self.home), Partners(Places(self.home))
        init(self.places, party, "test", passphrase="a long passphrase", random=os.urandom, hosts=["127.0.0.1"],
             now=dt.datetime.now(dt.UTC))  # fmt: skip
        self.pid = 0

    def rule(self, to: str) -> None:
        """Sign the memorandum and put rules in force, as officers do."""
        with open_sharing(self.config) as sharing:
            office = Office(sharing)
            office.open()
            agreements.propose(office, MEMO, "aiko")
            text = "version = 1\n" + "".join(RULE % {"lane": lane, "to": to} for lane in LANES)
            rules = sharing.book.propose(text.encode(), "aiko", wall_ms())
            sharing.book.approve(rules.hash, "ben", wall_ms())
            sharing.book.activate(rules.hash, "aiko", wall_ms())

    def start(self) -> None:
        self.pid = self.nursery.ask("start", str(self.home))

    def kill(self) -> None:
        self.nursery.ask("kill", self.pid)

    def stop(self) -> int:
        """Ask it to stop; its exit code."""
        return self.nursery.ask("stop", self.pid)

    def sizes(self, side: str) -> dict[str, int]:
        """Entries of the logs of a side, beside the running node."""
        path = self.home / "share" / "shared-test.db"
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as db:
            return dict(db.execute("SELECT name, size FROM log WHERE side = ?", (side,)).fetchall())

    def heard(self) -> Counter[tuple[int, int]]:
        """Vessel and time of each position in its store, its own and its partner's."""
        with open_keep(self.home / "store" / "test", context="test", read_only=True) as keep:
            rows = keep.messages("fixes", None, 0, 1 << 52)
        return Counter(zip(rows["mmsi"].tolist(), rows["time_ms"].tolist(), strict=True))


def own(rows: Counter[tuple[int, int]], party: str) -> Counter[tuple[int, int]]:
    first = FIRST_MMSI[party]
    return Counter({key: n for key, n in rows.items() if first <= key[0] < first + 1000 * len(LANES)})


# ---- the one that kills ----------------------------------------------------------------------------------------------
class Attack:
    """Both nodes, their receivers, and who kills them."""

    def __init__(self, place: Path, seed: int) -> None:
        self.place, self.chance = place, random.Random(seed)
        self.killed, self.moments = Counter[str](), Counter[str]()
        self.nursery = Nursery(place)
        servers = {(p, lane): socket.create_server(("127.0.0.1", 0)) for p in PARTIES for lane in LANES}
        a, b = self.nodes = [Linked(self.nursery, place / party, servers) for party in PARTIES]
        introduce(a, b)  # type: ignore[arg-type]
        a.rule("south"), b.rule("north")
        self.feeder = kills_.fork(lambda: feed(servers, place / "stop"), place, "feeder")
        for sock in servers.values():
            sock.close()

    def on_its_way(self) -> bool:
        """Whether something told is not at the other."""
        return any(a.sizes("out") != b.sizes("in") for a, b in (self.nodes, self.nodes[::-1]))

    def exchange(self) -> None:
        """Wait until each has told something new that came to the other."""
        before = [sum(node.sizes("in").values()) for node in self.nodes]
        until(lambda: all(sum(n.sizes("in").values()) > b for n, b in zip(self.nodes, before, strict=True)), self.nodes)

    def kill(self, node: Linked, moment: str) -> None:
        self.moments["with something on its way"] += self.on_its_way()
        node.kill()
        self.killed[node.party] += 1
        self.moments[moment] += 1
        node.start()

    def run(self, kills: int, seconds: float) -> None:
        """Start both, kill and start again so often, or for so long; then let them finish and stop them."""
        until_s = time.monotonic() + seconds
        for node in self.nodes:
            node.start()
        while sum(self.killed.values()) < kills and time.monotonic() < until_s:
            node = self.chance.choice(self.nodes)
            if self.chance.random() < 0.75:
                self.exchange()
                time.sleep(self.chance.uniform(0.0, 3.0))
                self.kill(node, "in the exchange")
            else:
                time.sleep(self.chance.uniform(0.0, 1.0))
                self.kill(node, "any")
                if sum(self.killed.values()) < kills:
                    time.sleep(self.chance.uniform(0.0, 1.0))
                    self.kill(node, "in the first second")
            done = sum(self.killed.values())
            print(done, dict(self.moments), sum(sum(n.sizes("in").values()) for n in self.nodes), flush=True)
        self.exchange()
        (self.place / "stop").touch()
        until(self.settled, self.nodes, 1.0)

    def settled(self) -> bool:
        """Whether all that was stored was told, came, and was acknowledged."""
        for a, b in (self.nodes, self.nodes[::-1]):
            told = a.sizes("out")
            if told != b.sizes("in"):
                return False
            with open_sharing(a.config) as sharing:
                acks = {log: sharing.shared.outbox.acks(log) for log in told}
            if any(b.party not in ack or ack[b.party].size != told[log] for log, ack in acks.items()):
                return False
            stored = own(a.heard(), a.party)
            if sum(n for log, n in told.items() if log.startswith(f"{a.party}/")) < stored.total():
                return False
            if own(b.heard(), a.party).total() < stored.total():
                return False
        return True

    def look(self) -> tuple[list[str], dict[str, int]]:
        """What is wrong between the two that rest, and how much each told."""
        wrong, counts = [], {}
        for a, b in (self.nodes, self.nodes[::-1]):
            with open_sharing(a.config) as here, open_sharing(b.config) as there:
                wrong += [f"{a.party}: {words}" for words in verify(here)]
                told = {s.name: _entries(here, s.name) for s in here.shared.logs.all("out")}
                held = {s.name: _entries(there, s.name) for s in there.shared.logs.all("in")}
            counts[a.party] = sum(map(len, told.values()))
            wrong += [f"{log}: {len(told[log])} told, {len(held.get(log, ()))} held, in other bytes or another order"
                      for log in told if told[log] != held.get(log)]  # fmt: skip
            wrong += [f"{log}: held and never told" for log in held.keys() - told.keys()]
            data = Counter(one for log in told.values() for one in log)
            wrong += [f"{a.party}: told {n} times: {one[:200]!r}" for one, n in data.items() if n > 1]
            said = Counter(place for one in data if (place := _place(one)))
            stored, came = own(a.heard(), a.party), own(b.heard(), a.party)
            for words, there_ in (("told to", said), ("in the store of", came)):
                for key in stored.keys() | there_.keys():
                    if stored[key] != 1 or there_[key] != 1:
                        wrong.append(
                            f"{a.party}: {key} stored {stored[key]} times, {there_[key]} times {words} {b.party}"
                        )
            wrong += [f"{a.party}: {line}" for line in _errors(a.home / "node.log")]
        return wrong, counts


def _entries(sharing: Any, log: str) -> list[bytes]:
    return [e.data for e in sharing.shared.logs.entries(log, 0, most=10**8, max_bytes=10**11)]


def _place(data: bytes) -> tuple[int, int] | None:
    record = decode(data)
    return (int(record.subject[0].partition(":")[2]), record.observed_ms) if record.kind == "track.position" else None


def _errors(log: Path) -> list[str]:
    """What a node logged as wrong: alarms too. That a thread was silent for long is said of every busy machine."""
    lines = [line[:500] for line in log.read_text().splitlines() if "no sign of life" not in line]
    return [line for line in lines if any(w in line for w in ('"level": "error"', '"level": "critical"', "Traceback"))]


def until(holds: Any, nodes: list[Linked], pause_s: float = 0.1) -> None:
    """Wait until it is so; AssertionError where it does not come about, or a node ended by itself."""
    end = time.monotonic() + LIVE_S
    while not holds():
        for node in nodes:
            assert not node.nursery.ask("ended", node.pid), (
                f"{node.party} ended: {(node.home / 'node.log').read_text()[-2000:]}"
            )
        assert time.monotonic() < end, f"did not come about: {[(n.sizes('out'), n.sizes('in')) for n in nodes]}"
        time.sleep(pause_s)


def attack(kills: int, place: Path, seed: int, seconds: float = 1e9) -> dict[str, Any]:
    """Kill, start again, look; what happened."""
    begun = time.monotonic()
    both = Attack(place, seed)
    try:
        both.run(kills, seconds)
        codes = {node.party: node.stop() for node in both.nodes}
    finally:
        kills_.kill(both.feeder), kills_.kill(both.nursery.pid)
    wrong, told = both.look()
    wrong += [f"{party} ended with {code}" for party, code in codes.items() if code]
    wrong += kills_.left_behind(place)
    return {
        "killed": {party: both.killed[party] for party in PARTIES}, "moments": dict(both.moments), "told": told,
        "wrong": wrong, "wall_s": round(time.monotonic() - begun, 1),
    }  # fmt: skip


def main() -> None:
    args = kills_.asked(__doc__, 200, minutes=(10**6, "no kill after so long"))
    with tempfile.TemporaryDirectory(prefix="kizuna-linked-") as place:
        found = attack(args.kills, Path(place), args.seed, 60.0 * args.minutes)
    doc = {"kills": sum(found["killed"].values()), **{key: found[key] for key in ("killed", "moments", "told")}}
    kills_.finish(RESULTS, doc, [found], args.seed)


if __name__ == "__main__":
    main()

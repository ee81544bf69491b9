"""Four nodes in a row over lines that fail; those in the middle are killed. What the first states and recalls must arrive.

    python tests/soak/kill_onward.py --kills 400

Ash states records, birch passes them on to cedar, and cedar to dune: by grants of ash and by labels that let them go on.
Each node is a process with its keys, stores, door and desk, as in a running node; the parent carries their pages and
receipts from one to the next, loses some, brings some twice and some late and out of order, and lets a line be down for
a while. Birch or cedar, by chance, is killed with SIGKILL while it works, and started again. Meanwhile ash recalls some
of what it stated. In the end dune's line is cut, one more is recalled, and then all lines hold. Looked for: each record
stands once in each log and in its own bytes, was proved and taken in at each node, and in the picture once; what was
recalled is seen nowhere, and each hop acknowledged it, or is listed as not having done so while its line was cut.
Results: benchmarks/results/kill_onward.json. Ends with 1 where anything is wrong.
"""

from __future__ import annotations

import json
import logging
import os
import pickle
import random
import socket
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from node.share.onward_nodes import RULES, Node, agreed, confirm, made  # noqa: E402
from node.share.pair import wall_ms  # noqa: E402
from soak import kills as kills_  # noqa: E402
from soak.kills import get, put  # noqa: E402

from kizuna.node.share.desk import recalls  # noqa: E402
from kizuna.node.share.lines.page_exchange import Exchange  # noqa: E402
from kizuna.node.share.onward import grants  # noqa: E402
from kizuna.records.bodies.onward import Scope  # noqa: E402
from kizuna.records.label import EVERYBODY, Label, Reshare, Tlp  # noqa: E402
from kizuna.share.ledger.name import parse_name  # noqa: E402
from kizuna.share.page import open_page  # noqa: E402
from kizuna.share.sync import Fault  # noqa: E402
from kizuna.stores.shared import database  # noqa: E402

RESULTS = kills_.RESULTS / "kill_onward.json"
PARTIES = ("ash", "birch", "cedar", "dune")
KILLED = ("birch", "cedar")
DAY_MS = 86_400_000
FIRST_MMSI = 431_000_001
PAGE_BYTES = 6_000
"""Small, so that a page seldom reaches the head under which it is signed."""
FREE = Label(tlp=Tlp.CLEAR, rel_to=frozenset((EVERYBODY,)), reshare=Reshare.FREE, originator="ash")
FREE_RULE = """
[[rule]]
id = "free"
clause = ["memo/1"]
match = { context = ["test"], kind = ["identity.claim"], origin = ["ash"] }
to = [%(to)s]
then = "release"
label = { tlp = "CLEAR", reshare = "free" }
"""
GRANTED_RULE = """
[[rule]]
id = "onward"
clause = ["memo/1"]
match = { context = ["test"], kind = ["track.*"], origin = ["ash"] }
to = [%(to)s]
then = "release"
label = { tlp = "AMBER", reshare = "consent" }
own_grid = true
"""


# ---- one node --------------------------------------------------------------------------------------------------------
class Life:
    """One node from its start to its death. Each method answers one question of the parent."""

    def __init__(self, home: Path, party: str) -> None:
        self.node = Node(home, party).begin()
        at = PARTIES.index(party)
        self.near = [p for p in (*PARTIES[max(0, at - 1) : at], *PARTIES[at + 1 : at + 2])]
        agreed(self.node.office, *self.near)
        if self.node.sharing.book.active() is None:
            self._rules(party, PARTIES[at + 1 : at + 2])
        self.give = Exchange(self.node.sharing, lambda *_: None)

    def _rules(self, party: str, ahead: tuple[str, ...]) -> None:
        near = ", ".join(f'"{p}"' for p in self.near)
        text = (RULES % {"me": party, "to": near}).replace('"zone.claim", "identity.claim", ', "")
        if ahead:
            text += FREE_RULE % {"to": f'"{ahead[0]}"'}
            text += GRANTED_RULE % {"to": f'"{ahead[0]}"'} if party != "ash" else ""
        self.node.rules(text)

    def let(self) -> None:
        """Ash: leave for all positions, over birch to cedar and over both to dune."""
        now = self.node.sharing.now_ms()
        for to, via in (("cedar", ("birch",)), ("dune", ("birch", "cedar"))):
            scope = Scope(kinds=("track.*",), to=to, from_ms=now - DAY_MS)
            grants.give(self.node.office, grants.Wish(scope, now + DAY_MS, via), "aiko")

    def state(self, first: int, count: int) -> list[str]:
        """Ash: states records, positions and claims in turn, each of a vessel of its own; their ids."""
        out = []
        for k in range(first, first + count):
            more: dict[str, Any] = {"subject": (f"mmsi:{FIRST_MMSI + k}",)}
            if k % 2:
                body = b'{"mmsi":%d,"name":"ASAHI %d"}' % (FIRST_MMSI + k, k)
                out.append(self.node.state("identity.claim", "birch", body=body, label=FREE, geo=(), **more))
            else:
                out.append(self.node.state("track.position", "birch", **more))
        return out

    def recall(self, names: list[str]) -> str:
        return recalls.recall(self.node.office, names, "", "hide", "error", "", "aiko")[0]

    def hops(self, name: str) -> dict[str, str]:
        self.node.office.deliver()
        return {hop.party: hop.state for hop in recalls.hops(self.node.office, name)}

    def confirm(self, party: str) -> None:
        confirm(self.node, party)

    def positions(self, partner: str) -> dict[str, int]:
        return {s.name: s.size for s in self.node.sharing.shared.logs.all("in", partner)}

    def pages(self, reader: str, held: dict[str, int]) -> list[bytes]:
        out = []
        for state in self.node.sharing.shared.logs.all("out"):
            first = held.get(state.name, 0)
            while state.peer in self.node.sharing.audiences(reader) and first < state.head_size:
                out.append(self.give.cut(reader, state.name, first, PAGE_BYTES))
                first = open_page(out[-1]).end
        return out

    def take(self, partner: str, page: bytes) -> str:
        out = self.give.take(partner, page, direct=False)
        return f"{out.log}: {out.reason}" if out.fault is Fault.HALTED else ""

    def owed(self, partner: str) -> list[bytes]:
        return self.give.owed(partner)[1]

    def receipts(self, partner: str, notes: list[bytes]) -> None:
        self.give.receipts(partner, notes)

    def work(self) -> bool:
        """What threads of a running node do in between; whether anything was left to do."""
        busy = self.node.arrivals.step()
        while self.node.arrivals.step():
            pass
        self.node.office.tend()
        return busy

    def look(self, names: list[str], end_ms: int) -> dict[str, Any]:
        """Everything about these records here, and all that is halted."""
        shared, among = self.node.sharing.shared, set(names)
        where: Counter[tuple[str, str]] = Counter()
        for state in shared.logs.all():
            log = parse_name(state.name)
            for entry in shared.logs.entries(state.name, 0, most=10**6, max_bytes=1 << 30):
                if entry.id in among:
                    where[log.origin if state.side == "in" else log.audience, entry.id] += 1
        rows = {k: self.node.keep.track(FIRST_MMSI + k, end_ms - DAY_MS, end_ms) for k in range(len(names))}
        return {
            "where": dict(where),
            "held": {name for _, name in where},
            "bytes": {n: held.data for n, held in shared.records.many(names).items()},
            "carried": {n: row.state for n in names if (row := shared.carried.get(n)) is not None},
            "rows": {k: len(found) for k, found in rows.items()},
            "seen": {k: len(self.node.office.hidden.seen(found)) for k, found in rows.items()},
            "hidden": {n for n in names if self.node.office.is_recalled(n)},
            "halted": [s.name for s in shared.logs.all() if s.halted],
        }  # fmt: skip


def live(home: Path, party: str, sock: socket.socket) -> None:
    """Answer the parent until killed. SIGKILL takes nothing from the operating system: nobody waits for the disk."""
    os.fsync = lambda _: None  # type: ignore[assignment]
    connected = database._connected
    database._connected = lambda path, *, durable: connected(path, durable=False)
    logging.disable(logging.CRITICAL)
    life = Life(home, party)
    while True:
        name, args = pickle.loads(get(sock))
        put(sock, pickle.dumps(getattr(life, name)(*args)))


# ---- the parent ------------------------------------------------------------------------------------------------------
class Row:
    """The four, the lines between them, and who kills them."""

    def __init__(self, homes: Path, seed: int, kills: int) -> None:
        self.homes, self.chance, self.kills = homes, random.Random(seed), kills
        self.killed, self.lost, self.wrong = dict.fromkeys(KILLED, 0), Counter[str](), list[str]()
        self.pids: dict[str, int] = {}
        self.socks: dict[str, socket.socket] = {}
        self.late: list[tuple[str, str, bytes]] = []
        self.bad, self.cut = False, set[frozenset[str]]()
        for party in PARTIES:
            self.begin(party)

    def begin(self, party: str) -> None:
        mine, theirs = socket.socketpair()

        def work() -> None:
            mine.close()
            live(self.homes / party, party, theirs)

        pid = kills_.fork(work, self.homes, party)
        theirs.close()
        self.pids[party], self.socks[party] = pid, mine

    def end(self, party: str) -> None:
        kills_.kill(self.pids[party])
        self.socks[party].close()

    def ask(self, party: str, name: str, *args: Any) -> Any:
        """What a node answers; None where it was killed meanwhile."""
        put(self.socks[party], pickle.dumps((name, args)))
        if self.bad and party in KILLED and self.chance.random() < 0.03 and sum(self.killed.values()) < self.kills:
            time.sleep(self.chance.uniform(0.0, 0.03))
            self.end(party)
            self.killed[party] += 1
            self.begin(party)
            return None
        return pickle.loads(get(self.socks[party]))

    # ---- lines -------------------------------------------------------------------------------------------------------
    def loses(self, what: str, share: float = 0.3) -> bool:
        lost = self.bad and self.chance.random() < share
        self.lost[what] += lost
        return lost

    def hop(self, giver: str, taker: str) -> None:
        """One question of ``taker``, its answers, and receipts on the way back."""
        if {giver, taker} in self.cut or self.loses("questions"):
            return
        held = self.ask(taker, "positions", giver)
        pages = self.ask(giver, "pages", taker, held) if held is not None else None
        for page in pages or ():
            if self.loses("pages"):
                break
            if self.bad and self.chance.random() < 0.1:
                self.late.append((giver, taker, page))
                self.lost["late"] += 1
                continue
            for _ in range(2 if self.bad and self.chance.random() < 0.1 else 1):
                self.take(giver, taker, page)
        notes = self.ask(taker, "owed", giver)
        if notes and not self.loses("receipts"):
            self.ask(giver, "receipts", taker, notes)

    def take(self, giver: str, taker: str, page: bytes) -> None:
        if fault := self.ask(taker, "take", giver, page):
            self.wrong.append(f"{taker}: {fault}")

    def round(self) -> None:
        """Every line once in each direction, and what came late."""
        hops = [p for a, b in zip(PARTIES, PARTIES[1:], strict=False) for p in ((a, b), (b, a))]
        self.chance.shuffle(hops)
        for giver, taker in hops:
            self.hop(giver, taker)
            self.ask(taker, "work")
        if self.late and self.chance.random() < 0.5:
            self.take(*self.late.pop(self.chance.randrange(len(self.late))))

    def settle(self, done: Any, rounds: int = 60) -> bool:
        """Rounds over lines that hold, until it is so."""
        self.bad = False
        for _ in range(rounds):
            self.round()
            if done():
                return True
        return False


def attack(kills: int, homes: Path, seed: int, *, most_rounds: int = 100_000) -> dict[str, Any]:
    """State, recall, lose, kill; then look. What happened."""
    begun = time.monotonic()
    row = Row(homes, seed, kills)
    row.ask("ash", "let")
    names: list[str] = row.ask("ash", "state", 0, 2)
    for party in ("cedar", "dune"):
        for _ in range(3):
            row.round()
        row.ask(party, "confirm", "ash")
    recalled: dict[str, list[str]] = {}
    pending, rounds, row.bad = 0, 0, True
    while sum(row.killed.values()) < kills and rounds < most_rounds:
        rounds += 1
        if row.chance.random() < 0.5:
            names += row.ask("ash", "state", len(names), row.chance.randrange(1, 40))
        if row.chance.random() < 0.08:
            some = row.chance.sample(names, min(len(names), row.chance.randrange(1, 4)))
            recalled[row.ask("ash", "recall", some)] = some
        if row.chance.random() < 0.05:
            one = row.chance.randrange(3)
            row.cut ^= {frozenset(PARTIES[one : one + 2])}
        row.round()
        for name in list(recalled)[-2:]:
            hops = row.ask("ash", "hops", name)
            pending += sum(state != "acknowledged" for state in hops.values())
    row.cut = {frozenset(("cedar", "dune"))}
    last = row.ask("ash", "recall", [names[0]])
    recalled[last] = [names[0]]
    near = {"birch": "acknowledged", "cedar": "acknowledged"}
    if not row.settle(lambda: near.items() <= row.ask("ash", "hops", last).items()):
        row.wrong.append(f"the last recall stands at {row.ask('ash', 'hops', last)} while dune is cut off")
    if row.ask("ash", "hops", last).get("dune", "pending") == "acknowledged":
        row.wrong.append("dune acknowledged over a line that is cut")
    at_cut = row.ask("ash", "hops", last)
    row.cut = set()
    gone = {n for some in recalled.values() for n in some}
    row.settle(lambda: not open_hops(row, recalled) and not missing(row, names, gone))
    row.wrong += open_hops(row, recalled) + found_wrong(row, names, gone)
    for party in PARTIES:
        row.end(party)
    row.wrong += kills_.left_behind(homes)
    return {
        "seed": seed, "kills": sum(row.killed.values()), "killed": row.killed, "records": len(names),
        "recalls": len(recalled), "recalled": len(gone), "rounds": rounds, "lost_on_lines": dict(row.lost),
        "hops_seen_open": pending, "hops_while_cut": at_cut, "wrong": row.wrong,
        "wall_s": round(time.monotonic() - begun, 1),
    }  # fmt: skip


def open_hops(row: Row, recalled: dict[str, list[str]]) -> list[str]:
    """Recalls that did not arrive at everybody who has what they name."""
    looks = {p: row.ask(p, "look", [n for some in recalled.values() for n in some], 0)["held"] for p in PARTIES[1:]}
    wrong = []
    for name, some in recalled.items():
        hops = row.ask("ash", "hops", name)
        late = [p for p, held in looks.items() if held.intersection(some) and p not in hops]
        late += [p for p, state in hops.items() if state != "acknowledged"]
        wrong += [f"a recall of {len(some)} did not arrive at {', '.join(late)}"] if late else []
    return wrong


def missing(row: Row, names: list[str], gone: set[str]) -> list[str]:
    """Records that dune has not taken in."""
    carried = row.ask("dune", "look", names, wall_ms())["carried"]
    return [n for n in names if n not in gone and carried.get(n) != "taken"]


def found_wrong(row: Row, names: list[str], gone: set[str]) -> list[str]:
    """What is lost, doubled or bent, at each node."""
    wrong = []
    looks = {party: row.ask(party, "look", names, wall_ms()) for party in PARTIES}
    for party, look in looks.items():
        at = PARTIES.index(party)
        near = [*PARTIES[max(0, at - 1) : at], *PARTIES[at + 1 : at + 2]]
        wrong += [f"{party}: {log} is halted" for log in look["halted"]]
        for k, name in enumerate(names):
            says = f"{party}: record {k}"
            for other in near:
                times = look["where"].get((other, name), 0)
                if times > 1 or (times < 1 and name not in gone):
                    wrong.append(f"{says} stands {times} times in the log with {other}")
            if name not in gone and look["bytes"].get(name) != looks["ash"]["bytes"][name]:
                wrong.append(f"{says} is not in its bytes")
            if party == "ash":
                continue
            if name not in gone and at > 1 and look["carried"].get(name) != "taken":
                wrong.append(f"{says} was not taken in")
            if name in gone and name in look["held"] and name not in look["hidden"]:
                wrong.append(f"{says} was recalled and is not hidden")
            rows, seen = look["rows"][k], look["seen"][k]
            due = int(k % 2 == 0)
            if (name in gone and (rows > due or seen)) or (name not in gone and (rows, seen) != (due, due)):
                wrong.append(f"{says} has {rows} rows in the picture, {seen} of them seen")
    return wrong


def main() -> None:
    args = kills_.asked(__doc__, 400, rows=(4, "rows of nodes attacked one after the other"))
    parts = []
    for k in range(args.rows):
        with tempfile.TemporaryDirectory() as place:
            parts.append(attack(args.kills // args.rows, made(Path(place), *PARTIES), args.seed + k))
        print(json.dumps(parts[-1]), flush=True)
    total = {key: sum(p[key] for p in parts) for key in ("kills", "records", "recalls", "recalled", "hops_seen_open")}
    doc = {
        **total, "killed": kills_.added(parts, "killed"), "lost_on_lines": kills_.added(parts, "lost_on_lines"),
        "hops_while_cut": [p["hops_while_cut"] for p in parts],
    }  # fmt: skip
    kills_.finish(RESULTS, doc, parts, args.seed)


if __name__ == "__main__":
    main()

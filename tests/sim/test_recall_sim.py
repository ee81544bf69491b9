"""Recall over whole nodes: real pages, real stores, bad links, virtual time; one node is away for a day."""

from __future__ import annotations

import os
import random

import pytest
from sim import cargo
from sim.link import Conditions, Line, Link
from sim.partner import CONTEXT, Partner, Party
from sim.virtual import World

from kizuna.records.record import decode, record_id
from kizuna.share.recall import Holding, Recalls

HOUR_MS = 3_600_000.0
DAY_MS = 24 * HOUR_MS
SEED = int(os.environ.get("KIZUNA_SIM_SEED", "0")) or random.SystemRandom().randrange(1, 10**9)
LINKS = (("ash", "birch"), ("birch", "cedar"), ("cedar", "dune"), ("birch", "elm"))


class Holder(Partner):
    """A node with a desk of recalls. The proof of a carried recall's originator is that it stands in its log."""

    def __init__(self, world, party, place) -> None:
        super().__init__(world, party, place)
        self.recalls = Recalls(party.name, CONTEXT)
        self.passed: dict[str, set[str]] = {}
        self.heard: dict[str, bytes] = {}
        self.hidden_at: dict[str, float] = {}

    def tell(self, data: bytes, to: str) -> None:
        self.heard[record_id(data)] = data
        self.passed.setdefault(record_id(data), set()).add(to)
        self.release(to, "routine", [data])

    def holdings(self, name: str) -> Holding | None:
        data = self.heard.get(name)
        return None if data is None else Holding(decode(data).origin, frozenset(self.passed.get(name, ())))

    def post(self, outcome) -> None:
        for bar in outcome.barred:
            self.hidden_at.setdefault(bar.record_id, self.world.now_ms)
        for send in outcome.send:
            self.world.after(1, lambda send=send: self.release(send.to, "flash", [send.data]))

    def _take(self, peer, page, asked):
        out = super()._take(peer, page, asked)
        if not out.fault and out.new:
            for data in self.held(out.log)[out.cursor - out.new :]:
                self.arrived(data, peer.other.name)
        return out

    def arrived(self, data: bytes, sender: str) -> None:
        record = decode(data)
        if record.kind == "recall":
            self.post(self.recalls.take(data, record.origin, sender, self.holdings, self._now()))
        elif record.kind == "recall.ack":
            self.post(self.recalls.take_answer(data, sender, self._now()))
        else:
            self.heard[record_id(data)] = data

    def shows(self, name: str) -> bool:
        return name in self.heard and self.recalls.barred(name, decode(self.heard[name]).origin) is None


def forest(world, place) -> tuple[dict[str, Holder], dict[tuple[str, str], Link]]:
    nodes = {n: Holder(world, Party(n, world.chance), place / n) for n in ("ash", "birch", "cedar", "dune", "elm")}
    links = {}
    for one, two in LINKS:
        link = links[one, two] = Link(world, Conditions(rate_bps=64_000, latency_ms=300, loss=0.1, reorder=0.1))
        for k, (a, b) in enumerate(((one, two), (two, one))):
            nodes[a].meet(nodes[b], Line(link, k))
            nodes[a].readers[b] = [b]
    for node in nodes.values():
        node.start()
    return nodes, links


@pytest.mark.slow
def test_recall_over_five_nodes_three_hops_and_one_away_for_a_day(tmp_path):
    print(f"KIZUNA_SIM_SEED={SEED}")
    world = World(SEED)
    nodes, links = forest(world, tmp_path)
    data = [cargo.position(k, world.chance, "ash", "birch") for k in range(20)]
    names = [record_id(each) for each in data]
    for giver, taker in LINKS:  # handed on without a change, down every way
        for each in data:
            nodes[giver].tell(each, taker)
        world.run(world.now_ms + 0.2 * HOUR_MS)
    assert all(node.shows(name) for node in nodes.values() for name in names)
    links["birch", "cedar"].up = links["cedar", "dune"].up = False  # cedar is away
    recall, outcome = nodes["ash"].recalls.ask(names[:10], "error", nodes["ash"].holdings, 0)
    nodes["ash"].post(outcome)
    name = record_id(recall)
    world.run(world.now_ms + DAY_MS)

    def states():
        return {hop.party: (hop.depth, hop.state) for hop in nodes["ash"].recalls.table(name)}

    assert states() == {"birch": (1, "acknowledged"), "cedar": (2, "pending"), "elm": (2, "acknowledged")}
    shown = {n: sum(node.shows(each) for each in names) for n, node in nodes.items()}
    assert shown == {"ash": 10, "birch": 10, "elm": 10, "cedar": 20, "dune": 20}
    links["birch", "cedar"].up = links["cedar", "dune"].up = True
    world.run(world.now_ms + HOUR_MS)
    assert states() == {
        "birch": (1, "acknowledged"),
        "cedar": (2, "acknowledged"),
        "elm": (2, "acknowledged"),
        "dune": (3, "acknowledged"),
    }
    for n, node in nodes.items():
        assert [node.shows(each) for each in names] == [False] * 10 + [True] * 10, n
        if n != "ash":  # hidden in the very moment in which the page came
            pages = {at for at, log, _, _ in node.arrivals if log.endswith("/flash")}
            assert len(node.hidden_at) == 10 and set(node.hidden_at.values()) <= pages
        assert not node.alarms and not node.faults
    assert nodes["ash"].recalls.open() == ()

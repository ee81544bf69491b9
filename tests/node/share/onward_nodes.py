"""Several whole nodes without sockets: real keys, stores, doors, desks and arrivals; real pages go from hand to hand."""

import shutil
from pathlib import Path

import msgspec

from kizuna.node.share.arrivals import Arrivals
from kizuna.node.share.desk.office import Office
from kizuna.node.share.onward import grants
from kizuna.node.share.lines.page_exchange import Exchange
from kizuna.records.label import Label, Reshare, Tlp
from kizuna.records.record import Record, encode, record_id
from kizuna.share.ledger.name import parse_name
from node.share.pair import Side, agreed, introduce, wall_ms

POSITION = b'{"s":7.0,"c":90.0}'
RULES = """
version = 1
[[rule]]
id = "own"
clause = ["memo/1"]
match = { context = ["test"], kind = ["track.*", "event.*", "zone.claim", "identity.claim", "cti.stix"], origin = ["%(me)s"] }
to = [%(to)s]
then = "release"
label = { tlp = "AMBER", reshare = "consent" }
own_grid = true
[[rule]]
id = "words"
clause = ["memo/1"]
match = { context = ["test"], kind = ["grant", "consent.request"] }
to = [%(to)s]
then = "release"
"""
ONWARD = """
[[rule]]
id = "onward"
clause = ["memo/1"]
match = { context = ["test"], kind = ["*"], origin = ["%(of)s"] }
to = [%(to)s]
then = "release"
label = { tlp = "AMBER", reshare = "consent" }
own_grid = true
"""


class Node(Side):
    """One node with its desk. ``clock`` may be moved on by hours."""

    def __init__(self, home: Path, party: str) -> None:
        home.mkdir(parents=True, exist_ok=True)
        super().__init__(home, party, 0)
        self.ahead_ms = 0
        self.alarms: list[str] = []

    def begin(self) -> "Node":
        self.open()
        self.sharing.now_ms = self.sharing.door.house.now_ms = lambda: wall_ms() + self.ahead_ms
        self.office = Office(self.sharing)
        self.office.open()
        self.arrivals = Arrivals(
            self.sharing, self.keep, None, lambda p, _log, words: self.alarms.append(f"{p}: {words}")
        )
        return self

    def again(self) -> "Node":
        """The same after a restart, from what is kept alone."""
        self.end()
        return self.begin()

    def end(self) -> None:
        self.office.close()
        self.stop()

    def state(self, kind: str, to: str, *, body: bytes = POSITION, **more: object) -> str:
        """State something oneself, and tell it a partner; its id."""
        label = more.pop("label", None) or Label(tlp=Tlp.AMBER, rel_to=frozenset((to,)), reshare=Reshare.CONSENT)
        given = {
            "subject": ("mmsi:431000001",),
            "geo": (123.5, 24.5),
            "observed_ms": self.sharing.now_ms() - 1000,
            **more,
        }
        data = encode(
            Record(kind=kind, origin=self.party, body=msgspec.Raw(body), label=label, context="test", **given)
        )
        decision = self.sharing.say(data, to)
        assert decision.released, decision
        return record_id(data)

    def told(self, to: str) -> list[str]:
        """Ids of everything in the logs to an audience."""
        logs = [s.name for s in self.sharing.shared.logs.all("out") if parse_name(s.name).audience == to]
        return [e.id for log in logs for e in self.sharing.shared.logs.entries(log, 0, most=9999, max_bytes=1 << 30)]


def sync(a: Node, b: Node) -> int:
    """Everything that a has for b, by its pages; b arrives at all of it, and a learns that it did."""
    give, take, new = Exchange(a.sharing, print), Exchange(b.sharing, print), 0
    if b.party not in {k.id for k in a.partners.all()}:
        return 0
    for state in a.sharing.shared.logs.all("out"):
        if state.peer in a.sharing.audiences(b.party):
            held = b.sharing.shared.logs.state(state.name)
            for page in give.pages(b.party, state.name, held.size if held else 0, state.head_size):
                out = take.take(a.party, page)
                assert out.fault is None, out
                new += out.new
    _, notes = take.owed(a.party)
    give.receipts(b.party, notes)
    while b.arrivals.step():
        pass
    b.office.tend()
    return new


def meet(*nodes: Node) -> None:
    """Everything goes everywhere until nothing has moved in two rounds: what came last may let in what came before."""
    quiet = 0
    while quiet < 2:
        quiet = 0 if sum(sync(a, b) for a in nodes for b in nodes if a is not b) else quiet + 1


def made(tmp: Path, *parties: str) -> Path:
    """Homes of nodes in a row, with keys and introductions between neighbours; made once, copied for each test."""
    nodes = [Node(tmp / party, party) for party in parties]
    for one, two in zip(nodes, nodes[1:], strict=False):
        introduce(one, two)
    return tmp


def chain(homes: Path, tmp: Path, *parties: str) -> list[Node]:
    """Nodes in a row: each knows its neighbours alone, has an agreement with them and tells them what it states."""
    for party in parties:
        shutil.copytree(homes / party, tmp / party)
    nodes = [Node(tmp / party, party) for party in parties]
    for k, node in enumerate(nodes):
        node.begin()
        near = [n.party for n in (*nodes[max(0, k - 1) : k], *nodes[k + 1 : k + 2])]
        agreed(node.office, *near)
        node.rules(RULES % {"me": node.party, "to": ", ".join(f'"{p}"' for p in near)})
    return nodes


def confirm(node: Node, party: str) -> None:
    """An officer confirms the root key of a party that only carriers told of."""
    [found] = [s for s in node.office.proofs.strangers() if s.party == party]
    grants.confirm(node.office, party, found.fingerprint, "mei")


def onward(node: Node, of: str, *to: str) -> None:
    """New rules: what ``of`` states may go on to these."""
    near = ", ".join(f'"{k.id}"' for k in node.partners.all())
    node.rules(RULES % {"me": node.party, "to": near} + ONWARD % {"of": of, "to": ", ".join(f'"{p}"' for p in to)})

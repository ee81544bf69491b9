"""A whole party in memory for tests of the ledger: its keys, its logs, and the pages that it would send."""

from __future__ import annotations

import base64
import random as chance
from dataclasses import dataclass, field

from kizuna.share import receipt, release
from kizuna.share.keys import KeyRing, Position
from kizuna.share.ledger import merkle
from kizuna.share.ledger.merkle import NodeList
from kizuna.share.ledger.name import LogName
from kizuna.share.page import Erased
from kizuna.share.seal import new_key
from kizuna.share.verify import Seen, Trusted

NOW_MS = 1_790_000_000_000


@dataclass
class Yes:
    """A decision to release."""

    verdict: str = "release"


def record(i, context="real", origin="harbour", **more):
    extra = "".join(f',"{k}":"{v}"' for k, v in more.items())
    mark = "" if context == "real" else f',"context":"{context}"'
    return (
        f'{{"v":1,"kind":"track.position","origin":"{origin}","subject":["mmsi:{431000000 + i % 997}"],'
        f'"observed_ms":{NOW_MS + i * 1000}{extra}{mark}}}'
    ).encode()


@dataclass
class Log:
    """One log as its owner has it."""

    box: release.Outbox
    nodes: NodeList = field(default_factory=NodeList)
    records: list = field(default_factory=list)
    marks: list = field(default_factory=list)
    heads: dict = field(default_factory=dict)


class Party:
    """``Party("harbour", seed)``: same seed, same keys."""

    def __init__(self, name, seed=1, kind="real"):
        self.name, self.kind = name, kind
        self.random = chance.Random(f"{name} {seed}").randbytes
        self.root = new_key("root", "real", self.random)
        self.keys = self.new_keys()
        self.manifests = [receipt.first_manifest(name, self.root, self.keys.listed())]
        self.ring = KeyRing(name, self.root.public).accept(self.manifests[0])
        self.logs = {}

    def new_keys(self):
        return release.Keys(self.name, *(new_key(use, self.kind, self.random) for use in ("page", "node", "box")))

    def publish(self, data):
        self.ring = self.ring.accept(data)
        self.manifests.append(data)

    def log(self, name):
        if name not in self.logs:
            self.logs[name] = Log(release.open_outbox(name, self.random))
        return self.logs[name]

    def tell(self, name, records, now_ms=NOW_MS):
        """Append, store, sign."""
        log = self.log(name)
        added = release.append(log.box, [(r, Yes()) for r in records])
        log.box = added.outbox
        log.nodes.extend(added.nodes)
        log.records += records
        return self.sign(name, now_ms)

    def set_back(self, name, size, to):
        """The log set back to ``size`` records, and gone on otherwise to ``to``; it stays the party's log. The new one."""
        whole, kept = self.log(name), merkle.nodes_before(size)
        box = release.Outbox(name, merkle.frontier_at(size, whole.nodes), whole.box.salts)
        self.logs[name] = other = Log(box, NodeList(whole.nodes.read(range(kept))), whole.records[:size])
        self.tell(name, [record(i, unit="other") for i in range(size, to)])
        return other

    def sign(self, name, now_ms=NOW_MS):
        log = self.log(name)
        head = release.sign(log.box, self.keys, marks=log.marks, nodes=log.nodes, now_ms=now_ms)
        log.marks.append(self.position(name))
        log.heads[log.box.size] = head
        return head

    def position(self, name, size=None):
        log = self.log(name)
        front = merkle.frontier_at(log.box.size if size is None else size, log.nodes)
        return Position(front.size, base64.b64encode(front.root).decode())

    def page(self, name, first=0, end=None, head=None, **more):
        log = self.log(name)
        head = head or log.heads[max(log.heads)]
        records = log.records[first:end]
        return release.cut(log.box, first, records, head, log.nodes, keys=self.ring.sequence, **more)

    def erase(self, name, numbers):
        from kizuna.share.ledger.leaf import commitment

        log = self.log(name)
        salts = log.box.salts.read(0, log.box.size)
        for n in numbers:
            log.records[n] = Erased(commitment(salts[n], log.records[n]))
        log.box = release.erase(log.box, numbers)

    def trusts(self, other, context="real", **more):
        return Trusted(self.name, KeyRing(other.name, other.root.public).accept(other.manifests[0]), context, **more)


class Shelf:
    """What a receiver keeps of one log."""

    def __init__(self, name):
        self.seen, self.nodes, self.records, self.aside = Seen(name), NodeList(), [], []
        self.salts = None

    def take(self, trusted, data, **more):
        got = trusted.page(data, self.seen, self.nodes, **more)
        self.seen = Seen.decode(got.seen.encode())
        self.nodes.extend(got.nodes)
        self.records += got.records
        self.aside += got.set_aside
        self.salts = got.salts if self.salts is None else self.salts.joined(got.salts)
        return got


REAL = LogName("harbour", 1, "cape", "real", "routine")

"""Two nodes in one process, without network: real keys, stores, doors and desks; pages go from hand to hand."""

import os
import shutil
from dataclasses import dataclass, field

from kizuna.base.units import DAY_MS
from kizuna.node.share.door import Door, House
from kizuna.node.share.files import Places
from kizuna.node.share.identity import Marks, init, load
from kizuna.node.share.partners import Partners, introduced
from kizuna.node.share.rulebook import RuleBook
from kizuna.node.share.sharing import Received
from kizuna.records.partner import directory
from kizuna.records.record import decode, record_id
from kizuna.share.columns import Terms
from kizuna.share.verify import Receipt
from kizuna.share.ledger.name import parse_name
from kizuna.stores.shared import open_shared

T0 = 1_796_000_000_000  # 2026-11-29
MEMO = """
[agreement]
id = "memo"
title.en = "Rescue at sea"
title.ja = "海上救助"
title.zh-Hant = "海上救援"
purpose = ["SAR", "Safety"]
starts = 2026-01-01
ends = 2028-01-01
[[party]]
id = "north"
name.en = "North Coast Guard"
name.ja = "北部海上保安機関"
name.zh-Hant = "北部海巡機關"
[[party]]
id = "south"
name.en = "South Maritime Service"
name.ja = "南部海事庁"
name.zh-Hant = "南部海事署"
[[clause]]
id = "1"
title.en = "Positions"
title.ja = "船位"
title.zh-Hant = "船位"
text.en = "Positions of vessels are told, coarse."
text.ja = "船位を粗くして提供する。"
text.zh-Hant = "船位以概略方式提供。"
kinds = ["track.position", "detection", "event.*", "request", "answer", "request.end", "grant", "consent.request"]
lanes = ["flash", "routine"]
[[clause]]
id = "2"
title.en = "Distress at once"
title.ja = "遭難情報の即時通報"
title.zh-Hant = "遇險立即通報"
text.en = "A distress is passed at once, and reviewed by a second officer."
text.ja = "遭難は直ちに通報し、別の職員が審査する。"
text.zh-Hant = "遇險應立即通報,並由另一名人員審查。"
purpose = ["SAR"]
kinds = ["incident.*", "track.position", "detection"]
lanes = ["flash", "routine"]
distress = true
retain_days = 365
"""
RULES = """
version = 1
[[rule]]
id = "positions"
clause = ["memo/1"]
match = { kind = ["track.position"], source = ["feed"] }
to = ["OTHER"]
then = "release"
transform = ["coarsen_position cell_m=1000"]
[[rule]]
id = "words"
clause = ["memo/1"]
match = { kind = ["request", "answer", "grant", "consent.request"] }
to = ["OTHER"]
then = "release"
[[rule]]
id = "rescue-positions"
clause = ["memo/2"]
match = { kind = ["track.position", "detection"], source = ["feed"], tag = ["distress"] }
to = ["OTHER"]
then = "release"
label = { purpose = ["SAR"], retain_d = 365 }
"""
CASES = """
[[rule]]
id = "cases"
clause = ["memo/2"]
match = { kind = ["incident.*"], tag = ["distress", "cable", "encounter", "other"] }
to = ["OTHER"]
then = "release"
label = { purpose = ["SAR"], retain_d = 365 }
"""


class Clock:
    def __init__(self, now=T0):
        self.now = now

    def __call__(self):
        self.now += 1
        return self.now


@dataclass
class StandIn:
    """Sharing without lines: what ``node.share.sharing.Sharing`` is to the desk."""

    home: object
    party: str
    clock: Clock
    context: str = "real"
    handlers: list = field(default_factory=list)
    read: dict = field(default_factory=dict)

    def __post_init__(self):
        self.places = Places(self.home)
        self.identity = load(self.places, self.party, self.party.title(), self.context)
        self.shared = open_shared(self.places.shared, context=self.context, durable=False)
        self.partners, self.book, self.now_ms = Partners(self.places), RuleBook(self.shared), self.clock
        terms = {"feed": Terms(True, frozenset({"all"}))}
        self.door = Door(House(self.identity, self.shared, Marks(self.places.marks(self.context)), self.who, self.rules,
                               terms, (), bytes(range(32)), os.urandom, self.clock))  # fmt: skip
        self.version, self.bound = 0, lambda rules: rules
        self.addresses = (f"https://{self.party}.test:9443",)

    def who(self):
        return directory(self.party, [k.partner for k in self.partners.all()])

    def rules(self):
        found = self.book.active()
        return None if found is None else self.bound(found)

    def say(self, data, to, *, lane="", tag=frozenset()):
        return self.door.say(data, self.door.facts(decode(data), tag), to, lane=lane)

    def on(self, prefix, handler):
        self.handlers.append((prefix, handler))

    def health(self):
        link = {"state": "up", "last_heard_ms": self.clock.now, "behind": 0, "lanes": {"flash": 0, "routine": 0, "bulk": 0},
                "to_come": 0, "ahead_s": 0, "why": ""}  # fmt: skip
        return [{"id": k.id, "title": k.title, "state": k.state, "why": k.why, "link": link, "told": 0, "received": 0,
                 "audiences": [k.id], "tlp_max": k.tlp_max, "caveats": [], "communities": [], "purposes": list(k.purposes),
                 "addresses": list(k.addresses), "introduced_ms": k.introduced_ms, "by": k.by} for k in self.partners.all()]  # fmt: skip

    def close(self):
        self.shared.close()


def nodes(directory_, made):
    """Two nodes that know each other. ``made``: a directory with their keys, made once."""
    sides = []
    for party in ("north", "south"):
        home = directory_ / party
        shutil.copytree(made / party, home)
        sides.append(StandIn(home, party, Clock()))
    for a, b in (sides, sides[::-1]):
        a.partners.put(introduced(b.identity.card(b.addresses), T0, "aiko"))
        a.partners.change(b.party, purposes=["SAR", "Safety"])
    return sides


def make_keys(directory_):
    import datetime as dt

    for party in ("north", "south"):
        init(Places(directory_ / party), party, "real", passphrase="a long passphrase", random=os.urandom,
             hosts=["127.0.0.1"], now=dt.datetime(2026, 11, 1, tzinfo=dt.UTC))  # fmt: skip
    return directory_


def in_force(side, other, text=RULES + CASES, people=("aiko", "bo")):
    """Rules that two people put in force."""
    rules = side.book.propose(text.replace("OTHER", other).encode(), people[0], side.clock())
    side.book.approve(rules.hash, people[1], side.clock())
    side.book.activate(rules.hash, people[1], side.clock())


def carry(a, b, *, receipts=True, most=None):
    """Everything that a told b and b has not got; with receipts, a learns that b has it."""
    moved = 0
    for state in a.shared.logs.all("out"):
        if state.peer != b.party:
            continue
        first = b.read.get(state.name, 0)
        entries = a.shared.logs.entries(state.name, first, most=most or 10_000, max_bytes=1 << 30)
        for entry in entries:
            b.shared.records.put([entry.data])
            record = decode(entry.data)
            came = Received(moved, a.party, state.name, entry.n, record_id(entry.data), entry.data, record)
            for prefix, handler in b.handlers:
                if record.kind.startswith(prefix):
                    handler(came)
            moved += 1
        b.read[state.name] = first + len(entries)
        if receipts and b.read[state.name]:
            name = parse_name(state.name)
            a.shared.outbox.acknowledged(
                Receipt(
                    name, b.party, b.read[state.name], a.shared.outbox.log(name).frontier.root, b.clock() // 1000, b""
                )
            )
    return moved


def meet(a, b):
    """Both ways until nothing moves."""
    while carry(a, b) + carry(b, a):
        pass


__all__ = ["CASES", "DAY_MS", "MEMO", "RULES", "StandIn", "carry", "in_force", "make_keys", "meet", "nodes"]

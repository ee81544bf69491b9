"""Recall down every hop, in a network in memory: links are queues that move only when both ends are there."""

from collections import deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.base.errors import InputError
from kizuna.records.label import Label, Tlp
from kizuna.records.record import Record, body_bytes, decode, encode, record_id
from kizuna.share.recall import HOPS, Corrections, Holding, Recalls

T0 = 1_767_225_600_000
DAY = 86_400_000


def statement(origin, text, **more):
    record = Record(
        kind="track.position",
        origin=origin,
        observed_ms=T0,
        body=body_bytes({"note": text}),
        label=Label(tlp=Tlp.AMBER),
        **more,
    )
    return encode(record)


class Node:
    """One party: its records, to whom it passed them, its recalls. Its queues are its outboxes."""

    def __init__(self, net, me):
        self.net, self.me = net, me
        self.recalls = Recalls(me, "real")
        self.records, self.to, self.made = {}, {}, {}
        self.out = {}
        self.online = True

    def holdings(self, name):
        if name not in self.records:
            return None
        return Holding(
            decode(self.records[name]).origin, frozenset(self.to.get(name, ())), frozenset(self.made.get(name, ()))
        )

    def keep(self, data):
        self.records[record_id(data)] = data

    def pass_on(self, name, to):
        self.to.setdefault(name, set()).add(to)
        self.out.setdefault(to, deque()).append(("record", self.records[name]))

    def derive(self, name, to):
        data = statement(self.me, f"coarser {name[:8]} for {to}")
        self.keep(data)
        self.made.setdefault(name, set()).add(record_id(data))
        self.pass_on(record_id(data), to)

    def post(self, outcome):
        for send in outcome.send:
            self.out.setdefault(send.to, deque()).append(("duty", send.data))
        return outcome

    def visible(self):
        return {n for n, d in self.records.items() if not self.recalls.barred(n, decode(d).origin)}

    def recall(self, *names, **more):
        data, outcome = self.recalls.ask(names, more.pop("reason", "error"), self.holdings, T0, **more)
        self.post(outcome)
        return record_id(data)

    def arrive(self, sender, what, data):
        if what == "record":
            self.keep(data)
        elif decode(data).kind == "recall":
            self.post(self.recalls.take(data, decode(data).origin, sender, self.holdings, T0))
        else:
            self.post(self.recalls.take_answer(data, sender, T0))


class Net(dict):
    def __init__(self, names):
        super().__init__({n: Node(self, n) for n in names})

    def sync(self, one, other):
        """Both ends empty what they hold for each other now."""
        if not (self[one].online and self[other].online):
            return
        for a, b in ((one, other), (other, one)):
            queue = self[a].out.get(b, deque())
            for _ in range(len(queue)):
                what, data = queue.popleft()
                self[b].arrive(a, what, data)
                if what == "duty" and decode(data).kind == "recall":
                    self[a].post(self[a].recalls.sent(record_id(data), b, T0))

    def round(self, links=None):
        for one, other in links or [(a, b) for a in self for b in self if a < b]:
            self.sync(one, other)

    def settle(self):
        for _ in range(12):
            self.round()


def five():
    net = Net("abcde")
    data = statement("a", "what was said too early")
    net["a"].keep(data)
    name = record_id(data)
    for giver, taker in (("a", "b"), ("b", "c"), ("c", "d"), ("b", "e")):
        net[giver].pass_on(name, taker)
        net.sync(giver, taker)
    return net, name


def states(node, recall):
    return {(hop.party, hop.via): (hop.depth, hop.state) for hop in node.recalls.table(recall)}


def test_recall_over_five_nodes_and_three_hops_with_one_offline_for_a_day():
    net, name = five()
    net["c"].online = False
    recall = net["a"].recall(name)
    assert name not in net["a"].visible()
    net.sync("a", "b")
    assert name not in net["b"].visible()  # within one sync with who asks
    net.sync("b", "e")
    assert name not in net["e"].visible()
    net.settle()
    assert states(net["a"], recall) == {
        ("b", "a"): (1, "acknowledged"),
        ("c", "b"): (2, "pending"),
        ("e", "b"): (2, "acknowledged"),
    }
    assert net["a"].recalls.open() == (recall,) and name in net["c"].visible() and name in net["d"].visible()
    net["c"].online = True  # a day later
    net.sync("b", "c")
    assert name not in net["c"].visible()
    net.sync("c", "d")
    assert name not in net["d"].visible()
    net.settle()
    assert states(net["a"], recall) == {
        ("b", "a"): (1, "acknowledged"),
        ("c", "b"): (2, "acknowledged"),
        ("d", "c"): (3, "acknowledged"),
        ("e", "b"): (2, "acknowledged"),
    }
    assert net["a"].recalls.open() == ()


def test_what_was_derived_is_recalled_by_who_derived_it():
    net, name = five()
    net["b"].derive(name, "d")
    net["b"].derive(name, "e")
    net.settle()
    before = {n: net[n].visible() for n in net}
    recall = net["a"].recall(name)
    net.settle()
    assert all(not net[n].visible() for n in net) and all(before.values())
    assert ("d", "b") in states(net["a"], recall) and set(s for _, s in states(net["a"], recall).values()) == {
        "acknowledged"
    }


ROUTES = st.lists(st.tuples(st.integers(0, 99), st.sampled_from("abcde"), st.booleans()), min_size=2, max_size=12)


@settings(max_examples=120)
@given(
    ROUTES,
    st.sets(st.sampled_from("bcde"), max_size=3),
    st.lists(st.sampled_from(["ab", "ac", "bc", "cd", "de", "be", "ae", "ce", "bd", "ad"]), max_size=12),
)
def test_every_recorded_hop_is_acknowledged_or_listed(routes, offline, order):
    net = Net("abcde")
    data = statement("a", "x")
    name = record_id(data)
    net["a"].keep(data)
    other = statement("a", "another one stays")
    net["a"].keep(other)
    for number, taker, derived in routes:
        holding = [n for n in net if set(net[n].records) - {record_id(other)}]
        giver = holding[number % len(holding)]
        mine = [
            n for n in (name, *sorted(set(net[giver].records) - {name, record_id(other)})) if n in net[giver].records
        ]
        if giver != taker and mine:
            net[giver].derive(mine[number % len(mine)], taker) if derived else net[giver].pass_on(mine[-1], taker)
            net.sync(giver, taker)
    net.settle()
    holders = {n for n in net if net[n].records and n != "a"}
    tainted = {n: set(net[n].records) - {record_id(other)} for n in net}
    for n in offline:
        net[n].online = False
    recall = net["a"].recall(name)
    for one, two in order:
        net.sync(one, two)
    for hop in net["a"].recalls.table(recall):
        assert hop.state in ("acknowledged", "pending", "asked")
        if hop.state == "acknowledged" and hop.party in net[hop.via].to.get(name, ()):
            assert name not in net[hop.party].visible()  # who says so has hidden what it was asked for
    for n in net:
        net[n].online = True
    net.settle()
    assert {hop.state for hop in net["a"].recalls.table(recall)} <= {"acknowledged"}
    assert {hop.party for hop in net["a"].recalls.table(recall)} - {"a"} == holders
    for n in net:
        assert not net[n].visible() & tainted[n]
    assert record_id(other) in net["a"].visible()


def test_only_the_originator_recalls():
    net, name = five()
    with pytest.raises(InputError, match="only the originator"):
        net["b"].recall(name)
    refused = 0
    for forger in "bcde":
        for victim in set("bcde") - {forger}:
            before = net[victim].visible()
            forged, _ = Recalls(forger, "real").ask([name], "error", lambda _: Holding(forger), T0)
            outcome = net[victim].recalls.take(forged, forger, forger, net[victim].holdings, T0)
            assert outcome.refused and not outcome.barred and net[victim].visible() == before
            assert decode(outcome.send[0].data).kind == "recall.ack" and outcome.send[0].to == forger
            stolen, _ = Recalls("a", "real").ask([name], "error", lambda _: Holding("a"), T0)
            outcome = net[victim].recalls.take(
                stolen, forger, forger, net[victim].holdings, T0
            )  # says a, comes from another
            assert outcome.refused and net[victim].visible() == before
            refused += 2
    assert refused == 24


def test_a_record_that_comes_after_its_recall_is_barred_at_once_and_a_strangers_recall_bars_nothing():
    net, name = five()
    late = Node(net, "z")
    false, _ = Recalls("e", "real").ask([name], "error", lambda _: Holding("e"), T0)
    late.recalls.take(false, "e", "e", late.holdings, T0)  # z cannot know yet whose it is
    late.keep(net["a"].records[name])
    assert name in late.visible()
    true, _ = Recalls("a", "real").ask([name], "error", lambda _: Holding("a"), T0)
    late.recalls.take(true, "a", "e", late.holdings, T0)
    bar = late.recalls.barred(name, "a")
    assert bar.action == "hide" and bar.recall == record_id(true) and name not in late.visible()


def test_personal_data_is_always_asked_to_be_deleted_and_the_strongest_action_counts():
    net, name = five()
    net["a"].recall(name, action="annotate", text="position is doubtful")
    net.settle()
    assert net["d"].recalls.barred(name, "a").action == "annotate"
    net["a"].recall(name, reason="personal", action="hide")
    net.settle()
    assert {net[n].recalls.barred(name, "a").action for n in net} == {"delete"}


def test_a_refusal_with_its_reason_reaches_the_originator():
    net, name = five()
    recall = net["a"].recall(name)
    net.settle()
    net["e"].post(net["e"].recalls.refuse(recall, "kept as evidence", T0))
    net.settle()
    hop = next(h for h in net["a"].recalls.table(recall) if h.party == "e")
    assert hop.state == "refused" and name in net["e"].visible() and net["a"].recalls.open() == (recall,)


def test_a_hop_without_a_way_is_listed_as_unreachable():
    net, name = five()
    net["a"].recalls.take  # the table is made by b, which knows that it cannot reach c
    recall = net["a"].recall(name)
    net["b"].post(
        net["b"].recalls.take(net["a"].out["b"].popleft()[1], "a", "a", net["b"].holdings, T0, gone=frozenset("c"))
    )
    net.settle()
    assert states(net["a"], recall)[("c", "b")] == (2, "unreachable")


def test_taking_the_same_again_changes_nothing():
    net, name = five()
    recall = net["a"].recall(name)
    data = net["a"].out["b"][0][1]
    net.settle()
    before = {n: net[n].recalls.table(recall) for n in net if n in "abc"}
    assert net["b"].recalls.take(data, "a", "a", net["b"].holdings, T0 + DAY).send == ()
    net.settle()
    assert {n: net[n].recalls.table(recall) for n in before} == before


def test_a_loop_of_partners_ends():
    net = Net("abc")
    data = statement("a", "round and round")
    net["a"].keep(data)
    name = record_id(data)
    for giver, taker in (("a", "b"), ("b", "c"), ("c", "b"), ("c", "a")):
        net[giver].pass_on(name, taker)
        net.sync(giver, taker)
    recall = net["a"].recall(name)
    net.settle()
    assert not any(net[n].visible() for n in net)
    assert {hop.state for hop in net["a"].recalls.table(recall)} == {"acknowledged"}
    assert not any(queue for node in net.values() for queue in node.out.values())


def test_the_table_of_hops_keeps_to_its_words():
    words = {"pending", "asked", "acknowledged", "refused", "unreachable"}
    assert {s for s, _ in HOPS} | set(HOPS.values()) <= words
    assert ("acknowledged", "lost") not in HOPS


def test_only_the_originators_latest_correction_counts():
    book = Corrections()
    old = statement("a", "old")
    news = [statement("a", f"new {k}", supersedes=(record_id(old),)) for k in range(2)]
    theirs = statement("b", "b's view", supersedes=(record_id(old),))
    for seq, data in ((7, news[1]), (5, news[0]), (9, theirs)):
        book.take(record_id(data), decode(data), seq)
    last = statement("a", "last", supersedes=(record_id(news[1]),))
    assert book.newest(record_id(old), "a") == record_id(news[1])
    book.take(record_id(last), decode(last), 8)
    assert book.newest(record_id(old), "a") == record_id(last) and book.newest(record_id(last), "a") == record_id(last)

"""Rows of the threat model that no other test counts: exercise and real apart, old backups, records of others."""

import random
from hashlib import sha256

import numpy as np
import pytest
import zstandard
from ledger_party import NOW_MS, REAL, Log, Party, Shelf, record

from kizuna.base.errors import ConfigError, InputError, KizunaError, TrustError, UnavailableError
from kizuna.records.label import Label, Tlp
from kizuna.records.partner import Partner, directory
from kizuna.records.record import decode, record_id
from kizuna.share import decide, page, receipt, release, rules
from kizuna.share.columns import Columns, Setting, Terms, coded, same
from kizuna.share.ledger import merkle
from kizuna.share.ledger.merkle import NodeList
from kizuna.share.ledger.name import LogName
from kizuna.share.ledger.proof import write_proof
from kizuna.share.recall import Corrections
from kizuna.share.verify import Seen

MANY = 10_000
EXERCISE = "exercise:storm-1"
DRILL = LogName("harbour", 1, "cape", EXERCISE, "routine")
EVERYTHING = """version = 1
[[rule]]
id = "all"
clause = ["m/1"]
to = ["cape"]
then = "release"
match = { kind = ["*"], context = ["*"] }
"""


@pytest.mark.parametrize(("kind", "own", "other"), [("real", "real", EXERCISE), ("exercise", EXERCISE, "real")])
def test_of_ten_thousand_records_of_another_context_none_comes_in(kind, own, other):
    """A partner's node, by mistake or by intent, puts them into a log of ours that is otherwise good."""
    a, b = Party("harbour", kind=kind), Party("cape", kind=kind)
    name = LogName("harbour", 1, "cape", own, "routine")
    records = [record(i, context=other) for i in range(MANY)]
    a.tell(name, records)
    shelf = Shelf(name)
    trusted = b.trusts(a, context=own)
    while shelf.seen.size < MANY:
        shelf.take(trusted, a.page(name, shelf.seen.size, shelf.seen.size + 5_000))
    assert [n for n, _ in shelf.aside] == list(range(MANY))


def test_a_log_of_an_exercise_is_no_log_of_real_life_and_the_reverse():
    drill, real, b = Party("harbour", kind="exercise"), Party("harbour"), Party("cape")
    drill.tell(DRILL, [record(i, context=EXERCISE) for i in range(9)])
    real.tell(REAL, [record(i) for i in range(9)])
    for party, log, context in (
        (drill, DRILL, "real"),
        (real, REAL, EXERCISE),
        (drill, DRILL, "exercise:storm-2"),
        (real, REAL, "test"),
    ):
        with pytest.raises(TrustError):
            b.trusts(party, context=context).page(party.page(log), Seen(log), NodeList())
        with pytest.raises(InputError):  # nor does it pass for a page of the other log
            b.trusts(party, context=context).page(
                party.page(log), Seen(LogName("harbour", 1, "cape", context, "routine")), NodeList()
            )
    with pytest.raises((ConfigError, ValueError)):  # keys of one kind sign nothing of the other
        release.sign(drill.log(DRILL).box, real.keys, marks=[], nodes=drill.log(DRILL).nodes, now_ms=NOW_MS)


@pytest.mark.parametrize(
    ("own", "other"), [("real", EXERCISE), (EXERCISE, "real"), (EXERCISE, "exercise:storm-2"), ("test", EXERCISE)]
)
def test_of_ten_thousand_records_of_another_context_none_leaves_whatever_the_rules_say(own, other):
    n = MANY
    where = Setting(
        NOW_MS, directory("harbour", [Partner("cape", tlp_max=Tlp.RED)]), own, {"s": Terms(True, frozenset(("all",)))}
    )
    table = Columns(
        kind=same("track.position", n), origin=same("harbour", n), context=same(other, n), label=coded([Label()] * n),
        observed_ms=np.full(n, NOW_MS), received_ms=np.full(n, NOW_MS), zone=same(frozenset(), n), touched=same(frozenset(), n),
        source=same(frozenset("s"), n), subject=same(frozenset(), n), tag=same(frozenset(), n),
    )  # fmt: skip
    found = rules.load(EVERYTHING)
    assert not decide.batch(found, table, "cape", where).release.any()
    mine = Setting(NOW_MS, where.who, other, where.terms)
    assert decide.batch(found, table, "cape", mine).release.all()


def test_a_node_set_back_refuses_to_sign_at_every_size_it_can_be_set_back_to():
    a = Party("harbour")
    sizes = list(range(3, 120, 3))
    for size in sizes:
        a.tell(REAL, [record(i) for i in range(size - 3, size)])
    log, refused = a.log(REAL), 0
    for size in range(sizes[-1]):
        old = release.Outbox(REAL, merkle.frontier_at(size, log.nodes), log.box.salts)
        held = NodeList(log.nodes.read(range(merkle.nodes_before(size))))
        for marks in (log.marks, log.marks[-1:], None):
            with pytest.raises(TrustError):
                release.sign(old, a.keys, marks=marks, nodes=held, now_ms=NOW_MS)
            refused += 1
        grown = release.append(
            old, [(record(i, unit="other"), Yes()) for i in range(sizes[-1] - size + 5)]
        )  # it went on for a while
        held.extend(grown.nodes)
        with pytest.raises(TrustError):
            release.sign(grown.outbox, a.keys, marks=log.marks[-1:], nodes=held, now_ms=NOW_MS)
    assert refused == 3 * sizes[-1]


class Yes:
    verdict = "release"


def test_who_syncs_cannot_change_what_others_state():
    """MISP #4911: an account that is allowed to sync could alter events of other organisations."""
    a, b, c = Party("harbour"), Party("cape"), Party("dune")
    a.tell(REAL, [record(0)])
    theirs = LogName("harbour", 1, "dune", "real", "routine")
    a.tell(theirs, [record(0)])
    trusted = c.trusts(b)  # dune hears cape, which holds harbour's record
    for forged in (a.page(REAL), a.page(theirs)):  # cape hands on harbour's pages as its own
        for name in (REAL, theirs, LogName("cape", 1, "dune", "real", "routine")):
            with pytest.raises(KizunaError):
                trusted.page(forged, Seen(name), NodeList())
    evil = Party("harbour", 666)  # keys of cape's making under harbour's name
    evil.tell(theirs, [record(0, unit="changed")])
    with pytest.raises(TrustError):
        c.trusts(a).page(evil.page(theirs), Seen(theirs), NodeList())
    book, old = Corrections(), record(0)
    changed = (
        old[:-1].replace(b'"origin":"harbour"', b'"origin":"cape"') + f',"supersedes":["{record_id(old)}"]}}'.encode()
    )
    book.take(record_id(changed), decode(changed), 9)
    assert book.newest(record_id(old), "harbour") == record_id(old)


def test_a_bomb_is_refused_at_its_bound():
    limits = page.Limits()
    for size in (limits.plain_bytes + 1, 512 * 1024 * 1024):
        packer = zstandard.ZstdCompressor(level=1).compressobj()
        packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(-(-size // (1 << 20)))) + packer.flush()
        with pytest.raises(InputError, match="more than is taken"):
            page.open_page(page.MAGIC + sha256(packed).digest()[:16] + packed)


@pytest.mark.parametrize("seed", range(20))
def test_a_page_played_again_to_another_partner_or_log_is_refused(seed):
    """Pages, heads and receipts name their log, and a log its audience: nothing fits anywhere else."""
    rng = random.Random(seed)
    a, b, c = Party("harbour"), Party("cape"), Party("dune")
    lanes = [LogName("harbour", 1, who, "real", lane) for who in ("cape", "dune") for lane in ("flash", "bulk")]
    for name in lanes:
        a.tell(name, [record(i) for i in range(rng.randint(1, 30))])
    mine = rng.choice(lanes)
    for other in lanes:
        for reader in (b, c):
            good = reader.name == mine.audience and other == mine
            shelf = Shelf(other)
            if good:
                assert shelf.take(reader.trusts(a), a.page(mine)).records
            else:
                with pytest.raises(KizunaError):
                    shelf.take(reader.trusts(a), a.page(mine))
    assert isinstance(a.log(mine), Log)


# ---- each rule of share.verify by itself: taken away, nothing else would find these ----------------------------------
def held(n=10):
    a, b = Party("harbour"), Party("cape")
    a.tell(REAL, [record(i) for i in range(n)])
    trusted, shelf = b.trusts(a), Shelf(REAL)
    shelf.take(trusted, a.page(REAL))
    return a, b, trusted, shelf


def test_a_record_told_again_in_other_words_is_found():
    a, _, trusted, shelf = held()
    a.tell(REAL, [record(10)])
    log = a.log(REAL)
    records = [*log.records[:3], record(3, unit="other"), *log.records[4:]]
    bent = release.cut(log.box, 0, records, log.heads[11], log.nodes, keys=1)
    with pytest.raises(TrustError, match="not the one that we were told"):
        shelf.take(trusted, bent)


def test_a_false_word_of_what_is_before_a_page_is_found():
    a, _, trusted, shelf = held()
    log = a.log(REAL)
    for left in (merkle.Frontier(8, (bytes(32),)), merkle.frontier_at(8, a.set_back(REAL, 5, 8).nodes)):
        bent = page.build(REAL, 8, log.records[8:], log.box.salts, log.heads[10], left=left, keys=1)
        with pytest.raises(TrustError, match="before it"):
            shelf.take(trusted, bent)


def test_an_older_head_of_another_story_is_found_though_the_page_is_the_same():
    a, _, trusted, shelf = held()
    log = a.set_back(REAL, 5, 8)
    with pytest.raises(TrustError, match="than the one held"):
        shelf.take(trusted, a.page(REAL, 0, 3, head=log.heads[8]))


def test_a_receipt_under_a_revoked_key_counts_for_nothing():
    a, b, _, shelf = held()
    note = receipt.acknowledge(shelf.seen, b.keys, now_ms=NOW_MS)
    good = a.trusts(b)
    assert good.receipt(note, 10, a.log(REAL).nodes).size == 10
    b.publish(receipt.revoke(b.ring, b.root, b.keys.node.public, {}))
    with pytest.raises(TrustError):
        good.manifest(b.manifests[-1]).receipt(note, 10, a.log(REAL).nodes)


def test_a_proof_of_an_epoch_that_the_root_key_did_not_begin_shows_nothing():
    a, b = Party("harbour"), Party("cape")
    later = LogName("harbour", 2, "cape", "real", "routine")
    for name in (REAL, later):
        head, log = a.tell(name, [record(0), record(1)]), a.log(name)
        shown = write_proof(1, merkle.inclusion(1, 2, log.nodes), head, salt=log.box.salts.read(1, 1)[0])
        if name == REAL:
            assert b.trusts(a).proof(shown, record(1)).index == 1
        else:
            with pytest.raises(UnavailableError):
                b.trusts(a).proof(shown, record(1))

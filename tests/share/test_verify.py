"""Pages, heads and receipts of a partner: what is taken and what is not."""

import random as chance

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_party import NOW_MS, REAL, Log, Party, Shelf, record
from ledger_trials import fork, fresh, judge_bent

from kizuna.base.errors import InputError, KizunaError, TrustError, UnavailableError
from kizuna.share import page as pages
from kizuna.share import receipt, release
from kizuna.share.ledger import merkle
from kizuna.share.ledger.merkle import NodeList
from kizuna.share.ledger.name import LogName
from kizuna.share.ledger.note import SIGNATURES_MAX, Signature, add_signatures
from kizuna.share.ledger.audit import changed_nodes, changed_rows
from kizuna.share.verify import Seen


@pytest.fixture(scope="module")
def pair():
    return Party("harbour"), Party("cape")


def test_pages_of_any_cut_bring_the_same_log():
    a, b = fresh()
    records = [record(i) for i in range(150)]
    for at in range(0, 150, 30):
        a.tell(REAL, records[at : at + 30])
    trusted = b.trusts(a)
    for cut in (1, 7, 64, 150):
        shelf = Shelf(REAL)
        while shelf.seen.size < 150:
            got = shelf.take(trusted, a.page(REAL, shelf.seen.size, shelf.seen.size + cut), asked=shelf.seen.size)
            assert got.behind == 150 - shelf.seen.size
        assert shelf.records == records
        assert shelf.seen.frontier == a.log(REAL).box.frontier
        assert shelf.nodes.read(range(len(shelf.nodes))) == a.log(REAL).nodes.read(range(len(a.log(REAL).nodes)))


def test_a_page_again_changes_nothing_and_an_overlap_brings_only_what_is_new():
    a, b = fresh()
    a.tell(REAL, [record(i) for i in range(40)])
    trusted, shelf = b.trusts(a), Shelf(REAL)
    early = a.page(REAL, 0, 20)
    shelf.take(trusted, early)
    a.tell(REAL, [record(i) for i in range(40, 60)])
    shelf.take(trusted, a.page(REAL, 10, 50))
    for again in (early, a.page(REAL, 0, 20), a.page(REAL, 30, 50), a.page(REAL, 50, 50), early):
        before = shelf.seen.frontier
        got = shelf.take(trusted, again)
        assert (got.records, got.nodes, shelf.seen.frontier) == ((), (), before)
    assert shelf.records == [record(i) for i in range(50)]


def test_a_hole_is_told_with_what_to_do():
    a, b = fresh()
    a.tell(REAL, [record(i) for i in range(10)])
    with pytest.raises(InputError, match="ask from there"):
        Shelf(REAL).take(b.trusts(a), a.page(REAL, 5, 8))


def twin(a, seed):
    """The same party set back to nothing, who tells another story."""
    other = Party("harbour", 1)
    other.log(REAL).box = release.open_outbox(REAL, chance.Random(seed).randbytes)
    return other


@pytest.mark.parametrize("seed", range(100))
def test_a_forked_log_is_found_at_first_contact(seed):
    with pytest.raises(TrustError):
        fork(seed)


def test_two_heads_of_one_size_are_found_without_records():
    a, b = fresh()
    a.tell(REAL, [record(i) for i in range(9)])
    trusted, shelf = b.trusts(a), Shelf(REAL)
    shelf.take(trusted, a.page(REAL, 0, 3))
    other = twin(a, 5)
    head = other.tell(REAL, [record(i) for i in range(9)])
    with pytest.raises(TrustError, match="two different logs"):
        trusted.head(head, shelf.seen, shelf.nodes)


def test_a_head_seen_ahead_binds_what_comes_later():
    a, b = fresh()
    a.tell(REAL, [record(i) for i in range(20)])
    trusted, shelf = b.trusts(a), Shelf(REAL)
    shelf.take(trusted, a.page(REAL, 0, 3))
    assert shelf.seen.head.size == 20
    log = a.log(REAL)
    a.set_back(REAL, 10, 40)
    with pytest.raises(TrustError, match="signed before"):
        shelf.take(trusted, a.page(REAL, 3, 40))
    with pytest.raises(TrustError):
        trusted.head(log.heads[20].replace(b"\n20\n", b"\n21\n"), shelf.seen, shelf.nodes)


@pytest.mark.parametrize("ends", [(12,), (10, 12), (6, 12), (6, 8, 12), (5, 6, 7, 10, 12)])
@pytest.mark.parametrize("by_head", [False, True])
def test_a_head_seen_ahead_binds_however_the_other_story_is_cut(ends, by_head):
    a, b = fresh()
    a.tell(REAL, [record(i) for i in range(10)])
    trusted, shelf = b.trusts(a), Shelf(REAL)
    shelf.take(trusted, a.page(REAL, 0, 5))
    assert shelf.seen.head.size == 10
    log = a.log(REAL)
    copy = a.set_back(REAL, 5, 12)
    if by_head:  # a head alone, with its proof, goes on from what is held, not from the head seen before
        proof = merkle.consistency(5, 12, copy.nodes)
        shelf.seen = trusted.head(copy.heads[12], shelf.seen, shelf.nodes, proof)
    with pytest.raises(TrustError, match="signed before"):
        for end in ends:
            shelf.take(trusted, a.page(REAL, shelf.seen.size, end))
    assert shelf.seen.size < 10


def test_signature_lines_of_strangers_do_not_go_on_into_receipts():
    a, b = fresh()
    a.tell(REAL, [record(i) for i in range(4)])
    head = a.log(REAL).heads[4]
    strangers = [Signature(f"stranger-{i}", bytes(4), bytes(64)) for i in range(SIGNATURES_MAX - 2)]
    trusted, shelf = b.trusts(a), Shelf(REAL)
    shelf.take(trusted, a.page(REAL, head=add_signatures(head, strangers)))
    assert shelf.seen.note == head
    note = receipt.acknowledge(shelf.seen, b.keys, now_ms=NOW_MS)
    assert a.trusts(b).receipt(note, 4, a.log(REAL).nodes, a.ring).size == 4


def test_a_head_alone_moves_on_with_its_proof_and_not_without():
    a, b = fresh()
    a.tell(REAL, [record(i) for i in range(12)])
    trusted, shelf = b.trusts(a), Shelf(REAL)
    shelf.take(trusted, a.page(REAL, 0, 12))
    head = a.tell(REAL, [record(i) for i in range(12, 31)])
    with pytest.raises(TrustError):
        trusted.head(head, shelf.seen, shelf.nodes)
    proof = merkle.consistency(12, 31, a.log(REAL).nodes)
    assert trusted.head(head, shelf.seen, shelf.nodes, proof).head.size == 31


@pytest.mark.parametrize(
    ("name", "context"),
    [
        (LogName("harbour", 1, "light", "real", "routine"), "real"),  # told to somebody else
        (LogName("harbour", 1, "c:fishers", "real", "routine"), "real"),  # a community that we are not in
        (LogName("harbour", 1, "cape", "real", "routine"), "exercise:tide"),  # real log, exercise desk
        (LogName("harbour", 1, "cape", "real", "routine"), "test"),
    ],
)
def test_a_log_for_others_or_of_another_context_is_refused(name, context):
    a, b = fresh()
    a.tell(name, [record(1)])
    with pytest.raises(TrustError):
        Shelf(name).take(b.trusts(a, context), a.page(name))


def test_an_exercise_record_in_a_real_log_is_set_aside_and_the_reverse():
    a, b = fresh()
    a.tell(REAL, [record(1), record(2, "exercise:tide"), b'{"context":5}', record(3)])
    shelf = Shelf(REAL)
    shelf.take(b.trusts(a), a.page(REAL))
    assert shelf.aside == [(1, "another context"), (2, "not a record")]
    drill = LogName("harbour", 1, "cape", "exercise:tide", "flash")
    a, b = Party("harbour", 3, "exercise"), Party("cape", 3, "exercise")
    a.tell(drill, [record(1, "exercise:tide"), record(2), record(3, "exercise:other")])
    shelf = Shelf(drill)
    shelf.take(b.trusts(a, "exercise:tide"), a.page(drill))
    assert [n for n, _ in shelf.aside] == [1, 2]


def test_keys_of_an_exercise_cannot_sign_what_is_real():
    a = Party("harbour", 3, "exercise")
    with pytest.raises(KizunaError, match="keys"):
        a.tell(REAL, [record(1)])
    text = f"{REAL}\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
    with pytest.raises(ValueError, match="exercise"):
        a.keys.page.sign_checkpoint(text)
    with pytest.raises(ValueError, match="exercise"):
        a.keys.node.cosign(text, "harbour", 1)


def test_a_page_under_newer_keys_waits_for_the_manifest():
    a, b = fresh()
    trusted = b.trusts(a)
    new = a.new_keys()
    a.publish(receipt.rotate(a.ring, a.root, new.listed()))
    a.keys = new
    a.tell(REAL, [record(i) for i in range(3)])
    shelf = Shelf(REAL)
    with pytest.raises(UnavailableError, match="2 to 2"):
        shelf.take(trusted, a.page(REAL))
    trusted = trusted.manifest(a.manifests[1])
    assert len(shelf.take(trusted, a.page(REAL)).records) == 3


def test_an_answer_signed_at_less_than_was_asked_for_is_a_partner_set_back():
    a, b = fresh()
    a.tell(REAL, [record(i) for i in range(9)])
    early = a.log(REAL).heads[9]
    a.tell(REAL, [record(i) for i in range(9, 30)])
    trusted, shelf = b.trusts(a), Shelf(REAL)
    shelf.take(trusted, a.page(REAL))
    old = a.page(REAL, 5, 9, head=early)
    assert shelf.take(trusted, old).repeated == 4  # carried, late: harmless
    with pytest.raises(TrustError, match="signs 9 records but told us 30"):
        shelf.take(trusted, old, asked=30)


def test_an_erased_record_leaves_tree_page_and_proofs_of_the_others_valid():
    from kizuna.share.ledger import proof as proofs
    from kizuna.share.ledger.leaf import commitment, header_hash, leaf_of

    a, b = fresh()
    records = [record(i) for i in range(100)]
    a.tell(REAL, records)
    trusted, shelf = b.trusts(a), Shelf(REAL)
    shelf.take(trusted, a.page(REAL, 0, 60))
    before = a.log(REAL).box.salts.read(0, 100)
    a.erase(REAL, [7, 55, 70])
    log = a.log(REAL)
    after = log.box.salts.read(0, 100)
    assert [i for i in range(100) if after[i] is None] == [7, 55, 70]
    assert all(x == y for x, y in zip(before, after) if y is not None)
    shelf.take(trusted, a.page(REAL, 0, 100))
    assert shelf.seen.frontier == log.box.frontier
    assert [i for i, r in enumerate(shelf.records) if isinstance(r, pages.Erased)] == [70]
    late = Shelf(REAL)
    late.take(trusted, a.page(REAL, 0, 100))
    assert [i for i, r in enumerate(late.records) if isinstance(r, pages.Erased)] == [7, 55, 70]
    a.tell(REAL, [record(100)])
    late.take(trusted, a.page(REAL, 100))
    assert len(late.records) == 101
    head = a.log(REAL).heads[101]
    for i in range(0, 100, 9):
        path = merkle.inclusion(i, 101, a.log(REAL).nodes)
        if after[i] is None:
            continue
        shown = trusted.proof(proofs.write_proof(i, path, head, salt=after[i]), records[i])
        assert (shown.index, shown.checkpoint.size) == (i, 101)
    kept = late.records[7].commitment
    merkle.check_inclusion(
        leaf_of(kept, header_hash(str(REAL))), 7, 101, merkle.inclusion(7, 101, log.nodes), log.box.frontier.root
    )
    assert kept == commitment(before[7], records[7])  # what is left fits only who still holds the salt


def test_no_seed_that_is_left_leads_to_an_erased_salt():
    a, _ = fresh()
    a.tell(REAL, [record(i) for i in range(64)])
    gone = a.log(REAL).box.salts.read(0, 64)
    a.erase(REAL, range(0, 64, 3))
    left = a.log(REAL).box.salts
    assert all(not (index << level <= n < (index + 1) << level) for level, index in left.seeds for n in range(0, 64, 3))
    data = left.pack()
    assert all(gone[n] not in data for n in range(0, 64, 3))
    assert type(left).unpack(data) == left


def test_receipts_hold_and_those_of_a_set_back_node_are_told():
    a, b = fresh()
    a.tell(REAL, [record(i) for i in range(30)])
    shelf = Shelf(REAL)
    shelf.take(b.trusts(a), a.page(REAL, 0, 20))
    log = a.log(REAL)
    got = a.trusts(b).receipt(receipt.acknowledge(shelf.seen, b.keys, now_ms=NOW_MS), 30, log.nodes, a.ring)
    assert (got.partner, got.size, got.time_s) == ("cape", 20, NOW_MS // 1000)
    shelf.take(b.trusts(a), a.page(REAL, 20, 30))
    whole = receipt.acknowledge(shelf.seen, b.keys, now_ms=NOW_MS)
    assert a.trusts(b).receipt(whole, 30, log.nodes).size == 30
    with pytest.raises(TrustError, match="we signed 30 records and hold 25"):
        a.trusts(b).receipt(whole, 25, log.nodes, a.ring)
    with pytest.raises(TrustError, match="a receipt for 30 records of 25"):
        a.trusts(b).receipt(whole, 25, log.nodes)
    other = twin(a, 9)
    other.tell(REAL, [record(i) for i in range(30)])
    with pytest.raises(TrustError, match="not ours"):
        other.trusts(b).receipt(whole, 30, other.log(REAL).nodes)
    with pytest.raises(TrustError):
        a.trusts(Party("light")).receipt(whole, 30, log.nodes)


def test_a_restored_backup_signs_nothing_and_goes_on_in_a_new_epoch():
    a, b = fresh()
    a.tell(REAL, [record(i) for i in range(10)])
    backup = (a.log(REAL).box, NodeList(a.log(REAL).nodes.read(range(merkle.nodes_before(10)))))
    a.tell(REAL, [record(i) for i in range(10, 25)])
    trusted, shelf = b.trusts(a), Shelf(REAL)
    shelf.take(trusted, a.page(REAL))
    true_end, marks = a.position(REAL), a.log(REAL).marks
    box, nodes = backup
    for known in (marks, None, [true_end]):
        with pytest.raises(TrustError, match="epoch"):
            release.sign(box, a.keys, marks=known, nodes=nodes, now_ms=NOW_MS)
    release.sign(box, a.keys, marks=marks[:1], nodes=nodes, now_ms=NOW_MS)
    second = LogName("harbour", 2, "cape", "real", "routine")
    a.tell(second, [record(i) for i in range(3)])
    with pytest.raises(UnavailableError, match="not announced"):
        Shelf(second).take(trusted, a.page(second))
    a.publish(receipt.begin_epoch(a.ring, a.root, {str(REAL): a.position(REAL, 10)}))
    short = trusted.manifest(a.manifests[1])
    with pytest.raises(TrustError, match="closed at record 10"):
        shelf.take(short, a.page(REAL, 25))
    a.publish(receipt.close_later(a.ring, a.root, str(REAL), true_end))
    trusted = short.manifest(a.manifests[2])
    assert shelf.take(trusted, a.page(REAL, 20)).repeated == 5
    assert len(Shelf(second).take(trusted, a.page(second)).records) == 3


def test_an_edit_of_any_past_row_is_found():
    a, _ = fresh()
    records = [record(i) for i in range(1000)]
    a.tell(REAL, records)
    log = a.log(REAL)
    assert changed_rows(REAL, records, log.box.salts, log.nodes) == []
    assert changed_nodes(1000, log.nodes) == []
    for i in range(1000):
        bent = bytearray(records[i])
        bent[i % len(bent)] ^= 1 << i % 8
        assert changed_rows(REAL, [bytes(bent)], log.box.salts, log.nodes, i) == [i]
    numbers = merkle.nodes_before(1000)
    for number in range(0, numbers, 37):
        stored = list(log.nodes.read(range(numbers)))
        stored[number] = b"\x05" * 32
        assert changed_nodes(1000, NodeList(stored)) or merkle.frontier_at(1000, NodeList(stored)) != log.box.frontier


def test_a_record_that_was_not_released_stops_at_the_door():
    from ledger_party import Yes

    a, _ = fresh()
    with pytest.raises(RuntimeError):
        release.append(a.log(REAL).box, [(record(1), Yes()), (record(2), Yes("withhold"))])


def test_a_page_alone_shows_itself_to_a_carrier():
    a, b = fresh()
    a.tell(REAL, [record(i) for i in range(50)])
    trusted = b.trusts(a)
    assert trusted.alone(a.page(REAL, 20, 30, alone=True)).end == 30
    with pytest.raises(InputError):
        trusted.alone(a.page(REAL, 20, 30))


def test_no_bent_page_is_taken():
    seed = chance.SystemRandom().randrange(2**32)
    print("seed", seed)
    assert judge_bent(seed, 400) == 0, seed


@settings(max_examples=50)
@given(st.binary(max_size=300))
def test_any_bytes_are_refused_as_input(data):
    for whole in (data, b"KZP1" + data):
        with pytest.raises(InputError):
            pages.open_page(whole)


def test_what_is_kept_of_a_log_comes_back():
    a, b = fresh()
    a.tell(REAL, [record(i) for i in range(5)])
    shelf = Shelf(REAL)
    assert Seen.decode(shelf.seen.encode()) == shelf.seen
    shelf.take(b.trusts(a), a.page(REAL, 0, 2))
    assert Seen.decode(shelf.seen.encode()) == shelf.seen

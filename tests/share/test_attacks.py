"""What an attacker would try at keys, pages, receipts, requests and lists, each by itself; none of it may work."""

import base64

import msgspec
import pytest
from ledger_party import NOW_MS, REAL, Party, Shelf, record

from kizuna.base.errors import InputError, KizunaError, TrustError, UnavailableError
from kizuna.records.record import decode
from kizuna.share import introduce, page, receipt, release
from kizuna.share.communities import Communities
from kizuna.share.keys import KeyRing
from kizuna.share.ledger.name import LogName
from kizuna.share.ledger.note import Note, read_note
from kizuna.share.verify import Seen
from kizuna.stores.shared import open_shared

SEA, T0 = "c:sea", NOW_MS


def stripped(data, keep):
    note = read_note(data)
    return Note(note.text, tuple(s for s in note.signatures if keep(s))).encode()


# ---- signature stripping ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("left", ["harbour/node", str(REAL)])
def test_a_head_with_one_of_its_two_signatures_taken_away_is_none(left):
    a, b = Party("harbour"), Party("cape")
    head = a.tell(REAL, [record(i) for i in range(5)])
    bent = stripped(head, lambda s: s.name == left)
    with pytest.raises((TrustError, InputError)):
        Shelf(REAL).take(b.trusts(a), a.page(REAL, head=bent))
    with pytest.raises((TrustError, InputError)):
        b.trusts(a).head(bent, Seen(REAL), Shelf(REAL).nodes)
    assert len(Shelf(REAL).take(b.trusts(a), a.page(REAL)).records) == 5


def test_a_receipt_without_the_receivers_signature_shows_nothing():
    a, b = Party("harbour"), Party("cape")
    a.tell(REAL, [record(i) for i in range(5)])
    shelf = Shelf(REAL)
    shelf.take(b.trusts(a), a.page(REAL))
    note = receipt.acknowledge(shelf.seen, b.keys, now_ms=NOW_MS)
    assert a.trusts(b).receipt(note, 5, a.log(REAL).nodes).size == 5
    with pytest.raises(TrustError):  # what is left was signed by ourselves
        a.trusts(b).receipt(stripped(note, lambda s: not s.name.startswith("cape/")), 5, a.log(REAL).nodes)


# ---- manifests -------------------------------------------------------------------------------------------------------
def test_older_manifests_played_again_bring_no_key_back():
    a, thief = Party("harbour"), None
    old = a.keys
    a.publish(receipt.rotate(a.ring, a.root, a.new_keys().listed()))
    for key in (old.page, old.node):
        a.publish(receipt.revoke(a.ring, a.root, key.public, {}))
    for data in a.manifests:
        assert a.ring.accept(data) is a.ring, f"{thief} gains nothing"
    assert old.node.public not in {k.data for k in a.ring.live("node", "real")}
    with pytest.raises(TrustError):  # the first one again, as if it came next
        again = msgspec.structs.replace(_manifest(a.manifests[0]), sequence=a.ring.sequence + 1,
                                        previous=base64.b64encode(a.ring.digests[-1]).decode())  # fmt: skip
        text = again.text()
        a.ring.accept(Note(text, (a.root.sign_manifest(text, "harbour"),)).encode())


def _manifest(data):
    from kizuna.share.keys import read_manifest

    return read_manifest(data)[0]


def test_a_root_key_that_was_handed_over_signs_nothing_more():
    a, old = Party("harbour"), Party("harbour").root
    new = Party("harbour", 2).root
    ring = a.ring.accept(receipt.change_root(a.ring, old, new))
    later = msgspec.structs.replace(receipt._next(ring), epoch=2)
    text = later.text()
    with pytest.raises(TrustError):
        ring.accept(Note(text, (old.sign_manifest(text, "harbour"),)).encode())
    assert ring.accept(Note(text, (new.sign_manifest(text, "harbour"),)).encode()).manifest.epoch == 2


@pytest.mark.parametrize(("use", "alg"), [("page", "none"), ("node", "x25519"), ("box", "ed25519"), ("tls", "md5")])
def test_no_weaker_algorithm_is_taken_for_a_key(use, alg):
    a = Party("harbour")
    key = msgspec.structs.replace(a.keys.page.listed(), use=use, alg=alg, public=base64.b64encode(bytes(32)).decode())
    with pytest.raises(InputError):
        receipt.rotate(a.ring, a.root, [key])


def test_a_page_cannot_name_another_algorithm_or_leave_it_out():
    a, b = Party("harbour"), Party("cape")
    a.tell(REAL, [record(0)])
    plain = page.open_page(a.page(REAL))
    assert plain.name == REAL
    import zstandard

    body = zstandard.ZstdDecompressor().decompress(a.page(REAL)[20:])
    for bent in (body.replace(b'"alg":"ed25519"', b'"alg":"none"', 1), body.replace(b'"alg":"ed25519",', b"", 1)):
        packed = zstandard.ZstdCompressor().compress(bent)
        from hashlib import sha256

        with pytest.raises(InputError):
            Shelf(REAL).take(b.trusts(a), b"KZP1" + sha256(packed).digest()[:16] + packed)


# ---- contexts: exercises share a kind of key, and nothing else -------------------------------------------------------
def test_what_was_signed_in_one_exercise_is_nothing_in_another():
    one, other = (LogName("harbour", 1, "cape", f"exercise:{x}", "routine") for x in ("storm-1", "storm-2"))
    a, b = Party("harbour", kind="exercise"), Party("cape", kind="exercise")
    for name in (one, other):
        a.tell(name, [record(i, context=name.context) for i in range(4)])
    shelf = Shelf(one)
    shelf.take(b.trusts(a, context=one.context), a.page(one))
    with pytest.raises(TrustError, match="another context"):
        b.trusts(a, context=other.context).page(a.page(one), Seen(one), shelf.nodes)
    note = receipt.acknowledge(shelf.seen, b.keys, now_ms=NOW_MS)
    assert a.trusts(b, context=one.context).receipt(note, 4, a.log(one).nodes)
    with pytest.raises(TrustError):
        a.trusts(b, context=other.context).receipt(note, 4, a.log(other).nodes)


def test_a_key_of_an_exercise_opens_no_log_of_real_life_even_where_a_manifest_lists_both():
    a = Party("harbour")
    drill = Party("harbour", 9, kind="exercise")
    a.publish(receipt.rotate(a.ring, a.root, drill.keys.listed()))
    real = {v.public for v in a.ring.page_verifiers(REAL)}
    assert drill.keys.page.public not in real
    with pytest.raises(ValueError, match="cannot sign"):
        drill.keys.page.sign_checkpoint(read_note(a.tell(REAL, [record(0)])).text)
    with pytest.raises((KizunaError, ValueError)):
        release.sign(a.log(REAL).box, drill.keys, marks=a.log(REAL).marks, nodes=a.log(REAL).nodes, now_ms=NOW_MS)


# ---- nonces ----------------------------------------------------------------------------------------------------------
def test_a_nonce_that_was_used_is_used_after_a_restart_too(tmp_path):
    for new in (True, False):
        with open_shared(tmp_path, context="real") as store:
            assert store.nonces.first_time("cape", b"n" * 16, NOW_MS, 600_000) is new
            assert store.nonces.first_time("dune", b"n" * 16, NOW_MS, 600_000) is new, "each partner has its own"


# ---- lists of communities --------------------------------------------------------------------------------------------
def grown():
    book, made = Communities({SEA: "north"}, "real"), []
    for me, members, stewards in (("north", ["north", "south", "west"], ["north", "south"]),
                                  ("north", ["north", "west"], ["north"])):  # fmt: skip
        made.append(book.next_list(SEA, members, me=me, now_ms=T0, stewards=stewards))
        assert book.take(made[-1], me) == ""
    return book, made


def test_old_lists_played_again_put_nobody_back():
    book, made = grown()
    for data in (*made, *reversed(made)):
        book.take(data, "north")
        assert book.current(SEA).members == {"north", "west"} and book.current(SEA).version == 2


def test_a_steward_that_was_removed_cannot_put_itself_back():
    book, made = grown()
    before = Communities({SEA: "north"}, "real")
    before.take(made[0], "north")
    own = before.next_list(SEA, ["north", "south", "west", "east"], me="south", now_ms=T0, stewards=["south"])
    book.take(own, "south")  # it was a steward of the list that it names, so this is a dispute
    assert book.disputed(SEA) and book.current(SEA).members == {"north", "west"}, "which narrows and never widens"
    with pytest.raises(InputError):
        book.next_list(SEA, ["south"], me="south", now_ms=T0)
    settled = book.next_list(SEA, ["north", "west"], me="north", now_ms=T0)
    assert book.take(settled, "north") == "" and not book.disputed(SEA)


def test_nobody_states_a_list_or_leaves_in_the_name_of_another():
    book, made = grown()
    leave = book.leave(SEA, me="west", now_ms=T0)
    assert "brought by" in book.take(leave, "north")
    assert "brought by" in book.take(made[0], "west")
    assert decode(leave).origin == "west" and book.current(SEA).members == {"north", "west"}


# ---- introductions ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "address",
    ["x", "http://cape.test:9443", "https://", "https://cape.test/path", "https://a@cape.test", "https://cape.test:9 443",
     "file:///etc/passwd", "https://cape.test:9443?x=1"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_when_the_file_is_read(address):
    a, b = Party("harbour"), Party("cape")
    cards = [
        introduce.Card(p.name, p.name, base64.b64encode(p.root.public).decode(), (p.manifests[0].decode(),), (where,))
        for p, where in ((a, address), (b, "https://[fd00::1]:9443"))
    ]
    with pytest.raises(InputError):
        introduce.begin(cards[0], a.random)
    first, _ = introduce.begin(cards[1], b.random)
    with pytest.raises(InputError):
        introduce.answer(cards[0], first, a.random)


def test_a_ring_begins_at_the_root_that_was_compared_by_voice():
    a, evil = Party("harbour"), Party("harbour", 666)
    ring = KeyRing("harbour", a.root.public)
    with pytest.raises((TrustError, UnavailableError)):
        ring.accept(evil.manifests[0])
    card = introduce.Card("harbour", "Harbour", base64.b64encode(a.root.public).decode(), (evil.manifests[0].decode(),))
    with pytest.raises(TrustError):
        introduce.begin(card, a.random)

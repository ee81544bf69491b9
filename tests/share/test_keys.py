"""Manifests: rotation, compromise by position, root hand-over; key files; a hundred random schedules."""

import random as chance

import msgspec
import pytest
from ledger_party import NOW_MS, REAL, Party, Shelf, record
from ledger_trials import Story

from kizuna.base.errors import ConfigError, InputError, KizunaError, TrustError, UnavailableError
from kizuna.share import receipt, release, seal
from kizuna.share.keys import KeyRing, Position
from kizuna.share.ledger import merkle
from kizuna.share.ledger.merkle import NodeList
from kizuna.share.ledger.name import LogName
from kizuna.share.verify import rewind

FLASH = LogName("harbour", 1, "cape", "real", "flash")


def ring_of(a, upto=None):
    ring = KeyRing(a.name, Party(a.name).root.public)
    for data in a.manifests[:upto]:
        ring = ring.accept(data)
    return ring


def test_a_chain_is_taken_in_order_once_and_only_from_its_root():
    a = Party("harbour")
    a.publish(receipt.rotate(a.ring, a.root, a.new_keys().listed()))
    a.publish(receipt.retire(a.ring, a.root, a.keys.page.public, {}))
    ring = ring_of(a)
    assert ring == a.ring
    assert ring.accept(a.manifests[0]) is ring
    with pytest.raises(UnavailableError, match="2 to 2"):
        ring_of(a, 1).accept(a.manifests[2])
    with pytest.raises(TrustError):
        KeyRing("harbour", Party("harbour", 2).root.public).accept(a.manifests[0])
    with pytest.raises(TrustError, match="'harbour'"):
        KeyRing("cape", a.root.public).accept(a.manifests[0])
    other = receipt.rotate(ring_of(a, 1), a.root, a.new_keys().listed())
    with pytest.raises(TrustError, match="two different"):
        ring.accept(other)


def forged(ring, signer, /, **changes):
    manifest = msgspec.structs.replace(receipt._next(ring), **changes)
    text = manifest.text()
    return receipt.Note(text, (signer.sign_manifest(text, manifest.party),)).encode()


def test_no_key_disappears_or_comes_back_to_life_and_no_dead_one_counts_for_more():
    a = Party("harbour")
    a.tell(REAL, [record(i) for i in range(9)])
    a.publish(receipt.rotate(a.ring, a.root, a.new_keys().listed()))
    a.publish(receipt.retire(a.ring, a.root, a.keys.page.public, {str(REAL): a.position(REAL, 5)}))
    now = a.ring.manifest.keys
    dead = now[0]
    assert dead.state == "retired"
    live = msgspec.structs.replace(dead, state="live", until={})
    more = msgspec.structs.replace(dead, until={str(REAL): a.position(REAL, 9)})
    further = msgspec.structs.replace(dead, until={**dead.until, str(FLASH): Position(0, a.position(FLASH).root)})
    for bad in (now[1:], (live, *now[1:]), (more, *now[1:]), (further, *now[1:])):
        data = forged(a.ring, a.root, keys=bad)
        with pytest.raises(TrustError):
            a.ring.accept(data)
    with pytest.raises(TrustError):
        receipt.retire(a.ring, a.root, dead.data, {str(REAL): a.position(REAL, 6)})
    data = forged(a.ring, a.root, previous=a.ring.manifest.previous)
    with pytest.raises(TrustError, match="continue"):
        a.ring.accept(data)
    fewer = receipt.revoke(a.ring, a.root, dead.data, {str(REAL): a.position(REAL, 3)})
    assert a.ring.accept(fewer).manifest.keys[0].until[str(REAL)].size == 3


def test_one_key_serves_one_purpose():
    a = Party("harbour")
    page = a.keys.page.listed()
    twice = msgspec.structs.replace(page, use="node")
    with pytest.raises(InputError, match="two purposes"):
        receipt.first_manifest("harbour", a.root, [page, twice])
    with pytest.raises(InputError, match="x25519"):
        receipt.first_manifest("harbour", a.root, [msgspec.structs.replace(a.keys.box.listed(), alg="rsa")])


def test_a_new_root_needs_the_old_one():
    a, new = Party("harbour"), seal.new_key("root", "real", chance.Random(8).randbytes)
    a.publish(receipt.change_root(a.ring, a.root, new))
    assert a.ring.root == new.public
    with pytest.raises(TrustError):
        receipt.rotate(a.ring, a.root, a.new_keys().listed())
    a.publish(receipt.rotate(a.ring, new, a.new_keys().listed()))
    with pytest.raises(TrustError):
        ring_of(a, 1).accept(forged(ring_of(a, 1), new, root=receipt._text(new.public)))


def test_a_key_file_is_safe_or_not_used():
    rng = chance.Random(1).randbytes
    cheap = seal.Cost(1, 8192)
    root, page = seal.new_key("root", "real", rng), seal.new_key("page", "test", rng)
    data = seal.write_key(root, rng, "a long passphrase", cheap)
    assert seal.read_key(data, mode=0o100600, where="root.key", passphrase="a long passphrase") == root
    plain = seal.write_key(page, rng)
    assert seal.read_key(plain, mode=0o100400, where="page.key") == page
    for bad in (
        lambda: seal.write_key(root, rng),
        lambda: seal.write_key(root, rng, "short"),
        lambda: seal.read_key(data, mode=0o100600, where="root.key", passphrase="another passphrase"),
        lambda: seal.read_key(data, mode=0o100600, where="root.key"),
        lambda: seal.read_key(plain, mode=0o100640, where="page.key"),
        lambda: seal.read_key(plain, mode=0o100604, where="page.key"),
        lambda: seal.read_key(plain[:-10], mode=0o100600, where="page.key"),
        lambda: seal.read_key(data.replace(b'"ops":1', b'"ops":99999'), mode=0o600, where="k", passphrase="a" * 12),
        lambda: seal.read_key(plain.replace(b'"use":"page"', b'"use":"root"'), mode=0o600, where="k"),
        lambda: seal.read_key(plain.replace(b'"use":"page"', b'"use":"box"'), mode=0o600, where="k"),
    ):
        with pytest.raises(ConfigError):
            bad()
    assert str(page.seed) not in repr(page) and page.seed.hex() not in repr(page)


def test_keys_of_a_node_come_from_their_files():
    rng = chance.Random(1).randbytes
    made = [seal.new_key(use, "real", rng) for use in ("page", "node", "box")]
    files = [release.KeyFile(seal.write_key(k, rng), 0o600, f"{k.use}.key") for k in made]
    held = release.load_keys("harbour", files)
    assert (held.page, held.node, held.box) == tuple(made)
    with pytest.raises(ConfigError, match="node"):
        release.load_keys("harbour", files[:1])
    drill = release.KeyFile(seal.write_key(seal.new_key("node", "exercise", rng), rng), 0o600, "x")
    with pytest.raises(ConfigError, match="mixed"):
        release.load_keys("harbour", [files[0], drill])


def test_a_key_signs_only_what_it_is_for():
    a = Party("harbour")
    text = f"{REAL}\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
    with pytest.raises(ValueError):
        a.keys.node.sign_checkpoint(text)
    with pytest.raises(ValueError):
        a.keys.page.cosign(text, "harbour", 1)
    with pytest.raises(ValueError):
        a.keys.node.sign_request(b"cosignature/v1\ntime 1\n" + text.encode())
    with pytest.raises(ValueError):
        a.keys.page.sign_manifest("kizuna-manifest/1\n{}\n", "harbour")
    with pytest.raises(ValueError):
        a.root.sign_manifest(text, "harbour")
    with pytest.raises(KizunaError):
        a.keys.page.sign_checkpoint("kizuna-manifest/1\n{}\n")
    assert len(a.keys.sign_request(b'"@method": GET')) == 64


def test_a_page_under_a_retired_key_that_comes_late_is_asked_for_again_and_comes_under_a_newer_head():
    a, b = Party("harbour"), Party("cape")
    a.tell(REAL, [record(i) for i in range(5)])
    late = a.page(REAL)
    a.tell(REAL, [record(i) for i in range(5, 9)])
    last = a.page(REAL, 0, 5)
    old, a.keys = a.keys, a.new_keys()
    a.publish(receipt.rotate(a.ring, a.root, a.keys.listed()))
    for key in (old.page, old.node):
        a.publish(receipt.retire(a.ring, a.root, key.public, {str(REAL): a.position(REAL)}))
    trusted, shelf = b.trusts(a), Shelf(REAL)
    for data in a.manifests:
        trusted = trusted.manifest(data)
    with pytest.raises(InputError, match="ask for it again"):
        shelf.take(trusted, late)
    shelf.take(trusted, last)  # under the very head at which the key ended
    a.sign(REAL)
    shelf.take(trusted, a.page(REAL, 5))
    assert len(shelf.records) == 9
    assert shelf.take(trusted, a.page(REAL)).signer == a.keys.page.public
    stale = release.sign(a.log(REAL).box, old, marks=[], nodes=a.log(REAL).nodes, now_ms=NOW_MS)
    assert trusted.head(stale, shelf.seen, shelf.nodes).size == 9
    a.tell(REAL, [record(9)])
    beyond = release.sign(a.log(REAL).box, old, marks=[], nodes=a.log(REAL).nodes, now_ms=NOW_MS)
    with pytest.raises(TrustError, match="retired at record 9"):
        trusted.page(a.page(REAL, 9, head=beyond), shelf.seen, shelf.nodes)


def test_random_schedules_lose_nothing_and_take_nothing_under_a_dead_key():
    """A hundred run in tests/soak/ledger_soak.py."""
    base = chance.SystemRandom().randrange(2**32)
    print("seed", base)
    stories = [Story(base + i).run() for i in range(15)]
    assert sum(s.refused for s in stories) > 30

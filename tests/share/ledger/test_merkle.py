"""The tree against the vectors of transparency-dev and against its definition."""

import base64
import json
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.base.errors import TrustError
from kizuna.share.ledger import merkle

VECTORS = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "standards" / "merkle"
FILES = sorted(VECTORS.rglob("*.json")) if VECTORS.is_dir() else []


def un64(text):
    return base64.b64decode(text or "")


@pytest.mark.parametrize("path", FILES or [None], ids=lambda p: str(p.relative_to(VECTORS)) if p else "absent")
def test_published_vector(path):
    if path is None:
        pytest.skip("the vectors of ../shared/data/standards/merkle are not on this machine")
    case = json.loads(path.read_text())
    proof = [un64(h) for h in case["proof"] or []]
    try:
        if "leafIdx" in case:
            merkle.check_inclusion(un64(case["leafHash"]), case["leafIdx"], case["treeSize"], proof, un64(case["root"]))
        else:
            merkle.check_consistency(case["size1"], un64(case["root1"]), case["size2"], un64(case["root2"]), proof)
        refused = False
    except TrustError:
        refused = True
    assert refused is case["wantErr"], case["desc"]


def test_all_vectors_were_there():
    if not FILES:
        pytest.skip("the vectors of ../shared/data/standards/merkle are not on this machine")
    assert len(FILES) == 96


def plain_root(leaves):
    """RFC 6962 section 2.1, word by word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + plain_root(leaves[:k]) + plain_root(leaves[k:])).digest()


def tree_of(leaves, cuts=()):
    front, nodes = merkle.Frontier(), merkle.NodeList()
    at = 0
    for cut in [*sorted(cuts), len(leaves)]:
        assert len(nodes) == merkle.nodes_before(front.size)
        front, new = merkle.append(front, leaves[at:cut])
        nodes.extend(new)
        at = cut
    return front, nodes


LEAVES = [merkle.leaf_hash(bytes([i])) for i in range(200)]


@pytest.mark.parametrize("size", [*range(70), 127, 128, 129, 200])
def test_root_and_every_proof_of_small_trees(size):
    leaves = LEAVES[:size]
    front, nodes = tree_of(leaves)
    assert front.root == plain_root(leaves)
    for old in range(size + 1):
        before = merkle.frontier_at(old, nodes)
        assert before.root == plain_root(leaves[:old])
        merkle.check_consistency(old, before.root, size, front.root, merkle.consistency(old, size, nodes))
    for index in range(size):
        merkle.check_inclusion(leaves[index], index, size, merkle.inclusion(index, size, nodes), front.root)


@given(st.integers(1, 200), st.data())
def test_cuts_of_appends_do_not_matter(size, data):
    cuts = data.draw(st.lists(st.integers(0, size), max_size=6))
    whole, nodes = tree_of(LEAVES[:size])
    parts, others = tree_of(LEAVES[:size], cuts)
    assert whole == parts
    assert nodes.read(range(len(nodes))) == others.read(range(len(others)))


@given(st.integers(2, 120), st.data())
def test_a_changed_proof_is_refused(size, data):
    front, nodes = tree_of(LEAVES[:size])
    old = data.draw(st.integers(1, size - 1))
    proof = merkle.consistency(old, size, nodes)
    at, bit = data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255))
    bent = bytearray(proof[at])
    bent[bit // 8] ^= 1 << bit % 8
    old_root = merkle.frontier_at(old, nodes).root
    with pytest.raises(TrustError):
        merkle.check_consistency(old, old_root, size, front.root, [*proof[:at], bytes(bent), *proof[at + 1 :]])
    for other in (old - 1, old + 1):
        if other not in (0, size):
            with pytest.raises(TrustError):
                merkle.check_consistency(other, old_root, size, front.root, proof)


def test_a_log_of_nothing_is_the_beginning_of_every_log_and_proves_nothing():
    front, _ = tree_of(LEAVES[:5])
    merkle.check_consistency(0, merkle.EMPTY_ROOT, 5, front.root, [])
    merkle.check_consistency(0, merkle.EMPTY_ROOT, 0, merkle.EMPTY_ROOT, [])
    for args in [
        (0, b"\x01" * 32, 5, front.root, []),
        (0, merkle.EMPTY_ROOT, 5, front.root, [front.root]),
        (5, front.root, 0, merkle.EMPTY_ROOT, []),
        (0, merkle.EMPTY_ROOT, 0, front.root, [front.root]),
    ]:
        with pytest.raises(TrustError):
            merkle.check_consistency(*args)
    with pytest.raises(TrustError):
        merkle.check_inclusion(merkle.EMPTY_ROOT, 0, 0, [], merkle.EMPTY_ROOT)


def test_a_frontier_that_cannot_be_is_refused():
    for size, peaks in [(3, (b"\0" * 32,)), (1, (b"\0" * 31,)), (-1, ()), (2**41, (b"\0" * 32,))]:
        with pytest.raises(TrustError):
            merkle.Frontier(size, peaks)

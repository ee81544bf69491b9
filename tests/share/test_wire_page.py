"""The examples of docs/reference/wire.md are what they say they are."""

import re
from hashlib import sha256
from pathlib import Path

import zstandard
from ledger_party import REAL, Party, Shelf

from kizuna.share.keys import KeyRing
from kizuna.share.ledger import note
from kizuna.share.ledger.checkpoint import read_checkpoint
from kizuna.share.ledger.merkle import append
from kizuna.share.verify import Trusted

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "wire.md"
BLOCKS = re.findall(r"^```text\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)


def example(start, n=0):
    return [block for block in BLOCKS if block.startswith(start)][n]


def test_every_example_verifies_from_the_manifest_on():
    party = Party("harbour")
    ring = KeyRing("harbour", party.root.public).accept(example("kizuna-manifest/1\n").encode())
    trusted = Trusted("cape", ring, "real")
    head, receipt = example("harbour/1/cape/real/routine\n3", 0), example("harbour/1/cape/real/routine\n3", 1)
    packed = zstandard.ZstdCompressor().compress(example('{"v":1,"alg"').encode())
    shelf = Shelf(REAL)
    got = shelf.take(trusted, b"KZP1" + sha256(packed).digest()[:16] + packed)
    assert len(got.records) == 3
    assert got.seen.note == head.encode()
    assert got.seen.frontier == append(type(got.seen.frontier)(), shelf.nodes.read([0, 1, 3]))[0]
    checkpoint, signed = read_checkpoint(head.encode())
    verifier = note.read_vkey(example("harbour/1/cape/real/routine+").strip())
    assert len(note.check_note(signed, [verifier])) == 1
    cape = Party("cape")
    harbour = Trusted("harbour", KeyRing("cape", cape.root.public).accept(cape.manifests[0]), "real")
    assert harbour.receipt(receipt.encode(), checkpoint.size, shelf.nodes).size == 3
    record = example('{"v":1,"kind"').strip().encode()
    assert trusted.proof(example("c2sp.org").encode(), record).index == 2

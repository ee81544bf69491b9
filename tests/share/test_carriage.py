"""The paper ahead of another party's records: whoever has that party's keys finds them proved there, and nothing else."""

import random as chance
from dataclasses import replace

import msgspec
import pytest
from ledger_party import NOW_MS, REAL, Party, record

from kizuna.base.errors import InputError, KizunaError, TrustError
from kizuna.records.bodies.onward import CARRIED_MOST, HASHES_MOST, Carriage
from kizuna.records.kinds import check_body
from kizuna.records.record import Record, body_bytes, encode, record_id
from kizuna.share import receipt
from kizuna.share.ledger.carriage import carriages, proof_in
from kizuna.share.ledger import merkle
from kizuna.share.ledger.proof import Proof
from kizuna.share.verify import proved


def proofs(party, places, log=REAL):
    held = party.log(log)
    size, head = held.box.size, held.heads[held.box.size]
    return {
        record_id(held.records[n]): Proof(
            n, tuple(merkle.inclusion(n, size, held.nodes)), head, held.box.salts.read(n, 1)[0]
        )
        for n in places
    }


@pytest.fixture(scope="module")
def harbour():
    party = Party("harbour")
    party.tell(REAL, [record(i) for i in range(5_000)])
    return party


@pytest.mark.parametrize("places", [[0], [4_999], range(100, 400), [37 * k % 5_000 for k in range(400)]])
def test_every_record_is_proved_by_its_paper_and_papers_fit_into_records(harbour, places):
    wanted = proofs(harbour, places)
    papers = carriages("harbour", wanted, keys=1)
    assert [name for paper in papers for name in paper.records] == list(wanted)
    for paper in papers:
        assert len(paper.records) <= CARRIED_MOST and len(paper.hashes) <= HASHES_MOST
        data = encode(Record(kind="carriage", origin="cape", observed_ms=NOW_MS, body=body_bytes(paper)))
        again = check_body("carriage", body_bytes(paper))
        assert isinstance(again, Carriage) and again == paper and len(data) < 64 * 1024
        for name in paper.records:
            assert proof_in(again, name) == wanted[name]
            proved(proof_in(again, name), harbour.log(REAL).records[wanted[name].index], harbour.ring, "real")


def test_records_that_stand_together_share_their_hashes(harbour):
    [paper] = carriages("harbour", proofs(harbour, range(64, 128)), keys=1)
    alone = sum(len(p.path) for p in proofs(harbour, range(64, 128)).values())
    assert len(paper.hashes) < alone / 5


def test_another_record_party_or_context_is_not_proved(harbour):
    [paper] = carriages("harbour", proofs(harbour, [7]), keys=1)
    data, proof = record(7), proof_in(paper, record_id(record(7)))
    for args in (
        (proof, record(8), harbour.ring, "real"),
        (proof, data, Party("cape").ring, "real"),
        (proof, data, harbour.ring, "exercise:x"),
        (replace(proof, extra=bytes(16)), data, harbour.ring, "real"),
    ):
        with pytest.raises(TrustError):
            proved(*args)
    with pytest.raises(InputError, match="does not speak of"):
        proof_in(paper, "0" * 64)


def test_a_head_of_a_key_that_was_revoked_proves_nothing_beyond_its_end():
    party = Party("harbour", 3)
    party.tell(REAL, [record(i) for i in range(10)])
    [proof] = proofs(party, [3]).values()
    proved(proof, record(3), party.ring, "real")
    party.publish(receipt.revoke(party.ring, party.root, party.keys.page.public, {}))
    with pytest.raises(TrustError, match="was revoked at record 0"):
        proved(proof, record(3), party.ring, "real")


def test_a_bent_paper_is_refused_as_input(harbour):
    [paper] = carriages("harbour", proofs(harbour, range(20)), keys=1)
    good, dice = body_bytes(paper), chance.Random(5)
    plain = msgspec.json.decode(bytes(good))
    for bend in (
        lambda p: p.update(places=p["places"][1:]),
        lambda p: p.update(paths=[*p["paths"][:-1], [9_999]]),
        lambda p: p.update(records=[p["records"][0]] * 20),
        lambda p: p.update(hashes=["x"]),
        lambda p: p.update(salts=[1] * 20),
        lambda p: p.update(more=1),
    ):
        bent = msgspec.json.decode(msgspec.json.encode(plain))
        bend(bent)
        with pytest.raises(InputError):
            check_body("carriage", msgspec.json.encode(bent))
    for _ in range(300):
        at = dice.randrange(len(good))
        bytes_ = bytearray(bytes(good))
        bytes_[at] ^= 1 << dice.randrange(8)
        try:
            body = check_body("carriage", bytes(bytes_))
            name = next(n for n in body.records if n == record_id(record(4)))
            proved(proof_in(body, name), record(4), harbour.ring, "real")
        except (KizunaError, StopIteration):
            continue
        got, was = (
            proof_in(body, name),
            proof_in(paper, name),
        )  # what was bent belongs to others, or to a stranger's line
        assert (got.index, got.path, got.extra) == (was.index, was.path, was.extra)
        assert got.checkpoint.partition(b"\n\n")[0] == was.checkpoint.partition(b"\n\n")[0]

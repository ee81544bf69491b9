"""Signed notes, checkpoints, cosignatures and proofs against the C2SP texts."""

import random as chance

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledger_party import NOW_MS, REAL, Party, record
from nacl.signing import SigningKey

from kizuna.base.errors import InputError, TrustError
from kizuna.share.ledger import merkle, note
from kizuna.share.ledger import proof as proofs
from kizuna.share.ledger.checkpoint import Checkpoint, parse_text, read_checkpoint
from kizuna.share.ledger.name import LogName, parse_name
from kizuna.share.ledger.note import COSIGNATURE, NOTE, Note, Signature, Verifier

VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
SPEC = """This is an example message.

— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
""".encode()


def signer(name="example.com/bar", seed=1, kind=NOTE):
    key = SigningKey(bytes([seed]) * 32)
    return key, Verifier(name, bytes(key.verify_key), kind)


def signed(text, key, verifier):
    return Signature(verifier.name, verifier.key_id, key.sign(text.encode()).signature)


def test_the_example_of_the_specification_verifies():
    verifier = note.read_vkey(VKEY)
    assert verifier.vkey == VKEY
    (found,) = note.check_note(note.read_note(SPEC), [verifier])
    assert found.verifier.name == "example.com/foo"
    assert note.read_note(SPEC).encode() == SPEC


def test_every_flipped_bit_of_the_example_is_refused():
    verifier = note.read_vkey(VKEY)
    for at in range(len(SPEC)):
        for bit in range(8):
            bent = bytearray(SPEC)
            bent[at] ^= 1 << bit
            with pytest.raises((InputError, TrustError)):
                note.check_note(note.read_note(bytes(bent)), [verifier])


def test_unknown_signatures_are_passed_over_and_a_wrong_one_of_a_known_key_condemns():
    known = note.read_vkey(VKEY)
    key, other = signer()
    plain = note.read_note(SPEC)
    both = Note(plain.text, (*plain.signatures, signed(plain.text, key, other)))
    assert [s.verifier for s in note.check_note(both, [known])] == [known]
    assert len(note.check_note(both, [known, other])) == 2
    wrong = Note(plain.text, (*plain.signatures, signed("something else\n", key, other)))
    assert len(note.check_note(wrong, [known])) == 1
    with pytest.raises(TrustError):
        note.check_note(wrong, [known, other])
    with pytest.raises(TrustError):
        note.check_note(Note(plain.text, plain.signatures * 2), [known])
    with pytest.raises(TrustError, match="no known key"):
        note.check_note(plain, [other])


def test_sixteen_signatures_are_taken_and_too_many_are_not():
    text = "x\n"
    lines = [signed(text, *signer(f"k{i}", i + 1)) for i in range(40)]
    assert len(note.read_note(Note(text, tuple(lines[:16])).encode()).signatures) == 16
    with pytest.raises(InputError):
        note.read_note(Note(text, tuple(lines)).encode())


@pytest.mark.parametrize(
    "bad",
    [b"", b"x\n", b"\n\n", SPEC[:-1], SPEC + b"\n", SPEC.replace(b"\n\n", b"\n"), SPEC.replace(b"example m", b"example\rm"),
     SPEC.replace(b"\xe2\x80\x94", b"-"), b"\xff" + SPEC, SPEC.replace(b"com/foo U", b"com/foo  U"), b"a" * 70_000],
)  # fmt: skip
def test_malformed_notes_are_input_errors(bad):
    with pytest.raises(InputError):
        note.read_note(bad)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u00a0b", "a\nb", "\u2003"])
def test_names_of_keys_that_the_specification_forbids(name):
    with pytest.raises(InputError):
        Verifier(name, b"\0" * 32)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_note_or_an_input_error(data):
    for read in (note.read_note, read_checkpoint, proofs.read_proof):
        try:
            read(data)
        except InputError:
            pass


def test_a_cosignature_signs_time_and_text_as_the_specification_says():
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    assert note.cosigned_message(text, 1679315147).decode() == "cosignature/v1\ntime 1679315147\n" + text
    key, verifier = signer("witness.example.com/w1", kind=COSIGNATURE)
    time = (1679315147).to_bytes(8, "big")
    good = time + key.sign(note.cosigned_message(text, 1679315147)).signature
    assert verifier.check(text, good) == 1679315147
    for bad in (good[:-1], good + b"\0", (1679315148).to_bytes(8, "big") + good[8:], time + key.sign(text.encode()).signature,
                (2**63).to_bytes(8, "big") + key.sign(note.cosigned_message(text, 2**63)).signature):  # fmt: skip
        with pytest.raises(TrustError):
            verifier.check(text, bad)
    assert verifier.key_id != Verifier(verifier.name, verifier.public, NOTE).key_id


def test_a_checkpoint_reads_as_it_was_written():
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    read = parse_text(text)
    assert (read.origin, read.size, read.text()) == ("example.com/behind-the-sofa", 20852163, text)
    assert parse_text(text + "more\n").extensions == ("more",)
    empty = Checkpoint("a", 0, merkle.EMPTY_ROOT).text()
    assert parse_text(empty).size == 0
    for bad in (text.replace("20852163", "020852163"), text.replace("20852163", "-1"), text.replace("20852163", "+5"),
                text.replace("2I=", "2J="), text.replace("2I=\n", "2I\n"), "a\n0\n", text.replace("20852163", "9" * 16),
                text.replace("20852163", "0"), "\n" + text, text + "\n", text.replace("20852163", "٣")):  # fmt: skip
        with pytest.raises(InputError):
            parse_text(bad)


def test_a_proof_file_holds_alone_and_only_for_its_record():
    a = Party("harbour")
    records = [record(i) for i in range(77)]
    head = a.tell(REAL, records)
    log = a.log(REAL)
    salts = log.box.salts.read(0, 77)
    known = [*a.ring.page_verifiers(REAL), *a.ring.node_verifiers("real")]
    data = proofs.write_proof(13, merkle.inclusion(13, 77, log.nodes), head, salt=salts[13])
    assert data.startswith(b"c2sp.org/tlog-proof@v1\nextra ")
    shown = proofs.check_proof(proofs.read_proof(data), records[13], known)
    assert [s.time_s for s in shown.signed] == [None, NOW_MS // 1000]
    for i in (12, 14, 0):
        with pytest.raises(TrustError):
            proofs.check_proof(proofs.read_proof(data), records[i], known)
    with pytest.raises(TrustError, match="itself"):
        proofs.check_proof(proofs.read_proof(data), records[13], known[1:])
    with pytest.raises(TrustError):
        proofs.check_proof(proofs.read_proof(data), records[13], known[:0])
    with pytest.raises(TrustError, match="salt"):
        proofs.check_proof(proofs.read_proof(proofs.write_proof(13, [], head)), records[13], known)
    rng = chance.Random(1)
    for _ in range(300):
        bent = bytearray(data)
        bent[rng.randrange(len(bent))] ^= 1 << rng.randrange(8)
        try:
            shown = proofs.check_proof(proofs.read_proof(bytes(bent)), records[13], known)
        except (InputError, TrustError):
            continue
        assert len(shown.signed) == 1  # the name of the cosigner was changed: an unknown signature, passed over


@pytest.mark.parametrize(
    "bad",
    ["", "harbour/1/cape/real", "harbour/01/cape/real/routine", "harbour/0/cape/real/routine", "Harbour/1/cape/real/routine",
     "harbour/1//real/routine", "harbour/1/cape/real/slow", "harbour/1/cape/exercise:/flash", "harbour/1/c:/real/flash",
     "harbour/1/cape/real/flash\n", "harbour/1/cape/real/flash/x", "a" * 300, "harbour/\u0661/cape/real/routine"],
)  # fmt: skip
def test_names_of_logs_are_exact(bad):
    with pytest.raises(InputError):
        parse_name(bad)


@pytest.mark.parametrize(
    "good", ["harbour/1/cape/real/routine", "a/9999/c:civil.maritime/exercise:tide-2/flash", "a/1/*/test/bulk"]
)
def test_names_of_logs_come_back(good):
    assert str(parse_name(good)) == good
    assert parse_name(good).stem == "/".join(p for i, p in enumerate(good.split("/")) if i != 1)
    assert isinstance(parse_name(good), LogName)

"""Every reader of bytes from partners, sticks and people: mutated inputs give a value or a declared error, no other.

Ten thousand inputs for each reader, from a fresh seed that is printed. What is slow to read has a short example here.
"""

import base64
import random

import pytest
from share.incident_case import Room
from ledger_party import NOW_MS, REAL, Party, record

from kizuna.base.errors import ConfigError, InputError, KizunaError, TrustError, UnavailableError
from kizuna.records import kinds
from kizuna.records.bodies.incident import Message
from kizuna.records.label import Label, Tlp, label_of, tlp_of, word_of
from kizuna.share import bundle, introduce, receipt, rules, seal, transform
from kizuna.share.agreement import memorandum
from kizuna.share.bundle import Item, Reader, Writer
from kizuna.share.incident import entries
from kizuna.share.incident.purpose import load_uses
from kizuna.share.introduce import Card
from kizuna.share.keys import read_manifest
from kizuna.share.ledger import merkle
from kizuna.share.ledger.checkpoint import read_checkpoint
from kizuna.share.ledger.name import parse_name
from kizuna.share.ledger.note import read_note, read_vkey
from kizuna.share.ledger.proof import read_proof, write_proof
from kizuna.share.ledger.salts import Salts
from kizuna.share.page import open_page
from kizuna.share.sync import wire
from kizuna.share.sync.actions import Ask, Position
from kizuna.share.sync.states import Fault
from kizuna.share.sync.taking import Outcome, peek
from kizuna.share.verify import Seen

MANY = 10_000
NASTY = (
    b"\n", b"\n\n", b"\x00", b"\xff", b"\xed\xa0\x80", "— ".encode(), b"\\ud800", b"\\u0000", b'"', b"\\", b"1e999", b"-1",
    b"9" * 30, b"18446744073709551616", b"null", b"true", b"{}", b"[]", b"[" * 40, b"{\"a\":" * 40, b"a." * 40, b"A" * 300,
    b"=", b"+", b"/", b"..", b"*", b"c:", b"\xe2\x80\xae", "１２".encode(), b"1_0", b"nan", b"-0", b" ", b"\t", b"\r",
)  # fmt: skip


def mutated(rng, seeds):
    """One of the seeds, changed at one to four places; sometimes crossed with another."""
    data = bytearray(rng.choice(seeds))
    for _ in range(rng.randint(1, 4)):
        at, how = rng.randrange(len(data) + 1), rng.randrange(7)
        if how == 0 and at < len(data):
            data[at] ^= 1 << rng.randrange(8)
        elif how == 1:
            del data[at : at + rng.randint(1, 12)]
        elif how == 2:
            data[at:at] = rng.choice(NASTY)
        elif how == 3:
            data[at : at + rng.randint(1, 8)] = rng.choice(NASTY)
        elif how == 4:
            end = min(len(data), at + rng.randint(1, 40))
            data[end:end] = data[at:end]
        elif how == 5:
            data[at:] = rng.choice(seeds)[at:]
        else:
            data[at : at + 4] = rng.randbytes(4)
    return bytes(data)


def text(read):
    """A reader of texts, fed as a desk would: what is no UTF-8 has lone surrogates in it."""
    return lambda data: read(data.decode(errors="surrogateescape"))


A, B = Party("harbour"), Party("cape")
A.tell(REAL, [record(i) for i in range(9)])
HEAD = A.log(REAL).heads[9]
PATH = merkle.inclusion(4, 9, A.log(REAL).nodes)
SALT = A.log(REAL).box.salts.read(4, 1)[0]
PROOF = write_proof(4, PATH, HEAD, salt=SALT)
TRUSTED = B.trusts(A)
SEEN = TRUSTED.page(A.page(REAL), Seen(REAL), merkle.NodeList()).seen
RECEIPT = receipt.acknowledge(SEEN, B.keys, now_ms=NOW_MS)
QUESTION = wire.write_question(Ask(1, (Position(str(REAL), 3),), 8192, 25_000, 99), [RECEIPT])
BROUGHT = wire.write_brought(Outcome(str(REAL), 12, 14, fault=Fault.HOLE, reason="x"), RECEIPT)


def card(party):
    return Card(
        party.name,
        party.name,
        base64.b64encode(party.root.public).decode(),
        tuple(m.decode() for m in party.manifests),
        ("https://n:1",),
    )


RNG = random.Random(5)
FIRST, WAITS_A = introduce.begin(card(A), RNG.randbytes)
ANSWER, WAITS_B = introduce.answer(card(B), FIRST, RNG.randbytes)
OPENING, _, CODE = introduce.open_up(WAITS_A, ANSWER)


def bundled():
    writer = Writer("cape", B.keys.box.public, "real", random.Random(3).randbytes)
    return b"".join(
        [writer.begin(), writer.add(Item("page", b"p" * 40)), writer.add(Item("receipt", b"r")), writer.end()]
    )


RULES = b"""version = 1
[[rule]]
id = "a"
clause = ["m/4.1"]
to = ["cape", "c:civil"]
then = "release"
match = { kind = ["track.*"], zone = ["z"], age = { min_h = 1 }, label = { tlp_max = "AMBER" } }
transform = ["coarsen_position cell_m=1000"]
label = { tlp = "AMBER", retain_d = 90, purpose = ["SAR"] }
"""
MEMO = b"""id = "m"
version = 1
title = { en = "T" }
starts = 2026-01-01
ends = 2027-01-01
[[party]]
id = "harbour"
name = { en = "H" }
[[clause]]
id = "4.1"
text = { en = "x" }
"""
USES = b'[[use]]\nid = "a"\nof = "SAR"\nuse = ["Safety"]\nclause = "m/1"\n'
ROOM = Room("north")
ENTRIES = [ROOM.open(), *([ROOM.say(Message(n=1, t="free text"))] and ROOM.bytes())]
LABELS = [
    word_of(
        Label(
            tlp=Tlp.AMBER,
            rel_to=frozenset(("a", "c:b")),
            caveats=frozenset("x"),
            info=("i",),
            purpose=frozenset(("SAR",)),
            retain_until_ms=5,
        )
    ).encode(),
    b"nobody",
]
BODIES = [b'{"s":12.3,"c":231.5}', b'{"records":["' + b"a" * 64 + b'"],"reason":"error","action":"hide"}', b'{"n":1,"i":"' + b"a" * 32 + b'","a":[],"t":"x"}',
          b'{"community":"c:x","version":2,"members":["a"],"stewards":["a"],"title":"t"}', b'{"records":["' + b"b" * 64 + b'"],"to":"cape","until_ms":9}']  # fmt: skip
KEY = seal.write_key(A.keys.node, RNG.randbytes)


def kinds_of(data):
    for kind in kinds.KINDS:
        kinds.check_body(kind, data)


def opened(data):
    for item in Reader("cape", "real", B.keys.open_box).feed(data):
        assert isinstance(item, Item | bundle.Bad)


READERS = {
    "note": (read_note, [HEAD, RECEIPT, A.manifests[0]], InputError),
    "checkpoint": (read_checkpoint, [HEAD, RECEIPT], InputError),
    "proof": (read_proof, [PROOF], InputError),
    "log name": (text(parse_name), [str(REAL).encode(), b"a/12/c:b.c/exercise:x-1/flash"], InputError),
    "verifier key": (text(read_vkey), [A.ring.page_verifiers(REAL)[0].vkey.encode()], InputError),
    "salts": (Salts.unpack, [SEEN.encode()[:66], A.log(REAL).box.salts.cover(0, 9).pack()], InputError),
    "page": (open_page, [A.page(REAL), A.page(REAL, 2, 5, alone=True)], InputError),
    "peek": (peek, [A.page(REAL)], InputError),
    "manifest": (read_manifest, A.manifests, InputError),
    "question": (wire.read_question, [QUESTION], InputError),
    "brought": (wire.read_brought, [BROUGHT], InputError),
    "introduction": (lambda d: introduce.answer(card(B), d, RNG.randbytes), [FIRST, ANSWER], (InputError, TrustError, UnavailableError)),
    "answer": (lambda d: introduce.open_up(WAITS_A, d), [ANSWER], (InputError, TrustError, UnavailableError)),
    "opening": (lambda d: introduce.finish(WAITS_B, d), [OPENING], (InputError, TrustError)),
    "code": (text(lambda t: introduce.confirm(WAITS_B, CODE, t)), [CODE.encode()], TrustError),
    "bundle": (opened, [bundled()], (InputError, KizunaError)),
    "key file": (lambda d: seal.read_key(d, mode=0o600, where="key"), [KEY], ConfigError),
    "rules": (rules.load, [RULES], ConfigError),
    "rules as text": (text(rules.load), [RULES], ConfigError),
    "memorandum": (text(memorandum.load), [MEMO], ConfigError),
    "uses": (text(load_uses), [USES], ConfigError),
    "transform": (text(lambda t: transform.parse([t])), [b"coarsen_position cell_m=1000", b"drop_fields fields=a,b", b"delay bucket_s=600 delay_s=60"], InputError),
    "label word": (text(label_of), LABELS, ()),
    "level": (text(tlp_of), [b"TLP:AMBER+STRICT", b"CLEAR"], InputError),
    "bodies": (kinds_of, BODIES, InputError),
    "entry": (entries.read, ENTRIES, InputError),
    "receipt": (lambda d: A.trusts(B).receipt(d, 9, A.log(REAL).nodes, A.ring), [RECEIPT], (InputError, TrustError)),
    "head": (lambda d: TRUSTED.head(d, Seen(REAL), merkle.NodeList()), [HEAD], (InputError, TrustError, UnavailableError)),
    "shown": (lambda d: TRUSTED.proof(d, record(4)), [PROOF], (InputError, TrustError, UnavailableError)),
    "key ring": (lambda d: TRUSTED.ring.accept(d), A.manifests, (InputError, TrustError, UnavailableError)),
}  # fmt: skip


@pytest.mark.parametrize("name", READERS)
def test_mutated_inputs_give_a_value_or_a_declared_error(name, capsys):
    read, seeds, errors = READERS[name]
    seed = random.SystemRandom().randrange(2**32)
    rng, taken = random.Random(seed), 0
    for _ in range(MANY):
        data = mutated(rng, seeds)
        try:
            read(data)
            taken += 1
        except errors:
            pass
        except Exception as exc:
            raise AssertionError(f"seed {seed}: {data!r}") from exc
    with capsys.disabled():
        print(f" [{name}: seed {seed}, {taken} read]", end="")


@pytest.mark.parametrize("name", READERS)
def test_the_unchanged_examples_are_read(name):
    read, seeds, errors = READERS[name]
    read_whole = 0
    for data in seeds:
        try:
            read(data)
            read_whole += 1
        except errors if errors else ():
            pass
    assert read_whole or name in ("memorandum", "bodies"), "an example that never reads tests the first check alone"


@pytest.mark.parametrize("load", [rules.load, memorandum.load, load_uses], ids=["rules", "memorandum", "uses"])
@pytest.mark.parametrize(
    "bad", ["a." * 20_000 + "b = 1", "[" + "a." * 20_000 + "b]", "x = {" + "'a' . " * 8_000 + "b = 1}"]
)
def test_a_key_of_very_many_parts_costs_nothing(load, bad):
    """The parser of the standard library takes minutes for the first of these: one record of 48 KiB would stop a node."""
    with pytest.raises(ConfigError, match="more than 16 parts"):
        load(bad)

import hashlib
import json
import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.base.errors import InputError
from kizuna.records import kinds, record
from kizuna.records.bodies.tracks import Position
from kizuna.records.label import UNREADABLE, Label, Tlp
from kizuna.records.record import DEEPEST, LARGEST, Record, body_bytes, decode, encode, record_id

POSITION = Record(
    kind="track.position", origin="harbour", subject=("mmsi:431000001",), observed_ms=1_767_225_600_000,
    geo=(123.45678, 24.5), body=body_bytes(Position(sog_kn=12.3, cog_deg=231.5)),
    label=Label(tlp=Tlp.AMBER, rel_to=frozenset(("cape", "bay"))),
)  # fmt: skip
WIRE = (
    b'{"v":1,"kind":"track.position","origin":"harbour","subject":["mmsi:431000001"],"observed_ms":1767225600000,'
    b'"geo":[123.45678,24.5],"body":{"s":12.3,"c":231.5},"label":{"tlp":2,"rel_to":["bay","cape"]}}'
)
TINY = b'{"v":1,"kind":"asset","origin":"bay","observed_ms":1}'


def tiny(**more: bytes) -> bytes:
    return TINY[:-1] + b"".join(b',"' + k.encode() + b'":' + v for k, v in more.items()) + b"}"


def test_the_bytes_of_a_record_are_these():
    assert encode(POSITION) == WIRE
    assert decode(WIRE) == POSITION


def test_a_record_is_named_by_the_hash_of_its_bytes():
    assert record_id(WIRE) == hashlib.sha256(WIRE).hexdigest()


def test_defaults_are_left_out_and_come_back():
    assert encode(Record(kind="asset", origin="bay", observed_ms=1)) == TINY
    assert decode(TINY).context == "real"
    assert decode(TINY).label == Label()


words = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=20)
ids = st.integers(0, 2**256 - 1).map(lambda n: f"{n:064x}")
points = st.tuples(st.floats(-180, 180), st.floats(-90, 90))
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9),
    lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(max_size=5), v, max_size=3),
    max_leaves=8,
)


@st.composite
def records(draw):
    return Record(
        kind=draw(st.sampled_from(["track.position", "event.gap", "not.known", "need/2"])), origin=draw(st.sampled_from(["bay", "cape-1"])),
        unit=draw(st.text(max_size=9)), subject=tuple(draw(st.lists(words, max_size=3))), observed_ms=draw(st.integers(0, 10**13)),
        valid_from_ms=draw(st.none() | st.integers(-(10**13), 0)), valid_to_ms=draw(st.none() | st.integers(0, 10**13)),
        geo=draw(st.just(()) | points), body=body_bytes(draw(values)), label=draw(st.sampled_from([Label(), Label(tlp=Tlp.GREEN, personal=True)])),
        context=draw(st.sampled_from(["real", "test", "exercise:a.1"])), supersedes=tuple(draw(st.lists(ids, max_size=2))),
        derived_from=tuple(draw(st.lists(ids, max_size=2))), evidence=tuple(draw(st.lists(words, max_size=2))),
    )  # fmt: skip


@given(records())
def test_a_record_comes_back_from_its_bytes(one):
    data = encode(one)
    assert decode(data) == one
    assert encode(decode(data)) == data


def test_equal_statements_have_equal_bytes_whatever_the_order_of_their_sets():
    a = Label(rel_to=frozenset(["dune", "bay", "cape"]), caveats=frozenset(["y", "x"]))
    b = Label(rel_to=frozenset(["cape", "dune", "bay"]), caveats=frozenset(["x", "y"]))
    assert encode(msgspec.structs.replace(POSITION, label=a)) == encode(msgspec.structs.replace(POSITION, label=b))


@pytest.mark.parametrize(
    "label",
    [
        b'{"tlp":2,"rel_to":["cape"],"colour":"blue"}',
        b'{"tlp":7,"rel_to":["cape"]}',
        b'{"tlp":-1}',
        b'{"tlp":"AMBER"}',
        b'{"reshare":9}',
        b'{"rel_to":["Cape"]}',
        b'{"rel_to":["*"]}',
        b'{"rel_to":["*","cape"],"tlp":0}',
        b'{"rel_to":"cape"}',
        b'{"purpose":["Curiosity"]}',
        b'{"caveats":[1]}',
        b'{"retain_until_ms":"soon"}',
        b'{"":1}',
    ],
)
def test_a_label_with_an_element_unknown_here_reaches_nobody_and_the_record_is_kept(label):
    data = tiny(label=label)
    one = decode(data)
    assert one.label == UNREADABLE
    assert one.kind == "asset"


BAD = {
    "empty": b"",
    "not JSON": b"hello",
    "a list": b"[]",
    "no version": b'{"kind":"asset","origin":"bay","observed_ms":1}',
    "version 2": TINY.replace(b'"v":1', b'"v":2'),
    "version later": b'{"kind":"asset","v":1,"origin":"bay","observed_ms":1}',
    "version twice": TINY.replace(b'"v":1,', b'"v":1,"v":1,'),
    "blank first": b" " + TINY,
    "more after it": TINY + TINY,
    "unknown name": tiny(colour=b'"blue"'),
    "name twice": tiny(kind=b'"asset"'),
    "label twice": tiny(label=b'{"tlp":4}')[:-1] + b',"label":{"tlp":0,"rel_to":["*"]}}',
    "name twice in the label": tiny(label=b'{"tlp":4,"tlp":0,"rel_to":["cape"]}'),
    "name twice in the body": tiny(body=b'{"a":1,"a":2}'),
    "name twice, once escaped": tiny(body=b'{"a":1,"\\u0061":2}'),
    "label no object": tiny(label=b"3"),
    "label null": tiny(label=b"null"),
    "kind upper case": TINY.replace(b"asset", b"Asset"),
    "kind empty": TINY.replace(b"asset", b""),
    "origin": TINY.replace(b"bay", b"b/y"),
    "no time": b'{"v":1,"kind":"asset","origin":"bay"}',
    "time far": TINY.replace(b":1}", b":99999999999999999}"),
    "time huge": TINY.replace(b":1}", b":" + b"9" * 5000 + b"}"),
    "time as a fraction": TINY.replace(b":1}", b":1.5}"),
    "ends before it begins": tiny(valid_from_ms=b"2", valid_to_ms=b"1"),
    "context": tiny(context=b'"drill"'),
    "geo of three": tiny(geo=b"[1,2,3]"),
    "geo off the globe": tiny(geo=b"[24.5,123.4]"),
    "geo infinite": tiny(geo=b"[1e999,0]"),
    "geo upside down": tiny(geo=b"[1,5,2,4]"),
    "subject empty": tiny(subject=b'[""]'),
    "subject with a line end": tiny(subject=b'["a\\nb"]'),
    "many subjects": tiny(subject=b"[" + b",".join([b'"a"'] * 257) + b"]"),
    "supersedes no id": tiny(supersedes=b'["abc"]'),
    "derived_from upper case": tiny(derived_from=b'["' + b"A" * 64 + b'"]'),
    "unit long": tiny(unit=b'"' + b"u" * 257 + b'"'),
    "too large": tiny(body=b'"' + b"x" * LARGEST + b'"'),
    "too deep": tiny(body=b"[" * DEEPEST + b"]" * DEEPEST),
    "far too deep": tiny(body=b"[" * 30_000 + b"]" * 30_000),
    "deep and broken": tiny(body=b'{"":' * 10_000),
    "deep behind a quote": tiny(body=b'"\\"' + b"[" * 50 + b'"')[:-1] + b',"unit":' + b"[" * 40,
    "not UTF-8": tiny(unit=b'"\xff"'),
    "not UTF-8 in the body": tiny(body=b'"\xff"'),
    "NaN": tiny(body=b'{"a":NaN}'),
    "a control character": tiny(body=b'"\x01"'),
    "a lone surrogate": tiny(unit=b'"\\ud800"'),
    "truncated": TINY[:-2],
    "byte order mark": b"\xef\xbb\xbf" + TINY,
}  # fmt: skip


@pytest.mark.parametrize("data", BAD.values(), ids=BAD.keys())
def test_what_is_no_record_is_refused_with_an_input_error(data):
    with pytest.raises(InputError):
        decode(data)


def test_just_as_deep_and_as_large_as_allowed_is_read():
    assert decode(tiny(body=b"[" * (DEEPEST - 1) + b"]" * (DEEPEST - 1)))
    room = LARGEST - len(tiny(body=b'""'))
    assert len(encode(decode(tiny(body=b'"' + b"x" * room + b'"')))) == LARGEST


def test_brackets_inside_a_text_are_not_levels():
    assert decode(tiny(body=b'"' + b"[{" * 500 + b'\\"]"'))


def test_a_new_record_that_nobody_would_take_is_refused_where_it_is_made():
    with pytest.raises(InputError):
        encode(msgspec.structs.replace(POSITION, origin="Nobody's"))
    with pytest.raises(InputError):
        encode(msgspec.structs.replace(POSITION, body=msgspec.Raw(b"{")))
    with pytest.raises(InputError):
        encode(msgspec.structs.replace(POSITION, geo=(float("nan"), 1.0)))


def test_bytes_of_another_writer_are_read_and_never_written_anew():
    other = WIRE.replace(b",", b", ").replace(b'{"v":1, ', b'{"v":1,')
    assert msgspec.structs.replace(decode(other), body=POSITION.body) == POSITION
    assert bytes(decode(other).body) in other
    assert record_id(other) != record_id(WIRE)


def mutants(n: int, seed: int):
    chance = random.Random(seed)
    pool = [WIRE, TINY, *BAD.values()]
    pool = [p for p in pool if len(p) < 4_000]
    for _ in range(n):
        data = bytearray(chance.choice(pool))
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(data) + 1)
            what = chance.randrange(4)
            if what == 0 and at < len(data):
                data[at] = chance.randrange(256)
            elif what == 1:
                data[at:at] = chance.choice(
                    [
                        b'"',
                        b"{",
                        b"}",
                        b"[",
                        b"]",
                        b",",
                        b":",
                        b"\\",
                        b"null",
                        b"1e999",
                        b"\\u0000",
                        b"-",
                        b"\xc3",
                        b"\0",
                        b"9" * 400,
                    ]
                )
            elif what == 2:
                del data[at : at + chance.randint(1, 9)]
            else:
                other = chance.choice(pool)
                data[at:at] = other[: chance.randrange(len(other) + 1)]
        yield bytes(data)


def test_ten_thousand_mutated_records_give_records_or_input_errors(capsys):
    seed = random.SystemRandom().randrange(2**32)
    with capsys.disabled():
        print(f" [seed {seed}]", end="")
    read = 0
    for data in mutants(10_000, seed):
        try:
            one = decode(data)
        except InputError:
            continue
        read += 1
        assert decode(encode(one)) == one
        try:
            kinds.read_body(one)
        except InputError:
            pass
    assert read > 10


@given(st.binary(max_size=200))
def test_any_bytes_give_a_record_or_an_input_error(data):
    for whole in (data, record._HEAD + data):
        try:
            decode(whole)
        except InputError:
            pass


def test_a_record_of_one_vessel_costs_few_bytes_on_the_wire():
    """The bound of 60 bytes is for a page with proofs and salts; the records alone must leave room for those."""
    import zstandard

    chance = random.Random(1)
    lines = []
    for i in range(200):
        one = Record(
            kind="track.position", origin="harbour", subject=(f"mmsi:{chance.randrange(200_000_000, 775_000_000)}",),
            observed_ms=1_767_225_600_000 + i * 700 + chance.randrange(700),
            geo=(round(chance.uniform(123, 125), 5), round(chance.uniform(24, 26), 5)),
            body=body_bytes(Position(sog_kn=round(chance.uniform(0, 20), 1), cog_deg=round(chance.uniform(0, 360), 1))),
            label=POSITION.label,
        )  # fmt: skip
        lines.append(encode(one))
    assert len(zstandard.ZstdCompressor(9).compress(b"\n".join(lines))) / 200 < 40


_ODD = st.text(alphabet=":,{}[] ab", max_size=3)
_LEAF = st.one_of(st.integers(0, 9), _ODD, st.lists(_ODD, max_size=2))
_PAIRS = st.lists(st.tuples(_ODD, _LEAF | st.lists(st.tuples(_ODD, _LEAF), max_size=2).map(tuple)), max_size=4)


def _written(pairs, gap: str) -> tuple[str, bool]:
    """An object as JSON with all its pairs, and whether a name stands twice in it or below."""
    twice, parts = len({name for name, _ in pairs}) < len(pairs), []
    for name, value in pairs:
        text, below = _written(value, gap) if isinstance(value, tuple) else (json.dumps(value), False)
        twice = twice or below
        parts.append(f"{json.dumps(name)}{gap}:{text}")
    return "{" + ",".join(parts) + "}", twice


@given(_PAIRS, st.sampled_from(("", " ")))
def test_a_name_that_stands_twice_is_found_whatever_the_texts_look_like(pairs, gap):
    text, twice = _written(pairs, gap)
    data = b'{"v":1,"kind":"x.y","origin":"harbour","observed_ms":1,"body":' + text.encode() + b"}"
    if twice:
        with pytest.raises(InputError):
            decode(data)
    else:
        assert decode(data).kind == "x.y"


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":"v",":k":1,"b":"w" ,":k":2}',
        b'{"a":"v"," :k":1,"b":"w" ," :k":2}',
        b'{":":":",":":"::"}',
        b'{"a":{"k":1},"b":{"k":1,"k":1}}',
        b'{"k":1,"\\u006b":2}',
        b'{"k":"x","k" \t:"x"}',
    ],
)
def test_no_spelling_hides_that_a_name_stands_twice(body):
    """Two readers must not take two meanings from the same signed bytes."""
    good = b'{"v":1,"kind":"x.y","origin":"harbour","observed_ms":1,"body":{"k":1}}'
    decode(good)
    with pytest.raises(InputError):
        decode(good.replace(b'{"k":1}', body))

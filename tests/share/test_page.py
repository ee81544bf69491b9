"""The wire form of a page: round trip, limits, bombs, size."""

import random as chance
import subprocess
import sys
from hashlib import sha256

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from ledger_party import REAL, Party, record

from kizuna.base.errors import InputError
from kizuna.records.label import Label, Tlp
from kizuna.records.record import Record, body_bytes, encode
from kizuna.share import page as pages
from kizuna.share.ledger.salts import Salts
from kizuna.share.page import Erased, Limits, open_page

BOMBS = r"""
import resource, struct, sys
from hashlib import sha256
import zstandard
from kizuna.base.errors import InputError
from kizuna.share.page import open_page

def framed(packed):
    return b"KZP1" + sha256(packed).digest()[:16] + packed

def rle(total, window):  # blocks of one repeated byte, 128 KiB each: 4 bytes a block
    blocks, size = total // 131072, 131072
    head = b"\x28\xb5\x2f\xfd" + bytes([0x00, (window - 10) << 3])
    body = (1 << 1 | size << 3).to_bytes(3, "little") + b"A"
    return head + body * blocks + (1 | 1 << 1 | size << 3).to_bytes(3, "little") + b"A"

liar = b"\x28\xb5\x2f\xfd" + bytes([0xE0]) + struct.pack("<Q", 10 * 2**30) + rle(250 * 131072, 17)[6:]
deep = zstandard.ZstdCompressor(level=1).compress(b"{" * 50_000_000)
bombs = [rle(10 * 2**30, 17), rle(10 * 2**30, 21), rle(10 * 2**30, 31), rle(2**23, 41), liar[:1000], liar, deep,
         b"".join([zstandard.ZstdCompressor(level=1).compress(b"\n" * 2**21)] * 100)]
def kib():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    open_page(framed(zstandard.ZstdCompressor().compress(b"{}\n")))
except InputError:
    pass
assert len(liar) < 1100
before = kib()
for bomb in bombs:
    try:
        open_page(framed(bomb)[: 4 * 2**20])
    except InputError:
        continue
    sys.exit("a bomb was taken")
print(kib() - before)
"""


def test_bombs_cost_less_than_32_mib():
    done = subprocess.run([sys.executable, "-c", BOMBS], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 32 * 1024, done.stdout


def of(plain):
    packed = zstandard.ZstdCompressor().compress(plain)
    return b"KZP1" + sha256(packed).digest()[:16] + packed


def test_damage_on_the_way_is_told_as_such():
    a = Party("harbour")
    a.tell(REAL, [record(1)])
    data = bytearray(a.page(REAL))
    data[40] ^= 1
    with pytest.raises(InputError, match="damaged"):
        open_page(bytes(data))


@pytest.mark.parametrize(
    ("limits", "hint"),
    [
        (Limits(wire_bytes=100), "100"),
        (Limits(plain_bytes=1000), "unpack"),
        (Limits(records=3), "3"),
        (Limits(record_bytes=50), "50"),
    ],
)
def test_a_reader_takes_no_more_than_it_said(limits, hint):
    a = Party("harbour")
    a.tell(REAL, [record(i) for i in range(20)])
    with pytest.raises(InputError, match=hint):
        open_page(a.page(REAL), limits)


def test_what_readers_would_not_take_is_not_built():
    a = Party("harbour")
    a.tell(REAL, [b'{"a":\n1}'])
    with pytest.raises(InputError, match="one line"):
        a.page(REAL)
    b = Party("cape")
    name = type(REAL)("cape", 1, "harbour", "real", "bulk")
    b.tell(name, [b'{"a":"' + b"x" * 60_000 + b'"}'] * 80)
    with pytest.raises(InputError, match="too large"):
        b.page(name)


@given(st.lists(st.binary(max_size=30).filter(lambda b: b"\n" not in b), max_size=12), st.data())
def test_records_come_back_byte_by_byte(bodies, data):
    records = [b"{" + body for body in bodies]
    gone = data.draw(st.sets(st.integers(0, max(0, len(records) - 1)), max_size=len(records)))
    a = Party("harbour")
    a.tell(REAL, records)
    a.erase(REAL, [n for n in gone if n < len(records)])
    back = open_page(a.page(REAL))
    assert list(back.records) == a.log(REAL).records
    assert back.leaves() == list(a.log(REAL).nodes.read([2 * i - i.bit_count() for i in range(len(records))]))
    assert all(isinstance(r, Erased) == (i in gone) for i, r in enumerate(back.records))


@given(st.integers(0, 300), st.integers(0, 80), st.sets(st.integers(0, 400), max_size=20))
def test_seeds_of_a_range_give_its_salts_and_no_others(first, count, gone):
    whole = Salts.of_log(b"0123456789abcdef")
    left = whole.without(gone)
    part = Salts.unpack(left.cover(first, count).pack())
    wanted = [None if first + i in gone else s for i, s in enumerate(whole.read(first, count))]
    assert part.read(first, count) == left.read(first, count) == wanted
    around = part.read(max(0, first - 20), 20 + count + 20 + min(first, 20) - 20)
    inside = range(first, first + count)
    assert all(s is None for i, s in enumerate(around, max(0, first - 20)) if i not in inside)
    if not gone & set(inside):
        assert len(part.seeds) <= 2 * max(1, count.bit_length())


@pytest.mark.parametrize("bad", [b"x", b"\x29" + b"\0" * 21, b"\1" + b"\xff" * 5 + b"\0" * 16, (b"\0" * 22) * 2])
def test_malformed_seeds_are_input_errors(bad):
    with pytest.raises(InputError):
        Salts.unpack(bad)


def positions(n, rng):
    """Position records of 60 ships as a coast station hears them."""
    label = Label(tlp=Tlp.AMBER, rel_to=frozenset(["cape"]), originator="harbour")
    ships = [
        [rng.randrange(201000000, 775999999), rng.uniform(122, 126), rng.uniform(24, 26), rng.uniform(0, 360)]
        for _ in range(60)
    ]
    out, time_ms = [], 1_790_000_000_000
    for _ in range(n):
        ship = rng.choice(ships)
        ship[1] += rng.gauss(0, 0.01)
        ship[2] += rng.gauss(0, 0.01)
        time_ms += rng.randrange(4000)
        body = body_bytes({"s": round(rng.uniform(0, 20), 1), "c": round((ship[3] + rng.gauss(0, 3)) % 360, 1)})
        out.append(encode(Record(
            kind="track.position", origin="harbour", subject=(f"mmsi:{ship[0]}",), observed_ms=time_ms,
            geo=(round(ship[1], 5), round(ship[2], 5)), body=body, label=label)))  # fmt: skip
    return out


def test_a_position_costs_at_most_60_bytes_on_the_wire():
    a = Party("harbour")
    a.tell(REAL, positions(2000, chance.Random(1)))
    sizes = [len(a.page(REAL, i, i + 200)) for i in range(0, 2000, 200)]
    assert sum(sizes) / 2000 <= 40, sizes  # measured: 27
    assert max(sizes) / 200 <= 60


def test_head_lines_are_read_in_one_way_only():
    a = Party("harbour")
    a.tell(REAL, [record(i) for i in range(4)])
    head, _, rest = zstandard.ZstdDecompressor().decompress(a.page(REAL)[20:]).partition(b"\n")
    open_page(of(head + b"\n" + rest))
    for bad in (
        head.replace(b'"v":1', b'"v": 1'), head.replace(b'"v":1,', b""), head.replace(b'"v":1', b'"v":2'),
        head.replace(b"ed25519", b"rsa"), head.replace(b'{"v"', b'{"x":1,"v"'), head.replace(b'"count":4', b'"count":3'),
        head.replace(b'"first":0', b'"first":-1'), head.replace(b'"first":0', b'"first":9999999999999999999'),
        head.replace(b'"keys":1', b'"keys":-1'), head.replace(b"/routine", b"/routime"), head + b" ", b"[]", b"", b"[" * 5000,
        head.replace(b'"left":[]', b'"left":["AAAA"]'), head.replace(b'"log":"harbour', b'"log":"\\ud800harbour'),
    ):  # fmt: skip
        with pytest.raises(InputError):
            open_page(of(bad + b"\n" + rest)).leaves()


def test_the_level_of_compression_is_no_part_of_the_form():
    import functools

    a = Party("harbour")
    a.tell(REAL, [record(i) for i in range(30)])
    one = open_page(a.page(REAL))
    assert open_page(a.page(REAL, build=functools.partial(pages.build, level=1))) == one

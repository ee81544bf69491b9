"""Carried media: sealed, bounded, taken up again after a break, apart by context."""

import random as chance

import pytest
from ledger_party import REAL, Party, Shelf, record
from nacl.public import PrivateKey, SealedBox

from kizuna.base.errors import ContextError, InputError
from kizuna.share import bundle
from kizuna.share.bundle import Bad, Item, Reader, Writer


def written(items, to="cape", context="real", seed=1):
    writer = Writer(to, Party(to).keys.box.public, context, chance.Random(seed).randbytes)
    return [writer.begin(), *(writer.add(item) for item in items), writer.end()]


def reader(at=None, context="real"):
    return Reader("cape", context, Party("cape").keys.open_box, at)


ITEMS = [Item("page", b"p" * 5000), Item("manifest", b"m"), Item("receipt", b"r" * 70), Item("head", b"")]


@pytest.mark.parametrize("step", [1, 7, 1000, 10**6])
def test_what_goes_in_comes_out_whatever_the_pieces(step):
    data = b"".join(written(ITEMS))
    r, got = reader(), []
    for at in range(0, len(data), step):
        got += r.feed(data[at : at + step])
    assert got == ITEMS
    assert r.done
    assert r.at == (len(data), 5)


def test_pages_travel_and_are_judged_as_from_a_wire():
    a, b = Party("harbour"), Party("cape")
    a.tell(REAL, [record(i) for i in range(90)])
    data = b"".join(written([Item("page", a.page(REAL, i, i + 30)) for i in (0, 30, 60)]))
    shelf = Shelf(REAL)
    for _ in range(2):
        for item in reader().feed(data):
            shelf.take(b.trusts(a), item.data)
    assert shelf.records == [record(i) for i in range(90)]


def test_reading_goes_on_after_a_break():
    pieces = written(ITEMS)
    data = b"".join(pieces)
    r = reader()
    early = list(r.feed(b"".join(pieces[:3])))
    later = reader(at=r.at)
    assert list(later.feed(data[:600])) == []
    assert early + list(later.feed(data[r.at[0] :])) == ITEMS
    assert later.done


def test_a_damaged_chunk_is_told_and_the_others_are_read():
    pieces = written(ITEMS)
    pieces[1] = pieces[1][:100] + b"\0" + pieces[1][101:]
    got = list(reader().feed(b"".join(pieces)))
    assert isinstance(got[0], Bad) and got[1:] == ITEMS[1:]


def test_moved_repeated_missing_and_foreign_chunks_do_not_open():
    pieces, other = written(ITEMS), written(ITEMS, seed=2)
    for bent in (
        [pieces[0], pieces[2], pieces[1], *pieces[3:]],
        [*pieces[:2], pieces[1], *pieces[2:]],
        [pieces[0], *pieces[2:]],
        [*pieces[:2], other[2], *pieces[3:]],
    ):
        assert any(isinstance(x, Bad) for x in reader().feed(b"".join(bent)))
    r = reader()
    list(r.feed(b"".join(pieces[:-1])))
    assert not r.done


def test_a_bundle_for_others_or_of_another_context_is_not_opened():
    with pytest.raises(InputError, match="hand it on"):
        list(reader().feed(b"".join(written(ITEMS, to="light"))))
    with pytest.raises(ContextError):
        list(reader().feed(b"".join(written(ITEMS, context="exercise:tide"))))
    data = b"".join(written(ITEMS, context="exercise:tide")).replace(b"exercise:tide", b"real", 1)
    with pytest.raises(ContextError, match="relabelled"):
        list(reader().feed(data))


def test_only_input_errors_leave_the_reader():
    rng = chance.Random(4)
    data = b"".join(written(ITEMS))
    for _ in range(400):
        bent = bytearray(data)
        for _ in range(rng.randint(1, 3)):
            bent[rng.randrange(len(bent))] = rng.randrange(256)
        r = reader()
        try:
            got = list(r.feed(bytes(bent)))
        except InputError:
            continue
        assert all(isinstance(x, Bad) or x in ITEMS for x in got)


def test_a_stranger_learns_for_whom_and_nothing_of_what():
    data = b"".join(written([Item("page", b"SECRET WORDS" * 40)]))
    assert b"SECRET" not in data
    assert b'"to":"cape"' in data


def test_sealing_is_libsodiums():
    key = PrivateKey(bytes(range(32)))
    sealed = bundle._seal(b"hello", bytes(key.public_key), chance.Random(1).randbytes)
    assert SealedBox(key).decrypt(sealed) == b"hello"

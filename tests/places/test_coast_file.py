import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.base.errors import InputError
from kizuna.places.coast_file import MAGIC, Layer, digest, read, write

UNITS = st.tuples(st.integers(-18_000_000, 18_000_000), st.integers(-9_000_000, 9_000_000))


@given(st.lists(st.lists(UNITS, min_size=1, max_size=9), max_size=6))
def test_rings_come_back_as_they_were(rings):
    layer = Layer(
        100_000, np.array([len(r) for r in rings], np.int32),
        np.array([u for r in rings for u in r], np.int32).reshape(-1, 2),
    )  # fmt: skip
    world = Layer(10_000, np.array([1], np.int32), np.array([[7, -7]], np.int32))
    first, second = read(write([layer, world]))
    assert first.per_deg == 100_000
    assert (first.counts == layer.counts).all()
    assert (first.units == layer.units).all()
    assert second.degrees().tolist() == [[0.0007, -0.0007]]


def test_no_layers():
    assert read(write([])) == []


@given(st.integers(0, 200), st.integers(0, 255))
def test_damage_is_told(at, value):
    data = write([Layer(100, np.array([3], np.int32), np.array([[1, 2], [3, 4], [5, 6]], np.int32))])
    if at < len(data) and data[at] != value:
        data = data[:at] + bytes([value]) + data[at + 1 :]
        try:
            read(data)
        except InputError:
            return


@pytest.mark.parametrize("data", [b"", b"KZ", MAGIC, MAGIC + b"junk", b"KZCOAST0" + b"\x28\xb5\x2f\xfd"])
def test_what_is_no_coast_is_refused(data):
    with pytest.raises(InputError):
        read(data)


def test_digest_is_of_the_content_not_of_its_packing():
    layer = [Layer(100, np.array([3], np.int32), np.array([[1, 2], [3, 4], [5, 6]], np.int32))]
    assert digest(write(layer)) == digest(write(layer))
    other = [Layer(100, np.array([3], np.int32), np.array([[1, 2], [3, 4], [5, 7]], np.int32))]
    assert digest(write(layer)) != digest(write(other))

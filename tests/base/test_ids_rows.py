import numpy as np

from kizuna.base.ids import hash63_rows


def test_row_hashes_are_fixed_for_all_time():
    got = hash63_rows("segment", np.array([1, 2, -1]), np.array([0, 2**62, -(2**63)]))
    assert got.tolist() == GOLDEN


def test_row_hash_depends_on_seed_on_every_column_and_on_their_order():
    a, b = np.arange(1000), np.arange(1000) * 7
    seen = [hash63_rows("x", a, b), hash63_rows("y", a, b), hash63_rows("x", b, a), hash63_rows("x", a)]
    assert len(np.unique(np.concatenate(seen))) >= 3999  # row 0 has equal columns: the same in either order
    assert min(s.min() for s in seen) >= 0


def test_a_flipped_bit_changes_about_half_of_the_hash():
    x = np.arange(4096)
    flipped = hash63_rows("x", x) ^ hash63_rows("x", x ^ 1)
    bits = np.unpackbits(flipped.view(np.uint8)).sum() / len(x)
    assert 30 < bits < 33


GOLDEN = [6457658261714675269, 1412707977609510444, 7734203694592632764]

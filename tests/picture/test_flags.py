"""Number blocks and classes of ships."""

import numpy as np
import pytest

from kizuna.base.errors import InputError
from kizuna.picture.classes import CLASSES, class_of, most_sent
from kizuna.picture.flags import FLAGS, flag_names, mid_of, named


def test_mids_of_all_forms_of_number():
    numbers = [431_000_001, 4_310_001, 43_100_001, 111_431_001, 843_100_001, 984_310_001, 994_310_001, 970_000_001,
               123_456_789, 0, 1_193_046, 1_000_000_001]  # fmt: skip
    assert mid_of(np.array(numbers)).tolist() == [431] * 7 + [0] * 5


def test_numbers_in_the_table_are_those_of_an_independent_one():
    constants = pytest.importorskip("pyais.constants")
    theirs = {k for k in constants.COUNTRY_MAPPING if isinstance(k, int)}
    assert theirs - set(FLAGS) == set()
    assert set(FLAGS) - theirs == {550, 638}  # assigned after that table was made


def test_own_names_replace_ours():
    names = named({"416": "Chinese Taipei", "431": "Nippon"})
    assert flag_names(np.array([416, 431, 412, 0]), names) == ["Chinese Taipei", "Nippon", "China", "unassigned"]


@pytest.mark.parametrize("pair", [{"41": "x"}, {"416": " "}, {"abc": "x"}, {"999": "x"}])
def test_names_for_what_is_no_mid_are_refused(pair):
    with pytest.raises(InputError, match="names no administration"):
        named(pair)


def test_classes_follow_the_type_table():
    words = [CLASSES[k] for k in class_of(np.array([-1, 0, 30, 52, 55, 60, 70, 79, 80, 99, 255]))]
    assert words == ["unknown", "unknown", "fishing", "tug and towing", "law enforcement", "passenger", "cargo", "cargo",
                     "tanker", "other", "unknown"]  # fmt: skip


def test_a_ship_has_the_class_that_she_sent_most():
    mmsi, kind = most_sent(np.array([5, 5, 5, 3, 3]), np.array([30, 70, 70, 0, -1]), np.array([3, 2, 2, 9, 9]))
    assert (mmsi.tolist(), [CLASSES[k] for k in kind]) == ([5], ["cargo"])

"""Words and numbers of the report; foreign text cannot leave its place."""

import html
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats import make
from kizuna.formats.report import text

HIDDEN = [
    chr(c)
    for c in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200B, 0x200E, 0x200F, 0x061C, 0xFEFF, 0, 8, 0x1B, 0x9B)
]


@given(st.text(max_size=300))
def test_foreign_text_can_neither_open_markup_nor_leave_an_attribute(raw):
    shown = text.safe(raw, 80)
    assert not set(shown) & set("<>\"'")
    plain = html.unescape(shown)
    assert len(plain) <= 81
    assert all(unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for c in plain)


@pytest.mark.parametrize("char", HIDDEN)
def test_invisible_and_reordering_characters_become_visible(char):
    assert text.safe(f"A{char}B") == "A\ufffdB"


def test_names_of_all_scripts_stay_readable():
    for good in ("第八海神丸", "福昌 18", "やえやま丸", "Ōsumi", "Đà Nẵng", "الفجر", "ЗВЕЗДА", "Cafe\u0301"):
        assert text.safe(good) == good


def test_piled_marks_are_cut():
    assert text.safe("a" + "\u0301" * 50) == "a" + "\u0301" * 3


def test_a_name_is_isolated_from_the_direction_around_it():
    assert text.name("الفجر") == "<bdi>الفجر</bdi>"


@pytest.mark.parametrize(
    ("lat", "lon", "shown"),
    [
        (25.745, 123.474, "25°44.7′N 123°28.4′E"),
        (-0.5, -179.99, "0°30.0′S 179°59.4′W"),
        (24.99999, 180.0, "25°00.0′N 180°00.0′W"),
        (-0.0001, 0.0, "0°00.0′N 0°00.0′E"),
    ],
)
def test_positions_are_degrees_and_minutes(lat, lon, shown):
    assert text.position_short(lat, lon) == shown
    assert f'title="{lat:.5f}, {lon:.5f}"' in text.position(lat, lon)


def test_a_missing_value_is_a_dash():
    assert {
        text.position(None, 1.0),
        text.position(float("nan"), 1.0),
        text.number(None),
        text.hours(None),
        text.metres(float("nan")),
        text.moment(-(2**63)),
        text.size(-1),
    } == {text.MISSING}


def test_times_are_utc_with_their_weekday():
    assert text.day(make.T0) == "Sat 14 Mar 2026"
    assert text.moment_short(make.T0 + 24_120_000) == "Sat 14 Mar 06:42"
    assert (
        text.moment(0)
        == '<time datetime="1970-01-01T00:00:00Z" title="1970-01-01T00:00:00Z">Thu 1 Jan 1970 00:00 UTC</time>'
    )
    assert text.day(-1) == "Wed 31 Dec 1969"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0"),
        (6.0, "6"),
        (7.4667, "7.467"),
        (0.00488, "0.0049"),
        (31_200.0, "31,200"),
        (12_345.678, "12,346"),
        (1e-7, "1.000e-07"),
        (-0.25, "-0.25"),
        (1e20, "1.000e+20"),
    ],
)
def test_numbers_have_as_many_digits_as_they_deserve(value, shown):
    assert text.number(value) == shown


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_unequal_values_never_look_equal_beside_each_other(a, b):
    assert (text.pair(a, b)[0] == text.pair(a, b)[1]) == (a == b)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.7, "42 min"), (7.0833, "7 h 05 min"), (76.0, "3 d 4 h"), (71.999, "3 d 0 h"), (71.9, "71 h 54 min")],
)
def test_durations(value, shown):
    assert text.hours(value) == shown


@pytest.mark.parametrize(("value", "shown"), [(212.4, "212 m"), (1852.0, "1.0 nm"), (372_000.0, "201 nm")])
def test_distances(value, shown):
    assert text.metres(value) == shown

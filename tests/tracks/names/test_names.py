"""Names across scripts: numbers, romanisation, likeness."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kizuna.tracks.names.likeness import Heard, likeness
from kizuna.tracks.names.ordinal import han_number, numbered
from kizuna.tracks.names.spelling import fold_japanese, kana_latin, readings, wade_giles


def alike(name: str, heard: str) -> float:
    return likeness(name, Heard.of([heard]))[0].score


@pytest.mark.parametrize(
    ("name", "base", "number"),
    [
        ("FUKU MARU NO.8", "FUKU MARU", 8), ("NO.8 FUKUMARU", "FUKUMARU", 8), ("第八福丸", "福丸", 8),
        ("福丸八号", "福丸", 8), ("順興39號", "順興", 39), ("第十二海洋丸", "海洋丸", 12), ("M/V EVER GIVEN", "EVER GIVEN", None),
        ("三洋丸", "三洋丸", None), ("KAIYO 2000 NO.3", "KAIYO 2000", 3), ("DAI-8 FUKU MARU", "FUKU MARU", 8),
    ],
)  # fmt: skip
def test_the_number_is_taken_out_of_a_name(name: str, base: str, number: int | None) -> None:
    first = numbered(name)[0]
    assert (first.base.strip(), first.number) == (base, number)


def test_a_number_word_at_the_head_is_one_way_to_read_it() -> None:
    ways = numbered("DAIGO MARU")
    assert [w.number for w in ways] == [5, None]


@pytest.mark.parametrize(("text", "value"), [("八", 8), ("十", 10), ("二十三", 23), ("百二", 102), ("一〇五", 105)])
def test_han_numerals_have_their_value(text: str, value: int) -> None:
    assert han_number(text) == value


@pytest.mark.parametrize(
    ("one", "other"),
    [("SHOYO", "SYOYO"), ("KAIYOU", "KAIYO"), ("TSURU", "TURU"), ("FUKU", "HUKU"), ("SHIMBO", "SHINBO"),
     ("CHIKYŪ", "TIKYU"), ("OHTORI", "OTORI"), ("JIN", "ZIN"), ("NIPPON", "NIPON")],
)  # fmt: skip
def test_systems_of_romanising_japanese_fall_together(one: str, other: str) -> None:
    assert fold_japanese(one) == fold_japanese(other)


@pytest.mark.parametrize(
    ("kana", "latin"),
    [
        ("しょうよう", "SHOYO"),
        ("ちきゅう", "CHIKYU"),
        ("はっこう", "HAKKO"),
        ("しんじゅ", "SHINJU"),
        ("ふぇりー", "FERI"),
    ],
)
def test_kana_are_spelt(kana: str, latin: str) -> None:
    assert kana_latin(kana) == fold_japanese(latin)


@pytest.mark.parametrize(
    ("pinyin", "wade"),
    [("XIN", "HSIN"), ("ZHU", "CHU"), ("QIAN", "CHIEN"), ("GAO", "KAO"), ("XIONG", "HSIUNG"), ("SHI", "SHIH"),
     ("RONG", "JUNG"), ("ZI", "TZU"), ("YAN", "YEN"), ("DONG", "TUNG"), ("XUE", "HSUEH")],
)  # fmt: skip
def test_wade_giles_follows_from_pinyin(pinyin: str, wade: str) -> None:
    assert wade_giles(pinyin) == wade


@pytest.mark.parametrize(
    ("painted", "sent"),
    [
        ("第八福丸", "DAIHACHI FUKUMARU"), ("第八福丸", "FUKU MARU NO.8"), ("ダイハチフクマル", "NO.8 FUKUMARU"),
        ("順興39", "SHUN XING 39"), ("顺兴39", "SHUN HSING NO.39"), ("龍神丸", "RYUJIN MARU"), ("竜神丸", "RYUUJIN-MARU"),
        ("新竹", "HSIN CHU"), ("与那国丸", "YONAGUNI MARU"), ("與那國丸", "YONAGUNIMARU"), ("Kaiyō Maru", "KAIYOU MARU"),
    ],
)  # fmt: skip
def test_a_painted_name_is_found_by_what_is_sent(painted: str, sent: str) -> None:
    assert alike(painted, sent) == 1.0


def test_forms_of_one_character_are_the_same_name() -> None:
    assert alike("龍神丸", "竜神丸") == 1.0
    assert alike("臺中", "台中") == 1.0
    assert likeness("龍神丸", Heard.of(["竜神丸"]))[0].way == "same characters"


def test_another_number_is_another_ship() -> None:
    assert alike("第八福丸", "NO.18 FUKU MARU") == 0.0
    assert alike("第八福丸", "FUKU MARU") == pytest.approx(0.9)


def test_a_slip_of_the_pen_costs_its_share() -> None:
    assert alike("EVER GIVEN", "EVER GLVEN") == pytest.approx(8 / 9, abs=1e-3)
    assert alike("EVER GIVEN", "MENDOCINO") < 0.5


def test_all_readings_are_folded_and_known() -> None:
    table = readings()
    assert len(table) > 20_000
    assert "MARU" in table["丸"].japanese
    assert table["龍"].form == table["竜"].form == "龙"


@given(st.text(string.ascii_uppercase, min_size=1, max_size=20))
def test_a_name_is_wholly_like_itself_and_blanks_do_not_matter(name: str) -> None:
    assert alike(name, name) == 1.0
    assert alike(name.lower(), " ".join(name)) == 1.0


def _distance(a: str, b: str) -> int:
    """Plain Levenshtein distance."""
    row = list(range(len(b) + 1))
    for i, ca in enumerate(a, 1):
        new = [i]
        for j, cb in enumerate(b, 1):
            new.append(min(row[j] + 1, new[j - 1] + 1, row[j - 1] + (ca != cb)))
        row = new
    return row[-1]


@given(st.text("BCDGKP", min_size=1, max_size=8), st.text("BCDGKP", min_size=1, max_size=8))
def test_likeness_is_the_edit_distance(a: str, b: str) -> None:
    plain = 1 - _distance(a, b) / max(len(a), len(b))
    folded = [fold_japanese(a), fold_japanese(b)]
    spoken = 1 - _distance(*folded) / max(map(len, folded))
    assert alike(a, b) == pytest.approx(max(plain, spoken), abs=1e-4)


@given(st.text(max_size=30), st.lists(st.text(max_size=30), max_size=5))
def test_no_text_breaks_it(name: str, heard: list[str]) -> None:
    found = likeness(name, Heard.of(heard))
    assert len(found) == len(heard)
    assert all(0 <= one.score <= 1 for one in found)

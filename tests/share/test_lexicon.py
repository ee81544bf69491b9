"""Forbidden words: found in every script and writing, gone after neutralising."""

import gzip
import html
import json
import urllib.parse

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from kizuna.base.errors import InputError
from kizuna.share import lexicon as lx

NAMES = {
    "Almarel": "g10000-1", "Northern Rocks": "g10000-2", "北方岩礁": "g10000-2", "銀門": "g10000-3", "ガンジロ島": "",
    "Ветер-2": "", "São Jorge": "g10000-5", "새섬리": "",
}  # fmt: skip
LIST = lx.lexicon("a", NAMES)


@pytest.mark.parametrize("text", [
    "near Almarel.", "ALMAREL", "A-l-m a r e l", "alma\u200brel", "\uff21\uff2c\uff2d\uff21\uff32\uff25\uff2c",
    "northern  rocks", "NORTHERN-ROCKS", "本船は北方岩礁の南", "北 方・岩 礁", "北\u200d方岩礁", "銀門島", "ガンジロ島沖",
    "ｶﾞﾝｼﾞﾛ島", "ВЕТЕР 2", "Sao Jorge", "sa\u0303o jorge", "새섬리에서", "船Almarel号",
])  # fmt: skip
def test_a_name_is_found_however_it_is_written(text):
    if text == "새섬리에서":  # Hangul: a particle makes it another word, so the list has to name the forms that matter
        assert not lx.lint(text.encode(), [LIST])
        return
    assert lx.lint(text.encode(), [LIST]), text
    clean = lx.neutralise(text, [LIST])
    assert not lx.lint(clean.encode(), [LIST])
    assert lx.neutralise(clean, [LIST]) == clean


@pytest.mark.parametrize("text", ["Almarelo", "northernrocksy", "銀 沢 門前", "Veter-2", "", "方岩"])
def test_another_word_is_left_alone(text):
    assert not lx.lint(text.encode(), [LIST])
    assert lx.neutralise(text, [LIST]) == text


def test_the_neutral_word_takes_the_place():
    assert lx.neutralise("off Almarel, 銀門, São Jorge.", [LIST]) == "off g10000-1, g10000-3, g10000-5."
    assert lx.neutralise("ガンジロ島沖", [LIST]) == "[name]沖"


@pytest.mark.parametrize("wrap", [
    lambda t: json.dumps({"a": t}).encode(), lambda t: t.encode("utf-16"), lambda t: urllib.parse.quote(t).encode(),
    lambda t: "".join(f"&#x{ord(c):x};" for c in t).encode(), lambda t: html.escape(t).encode(),
    lambda t: gzip.compress(t.encode()), lambda t: zstandard.compress(t.encode()),
    lambda t: gzip.compress(zstandard.compress(json.dumps(t).encode())), lambda t: b"\x1a\x05\xff" + t.encode() + b"\x80\0",
])  # fmt: skip
@pytest.mark.parametrize("name", ["北方岩礁", "Almarel", "Ветер-2"])
def test_no_writing_of_an_export_hides_a_name(wrap, name):
    assert lx.lint(wrap(f"x {name} y"), [LIST])
    assert not lx.lint(wrap("x y z"), [LIST])


@given(st.text(max_size=60), st.sampled_from(sorted(NAMES)), st.text(max_size=60))
def test_nothing_is_left_after_neutralising(before, name, after):
    clean = lx.neutralise(f"{before} {name} {after}", [LIST])
    assert not list(LIST.find(clean))
    assert lx.neutralise(clean, [LIST]) == clean


@given(st.binary(max_size=200))
def test_any_bytes_can_be_looked_through(data):
    for head in (b"", b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK\x03\x04", b"KZP1"):
        lx.lint(head + data, [LIST])


def test_a_bomb_is_refused_rather_than_called_clean():
    with pytest.raises(InputError, match="too large"):
        lx.lint(zstandard.compress(bytes(lx.PLAIN_MOST + 10)), [LIST])


def test_a_list_whose_neutral_word_is_a_name_is_refused():
    with pytest.raises(InputError):
        lx.lexicon("bad", {"Alpha": "beside Almarel", "Almarel": ""})
    with pytest.raises(InputError):
        lx.lexicon("bad", ["--"])


def test_a_rule_that_names_a_list_not_loaded_stops():
    with pytest.raises(InputError, match="no word list b"):
        lx.neutraliser({"a": LIST})(frozenset("ab"))
    assert lx.neutraliser({"a": LIST})(frozenset("a"))("Almarel") == "g10000-1"

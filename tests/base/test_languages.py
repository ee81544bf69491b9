"""One list of languages, whichever way somebody writes them."""

import pytest

from kizuna.base.errors import InputError
from kizuna.base.languages import LANGUAGES, PAGES, language_of
from kizuna.share.rules.words import rule_text
from kizuna.share.rules.read import load

RULE = (
    b'version = 1\n[[rule]]\nid = "a"\nclause = ["m/1"]\nmatch = { kind = ["event.*"] }\nto = ["b"]\nthen = "release"\n'
)


@pytest.mark.parametrize(
    ("word", "ours"), [("zh-TW", "zh-Hant"), ("zh-Hant", "zh-Hant"), ("zh_tw", "zh-Hant"), ("EN", "en"), ("ja", "ja")]
)
def test_both_names_of_a_language_are_understood(word: str, ours: str) -> None:
    assert language_of(word) == ours
    rule = load(RULE).rules[0]
    assert rule_text(rule, word) == rule_text(rule, ours)


def test_another_language_is_refused_with_the_list() -> None:
    with pytest.raises(InputError, match="en, ja, zh-TW"):
        language_of("fr")
    assert tuple(PAGES) == LANGUAGES

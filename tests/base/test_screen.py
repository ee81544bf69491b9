"""Text of others on a screen."""

import json

from hypothesis import given
from hypothesis import strategies as st

from kizuna.base.screen import escaped, in_one_line, shown

HOSTILE = "a\x1b[2Jb\x9b31mc\rd\x08e\u202ef\u2066g\x7fh\u2028i\ud800j\x00k"


def test_nothing_that_a_terminal_obeys_or_that_turns_a_line_is_shown():
    assert shown(HOSTILE) == "�".join(["a", "[2Jb", "31mc", "d", "e", "f", "g", "h", "i", "j", "k"])
    shown(HOSTILE).encode()


def test_what_people_write_stays_as_it_is():
    for text in ("第三星丸\u3000釣魚臺", "Đường, café\u00a0№ 5", "one\n\ttwo", "\U0001f6a2"):
        assert shown(text) == text


def test_a_text_in_one_line_cannot_look_like_two():
    assert in_one_line("saw\n  17  2026  chief\tdone") == "saw↵  17  2026  chief done"


@given(st.text(st.characters(exclude_categories=())))
def test_escaped_json_reads_back_and_shows_nothing_to_obey(text):
    made = escaped(json.dumps(text, ensure_ascii=False))
    assert json.loads(made) == text and shown(made) == made

"""Words that a partner must not read: they stay here with a reason, or leave as neutral words."""

from pathlib import Path

import pytest

from kizuna.base.errors import ConfigError, InputError
from kizuna.node.service.sharing_settings import SharingSettings
from kizuna.node.share.lexicons import RULE, Lexicons, read
from kizuna.records.partner import Community, Partner, directory
from kizuna.records.record import Record, body_bytes, encode
from kizuna.share.decide import Decision
from kizuna.share.lexicon import lint
from kizuna.share.publish import Batch
from kizuna.share.rules.read import load

GO = Decision("release", "0" * 64, ("picture",))
KEY = b"0" * 32


def lists(home: Path, **words: str) -> Path:
    home.mkdir(exist_ok=True)
    for name, text in words.items():
        (home / f"{name}.toml").write_text(f"[words]\n{text}\n", encoding="utf-8")
    return home


def who():
    partners = [Partner(id=p, title=p, root_key=KEY, communities=frozenset(("c:civil",))) for p in ("cape", "harbour")]
    return directory("north", partners, [Community("c:civil", 1, frozenset(("north", "cape", "harbour")))])


def record(text: str) -> bytes:
    return encode(Record(kind="incident.message", origin="north", observed_ms=1_790_000_000_000,
                         body=body_bytes({"i": "a" * 32, "t": text})))  # fmt: skip


@pytest.fixture
def lexicons(tmp_path: Path) -> Lexicons:
    home = lists(tmp_path / "lexicons", cape='"Almarel" = "grid 25N123E"\n"漂流島" = ""', other='"Nowhere" = ""')
    return Lexicons(home, SharingSettings(forbidden=("cape = cape", "harbour = other")).forbidden_to())


def test_a_forbidden_name_stays_here_with_its_reason(lexicons: Lexicons) -> None:
    judged = lexicons.judge(record("drifting off Al-Ma-Rel"), GO, "cape", who())
    assert not judged.released
    assert judged.rule_ids == (RULE, "picture")
    assert "'Almarel' of cape" in judged.why[0]
    assert lexicons.judge(record("drifting off Al-Ma-Rel"), GO, "harbour", who()).released


def test_names_of_every_reader_of_a_community_count(lexicons: Lexicons) -> None:
    assert not lexicons.judge(record("漂流島"), GO, "c:civil", who()).released
    assert not lexicons.judge(record("Nowhere"), GO, "c:civil", who()).released


def test_what_was_neutralised_holds_no_name_any_more(lexicons: Lexicons) -> None:
    neutral = lexicons.neutral(frozenset(("cape", "other")))
    said = record(neutral("from Almarel by 漂流島 to NOWHERE"))
    assert b"grid 25N123E" in said
    assert lint(said, [lexicons.get("cape"), lexicons.get("other")]) == []
    assert lexicons.judge(said, GO, "c:civil", who()).released


def test_a_batch_leaves_without_what_holds_a_name(lexicons: Lexicons) -> None:
    good, bad = record("calm sea"), record("Almarel")
    kept, withheld = lexicons.screen([Batch("cape", "routine", ((good, GO), (bad, GO)))], who())
    assert kept == [Batch("cape", "routine", ((good, GO),))]
    assert [(d.to, d.verdict, d.rules[0]) for d in withheld] == [("cape", "withhold", RULE)]


def test_a_bound_list_that_is_lost_lets_nothing_out(tmp_path: Path) -> None:
    lexicons = Lexicons(tmp_path, {"cape": ("lost",)})
    assert "no word list lost" in lexicons.why_not(record("calm"), "cape", who())
    assert lexicons.why_not(record("calm"), "harbour", who()) == ""


def test_a_list_is_read_again_when_its_file_changes(lexicons: Lexicons, tmp_path: Path) -> None:
    assert lexicons.why_not(record("Elsewhere"), "cape", who()) == ""
    lists(tmp_path / "lexicons", cape='"Elsewhere" = ""\n"Another one" = ""')
    assert "'Elsewhere'" in lexicons.why_not(record("Elsewhere"), "cape", who())


def test_rules_that_name_a_lost_list_are_found(lexicons: Lexicons) -> None:
    text = ('version = 1\n[[rule]]\nid = "a"\nclause = ["m/1"]\nto = ["cape"]\nthen = "release"\n'
            'transform = ["neutralise_names lists=cape,lost"]\n')  # fmt: skip
    assert [rule for rule, _ in lexicons.missing(load(text))] == ["a"]


@pytest.mark.parametrize("text", ["", "words = 1", "[words]\n", '[words]\n"a" = 1', '[other]\n"a" = ""', "[words"])
def test_what_is_no_list_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match="x.toml"):
        read(path)


@pytest.mark.parametrize("row", ["cape", "= list", "cape = ../up", "cape ="])
def test_a_row_that_binds_nothing_is_refused(row: str) -> None:
    with pytest.raises(ConfigError, match="forbidden"):
        SharingSettings(forbidden=(row,))


def test_a_name_of_a_list_leads_nowhere_else(lexicons: Lexicons) -> None:
    with pytest.raises(InputError, match="no word list"):
        lexicons.get("../cape")

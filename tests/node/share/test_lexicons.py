"""Words that a partner must not read: they stay here with a reason, or leave as neutral words."""

from pathlib import Path

import pytest

from kizuna.base.errors import InputError
from kizuna.node.share.exchange.lexicons import RULE, Lexicons
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
        (home / f"{name}.txt").write_text(text + "\n", encoding="utf-8")
    return home


def who():
    partners = [Partner(id=p, title=p, root_key=KEY, communities=frozenset(("c:civil",))) for p in ("cape", "harbour")]
    return directory("north", partners, [Community("c:civil", 1, frozenset(("north", "cape", "harbour")))])


def record(text: str) -> bytes:
    return encode(Record(kind="incident.message", origin="north", observed_ms=1_790_000_000_000,
                         body=body_bytes({"i": "a" * 32, "t": text})))  # fmt: skip


@pytest.fixture
def lexicons(tmp_path: Path) -> Lexicons:
    home = lists(
        tmp_path / "lexicon", cape="Almarel = grid 25N123E\n漂流島", harbour="Nowhere  # a note", us="Everywhere"
    )
    return Lexicons(home)


def test_a_forbidden_name_stays_here_with_its_reason(lexicons: Lexicons) -> None:
    judged = lexicons.judge(record("drifting off Al-Ma-Rel"), GO, "cape", who())
    assert not judged.released
    assert judged.rule_ids == (RULE, "picture")
    assert "'Almarel' of the list cape" in judged.why[0]
    assert lexicons.judge(record("drifting off Al-Ma-Rel"), GO, "harbour", who()).released


def test_names_of_every_reader_of_a_community_count(lexicons: Lexicons) -> None:
    assert not lexicons.judge(record("漂流島"), GO, "c:civil", who()).released
    assert not lexicons.judge(record("Nowhere"), GO, "c:civil", who()).released


def test_what_was_neutralised_holds_no_name_any_more(lexicons: Lexicons) -> None:
    neutral = lexicons.neutral(frozenset(("cape", "harbour")))
    said = record(neutral("from Almarel by 漂流島 to NOWHERE"))
    assert b"grid 25N123E" in said
    assert lint(said, [lexicons.get("cape"), lexicons.get("harbour")]) == []
    assert lexicons.judge(said, GO, "c:civil", who()).released


def test_a_batch_leaves_without_what_holds_a_name(lexicons: Lexicons) -> None:
    good, bad = record("calm sea"), record("Almarel")
    kept, withheld = lexicons.screen([Batch("cape", "routine", ((good, GO), (bad, GO)))], who())
    assert kept == [Batch("cape", "routine", ((good, GO),))]
    assert [(d.to, d.verdict, d.rules[0]) for d in withheld] == [("cape", "withhold", RULE)]


def test_a_list_of_nobody_alone_binds_all(lexicons: Lexicons) -> None:
    for audience in ("cape", "harbour", "c:civil", "*"):
        assert "'Everywhere' of the list us" in lexicons.why_not(record("everywhere"), audience, who())


def test_a_list_that_cannot_be_read_lets_nothing_out(tmp_path: Path) -> None:
    (tmp_path / "cape.txt").write_bytes(b"\xff\xfe\xff")
    lexicons = Lexicons(tmp_path)
    assert "cannot be read" in lexicons.why_not(record("calm"), "cape", who())
    assert lexicons.why_not(record("calm"), "harbour", who()) == ""


def test_a_list_is_read_again_when_its_file_changes(lexicons: Lexicons, tmp_path: Path) -> None:
    assert lexicons.why_not(record("Elsewhere"), "cape", who()) == ""
    lists(tmp_path / "lexicon", cape="Elsewhere\nAnother one")
    assert "'Elsewhere'" in lexicons.why_not(record("Elsewhere"), "cape", who())


def test_rules_that_name_a_lost_list_are_found(lexicons: Lexicons) -> None:
    text = ('version = 1\n[[rule]]\nid = "a"\nclause = ["m/1"]\nto = ["cape"]\nthen = "release"\n'
            'transform = ["neutralise_names lists=cape,lost"]\n')  # fmt: skip
    assert [rule for rule, _ in lexicons.missing(load(text))] == ["a"]


def test_a_name_of_a_list_leads_nowhere_else(lexicons: Lexicons) -> None:
    with pytest.raises(InputError, match="no word list"):
        lexicons.get("../cape")

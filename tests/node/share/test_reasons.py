"""Reasons are codes with facts: read back from the sentences that logs hold, and worded by the page in every language."""

import json
import re
from pathlib import Path

import pytest

from kizuna.base.sentences import BETWEEN, WHY, read
from kizuna.node.share.desk.reasons import SENTENCES, reasons
from kizuna.share.rules.read import load

ROOT = Path(__file__).resolve().parents[3]
WEB = ROOT / "web" / "src" / "i18n"
CODES = {code: text for table in SENTENCES for code, text in table.table.items()}
FACT = re.compile(r"\{(\w+)\}")
FACTS = {"names": "north, the south", "what": "'a word' here", WHY: "no rule releases it", "day": "2026-11-22"}


def facts(code):
    return {name: FACTS.get(name, f"x-{name}.1") for name in FACT.findall(CODES[code])}


def said(code):
    table = next(t for t in SENTENCES if code in t.table)
    return table(code, **facts(code))


def uncoded(rows):
    """Texts in reasons, and in the reasons within them, that have no code."""
    return [text for r in rows for text in ([] if r["code"] else [r["reason"]]) + uncoded(r["because"])]


def test_codes_are_told_apart_across_all_tables():
    assert len(CODES) == sum(len(table.table) for table in SENTENCES)


WIDER = {"toml.found": "toml.character"}


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_sentence_is_read_back_to_its_code_and_facts(code):
    [found] = read(said(code), SENTENCES)
    assert (found.code, dict(found.facts)) == (code, facts(code))
    assert found.text == said(code) and [b.code for b in found.because] == (
        ["decision.no_rule"] if WHY in facts(code) else []
    )


def test_sentences_that_stand_together_are_read_one_by_one_and_unknown_ones_kept():
    several = [said("bound.terms"), "somebody wrote this last year", said("rule.lapsed")]
    found = reasons([BETWEEN.join(several)])
    assert [r["code"] for r in found] == ["bound.terms", "", "rule.lapsed"]
    assert found[1]["reason"] == several[1] and uncoded(found) == [several[1]]


@pytest.mark.parametrize("language", ["en", "ja", "zh-TW"])
def test_the_page_has_words_for_every_reason_with_the_same_facts(language):
    words = json.loads((WEB / "reasons" / f"{language}.json").read_text())
    assert sorted(words) == sorted(f"because.{code}" for code in CODES)
    for code, text in CODES.items():
        assert sorted(FACT.findall(words[f"because.{code}"])) == sorted(FACT.findall(text)), code


def test_every_refusal_at_the_desk_is_said_from_a_table():
    loose = [f"{path.name}: {found[0]}" for path in sorted((ROOT / "src/kizuna/node").rglob("*.py"))
             for found in re.finditer(r'Refusal\(\s*f?"[^"]*"', path.read_text())]  # fmt: skip
    assert loose == []


def test_every_code_of_a_problem_has_words_but_those_that_only_programs_meet():
    known = {k for f in (WEB / "en.json", WEB / "sharing" / "en.json") for k in json.loads(f.read_text())}
    programs = {"InvalidRequestObject", "base64", "field", "one_entry", "one_position", "one_thing"}
    found = {c for path in sorted((ROOT / "src/kizuna/node").rglob("*.py")) if "/cli/" not in str(path)
             for c in re.findall(r'\bcode="(\w+)"', path.read_text())}  # fmt: skip
    assert len(found) > 40
    assert sorted(c for c in found - programs if f"problem.{c}" not in known) == []


HEAD = 'version = 1\n[[rule]]\nid = "a"\nto = ["x"]\nclause = ["m/1"]\n'
WRONG = [
    "version = ", "version = 1\nversion = 2", "[[rule]\n", "a b = 1", "= 3", 'x = "open', "x = [1, 2", "x = {a = 1",
    "x = {a = 1, a = 2}", 'x = "\\q"', "x = 2026-13-45", "[a]\n[a]\n", "x = 1 2", "\x01", "a.b = 1\na = 2\n[[rule", "x",
    "version = 2", "version = 1\nrule = 3", "version = 1\nrule = [3]", "version = 1\nodd = 3", "version = 1\n[[rule]]\nid = 3",
    HEAD + 'then = "maybe"', HEAD + 'then = "withhold"\nlane = "bulk"', HEAD.replace('clause = ["m/1"]', "") + 'then = "release"',
    HEAD + 'then = "release"\nmatch = 3', HEAD + 'then = "release"\nmatch = { kind = [] }',
    HEAD + 'then = "release"\nmatch = { kind = ["sea.monster"] }', HEAD + 'then = "release"\nmatch = { kind = "x" }',
    HEAD + 'then = "release"\nmatch = { label = {} }', HEAD + 'then = "release"\nmatch = { age = { min_h = 1, min_d = 1 } }',
    HEAD + 'then = "release"\nmatch = { age = { min_h = 3, max_h = 1 } }', HEAD + 'then = "release"\nmatch = { age = { min_h = "x" } }',
    HEAD + 'then = "release"\ntransform = 3', HEAD + 'then = "release"\ntransform = ["blur"]',
    HEAD + 'then = "release"\ntransform = ["coarsen_position cell_m=7"]', HEAD + 'then = "release"\ntransform = ["coarsen_position"]',
    HEAD + 'then = "release"\ntransform = ["coarsen_position cell_m=x"]', HEAD + 'then = "release"\ntransform = ["delay days=1"]',
    HEAD + 'then = "release"\ntransform = ["drop_fields"]', HEAD + 'then = "release"\nlabel = { tlp = "PINK" }',
    HEAD + 'then = "release"\nlabel = { retain_d = 0 }', HEAD + 'then = "release"\nlabel = { personal = 3 }',
    HEAD + 'then = "release"\nlane = "fast"', HEAD + 'then = "release"\nown_grid = 1', HEAD + 'then = "release"\nnote = 3',
    HEAD + 'then = "release"\n' + HEAD.partition("\n")[2] + 'then = "release"',
]  # fmt: skip


@pytest.mark.parametrize("text", WRONG)
def test_a_text_of_rules_that_cannot_be_read_says_so_by_code(text):
    with pytest.raises(Exception) as said:
        load(text)
    found = reasons([said.value.message])
    assert found and uncoded(found) == [], said.value.message

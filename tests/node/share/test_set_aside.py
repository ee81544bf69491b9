"""Why something was set aside is said by code: whole sentences of ours, or what the words of a check mean."""

import ast
from pathlib import Path

import pytest

from kizuna.node.share.desk.reasons import meaning
from kizuna.node.share.desk.refusal import SAID
from kizuna.share.grants import SAID as GRANTS

SHARE = Path(__file__).resolve().parents[3] / "src" / "kizuna" / "share"
CHECKS = [SHARE / "verify.py", SHARE / "keys.py", SHARE / "page.py", *sorted((SHARE / "ledger").glob("*.py"))]


def spoken(node):
    """The text of a message as a log holds it, with something in its holes."""
    if isinstance(node, ast.JoinedStr):
        return "".join(str(v.value) if isinstance(v, ast.Constant) else "12" for v in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def words(path, errors):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in errors and node.args and spoken(node.args[0]):
            yield spoken(node.args[0])


def code(text):
    [row] = meaning(text)
    return row["code"]


def test_every_breach_of_trust_has_a_meaning_that_a_page_can_say():
    found = {text for path in CHECKS for text in words(path, {"TrustError", "UnavailableError"})}
    assert len(found) > 40
    assert sorted(text for text in found if code(text) in ("check.other", "check.form")) == []


@pytest.mark.parametrize(("text", "means"), [
    ("south/1/real/north/bulk: the signature is wrong", "check.signature"),
    ("north: nobody here has confirmed the root key of north (kizuna grant confirm NODE north)", "check.keys"),
    ("north node key: signed by a key since retired (ask for it again, under a newer head)", "check.dead_key"),
    ("north page key: the key was revoked at record 12 (fetch the newest checkpoint; call the partner)", "check.dead_key"),
    ("north: two different key manifests 2 (keep both as evidence)", "check.manifest"),
    ("south/1/real/north/bulk: two different logs of 12 records (keep both)", "check.contradicts"),
    ("south/1/real/north/bulk: not a log of south for us", "check.log"),
    ("another context", "check.context"),
    ("a record of exercise:joint", "check.context"),
    ("not a record", "check.form"),
    ("not a page (it begins with KZP1)", "check.form"),
    ("a page was damaged on its way (ask for it again)", "check.form"),
    ("the inclusion proof leads to another root", "check.proof"),
    ("north: north was revoked: keys lost; see the log", "check.revoked"),
    ("more than 20000 papers of north are kept (look at what it sends; kizuna partner pause)", "check.most"),
    ("south cannot speak for north", "check.speaker"),
    ("what nobody foresaw", "check.other"),
])  # fmt: skip
def test_words_of_checks_are_read_for_what_they_mean(text, means):
    [row] = meaning(text)
    assert (row["code"], row["exact"]) == (means, False)


@pytest.mark.parametrize("text", [
    SAID("aside.unproved"), SAID("aside.kind", kind="lexicon.match"), SAID("brought.taxii", what="indicator--1 of 2"),
    SAID("brought.cot", party="south", n="12"), GRANTS("leave.none", party="north", to="south"),
    SAID("brought.records", kind="Push", message="a-1", sender="eu.cise.ab", n="3"),
])  # fmt: skip
def test_sentences_of_this_node_are_read_back_whole(text):
    rows = meaning(text)
    assert [(r["reason"], r["exact"]) for r in rows] == [(text, True)] and rows[0]["code"]


def test_nothing_means_nothing():
    assert meaning("") == []

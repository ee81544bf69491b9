"""Memoranda: the file, its check against rules, its ends, its signatures, the yearly account."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.base.errors import ConfigError
from kizuna.base.units import DAY_MS
from kizuna.base.utc import parse
from kizuna.records.label import Label, Tlp
from kizuna.share import agreement, rules
from kizuna.share.agreement import signing
from kizuna.share.agreement.report import Asked, Called, Shared, clauses_of, year_ms
from kizuna.share.agreement.standing import Book, allows, standing

HERE = Path(__file__).parents[2] / "examples" / "agreements"
TEXT = (HERE / "coast-rescue.toml").read_text()
RULES = (HERE / "rules.toml").read_text()
NOW = parse("2026-11-22T00:00:00Z")
BOTH = ("harbour", "cape")
AMBER = Label(tlp=Tlp.AMBER, rel_to=frozenset({"cape"}))


def loaded(old="", new="", text=TEXT):
    assert old in text
    return agreement.load(text.replace(old, new, 1) if old else text)


def brief(found):
    return {(f.level, f.test, f.where) for f in found}


def test_the_example_fits_its_rules():
    assert agreement.check([loaded()], rules.load(RULES), NOW) == ()


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ('text.ja = "両者は年二回', 'text.zh-Hant = "x"\n#', ("error", "missing translation", "coast-rescue/5.1")),
        ("review = 2027-10-01", "review = 2029-10-01", ("error", "review outside", "coast-rescue")),
        ("review = 2027-10-01", "review = 2026-10-01", ("warning", "review due", "coast-rescue")),
        ("ends = 2029-04-01", "ends = 2027-02-01", ("warning", "ends soon", "coast-rescue")),
        ("ends = 2029-04-01", "ends = 2026-11-01", ("error", "ended", "coast-rescue")),
        ("grace_days = 180", "grace_days = 180\nends = 2030-01-01", ("error", "dates outside", "coast-rescue/2.1")),
        ('kinds = ["exercise.*"]', 'kinds = ["exercise.opened"]', ("error", "wider than clause", "training")),
        ('id = "5.1"', 'id = "5.9"', ("error", "unknown clause", "training")),
        ('id = "4.1"\n', 'id = "4.1"\nto = ["harbour"]\n', ("error", "wider than clause", "cable-faults")),
        ("retain_days = 90", "retain_days = 30", ("error", "kept too long", "meetings-at-sea")),
    ],
)
def test_check_finds(old, new, finding):
    text = TEXT.replace(old, new, 1)
    if old.startswith("text.ja"):
        text = text.replace('text.zh-Hant = "雙方每年', "#", 1)
    if old == 'id = "5.1"':
        text = text.replace('clause = "5.1"', 'clause = "5.9"')
    assert finding in brief(agreement.check([agreement.load(text)], rules.load(RULES), NOW))


def test_check_finds_clauses_and_rules_without_each_other():
    few = rules.load(RULES.split('[[rule]]\nid = "cable-faults"')[0])
    assert ("warning", "clause without rule", "coast-rescue/4.1") in brief(agreement.check([loaded()], few, NOW))
    bare = replace(few, rules=(replace(few.rules[0], clauses=()),))
    assert ("error", "rule without clause", few.rules[0].id) in brief(agreement.check([loaded()], bare, NOW))
    twice = [loaded(), loaded("version = 1", "version = 2"), loaded('"coast-rescue"', '"other"')]
    short = rules.load(RULES.replace('"coast-rescue/4.1"', '"4.1"'))
    found = brief(agreement.check(twice, short, NOW))
    assert ("warning", "dates overlap", "coast-rescue") in found
    assert ("error", "unclear clause", "cable-faults") in found


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[agreement]", "[agreement]\nfoo = 1", "unknown key foo"),
        ("ends = 2029-04-01", "ends = 2026-04-01", "later than starts"),
        ("starts = 2026-04-01", 'starts = "2026-04-01"', "a day like"),
        ("starts = 2026-04-01", "starts = 2026-04-01T00:00:00Z", "without a time of day"),
        ('id = "cape"', 'id = "harbour"', "stands twice"),
        ('clause = "2.2"', 'clause = "9.9"', "not in this memorandum"),
        ('who = "harbour"', 'who = "west"', "no party's node"),
        ('may = ["task"]', 'may = ["attack"]', "names attack"),
        ("grace_days = 180", "grace_days = 9999", "not within"),
        ("distress = true", "", "belongs to a distress clause"),
        ('purpose = ["SAR"]', 'purpose = ["War"]', "names War"),
        ("title.en", "title.fr", "holds fr"),
        ("[agreement]", "[agreement", "is not TOML"),
    ],
)
def test_a_file_that_means_something_else_is_refused(old, new, words):
    with pytest.raises(ConfigError, match=words):
        loaded(old, new)


@given(st.binary(max_size=300))
def test_only_configuration_errors_escape_the_reader(data):
    with pytest.raises(ConfigError):
        agreement.load(data)


def test_deep_nesting_and_great_length_are_refused():
    for text in ("a = " + "[" * 20_000, "#" * 60_000):
        with pytest.raises(ConfigError):
            agreement.load(text)


def test_an_agreement_warns_and_then_refuses():
    one = loaded()
    for days, state in [(-400, "in_force"), (-121, "in_force"), (-120, "ends_soon"), (-1, "ends_soon"), (0, "ended")]:
        now = one.ends_ms + days * DAY_MS
        assert standing(one, now, signed_by=BOTH).state == state
        allowed = allows(one, "3.1", now, signed_by=BOTH)
        assert allowed.ok == (state != "ended")
        assert bool(allowed.warning) == (state != "in_force" or one.review_ms <= now)
    assert standing(one, one.starts_ms - 1, signed_by=BOTH).state == "not_started"
    assert standing(one, NOW, signed_by=["cape"]).waiting_for == ("harbour",)
    assert not allows(one, "3.1", NOW, signed_by=["cape"]).ok
    assert not allows(one, "9", NOW, signed_by=BOTH).ok


def test_distress_holds_for_its_days_of_grace_and_nothing_else_does():
    one = loaded()
    after = one.ends_ms + 179 * DAY_MS
    assert allows(one, "2.1", after, signed_by=BOTH).ok
    assert not allows(one, "2.2", after, signed_by=BOTH).ok
    assert not allows(one, "2.1", one.ends_ms + 180 * DAY_MS, signed_by=BOTH).ok


def signed_book():
    book = Book()
    first = signing.propose(TEXT, me="harbour", label=AMBER, now_ms=NOW, context="real")
    assert signing.apply(book, first, "harbour", NOW) == ""
    assert not book.allows("coast-rescue/2.1", NOW).ok
    second = signing.sign(loaded(), me="cape", label=AMBER, now_ms=NOW, context="real")
    assert signing.apply(book, second, "cape", NOW) == ""
    return book


def test_both_must_sign_the_same_bytes():
    book = signed_book()
    assert book.allows("coast-rescue/2.1", NOW).ok and book.allows("2.1", NOW).ok
    other = signing.sign(
        loaded("warn_days = 120", "warn_days = 121"), me="cape", label=AMBER, now_ms=NOW, context="real"
    )
    assert signing.apply(book, other, "cape", NOW) == "this memorandum has not arrived"
    assert signing.apply(book, other, "harbour", NOW).startswith("harbour brought a signature of cape")
    assert len(signing.propose(TEXT, me="harbour", label=AMBER, now_ms=NOW, context="real")) < 64 * 1024


@pytest.mark.parametrize("off_days", [-400, -1, 0, 1])
def test_a_notice_is_never_shorter_than_the_memorandum_says_whatever_date_its_record_bears(off_days: int) -> None:
    book, one = signed_book(), loaded()
    dated = NOW + off_days * DAY_MS
    notice = signing.give_notice(one, me="cape", label=AMBER, now_ms=dated, context="real")
    assert signing.apply(book, notice, "cape", NOW) == ""
    assert book.allows("3.1", NOW + one.notice_days * DAY_MS - 1).ok


def test_a_partner_cannot_fill_the_book_with_memoranda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing, "BOOK_MOST", 2)
    book = Book()
    said = []
    for n in (1, 2, 3, 1):
        text = TEXT.replace("version = 1", f"version = {n}", 1)
        said.append(
            signing.apply(book, signing.propose(text, me="cape", label=AMBER, now_ms=NOW, context="real"), "cape", NOW)
        )
    assert said == ["", "", "too many memoranda are held", ""]
    assert len(book.agreements) == 2


def test_suspension_and_notice_end_what_may_be_released():
    book, one = signed_book(), loaded()
    notice = signing.give_notice(one, me="cape", label=AMBER, now_ms=NOW, context="real", ends_ms=NOW + DAY_MS)
    assert signing.apply(book, notice, "cape", NOW) == ""
    assert book.allows("3.1", NOW + 59 * DAY_MS).ok  # the notice is as long as the memorandum says
    assert "ends on 2027-01-21" in book.warnings(NOW)[0]
    assert not book.allows("3.1", NOW + 60 * DAY_MS).ok
    stop = signing.suspend(one, me="cape", label=AMBER, now_ms=NOW, context="real")
    assert signing.apply(book, stop, "cape", NOW) == ""
    assert not book.allows("3.1", NOW).ok
    kept, lapsed = agreement.enforce(rules.load(RULES), book, NOW)
    assert {rule.id for rule in kept.rules} == {"own-patrols-stay-home"} and len(lapsed) == 5


def test_rules_release_only_while_all_their_clauses_hold():
    book, one = signed_book(), loaded()
    kept, lapsed = agreement.enforce(rules.load(RULES), book, NOW)
    assert kept.rules == rules.load(RULES).rules and not lapsed
    kept, lapsed = agreement.enforce(rules.load(RULES), book, one.ends_ms)
    assert [rule.id for rule in kept.rules] == ["own-patrols-stay-home"]
    assert "ended on 2029-04-01" in lapsed["training"] and kept.hash == rules.load(RULES).hash


def test_mandates_answer_who_may_do_what_on_whose_request():
    one = loaded()
    assert one.may("harbour", "coordinate") and not one.may("harbour", "board")
    assert not one.may("harbour", "task") and one.may("harbour", "task", asked_by="cape")


def rows():
    one = rules.load(RULES)
    return [
        Shared(
            "aa" * 32,
            "event.encounter",
            "cape",
            NOW,
            "routine",
            clauses_of(one, ["meetings-at-sea"]),
            ("meetings-at-sea",),
            ("coarsen_position cell_m=5000",),
            one.hash,
            bytes=200,
        ),
        Shared(
            "bb" * 32,
            "incident.opened",
            "cape",
            NOW + 1,
            "flash",
            clauses_of(one, ["incidents"]),
            ("incidents",),
            (),
            one.hash,
            personal=True,
            bytes=300,
        ),
        Shared("cc" * 32, "event.encounter", "west", NOW, "routine", ("other/1",), ("x",), (), one.hash),
        Shared(
            "dd" * 32,
            "event.encounter",
            "cape",
            parse("2025-12-31T23:59:59Z"),
            "routine",
            ("coast-rescue/3.1",),
            (),
            (),
            one.hash,
        ),
    ]


def test_the_account_counts_what_was_shared_under_each_clause():
    made = agreement.report(
        loaded(),
        rows(),
        *year_ms(2026),
        recalls=[
            Called("ee" * 32, NOW, "harbour", frozenset({"aa" * 32}), "error", "acknowledged"),
            Called("ff" * 32, NOW, "harbour", frozenset({"99" * 32}), "error", "pending"),
        ],
        requests=[Asked("r1", NOW, "cape", "harbour", "coast-rescue/1.3", "given", True)],
        marking="EXERCISE <x>",
    )
    account = json.loads(made.json)
    by_ref = {each["ref"]: each for each in account["clauses"]}
    assert account["total"]["releases"] == 2 and account["total"]["bytes"] == 500 and account["total"]["personal"] == 1
    assert by_ref["coast-rescue/3.1"]["kinds"] == {"event.encounter": 1}
    assert by_ref["coast-rescue/2.1"]["releases"] == by_ref["coast-rescue/2.2"]["releases"] == 1
    assert by_ref["coast-rescue/3.1"]["transforms"] == {"coarsen_position cell_m=5000": 1}
    assert [each["recall"] for each in account["recalls"]] == ["ee" * 32]
    assert account["requests"] == {"count": 1, "distress": 1, "states": {"given": 1}}
    page = made.html.decode()
    assert "EXERCISE &lt;x&gt;" in page and "Vessels that meet at sea" in page and "<script" not in page
    japanese = agreement.report(loaded(), rows(), *year_ms(2026), language="ja").html.decode()
    assert "洋上会合の通報" in japanese and 'lang="ja"' in japanese


def test_a_release_is_explained_back_to_its_sentence():
    found = agreement.explain("aa" * 32, rows(), [loaded()], rules.load(RULES))
    assert len(found) == 1 and found[0].rules_known and found[0].clauses[0][0] == "coast-rescue/3.1"
    assert "encounters of vessels" in found[0].clauses[0][1]
    assert agreement.explain("cc" * 32, rows(), [loaded()])[0].clauses == (("other/1", "not known here"),)

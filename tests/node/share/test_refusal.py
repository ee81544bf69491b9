"""A refusal says what stands in the way and what would help."""

from kizuna.node.share.desk.refusal import explained, of_decision
from kizuna.share.decide import Decision, Tried, bounds
from kizuna.share.decide.reasons import SAID


def test_every_bound_has_a_sentence_and_a_remedy() -> None:
    names = {v for k, v in vars(bounds).items() if k.isupper() and isinstance(v, str) and v.startswith("bound.")}
    assert names
    for name in names:
        codes = [code for code in SAID.table if code.startswith(name)]
        why, hint = explained(Decision("withhold", "", (name,), why=(SAID(codes[0], to="inlet", rule="a"),)), "inlet")
        assert "bound." not in why and hint, name
    label = Decision("withhold", "", (bounds.LABEL,), why=(SAID(bounds.LABEL, to="inlet"),))
    said = of_decision(label, "inlet", "or break-glass")
    assert said.rule == "bound.label" and said.why == "inlet may not be told: its own label does not reach inlet"
    assert said.hint.startswith("or break-glass; labels name whom rules")


def test_where_nothing_releases_the_nearest_rule_is_named() -> None:
    tried = (Tried("far", "release", "not matched", ("kind: is x", "zone: does not hold")),
             Tried("near", "release", "not matched", ("context: is exercise:drill",)),
             Tried("never", "withhold", "not matched", ()))  # fmt: skip
    why, hint = explained(Decision("withhold", "", why=("no rule releases it",), tried=tried), "inlet")
    assert why == "no rule releases it; rule near does not match: context: is exercise:drill"
    assert "change rule near" in hint
    assert explained(Decision("withhold", "", ("a",), why=("a withholds",)), "inlet") == ("a withholds", "")

"""One candidate, with the explanation: every rule tried, and which of its conditions did not hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from kizuna.share.columns import Facts, Setting
from kizuna.share.decide import bounds
from kizuna.share.decide.condition import NO, UNGUARDED, UNKNOWN, YES, conditions_of, state_of, value_of
from kizuna.share.decide.follows_positions import conditions, loose, of_vessels, tie
from kizuna.share.decide.reasons import SAID
from kizuna.share.decide.verdict import STATE_WORDS, Decision, Tried, applies, outlasted, settle
from kizuna.share.rules.rule import POSITION, Among, Condition, Rule, RuleSet, ageless, follows, wait_ms


def one(rules: RuleSet, facts: Facts, to: str, setting: Setting) -> Decision:
    """Decide whether one candidate leaves for an audience, and say how every rule was tried."""
    applied = [r for r in rules.rules if applies(r, to, setting)]
    tried = [_try(rule, facts, setting) for rule in applied]
    own = facts.origin == setting.who.me
    said = facts.label if facts.label is not None and bounds.stated(facts.label, own=own) else None
    aging = [r for r in applied if wait_ms(r)]

    def waited(of: Facts) -> tuple[str, ...]:
        return outlasted(aging, [_state(ageless(r.conditions), of, setting) for r in aging])

    states = [state for state, _ in tried]
    decision = settle(rules, applied, states, broken(facts, to, setting), to, said, setting, waited(facts))
    if (
        facts.kind is not None
        and follows(facts.kind)
        and of_vessels(facts.subject)
        and not loose(decision, rules.by_id)
    ):
        position = replace(facts, kind=POSITION)
        states = [_state(conditions(rule), position, setting) for rule in applied]
        decision = tie(decision, applied, states, waited(position))
    return replace(decision, tried=tuple(t for _, t in tried))


def _state(asked: Iterable[Condition], facts: Facts, setting: Setting) -> int:
    """The least state of these conditions, each tried on any part of the facts, as a withholding rule tries it."""
    return min((state_of(c, value_of(c, facts, releases=False), setting, releases=False) for c in asked), default=YES)


def broken(facts: Facts, to: str, setting: Setting) -> list[str]:
    """Names of the bounds that do not allow this candidate for this audience."""
    own = facts.origin == setting.who.me
    granted = facts.granted is not None and to in facts.granted
    allowed_ms = bounds.days_allowed_ms(facts.source, to, setting)
    holds = {
        bounds.CONTEXT: facts.context == setting.context,
        bounds.TERMS: bounds.terms_allow(allowed_ms, facts.received_ms, setting),
        bounds.LABEL: bounds.label_allows(facts.label, to, setting, own=own, granted=granted),
        bounds.RESHARE: bounds.reshare_allows(facts.label, to, setting, own=own, granted=granted),
    }
    return [name for name in bounds.BOUNDS if not holds[name]]


def _try(rule: Rule, facts: Facts, setting: Setting) -> tuple[int, Tried]:
    state = YES
    failed: list[str] = []
    for condition in conditions_of(rule):
        value = value_of(condition, facts, releases=rule.releases)
        found = state_of(condition, value, setting, releases=rule.releases)
        state = min(state, found)
        if found != YES:
            name = "tag" if isinstance(condition, Among) and condition.field == UNGUARDED else condition.key
            failed.append(SAID("condition.missing", field=name) if found == UNKNOWN else _no(name, value))
    assert state in (NO, UNKNOWN, YES)
    return state, Tried(rule.id, rule.then, STATE_WORDS[state], tuple(failed))


def _no(name: str, value: object) -> str:
    """What stands there instead; sets and labels are not spelled out, for the explanation may be long kept."""
    plain = name in ("kind", "origin", "context")
    return SAID("condition.is", field=name, value=str(value)) if plain else SAID("condition.no", field=name)

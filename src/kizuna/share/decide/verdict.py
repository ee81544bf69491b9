"""From the states of rules and bounds to a decision. Both back ends end here.

withheld  where a bound does not allow it,
          or a withholding rule matches or cannot be evaluated,
          or a releasing rule cannot be evaluated,
          or no releasing rule matches,
          or the joined label of the releasing rules does not reach all readers;
released  otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from kizuna.base.units import DAY_MS
from kizuna.records.bodies.kind import LANES
from kizuna.records.label import EVERYBODY, LATEST_MS, Label, join
from kizuna.share import transform
from kizuna.share.columns import Setting
from kizuna.share.decide import bounds
from kizuna.share.decide.condition import NO, UNKNOWN, YES
from kizuna.share.decide.reasons import SAID
from kizuna.share.rules.rule import RELEASE, WITHHOLD, Rule, RuleSet
from kizuna.share.transform import NOTHING, TransformSet

NO_RULE: Final = SAID("decision.no_rule")


@dataclass(frozen=True, slots=True)
class Tried:
    """One rule as it was tried: ``state`` is ``matched``, ``not matched`` or ``cannot be evaluated``.

    ``failed`` says which conditions did not hold or could not be told; empty where it matched.
    """

    rule_id: str
    then: str
    state: str
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether something leaves, and why.

    Attributes:
        verdict: release or withhold.
        rule_ids: the rules that gave the verdict, and names of bounds; empty where no rule released.
        clauses: clauses on which a release rests.
        transforms: what is done to it before it leaves.
        label: label that it leaves with; None where withheld. See ``label_for`` for its end.
        retain_d: days for which the receiver may keep it, from observation.
        lane: lane that the rules name; empty for that of its kind.
        policy_hash: hash of the rules.
        tied: rules of positions that it follows (``decide.follows_positions``); their transforms are in ``transforms``.
        waited: rules that withheld it while it was younger (``wait_ms``): it leaves no sooner, whenever it is asked.
        why: reasons in short words, for the decision log.
        tried: every rule as it was tried; only from ``one``. It does not count when decisions are compared.
    """

    verdict: str
    policy_hash: str
    rule_ids: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    transforms: TransformSet = NOTHING
    label: Label | None = None
    retain_d: int | None = None
    lane: str = ""
    why: tuple[str, ...] = ()
    tied: tuple[str, ...] = ()
    waited: tuple[str, ...] = ()
    tried: tuple[Tried, ...] = field(default=(), compare=False, repr=False)

    @property
    def released(self) -> bool:
        """Whether it leaves."""
        return self.verdict == RELEASE


def applies(rule: Rule, to: str, setting: Setting) -> bool:
    """Whether a rule has a say for an audience.

    A releasing rule speaks for the audiences that it names. A withholding one speaks wherever somebody whom it names
    would read; where it names somebody unknown, it speaks everywhere, for nobody can say whom it was to keep out.
    """
    if to in rule.to:
        return True
    if rule.releases:
        return False
    who = setting.who
    if EVERYBODY in (to, *rule.to):
        return True
    if any(word not in who.partners and word not in who.communities and word != who.me for word in rule.to):
        return True
    return not bounds.readers(to, setting).isdisjoint(p for word in rule.to for p in _named(word, setting))


def _named(word: str, setting: Setting) -> frozenset[str]:
    """Everybody whom a withholding rule could mean: all members of a community, whether or not served in it."""
    community = setting.who.communities.get(word)
    return community.members if community is not None else frozenset((word,))


def settle(
    rules: RuleSet,
    applied: Sequence[Rule],
    states: Sequence[int],
    broken: Sequence[str],
    to: str,
    label: Label | None,
    setting: Setting,
    waited: tuple[str, ...] = (),
) -> Decision:
    """The decision. ``states`` has one state for each applied rule, ``broken`` the names of bounds that do not allow.

    ``label`` is the label as stated, None where nobody stated one. ``waited``: see ``outlasted``.
    """
    against = [r for r, s in zip(applied, states, strict=True) if s == UNKNOWN or (s == YES and not r.releases)]
    if broken or against:
        unsure = {r.id for r, s in zip(applied, states, strict=True) if s == UNKNOWN}
        why = [SAID(name, to=to) for name in broken]
        why += [SAID("rule.unsure" if r.id in unsure else "rule.withholds", rule=r.id) for r in against]
        return Decision(WITHHOLD, rules.hash, (*broken, *(r.id for r in against)), why=tuple(why))
    by = [r for r, s in zip(applied, states, strict=True) if s == YES]
    if not by:
        return Decision(WITHHOLD, rules.hash, why=(NO_RULE,))
    out = outgoing(by, to, label, setting)
    if not bounds.reaches(out, to, setting):
        ids = (bounds.READER, *(r.id for r in by))
        return Decision(WITHHOLD, rules.hash, ids, why=(SAID(bounds.READER, to=to),))
    ends = [r.retain_d for r in by if r.retain_d is not None]
    lanes = [r.lane for r in by if r.lane]
    return Decision(
        RELEASE,
        rules.hash,
        tuple(r.id for r in by),
        tuple(sorted({c for r in by for c in r.clauses})),
        transform.join(r.transforms for r in by),
        out,
        min(ends) if ends else None,
        min(lanes, key=LANES.index) if lanes else "",
        tuple(SAID("rule.releases", rule=r.id) for r in by),
        waited=waited,
    )


def outlasted(rules: Iterable[Rule], states: Iterable[int]) -> tuple[str, ...]:
    """Of rules that withhold the young, those that would withhold it; ``states`` are theirs without the age."""
    return tuple(r.id for r, s in zip(rules, states, strict=True) if s != NO)


def outgoing(by: Sequence[Rule], to: str, label: Label | None, setting: Setting) -> Label:
    """The narrowest of the labels that the releasing rules give, and of the stated one, for this audience alone."""
    given = [bounds.narrowed(r.label, to) if r.label.tlp == 0 or to != EVERYBODY else r.label for r in by]
    if label is None:
        me = setting.who.me
        return join(msgspec.structs.replace(g, originator=me) for g in given)
    return join([*given, bounds.narrowed(label, to) if label.tlp == 0 or to != EVERYBODY else label])


def label_for(decision: Decision, observed_ms: int) -> Label:
    """The label of a released record that leaves with this time of observation: with the end of its keeping.

    The time is that of the record as it leaves (perhaps coarsened), so that the label tells no finer one.
    """
    if decision.label is None:
        raise ValueError("nothing leaves by this decision")
    if decision.retain_d is None:
        return decision.label
    end_ms = min(observed_ms + decision.retain_d * DAY_MS, LATEST_MS)
    if decision.label.retain_until_ms is not None:
        end_ms = min(end_ms, decision.label.retain_until_ms)
    return msgspec.structs.replace(decision.label, retain_until_ms=end_ms)


STATE_WORDS: Final = {NO: "not matched", UNKNOWN: "cannot be evaluated", YES: "matched"}

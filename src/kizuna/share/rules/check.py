"""What is wrong with rules that read well: names that nobody has, audiences that can never be reached, missing clauses.

A finding is an *error* where a rule cannot do what it says (and refuses instead), a *warning* where it does more than
its writer may have meant. The evaluator needs none of this to be safe; it is for people before they put rules in force.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from kizuna.records import kinds
from kizuna.records.label import COMMUNITY, EVERYBODY, Label, Tlp, tlp_word
from kizuna.records.partner import Partner
from kizuna.share import transform
from kizuna.share.columns import Setting
from kizuna.share.rules.rule import POSITION, Age, Among, Rule, RuleSet, follows, matches, wait_ms

ERROR: Final = "error"
WARNING: Final = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: which rule, which key, what is the matter, what would do."""

    level: str
    rule_id: str
    key: str
    text: str
    hint: str = ""

    def __str__(self) -> str:
        """One line."""
        tail = f" ({self.hint})" if self.hint else ""
        return f"{self.level}: rule {self.rule_id}: {self.key}: {self.text}{tail}"


def check(rules: RuleSet, setting: Setting, clauses: Collection[str] | None = None) -> tuple[Finding, ...]:
    """All findings, rule by rule. ``clauses`` are the ids of clauses in force; None leaves them unchecked."""
    found = [finding for rule in rules.rules for finding in _rule(rule, setting, clauses)]
    return (*found, *(finding for rule in rules.rules for finding in _finer(rule, rules, setting)))


def _rule(rule: Rule, setting: Setting, clauses: Collection[str] | None) -> Iterator[Finding]:
    who = setting.who
    known = {*who.partners, *who.communities, EVERYBODY, who.me}
    for to in rule.to:
        if to not in known:
            what = "withholds from everybody" if not rule.releases else "releases to nobody"
            yield Finding(ERROR, rule.id, "to", f"{to} is not known here, so it {what}", _names(known))
        elif rule.releases:
            yield from _reach(rule, to, setting)
    yield from _words(rule, setting)
    if not rule.releases and not wait_ms(rule) and any(isinstance(c, Age) and c.max_ms for c in rule.conditions):
        text = "what comes while it withholds is not offered again when that is over"
        yield Finding(
            WARNING, rule.id, "match.age", text, "write max_ alone, up to 366 days; or a delay where released"
        )
    if clauses is not None:
        for clause in rule.clauses:
            if clause not in clauses:
                yield Finding(ERROR, rule.id, "clause", f"no clause {clause} is in force", _names(clauses))
    if rule.releases and all(isinstance(c, Among) and c.field == "context" for c in rule.conditions):
        yield Finding(WARNING, rule.id, "match", "it releases whatever this node has", "name kinds at least")
    if rule.releases and EVERYBODY in rule.to and rule.transforms.changes_nothing:
        yield Finding(WARNING, rule.id, "transform", "everybody is told as exactly as the node itself knows")


def _finer(rule: Rule, rules: RuleSet, setting: Setting) -> Iterator[Finding]:
    """Rules for events that read finer than those for positions of vessels told to the same readers."""
    if not rule.releases or not any(_may_match(rule, k) for k in kinds.KINDS if follows(k)):
        return
    readers = {p for to in rule.to for p in (to, *setting.who.members(to))}
    for other in rules.rules:
        shared = readers & {p for to in other.to for p in (to, *setting.who.members(to))}
        if other is rule or not other.releases or not shared or not _may_match(other, POSITION):
            continue
        if transform.stricter(rule.transforms, other.transforms):
            continue
        if rule.own_grid:
            text = f"tells events more exactly than {other.id} tells positions of the same vessels"
            yield Finding(WARNING, rule.id, "own_grid", text, "the clause must say so")
        else:
            text = f"events follow positions, so they leave under the transforms of {other.id} as well"
            yield Finding(WARNING, rule.id, "transform", text, "write them here too, or own_grid = true by a clause")


def _may_match(rule: Rule, kind: str) -> bool:
    asked = [c.words for c in rule.conditions if isinstance(c, Among) and c.field == "kind"]
    return all(any(matches(word, kind) for word in words) for words in asked)


def _reach(rule: Rule, to: str, setting: Setting) -> Iterator[Finding]:
    """Whether the label that the rule gives reaches the audience."""
    if to == EVERYBODY and rule.label.tlp != Tlp.CLEAR:
        yield Finding(ERROR, rule.id, "label.tlp", "only CLEAR goes to everybody", 'label = { tlp = "CLEAR" }')
        return
    if COMMUNITY.fullmatch(to) and rule.label.tlp == Tlp.RED:
        yield Finding(ERROR, rule.id, "label.tlp", f"RED goes to no community, so not to {to}", "name parties instead")
    readers = setting.who.members(to)
    if not readers and to != EVERYBODY:
        yield Finding(ERROR, rule.id, "to", f"nobody reads for {to} now")
    for reader in sorted(readers):
        partner = setting.who.partners[reader]
        for key, text in _lacks(rule.label, partner):
            yield Finding(ERROR, rule.id, key, f"{text}, so nothing goes to {to}", f"see partner {reader}")


def _lacks(label: Label, partner: Partner) -> Iterator[tuple[str, str]]:
    if label.tlp > partner.tlp_max:
        yield "label.tlp", f"{partner.id} may be told at most {tlp_word(partner.tlp_max)}"
    missing = sorted(label.caveats - partner.caveats_held)
    if missing:
        yield "label.caveats", f"{partner.id} does not hold {', '.join(missing)}"
    if label.purpose and not label.purpose & partner.purposes:
        yield "label.purpose", f"no such purpose is agreed with {partner.id}"


def _words(rule: Rule, setting: Setting) -> Iterator[Finding]:
    """Zones and sources that this node does not have, and sources whose terms forbid what the rule says."""
    for condition in rule.conditions:
        if not isinstance(condition, Among) or condition.field not in ("zone", "source"):
            continue
        known = setting.zones if condition.field == "zone" else setting.terms.keys()
        for word in condition.words:
            if word not in known:
                text = f"no {condition.field} {word} here, so it refuses whatever else it matches"
                yield Finding(ERROR, rule.id, f"match.{condition.field}", text, _names(known))
            elif condition.field == "source" and rule.releases and not setting.terms[word].pass_on:
                text = f"the terms of {word} do not allow to pass anything on"
                yield Finding(ERROR, rule.id, "match.source", text, "pass_on of [[sources]], if its owner agrees")


def _names(known: Collection[str]) -> str:
    names = sorted(known)
    most = 12
    return f"known: {', '.join(names[:most])}{' ...' if len(names) > most else ''}" if names else "none is known"

"""Whether one condition of a rule holds for one word: no, yes, or it cannot be told.

The three states are numbers of which a rule takes the least: one "no" settles it whatever else is unknown, and only
where all is "yes" does it match (strong Kleene logic). So neither order nor what is missing elsewhere plays a part.
"""

from __future__ import annotations

from typing import Any, Final

from kizuna.base.errors import InputError
from kizuna.records.label import UNREADABLE_POLICY, Label, reshare_of
from kizuna.share.columns import Facts, Setting
from kizuna.share.rules.rule import ALL_OF, ANY_OF, GUARDED, Age, Among, Condition, Labelled, Rule, matches

NO: Final = 0
UNKNOWN: Final = 1
YES: Final = 2


def conditions_of(rule: Rule) -> tuple[Condition, ...]:
    """The rule's conditions, and for a releasing rule the one on guarded tags that it does not name."""
    if rule.releases and not any(isinstance(c, Among) and c.field == "tag" for c in rule.conditions):
        return (*rule.conditions, Among(UNGUARDED, ()))
    return rule.conditions


UNGUARDED: Final = "unguarded"
"""Field of the condition that holds where no tag is guarded. No rule can write it."""


def column_of(condition: Condition, *, releases: bool) -> str:
    """Name of the column that a condition looks at; see ``Columns``."""
    if isinstance(condition, Labelled):
        return "label"
    if isinstance(condition, Age):
        return "observed_ms"
    if condition.field == UNGUARDED:
        return "tag"
    return "touched" if condition.field == "zone" and not releases else condition.field


def state_of(condition: Condition, value: Any, setting: Setting, *, releases: bool) -> int:
    """State of a condition for the word, set, label or time that stands in its column; None is missing."""
    if isinstance(condition, Among):
        if condition.field == UNGUARDED:
            return UNKNOWN if value is None else YES if not (value & GUARDED) else NO
        if value is None or _unknown_word(condition, setting):
            return UNKNOWN
        return YES if _among(condition, value, releases=releases) else NO
    if value is None:
        return UNKNOWN
    if isinstance(condition, Labelled):
        return UNKNOWN if value.policy == UNREADABLE_POLICY else YES if _labelled(condition, value) else NO
    age_ms = max(0, setting.now_ms - value)
    return YES if condition.min_ms <= age_ms and (condition.max_ms is None or age_ms < condition.max_ms) else NO


def _unknown_word(condition: Among, setting: Setting) -> bool:
    """Whether the rule names a zone or source that this node does not know: a slip of the pen must not open a door."""
    if condition.field == "zone":
        return not setting.zones.issuperset(condition.words)
    if condition.field == "source":
        return not setting.terms.keys() >= set(condition.words)
    return False


def _among(condition: Among, value: Any, *, releases: bool) -> bool:
    words = condition.words
    if condition.field in ALL_OF:
        return bool(value) and value.issubset(words) if releases else not value.isdisjoint(words)
    if condition.field in ANY_OF:
        return not value.isdisjoint(words)
    return any(matches(word, value) for word in words)


def _labelled(condition: Labelled, label: Label) -> bool:
    if condition.tlp_min is not None and label.tlp < condition.tlp_min:
        return False
    if condition.tlp_max is not None and label.tlp > condition.tlp_max:
        return False
    if condition.caveats_within is not None and not label.caveats <= condition.caveats_within:
        return False
    if condition.purpose is not None and label.purpose and not label.purpose & condition.purpose:
        return False
    if condition.personal is not None and label.personal != condition.personal:
        return False
    return condition.reshare_min is None or reshare_of(label) >= condition.reshare_min


def value_of(condition: Condition, facts: Facts, *, releases: bool) -> Any:
    """What stands in the condition's column for one candidate."""
    name = column_of(condition, releases=releases)
    if not hasattr(facts, name):
        raise InputError(f"no column {name}")
    return getattr(facts, name)

"""What is computed from positions is told no finer than the positions themselves.

An event, and a detection that a track explains, follows the positions of its vessels: whatever rules and transforms
hold for a position of one of these vessels, in one of these zones, resting on one of these sources, hold for it as
well. Where a rule withholds such positions, or cannot be evaluated, it is withheld (``bound.tracks``). Where no rule
speaks of them it leaves by its own rules alone: an agreement may be about events only. Rules with ``own_grid`` are
meant otherwise; the tie is off where every rule that releases it says so.

Releasing rules for positions are tried as withholding ones are, on any part of the facts, and their age and label are
not asked: of the many positions behind one event some were younger, some labelled less, some from one source alone.
What a rule would do to any of them is done to the event. A least age becomes a delay when it is published.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from kizuna.records.subject import VESSEL
from kizuna.share import transform
from kizuna.share.decide import bounds
from kizuna.share.decide.condition import UNGUARDED, UNKNOWN, YES
from kizuna.share.decide.reasons import SAID
from kizuna.share.decide.verdict import Decision
from kizuna.share.rules.rule import WITHHOLD, Age, Among, Condition, Labelled, Rule


def of_vessels(subject: frozenset[str] | None) -> bool:
    """Whether it is about a vessel whose positions this node may tell; where nobody knows, it may be."""
    return subject is None or any(word.startswith(VESSEL) for word in subject)


def conditions(rule: Rule) -> tuple[Condition, ...]:
    """What is asked of a rule on behalf of the positions."""
    if not rule.releases:
        return rule.conditions
    kept = tuple(c for c in rule.conditions if not isinstance(c, Age | Labelled))
    if any(isinstance(c, Among) and c.field == "tag" for c in kept):
        return kept
    return (*kept, Among(UNGUARDED, ()))


def loose(decision: Decision, rules: Mapping[str, Rule]) -> bool:
    """Whether the decision stands as it is: withheld, or released by rules that all have a grid of their own."""
    return not decision.released or all(rules[name].own_grid for name in decision.rule_ids)


def tie(decision: Decision, applied: Sequence[Rule], states: Sequence[int], waited: tuple[str, ...]) -> Decision:
    """The decision bound to the positions; ``states`` has one state of ``conditions`` for each applied rule.

    ``waited`` are the rules that withheld the positions while they were younger.
    """
    tried = list(zip(applied, states, strict=True))
    against = [(r.id, s) for r, s in tried if s == UNKNOWN or (s == YES and not r.releases)]
    if against:
        why = tuple(
            SAID(f"{bounds.TRACKS}.{'unsure' if s == UNKNOWN else 'withholds'}", rule=name) for name, s in against
        )
        names = tuple(name for name, _ in against)
        return Decision(WITHHOLD, decision.policy_hash, (bounds.TRACKS, *names), why=why)
    by = [r for r, s in tried if s == YES and r.id not in decision.rule_ids]
    waited = tuple(dict.fromkeys((*decision.waited, *waited)))
    if not by and waited == decision.waited:
        return decision
    what = transform.join((decision.transforms, *(r.transforms for r in by)))
    why = (*decision.why, *(SAID("rule.follows", rule=r.id) for r in by))
    return replace(decision, transforms=what, tied=tuple(r.id for r in by), waited=waited, why=why)

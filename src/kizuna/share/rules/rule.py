"""Rules as loaded: what may leave, to whom, how late, how coarse.

A rule releases or withholds what meets all of its conditions. Rules have no order: a withholding rule wins over every
releasing one, what no rule releases is withheld, and a rule that cannot be evaluated refuses. Where several release,
the statement leaves under all their transforms and the narrowest of their labels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from kizuna.base.units import SECOND_MS
from kizuna.records.label import Label, Reshare, Tlp
from kizuna.share.transform import NOTHING, TransformSet
from kizuna.share.transforms.steps import DELAY_MOST_S

RELEASE: Final = "release"
WITHHOLD: Final = "withhold"
DISTRESS: Final = "distress"
GUARDED: Final = frozenset((DISTRESS,))
"""Tags that a releasing rule must name to match: what was told in distress serves nothing else without a rule."""

POSITION: Final = "track.position"
_DETECTION: Final = "detection"
_EVENTS: Final = "event."

AMBER: Final = Label(tlp=Tlp.AMBER)
"""Label of what a rule releases that names none: AMBER, not to be passed on."""

SINGLE: Final = ("kind", "origin", "context")
"""Fields of one word. A rule may end a word in ``.*`` or ``:*`` for a family, or write ``*`` for any."""
ALL_OF: Final = ("source", "subject")
"""Sets. A releasing rule must name all that is in the set; a withholding one matches on any."""
ANY_OF: Final = ("zone", "tag")
"""Sets. Both match on any. Of ``zone`` a releasing rule asks where all of it lies, a withholding one what it touches.
"""
FIELDS: Final = (*SINGLE, *ALL_OF, *ANY_OF)


def follows(kind: str) -> bool:
    """Whether records of this kind are computed from positions, and so are told no finer than these."""
    return kind == _DETECTION or kind.startswith(_EVENTS)


def matches(pattern: str, word: str) -> bool:
    """Whether a word of a rule means this word: itself, a family ``x.*`` or ``x:*``, or ``*`` for any."""
    if pattern == "*":
        return True
    if pattern.endswith((".*", ":*")):
        return word.startswith(pattern[:-1])
    return word == pattern


@dataclass(frozen=True, slots=True)
class Among:
    """A condition on words: the field's word, or its set, among these."""

    field: str
    words: tuple[str, ...]

    @property
    def key(self) -> str:
        """Its key in the file."""
        return self.field


@dataclass(frozen=True, slots=True)
class Labelled:
    """A condition on the stated label. What is left out is not asked.

    Attributes:
        tlp_min, tlp_max: bounds of the level, both inclusive.
        caveats_within: it carries no caveat but these.
        purpose: it allows one of these purposes; a label that states no purpose allows all.
        personal: whether it tells of a natural person.
        reshare_min: it allows at least this, bounded by its level.
    """

    tlp_min: Tlp | None = None
    tlp_max: Tlp | None = None
    caveats_within: frozenset[str] | None = None
    purpose: frozenset[str] | None = None
    personal: bool | None = None
    reshare_min: Reshare | None = None

    @property
    def key(self) -> str:
        """Its key in the file."""
        return "label"


@dataclass(frozen=True, slots=True)
class Age:
    """A condition on the time since it was observed: at least ``min_ms``, less than ``max_ms`` (None: no bound).

    What claims to have been observed in the future has age 0.
    """

    min_ms: int = 0
    max_ms: int | None = None

    @property
    def key(self) -> str:
        """Its key in the file."""
        return "age"


Condition = Among | Labelled | Age


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        id: name by which decisions cite it.
        clauses: ids of the clauses that it rests on, ``<agreement>/<clause>``.
        to: audiences: parties, communities, ``*``.
        then: release or withhold.
        conditions: all must hold.
        transforms: what is done to it before it leaves.
        label: label that it leaves with; ``rel_to`` is filled in with the audience.
        retain_d: days after observation for which the receiver may keep it; None states no limit.
        lane: lane in which it travels; empty for that of its kind.
        own_grid: events and detections that it releases do not follow the positions of their vessels.
        two_persons: what a person writes and it releases needs the word of a second one first.
        note: why there is such a rule, in the words of who wrote it.
    """

    id: str
    clauses: tuple[str, ...]
    to: tuple[str, ...]
    then: str
    conditions: tuple[Condition, ...] = ()
    transforms: TransformSet = NOTHING
    label: Label = AMBER
    retain_d: int | None = None
    lane: str = ""
    note: str = ""
    own_grid: bool = False
    two_persons: bool = False

    @property
    def releases(self) -> bool:
        """Whether it releases what it matches."""
        return self.then == RELEASE


def wait_ms(rule: Rule) -> int:
    """How long after its observation a withholding rule lets go of what it matches, ms; 0 where it never does.

    So also where it withholds from some age on only, which was told by then, and beyond the longest delay.
    """
    ages = [c for c in rule.conditions if isinstance(c, Age)]
    if rule.releases or not ages or any(c.min_ms or c.max_ms is None for c in ages):
        return 0
    least = min(c.max_ms or 0 for c in ages)
    return least if least <= DELAY_MOST_S * SECOND_MS else 0


def ageless(conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
    """The conditions without those on age."""
    return tuple(c for c in conditions if not isinstance(c, Age))


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules of a node, in order of their ids. ``hash`` is that of the exact bytes of the file."""

    rules: tuple[Rule, ...]
    hash: str
    title: str = ""
    source: bytes = b""

    @property
    def by_id(self) -> Mapping[str, Rule]:
        """The rules by id."""
        return {rule.id: rule for rule in self.rules}

    @property
    def audiences(self) -> tuple[str, ...]:
        """Everybody to whom some rule releases something, in alphabetical order: one log each."""
        return tuple(sorted({to for rule in self.rules if rule.releases for to in rule.to}))

    @property
    def clauses(self) -> Mapping[str, tuple[str, ...]]:
        """Ids of the rules that rest on each clause."""
        found: dict[str, list[str]] = {}
        for rule in self.rules:
            for clause in rule.clauses:
                found.setdefault(clause, []).append(rule.id)
        return {clause: tuple(ids) for clause, ids in sorted(found.items())}

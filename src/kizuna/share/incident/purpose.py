"""What the data of an incident may be used for: distress data serves rescue, and nothing else unless a rule says so.

Every entry of a rescue case carries the purpose ``SAR`` in its label, and what is derived from it inherits that by
the join of labels. A program that takes records for another end (a watch list, an inspection, an alert about fishing)
asks ``may_use`` first; the node itself takes them for none. The answer is no unless the label names that end itself or
a use rule of this node, under a clause in force, does. A master who calls for help must not have to fear that his
position is passed to an inspector.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from kizuna.base.errors import ConfigError
from kizuna.records.label import NO_PURPOSE, PURPOSES, Label
from kizuna.share.rules import toml
from kizuna.share.rules.rule import DISTRESS

RESCUE: Final = "SAR"
RESCUE_PURPOSE: Final = frozenset((RESCUE,))
SAFETY_PURPOSE: Final = frozenset(("Safety",))
DISTRESS_TYPES: Final = frozenset(("missing", "collision", "drifting", "distress"))
"""Types of incident whose entries are distress data; the others (cable, encounter, other) are labelled ``Safety``."""
ENFORCEMENT: Final = frozenset((
    "BorderMonitoring", "BorderOperation", "CounterTerrorism", "CSDPTask", "CustomsMonitoring", "CustomsOperation",
    "DefenceMonitoring", "FisheriesMonitoring", "FisheriesOperation", "LawEnforcementMonitoring",
    "LawEnforcementOperation", "Security",
))  # fmt: skip
"""Purposes (of the EUCISE list) that act on people rather than help them."""


@dataclass(frozen=True, slots=True)
class UseRule:
    """Lets data labelled for one purpose be used for another, under a clause. Reviewed like rules of release."""

    id: str
    of: str
    use: frozenset[str]
    clause: str


class Use(NamedTuple):
    """Answer: whether it may be used so, the rule that said so, and the reason in words."""

    ok: bool
    why: str
    rule: str = ""


def purpose_of(incident_type: str) -> frozenset[str]:
    """The purpose that entries of an incident of this type are labelled with."""
    return RESCUE_PURPOSE if incident_type in DISTRESS_TYPES else SAFETY_PURPOSE


def tags_of(incident_type: str) -> frozenset[str]:
    """Tags under which rules see records of such a case: its type, and ``distress``, which a rule must name."""
    return frozenset((incident_type, DISTRESS)) if incident_type in DISTRESS_TYPES else frozenset((incident_type,))


def may_use(
    label: Label, purpose: str, rules: Iterable[UseRule] = (), in_force: Callable[[str], bool] = lambda _: False
) -> Use:
    """Whether a record with this label may be used for ``purpose``.

    Args:
        label: the record's own.
        purpose: one of ``records.label.PURPOSES``; any other is refused.
        rules: use rules of this node.
        in_force: whether a clause holds now (``Book.allows``); without it no rule helps.
    """
    if purpose not in PURPOSES or NO_PURPOSE in label.purpose:
        return Use(ok=False, why=f"{purpose} is no purpose" if purpose not in PURPOSES else "it has no purpose left")
    if not label.purpose or purpose in label.purpose:
        return Use(ok=True, why=f"its label names {purpose}" if label.purpose else "its label states no limit")
    stated = ", ".join(sorted(label.purpose))
    for rule in sorted(rules, key=lambda r: r.id):
        if rule.of in label.purpose and purpose in rule.use and in_force(rule.clause):
            return Use(ok=True, why=f"rule {rule.id} lets {rule.of} data be used for {purpose}", rule=rule.id)
    return Use(ok=False, why=f"it was given for {stated}, and no rule lets it be used for {purpose}")


def load_uses(text: str, where: str = "") -> tuple[UseRule, ...]:
    """Read use rules: ``[[use]]`` with ``id``, ``of``, ``use`` (a list) and ``clause``. Raises ConfigError."""
    try:
        document = toml.loads(text)
    except (ValueError, RecursionError) as exc:
        raise ConfigError(f"is not TOML: {exc}", where=where) from exc
    if set(document) - {"use"} or not isinstance(document.get("use", []), list):
        raise ConfigError("holds [[use]] and nothing else", where=where)
    found = tuple(_rule(each, f"{where} [[use]] {n}".strip()) for n, each in enumerate(document.get("use", []), 1))
    if len({rule.id for rule in found}) != len(found):
        raise ConfigError("an id stands twice", where=where)
    return found


def _rule(table: Any, where: str) -> UseRule:
    if not isinstance(table, dict) or set(table) != {"id", "of", "use", "clause"}:
        raise ConfigError("needs id, of, use and clause", where=where)
    use = table["use"]
    named = [*use, table["of"]] if isinstance(use, list) and use else [None]
    if not all(isinstance(each, str) and each in PURPOSES for each in named):
        raise ConfigError("of and use must name purposes", where=where, hint=", ".join(sorted(PURPOSES)))
    if not all(isinstance(table[key], str) and table[key] for key in ("id", "clause")):
        raise ConfigError("id and clause must be texts", where=where)
    return UseRule(table["id"], table["of"], frozenset(use), table["clause"])

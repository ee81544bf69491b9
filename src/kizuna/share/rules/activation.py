"""Two people put rules in force: one proposes, another approves, then either may activate.

    proposed --approve (another person)--> approved --activate--> active --activate of another--> former
    either of the first two --withdraw--> gone

A pure state machine: ``status`` follows from the list of steps alone, and the steps are what the node keeps and signs.

- The two are told apart by their accounts, not by their names (`kizuna.records.person`).
- Who approves has looked at the difference to the rules in force; so a step names them (``base``), and an approval is
  void as soon as others are in force.
- One person alone may at once make less leave: ``stop`` puts in force that nothing does. ``roll_back`` goes back to
  the rules that were in force just before, which two people had put in force, and only within a day, for it may also
  widen. Both are seen by everybody in the list of steps.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from kizuna.base.errors import InputError
from kizuna.base.sentences import Sentences
from kizuna.base.units import DAY_MS
from kizuna.records.person import Person

PROPOSE: Final = "propose"
APPROVE: Final = "approve"
WITHDRAW: Final = "withdraw"
ACTIVATE: Final = "activate"
ROLL_BACK: Final = "roll_back"
STOP: Final = "stop"
DEEDS: Final = (PROPOSE, APPROVE, WITHDRAW, ACTIVATE, ROLL_BACK, STOP)
NOTHING: Final = ""
"""Hash that stands for no rules at all: nothing leaves."""
ROLL_BACK_MS: Final = DAY_MS
"""For how long after activation one person alone may go back to the rules before."""


@dataclass(frozen=True, slots=True)
class Step:
    """Who did what. ``rules`` is the hash that it is about, ``base`` the hash in force that the person looked at.

    ``person`` is the id of the account behind the name ``by``, empty where none is known.
    """

    deed: str
    by: str
    at_ms: int
    rules: str = NOTHING
    base: str = NOTHING
    text: str = ""
    person: str = ""

    @property
    def who(self) -> Person:
        """Name and account."""
        return Person(self.by, self.person)


@dataclass(frozen=True, slots=True)
class Proposal:
    """Rules that wait. ``approved_by`` is empty until another person approves."""

    rules: str
    base: str
    by: str
    at_ms: int
    approved_by: str = ""
    person: str = ""

    @property
    def who(self) -> Person:
        """Name and account of who proposed."""
        return Person(self.by, self.person)


@dataclass(frozen=True, slots=True)
class Status:
    """Where things stand.

    Attributes:
        active: hash of the rules in force; empty where nothing leaves.
        since_ms: since when; None before the first activation.
        before: hash of the rules that were in force before.
        proposals: by hash.
        steps: all steps so far.
    """

    active: str = NOTHING
    since_ms: int | None = None
    before: str = NOTHING
    proposals: dict[str, Proposal] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()


SAID: Final = Sentences({
    "step.unknown": "{what} is no step",
    "step.person": "a step needs the name of the person",
    "step.hash": "a step needs the hash of the rules",
    "step.not_proposed": "nobody has proposed these rules",
    "step.in_force": "these rules are in force already",
    "step.proposed": "{by} has proposed these rules already",
    "step.others": "other rules are in force than those it was compared with",
    "step.base": "other rules are in force since they were proposed: propose them again",
    "step.second": "who proposed rules cannot approve them: another person must",
    "step.approved": "{by} has approved these rules already",
    "step.not_approved": "no second person has approved these rules",
    "step.stopped": "nothing leaves already",
    "step.nothing_before": "no rules were in force before",
    "step.too_late": "the rules are in force for more than a day: propose the earlier ones again",
    "step.only_before": "one can only go back to the rules that were in force just before",
})  # fmt: skip


def status(steps: Iterable[Step]) -> Status:
    """Where things stand after these steps. Raises InputError for a step that was not allowed where it stands."""
    found = Status()
    for step in steps:
        found = take(found, step)
    return found


def refusal(now: Status, step: Step) -> str:
    """Why a step is not allowed; empty where it is."""
    if step.deed not in DEEDS:
        return SAID("step.unknown", what=step.deed)
    if not step.by:
        return SAID("step.person")
    if step.deed in (STOP, ROLL_BACK):
        return _refuse_back(now, step)
    if not step.rules:
        return SAID("step.hash")
    there = now.proposals.get(step.rules)
    if step.deed == PROPOSE:
        return _refuse_proposal(now, step, there)
    return SAID("step.not_proposed") if there is None else _refuse_forward(now, step, there)


def _refuse_proposal(now: Status, step: Step, there: Proposal | None) -> str:
    if step.rules == now.active:
        return SAID("step.in_force")
    if there is not None and there.base == now.active:
        return SAID("step.proposed", by=there.by)
    return "" if step.base == now.active else SAID("step.others")


def _refuse_forward(now: Status, step: Step, there: Proposal) -> str:
    if step.deed == WITHDRAW:
        return ""
    if there.base != now.active:
        return SAID("step.base")
    if step.base != now.active:
        return SAID("step.others")
    if step.deed == APPROVE:
        if step.who.is_same(there.who):
            return SAID("step.second")
        return SAID("step.approved", by=there.approved_by) if there.approved_by else ""
    return "" if there.approved_by else SAID("step.not_approved")


def _refuse_back(now: Status, step: Step) -> str:
    if step.deed == STOP:
        return "" if now.active else SAID("step.stopped")
    if now.since_ms is None:
        return SAID("step.nothing_before")
    if step.at_ms - now.since_ms > ROLL_BACK_MS:
        return SAID("step.too_late")
    if step.rules != now.before:
        return SAID("step.only_before")
    return "" if step.base == now.active else SAID("step.others")


def take(now: Status, step: Step) -> Status:
    """Where things stand after one more step. Raises InputError where it is not allowed."""
    why = refusal(now, step)
    if why:
        raise InputError(why, where=f"{step.deed} by {step.by or 'nobody'}")
    steps = (*now.steps, step)
    if step.deed in (STOP, ROLL_BACK, ACTIVATE):
        rest = {h: p for h, p in now.proposals.items() if h != step.rules}
        # Going back ends there: a second step back would bring what was just taken out of force.
        before = now.active if step.deed == ACTIVATE else NOTHING
        since_ms = step.at_ms if step.deed == ACTIVATE else None
        return Status(NOTHING if step.deed == STOP else step.rules, since_ms, before, rest, steps)
    proposals = dict(now.proposals)
    if step.deed == WITHDRAW:
        del proposals[step.rules]
    elif step.deed == PROPOSE:
        proposals[step.rules] = Proposal(step.rules, step.base, step.by, step.at_ms, person=step.person)
    else:
        proposals[step.rules] = replace(proposals[step.rules], approved_by=step.by)
    return replace(now, proposals=proposals, steps=steps)

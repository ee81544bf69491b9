"""A refusal: an answer that names the rule, for the person who asked for something that may not be."""

from __future__ import annotations

from kizuna.share.decide import Decision

NO_RULE = "no-rule"


class Refusal(Exception):  # noqa: N818  it is an answer
    """What was asked may not be done.

    ``rule`` is the id of the rule or bound that says so, ``no-rule`` where nothing releases it; ``why`` a sentence;
    ``state`` says that the rules allow it, but things do not stand so.
    """

    def __init__(self, why: str, *, rule: str = NO_RULE, hint: str = "", state: bool = False) -> None:
        self.why, self.rule, self.hint, self.state = why, rule, hint, state
        super().__init__(f"{rule}: {why}" + (f" ({hint})" if hint else ""))


def of_decision(decision: Decision, to: str, hint: str = "") -> Refusal:
    """The refusal that a decision stands for."""
    named = [rule for rule in decision.rule_ids if rule] or [NO_RULE]
    return Refusal(f"{to} may not be told: {'; '.join(decision.why) or NO_RULE}", rule=", ".join(named), hint=hint)

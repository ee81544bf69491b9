"""A refusal: an answer that names the rule and what to do, for the person who asked for something that may not be."""

from __future__ import annotations

from typing import Final

from kizuna.share.decide import Decision, Tried, bounds

NO_RULE = "no-rule"
_BOUNDS: Final = {
    bounds.CONTEXT: ("it is of another context than this node shares", "real and exercise never mix"),
    bounds.TERMS: (
        "the terms of a source that it rests on do not let it go to {to}",
        "pass_on and pass_on_to of that source in node.toml, if its owner agrees",
    ),
    bounds.LABEL: (
        "its own label does not reach {to}",
        "labels name whom rules and clauses allow at the time of writing: put those in force, then write it anew",
    ),
    bounds.RESHARE: ("it is another party's, and {to} may not have it from here", "kizuna grant ask"),
    bounds.READER: (
        "the label that rules give it does not reach {to}: a lower level, a missing caveat or purpose, a pause or end",
        "kizuna partner list says what {to} may be told at most; kizuna partner set changes it",
    ),
    bounds.TRACKS: (
        "it follows positions that a rule withholds from {to}",
        "a rule with own_grid = true, where its clause says so",
    ),
}
"""What each bound means for a person, and what helps."""


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
    why, remedy = explained(decision, to)
    return Refusal(
        f"{to} may not be told: {why}", rule=", ".join(named), hint="; ".join(h for h in (hint, remedy) if h)
    )


def explained(decision: Decision, to: str) -> tuple[str, str]:
    """Why something is withheld from somebody, in a sentence, and what would help; no help where none is known."""
    why, hints = [], []
    for reason in decision.why or (NO_RULE,):
        bound = _BOUNDS.get(reason.partition(":")[0])
        why.append(bound[0].format(to=to) if bound else reason)
        hints += [bound[1].format(to=to)] if bound else []
    if not decision.rule_ids and decision.tried:
        nearest = min((t for t in decision.tried if t.then == "release"), key=lambda t: len(t.failed), default=None)
        why += [_nearest(nearest)] if nearest else []
        hints.append("propose a rule that releases it" + (f", or change rule {nearest.rule_id}" if nearest else ""))
    elif not decision.rule_ids:
        hints.append(f"propose a rule that releases it to {to}")
    return "; ".join(why), "; ".join(dict.fromkeys(hints))


def _nearest(rule: Tried) -> str:
    return f"rule {rule.rule_id} does not match: {', '.join(rule.failed)}"

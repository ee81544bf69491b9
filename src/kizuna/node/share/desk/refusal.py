"""A refusal: an answer that names the rule and what to do, for the person who asked for something that may not be."""

from __future__ import annotations

from typing import Final

from kizuna.base.sentences import BETWEEN, Sentences
from kizuna.share.decide import Decision, Tried, bounds
from kizuna.share.decide.reasons import SAID as DECISIONS

NO_RULE = "no-rule"
SAID: Final = Sentences({
    "told.not": "{to} may not be told: {why}",
    "partner.none": "{party} is no partner that may be told anything",
    "partner.revoked": "{party} was revoked: {what}",
    "grant.refused": "this request was refused already",
    "grant.answered": "it was answered already",
    "grant.not_ours": "only the originator grants: {record} is none of {party}'s",
    "grant.personal": "{record} tells of a person: say what for",
    "grant.purpose": "{record} was given for {names} alone",
    "grant.nobody": "nobody that this node knows holds it or reads for {to}",
    "grant.second": "another person than the one who gave it must approve",
    "grant.one_party": "leave is asked for records of one other party",
    "grant.fingerprint": "the keys that were brought of {party} have another fingerprint",
    "agreement.signed": "{agreement} version {version} is signed by this desk",
    "agreement.no_party": "{party} is no party of {agreement}",
    "request.not_told": "{party} has not been told {record}: what is given goes under its own rule first",
    "recall.originator": "only the originator recalls a record",
    "correct.originator": "only the originator corrects a record",
    "export.held": "this export is held back: ask the release officer of this node",
    "export.words": "the export holds {names}",
    "quarantine.never": "what was refused for its signature or form is never taken in: the partner must send it again",
    "aside.kind": "{kind} is never passed on",
    "aside.unproved": "came without its originator's proof",
    "brought.records": "CISE {kind} {message} of {sender}: {n} records",
    "brought.recall": "CISE {kind} {message} of {sender}: proposes to recall {n} records",
    "brought.request": "CISE {kind} {message} of {sender}: asks for information",
    "brought.cot": "CoT of {party}: {n} events",
    "brought.taxii": "posted over TAXII: {what}",
    "lexicon.holds": "it holds {names}: neutralise_names takes it away, or other words do",
    "lexicon.unread": "what its reader must not read cannot be looked for: {what}",
    "rules.finding": "rule {rule}: {key}: {why}",
})  # fmt: skip
_HELP: Final = {
    bounds.CONTEXT: "real and exercise never mix",
    bounds.TERMS: "pass_on and pass_on_to of that source in node.toml, if its owner agrees",
    bounds.LABEL: "labels name whom rules and clauses allow at the time of writing: put those in force, write it anew",
    bounds.RESHARE: "kizuna grant ask",
    bounds.READER: "it lacks a level, a caveat or a purpose, or is paused or at an end: kizuna partner list says what "
    "{to} may be told at most; kizuna partner set changes it",
    bounds.TRACKS: "a rule with own_grid = true, where its clause says so",
}
"""What helps against each bound."""


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
    said = SAID("told.not", to=to, why=why)
    return Refusal(said, rule=", ".join(named), hint=BETWEEN.join(h for h in (hint, remedy) if h))


def explained(decision: Decision, to: str) -> tuple[str, str]:
    """Why something is withheld from somebody, in sentences, and what would help; no help where none is known."""
    why = list(decision.why or (DECISIONS("decision.no_rule"),))
    hints = [_HELP[b].format(to=to) for b in decision.rule_ids if b in _HELP]
    if not decision.rule_ids and decision.tried:
        nearest = min((t for t in decision.tried if t.then == "release"), key=lambda t: len(t.failed), default=None)
        why += [_nearest(nearest)] if nearest else []
        hints.append("propose a rule that releases it" + (f", or change rule {nearest.rule_id}" if nearest else ""))
    elif not decision.rule_ids:
        hints.append(f"propose a rule that releases it to {to}")
    return BETWEEN.join(why), BETWEEN.join(dict.fromkeys(hints))


def _nearest(rule: Tried) -> str:
    return DECISIONS("rule.nearest", rule=rule.rule_id, why=BETWEEN.join(rule.failed))

"""Why something leaves or does not, as sentences for the decision log, for people and for pages in other languages."""

from __future__ import annotations

from typing import Final

from kizuna.base.sentences import Sentences

SAID: Final = Sentences({
    "decision.no_rules": "no rules are in force",
    "decision.nothing": "this node holds nothing of it that rules could speak of",
    "decision.no_rule": "no rule releases it",
    "decision.not_named": "no rule speaks of this partner",
    "rule.releases": "{rule} releases",
    "rule.withholds": "{rule} withholds",
    "rule.unsure": "{rule} cannot be evaluated",
    "rule.follows": "{rule} tells its positions, and it follows them",
    "rule.lapsed": "rule {rule} releases nothing: {why}",
    "rule.no_clause": "it rests on no clause",
    "rule.nearest": "rule {rule} does not match: {why}",
    "rule.changes": "{names} would change it, and what a person wrote leaves whole or not",
    "rule.narrows": "{names} would narrow its label, and what a partner told keeps its own",
    "condition.missing": "{field}: is missing or not known",
    "condition.no": "{field}: does not hold",
    "condition.is": "{field}: is {value}",
    "bound.context": "it is of another context than this node shares",
    "bound.terms": "the terms of a source that it rests on do not let it go to {to}",
    "bound.label": "its own label does not reach {to}",
    "bound.reshare": "it is another party's, and {to} may not have it from here",
    "bound.reader": "the label that rules give it does not reach {to}",
    "bound.tracks.withholds": "{rule} withholds its positions",
    "bound.tracks.unsure": "{rule} cannot be evaluated for its positions",
})  # fmt: skip

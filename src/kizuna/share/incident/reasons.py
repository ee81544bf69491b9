"""Why an entry changes nothing in a case, or may not be passed on by break-glass: sentences for people and pages."""

from __future__ import annotations

from typing import Final

from kizuna.base.sentences import Sentences

SAID: Final = Sentences({
    "case.not_in_it": "its desk is not in this case",
    "case.not_joined": "its desk has not joined",
    "case.opens_open": "opens what is open",
    "case.is_offered": "{party} is offered",
    "case.is_joined": "{party} is joined",
    "case.is_declined": "{party} is declined",
    "case.not_asked": "{party} is not asked",
    "case.hand_over_first": "the coordinator hands over before it leaves",
    "case.no_other_desk": "{party} is not another desk of this case",
    "case.no_task": "there is no such task",
    "case.not_its_task": "the task is not this desk's",
    "case.task_is": "the task is {task_state}",
    "case.coordinates": "{party} coordinates",
    "case.offered_to": "coordination is offered to {party}",
    "case.offer_over": "this offer of coordination is not open",
    "case.not_its_offer": "the offer is not this desk's",
    "case.accepted_meanwhile": "it was accepted meanwhile",
    "case.open": "the case is open",
    "case.closed": "the case is closed",
    "case.no_proposal": "there is no such proposal",
    "case.labels": "the labels of this case do not reach {party}: open another one with it",
    "case.no_offer": "no offer of coordination is open",
    "case.which_proposal": "no proposal to close is open, or several are",
    "case.alone": "no other desk is in this case",
    "case.not_closed": "the case is not closed: every desk that joined must agree first",
    "case.signed": "this desk has signed it",
    "case.opener": "{party} opened it and alone may offer it",
    "case.reviewed": "it has been reviewed",
    "case.nothing": "nothing of it can be released",
    "review.second": "an act is reviewed by a second person",
    "glass.no_distress": "clause {clause} is no distress clause",
    "glass.parties": "clause {clause} does not let {party} give to {to}",
    "glass.rescue": "clause {clause} is not for incidents of rescue",
    "glass.position": "only a distress with a position may be passed in this way",
    "glass.officer": "the officer must be named, for the review",
    "glass.opener": "the case was opened by another desk, which alone may offer it",
    "glass.no_clause": "no distress clause in force lets {party} give to {to}",
})  # fmt: skip

"""Whether something leaves: one pure function with two back ends that give the same verdicts.

``batch`` decides columns of many candidates, ``one`` a single one and tells every rule that it tried.
"""

from kizuna.share.decide.columnar import Decisions, batch
from kizuna.share.decide.difference import Change, Difference, by_kind, diff
from kizuna.share.decide.single import one
from kizuna.share.decide.verdict import Decision, Tried, label_for

__all__ = ["Change", "Decision", "Decisions", "Difference", "Tried", "batch", "by_kind", "diff", "label_for", "one"]

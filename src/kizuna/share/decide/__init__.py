"""Whether something leaves: one pure function with two back ends that give the same verdicts.

``batch`` decides columns of many candidates, ``one`` a single one and tells every rule that it tried.
"""

from kizuna.share.decide.columnar import Decisions, batch
from kizuna.share.decide.single import one
from kizuna.share.decide.verdict import Decision, Tried, label_for

__all__ = ["Decision", "Decisions", "Tried", "batch", "label_for", "one"]

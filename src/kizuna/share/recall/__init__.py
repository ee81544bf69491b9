"""Recall and correction of what was shared: asked and acknowledged, hop by hop; never called deletion."""

from kizuna.share.recall.corrections import Corrections
from kizuna.share.recall.hops import HOPS, Hop
from kizuna.share.recall.recalls import Bar, Holding, Outcome, Recalls, Send

__all__ = ["HOPS", "Bar", "Corrections", "Holding", "Hop", "Outcome", "Recalls", "Send"]

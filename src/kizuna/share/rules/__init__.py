"""Rules of release: read, checked, told in plain words, compared, put in force by two people."""

from kizuna.share.rules.read import load
from kizuna.share.rules.rule import RELEASE, WITHHOLD, Rule, RuleSet

__all__ = ["RELEASE", "WITHHOLD", "Rule", "RuleSet", "load"]

"""Rules of release: read, checked, told in plain words, put in force by two people."""

from kizuna.share.rules.check import Finding, check
from kizuna.share.rules.read import load
from kizuna.share.rules.rule import RELEASE, WITHHOLD, Rule, RuleSet
from kizuna.share.rules.words import rule_text, rules_text

__all__ = ["RELEASE", "WITHHOLD", "Finding", "Rule", "RuleSet", "check", "load", "rule_text", "rules_text"]

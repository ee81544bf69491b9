"""Kizuna: neighbours look after the sea together."""

__version__ = "0.1.0"

"""Kizuna from Python: three functions and what they give back. ``import kizuna`` reaches them without loading them."""

from kizuna.node.python.face import decode, detect, load
from kizuna.node.python.result import Decoded, Event, Result, Vessel

__all__ = ["Decoded", "Event", "Result", "Vessel", "decode", "detect", "load"]

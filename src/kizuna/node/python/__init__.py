"""Kizuna from Python: three functions and what they give back. ``import kizuna`` reaches them without loading them."""

from kizuna.base.errors import ConfigError, ContextError, InputError, KizunaError
from kizuna.node.python.face import decode, detect, load
from kizuna.node.python.result import Decoded, Event, Result, Vessel

__all__ = [
    "ConfigError", "ContextError", "Decoded", "Event", "InputError", "KizunaError", "Result", "Vessel", "decode",
    "detect", "load",
]  # fmt: skip

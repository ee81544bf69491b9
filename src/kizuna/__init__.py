"""Kizuna: neighbours look after the sea together.

From Python: ``kizuna.detect(data)``, ``kizuna.decode(data)`` and ``kizuna.load(directory)`` (see `kizuna.node.python`).
What is wrong is told by a ``kizuna.KizunaError``: ``InputError`` (of which ``ContextError`` is one) or ``ConfigError``.
All are loaded when they are first used, so that ``import kizuna`` stays quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from kizuna.base.version import __version__ as __version__

_ERRORS = ("ConfigError", "ContextError", "InputError", "KizunaError")
_FACE = ("Decoded", "Event", "Result", "Vessel", "decode", "detect", "load", *_ERRORS)
"""Names of the Python interface; ``__init__.pyi`` tells type checkers what they are."""


def __getattr__(name: str) -> Any:
    """The Python interface, on demand."""
    if name in _FACE:
        return getattr(import_module("kizuna.base.errors" if name in _ERRORS else "kizuna.node.python"), name)
    raise AttributeError(f"module 'kizuna' has no attribute {name!r}")


def __dir__() -> list[str]:
    """For completion at a prompt."""
    return sorted([*_FACE, "__version__"])

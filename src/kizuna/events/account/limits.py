"""Checks of the settings of detectors: every number has a range, and a wrong one is refused by name."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from kizuna.base.errors import ConfigError


def within(section: str, key: str, value: float, low: float, high: float, unit: str = "") -> None:
    """Raise ConfigError unless ``low <= value <= high``; ``section`` and ``key`` name the setting as TOML does."""
    if not low <= value <= high:  # NaN fails as well
        span = f"{low:g} to {high:g}" + (f" {unit}" if unit else "")
        raise ConfigError(f"{value!r} is out of range", where=f"[{section}] {key}", hint=f"allowed: {span}")


def as_json(params: Any, **more: float | str) -> str:
    """Parameters of an event as JSON with sorted keys, the same text for the same values."""
    return json.dumps({**dataclasses.asdict(params), **more}, sort_keys=True, separators=(",", ":"))

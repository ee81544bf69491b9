"""What the matcher of detections is told: its assumptions, a scene, and what was seen in it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

from kizuna.base.errors import InputError
from kizuna.base.table import Array
from kizuna.fixes.detections import SENSORS

ACCURACY_M: Final = {"radar": 100.0, "sar": 50.0, "rf": 2000.0, "uav": 50.0, "visual": 200.0, "report": 1000.0}
"""Standard error of a position by sensor where neither detection nor scene states one; round figures of the trade."""


@dataclass(frozen=True, slots=True)
class Params:
    """What the matcher assumes where nobody says otherwise.

    Attributes:
        unmatched_per_1000_km2: prior density of detections without a track; 0.001 to 1,000. Default 1: the order of
            what Paolo et al. (2024) map along industrial coasts; the scene itself soon outweighs it.
        company: contacts without a track to expect in the company of each tracked vessel, within about half a
            kilometre: partners, tugs, boats in port, ghost echoes; 0 to 2. Default 0.05, chosen
            on tuning seeds so that probabilities hold.
        recall: of scenes that state none, for the weights only; 0.05 to 1. Default 0.8, as published for Sentinel-1.
        ais_error_m: AIS position against the middle of the ship, standard error; 0 to 1,000. Default 20 m: antenna
            place and receiver.
        length_error_m: standard error of measured lengths, m; 1 to 1,000. Default 20 (Paolo et al. 2024: root mean
            square 21.9 m).
        length_error_share: the part of it that grows with the length, added in squares; 0 to 1. Default 0.1.
        shift_s: for SAR scenes without geometry: typical seconds of shift per speed away from the radar; 0 to 200.
            Default 80, Sentinel-1 at middle range. Widens the prediction, as the direction is not known.
        inside_min: a track counts as not detected only if it was in the area with this probability; 0.5 to 1.
            Default 0.9.
        radius_max_m: and if its ellipse of 90 % is no larger than this, m; 10 to 100,000. Default 5,000: beyond, "not
            there" and "elsewhere" cannot be told apart.
        shore_min_m: and if it was further from the shore than this, m; 0 to 100,000. Default 1,000, where makers of
            satellite products cut their detections off; land, piers and their echoes hide vessels.
        gate_km: no detection further than this from the predicted position is looked at, km; 1 to 1,000. Default 100.
    """

    unmatched_per_1000_km2: float = 1.0
    company: float = 0.05
    recall: float = 0.8
    ais_error_m: float = 20.0
    length_error_m: float = 20.0
    length_error_share: float = 0.1
    shift_s: float = 80.0
    inside_min: float = 0.9
    radius_max_m: float = 5_000.0
    shore_min_m: float = 1_000.0
    gate_km: float = 100.0

    def __post_init__(self) -> None:
        """Refuse values outside their ranges with InputError."""
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise InputError(f"{name} = {value} is out of range", hint=f"{low:g} to {high:g}")


_RANGES: Final = {
    "unmatched_per_1000_km2": (0.001, 1_000.0), "company": (0.0, 2.0), "recall": (0.05, 1.0),
    "ais_error_m": (0.0, 1_000.0),
    "length_error_m": (1.0, 1_000.0), "length_error_share": (0.0, 1.0), "shift_s": (0.0, 200.0),
    "inside_min": (0.5, 1.0), "radius_max_m": (10.0, 100_000.0), "shore_min_m": (0.0, 100_000.0),
    "gate_km": (1.0, 1_000.0),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scene:
    """One scene as the matcher needs it; NaN and None where not stated. ``area`` in degrees (longitude, latitude)."""

    time_ms: int
    sensor: str
    area: Any = None
    recall: float = math.nan
    recall_length_m: float = math.nan
    false_alarms_per_1000_km2: float = math.nan
    accuracy_m: float = math.nan
    flight_deg: float = math.nan
    look: str = ""
    shift_s: float = math.nan

    def __post_init__(self) -> None:
        """Refuse an unknown sensor."""
        if self.sensor not in SENSORS:
            raise InputError(f"{self.sensor!r} is no kind of sensor")


@dataclass(frozen=True, slots=True)
class Seen:
    """Detections of one scene: arrays of one entry each, NaN where missing."""

    time_ms: Array
    lat_deg: Array
    lon_deg: Array
    accuracy_m: Array
    length_m: Array

    def __len__(self) -> int:
        """Number of detections."""
        return len(self.time_ms)

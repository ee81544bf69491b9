"""Chart geometry: where a position lies on a drawing; round degrees, scale bar and the words for them.

A view is a box in longitude and latitude with a size in pixels. Its east edge may lie beyond 180 degrees; positions
are brought to the turn of longitude that lies nearest the middle of the view, so nothing breaks at the antimeridian.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from kizuna.base.table import Array
from kizuna.base.units import NM_M

MERCATOR_MAX_DEG: Final = 83.0
_TURN: Final = 360.0
_HALF_TURN: Final = 180.0
_WIDE_DEG: Final = 140.0  # wider views are drawn with equal degrees: Mercator would be all Arctic
_STEPS_MIN: Final = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600)
_BARS_M: Final = (10, 20, 50, 100, 200, 500, *(NM_M * k for k in (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)))

Floats = npt.NDArray[np.float64]
Box = tuple[float, float, float, float]
"""West, south, east, north in degrees; east is the greater longitude, beyond 180 where the box crosses it."""


def mercator_deg(lat_deg: Array | float) -> Array:
    """Ordinate of the Mercator projection in degrees of the equator; latitude is limited to 83 degrees."""
    lat = np.radians(np.clip(lat_deg, -MERCATOR_MAX_DEG, MERCATOR_MAX_DEG))
    ordinate: Array = np.degrees(np.arctanh(np.sin(lat)))
    return ordinate


def _inverse_mercator(y_deg: float) -> float:
    return math.degrees(math.asin(math.tanh(math.radians(y_deg))))


@dataclass(frozen=True, slots=True)
class View:
    """A box drawn at a size. ``west_deg`` lies in [-180, 180), ``east_deg`` above it by at most one turn."""

    west_deg: float
    south_deg: float
    east_deg: float
    north_deg: float
    width: int
    height: int
    mercator: bool

    def xy(self, lon_deg: Array, lat_deg: Array) -> tuple[Floats, Floats]:
        """Pixels from the upper left corner; NaN stays NaN."""
        middle = 0.5 * (self.west_deg + self.east_deg)
        lon = middle + (lon_deg - middle + _HALF_TURN) % _TURN - _HALF_TURN
        top, bottom = self._ordinates()
        y = mercator_deg(lat_deg) if self.mercator else np.asarray(lat_deg, np.float64)
        return (
            (lon - self.west_deg) * (self.width / (self.east_deg - self.west_deg)),
            (top - y) * (self.height / (top - bottom)),
        )

    def _ordinates(self) -> tuple[float, float]:
        if self.mercator:
            return float(mercator_deg(self.north_deg)), float(mercator_deg(self.south_deg))
        return self.north_deg, self.south_deg

    @property
    def px_deg(self) -> float:
        """Degrees of longitude in a pixel."""
        return (self.east_deg - self.west_deg) / self.width

    @property
    def px_m(self) -> float:
        """Metres in a pixel at the middle latitude."""
        middle = math.radians(0.5 * (self.south_deg + self.north_deg))
        return max(self.px_deg * 60.0 * NM_M * math.cos(middle), 1e-6)

    def inside(self, lon_deg: Array, lat_deg: Array, margin: float = 0.0) -> npt.NDArray[np.bool_]:
        """Which positions fall on the drawing, or within ``margin`` pixels of it."""
        x, y = self.xy(lon_deg, lat_deg)
        held: npt.NDArray[np.bool_] = (
            (x >= -margin) & (x <= self.width + margin) & (y >= -margin) & (y <= self.height + margin)
        )
        return held

    def turns(self) -> list[tuple[float, float, float]]:
        """Parts of the view within one turn: west and east within [-180, 180], and what to add to their longitudes."""
        parts = []
        for k in (-1, 0, 1, 2):
            west = max(self.west_deg, -_HALF_TURN + _TURN * k)
            east = min(self.east_deg, _HALF_TURN + _TURN * k)
            if east > west:
                parts.append((west - _TURN * k, east - _TURN * k, _TURN * k))
        return parts


def fitted(box: Box, width: int, ratio: tuple[float, float], *, pad: float = 0.06, least_deg: float = 0.02) -> View:
    """A view of at least this box (west, south, east, north; east may lie beyond 180), ``width`` pixels wide.

    ``ratio`` bounds height over width; the box grows to meet it. ``pad`` is the share added on every side.
    """
    west, south, east, north = box
    middle_lon, middle_lat = 0.5 * (west + east), 0.5 * (south + north)
    stretch = 1.0 / max(math.cos(math.radians(min(abs(middle_lat), MERCATOR_MAX_DEG))), 0.1)
    span_lon = max((east - west) * (1 + 2 * pad), least_deg * stretch)
    mercator = span_lon < _WIDE_DEG and max(abs(south), abs(north)) < MERCATOR_MAX_DEG - 1
    top, bottom = (float(mercator_deg(north)), float(mercator_deg(south))) if mercator else (north, south)
    middle_y = 0.5 * (top + bottom)
    span_y = max((top - bottom) * (1 + 2 * pad), least_deg * stretch)
    span_lon = min(max(span_lon, span_y / ratio[1]), _TURN)
    span_y = min(max(span_y, span_lon * ratio[0]), span_lon * ratio[1])
    limit = float(mercator_deg(MERCATOR_MAX_DEG)) if mercator else 90.0
    middle_y = min(max(middle_y, span_y / 2 - limit), limit - span_y / 2) if span_y < 2 * limit else 0.0
    span_y = min(span_y, 2 * limit)
    low, high = middle_y - span_y / 2, middle_y + span_y / 2
    south, north = (_inverse_mercator(low), _inverse_mercator(high)) if mercator else (low, high)
    west = middle_lon - span_lon / 2
    turn = _TURN * math.floor((west + _HALF_TURN) / _TURN)
    return View(
        west - turn, south, west - turn + span_lon, north, width, max(round(width * span_y / span_lon), 1), mercator
    )


def box_of(lon_deg: Array, lat_deg: Array) -> Box:
    """Smallest box around positions, across 180 degrees where that is the shorter way; needs one position at least."""
    lon = np.unique(np.round(lon_deg, 6))
    gaps = np.diff(np.append(lon, lon[0] + _TURN))
    widest = int(np.argmax(gaps))
    west = float(lon[(widest + 1) % len(lon)])
    return west, float(np.min(lat_deg)), west + _TURN - float(gaps[widest]), float(np.max(lat_deg))


def ticks(low_deg: float, high_deg: float, most: int) -> tuple[list[float], float]:
    """Round degrees from ``low_deg`` to ``high_deg``, at most ``most`` of them, and their distance in minutes."""
    for step in _STEPS_MIN:
        first, last = math.ceil(low_deg * 60 / step), math.floor(high_deg * 60 / step)
        if last - first + 1 <= most:
            return [k * step / 60 for k in range(first, last + 1)], step
    return [], _STEPS_MIN[-1]


def degrees_label(value_deg: float, step_min: float, letters: str) -> str:
    """Label of a graticule line, as fine as its step: ``24°N``, ``24°30'N``, ``24°30.5'N`` (with a prime)."""
    value = value_deg if letters == "NS" else (value_deg + _HALF_TURN) % _TURN - _HALF_TURN
    tenths = round(abs(value) * 600)
    letter = "" if tenths == 0 else letters[0] if value > 0 else letters[1]
    if step_min >= 60 or tenths == 0:  # noqa: PLR2004  minutes in a degree
        return f"{tenths // 600}°{letter}"
    minutes = f"{tenths % 600 / 10:04.1f}" if step_min < 1 else f"{tenths % 600 // 10:02d}"
    return f"{tenths // 600}°{minutes}\u2032{letter}"


def scale_bar(view: View, most_px: float) -> tuple[float, str]:
    """Length in pixels and label of the longest round distance that fits, right at the middle latitude."""
    best = _BARS_M[0]
    for length in _BARS_M:
        if length / view.px_m <= most_px:
            best = length
    label = f"{best / NM_M:g} nm" if best >= NM_M / 2 else f"{best:g} m"
    return best / view.px_m, label

"""When it happened: fixes per part of the run as bars, and under them one lane for every type of event.

A lane shows its events as strokes from start to end, or their number at every moment where they are many.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from kizuna.base.units import DAY_MS, HOUR_MS, MINUTE_MS, MISSING_TIME_MS
from kizuna.formats.report.listing import Entry
from kizuna.formats.report.marks import KINDS, Kind
from kizuna.formats.report.text import clock, count, day
from kizuna.tracks.table import Tracks

_WIDTH: Final = 1200
_LEFT: Final = 158
_BARS: Final = 45
_LANE: Final = 24
_LANE_ROWS: Final = 4
_STROKES_MOST: Final = 60
_BINS: Final = 180
_STEPS_MS: Final = (
    *(MINUTE_MS * k for k in (1, 5, 15, 30)), *(HOUR_MS * k for k in (1, 2, 3, 6, 12)),
    *(DAY_MS * k for k in (1, 2, 7, 14, 28, 91, 364)),
)  # fmt: skip
_TICKS_MOST: Final = 13


def timeline(listed: Sequence[Entry], tracks: Tracks | None, start_ms: int, end_ms: int) -> str:
    """The plot as an HTML figure; empty where the run has no times."""
    if MISSING_TIME_MS in (start_ms, end_ms) or end_ms <= start_ms:
        return ""
    scale = (_WIDTH - _LEFT - 8) / (end_ms - start_ms)
    kinds = [k for k in KINDS if any(e.kind.key == k.key for e in listed)]
    height = _BARS + _LANE * len(kinds) + 40
    lanes = [_lane(kind, listed, start_ms, end_ms, scale, _BARS + 10 + _LANE * i) for i, kind in enumerate(kinds)]
    most = [(kind.words.lower(), n) for kind, (_, n) in zip(kinds, lanes, strict=True) if n]
    highest = ", ".join(f"{words} {count(n)}" for words, n in most)
    told = f"Areas: events at the same time, at most {highest}. " if highest else ""
    bars, fixes_most = _histogram(tracks, start_ms, end_ms)
    label = "Fixes over time" + (f" and {len(listed)} events by type" if listed else "")
    part = _span((end_ms - start_ms) / _BINS)
    return (
        f'<figure class="when"><div class="scroll"><svg class="chart" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="{label}">{_ticks(start_ms, end_ms, scale, height)}{bars}{"".join(drawn for drawn, _ in lanes)}'
        f'<text class="lane" x="0" y="{_BARS - 4}">Fixes</text></svg></div>'
        f"<figcaption><span>Bars: fixes in {part}, at most {count(fixes_most)}. Strokes: events from start to end. "
        f"{told}Times are UTC.</span></figcaption></figure>"
    )


def _span(ms: float) -> str:
    if ms >= 2 * HOUR_MS:
        return f"{ms / HOUR_MS:.1f} h"
    return f"{ms / MINUTE_MS:.0f} min" if ms >= MINUTE_MS else f"{ms / 1000:.0f} s"


def _histogram(tracks: Tracks | None, start_ms: int, end_ms: int) -> tuple[str, int]:
    if tracks is None or not len(tracks):
        return "", 0
    n, _ = np.histogram(tracks.time_ms, bins=_BINS, range=(start_ms, end_ms + 1))
    most = max(int(n.max()), 1)
    step = (_WIDTH - _LEFT - 8) / _BINS
    bars = ((_LEFT + i * step, _BARS * v / most) for i, v in enumerate(n.tolist()) if v)
    data = "".join(f"M{x:.1f} {_BARS}v-{tall:.1f}h{step * 0.8:.1f}V{_BARS}z" for x, tall in bars)
    return f'<path class="bars" d="{data}"/>', most


def _lane(kind: Kind, listed: Sequence[Entry], start_ms: int, end_ms: int, scale: float, top: int) -> tuple[str, int]:
    """Events of one type, each its own stroke while they are few; beyond, their number and its most."""
    mine = [e for e in listed if e.kind.key == kind.key and e["start_ms"] is not None]
    spans = []
    for entry in mine:
        a = min(max(entry["start_ms"], start_ms), end_ms)
        b = min(max(entry["end_ms"] or end_ms, a), end_ms)
        spans.append((round(_LEFT + (a - start_ms) * scale), max(round((b - a) * scale), 2)))
    data, most = (_strokes(spans, top), 0) if len(spans) <= _STROKES_MOST else _at_once(spans, top)
    drawn = (
        f'<g class="c-{kind.key}"><use href="#k-{kind.key}" x="0" y="{top + 1}" width="17" height="17"/>'
        f'<text class="lane" x="23" y="{top + 14}">{kind.words} {count(len(mine))}</text>'
        f'<path class="rail" d="M{_LEFT} {top + _LANE - 1.5}H{_WIDTH - 8}"/><path class="stroke" d="{data}"/></g>'
    )
    return drawn, most


def _strokes(spans: list[tuple[int, int]], top: int) -> str:
    """Rectangles in rows, so that events at the same time stand below each other while there is room."""
    free = [0] * _LANE_ROWS
    pitch = (_LANE - 4) / _LANE_ROWS
    parts = []
    for x, width in sorted(spans):
        k = min(range(_LANE_ROWS), key=lambda r: (free[r] > x, free[r] if free[r] > x else r))
        free[k] = max(free[k], x + width + 1)
        parts.append(f"M{x} {top + 2 + k * pitch:.1f}h{width}v{pitch - 1:.1f}h-{width}z")
    return "".join(parts)


def _at_once(spans: list[tuple[int, int]], top: int) -> tuple[str, int]:
    """An area as high as the number of events that go on, and the most of them."""
    change = np.zeros(_WIDTH + 2, np.int64)
    for x, width in spans:
        change[x] += 1
        change[min(x + width, _WIDTH + 1)] -= 1
    going_on = np.cumsum(change)
    most = int(going_on.max())
    floor = top + _LANE - 2
    steps = np.flatnonzero(change)
    heights = (_LANE - 4) / most * going_on[steps]
    stairs = zip(steps[1:].tolist(), heights[:-1].tolist(), strict=True)
    data = f"M{steps[0]} {floor}" + "".join(f"V{floor - h:.1f}H{x}" for x, h in stairs)
    return data + f"V{floor}z", most


def _ticks(start_ms: int, end_ms: int, scale: float, height: int) -> str:
    step = next((s for s in _STEPS_MS if (end_ms - start_ms) / s <= _TICKS_MOST), _STEPS_MS[-1])
    lines, labels = [], []
    for k in range(-(-start_ms // step), end_ms // step + 1):
        x = _LEFT + (k * step - start_ms) * scale
        midnight = k * step % DAY_MS == 0
        lines.append(f"M{x:.1f} 0V{height - 24}")
        anchor = "middle"
        if midnight and not _LEFT + 24 < x < _WIDTH - 30:
            anchor = "start" if x < _WIDTH / 2 else "end"
        words, mark = (day(k * step)[:-5], ' class="day"') if midnight else (clock(k * step), "")
        labels.append(f'<text{mark} x="{x:.0f}" y="{height - 8}" text-anchor="{anchor}">{words}</text>')
    return f'<path class="grat" d="{"".join(lines)}"/><g class="tick">{"".join(labels)}</g>'

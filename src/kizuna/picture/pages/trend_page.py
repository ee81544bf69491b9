"""The page of a trend: in words, as a chart of days, and what it rests on."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from kizuna.base.table import Array
from kizuna.formats.report.text import number, safe
from kizuna.picture.pages.sheet import page
from kizuna.picture.series import Series, days_of
from kizuna.picture.trends import Change, sentence

_WIDTH: Final = 1000
_HEIGHT: Final = 300
_LEFT: Final = 52
_TOP: Final = 26
_FLOOR: Final = 262
_WEEK: Final = 7
_MONTHS_MOST: Final = 14

LIMITS: Final = (
    "Counts of what was heard or published. They say nothing of why, and nothing of anybody's intent.",
    "Days without a value are missing and were left out; they are not zero.",
    (
        "An interval allows for scatter, for weekdays and for days that resemble their neighbours. It does not allow "
        "for a level that wanders over weeks for reasons of its own, for a change in reception, or for a change in how "
        "a publisher counts."
    ),
)


def trend_page(changes: Sequence[Change], series: Sequence[Series], context: str, label: str) -> bytes:
    """One section for each series."""
    several = len(changes)
    body = [
        f'<p class="soft">Baseline {days_of(changes[0].baseline)}, period {days_of(changes[0].period)} (UTC days).</p>'
    ]
    if several > 1:
        expected = several * (1.0 - changes[0].level)
        body.append(
            f"<p>{several} series are compared; without any change about {expected:.1g} would be called one.</p>"
        )
    for change, one in zip(changes, series, strict=True):
        body += [f"<h2>{safe(change.name)}</h2><p>{safe(sentence(change), 600)}</p>"]
        body += [f'<p class="warn">{safe(w, 400)}</p>' for w in change.warnings]
        body.append(f'<div class="box">{chart(change, one)}</div>{_basis(change)}')
    body.append("<h2>How to read this</h2><ul>" + "".join(f"<li>{line}</li>" for line in LIMITS) + "</ul>")
    return page("Change against a baseline", context, label, body)


def _basis(c: Change) -> str:
    told = [
        f"Unit: {c.unit}.",
        f"Source: {c.source}." if c.source else "",
        f"Licence: {c.licence}." if c.licence else "",
    ]
    if not c.refused:
        told.append(
            f"Dispersion {number(c.dispersion)} (1 is Poisson); the days tell as much as {c.independent_days:.0f} "
            "independent ones."
        )
    if math.isfinite(c.heard_ratio):
        told.append(f"Vessels heard anywhere: {(c.heard_ratio - 1) * 100:+.0f} %.")
    return f'<p class="soft">{safe(" ".join(filter(None, told)), 900)}</p>'


def chart(change: Change, series: Series) -> str:
    """Days as dots, the mean of seven days as a line, baseline and period as grounds with their levels."""
    first, end = min(change.baseline[0], change.period[0]), max(change.baseline[1], change.period[1])
    inside = series.within(first, end)
    day, value = series.day[inside], series.value[inside]
    most = float(value.max()) if len(value) else 1.0
    top = _round_up(max(most, 1.0))
    x = _LEFT + (np.arange(first, end + 1) - first) * ((_WIDTH - _LEFT - 8) / (end - first))

    def y(v: float) -> float:
        return _FLOOR - (_FLOOR - _TOP) * min(v / top, 1.0)

    grounds = ""
    for kind, word, (a, b) in (("base", "baseline", change.baseline), ("now", "period", change.period)):
        left, right = x[a - first], x[b - first]
        grounds += (
            f'<rect class="{kind}" x="{left:.1f}" y="{_TOP}" width="{right - left:.1f}" height="{_FLOOR - _TOP}"/>'
            f'<text class="word" x="{left + 4:.1f}" y="{_TOP - 8}">{word}</text>'
        )
    dots = "".join(
        f'<circle class="dot" cx="{x[d - first] + (x[1] - x[0]) / 2:.1f}" cy="{y(v):.1f}" r="2.2"/>'
        for d, v in zip(day.tolist(), value.tolist(), strict=True)
    )
    return (
        f'<figure><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{safe(sentence(change), 600)}">'
        f"{grounds}{_axes(first, end, top, x, y(0.0), y(top / 2))}{dots}"
        f'<path class="mean" d="{_weekly(day, value, first, x, y)}"/>{_levels(change, first, x, y)}</svg>'
        "<figcaption>Dots: days. Line: mean of seven days, broken where days are missing. Dashed: mean of the "
        "baseline. "
        "Solid bar and ground in the period: the level found and its interval.</figcaption></figure>"
    )


def _round_up(v: float) -> float:
    step = 10.0 ** math.floor(math.log10(v))
    return next(step * k for k in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * k >= v)


def _axes(first: int, end: int, top: float, x: Array, floor: float, half: float) -> str:
    lines = []
    for v, at in ((0.0, floor), (top / 2, half), (top, float(_TOP))):
        lines.append(f'<path class="grid" d="M{_LEFT} {at}H{_WIDTH - 8}"/>')
        lines.append(f'<text x="{_LEFT - 6}" y="{at + 4:.0f}" text-anchor="end">{number(v)}</text>')
    months = np.arange(np.datetime64(first, "D").astype("M8[M]"), np.datetime64(end, "D").astype("M8[M]") + 1)
    every = -(-len(months) // _MONTHS_MOST)
    for month in months[::every]:
        at = int(month.astype("M8[D]").astype(np.int64)) - first
        if 0 <= at < end - first:
            lines.append(f'<path class="grid" d="M{x[at]:.1f} {_TOP}V{_FLOOR + 5}"/>')
            lines.append(f'<text x="{x[at] + 3:.1f}" y="{_FLOOR + 18}">{month}</text>')
    return "".join(lines)


def _weekly(day: Array, value: Array, first: int, x: Array, y: Callable[[float], float]) -> str:
    """Path of the mean of seven days that all have a value, drawn at their middle."""
    path, pen = "", "M"
    for i in range(len(day)):
        if i + _WEEK <= len(day) and day[i + _WEEK - 1] - day[i] == _WEEK - 1:
            at = day[i] + _WEEK // 2 - first
            path += f"{pen}{(x[at] + x[at + 1]) / 2:.1f} {y(float(value[i : i + _WEEK].mean())):.1f}"
            pen = "L"
        else:
            pen = "M"
    return path


def _levels(c: Change, first: int, x: Array, y: Callable[[float], float]) -> str:
    out = ""
    if math.isfinite(c.baseline_mean) and not c.per_heard:
        a, b = (x[v - first] for v in c.baseline)
        out += f'<path class="level" d="M{a:.1f} {y(c.baseline_mean):.1f}H{b:.1f}"/>'
        if not c.refused:
            a, b = (x[v - first] for v in c.period)
            low, high = y(c.baseline_mean * c.low), y(c.baseline_mean * c.high)
            size = f'width="{b - a:.1f}" height="{max(low - high, 1):.1f}"'
            out += f'<rect class="expected" x="{a:.1f}" y="{high:.1f}" {size}/>'
            out += f'<path class="found" d="M{a:.1f} {y(c.baseline_mean * c.ratio):.1f}H{b:.1f}"/>'
    return out

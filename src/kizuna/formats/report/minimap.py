"""The small map and the speed plot of one event.

North is up. Before the event a way is a thin line, during it a thick one, after it a dotted one; a filled disc marks
the start and a ring the end. A gap has no way: a dashed straight line joins the last position before to the first
after. The first vessel has the colour of the event's type, the second that of the text, and both have a letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from kizuna.base.table import Array
from kizuna.base.units import MISSING_TIME_MS
from kizuna.formats.report.chart import Floats, View, box_of, degrees_label, fitted, scale_bar, ticks
from kizuna.formats.report.listing import Entry
from kizuna.formats.report.paths import Land, land_path, outline_path, path, pieces, steps, thinned
from kizuna.formats.report.text import clock, day, number
from kizuna.formats.report.ways import Way, window
from kizuna.places.zone import Zone

WIDTH: Final = 380
_RATIO: Final = (0.66, 0.74)
_LEAST_DEG: Final = 0.03
_LAND_LIMIT: Final = 2600
_ZONE_LIMIT: Final = 700
_WAY_LIMIT: Final = 1800
_PLOT_HEIGHT: Final = 84
_BINS: Final = 110


@dataclass(frozen=True, slots=True)
class Scene:
    """What the drawings of one event need."""

    entry: Entry
    ways: Sequence[Way]
    start_ms: int
    end_ms: int
    zones: Sequence[Zone]


def small_map(scene: Scene, land: Land) -> str:
    """The map as SVG; empty where the event has no place."""
    view = _view(scene)
    if view is None:
        return ""
    coast = land_path(view, land, _LAND_LIMIT)
    parts = [
        f'<rect class="sea" width="{view.width}" height="{view.height}"/>',
        f'<path class="land" transform="scale(.25)" fill-rule="evenodd" d="{coast}"/>' if coast else "",
        _graticule(view),
        *(_zone(view, zone) for zone in scene.zones),
        *(_way(view, scene, way, k) for k, way in enumerate(scene.ways)),
        _ends(view, scene),
        _bar(view),
    ]
    place = scene.entry.place
    label = f"Map of event {scene.entry.number}"
    if place is not None:
        label += f" near {degrees_label(place[1], 0.1, 'NS')} {degrees_label(place[0], 0.1, 'EW')}"
    return (
        f'<svg class="mini c-{scene.entry.kind.key}" viewBox="0 0 {view.width} {view.height}" role="img" '
        f'aria-label="{label}">{"".join(parts)}</svg>'
    )


def _view(scene: Scene) -> View | None:
    """A box around the event itself; what lies before and after shows as far as it fits."""
    points = [p for p in (scene.entry.point(w) for w in ("start", "end", "mean")) if None not in p]
    lon, lat = [np.array([p[0] for p in points], float)], [np.array([p[1] for p in points], float)]
    if scene.entry.kind.key != "gap":
        for way in scene.ways:
            x, y = way.part(scene.start_ms, scene.end_ms)
            lon.append(x)
            lat.append(y)
    lons, lats = np.concatenate(lon), np.concatenate(lat)
    good = np.isfinite(lons) & np.isfinite(lats)
    if not good.any():
        return None
    return fitted(box_of(lons[good], lats[good]), WIDTH, _RATIO, pad=0.3, least_deg=_LEAST_DEG)


def _graticule(view: View) -> str:
    lines, labels = [], []
    lons, step = ticks(view.west_deg, view.east_deg, 3)
    for lon in lons:
        x = float(view.xy(np.array([lon]), np.array([view.south_deg]))[0][0])
        lines.append(f"M{x:.0f} 0v{view.height}")
        if 34 < x < view.width - 34:  # noqa: PLR2004  px, room for the words
            labels.append(f'<text x="{x:.0f}" y="10" text-anchor="middle">{degrees_label(lon, step, "EW")}</text>')
    lats, step = ticks(view.south_deg, view.north_deg, 3)
    for lat in lats:
        y = float(view.xy(np.array([view.west_deg]), np.array([lat]))[1][0])
        lines.append(f"M0 {y:.0f}h{view.width}")
        if 20 < y < view.height - 24:  # noqa: PLR2004
            labels.append(f'<text x="3" y="{y - 3:.0f}">{degrees_label(lat, step, "NS")}</text>')
    return f'<path class="grat" d="{"".join(lines)}"/><g class="tick">{"".join(labels)}</g>'


def _zone(view: View, zone: Zone) -> str:
    data = outline_path(view, zone.rings, _ZONE_LIMIT)
    return f'<path class="zone" transform="scale(.25)" d="{data}"/>' if data else ""


def _line(view: View, lon: Array, lat: Array) -> str:
    """A way as path data; what lies outside is cut away, simpler where it would be long."""
    x, y = view.xy(lon, lat)
    out = (x < -40) | (x > view.width + 40) | (y < -40) | (y > view.height + 40)  # noqa: PLR2004  px
    x, y = np.where(out, np.nan, x), np.where(out, np.nan, y)
    runs = []
    for px, py in pieces(x, y, np.zeros(len(x), np.bool_)):
        fine = np.append(True, np.hypot(np.diff(np.round(px * 2)), np.diff(np.round(py * 2))) > 0)
        runs.append((px[fine], py[fine]))
    data = ""
    for tolerance in (0.3, 0.6, 1.2, 2.4, 4.8, 9.6):
        grids = (steps(*thinned(px, py, tolerance)) for px, py in runs)
        data = "".join(path(g) for g in grids if len(g) > 1)
        if len(data) <= _WAY_LIMIT:
            return data
    return data[: data.rfind("M", 0, _WAY_LIMIT)]


def _way(view: View, scene: Scene, way: Way, k: int) -> str:
    unseen = scene.entry.kind.key == "gap"
    during = "" if unseen else _line(view, *way.part(scene.start_ms, scene.end_ms))
    drawn = [
        ("before", _line(view, *way.part(-np.inf, scene.start_ms))),
        ("after", _line(view, *way.part(scene.end_ms, np.inf))),
        ("during", during),
    ]
    paths = "".join(f'<path class="{name}" d="{d}"/>' for name, d in drawn if d)
    return f'<g class="way{k % 2}" transform="scale(.25)">{paths}</g>{_letter(view, scene, way)}'


def _letter(view: View, scene: Scene, way: Way) -> str:
    """The vessel's letter where its way comes from; single vessels need none."""
    if len(scene.ways) < 2:  # noqa: PLR2004
        return ""
    x, y = view.xy(way.lon_deg, way.lat_deg)
    seen = np.flatnonzero((x > 14) & (x < view.width - 14) & (y > 18) & (y < view.height - 14))  # noqa: PLR2004  px
    if not len(seen):
        return ""
    i = seen[0]
    return f'<text class="letter" x="{x[i]:.0f}" y="{y[i] - 5:.0f}" text-anchor="middle">{way.letter}</text>'


def _ends(view: View, scene: Scene) -> str:
    start, end = _pixel(view, scene.entry.point("start")), _pixel(view, scene.entry.point("end"))
    text = ""
    if scene.entry.kind.key == "gap" and start and end:
        text += f'<path class="unseen" d="M{start[0]:.1f} {start[1]:.1f}L{end[0]:.1f} {end[1]:.1f}"/>'
    if end:
        text += f'<circle class="end" cx="{end[0]:.1f}" cy="{end[1]:.1f}" r="4.5"/>'
    if start:
        text += f'<circle class="start" cx="{start[0]:.1f}" cy="{start[1]:.1f}" r="4.5"/>'
    return text


def _pixel(view: View, point: tuple[float | None, float | None]) -> tuple[float, float] | None:
    lon, lat = point
    if lon is None or lat is None:
        return None
    x, y = view.xy(np.array([lon]), np.array([lat]))
    return float(x[0]), float(y[0])


def _bar(view: View) -> str:
    length, label = scale_bar(view, 100)
    y = view.height - 10
    line = f'<path d="M10 {y - 4}v4h{length:.1f}v-4"/>'
    return f'<g class="bar">{line}<text x="{14 + length:.0f}" y="{y}">{label}</text></g>'


def speed_plot(scene: Scene) -> str:
    """Speed over ground before, during (shaded) and after; empty where no vessel sent a speed."""
    first, last = window(scene.start_ms, scene.end_ms)
    lines = [(k, *_binned(way, first, last)) for k, way in enumerate(scene.ways)]
    lines = [line for line in lines if len(line[1]) > 1]
    if not lines:
        return ""
    top = max(2.0, max(float(v.max()) for _, _, v in lines) * 1.15)
    low, high, left = _PLOT_HEIGHT - 18, 14, 4
    scale = (WIDTH - 2 * left) / (last - first)
    drawn = []
    for k, t, v in lines:
        x, y = left + (t - first) * scale, low - v * ((low - high) / top)
        breaks = np.append(False, np.diff(t) > 3 * (last - first) / _BINS)
        data = "".join(path(steps(px, py)) for px, py in pieces(x, y, breaks))
        drawn.append(f'<g class="way{k % 2}" transform="scale(.25)"><path class="speed" d="{data}"/></g>')
    a, b = left + (scene.start_ms - first) * scale, left + (scene.end_ms - first) * scale
    words = [
        f'<text x="{a:.0f}" y="{_PLOT_HEIGHT - 5}" text-anchor="middle">{clock(scene.start_ms)}</text>',
        f'<text x="{b:.0f}" y="{_PLOT_HEIGHT - 5}" text-anchor="middle">{clock(scene.end_ms)}</text>'
        if scene.entry["end_ms"] not in (None, MISSING_TIME_MS) and b - a > 40  # noqa: PLR2004  px
        else "",
        f'<text x="{left}" y="10">speed, up to {number(round(top / 1.15, 1))} kn</text>',
    ]
    label = f"Speed over ground around event {scene.entry.number}, {day(scene.start_ms)}"
    return (
        f'<svg class="plot c-{scene.entry.kind.key}" viewBox="0 0 {WIDTH} {_PLOT_HEIGHT}" role="img" '
        f'aria-label="{label}"><rect class="span" x="{a:.1f}" y="{high}" width="{max(b - a, 1):.1f}" '
        f'height="{low - high}"/><path class="axis" d="M{left} {low}H{WIDTH - left}"/>{"".join(drawn)}'
        f'<g class="tick">{"".join(words)}</g></svg>'
    )


def _binned(way: Way, first: int, last: int) -> tuple[Floats, Floats]:
    """Mean time and mean speed in equal parts of the window; parts without a speed are left out."""
    held = np.isfinite(way.sog_kn)
    time_ms, sog = way.time_ms[held].astype(np.float64), way.sog_kn[held].astype(np.float64)
    part = np.clip(((time_ms - first) * (_BINS / (last - first))).astype(np.int64), 0, _BINS - 1)
    n = np.bincount(part, minlength=_BINS)
    full = n > 0
    mean = [np.bincount(part, w, minlength=_BINS)[full] / n[full] for w in (time_ms, sog)]
    return mean[0], mean[1]

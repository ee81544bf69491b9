"""The maps at the head of the report: land, zones, traffic and the events as numbered shapes.

Events of one type that would cover each other share a shape; its number is that of the first in the list, followed
by how many more stand there. In a crowd shapes stand for wider areas and carry a count instead of a number. Zones are
drawn alike whoever asserts them: dashed in the colour of the text, told apart by the pattern of dashes and by a letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from kizuna.base.table import Array
from kizuna.formats.report import traffic
from kizuna.formats.report.chart import View, degrees_label, fitted, scale_bar, ticks
from kizuna.formats.report.labels import Mark, gathered, placed_labels
from kizuna.formats.report.listing import Entry
from kizuna.formats.report.marks import KINDS, icon
from kizuna.formats.report.panels import Panel, Panels, chosen
from kizuna.formats.report.paths import Land, land_path, outline_path
from kizuna.formats.report.text import count, name, plural, safe
from kizuna.places.zone import Zone
from kizuna.tracks.table import Tracks

_MAIN: Final = (1200, (0.44, 0.56))
_SIDE: Final = {1: _MAIN, 2: (590, (0.5, 0.75)), 3: (390, (0.6, 0.85))}  # width and ratio, by columns
_COLUMNS: Final = (1, 1, 2, 3, 2, 3, 3)  # by number of side maps: rows are full, or nearly so
_WIDE_SHARE: Final = 0.15  # a region with this share of fixes and events gets the whole width
_MAIN_LAND: Final = 260_000
_SIDE_LAND: Final = 90_000
_ZONE_LIMIT: Final = 30_000
_ZONES_MOST: Final = 26
_MARKS_MOST: Final = 110
_NEAR_PX: Final = (17.0, 26.0, 40.0, 60.0, 90.0, 135.0)  # how far apart shapes of one type stand
_LABELS_PX: Final = (46, 26)  # room that a degree label at the border keeps free of the corner


@dataclass(frozen=True, slots=True)
class Scope:
    """What the maps show. ``linked``: events up to this number stand in the list, so their shapes lead there."""

    listed: Sequence[Entry]
    linked: int
    tracks: Tracks | None
    zones: Sequence[Zone]
    land: Land


def overview(scope: Scope, limit: int) -> str:
    """All maps as HTML figures with their legend, of at most ``limit`` bytes; a sentence where there is no position."""
    placed = [(e, p) for e in scope.listed if (p := e.place) is not None]
    e_lon = np.array([p[0] for _, p in placed], np.float64)
    e_lat = np.array([p[1] for _, p in placed], np.float64)
    lon, lat, time_ms, segment = _rows(scope.tracks)
    if not len(lon) and not placed:
        return '<p class="none">There is no position to draw.</p>'
    panels = chosen(lon, lat, e_lon, e_lat)
    of_fix, of_event = panels.of(lon, lat), panels.of(e_lon, e_lat)
    columns = _COLUMNS[sum(p.share < _WIDE_SHARE for p in panels.shown)]
    text = ""
    for detail in (1.0, 0.6, 0.35, 0.2, 0.1):
        figures = []
        for panel in panels.shown:
            mine = of_fix == panel.index
            entries = [placed[i][0] for i in np.flatnonzero(of_event == panel.index)]
            view = fitted(panel.box, *(_MAIN if panel.share >= _WIDE_SHARE else _SIDE[columns]))
            rows = (lon[mine], lat[mine], time_ms[mine], segment[mine])
            layer = traffic.layer(view, panel.index, *rows, detail=detail)
            figures.append(_figure(panel, view, layer, entries, scope, detail))
        text = f'<div class="maps m{columns}">{"".join(figures)}</div>{_legend(scope)}{_left_out(panels)}'
        if len(text.encode()) <= limit:
            break
    return text


def _rows(tracks: Tracks | None) -> tuple[Array, Array, Array, Array]:
    """Positions that belong to a segment."""
    if tracks is None:
        none = np.zeros(0)
        return none, none, none.astype(np.int64), none.astype(np.int32)
    held = tracks.segment >= 0
    if held.all():
        return tracks.lon_deg, tracks.lat_deg, tracks.time_ms, tracks.segment
    return tracks.lon_deg[held], tracks.lat_deg[held], tracks.time_ms[held], tracks.segment[held]


def _figure(panel: Panel, view: View, layer: str, entries: list[Entry], scope: Scope, detail: float) -> str:
    coast = land_path(view, scope.land, round(detail * (_MAIN_LAND if view.width == _MAIN[0] else _SIDE_LAND)))
    drawn = [
        f'<rect class="sea" width="{view.width}" height="{view.height}"/>',
        f'<path class="land" transform="scale(.25)" fill-rule="evenodd" d="{coast}"/>' if coast else "",
        _graticule(view),
        layer,
        *(_zone(view, zone, k, round(detail * _ZONE_LIMIT)) for k, zone in enumerate(scope.zones[:_ZONES_MOST])),
        _marks(view, entries, scope.linked),
        _bar(view),
    ]
    where = (
        f"{degrees_label(view.south_deg, 60, 'NS')} to {degrees_label(view.north_deg, 60, 'NS')}, "
        f"{degrees_label(view.west_deg, 60, 'EW')} to {degrees_label(view.east_deg, 60, 'EW')}"
    )
    held = f"{plural(len(entries), 'event')}, {count(panel.fixes)} fixes"
    return (
        f'<figure class="map{" main" if view.width == _MAIN[0] else ""}"><div class="scroll">'
        f'<svg class="chart" viewBox="0 0 {view.width} {view.height}" role="group" aria-label="Map of {where}: {held}">'
        f"{''.join(drawn)}</svg></div><figcaption><b>{where}</b> <span>{held}</span></figcaption></figure>"
    )


def _graticule(view: View) -> str:
    lines, labels = [], []
    lons, step = ticks(view.west_deg, view.east_deg, max(view.width // 120, 3))
    for lon in lons:
        x = float(view.xy(np.array([lon]), np.array([view.south_deg]))[0][0])
        lines.append(f"M{x:.1f} 0v{view.height}")
        if _LABELS_PX[0] < x < view.width - _LABELS_PX[0]:
            labels.append(f'<text x="{x:.0f}" y="14" text-anchor="middle">{degrees_label(lon, step, "EW")}</text>')
    lats, step = ticks(view.south_deg, view.north_deg, max(view.height // 90, 3))
    for lat in lats:
        y = float(view.xy(np.array([view.west_deg]), np.array([lat]))[1][0])
        lines.append(f"M0 {y:.1f}h{view.width}")
        if _LABELS_PX[1] < y < view.height - _LABELS_PX[1]:
            labels.append(f'<text x="5" y="{y - 4:.0f}">{degrees_label(lat, step, "NS")}</text>')
    return f'<path class="grat" d="{"".join(lines)}"/><g class="tick" aria-hidden="true">{"".join(labels)}</g>'


def _zone(view: View, zone: Zone, k: int, limit: int) -> str:
    data = outline_path(view, zone.rings, limit)
    if not data:
        return ""
    spot = _label_spot(view, zone)
    text = "" if spot is None else (
        f'<text class="zone-name" x="{spot[0]:.0f}" y="{spot[1]:.0f}" text-anchor="middle">{_letter(k)}</text>'
    )  # fmt: skip
    return f'<path class="zone z{k % 5}" transform="scale(.25)" d="{data}"/>{text}'


def _letter(k: int) -> str:
    return chr(ord("a") + k % 26)


def _label_spot(view: View, zone: Zone) -> tuple[float, float] | None:
    """Just inside the highest corner that is well within the drawing."""
    ring = np.concatenate(zone.rings)
    x, y = view.xy(ring[:, 0], ring[:, 1])
    seen = np.flatnonzero((x > 30) & (x < view.width - 30) & (y > 30) & (y < view.height - 40))  # noqa: PLR2004  px
    if not len(seen):
        return None
    i = seen[np.argmin(y[seen])]
    return float(x[i]), float(y[i]) - 7


def _marks(view: View, entries: list[Entry], linked: int) -> str:
    """Shapes of all types, the most confident on top. Where they would be too many, they stand for wider areas."""
    by_kind = [mine for k in KINDS if (mine := [e for e in entries if e.kind.key == k.key])]
    pixels = [_pixels(view, mine) for mine in by_kind]
    near, groups = _NEAR_PX[0], []
    for near in _NEAR_PX:
        groups = [gathered(x, y, near) for x, y in pixels]
        if sum(map(len, groups)) <= _MARKS_MOST:
            break
    crowded = near > _NEAR_PX[0]
    marks = [
        Mark(mine[i], n, float(x[i]), float(y[i]))
        for mine, (x, y), found in zip(by_kind, pixels, groups, strict=True) for i, n in found
    ]  # fmt: skip
    marks.sort(key=lambda m: m.entry.number)
    labels = placed_labels(marks, view.width, view.height, crowded=crowded)
    gaps = [] if crowded else [e for e in entries if e.kind.key == "gap"]
    lines = f'<g class="c-gap t-gap">{_gap_lines(view, gaps)}</g>' if gaps else ""
    return lines + "".join(_drawn(m, text, linked) for m, text in reversed(list(zip(marks, labels, strict=True))))


def _pixels(view: View, mine: list[Entry]) -> tuple[Array, Array]:
    places = np.array([e.place for e in mine], np.float64)
    return view.xy(places[:, 0], places[:, 1])


def _drawn(mark: Mark, label: str, linked: int) -> str:
    """One shape with its label, linked to the event where the page lists it."""
    entry, more = mark.entry, f" ({mark.members - 1} more here)" if mark.members > 1 else ""
    key = entry.kind.key
    tag, link = ("a", f' href="#{entry.anchor}" tabindex="-1"') if entry.number <= linked else ("g", "")
    return (
        f'<{tag} class="mark c-{key} t-{key} l-{entry.level or "none"}"{link}>'
        f"<title>No {entry.number}: {safe(entry['summary'], 200)}{more}</title>"
        f'<use href="#k-{key}" x="{mark.x - 9:.1f}" y="{mark.y - 9:.1f}" width="18" height="18"/>{label}</{tag}>'
    )


def _gap_lines(view: View, mine: list[Entry]) -> str:
    """From the last position before a gap to the first after it."""
    ends = np.array([[*e.point("start"), *e.point("end")] for e in mine], np.float64)  # None becomes NaN
    x1, y1 = view.xy(ends[:, 0], ends[:, 1])
    x2, y2 = view.xy(ends[:, 2], ends[:, 3])
    known = np.isfinite(x1 + y1 + x2 + y2) & (np.abs(x2 - x1) < view.width)
    lines = np.column_stack([x1, y1, x2, y2])[known].tolist()
    data = "".join(f"M{a:.0f} {b:.0f}L{c:.0f} {d:.0f}" for a, b, c, d in lines)
    return f'<path class="unseen" d="{data}"/>' if data else ""


def _bar(view: View) -> str:
    length, label = scale_bar(view, min(160, view.width / 4))
    y = view.height - 16
    middle = degrees_label(0.5 * (view.south_deg + view.north_deg), 60, "NS")
    return (
        f'<g class="bar"><path d="M14 {y - 6}v6h{length:.1f}v-6"/>'
        f'<text x="{20 + length:.0f}" y="{y}">{label} at {middle}</text></g>'
    )


def _legend(scope: Scope) -> str:
    zones, present = scope.zones, {e.kind.key for e in scope.listed}
    shapes = [f"<li>{icon(k)} {k.words}: {safe(k.meaning)}</li>" for k in KINDS if k.key in present]
    lines = [_zone_item(zone, k) for k, zone in enumerate(zones[:_ZONES_MOST])]
    if len(zones) > _ZONES_MOST:
        lines.append(f"<li>{plural(len(zones) - _ZONES_MOST, 'more zone')} not drawn</li>")
    if present:
        shapes.append("<li>3: number in the list; +2: two more at that place; \u00d79: nine events around there</li>")
    shapes.append(
        '<li><svg class="icon" width="26" height="12" viewBox="0 0 26 12" aria-hidden="true"><path class="way" '
        'd="M1 9C9 9 12 3 25 3"/></svg> where vessels went; broken where one was silent for two hours</li>'
    )
    return f'<ul class="legend" aria-label="Legend">{"".join(shapes)}{"".join(lines)}</ul>'


def _zone_item(zone: Zone, k: int) -> str:
    said = f", asserted by {name(zone.claimant)}" if zone.claimant else ""
    return (
        '<li><svg class="icon" width="26" height="12" viewBox="0 0 26 12" aria-hidden="true">'
        f'<path class="zone z{k % 5}" d="M1 6h24"/></svg> {_letter(k)}: {name(zone.name or zone.zone_id)}{said}</li>'
    )


def _left_out(panels: Panels) -> str:
    said = []
    if panels.events_left_out:
        said.append(plural(panels.events_left_out, "event"))
    if panels.fixes_left_out:
        said.append(plural(panels.fixes_left_out, "fix").replace("fixs", "fixes"))
    return f'<p class="note">Outside these maps: {" and ".join(said)}.</p>' if said else ""

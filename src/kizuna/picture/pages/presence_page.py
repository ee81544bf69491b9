"""The pages of presence and of transits: tables, and a map of cells or gates over the coast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from kizuna.base.table import Array
from kizuna.formats.report.chart import View, box_of, fitted
from kizuna.formats.report.paths import Land, land_path
from kizuna.formats.report.text import number, safe
from kizuna.picture.pages.sheet import page, table
from kizuna.places.gates import Gate

_WIDTH: Final = 1000
_LAND_MOST: Final = 600_000
"""Characters of coast."""
_STEPS: Final = 5
"""Grounds of a cell: a fifth of the cells each, told in words below the map."""

LIMITS: Final = (
    (
        "Vessels are MMSIs that were heard. Not heard is not the same as not there: receivers hear some waters better "
        "than others, and at some times better than at others."
    ),
    (
        "A number block tells which administration assigned the number that a station sends. It is no statement about "
        "owner, crew or anybody's nationality, and nothing here scores any of them."
    ),
    "Types of ship are what the ships themselves send.",
)


def presence_page(
    title: str, method: Sequence[str], shown: Any, cells: Any, cell_deg: float, land: Land, context: str, label: str
) -> bytes:  # fmt: skip
    """``shown``: Arrow table of the counts, or None; ``cells``: Arrow table with lat, lon and vessel_hours, or None."""
    body = [f'<p class="soft">{safe(" ".join(method), 900)}</p>']
    if cells is not None and cells.num_rows:
        body.append(f'<h2>Where</h2><div class="box">{cell_map(cells, cell_deg, land)}</div>')
    if shown is not None:
        rows = [list(row.values()) for row in shown.to_pylist()]
        body.append(f'<h2>Counts</h2><div class="box">{table(shown.column_names, rows)}</div>')
    body.append("<h2>How to read this</h2><ul>" + "".join(f"<li>{line}</li>" for line in LIMITS) + "</ul>")
    return page(title, context, label, body)


def transits_page(
    method: Sequence[str], gates: Sequence[Gate], shown: Any, land: Land, context: str, label: str
) -> bytes:  # fmt: skip
    """``shown``: Arrow table of counted transits."""
    rows = [list(row.values()) for row in shown.to_pylist()]
    notes = "".join(f"<li><b>{safe(g.name)}</b>: {safe(g.basis or 'drawn by the user', 400)}</li>" for g in gates)
    body = [
        f'<p class="soft">{safe(" ".join(method), 900)}</p><div class="box">{gate_map(gates, land)}</div>',
        f'<h2>Counts</h2><div class="box">{table(shown.column_names, rows)}</div>',
        f"<h2>Gates</h2><p>Lines to count at; they state no boundary.</p><ul>{notes}</ul>",
        "<h2>How to read this</h2><ul>" + "".join(f"<li>{line}</li>" for line in LIMITS) + "</ul>",
    ]
    return page("Transits", context, label, body)


def cell_map(cells: Any, cell_deg: float, land: Land) -> str:
    """Cells in five steps of vessel-hours, over the coast."""
    lat, lon, hours = (cells[n].to_numpy() for n in ("lat", "lon", "vessel_hours"))
    view = _view(lon, lat)
    edges = np.quantile(hours, np.arange(1, _STEPS) / _STEPS)
    step = np.searchsorted(edges, hours, side="right")
    half = cell_deg / 2.0
    x0, y0 = view.xy(lon - half, lat + half)
    x1, y1 = view.xy(lon + half, lat - half)
    layers = []
    for k in range(_STEPS):
        mine = np.column_stack([x0, y0, x1, y1])[step == k].tolist()
        data = "".join(f"M{a:.1f} {b:.1f}H{c:.1f}V{d:.1f}H{a:.1f}z" for a, b, c, d in mine)
        layers.append(f'<path class="cell" fill-opacity="{0.15 + 0.85 * k / (_STEPS - 1):.2f}" d="{data}"/>')
    words = ", ".join(number(float(e)) for e in edges)
    return _drawn(view, land, "".join(layers), "Vessel-hours by cell") + (
        f'<p class="soft">Cells of {cell_deg:g} degree in five steps of vessel-hours, a fifth of the cells each: '
        f"the steps lie at {words}. Stronger is more. Cells without colour: nothing heard.</p>"
    )


def gate_map(gates: Sequence[Gate], land: Land) -> str:
    """Gates with their names, over the coast."""
    lines = [line for g in gates for line in g.lines]
    points: Array = np.concatenate(lines)
    view = _view(points[:, 0], points[:, 1])
    drawn = []
    for g in gates:
        for line in g.lines:
            x, y = view.xy(line[:, 0], line[:, 1])
            data = "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x.tolist(), y.tolist(), strict=True))
            drawn.append(f'<path class="gate" d="M{data}"/>')
        x, y = view.xy(g.lines[-1][-1:, 0], g.lines[-1][-1:, 1])
        drawn.append(f'<text class="word" x="{x[0] + 6:.1f}" y="{y[0] + 4:.1f}">{safe(g.name, 60)}</text>')
    return _drawn(view, land, "".join(drawn), "Gates")


def _view(lon_deg: Array, lat_deg: Array) -> View:
    return fitted(box_of(lon_deg, lat_deg), _WIDTH, (0.4, 0.8), pad=0.08, least_deg=0.2)


def _drawn(view: View, land: Land, inside: str, words: str) -> str:
    return (
        f'<figure><svg viewBox="0 0 {view.width} {view.height}" role="img" aria-label="{safe(words)}">'
        f'<rect class="sea" width="{view.width}" height="{view.height}"/>'
        f'<path class="land" transform="scale(.25)" fill-rule="evenodd" '
        f'd="{land_path(view, land, _LAND_MOST)}"/>{inside}</svg></figure>'
    )

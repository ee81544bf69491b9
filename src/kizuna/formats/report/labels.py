"""Shapes on a crowded map: which events share one, and where its label finds room."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kizuna.base.table import Array
from kizuna.formats.report.listing import Entry

_HALF: Final = 8.0  # px, half a shape
_CHAR: Final = 7.6  # px, width of a digit at the size of labels
_HEIGHT: Final = 13.0

_Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Mark:
    """A shape: the first event under it, for how many it stands, and where, in pixels."""

    entry: Entry
    members: int
    x: float
    y: float


def gathered(x: Array, y: Array, near: float) -> list[tuple[int, int]]:
    """For every shape the row of the first event under it and for how many it stands; shapes are ``near`` px apart."""
    firsts: list[int] = []
    members: list[int] = []
    cells: dict[tuple[int, int], list[int]] = {}
    for i, (px, py) in enumerate(zip(x.tolist(), y.tolist(), strict=True)):
        cx, cy = int(px // near), int(py // near)
        around = [k for a in (cx - 1, cx, cx + 1) for b in (cy - 1, cy, cy + 1) for k in cells.get((a, b), ())]
        found = next((k for k in around if math.hypot(x[firsts[k]] - px, y[firsts[k]] - py) < near), None)
        if found is not None:
            members[found] += 1
            continue
        cells.setdefault((cx, cy), []).append(len(firsts))
        firsts.append(i)
        members.append(1)
    return list(zip(firsts, members, strict=True))


def placed_labels(marks: Sequence[Mark], width: float, height: float, *, crowded: bool) -> list[str]:
    """Label of every mark as SVG text: right, left, below or above it, or none where nothing is free.

    A shape for one event has its number; for several, also how many more. In a crowd the count alone is told.
    """
    taken = [(m.x - _HALF, m.y - _HALF, m.x + _HALF, m.y + _HALF) for m in marks]
    out = []
    for mark in marks:
        words, more = _words(mark, crowded=crowded)
        room = (len(words) + 0.85 * len(more)) * _CHAR + 3
        text = ""
        for x, y, anchor, left in (
            (mark.x + 10, mark.y + 4.5, "start", mark.x + 9), (mark.x - 10, mark.y + 4.5, "end", mark.x - 9 - room),
            (mark.x, mark.y + 21, "middle", mark.x - room / 2), (mark.x, mark.y - 11, "middle", mark.x - room / 2),
        ):  # fmt: skip
            box = (left, y - _HEIGHT + 2, left + room, y + 2)
            inside = box[0] >= 0 and box[1] >= 0 and box[2] <= width and box[3] <= height
            if words and inside and not any(_meet(box, other) for other in taken):
                taken.append(box)
                extra = f'<tspan class="more">{more}</tspan>' if more else ""
                side = "" if anchor == "start" else f' text-anchor="{anchor}"'
                text = f'<text x="{x:.1f}" y="{y:.1f}"{side}>{words}{extra}</text>'
                break
        out.append(text)
    return out


def _words(mark: Mark, *, crowded: bool) -> tuple[str, str]:
    if crowded:
        return (f"\u00d7{mark.members}" if mark.members > 1 else ""), ""
    return str(mark.entry.number), f" +{mark.members - 1}" if mark.members > 1 else ""


def _meet(a: _Box, b: _Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]

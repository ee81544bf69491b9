"""Where vessels went, behind the events of an overview map: lines while they are few, a picture of density beyond.

Lines are broken where a vessel was silent for two hours: nobody knows its way there. Density counts how often vessels
passed through a pixel (a vessel that stays in one counts once), on a logarithmic scale, as a small PNG that serves as
a mask, so that the theme of the page colours it.
"""

from __future__ import annotations

import base64
import math
import struct
import zlib
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from kizuna.base.table import Array
from kizuna.base.units import HOUR_MS
from kizuna.formats.report.chart import Floats, View
from kizuna.formats.report.paths import path, pieces, steps

SILENCE_MS: Final = 2 * HOUR_MS
_LINE_STEPS: Final = 40_000
"""Steps between pixels up to which traffic is drawn as lines, about 0.4 MB."""
_FINE: Final = 1.25  # pixels of the picture per pixel of the map
_JUMP_PX: Final = 120.0  # a longer step within two hours is a bad position on this scale, not a way
_FAINT: Final = 56  # a single passage must stay visible
_MOST_SAMPLES: Final = 4_000_000


def layer(
    view: View, number: int, lon_deg: Array, lat_deg: Array, time_ms: Array, segment: Array, *, detail: float = 1.0
) -> str:
    """Traffic as SVG; rows are ordered by segment and time. ``number`` keeps the ids of several maps apart.

    ``detail`` below 1 gives a smaller, coarser layer.
    """
    if len(lon_deg) == 0:
        return ""
    x, y = view.xy(lon_deg, lat_deg)
    new = np.append(True, (segment[1:] != segment[:-1]) | (np.diff(time_ms) > SILENCE_MS))
    jump = np.append(False, np.hypot(np.diff(x), np.diff(y)) > _JUMP_PX)
    moved = (np.diff(np.floor(x)) != 0) | (np.diff(np.floor(y)) != 0)
    if int(moved.sum()) + int(new.sum()) <= detail * _LINE_STEPS:
        data = "".join(path(steps(px, py, 2)) for px, py in pieces(x, y, new | jump))
        return f'<path class="way" transform="scale(.25)" d="{data}"/>'
    fine = _FINE * math.sqrt(detail)
    image = density(x * fine, y * fine, new | jump, round(view.width * fine), round(view.height * fine))
    data = base64.b64encode(png_grey(tone(image))).decode()
    size = f'width="{view.width}" height="{view.height}"'
    return (
        f'<mask id="m{number}"><image {size} preserveAspectRatio="none" href="data:image/png;base64,{data}"/></mask>'
        f'<rect class="dense" {size} mask="url(#m{number})"/>'
    )


def density(x: Floats, y: Floats, new: npt.NDArray[np.bool_], width: int, height: int) -> npt.NDArray[np.int64]:
    """Passages per pixel, (height, width): the number of runs of samples of a line that lie in it.

    ``new`` marks points that are not joined to the one before.
    """
    out = np.zeros(width * height, np.int64)
    dx, dy = np.append(0.0, np.diff(x)), np.append(0.0, np.diff(y))
    dx[new], dy[new] = 0.0, 0.0
    n = np.maximum(np.ceil(np.maximum(np.abs(dx), np.abs(dy))), 1).astype(np.int64)
    line = np.cumsum(new)
    last = -1
    for rows in _slices(n):
        k = n[rows]
        back = np.repeat(np.cumsum(k), k) - 1 - np.arange(int(k.sum()))  # steps before the point that ends them
        share = back / np.repeat(k, k)
        px = np.floor(np.repeat(x[rows], k) - share * np.repeat(dx[rows], k)).astype(np.int64)
        py = np.floor(np.repeat(y[rows], k) - share * np.repeat(dy[rows], k)).astype(np.int64)
        inside = (px >= 0) & (px < width) & (py >= 0) & (py < height)
        cell = np.where(inside, py * width + px, -1)
        key = cell + np.repeat(line[rows], k) * (width * height + 1)
        fresh = np.append(key[:1] != last, key[1:] != key[:-1]) & inside
        last = int(key[-1])
        out += np.bincount(cell[fresh], minlength=width * height)
    return out.reshape(height, width)


def _slices(n: npt.NDArray[np.int64]) -> list[slice]:
    """Runs of rows whose samples fit in memory."""
    ends = np.cumsum(n)
    cuts = [0]
    while cuts[-1] < len(n):
        base = int(ends[cuts[-1] - 1]) if cuts[-1] else 0
        cuts.append(max(int(np.searchsorted(ends, base + _MOST_SAMPLES, side="right")), cuts[-1] + 1))
    return [slice(a, b) for a, b in pairwise(cuts)]


def tone(count: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    """Passages as grey: 0 for none, then on a logarithmic scale up to the busiest half percent."""
    seen = count[count > 0]
    if len(seen) == 0:
        return np.zeros(count.shape, np.uint8)
    top = max(float(np.quantile(seen, 0.995)), 2.0)
    grey = _FAINT + (255 - _FAINT) * np.log(np.maximum(count, 1)) / np.log(top)
    steps_of_8 = np.round(np.clip(grey, _FAINT, 255) / 8) * 8  # fewer greys pack better and look the same
    return np.where(count > 0, np.clip(steps_of_8, 0, 255), 0).astype(np.uint8)


def png_grey(grey: npt.NDArray[np.uint8]) -> bytes:
    """An 8-bit grey PNG (ISO/IEC 15948) of an (height, width) array."""
    height, width = grey.shape
    rows = np.zeros((height, width + 1), np.uint8)  # each row begins with its filter: 0, none
    rows[:, 1:] = grey

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = zlib.compress(rows.tobytes(), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")

"""Draws the pictures of docs/explanation/transforms.md from the transforms themselves, and prints its figures.

python tools/transform_pictures.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kizuna.places.zone import make_zone
from kizuna.share import transform
from kizuna.share.transforms.grid import grid
from kizuna.share.transforms.sensitive_zones import NOTHING_CARRIED, hole, visible
from kizuna.share.transforms.moment import tick_ms
from kizuna.share.transforms.rows import Rows
from kizuna.share.transforms.steps import Delay, Stop, Thin
from kizuna.share.transforms.thinning import thinned

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pictures"
T0 = 1_767_225_600_000
WEST, SOUTH, EAST, NORTH, WIDE = 122.7, 23.85, 123.35, 24.25, 900
HIGH = round(WIDE * (NORTH - SOUTH) / (EAST - WEST) / 0.914)
INK, SOFT, TOLD, ZONE = "#1b2a38", "#b9c4cc", "#0b6e99", "#b3541e"


def at(lat: float, lon: float) -> str:
    return f"{(lon - WEST) / (EAST - WEST) * WIDE:.1f},{(NORTH - lat) / (NORTH - SOUTH) * HIGH:.1f}"


def cell_boxes(cells: np.ndarray, size: int, style: str) -> str:
    out = []
    for s, w, n, e in zip(*grid(size).edges(cells), strict=True):
        out.append(f'<polygon points="{at(s, w)} {at(s, e)} {at(n, e)} {at(n, w)}" {style}/>')
    return "".join(out)


def dots(lat: np.ndarray, lon: np.ndarray, r: float, colour: str) -> str:
    return "".join(
        '<circle cx="{}" cy="{}" r="{}" fill="{}"/>'.format(*at(a, b).split(","), r, colour)
        for a, b in zip(lat, lon, strict=True)
    )


def words(lines: list[tuple[str, str]]) -> str:
    return "".join(
        f'<text x="14" y="{24 + 20 * k}" font-family="sans-serif" font-size="15" fill="{c}">{t}</text>'
        for k, (t, c) in enumerate(lines)
    )


def svg(name: str, title: str, body: str) -> None:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}" role="img"><title>{title}</title>'
    (PICTURES / name).write_text(f'{head}<rect width="{WIDE}" height="{HIGH}" fill="#fbfbf8"/>{body}</svg>\n')


def a_track(shift_deg: float = 0.0, start_s: int = 0) -> Rows:
    times = T0 + start_s * 1000 + np.arange(0, 9_000_000, 30_000)
    t = np.linspace(0, 1, len(times))
    lat = 23.9 + 0.3 * t + 0.03 * np.sin(6 * t) + shift_deg
    lon = 122.72 + 0.6 * t
    zero = np.zeros(len(times), np.int64)
    return Rows("track.position", {"who": zero + 1, "number": np.arange(len(times)), "time_ms": times, "known_ms": times,
                                   "lat_deg": lat, "lon_deg": lon, "cell_m": zero})  # fmt: skip


def coarsen_picture() -> None:
    rows, size = a_track(), 5_000
    what = transform.parse([f"coarsen_position cell_m={size}"])
    ticks = tick_ms(rows["time_ms"], rows["known_ms"], what.get(Delay))
    stay, _ = thinned(rows, ticks, what.get(Thin), np.empty(0, np.int64))
    told = transform.apply(rows.take(stay), what, transform.Tools(bytes(32)))
    cells = np.unique(grid(size).cells(told["lat_deg"], told["lon_deg"]))
    body = cell_boxes(cells, size, f'fill="#d9ecf4" stroke="{TOLD}" stroke-width="1"')
    body += dots(rows["lat_deg"], rows["lon_deg"], 1.8, INK) + dots(told["lat_deg"], told["lon_deg"], 5, TOLD)
    body += words(
        [
            (f"{len(rows)} fixes as they are", INK),
            (f"{len(told)} told: middle of a 5 km cell, once in {what.get(Thin).step_s // 60} minutes", TOLD),
        ]
    )
    svg("transform-coarsen.svg", "A track before and after coarsen_position", body)


def stop_picture() -> None:
    zone = make_zone(
        [[[(123.0, 24.0), (123.06, 24.01), (123.05, 24.05), (123.02, 24.03), (123.0, 24.0)]]], zone_id="base"
    )
    stop = Stop(frozenset(("base",)), 1_000, 1_800)
    cut = hole([zone], stop)
    body = cell_boxes(cut.outer, 1_000, f'fill="#f3e3d6" stroke="{SOFT}" stroke-width="0.5"')
    body += cell_boxes(cut.inner, 1_000, f'fill="#ecc9ae" stroke="{SOFT}" stroke-width="0.5"')
    corners = " ".join(at(lat, lon) for lon, lat in zone.rings[0])
    body += f'<polygon points="{corners}" fill="none" stroke="{ZONE}" stroke-width="2"/>'
    for k in range(6):
        rows = a_track(-0.05 + 0.02 * k, k * 86_400 + k * 431)
        ticks = tick_ms(rows["time_ms"], rows["known_ms"], Delay(0, 1_800))
        stay, _ = visible(rows, ticks, cut, stop, NOTHING_CARRIED)
        body += dots(rows["lat_deg"][~stay], rows["lon_deg"][~stay], 1.2, SOFT) + dots(
            rows["lat_deg"][stay], rows["lon_deg"][stay], 1.8, TOLD
        )
    body += words([("outline: the sensitive zone; dark cells: entry border; light cells: exit border", ZONE),
                   ("blue: told; grey: not told (six ships, six hours)", TOLD)])  # fmt: skip
    svg("transform-stop.svg", "What is told around a sensitive zone", body)


def straight_line_attack(size: int) -> str:
    """What an attacker gains who knows that a ship went straight at one speed: the fit over many cells."""
    what, rng, errors = transform.parse([f"coarsen_position cell_m={size}"]), np.random.default_rng(1), []
    step = what.get(Thin).step_s
    for _ in range(200):
        times = T0 + int(rng.integers(86_400_000)) + np.arange(0, 86_400_000, 60_000)
        angle, kn = rng.uniform(0, 2 * np.pi), rng.uniform(6, 16)
        run = (times - times[0]) / 1000 * kn * 1852 / 3600
        lat = 10 + rng.uniform() + run * np.cos(angle) / 110_600
        lon = 120 + rng.uniform() + run * np.sin(angle) / 109_600
        rows = Rows("track.position", {"who": np.ones(len(times), np.int64), "number": np.arange(len(times)), "time_ms": times,
                                       "known_ms": times, "lat_deg": lat, "lon_deg": lon})  # fmt: skip
        stay, _ = thinned(rows, tick_ms(times, times, what.get(Delay)), what.get(Thin), np.empty(0, np.int64))
        told = transform.apply(rows.take(stay), what, transform.Tools(bytes(32)))
        t, mid = (told["time_ms"] - T0) / 1e6, (times - T0) / 1e6
        guess = [np.polyval(np.polyfit(t, told[c], 1), mid) for c in ("lat_deg", "lon_deg")]
        errors.append(np.median(np.hypot((guess[0] - lat) * 110_600, (guess[1] - lon) * 109_600)))
    return f"cell {size:>6} m, step {step:>5} s: median error of the fit over 24 h {np.median(errors):>6.0f} m"


if __name__ == "__main__":
    coarsen_picture()
    stop_picture()
    for size in (1_000, 5_000, 10_000, 50_000):
        print(straight_line_attack(size))

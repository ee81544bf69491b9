"""Where tracks were at a given time, and how far off that may be.

Between two fixes of a segment the position is linear in time, bent by the velocities that both fixes sent where they
are near; beyond the first or last fix it is dead reckoning with the last velocity, which is forgotten with a time
constant. The error has a direction (along the way and across it) and heavy tails, so it is a bivariate Student
distribution. Its scales and its degrees of freedom are given at a few times ``KNOTS_S``; between these their logarithms
are linear in the logarithm of the time. The time is that to the fix (dead reckoning) or the product of the times to
both fixes over their sum (between them). The numbers differ between vessels at rest (below 1 kn), slow (below 5 kn) and
under way, by the fastest of what the fixes around say and of their distance over time. They were fitted by maximum
likelihood on one half of the MMSIs of a real day whose fixes were hidden; the other half gives the coverage that
``benchmarks/prediction.py`` prints. Two variants were worse on the fitting half: the straight line between fixes (six
times the area of the ellipses under way), and a polynomial in time with one tail for all times.

For this distribution the share of cases within the ellipse of squared Mahalanobis radius q is
``1 - (1 + q / nu) ** (-nu / 2)``.

Limits: the day is of the coasts of the United States in winter; ferries, pilots and fishing vessels elsewhere may move
otherwise. A vessel that went behind a cape is predicted on the straight line, also over land.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final, NamedTuple

import numpy as np

from kizuna.base.errors import InputError
from kizuna.base.table import Array
from kizuna.base.units import HOUR_MS
from kizuna.tracks.kernels import predict as kernels

STATES: Final = ("at rest", "slow", "under way")
MODES: Final = ("between", "beyond")


class Spread(NamedTuple):
    """One mode and state: scales along and across in metres and degrees of freedom at each of ``KNOTS_S``."""

    along_m: tuple[float, ...]
    across_m: tuple[float, ...]
    nu: tuple[float, ...]


KNOTS_S: Final = (10.0, 60.0, 300.0, 1200.0, 4800.0, 21600.0)
"""Times at which the spread is given."""
FORGET_S: Final = (150.0, 4800.0, 38400.0)
"""Time constants of dead reckoning by state."""
BELIEVE_S: Final = (1.0, 2400.0, 4800.0)
"""Times up to which velocities bend the way between two fixes, by state (not used at rest)."""
SPREADS: Final[tuple[tuple[Spread, ...], ...]] = (
    (
        Spread((0.773, 0.908, 1.06, 1.31, 1.33, 1.34), (0.773, 0.908, 1.06, 1.31, 1.33, 1.34),
               (1.62, 1.38, 1.26, 1.01, 0.686, 0.547)),
        Spread((1.21, 5.15, 45.0, 582.0, 1470.0, 1500.0), (1.45, 4.58, 25.1, 277.0, 451.0, 183.0),
               (2.11, 0.961, 0.88, 1.25, 0.762, 0.326)),
        Spread((1.6, 5.2, 32.9, 265.0, 2940.0, 12500.0), (0.81, 6.3, 39.3, 260.0, 1840.0, 6030.0),
               (1.12, 1.05, 0.706, 0.762, 1.07, 1.0)),
    ),
    (
        Spread((1.05, 1.04, 1.04, 1.29, 1.46, 1.4), (1.05, 1.04, 1.04, 1.29, 1.46, 1.4),
               (1.24, 1.2, 1.16, 0.777, 0.641, 0.42)),
        Spread((0.306, 6.27, 126.0, 842.0, 3840.0, 9850.0), (0.33, 5.17, 77.3, 506.0, 2670.0, 5360.0),
               (0.636, 0.948, 1.45, 2.06, 3.13, 1.17)),
        Spread((0.728, 4.45, 29.8, 407.0, 6850.0, 62100.0), (1.14, 7.26, 45.8, 333.0, 2090.0, 24200.0),
               (1.61, 1.14, 0.84, 0.793, 1.55, 5.06)),
    ),
)  # fmt: skip
"""By mode, then state. Made by ``python benchmarks/prediction.py --fit``."""


@dataclass(frozen=True, slots=True)
class Params:
    """Limits.

    Attributes:
        reach_h: a track is not predicted further than this from its nearest fix, h; 0.1 to 48. Default 12: from there
            on the ellipse of a vessel under way is so large that it says nothing.
    """

    reach_h: float = 12.0

    def __post_init__(self) -> None:
        """Refuse values outside their ranges with InputError."""
        if not 0.1 <= self.reach_h <= 48.0:  # noqa: PLR2004  the range, as documented
            raise InputError(f"reach_h = {self.reach_h} is out of range", hint="0.1 to 48")


@dataclass(frozen=True, slots=True)
class Paths:
    """What prediction reads of tracks: rows by segment and time, and whose each segment is.

    Rows of segment ``s`` are ``start[s]`` up to, not including, ``end[s]``. ``vessel`` numbers the vessels, so that two
    segments of one vessel are known as such; ``length_m`` is NaN where no length was sent.
    """

    time_ms: Array
    lat_deg: Array
    lon_deg: Array
    sog_kn: Array
    cog_deg: Array
    start: Array
    end: Array
    mmsi: Array
    seg_id: Array
    vessel: Array
    length_m: Array

    def __len__(self) -> int:
        """Number of segments."""
        return len(self.start)


def vessel_numbers(mmsi: Array, name: Array) -> Array:
    """One number per pair of MMSI and vessel name code."""
    key = np.asarray(mmsi, np.int64) * (int(name.max(initial=0)) + 2) + np.asarray(name, np.int64) + 1
    return np.asarray(np.unique(key, return_inverse=True)[1], np.int64)


@dataclass(frozen=True, slots=True)
class Predictions:
    """Predicted segments, one entry each; ``path`` is the number in ``Paths``.

    ``along_m`` and ``across_m`` are the scales (not standard deviations) along the unit vector ``axis_east``,
    ``axis_north`` and across it; ``nu`` the degrees of freedom; ``mode`` 0 between fixes, 1 beyond them; ``since_s``
    the time to the nearest fix.
    """

    path: Array
    lat_deg: Array
    lon_deg: Array
    east_mps: Array
    north_mps: Array
    axis_east: Array
    axis_north: Array
    along_m: Array
    across_m: Array
    nu: Array
    mode: Array
    state: Array
    since_s: Array

    def __len__(self) -> int:
        """Number of predictions."""
        return len(self.path)

    def take(self, rows: Array) -> Predictions:
        """The entries of an index or boolean mask."""
        return Predictions(*(getattr(self, f.name)[rows] for f in fields(self)))


def predict(paths: Paths, at_ms: int | Array, params: Params | None = None) -> Predictions:
    """Where the vessels were at a time (or each segment at its own). Segments out of reach give no entry.

    A vessel with a segment around the time is predicted from that one (from all such, where several ships share a
    number); else from its segment nearest in time, so that one ship is predicted once.
    """
    p = params or Params()
    n = len(paths)
    at = np.broadcast_to(np.asarray(at_ms, np.int64), (n,)).copy()
    mode, state = np.empty(n, np.int64), np.zeros(n, np.int64)
    lat, lon, east, north, before, after = (np.zeros(n) for _ in range(6))
    constants = np.array([FORGET_S, BELIEVE_S]).T.copy()
    kernels.predict(
        np.asarray(paths.start, np.int64), np.asarray(paths.end, np.int64), paths.time_ms, paths.lat_deg, paths.lon_deg,
        paths.sog_kn, paths.cog_deg, at, round(p.reach_h * HOUR_MS), constants, mode, lat, lon, east, north, before,
        after, state,
    )  # fmt: skip
    rows = np.flatnonzero(mode != kernels.NONE)
    rows = rows[_once(paths.vessel[rows], mode[rows], before[rows] + after[rows])]
    return spread(rows, lat, lon, east, north, mode, state, before, after)


def _once(vessel: Array, mode: Array, away_s: Array) -> Array:
    """Entries to keep: all that lie between fixes, else the nearest of each vessel."""
    within = (mode == kernels.BRIDGE) | (away_s == 0.0)
    order = np.lexsort((away_s, ~within, vessel))
    first = np.ones(len(order), np.bool_)
    first[1:] = vessel[order][1:] != vessel[order][:-1]
    keep = first | within[order]
    return np.sort(order[keep])


def spread(
    rows: Array, lat: Array, lon: Array, east: Array, north: Array, mode: Array, state: Array, before: Array,
    after: Array,
) -> Predictions:  # fmt: skip
    """What the kernel found for the segments ``rows``, with the scales of the error."""
    m, k = mode[rows], state[rows]
    b, a, e, n = before[rows], after[rows], east[rows], north[rows]
    between = m == kernels.BRIDGE
    t = np.where(between, b * a / np.maximum(b + a, 1e-9), b + a)
    along, across, nu = scales(m, k, t)
    speed = np.hypot(e, n)
    moving = speed > 0.0
    safe = np.where(moving, speed, 1.0)
    since = np.where(between, np.minimum(b, a), b + a)
    return Predictions(
        rows, lat[rows], lon[rows], e, n, np.where(moving, e / safe, 0.0), np.where(moving, n / safe, 1.0), along,
        across, nu, m, k, since,
    )  # fmt: skip


def scales(mode: Array, state: Array, t_s: Array) -> tuple[Array, Array, Array]:
    """Scale along and across in metres, and degrees of freedom, by the formula of the module."""
    along, across, nu = (np.ones(len(t_s)) for _ in range(3))
    at, knots = np.log(np.maximum(t_s, KNOTS_S[0])), np.log(KNOTS_S)
    for m, row in enumerate(SPREADS):
        for k, spread in enumerate(row):
            use = (mode == m) & (state == k)
            for out, values in zip((along, across, nu), spread, strict=True):
                out[use] = np.exp(np.interp(at[use], knots, np.log(values)))
    return along, across, nu


def within(squared: Array, nu: Array) -> Array:
    """Share of cases whose squared Mahalanobis radius is at most ``squared``."""
    return np.asarray(1.0 - (1.0 + squared / nu) ** (-nu / 2.0))


def radius(share: float, nu: Array) -> Array:
    """Mahalanobis radius of the ellipse that holds this share of cases."""
    return np.asarray(np.sqrt(nu * ((1.0 - share) ** (-2.0 / nu) - 1.0)))

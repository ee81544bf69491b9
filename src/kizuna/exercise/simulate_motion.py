"""How simulated ships move: pieces of motion on a regular grid of time, and tracks made of pieces.

A piece is a run of true positions every ``STEP_S`` seconds. Ways are rounded at their corners, speed is gained and
lost over distance, and a ship keeps to the starboard side of its lane, so that course and speed are smooth and
opposite streams part. Everything here is the truth before any measuring error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from kizuna.base.units import HOUR_S, KN_MPS, MINUTE_S
from kizuna.exercise.world import GEOD, Disc, Point, Way

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Generator = np.random.Generator

STEP_S: Final = 10
"""Seconds between true positions; linear interpolation errs by less than 2 m at 20 kn and 1 degree a second."""
_SAMPLE_M: Final = 50.0
"""Spacing of points along a way."""
_LAT_M: Final = 110_900.0
_LON_M: Final = 111_320.0
"""Metres in a degree near 26 N, for small offsets only; lengths and speeds come from pyproj."""
_SLOWEST_MPS: Final = 0.4
_BEND_M: Final = 8_000.0
"""Distance from a corner over which a ship shifts to the offset of a wider or narrower leg."""
_STEERAGE_KN: Final = 2.0
"""Below this speed the course over ground says nothing about turning."""
_EASE: Final = 4
"""Steps to either side over which joints of pieces are eased, twice: no engine stops within seconds."""
_TURN_BACK: Final = 0.35
"""Share of tows after which a trawler comes about."""
TIDE_S: Final = 12.42 * HOUR_S
"""Period of the principal lunar tide, which turns ships at anchor."""

UNDER_WAY: Final = 0
AT_ANCHOR: Final = 1
MOORED: Final = 5
FISHING: Final = 7


class Piece(NamedTuple):
    """True positions every ``STEP_S`` seconds, heading (NaN: as the course) and navigational status of M.1371."""

    lon_deg: Floats
    lat_deg: Floats
    heading_deg: Floats
    nav_status: int

    @property
    def length_s(self) -> int:
        """Time from the first to the last position."""
        return (len(self.lon_deg) - 1) * STEP_S

    @property
    def start(self) -> Point:
        """First position."""
        return float(self.lon_deg[0]), float(self.lat_deg[0])

    @property
    def end(self) -> Point:
        """Last position."""
        return float(self.lon_deg[-1]), float(self.lat_deg[-1])


class Handling(NamedTuple):
    """How a ship is handled; ``lane_place`` is where it keeps in its lane, 0 the middle and 1 the starboard edge."""

    speed_kn: float
    acceleration_mps2: float
    turn_radius_m: float
    turn_dps: float
    lane_place: float


def chance(rng: Generator, share: float) -> bool:
    """Whether something happens that happens in this share of cases."""
    return bool(rng.uniform() < share)


def shifted(point: Point, east_m: float, north_m: float) -> Point:
    """A point moved by a small distance."""
    return point[0] + east_m / (_LON_M * np.cos(np.radians(point[1]))), point[1] + north_m / _LAT_M


def random_in(disc: Disc, rng: Generator) -> Point:
    """A random point of a disc, even over its area."""
    angle = rng.uniform(0, 2 * np.pi)
    radius_m = disc.radius_m * np.sqrt(rng.uniform())
    return shifted(disc.centre, radius_m * np.sin(angle), radius_m * np.cos(angle))


def smooth_noise(rng: Generator, count: int, spacing: float) -> Floats:
    """Noise of about unit variance that changes over ``spacing`` samples."""
    knots = max(2, int(np.ceil(count / spacing)) + 2)
    values: Floats = np.interp(np.arange(count) / spacing + rng.uniform(), np.arange(knots), rng.standard_normal(knots))
    return 1.2 * smoothed(values, int(spacing / 4))


def smoothed(values: Floats, half: int) -> Floats:
    """Moving mean over ``2 half + 1`` samples that keeps both ends where they are."""
    half = min(half, len(values) - 1)
    if half < 1:
        return values
    left = 2 * values[0] - values[half:0:-1]
    right = 2 * values[-1] - values[-2 : -half - 2 : -1]
    total = np.cumsum(np.concatenate([[0.0], left, values, right]))
    mean: Floats = (total[2 * half + 1 :] - total[: -2 * half - 1]) / (2 * half + 1)
    return mean


def _sampled(points: Sequence[Point] | Floats) -> tuple[Floats, Floats, Floats]:
    """Longitude, latitude and leg number along a line of points, about every ``_SAMPLE_M`` metres."""
    lon, lat = np.array(points).T
    leg_m = np.asarray(GEOD.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])[2])
    knots = np.concatenate([[0], np.cumsum(np.maximum(1, np.rint(leg_m / _SAMPLE_M)).astype(np.int64))])
    at = np.arange(knots[-1] + 1)
    return np.interp(at, knots, lon), np.interp(at, knots, lat), np.interp(at, knots, np.arange(len(lon)))


def _lane_line(way: Way, lane_place: float) -> tuple[Floats, Floats]:
    """Points of the line to starboard of the way, and at each the room to either side in metres.

    Corners are mitred, so that the line never loops at the inner side of a turn; the offset grows along a leg from
    what the narrower neighbour allows to what the leg itself allows, and is nothing at both ends of the way.
    """
    points, width_m = np.array(way.points), np.array(way.half_width_m)
    scale = np.array([_LON_M * np.cos(np.radians(points[:, 1].mean())), _LAT_M])
    plane_m = points * scale
    leg = np.diff(plane_m, axis=0)
    leg_m = np.maximum(np.hypot(leg[:, 0], leg[:, 1]), 1.0)
    normal = np.column_stack([leg[:, 1], -leg[:, 0]]) / leg_m[:, None]
    corners, room_m = [plane_m[0]], [0.0]
    for i in range(len(leg)):
        if leg_m[i] > 4 * _BEND_M:
            for at in (_BEND_M / leg_m[i], 1 - _BEND_M / leg_m[i]):
                corners.append(plane_m[i] + at * leg[i] + normal[i] * lane_place * width_m[i])
                room_m.append(width_m[i])
        if i + 1 < len(leg):
            both = normal[i] + normal[i + 1]
            mitre = both / max(1 + float(normal[i] @ normal[i + 1]), 0.5)
            room_m.append(min(width_m[i], width_m[i + 1]))
            corners.append(plane_m[i + 1] + mitre * lane_place * room_m[-1])
    return np.array([*corners, plane_m[-1]]) / scale, np.array([*room_m, 0.0])


def _course_line(way: Way, handling: Handling, rng: Generator) -> tuple[Floats, Floats, Floats]:
    """Longitude, latitude and distance along the line that the ship follows: rounded, to starboard of the way."""
    points, room_m = _lane_line(way, handling.lane_place)
    lon, lat, leg = _sampled(points)
    half = int(handling.turn_radius_m / _SAMPLE_M)
    lon, lat = smoothed(smoothed(lon, half), half), smoothed(smoothed(lat, half), half)
    here_m = np.interp(leg, np.arange(len(room_m)), room_m)
    offset_m = smoothed(here_m * np.clip(0.05 * smooth_noise(rng, len(lon), 400), -0.15, 0.15), 40)
    east, north = np.gradient(lon) * np.cos(np.radians(lat)), np.gradient(lat)
    size = np.maximum(np.hypot(east, north), 1e-12)
    lon, lat = _moved(lon, lat, offset_m * north / size, -offset_m * east / size)
    return lon, lat, _along(lon, lat)


def _along(lon: Floats, lat: Floats) -> Floats:
    """Distance in metres along a line of points."""
    return np.concatenate([[0.0], np.cumsum(np.asarray(GEOD.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])[2]))])


def _turning_limit_mps(lon: Floats, lat: Floats, along_m: Floats, rate_dps: float) -> Floats:
    """Speed at which the ship turns no faster than ``rate_dps`` degrees a second anywhere on the line."""
    course = np.unwrap(np.arctan2(np.gradient(lon) * np.cos(np.radians(lat)), np.gradient(lat)))
    bend = np.abs(np.gradient(course)) / np.maximum(np.gradient(along_m), 1e-3)
    limit: Floats = np.radians(rate_dps) / np.maximum(smoothed(bend, 2), 1e-6)
    return limit


def sail(way: Way, handling: Handling, rng: Generator, stops: tuple[bool, bool] = (True, True)) -> Piece:
    """Sail along a way; ``stops`` says whether the ship starts from and comes to rest at its ends."""
    lon, lat, along_m = _course_line(way, handling, rng)
    cruise_mps = handling.speed_kn * KN_MPS
    speed_mps = cruise_mps * (1 + 0.025 * smooth_noise(rng, len(lon), 300))
    for stop, from_m in zip(stops, (along_m, along_m[-1] - along_m), strict=True):
        if stop:  # v^2 = 2 a s, and no faster than in a harbour's approach during the last 3 km
            gained = np.sqrt(_SLOWEST_MPS**2 + 2 * handling.acceleration_mps2 * from_m)
            approach = max(0.55 * cruise_mps, min(cruise_mps, 4.5)) + from_m / 3_000.0
            speed_mps = np.minimum(speed_mps, np.minimum(gained, approach))
    limit_mps = np.maximum(_turning_limit_mps(lon, lat, along_m, handling.turn_dps), 0.35 * cruise_mps)
    speed_mps = np.maximum(smoothed(np.minimum(speed_mps, limit_mps), 8), _SLOWEST_MPS)
    passed_s = np.concatenate([[0.0], np.cumsum(2 * np.diff(along_m) / (speed_mps[1:] + speed_mps[:-1]))])
    count = max(2, round(passed_s[-1] / STEP_S) + 1)
    at = np.linspace(0.0, passed_s[-1], count)  # the last step is stretched a little over all
    return Piece(np.interp(at, passed_s, lon), np.interp(at, passed_s, lat), np.full(count, np.nan), UNDER_WAY)


def count_of(length_s: float) -> int:
    """Positions of a piece of that length."""
    return max(2, round(length_s / STEP_S) + 1)


def hold(point: Point, length_s: float, rng: Generator, *, swing_m: float = 0.0) -> Piece:
    """Lie at a berth (``swing_m`` 0) or swing at anchor around ``point`` with the tide."""
    count = count_of(length_s)
    if swing_m == 0.0:
        fixed = np.full(count, rng.uniform(0, 360.0))
        return Piece(np.full(count, point[0]), np.full(count, point[1]), fixed, MOORED)
    time_s = np.arange(count) * STEP_S
    turn = np.pi * 0.8 * np.sin(2 * np.pi * time_s / TIDE_S + rng.uniform(0, 2 * np.pi))
    angle = rng.uniform(0, 2 * np.pi) + turn + 0.12 * smooth_noise(rng, count, 120)
    radius_m = swing_m * (0.85 + 0.05 * smooth_noise(rng, count, 200))
    east_m, north_m = radius_m * np.sin(angle), radius_m * np.cos(angle)
    lon, lat = _moved(np.full(count, point[0]), np.full(count, point[1]), east_m, north_m)
    return Piece(lon, lat, np.degrees(angle + np.pi) % 360.0, AT_ANCHOR)


def _moved(lon_deg: Floats, lat_deg: Floats, east_m: Floats, north_m: Floats) -> tuple[Floats, Floats]:
    east_deg: Floats = east_m / (_LON_M * np.cos(np.radians(lat_deg)))
    return lon_deg + east_deg, lat_deg + north_m / _LAT_M


def drift(point: Point, length_s: float, rng: Generator, *, speed_kn: float) -> Piece:
    """Drift with current and wind at about ``speed_kn``, the bow turning slowly."""
    count = count_of(length_s)
    angle = rng.uniform(0, 2 * np.pi) + 0.5 * smooth_noise(rng, count, 360)
    speed_mps = speed_kn * KN_MPS * np.clip(1 + 0.2 * smooth_noise(rng, count, 180), 0.3, 1.5)
    east_m, north_m = np.cumsum(speed_mps * np.sin(angle)) * STEP_S, np.cumsum(speed_mps * np.cos(angle)) * STEP_S
    lon, lat = _moved(np.full(count, point[0]), np.full(count, point[1]), east_m - east_m[0], north_m - north_m[0])
    heading = (rng.uniform(0, 360.0) + 40 * smooth_noise(rng, count, 400)) % 360.0
    return Piece(lon, lat, heading, UNDER_WAY)


def alongside(piece: Piece, first: int, count: int, rng: Generator, *, apart_m: float) -> Piece:
    """Stay ``apart_m`` metres beside the ship of ``piece`` for ``count`` of its steps, slowly changing the side."""
    lon, lat = piece.lon_deg[first : first + count], piece.lat_deg[first : first + count]
    angle = rng.uniform(0, 2 * np.pi) + 0.4 * smooth_noise(rng, count, 360)
    radius_m = apart_m * np.clip(1 + 0.1 * smooth_noise(rng, count, 240), 0.5, 1.5)
    lon, lat = _moved(lon, lat, radius_m * np.sin(angle), radius_m * np.cos(angle))
    return Piece(lon, lat, piece.heading_deg[first : first + count].copy(), UNDER_WAY)


def abreast(piece: Piece, apart_m: float) -> Piece:
    """The track of a second ship that keeps station ``apart_m`` metres to starboard of the first."""
    lon, lat = piece.lon_deg, piece.lat_deg
    east, north = smoothed(np.gradient(lon) * np.cos(np.radians(lat)), 60), smoothed(np.gradient(lat), 60)
    size = np.maximum(np.hypot(east, north), 1e-12)
    lon, lat = _moved(lon, lat, apart_m * north / size, -apart_m * east / size)
    return Piece(smoothed(lon, 20), smoothed(lat, 20), piece.heading_deg, piece.nav_status)


def behind(piece: Piece, lag_s: float) -> Piece:
    """The track of a ship in tow: the same positions ``lag_s`` later, waiting at the start."""
    lag = round(lag_s / STEP_S)
    lon = np.concatenate([np.full(lag, piece.lon_deg[0]), piece.lon_deg[: len(piece.lon_deg) - lag]])
    lat = np.concatenate([np.full(lag, piece.lat_deg[0]), piece.lat_deg[: len(piece.lat_deg) - lag]])
    return Piece(lon, lat, piece.heading_deg, piece.nav_status)


def trawl(ground: shapely.Polygon, start: Point, length_s: float, rng: Generator, *, speed_kn: float) -> Piece:
    """Work to and fro over a convex ground at trawling speed, slower while hauling every three to four hours."""
    count = count_of(length_s)
    time_s = np.arange(count) * STEP_S
    speed_mps = speed_kn * KN_MPS * (1 + 0.08 * smooth_noise(rng, count, 60))
    cycle_s = rng.uniform(3.0, 4.2) * HOUR_S
    hauling = (time_s + rng.uniform(0, cycle_s)) % cycle_s < 25 * MINUTE_S
    speed_mps = smoothed(np.where(hauling, 0.5, 1.0), 18) * speed_mps
    wanted_m = float(speed_mps.sum() * STEP_S)
    points, gone_m, bearing = [start], 0.0, rng.uniform(0, 2 * np.pi)
    while gone_m < wanted_m + 10_000:
        step_m = rng.uniform(3_000, 8_000)
        there = shifted(points[-1], step_m * np.sin(bearing), step_m * np.cos(bearing))
        if ground.contains(shapely.Point(there)):
            points.append(there)
            gone_m += step_m
            bearing += rng.normal(0, 0.4)
            aside = shifted(there, 700 * np.cos(bearing), -700 * np.sin(bearing))
            if rng.uniform() < _TURN_BACK and ground.contains(shapely.Point(aside)):
                points.append(aside)  # come about and tow back beside the last tow
                bearing += np.pi
        else:
            bearing = rng.uniform(0, 2 * np.pi)
    lon, lat, _ = _sampled(points)
    lon, lat = smoothed(smoothed(lon, 5), 4), smoothed(smoothed(lat, 5), 4)
    along_m = _along(lon, lat)
    at_m = np.concatenate([[0.0], np.cumsum(speed_mps[:-1] * STEP_S)])
    return Piece(np.interp(at_m, along_m, lon), np.interp(at_m, along_m, lat), np.full(count, np.nan), FISHING)


@dataclass(frozen=True, slots=True)
class Track:
    """True motion of one ship on the grid of the exercise: step ``first`` is its first position."""

    first: int
    lon_deg: Floats
    lat_deg: Floats
    sog_kn: Singles
    cog_deg: Singles
    heading_deg: Singles
    rot_dpm: Singles
    nav_status: npt.NDArray[np.int8]

    def __len__(self) -> int:
        """Number of positions."""
        return len(self.lon_deg)

    @property
    def time_s(self) -> Floats:
        """Seconds since the start of the exercise."""
        steps: Floats = (self.first + np.arange(len(self.lon_deg))).astype(np.float64)
        return steps * STEP_S


def track_of(pieces: list[Piece], start_s: float, length_s: float) -> Track:
    """Pieces one after the other from ``start_s`` on, cut to the exercise of ``length_s`` seconds.

    Raises ValueError where less than two positions lie within the exercise.
    """
    lon = np.concatenate([p.lon_deg[:-1] for p in pieces] + [pieces[-1].lon_deg[-1:]])
    lat = np.concatenate([p.lat_deg[:-1] for p in pieces] + [pieces[-1].lat_deg[-1:]])
    lon, lat = smoothed(smoothed(lon, _EASE), _EASE), smoothed(smoothed(lat, _EASE), _EASE)
    heading = np.concatenate([p.heading_deg[:-1] for p in pieces] + [pieces[-1].heading_deg[-1:]])
    status = np.repeat(
        np.array([p.nav_status for p in pieces], np.int8),
        [len(p.lon_deg) - (p is not pieces[-1]) for p in pieces],
    )
    begin = round(start_s / STEP_S)
    low, high = max(0, -begin), min(len(lon), int(length_s // STEP_S) + 1 - begin)
    if high - low < 2:  # noqa: PLR2004  one position has no course
        raise ValueError("the motion lies outside the exercise")
    sog_kn, cog_deg, rot_dpm = _motion(lon, lat)
    heading = np.where(np.isnan(heading), cog_deg, heading)
    cut = slice(low, high)
    sog, cog, head, rot = (column[cut].astype(np.float32) for column in (sog_kn, cog_deg, heading, rot_dpm))
    return Track(begin + low, lon[cut].copy(), lat[cut].copy(), sog, cog, head, rot, status[cut].copy())


def _at_steps(between: Floats) -> Floats:
    """Values between steps as values at steps: the mean of both sides, at the ends that of the one."""
    mean: Floats = (np.concatenate([between[:1], between]) + np.concatenate([between, between[-1:]])) / 2
    return mean


def _motion(lon: Floats, lat: Floats) -> tuple[Floats, Floats, Floats]:
    """Speed in knots, course in degrees and rate of turn in degrees a minute, from the geodesics between steps."""
    azimuth, _, step_m = GEOD.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])
    step_m, azimuth = np.asarray(step_m, np.float64), np.radians(np.asarray(azimuth, np.float64))
    east, north = (_at_steps(step_m * part(azimuth)) for part in (np.sin, np.cos))
    sog_kn: Floats = np.hypot(east, north) / STEP_S / KN_MPS
    cog_deg: Floats = np.degrees(np.arctan2(east, north)) % 360.0
    turned = (np.diff(cog_deg, append=cog_deg[-1]) + 180.0) % 360.0 - 180.0
    rot_dpm: Floats = np.where(sog_kn > _STEERAGE_KN, turned * (MINUTE_S / STEP_S), 0.0)
    return sog_kn, cog_deg, rot_dpm

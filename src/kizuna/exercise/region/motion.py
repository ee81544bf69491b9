"""How the actors of an exercise move: patrol ships, aircraft on their tracks, and the boat that drifts."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import shapely

from kizuna.base.units import HOUR_S, KN_MPS, MINUTE_S
from kizuna.exercise import simulate_fleet as fleet
from kizuna.exercise import simulate_motion as motion
from kizuna.exercise import world
from kizuna.exercise.region.parties import Distress, PatrolShip, Uav
from kizuna.exercise.simulate_fleet import CLASS_A, CLASS_B_CS, KINDS, Plan
from kizuna.exercise.simulate_motion import STEP_S, UNDER_WAY, Floats, Generator, Piece
from kizuna.exercise.simulate_plant import Cast

BOAT_M: Final = 9
"""Length of the boat in distress: an open fishing boat."""
_CRUISE_KN: Final = 7.5
_GROUND_M: Final = 5_000.0


def patrol_ship(cast: Cast, ship: PatrolShip, rng: Generator) -> int:
    """Enrol a patrol ship; her number."""
    number = cast.add(KINDS["patrol"], fleet.laps(ship.box, KINDS["patrol"], cast.length_s, rng), rng, CLASS_A)
    cast.vessels[number] = replace(cast.vessels[number], name=ship.name)
    return number


def boat(cast: Cast, distress: Distress, play_s: float, rng: Generator) -> int:
    """Enrol the boat that fished, loses her engine and drifts; her transponder ends with the battery."""
    engine_s, silent_s = (play_s + m * MINUTE_S for m in (distress.engine_min, distress.silent_min))
    ground = shapely.transform(shapely.Point(0, 0).buffer(_GROUND_M), lambda xy: _around(distress.ground, xy))
    how = fleet.handling(KINDS["fishing"], rng)._replace(speed_kn=_CRUISE_KN)
    way_s = world.distance_m(distress.ground, distress.place) / (_CRUISE_KN * KN_MPS)
    fished = motion.trawl(ground, distress.ground, max(engine_s - way_s, HOUR_S), rng, speed_kn=2.8)
    home = motion.sail(world.Way((fished.end, distress.place), (60.0,)), how, rng)
    adrift = drifting(home.end, cast.length_s - engine_s + HOUR_S, rng, distress)
    plan = Plan([fished, home, adrift], engine_s - home.length_s - fished.length_s, "EXERCISE GROUND")
    number = cast.add(KINDS["fishing"], plan, rng, CLASS_B_CS)
    cast.vessels[number] = replace(
        cast.vessels[number], name=distress.name, length_m=BOAT_M, beam_m=3, draught_m=0.8,
        silent_s=((silent_s, cast.length_s + HOUR_S),),
    )  # fmt: skip
    return number


def _around(point: world.Point, plane_m: Floats) -> Floats:
    """A small figure in metres laid around a point."""
    east_deg = plane_m[:, 0] / (111_320.0 * np.cos(np.radians(point[1])))
    return np.column_stack([point[0] + east_deg, point[1] + plane_m[:, 1] / 110_900.0])


def drifting(point: world.Point, length_s: float, rng: Generator, distress: Distress) -> Piece:
    """Adrift in one direction, which wanders, and the bow across the wind."""
    count = motion.count_of(length_s)
    angle = np.radians(distress.toward_deg) + 0.15 * motion.smooth_noise(rng, count, 360)
    speed_mps = distress.speed_kn * KN_MPS * np.clip(1 + 0.15 * motion.smooth_noise(rng, count, 180), 0.5, 1.5)
    east_m, north_m = (np.cumsum(speed_mps * part(angle)) * STEP_S for part in (np.sin, np.cos))
    lon = point[0] + (east_m - east_m[0]) / (111_320.0 * np.cos(np.radians(point[1])))
    lat = point[1] + (north_m - north_m[0]) / 110_900.0
    heading = (distress.toward_deg + 90.0 + 25 * motion.smooth_noise(rng, count, 300)) % 360.0
    return Piece(lon, lat, heading, UNDER_WAY)


def flown(uav: Uav, play_s: float, time_s: Floats) -> tuple[Floats, Floats, Floats]:
    """Longitude, latitude and whether it is in the air (1 or 0) at times since the start of the exercise.

    It flies its closed track at one speed; how it comes to the track and home again is left out.
    """
    lon, lat = (np.array([p[k] for p in (*uav.track, uav.track[0])]) for k in (0, 1))
    leg_m = np.asarray(world.GEOD.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])[2])
    along_m = np.concatenate([[0.0], np.cumsum(leg_m)])
    since_s = np.asarray(time_s, np.float64) - (play_s + uav.since_min * MINUTE_S)
    at_m = since_s * uav.speed_kn * KN_MPS % along_m[-1]
    turn_s = (uav.aloft_h + uav.ground_h) * HOUR_S
    aloft = (since_s >= 0) & (since_s % turn_s < uav.aloft_h * HOUR_S)
    return np.interp(at_m, along_m, lon), np.interp(at_m, along_m, lat), aloft.astype(np.float64)

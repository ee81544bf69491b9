"""What the sensors without identity of the parties see: coastal radars with blind sectors, and cameras of aircraft.

Each look is drawn from the seed, the actor and its time alone, so that one more actor changes no other. A radar post
reports what its tracker holds, not echoes: false alarms are rare. The truth of every contact is kept.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely

from kizuna.base.units import MINUTE_S, SECOND_MS
from kizuna.exercise import simulate_sensors as sensors
from kizuna.exercise import world
from kizuna.exercise.region import motion
from kizuna.exercise.region.parties import Parties, RadarPost, Uav
from kizuna.exercise.simulate import Simulation
from kizuna.exercise.simulate_sensors import Look, Sensor

RADAR: Final = Sensor("radar", 0.97, 12.0, 0.004, 70.0, 40.0)
CAMERA: Final = Sensor("uav", 0.98, 5.0, 0.02, 30.0, 4.0)
WATCH_BEFORE_S: Final = 120 * MINUTE_S
"""Looks before the play: so much of what stands on the page when it opens."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One contact. ``time_ms`` since the start; ``vessel``: number of the ship in truth, or below 0 (no ship)."""

    time_ms: int
    party: str
    actor: str
    ref: str
    sensor: str
    lon_deg: float
    lat_deg: float
    accuracy_m: float
    length_m: float
    vessel: int


def sightings(simulation: Simulation, cast: Parties, play_s: float, seed: int) -> tuple[Sighting, ...]:
    """All contacts of all parties, in order of time. Needs the true tracks."""
    found: list[Sighting] = []
    for party in cast.parties:
        for actor in party.watchers:
            for look in _looks(actor, play_s, simulation.scenario.length_s):
                rng = np.random.default_rng([seed, zlib.crc32(actor.actor.encode()), look.time_ms])
                seen = sensors.observe(look, sensors.targets_at(simulation, look.time_ms), rng)
                found += [
                    Sighting(look.time_ms, party.id, actor.actor, f"{look.scene_id}/{k}", look.sensor.kind,
                             float(seen.lon_deg[k]), float(seen.lat_deg[k]), look.sensor.accuracy_m,
                             float(seen.length_m[k]), int(v))
                    for k, v in enumerate(seen.vessel.tolist())
                ]  # fmt: skip
    return tuple(sorted(found, key=lambda s: (s.time_ms, s.actor, s.ref)))


def _looks(actor: RadarPost | Uav, play_s: float, length_s: float) -> Iterator[Look]:
    first = max(0.0, play_s - WATCH_BEFORE_S)
    times = np.arange(np.ceil(first / actor.every_s) * actor.every_s, length_s, actor.every_s)
    if isinstance(actor, RadarPost):
        area = swept(actor)
        for t in times.tolist():
            yield Look(f"{actor.actor}-{int(t)}", RADAR, int(t) * SECOND_MS, area)
        return
    for t, lon, lat, aloft in zip(times, *motion.flown(actor, play_s, times), strict=True):
        if aloft:
            area = sensors.disc((float(lon), float(lat)), actor.camera_m)
            yield Look(f"{actor.actor}-{int(t)}", CAMERA, int(t) * SECOND_MS, area)


def swept(radar: RadarPost) -> shapely.Geometry:
    """What a radar sees: its disc without the blind sectors."""
    area: shapely.Geometry = sensors.disc(radar.place, radar.range_m)
    for begin, end in radar.blind:
        width = (end - begin) % 360.0 or 360.0
        angle = begin + np.linspace(0.0, width, 24)
        n = len(angle)
        lon, lat, _ = world.GEOD.fwd(np.full(n, radar.place[0]), np.full(n, radar.place[1]), angle,
                                     np.full(n, 1.2 * radar.range_m))  # fmt: skip
        area = area.difference(shapely.Polygon([radar.place, *zip(lon, lat, strict=True)]))
    return area

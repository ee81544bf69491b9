"""Sensors over a simulated sea: satellite radar passes and coastal radars, with what they miss and what they make up.

``observe`` looks at true positions once and gives contacts: vessels found with a probability that rises with their
length, positions and lengths with errors (one in twenty positions is three times worse), false alarms, and fixed
structures that show in every look. A satellite radar shows moving ships shifted along its flight. ``sense`` does so for
a whole simulation, some of whose vessels then send no AIS at all, and keeps the truth. Nothing here is shared with the
matcher: no kernel, no formula of its likelihoods (recall here is logistic in the length, there a power law).
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

from kizuna.base.units import HOUR_S, SECOND_MS
from kizuna.exercise import simulate_radio as radio
from kizuna.exercise import world
from kizuna.exercise.simulate import Simulation
from kizuna.exercise.simulate_motion import STEP_S, Floats, Generator, shifted

Ints = npt.NDArray[np.int64]
FALSE_ALARM: Final = -1
STRUCTURE: Final = -2
"""What stands for the number of a vessel where a contact is none."""
_OUTLIERS: Final = 0.05
_RECALL_WIDTH_M: Final = 8.0
_SAR_KM: Final = (250.0, 170.0)
"""Width of the swath and length of a frame of Sentinel-1."""
_RADAR_M: Final = 40_000.0
_STRUCTURES: Final = 12
_STRUCTURE_SHARE: Final = 0.95


@dataclass(frozen=True, slots=True)
class Sensor:
    """What a sensor can do; ``shift_s`` 0 where moving targets are not shifted."""

    kind: str
    recall: float
    recall_length_m: float
    false_alarms_per_1000_km2: float
    accuracy_m: float
    length_error_m: float
    shift_s: float = 0.0


SAR: Final = Sensor("sar", 0.95, 20.0, 0.15, 40.0, 22.0, 75.0)
RADAR: Final = Sensor("radar", 0.97, 12.0, 0.8, 70.0, 40.0)


@dataclass(frozen=True, slots=True)
class Look:
    """One look of a sensor: when (milliseconds since the start), where, and in which flight direction."""

    scene_id: str
    sensor: Sensor
    time_ms: int
    area: shapely.Polygon
    flight_deg: float = 0.0


@dataclass(frozen=True, slots=True)
class Targets:
    """True positions and velocities at the time of a look."""

    vessel: Ints
    lon_deg: Floats
    lat_deg: Floats
    east_mps: Floats
    north_mps: Floats
    length_m: Floats


@dataclass(frozen=True, slots=True)
class Contacts:
    """What one look gave; ``vessel`` is the truth. ``missed`` are vessels inside the area without a contact."""

    look: Look
    vessel: Ints
    lon_deg: Floats
    lat_deg: Floats
    length_m: Floats
    missed: Ints


def observe(
    look: Look, targets: Targets, rng: Generator, structures: Sequence[world.Point] = (), alarm_area_km2: float = 0.0
) -> Contacts:
    """Look once. ``alarm_area_km2`` is the size of the area, computed on the ellipsoid where it is not given."""
    inside = shapely.contains_xy(look.area, targets.lon_deg, targets.lat_deg)
    s = look.sensor
    share = s.recall / (1 + np.exp(-(targets.length_m - s.recall_length_m) / _RECALL_WIDTH_M))
    found = inside & (rng.uniform(size=len(inside)) < share)
    lon, lat = _shown(look, targets, found)
    fixed = np.array([p for p in structures if look.area.contains(shapely.Point(p))]).reshape(-1, 2)
    fixed = fixed[rng.uniform(size=len(fixed)) < _STRUCTURE_SHARE]
    area_km2 = alarm_area_km2 or abs(world.GEOD.geometry_area_perimeter(look.area)[0]) / 1e6
    alarms = _anywhere(look.area, int(rng.poisson(s.false_alarms_per_1000_km2 * area_km2 / 1000)), rng)
    lon, lat = np.concatenate([lon, fixed[:, 0], alarms[:, 0]]), np.concatenate([lat, fixed[:, 1], alarms[:, 1]])
    vessel = np.concatenate([
        targets.vessel[found], np.full(len(fixed), STRUCTURE), np.full(len(alarms), FALSE_ALARM),
    ]).astype(np.int64)  # fmt: skip
    n = len(vessel)
    worse = np.where(rng.uniform(size=n) < _OUTLIERS, 3.0, 1.0) * s.accuracy_m
    lon, lat = _moved(lon, lat, worse * rng.standard_normal(n), worse * rng.standard_normal(n))
    others_m = rng.uniform(15, 90, len(fixed)), np.exp(rng.normal(3.2, 0.6, len(alarms)))
    true_m = np.concatenate([targets.length_m[found], *others_m])
    length_m = np.maximum(true_m + s.length_error_m * rng.standard_normal(n), 4.0)
    order = rng.permutation(n)
    missed = targets.vessel[inside & ~found]
    return Contacts(look, vessel[order], lon[order], lat[order], length_m[order], missed)


def _shown(look: Look, targets: Targets, found: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Where the sensor shows vessels: a right-looking radar shifts what moves away from it back along the flight."""
    lon, lat = targets.lon_deg[found], targets.lat_deg[found]
    if look.sensor.shift_s == 0.0:
        return lon, lat
    angle = math.radians(look.flight_deg)
    away = targets.east_mps[found] * math.cos(angle) - targets.north_mps[found] * math.sin(angle)
    back = -look.sensor.shift_s * away
    return _moved(lon, lat, back * math.sin(angle), back * math.cos(angle))


def _moved(lon: Floats, lat: Floats, east_m: Floats, north_m: Floats) -> tuple[Floats, Floats]:
    azimuth = np.degrees(np.arctan2(east_m, north_m))
    out_lon, out_lat, _ = world.GEOD.fwd(lon, lat, azimuth, np.hypot(east_m, north_m))
    return np.asarray(out_lon, np.float64), np.asarray(out_lat, np.float64)


def _anywhere(area: shapely.Polygon, count: int, rng: Generator) -> Floats:
    """Random points of an area."""
    west, south, east, north = area.bounds
    points: list[Floats] = []
    while len(points) < count:
        some = np.column_stack([rng.uniform(west, east, 64), rng.uniform(south, north, 64)])
        points += list(some[shapely.contains_xy(area, some[:, 0], some[:, 1])])
    return np.array(points[:count], np.float64).reshape(-1, 2)


def frame(centre: world.Point, flight_deg: float) -> shapely.Polygon:
    """The frame of a satellite radar around a point."""
    across, along = _SAR_KM[0] * 500.0, _SAR_KM[1] * 500.0
    corners = []
    for right, ahead in ((-across, -along), (across, -along), (across, along), (-across, along)):
        angle = math.radians(flight_deg)
        corners.append(shifted(centre, right * math.cos(angle) + ahead * math.sin(angle),
                               ahead * math.cos(angle) - right * math.sin(angle)))  # fmt: skip
    return shapely.Polygon(corners)


def disc(centre: world.Point, radius_m: float) -> shapely.Polygon:
    """What a radar sees."""
    angle = np.arange(72) * 5.0
    lon, lat, _ = world.GEOD.fwd(np.full(72, centre[0]), np.full(72, centre[1]), angle, np.full(72, radius_m))
    return shapely.Polygon(np.column_stack([lon, lat]))


@dataclass(frozen=True, slots=True)
class Plan:
    """How often who looks. ``dark_share`` of the vessels send nothing."""

    sar_passes: int = 8
    radars: int = 4
    radar_looks: int = 4
    dark_share: float = 0.15


@dataclass(frozen=True, slots=True)
class Sensed:
    """A simulation without the AIS of its dark vessels, what the sensors gave, and thereby the truth."""

    simulation: Simulation
    dark: frozenset[int]
    contacts: tuple[Contacts, ...]
    structures: tuple[world.Point, ...] = field(default=())

    def _time(self, look: Look) -> str:
        moment = datetime.fromtimestamp((self.simulation.scenario.start_ms + look.time_ms) / SECOND_MS, UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def detections_csv(self) -> bytes:
        """The contacts in the documented form; ``ref`` is the scene and a number."""
        context = self.simulation.scenario.context
        rows = ["timestamp,lat,lon,sensor,scene_id,ref,accuracy_m,length_m,context"]
        for c in self.contacts:
            time, look = self._time(c.look), c.look
            for k, (lon, lat, length) in enumerate(zip(c.lon_deg, c.lat_deg, c.length_m, strict=True)):
                rows.append(f"{time},{lat:.6f},{lon:.6f},{look.sensor.kind},{look.scene_id},{look.scene_id}/{k},"
                            f"{look.sensor.accuracy_m:g},{length:.0f},{context}")  # fmt: skip
        return ("\n".join(rows) + "\n").encode()

    def scenes_geojson(self) -> bytes:
        """The looks in the documented form."""
        features = [self._feature(c.look) for c in self.contacts]
        document = {"type": "FeatureCollection", "context": self.simulation.scenario.context, "features": features}
        return (json.dumps(document, indent=1) + "\n").encode()

    def _feature(self, look: Look) -> dict[str, Any]:
        s = look.sensor
        more = {"flight_deg": look.flight_deg, "look": "right", "shift_s": s.shift_s} if s.shift_s else {}
        return {
            "type": "Feature", "geometry": shapely.geometry.mapping(look.area),
            "properties": {"scene_id": look.scene_id, "sensor": s.kind, "timestamp": self._time(look),
                           "recall": s.recall, "recall_length_m": s.recall_length_m, "accuracy_m": s.accuracy_m,
                           "false_alarms_per_1000_km2": s.false_alarms_per_1000_km2,
                           "context": self.simulation.scenario.context, **more},
        }  # fmt: skip

    def truth(self) -> dict[str, int]:
        """MMSI by ``ref``: positive with AIS, 0 for a vessel without, -1 false alarm, -2 structure."""
        vessels = self.simulation.vessels
        return {
            f"{c.look.scene_id}/{k}": int(v) if v < 0 else 0 if int(v) in self.dark else vessels[int(v)].mmsi
            for c in self.contacts for k, v in enumerate(c.vessel.tolist())
        }  # fmt: skip

    def missed(self) -> dict[str, set[int]]:
        """MMSIs with AIS that were inside each scene and gave no contact."""
        vessels = self.simulation.vessels
        return {
            c.look.scene_id: {vessels[v].mmsi for v in c.missed.tolist() if v not in self.dark} for c in self.contacts
        }

    def silence_s(self) -> dict[str, dict[int, float]]:
        """Per scene and MMSI the time from the scene to the nearest report that was heard."""
        sent, heard = self.simulation.sent, self.simulation.heard
        message = heard.message[np.isin(sent["msg_type"][heard.message], (1, 3, 18, 27))]
        sender, time_ms = sent["sender"][message], sent["time_ms"][message]
        order = np.lexsort((time_ms, sender))
        sender, time_ms = sender[order], time_ms[order]
        out: dict[str, dict[int, float]] = {}
        for c in self.contacts:
            away = np.abs(time_ms - c.look.time_ms)
            least = np.full(len(self.simulation.vessels), np.inf)
            np.minimum.at(least, sender, away / SECOND_MS)
            out[c.look.scene_id] = {
                v.mmsi: float(least[n]) for n, v in enumerate(self.simulation.vessels) if np.isfinite(least[n])
            }
        return out


def targets_at(simulation: Simulation, time_ms: int) -> Targets:
    """Where all vessels truly are; vessels outside their track are not there."""
    rows: list[tuple[float, ...]] = []
    for number, v in enumerate(simulation.vessels):
        t = v.track
        at = time_ms / SECOND_MS / STEP_S - t.first
        if 0 <= at <= len(t) - 1:
            k = min(int(at), len(t) - 2)
            part = at - k
            lon, lat = (float(x[k] + part * (x[k + 1] - x[k])) for x in (t.lon_deg, t.lat_deg))
            azimuth, _, step_m = world.GEOD.inv(t.lon_deg[k], t.lat_deg[k], t.lon_deg[k + 1], t.lat_deg[k + 1])
            speed, angle = step_m / STEP_S, math.radians(azimuth)
            rows.append((number, lon, lat, speed * math.sin(angle), speed * math.cos(angle), v.length_m))
    columns = np.array(rows, np.float64).reshape(-1, 6).T
    return Targets(columns[0].astype(np.int64), *columns[1:])


def without_ais(simulation: Simulation, dark: frozenset[int]) -> Simulation:
    """The same simulation in which some vessels sent nothing."""
    sent, heard = simulation.sent, simulation.heard
    vessel = ~np.isin(sent["msg_type"], (radio.BASE, radio.AID))
    silent = vessel & np.isin(sent["sender"], sorted(dark))
    keep = ~silent[heard.message]
    return replace(simulation, heard=radio.Heard(heard.message[keep], heard.station[keep], heard.time_ms[keep]))


def sense(simulation: Simulation, plan: Plan, seed: int) -> Sensed:
    """Look at a simulation. The same seed gives the same contacts."""
    rng = np.random.default_rng([seed, 0x53454E53])
    n = len(simulation.vessels)
    dark = frozenset(int(v) for v in rng.choice(n, round(plan.dark_share * n), replace=False))
    looks = _looks(simulation, plan, rng)
    structures = _structures(looks, rng)
    contacts = tuple(observe(look, targets_at(simulation, look.time_ms), rng, structures) for look in looks)
    return Sensed(without_ais(simulation, dark), dark, contacts, structures)


def _structures(looks: Sequence[Look], rng: Generator) -> tuple[world.Point, ...]:
    """Fixed points inside the areas, which every look at them shows."""
    found = [_anywhere(looks[int(k)].area, 1, rng)[0] for k in rng.integers(0, len(looks), _STRUCTURES)]
    return tuple((float(p[0]), float(p[1])) for p in found)


def _looks(simulation: Simulation, plan: Plan, rng: Generator) -> list[Look]:
    """Satellite frames around the traffic at random times, and radars at stations at regular ones."""
    length_s = simulation.scenario.length_s
    looks = []
    for k in range(plan.sar_passes):
        time_ms = int(rng.uniform(0.5 * HOUR_S, length_s - 0.5 * HOUR_S)) * SECOND_MS
        targets = targets_at(simulation, time_ms)
        one = int(rng.integers(0, len(targets.vessel)))
        flight_deg = float(rng.choice((347.0, 193.0)))
        centre = (float(targets.lon_deg[one]), float(targets.lat_deg[one]))
        looks.append(Look(f"sar-{k}", SAR, time_ms, frame(centre, flight_deg), flight_deg))
    stations = world.stations()
    for s in rng.choice(len(stations), min(plan.radars, len(stations)), replace=False).tolist():
        for k in range(plan.radar_looks):
            time_ms = int(length_s * (k + 0.5) / plan.radar_looks) * SECOND_MS
            area = disc((stations[s].lon_deg, stations[s].lat_deg), _RADAR_M)
            looks.append(Look(f"radar-{s}-{k}", RADAR, time_ms, area))
    return looks

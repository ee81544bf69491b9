"""Calls at ports: ships that come, lie and leave with their transponder on or off, or only wait outside; the truth.

The truth knows where the simulated ports have their berths and roads and how the ships really moved. It knows neither
the anchorages that a run computes nor the distances and speeds by which a detector decides:

- a ship is **at a port** while within ``NEAR_M`` of a berth area or roads, an excursion that keeps within ``FAR_M`` of
  them included;
- it **lies** where its true speed is below ``REST_KN`` for ``REST_S`` or longer.

A time at a port in which the ship lies is a port visit that must be found. Where the ship made an excursion between the
two distances, or moved so slowly that a detector may take it for lying, an event is allowed. A time at a port in which
she always kept above ``UNDER_WAY_KN`` is a hard negative (passing close by), and so are the planted ships that wait
outside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from kizuna.base.units import HOUR_S, MINUTE_S
from kizuna.exercise import simulate_fleet as fleet
from kizuna.exercise import simulate_motion as motion
from kizuna.exercise import world
from kizuna.exercise.simulate_fleet import KINDS, Plan, Vessel
from kizuna.exercise.simulate_motion import STEP_S, Generator, Track
from kizuna.exercise.simulate_plant import ALLOWED, FORBIDDEN, INNOCENT, REQUIRED, Cast, Label

KIND: Final = "port_visit"
NEAR_M: Final = 2_000.0
"""Water of a port around its berths and roads."""
FAR_M: Final = 6_000.0
"""Within this a ship that left the water of a port and comes back may be said to have stayed."""
REST_KN: Final = 0.2
REST_S: Final = 30 * MINUTE_S
UNDER_WAY_KN: Final = 1.0
_WAIT_M: Final = (8_000.0, 16_000.0)
"""Waiting ships keep this far from all berths and roads; nearer they would be at the port for a detector too."""
_SILENCES: Final = ("on all the time", "off before arrival", "off in port", "off from port to sea")


def call(cast: Cast, rng: Generator) -> None:
    """A ship comes to a berth, lies five to nine hours and leaves; the transponder is off at times in three of four."""
    gates, ports = world.gates(), list(world.ports().values())
    port = ports[int(rng.integers(len(ports)))]
    kind = KINDS["cargo" if motion.chance(rng, 0.7) else "tanker"]
    how = fleet.handling(kind, rng)
    berth = motion.random_in(port.berth, rng)
    origin, target = (gates[int(i)] for i in rng.integers(len(gates), size=2))
    stay_s = float(rng.uniform(5.0, 9.0)) * HOUR_S
    coming = motion.sail(fleet.voyage(origin, port.node, rng).then(berth), how, rng, (False, True))
    lying = motion.hold(berth, stay_s, rng)
    going = motion.sail(fleet.voyage(port.node, target, rng).after(berth), how, rng, (True, False))
    begin_s = float(rng.uniform(1.5 * HOUR_S, max(cast.length_s - stay_s - 2 * HOUR_S, 2 * HOUR_S)))
    number = cast.add(kind, Plan([coming, lying, going], begin_s - coming.length_s, "EXERCISE PORT"), rng)
    end_s = begin_s + lying.length_s
    early_s, late_s = (float(v) * MINUTE_S for v in rng.uniform((40, 20), (90, 60)))
    off = {
        "off before arrival": (begin_s - early_s, begin_s + late_s),
        "off in port": (begin_s + late_s / 2, end_s - late_s / 2),
        "off from port to sea": (begin_s + late_s, end_s + 2 * early_s),
    }
    span = off.get(_SILENCES[int(rng.integers(len(_SILENCES)))])
    if span is not None:
        cast.vessels[number] = replace(cast.vessels[number], silent_s=(span,))


def wait(cast: Cast, rng: Generator) -> None:
    """Hard negative: a ship anchors or drifts for hours outside the roads of a port, and leaves again."""
    gates, ports = world.gates(), list(world.ports().values())
    while True:
        port = ports[int(rng.integers(len(ports)))]
        gate = gates[int(rng.integers(len(gates)))]
        way = world.way(port.node, gate)
        spot = _outside(way, rng)
        if spot is not None:
            break
    kind = KINDS["cargo" if motion.chance(rng, 0.6) else "tanker"]
    how = fleet.handling(kind, rng)
    stay_s = float(rng.uniform(2.0, 6.0)) * HOUR_S
    drifting = motion.chance(rng, 0.5)
    resting = (motion.drift(spot, stay_s, rng, speed_kn=float(rng.uniform(0.1, 0.4))) if drifting
               else motion.hold(spot, stay_s, rng, swing_m=float(rng.uniform(60, 180))))  # fmt: skip
    out = world.Way(way.points[1:], way.half_width_m[1:])
    home = world.Way(out.points[::-1], out.half_width_m[::-1])
    coming = motion.sail(home.then(resting.start), how, rng, (False, True))
    back = motion.sail(out.after(resting.end), how, rng, (True, False))
    begin_s = float(rng.uniform(1.0 * HOUR_S, max(cast.length_s - stay_s - HOUR_S, 1.5 * HOUR_S)))
    number = cast.add(kind, Plan([coming, resting, back], begin_s - coming.length_s, "EXERCISE SEA"), rng)
    cause = "drifting outside" if drifting else "at anchor outside"
    cast.labels.append(Label(KIND, (number,), begin_s, begin_s + resting.length_s, INNOCENT, cause, FORBIDDEN))


def _outside(way: world.Way, rng: Generator) -> world.Point | None:
    """A point on a way out of port, far enough from all berths and roads; None where there is none near by."""
    (lon_a, lat_a), (lon_b, lat_b) = way.points[0], way.points[1]
    for share in rng.permutation(np.linspace(0.05, 1.0, 60)):
        lon, lat = lon_a + share * (lon_b - lon_a), lat_a + share * (lat_b - lat_a)
        away_m = float(from_ports_m(np.array([lon]), np.array([lat]))[0])
        if _WAIT_M[0] < away_m < _WAIT_M[1]:
            return float(lon), float(lat)
    return None


PORT_PLANTS: Final[dict[str, tuple[Callable[[Cast, Generator], None], int, float]]] = {
    # name in the scenario: planting, vessels it takes, hours that an exercise must last for it
    "port_calls": (call, 1, 14.0), "port_waits": (wait, 1, 9.0),
}  # fmt: skip


def from_ports_m(lon_deg: npt.NDArray[np.float64], lat_deg: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Distance of positions from the nearest berth area or roads in metres, negative inside; right to 1 per cent."""
    out = np.full(len(lon_deg), np.inf)
    for port in world.ports().values():
        for disc in (port.berth, port.anchorage):
            east = (lon_deg - disc.lon_deg) * 111_320.0 * np.cos(np.radians(disc.lat_deg))
            out = np.minimum(out, np.hypot(east, (lat_deg - disc.lat_deg) * 110_900.0) - disc.radius_m)
    return out


def visits(vessels: Sequence[Vessel]) -> list[tuple[Label, int, int]]:
    """What really happened at ports: label, first and last step of each time at a port.

    The label's own interval is the longest time that the ship lay, or that of the whole time where she did not.
    """
    out = []
    for number, vessel in enumerate(vessels):
        track = vessel.track
        away_m = from_ports_m(track.lon_deg, track.lat_deg)
        for low, high, plain in _times(away_m):
            rest = _longest_rest(track, low, high)
            begin, end = rest or (low, high)
            grade, cause = _judged(track, low, high, rested=rest is not None, plain=plain)
            label = Label(KIND, (number,), (track.first + begin) * STEP_S, (track.first + end - 1) * STEP_S, INNOCENT,
                          cause, grade)  # fmt: skip
            out.append((label, track.first + low, track.first + high - 1))
    return out


def _judged(track: Track, low: int, high: int, *, rested: bool, plain: bool) -> tuple[str, str]:
    if rested:
        return (REQUIRED, "call") if plain else (ALLOWED, "call with an excursion")
    if float(track.sog_kn[low:high].min()) < UNDER_WAY_KN:
        return ALLOWED, "slow in port"
    return FORBIDDEN, "passing by"


def _times(away_m: npt.NDArray[np.float64]) -> list[tuple[int, int, bool]]:
    """Half-open runs of steps at a port, and whether no excursion makes their ends debatable."""
    out: list[tuple[int, int, bool]] = []
    for low, high in _runs(away_m < NEAR_M):
        if out and away_m[out[-1][1] : low].max() < FAR_M:
            out[-1] = (out[-1][0], high, False)
        else:
            out.append((low, high, True))
    return out


def _longest_rest(track: Track, low: int, high: int) -> tuple[int, int] | None:
    runs = [(a + low, b + low) for a, b in _runs(track.sog_kn[low:high] < REST_KN) if (b - a) * STEP_S >= REST_S]
    return max(runs, key=lambda r: (r[1] - r[0], -r[0])) if runs else None


def _runs(holds: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], holds.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]

"""Who sails: kinds of vessel, their identities and the ordinary business of their day.

Every ship is invented: names begin with EXERCISE, MMSIs have unassigned MIDs, call signs begin with Q (a series that
ITU gives to nobody) and IMO numbers lie in the range that M.1371 keeps for official flag-state numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely

from kizuna.base.units import HOUR_S, KN_MPS, MINUTE_S
from kizuna.exercise import simulate_motion as motion
from kizuna.exercise import world, world_places
from kizuna.exercise.simulate_motion import Generator, Handling, Piece, Track

Span = tuple[float, float]
CLASS_A: Final = "A"
CLASS_B_CS: Final = "B_CS"
CLASS_B_SO: Final = "B_SO"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of vessel: ranges from which each ship is drawn, and the shares of AIS classes."""

    name: str
    share: float
    ship_types: tuple[int, ...]
    speed_kn: Span
    length_m: Span
    acceleration_mps2: float
    turn_radius_m: float
    turn_dps: float
    classes: tuple[tuple[str, float], ...]


_A: Final = ((CLASS_A, 1.0),)
_B: Final = ((CLASS_B_CS, 0.75), (CLASS_B_SO, 0.25))
KINDS: Final = {
    k.name: k
    for k in (
        Kind("cargo", 0.27, (70, 70, 71, 72, 79), (9.5, 17.5), (85, 330), 0.010, 900, 0.5, _A),
        Kind("tanker", 0.11, (80, 80, 81, 82, 84), (9.0, 14.5), (90, 300), 0.008, 1000, 0.4, _A),
        Kind("ferry", 0.04, (60, 60, 69, 40), (15.0, 27.0), (60, 190), 0.030, 600, 0.8, _A),
        Kind("fishing", 0.32, (30,), (7.5, 10.5), (14, 60), 0.040, 250, 1.5, ((CLASS_A, 0.5), (CLASS_B_CS, 0.5))),
        Kind("patrol", 0.05, (55, 55, 51), (10.0, 16.0), (40, 120), 0.050, 400, 1.5, _A),
        Kind("tug", 0.06, (52, 52, 31), (5.5, 9.0), (22, 45), 0.040, 200, 2.0, ((CLASS_A, 0.7), (CLASS_B_CS, 0.3))),
        Kind("pleasure", 0.15, (36, 37), (5.0, 9.0), (8, 22), 0.060, 150, 3.0, _B),
        Kind("pilot", 0.0, (50,), (14.0, 18.0), (14, 24), 0.150, 150, 4.0, _A),
    )
}
"""Shares and sizes are rough figures for busy coastal waters, chosen by hand; see the page on simulated traffic."""

_FIRST: Final = (
    "BLUE", "CALM", "DAWN", "EAST", "FAIR", "FERN", "GOLD", "GREY", "IRON", "JADE", "KIND", "LAKE", "LONG", "MILD",
    "MOON", "NEAP", "NOON", "OPAL", "PALE", "PINE", "RAIN", "REED", "ROSE", "SALT", "SAND", "SILK", "SLOW", "SNOW",
    "SOFT", "STAR", "TALL", "TIDE", "WARM", "WAVE", "WEST", "WIDE", "WILD", "WIND",
)  # fmt: skip
_SECOND: Final = (
    "ACORN", "BEACH", "BIRCH", "BROOK", "CEDAR", "CLOUD", "CORAL", "CRANE", "DRIFT", "EGRET", "FIELD", "FINCH",
    "GORSE", "GROVE", "HERON", "HOUSE", "LARCH", "LINEN", "MAPLE", "MARSH", "OTTER", "PEARL", "PLUM", "PRISM",
    "QUAIL", "RIDGE", "RIVER", "ROBIN", "SHELL", "SHORE", "SPARK", "STONE", "SWIFT", "THYME", "TRAIL", "VALE",
    "WHEAT", "WILLOW",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Vessel:
    """A simulated ship: who she is, how she moves, and the spans (seconds) in which her transponder is off."""

    kind: str
    ais_class: str
    mmsi: int
    name: str
    callsign: str
    imo: int
    ship_type: int
    length_m: int
    beam_m: int
    draught_m: float
    destination: str
    long_range: bool
    gnss_m: float
    track: Track
    silent_s: tuple[Span, ...] = ()


@dataclass(slots=True)
class Registry:
    """Hands out identities in order; the only thing of a fleet that one ship shares with the next."""

    issued: int = 0

    def enrol(self, kind: Kind, track: Track, destination: str, rng: Generator, ais_class: str = "") -> Vessel:
        """A vessel of this kind with the next free identity; its class is drawn unless given."""
        serial = self.issued
        self.issued += 1
        if not ais_class:
            names, weights = zip(*kind.classes, strict=True)
            ais_class = str(rng.choice(names, p=weights))
        mid = world.EXERCISE_MIDS[serial % len(world.EXERCISE_MIDS)]
        number = 100_001 + serial * 37 % 800_000  # spread, never ending in the 000 of an unset radio
        number += number % 1000 == 0
        length_m = int(np.exp(rng.uniform(*np.log(kind.length_m))))
        first, second = serial % len(_FIRST), serial // len(_FIRST)
        name = f"EXERCISE {_FIRST[first]} {_SECOND[(second + first * 7) % len(_SECOND)]}"
        if serial >= len(_FIRST) * len(_SECOND):
            name = f"EXERCISE SHIP {serial}"
        return Vessel(
            kind.name, ais_class, mid * 1_000_000 + number, name[:20], f"QX{serial:05d}", 90_000_000 + serial,
            int(rng.choice(kind.ship_types)), length_m, max(4, round(length_m / rng.uniform(5.5, 7.0))),
            round(min(0.05 * length_m, 14.0) * rng.uniform(0.7, 1.2), 1), destination[:20],
            ais_class == CLASS_A and motion.chance(rng, 0.6), float(rng.uniform(3.0, 10.0)), track,
        )  # fmt: skip


def handling(kind: Kind, rng: Generator) -> Handling:
    """Handling of one ship of a kind."""
    return Handling(
        float(rng.uniform(*kind.speed_kn)), kind.acceleration_mps2, kind.turn_radius_m, kind.turn_dps,
        float(rng.uniform(0.15, 0.9)),
    )  # fmt: skip


def voyage(origin: str, target: str, rng: Generator) -> world.Way:
    """The way between two nodes that this master takes."""
    return world.way(origin, target, lambda: float(np.exp(rng.normal(0, 0.12))))


@dataclass(frozen=True, slots=True)
class Plan:
    """Pieces of motion from ``start_s`` on, and the destination that the crew typed in."""

    pieces: list[Piece]
    start_s: float
    destination: str

    @property
    def length_s(self) -> float:
        """Length of all pieces."""
        return float(sum(p.length_s for p in self.pieces))

    def track(self, length_s: float) -> Track:
        """The plan cut to an exercise."""
        return motion.track_of(self.pieces, self.start_s, length_s)


def padded(plan: Plan, length_s: float, rng: Generator, *, before: bool, after: bool) -> Plan:
    """The plan with the ship lying where it starts and ends, so that it fills the exercise."""
    pieces, start_s = list(plan.pieces), plan.start_s
    if before and start_s > 0:
        pieces.insert(0, motion.hold(pieces[0].start, start_s, rng))
        start_s -= pieces[0].length_s
    missing_s = length_s - start_s - sum(p.length_s for p in pieces)
    if after and missing_s > 0:
        pieces.append(motion.hold(pieces[-1].end, missing_s + motion.STEP_S, rng))
    return Plan(pieces, start_s, plan.destination)


def passage(kind: Kind, length_s: float, rng: Generator) -> Plan:
    """A passage between gates and ports, begun before or during the exercise."""
    gates, ports = list(world_places.GATE_WEIGHTS), list(world.ports().values())
    weights = np.array(list(world_places.GATE_WEIGHTS.values()))
    from_gate, to_gate = motion.chance(rng, 0.65), motion.chance(rng, 0.65)  # two thirds pass or call from afar
    port_a, port_b = (ports[i] for i in rng.choice(len(ports), 2, replace=False))
    gate_a, gate_b = (gates[i] for i in rng.choice(len(gates), 2, replace=False, p=weights / weights.sum()))
    way = voyage(gate_a if from_gate else port_a.node, gate_b if to_gate else port_b.node, rng)
    if not from_gate:
        way = way.after(motion.random_in(port_a.berth, rng))
    anchored = not to_gate and motion.chance(rng, 0.5)  # every second ship waits for a berth
    if not to_gate:
        swing_m = float(rng.uniform(60, 180))
        spot = motion.random_in(port_b.anchorage if anchored else port_b.berth, rng)
        rest = motion.hold(spot, length_s, rng, swing_m=swing_m if anchored else 0.0)
        way = way.then(rest.start)
    pieces = [motion.sail(way, handling(kind, rng), rng, (not from_gate, not to_gate))]
    start_s = float(rng.uniform(-0.75 * pieces[0].length_s, 0.8 * length_s))
    if not to_gate:
        pieces.append(rest)
    plan = Plan(pieces, start_s, "EXERCISE " + ("SEA" if to_gate else port_b.name.upper()))
    return padded(plan, length_s, rng, before=not from_gate, after=False)


def lying(length_s: float, rng: Generator) -> Plan:
    """A ship that lies in port or at anchor all the time."""
    ports = list(world.ports().values())
    port = ports[int(rng.integers(len(ports)))]
    at_anchor = motion.chance(rng, 0.6)  # roads hold more ships than berths here
    spot = motion.random_in(port.anchorage if at_anchor else port.berth, rng)
    swing_m = float(rng.uniform(60, 180)) if at_anchor else 0.0
    return Plan([motion.hold(spot, length_s, rng, swing_m=swing_m)], 0.0, "EXERCISE " + port.name.upper())


def ferry(kind: Kind, length_s: float, rng: Generator) -> Plan:
    """To and fro between two ports with turnarounds of 40 to 70 minutes, by day and by night."""
    names = world_places.FERRIES[int(rng.integers(len(world_places.FERRIES)))]
    a, b = (world.ports()[n] for n in names)
    how = handling(kind, rng)
    ends = (a, motion.random_in(a.berth, rng)), (b, motion.random_in(b.berth, rng))
    pieces: list[Piece] = []
    start_s = float(rng.uniform(-2, 0) * HOUR_S)
    while start_s + sum(p.length_s for p in pieces) < length_s:
        for (here, berth), (there, other) in (ends, ends[::-1]):
            pieces.append(motion.hold(berth, float(rng.uniform(40, 70)) * MINUTE_S, rng))
            pieces.append(motion.sail(world.way(here.node, there.node).after(berth).then(other), how, rng))
    return Plan(pieces, start_s, f"EXERCISE {b.name.upper()}")


def ground_point(ground: shapely.Polygon, rng: Generator) -> world.Point:
    """A random point of a polygon."""
    west, south, east, north = ground.bounds
    while True:
        point = float(rng.uniform(west, east)), float(rng.uniform(south, north))
        if ground.contains(shapely.Point(point)):
            return point


def grounds() -> list[shapely.Polygon]:
    """Fishing grounds."""
    return [shapely.Polygon(v) for v in world_places.GROUNDS.values()]


def fishing(kind: Kind, length_s: float, rng: Generator) -> Plan:
    """A fishing vessel: at work all day, or out from port, at work and home again."""
    choice = grounds()
    ground = choice[int(rng.integers(len(choice)))]
    spot = ground_point(ground, rng)
    speed_kn = float(rng.uniform(2.6, 4.2))
    if motion.chance(rng, 0.6):  # most trips last longer than a day
        return Plan([motion.trawl(ground, spot, length_s, rng, speed_kn=speed_kn)], 0.0, "EXERCISE GROUND")
    node = world.nearest_node((ground.centroid.x, ground.centroid.y))
    port = min(world.ports().values(), key=lambda p: world.distance_m(world.node(p.node), world.node(node)))
    how = handling(kind, rng)
    berth = motion.random_in(port.berth, rng)
    out = motion.sail(voyage(port.node, node, rng).after(berth).then(spot), how, rng)
    work = motion.trawl(ground, out.end, float(rng.uniform(5, 14)) * HOUR_S, rng, speed_kn=speed_kn)
    home = motion.sail(voyage(node, port.node, rng).after(work.end).then(berth), how, rng)
    plan = Plan([out, work, home], float(rng.uniform(-0.5, 0.6)) * length_s, "EXERCISE GROUND")
    return padded(plan, length_s, rng, before=True, after=True)


def patrol(kind: Kind, length_s: float, rng: Generator) -> Plan:
    """Laps in a patrol box, each of its own size."""
    boxes = list(world_places.BOXES.values())
    return laps(boxes[int(rng.integers(len(boxes)))], kind, length_s, rng)


def laps(box: tuple[float, float, float, float], kind: Kind, length_s: float, rng: Generator) -> Plan:
    """Laps in a box (west, south, east, north)."""
    west, south, east, north = box
    how = handling(kind, rng)
    size = np.array([east - west, north - south])
    line = [(float(rng.uniform(west, east)), float(rng.uniform(south, north)))]
    start_s = float(rng.uniform(-3, 0) * HOUR_S)
    wanted_m, gone_m = 1.2 * (length_s - start_s) * how.speed_kn * KN_MPS, 0.0
    while gone_m < wanted_m:
        inset = rng.uniform(0.05, 0.35) * size
        (low_x, low_y), (high_x, high_y) = np.array([west, south]) + inset, np.array([east, north]) - inset
        for corner in ((low_x, low_y), (low_x, high_y), (high_x, high_y), (high_x, low_y)):
            line.append((float(corner[0]), float(corner[1])))
            gone_m += world.distance_m(line[-2], line[-1])
    way = world.Way(tuple(line), (300.0,) * (len(line) - 1))
    return Plan([motion.sail(way, how, rng, (False, False))], start_s, "EXERCISE PATROL")


def harbour_work(kind: Kind, length_s: float, rng: Generator) -> Plan:
    """A tug between berths and roads, idle in between."""
    ports = list(world.ports().values())
    port = ports[int(rng.integers(len(ports)))]
    how = handling(kind, rng)
    berth = motion.random_in(port.berth, rng)
    pieces = [motion.hold(berth, float(rng.uniform(0.2, 3)) * HOUR_S, rng)]
    while sum(p.length_s for p in pieces) < length_s:
        spot = motion.random_in(port.anchorage, rng)
        pieces.append(motion.sail(world.Way((berth, spot), (60.0,)), how, rng))
        pieces.append(motion.drift(spot, float(rng.uniform(10, 40)) * MINUTE_S, rng, speed_kn=0.4))
        pieces.append(motion.sail(world.Way((pieces[-1].end, berth), (60.0,)), how, rng))
        pieces.append(motion.hold(berth, float(rng.uniform(0.5, 4)) * HOUR_S, rng))
    return Plan(pieces, 0.0, "EXERCISE " + port.name.upper())


def outing(kind: Kind, length_s: float, rng: Generator) -> Plan:
    """A pleasure craft: moored, out for some hours in free water near the port, moored again."""
    ports = list(world.ports().values())
    port = ports[int(rng.integers(len(ports)))]
    how = handling(kind, rng)
    berth = motion.random_in(port.berth, rng)
    water = world.Disc(*world.node(port.node), 2_000.0)
    turns = [motion.random_in(water, rng) for _ in range(int(rng.integers(4, 11)))]
    line = (berth, world.node(port.node), *turns, world.node(port.node), berth)
    out = motion.sail(world.Way(line, (100.0,) * (len(line) - 1)), how, rng)
    plan = Plan([out], float(rng.uniform(0.0, 0.8)) * length_s, "EXERCISE OUTING")
    return padded(plan, length_s, rng, before=True, after=True)


def ordinary(kind: Kind, length_s: float, rng: Generator) -> tuple[Track, str]:
    """Track and destination of one ordinary ship; plans that miss the exercise are drawn anew."""
    while True:
        if kind.name in {"cargo", "tanker"}:
            plan = lying(length_s, rng) if motion.chance(rng, 0.22) else passage(kind, length_s, rng)
        else:
            plan = _OTHERS[kind.name](kind, length_s, rng)
        begins_s, ends_s = plan.start_s, plan.start_s + plan.length_s
        if begins_s < length_s - 10 * MINUTE_S and ends_s > 10 * MINUTE_S:
            return plan.track(length_s), plan.destination


_OTHERS: Final = {
    "ferry": ferry, "fishing": fishing, "patrol": patrol, "tug": harbour_work, "pleasure": outing, "pilot": outing,
}  # fmt: skip

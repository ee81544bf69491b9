"""Behaviours planted among the ordinary traffic, each with its label, and hard negatives that resemble them.

Planted: meetings at sea, loitering, visits to fictional zones, one MMSI used by two ships, silences switched on
board. Hard negatives: a pilot boarding, pair trawlers, a tow, neighbours in an anchorage; a detector that reports an
encounter for them raises a false alarm.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import shapely

from kizuna.base.units import HOUR_S, MINUTE_S
from kizuna.exercise import simulate_fleet as fleet
from kizuna.exercise import simulate_motion as motion
from kizuna.exercise import simulate_radio as radio
from kizuna.exercise import world, world_places
from kizuna.exercise.simulate_fleet import KINDS, Kind, Plan, Registry, Vessel
from kizuna.exercise.simulate_motion import STEP_S, Generator, Piece

REQUIRED: Final = "required"
ALLOWED: Final = "allowed"
FORBIDDEN: Final = "forbidden"
DELIBERATE: Final = "deliberate"
INNOCENT: Final = "innocent"
_WELL_HEARD: Final = 0.6
"""Share of messages heard ashore from which a place counts as well covered."""


@dataclass(frozen=True, slots=True)
class Label:
    """What was planted: the truth will be measured from the tracks around this interval (seconds).

    ``actors`` counts vessels. ``grade``: an event for it is required, allowed, or forbidden (a hard negative).
    """

    kind: str
    actors: tuple[int, ...]
    begin_s: float
    end_s: float
    intent: str
    cause: str
    grade: str = REQUIRED
    zone_id: str = ""


@dataclass(slots=True)
class Cast:
    """Vessels and labels so far; planting adds to both."""

    registry: Registry
    vessels: list[Vessel]
    labels: list[Label]
    length_s: float

    def add(self, kind: Kind, plan: Plan, rng: Generator, ais_class: str = "") -> int:
        """Enrol the ship that sails this plan; returns its number."""
        track = plan.track(self.length_s)
        self.vessels.append(self.registry.enrol(kind, track, plan.destination, rng, ais_class))
        return len(self.vessels) - 1


def _ends(rng: Generator) -> tuple[str, str]:
    """Two different gates or ports, as names of nodes."""
    nodes = [*world.gates(), *(p.node for p in world.ports().values())]
    first, second = rng.choice(len(nodes), 2, replace=False)
    return nodes[first], nodes[second]


def _site(rng: Generator, ais_class: str = "") -> tuple[str, world.Point]:
    """A site in open water, well heard for a class if one is given, and a random spot within 4 km of it."""
    names = [n for n in world.sites() if not ais_class or _share(world.node(n), ais_class) > _WELL_HEARD]
    name = names[int(rng.integers(len(names)))]
    return name, motion.random_in(world.Disc(*world.node(name), 4_000.0), rng)


def _share(point: world.Point, ais_class: str) -> float:
    return float(radio.ashore_share(np.array([point[0]]), np.array([point[1]]), ais_class)[0])


def _visit(kind: Kind, site: str, stay: list[Piece], stay_at_s: float, rng: Generator) -> Plan:
    """A ship that comes over the lanes to a site, does there what ``stay`` says from ``stay_at_s`` on, and leaves."""
    origin, target = _ends(rng)
    how = fleet.handling(kind, rng)
    coming = motion.sail(fleet.voyage(origin, site, rng).then(stay[0].start), how, rng, (False, True))
    going = motion.sail(fleet.voyage(site, target, rng).after(stay[-1].end), how, rng, (True, False))
    return Plan([coming, *stay, going], stay_at_s - coming.length_s, "EXERCISE SEA")


def meeting(cast: Cast, rng: Generator) -> None:
    """Two ships meet at sea, drift side by side for two to four hours below 2 kn, and part."""
    stay_s = float(rng.uniform(2.3, 4.0)) * HOUR_S
    lead_s, tail_s = rng.uniform(10, 40, 2) * MINUTE_S
    begin_s = float(rng.uniform(0.5 * HOUR_S, cast.length_s - stay_s - 0.5 * HOUR_S))
    site, spot = _site(rng, fleet.CLASS_B_CS if motion.chance(rng, 0.8) else "")  # some meet where nobody listens
    waiting = motion.drift(spot, lead_s + stay_s + tail_s, rng, speed_kn=float(rng.uniform(0.4, 1.0)))
    count = motion.count_of(stay_s)
    beside = motion.alongside(waiting, round(lead_s / STEP_S), count, rng, apart_m=float(rng.uniform(60, 220)))
    carrier = KINDS["tanker" if motion.chance(rng, 0.5) else "cargo"]
    guest = KINDS["fishing" if motion.chance(rng, 0.6) else "tanker"]
    a = cast.add(carrier, _visit(carrier, site, [waiting], begin_s - lead_s, rng), rng)
    b = cast.add(guest, _visit(guest, site, [beside], begin_s, rng), rng)
    cast.labels.append(Label("encounter", (a, b), begin_s, begin_s + stay_s, DELIBERATE, "transfer at sea"))


def loiter(cast: Cast, rng: Generator) -> None:
    """A merchant ship drifts far from shore for five to nine hours."""
    stay_s = float(rng.uniform(5.0, min(9.0, cast.length_s / HOUR_S - 1.0))) * HOUR_S
    begin_s = float(rng.uniform(0.5 * HOUR_S, cast.length_s - stay_s - 0.4 * HOUR_S))
    site = world_places.OFFSHORE_SITES[int(rng.integers(len(world_places.OFFSHORE_SITES)))]
    spot = motion.random_in(world.Disc(*world.node(site), 4_000.0), rng)
    drifting = motion.drift(spot, stay_s, rng, speed_kn=float(rng.uniform(0.2, 0.6)))
    kind = KINDS["cargo" if motion.chance(rng, 0.6) else "tanker"]
    a = cast.add(kind, _visit(kind, site, [drifting], begin_s, rng), rng)
    cast.labels.append(Label("loitering", (a,), begin_s, begin_s + stay_s, INNOCENT, "waiting for orders"))


_ZONE_GROUNDS: Final = {"ex-conservation-1": "okinawa_west", "ex-conservation-2": "northeast_bank"}


def poach(cast: Cast, rng: Generator) -> None:
    """A fishing vessel leaves its ground, works inside a conservation area for a while, and goes back."""
    zone = [z for z in world.zones() if z.zone_id in _ZONE_GROUNDS][int(rng.integers(2))]
    ground = shapely.Polygon(world_places.GROUNDS[_ZONE_GROUNDS[zone.zone_id]])
    kind = KINDS["fishing"]
    how = fleet.handling(kind, rng)
    stay_s = float(rng.uniform(1.2, 3.0)) * HOUR_S
    before_s = float(rng.uniform(0.1, 0.9)) * max(cast.length_s - stay_s - 2 * HOUR_S, HOUR_S)
    outside = ground.difference(zone.polygon.buffer(0.03)).buffer(-0.01)
    start = fleet.ground_point(outside, rng)
    work = motion.trawl(ground, start, before_s, rng, speed_kn=3.4)
    over = motion.sail(world.Way((work.end, fleet.ground_point(zone.polygon.buffer(-0.03), rng)), (100.0,)), how, rng)
    inside = motion.trawl(zone.polygon, over.end, stay_s, rng, speed_kn=3.2)
    back = motion.sail(world.Way((inside.end, fleet.ground_point(outside, rng)), (100.0,)), how, rng)
    after = motion.trawl(ground, back.end, cast.length_s, rng, speed_kn=3.4)
    a = cast.add(kind, Plan([work, over, inside, back, after], 0.0, "EXERCISE GROUND"), rng)
    begin_s = work.length_s + over.length_s
    cast.labels.append(Label("zone_visit", (a,), begin_s, begin_s + inside.length_s, DELIBERATE, "fishing inside",
                             zone_id=zone.zone_id))  # fmt: skip


def claim_visit(cast: Cast, rng: Generator) -> None:
    """A patrol vessel comes to the water that two parties claim, stays an hour or two, and leaves."""
    kind = KINDS["patrol"]
    stay_s = float(rng.uniform(0.8, 2.0)) * HOUR_S
    begin_s = float(rng.uniform(0.5 * HOUR_S, max(cast.length_s - stay_s - 0.5 * HOUR_S, 0.6 * HOUR_S)))
    spot = motion.random_in(world.Disc(*world.node("site_okinawa_e"), 3_000.0), rng)
    showing = motion.drift(spot, stay_s, rng, speed_kn=float(rng.uniform(2.5, 4.0)))
    a = cast.add(kind, _visit(kind, "site_okinawa_e", [showing], begin_s, rng), rng)
    for zone_id in ("ex-claim-a", "ex-claim-b"):
        cast.labels.append(Label("zone_visit", (a,), begin_s, begin_s + stay_s, INNOCENT, "presence", zone_id=zone_id))


def shared_mmsi(cast: Cast, rng: Generator) -> None:
    """Two fishing vessels far apart use one MMSI all day."""
    kind = KINDS["fishing"]
    pair = []
    for name in ("strait_centre", "okinawa_west"):
        ground = shapely.Polygon(world_places.GROUNDS[name])
        spot = fleet.ground_point(ground, rng)
        plan = Plan([motion.trawl(ground, spot, cast.length_s, rng, speed_kn=3.3)], 0.0, "EXERCISE GROUND")
        pair.append(cast.add(kind, plan, rng, fleet.CLASS_A))
    first, second = pair
    cast.vessels[second] = replace(cast.vessels[second], mmsi=cast.vessels[first].mmsi)
    cast.labels.append(Label("shared_mmsi", (first, second), 0.0, cast.length_s, DELIBERATE, "one number, two ships"))


def pilot(cast: Cast, rng: Generator) -> None:
    """Hard negative: a pilot boat runs beside an arriving ship for some minutes at her speed."""
    far = [p for p in world.ports().values() if world.distance_m(world.node(p.node), p.berth.centre) > 9_000.0]  # noqa: PLR2004
    port = far[int(rng.integers(len(far)))]
    gate = world.gates()[int(rng.integers(len(world.gates())))]
    ship, boat = KINDS["cargo"], KINDS["pilot"]
    berth = motion.random_in(port.berth, rng)
    arrival = motion.sail(fleet.voyage(gate, port.node, rng).then(berth), fleet.handling(ship, rng), rng, (False, True))
    node = np.array(world.node(port.node))
    nearest = int(np.argmin(np.hypot(arrival.lon_deg - node[0], arrival.lat_deg - node[1])))
    count = motion.count_of(float(rng.uniform(8, 14)) * MINUTE_S)
    beside = motion.alongside(arrival, nearest, count, rng, apart_m=40.0)
    how = fleet.handling(boat, rng)
    base = motion.random_in(port.berth, rng)
    out = motion.sail(world.Way((base, beside.start), (80.0,)), how, rng, (True, False))
    home = motion.sail(world.Way((beside.end, base), (80.0,)), how, rng, (False, True))
    begin_s = float(rng.uniform(0.15, 0.8)) * cast.length_s
    moored = motion.hold(berth, cast.length_s, rng)
    a = cast.add(ship, Plan([arrival, moored], begin_s - nearest * STEP_S, f"EXERCISE {port.name.upper()}"), rng)
    errand = Plan([out, beside, home], begin_s - out.length_s, "EXERCISE PILOT")
    b = cast.add(boat, fleet.padded(errand, cast.length_s, rng, before=True, after=True), rng)
    end_s = begin_s + count * STEP_S
    cast.labels.append(Label("encounter", (a, b), begin_s, end_s, INNOCENT, "pilot boarding", FORBIDDEN))


def pair_trawl(cast: Cast, rng: Generator) -> None:
    """Hard negative: two trawlers tow one net 350 m apart all day, above 2 kn but while hauling."""
    choice = fleet.grounds()
    ground = choice[int(rng.integers(len(choice)))]
    first = motion.trawl(ground, fleet.ground_point(ground, rng), cast.length_s, rng, speed_kn=3.6)
    kind = KINDS["fishing"]
    a = cast.add(kind, Plan([first], 0.0, "EXERCISE GROUND"), rng)
    b = cast.add(kind, Plan([motion.abreast(first, float(rng.uniform(300, 400)))], 0.0, "EXERCISE GROUND"), rng)
    cast.labels.append(Label("encounter", (a, b), 0.0, cast.length_s, INNOCENT, "pair trawling", FORBIDDEN))


def tow(cast: Cast, rng: Generator) -> None:
    """Hard negative: a tug tows a craft with a transponder of its own along the lanes."""
    origin, target = _ends(rng)
    kind = KINDS["tug"]
    how = fleet.handling(kind, rng)._replace(speed_kn=float(rng.uniform(4.5, 6.0)))
    towing = motion.sail(fleet.voyage(origin, target, rng), how, rng, (False, False))
    start_s = float(rng.uniform(-0.5, 0.0)) * max(towing.length_s - cast.length_s, 0.0)
    a = cast.add(kind, Plan([towing], start_s, "EXERCISE TOW"), rng)
    lag_s = float(rng.uniform(300, 450)) / (how.speed_kn * 0.514)
    b = cast.add(kind, Plan([motion.behind(towing, lag_s)], start_s, "EXERCISE TOW"), rng, fleet.CLASS_B_CS)
    end_s = min(cast.length_s, start_s + towing.length_s)
    cast.labels.append(Label("encounter", (a, b), 0.0, end_s, INNOCENT, "tow", FORBIDDEN))


def neighbours(cast: Cast, rng: Generator) -> None:
    """Hard negative: two ships at anchor some hundred metres apart in a port's roads all day."""
    ports = [p for p in world.ports().values() if p.anchorage.radius_m >= 1_500.0]  # noqa: PLR2004
    port = ports[int(rng.integers(len(ports)))]
    spot = motion.random_in(replace(port.anchorage, radius_m=port.anchorage.radius_m - 700.0), rng)
    pair = []
    for place in (spot, motion.shifted(spot, float(rng.uniform(300, 420)), 0.0)):
        lying = motion.hold(place, cast.length_s, rng, swing_m=70.0)
        pair.append(cast.add(KINDS["cargo"], Plan([lying], 0.0, f"EXERCISE {port.name.upper()}"), rng))
    cast.labels.append(Label("encounter", tuple(pair), 0.0, cast.length_s, INNOCENT, "anchorage neighbours", FORBIDDEN))


PLANTS: Final[dict[str, tuple[Callable[[Cast, Generator], None], int, float]]] = {
    # name in the scenario: planting, vessels it takes, hours that an exercise must last for it
    "encounters": (meeting, 2, 5.5), "loiterings": (loiter, 1, 7.0), "poachings": (poach, 1, 4.5),
    "claim_visits": (claim_visit, 1, 3.0), "shared_mmsis": (shared_mmsi, 2, 0.0), "pilots": (pilot, 2, 1.5),
    "pair_trawls": (pair_trawl, 2, 0.0), "tows": (tow, 2, 0.0), "neighbours": (neighbours, 2, 0.0),
}  # fmt: skip


def silence(cast: Cast, wanted: int, shortest_s: float, rng: Generator) -> None:
    """Switch off the transponders of ordinary ships for 7 to 11 hours, where they are heard before and after."""
    if cast.length_s < shortest_s * 1.2 + 2 * HOUR_S:
        return
    taken = {actor for label in cast.labels for actor in label.actors}
    order = rng.permutation(len(cast.vessels))
    left = wanted
    for number in order:
        vessel = cast.vessels[number]
        if left == 0:
            break
        if number in taken or vessel.kind not in {"cargo", "tanker", "fishing"} or np.median(vessel.track.sog_kn) < 1.0:
            continue
        span = _quiet_span(vessel, shortest_s, rng)
        if span is not None:
            cast.vessels[number] = replace(vessel, silent_s=(span,))
            cast.labels.append(Label("gap", (int(number),), *span, DELIBERATE, "transponder off"))
            left -= 1


def _quiet_span(vessel: Vessel, shortest_s: float, rng: Generator) -> tuple[float, float] | None:
    """A span before and after which the ship is well heard; None where a few draws find none."""
    track = vessel.track
    begin_s, end_s = track.first * STEP_S, (track.first + len(track) - 1) * STEP_S
    for _ in range(12):
        length_s = float(rng.uniform(1.15, 1.8)) * shortest_s
        if end_s - begin_s < length_s + 2 * HOUR_S:
            return None
        start_s = float(rng.uniform(begin_s + HOUR_S, end_s - HOUR_S - length_s))
        margins = np.array([-40.0, -1.0, 1.0, 40.0]) * MINUTE_S
        around = start_s + np.array([0.0, 0.0, length_s, length_s]) + margins
        at = (around / STEP_S - track.first).astype(np.int64)
        if track.sog_kn[at].min() < 1.0:
            continue  # at a berth or at anchor nobody minds
        if radio.ashore_share(track.lon_deg[at], track.lat_deg[at], vessel.ais_class).min() > _WELL_HEARD:
            return start_s, start_s + length_s
    return None

"""A finished exercise of several parties, and what each of them alone gets of it while it is played.

``simulate_region`` gives the region; ``feed(party)`` gives piece by piece the sentences that the party's own receivers
heard, the contacts that its own sensors saw, and the calls that its own watch heard, all by one clock: milliseconds
since the start. The truth stays with the region: whose contact was which ship, where the boat really was.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

import numpy as np

from kizuna.base.units import HOUR_S, MINUTE_S, SECOND_MS
from kizuna.exercise import simulate_radio as radio
from kizuna.exercise import world
from kizuna.exercise.nmea_encode import Floats, Ints
from kizuna.exercise.region.hearing import RegionActors
from kizuna.exercise.region.parties import Parties, Party
from kizuna.exercise.region.watch import Sighting, sightings
from kizuna.exercise.simulate import Playback, Scenario, Simulation, simulate
from kizuna.exercise.simulate_motion import STEP_S

_HEAD: Final = "timestamp,lat,lon,sensor,scene_id,ref,accuracy_m,length_m,context"
_TRUTH_EVERY_S: Final = MINUTE_S
_CALL_M: Final = 3_000.0
"""How far off the position in a spoken call is: somebody read it from the sea around."""


@dataclass(frozen=True, slots=True)
class RegionPlan:
    """What to simulate: the cast, the traffic around it, and how much of it lies before the play."""

    cast: Parties
    vessels: int = 300
    before_h: float = 12.0
    ahead_h: float = 12.0
    start_ms: int = 0

    @property
    def play_s(self) -> float:
        """When the play begins, from the start."""
        return self.before_h * HOUR_S

    @property
    def scenario(self) -> Scenario:
        """The traffic."""
        plain = Scenario(exercise_id=self.cast.exercise_id, vessels=self.vessels, hours=self.before_h + self.ahead_h)
        return replace(plain, start_ms=self.start_ms) if self.start_ms else plain


@dataclass(frozen=True, slots=True)
class Call:
    """A call for help as one watch heard it: words by language, and about where."""

    time_ms: int
    party: str
    words: Mapping[str, str]
    lon_deg: float
    lat_deg: float
    persons: int


@dataclass(frozen=True, slots=True)
class Adrift:
    """The boat in truth: her number, identity, and where she was each minute from the failure of her engine on."""

    vessel: int
    mmsi: int
    name: str
    time_ms: Ints
    lon_deg: Floats
    lat_deg: Floats


@dataclass(frozen=True, slots=True)
class Region:
    """The exercise. ``rows``: numbers of receptions by party; ``ships``: number of each patrol ship by receiver."""

    plan: RegionPlan
    seed: int
    simulation: Simulation
    rows: Mapping[str, Ints]
    sightings: tuple[Sighting, ...]
    call: Call
    adrift: Adrift
    ships: Mapping[str, int]

    def feed(self, party: str) -> Feed:
        """What one party gets. Raises KeyError."""
        seen = tuple(s for s in self.sightings if s.party == party)
        calls = (self.call,) if self.call.party == party else ()
        return Feed(self, self.plan.cast.party(party), self.simulation.playback(), self.rows[party], seen, calls)

    def at(self, start_ms: int) -> Region:
        """The same exercise at another date."""
        plan = replace(self.plan, start_ms=start_ms)
        return replace(self, plan=plan, simulation=replace(self.simulation, scenario=plan.scenario))

    def truth_json(self) -> bytes:
        """The truth: MMSI by contact (0: a ship without AIS by then, -1: a false alarm) and the boat's way."""
        vessels, scenario = self.simulation.vessels, self.simulation.scenario
        boat = self.adrift
        silent_ms = (self.plan.play_s + self.plan.cast.distress.silent_min * MINUTE_S) * SECOND_MS
        contacts = {
            s.ref: s.vessel if s.vessel < 0
            else 0 if s.vessel == boat.vessel and s.time_ms >= silent_ms else vessels[s.vessel].mmsi
            for s in self.sightings
        }  # fmt: skip
        way = [[scenario.start_ms + int(t), round(float(lon), 6), round(float(lat), 6)]
               for t, lon, lat in zip(boat.time_ms, boat.lon_deg, boat.lat_deg, strict=True)]  # fmt: skip
        return (json.dumps({
            "exercise": scenario.exercise_id, "context": scenario.context, "seed": self.seed,
            "ships": {name: vessels[n].mmsi for name, n in self.ships.items()}, "contacts": contacts,
            "boat": {"mmsi": boat.mmsi, "name": boat.name, "way": way},
            "call": {"time_ms": scenario.start_ms + self.call.time_ms, "party": self.call.party},
        }, indent=1) + "\n").encode()  # fmt: skip


@dataclass(frozen=True, slots=True)
class Feed:
    """What one party's own actors give it."""

    region: Region
    party: Party
    playback: Playback
    rows: Ints
    seen: tuple[Sighting, ...]
    calls: tuple[Call, ...]

    def mark(self, time_ms: int) -> bytes:
        """The sentence that says that nothing of this is real."""
        return self.playback.mark(time_ms)

    def lines(self, begin_ms: int, end_ms: int) -> bytes:
        """Sentences that its receivers heard in [begin, end)."""
        times = self.region.simulation.heard.time_ms
        first, last = np.searchsorted(times[self.rows], [begin_ms, end_ms])
        return self.playback.of(self.rows[first:last])

    def contacts(self, begin_ms: int, end_ms: int) -> dict[str, bytes]:
        """Contacts of [begin, end) by actor, as CSV in the documented form."""
        found: dict[str, list[str]] = {}
        scenario = self.region.simulation.scenario
        for s in self.seen:
            if begin_ms <= s.time_ms < end_ms:
                when = _iso(scenario.start_ms + s.time_ms)
                found.setdefault(s.actor, [_HEAD]).append(
                    f"{when},{s.lat_deg:.6f},{s.lon_deg:.6f},{s.sensor},{s.ref.rpartition('/')[0]},{s.ref},"
                    f"{s.accuracy_m:g},{s.length_m:.0f},{scenario.context}"
                )
        return {actor: ("\n".join(rows) + "\n").encode() for actor, rows in found.items()}

    def heard_calls(self, begin_ms: int, end_ms: int) -> tuple[Call, ...]:
        """Calls that its watch heard in [begin, end)."""
        return tuple(c for c in self.calls if begin_ms <= c.time_ms < end_ms)


def simulate_region(plan: RegionPlan, seed: int, progress: Callable[[float], None] = lambda _: None) -> Region:
    """Simulate it. The same plan and seed give the same bytes for every party."""
    actors = RegionActors(plan.cast, plan.play_s)
    simulation = simulate(plan.scenario, seed, lambda share: progress(0.8 * share), actors)
    names = (*radio.station_names(), *(name for name, _ in simulation.receivers))
    rows = {
        p.id: np.flatnonzero(np.isin(simulation.heard.station, [names.index(n) for n in p.own]))
        for p in plan.cast.parties
    }
    seen = sightings(simulation, plan.cast, plan.play_s, seed)
    progress(1.0)
    adrift = _adrift(simulation, plan, actors.boat)
    return Region(plan, seed, simulation, rows, seen, _call(plan, adrift, seed), adrift, dict(actors.ships))


def _adrift(simulation: Simulation, plan: RegionPlan, number: int) -> Adrift:
    vessel = simulation.vessels[number]
    track = vessel.track
    engine_s = plan.play_s + plan.cast.distress.engine_min * MINUTE_S
    last_s = (track.first + len(track) - 1) * STEP_S
    time_s = np.arange(engine_s, last_s, _TRUTH_EVERY_S)
    lon, lat = (np.interp(time_s, track.time_s, v) for v in (track.lon_deg, track.lat_deg))
    return Adrift(number, vessel.mmsi, vessel.name, np.rint(time_s * SECOND_MS).astype(np.int64), lon, lat)


def _call(plan: RegionPlan, boat: Adrift, seed: int) -> Call:
    """The call, with a position that is some kilometres off the truth."""
    d = plan.cast.distress
    time_ms = round((plan.play_s + d.call_min * MINUTE_S) * SECOND_MS)
    lon, lat = (float(np.interp(time_ms, boat.time_ms, v)) for v in (boat.lon_deg, boat.lat_deg))
    rng = np.random.default_rng([seed, 0x4D41594441])
    lon, lat, _ = world.GEOD.fwd(lon, lat, float(rng.uniform(0, 360)), float(rng.uniform(0.5, 1.0)) * _CALL_M)
    return Call(time_ms, d.heard_by, d.heard_as, round(lon, 3), round(lat, 3), d.persons)


def _iso(time_ms: int) -> str:
    moment = datetime.fromtimestamp(time_ms / SECOND_MS, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

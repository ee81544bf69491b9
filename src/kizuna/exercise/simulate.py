"""One day of simulated traffic around Taiwan, Okinawa and the East China Sea, with known truth; always EXERCISE.

``simulate(scenario, seed)`` draws a fleet, lets it sail, sends its AIS messages through receivers that lose some of
them, and gives the sentences in order of time beside the truth. The same scenario and seed give the same bytes with
the same version of NumPy; nothing reads a clock. It imports no decoder, detector or kernel, so that what they find
in its output proves something.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

import numpy as np

from kizuna.base.errors import ConfigError
from kizuna.base.table import Table
from kizuna.base.units import HOUR_S, MINUTE_MS, SECOND_MS
from kizuna.exercise import behaviour, world, world_places
from kizuna.exercise import nmea_encode as nmea
from kizuna.exercise import simulate_fleet as fleet
from kizuna.exercise import simulate_radio as radio
from kizuna.exercise import truth as truths
from kizuna.exercise.simulate_fleet import Vessel
from kizuna.exercise.simulate_plant import PLANTS, Cast, Label, silence
from kizuna.exercise.simulate_ports import PORT_PLANTS
from kizuna.records import context

_START_MS: Final = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp()) * SECOND_MS
_MARK_EVERY_MS: Final = 10 * MINUTE_MS
_CHUNK: Final = 20_000
"""Receptions encoded at a time: about 2 MB of text, some 30 MB of work arrays."""
_AT_STRENGTH: Final = 600
"""Vessels for which a scenario's numbers of plants are meant; smaller fleets get fewer, at least one of each."""
_LEAST_VESSELS: Final = 16
_LONGEST_ID: Final = 32
"""So that the sentence with the mark keeps within the 82 characters of NMEA 0183."""
_LONGEST_H: Final = 7 * 24.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """What to simulate. Numbers of plants hold for 600 vessels and shrink with the fleet.

    ``thin_s`` keeps no more than one position report per ship in so many seconds (0: all that M.1371 asks for).
    ``gap_h`` is the length from which a silence is a gap. ``port_calls`` and ``port_waits`` plant ships for the scoring
    of port visits beside the calls of ordinary traffic; none by default, so that older exercises stay as they were.
    """

    exercise_id: str = "kizuna-demo"
    start_ms: int = _START_MS
    hours: float = 24.0
    vessels: int = 600
    thin_s: float = 30.0
    gap_h: float = 6.0
    gaps: int = 10
    encounters: int = 8
    loiterings: int = 6
    poachings: int = 5
    claim_visits: int = 3
    shared_mmsis: int = 1
    pilots: int = 5
    pair_trawls: int = 4
    tows: int = 2
    neighbours: int = 4
    outages: int = 2
    port_calls: int = 0
    port_waits: int = 0

    def __post_init__(self) -> None:
        """Raise ConfigError for values that make no exercise."""
        context.check(self.context)
        if len(self.exercise_id) > _LONGEST_ID:
            raise ConfigError("exercise_id too long", where="scenario", hint=f"at most {_LONGEST_ID} characters")
        if not 0.5 <= self.hours <= _LONGEST_H:  # noqa: PLR2004
            raise ConfigError(f"hours {self.hours}", where="scenario", hint=f"0.5 to {_LONGEST_H:g}")
        if self.vessels < _LEAST_VESSELS:
            raise ConfigError(f"{self.vessels} vessels", where="scenario", hint=f"at least {_LEAST_VESSELS}")
        if self.thin_s < 0:
            raise ConfigError(f"thin_s {self.thin_s}", where="scenario", hint="0 or more seconds")

    @property
    def context(self) -> str:
        """Context of every statement of this exercise."""
        return f"exercise:{self.exercise_id}"

    @property
    def length_s(self) -> float:
        """Length in seconds."""
        return self.hours * HOUR_S


class Actors(Protocol):
    """What an exercise of several parties adds to the traffic: ships of its own, and receivers that may move."""

    @property
    def receivers(self) -> tuple[tuple[str, str], ...]:
        """Name (six characters) and owner of each receiver beside those of the world."""
        ...

    def enter(self, cast: Cast, rng: np.random.Generator) -> None:
        """Add ships, behind all others."""
        ...

    def hear(
        self, sent: radio.Sent, weak: radio.Array, vessels: Sequence[Vessel], rng: np.random.Generator
    ) -> radio.Heard:
        """What those receivers heard; their numbers count on from the world's."""
        ...


@dataclass(frozen=True, slots=True)
class Simulation:
    """A finished simulation: vessels with true tracks, what was sent, what was heard, and the truth."""

    scenario: Scenario
    seed: int
    vessels: tuple[Vessel, ...]
    labels: tuple[Label, ...]
    sent: radio.Sent
    heard: radio.Heard
    truth: Table
    receivers: tuple[tuple[str, str], ...] = ()
    """Name and owner of receivers beside those of the world."""

    @property
    def file_name(self) -> str:
        """Name for the file of sentences; it says ``exercise``."""
        return f"exercise-{self.scenario.exercise_id}-seed{self.seed}.nmea"

    def nmea_chunks(self) -> Iterator[bytes]:
        """The sentences in order of time, with the exercise marked at the start and every ten minutes."""
        ships = _ships(self.vessels)
        next_mark_ms = 0
        for begin in range(0, max(len(self.heard), 1), _CHUNK):
            rows = np.arange(begin, min(begin + _CHUNK, len(self.heard)))
            while len(rows) or next_mark_ms == 0:
                before = int(np.searchsorted(self.heard.time_ms[rows], next_mark_ms))
                if before:
                    yield _encoded(self, ships, rows[:before])
                if before == len(rows) and next_mark_ms > 0:
                    break
                yield self._mark(next_mark_ms)
                rows, next_mark_ms = rows[before:], next_mark_ms + _MARK_EVERY_MS

    def _mark(self, time_ms: int) -> bytes:
        text = f"EXERCISE {self.scenario.exercise_id} SIMULATED NOT REAL"
        return nmea.comment(text, "EXERCISE", (self.scenario.start_ms + time_ms) // SECOND_MS)

    def playback(self) -> Playback:
        """The same sentences piece by piece, for playing them live."""
        return Playback(self, _ships(self.vessels))

    def truth_json(self) -> bytes:
        """The truth and the scenario as JSON."""
        return truths.to_json(self.truth, {
            "exercise": self.scenario.exercise_id, "context": self.scenario.context, "seed": self.seed,
            "scenario": asdict(self.scenario), "counts": self.counts(),
        })  # fmt: skip

    def counts(self) -> dict[str, int]:
        """How many vessels, messages sent, receptions and labels."""
        vessels, truth = len(self.vessels), len(self.truth)
        return {"vessels": vessels, "sent": len(self.sent), "heard": len(self.heard), "truth": truth}


@dataclass(frozen=True, slots=True)
class Playback:
    """The sentences of a simulation by their time, counted in milliseconds from its start."""

    simulation: Simulation
    ships: nmea.Ship

    def mark(self, time_ms: int) -> bytes:
        """The sentence that says that nothing of this is real; at the start of each stream and now and then."""
        return self.simulation._mark(time_ms)  # noqa: SLF001  one module

    def between(self, begin_ms: int, end_ms: int) -> bytes:
        """What was heard in [begin, end), in order of time."""
        first, last = np.searchsorted(self.simulation.heard.time_ms, [begin_ms, end_ms])
        return self.of(np.arange(first, last))

    def of(self, rows: nmea.Ints) -> bytes:
        """Sentences of some receptions, given by their numbers in order."""
        return _encoded(self.simulation, self.ships, rows) if len(rows) else b""


def simulate(
    scenario: Scenario, seed: int, progress: Callable[[float], None] = lambda _: None, actors: Actors | None = None
) -> Simulation:
    """Simulate a scenario. ``progress`` is called with the share done; ``seed`` is any non-negative integer."""
    root = np.random.SeedSequence([seed, 0x4B495A55])
    cast_seed, motion_seed, radio_seed, air_seed, actor_seed, ear_seed = root.spawn(6)
    cast = _cast(scenario, np.random.default_rng(cast_seed), motion_seed, progress)
    if actors is not None:
        actors.enter(cast, np.random.default_rng(actor_seed))
    air = np.random.default_rng(air_seed)
    passes = radio.satellite_passes(scenario.length_s, air)
    blocks = radio.fixed_stations(scenario.length_s, air, scenario.thin_s)
    for number, (vessel, ship_seed) in enumerate(zip(cast.vessels, radio_seed.spawn(len(cast.vessels)), strict=True)):
        blocks += radio.reports(vessel, number, np.random.default_rng(ship_seed), scenario.thin_s, passes)
        progress(0.55 + 0.2 * number / len(cast.vessels))
    sent = radio.gathered(blocks)
    weak = np.array([v.ais_class != fleet.CLASS_A for v in cast.vessels])
    heard = radio.receive(sent, weak, air, passes, radio.outages(scenario.outages, scenario.length_s, air))
    receivers = () if actors is None else actors.receivers
    if actors is not None:
        heard = radio.together(heard, actors.hear(sent, weak, cast.vessels, np.random.default_rng(ear_seed)))
    progress(0.9)
    owners = (*radio.station_owners(), *(owner for _, owner in receivers))
    reports = _reports(sent, heard, len(cast.vessels), owners)
    rows = behaviour.measure(cast.vessels, cast.labels, reports.time_ms, scenario.length_s, scenario.gap_h * HOUR_S)
    truth = truths.table(rows, cast.vessels, reports, scenario.start_ms, scenario.context)
    progress(1.0)
    return Simulation(scenario, seed, tuple(cast.vessels), tuple(cast.labels), sent, heard, truth, receivers)


def _cast(
    scenario: Scenario, rng: np.random.Generator, motion_seed: np.random.SeedSequence, progress: Callable[[float], None]
) -> Cast:
    """Planted ships first, then ordinary ones up to the wanted number, then silences among these."""
    cast = Cast(fleet.Registry(), [], [], scenario.length_s)
    scale = min(1.0, scenario.vessels / _AT_STRENGTH)
    for name, (plant, _, least_h) in (PLANTS | PORT_PLANTS).items():
        wanted = getattr(scenario, name)
        count = max(1, round(wanted * scale)) if wanted else 0
        for _ in range(count if scenario.hours >= least_h else 0):
            plant(cast, rng)
    left = max(0, scenario.vessels - len(cast.vessels))
    shares = np.array([k.share for k in fleet.KINDS.values()])
    kinds = rng.choice(list(fleet.KINDS), left, p=shares / shares.sum())
    for number, (name, seed) in enumerate(zip(kinds, motion_seed.spawn(left), strict=True)):
        kind = fleet.KINDS[str(name)]
        own = np.random.default_rng(seed)
        track, destination = fleet.ordinary(kind, scenario.length_s, own)
        cast.vessels.append(cast.registry.enrol(kind, track, destination, own))
        progress(0.05 + 0.5 * number / left)
    gaps = max(1, round(scenario.gaps * scale)) if scenario.gaps else 0
    silence(cast, gaps, scenario.gap_h * HOUR_S, rng)
    return cast


def _reports(sent: radio.Sent, heard: radio.Heard, vessels: int, owners: Sequence[str]) -> truths.Reports:
    """Heard position reports by vessel."""
    names = tuple(sorted(set(owners)))
    owner_of = np.array([names.index(o) for o in owners], np.int8)
    position = np.isin(sent["msg_type"][heard.message], (1, 3, 18, 27))
    message = heard.message[position]
    sender, time_ms = sent["sender"][message], sent["time_ms"][message]
    order = np.lexsort((time_ms, sender))
    cuts = np.searchsorted(sender[order], np.arange(1, vessels))
    owner = owner_of[heard.station[position][order]]
    return truths.Reports(tuple(np.split(time_ms[order], cuts)), tuple(np.split(owner, cuts)), names)


def _ships(vessels: tuple[Vessel, ...]) -> nmea.Ship:
    """Static data of all vessels."""

    def ints(values: list[int]) -> nmea.Ints:
        return np.array(values, np.int64)

    half = [max(2, v.length_m // 5) for v in vessels]
    return nmea.Ship(
        ints([v.mmsi for v in vessels]), ints([v.imo for v in vessels]),
        nmea.text_codes([v.callsign for v in vessels], 7), nmea.text_codes([v.name for v in vessels], 20),
        ints([v.ship_type for v in vessels]), ints([v.length_m - h for v, h in zip(vessels, half, strict=True)]),
        ints(half), ints([v.beam_m // 2 for v in vessels]), ints([v.beam_m - v.beam_m // 2 for v in vessels]),
        np.array([v.draught_m for v in vessels]), nmea.text_codes([v.destination for v in vessels], 20),
    )  # fmt: skip


def _encoded(simulation: Simulation, ships: nmea.Ship, rows: nmea.Ints) -> bytes:
    """Sentences of some receptions."""
    sent, heard = simulation.sent, simulation.heard
    message = heard.message[rows]
    kinds = sent["msg_type"][message]
    start_ms = simulation.scenario.start_ms
    time_s = (heard.time_ms[rows] + start_ms) // SECOND_MS
    stations = (*radio.station_names(), *(name for name, _ in simulation.receivers))
    names = np.array([list(n.encode()) for n in stations], np.uint8)
    blocks, places = [], []
    for kind in np.unique(kinds):
        at = np.flatnonzero(kinds == kind)
        chosen = message[at]
        payloads = _payloads(int(kind), sent, chosen, ships, start_ms)
        blocks.append(nmea.sentences(payloads, nmea.Heard(
            names[heard.station[rows[at]]], time_s[at], np.where(chosen % 2, ord("B"), ord("A")).astype(np.uint8),
            rows[at] % 10, rows[at] % 10_000,
        )))  # fmt: skip
        places.append(at)
    return nmea.joined(blocks, places)


def _payloads(kind: int, sent: radio.Sent, chosen: nmea.Ints, ships: nmea.Ship, start_ms: int) -> nmea.Payloads:
    """Payloads of messages of one type."""
    sender = sent["sender"][chosen].astype(np.int64)
    lon_deg, lat_deg = sent["lon_deg"][chosen], sent["lat_deg"][chosen]
    utc_s = (sent["time_ms"][chosen] + start_ms) // SECOND_MS
    if kind == radio.BASE:
        return nmea.base_station(4_910_001 + sender, _calendar(utc_s), lon_deg, lat_deg)
    if kind == radio.AID:
        return nmea.aid_to_navigation(_aids(sender, lon_deg, lat_deg))
    own = nmea.Ship._make(column[sender] for column in ships)
    if kind in _STATIC:
        return _STATIC[kind](own)
    fix = nmea.Fixes(
        own.mmsi, lon_deg, lat_deg, sent["sog_kn"][chosen], sent["cog_deg"][chosen], sent["heading_deg"][chosen],
        sent["rot_dpm"][chosen], sent["nav_status"][chosen].astype(np.int64), utc_s % 60, (sender % 2),
    )  # fmt: skip
    radio_bits = (sent["time_ms"][chosen] * 2_654_435_761 >> 7) & 0x7FFFF
    if kind == 18:  # noqa: PLR2004
        carrier_sense = sent["carrier_sense"][chosen].astype(np.int64)
        return nmea.position_b(fix, carrier_sense, np.where(carrier_sense == 1, 393_222, radio_bits))
    return nmea.long_range(fix) if kind == radio.LONG_RANGE else nmea.position_a(fix, kind, radio_bits)


_STATIC: Final = {5: nmea.static_a, 24: nmea.static_b_name, radio.PART_B: nmea.static_b_data}


def _aids(sender: nmea.Ints, lon_deg: nmea.Floats, lat_deg: nmea.Floats) -> nmea.Aids:
    names = nmea.text_codes([a[0] for a in world_places.AIDS], 20)
    kinds, virtual = (np.array([a[i] for a in world_places.AIDS], np.int64) for i in (3, 4))
    mmsi = 994_911_001 + sender + np.where(virtual[sender] == 1, 5_000, 0)  # 6xxx: virtual aids (M.585)
    return nmea.Aids(mmsi, kinds[sender], names[sender], lon_deg, lat_deg, np.full(len(sender), 60), virtual[sender])


def _calendar(utc_s: nmea.Ints) -> list[nmea.Ints]:
    """Year, month, day, hour, minute and second of UTC times."""
    moment = utc_s.astype("datetime64[s]")
    year = moment.astype("datetime64[Y]")
    month = moment.astype("datetime64[M]")
    day = moment.astype("datetime64[D]")
    second = utc_s % 86_400
    return [
        year.astype(np.int64) + 1970, (month - year).astype(np.int64) + 1, (day - month).astype(np.int64) + 1,
        second // 3600, second // 60 % 60, second % 60,
    ]  # fmt: skip


def zones_geojson() -> bytes:
    """The fictional zones of the exercise as GeoJSON."""
    return world.zones_geojson()

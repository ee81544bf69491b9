"""What is sent and what is heard: report intervals, measuring noise, receivers and their losses.

Report intervals follow ITU-R M.1371-5, annex 1, table 1 (class A and B) and annex 4 (long range). ``thin_s`` widens
them, as an archive does that keeps no more than one report in so many seconds; 0 gives the air as it is.

Reception is a plain model: the share of messages heard falls with distance as a logistic curve that passes one half
at the receiver's range, which for class B is shorter by a factor of 1.6 (2 W instead of 12.5 W). Weather, ducting and
slot collisions beyond a constant loss are not modelled. A satellite hears long-range reports during passes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kizuna.base.units import HOUR_S, MINUTE_S, SECOND_MS
from kizuna.exercise import simulate_motion as motion
from kizuna.exercise import world, world_places
from kizuna.exercise.simulate_fleet import CLASS_A, CLASS_B_CS, Span, Vessel
from kizuna.exercise.simulate_motion import STEP_S, Floats, Generator

Array = npt.NDArray[Any]
Ints = npt.NDArray[np.int64]
Block = dict[str, Array]
"""Some messages as a mapping of ``COLUMNS``."""
Spans = Sequence[Span]
"""Half-open spans of time in seconds since the start."""

CLASS_B_REACH: Final = 1 / 1.6
HEARD_NEAR: Final = 0.95
"""Share of messages heard close to a receiver; the rest is lost to slot collisions."""
EDGE: Final = 0.10
"""Width of the logistic edge as a share of the range."""
_LATENCY_S: Final = 0.4
_TURNING_DPM: Final = 10.0
"""5 degrees in 30 seconds, from which M.1371 asks for more reports; as a rate of turn."""
_REST_KN: Final = 3.0
_SPEEDS_A_KN: Final = (14.0, 23.0)
_SPEEDS_B_KN: Final = (2.0, 14.0, 23.0)
"""Speeds up to which, not including more, an interval of table 1 holds."""
_LONG_RANGE_S: Final = 180.0
_COVERED: Final = 0.1
"""A ship with a base station in reach sends no long-range reports; taken as this chance of being heard ashore."""
_SATELLITE_SHARE: Final = {27: 0.55, 1: 0.06, 3: 0.06, 18: 0.015}
"""Share of messages that a satellite hears by type: its footprint holds thousands of ships that talk at once, which
long-range reports avoid by their own channels."""
_PASS_S: Final = 11 * MINUTE_S
_PASS_EVERY_S: Final = 97 * MINUTE_S
_SATELLITES: Final = 4
STATIC_S: Final = 6 * MINUTE_S
_BASE_S: Final = 10.0
_AID_S: Final = 180.0
_NO_COMPASS_M: Final = 15
"""Craft shorter than this send no heading."""
_NOISE_STEPS: Final = 9
"""Steps (of 10 s) over which the error of a position changes; it wanders and does not jump."""

BASE: Final = 4
AID: Final = 21
LONG_RANGE: Final = 27
PART_B: Final = 25
"""How ``msg_type`` names part B of a type 24 message inside the simulator."""

COLUMNS: Final = {
    "sender": np.int32, "msg_type": np.int8, "time_ms": np.int64, "lon_deg": np.float64, "lat_deg": np.float64,
    "sog_kn": np.float64, "cog_deg": np.float64, "heading_deg": np.float64, "rot_dpm": np.float64,
    "nav_status": np.int8, "carrier_sense": np.int8, "true_lon_deg": np.float64, "true_lat_deg": np.float64,
}  # fmt: skip
"""Columns of what is sent. ``sender`` counts vessels, for type 4 stations, for type 21 aids; ``time_ms`` counts from
the start of the exercise; positions are as measured on board, and as they truly were."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Messages on the air in order of time: a mapping of ``COLUMNS``."""

    columns: Block

    def __getitem__(self, name: str) -> Array:
        """One column."""
        return self.columns[name]

    def __len__(self) -> int:
        """Number of messages."""
        return len(self.columns["time_ms"])


@dataclass(frozen=True, slots=True)
class Heard:
    """Which message which receiver heard, and when its clock said so (milliseconds since the start)."""

    message: Ints
    station: npt.NDArray[np.int16]
    time_ms: Ints

    def __len__(self) -> int:
        """Number of receptions."""
        return len(self.message)


def distance_m(lon_deg: Array, lat_deg: Array, station: world.Station) -> Floats:
    """Distance from a station in metres, on a local plane; within half a per cent at 150 km."""
    east = (lon_deg - station.lon_deg) * 111_320.0 * np.cos(np.radians((lat_deg + station.lat_deg) / 2))
    north = (lat_deg - station.lat_deg) * 110_850.0
    found: Floats = np.hypot(east, north)
    return found


def heard_share(away_m: Array, range_m: float) -> Floats:
    """Share of messages heard at a distance."""
    share: Floats = HEARD_NEAR / (1 + np.exp((away_m / range_m - 1) / EDGE))
    return share


def ashore_share(lon_deg: Array, lat_deg: Array, ais_class: str) -> Floats:
    """Chance that at least one shore receiver hears a message sent here."""
    lost = np.ones(len(lon_deg))
    reach = 1.0 if ais_class == CLASS_A else CLASS_B_REACH
    for station in world.stations():
        lost *= 1 - heard_share(distance_m(lon_deg, lat_deg, station), station.range_m * reach)
    share: Floats = 1 - lost
    return share


def interval_s(vessel: Vessel) -> Floats:
    """Report interval at each step of the track (M.1371-5, annex 1, table 1)."""
    track = vessel.track
    speed = track.sog_kn
    if vessel.ais_class == CLASS_A:
        turning = np.abs(motion.smoothed(track.rot_dpm.astype(np.float64), 2)) > _TURNING_DPM
        at_rest = np.isin(track.nav_status, (motion.AT_ANCHOR, motion.MOORED)) & (speed <= _REST_KN)
        steps = (10.0, 6.0, 2.0), (10.0 / 3.0, 2.0, 2.0)
        place = np.searchsorted(_SPEEDS_A_KN, speed)
        rate = np.where(at_rest, 180.0, np.where(turning, np.take(steps[1], place), np.take(steps[0], place)))
    elif vessel.ais_class == CLASS_B_CS:
        rate = np.take((180.0, 30.0), np.searchsorted(_SPEEDS_B_KN[:1], speed))
    else:
        rate = np.take((180.0, 30.0, 15.0, 5.0), np.searchsorted(_SPEEDS_B_KN, speed))
    return np.asarray(rate, np.float64)


def _report_times_s(vessel: Vessel, rng: Generator, thin_s: float) -> Floats:
    """Times of position reports: the phase advances by one per interval; slots shift each by up to a tenth of it."""
    time_s = vessel.track.time_s
    pace = 1.0 / np.maximum(interval_s(vessel), thin_s)
    phase = np.concatenate([[0.0], np.cumsum((pace[1:] + pace[:-1]) / 2 * STEP_S)])
    wanted = np.arange(np.ceil(phase[-1])) + rng.uniform()
    wanted = wanted + rng.uniform(-0.1, 0.1, len(wanted))
    wanted = wanted[(wanted > 0) & (wanted < phase[-1])]
    times: Floats = np.interp(wanted, phase, time_s)
    return times


def _on_air(vessel: Vessel, time_s: Floats) -> npt.NDArray[np.bool_]:
    return ~_within(time_s, vessel.silent_s)


def _columns(count: int, **given: Any) -> Block:
    """A block of messages: given columns, and missing values for the others."""
    out = {}
    for name, dtype in COLUMNS.items():
        value = given.get(name, np.nan if dtype is np.float64 else 0)
        out[name] = np.broadcast_to(np.asarray(value), (count,)).astype(dtype)
    return out


def _positions(vessel: Vessel, sender: int, time_s: Floats, types: Array, rng: Generator) -> Block:
    """Position reports at these times, with the errors of the ship's receiver."""
    track = vessel.track
    at = time_s / STEP_S - track.first
    steps = np.arange(len(track))
    lon, lat = np.interp(at, steps, track.lon_deg), np.interp(at, steps, track.lat_deg)
    wander = [
        np.interp(at, steps, motion.smooth_noise(rng, len(track), _NOISE_STEPS)) * vessel.gnss_m
        + rng.normal(0, 0.3 * vessel.gnss_m, len(at))
        for _ in range(2)
    ]
    near = np.clip(np.rint(at).astype(np.int64), 0, len(track) - 1)
    speed = np.maximum(track.sog_kn[near] + rng.normal(0, 0.08, len(at)), 0.0)
    course_sd = np.minimum(0.4 + 4.0 / np.maximum(track.sog_kn[near], 0.05), 60.0)  # no course at rest
    small = vessel.length_m < _NO_COMPASS_M
    heading = np.full(len(at), np.nan) if small else (track.heading_deg[near] + rng.normal(0, 1.2, len(at))) % 360.0
    return _columns(
        len(at), sender=sender, msg_type=types, time_ms=np.rint(time_s * SECOND_MS),
        lon_deg=lon + wander[0] / (111_320.0 * np.cos(np.radians(lat))), lat_deg=lat + wander[1] / 110_900.0,
        sog_kn=speed, cog_deg=(track.cog_deg[near] + rng.normal(0, 1, len(at)) * course_sd) % 360.0,
        heading_deg=heading, rot_dpm=np.nan if small else motion.smoothed(track.rot_dpm.astype(np.float64), 1)[near],
        nav_status=track.nav_status[near], carrier_sense=vessel.ais_class == CLASS_B_CS,
        true_lon_deg=lon, true_lat_deg=lat,
    )  # fmt: skip


def reports(vessel: Vessel, sender: int, rng: Generator, thin_s: float, passes: Spans) -> list[Block]:
    """All messages of one ship: positions, static data and long-range reports during satellite passes."""
    time_s = _report_times_s(vessel, rng, thin_s)
    time_s = time_s[_on_air(vessel, time_s)]
    near = np.clip(np.rint(time_s / STEP_S - vessel.track.first).astype(np.int64), 0, len(vessel.track) - 1)
    if vessel.ais_class == CLASS_A:
        types = np.where(np.abs(vessel.track.rot_dpm[near]) > _TURNING_DPM, 3, 1)
    else:
        types = np.full(len(time_s), 18)
    blocks = [_positions(vessel, sender, time_s, types, rng)]
    begin_s, end_s = vessel.track.first * STEP_S, (vessel.track.first + len(vessel.track) - 1) * STEP_S
    static_s = np.arange(begin_s + rng.uniform(0, STATIC_S), end_s, max(STATIC_S, 20 * thin_s))
    static_s = static_s[_on_air(vessel, static_s)]
    places = np.clip(np.rint(static_s / STEP_S - vessel.track.first).astype(np.int64), 0, len(vessel.track) - 1)
    lon, lat = vessel.track.lon_deg[places], vessel.track.lat_deg[places]
    parts = ((5, 0.0),) if vessel.ais_class == CLASS_A else ((24, 0.0), (PART_B, 20.0))
    for kind, delay_s in parts:
        blocks.append(_columns(len(static_s), sender=sender, msg_type=kind, time_ms=(static_s + delay_s) * SECOND_MS,
                               true_lon_deg=lon, true_lat_deg=lat))  # fmt: skip
    if vessel.long_range:
        blocks.append(_long_range(vessel, sender, rng, passes))
    return blocks


def _long_range(vessel: Vessel, sender: int, rng: Generator, passes: Spans) -> Block:
    """Type 27 during passes, where no base station is in reach."""
    track = vessel.track
    first_s = track.first * STEP_S + rng.uniform(0, _LONG_RANGE_S)
    time_s = np.arange(first_s, (track.first + len(track) - 1) * STEP_S, _LONG_RANGE_S)
    time_s = time_s[_within(time_s, passes) & _on_air(vessel, time_s)]
    block = _positions(vessel, sender, time_s, np.full(len(time_s), LONG_RANGE), rng)
    alone = ashore_share(block["lon_deg"], block["lat_deg"], CLASS_A) < _COVERED
    return {name: column[alone] for name, column in block.items()}


def satellite_passes(length_s: float, rng: Generator) -> list[Span]:
    """When a satellite looks at the region: a few orbits a day in reach, each for some minutes."""
    passes = []
    for _ in range(_SATELLITES):
        begin_s = float(rng.uniform(-_PASS_EVERY_S, 0))
        while begin_s < length_s:
            if motion.chance(rng, 0.5):  # the other half of the orbits passes elsewhere
                passes.append((begin_s, begin_s + _PASS_S * float(rng.uniform(0.6, 1.0))))
            begin_s += _PASS_EVERY_S
    return sorted(passes)


def fixed_stations(length_s: float, rng: Generator, thin_s: float) -> list[Block]:
    """Reports of base stations (type 4) and aids to navigation (type 21)."""
    blocks = []
    for number, station in enumerate(world.stations()):
        time_s = np.arange(rng.uniform(0, _BASE_S), length_s, max(_BASE_S, 4 * thin_s))
        blocks.append(_fixed(number, BASE, time_s, station.lon_deg, station.lat_deg))
    for number, (_, lon_deg, lat_deg, _, _) in enumerate(world_places.AIDS):
        time_s = np.arange(rng.uniform(0, _AID_S), length_s, _AID_S)
        blocks.append(_fixed(number, AID, time_s, lon_deg, lat_deg))
    return blocks


def _fixed(number: int, kind: int, time_s: Floats, lon_deg: float, lat_deg: float) -> Block:
    return _columns(len(time_s), sender=number, msg_type=kind, time_ms=time_s * SECOND_MS, lon_deg=lon_deg,
                    lat_deg=lat_deg, true_lon_deg=lon_deg, true_lat_deg=lat_deg)  # fmt: skip


def gathered(blocks: Sequence[Block]) -> Sent:
    """Blocks as one table in order of time."""
    columns = {name: np.concatenate([b[name] for b in blocks]) for name in COLUMNS}
    order = np.argsort(columns["time_ms"], kind="stable")
    return Sent({name: column[order] for name, column in columns.items()})


def _from_space(sent: Sent, passes: Spans, rng: Generator) -> Ints:
    """Messages that a satellite hears."""
    share = np.zeros(int(sent["msg_type"].max(initial=27)) + 1)
    share[list(_SATELLITE_SHARE)] = list(_SATELLITE_SHARE.values())
    index = np.flatnonzero(share[sent["msg_type"]])
    time_s = sent["time_ms"][index] / SECOND_MS
    seen = _within(time_s, passes) & (rng.random(len(index)) < share[sent["msg_type"][index]])
    return index[seen]


def _within(time_s: Floats, spans: Spans) -> npt.NDArray[np.bool_]:
    """Which times lie in one of the half-open spans."""
    inside = np.zeros(len(time_s), np.bool_)
    for begin_s, end_s in spans:
        inside |= (time_s >= begin_s) & (time_s < end_s)
    return inside


def receive(sent: Sent, b_sender: Array, rng: Generator, passes: Spans, failing: dict[int, Span]) -> Heard:
    """Who hears what. ``b_sender`` says per vessel whether it is class B; ``failing`` are outages by station.

    A base station is heard by itself alone, long-range reports by satellites alone.
    """
    kind = sent["msg_type"]
    ship = ~np.isin(kind, (BASE, AID))
    weak = np.zeros(len(sent), np.bool_)
    weak[ship] = b_sender[sent["sender"][ship]]
    found: list[tuple[Ints, int]] = []
    stations = world.stations()
    for number, station in enumerate(stations):
        lat_room = 1.6 * station.range_m / 110_000.0
        near = np.abs(sent["true_lat_deg"] - station.lat_deg) < lat_room
        near &= np.abs(sent["true_lon_deg"] - station.lon_deg) < lat_room * 1.25
        near &= (kind != LONG_RANGE) & ((kind != BASE) | (sent["sender"] == number))
        index = np.flatnonzero(near)
        away_m = distance_m(sent["true_lon_deg"][index], sent["true_lat_deg"][index], station)
        share = heard_share(away_m * np.where(weak[index], 1 / CLASS_B_REACH, 1.0), station.range_m)
        index = index[rng.random(len(index)) < share]
        if number in failing:
            index = index[~_within(sent["time_ms"][index] / SECOND_MS, [failing[number]])]
        found.append((index, number))
    found.append((_from_space(sent, passes, rng), len(stations)))
    message = np.concatenate([index for index, _ in found])
    station_no = np.repeat([number for _, number in found], [len(index) for index, _ in found]).astype(np.int16)
    time_ms = sent["time_ms"][message] + late_ms(len(message), rng)
    order = np.lexsort((station_no, time_ms))
    return Heard(message[order].astype(np.int64), station_no[order], time_ms[order])


def together(a: Heard, b: Heard) -> Heard:
    """What both heard, in order of time."""
    message, station, time_ms = (
        np.concatenate([x, y]) for x, y in ((a.message, b.message), (a.station, b.station), (a.time_ms, b.time_ms))
    )
    order = np.lexsort((station, time_ms))
    return Heard(message[order], station[order].astype(np.int16), time_ms[order])


def late_ms(count: int, rng: Generator) -> Ints:
    """How much later than sent a receiver's clock says that it heard."""
    return np.rint(rng.uniform(0.02, _LATENCY_S, count) * SECOND_MS).astype(np.int64)


def station_names() -> tuple[str, ...]:
    """Names of receivers in the order of ``Heard.station``; the satellite last."""
    return (*(s.name for s in world.stations()), world_places.SATELLITE[0])


def station_owners() -> tuple[str, ...]:
    """Owners of receivers in the same order."""
    return (*(s.owner for s in world.stations()), world_places.SATELLITE[1])


def outages(count: int, length_s: float, rng: Generator) -> dict[int, Span]:
    """Receivers that fail for up to three hours, by number of the station."""
    failing = rng.choice(len(world.stations()), count, replace=False)
    spans = {}
    for number in failing:
        begin_s = float(rng.uniform(0, 0.8 * length_s))
        spans[int(number)] = (begin_s, begin_s + float(rng.uniform(1.0, 3.0)) * HOUR_S)
    return spans

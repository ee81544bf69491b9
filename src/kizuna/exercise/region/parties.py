"""The cast of an exercise of several parties, as a file of TOML says it: parties, their sensors, and one distress.

Names are configuration: nothing here knows any party, and the file may hold any two or more. ``load`` reads a text and
gives values, or says what is wrong with it. Times are minutes relative to the moment at which the play begins.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from kizuna.base.errors import ConfigError
from kizuna.base.languages import LANGUAGES
from kizuna.exercise import simulate_radio as radio
from kizuna.exercise.world import Point

Box = tuple[float, float, float, float]
_PARTY: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_ACTOR: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_RECEIVER: Final = re.compile(r"EX[A-Z]-[0-9]{2}")
_REGION: Final = (116.0, 20.0, 132.0, 33.0)
"""West, south, east, north of the simulated sea."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """A receiver on shore; ``range_m``: where half of the class A messages are lost."""

    name: str
    place: Point
    range_m: float


@dataclass(frozen=True, slots=True)
class RadarPost:
    """A coastal radar that reports what its tracker holds every ``every_s``; ``blind``: sectors, degrees, clockwise."""

    actor: str
    place: Point
    range_m: float
    every_s: int
    blind: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Uav:
    """An unmanned aircraft on a closed track, with a camera that reports contacts and a receiver for AIS.

    ``aloft_h`` hours in the air, ``ground_h`` on the ground, beginning ``since_min`` relative to the play.
    """

    actor: str
    receiver: str
    track: tuple[Point, ...]
    speed_kn: float
    camera_m: float
    range_m: float
    every_s: int
    aloft_h: float
    ground_h: float
    since_min: float


@dataclass(frozen=True, slots=True)
class PatrolShip:
    """A patrol ship that makes laps in a box and hears AIS around her."""

    actor: str
    receiver: str
    name: str
    box: Box
    range_m: float


@dataclass(frozen=True, slots=True)
class Party:
    """One party with what belongs to it. ``stations``: names of receivers of the world, in order."""

    id: str
    title: Mapping[str, str]
    stations: tuple[str, ...]
    receivers: tuple[Receiver, ...]
    radars: tuple[RadarPost, ...]
    uavs: tuple[Uav, ...]
    ships: tuple[PatrolShip, ...]

    @property
    def watchers(self) -> tuple[RadarPost | Uav, ...]:
        """What sees contacts without identity."""
        return (*self.radars, *self.uavs)

    @property
    def own(self) -> tuple[str, ...]:
        """Names of all receivers whose lines belong to this party."""
        return (*self.stations, *(r.name for r in self.receivers), *(s.receiver for s in self.ships),
                *(u.receiver for u in self.uavs))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Distress:
    """A small boat that fished at ``ground`` and whose engine fails at ``place`` on the way home.

    Her AIS ends with the battery, then she calls, and one party hears the call.
    """

    name: str
    ground: Point
    place: Point
    toward_deg: float
    speed_kn: float
    persons: int
    engine_min: float
    silent_min: float
    call_min: float
    heard_by: str
    known_to: str
    heard_as: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Parties:
    """The whole cast. ``border``: the line between the two rescue regions, from north to south."""

    exercise_id: str
    parties: tuple[Party, ...]
    border: tuple[Point, ...]
    distress: Distress

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of all parties."""
        return tuple(p.id for p in self.parties)

    def party(self, party: str) -> Party:
        """One of them. Raises KeyError."""
        return {p.id: p for p in self.parties}[party]


def load(text: str, where: str = "") -> Parties:
    """Read a cast. Raises ConfigError that names what is wrong."""
    try:
        top = _Part(tomllib.loads(text), where or "the cast")
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError(f"is no TOML: {exc}", where=where or "the cast") from exc
    parties = tuple(_party(p) for p in top.parts("party"))
    distress = _distress(top.part("distress"))
    border = tuple(_point(v, top.where) for v in top.take("border", list))
    found = Parties(top.text("exercise"), parties, border, distress)
    top.end()
    _agree(found, where or "the cast")
    return found


def _agree(cast: Parties, where: str) -> None:
    """Raise ConfigError where names do not fit together."""
    ids = list(cast.ids)
    actors = [a.actor for p in cast.parties for a in (*p.watchers, *p.ships)]
    own = [name for p in cast.parties for name in p.own]
    for names, what in ((ids, "party"), (actors, "actor"), (own, "receiver")):
        if twice := {n for n in names if names.count(n) > 1}:
            raise ConfigError(f"{what} {min(twice)} twice", where=where, hint="give each its own")
    for said in (cast.distress.heard_by, cast.distress.known_to):
        if said not in ids:
            raise ConfigError(f"no party {said}", where=f"{where} [distress]", hint=", ".join(ids))
    if len(cast.border) < 2:  # noqa: PLR2004  a line has two ends
        raise ConfigError("border needs two points or more", where=where)
    if not cast.distress.engine_min < cast.distress.silent_min < cast.distress.call_min:
        raise ConfigError("engine_min, silent_min and call_min must follow each other", where=f"{where} [distress]")


def _party(part: _Part) -> Party:
    known = dict(zip(radio.station_names(), radio.station_owners(), strict=True))
    stations: set[str] = set()
    for word in part.texts("stations"):
        found = {name for name, owner in known.items() if word in (name, owner)}
        if not found:
            raise ConfigError(f"no station or owner {word!r}", where=part.where, hint=", ".join(sorted(known)))
        stations |= found
    party = Party(
        part.name("id", _PARTY), part.words("title"), tuple(sorted(stations)),
        tuple(_receiver(r) for r in part.closed("receiver")), tuple(_radar(r) for r in part.closed("radar")),
        tuple(_uav(u) for u in part.closed("uav")), tuple(_ship(s) for s in part.closed("ship")),
    )  # fmt: skip
    part.end()
    return party


def _receiver(r: _Part) -> Receiver:
    return Receiver(r.name("name", _RECEIVER), r.point("place"), r.km("range_km", 1, 150))


def _radar(r: _Part) -> RadarPost:
    blind = tuple(_sector(v, r.where) for v in r.take("blind", list, []))
    return RadarPost(r.name("actor", _ACTOR), r.point("place"), r.km("range_km", 1, 100),
                     r.whole("every_s", 30, 3600), blind)  # fmt: skip


def _ship(s: _Part) -> PatrolShip:
    return PatrolShip(s.name("actor", _ACTOR), s.name("receiver", _RECEIVER), s.ship_name(),
                      _box(s.take("box", list), s.where), s.km("range_km", 1, 100))  # fmt: skip


def _uav(u: _Part) -> Uav:
    track = tuple(_point(v, u.where) for v in u.take("track", list))
    if len(track) < 2:  # noqa: PLR2004  a track has two ends
        raise ConfigError("track needs two points or more", where=u.where)
    return Uav(
        u.name("actor", _ACTOR), u.name("receiver", _RECEIVER), track, u.number("speed_kn", 20, 300),
        u.km("camera_km", 0.5, 30), u.km("range_km", 1, 300), u.whole("every_s", 30, 3600),
        u.number("aloft_h", 0.2, 48), u.number("ground_h", 0, 48), u.number("since_min", -10_000, 10_000),
    )  # fmt: skip


def _distress(d: _Part) -> Distress:
    found = Distress(
        name=d.ship_name(), ground=d.point("ground"), place=d.point("place"),
        toward_deg=d.number("toward_deg", 0, 360), speed_kn=d.number("speed_kn", 0.1, 5),
        persons=d.whole("persons", 1, 100), engine_min=d.number("engine_min", -10_000, 0),
        silent_min=d.number("silent_min", -10_000, 0), call_min=d.number("call_min", -10_000, 10_000),
        heard_by=d.text("heard_by"), known_to=d.text("known_to"), heard_as=d.words("heard_as"),
    )  # fmt: skip
    d.end()
    return found


def _numbers(value: Any, count: int) -> bool:
    return isinstance(value, list) and len(value) == count and all(type(v) in (int, float) for v in value)


def _point(value: Any, where: str) -> Point:
    west, south, east, north = _REGION
    if not _numbers(value, 2):
        raise ConfigError(f"{value!r} is no place", where=where, hint="[longitude, latitude]")
    lon, lat = float(value[0]), float(value[1])
    if not (west <= lon <= east and south <= lat <= north):
        raise ConfigError(f"{value!r} lies outside", where=where,
                          hint=f"{west:g} to {east:g} E, {south:g} to {north:g} N")  # fmt: skip
    return lon, lat


def _sector(value: Any, where: str) -> tuple[float, float]:
    if not (_numbers(value, 2) and all(0 <= v <= 360 for v in value)):  # noqa: PLR2004  a full circle
        raise ConfigError(f"{value!r} is no sector", where=where, hint="[from, to] in degrees, clockwise")
    return float(value[0]), float(value[1])


def _box(value: Any, where: str) -> Box:
    if not _numbers(value, 4):
        raise ConfigError(f"{value!r} is no box", where=where, hint="[west, south, east, north]")
    (west, south), (east, north) = _point(value[:2], where), _point(value[2:], where)
    if not (west < east and south < north):
        raise ConfigError(f"{value!r} is no box", where=where, hint="[west, south, east, north]")
    return west, south, east, north


class _Part:
    """A table of the file: takes its keys out one by one, and says which were not known."""

    def __init__(self, held: Mapping[str, Any], where: str) -> None:
        self._held, self.where = dict(held), where

    def take(self, key: str, kind: type | tuple[type, ...], default: Any = None) -> Any:
        """One value of a kind."""
        value = self._held.pop(key, default)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise ConfigError(f"{key} is missing" if value is None else f"{key} = {value!r}", where=self.where)
        return value

    def text(self, key: str) -> str:
        return str(self.take(key, str))

    def texts(self, key: str) -> list[str]:
        return [str(v) for v in self.take(key, list, [])]

    def words(self, key: str) -> dict[str, str]:
        """Words in the languages of the page."""
        found = self.take(key, dict)
        if set(found) != set(LANGUAGES) or not all(isinstance(v, str) for v in found.values()):
            raise ConfigError(f"{key} needs {', '.join(LANGUAGES)}", where=self.where)
        return dict(found)

    def name(self, key: str, form: re.Pattern[str]) -> str:
        found = self.text(key)
        if not form.fullmatch(found):
            raise ConfigError(f"{key} = {found!r}", where=self.where, hint=f"of the form {form.pattern}")
        return found

    def ship_name(self) -> str:
        """A name that says EXERCISE and fits into an AIS message."""
        found = self.text("name")
        if not re.fullmatch(r"EXERCISE [A-Z0-9 ]{1,11}", found):
            raise ConfigError(f"name {found!r}", where=self.where, hint="EXERCISE and up to 11 capitals")
        return found

    def number(self, key: str, low: float, high: float) -> float:
        found = float(self.take(key, (int, float)))
        if not low <= found <= high:
            raise ConfigError(f"{key} = {found:g}", where=self.where, hint=f"{low:g} to {high:g}")
        return found

    def whole(self, key: str, low: int, high: int) -> int:
        return int(self.number(key, low, high))

    def km(self, key: str, low: float, high: float) -> float:
        """Kilometres as metres."""
        return self.number(key, low, high) * 1000.0

    def point(self, key: str) -> Point:
        return _point(self.take(key, list), f"{self.where} {key}")

    def part(self, key: str) -> _Part:
        return _Part(self.take(key, dict), f"{self.where} [{key}]")

    def parts(self, key: str) -> list[_Part]:
        found = self.take(key, list, [])
        return [_Part(v, f"{self.where} [[{key}]] {n}") for n, v in enumerate(found, 1)]

    def closed(self, key: str) -> Iterable[_Part]:
        """Tables whose keys are all known once they were used."""
        for part in self.parts(key):
            yield part
            part.end()

    def end(self) -> None:
        """Raise ConfigError for keys that nobody asked for."""
        if self._held:
            raise ConfigError(f"unknown key {min(self._held)!r}", where=self.where)

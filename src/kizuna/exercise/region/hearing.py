"""What receivers of the parties hear beside the shore stations of the world: on shore, on patrol ships, in the air.

The same plain model as for shore stations (``simulate_radio``): the share heard falls with distance along a logistic
curve to half at the range, for class B at 1/1.6 of it. A receiver that moves is where it truly is at each message.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from kizuna.base.units import SECOND_MS
from kizuna.exercise import simulate_radio as radio
from kizuna.exercise.region import motion
from kizuna.exercise.region.parties import Parties
from kizuna.exercise.simulate_fleet import Vessel
from kizuna.exercise.simulate_motion import Floats, Generator
from kizuna.exercise.simulate_plant import Cast

_NOT_HEARD = (radio.BASE, radio.AID, radio.LONG_RANGE)
"""Base stations are heard by themselves alone, long-range reports by satellites; aids are left to the shore."""


@dataclass(slots=True)
class RegionActors:
    """The actors of a cast as ``simulate`` takes them. ``play_s``: when the play begins, from the start."""

    cast: Parties
    play_s: float
    boat: int = -1
    ships: dict[str, int] = field(default_factory=dict)
    """Receiver of each patrol ship: her number."""

    @property
    def receivers(self) -> tuple[tuple[str, str], ...]:
        """Name and owner, in the order of their numbers."""
        return tuple((name, p.id) for p in self.cast.parties for name in p.own if name not in p.stations)

    def enter(self, cast: Cast, rng: Generator) -> None:
        """Patrol ships by party, then the boat."""
        for party in self.cast.parties:
            for ship in party.ships:
                self.ships[ship.receiver] = motion.patrol_ship(cast, ship, rng)
        self.boat = motion.boat(cast, self.cast.distress, self.play_s, rng)

    def hear(self, sent: radio.Sent, weak: radio.Array, vessels: Sequence[Vessel], rng: Generator) -> radio.Heard:
        """What all receivers of the parties heard."""
        time_s = sent["time_ms"] / SECOND_MS
        ship = ~np.isin(sent["msg_type"], _NOT_HEARD)
        reach = np.where(ship, 1.0, 0.0)
        reach[ship] = np.where(weak[sent["sender"][ship]], radio.CLASS_B_REACH, 1.0)
        first = len(radio.station_names())
        message, number = [], []
        for at, (name, _) in enumerate(self.receivers):
            lon, lat, on, range_m = self._place(name, time_s, vessels)
            away_m = _away_m(sent["true_lon_deg"], sent["true_lat_deg"], lon, lat)
            near = np.flatnonzero(ship & (on > 0) & (away_m < 1.6 * range_m * reach))
            share = radio.heard_share(away_m[near] / reach[near], range_m)
            heard = near[rng.random(len(near)) < share]
            message.append(heard)
            number.append(np.full(len(heard), first + at, np.int16))
        found = np.concatenate([*message, np.empty(0, np.int64)]).astype(np.int64)
        who = np.concatenate([*number, np.empty(0, np.int16)])
        when = sent["time_ms"][found] + radio.late_ms(len(found), rng)
        order = np.lexsort((who, when))
        return radio.Heard(found[order], who[order], when[order])

    def _place(self, name: str, time_s: Floats, vessels: Sequence[Vessel]) -> tuple[Floats, Floats, Floats, float]:
        """Where a receiver is at these times, whether it works, and its range."""
        for party in self.cast.parties:
            for r in party.receivers:
                if r.name == name:
                    n = len(time_s)
                    return np.full(n, r.place[0]), np.full(n, r.place[1]), np.ones(n), r.range_m
            for s in party.ships:
                if s.receiver == name:
                    track = vessels[self.ships[name]].track
                    lon, lat = (np.interp(time_s, track.time_s, v) for v in (track.lon_deg, track.lat_deg))
                    return lon, lat, np.ones(len(time_s)), s.range_m
            for u in party.uavs:
                if u.receiver == name:
                    return (*motion.flown(u, self.play_s, time_s), u.range_m)
        raise KeyError(name)


def _away_m(lon_a: Floats, lat_a: Floats, lon_b: Floats, lat_b: Floats) -> Floats:
    """Distance on a local plane, as ``simulate_radio.distance_m``."""
    east = (lon_a - lon_b) * 111_320.0 * np.cos(np.radians((lat_a + lat_b) / 2))
    found: Floats = np.hypot(east, (lat_a - lat_b) * 110_850.0)
    return found

"""Holds the carried state of the watch and makes room for it; says which vessels and pairs to look at."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from kizuna.base.table import Array, Table
from kizuna.base.units import HOUR_MS, MINUTE_MS, MISSING_TIME_MS
from kizuna.engines.live.params import LiveParams
from kizuna.events.kernels import meet as meeting
from kizuna.events.kernels import watch as w
from kizuna.events.params import Settings
from kizuna.tracks.kernels.plane import shared_table

AT_ONCE: Final = 1 << 15
"""Rows given to the kernel at a time."""
_HINTS: Final = 5
_AT_REST: Final = np.isin(np.arange(-1, 128), (1, 5, 6)).astype(np.uint8)
_READ: Final = ("mmsi", "time_ms", "lat_deg", "lon_deg", "sog_kn")
_ROOM: Final = 1 << 12
_NAMED: Final = 1 << 12
_REMEMBERED: Final = 60
"""Slots for which a pair is remembered."""


class Seen(NamedTuple):
    """What the watch made of some rows: fate and predecessor of each, hints (kind, vessel, lane), grid positions."""

    taken: Array
    before: Array
    hints: Array
    entries: Array
    places: Array


@dataclass(frozen=True, slots=True)
class _Limits:
    near_m: float
    least: int
    again: int


class Lookout:
    """Carried state: 72 bytes a vessel, 176 a lane, 48 a position of the last ten hours on the grid of times."""

    def __init__(self, settings: Settings, params: LiveParams) -> None:
        step_ms = round(settings.resample.step_min * MINUTE_MS)
        self.rules = w.WatchRules(
            lateness_ms=params.lateness_ms, ahead_ms=round(params.ahead_h * HOUR_MS), vessels_max=params.vessels_max,
            lanes_max=params.lanes_max, speed_max_kn=settings.segment.speed_max_kn, pad_h=settings.segment.pad_h,
            gap_ms=round(settings.gaps.threshold_h * HOUR_MS), slow_kn=settings.loitering.speed_max_kn,
            rest_kn=settings.loitering.rest_speed_kn, slow_ms=round(settings.loitering.duration_min_h * HOUR_MS),
            reports=settings.zone_visits.reports, berthed_kn=float(np.float32(settings.port_visits.stop_begin_kn)),
            hushed_ms=round(settings.port_visits.gap_h * HOUR_MS), step_ms=step_ms,
            bridge_ms=round(settings.resample.bridge_h * HOUR_MS),
        )  # fmt: skip
        least = math.ceil(settings.encounters.duration_min_h * HOUR_MS / step_ms) + 1
        self._limits = _Limits(settings.encounters.distance_max_m, min(least, 60), max(HOUR_MS // step_ms // 3, 1))
        self._per_row = self.rules.bridge_ms // step_ms + 2
        self.c = np.zeros(w.COUNTERS, np.int64)
        self.c[w.CLOCK] = MISSING_TIME_MS
        self._ahead = np.zeros((w.AHEAD, 2), np.int64)
        self.vessels = np.zeros((_ROOM, w.VESSEL_COLUMNS), np.int64)
        self.lanes = np.zeros((_ROOM, w.LANE_COLUMNS), np.int64)
        self.floats = np.zeros((_ROOM, w.LANE_FLOATS), np.float64)
        self._slots = np.full(4 * _ROOM, -1, np.int64)
        self._grid = np.zeros((_ROOM, 4), np.int64)
        self._places = np.zeros((_ROOM, 2), np.float64)
        self._heads = np.full(4 * _ROOM, -1, np.int64)
        self._positions = 0
        self._pairs = np.full((4 * _ROOM, 4), -1, np.int64)
        self._known = 0
        self._named = np.empty((_NAMED, 2), np.int64)

    @property
    def clock_ms(self) -> int:
        """Time of the stream: its newest fix, wrong clocks left aside; missing before there is one."""
        return int(self.c[w.CLOCK])

    @property
    def n_vessels(self) -> int:
        """MMSIs heard."""
        return int(self.c[w.N_VESSELS])

    @property
    def at_once(self) -> int:
        """Rows to hand in at a time."""
        return max(256, min(AT_ONCE, (1 << 20) // self._per_row))

    def take(self, fixes: Table, sig: Array, near: Array) -> Seen:
        """Watch some rows, at most ``at_once``.

        ``sig`` is a number for the zones that each is in, ``near`` (int8) how near a port (``kernels.watch``).
        """
        n = len(fixes)
        self._make_room(n)
        taken, before = np.zeros(n, np.int8), np.empty(n, np.int64)
        hints = np.empty((_HINTS * n, 3), np.int64)
        entries, places = np.empty((self._per_row * n, 2), np.int64), np.empty((self._per_row * n, 2), np.float64)
        mmsi, time_ms, lat, lon, sog = (np.array(fixes[name]) for name in _READ)
        at_rest = _AT_REST[fixes["nav_status"].astype(np.int64) + 1]
        n_hints, n_entries = w.watch(
            mmsi, time_ms, lat, lon, sog, at_rest, sig, near, self.rules, shared_table(), self._slots, self.c,
            self._ahead, self.vessels, self.lanes, self.floats, taken, before, hints, entries, places,
        )  # fmt: skip
        return Seen(taken, before, hints[:n_hints], entries[:n_entries], places[:n_entries])

    def overdue(self, now_ms: int) -> Array:
        """Hints for the lanes that have been silent for too long by now."""
        if now_ms == MISSING_TIME_MS or now_ms <= self.c[w.DUE]:
            return np.empty((0, 3), np.int64)
        hints = np.empty((int(self.c[w.N_LANES]), 3), np.int64)
        return hints[: w.overdue(now_ms, self.rules.gap_ms, self.c, self.lanes, hints)]

    def meet(self, entries: Array, places: Array, allowed: Array) -> Array:
        """Pairs of vessels (n x 2) that have been near each other for long enough by these positions."""
        self._make_room_to_meet(len(entries))
        limits = self._limits
        self._positions, self._known, n = meeting.meet(
            np.ascontiguousarray(entries[:, 0]), np.ascontiguousarray(entries[:, 1]),
            np.ascontiguousarray(places[:, 0]), np.ascontiguousarray(places[:, 1]), allowed, limits.near_m,
            limits.least, limits.again, shared_table(), self._grid, self._places, self._heads, self._positions,
            self._pairs, self._known, self._named,
        )  # fmt: skip
        return self._named[:n]

    def note_gaps(self, mmsis: list[int], start_ms: list[int], end_ms: list[int]) -> None:
        """Remember the latest silence told of each MMSI, so that a late fix inside it is noticed."""
        for mmsi, start, end in zip(mmsis, start_ms, end_ms, strict=True):
            v = self._slots[w.find_vessel(mmsi, self._slots, self.vessels)]
            if v >= 0:
                self.vessels[v, w.GAP_FROM], self.vessels[v, w.GAP_TO] = start, end

    def vessel_of(self, mmsi: int) -> int:
        """Number of the vessel with an MMSI; -1 where it was not heard."""
        return int(self._slots[w.find_vessel(mmsi, self._slots, self.vessels)])

    def let_go(self, mmsi: Array) -> None:
        """Forget vessels of which no row is kept; ``mmsi`` has one entry a row kept, in the order of rows."""
        n, m = self.n_vessels, int(self.c[w.N_LANES])
        numbers, back = np.unique(mmsi[::-1], return_index=True)
        at = np.searchsorted(numbers, self.vessels[:n, w.MMSI])
        at[at == len(numbers)] = 0
        stays = numbers[at] == self.vessels[:n, w.MMSI] if len(numbers) else np.zeros(n, np.bool_)
        new, lane_stays = np.cumsum(stays) - 1, stays[self.lanes[:m, w.VESSEL]]
        new_lane = np.append(np.cumsum(lane_stays) - 1, -1)  # -1 picks the last entry, which is -1
        vessels, lanes = self.vessels[:n][stays], self.lanes[:m][lane_stays]
        vessels[:, w.HEAD] = len(mmsi) - 1 - back[at[stays]] if len(numbers) else -1
        vessels[:, w.LANE] = new_lane[vessels[:, w.LANE]]
        lanes[:, w.NEXT], lanes[:, w.VESSEL] = new_lane[lanes[:, w.NEXT]], new[lanes[:, w.VESSEL]]
        grid_stays = stays[self._grid[: self._positions, meeting.VESSEL]]
        grid = self._grid[: self._positions][grid_stays]
        grid[:, meeting.VESSEL] = new[grid[:, meeting.VESSEL]]
        pairs = self._pairs[self._pairs[:, meeting.KEY] >= 0]
        a, b = pairs[:, meeting.KEY] // meeting.VESSELS, pairs[:, meeting.KEY] % meeting.VESSELS
        pairs[:, meeting.KEY] = new[a] * meeting.VESSELS + new[b]
        arrays = self.arrays() | {
            "vessels": vessels, "lanes": lanes, "floats": self.floats[:m][lane_stays], "grid": grid,
            "places": self._places[: self._positions][grid_stays], "pairs": pairs[stays[a] & stays[b]],
        }  # fmt: skip
        self.c[w.N_VESSELS], self.c[w.N_LANES], self.c[w.ROWS] = len(vessels), len(lanes), len(mmsi)
        self.take_up(arrays)

    def arrays(self) -> dict[str, Array]:
        """The carried state, for saving."""
        n, m = self.n_vessels, int(self.c[w.N_LANES])
        pairs = self._pairs[self._pairs[:, meeting.KEY] >= 0]
        return {
            "c": self.c, "ahead": self._ahead, "vessels": self.vessels[:n], "lanes": self.lanes[:m],
            "floats": self.floats[:m], "grid": self._grid[: self._positions], "pairs": pairs,
            "places": self._places[: self._positions],
        }  # fmt: skip

    def take_up(self, arrays: dict[str, Array]) -> None:
        """Go on with a state that ``arrays`` gave."""
        self.c[:], self._ahead[:] = arrays["c"], arrays["ahead"]
        self.vessels = _longer(arrays["vessels"], _ROOM)
        self.lanes, self.floats = _longer(arrays["lanes"], _ROOM), _longer(arrays["floats"], _ROOM)
        self._slots = np.full(_power(4 * len(self.vessels)), -1, np.int64)
        w.index_vessels(self._slots, self.vessels, self.n_vessels)
        self._grid, self._places = _longer(arrays["grid"], _ROOM), _longer(arrays["places"], _ROOM)
        self._positions = len(arrays["grid"])
        self._heads = np.full(_power(2 * len(self._grid)), -1, np.int64)
        meeting.link(self._grid, self._positions, self._heads)
        self._pairs = np.full((_power(4 * max(len(arrays["pairs"]), _ROOM)), 4), -1, np.int64)
        self._known = meeting.keep_pairs(arrays["pairs"], -1, self._pairs)

    def _make_room(self, n: int) -> None:
        needed = self.n_vessels + n
        if needed > len(self.vessels):
            self.vessels = _longer(self.vessels, needed)
            self._slots = np.full(_power(4 * len(self.vessels)), -1, np.int64)
            w.index_vessels(self._slots, self.vessels, self.n_vessels)
        needed = int(self.c[w.N_LANES]) + n
        if needed > len(self.lanes):
            self.lanes, self.floats = _longer(self.lanes, needed), _longer(self.floats, needed)

    def _make_room_to_meet(self, n: int) -> None:
        if self._positions + n > len(self._grid):
            oldest = (self.clock_ms - self.rules.lateness_ms) // self.rules.step_ms - self._limits.least
            keep = np.flatnonzero(self._grid[: self._positions, meeting.SLOT] >= oldest)
            size = max(len(self._grid), 2 * (len(keep) + n))
            grid, places = np.zeros((size, 4), np.int64), np.zeros((size, 2), np.float64)
            grid[: len(keep)], places[: len(keep)] = self._grid[keep], self._places[keep]
            self._grid, self._places, self._positions = grid, places, len(keep)
            self._heads = np.full(_power(2 * size), -1, np.int64)
            meeting.link(self._grid, self._positions, self._heads)
        if self._known * 2 > len(self._pairs):
            since = self.clock_ms // self.rules.step_ms - _REMEMBERED
            live = int((self._pairs[:, meeting.TOP] >= since).sum())
            fresh = np.full((_power(4 * max(live, _ROOM)), 4), -1, np.int64)
            self._known = meeting.keep_pairs(self._pairs, since, fresh)
            self._pairs = fresh


def _power(n: int) -> int:
    """The least power of two that is not less."""
    return 1 << max(int(n) - 1, 1).bit_length()


def _longer(table: Array, needed: int) -> Array:
    out = np.zeros((max(needed, 2 * len(table)), *table.shape[1:]), table.dtype)
    out[: len(table)] = table
    return out

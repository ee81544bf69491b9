"""Daily series from our own results: vessels, hours, visits, fixes, transits.

A day on which nothing at all was heard is missing, not zero; a day that the data cover only in part (the first and
last of them, where more than an hour is not covered) is left out. Beside every series stand the vessels heard anywhere
on the same days.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from kizuna.base.errors import InputError
from kizuna.base.table import Array
from kizuna.base.units import DAY_MS, HOUR_MS
from kizuna.engines.over_time.stream import Progress, Results, rows, silent
from kizuna.picture.classes import CLASSES
from kizuna.picture.flags import FLAGS, UNKNOWN, flag_names, mid_of
from kizuna.picture.presence import Params, Presence, Ships
from kizuna.picture.rows import Rows
from kizuna.picture.series import Series, make_series
from kizuna.picture.transits import Params as TransitParams
from kizuna.picture.transits import Transits
from kizuna.places.gates import Gate
from kizuna.places.zone import Zone
from kizuna.places.zone_index import ZoneIndex

_NEAR_MOST: Final = 5
MEASURES: Final = ("vessels", "vessel_hours", "visits", "fixes", "transits")


@dataclass(frozen=True, slots=True)
class Asked:
    """What to count by day.

    Attributes:
        measures: of ``MEASURES``; ``transits:GATE`` and ``transits:GATE:DIRECTION`` name one gate or direction.
        zone: count inside this zone only; needed for visits.
        flag, kind: count only these number blocks or this class of ship; empty for all.
        gates: for transits.
        names: names of number blocks by MID.
    """

    measures: tuple[str, ...]
    zone: Zone | None = None
    flag: str = ""
    kind: str = ""
    gates: Sequence[Gate] = ()
    names: Mapping[int, str] | None = None
    transit_params: TransitParams | None = None


class _Extent:
    """First and last time of a stream."""

    def __init__(self) -> None:
        self.first_ms, self.last_ms = 2**62, -(2**62)

    def feed(self, rows: Rows) -> None:
        self.first_ms = min(self.first_ms, int(rows.time_ms.min()))
        self.last_ms = max(self.last_ms, int(rows.time_ms.max()))

    def whole(self, day: Array) -> Array:
        """Whether the data reach over all but an hour of each day."""
        starts = day * DAY_MS
        inside: Array = (starts >= self.first_ms - HOUR_MS) & (starts + DAY_MS <= self.last_ms + HOUR_MS)
        return inside


def own_series(directory: Path, asked: Asked, progress: Progress = silent) -> list[Series]:
    """The series in the order asked. Raises ConfigError or InputError."""
    check_asked(asked)
    results = Results(directory)
    results.check()
    mmsi, kind = results.classes()
    ships = Ships(mmsi, kind, asked.names or FLAGS)
    heard = Presence(Params(by=("day",)))
    by = (
        "day",
        *(("zone",) if asked.zone else ()),
        *(("flag",) if asked.flag else ()),
        *(("type",) if asked.kind else ()),
    )
    counted = Presence(Params(by=by), ZoneIndex.build([asked.zone]) if asked.zone else None, ships)
    transits = Transits(asked.gates, asked.transit_params) if asked.gates else None
    extent = _Extent()
    feeds: list[Any] = [heard, counted, extent, *([transits] if transits else [])]
    for part in rows(results, "Count by day", progress):
        for one in feeds:
            one.feed(part)
    everything = heard.table(heard.finish())
    day = everything["date"].to_numpy().astype("M8[D]").astype(np.int64)
    whole = extent.whole(day)
    notes = () if whole.all() else (f"{int((~whole).sum())} days that the data cover only in part were left out",)
    inside = _chosen(counted.table(counted.finish()), asked)
    crossed = transits.finish() if transits else None
    source = f"Kizuna, {directory.name or directory}" + (f", run {results.digest()[:16]}" if results.digest() else "")
    out = []
    for measure in asked.measures:
        if measure.startswith("transits"):
            days, counts = _transit_days(crossed, measure, asked, ships), None
            value = np.array([float((days == d).sum()) for d in day])
        else:
            counts = dict(zip(inside["date"].to_numpy().astype("M8[D]").astype(np.int64).tolist(),
                              inside[measure].to_pylist(), strict=True))  # fmt: skip
            value = np.array([float(counts.get(d, 0)) for d in day.tolist()])
        unit = "vessel-hours a day" if measure == "vessel_hours" else "count a day"
        where = (asked.zone.name or asked.zone.zone_id) if asked.zone else ""
        name = ", ".join(w for w in (measure, where, asked.flag, asked.kind) if w)
        out.append(make_series(name, day[whole], value[whole], unit=unit, source=source,
                               heard=everything["vessels"].to_numpy()[whole].astype(float), notes=notes))  # fmt: skip
    return out


def check_asked(asked: Asked) -> None:
    """Raise InputError for series, classes and flags that there are not."""
    for measure in asked.measures:
        if measure.partition(":")[0] not in MEASURES:
            raise InputError(f"no series {measure!r}", hint=", ".join((*MEASURES, "transits:GATE:DIRECTION")))
    if "visits" in asked.measures and asked.zone is None:
        raise InputError("visits are counted in a zone", hint="give --zones and --zone")
    if asked.kind and asked.kind not in CLASSES:
        raise InputError(f"no class of ship {asked.kind!r}", hint=", ".join(CLASSES))
    known = {UNKNOWN, *(FLAGS if asked.names is None else asked.names).values()}
    if asked.flag and asked.flag not in known:
        raise InputError(f"no number block {asked.flag!r}", hint=f"near it: {', '.join(_near(asked.flag, known))}")


def _near(word: str, known: set[str]) -> list[str]:
    """Names that a mistyped one may mean: first those that hold it, then those alike."""
    low = word.casefold()
    held = sorted(k for k in known if low in k.casefold())
    by_low = {k.casefold(): k for k in sorted(known)}
    alike = [by_low[k] for k in difflib.get_close_matches(low, sorted(by_low), _NEAR_MOST, 0.0)]
    return list(dict.fromkeys((*held, *alike)))[:_NEAR_MOST]


def _chosen(table: Any, asked: Asked) -> Any:
    keep = np.ones(table.num_rows, np.bool_)
    for column, wanted in (("flag", asked.flag), ("type", asked.kind)):
        if wanted:
            keep &= np.array([v == wanted for v in table[column].to_pylist()], np.bool_)
    return table.filter(keep)


def _transit_days(crossed: Any, measure: str, asked: Asked, ships: Ships) -> Array:
    """Day of each transit that is asked for."""
    if crossed is None:
        raise InputError("no gates to count at", hint="give --gates")
    _, _, rest = measure.partition(":")
    gate, _, way = rest.partition(":")
    named = {g.gate_id: g for g in asked.gates}
    if gate and gate not in named:
        raise InputError(f"no gate {gate!r}", hint=", ".join(named))
    if way and way not in named[gate].directions:
        raise InputError(f"gate {gate} has no direction {way!r}", hint=" or ".join(named[gate].directions))
    keep = np.ones(len(crossed), np.bool_)
    tests = [("gate_id", gate), ("direction", way)]
    for column, wanted in tests:
        if wanted:
            keep &= np.array([v == wanted for v in crossed[column].to_pylist()], np.bool_)
    if asked.flag:
        keep &= np.array([v == asked.flag for v in flag_names(mid_of(crossed["mmsi"]), ships.names)], np.bool_)
    if asked.kind:
        keep &= ships.kind_of(crossed["mmsi"]) == CLASSES.index(asked.kind)
    days: Array = np.floor_divide(crossed["time_ms"][keep], DAY_MS)
    return days

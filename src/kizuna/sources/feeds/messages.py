"""Columns of decoded messages to fixes, static rows and headers of others; the same for every feed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kizuna.base.ids import source_base
from kizuna.base.table import Schema, Table
from kizuna.base.units import MISSING_TIME_MS, SECOND_MS
from kizuna.fixes.statics import OTHERS, STATICS
from kizuna.fixes.table import (
    CHANNELS,
    FIXES,
    FLAG_BAD_MMSI,
    FLAG_JUNK_SPEED,
    FLAG_NO_TIME,
    FLAG_OUT_OF_RANGE,
    FLAG_ROT_OVER,
    TIME_SOURCES,
)
from kizuna.sources.batch import Batch, nothing
from kizuna.sources.feeds.columns import Columns, refined, station_class
from kizuna.sources.feeds.shapes import POSITION_TYPES, STATIC_TYPES, etas
from kizuna.sources.rows import MMSI_PLAUSIBLE, Origin, positions

Array = npt.NDArray[Any]

_ID_MASK: Final = np.uint64((1 << 63) - 1)
_ROT_SCALE: Final = 4.733
"""M.1371 table 48: the indicated rate is 4.733 times the square root of degrees per minute."""
_ROT_OVER: Final = 127
_ROT_MAX_DPM: Final = 720.0
_SPEED_END: Final = {27: 63.0, 9: 1023.0}
_SPEED_END_USUAL: Final = 102.25
"""First value that is no speed over ground (M.1371: 102.3; type 27: 63; aircraft: 1023)."""
_LONG_RANGE: Final = 27
_UNTOLD: Final = 0
_STATIC_SIGNS: Final = ("shipname", "callsign", "destination", "imo", "ship_type", "draught")
_AIRCRAFT: Final = 9


@dataclass(frozen=True, slots=True)
class Heard:
    """What all kinds of messages share, one entry each.

    Attributes:
        kind: int64[n], message type 1 to 28; 0 where the source does not say (a position and perhaps static data).
        mmsi: int32[n]; usable: bool[n], which have one (the others are dropped).
        offset: int64[n], byte offset.
        time_ms: int64[n], as the feed says; base_ms: a time of receipt to be refined; own_ms: of base stations.
        received_ms: of the whole run; MISSING_TIME_MS for files.
        channel: VHF channel as the feed names it.
    """

    kind: Array
    mmsi: Array
    usable: Array
    offset: Array
    time_ms: Array
    base_ms: Array
    own_ms: Array
    received_ms: int
    channel: list[Any]


def tables(heard: Heard, found: Columns, origin: Origin) -> Batch:
    """Fixes, statics and others, with ``messages``, ``out_of_range`` and ``unknown_word`` counted."""
    kind = heard.kind
    second = found.whole("second", 0, 59, np.int8)
    stated = (second < 0) & (heard.own_ms != MISSING_TIME_MS)  # a base station's second stands in its time
    second = np.where(stated, heard.own_ms // SECOND_MS % 60, second).astype(np.int8)
    shared = _shared(heard, found, origin, second)
    counts = {"messages": int(np.count_nonzero(heard.usable)), "unknown_word": found.unknown_words, "out_of_range": 0}
    is_fix = np.isin(kind, (_UNTOLD, *POSITION_TYPES)) & heard.usable
    is_static = (np.isin(kind, STATIC_TYPES) | ((kind == _UNTOLD) & found.any_of(_STATIC_SIGNS))) & heard.usable
    is_other = ~np.isin(kind, (_UNTOLD, *POSITION_TYPES, *STATIC_TYPES)) & heard.usable
    empty = nothing()
    fixes, statics, others = empty.fixes, empty.statics, empty.others
    if is_fix.any():
        columns = shared | _motion(kind, found, shared, counts) | {"second": second}
        fixes = _taken(FIXES, columns, is_fix, origin)
    if is_static.any():
        flags = np.where(_bad_mmsi(shared["mmsi"]), FLAG_BAD_MMSI, 0).astype(np.int32)
        statics = _taken(STATICS, shared | _static(found) | {"flags": flags}, is_static, origin)
    if is_other.any():
        columns = shared | {
            "dest_mmsi": found.whole("dest_mmsi", 0, (1 << 30) - 1, np.int32),
            "dac": found.whole("dac", 0, 1023, np.int16),
            "fid": found.whole("fid", 0, 63, np.int8),
        }
        others = _taken(OTHERS, columns, is_other, origin)
    return Batch(fixes, statics, others, empty.rejects, {k: v for k, v in counts.items() if v or k == "messages"})


def _bad_mmsi(mmsi: Array) -> Array:
    out: Array = (mmsi < 1) | (mmsi > MMSI_PLAUSIBLE)
    return out


def _shared(heard: Heard, found: Columns, origin: Origin, second: Array) -> dict[str, Any]:
    """Columns of HEARD."""
    n = found.n
    source = np.full(n, TIME_SOURCES.index(origin.time_source), np.int32)
    time = heard.time_ms.copy()
    received = np.full(n, heard.received_ms, np.int64) if heard.received_ms != MISSING_TIME_MS else heard.base_ms
    for other, word in ((refined(received, second), "receive"), (heard.own_ms, "base")):
        lacking = (time == MISSING_TIME_MS) & (other != MISSING_TIME_MS)
        time[lacking] = other[lacking]
        source[lacking] = TIME_SOURCES.index(word)
    source[time == MISSING_TIME_MS] = TIME_SOURCES.index("none")
    ids = (heard.offset.astype(np.uint64) + np.uint64(source_base(origin.source_id))) & _ID_MASK
    code = {c: i for i, c in enumerate(CHANNELS)}
    return {
        "msg_id": ids.view(np.int64), "mmsi": heard.mmsi, "time_ms": time, "time_source": source,
        "received_ms": np.full(n, heard.received_ms, np.int64), "byte_offset": heard.offset,
        "channel": np.array([code.get(c, -1) if isinstance(c, str) else -1 for c in heard.channel], np.int32),
        "msg_type": np.where(heard.kind == _UNTOLD, -1, heard.kind).astype(np.int8),
        "repeat": found.whole("repeat", 0, 3, np.int8),
        "source_id": np.zeros(n, np.int32), "label": np.zeros(n, np.int32), "context": np.zeros(n, np.int32),
    }  # fmt: skip


def _taken(schema: Schema, columns: Mapping[str, Any], rows: Array, origin: Origin) -> Table:
    """Some rows of the columns given, everything else missing."""
    n = int(np.count_nonzero(rows))
    every = n == len(rows)
    full: dict[str, Any] = {}
    for c in schema.columns:
        found = columns.get(c.name)
        if found is None:
            full[c.name] = c.empty(n)
        elif isinstance(found, np.ndarray):
            full[c.name] = found if every else found[rows]
        else:
            full[c.name] = found if every else found.filter(pa.array(rows))
    words = {"source_id": (origin.source_id,), "station_id": (), "label": (origin.label,), "context": (origin.context,)}
    return Table(schema, full, words)


def _motion(kind: Array, found: Columns, shared: Mapping[str, Any], counts: dict[str, int]) -> dict[str, Any]:
    lat, lon, flags = positions(found.number("lat").copy(), found.number("lon").copy())
    is_fix = np.isin(kind, (_UNTOLD, *POSITION_TYPES))
    counts["out_of_range"] += int(np.count_nonzero(is_fix & ((flags & FLAG_OUT_OF_RANGE) != 0)))
    end = np.full(len(kind), _SPEED_END_USUAL)
    for number, value in _SPEED_END.items():
        end[kind == number] = value
    sog = _bounded(found.number("sog"), end, np.where(end == _SPEED_END_USUAL, 102.3, end), counts)
    none = np.where(kind == _LONG_RANGE, 511.0, 360.0)
    cog = _bounded(found.number("cog"), np.full(len(kind), 360.0), none, counts)
    heading = _bounded(found.number("heading"), np.full(len(kind), 360.0), np.full(len(kind), 511.0), counts)
    junk = ((sog == np.float32(51.2)) | (sog == np.float32(63.0))) & (kind != _AIRCRAFT)
    rot, over = _turn(found, counts)
    flags |= np.where(junk, FLAG_JUNK_SPEED, 0).astype(np.int32)
    flags |= np.where(over, FLAG_ROT_OVER, 0).astype(np.int32)
    flags |= np.where(shared["time_ms"] == MISSING_TIME_MS, FLAG_NO_TIME, 0).astype(np.int32)
    flags |= np.where(_bad_mmsi(shared["mmsi"]), FLAG_BAD_MMSI, 0).astype(np.int32)
    return {
        "lat_deg": lat, "lon_deg": lon, "flags": flags, "sog_kn": sog, "cog_deg": cog, "heading_deg": heading,
        "rot_dpm": rot, "altitude_m": _bounded(
            found.number("altitude"), np.full(len(kind), 4095.0), np.full(len(kind), 4095.0), counts),
        "nav_status": found.whole("nav_status", 0, 14, np.int8), "accuracy": found.whole("accuracy", 0, 1, np.int8),
        "raim": found.whole("raim", 0, 1, np.int8), "ais_class": station_class(kind, shared["mmsi"].astype(np.int64)),
    }  # fmt: skip


def _bounded(values: Array, end: Array, none: Array, counts: dict[str, int]) -> Array:
    """Values from 0 up to, not including, ``end``; ``none`` means not available."""
    good = (values >= 0) & (values < end)
    wrong = ~good & ~np.isnan(values) & (np.abs(values - none) > 0.01)  # noqa: PLR2004  a code printed with two digits
    counts["out_of_range"] += int(np.count_nonzero(wrong))
    out: Array = np.where(good, values, np.nan).astype(np.float32)
    return out


def _turn(found: Columns, counts: dict[str, int]) -> tuple[Array, Array]:
    """Rate of turn in degrees per minute, and where it was sent as "more than 5 degrees in 30 s"."""
    raw = found.number("turn")
    over = np.abs(raw) == _ROT_OVER
    made = np.where(np.abs(raw) < _ROT_OVER, np.sign(raw) * (raw / _ROT_SCALE) ** 2, np.nan)
    rate = found.number("rot")
    known = np.abs(rate) <= _ROT_MAX_DPM
    wrong = (~known & ~np.isnan(rate)) | (np.abs(raw) > _ROT_OVER + 1)
    counts["out_of_range"] += int(np.count_nonzero(wrong))
    out: Array = np.where(known, rate, made).astype(np.float32)
    return out, over


def _static(found: Columns) -> dict[str, Any]:
    draught = found.number("draught")
    known = (draught > 0) & (draught <= 25.5)  # noqa: PLR2004  0 is "not available", the field ends at 25.5 m
    imo = found.whole("imo", 1, (1 << 30) - 1, np.int32)
    dte = found.whole("dte", 0, 1, np.int8)
    return {
        "part": found.whole("part", 0, 1, np.int8), "imo": imo, "callsign": found.text("callsign"),
        "shipname": found.text("shipname"), "ship_type": found.whole("ship_type", 0, 255, np.int16),
        "to_bow_m": found.whole("to_bow", 0, 511, np.int16), "to_stern_m": found.whole("to_stern", 0, 511, np.int16),
        "to_port_m": found.whole("to_port", 0, 63, np.int16),
        "to_starboard_m": found.whole("to_starboard", 0, 63, np.int16),
        "draught_m": np.where(known, draught, np.nan).astype(np.float32), "destination": found.text("destination"),
        "eta": etas(found), "epfd": found.whole("epfd", 0, 15, np.int8),
        "ais_version": found.whole("ais_version", 0, 3, np.int8),
        "dte": np.where(dte >= 0, 1 - dte, -1).astype(np.int8),
        "mothership_mmsi": found.whole("mothership", 1, (1 << 30) - 1, np.int32), "vendor": found.text("vendor"),
        "aid_type": found.whole("aid_type", 0, 31, np.int8), "off_position": found.whole("off_position", 0, 1, np.int8),
        "virtual": found.whole("virtual", 0, 1, np.int8),
    }  # fmt: skip

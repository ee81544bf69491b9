"""Who sent: periods in which an MMSI sent one and the same static data, and the ships behind segments.

A static message belongs to the identity of its MMSI that it does not contradict: normalised name, call sign and IMO
number each equal, or missing on one side. So the two parts of type 24 meet, and an identity fills up. It goes on as
long as it was the last one heard, or was heard within ``keep_h``; two ships sending in turn under one MMSI therefore
give two identities that overlap in time, and a name that comes back after another was in use begins a new period.

Static messages carry no position. They are held to belong to every segment of the MMSI with a fix within ``near_min``;
a segment gets a ship's IMO number only from messages heard while no other good segment of the MMSI was heard.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pyarrow as pa

from kizuna.base.errors import InputError
from kizuna.base.table import Array, Table, empty
from kizuna.base.units import HOUR_MS, KN_MPS, MINUTE_MS, MISSING_TIME_MS
from kizuna.records import label
from kizuna.tracks.kernels.identity import heard_near
from kizuna.tracks.table import IDENTITIES, IDENTITY_TYPE, NOISE_KINDS, Tracks

_IMO_LEAST: Final = 1_000_000
_IMO_GREATEST: Final = 9_999_999
_GEAR_NAME: Final = re.compile(r"(\d{1,3} ?%|\d{1,2}[.,]\d{1,2} ?V)$")
"""Names of buoys on fishing gear end with the charge of their battery: ``NET 12 85%``, ``KX-3 11.8V``."""
_GEAR_FASTEST_KN: Final = 3.0
"""Gear drifts; a ship with such a name that sails faster than this is none."""


@dataclass(frozen=True, slots=True)
class Params:
    """How static messages are joined.

    Attributes:
        keep_h: an identity that is not the last one heard is continued within this, h; 0 to 10,000.
        near_min: a message belongs to segments with a fix within this, min; 1 to 1,440. Global Fishing Watch takes 15;
            static messages come every 6 minutes.
    """

    keep_h: float = 24.0
    near_min: float = 15.0

    def __post_init__(self) -> None:
        """Refuse values outside their ranges with InputError."""
        if not 0.0 <= self.keep_h <= 10_000.0:  # noqa: PLR2004  the range, as documented
            raise InputError(f"keep_h = {self.keep_h} is out of range", hint="0 to 10000")
        if not 1.0 <= self.near_min <= 1440.0:  # noqa: PLR2004
            raise InputError(f"near_min = {self.near_min} is out of range", hint="1 to 1440")


def imo_is_valid(imo: int) -> bool:
    """Whether a number is a ship's IMO number: seven digits, the last the check digit (IMO A.1117(30))."""
    if not _IMO_LEAST <= imo <= _IMO_GREATEST:
        return False
    digits = [int(d) for d in str(imo)]
    return sum(d * w for d, w in zip(digits, range(7, 1, -1), strict=False)) % 10 == digits[6]


def normalise_name(name: str) -> str:
    """A name for comparison: width and compatibility forms folded (NFKC), case folded, letters and digits only."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(c for c in unicodedata.normalize("NFKC", folded) if c.isalnum())


def identities(statics: Table, params: Params | None = None) -> Table:
    """Identity periods of all MMSIs, by MMSI, then first time.

    Messages without a time, and those with neither name, call sign nor IMO number, are left out.
    """
    rows, period = _periods(statics, params or Params())
    return _table(statics, rows, period)


def join(tracks: Tracks, statics: Table, params: Params | None = None) -> Tracks:
    """The tracks with identities, vessel ids and gear buoys filled in from static messages."""
    p = params or Params()
    rows, period = _periods(statics, p)
    table = _table(statics, rows, period)
    pair_row, pair_segment = _pairs(tracks, statics, rows, p)
    segments = tracks.segments
    columns = {
        "identities": _lists(table, len(segments), pair_segment, period[pair_row]),
        "vessel_id": _vessel_ids(tracks, table, pair_row, pair_segment, period),
        "noise": _gear(segments, table, pair_segment, period[pair_row]),
    }
    return replace(tracks, segments=segments.replace(**columns))


def _codes(column: pa.Array) -> tuple[Array, list[str]]:
    """Codes of a text column (-1 missing or blank), and the words."""
    encoded = column.dictionary_encode()
    words = encoded.dictionary.to_pylist()
    codes = np.array(encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False), np.int64)
    return codes, words


def _same(words: list[str], key: Any) -> Array:
    """For each word the number of its class under ``key``; -1 for an empty key; one more -1 for code -1."""
    index: dict[str, int] = {}
    return np.array([index.setdefault(k, len(index)) if (k := key(w)) else -1 for w in words] + [-1], np.int64)


def _periods(statics: Table, params: Params) -> tuple[Array, Array]:
    """Rows of the statics in order of MMSI and time, and the number of the identity of each; silent ones left out."""
    order = np.lexsort((statics["msg_id"], statics["byte_offset"], statics["time_ms"], statics["mmsi"]))
    name_codes, names = _codes(statics["shipname"])
    call_codes, calls = _codes(statics["callsign"])
    said = np.stack([
        _same(names, normalise_name)[name_codes], _same(calls, normalise_name)[call_codes],
        statics["imo"].astype(np.int64),
    ], axis=1)[order]  # fmt: skip
    keep = (statics["time_ms"][order] != MISSING_TIME_MS) & (said >= 0).any(axis=1)
    order, said = order[keep], said[keep]
    if not len(order):
        return order, np.empty(0, np.int64)
    mmsi, time_ms = statics["mmsi"][order], statics["time_ms"][order]
    new = np.ones(len(order), np.bool_)
    new[1:] = (mmsi[1:] != mmsi[:-1]) | (said[1:] != said[:-1]).any(axis=1)
    first = np.flatnonzero(new)
    last = np.append(first[1:], len(order)) - 1
    runs = zip(mmsi[first].tolist(), time_ms[first].tolist(), time_ms[last].tolist(), said[first].tolist(), strict=True)
    of_run = np.array(_assign(runs, round(params.keep_h * HOUR_MS)), np.int64)
    return order, np.repeat(of_run, last - first + 1)


def _assign(runs: Any, keep_ms: int) -> list[int]:
    """Number of the identity of each run of equal messages (MMSI, first, last time, what it says)."""
    out: list[int] = []
    known: list[tuple[list[int], int, int]] = []  # what it says, last time, number; the last one heard at the end
    current, n = None, 0
    for mmsi, first_ms, last_ms, said in runs:
        if mmsi != current:
            current, known = mmsi, []
        found = None
        for k in range(len(known) - 1, -1, -1):
            have, seen_ms, number = known[k]
            if k != len(known) - 1 and first_ms - seen_ms > keep_ms:
                break
            if all(a == b or a < 0 or b < 0 for a, b in zip(have, said, strict=True)):
                found = k, [max(a, b) for a, b in zip(have, said, strict=True)], number
                break
        if found is None:
            known.append((said, last_ms, n))
            out.append(n)
            n += 1
        else:
            k, have, number = found
            del known[k]
            known.append((have, last_ms, number))
            out.append(number)
    return out


def _table(statics: Table, rows: Array, period: Array) -> Table:
    n = int(period.max()) + 1 if len(period) else 0
    if n == 0:
        return empty(IDENTITIES)
    by = np.argsort(period, kind="stable")
    rows, period = rows[by], period[by]
    starts = np.flatnonzero(np.diff(period, prepend=-1))
    ends = np.append(starts[1:], len(rows)) - 1
    length = _sum_of(statics, "to_bow_m", "to_stern_m")
    width = _sum_of(statics, "to_port_m", "to_starboard_m")
    shipname = _last_text(statics["shipname"], rows, period, n)
    imo = _last(statics["imo"], statics["imo"] >= 0, rows, period, n, -1)
    columns: dict[str, Any] = {
        "mmsi": statics["mmsi"][rows[starts]], "first_ms": statics["time_ms"][rows[starts]],
        "last_ms": statics["time_ms"][rows[ends]], "shipname": shipname,
        "n_shipname": pa.array([None if s is None else normalise_name(s) for s in shipname.to_pylist()], pa.string()),
        "callsign": _last_text(statics["callsign"], rows, period, n), "imo": imo,
        "imo_valid": np.array([-1 if i < 0 else int(imo_is_valid(i)) for i in imo.tolist()], np.int8),
        "ship_type": _last(statics["ship_type"], statics["ship_type"] > 0, rows, period, n, -1),
        "length_m": _last(length, length > 0, rows, period, n, -1),
        "width_m": _last(width, width > 0, rows, period, n, -1),
        "draught_m": _last(statics["draught_m"], statics["draught_m"] > 0, rows, period, n, np.nan),
        "destination": _last_text(statics["destination"], rows, period, n),
        "count": (ends - starts + 1).astype(np.int32),
        "context": statics["context"][rows[starts]],
    }  # fmt: skip
    words = statics.codes_of("label")
    labels = statics["label"][rows]
    low, high = np.minimum.reduceat(labels, starts), np.maximum.reduceat(labels, starts)
    if (low != high).any() and label.NOBODY not in words:
        words = (*words, label.NOBODY)
    mixed = words.index(label.NOBODY) if label.NOBODY in words else -1
    columns["label"] = np.where(low == high, low, mixed).astype(np.int32)
    return Table(IDENTITIES, columns, {"label": words, "context": statics.codes_of("context")})


def _sum_of(statics: Table, one: str, other: str) -> Array:
    """Sum of two antenna distances, missing (-1) unless both are there."""
    a, b = statics[one], statics[other]
    return np.asarray(np.where((a >= 0) & (b >= 0), a + b, -1), np.int16)


def _last_row(valid: Array, rows: Array, period: Array, n: int) -> Array:
    """The last of the rows (sorted by period, then time) of each period for which ``valid`` holds; -1: none."""
    found = np.full(n, -1, np.int64)
    ok = valid[rows]
    found[period[ok]] = rows[ok]  # NumPy writes in order: the last one stays
    return found


def _last(column: Array, valid: Array, rows: Array, period: Array, n: int, missing: float) -> Array:
    at = _last_row(valid, rows, period, n)
    return np.where(at >= 0, column[at], np.asarray(missing, column.dtype))


def _last_text(column: pa.Array, rows: Array, period: Array, n: int) -> pa.Array:
    filled = np.array([bool(t and t.strip()) for t in column.to_pylist()], np.bool_)
    at = _last_row(filled, rows, period, n)
    return column.take(pa.array(at, mask=at < 0))


def _pairs(tracks: Tracks, statics: Table, rows: Array, params: Params) -> tuple[Array, Array]:
    """Static messages (index into ``rows``) and segments that were heard near each other."""
    mmsi = statics["mmsi"][rows]
    low = np.searchsorted(tracks.segments["mmsi"], mmsi, "left")
    high = np.searchsorted(tracks.segments["mmsi"], mmsi, "right")
    count = high - low
    row = np.repeat(np.arange(len(rows)), count)
    segment = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + np.repeat(low, count)
    near = heard_near(
        statics["time_ms"][rows[row]], segment, tracks.seg_start, tracks.seg_end, tracks.time_ms,
        round(params.near_min * MINUTE_MS),
    )  # fmt: skip
    return row[near], segment[near]


def _counted(segment: Array, identity: Array) -> tuple[Array, Array, Array]:
    """Different pairs of segment and identity and how often each occurs; by segment, most frequent first."""
    pairs, count = np.unique(np.stack([segment, identity], axis=1), axis=0, return_counts=True)
    by = np.lexsort((pairs[:, 1], -count, pairs[:, 0]))
    return pairs[by, 0], pairs[by, 1], count[by]


def _lists(table: Table, n_segments: int, segment: Array, identity: Array) -> pa.Array:
    segment, identity, count = _counted(segment, identity)
    values = pa.StructArray.from_arrays(
        [
            table["shipname"].take(pa.array(identity)), table["callsign"].take(pa.array(identity)),
            pa.array(table["imo"][identity], pa.int32(), mask=table["imo"][identity] < 0), pa.array(count, pa.int32()),
        ],
        fields=list(IDENTITY_TYPE),
    )  # fmt: skip
    offsets = np.searchsorted(segment, np.arange(n_segments + 1)).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), values)


def _vessel_ids(tracks: Tracks, table: Table, pair_row: Array, pair_segment: Array, period: Array) -> pa.Array:
    """Ids by IMO number where one valid number rules a segment, or all of its ship that have any; else as before."""
    segments = tracks.segments
    good = segments["noise"][pair_segment] != NOISE_KINDS.index("overlapping_short")
    row, segment = pair_row[good], pair_segment[good]
    alone = np.bincount(row, minlength=len(period))[row] == 1
    valid = table["imo_valid"][period[row]] == 1
    seg, imo, count = _counted(segment[alone & valid], table["imo"][period[row[alone & valid]]])
    ids = segments["vessel_id"].to_pylist()
    total = np.bincount(seg, weights=count, minlength=len(ids))
    found_in = zip(seg.tolist(), imo.tolist(), count.tolist(), strict=True)
    of_segment = {s: number for s, number, k in found_in if 2 * k > total[s]}
    of_ship: dict[str, set[int]] = {}
    for s, number in of_segment.items():
        of_ship.setdefault(ids[s], set()).add(number)
    out = []
    for s, before in enumerate(ids):
        numbers = of_ship.get(before, set())
        found = of_segment.get(s, next(iter(numbers)) if len(numbers) == 1 else None)
        out.append(before if found is None else f"imo:{found}")
    return pa.array(out, pa.string())


def _gear(segments: Table, table: Table, segment: Array, identity: Array) -> Array:
    """Judgements with the segments that a gear buoy's name was heard in, and that are slow, marked as such."""
    names = table["shipname"].to_pylist()
    named = np.array([bool(name and _GEAR_NAME.search(name.strip().upper())) for name in names], np.bool_)
    noise: Array = segments["noise"].copy()
    if not named.any():
        return noise
    hit = np.unique(segment[named[identity]])
    seconds = np.maximum(segments["end_ms"][hit] - segments["start_ms"][hit], 1) / 1000.0
    slow = segments["distance_m"][hit] / seconds < _GEAR_FASTEST_KN * KN_MPS
    hit = hit[slow & (noise[hit] != NOISE_KINDS.index("overlapping_short"))]
    noise[hit] = NOISE_KINDS.index("stationary_gear")
    return noise

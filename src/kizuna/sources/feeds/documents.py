"""One JSON document of the last positions of many vessels.

Two forms are known:

- Digitraffic (Finland) vessel locations: a FeatureCollection of points with ``mmsi``, ``sog``, ``cog``, ``navStat``,
  ``rot`` (as on the air), ``posAcc``, ``raim``, ``heading``, ``timestamp`` (the UTC second) and ``timestampExternal``
  (milliseconds) as properties. Time: of each vessel.
- A list ``vessels`` of objects (``mmsi, lat, lon, sog, cog, heading, ship_type, name, destination, eta``) beside one
  ``timestamp`` of the whole, as programs keep such snapshots. That is when the snapshot was taken, not when a vessel
  reported: these times are marked ``assumed`` and suspect. ``eta`` as a number is the 20-bit code of the air interface.

A document is read as a whole, up to ``DOCUMENT_LIMIT``. ``byte_offset`` and ``line_no`` are the number of the vessel in
its list (from 0, and from 1), because a parsed document no longer has places.
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from kizuna.base.errors import InputError
from kizuna.base.table import Table
from kizuna.base.units import MISSING_TIME_MS
from kizuna.fixes.table import FLAG_TIME_SUSPECT, TIME_SOURCES
from kizuna.records.context import REAL
from kizuna.records.context import check as check_context
from kizuna.records.label import NOBODY
from kizuna.sources.batch import Batch, nothing
from kizuna.sources.feeds.columns import Columns, times
from kizuna.sources.feeds.messages import Heard, tables
from kizuna.sources.rows import MMSI_MAX, Origin, reject_table

Array = npt.NDArray[Any]
Message = dict[str, Any]

DOCUMENT_LIMIT: Final = 64 << 20
"""Bytes of a document; 10,000 vessels take 2 MB."""
_MARK = re.compile(rb'"vessels"\s*:\s*\[|"features"\s*:\s*\[')
_MMSI_NEAR = re.compile(rb'"mmsi"\s*:')
_RAW_KEPT: Final = 1024
_NUMBERS: Final = {"sog": "sog", "cog": "cog", "heading": "heading", "lat": "lat", "lon": "lon", "imo": "imo",
                   "draught": "draught", "ship_type": "ship_type", "nav_status": "nav_status"}  # fmt: skip
_FEATURE_NUMBERS: Final = {"sog": "sog", "cog": "cog", "heading": "heading", "nav_status": "navStat", "turn": "rot",
                           "accuracy": "posAcc", "raim": "raim", "second": "timestamp"}  # fmt: skip
_TEXTS: Final = {"shipname": "name", "callsign": "callsign", "destination": "destination"}


def is_document(head: bytes) -> bool:
    """Whether a file that begins so is such a document."""
    return head.startswith(b"{") and bool(_MARK.search(head)) and bool(_MMSI_NEAR.search(head))


class DocumentDecoder:
    """Decoder of one document; everything comes at ``finish``."""

    def __init__(self, source_id: str, *, label: str = NOBODY, context: str = REAL) -> None:
        self._origin = Origin(source_id, label, check_context(context), "table")
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes, received_ms: int | None = None) -> Batch:  # noqa: ARG002  documents are never live
        """Keep the bytes. Raises InputError for a document that is too large."""
        self._size += len(data)
        if self._size > DOCUMENT_LIMIT:
            raise InputError(
                f"a JSON document of more than {DOCUMENT_LIMIT >> 20} MB", where=self._origin.source_id,
                hint="write one object a line (JSON lines)",
            )  # fmt: skip
        self._parts.append(data)
        return nothing()

    def finish(self) -> Batch:
        """All rows. Raises InputError for what is no JSON or names no vessels."""
        where = self._origin.source_id
        try:
            found = msgspec.json.decode(b"".join(self._parts).removeprefix(b"\xef\xbb\xbf"))
        except (ValueError, RecursionError) as exc:
            raise InputError(f"no whole JSON document: {exc}", where=where) from exc
        if not isinstance(found, dict):
            raise InputError("no JSON object", where=where)
        vessels, features = found.get("vessels"), found.get("features")
        if isinstance(vessels, list):
            return self._read(vessels, found.get("timestamp"))
        if isinstance(features, list):
            return self._read([_feature(f) for f in features], None)
        raise InputError("neither vessels nor features in it", where=where)

    def _read(self, listed: list[Any], timestamp: Any) -> Batch:
        at = [i for i, o in enumerate(listed) if isinstance(o, dict)]
        found: list[Message] = [listed[i] for i in at]
        n = len(found)
        columns = Columns(n)
        rows = np.arange(n)
        own = any("_ms" in o for o in found)
        for name, key in (_FEATURE_NUMBERS | {"lat": "lat", "lon": "lon"} if own else _NUMBERS).items():
            columns.put(name, rows, [o.get(key) for o in found])
        for name, key in _TEXTS.items():
            columns.put_text(name, rows, [o.get(key) for o in found])
        _put_eta(columns, rows, [o.get("eta") for o in found])
        wrong_number = columns.wrong.copy()
        columns.put("mmsi", rows, [o.get("mmsi") for o in found])
        mmsi = columns.number("mmsi")
        usable = (mmsi >= 0) & (mmsi <= MMSI_MAX) & (np.floor(mmsi) == mmsi)
        time_ms, wrong_time = times([o.get("_ms") for o in found] if own else [timestamp] * n)
        missing = np.full(n, MISSING_TIME_MS, np.int64)
        heard = Heard(
            np.zeros(n, np.int64), np.where(usable, mmsi, 0).astype(np.int32), usable, np.array(at, np.int64), time_ms,
            missing, missing, MISSING_TIME_MS, [None] * n,
        )  # fmt: skip
        batch = tables(heard, columns, self._origin)
        bad = [(i, "bad_row") for i, o in enumerate(listed) if not isinstance(o, dict)]
        wrong = {"bad_mmsi": ~usable, "bad_number": wrong_number & usable, "bad_time": wrong_time & usable}
        for reason, marks in wrong.items():
            bad += [(at[k], reason) for k in np.flatnonzero(marks)]
        counts = {"lines": len(listed), **batch.counts}
        for _, reason in bad:
            counts[reason] = counts.get(reason, 0) + 1
        fixes = batch.fixes if own else _assumed(batch.fixes)
        statics = batch.statics if own else _assumed(batch.statics)
        return Batch(fixes, statics, batch.others, self._rejects(listed, sorted(bad)), counts)

    def _rejects(self, listed: list[Any], bad: list[tuple[int, str]]) -> Table:
        at = np.array([i for i, _ in bad], np.int64)
        raw = [msgspec.json.encode(listed[i])[:_RAW_KEPT] for i, _ in bad]
        return reject_table(self._origin, at, at + 1, [reason for _, reason in bad], raw)


def _feature(feature: Any) -> Any:
    """A feature as a flat object; anything else as it is."""
    if not isinstance(feature, dict):
        return feature
    properties, geometry = feature.get("properties"), feature.get("geometry")
    if not isinstance(properties, dict) or not isinstance(geometry, dict):
        return None
    place = geometry.get("coordinates")
    lon, lat = place[:2] if isinstance(place, list) and len(place) >= 2 else (None, None)  # noqa: PLR2004  a point
    return {**properties, "mmsi": properties.get("mmsi", feature.get("mmsi")), "lon": lon, "lat": lat,
            "_ms": properties.get("timestampExternal")}  # fmt: skip


def _put_eta(columns: Columns, rows: Array, values: list[Any]) -> None:
    """Times of arrival from the 20-bit code: month 4, day 5, hour 5, minute 6 bits (M.1371 table 52)."""
    codes = [int(v) if _is_code(v) else None for v in values]
    for name, shift, mask in (("month", 16, 15), ("day", 11, 31), ("hour", 6, 31), ("minute", 0, 63)):
        columns.put(f"eta_{name}", rows, [None if c is None else c >> shift & mask for c in codes])


def _is_code(value: Any) -> bool:
    text = str(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else ""
    return text.isascii() and text.isdigit() and len(text) <= 7 and int(text) < 1 << 20  # noqa: PLR2004  20 bits


def _assumed(table: Table) -> Table:
    """The times marked as assumed."""
    known = table["time_ms"] != MISSING_TIME_MS
    source, flags = table["time_source"].copy(), table["flags"].copy()
    source[known] = TIME_SOURCES.index("assumed")
    flags[known] |= FLAG_TIME_SUSPECT
    return table.replace(time_source=source, flags=flags)

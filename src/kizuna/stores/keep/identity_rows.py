"""Identity periods, carried on from seal to seal by the rule of ``tracks.identity``.

What is sealed is turned into periods by that module; a period goes on an earlier one of its MMSI that it does not
contradict. Static messages that come late and out of order may part a period that a run over all of them keeps whole.
"""

from __future__ import annotations

import sqlite3
from typing import Any, Final

import numpy as np
import pyarrow as pa

from kizuna.base.table import Table, empty
from kizuna.base.units import HOUR_MS
from kizuna.records import label
from kizuna.tracks.identity import Params, identities, imo_is_valid, normalise_name
from kizuna.tracks.table import IDENTITIES

NAMES: Final = (
    "mmsi", "first_ms", "last_ms", "shipname", "n_shipname", "callsign", "imo", "ship_type", "length_m", "width_m",
    "draught_m", "destination", "count", "label",
)  # fmt: skip
_KEEP_MS: Final = round(Params().keep_h * HOUR_MS)
_MANY: Final = 500
Row = dict[str, Any]


def periods(statics: Table) -> list[Row]:
    """Periods within some static messages, by MMSI and first time."""
    table = identities(statics) if len(statics) else empty(IDENTITIES)
    words = table.codes_of("label")
    columns: dict[str, list[Any]] = {}
    for name in NAMES:
        value = table[name]
        columns[name] = value.to_pylist() if isinstance(value, pa.Array) else value.tolist()
    columns["label"] = [words[code] if code >= 0 else label.NOBODY for code in columns["label"]]
    columns["draught_m"] = [None if d != d else d for d in columns["draught_m"]]  # noqa: PLR0124  NaN
    return [dict(zip(NAMES, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _read(db: sqlite3.Connection, where: str = "", values: tuple[int, ...] = ()) -> list[Row]:
    sql = f"SELECT rowid, {', '.join(NAMES)} FROM identity {where} ORDER BY mmsi, last_ms"  # noqa: S608  own texts
    return [dict(zip(("rowid", *NAMES), row, strict=True)) for row in db.execute(sql, values)]


def _of(db: sqlite3.Connection, mmsis: list[int]) -> list[Row]:
    out = []
    for at in range(0, len(mmsis), _MANY):
        some = mmsis[at : at + _MANY]
        out += _read(db, f"WHERE mmsi IN ({', '.join('?' * len(some))})", tuple(some))
    return out


def carried(old: list[Row], new: list[Row]) -> list[Row]:
    """The periods with the new ones joined on; those that are new or change are marked ``changed``."""
    known: dict[int, list[Row]] = {}
    for row in old:
        known.setdefault(row["mmsi"], []).append(row)
    for row in new:
        mine = known.setdefault(row["mmsi"], [])
        found = _same_ship(mine, row)
        if found is None:
            mine.append(row | {"changed": True})
        else:
            mine.remove(found)
            mine.append(_joined(found, row))
        mine.sort(key=lambda r: int(r["last_ms"]))
    return [row for rows in known.values() for row in rows]


def _same_ship(mine: list[Row], row: Row) -> Row | None:
    for k, other in enumerate(reversed(mine)):
        if k and row["first_ms"] - other["last_ms"] > _KEEP_MS:
            return None
        if all(a == b or not a or not b for a, b in zip(_says(other), _says(row), strict=True)):
            return other
    return None


def _says(row: Row) -> tuple[str, str, int]:
    return row["n_shipname"] or "", normalise_name(row["callsign"] or ""), max(row["imo"], 0)


def _joined(old: Row, new: Row) -> Row:
    first, second = (old, new) if old["last_ms"] <= new["last_ms"] else (new, old)
    out = {name: first[name] if second[name] in (None, -1) else second[name] for name in NAMES}
    out["first_ms"], out["last_ms"] = min(old["first_ms"], new["first_ms"]), second["last_ms"]
    out["count"], out["label"] = old["count"] + new["count"], label.join_words((old["label"], new["label"]))
    return out | {"rowid": old.get("rowid"), "changed": True}


def fold(db: sqlite3.Connection, new: list[Row]) -> None:
    """Carry the stored periods on, within a transaction."""
    old = _of(db, sorted({row["mmsi"] for row in new}))
    changed = [row for row in carried(old, new) if row.get("changed")]
    marks = ", ".join("?" * (len(NAMES) + 1))
    db.executemany(
        f"INSERT OR REPLACE INTO identity (rowid, {', '.join(NAMES)}) VALUES ({marks})",  # noqa: S608  own texts
        [(row.get("rowid"), *(row[name] for name in NAMES)) for row in changed],
    )


def find(db: sqlite3.Connection, mmsi: int | None, fresh: Table, context: str) -> Table:
    """Periods of one MMSI or of all, with static messages that are not sealed yet."""
    old = _read(db) if mmsi is None else _read(db, "WHERE mmsi = ?", (mmsi,))
    return as_table(carried(old, periods(fresh)), context)


def as_table(periods: list[Row], context: str) -> Table:
    """Periods as a table, by MMSI and time."""
    rows = sorted(periods, key=lambda r: (r["mmsi"], r["first_ms"], r["last_ms"]))
    columns: dict[str, Any] = {}
    for c in IDENTITIES.columns:
        if c.name not in NAMES or c.name == "label":
            continue
        values = [row[c.name] for row in rows]
        if c.dtype() is None:
            columns[c.name] = pa.array(values, pa.string())
        else:
            columns[c.name] = np.array([np.nan if v is None else v for v in values], c.dtype())
    columns["imo_valid"] = np.array([-1 if r["imo"] < 0 else int(imo_is_valid(r["imo"])) for r in rows], np.int8)
    labels = tuple(sorted({row["label"] for row in rows}))
    columns["label"] = np.array([labels.index(row["label"]) for row in rows], np.int32)
    columns["context"] = np.zeros(len(rows), np.int32)
    return Table(IDENTITIES, columns, {"label": labels, "context": (context,)})


def forget(db: sqlite3.Connection, before_ms: int) -> None:
    """Delete periods that ended before; within a transaction."""
    db.execute("DELETE FROM identity WHERE last_ms < ?", (before_ms,))

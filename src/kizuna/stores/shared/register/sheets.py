"""Sheets: what a full run of 1,024 entries of a log is about, as columns that are read without touching the records.

A sheet says of each entry when it was observed, where, of what kind, about which subject, under which label, until when
it may be kept, and whether it is still there. A search looks at sheets alone and reads the records that it wants. What
was erased says nothing here any more. Records are read leniently: one that does not read has no kind and is found by
nobody's search.

Columns of ``ROW``, entry by entry: ``time_ms`` ms UTC, ``until_ms`` ms UTC or ``NO_END``, ``rec`` row of the record
(-1: none), ``about`` (``about``) of the first subject, 0 where there is none, ``west south east north`` degrees, NaN
where it has no place (rounded outwards: who must know exactly reads the record), ``size`` bytes, ``kind`` and ``label``
places in the sheet's lists (-1: none), ``state``.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

SHEET: Final = 1024
"""Entries of a sheet. With 256 a search over a million took 2.5 times as long, with 4,096 the rest of each log that is
not in a sheet yet, which is read record by record, took 4 times as long."""
NO_END: Final = np.iinfo(np.int64).max
THERE: Final = 0
RECALLED: Final = 1
"""Recalled to be hidden or deleted; one that was only annotated is there."""
ERASED: Final = 2
ROW: Final = np.dtype([
    ("time_ms", "<i8"), ("rec", "<i8"), ("about", "<i8"), ("until_ms", "<i8"), ("west", "<f4"), ("south", "<f4"),
    ("east", "<f4"), ("north", "<f4"), ("size", "<i4"), ("kind", "<i2"), ("label", "<i2"), ("state", "u1"),
])  # fmt: skip
_COLUMNS: Final = tuple((name, ROW[name]) for name in ROW.names or ())
_MMSI: Final = re.compile(r"mmsi:([1-9][0-9]{0,8})")
_UNTIL: Final = re.compile(rb',"retain_until_ms":(-?[0-9]+)|"retain_until_ms":(-?[0-9]+),?')
_POINT: Final = 2
_BOX: Final = 4
Columns = dict[str, npt.NDArray[Any]]


class Brief(msgspec.Struct):
    """What is read of a record, with its label unread."""

    kind: str = ""
    subject: tuple[str, ...] = ()
    observed_ms: int = 0
    geo: tuple[float, ...] = ()
    label: msgspec.Raw = msgspec.Raw(b"{}")


class Line(NamedTuple):
    """An entry as it goes into a sheet: row of its record, its bytes (None: erased), whether it was recalled."""

    rec: int
    data: bytes | None
    recalled: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """Entries from ``first`` on. ``kinds`` and ``labels`` (label as JSON, without its end): what codes stand for.

    ``also``: (place, ``about``) of subjects beyond the first.
    """

    first: int
    kinds: tuple[str, ...]
    labels: tuple[str, ...]
    rows: Columns
    also: tuple[tuple[int, int], ...] = ()

    def __len__(self) -> int:
        """Number of entries."""
        return len(self.rows["time_ms"])

    @property
    def subjects(self) -> set[int]:
        """Every subject of an entry that is there."""
        held = self.rows["state"] != ERASED
        return ({*self.rows["about"][held].tolist()} | {code for k, code in self.also if held[k]}) - {0}

    def blank(self, places: Sequence[int]) -> Sheet:
        """The same, saying nothing of these places any more."""
        rows = {name: column.copy() for name, column in self.rows.items()}
        gone = np.asarray(places, np.int64)
        for name, value in _NOTHING.items():
            rows[name][gone] = value
        lost = set(places)
        return Sheet(self.first, self.kinds, self.labels, rows, tuple(a for a in self.also if a[0] not in lost))

    def marked(self, places: Sequence[int], state: int) -> Sheet:
        """The same with these places in another state; what was erased stays so."""
        column = self.rows["state"].copy()
        where = np.asarray(places, np.int64)
        column[where[column[where] != ERASED]] = state
        return Sheet(self.first, self.kinds, self.labels, {**self.rows, "state": column}, self.also)


_NOTHING: Final = {"time_ms": 0, "about": 0, "until_ms": NO_END, "west": np.nan, "south": np.nan, "east": np.nan,
                   "north": np.nan, "size": 0, "kind": -1, "label": -1, "state": ERASED}  # fmt: skip
_DECODER: Final = msgspec.json.Decoder(Brief)


@lru_cache(maxsize=65536)
def about(subject: str) -> int:
    """A number for a subject: the MMSI of ``mmsi:``, else a negative one from its hash. Readers check the record."""
    found = _MMSI.fullmatch(subject)
    if found:
        return int(found[1])
    return -1 - (int.from_bytes(hashlib.sha256(subject.encode()).digest()[:8], "big") >> 1)


def drawn(first: int, lines: Sequence[Line]) -> Sheet:
    """The sheet of these entries."""
    n = len(lines)
    kinds: dict[str, int] = {}
    labels: dict[bytes, int] = {}
    also: list[tuple[int, int]] = []
    out: list[tuple[Any, ...]] = []
    nothing = tuple(_NOTHING[name] for name in ROW.names or () if name != "rec")
    for place, (rec, data, recalled) in enumerate(lines):
        one = None if data is None else _read(data)
        if data is None or one is None:
            out.append((0, rec, *nothing[1:]) if data is None else (0, rec, *nothing[1:-1], THERE))
            continue
        label, until_ms = _parted(bytes(one.label))
        names = [about(s) for s in one.subject]
        also += [(place, code) for code in dict.fromkeys(names[1:])]
        out.append((
            one.observed_ms, rec, names[0] if names else 0, until_ms, *_box(one.geo), len(data),
            kinds.setdefault(one.kind, len(kinds)), labels.setdefault(label, len(labels)),
            RECALLED if recalled else THERE,
        ))  # fmt: skip
    whole = np.array(out, ROW) if n else np.empty(0, ROW)
    rows = {name: np.ascontiguousarray(whole[name]) for name, _ in _COLUMNS}
    with np.errstate(invalid="ignore"):
        for name, towards in (("west", -np.inf), ("south", -np.inf), ("east", np.inf), ("north", np.inf)):
            rows[name] = np.nextafter(rows[name], np.float32(towards), dtype=np.float32)
    return Sheet(first, tuple(kinds), tuple(x.decode("utf-8", "replace") for x in labels), rows, tuple(also))


def pack(sheet: Sheet) -> bytes:
    """The columns as bytes, one behind the other."""
    return b"".join(sheet.rows[name].tobytes() for name, _ in _COLUMNS)


def unpack(first: int, kinds: str, labels: str, also: str, data: bytes) -> Sheet:
    """A sheet from what ``pack`` and the lists (JSON) gave. The columns cannot be written to."""
    n, at, rows = len(data) // ROW.itemsize, 0, {}
    for name, dtype in _COLUMNS:
        rows[name] = np.frombuffer(data, dtype, n, at)
        at += n * dtype.itemsize
    return Sheet(first, words(kinds), words(labels), rows, _pairs(also) if also != "[]" else ())


@lru_cache(maxsize=1024)
def words(text: str) -> tuple[str, ...]:
    """A list of words from its JSON."""
    return msgspec.json.decode(text, type=tuple[str, ...])


@lru_cache(maxsize=1024)
def counts(text: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """How many entries that are held have each kind, and each label, from their JSON."""
    return msgspec.json.decode(text, type=tuple[tuple[int, ...], tuple[int, ...]])


def _pairs(text: str) -> tuple[tuple[int, int], ...]:
    return msgspec.json.decode(text, type=tuple[tuple[int, int], ...])


def _read(data: bytes) -> Brief | None:
    try:
        one = _DECODER.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return one if -(1 << 62) < one.observed_ms < 1 << 62 and len(one.geo) in (0, _POINT, _BOX) else None


def _parted(label: bytes) -> tuple[bytes, int]:
    """A label without its end, and its end: labels of one rule then are one label."""
    found = _UNTIL.search(label)
    if found is None:
        return label, NO_END
    until_ms = int(found[1] or found[2])
    return label[: found.start()] + label[found.end() :], until_ms if abs(until_ms) < 1 << 62 else NO_END


def _box(geo: Sequence[float]) -> tuple[float, float, float, float]:
    if len(geo) == _POINT:
        return geo[0], geo[1], geo[0], geo[1]
    if len(geo) == _BOX:
        return geo[0], geo[1], geo[2], geo[3]
    return np.nan, np.nan, np.nan, np.nan


def within(rows: Columns, box: tuple[float, float, float, float]) -> npt.NDArray[np.bool_]:
    """Which entries touch a box (west, south, east, north; west above east crosses 180 degrees); no place, none."""
    low, high = np.float32(-np.inf), np.float32(np.inf)
    west, south = (np.nextafter(np.float32(v), low) for v in box[:2])
    east, north = (np.nextafter(np.float32(v), high) for v in box[2:])
    there = (rows["south"] <= north) & (rows["north"] >= south)
    crosses = rows["west"] > rows["east"]
    if box[0] <= box[2]:
        side = (rows["west"] <= east) & (rows["east"] >= west)
        over = (rows["west"] <= east) | (rows["east"] >= west)
    else:
        side = (rows["west"] <= east) | (rows["east"] >= west)
        over = np.isfinite(rows["west"])
    found: npt.NDArray[np.bool_] = there & np.where(crosses, over, side)
    return found


def codes(words: Sequence[str], wanted: Iterable[str]) -> list[int]:
    """Places of the kinds that begin with one of these; all where none is named."""
    begins = tuple(wanted)
    return [k for k, word in enumerate(words) if not begins or word.startswith(begins)]


# ---- inside a transaction --------------------------------------------------------------------------------------------
def lines(db: sqlite3.Connection, log: int, first: int, count: int) -> list[Line]:
    """Entries of a log from ``first`` on, as they go into a sheet."""
    sql = (
        "SELECT e.rec, r.bytes, t.action FROM entry e LEFT JOIN record r USING (rec) "
        "LEFT JOIN tombstone t ON t.id = r.id WHERE e.log = ? AND e.n >= ? ORDER BY e.n LIMIT ?"
    )
    return [
        Line(-1 if rec is None else rec, data, action not in (None, "annotate"))
        for rec, data, action in db.execute(sql, (log, first, count))
    ]


def draw(db: sqlite3.Connection, log: int, count: int) -> int:
    """Draw the next sheets of a log; how many it has then."""
    begun = int(db.execute("SELECT max(sheet) + 1 FROM sheet WHERE log = ?", (log,)).fetchone()[0] or 0)
    for number in range(begun, begun + count):
        entries = lines(db, log, number * SHEET, SHEET)
        if len(entries) < SHEET:
            return number
        sheet = drawn(number * SHEET, entries)
        _write(db, log, number, sheet)
        db.executemany("INSERT OR IGNORE INTO mention VALUES (?, ?, ?)", [(a, log, number) for a in sheet.subjects])
    return begun + count


def _write(db: sqlite3.Connection, log: int, number: int, sheet: Sheet) -> None:
    held = sheet.rows["state"] != ERASED
    counts = [
        np.bincount(sheet.rows[name][held].astype(np.int64) + 1, minlength=len(of) + 1).tolist()[1:]
        for name, of in (("kind", sheet.kinds), ("label", sheet.labels))
    ]
    until = int(sheet.rows["until_ms"][held].min()) if held.any() else NO_END
    told = sheet.rows["kind"][held] >= 0
    times = sheet.rows["time_ms"][held][told]
    first_ms, last_ms = (int(times.min()), int(times.max())) if len(times) else (NO_END, -NO_END)
    texts = [msgspec.json.encode(x).decode() for x in (sheet.kinds, counts, sheet.labels, sheet.also)]
    size = int(sheet.rows["size"][held].sum())
    row = (log, number, first_ms, last_ms, until, int(np.count_nonzero(held)), size, *texts, pack(sheet))
    db.execute("INSERT OR REPLACE INTO sheet VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)


def touched(db: sqlite3.Connection, recs: Iterable[int], state: int) -> None:
    """Say in every sheet that these records are there, recalled or erased; inside the transaction that makes it so."""
    at: dict[tuple[int, int], list[int]] = {}
    for rec in recs:
        for log, n in db.execute("SELECT log, n FROM entry WHERE rec = ?", (rec,)):
            at.setdefault((log, n // SHEET), []).append(n % SHEET)
    if not at:
        return
    sql = "INSERT INTO meta VALUES ('register', 1) ON CONFLICT (key) DO UPDATE SET value = value + 1"
    db.execute(sql)
    for (log, number), places in at.items():
        sql = "SELECT kinds, labels, also, columns FROM sheet WHERE log = ? AND sheet = ?"
        row = db.execute(sql, (log, number)).fetchone()
        if row is None:
            continue
        before = unpack(number * SHEET, *row)
        after = before.blank(places) if state == ERASED else before.marked(places, state)
        _write(db, log, number, after)
        lost = before.subjects - after.subjects
        db.executemany(
            "DELETE FROM mention WHERE about = ? AND log = ? AND sheet = ?", [(a, log, number) for a in lost]
        )

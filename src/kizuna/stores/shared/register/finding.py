"""The register: finding what was told, and what came, without reading whole logs.

Of each full run of 1,024 entries there is a sheet (``sheets``), and for each subject the sheets that mention it. Sheets
are drawn behind the logs: appending and receiving pay nothing for them. What no sheet covers yet is read from the log
itself, so an answer is always whole; it is only slower. Erasing and recalling reach into the sheets in the same
transaction, so the register never knows more than the store.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from kizuna.stores.shared import logs
from kizuna.stores.shared.database import Database
from kizuna.stores.shared.register import sheets
from kizuna.stores.shared.register.looking import Newest, of_kinds, wanted
from kizuna.stores.shared.register.sheets import ERASED, SHEET, Sheet
from kizuna.stores.shared.register.wishes import Entered, Found, Reach, Read, Survey, Tally, Want

_AT_ONCE: Final = 32
"""Sheets read in one piece, 1.7 MB: others who read wait so long."""
_DRAWN: Final = 8
"""Sheets drawn in one transaction: others who write wait so long, some 40 ms."""
_CHUNK: Final = 500


class Register:
    """Over the logs of one store. Any thread may call it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # ---- drawing -----------------------------------------------------------------------------------------------------
    def follow(self, most: int, side: str = logs.OUT) -> int:
        """Draw up to so many sheets that are due; how many it was. Nothing is drawn twice, whoever else draws."""
        done = 0
        for state in logs.Logs(self._database).all(side):
            drawn = self._drawn(state.number)
            while done < most and (drawn + 1) * SHEET <= state.size:
                count = min(_DRAWN, most - done, state.size // SHEET - drawn)
                drawn = self._database.change(lambda db, s=state, c=count: sheets.draw(db, s.number, c))  # type: ignore[misc]
                done += count
        return done

    def _drawn(self, log: int) -> int:
        found = self._database.row("SELECT max(sheet) + 1 FROM sheet WHERE log = ?", log)
        return int(found[0] or 0) if found else 0

    @property
    def changes(self) -> int:
        """Counts up when anything that was told is recalled or erased, by whichever process."""
        found = self._database.row("SELECT value FROM meta WHERE key = 'register'")
        return int(found[0]) if found else 0

    # ---- finding -----------------------------------------------------------------------------------------------------
    def find(self, reaches: Sequence[Reach], want: Want) -> Found:
        """Entries that may be what is wanted."""
        parts = [part for k, reach in enumerate(reaches) for part in self._of(k, reach, want)]
        if not parts:
            none = np.empty(0, np.int64)
            return Found(none.astype(np.int32), none, none, none, none.astype(np.uint8))
        return Found(*(np.concatenate([getattr(p, name) for p in parts]) for name in _FOUND))

    def survey(self, reach: Reach, want: Want, kinds: Sequence[str]) -> Survey:
        """What of a log is wanted, in one look at it; the newest of each subject of these kinds alone."""
        newest, count, total, first_ms, last_ms = Newest(), 0, 0, sheets.NO_END, -sheets.NO_END
        for sheet in self._sheets(reach, want):
            mask = wanted(sheet, reach, want)
            rows = np.flatnonzero(mask)
            if len(rows):
                times = sheet.rows["time_ms"][rows]
                count, total = count + len(rows), total + sheet.first * len(rows) + int(rows.sum())
                first_ms, last_ms = min(first_ms, int(times.min())), max(last_ms, int(times.max()))
                newest.add(sheet, mask & of_kinds(sheet, kinds))
        return Survey(count, total, first_ms, last_ms, newest.found())

    def last(self, reaches: Sequence[Reach], subject: str) -> Read | None:
        """The newest entry about a subject that is there, of these logs, by the order of its coming."""
        best: tuple[int, Read] | None = None
        for k, reach in enumerate(reaches):
            for part in self._of(k, reach, Want(subject=subject), newest=True):
                found = [r for r in self.read(part) if _names(r.data, subject)]
                if found:
                    number = self._number(reach.log.number, found[-1].n)
                    best = max(best, (number, found[-1])) if best else (number, found[-1])
                    break
        return best[1] if best else None

    def _number(self, log: int, n: int) -> int:
        found = self._database.row("SELECT entry FROM entry WHERE log = ? AND n = ?", log, n)
        return int(found[0]) if found else -1

    def _of(self, place: int, reach: Reach, want: Want, *, newest: bool = False) -> Iterator[Found]:
        for sheet in self._sheets(reach, want, newest=newest):
            mask = wanted(sheet, reach, want)
            rows = np.flatnonzero(mask)
            if len(rows):
                at = {name: sheet.rows[name][rows] for name in ("time_ms", "rec", "state")}
                yield Found(np.full(len(rows), place, np.int32), sheet.first + rows, **at)

    def _sheets(self, reach: Reach, want: Want, *, newest: bool = False) -> Iterator[Sheet]:
        """Sheets in which something may be found, then what none covers yet; the other way round for the newest."""
        drawn = self._drawn(reach.log.number)
        rest = self._undrawn(reach, max(drawn * SHEET, want.after // SHEET * SHEET))
        if newest:
            yield from reversed(list(rest))
        yield from self._kept(reach, want, newest=newest)
        if not newest:
            yield from rest

    def _kept(self, reach: Reach, want: Want, *, newest: bool) -> Iterator[Sheet]:
        end = -(-reach.end // SHEET)
        sql = "SELECT s.sheet, s.kinds, s.labels, s.also, s.columns FROM sheet s"
        about = sheets.about(want.subject) if want.subject else 0
        if about:
            sql += " JOIN mention m ON m.log = s.log AND m.sheet = s.sheet AND m.about = ?5"
        sql += " WHERE s.log = ?1 AND s.last_ms >= ?3 AND s.first_ms < ?4 AND s.held > 0 AND ?5 = ?5 AND s.sheet "
        sql += "< ?2 ORDER BY s.sheet DESC LIMIT ?6" if newest else ">= ?2 ORDER BY s.sheet LIMIT ?6"
        low = -(1 << 62) if want.start_ms is None else want.start_ms
        high = 1 << 62 if want.end_ms is None else want.end_ms
        at, first, most = end if newest else want.after // SHEET, want.after // SHEET, 1 if newest else _AT_ONCE
        while rows := self._database.rows(sql, reach.log.number, at, low, high, about, most):
            for number, kinds, labels, also, columns in rows:
                if first <= number < end and (not want.kinds or sheets.codes(sheets.words(kinds), want.kinds)):
                    yield sheets.unpack(number * SHEET, kinds, labels, also, columns)
            at = rows[-1][0] if newest else rows[-1][0] + 1
            if not newest and at >= end:
                return

    def _undrawn(self, reach: Reach, first: int) -> Iterator[Sheet]:
        while first < reach.end:
            log, at = reach.log.number, first
            found = self._database.read(lambda db, log=log, at=at: sheets.lines(db, log, at, SHEET))  # type: ignore[misc]
            if not found:
                return
            yield sheets.drawn(first, found)
            first += SHEET

    def read(self, found: Found) -> Iterator[Read]:
        """The records of what was found, in that order; what was erased meanwhile is left out."""
        for at in range(0, len(found), _CHUNK):
            part = found.take(np.arange(at, min(at + _CHUNK, len(found))))
            recs = part.rec.tolist()
            marks = ",".join("?" * len(recs))
            sql = f"SELECT rec, id, bytes FROM record WHERE rec IN ({marks}) AND bytes IS NOT NULL"  # noqa: S608 marks
            held = {rec: (raw, data) for rec, raw, data in self._database.rows(sql, *recs)}
            for place, n, rec in zip(part.reach.tolist(), part.n.tolist(), recs, strict=True):
                if rec in held:
                    raw, data = held[rec]
                    yield Read(place, n, raw.hex(), data)

    # ---- counting ----------------------------------------------------------------------------------------------------
    def tally(self, reach: Reach, *, labels: bool = False) -> Tally:
        """What a reach holds, recalled or not."""
        out = Tally(entries=reach.end)
        full = reach.end // SHEET if reach.sees is None else 0
        sql = (
            "SELECT sheet, held, bytes, first_ms, last_ms, kinds, labels, counts FROM sheet WHERE log = ? AND sheet < ?"
        )
        rows = self._database.rows(sql, reach.log.number, full)
        for _, held, size, first_ms, last_ms, *texts in rows:
            out.held += held
            out.bytes += size
            _widen(out, first_ms, last_ms, held)
            counts = sheets.counts(texts[2])
            for counter, text, some in ((out.kinds, texts[0], counts[0]), (out.labels, texts[1], counts[1])):
                if counter is out.kinds or labels:
                    for word, count in zip(sheets.words(text), some, strict=True):
                        counter[word] += count
        done = {row[0] for row in rows}
        for sheet in self._sheets(reach, Want(recalled=True, after=len(done) * SHEET)):
            if sheet.first // SHEET not in done:
                _add(out, sheet, wanted(sheet, reach, Want(recalled=True)), labels=labels)
        out.kinds, out.labels = +out.kinds, +out.labels
        out.erased = out.entries - out.held if reach.sees is None else 0
        return out

    def newest(self, reaches: Sequence[Reach], want: Want, *, before: int | None, most: int) -> list[Entered]:
        """The last entries of these logs that are wanted, newest first by their coming; ``before``: below a number.

        Without kinds also those that were erased.
        """
        out: list[Entered] = []
        for reach in reaches:
            end = reach.end if before is None else min(reach.end, self._first_from(reach.log.number, before))
            out += self._newest_of(reach._replace(end=end), want, most)
        return sorted(out, key=lambda e: -e.number)[:most]

    def _newest_of(self, reach: Reach, want: Want, most: int) -> list[Entered]:
        if not want.kinds and reach.sees is None:
            return self._entered(reach, range(max(0, reach.end - most), reach.end))
        out: list[Entered] = []
        for part in self._of(0, reach, want, newest=True):
            out += self._entered(reach, part.n.tolist()[-most:])
            if len(out) >= most:
                break
        return out

    def _entered(self, reach: Reach, numbers: Sequence[int]) -> list[Entered]:
        out = []
        sql = (
            "SELECT e.entry, e.n, r.id, r.bytes FROM entry e LEFT JOIN record r USING (rec) WHERE e.log = ? AND e.n IN "
        )
        for at in range(0, len(numbers), _CHUNK):
            part = list(numbers[at : at + _CHUNK])
            rows = self._database.rows(f"{sql} ({','.join('?' * len(part))})", reach.log.number, *part)
            out += [Entered(k, reach.log, n, raw.hex() if raw else None, data) for k, n, raw, data in rows]
        return out

    def _first_from(self, log: int, number: int) -> int:
        """The first entry of a log that came as ``number`` or later: numbers go up with the coming."""

        def work(db: Any) -> int:
            low, high = 0, int(db.execute("SELECT size FROM log WHERE log = ?", (log,)).fetchone()[0])
            while low < high:
                middle = (low + high) // 2
                found = db.execute("SELECT entry FROM entry WHERE log = ? AND n = ?", (log, middle)).fetchone()
                low, high = (middle + 1, high) if found[0] < number else (low, middle)
            return low

        return self._database.read(work)

    # ---- keeping within its time -------------------------------------------------------------------------------------
    def ended(self, side: str, now_ms: int, observed_before_ms: int | None, most: int) -> list[str]:
        """Ids of up to so many records of one side that are still held though the time to keep them is over.

        By the end in their label, or because they were observed before a time. Of full sheets, and of the rest.
        """
        out: dict[str, None] = {}
        for state in logs.Logs(self._database).all(side):
            reach = Reach(state, state.size)
            for sheet in self._ending(reach, now_ms, observed_before_ms):
                rows = sheet.rows
                over = rows["until_ms"] <= now_ms
                if observed_before_ms is not None:
                    over |= (rows["time_ms"] < observed_before_ms) & (rows["kind"] >= 0)
                at = np.flatnonzero(over & (rows["state"] != ERASED))
                found = Found(np.zeros(len(at), np.int32), sheet.first + at, *(rows[k][at] for k in _FOUND[2:]))
                out.update(dict.fromkeys(r.id for r in self.read(found)))
                if len(out) >= most:
                    return list(out)[:most]
        return list(out)

    def _ending(self, reach: Reach, now_ms: int, before_ms: int | None) -> Iterator[Sheet]:
        sql = "SELECT sheet, kinds, labels, also, columns FROM sheet WHERE log = ? AND sheet >= ? AND held > 0"
        sql += " AND (until_ms <= ? OR first_ms < ?) ORDER BY sheet LIMIT 1"
        at, low = 0, -(1 << 62) if before_ms is None else before_ms
        while rows := self._database.rows(sql, reach.log.number, at, now_ms, low):
            yield sheets.unpack(rows[0][0] * SHEET, *rows[0][1:])
            at = rows[0][0] + 1
        yield from self._undrawn(reach, self._drawn(reach.log.number) * SHEET)


_FOUND: Final = ("reach", "n", "time_ms", "rec", "state")


def _add(out: Tally, sheet: Sheet, mask: npt.NDArray[np.bool_], *, labels: bool) -> None:
    held = int(np.count_nonzero(mask))
    out.held += held
    out.bytes += int(sheet.rows["size"][mask].sum())
    if held:
        times = sheet.rows["time_ms"][mask]
        _widen(out, int(times.min()), int(times.max()), held)
    for counter, words, column in ((out.kinds, sheet.kinds, "kind"), (out.labels, sheet.labels, "label")):
        if column == "kind" or labels:
            counts = np.bincount(sheet.rows[column][mask].astype(np.int64) + 1, minlength=len(words) + 1).tolist()
            counter.update(dict(zip(words, counts[1:], strict=True)))


def _widen(out: Tally, first_ms: int, last_ms: int, held: int) -> None:
    if held and first_ms <= last_ms:
        out.first_ms = first_ms if out.first_ms is None else min(out.first_ms, first_ms)
        out.last_ms = last_ms if out.last_ms is None else max(out.last_ms, last_ms)


def _names(data: bytes, subject: str) -> bool:
    return msgspec.json.encode(subject) in data

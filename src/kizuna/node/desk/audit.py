"""Who saw and did what: a bounded book that is carried over into files.

What is seen again and again by one user (a vessel card that refreshes) is one line in ``AGAIN_MS``. Lines are
gathered and written after a second or at ``GATHERED_MOST``, so that looking costs no write each; what was *done* is
written before it is answered. When the table holds more than ``ROWS_MOST`` lines, the older half moves to a file of
JSON lines beside it; the ``FILES_MOST`` newest files stay. Every line carries the hash of the line before
(``audit_chain``). Of those who are refused at the door ``REFUSED_MOST`` lines are told in ``AGAIN_MS``, and the rest as
a number: whoever may not come in cannot push out what others did.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from kizuna.base.errors import UnavailableError
from kizuna.base.units import MINUTE_MS
from kizuna.node.desk import audit_chain
from kizuna.node.desk.database import Database

ROWS_MOST: Final = 200_000
FILES_MOST: Final = 50
AGAIN_MS: Final = 10 * MINUTE_MS
GATHERED_MOST: Final = 100
REFUSED_MOST: Final = 200
_WAIT_S: Final = 1.0
_WAITING_MOST: Final = 10_000
_REMEMBERED_MOST: Final = 50_000
_TEXT_MOST: Final = 200

_LOG: Final = logging.getLogger("kizuna.node.desk")


class Audit:
    """Writes and shows the book."""

    def __init__(self, db: Database, clock: Callable[[], int], *, rows_most: int = ROWS_MOST) -> None:
        self._db = db
        self._clock = clock
        self._rows_most = rows_most
        self._lock = threading.Lock()
        self._gathered: list[tuple[int, str, str, str, str, str]] = []
        self._timer: threading.Timer | None = None
        self._closed = False
        self._told: dict[tuple[str, str, str], int] = {}
        self._until_check = 0
        self._refused = (0, 0)
        """Number of the ten minutes, and how many were refused in them."""

    def saw(self, by: str, act: str, thing: str, address: str) -> None:
        """Somebody was shown something."""
        now, key = self._clock(), (by, act, thing)
        with self._lock:
            if now - self._told.get(key, -AGAIN_MS) < AGAIN_MS:
                return
            if len(self._told) >= _REMEMBERED_MOST:
                self._told.clear()
            self._told[key] = now
            self._gathered.append((now, by, act, thing[:_TEXT_MOST], "seen", address))
            due = len(self._gathered) >= GATHERED_MOST
            if not due and self._timer is None and not self._closed:
                self._timer = threading.Timer(_WAIT_S, self._flush_seen)
                self._timer.daemon = True
                self._timer.start()
        if due:
            self._flush_seen()

    def did(self, by: str, act: str, thing: str, outcome: str, address: str) -> None:
        """Somebody did something, or was refused; written when this returns."""
        self.did_all(by, act, [(thing, outcome)], address)

    def did_all(self, by: str, act: str, things: Sequence[tuple[str, str]], address: str) -> None:
        """The same for several (thing, outcome), a line each."""
        with self._lock:
            now = self._clock()
            self._gathered += [(now, by[:_TEXT_MOST], act, thing[:_TEXT_MOST], out, address) for thing, out in things]
        self.flush()

    def refused(self, by: str, act: str, outcome: str, address: str) -> None:
        """Somebody who is not logged in was refused, as ``by`` says without proof."""
        now = self._clock() // AGAIN_MS
        with self._lock:
            before, count = self._refused
            self._refused = (now, count + 1 if before == now else 1)
        if before != now:
            self._tell_refused(count)
        if before != now or count < REFUSED_MOST:
            self.did(by, act, "", outcome, address)

    def _tell_refused(self, count: int) -> None:
        if count > REFUSED_MOST:
            self.did("", "door", "", f"{count - REFUSED_MOST} more refused in ten minutes", "")

    def _flush_seen(self) -> None:
        """Write what was gathered; looking goes on where the disk is full, and the lines wait for room."""
        try:
            self.flush()
        except UnavailableError as exc:
            _LOG.error("the audit cannot be written: %s", exc)

    def flush(self) -> None:
        """Write what was gathered. Raises UnavailableError where it cannot be written; the lines then wait."""
        with self._lock:
            rows, self._gathered = self._gathered, []
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
        if not rows:
            return
        try:
            with self._db.change() as change:
                audit_chain.append(change, rows)
        except UnavailableError:
            with self._lock:
                self._gathered = [*rows, *self._gathered][-_WAITING_MOST:]
            raise
        self._until_check -= len(rows)
        if self._until_check <= 0:
            self._until_check = max(1, self._rows_most // 20)
            self._carry_over()

    def _carry_over(self) -> None:
        held = self._db.row("SELECT count(*), min(audit_id), max(audit_id) FROM audit")
        assert held is not None
        if held[0] <= self._rows_most:
            return
        last = held[2] - held[0] // 2
        rows = self._db.rows("SELECT * FROM audit WHERE audit_id <= ? ORDER BY audit_id", last)
        folder = self._db.path.parent / "audit"
        folder.mkdir(mode=0o700, exist_ok=True)
        name = folder / f"audit-{rows[0]['audit_id']:012d}-{rows[-1]['audit_id']:012d}.jsonl"
        part = name.with_suffix(".part")
        with part.open("w", encoding="utf-8") as out:
            part.chmod(0o600)
            out.writelines(json.dumps(dict(r), ensure_ascii=False) + "\n" for r in rows)
            out.flush()
            os.fsync(out.fileno())
        part.rename(name)
        with self._db.change() as change:
            change.execute("DELETE FROM audit WHERE audit_id <= ?", (last,))
        files = sorted(folder.glob("audit-*.jsonl"))
        if len(files) > FILES_MOST:
            with self._db.change() as change:  # said before it is done: what is let go on purpose is no gap
                audit_chain.forgot(change, int(files[-FILES_MOST].name.split("-")[1]))
            for old in files[:-FILES_MOST]:
                old.unlink()

    def close(self) -> None:
        """Write what was gathered, for the last time."""
        self._closed = True
        self._flush_seen()
        with contextlib.suppress(UnavailableError):
            self._tell_refused(self._refused[1])

    def page(
        self, *, before_id: int | None = None, by: str | None = None, act: str = "", text: str = "",
        start_ms: int | None = None, end_ms: int | None = None, most: int = 500,
    ) -> list[dict[str, Any]]:  # fmt: skip
        """Lines of the table, newest first: of a user, of acts that begin so, in a time, with a text in them."""
        self.flush()
        rows = self._db.rows(
            "SELECT * FROM audit WHERE audit_id < coalesce(?, audit_id + 1) AND by = coalesce(?, by)"
            " AND substr(act, 1, length(?)) = ? AND t_ms >= coalesce(?, t_ms) AND t_ms < coalesce(?, t_ms + 1)"
            " AND instr(lower(by || ' ' || act || ' ' || object || ' ' || outcome || ' ' || address), lower(?))"
            " ORDER BY audit_id DESC LIMIT ?",
            before_id, by, act, act, start_ms, end_ms, text, most,
        )  # fmt: skip
        return [dict(r) for r in rows]

    def people(self) -> list[str]:
        """Who stands in the table, by name."""
        return [r[0] for r in self._db.rows("SELECT DISTINCT by FROM audit ORDER BY by LIMIT 500")]

    def head(self) -> tuple[int, str]:
        """Number and hash of the newest line; a note of it elsewhere proves the chain later."""
        self.flush()
        found = self._db.row("SELECT last_id, digest FROM audit_head")
        assert found is not None
        return int(found[0]), str(found[1])

    def verify(self, noted: str = "") -> audit_chain.Verdict:
        """Whether a line was changed, put in or taken out."""
        self.flush()
        return audit_chain.verify(self._db.path, noted=noted)

    @property
    def folder(self) -> Path:
        """Where older lines lie."""
        return self._db.path.parent / "audit"

"""What came from partners goes where it belongs: into the picture, or to whoever asked to be told of its kind.

One thread reads the inbox on from a cursor that is kept in the shared store. Effects come first and the cursor after
them; every effect can happen twice without harm (rows have ids that follow from the record), so a kill at any moment
neither loses nor doubles anything. What was set aside at the door is never looked into: it raises an alarm. Records
that were recalled before they came are passed over, and so are those that a revoked key has made doubtful.
"""

from __future__ import annotations

import logging
import threading
from bisect import bisect_right
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, Protocol

from kizuna.base.errors import InputError, KizunaError, UnavailableError
from kizuna.base.table import Table
from kizuna.node.origin import CARRIED_BY
from kizuna.node.share import received
from kizuna.records.kinds import read_body
from kizuna.records.record import Record, decode
from kizuna.share.ledger.merkle import SIZE_MAX
from kizuna.share.ledger.name import parse_name
from kizuna.sources.batch import Batch, nothing
from kizuna.stores.shared import Arrival

if TYPE_CHECKING:
    from kizuna.node.share.sharing import Received, Sharing

CURSOR: Final = "arrivals"
AT_ONCE: Final = 8_000
"""Records in one step, some 0.2 s; a step has its own two commits to the disk."""
IDLE_S: Final = 1.0
RETRY_S: Final = 2.0
HIDDEN: Final = ("hide", "delete")
_LOG: Final = logging.getLogger("kizuna.node.share")


class Picture(Protocol):
    """Where rows go: the store of the node, and its detections."""

    def append(self, batch: Batch) -> int:
        """Fixes, each once by id."""
        ...

    def put_events(self, events: Table) -> int:
        """Events, by id and version."""
        ...


class Arrivals:
    """``run`` is the thread; ``bell`` says that something came."""

    def __init__(
        self, sharing: Sharing, keep: Picture, add_detections: Callable[[Table], object] | None,
        alarm: Callable[[str, str, str], object],
    ) -> None:  # fmt: skip
        self._sharing, self._keep, self._add_detections, self._alarm = sharing, keep, add_detections, alarm
        self.bell = threading.Event()
        self.taken = 0
        """Records handed on since the start."""
        self.passed_over: dict[str, int] = {}
        """Records not handed on, by reason."""
        held = sharing.shared.notes.get(CURSOR)
        self.cursor = int(held) if held else 0

    def run(self, over: threading.Event, on_trouble: Callable[[str], object]) -> None:
        """Until the node stops."""
        while not over.is_set():
            try:
                busy = self.step()
                on_trouble("")
            except UnavailableError as exc:  # the disk is full: the same again, later
                _LOG.error("what partners told waits: %s", exc)
                on_trouble(str(exc))
                over.wait(RETRY_S)
                continue
            if not busy:
                self.bell.wait(IDLE_S)
                self.bell.clear()

    def step(self) -> bool:
        """Hand on what came next; whether there was anything. Raises UnavailableError when a disk is full."""
        onward = self._sharing.onward
        found = self._sharing.shared.inbox.arrived(self.cursor, AT_ONCE)
        if not found and not (onward is not None and onward.due):
            return False
        rows = self._judged(self._readable(found))
        self._into_picture(rows)
        kinds = {row.record.kind for row in rows}
        for prefix, handler in self._sharing.handlers:
            wanted = {kind for kind in kinds if kind.startswith(prefix)}
            for row in rows if wanted else ():
                if row.record.kind in wanted:
                    self._handle(handler, row)
        if onward is not None:
            onward.taken(rows)
        if found:
            self.cursor = found[-1].number
            self._sharing.shared.notes.put({CURSOR: str(self.cursor).encode()})
        self.taken += len(rows)
        return bool(found)

    def _judged(self, rows: list[Received]) -> list[Received]:
        """The rows that are proved to be of whoever states them; without a desk, those of the partners themselves."""
        onward = self._sharing.onward
        if onward is None:
            return [row for row in rows if row.record.origin == row.partner]
        judged = onward.judge(rows)
        for partner, log, words in judged.faults:
            self._pass_over("carried", partner, log, words)
        return judged.rows

    def let_in(self, log: str, rows: Iterable[tuple[str, bytes, Record]]) -> None:
        """Rows of the picture of what a person let in from a file: id, bytes, record. Any thread may call it."""
        from kizuna.node.share.sharing import Received  # noqa: PLC0415  it knows us

        self._into_picture([Received(0, r.origin, log, 0, name, data, r) for name, data, r in rows])

    def _handle(self, handler: Callable[[Received], None], row: Received) -> None:
        """A handler that finds fault with a record must not stop the others."""
        try:
            handler(row)
        except UnavailableError:
            raise
        except KizunaError as exc:
            self._pass_over("refused", row.partner, row.log, f"{row.id}: {exc}")

    def _readable(self, found: Iterable[Arrival]) -> list[Received]:
        from kizuna.node.share.sharing import Received  # noqa: PLC0415  it knows us

        found = list(found)
        barred = {i for i, stone in self._sharing.shared.tombstones.of(
            [a.entry.id for a in found if a.entry.id is not None]
        ).items() if stone.action in HIDDEN}  # fmt: skip
        logs: dict[str, _Log] = {}
        out = []
        for number, log, entry in found:
            of = logs.get(log)
            if of is None:
                of = logs[log] = _Log(self._sharing, log)
            key, doubtful = of.signer(entry.n)
            if entry.aside is not None:
                self._pass_over("set aside", of.partner, log, f"record {entry.n}: {entry.aside}")
            elif entry.data is None or entry.id is None:
                self._count("erased")
            elif entry.id in barred:
                self._count("recalled")
            elif doubtful:
                self._pass_over("doubtful", of.partner, log, f"record {entry.n} was signed by a key that was revoked")
            else:
                try:
                    record = decode(entry.data)
                except InputError as exc:
                    self._pass_over("no record", of.partner, log, f"record {entry.n}: {exc}")
                    continue
                out.append(Received(number, of.partner, log, entry.n, entry.id, entry.data, record, key))
        return out

    def _into_picture(self, rows: list[Received]) -> None:
        kinds: dict[str, list[received.Row]] = {"track.position": [], "detection": [], "event": []}
        for row in rows:
            kind = "event" if row.record.kind.startswith("event.") else row.record.kind
            if kind not in kinds or row.record.origin != row.stated_by:
                continue
            try:
                body = read_body(row.record)
            except InputError as exc:
                self._pass_over("body", row.partner, row.log, f"{row.id}: {exc}")
                continue
            told_by = row.partner if not row.proved else f"{row.proved}{CARRIED_BY}{row.partner}"
            kinds[kind].append((told_by, row.id, row.record, body))
        now_ms = self._sharing.now_ms()
        if kinds["track.position"]:
            fixes = received.positions(kinds["track.position"], now_ms)
            self._count("without MMSI", len(kinds["track.position"]) - len(fixes))
            if len(fixes):
                none = nothing()
                self._keep.append(Batch(fixes, none.statics, none.others, none.rejects, {}))
        if kinds["event"]:
            self._keep.put_events(received.events(kinds["event"]))
        if kinds["detection"] and self._add_detections is not None:
            self._add_detections(received.detections(kinds["detection"]))

    def _pass_over(self, reason: str, partner: str, log: str, words: str) -> None:
        self._count(reason)
        self._alarm(partner, log, words)

    def _count(self, reason: str, n: int = 1) -> None:
        if n:
            self.passed_over[reason] = self.passed_over.get(reason, 0) + n


class _Log:
    """A received log: whose it is, under which page key each entry came, and what a revocation has made doubtful."""

    def __init__(self, sharing: Sharing, log: str) -> None:
        name, held = parse_name(log), sharing.shared.inbox.signers(log)
        self.partner = name.origin
        ring = sharing.partners.get(name.origin).ring if held else None
        self._firsts = [first for first, _ in held]
        self._keys = [(key.hex(), ring.doubtful(name, key, SIZE_MAX)) for _, key in held] if ring else []

    def signer(self, n: int) -> tuple[str, bool]:
        """The page key of an entry, hex, empty where none is kept; whether others may have had it by then."""
        at = bisect_right(self._firsts, n) - 1
        if at < 0:
            return "", False
        key, doubtful = self._keys[at]
        return key, n in doubtful

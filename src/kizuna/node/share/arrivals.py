"""What came from partners goes where it belongs: into the picture, or to whoever asked to be told of its kind.

One thread reads the inbox on from a cursor that is kept in the shared store. Effects come first and the cursor after
them; every effect can happen twice without harm (rows have ids that follow from the record), so a kill at any moment
neither loses nor doubles anything. What was set aside at the door is never looked into: it raises an alarm. Records
that were recalled before they came are passed over, and so are those that a revoked key has made doubtful.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, Protocol

from kizuna.base.errors import InputError, KizunaError, UnavailableError
from kizuna.base.table import Table
from kizuna.node.origin import CARRIED_BY
from kizuna.node.share import received
from kizuna.records.kinds import read_body
from kizuna.records.record import Record, decode
from kizuna.share.ledger.name import parse_name
from kizuna.sources.batch import Batch, nothing
from kizuna.stores.shared import Arrival

if TYPE_CHECKING:
    from kizuna.node.share.sharing import Received, Sharing

CURSOR: Final = "arrivals"
AT_ONCE: Final = 2_000
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
        for prefix, handler in self._sharing.handlers:
            for row in rows:
                if row.record.kind.startswith(prefix):
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
        signers = _Signers(self._sharing)
        out = []
        for number, log, entry in found:
            partner = parse_name(log).origin
            if entry.aside is not None:
                self._pass_over("set aside", partner, log, f"record {entry.n}: {entry.aside}")
            elif entry.data is None or entry.id is None:
                self._count("erased")
            elif entry.id in barred:
                self._count("recalled")
            elif signers.doubtful(log, entry.n):
                self._pass_over("doubtful", partner, log, f"record {entry.n} was signed by a key that was revoked")
            else:
                try:
                    record = decode(entry.data)
                except InputError as exc:
                    self._pass_over("no record", partner, log, f"record {entry.n}: {exc}")
                    continue
                signer = signers.of(log, entry.n)
                out.append(Received(number, partner, log, entry.n, entry.id, entry.data, record, signer))
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


class _Signers:
    """Under which page key each entry was received, and whether a revocation has made it doubtful."""

    def __init__(self, sharing: Sharing) -> None:
        self._sharing = sharing
        self._held: dict[str, list[tuple[int, bytes]]] = {}
        self._rings: dict[str, Any] = {}

    def of(self, log: str, n: int) -> str:
        """The key, hex; empty where none is kept."""
        key = self._key(log, n)
        return key.hex() if key else ""

    def doubtful(self, log: str, n: int) -> bool:
        """Whether the partner said since that this key was in other hands by then."""
        key, name = self._key(log, n), parse_name(log)
        if not key:
            return False
        if name.origin not in self._rings:
            self._rings[name.origin] = self._sharing.partners.get(name.origin).ring
        return n in self._rings[name.origin].doubtful(name, key, n + 1)

    def _key(self, log: str, n: int) -> bytes:
        if log not in self._held:
            self._held[log] = self._sharing.shared.inbox.signers(log)
        return next((key for first, key in reversed(self._held[log]) if first <= n), b"")

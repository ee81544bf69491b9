"""Pages, receipts and manifests in and out of the shared store, however they travel: over a line or on a stick."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from kizuna.base.errors import KizunaError, TrustError
from kizuna.share import receipt
from kizuna.share.ledger.name import parse_name
from kizuna.share.sync import Fault, wire
from kizuna.share.sync.cutting import Cutter, not_for
from kizuna.share.sync.taking import Outcome, take

if TYPE_CHECKING:
    from kizuna.node.share.sharing import Sharing

CARRIED_BYTES: Final = 1 << 20
"""About so large are pages on carried media."""
_NEW_KEYS: Final = ("key manifests", "was not announced")
_LOG: Final = logging.getLogger("kizuna.node.share")
Alarm = Callable[[str, str, str], object]
"""Told of what a person must look at: partner, log, words."""


class Exchange:
    """Any thread may call it."""

    def __init__(self, sharing: Sharing, alarm: Alarm) -> None:
        self._sharing, self._alarm = sharing, alarm
        self._cutter = Cutter(sharing.shared.outbox)

    def cut(self, reader: str, log: str, first: int, max_bytes: int, *, alone: bool = False) -> bytes:
        """A page of one of our logs for a partner; ``alone``: for one who may hold nothing before it.

        A log that several read holds what was released when others were in it: records whose label does not reach this
        reader today travel as commitments, and so does what another party stated and lets go on no more.
        """
        sharing, name = self._sharing, parse_name(log)
        tests = [] if name.audience == reader else [not_for(reader, sharing.who(), sharing.now_ms())]
        if sharing.onward is not None and (gone := sharing.onward.gone(name.audience)) is not None:
            tests.append(gone)
        hides = (lambda record: any(test(record) for test in tests)) if tests else None
        keys = sharing.identity.ring.sequence
        return self._cutter.cut(name, first, max_bytes, keys=keys, alone=alone, hides=hides, reader=reader)

    def pages(self, reader: str, log: str, first: int, size: int) -> Iterator[bytes]:
        """All pages of one of our logs from entry ``first`` up to ``size``, for a partner on carried media."""
        while first < size:
            page = self.cut(reader, log, first, CARRIED_BYTES, alone=True)
            yield page
            from kizuna.share.page import open_page  # noqa: PLC0415

            first = open_page(page).end

    def take(
        self, partner: str, data: bytes, *, asked: dict[str, int] | None = None, direct: bool = True,
        fetch: Callable[[], bool] | None = None,
    ) -> Outcome:  # fmt: skip
        """Judge and keep a page of a partner. Key manifests that it needs are fetched first, where they can be."""
        out = self._take(partner, data, asked, direct=direct)
        if out.fault is Fault.NOT_WRITTEN and fetch is not None and any(w in out.reason for w in _NEW_KEYS):
            new = False
            try:
                new = fetch()
            except TrustError as exc:
                self._alarm(partner, out.log, str(exc))
            if new:
                out = self._take(partner, data, asked, direct=direct)
            else:
                self._alarm(partner, out.log, f"{out.reason}, and the partner shows none")
        if out.fault is not None:
            _LOG.warning("a page of %s was not taken: %s", partner, out.reason)
            if out.fault is Fault.HALTED:
                self._alarm(partner, out.log, out.reason)
        return out

    def _take(self, partner: str, data: bytes, asked: dict[str, int] | None, *, direct: bool) -> Outcome:
        trusted = self._sharing.trusted(partner)
        return take(data, trusted, self._sharing.shared.inbox, self._sharing.now_ms(), asked=asked, direct=direct)

    # ---- receipts ---------------------------------------------------------------------------------------------------
    def receipt(self, log: str) -> bytes:
        """Our receipt over what is held of a partner's log, handed over now."""
        shared = self._sharing.shared
        seen = shared.inbox.seen(log)
        shared.inbox.told(log, seen.size)
        return receipt.acknowledge(seen, self._sharing.identity.keys, now_ms=self._sharing.now_ms())

    def owed(self, partner: str) -> tuple[list[tuple[str, int]], list[bytes]]:
        """What we owe a partner: logs with the sizes that the receipts are over, and the receipts."""
        shared, owed, notes = self._sharing.shared, [], []
        for state in shared.inbox.owed(partner)[: wire.RECEIPTS_MOST]:
            if not state.halted:
                seen = shared.inbox.seen(state.name)
                owed.append((state.name, seen.size))
                notes.append(receipt.acknowledge(seen, self._sharing.identity.keys, now_ms=self._sharing.now_ms()))
        return owed, notes

    def receipts(self, partner: str, notes: Sequence[bytes]) -> None:
        """Receipts of a partner for our logs. One that shows that we were set back halts the log."""
        shared, trusted = self._sharing.shared, self._sharing.trusted(partner)
        for note in notes:
            log = note.partition(b"\n")[0].decode(errors="replace")
            try:
                state = shared.logs.state(log)
                size = state.size if state is not None and state.side == "out" else 0
                found = trusted.receipt(note, size, shared.outbox.nodes(log), self._sharing.identity.ring)
                shared.outbox.acknowledged(found)
            except TrustError as exc:
                if exc.message.startswith("we signed"):
                    shared.logs.halt(log, exc.message)
                self._alarm(partner, log, str(exc))
            except KizunaError as exc:
                _LOG.warning("a receipt of %s for %s: %s", partner, log[:200], exc)

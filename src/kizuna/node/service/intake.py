"""Taking in: from the lanes through a decoder for each source into the store, and then on to detection.

One thread does it. What waits in all lanes is decoded, joined and stored in one durable append every 50 ms or so; only
then is it handed on. When the store cannot take it (a full disk), the same batch is tried again until it can, the lanes
fill, and the senders wait; nothing that was stored is lost, and the health of the node says so loudly.

A live feed has no file whose offsets could name its messages, so the number of the node's start is mixed into their
ids: ``msg_id = (hash of the source + bytes so far + starts * 2**40) mod 2**63``. No id is given twice.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from kizuna.base.errors import InputError, KizunaError, UnavailableError
from kizuna.base.table import Table
from kizuna.node.service.health import Health
from kizuna.node.service.lanes import Bell, Lane, Parcel, any_waits
from kizuna.node.service.source_settings import Source
from kizuna.node.service.storing import NodeStore
from kizuna.sources.batch import Batch, Decoder, join
from kizuna.sources.feeds.decoder import FeedDecoder
from kizuna.sources.nmea import NmeaDecoder

FLUSH_S: Final = 0.05
PORTION: Final = 1 << 19
"""Bytes of one lane taken in at a time: some 6,000 lines, a tenth of a second of work."""
RETRY_S: Final = 1.0
_SESSION_BITS: Final = 40
_MASK: Final = (1 << 63) - 1
_LOG: Final = logging.getLogger("kizuna.node.intake")


def shifted(batch: Batch, by: int) -> Batch:
    """The same rows with other message ids: ``by`` added modulo 2**63."""
    return Batch(
        _moved(batch.fixes, by), _moved(batch.statics, by), _moved(batch.others, by), batch.rejects, batch.counts
    )


def _moved(table: Table, by: int) -> Table:
    if not len(table) or not by:
        return table
    ids = table["msg_id"].view("u8")  # unsigned numbers wrap by definition
    return table.replace(msg_id=((ids + (by & _MASK)) & _MASK).view("i8"))


class Intake:
    """Lanes in, store and detection out. ``onward`` gets each stored batch with the version of the picture."""

    def __init__(
        self, keep: NodeStore, sources: Sequence[Source], health: Health, onward: Callable[[Batch, int], None], *,
        context: str, session: int, lane_bytes: int, monotonic: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self.bell = Bell()
        self.lanes = {s.id: Lane(s.id, lane_bytes, self.bell) for s in sources}
        self.alive_s = monotonic()
        self.version = 0
        self._keep, self._health, self._onward = keep, health, onward
        self._sources = {s.id: s for s in sources}
        self._context = context
        self._by = session << _SESSION_BITS
        self._decoders: dict[str, Decoder] = {}
        self._monotonic = monotonic
        self._flushed_s = 0.0

    def run(self) -> None:
        """Take in until the node stops and the lanes are empty, or nothing can be stored any more."""
        lanes = list(self.lanes.values())
        while True:
            self.alive_s = self._monotonic()
            stopping = self.bell.stopping.is_set()
            if not any_waits(lanes):
                if stopping:
                    return
                self.bell.wait(0.5)
                continue
            early = FLUSH_S - (self._monotonic() - self._flushed_s)
            if early > 0 and not stopping and sum(lane.waiting_bytes for lane in lanes) < PORTION:
                time.sleep(early)
            self._flushed_s = self._monotonic()
            if not self.take_in([(lane.source_id, p) for lane in lanes for p in lane.take(PORTION)]):
                return

    def take_in(self, parcels: Sequence[tuple[str, Parcel]]) -> bool:
        """Decode, store, hand on; False when the node stopped while nothing could be stored."""
        decoded = [
            (source_id, parcel.rows if parcel.rows is not None else self._decoded(source_id, parcel))
            for source_id, parcel in parcels
        ]
        full = [batch for _, batch in decoded if _rows(batch)]
        if full:
            batch = join(full)
            if not self._stored(batch):
                return False
            self._onward(batch, self.version)
        for source_id, batch in decoded:
            self._health.sources[source_id].add(batch.counts, _rows(batch))
        for _, parcel in parcels:
            if parcel.stored is not None:
                parcel.stored()
        return True

    def _decoded(self, source_id: str, parcel: Parcel) -> Batch:
        decoder = self._decoders.get(source_id)
        if decoder is None:
            decoder = self._decoders[source_id] = self._decoder(self._sources[source_id], parcel.data)
        return shifted(decoder.feed(parcel.data, parcel.received_ms), self._by)

    def _decoder(self, source: Source, data: bytes) -> Decoder:
        json = source.format == "json" or (source.format == "auto" and data.lstrip()[:1] == b"{")
        if json or source.kind == "gpsd":
            return FeedDecoder(source.id, context=self._context)
        return NmeaDecoder(source.id, context=self._context)

    def _stored(self, batch: Batch) -> bool:
        """Append until it is durable. A batch that the store refuses for its rows is counted and left out."""
        while True:
            try:
                self.version = self._keep.append(batch)
            except UnavailableError as exc:
                if self._health.trouble("store", str(exc)):
                    _LOG.critical("nothing is taken in: %s", exc)
                if self.bell.stopping.wait(RETRY_S):
                    _LOG.error("stopped while nothing could be stored; %d fixes were not taken", len(batch.fixes))
                    return False
                self.alive_s = self._monotonic()
                continue
            except (InputError, KizunaError) as exc:
                _LOG.error("a batch was refused by the store: %s", exc)
                self._health.trouble("rows refused", str(exc))
                return True
            if self._health.trouble("store", ""):
                _LOG.warning("the store takes in again")
            return True


def _rows(batch: Batch) -> int:
    return len(batch.fixes) + len(batch.statics) + len(batch.others)


def started(name: str, work: Callable[[], None], failed: Callable[[str, BaseException], None]) -> threading.Thread:
    """A thread whose unexpected end is told."""

    def run() -> None:
        try:
            work()
        except BaseException as exc:  # noqa: BLE001  told, and the node ends
            failed(name, exc)

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    return thread

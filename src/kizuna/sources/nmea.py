"""NMEA 0183 AIS sentences to tables: one streaming decoder for files, standard input, TCP and UDP.

Rules it keeps
- A checksum is always verified; a wrong one is a reject, whatever the payload looks like.
- Any cutting of the stream into pieces gives the same rows. State belongs to the decoder object, one per stream.
- A field whose bits are not all there is missing; codes for "not available" are missing.
- Every line that gives nothing is counted by reason and, but for sentences of other kinds, kept as a reject row.
- Memory does not grow with the stream: one block, one unfinished line, a bounded number of waiting parts.

Time of a message: TAG block ``c``, else Gatehouse line, else suffix, else prefix; else time of receipt, for positions
set to the nearest moment with the message's own UTC second; else, for types 4 and 11 alone, what they say; else none.

Known limits: a message whose parts come from receivers that nothing tells apart may be refused (``part_conflict``);
an ISO time without an offset is read as UTC; a station's name is cut at 48 bytes, at most ``stations_max`` are named.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from kizuna.base.errors import ConfigError
from kizuna.base.ids import source_base
from kizuna.base.units import MISSING_TIME_MS, SECOND_MS
from kizuna.fixes.table import RECEIVER_TYPES
from kizuna.records.context import REAL
from kizuna.records.context import check as check_context
from kizuna.records.label import NOBODY
from kizuna.sources.batch import Batch, join
from kizuna.sources.kernels import layout as at
from kizuna.sources.kernels.parts import drop_all
from kizuna.sources.kernels.scan import scan
from kizuna.sources.nmea_rows import Rows

BLOCK_BYTES: Final = 1 << 20
"""Bytes handled at a time; larger blocks gain nothing and leave the second-level cache."""
_JOINED_BYTES: Final = 1 << 18
"""Room for the joined payloads of one block's messages in parts; a scan stops early when it is used up."""
_LIMITS: Final = {"pending_max": 1024, "part_gap_s": 3600.0, "part_gap_lines": 10**6, "stations_max": 10**6}


class NmeaDecoder:
    """Bytes with AIS sentences in, batches of rows out (see ``sources.batch.Decoder``).

    ``source_id`` names the stream in every row and, with the byte offset, makes the message id. ``label`` and
    ``context`` stand in every row. ``receiver_type`` is a word of ``fixes.table.RECEIVER_TYPES`` or None.
    ``keep_other`` makes reject rows of well-formed sentences of other kinds too; they are always counted. Parts of one
    message may lie ``part_gap_s`` apart where they have times, else ``part_gap_lines``; ``pending_max`` messages may
    wait for parts.

    Raises ConfigError for a limit or a word that is not allowed.
    """

    def __init__(
        self,
        source_id: str,
        *,
        label: str = NOBODY,
        context: str = REAL,
        receiver_type: str | None = None,
        keep_other: bool = False,
        part_gap_s: float = 10.0,
        part_gap_lines: int = 32,
        pending_max: int = 64,
        stations_max: int = 4096,
    ) -> None:
        given = {"pending_max": pending_max, "part_gap_s": part_gap_s, "part_gap_lines": part_gap_lines,
                 "stations_max": stations_max}  # fmt: skip
        for name, value in given.items():
            if not 0 < value <= _LIMITS[name]:
                raise ConfigError(f"{name} is {value}", hint=f"above 0, at most {_LIMITS[name]}")
        if receiver_type is not None and receiver_type not in RECEIVER_TYPES:
            raise ConfigError(f"{receiver_type!r} is no receiver type", hint=f"allowed: {', '.join(RECEIVER_TYPES)}")
        words = {"source_id": (source_id,), "label": (label,), "context": (check_context(context),)}
        receiver = -1 if receiver_type is None else RECEIVER_TYPES.index(receiver_type)
        self._rows = Rows(words, receiver, source_base(source_id), pending_max)
        self._tail = 0  # bytes of an unfinished line at the start of the buffer
        state = np.zeros(at.S_SIZE, np.int64)
        state[at.S_MAX_PENDING] = pending_max
        state[at.S_PART_GAP_MS] = round(part_gap_s * SECOND_MS)
        state[at.S_PART_GAP_LINES] = part_gap_lines
        state[at.S_KEEP_OTHER] = keep_other
        self._state = state
        self._context = np.zeros(at.C_SIZE, np.int64)
        self._names = np.zeros((stations_max, 1 + at.MAX_STATION), np.uint8)
        self._table = np.zeros(2 * stations_max, np.int32)
        self._pend = np.zeros((pending_max, at.P_SIZE), np.int64)
        self._part = np.zeros((pending_max, at.MAX_PARTS, at.K_SIZE), np.int64)
        self._raw = np.zeros((pending_max, at.MAX_PARTS, at.MAX_LINE), np.uint8)

        self._data_end = BLOCK_BYTES + at.MAX_LINE + at.PAD
        self._buf = np.zeros(self._data_end + _JOINED_BYTES + at.PAD, np.uint8)

    def feed(self, data: bytes, received_ms: int | None = None) -> Batch:
        """Decode the lines that are whole so far. ``received_ms``: UTC time of receipt of a live stream.

        Raises nothing, whatever the bytes.
        """
        self._state[at.S_RECEIVED] = MISSING_TIME_MS if received_ms is None else received_ms
        source = np.frombuffer(data, np.uint8)
        batches: list[Batch] = []
        for begin in range(0, len(source), BLOCK_BYTES):
            piece = source[begin : begin + BLOCK_BYTES]
            end = self._tail + len(piece)
            self._buf[self._tail : end] = piece
            batches += self._run(end, final=False)
        return _joined(batches)

    def finish(self) -> Batch:
        """Decode an unfinished last line; what still waits for parts becomes rejects."""
        batches = list(self._run(self._tail, final=True))
        self._reset_output()
        drop_all(self._state, self._pend, self._part, self._raw, self._rows.rej64, self._rows.rej_data)
        batches.append(self._rows.batch(self._buf, self._state, self._names, 0))
        return _joined(batches)

    def _run(self, end: int, *, final: bool) -> Iterator[Batch]:
        """Scan the buffer up to ``end`` and keep the unfinished line at its start."""
        rows = self._rows
        begin = 0
        full = True
        while full:
            self._reset_output()
            lines_before = int(self._state[at.S_LINE_NO])
            begin = int(
                scan(
                    self._buf, begin, end, final, self._context, self._state, self._names, self._table, self._pend,
                    self._part, self._raw, rows.msg64, rows.msg32, rows.rej64, rows.rej_data,
                )
            )  # fmt: skip
            full = bool(self._state[at.S_FULL])
            yield rows.batch(self._buf, self._state, self._names, int(self._state[at.S_LINE_NO]) - lines_before)
        self._tail = end - begin
        self._buf[: self._tail] = self._buf[begin:end].copy()
        self._state[at.S_BASE] += begin

    def _reset_output(self) -> None:
        self._state[[at.S_MESSAGES, at.S_REJECTS, at.S_REJECT_BYTES, at.S_FULL]] = 0
        self._state[at.S_COUNTS :] = 0
        self._state[at.S_ASM] = self._data_end


def decode_bytes(data: bytes, source_id: str, **options: Any) -> Batch:
    """All rows of some bytes; ``options`` as for ``NmeaDecoder``."""
    decoder = NmeaDecoder(source_id, **options)
    return _joined([decoder.feed(data), decoder.finish()])


def _joined(batches: list[Batch]) -> Batch:
    """Batches as one; those without rows give their counts only."""
    return batches[0] if len(batches) == 1 else join(batches)

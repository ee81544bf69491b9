"""Rows of whole messages, as the NMEA kernels leave them, to tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kizuna.base.table import Table
from kizuna.base.units import MISSING_TIME_MS
from kizuna.fixes.statics import OTHERS, REJECT_REASONS, REJECTS, STATICS
from kizuna.fixes.table import FIXES
from kizuna.sources.batch import Batch, nothing
from kizuna.sources.kernels import layout as at
from kizuna.sources.kernels.line import ROWS_PER_LINE
from kizuna.sources.kernels.payload import positions
from kizuna.sources.kernels.ships import others, statics

Array = npt.NDArray[Any]

_MESSAGES: Final = 1 << 15
_REJECT_ROWS: Final = 1 << 13
_MASK63 = np.uint64(2**63 - 1)


class Rows:
    """Room for the output of one scan, used again for each; ``batch`` copies what it holds into tables.

    ``words`` gives the one word of the columns ``source_id``, ``label`` and ``context``; ``receiver`` is the code of
    the receiver type (-1: none); ``source_base`` the number from which message ids count.
    """

    def __init__(self, words: Mapping[str, tuple[str, ...]], receiver: int, source_base: int, pending_max: int) -> None:
        self._words = dict(words)
        self._receiver = receiver
        self._source_base = np.uint64(source_base)
        self._stations: tuple[str, ...] = ()
        self.msg64 = np.empty((at.M64_SIZE, _MESSAGES), np.int64)
        self.msg32 = np.empty((at.M32_SIZE, _MESSAGES), np.int32)
        margin = (pending_max + ROWS_PER_LINE) * at.MAX_PARTS  # rejects that one line can cause
        self.rej64 = np.empty((at.R_SIZE, _REJECT_ROWS + at.MAX_LINE + margin), np.int64)
        self.rej_data = np.empty((1 << 20) + (margin + 4) * at.MAX_LINE, np.uint8)
        self._bits = np.zeros(9, np.uint64)
        self._fix64 = np.empty((at.F64_SIZE, _MESSAGES), np.int64)
        self._fixf64 = np.empty((at.FF64_SIZE, _MESSAGES), np.float64)
        self._fixf32 = np.empty((at.FF32_SIZE, _MESSAGES), np.float32)
        self._fix32 = np.empty((at.F32_SIZE, _MESSAGES), np.int32)
        self._fix8 = np.empty((at.F8_SIZE, _MESSAGES), np.int8)
        self._lists = np.empty((2, _MESSAGES), np.int32)
        self._tallies = np.zeros(3, np.int64)

    def batch(self, buf: Array, state: Array, names: Array, lines: int) -> Batch:
        """Tables of the messages and rejects of the last scan; ``lines`` goes into the counts."""
        n = int(state[at.S_MESSAGES])
        counts = {"lines": lines, "messages": n}
        counts |= {r: c for r, c in zip(REJECT_REASONS, state[at.S_COUNTS :].tolist(), strict=False) if c}
        empty = nothing()
        fixes, static, rest, rejects = empty.fixes, empty.statics, empty.others, empty.rejects
        if n:
            received = int(state[at.S_RECEIVED])
            positions(buf, n, received, self.msg64, self.msg32, self._bits, self._fix64, self._fixf64,
                      self._fixf32, self._fix32, self._fix8, self._lists, self._tallies)  # fmt: skip
            n_fixes, n_statics, n_others = self._tallies.tolist()
            words = self._open_words(names, int(state[at.S_STATIONS]))
            fixes = self._fixes(n_fixes, received, words) if n_fixes else fixes
            static = self._statics(buf, n_statics, received, words) if n_statics else static
            rest = self._others(buf, n_others, received, words) if n_others else rest
        if state[at.S_REJECTS]:
            rejects = self._rejects(int(state[at.S_REJECTS]))
        return Batch(fixes, static, rest, rejects, counts)

    def _heard(self, rows: Array, received: int, mmsi: Array, kind: Array, repeat: Array) -> dict[str, Any]:
        """The columns that all tables of messages share, for the messages numbered in ``rows``."""
        n = len(rows)
        msg64, msg32 = self.msg64, self.msg32
        offset = msg64[at.M_OFFSET].take(rows)
        time = msg64[at.M_TIME].take(rows)
        time_source = msg32[at.M_TIME_SOURCE].take(rows)
        if received != MISSING_TIME_MS:
            none = time == MISSING_TIME_MS
            time[none] = received
            time_source[none] = at.BY_RECEIVE
        return {
            "msg_id": ((offset.astype(np.uint64) + self._source_base) & _MASK63).astype(np.int64),
            "mmsi": mmsi.copy(),
            "time_ms": time,
            "time_source": time_source,
            "received_ms": np.full(n, received, np.int64),
            "source_id": np.zeros(n, np.int32),
            "station_id": msg32[at.M_STATION].take(rows),
            "byte_offset": offset,
            "channel": msg32[at.M_CHANNEL].take(rows),
            "talker": msg32[at.M_TALKER].take(rows),
            "own_ship": msg32[at.M_OWN].take(rows).astype(np.bool_),
            "msg_type": kind.copy(),
            "repeat": repeat.copy(),
            "label": np.zeros(n, np.int32),
            "context": np.zeros(n, np.int32),
        }

    def _open_words(self, names: Array, known: int) -> dict[str, tuple[str, ...]]:
        if known > len(self._stations):
            new = names[len(self._stations) : known]
            self._stations += tuple(bytes(row[1 : 1 + row[0]]).decode("ascii", "backslashreplace") for row in new)
        return {**self._words, "station_id": self._stations}

    def _fixes(self, n: int, received: int, words: dict[str, tuple[str, ...]]) -> Table:
        f64, f32, i32, i8 = self._fixf64[:, :n], self._fixf32[:, :n], self._fix32[:, :n], self._fix8[:, :n]
        columns = self._heard(i32[at.F_MSG], received, i32[at.F_MMSI], i8[at.F_TYPE], i8[at.F_REPEAT]) | {
            "time_ms": self._fix64[at.F_TIME, :n].copy(),
            "time_source": i32[at.F_TIME_SOURCE].copy(),
            "lat_deg": f64[at.F_LAT].copy(),
            "lon_deg": f64[at.F_LON].copy(),
            "sog_kn": f32[at.F_SOG].copy(),
            "cog_deg": f32[at.F_COG].copy(),
            "heading_deg": f32[at.F_HEADING].copy(),
            "rot_dpm": f32[at.F_ROT].copy(),
            "altitude_m": f32[at.F_ALTITUDE].copy(),
            "nav_status": i8[at.F_STATUS].copy(),
            "second": i8[at.F_SECOND].copy(),
            "accuracy": i8[at.F_ACCURACY].copy(),
            "raim": i8[at.F_RAIM].copy(),
            "ais_class": i32[at.F_CLASS].copy(),
            "receiver_type": np.full(n, self._receiver, np.int32),
            "flags": i32[at.F_FLAGS].copy(),
            "seg_id": np.full(n, -1, np.int64),
        }
        return Table(FIXES, columns, words)

    def _statics(self, buf: Array, n: int, received: int, words: dict[str, tuple[str, ...]]) -> Table:
        i32 = np.empty((at.T32_SIZE, n), np.int32)
        i16 = np.empty((at.T16_SIZE, n), np.int16)
        i8 = np.empty((at.T8_SIZE, n), np.int8)
        draughts = np.empty(n, np.float32)
        offsets = np.empty((len(at.TEXTS), n + 1), np.int32)
        texts = np.empty((len(at.TEXTS), n * at.TEXT_WIDTH), np.uint8)
        rows = self._lists[0]
        statics(buf, n, rows, self.msg64, self.msg32, self._bits, i32, i16, draughts, i8, offsets, texts)
        columns = self._heard(i32[at.T_MSG], received, i32[at.T_MMSI], i8[at.T_TYPE], i8[at.T_REPEAT]) | {
            "part": i8[at.T_PART],
            "imo": i32[at.T_IMO],
            "ship_type": i16[at.T_SHIP_TYPE],
            "to_bow_m": i16[at.T_BOW],
            "to_stern_m": i16[at.T_STERN],
            "to_port_m": i16[at.T_PORT],
            "to_starboard_m": i16[at.T_STARBOARD],
            "draught_m": draughts,
            "epfd": i8[at.T_EPFD],
            "ais_version": i8[at.T_VERSION],
            "dte": i8[at.T_DTE],
            "mothership_mmsi": i32[at.T_MOTHERSHIP],
            "aid_type": i8[at.T_AID],
            "off_position": i8[at.T_OFF],
            "virtual": i8[at.T_VIRTUAL],
            "flags": i32[at.T_FLAGS],
        }
        columns |= {name: _text(offsets[k], texts[k]) for k, name in enumerate(at.TEXTS)}
        return Table(STATICS, columns, words)

    def _others(self, buf: Array, n: int, received: int, words: dict[str, tuple[str, ...]]) -> Table:
        rows = self._lists[1, :n]
        i32 = np.empty((at.O32_SIZE, n), np.int32)
        dacs = np.empty(n, np.int16)
        i8 = np.empty((at.O8_SIZE, n), np.int8)
        offsets = np.empty(n + 1, np.int32)
        payloads = np.empty(int(self.msg32[at.M_LEN].take(rows).sum()), np.uint8)
        others(buf, n, rows, self.msg64, self.msg32, self._bits, i32, dacs, i8, offsets, payloads)
        columns = self._heard(i32[at.O_MSG], received, i32[at.O_MMSI], i8[at.O_TYPE], i8[at.O_REPEAT]) | {
            "dest_mmsi": i32[at.O_DEST],
            "dac": dacs,
            "fid": i8[at.O_FID],
            "payload": _text(offsets, payloads),
            "fill_bits": i8[at.O_FILL],
        }
        return Table(OTHERS, columns, words)

    def _rejects(self, n: int) -> Table:
        rows = self.rej64[:, :n]
        offsets = np.zeros(n + 1, np.int32)
        offsets[1:] = rows[at.R_END]
        data = self.rej_data[: int(offsets[-1])].copy()
        columns = {
            "source_id": np.zeros(n, np.int32),
            "byte_offset": rows[at.R_OFFSET].copy(),
            "line_no": rows[at.R_LINE_NO].copy(),
            "reason": rows[at.R_REASON].astype(np.int32),
            "raw": pa.Array.from_buffers(pa.binary(), n, [None, pa.py_buffer(offsets), pa.py_buffer(data)]),
            "label": np.zeros(n, np.int32),
            "context": np.zeros(n, np.int32),
        }
        return Table(REJECTS, columns, self._words)


def _text(offsets: Array, data: Array) -> pa.Array:
    """An Arrow string array from offsets and bytes (ASCII); empty texts are null."""
    n = len(offsets) - 1
    there = offsets[1:] > offsets[:-1]
    nulls = n - int(np.count_nonzero(there))
    valid = None if nulls == 0 else pa.py_buffer(np.packbits(there, bitorder="little"))
    kept = data[: int(offsets[-1])].copy()
    return pa.Array.from_buffers(pa.string(), n, [valid, pa.py_buffer(offsets), pa.py_buffer(kept)], nulls)

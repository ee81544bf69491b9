"""Decoder of feeds of decoded messages: gpsd, AIS-catcher and aisstream.io JSON, also mixed in one stream.

Every object is judged by itself. Counts: ``lines`` are the objects and the pieces of text that are none, and they are
``messages`` plus the rejects that lost a whole message (``bad_row``, ``line_too_long``, ``bad_mmsi``, ``bad_type``,
``invalid_message``) plus ``other_sentence``: objects of other classes (VERSION, DEVICES, WATCH, TPV, ...), which are
counted and not shown. ``bad_number`` and ``bad_time`` mark messages that are kept without that value.

Time of a message: the feed's own (AIS-catcher ``rxuxtime`` or ``rxtime``, aisstream ``MetaData.time_utc``; source
``table``); else time of receipt, for a live feed this node's, for a gpsd recording the last TPV report's, both set to
the nearest moment with the message's own UTC second (source ``receive``); else what types 4 and 11 say; else none.

Known limits: messages of other types (6, 8, 20, ...) give their header only, because the feeds do not carry the payload
in its armoured form; gpsd merges the two parts of type 24, whose name may be of an earlier message.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kizuna.base.table import concat
from kizuna.base.units import MISSING_TIME_MS
from kizuna.records.context import REAL
from kizuna.records.context import check as check_context
from kizuna.records.label import NOBODY
from kizuna.sources.batch import Batch, join, nothing
from kizuna.sources.feeds import shapes
from kizuna.sources.feeds.columns import Columns, times
from kizuna.sources.feeds.frames import Framer, Frames
from kizuna.sources.feeds.messages import Heard, tables
from kizuna.sources.rows import MMSI_MAX, Origin, reject_table

Array = npt.NDArray[Any]
Message = dict[str, Any]

_AT_ONCE: Final = 16_384
"""Objects decoded at a time; more gain nothing."""
_NOTES_MAX: Final = 3
_NOTE_LENGTH: Final = 200


class FeedDecoder:
    """Bytes of a JSON feed in, batches out (see ``sources.batch.Decoder``); raises nothing, whatever the bytes.

    ``notes`` holds what the feed's server said went wrong (aisstream.io sends ``{"error": ...}``).
    """

    def __init__(self, source_id: str, *, label: str = NOBODY, context: str = REAL) -> None:
        self._origin = Origin(source_id, label, check_context(context), "table")
        self._framer = Framer()
        self._fix_time: Any = None  # the last TPV report's
        self.notes: list[str] = []

    def feed(self, data: bytes, received_ms: int | None = None) -> Batch:
        """Decode the objects that are whole so far."""
        return self._decode(self._framer.feed(data), received_ms)

    def finish(self) -> Batch:
        """Decode what is left at the end."""
        return self._decode(self._framer.finish(), None)

    def _decode(self, frames: Frames, received_ms: int | None) -> Batch:
        if not frames.objects and not frames.bad:
            return nothing()
        picked = _Picked()
        for i, found in enumerate(frames.objects):
            self._sort(i, found, picked)
        bad = list(frames.bad)
        bad += [(frames.offset[i], frames.line_no[i], frames.raw[i], reason) for i, reason in picked.rejects]
        batches = [
            self._messages(frames, picked, start, received_ms, bad) for start in range(0, len(picked.at), _AT_ONCE)
        ]
        batch = join(batches)
        counts = dict(batch.counts)
        counts["lines"] = len(frames.objects) + len(frames.bad)
        if picked.skipped:
            counts["other_sentence"] = picked.skipped
        for *_, reason in bad:
            counts[reason] = counts.get(reason, 0) + 1
        counts.setdefault("messages", 0)
        return Batch(batch.fixes, batch.statics, batch.others, self._rejects(bad), counts)

    def _sort(self, i: int, found: Message, picked: _Picked) -> None:
        """Decide what an object is."""
        kind = found.get("class")
        if kind == "AIS":
            number = found.get("type")
            if type(number) is not int or not 1 <= number <= shapes.TYPE_MAX:
                picked.rejects.append((i, "bad_type"))
            elif number in shapes.POSITION_TYPES and not ("lat" in found and "lon" in found):
                picked.rejects.append((i, "bad_row"))
            else:
                unscaled = found.get("scaled") is False
                picked.add(i, (number, not unscaled), found, found.get("mmsi"), number)
                time = found.get("rxuxtime")
                picked.times.append(found.get("rxtime") if time is None else time)
                picked.bases.append(self._fix_time)
        elif "MessageType" in found:
            self._sort_stream(i, found, picked)
        elif isinstance(kind, str):
            picked.skipped += 1
            if kind == "TPV" and isinstance(found.get("time"), str):
                self._fix_time = found["time"]
        else:
            if "error" in found and len(self.notes) < _NOTES_MAX:
                self.notes.append(_shown(found["error"]))
            picked.rejects.append((i, "bad_row"))

    def _sort_stream(self, i: int, found: Message, picked: _Picked) -> None:
        name = found["MessageType"]
        shape = shapes.STREAM.get(name) if isinstance(name, str) else None
        if shape is None:
            picked.rejects.append((i, "bad_type"))
            return
        inner = found.get("Message")
        body = inner.get(name) if isinstance(inner, dict) else None
        if not isinstance(body, dict):
            picked.rejects.append((i, "bad_row"))
            return
        if not shapes.is_valid(name, body):
            picked.rejects.append((i, "invalid_message"))
            return
        meta = found.get("MetaData", found.get("Metadata"))
        meta = meta if isinstance(meta, dict) else {}
        number = body.get("MessageID")
        if type(number) is not int or number not in shape.kinds:
            number = shape.kinds[0]
        mmsi = body.get("UserID")
        picked.add(i, name, body, meta.get("MMSI", meta.get("MMSI_String")) if mmsi is None else mmsi, number)
        picked.times.append(meta.get("time_utc"))
        picked.bases.append(None)

    def _messages(self, frames: Frames, picked: _Picked, start: int, received_ms: int | None,
                  bad: list[tuple[int, int, bytes, str]]) -> Batch:  # fmt: skip
        """Tables of some messages; adds their rejects to ``bad``."""
        part = slice(start, start + _AT_ONCE)
        at, found = picked.at[part], picked.found[part]
        n = len(at)
        kind = np.array(picked.kinds[part], np.int64)
        columns = Columns(n)
        groups: dict[Any, list[int]] = {}
        for i, shape in enumerate(picked.shapes[part]):
            groups.setdefault(shape, []).append(i)
        for shape, members in groups.items():
            rows = np.array(members, np.int64)
            some = [found[i] for i in members]
            if isinstance(shape, str):
                shapes.fill_stream(columns, shape, rows, some)
            else:
                shapes.fill_gpsd(columns, shape[0], rows, some, scaled=shape[1])
        wrong_number = columns.wrong.copy()
        columns.put("mmsi", np.arange(n), picked.mmsi[part])
        mmsi = columns.number("mmsi")
        usable = (mmsi >= 0) & (mmsi <= MMSI_MAX) & (np.floor(mmsi) == mmsi)
        time_ms, wrong_time = times(picked.times[part])
        base_ms, _ = times(picked.bases[part])
        own_ms, _ = times([shapes.own_time(k, m) for k, m in zip(picked.kinds[part], found, strict=True)])
        heard = Heard(
            kind, np.where(usable, mmsi, 0).astype(np.int32), usable,
            np.array([frames.offset[i] for i in at], np.int64), time_ms, base_ms, own_ms,
            MISSING_TIME_MS if received_ms is None else received_ms,
            [m.get("channel") if "class" in m else None for m in found],
        )  # fmt: skip
        batch = tables(heard, columns, self._origin)
        wrong = {"bad_mmsi": ~usable, "bad_number": wrong_number & usable, "bad_time": wrong_time & usable}
        for reason, marks in wrong.items():
            lost = [at[k] for k in np.flatnonzero(marks)]
            bad += [(frames.offset[i], frames.line_no[i], frames.raw[i], reason) for i in lost]
        return batch

    def _rejects(self, bad: list[tuple[int, int, bytes, str]]) -> Any:
        if not bad:
            return nothing().rejects
        bad.sort(key=lambda b: (b[0], b[3]))
        return concat([reject_table(
            self._origin, np.array([b[0] for b in bad], np.int64), np.array([b[1] for b in bad], np.int64),
            [b[3] for b in bad], [b[2] for b in bad],
        )])  # fmt: skip


class _Picked:
    """What the objects of a run are: messages, in order, and rejects by the number of their object."""

    def __init__(self) -> None:
        self.at: list[int] = []
        self.shapes: list[Any] = []
        self.found: list[Message] = []
        self.mmsi: list[Any] = []
        self.kinds: list[int] = []
        self.times: list[Any] = []
        self.bases: list[Any] = []
        self.rejects: list[tuple[int, str]] = []
        self.skipped = 0

    def add(self, i: int, shape: Any, found: Message, mmsi: Any, kind: int) -> None:
        """A message; its times follow."""
        self.at.append(i)
        self.shapes.append(shape)
        self.found.append(found)
        self.mmsi.append(mmsi)
        self.kinds.append(kind)


def _shown(value: Any) -> str:
    text = str(value)[:_NOTE_LENGTH]
    return "".join(c if c.isprintable() else "?" for c in text)

"""A stream of JSON objects, one a line or one behind the other, cut into objects.

What is an object depends on the bytes alone, never on how they arrive:

- Blanks, line ends, commas, record separators (RFC 7464) and a byte order mark between objects are passed over.
- An object may stand on several lines. A line end inside a string, or a line that begins with ``{`` before the object
  is closed, ends a broken object: a cut line never swallows the next one.
- Text that begins with anything but ``{`` is a bad row up to the end of its line.
- An object that is not closed within ``OBJECT_LIMIT`` bytes is too long; it is passed over up to the next line end.

A line that holds exactly one object, the usual case, costs one search and one call of the JSON parser.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

OBJECT_LIMIT: Final = 65_536
"""Longest object in bytes; those of AIS messages have some hundred."""
BRACKETS_MAX: Final = 256
"""Most brackets of an object: nesting must not depend on how much stack the caller left. gpsd's SKY has some 40."""
_RAW_KEPT: Final = 1024
_LOOKED_AT: Final = 16
"""Objects that may stand before the first telling one."""

_BETWEEN = re.compile(rb"[ \t\r\n,\x1e]*(?:\xef\xbb\xbf)?[ \t\r\n,\x1e]*")
_BLANKS: Final = b" \t\r"
_STRUCTURE = re.compile(rb'["{}\n]')
_IN_STRING = re.compile(rb'["\\\n]')
_OPEN: Final = 0x7B
_CLOSE: Final = 0x7D
_NEWLINE: Final = 0x0A
_BACKSLASH: Final = 0x5C

_parse = msgspec.json.Decoder().decode
_MORE, _WHOLE, _BROKEN, _LONG = range(4)


@dataclass(slots=True)
class Frames:
    """Objects found, where each begins (byte offset, line from 1) and its text; and what was none.

    ``bad`` holds offset, line, text (its first 1,024 bytes) and reject reason.
    """

    objects: list[dict[str, Any]] = field(default_factory=list)
    offset: list[int] = field(default_factory=list)
    line_no: list[int] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    bad: list[tuple[int, int, bytes, str]] = field(default_factory=list)


class Framer:
    """Cuts one stream; see the module. Memory: one unfinished object."""

    def __init__(self) -> None:
        self._pending = b""
        self._offset = 0  # of the first pending byte
        self._line_no = 1
        self._skipping = False  # inside what follows an over-long object, up to the line end

    def feed(self, data: bytes) -> Frames:
        """The objects that are whole so far."""
        if b"\n" not in data and len(self._pending) + len(data) <= OBJECT_LIMIT:
            self._pending += data
            return Frames()
        return self._cut(self._pending + data, final=False)

    def finish(self) -> Frames:
        """What is left at the end of the stream."""
        return self._cut(self._pending, final=True)

    def _cut(self, buf: bytes, *, final: bool) -> Frames:
        out = Frames()
        at = self._skip(buf, 0)
        n = len(buf)
        while at < n:
            end = buf.find(b"\n", at)
            if end >= 0 and buf[at] == _OPEN and end - at <= OBJECT_LIMIT:
                text = buf[at:end].rstrip(_BLANKS)
                found = loaded(text)
                if found is not None:
                    self._add(out, at, text, found)
                    at = end + 1
                    self._line_no += 1
                    continue
            start = self._between(buf, at)
            if start == n:
                at = start
                break
            kind, stop = _extent(buf, start, final=final)
            if kind == _MORE:
                at = start
                break
            at = self._take(out, buf, start, stop, kind)
        self._offset += at
        self._pending = buf[at:]
        return out

    def _between(self, buf: bytes, at: int) -> int:
        """Where the next object begins."""
        match = _BETWEEN.match(buf, at)
        assert match is not None  # it matches the empty text
        stop = match.end()
        self._line_no += buf.count(b"\n", at, stop)
        return stop

    def _take(self, out: Frames, buf: bytes, start: int, stop: int, kind: int) -> int:
        """Keep or set aside what stands from ``start`` to ``stop``; where to go on."""
        text = buf[start:stop]
        found = loaded(text) if kind == _WHOLE else None
        if found is not None:
            self._add(out, start, text, found)
        else:
            reason = "line_too_long" if kind == _LONG else "bad_row"
            shown = text.rstrip(b"\r\n")[:_RAW_KEPT]
            out.bad.append((self._offset + start, self._line_no, shown, reason))
        self._line_no += buf.count(b"\n", start, stop)
        if kind != _LONG:
            return stop
        self._skipping = True
        return self._skip(buf, stop)

    def _skip(self, buf: bytes, at: int) -> int:
        """Pass over the rest of an over-long object."""
        if not self._skipping:
            return at
        end = buf.find(b"\n", at)
        if end < 0:
            return len(buf)
        self._skipping = False
        self._line_no += 1
        return end + 1

    def _add(self, out: Frames, at: int, text: bytes, found: dict[str, Any]) -> None:
        out.objects.append(found)
        out.offset.append(self._offset + at)
        out.line_no.append(self._line_no)
        out.raw.append(text)


def loaded(text: bytes) -> dict[str, Any] | None:
    """The object that a text is; None where it is no JSON, or something else."""
    if text.count(b"{") + text.count(b"[") > BRACKETS_MAX:
        return None
    try:
        found = _parse(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def feed_kind(head: bytes) -> str:
    """Which feed begins so: ``gpsd``, ``ais-catcher`` or ``aisstream``; empty for anything else."""
    framer = Framer()
    frames = framer.feed(head[: 4 * OBJECT_LIMIT] + b"\n")
    for found in frames.objects[:_LOOKED_AT]:
        if isinstance(found.get("MessageType"), str) and isinstance(found.get("Message"), dict):
            return "aisstream"
        if found.get("class") == "AIS" and ("rxuxtime" in found or "rxtime" in found or "nmea" in found):
            return "ais-catcher"
        if isinstance(found.get("class"), str) and found["class"].isupper() and "mmsi" not in found:
            return "gpsd"  # VERSION, DEVICES, WATCH and the like stand before the first message
        if found.get("class") == "AIS":
            return "gpsd"
    return ""


def _extent(buf: bytes, start: int, *, final: bool) -> tuple[int, int]:
    """What begins at ``start`` (_MORE where its end has not come yet) and where it ends."""
    n = len(buf)
    if buf[start] == _OPEN:
        kind, stop = _object_end(buf, start)
    else:
        end = buf.find(b"\n", start)
        kind, stop = (_BROKEN, end + 1) if end >= 0 else (_MORE, n)
    if stop - start > OBJECT_LIMIT:
        return _LONG, start + OBJECT_LIMIT
    if kind == _MORE and final:
        return _BROKEN, n
    return kind, stop


def _object_end(buf: bytes, start: int) -> tuple[int, int]:
    n = len(buf)
    depth = 0
    at = start
    while (match := _STRUCTURE.search(buf, at)) is not None:
        here = match.start()
        at = here + 1
        mark = buf[here]
        if mark == _OPEN:
            depth += 1
        elif mark == _CLOSE:
            depth -= 1
            if depth == 0:
                return _WHOLE, at
        elif mark == _NEWLINE:
            if at == n:
                return _MORE, n
            if buf[at] == _OPEN:
                return _BROKEN, at
        else:
            kind, at = _string_end(buf, at)
            if kind != _WHOLE:
                return kind, at
        if at - start > OBJECT_LIMIT:
            break
    return _MORE, n if match is None else at


def _string_end(buf: bytes, at: int) -> tuple[int, int]:
    """Behind the closing quote of the string that goes on at ``at``."""
    n = len(buf)
    while (match := _IN_STRING.search(buf, at)) is not None:
        here = match.start()
        mark = buf[here]
        if mark == _NEWLINE:
            return _BROKEN, here + 1
        if mark != _BACKSLASH:
            return _WHOLE, here + 1
        if here + 1 < n and buf[here + 1] == _NEWLINE:
            return _BROKEN, here + 2
        at = here + 2
    return _MORE, n

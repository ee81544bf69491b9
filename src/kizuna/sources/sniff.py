"""Tell from the first bytes of a file what it is. The name helps only to explain what was not understood."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from kizuna.base.errors import InputError
from kizuna.sources.delimited import header_cells
from kizuna.sources.dialects import Reading, recognise
from kizuna.sources.feeds.documents import is_document
from kizuna.sources.feeds.frames import feed_kind, loaded

HEAD: Final = 65_536
"""Bytes worth handing in."""

_SENTENCE = re.compile(rb"[!$](?:[A-Z]{2}VD[MO]|[A-Z]{5}),|\\[a-z]{1,2}:")
_VDR_HEADERS: Final = (b"received_at,protocol,msg_type,source,raw_data", b"timestamp,type,id,message")
"""Headers of recordings of OpenCPN's voyage data recorder; sentences stand in the last column, in quotes."""
_KNOWN: Final = (
    "NMEA (AIVDM), CSV with a header, Parquet, GeoParquet, Arrow IPC or JSON (gpsd, AIS-catcher, aisstream.io, flat "
    "lines, documents of vessels); plain, .gz or .zst"
)


@dataclass(frozen=True, slots=True)
class Format:
    """What a file is, and its dialect where there are several.

    Kinds: ``nmea``, ``csv``, ``parquet``, ``arrow``, ``jsonl`` (flat lines), ``feed`` (decoded messages as JSON),
    ``document`` (one JSON document of vessels) or ``empty``.
    """

    kind: str
    dialect: str = ""

    def __str__(self) -> str:
        """As it stands in ``run.json``."""
        return f"{self.kind} {self.dialect}".strip()


def sniff(head: bytes, name: str, reading: Reading | None = None) -> Format:
    """The format of a file that begins with ``head`` (decompressed, up to 64 KB).

    Raises InputError where the file is of no known kind, or is a table whose columns do not say what is what.
    """
    if head.startswith(b"PAR1"):
        return Format("parquet")
    if head.startswith(b"ARROW1"):
        return Format("arrow")
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        return Format("empty")
    if text.startswith((b"{", b"[")):
        return _json(text, name)
    if _SENTENCE.search(text):
        recorder = text.split(b"\n", 1)[0].strip().lower() in _VDR_HEADERS
        return Format("nmea", "opencpn-vdr" if recorder else "")
    if text.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError("the text is UTF-16", where=name, hint="convert it to UTF-8")
    _refuse_known_others(text, name)
    return _table(text, name, reading)


def _json(text: bytes, name: str) -> Format:
    kind = feed_kind(text) if text.startswith(b"{") else ""
    if kind:
        return Format("feed", kind)
    first = text.split(b"\n", 1)[0]
    if first.startswith(b"{") and loaded(first) is not None and not is_document(first):
        return Format("jsonl")
    if is_document(text):
        return Format("document")
    array = text.startswith(b"[")
    raise InputError(
        "a JSON array is not read here" if array else "a JSON document over several lines, of an unknown kind",
        where=name,
        hint="known are gpsd, AIS-catcher and aisstream.io messages, flat objects one a line, documents of vessels",
    )  # fmt: skip


def _refuse_known_others(text: bytes, name: str) -> None:
    for magic, what in (
        (b"<", "XML or HTML"), (b"PK\x03\x04", "a ZIP archive"), (b"%PDF", "a PDF file"),
        (b"SQLite format 3", "an SQLite database"), (b"BZh", "a bzip2 file"), (b"\xfd7zXZ", "an xz file"),
    ):  # fmt: skip
        if text.startswith(magic):
            hint = "unpack it first" if what.startswith(("a ZIP", "a bzip2", "an xz")) else f"known are {_KNOWN}"
            raise InputError(f"{what} is not read here", where=name, hint=hint)


def _table(text: bytes, name: str, reading: Reading | None) -> Format:
    lines = [line for line in text.splitlines() if line.strip()]
    if b"\x00" in lines[0]:
        raise InputError("binary data of an unknown kind", where=name, hint=f"known are {_KNOWN}")
    first = lines[1] if lines[0].strip(b'"').startswith(b"sep=") and len(lines) > 1 else lines[0]
    try:
        cells, _ = header_cells(first)
        return Format("csv", recognise(cells, reading).name)
    except InputError as exc:
        no_table = "no header of a table" in exc.message
        message = f"no AIS sentence and no table in it; {exc.message}" if no_table else exc.message
        raise InputError(message, where=name, hint=exc.hint or f"known are {_KNOWN}") from exc

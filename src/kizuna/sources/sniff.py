"""Tell from the first bytes of a file what it is. The name helps only to explain what was not understood."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final

from kizuna.base.errors import InputError
from kizuna.sources.delimited import header_cells
from kizuna.sources.dialects import Reading, recognise

HEAD: Final = 65_536
"""Bytes worth handing in."""

_SENTENCE = re.compile(rb"[!$](?:[A-Z]{2}VD[MO]|[A-Z]{5}),|\\[a-z]{1,2}:")
_KNOWN: Final = "NMEA (AIVDM), CSV with a header, Parquet, GeoParquet, Arrow IPC or JSON lines; plain, .gz or .zst"


@dataclass(frozen=True, slots=True)
class Format:
    """What a file is: ``nmea``, ``csv``, ``parquet``, ``arrow``, ``jsonl`` or ``empty``; for CSV with its dialect."""

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
    if _SENTENCE.search(text):
        return Format("nmea")
    if text.startswith(b"{"):
        return _json(text, name)
    if text.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError("the text is UTF-16", where=name, hint="convert it to UTF-8")
    _refuse_known_others(text, name)
    return _table(text, name, reading)


def _json(text: bytes, name: str) -> Format:
    first = text.split(b"\n", 1)[0]
    try:
        found = json.loads(first)
    except ValueError:
        found = None
    if isinstance(found, dict):
        return Format("jsonl")
    raise InputError("a JSON document over several lines", where=name, hint="write one object a line (JSON lines)")


def _refuse_known_others(text: bytes, name: str) -> None:
    for magic, what in (
        (b"[", "a JSON array"), (b"<", "XML or HTML"), (b"PK\x03\x04", "a ZIP archive"), (b"%PDF", "a PDF file"),
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

"""Columns packed small without loss, in files that are whole or not there.

Each column is kept in the smallest form that gives back the same bits: one value for all rows; whole 1e-7 degrees for
positions and tenths for speeds and angles, which is what most sources send; differences from the least for times, ids
and offsets; else as it is. A raw table of positions takes 27 bytes a row instead of 133. Every form works element by
element, so a part of a column is read without the rest of it.

A file is written under ``NAME.part`` and gets its name after it reached the disk. What has its name is whole; its
length is checked all the same when it is opened.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from kizuna.base.errors import InputError
from kizuna.base.table import Array
from kizuna.stores.parquet import cannot_write, sync

MAGIC: Final = b"KZPACK1\n"
_HEAD: Final = len(MAGIC) + 8
_ALIGN: Final = 64
_NONE_32: Final = -(1 << 31)
_NONE_16: Final = -(1 << 15)
_E7: Final = 1e7
_LOOK: Final = 512
"""First rows, by which a form that does not fit is mostly told."""


class Form(NamedTuple):
    """How a column is kept: form, type in memory, type on disk, a number (the value of all rows, or the least)."""

    form: str
    memory: str
    disk: str
    number: int
    rows: int


def bits(column: Array) -> Array:
    """The bits of a column as integers, so that -0.0 and 0.0 differ and a NaN equals itself."""
    found: Array = column.view(f"i{column.dtype.itemsize}")
    return found


def encode(column: Array) -> tuple[Form, Array]:
    """The smallest form of a column, and what is to be kept."""
    n, memory = len(column), column.dtype.str
    if n and not column.strides[0]:
        return Form("same", memory, "", int(bits(column[:1])[0]), n), np.empty(0, np.int8)
    column = np.ascontiguousarray(column)
    as_bits = bits(column)
    if n == 0 or (as_bits[0] == as_bits[-1] and (as_bits == as_bits[0]).all()):
        return Form("same", memory, "", int(as_bits[0]) if n else 0, n), np.empty(0, np.int8)
    if column.dtype == np.float64:
        packed = _whole_e7(column, as_bits)
    elif column.dtype == np.float32:
        packed = _whole_tenths(column, as_bits)
    elif column.dtype.kind == "i" and column.dtype.itemsize > 1:
        return _near(column)
    else:
        packed = None
    if packed is None:
        return Form("plain", memory, memory, 0, n), column
    return Form("scaled", memory, packed.dtype.str, 0, n), packed


def _whole_e7(column: Array, as_bits: Array) -> Array | None:
    if len(column) > _LOOK and not _whole(column[:_LOOK] * _E7):
        return None
    gone = np.isnan(column)
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = np.rint(column * _E7)
    if not ((np.abs(scaled) < -_NONE_32) | gone).all():
        return None
    np.copyto(scaled, _NONE_32, where=gone)
    packed = scaled.astype(np.int32)
    same = (bits(packed / _E7) == as_bits) | gone
    return packed if same.all() else None


def _whole(values: Array) -> bool:
    known = values[~np.isnan(values)]
    return bool((np.abs(known - np.rint(known)) < 1e-3).all())  # noqa: PLR2004  a quick look only


def _whole_tenths(column: Array, as_bits: Array) -> Array | None:
    if len(column) > _LOOK and not _whole(column[:_LOOK].astype(np.float64) * 10.0):
        return None
    gone = np.isnan(column)
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = np.rint(column.astype(np.float64) * 10.0)
    if not ((np.abs(scaled) < -_NONE_16) | gone).all():
        return None
    np.copyto(scaled, _NONE_16, where=gone)
    packed = scaled.astype(np.int16)
    same = (bits((packed / 10.0).astype(np.float32)) == as_bits) | gone
    return packed if same.all() else None


def _near(column: Array) -> tuple[Form, Array]:
    least, most = int(column.min()), int(column.max())
    kind = next((k for k in (np.int8, np.int16, np.int32) if most - least <= np.iinfo(k).max), None)
    if kind is None or np.dtype(kind).itemsize >= column.dtype.itemsize:
        return Form("plain", column.dtype.str, column.dtype.str, 0, len(column)), column
    return Form("near", column.dtype.str, np.dtype(kind).str, least, len(column)), (column - least).astype(kind)


def decode(form: Form, kept: Array, n: int, *, spread: bool = True) -> Array:
    """``n`` values of a column from what was kept of them. Not ``spread``: one value for all rows is not repeated."""
    memory = np.dtype(form.memory)
    if form.form == "same":
        value = np.array([form.number], f"i{memory.itemsize}").view(memory)
        return np.asarray(np.repeat(value, n) if spread else np.broadcast_to(value, n))
    if form.form == "plain":
        return np.array(kept)
    if form.form == "near":
        return np.asarray(kept.astype(memory) + memory.type(form.number))
    scale, none = (_E7, _NONE_32) if memory == np.float64 else (10.0, _NONE_16)
    out = np.asarray(kept / scale, memory)
    gone = kept == none
    if gone.any():
        out[gone] = np.nan
    return out


class Stored:
    """Bytes of a file, read when they are asked for. Not mapped: what is mapped counts as memory of the process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle = os.open(path, os.O_RDONLY)
        self.size = os.fstat(self._handle).st_size

    def read(self, start: int, size: int) -> Any:
        """So many bytes from a place on; fewer at the end of the file."""
        found = os.pread(self._handle, size, start)
        while len(found) < size and (more := os.pread(self._handle, size - len(found), start + len(found))):
            found += more  # one call gives 2 GB at most
        return found

    def __del__(self) -> None:
        """Close the file."""
        os.close(self._handle)


class Held(Stored):
    """The same for a small file that is read in many pieces: all of it at once."""

    def __init__(self, path: Path, size: int) -> None:
        super().__init__(path)
        self._data = memoryview(super().read(0, size))

    def read(self, start: int, size: int) -> Any:
        """So many bytes from a place on."""
        return self._data[start : start + size]


@dataclass(frozen=True, slots=True)
class Pack:
    """Columns of a file, which stay on the disk until they are asked for."""

    forms: Mapping[str, Form]
    notes: Mapping[str, Any]
    _at: Mapping[str, int]
    _file: Stored

    def rows(self, name: str) -> int:
        """Length of a column."""
        return self.forms[name].rows

    def get(self, name: str, start: int = 0, stop: int | None = None, *, spread: bool = True) -> Array:
        """Rows ``start`` up to, not including, ``stop`` of a column."""
        form = self.forms[name]
        stop = form.rows if stop is None else stop
        if form.form == "same":
            return decode(form, np.empty(0, np.int8), stop - start, spread=spread)
        each = np.dtype(form.disk).itemsize
        kept = np.frombuffer(self._file.read(self._at[name] + start * each, (stop - start) * each), form.disk)
        return decode(form, kept, stop - start)

    def take(self, name: str, starts: Array, stops: Array) -> Array:
        """Several ranges of rows of a column, one behind the other."""
        parts = [self.get(name, a, b) for a, b in zip(starts.tolist(), stops.tolist(), strict=True)]
        return parts[0] if len(parts) == 1 else np.concatenate([np.empty(0, self.forms[name].memory), *parts])


def laid_out(columns: Mapping[str, Array], notes: Mapping[str, Any]) -> list[Any]:
    """Everything that stands in a file, in pieces."""
    packed = {name: encode(column) for name, column in columns.items()}
    at, position = {}, 0
    for name, (_, kept) in packed.items():
        at[name] = position
        position += -(-kept.nbytes // _ALIGN) * _ALIGN
    head = json.dumps({
        "forms": {name: list(form) for name, (form, _) in packed.items()}, "at": at, "bytes": position,
        "notes": dict(notes),
    }).encode()  # fmt: skip
    head += b" " * (-(_HEAD + len(head)) % _ALIGN)
    pieces: list[Any] = [MAGIC, len(head).to_bytes(8, "little"), head]
    for _, kept in packed.values():
        pieces += [kept.data.cast("B"), b"\0" * (-kept.nbytes % _ALIGN)] if kept.nbytes else []
    return pieces


def save(path: Path, columns: Mapping[str, Array], notes: Mapping[str, Any] | None = None) -> None:
    """Write columns (their lengths may differ) as a whole file. Raises UnavailableError when the disk is full."""
    write_whole(path, laid_out(columns, notes or {}))


def write_whole(path: Path, pieces: Sequence[Any]) -> None:
    """Write a file so that it is whole and on the disk when it has its name."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        sync(path.parent)
    except OSError as exc:
        part.unlink(missing_ok=True)
        raise cannot_write(exc, path) from exc


def load(path: Path) -> Pack:
    """Open a file that ``save`` wrote. Raises InputError where it is not whole."""
    file = Stored(path)
    first = file.read(0, _HEAD)
    begin = _HEAD + int.from_bytes(first[len(MAGIC) :], "little")
    if first[: len(MAGIC)] != MAGIC or begin > file.size:
        raise InputError("is damaged or of another version", where=str(path), hint="run again without --resume")
    head = json.loads(file.read(_HEAD, begin - _HEAD))
    if begin + head["bytes"] != file.size:
        raise InputError("is cut short", where=str(path), hint="run again without --resume")
    forms = {name: Form(*form) for name, form in head["forms"].items()}
    return Pack(forms, head["notes"], {name: begin + at for name, at in head["at"].items()}, file)

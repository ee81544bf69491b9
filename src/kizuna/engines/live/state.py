"""The state of a live engine on disk: a directory that is whole at every moment, whatever happens to the process.

Rows are written once: each save adds files with what came since the one before. What is small (the carried state of the
watch, numbers) is written anew. ``state.json`` names the files that belong together; it is written last, beside its
place, forced to the disk and then renamed. A save that was interrupted leaves the one before; files that no
``state.json`` names are removed by the next.

A state is taken up only with the settings, the surroundings and the form of state that it was saved with; events found
half by one rule and half by another could not be cited.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from kizuna.base.errors import ConfigError, InputError
from kizuna.base.grow import Hold
from kizuna.base.table import Array, Schema, Table, concat, empty, from_arrow
from kizuna.engines.live.engine import LiveEngine
from kizuna.engines.live.params import LiveParams
from kizuna.events.params import Settings, as_dict
from kizuna.events.surroundings import Surroundings
from kizuna.events.table import EVENTS
from kizuna.fixes.statics import OTHERS, REJECTS, STATICS
from kizuna.fixes.table import FIXES
from kizuna.stores.parquet import cannot_write

FORM: Final = 1
"""Counts up when a state can no longer be read as before."""
NAME: Final = "state.json"
_SCHEMAS: Final[Mapping[str, Schema]] = {
    "fixes": FIXES, "statics": STATICS, "others": OTHERS, "rejects": REJECTS, "late": FIXES, "told": EVENTS,
}  # fmt: skip
_MOVING: Final = ("others", "rejects", "late")
"""Tables whose rows may move in memory while others are added."""
_PARTS_MOST: Final = 100
"""Files of one table; more are joined into one."""


def digest_of(settings: Settings, params: LiveParams, around: Surroundings) -> str:
    """A digest of everything given that the events depend on."""
    zones = [(z.zone_id, z.name, z.claimant, z.outline_digest) for z in around.zones.zones] if around.zones else []
    ports = around.ports.citation if around.ports is not None else ""
    facts = [as_dict(settings), asdict(params), zones, around.mask, ports, around.shore_m is not None]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What came since the last save and what an engine carried at one moment.

    Tables are in parts that stay as they are; the fixes are the engine's own, held in place until they are written.
    """

    tables: dict[str, list[Table]]
    arrays: dict[str, Array]
    numbers: dict[str, Any]
    digest: str
    extra: dict[str, Any]
    held: Hold


def _own(table: Table) -> Table:
    """The same rows in memory of their own: that of a growing table may move."""
    columns = {name: c.copy() if isinstance(c, np.ndarray) else c for name, c in table.columns.items()}
    return Table(table.schema, columns, table.words)


def _after(tables: Sequence[Table], rows: int) -> list[Table]:
    """What lies beyond the first so many rows."""
    out = []
    for table in tables:
        if rows < len(table):
            out.append(table.slice(rows, len(table)))
        rows = max(0, rows - len(table))
    return out


@dataclass(slots=True)
class Store:
    """A directory for the state of one engine. Remembers what of it is written already.

    ``extra`` is kept with the state for whoever runs the engine.
    """

    directory: Path
    extra: dict[str, Any] = field(default_factory=dict)
    _parts: dict[str, list[list[Any]]] = field(default_factory=dict)
    _number: int = 0
    _generation: int = 0

    def exists(self) -> bool:
        """Whether a state was saved here."""
        return (self.directory / NAME).exists()

    def save(self, engine: LiveEngine) -> None:
        """Write what came since the last save. Raises UnavailableError when the disk is full or not writable."""
        self.write(self.taken(engine))

    def taken(self, engine: LiveEngine) -> Snapshot:
        """What is to be written, copied, so that the engine may go on meanwhile. Not while something is written."""
        if self._generation != engine.kept.generation:  # rows were let go: what stays is written anew
            self._parts = {name: parts for name, parts in self._parts.items() if name == "told"}
            self._generation = engine.kept.generation
        held = engine.kept.hold()
        tables = {name: self._new_of(name, parts) for name, parts in _tables(engine, held.rows).items()}
        arrays = {name: np.array(a) for name, a in engine.arrays().items()}
        digest = digest_of(engine.settings, engine.params, engine.surroundings)
        return Snapshot(tables, arrays, engine.numbers(), digest, dict(self.extra), held)

    def write(self, snapshot: Snapshot) -> None:
        """Write what was taken; from any thread. Raises as ``save``, and what was taken is then taken again."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            self._number += 1
            for name, parts in snapshot.tables.items():
                if parts:
                    self._add(name, concat(parts))
            watch = f"watch-{self._number:06d}.npz"
            buffer = io.BytesIO()
            arrays: Any = snapshot.arrays
            np.savez(buffer, **arrays)
            _put(self.directory / watch, buffer.getvalue())
            manifest = {
                "form": FORM, "digest": snapshot.digest, "number": self._number, "watch": watch, "parts": self._parts,
                "numbers": snapshot.numbers, "extra": snapshot.extra,
            }  # fmt: skip
            _put(self.directory / NAME, json.dumps(manifest, indent=1).encode())
            self._sweep(watch)
        except OSError as exc:
            raise cannot_write(exc, self.directory) from exc
        finally:
            snapshot.held.release()

    def restore(self, settings: Settings, surroundings: Surroundings, params: LiveParams) -> LiveEngine:
        """The engine as it was saved.

        Raises ConfigError where it was saved with other settings, surroundings or by a version that kept another form
        of state, InputError where a file is damaged.
        """
        manifest = self._manifest()
        where = str(self.directory / NAME)
        if manifest.get("form") != FORM:
            raise ConfigError(
                f"the state has form {manifest.get('form')!r}, this version reads {FORM}", where=where,
                hint="go on with the version that saved it, or begin in another directory",
            )  # fmt: skip
        if manifest["digest"] != digest_of(settings, params, surroundings):
            raise ConfigError(
                "the state was saved with other settings, zones or anchorages", where=where,
                hint="give the same ones, or begin in another directory",
            )  # fmt: skip
        self._parts, self._number, self.extra = manifest["parts"], manifest["number"], manifest["extra"]
        self._generation = int(manifest["numbers"]["generation"])
        engine = LiveEngine(settings, surroundings, params)
        tables = {name: self._read(name) for name in _SCHEMAS}
        try:
            data = io.BytesIO((self.directory / manifest["watch"]).read_bytes())
            with np.load(data, allow_pickle=False) as arrays:
                engine.take_up(tables, dict(arrays), manifest["numbers"])
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as exc:
            raise InputError(f"damaged state: {exc}", where=str(self.directory)) from exc
        return engine

    def _manifest(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads((self.directory / NAME).read_bytes())
        except (OSError, ValueError) as exc:
            raise InputError(f"no state can be read: {exc}", where=str(self.directory)) from exc
        return found

    def _new_of(self, name: str, tables: Sequence[Table]) -> list[Table]:
        """The rows that are not written yet; all of them where there are too many files."""
        parts = self._parts.setdefault(name, [])
        if len(parts) >= _PARTS_MOST:
            parts.clear()
        new = _after(tables, sum(rows for _, rows in parts))
        return [_own(table) for table in new] if name in _MOVING else new

    def _add(self, name: str, table: Table) -> None:
        """Write rows."""
        file = f"{name}-{self._number:06d}.arrow"
        rows = table.to_arrow()
        buffer = io.BytesIO()
        with pa.ipc.new_file(buffer, rows.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
            writer.write_table(rows)
        _put(self.directory / file, buffer.getvalue())
        self._parts.setdefault(name, []).append([file, len(table)])

    def _read(self, name: str) -> Table:
        schema = _SCHEMAS[name]
        parts = []
        for file, rows in self._parts.get(name, []):
            try:
                with pa.memory_map(str(self.directory / file)) as source:
                    part = from_arrow(schema, pa.ipc.open_file(source).read_all())
            except (OSError, pa.ArrowInvalid) as exc:
                raise InputError(f"damaged state: {exc}", where=str(self.directory / file)) from exc
            if len(part) != rows:
                raise InputError(f"damaged state: {len(part)} rows, not {rows}", where=str(self.directory / file))
            parts.append(part)
        return concat(parts) if parts else empty(schema)

    def _sweep(self, watch: str) -> None:
        """Remove files of our names that do not belong to the state."""
        named = {watch} | {file for parts in self._parts.values() for file, _ in parts}
        for name in (*_SCHEMAS, "watch"):
            for path in self.directory.glob(f"{name}-[0-9]*.*"):
                if path.name not in named:
                    path.unlink(missing_ok=True)


def _tables(engine: LiveEngine, fixes: Table) -> dict[str, Sequence[Table]]:
    kept = engine.kept
    return {
        "fixes": [fixes], "statics": kept.statics_in_parts, "others": [kept.others.view()],
        "rejects": [kept.rejects.view()], "late": [kept.late.view()], "told": engine.told.tables,
    }  # fmt: skip


def _put(path: Path, data: bytes) -> None:
    """Write a file so that it is whole and on the disk, or not there."""
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

"""Backup of a store in use, restoring it, and checking that all files are what was written.

A backup is a directory like a store's: the catalogue as of one moment, and every segment that it names, with the digest
of each compared while it is copied. It is written under ``NAME.part`` and named when all of it is on the disk.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from kizuna.base.errors import ConfigError, InputError, KizunaError
from kizuna.stores.keep import catalogue
from kizuna.stores.keep.core import SEGMENTS, Core
from kizuna.stores.keep.segments import Segment, digest_of
from kizuna.stores.parquet import cannot_write, sync

_ATTEMPTS: Final = 5


def back_up(core: Core, to: Path) -> int:
    """Copy the store as it is now while it goes on taking in; bytes copied.

    Raises ConfigError where ``to`` exists, UnavailableError when its disk is full, InputError where a segment is
    damaged; nothing named ``to`` is left then.
    """
    with core.maintaining:  # compaction and retention of this process remove files; those of another make it begin anew
        return _copy(core.directory, to)


def restore(backup: Path, to: Path) -> int:
    """Make a store of a backup; bytes copied. Raises as ``back_up``; ConfigError where ``backup`` is none.

    The result is opened with ``open_keep`` like the store that it was.
    """
    if not (backup / catalogue.NAME).exists():
        raise ConfigError("holds no backup", where=str(backup), hint=f"a backup holds {catalogue.NAME}")
    return _copy(backup, to)


def verify(directory: Path) -> list[str]:
    """What is wrong with the files of a store or a backup, one sentence each; nothing when all is well."""
    db = catalogue.connect(directory, full_sync=False, read_only=True)
    try:
        return _wrong(db, directory / SEGMENTS)
    except sqlite3.Error as exc:
        return [f"{catalogue.NAME}: {exc}"]
    finally:
        db.close()


def _wrong(db: sqlite3.Connection, files: Path) -> list[str]:
    check = db.execute("PRAGMA integrity_check").fetchall()
    wrong = [f"{catalogue.NAME}: {text}" for (text,) in check if text != "ok"]
    for segment in catalogue.segments(db):
        try:
            _checked(files / segment.name, segment)
        except KizunaError as exc:
            wrong.append(str(exc))
        except FileNotFoundError:
            if db.execute("SELECT 1 FROM segment WHERE number = ?", (segment.number,)).fetchone():
                wrong.append(f"{segment.name}: a segment is missing")  # else compaction has replaced it meanwhile
    return wrong


def _copy(source: Path, to: Path) -> int:
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise ConfigError("exists already", where=str(to), hint="name a directory that does not exist, or is empty")
    part = to.with_name(to.name + ".part")
    try:
        size = _copy_files(source, part)
        if to.exists():
            to.rmdir()
        part.replace(to)
        sync(to.parent)
    except OSError as exc:
        shutil.rmtree(part, ignore_errors=True)
        raise cannot_write(exc, to) from exc
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return size


def _copy_files(source: Path, part: Path) -> int:
    """Copy catalogue and segments; begun anew when a compaction replaced some meanwhile."""
    for attempt in range(_ATTEMPTS):
        shutil.rmtree(part, ignore_errors=True)
        (part / SEGMENTS).mkdir(parents=True)
        _copy_catalogue(source, part)
        size = (part / catalogue.NAME).stat().st_size
        try:
            for segment in _named(part):
                data = _checked(source / SEGMENTS / segment.name, segment)
                target = part / SEGMENTS / segment.name
                target.write_bytes(data)
                sync(target)
                size += len(data)
        except FileNotFoundError as exc:
            if attempt == _ATTEMPTS - 1:
                raise InputError(f"a segment is missing: {exc}", hint="restore an earlier backup") from exc
            continue
        sync(part / SEGMENTS)
        sync(part)
        return size
    raise AssertionError


def _copy_catalogue(directory: Path, part: Path) -> None:
    source = catalogue.connect(directory, full_sync=False, read_only=True)
    target = sqlite3.connect(part / catalogue.NAME)
    try:
        source.backup(target)
        target.execute("PRAGMA journal_mode = DELETE")  # one file, and not two beside it
    except sqlite3.Error as exc:
        raise catalogue.cannot_commit(exc, part) from exc
    finally:
        target.close()
        source.close()
    sync(part / catalogue.NAME)


def _named(part: Path) -> Iterable[Segment]:
    db = catalogue.connect(part, full_sync=False, read_only=True)
    try:
        return catalogue.segments(db)
    finally:
        db.close()


def _checked(path: Path, segment: Segment) -> bytes:
    """The bytes of a segment. Raises InputError where they are not what was written, FileNotFoundError without it."""
    data = path.read_bytes()
    if digest_of(data) != segment.digest:
        raise InputError("a segment is not what was written", where=segment.name, hint="restore a backup")
    return data

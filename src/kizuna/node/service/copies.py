"""Backup of a node while it runs, and making a node of a backup.

The state of detection is copied before the store: a store that is ahead of it is what a crash leaves, and is caught up
with at the next start. Store and desk are copied as of one moment each, every segment is checked by its digest on the
way. A store on a PostgreSQL server is not copied: the note says by which command its administrator does, afterwards.
A backup is written beside its place and named when all of it is there.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from pathlib import Path
from typing import Final

from kizuna.base.errors import ConfigError, InputError, UnavailableError
from kizuna.base.utc import iso
from kizuna.base.version import __version__
from kizuna.node.desk.desk import FILE as DESK_FILE
from kizuna.node.service import contacts
from kizuna.node.service.clocks import wall_ms
from kizuna.node.service.node_file import read_node_file
from kizuna.node.service.rooms import Rooms, put_json
from kizuna.node.service.settings import Config
from kizuna.node.service.storing import on_server, open_store, to_dump
from kizuna.stores.keep import Keep, restore
from kizuna.stores.parquet import cannot_write

NOTE: Final = "backup.json"
FORM: Final = 1
_ATTEMPTS: Final = 20


def back_up_node(home: Path, to: Path, *, keys: bool = True) -> int:
    """Copy a node as it is now; bytes of the copy. The node may run.

    Raises ConfigError where ``to`` exists or ``home`` is no node, UnavailableError when a disk is full, InputError
    where something is damaged; nothing named ``to`` is left then.
    """
    config = read_node_file(Rooms(home).settings)
    if to.exists():
        raise ConfigError("exists already", where=str(to), hint="name a directory that does not exist")
    part = to.with_name(to.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir(parents=True, mode=0o700)
        _copy_all(config, Rooms(home), Rooms(part), keys=keys)
        note = {"form": FORM, "version": __version__, "context": config.node.context, "written": iso(wall_ms()),
                "keys": keys, "to_dump": to_dump(config)}  # fmt: skip
        put_json(part / NOTE, note)
        part.replace(to)
    except OSError as exc:
        raise cannot_write(exc, to) from exc
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return sum(p.stat().st_size for p in to.rglob("*") if p.is_file())


def _copy_all(config: Config, old: Rooms, new: Rooms, *, keys: bool) -> None:
    context = config.node.context
    shutil.copy2(old.settings, new.settings)
    home = _plain(old.home)
    for path in sorted({_plain(config.path(n)) for n in _named(config, keys=keys)}):
        if path.is_relative_to(home) and path.exists():
            target = new.home / path.relative_to(home)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)
    if keys and old.keys.exists():
        shutil.copytree(old.keys, new.keys, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*_NEVER))
    if config.sharing.party:
        _copy_sharing(config, old.home, new.home)
    new.sessions.parent.mkdir(mode=0o700, exist_ok=True)
    _copy_state(old.detection(context), new.detection(context))
    new.store(context).parent.mkdir(mode=0o700)
    if on_server(config):
        new.store(context).mkdir(mode=0o700)
    else:
        with open_store(config, read_only=True) as keep:
            if isinstance(keep, Keep):
                keep.backup(new.store(context))
    _copy_sqlite(old.store(context) / contacts.NAME, new.store(context) / contacts.NAME)
    new.desk.mkdir(mode=0o700)
    _copy_sqlite(old.desk / DESK_FILE, new.desk / DESK_FILE)
    if old.sessions.exists():  # last: it counts at least the starts whose messages were copied
        shutil.copy2(old.sessions, new.sessions)


_NEVER: Final = ("marks-*.json", "root.key")
"""What no backup holds: how much was signed (a copy of it would vouch for an old state), and the root key."""


def _copy_sharing(config: Config, old: Path, new: Path) -> None:
    """Shared store, partners, rules, agreements. Introductions under way are not copied: their numbers count once."""
    from kizuna.stores.shared.shared import file_of  # noqa: PLC0415  only nodes with partners need it

    for name in ("share/partners", "rules", "agreements"):
        if (old / name).is_dir():
            shutil.copytree(old / name, new / name, dirs_exist_ok=True)
    (new / "share").mkdir(mode=0o700, exist_ok=True)
    store = file_of(old / "share", config.node.context)
    _copy_sqlite(store, new / "share" / store.name)


def _named(config: Config, *, keys: bool) -> list[str]:
    """Files that the settings name; those that hold the key to a feed are keys."""
    p = config.places
    subscriptions = [s.subscription for s in config.sources] if keys else []
    return [n for n in (*p.zones, *p.anchorages, p.claims_table, p.detectors, *subscriptions) if n]


def _plain(path: Path) -> Path:
    """The path without dots that climb: what lies outside the node's directory is not taken for something inside."""
    return Path(os.path.normpath(path.absolute()))


def _copy_sqlite(source: Path, to: Path) -> None:
    """A consistent copy of a database in use; none where there is none."""
    if not source.exists():
        return
    try:
        old = sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True, timeout=30.0)
        new = sqlite3.connect(to)
        try:
            old.backup(new)
        finally:
            old.close()
            new.close()
    except sqlite3.Error as exc:
        raise UnavailableError(f"cannot be copied: {exc}", where=str(source)) from exc
    to.chmod(0o600)


def _copy_state(old: Path, new: Path) -> None:
    """The files that belong together, named by ``state.json``; a save in between means looking again."""
    for _ in range(_ATTEMPTS):
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True, mode=0o700)
        manifest = old / "state.json"
        if not manifest.exists():
            return
        text = manifest.read_bytes()
        try:
            found = json.loads(text)
            names = [found["watch"], *(file for parts in found["parts"].values() for file, _ in parts)]
            for name in names:
                shutil.copy2(old / name, new / name)
        except FileNotFoundError:
            continue
        except (ValueError, KeyError) as exc:
            raise InputError(f"damaged state: {exc}", where=str(manifest)) from exc
        (new / "state.json").write_bytes(text)
        return
    raise UnavailableError("the state of detection changed all the time", where=str(old), hint="try again")


def restore_node(copy: Path, home: Path) -> None:
    """Make a node of a backup. Raises as ``back_up_node``; ConfigError where ``copy`` is none."""
    try:
        note = json.loads((copy / NOTE).read_bytes())
        form = note["form"]
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise ConfigError("holds no backup of a node", where=str(copy), hint=f"a backup holds {NOTE}") from exc
    if form > FORM:
        raise ConfigError(f"was written by a newer program ({note.get('version')})", where=str(copy),
                          hint="use that one, or a later one")  # fmt: skip
    if home.exists() and any(home.iterdir()):
        raise ConfigError("is not empty", where=str(home), hint="give a new directory")
    config = read_node_file(Rooms(copy).settings)
    context = config.node.context
    part = home.with_name(home.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir(parents=True, mode=0o700)  # first of all: nobody else looks in while keys are copied
        for one in sorted(copy.iterdir()):
            if one.name not in ("store", NOTE):
                _copy_one(one, part / one.name)
        new = Rooms(part)
        new.make(context)
        shutil.rmtree(new.store(context))
        if on_server(config):
            new.store(context).mkdir(mode=0o700)
        else:
            restore(Rooms(copy).store(context), new.store(context))
        _copy_sqlite(Rooms(copy).store(context) / contacts.NAME, new.store(context) / contacts.NAME)
        if home.exists():
            home.rmdir()
        part.replace(home)
    except OSError as exc:
        raise cannot_write(exc, home) from exc
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _copy_one(old: Path, new: Path) -> None:
    if old.is_dir():
        shutil.copytree(old, new)
    else:
        shutil.copy2(old, new)

"""Where everything of a node lies: one directory, private to its user.

node.toml            settings
keys/                TLS key and certificate, exercise key
store/<context>/     what was heard and found; contexts never share a directory
desk/                users, decisions, watch log, audit
state/               of detection and of the sources
inbox/<source>/      files to be taken in; done/ and failed/ below
run/                 health for `kizuna node status`; written anew all the time
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kizuna.base.errors import ConfigError, UnavailableError

SETTINGS: Final = "node.toml"
_PRIVATE: Final = 0o700


@dataclass(frozen=True, slots=True)
class Rooms:
    """The directory of one node and the places in it."""

    home: Path

    @property
    def settings(self) -> Path:
        """The file of settings."""
        return self.home / SETTINGS

    @property
    def keys(self) -> Path:
        """Keys and certificates."""
        return self.home / "keys"

    @property
    def desk(self) -> Path:
        """Users, decisions, watch log."""
        return self.home / "desk"

    @property
    def inbox(self) -> Path:
        """Folders of the sources of kind ``folder``."""
        return self.home / "inbox"

    @property
    def run(self) -> Path:
        """What may be lost."""
        return self.home / "run"

    @property
    def status(self) -> Path:
        """Health, as the running node last wrote it."""
        return self.run / "status.json"

    @property
    def setup_link(self) -> Path:
        """The one-time link for the first administrator."""
        return self.run / "setup-link"

    @property
    def sessions(self) -> Path:
        """How often the node was started; message ids of live feeds rest on it."""
        return self.home / "state" / "sessions.json"

    def store(self, context: str) -> Path:
        """The store of a context."""
        return self.home / "store" / slug(context)

    def detection(self, context: str) -> Path:
        """The state of detection of a context."""
        return self.home / "state" / slug(context)

    def make(self, context: str) -> None:
        """Make all directories, for their owner only. Raises ConfigError where that cannot be done."""
        try:
            wanted = (
                self.home,
                self.keys,
                self.desk,
                self.inbox,
                self.run,
                self.store(context),
                self.detection(context),
            )
            for path in wanted:
                path.mkdir(parents=True, exist_ok=True)
            for path in {self.home, *wanted, self.home / "store", self.home / "state"}:
                path.chmod(_PRIVATE)
        except OSError as exc:
            raise ConfigError(f"cannot be made: {exc.strerror}", where=str(exc.filename or self.home)) from exc


def slug(context: str) -> str:
    """A context as the name of a directory; different contexts have different ones."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", context)


def next_session(path: Path) -> int:
    """Count one start more, on the disk before anything else happens. Raises UnavailableError when that fails."""
    try:
        number = int(json.loads(path.read_bytes())["starts"]) + 1
    except FileNotFoundError:
        number = 1
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise ConfigError(f"cannot be read: {exc}", where=str(path), hint="restore a backup of the node") from exc
    put_json(path, {"starts": number})
    return number


def put_json(path: Path, value: Any, *, sure: bool = True) -> None:
    """Write a file that is whole at every moment; ``sure`` waits for the disk. Raises UnavailableError."""
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            file.write(json.dumps(value, indent=1, ensure_ascii=False).encode() + b"\n")
            file.flush()
            if sure:
                os.fsync(file.fileno())
        part.replace(path)
    except OSError as exc:
        raise UnavailableError(f"cannot be written: {exc.strerror}", where=str(path)) from exc

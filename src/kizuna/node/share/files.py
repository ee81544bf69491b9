"""Where sharing keeps its files in a node's directory, and how they are written: whole or not at all, private.

keys/share/root.key             the party's root key, under a passphrase; belongs on a stick in a safe
keys/share/<kind>-<use>.key     keys of a kind of context (real, exercise, test): page, node, box
keys/share/next/                keys of a rotation that is under way
keys/share/former/              keys that were revoked, until every partner knows; see ``trust.revocation``
keys/share/manifests/0001.note  our key manifests, in order
keys/share/node.crt, node.key   certificate of the listener for partners
keys/share/marks-<context>.json how much of each log was signed; never part of a backup
share/shared-<context>.db       what was told and received (see docs/reference/shared-store.md)
share/partners/<id>.json        a partner: its card, manifests, address, what it may be told at most
share/introductions/<id>.json   an introduction under way, with its secret number; _begun.json before one answered
rules/                          texts of rules as they were proposed
agreements/<id>.toml            memoranda
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from kizuna.base.errors import ConfigError, InputError, UnavailableError
from kizuna.records.label import PARTY
from kizuna.share.keys import kind_of
from kizuna.share.release import KeyFile

PRIVATE_DIR: Final = 0o700
PRIVATE_FILE: Final = 0o600


@dataclass(frozen=True, slots=True)
class Places:
    """The directory of a node and what of sharing lies in it."""

    home: Path

    @property
    def keys(self) -> Path:
        """Keys, manifests, certificate, marks."""
        return self.home / "keys" / "share"

    @property
    def root_key(self) -> Path:
        """The root key, where it was not taken away yet."""
        return self.keys / "root.key"

    @property
    def next(self) -> Path:
        """Keys that the manifests list and nothing is signed with yet; see ``trust.rotation``."""
        return self.keys / "next"

    @property
    def former(self) -> Path:
        """Keys that were revoked, with which partners are told so."""
        return self.keys / "former"

    @property
    def manifests(self) -> Path:
        """Our key manifests."""
        return self.keys / "manifests"

    @property
    def shared(self) -> Path:
        """The shared stores, one file for each context."""
        return self.home / "share"

    @property
    def partners(self) -> Path:
        """A file for each partner."""
        return self.shared / "partners"

    @property
    def introductions(self) -> Path:
        """Introductions under way."""
        return self.shared / "introductions"

    @property
    def rules(self) -> Path:
        """Rules of release as they were proposed."""
        return self.home / "rules"

    @property
    def agreements(self) -> Path:
        """Memoranda."""
        return self.home / "agreements"

    def key(self, use: str, context: str) -> Path:
        """A key of the kind of this context."""
        return self.keys / f"{kind_of(context)}-{use}.key"

    def manifest(self, sequence: int) -> Path:
        """One of our key manifests."""
        return self.manifests / f"{sequence:04d}.note"

    def marks(self, context: str) -> Path:
        """How much of each log was signed."""
        return self.keys / f"marks-{re.sub(':', '-', context)}.json"

    def partner(self, party: str) -> Path:
        """The file of a partner. Raises InputError for a name that is none."""
        return self.partners / f"{_party(party)}.json"

    @property
    def begun(self) -> Path:
        """The file of an introduction whose other side is not known yet; no party id begins so."""
        return self.introductions / "_begun.json"

    def introduction(self, party: str) -> Path:
        """The file of an introduction under way."""
        return self.introductions / f"{_party(party)}.json"

    def make(self) -> None:
        """Make the directories that are not there."""
        for place in (self.keys, self.manifests, self.shared, self.partners, self.introductions, self.rules,
                      self.agreements):  # fmt: skip
            place.mkdir(mode=PRIVATE_DIR, parents=True, exist_ok=True)


def _party(party: str) -> str:
    if not PARTY.fullmatch(party):
        raise InputError(f"{party[:40]!r} is no party id", hint="a-z, 0-9, -; up to 32")
    return party


def put(path: Path, data: bytes, *, new: bool = False) -> None:
    """Write a private file whole: after a crash it is the old or the new one. ``new``: refuse where one is there.

    Raises ConfigError where one is there, UnavailableError where it cannot be written.
    """
    if new and path.exists():
        raise ConfigError("is there already", where=str(path), hint="move it away if you are sure")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(mode=PRIVATE_DIR, parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE_FILE), "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
        _sync(path.parent)
    except OSError as exc:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise UnavailableError(f"cannot be written: {exc.strerror}", where=str(path)) from exc


@contextlib.contextmanager
def put_in_pieces(path: Path | None) -> Iterator[BinaryIO]:
    """A private file to be written in pieces: it is there once the block ended well, and not at all otherwise.

    None: it goes to stdout then. Raises UnavailableError where it cannot be written.
    """
    if path is None:
        with tempfile.TemporaryFile() as whole:
            yield whole
            whole.seek(0)
            shutil.copyfileobj(whole, sys.stdout.buffer, 1 << 20)
            sys.stdout.flush()
        return
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(mode=PRIVATE_DIR, parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, PRIVATE_FILE), "w+b") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
        _sync(path.parent)
    except OSError as exc:
        raise UnavailableError(f"cannot be written: {exc.strerror}", where=str(path)) from exc
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def _sync(directory: Path) -> None:
    number = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def key_file(path: Path) -> KeyFile:
    """A key file with its mode. Raises ConfigError where it cannot be read."""
    try:
        with path.open("rb") as found:
            return KeyFile(found.read(1 << 16), os.fstat(found.fileno()).st_mode, str(path))
    except OSError as exc:
        raise ConfigError(f"cannot be read: {exc.strerror}", where=str(path), hint="kizuna partner init") from exc

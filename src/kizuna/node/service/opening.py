"""A new node: directories, settings with every key explained, a certificate, the store and the desk."""

from __future__ import annotations

import datetime as dt
import re
import socket
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from kizuna.base.errors import ConfigError
from kizuna.node.desk.desk import open_desk
from kizuna.node.service.node_file import new_node_file, parsed, read_node_file
from kizuna.node.service.rooms import Rooms
from kizuna.node.service.settings import Config
from kizuna.node.service.source_settings import NAME
from kizuna.node.service.storing import on_server, open_store

_SHORT_MOST: Final = 48


RETAIN_DAYS: Final = 366
"""History that a node made at a terminal keeps: retention has a limit until its owner sets another."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a new node shall be. ``hosts``: names and addresses for its certificate beside those of this machine."""

    name: str
    title: str = ""
    context: str = "real"
    hosts: Sequence[str] = ()
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    sources: Sequence[dict[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Opened:
    """What was made. ``fingerprint`` of the certificate, to compare with what the browser shows."""

    config: Config
    fingerprint: str


def names_of(name: str, title: str) -> tuple[str, str]:
    """Short name and title of a node from what a person calls it. Other than a short name it becomes the title."""
    if NAME.fullmatch(name):
        return name, title or name
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    short = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_SHORT_MOST].strip("-")
    return short or "node", title or name.strip()


def init_node(home: Path, wanted: Wanted) -> Opened:
    """Make a node in an empty or new directory. Raises ConfigError where there is one already."""
    rooms = Rooms(home)
    if rooms.settings.exists():
        raise ConfigError("is a node already", where=str(home), hint="kizuna node run, or give another directory")
    if home.exists() and any(home.iterdir()):
        raise ConfigError("is not empty", where=str(home), hint="give a new directory")
    given: dict[str, dict[str, Any]] = {k: dict(v) for k, v in wanted.settings.items()}
    given.setdefault("node", {}).update(
        {"name": wanted.name, "title": wanted.title or wanted.name, "context": wanted.context}
    )
    text = new_node_file(given, list(wanted.sources))
    config = parsed({**given, "sources": list(wanted.sources)}, rooms.settings)  # before anything is made
    if on_server(config):
        open_store(config).close()  # the server may refuse
    rooms.make(config.node.context)
    fingerprint = _certificate(rooms, wanted.hosts)
    open_store(config).close()
    open_desk(rooms.desk).close()
    rooms.settings.write_text(text, encoding="utf-8")
    rooms.settings.chmod(0o600)
    return Opened(read_node_file(rooms.settings), fingerprint)


def _certificate(rooms: Rooms, more: Sequence[str]) -> str:
    from kizuna.node.api.tls import make_certificate  # noqa: PLC0415  loading it takes a moment

    hosts = list(
        dict.fromkeys([*more, *(h for h in (socket.gethostname(),) if _proper(h)), "localhost", "127.0.0.1", "::1"])
    )
    return make_certificate(rooms.keys, hosts, dt.datetime.now(dt.UTC)).fingerprint


def _proper(host: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,61}[A-Za-z0-9])?", host) is not None

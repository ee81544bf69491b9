"""What the commands of sharing have in common: opening it beside a running node, words typed and shown."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kizuna.node.share.sharing import Sharing

Home = Annotated[Path, typer.Argument(metavar="DIR", help="Directory of the node; it may run.")]
Party = Annotated[str, typer.Argument(metavar="PARTY", help="Id of the partner.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as one JSON document on stdout.")]


@contextmanager
def opened(home: Path, *, zones: bool = False) -> Iterator[Sharing]:
    """Sharing of a node, for looking and for papers, by the node's own clock. Nothing is signed from here."""
    from kizuna.node.service.beside import read_beside  # noqa: PLC0415
    from kizuna.node.service.node_file import read_node_file  # noqa: PLC0415  commands import lazily
    from kizuna.node.service.status import clock_of  # noqa: PLC0415
    from kizuna.node.share.sharing import open_sharing  # noqa: PLC0415

    config = read_node_file(home / "node.toml")
    beside = read_beside(config).zones if zones else ()
    with open_sharing(config, zones=beside, now_ms=clock_of(config)) as sharing:
        yield sharing


def contents(path: Path) -> bytes:
    """A file that the command line names. Raises ConfigError where it cannot be read."""
    from kizuna.base.errors import ConfigError  # noqa: PLC0415

    try:
        return path.read_bytes()
    except OSError as exc:
        raise ConfigError(f"cannot be read: {exc.strerror}", where=str(path)) from exc


def contents_as_text(path: Path) -> str:
    """The same as text. Raises ConfigError where it is none in UTF-8."""
    from kizuna.base.errors import ConfigError  # noqa: PLC0415

    try:
        return contents(path).decode()
    except UnicodeDecodeError as exc:
        raise ConfigError("cannot be read: is no UTF-8", where=str(path)) from exc


def ask_line(words: str) -> str:
    """A line typed by a person."""
    sys.stderr.write(words)
    sys.stderr.flush()
    return sys.stdin.readline().strip()


def when(time_ms: int | None) -> str:
    """A time for people."""
    from kizuna.base.utc import iso_s  # noqa: PLC0415

    return iso_s(time_ms) if time_ms else "never"

"""What the commands of sharing have in common: opening it beside a running node, and who stands at the keyboard."""

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
By = Annotated[str, typer.Option("--by", help="Who does it, for the record.")]
ROLES = ("release_officer", "administrator")


@contextmanager
def opened(home: Path, *, zones: bool = False) -> Iterator[Sharing]:
    """Sharing of a node, for looking and for papers. Nothing is signed from here."""
    from kizuna.node.service.beside import read_beside  # noqa: PLC0415
    from kizuna.node.service.node_file import read_node_file  # noqa: PLC0415  commands import lazily
    from kizuna.node.share.sharing import open_sharing  # noqa: PLC0415

    config = read_node_file(home / "node.toml")
    with open_sharing(config, zones=read_beside(config).zones if zones else ()) as sharing:
        yield sharing


def secret(words: str, file: Path | None, *, again: bool = False) -> str:
    """A password or passphrase: from a file, or typed."""
    import getpass  # noqa: PLC0415

    from kizuna.base.errors import ConfigError  # noqa: PLC0415

    if file is not None:
        try:
            return file.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as exc:
            raise ConfigError(f"cannot be read: {exc}", where=str(file)) from exc
    found = getpass.getpass(f"{words}: ")
    if again and getpass.getpass("Again: ") != found:
        raise ConfigError("the two differ")
    return found


def officer(home: Path, name: str, file: Path | None) -> str:
    """The name of a release officer or administrator who gave the right password. Exit code 4 for anybody else."""
    from kizuna.node.cli import output  # noqa: PLC0415
    from kizuna.node.desk.desk import open_desk  # noqa: PLC0415
    from kizuna.node.desk.people import User  # noqa: PLC0415
    from kizuna.node.service.rooms import Rooms  # noqa: PLC0415

    desk = open_desk(Rooms(home).desk)
    try:
        found = desk.people.check(name, secret(f"Password of {name}", file), "(command line)")
        if not isinstance(found, User):
            output.fail(f"{name}: wrong name or password, or too many tries", output.REFUSED)
        if found.role not in ROLES:
            output.fail(f"{name} is {found.role}; rules are for {' or '.join(ROLES)}", output.REFUSED)
        return found.name
    finally:
        desk.close()


def audited(home: Path, by: str, act: str, about: str) -> None:
    """A line in the node's audit."""
    from kizuna.node.desk.desk import open_desk  # noqa: PLC0415
    from kizuna.node.service.rooms import Rooms  # noqa: PLC0415

    desk = open_desk(Rooms(home).desk)
    try:
        desk.audit.did(f"{by or '?'} (command line)", act, about, "done", "")
    finally:
        desk.close()


def ask_line(words: str) -> str:
    """A line typed by a person."""
    sys.stderr.write(words)
    sys.stderr.flush()
    return sys.stdin.readline().strip()


def when(time_ms: int | None) -> str:
    """A time for people."""
    from kizuna.base.utc import iso_s  # noqa: PLC0415

    return iso_s(time_ms) if time_ms else "never"

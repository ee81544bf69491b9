"""What the commands of sharing have in common: opening it beside a running node, and who stands at the keyboard."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple, NoReturn

import typer

if TYPE_CHECKING:
    from kizuna.node.share.sharing import Sharing

Home = Annotated[Path, typer.Argument(metavar="DIR", help="Directory of the node; it may run.")]
Party = Annotated[str, typer.Argument(metavar="PARTY", help="Id of the partner.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as one JSON document on stdout.")]
By = Annotated[str, typer.Option("--by", help="Who does it, for the record.")]
Officer = Annotated[str, typer.Option("--by", help="Release officer or administrator who does it; asked to log in.")]
Secret = Annotated[Path | None, typer.Option("--password-file", help="File with the password; asked for without one.")]
Second = Annotated[str, typer.Option("--second", help="Second person, asked to log in, where more may be told by it.")]
Secrets = Annotated[
    list[Path] | None,
    typer.Option("--password-file", help="File with the password: of --by, then of --second. Asked for without."),
]
ROLES = ("release_officer", "administrator")
SECOND_PERSON = "second-person"


class Hands(NamedTuple):
    """Who stands at the keyboard, and files with their passwords in the same order; without a file one is asked."""

    by: str
    second: str = ""
    secrets: tuple[Path, ...] = ()


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
            output.fail(f"{name} is {found.role}; this is for {' or '.join(ROLES)}", output.REFUSED)
        return found.name
    finally:
        desk.close()


def officers(home: Path, hands: Hands, *, widens: str = "") -> str:
    """The names of the officers who do something, for the record. Exit code 4 where one is missing or wrong.

    ``widens``: in words what may be told then that may not be told now; two persons are needed for it. Empty: one is.
    """
    from kizuna.node.service.node_file import read_node_file  # noqa: PLC0415

    alone = not widens or not read_node_file(home / "node.toml").sharing.two_persons
    if not hands.second and not alone:
        missing_second(widens)
    if hands.second:
        two_persons(home, hands.by, hands.second)
    first = officer(home, hands.by, hands.secrets[0] if hands.secrets else None)
    if not hands.second:
        return first
    return f"{first} and {officer(home, hands.second, hands.secrets[1] if len(hands.secrets) > 1 else None)}"


def missing_second(what: str) -> NoReturn:
    """End the command: a second person is needed."""
    from kizuna.node.cli import output  # noqa: PLC0415

    output.fail(f"refused by {SECOND_PERSON}: {what} takes two persons (name the other one with --second)",
                output.REFUSED)  # fmt: skip


def two_persons(home: Path, one: str, other: str) -> None:
    """Exit code 4 where two names are those of one account."""
    from kizuna.node.cli import output  # noqa: PLC0415
    from kizuna.node.desk.desk import open_desk  # noqa: PLC0415
    from kizuna.node.service.rooms import Rooms  # noqa: PLC0415
    from kizuna.records.person import Person  # noqa: PLC0415

    desk = open_desk(Rooms(home).desk)
    try:
        same = Person(one, desk.people.id_of(one)).is_same(Person(other, desk.people.id_of(other)))
    finally:
        desk.close()
    if same:
        output.fail(f"refused by {SECOND_PERSON}: {one} and {other} are one person; --second names another",
                    output.REFUSED)  # fmt: skip


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

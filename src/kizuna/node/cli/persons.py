"""Who stands at the keyboard: people of the node log in here for every command that acts in their name.

There is one way to log in. Who may do what is the table of ``desk.rules``; the audit says who began what.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple, NoReturn

import typer

from kizuna.node.cli import output

if TYPE_CHECKING:
    from kizuna.node.desk.desk import Desk

Officer = Annotated[str, typer.Option("--by", help="Release officer or administrator who does it; asked to log in.")]
Secret = Annotated[Path | None, typer.Option("--password-file", help="File with the password; asked for without one.")]
Second = Annotated[str, typer.Option("--second", help="Second person, asked to log in, where more may be told by it.")]
Secrets = Annotated[
    list[Path] | None,
    typer.Option("--password-file", help="File with the password: of --by, then of --second. Asked for without."),
]
SECOND_PERSON: Final = "second-person"


class Hands(NamedTuple):
    """Who stands at the keyboard, and files with their passwords in the same order; without a file one is asked."""

    by: str
    second: str = ""
    secrets: tuple[Path, ...] = ()


def secret(words: str, file: Path | None, *, again: bool = False) -> str:
    """A password or passphrase: from a file, or typed."""
    import getpass  # noqa: PLC0415

    from kizuna.base.errors import ConfigError  # noqa: PLC0415

    if file is not None:
        try:
            return file.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as exc:
            raise ConfigError(f"cannot be read: {exc}", where=str(file)) from exc
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", getpass.GetPassWarning)  # no terminal: it comes through a pipe
            found = getpass.getpass(f"{words}: ")
            if again and getpass.getpass("Again: ") != found:
                raise ConfigError("the two differ")
    except EOFError as exc:
        which = "--passphrase-file" if words.startswith("Passphrase") else "--password-file"
        raise ConfigError("nothing was typed", where=words, hint=f"{which} names a file that holds it") from exc
    return found


def person(home: Path, name: str, file: Path | None, action: str) -> str:
    """The name of somebody who gave the right password and may do it. Exit code 4 for anybody else."""
    from kizuna.node.desk.people import User  # noqa: PLC0415
    from kizuna.node.desk.rules import may  # noqa: PLC0415

    if not name:
        output.fail("--by NAME says who does it", output.USAGE)
    with output.plain_errors(), _desk(home) as held:
        found = held.people.check(name, secret(f"Password of {name}", file), "(command line)")
        if not isinstance(found, User):
            output.fail(f"{name}: wrong name or password, or too many tries", output.REFUSED)
        if not may(found.role, action):
            output.fail(f"refused by {action}: {name} is {found.role}", output.REFUSED)
        held.audit.did(f"{found.name} (command line)", action, "", "begun", "")
        return found.name


def officer(home: Path, name: str, file: Path | None = None) -> str:
    """The same for whoever decides what partners are told, and with whom there are ties."""
    return person(home, name, file, "partner.act")


def officers(home: Path, hands: Hands, *, widens: str = "") -> str:
    """The names of the officers who do something, for the record. Exit code 4 where one is missing or wrong.

    ``widens``: in words what may be told then that may not be told now; two persons are needed for it. Empty: one is.
    """
    from kizuna.node.service.node_file import read_node_file  # noqa: PLC0415

    with output.plain_errors():
        alone = not widens or not read_node_file(home / "node.toml").sharing.two_persons
    if not hands.second and not alone:
        missing_second(widens)
    return " and ".join(n for n in both(home, hands) if n)


def both(home: Path, hands: Hands) -> tuple[str, str]:
    """One officer, and the second where one is named; the second name is empty without. Two must be two persons."""
    if hands.second:
        _two_persons(home, hands.by, hands.second)
    first = officer(home, hands.by, hands.secrets[0] if hands.secrets else None)
    if not hands.second:
        return first, ""
    return first, officer(home, hands.second, hands.secrets[1] if len(hands.secrets) > 1 else None)


def missing_second(what: str) -> NoReturn:
    """End the command: a second person is needed."""
    output.fail(f"refused by {SECOND_PERSON}: {what} takes two persons (name the other one with --second)",
                output.REFUSED)  # fmt: skip


def _two_persons(home: Path, one: str, other: str) -> None:
    """Exit code 4 where two names are those of one account."""
    from kizuna.records.person import Person  # noqa: PLC0415

    if Person(one, account(home, one)).is_same(Person(other, account(home, other))):
        output.fail(f"refused by {SECOND_PERSON}: {one} and {other} are one person; --second names another",
                    output.REFUSED)  # fmt: skip


def account(home: Path, name: str) -> str:
    """Id of the account of a name at this node; empty for none."""
    with output.plain_errors(), _desk(home) as held:
        return held.people.id_of(name)


def audited(home: Path, by: str, act: str, about: str) -> None:
    """A line in the node's audit."""
    with _desk(home) as held:
        held.audit.did(f"{by or '?'} (command line)", act, about, "done", "")


@contextmanager
def _desk(home: Path) -> Iterator[Desk]:
    """The node's own book of people and deeds; it may be open in a running node too."""
    from kizuna.base.errors import ConfigError  # noqa: PLC0415
    from kizuna.node.desk.desk import open_desk  # noqa: PLC0415
    from kizuna.node.service.rooms import Rooms  # noqa: PLC0415

    if not (home / "node.toml").is_file():  # or a mistyped directory would become one, in which nobody is known
        raise ConfigError("no such file", where=str(home / "node.toml"), hint="kizuna node init makes one")
    held = open_desk(Rooms(home).desk)
    try:
        yield held
    finally:
        held.close()

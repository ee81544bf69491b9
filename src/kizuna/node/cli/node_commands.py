"""Commands of a node: node init, run, status, backup, restore, audit, user add."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kizuna.node.cli.choices import choice
from kizuna.node.desk.rules import ROLES

node_app = typer.Typer(help="A node: feeds in, one picture for the watch, everything kept.", no_args_is_help=True)
user_app = typer.Typer(help="Users of a node.", no_args_is_help=True)
node_app.add_typer(user_app, name="user")

Home = Annotated[Path, typer.Argument(metavar="DIR", help="Directory of the node.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as one JSON document on stdout.")]


@node_app.command("init")
def init(
    home: Home,
    name: Annotated[str, typer.Option("--name", help="What it is called. Of words with spaces a short name is made.")],
    title: Annotated[str, typer.Option("--title", help="What stands at the head of the page.")] = "",
    context: Annotated[str, typer.Option("--context", help="real, exercise:<id> or test.")] = "real",
    host: Annotated[
        list[str] | None, typer.Option("--host", help="Name or address for the certificate. May be repeated.")
    ] = None,
    listen: Annotated[str, typer.Option("--listen", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="TCP port of the page.")] = 8443,
    postgres: Annotated[
        Path | None,
        typer.Option(
            "--postgres",
            metavar="FILE",
            help="Keep what is heard on a PostgreSQL server: file with its connection string.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a node: directories, settings with every key explained, a certificate, an empty store."""
    from kizuna.node.cli import node_run  # noqa: PLC0415

    node_run.init(home, name, title, context, tuple(host or ()), (listen, port), postgres, as_json=as_json)


@node_app.command("run")
def run(
    home: Home,
    log_json: Annotated[bool, typer.Option("--log-json", help="Log as JSON lines also on a terminal.")] = False,
) -> None:
    """Run a node until it is told to stop (Ctrl-C, SIGTERM)."""
    from kizuna.node.cli import node_run  # noqa: PLC0415

    node_run.run(home, log_json=log_json)


@node_app.command("status")
def status(home: Home, as_json: AsJson = False) -> None:
    """Say how a node is: running or not, sources, troubles. Exit code 3 when something wants a look."""
    from kizuna.node.cli import node_run  # noqa: PLC0415

    node_run.status(home, as_json=as_json)


@node_app.command("backup")
def backup(
    home: Home,
    to: Annotated[Path, typer.Argument(metavar="TO", help="New directory for the copy.")],
    keys: Annotated[bool, typer.Option("--keys/--no-keys", help="Copy keys too; guard the copy then.")] = True,
    as_json: AsJson = False,
) -> None:
    """Copy a node as it is at this moment, while it runs."""
    from kizuna.node.cli import node_run  # noqa: PLC0415

    node_run.backup(home, to, keys=keys, as_json=as_json)


@node_app.command("restore")
def restore(
    copy: Annotated[Path, typer.Argument(metavar="COPY", help="Directory that `node backup` made.")],
    home: Annotated[Path, typer.Argument(metavar="DIR", help="New directory of the node.")],
    as_json: AsJson = False,
) -> None:
    """Make a node from a copy; every file is checked on the way."""
    from kizuna.node.cli import node_run  # noqa: PLC0415

    node_run.restore(copy, home, as_json=as_json)


@node_app.command("audit")
def audit(
    home: Home,
    verify: Annotated[
        bool, typer.Option("--verify", help="Check the chain: was a line changed, put in or taken out?")
    ] = False,
    noted: Annotated[
        str, typer.Option("--head", help="Hash that was noted earlier; must be part of the chain. With --verify.")
    ] = "",
    lines: Annotated[int, typer.Option("--lines", min=1, max=100_000, help="Newest lines to show.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show who saw and did what, or check that the book is whole; also while the node runs. Exit code 3: it is not."""
    from kizuna.node.cli import node_run  # noqa: PLC0415

    node_run.audit(home, noted=noted, lines=lines, verify=verify or bool(noted), as_json=as_json)


@user_app.command("add")
def user_add(
    home: Home,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name to log in with.")],
    role: Annotated[str, choice("--role", "What the user may do", ROLES)] = "viewer",
    password_file: Annotated[
        Path | None, typer.Option("--password-file", help="File with the password; asked for without one.")
    ] = None,
) -> None:
    """Add a user; may be done while the node runs."""
    from kizuna.node.cli import node_run  # noqa: PLC0415

    node_run.user_add(home, name, role, password_file)


def add_to(app: typer.Typer) -> None:
    """Hang the commands into the program."""
    app.add_typer(node_app, name="node")

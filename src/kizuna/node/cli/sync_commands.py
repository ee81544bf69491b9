"""Commands about the exchange itself: how it stands, doing a piece of it by hand, and carrying it on a stick."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kizuna.node.cli.persons import Officer, Secret, officer
from kizuna.node.cli.share_open import AsJson, Home, Party

sync_app = typer.Typer(help="The exchange with partners: how it stands, by hand, after a halt.", no_args_is_help=True)
bundle_app = typer.Typer(help="Carried media: pages sealed for one partner in a file.", no_args_is_help=True)

Some = Annotated[str, typer.Argument(metavar="[PARTY]", help="Only this partner.")]


@sync_app.command("status")
def status(home: Home, as_json: AsJson = False) -> None:
    """Links, lanes, how far each side is behind. Exit code 3 when something wants a look."""
    from kizuna.node.cli import sync_run  # noqa: PLC0415

    sync_run.status(home, as_json=as_json)


@sync_app.command("pull")
def pull(home: Home, party: Some = "", as_json: AsJson = False) -> None:
    """Ask partners once for all that is new, also while the node does not run."""
    from kizuna.node.cli import sync_run  # noqa: PLC0415

    sync_run.pull(home, party, as_json=as_json)


@sync_app.command("push")
def push(home: Home, party: Some = "", as_json: AsJson = False) -> None:
    """Bring partners once all that they have not acknowledged."""
    from kizuna.node.cli import sync_run  # noqa: PLC0415

    sync_run.push(home, party, as_json=as_json)


@sync_app.command("resume")
def resume(
    home: Home, log: Annotated[str, typer.Argument(metavar="LOG", help="Name of the halted log.")],
    by: Officer, password_file: Secret = None,
) -> None:  # fmt: skip
    """Take up a log that was halted, after a person looked into it."""
    from kizuna.node.cli import sync_run  # noqa: PLC0415

    sync_run.resume(home, log, officer(home, by, password_file))


@bundle_app.command("write")
def write(
    home: Home, party: Party, file: Annotated[Path, typer.Argument(metavar="FILE", help="File to write.")],
    whole: Annotated[bool, typer.Option("--all", help="Also what the partner has acknowledged.")] = False,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Write what a partner has not acknowledged into a sealed file: pages, key manifests, receipts."""
    from kizuna.node.cli import sync_run  # noqa: PLC0415

    sync_run.bundle_write(home, party, file, whole=whole, as_json=as_json)


@bundle_app.command("read")
def read(
    home: Home, file: Annotated[Path, typer.Argument(metavar="FILE", help="File that a partner wrote for us.")],
    by: Officer, password_file: Secret = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Take in a partner's sealed file; twice does no harm. Exit code 3 when a piece of it was refused."""
    from kizuna.node.cli import sync_run  # noqa: PLC0415

    sync_run.bundle_read(home, file, officer(home, by, password_file), as_json=as_json)


def add_to(app: typer.Typer) -> None:
    """Hang the commands into the program."""
    app.add_typer(sync_app, name="sync")
    app.add_typer(bundle_app, name="bundle")

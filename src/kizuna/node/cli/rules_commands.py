"""Commands about rules of release: check, show, explain, compare, and put in force by two people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kizuna.node.cli.choices import Language, record_id
from kizuna.node.cli.persons import Officer, Secret, Secrets
from kizuna.node.cli.share_open import AsJson, Home

rules_app = typer.Typer(help="Rules of release: what leaves, to whom, how late, how coarse.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(metavar="FILE", help="Rules as TOML.")]
Version = Annotated[str, typer.Argument(metavar="VERSION", help="Number of the proposed rules, or their hash.")]


@rules_app.command("check")
def check(home: Home, file: File, as_json: AsJson = False) -> None:
    """Say what is wrong with rules: names that nobody has, audiences that cannot be reached. Exit code 3: something."""
    from kizuna.node.cli import rules_run  # noqa: PLC0415

    rules_run.check(home, file, as_json=as_json)


@rules_app.command("show")
def show(home: Home, language: Language = "en", as_json: AsJson = False) -> None:
    """The rules in force and those that wait, in plain words, with who did what."""
    from kizuna.node.cli import rules_run  # noqa: PLC0415

    rules_run.show(home, language, as_json=as_json)


@rules_app.command("explain")
def explain(
    home: Home,
    record: Annotated[
        str, typer.Argument(metavar="RECORD", help="Id of a record that was told or withheld.", parser=record_id)
    ],
    as_json: AsJson = False,
) -> None:
    """Every decision about one record: verdict, rules, clauses, transforms."""
    from kizuna.node.cli import rules_run  # noqa: PLC0415

    rules_run.explain(home, record, as_json=as_json)


@rules_app.command("diff")
def diff(
    home: Home, file: File,
    days: Annotated[float, typer.Option("--days", min=0.01, max=30, help="Over the last so many days.")] = 1.0,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """What each partner would have been told otherwise under these rules than under those in force."""
    from kizuna.node.cli import rules_run  # noqa: PLC0415

    rules_run.diff(home, file, days, as_json=as_json)


@rules_app.command("propose")
def propose(home: Home, file: File, by: Officer, password_file: Secret = None, as_json: AsJson = False) -> None:
    """Propose rules; another person approves. Rules with an error in them are refused, as the page does."""
    from kizuna.node.cli import rules_run  # noqa: PLC0415

    rules_run.propose(home, file, by, password_file, as_json=as_json)


@rules_app.command("approve")
def approve(home: Home, version: Version, by: Officer, password_file: Secret = None, as_json: AsJson = False) -> None:
    """Approve what another person proposed; that puts it in force."""
    from kizuna.node.cli import rules_run  # noqa: PLC0415

    rules_run.approve(home, version, by, password_file, as_json=as_json)


@rules_app.command("activate")
def activate(
    home: Home,
    what: Annotated[str, typer.Argument(metavar="FILE|VERSION", help="Rules to put in force.")],
    by: Officer,
    second: Annotated[str, typer.Option("--second", help="Second person, for all steps in one act.")] = "",
    password_file: Secrets = None,
    agreement: Annotated[
        Path | None,
        typer.Option("--agreement", metavar="FILE", help="Memorandum that they rest on, to be signed in the same act."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Put rules in force: what another person proposed, or a file by two people at one keyboard."""
    from kizuna.node.cli import rules_run  # noqa: PLC0415

    rules_run.activate(home, what, by, second, tuple(password_file or ()), agreement, as_json=as_json)


@rules_app.command("rollback")
def rollback(
    home: Home, by: Officer, password_file: Secret = None,
    stop: Annotated[bool, typer.Option("--stop", help="Nothing leaves at all from now on.")] = False,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Back to the rules before, within a day; or with --stop to none. One person may."""
    from kizuna.node.cli import rules_run  # noqa: PLC0415

    rules_run.rollback(home, by, password_file, stop=stop, as_json=as_json)


def add_to(app: typer.Typer) -> None:
    """Hang the commands into the program."""
    app.add_typer(rules_app, name="rules")

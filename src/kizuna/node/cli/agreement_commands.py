"""Commands about agreements: check, list, sign, report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kizuna.node.cli.choices import Language
from kizuna.node.cli.persons import Secret, person
from kizuna.node.cli.share_open import AsJson, Home

agreement_app = typer.Typer(help="Memoranda that rules of release rest on.", no_args_is_help=True)

By = Annotated[str, typer.Option("--by", help="Release officer or administrator; asked to log in.")]


@agreement_app.command("check")
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Memorandum as TOML.")],
    rules: Annotated[Path | None, typer.Option("--rules", help="Rules to hold against it.")] = None,
    node: Annotated[
        Path | None, typer.Option("--node", help="Its other agreements, and its rules in force without --rules.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Rules without a clause, clauses without a rule, missing translations, dates. Exit code 3: something is there."""
    from kizuna.node.cli import desk_run  # noqa: PLC0415

    desk_run.agreement_check(file, rules, node, as_json=as_json)


@agreement_app.command("list")
def list_(home: Home, as_json: AsJson = False) -> None:
    """Agreements of a node: state, days left, who signed."""
    from kizuna.node.cli import desk_run  # noqa: PLC0415

    desk_run.agreement_list(home, as_json=as_json)


@agreement_app.command("sign")
def sign(
    home: Home,
    what: Annotated[str, typer.Argument(metavar="FILE|ID", help="A file to put forward, or what another put forward.")],
    by: By,
    password_file: Secret = None,
    as_json: AsJson = False,
) -> None:
    """Sign a memorandum for this party. Every party's node gets the signature; it holds when all have signed."""
    from kizuna.node.cli import desk_run  # noqa: PLC0415

    desk_run.agreement_sign(home, what, person(home, by, password_file, "release.act"), as_json=as_json)


@agreement_app.command("report")
def report(
    home: Home,
    agreement: Annotated[str, typer.Argument(metavar="ID", help="Id of the agreement.")],
    year: Annotated[int, typer.Option("--year", min=2000, max=2200, help="Year, UTC.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="HTML to write; JSON goes beside it.")],
    language: Language = "en",
    as_json: AsJson = False,
) -> None:
    """The yearly account of what was shared under an agreement."""
    from kizuna.node.cli import desk_run  # noqa: PLC0415

    desk_run.agreement_report(home, agreement, year, out, language, as_json=as_json)


def add_to(app: typer.Typer) -> None:
    """Hang the commands into the program."""
    app.add_typer(agreement_app, name="agreement")

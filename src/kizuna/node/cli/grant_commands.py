"""Commands about leave to pass records on: asked, given, refused, ended, and what went on under it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kizuna.node.cli.choices import Records
from kizuna.node.cli.persons import person
from kizuna.node.cli.share_open import AsJson, Home

grant_app = typer.Typer(help="Leave to pass records on to third parties.", no_args_is_help=True)

By = Annotated[str, typer.Option("--by", help="Who does it; asked to log in.")]
Secret = Annotated[Path | None, typer.Option("--password-file", help="File with the password; asked for without one.")]
Kinds = Annotated[list[str] | None, typer.Option("--kind", help="Kind or family (event.*). May be repeated.")]
Subjects = Annotated[list[str] | None, typer.Option("--subject", help="About whom: mmsi:431000001. May be repeated.")]
Purposes = Annotated[list[str] | None, typer.Option("--purpose", help="What for, such as SAR. May be repeated.")]
To = Annotated[str, typer.Option("--to", help="Party or community that may be told.")]
Since = Annotated[str, typer.Option("--from", help="Kinds, subjects: observed from here on (ISO 8601); now without.")]
Which = Annotated[str, typer.Argument(metavar="ID", help="Its id, or the first eight digits of it.")]


@grant_app.command("list")
def list_(home: Home, as_json: AsJson = False) -> None:
    """Grants given and received with what went on under them, what was asked, what waits, what was set aside."""
    from kizuna.node.cli import grant_run  # noqa: PLC0415

    grant_run.show_all(home, as_json=as_json)


@grant_app.command("show")
def show(home: Home, grant: Which, as_json: AsJson = False) -> None:
    """One grant, and the newest records that went on under it."""
    from kizuna.node.cli import grant_run  # noqa: PLC0415

    grant_run.show(home, grant, as_json=as_json)


@grant_app.command("ask")
def ask(
    home: Home,
    to: To,
    record: Records = None,
    kind: Kinds = None,
    subject: Subjects = None,
    of: Annotated[str, typer.Option("--of", help="Whose records; needed where none is named.")] = "",
    since: Since = "",
    days: Annotated[float, typer.Option("--days", min=0, max=3650, help="For so many days; 0 leaves it open.")] = 0.0,
    purpose: Purposes = None,
    text: Annotated[str, typer.Option("--text", help="Why.")] = "",
    by: By = "",
    password_file: Secret = None,
    as_json: AsJson = False,
) -> None:
    """Ask the originator for leave to pass its records on."""
    from kizuna.node.cli import grant_run  # noqa: PLC0415

    by = person(home, by, password_file, "release.act")
    scope = grant_run.Words(record, kind, subject, purpose, to, since)
    grant_run.ask(home, scope, of, days, text, by, as_json=as_json)


@grant_app.command("give")
def give(
    home: Home,
    to: To = "",
    record: Records = None,
    kind: Kinds = None,
    subject: Subjects = None,
    since: Since = "",
    days: Annotated[float, typer.Option("--days", min=0.01, max=3650, help="For so many days.")] = 30.0,
    via: Annotated[list[str] | None, typer.Option("--via", help="Who alone may pass it on. May be repeated.")] = None,
    request: Annotated[str, typer.Option("--request", help="Give what this request asked for (its id).")] = "",
    purpose: Purposes = None,
    by: By = "",
    password_file: Secret = None,
    as_json: AsJson = False,
) -> None:
    """Allow that own records be passed on. Where the rule asks for two persons it waits for ``approve``."""
    from kizuna.node.cli import grant_run, output  # noqa: PLC0415

    if not to and not request:
        output.fail("a grant says --to whom, or which --request it answers", output.USAGE)
    by = person(home, by, password_file, "release.act")
    scope = grant_run.Words(record, kind, subject, purpose, to, since)
    grant_run.give(home, scope, days, tuple(via or ()), request, by, as_json=as_json)


@grant_app.command("approve")
def approve(
    home: Home, grant: Which,
    drop: Annotated[bool, typer.Option("--drop", help="Do not let it stand.")] = False,
    by: By = "", password_file: Secret = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """A second person approves a grant that waits, or drops it."""
    from kizuna.node.cli import grant_run  # noqa: PLC0415

    by = person(home, by, password_file, "release.act")
    grant_run.approve(home, grant, by, drop=drop, as_json=as_json)


@grant_app.command("refuse")
def refuse(
    home: Home, request: Which,
    why: Annotated[str, typer.Option("--why", help="The reason; the asker is told.")],
    by: By = "", password_file: Secret = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Refuse leave that a partner asked for."""
    from kizuna.node.cli import grant_run  # noqa: PLC0415

    by = person(home, by, password_file, "release.act")
    grant_run.refuse(home, request, why, by, as_json=as_json)


@grant_app.command("end")
def end(
    home: Home, grant: Which,
    text: Annotated[str, typer.Option("--text", help="Words to those who were told of it.")] = "",
    by: By = "", password_file: Secret = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """End an own grant before its time. What was passed on until then is a matter for a recall."""
    from kizuna.node.cli import grant_run  # noqa: PLC0415

    by = person(home, by, password_file, "release.act")
    grant_run.end(home, grant, text, by, as_json=as_json)


@grant_app.command("confirm")
def confirm(
    home: Home,
    party: Annotated[str, typer.Argument(metavar="PARTY", help="Originator that a partner brought records of.")],
    fingerprint: Annotated[str, typer.Option("--fingerprint", help="Of its root key, as the party itself told it.")],
    by: By = "", password_file: Secret = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Believe the keys of a party that was never introduced here, after asking the party itself."""
    from kizuna.node.cli import grant_run  # noqa: PLC0415

    by = person(home, by, password_file, "partner.act")
    grant_run.confirm(home, party, fingerprint, by, as_json=as_json)


def add_to(app: typer.Typer) -> None:
    """Hang the commands into the program."""
    app.add_typer(grant_app, name="grant")

"""The command that tells a watch its alerts: alerts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def alerts(
    run: Annotated[Path, typer.Argument(metavar="DIR", help="Result directory of kizuna detect, or an events file.")],
    params: Annotated[
        Path | None, typer.Option("--params", "-p", help="Settings as TOML; the section [alerts] is used.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON document on stdout.")] = False,
) -> None:
    """List the events of a run that are worth a look, watch by watch. Exit code 3 if there are any."""
    from kizuna.node.cli import alert_list  # noqa: PLC0415

    alert_list.show(run, params, as_json=as_json)


def add_to(app: typer.Typer) -> None:
    """Hang the command into the program."""
    app.command()(alerts)

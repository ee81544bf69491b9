"""Commands about single vessels: vessel, watch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[
    list[Path],
    typer.Option("--data", "-d", help="Result directory of kizuna detect, or a directory of such. May be repeated."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as one JSON document on stdout.")]
Likeness = Annotated[
    float, typer.Option("--likeness", min=0.5, max=1.0, help="How alike a name must be, 0.5 to 1; see docs.")
]


def vessel(
    query: Annotated[
        str, typer.Argument(metavar="MMSI|IMO|CALLSIGN|NAME", help="A name may be in Latin letters, kana or Han.")
    ],
    data: Data,
    page: Annotated[Path | None, typer.Option("--page", help="Write the history as one HTML page to open.")] = None,
    likeness: Likeness = 0.8,
    as_json: AsJson = False,
) -> None:
    """Show what is known of a vessel: who it said it was, where it was, what happened, and what to be wary of."""
    from kizuna.node.cli import vessels  # noqa: PLC0415

    vessels.show(query, data, page, likeness, as_json=as_json)


def watch(
    lists: Annotated[list[Path], typer.Option("--list", "-l", help="Watch list as CSV. May be repeated.")],
    data: Data,
    likeness: Likeness = 0.8,
    as_json: AsJson = False,
) -> None:
    """Say which vessels of watch lists were heard, by what they were matched, and what they did. Exit code 3 if any."""
    from kizuna.node.cli import vessels  # noqa: PLC0415

    vessels.watch(lists, data, likeness, as_json=as_json)


def add_to(app: typer.Typer) -> None:
    """Hang the commands into the program."""
    app.command()(vessel)
    app.command()(watch)

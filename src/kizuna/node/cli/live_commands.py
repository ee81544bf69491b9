"""The command that stays on: live."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def live(
    inputs: Annotated[
        list[str],
        typer.Argument(metavar="IN...", help="tcp://HOST:PORT, udp://HOST:PORT, - for stdin, or files."),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Directory for state and results; made if missing.")],
    lateness_h: Annotated[
        float, typer.Option("--lateness-h", min=0.0, max=72.0, help="How late fixes may come; events close after it.")
    ] = 6.0,
    settle_h: Annotated[
        float, typer.Option("--settle-h", min=0.05, max=24.0, help="How often all events are worked out anew.")
    ] = 1.0,
    keep_h: Annotated[
        float, typer.Option("--keep-h", min=0.0, max=10_000.0, help="Let older rows go, 48 or more; 0 keeps all.")
    ] = 0.0,
    zones: Annotated[
        list[Path] | None, typer.Option("--zones", help="GeoJSON, GeoPackage or Shapefile of areas.")
    ] = None,
    anchorages: Annotated[
        list[Path] | None, typer.Option("--anchorages", help="CSV or GeoJSON of anchorages; none are computed here.")
    ] = None,
    params: Annotated[Path | None, typer.Option("--params", help="TOML of settings; see kizuna params.")] = None,
    save_s: Annotated[float, typer.Option("--save-s", min=1.0, help="Seconds between two saves of the state.")] = 60.0,
    seconds: Annotated[float, typer.Option("--seconds", min=0.0, help="The stream is over after so long.")] = 0.0,
    fresh: Annotated[bool, typer.Option("--fresh", help="Begin anew, whatever was saved.")] = False,
    source: Annotated[str, typer.Option("--source", help="Name of the source (one input only).")] = "",
    context: Annotated[
        str,
        typer.Option("--context", help="real, exercise:<id> or test; real, or what our own tables say, unless given."),
    ] = "",
    label: Annotated[str, typer.Option("--label", help="Who may be told.")] = "nobody",
    title: Annotated[str, typer.Option("--title", help="Heading of the report.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print each change as one line of JSON.")] = False,
) -> None:
    """Watch a stream: tell events as they begin, change and close; go on after a stop; write all at its end."""
    from kizuna.node.cli import live_run  # noqa: PLC0415

    live_run.live(
        tuple(inputs), out, live_run.How(lateness_h, settle_h, keep_h, save_s, fresh),
        live_run.Beside(tuple(zones or ()), tuple(anchorages or ()), params, title),
        live_run.Marks(source, context, label, seconds), as_json=as_json,
    )  # fmt: skip


def add_to(app: typer.Typer) -> None:
    """Hang the command into the program."""
    app.command()(live)

"""The command line. Commands import what they need when they run, so that ``kizuna --help`` stays quick."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kizuna.base.version import __version__
from kizuna.node.cli import (
    agreement_commands,
    alert_commands,
    claims_commands,
    demo_commands,
    feed_commands,
    grant_commands,
    incident_commands,
    ledger_commands,
    live_commands,
    match_commands,
    node_commands,
    output,
    partner_commands,
    presence_commands,
    release_commands,
    rules_commands,
    sync_commands,
    vessel_commands,
)
from kizuna.node.cli import partitions as partitions_

app = typer.Typer(
    name="kizuna",
    help="Neighbours look after the sea together: from raw AIS to tracks and explained events.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
exercise_app = typer.Typer(help="Simulated traffic with known truth, always marked EXERCISE.", no_args_is_help=True)
app.add_typer(exercise_app, name="exercise")

Inputs = Annotated[
    list[str],
    typer.Argument(metavar="IN...", help="Files (plain, .gz, .zst), - for stdin, tcp://, udp://, ws://, wss:// feeds."),
]
Out = Annotated[Path, typer.Option("--out", "-o", help="Directory for the results; made if missing.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as one JSON document on stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars.")]
Source = Annotated[str, typer.Option("--source", help="Name of the source, instead of the file name (one input only).")]
Context = Annotated[
    str, typer.Option("--context", help="real, exercise:<id> or test; real, or what our own tables say, unless given.")
]
Label = Annotated[str, typer.Option("--label", help="Who may be told; nobody until a rule says otherwise.")]
Mapping = Annotated[
    list[str] | None,
    typer.Option("--map", help="For CSV: which column is what, e.g. --map lat=Y --map lon=X. May be repeated."),
]
AssumeUtc = Annotated[bool, typer.Option("--assume-utc", help="Read table times without a time zone as UTC.")]
DateOrder = Annotated[str, typer.Option("--date-order", help="For table dates such as 05/04/2026: dmy or mdy.")]
Subscribe = Annotated[
    Path | None,
    typer.Option("--subscribe", help="For ws:// and wss://: file (mode 600) with the message to send first."),
]
Seconds = Annotated[float, typer.Option("--seconds", min=0.0, help="Stop a live input after so long; 0 is never.")]


def _version(value: bool) -> None:
    if value:
        typer.echo(f"kizuna {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[  # noqa: ARG001  its callback acts
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Neighbours look after the sea together: from raw AIS to tracks and explained events."""
    output.guard()


@app.command()
def decode(
    inputs: Inputs,
    out: Out,
    source: Source = "",
    context: Context = "",
    label: Label = "nobody",
    mapping: Mapping = None,
    assume_utc: AssumeUtc = False,
    date_order: DateOrder = "",
    seconds: Seconds = 0.0,
    subscribe: Subscribe = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Decode NMEA, CSV or Parquet into fixes, statics, others and rejects as Parquet files."""
    from kizuna.node.cli import running  # noqa: PLC0415

    columns = tuple(mapping or ())
    what = running.Reading(tuple(inputs), source, context, label, columns, assume_utc, date_order, seconds, subscribe)
    running.decode(what, out, as_json=as_json, quiet=quiet)


@app.command()
def detect(
    inputs: Inputs,
    out: Out,
    zones: Annotated[
        list[Path] | None, typer.Option("--zones", help="GeoJSON, GeoPackage or Shapefile of areas.")
    ] = None,
    anchorages: Annotated[
        list[Path] | None,
        typer.Option("--anchorages", help="CSV or GeoJSON of anchorages, joined with the computed ones."),
    ] = None,
    params: Annotated[Path | None, typer.Option("--params", help="TOML of settings; see kizuna params.")] = None,
    start: Annotated[
        str, typer.Option("--start", help="For inputs without times: UTC time of the first line, 2020-01-01T00:00:00Z.")
    ] = "",
    previous: Annotated[
        Path | None,
        typer.Option("--previous", help="An earlier result: its events are continued, superseded or retracted."),
    ] = None,
    claims: Annotated[
        str,
        typer.Option("--claims", help="Watch computed claim zones of disputed features: limits in nm, 12 or 12,24."),
    ] = "",
    view: Annotated[
        str, typer.Option("--view", help="Whose names for claim zones: neutral, or a party's id.")
    ] = "neutral",
    claims_table: Annotated[
        Path | None, typer.Option("--claims-table", help="TOML with your own parties, names and claims on top.")
    ] = None,
    partitions: partitions_.Partitions = "auto",
    work: partitions_.Work = None,
    memory_gb: partitions_.MemoryGb = 0.0,
    resume: partitions_.Resume = False,
    fixes: partitions_.WithFixes = True,
    report: partitions_.WithReport = True,
    source: Source = "",
    context: Context = "",
    label: Label = "nobody",
    mapping: Mapping = None,
    assume_utc: AssumeUtc = False,
    date_order: DateOrder = "",
    seconds: Seconds = 0.0,
    subscribe: Subscribe = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Decode, build tracks, find events with their evidence, and write a report to open in a browser."""
    from kizuna.node.cli import running  # noqa: PLC0415

    columns = tuple(mapping or ())
    what = running.Reading(tuple(inputs), source, context, label, columns, assume_utc, date_order, seconds, subscribe)
    how = running.Detecting(
        tuple(zones or ()), tuple(anchorages or ()), params, start, previous, "", claims, view, claims_table
    )
    parts = partitions_.Parts(partitions, work, memory_gb, resume, fixes, report)
    running.detect(what, how, out, as_json=as_json, quiet=quiet, parts=parts)


@app.command()
def info(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Any file, or a directory of results.")],
    as_json: AsJson = False,
) -> None:
    """Say what a file is and what is in it: format, rows, times, area, columns."""
    from kizuna.node.cli import looking  # noqa: PLC0415

    looking.info(files, as_json=as_json)


@app.command()
def query(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="Directory with results; its tables are fixes, events, ...")
    ],
    sql: Annotated[str, typer.Argument(help='For example "SELECT event_type, count(*) FROM events GROUP BY 1".')],
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Rows to print on a terminal.")] = 50,
) -> None:
    """Ask the tables of a result directory in SQL (DuckDB), read-only and without network or other files."""
    from kizuna.node.cli import looking  # noqa: PLC0415

    looking.query(directory, sql, as_json=as_json, as_csv=as_csv, limit=limit)


@app.command()
def params(
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write to this file instead of stdout.")] = None,
) -> None:
    """Print every setting of the detectors with its default, unit and reason, as TOML to edit."""
    from kizuna.node.cli import looking  # noqa: PLC0415

    looking.params(out)


@app.command()
def doctor(
    node: Annotated[Path | None, typer.Option("--node", help="Check this node instead; it may run.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check that this installation works: versions, kernels, packaged data, disk, a tiny run end to end."""
    from kizuna.node.cli import looking  # noqa: PLC0415

    looking.doctor(node, as_json=as_json)


@app.command()
def warm(quiet: Quiet = False) -> None:
    """Compile all kernels now, so that later commands start at once."""
    from kizuna.node.cli import running  # noqa: PLC0415

    running.warm(quiet=quiet)


@exercise_app.command("generate")
def exercise_generate(
    out: Out,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Same seed, same traffic.")] = 1,
    vessels: Annotated[int, typer.Option("--vessels", min=16, max=5000, help="Number of ships.")] = 500,
    hours: Annotated[float, typer.Option("--hours", min=0.5, max=72.0, help="Length of the traffic.")] = 24.0,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write simulated traffic as NMEA, with the truth about it beside it."""
    from kizuna.node.cli import running  # noqa: PLC0415

    running.generate(out, seed=seed, vessels=vessels, hours=hours, as_json=as_json, quiet=quiet)


live_commands.add_to(app)
alert_commands.add_to(app)
vessel_commands.add_to(app)
match_commands.add_to(app, exercise_app)
claims_commands.add_to(app)
presence_commands.add_to(app)
demo_commands.add_to(app, exercise_app)
feed_commands.add_to(app)
node_commands.add_to(app)
partner_commands.add_to(app)
rules_commands.add_to(app)
sync_commands.add_to(app)
ledger_commands.add_to(app)
release_commands.add_to(app)
grant_commands.add_to(app)
agreement_commands.add_to(app)
incident_commands.add_to(app)


def run() -> None:
    """Entry point of the ``kizuna`` command."""
    app()

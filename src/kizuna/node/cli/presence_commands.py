"""Commands that count over time: presence, transits, trend."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as one JSON document on stdout.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV on stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="Rows to print on a terminal.")]
Out = Annotated[
    Path | None, typer.Option("--out", "-o", help="Directory for CSV, Parquet and a page; made if missing.")
]
Results = Annotated[Path, typer.Argument(metavar="DIR", help="Directory that kizuna detect wrote.")]
ZoneFiles = Annotated[list[Path] | None, typer.Option("--zones", help="GeoJSON, GeoPackage or Shapefile of areas.")]
GateFiles = Annotated[
    list[Path] | None,
    typer.Option("--gates", help="GeoJSON, GeoPackage or Shapefile of lines, instead of the packaged straits."),
]
FlagNames = Annotated[
    Path | None,
    typer.Option("--flag-names", help="CSV of MID,NAME: your own names of number blocks, instead of ours."),
]
Clear = Annotated[float, typer.Option("--clear-nm", help="A crossing counts when the track is this far off the line.")]
Silence = Annotated[float, typer.Option("--long-silence-h", help="Fixes further apart make a transit inferred.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(presence)
    app.command()(transits)
    app.command()(trend)


def presence(
    directory: Results,
    zones: ZoneFiles = None,
    by: Annotated[
        str, typer.Option("--by", help="What to tell apart, with commas: zone, flag, type, month or day.")
    ] = "",
    grid: Annotated[float, typer.Option("--grid", help="Count in cells of so many degrees as well; 0: no grid.")] = 0.0,
    silence_max_h: Annotated[
        float, typer.Option("--silence-max-h", help="A longer silence counts as this many hours and no more.")
    ] = 1.0,
    away_h: Annotated[float, typer.Option("--away-h", help="A visit ends after so many hours unheard inside.")] = 3.0,
    flag_names: FlagNames = None,
    out: Out = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    limit: Limit = 50,
    quiet: Quiet = False,
) -> None:
    """Count who was heard where, how long: vessels, vessel-hours and visits by zone, number block, type and month."""
    from kizuna.node.cli import counting  # noqa: PLC0415

    how = counting.Showing(out, as_json, as_csv, limit, quiet)
    asked = counting.PresenceAsked(tuple(zones or ()), by, grid, silence_max_h, away_h, flag_names)
    counting.presence(directory, asked, how)


def transits(
    directory: Results,
    gates: GateFiles = None,
    by: Annotated[
        str, typer.Option("--by", help="What to tell apart: gate, direction, flag, type, month or day.")
    ] = "gate,direction",
    clear_nm: Clear = 0.5,
    long_silence_h: Silence = 1.0,
    flag_names: FlagNames = None,
    out: Out = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    limit: Limit = 50,
    quiet: Quiet = False,
) -> None:
    """Count ships that passed a strait: crossings of gates by direction, each with its two fixes."""
    from kizuna.node.cli import counting  # noqa: PLC0415

    how = counting.Showing(out, as_json, as_csv, limit, quiet)
    counting.transits(
        directory, counting.TransitsAsked(tuple(gates or ()), by, clear_nm, long_silence_h, flag_names), how
    )


def trend(
    source: Annotated[
        Path, typer.Argument(metavar="DIR|CSV", help="Directory that kizuna detect wrote, or a CSV of daily numbers.")
    ],
    baseline: Annotated[str, typer.Option("--baseline", help="Days to compare with, e.g. 2025-10..2025-12.")],
    period: Annotated[str, typer.Option("--period", help="Days in question, e.g. 2026-01.")],
    series: Annotated[
        list[str] | None,
        typer.Option(
            "--series",
            help="For a directory: vessels, vessel_hours, visits, fixes, transits:GATE:DIRECTION. For a CSV: a column; "
            "all columns of numbers when left out. May be repeated.",
        ),
    ] = None,
    zones: ZoneFiles = None,
    zone: Annotated[str, typer.Option("--zone", help="Count inside the zone of this id only.")] = "",
    gates: GateFiles = None,
    flag: Annotated[str, typer.Option("--flag", help="Count numbers of this administration only.")] = "",
    kind: Annotated[str, typer.Option("--type", help="Count this class of ship only, e.g. cargo.")] = "",
    where: Annotated[
        list[str] | None, typer.Option("--where", help="For a CSV: keep rows with COLUMN=VALUE. May be repeated.")
    ] = None,
    beside: Annotated[
        list[str] | None,
        typer.Option("--beside", help="A CSV of daily numbers to show too, as FILE or FILE:COLUMN. May be repeated."),
    ] = None,
    per_heard: Annotated[
        bool, typer.Option("--per-heard", help="Compare rates per vessel heard anywhere, for a change in reception.")
    ] = False,
    level: Annotated[float, typer.Option("--level", help="Of the interval.")] = 0.95,
    said_source: Annotated[str, typer.Option("--source", help="For a CSV: who counted.")] = "",
    licence: Annotated[str, typer.Option("--licence", help="For a CSV: terms of use.")] = "",
    unit: Annotated[str, typer.Option("--unit", help="For a CSV: unit of the numbers.")] = "count a day",
    flag_names: FlagNames = None,
    out: Out = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    quiet: Quiet = False,
) -> None:
    """Compare a daily series with a stated baseline: change, interval, days counted, and a chart."""
    from kizuna.node.cli import counting  # noqa: PLC0415

    how = counting.Showing(out, as_json, as_csv, 1000, quiet)
    of_csv = counting.CsvAsked(tuple(where or ()), said_source, licence, unit)
    of_results = counting.SeriesAsked(tuple(zones or ()), zone, tuple(gates or ()), flag, kind, flag_names)
    spans = counting.SpansAsked(baseline, period, per_heard, level, tuple(beside or ()))
    counting.trend(source, tuple(series or ()), spans, of_results, of_csv, how)

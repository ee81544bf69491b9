"""The command that brings detections of other sensors together with tracks: match."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

_DETECTIONS = typer.Option("--detections", "-d", help="CSV or GeoJSON file of detections; may be given several times.")
_SCENES = typer.Option("--scenes", "-s", help="GeoJSON file of where and when the sensors looked; several times.")
_FIXED = typer.Option("--fixed", help="CSV file (lat, lon) of known fixed objects; several times.")
_OUT = typer.Option("--out", "-o", help="Directory for the result; not that of the run.")
_PARAMS = typer.Option("--params", help="TOML file with the sections match, predict and dark.")
_SENSOR = typer.Option("--sensor", help="Kind of sensor where a file names none: radar, sar, rf, uav, visual, report.")


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(match)


def match(
    run: Annotated[Path, typer.Argument(metavar="DIR", help="Result directory of kizuna detect.")],
    detections: Annotated[list[Path], _DETECTIONS],
    out: Annotated[Path, _OUT],
    scenes: Annotated[list[Path] | None, _SCENES] = None,
    fixed: Annotated[list[Path] | None, _FIXED] = None,
    params: Annotated[Path | None, _PARAMS] = None,
    sensor: Annotated[str, _SENSOR] = "",
    assume_utc: Annotated[bool, typer.Option("--assume-utc", help="Read times without a zone as UTC.")] = False,
    context: Annotated[str, typer.Option("--context", help="Must be that of the run, which is the default.")] = "",
    label: Annotated[str, typer.Option("--label", help="Label of the detections.")] = "nobody",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")] = False,
) -> None:
    """Match detections of radar, satellites, aircraft or partners with the tracks of a run, one to one."""
    from kizuna.node.cli import output  # noqa: PLC0415  commands import lazily

    with output.plain_errors():
        from kizuna.engines.matching.whole import Request, match_into, rules_of  # noqa: PLC0415

        rules = rules_of(params)
        request = Request(run, detections, scenes or (), fixed or (), sensor, assume_utc, context, label, rules)
        with output.progress_bar(quiet=quiet) as progress:
            summary = match_into(request, out, progress)
        if as_json:
            output.emit({"out": str(out), **summary})
        else:
            _tell(summary, out)


def _tell(summary: dict[str, Any], out: Path) -> None:
    import sys  # noqa: PLC0415

    from kizuna.node.cli import output  # noqa: PLC0415

    for note in summary["notes"]:
        output.say(f"note: {note}")
    c = summary["counts"]
    head = f"*** {summary['marking']} *** " if summary["marking"] else ""
    sys.stdout.write(
        f"{head}{c['detections']:,} detections in {c['scenes']:,} scenes\n"
        f"{c['detections: match']:>9,}  are a vessel with a track\n"
        f"{c['detections: dark']:>9,}  detected without a matching AIS report\n"
        f"{c['detections: not_judged']:>9,}  outside the time of the AIS data\n"
        f"{c['tracks: not_detected']:>9,}  tracks inside a scene that were not detected\n"
        f"in {out}\n"
    )

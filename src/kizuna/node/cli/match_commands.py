"""Commands on detections of other sensors: match, and exercise sensors."""

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


def add_to(app: typer.Typer, exercise: typer.Typer) -> None:
    """Add the commands."""
    app.command()(match)
    exercise.command()(sensors)


def sensors(
    out: Annotated[Path, typer.Option("--out", "-o", help="Directory for the files; made if missing.")],
    seed: Annotated[int, typer.Option("--seed", min=0, help="Same seed, same traffic and contacts.")] = 1,
    vessels: Annotated[int, typer.Option("--vessels", min=16, max=5000, help="Number of ships.")] = 500,
    hours: Annotated[float, typer.Option("--hours", min=1.0, max=72.0, help="Length of the traffic.")] = 24.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")] = False,
) -> None:
    """Write simulated traffic, some of it without AIS, and what radars and satellites saw of it, with the truth."""
    import sys  # noqa: PLC0415

    from kizuna.node.cli import output  # noqa: PLC0415  commands import lazily

    with output.plain_errors():
        from kizuna.node.sensor_exercise import write_sensors  # noqa: PLC0415

        with output.progress_bar(quiet=quiet) as progress:
            made = write_sensors(out, seed=seed, vessels=vessels, hours=hours, progress=progress)
        if as_json:
            output.emit(made)
            return
        counts = ", ".join(f"{n:,} {name}" for name, n in made["counts"].items())
        sys.stdout.write(f"*** {made['marking']} *** {counts}\n")
        for key in ("nmea", "detections", "scenes", "truth"):
            sys.stdout.write(f"{made[key]}\n")


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


def _sure(counts: dict[str, int]) -> str:
    """How many of the events stand at each confidence, and that many are no ships."""
    if not counts["events"]:
        return ""
    said = ", ".join(f"{counts[f'events: {w} confidence']:,} {w}" for w in ("high", "moderate", "low"))
    return f"\n{'':>11}by confidence: {said}; many, above all low ones, are clutter or fixed objects and no ships"


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
        f"{c['detections: dark']:>9,}  detected without a matching AIS report{_sure(c)}\n"
        f"{c['detections: not_judged']:>9,}  outside the time of the AIS data\n"
        f"{c['tracks: not_detected']:>9,}  tracks inside a scene that were not detected\n"
        f"in {out}\n"
    )

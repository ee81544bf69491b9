"""Commands that show: demo, exercise play."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Act(StrEnum):
    """What to do: start it, or cut and mend the line between the nodes of one that runs."""

    START = "start"
    CUT = "cut"
    MEND = "mend"


def demo(
    act: Annotated[
        Act, typer.Argument(metavar="[start|cut|mend]", help="cut, mend: the line between the nodes of one that runs.")
    ] = Act.START,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Directory for it; that of an earlier one is replaced.")
    ] = Path("demo-out"),
    seed: Annotated[int, typer.Option("--seed", min=0, help="Same seed, same traffic.")] = 1,
    vessels: Annotated[int, typer.Option("--vessels", min=16, max=5000, help="Number of ships.")] = 300,
    speed: Annotated[float, typer.Option("--speed", min=0.1, max=1000.0, help="Times as fast as life.")] = 10.0,
    hours: Annotated[
        float,
        typer.Option("--hours", min=0.5, max=72.0, help="Hours left to play; with --report, length of the traffic."),
    ] = 12.0,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="TCP port of the first page; 0 takes free ones.")
    ] = 8470,
    link: Annotated[
        str,
        typer.Option("--link", help="Line between the nodes: 64k, 64k:30 (per cent lost), 2M. Default: a fast one."),
    ] = "",
    cast: Annotated[
        Path | None, typer.Option("--cast", help="TOML of parties, sensors and the case; default: the packaged one.")
    ] = None,
    one: Annotated[bool, typer.Option("--one", help="One node alone, without partners.")] = False,
    prepare: Annotated[bool, typer.Option("--prepare", help="Only simulate ahead, so that it stands sooner.")] = False,
    report: Annotated[
        bool, typer.Option("--report", help="No node: simulate, detect, score against the truth, write a report.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON document on stdout.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars.")] = False,
) -> None:
    """Show it (EXERCISE): two coast guards and an onlooker on one sea, a case at their border; Ctrl-C ends it."""
    if report:
        from kizuna.node.cli import running  # noqa: PLC0415

        running.demo(out, seed=seed, vessels=vessels, hours=hours, as_json=as_json, quiet=quiet)
        return
    from kizuna.node.cli import demo_run  # noqa: PLC0415

    if act != Act.START:
        demo_run.switch(out, cut=act == Act.CUT)
    elif one:
        from kizuna.node.demo import DemoWanted  # noqa: PLC0415

        wanted = DemoWanted(vessels, seed, speed, hours, port)
        demo_run.demo(out, wanted, prepare=prepare, as_json=as_json, quiet=quiet)
    else:
        from kizuna.node.two_desks.show import DesksWanted  # noqa: PLC0415

        desks = DesksWanted(vessels, seed, speed, ahead_h=hours, port=port, link=link, cast=cast)
        demo_run.desks(out, desks, prepare=prepare, as_json=as_json, quiet=quiet)


def play(
    listen: Annotated[
        str, typer.Option("--listen", help="HOST:PORT to play on; nodes connect to it.")
    ] = "127.0.0.1:10110",
    seed: Annotated[int, typer.Option("--seed", min=0, help="Same seed, same traffic.")] = 1,
    vessels: Annotated[int, typer.Option("--vessels", min=16, max=5000, help="Number of ships.")] = 300,
    hours: Annotated[float, typer.Option("--hours", min=0.5, max=168.0, help="Length of the simulation.")] = 24.0,
    speed: Annotated[float, typer.Option("--speed", min=0.1, max=1000.0, help="Times as fast as life.")] = 1.0,
    skip_h: Annotated[float, typer.Option("--skip-h", min=0.0, max=168.0, help="Begin so far into it.")] = 0.0,
    key: Annotated[
        Path | None, typer.Option("--key", help="File (mode 600) with the exercise key; needed beyond this machine.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Begin when the first node has connected.")] = True,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars.")] = False,
) -> None:
    """Play simulated traffic live over TCP, marked EXERCISE, with the time of now, for nodes of an exercise."""
    from kizuna.node.cli import demo_run  # noqa: PLC0415

    demo_run.play(
        listen, seed=seed, vessels=vessels, hours=hours, speed=speed, skip_h=skip_h, key=key, wait=wait, quiet=quiet
    )


def add_to(app: typer.Typer, exercise_app: typer.Typer) -> None:
    """Hang the commands into the program."""
    app.command()(demo)
    exercise_app.command()(play)

"""Runs the live engine for the command line and prints what changes."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kizuna.node.cli import output

if TYPE_CHECKING:
    from kizuna.base.table import Table
    from kizuna.engines.live.run import LiveRequest, Outcome

_WARM_S: Final = 90


@dataclass(frozen=True, slots=True)
class How:
    """How the stream is watched."""

    lateness_h: float
    settle_h: float
    keep_h: float
    save_s: float
    fresh: bool


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside the inputs."""

    zones: tuple[Path, ...]
    anchorages: tuple[Path, ...]
    params: Path | None
    title: str


@dataclass(frozen=True, slots=True)
class Marks:
    """How the rows are marked, and when a feed is over."""

    source: str
    context: str
    label: str
    seconds: float


def live(
    inputs: tuple[str, ...], out: Path, how: How, beside: Beside, marks: Marks, *, as_json: bool
) -> None:  # fmt: skip
    """Watch until the inputs end or somebody stops it."""
    with output.plain_errors():
        from kizuna.base import jit  # noqa: PLC0415
        from kizuna.engines.inputs import named  # noqa: PLC0415
        from kizuna.engines.live.run import live_into  # noqa: PLC0415

        named(inputs, marks.source)  # an input that is not there is told first
        output.announce_compilation("live", _WARM_S)
        outcome = live_into(_request(inputs, how, beside, marks), out, _print_lines if as_json else _print_words)
        jit.mark_warm("live")
        _tell(outcome, out)


def _request(inputs: tuple[str, ...], how: How, beside: Beside, marks: Marks) -> LiveRequest:
    from kizuna.engines.inputs import Options  # noqa: PLC0415
    from kizuna.engines.live.params import LiveParams  # noqa: PLC0415
    from kizuna.engines.live.run import LiveRequest  # noqa: PLC0415
    from kizuna.engines.run import Request  # noqa: PLC0415
    from kizuna.records.context import REAL, check  # noqa: PLC0415

    with output.options():
        context = check(marks.context or REAL)
    options = Options(marks.source, context, marks.label, seconds=marks.seconds, only=bool(marks.context))
    request = Request(inputs, options, beside.zones, beside.anchorages, beside.params, title=beside.title)
    return LiveRequest(request, LiveParams(how.lateness_h, how.settle_h, keep_h=how.keep_h), how.save_s, how.fresh)


def _print_lines(changed: Table) -> None:
    from kizuna.formats.event_lines import event_lines  # noqa: PLC0415

    sys.stdout.write(event_lines(changed).decode())
    sys.stdout.flush()


def _print_words(changed: Table) -> None:
    """One line a change: state, type and version, then the summary of the event."""
    types, states = changed.codes_of("event_type"), changed.codes_of("status")
    rows = zip(changed["event_type"].tolist(), changed["status"].tolist(), changed["version"].tolist(),
               changed["summary"].to_pylist(), strict=True)  # fmt: skip
    for kind, state, version, summary in rows:
        sys.stdout.write(f"{states[state]:<9} {types[kind]:<10} v{version}  {summary}\n")
    sys.stdout.flush()


def _tell(outcome: Outcome, out: Path) -> None:
    for warning in outcome.warnings:
        output.say(f"note: {warning}")
    c = outcome.counts
    output.say(
        f"{c['fixes']:,} fixes, {outcome.events:,} events in force; {c['looks']:,} looks, {c['settlings']:,} settlings"
        + ("; went on from a saved state" if outcome.resumed else "")
    )
    if outcome.summary is None:
        output.say(f"stopped; the state is in {out / 'state'}, the same command goes on")
    else:
        output.say(f"the stream is over; open {out / 'report.html'}")

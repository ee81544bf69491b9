"""Commands that do work: decode, detect, demo, exercise generate, warm."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kizuna.node.cli import output

if TYPE_CHECKING:
    from kizuna.engines.claim_watch import ClaimWatch
    from kizuna.engines.decode import DecodeRun, Options
    from kizuna.formats.run_summary import RunSummary
    from kizuna.node.cli.partitions import Parts

_EXAMPLE: Final = '"SELECT event_type, count(*) AS n FROM events GROUP BY 1"'
_WARM_S: Final = {"decode": 40, "detect": 90}
"""Seconds of compilation to announce; measured on one core of a small server."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How the inputs are read, as the command line says it."""

    inputs: tuple[str, ...]
    source: str
    context: str
    label: str
    mapping: tuple[str, ...]
    assume_utc: bool
    date_order: str
    seconds: float
    subscription: Path | None = None

    def options(self) -> Options:
        """The same for the engine; raises ConfigError for a mapping without an equals sign."""
        from kizuna.base.errors import ConfigError  # noqa: PLC0415
        from kizuna.engines.decode import Options  # noqa: PLC0415
        from kizuna.records.context import REAL, check  # noqa: PLC0415

        columns = {}
        for pair in self.mapping:
            field, equals, column = pair.partition("=")
            if not (field and equals and column):
                raise ConfigError(f"{pair!r} maps nothing", where="--map", hint="write FIELD=COLUMN, e.g. lat=Y")
            columns[field] = column
        if self.subscription is not None and not any(name.startswith(("ws://", "wss://")) for name in self.inputs):
            raise ConfigError("no input is a WebSocket", where="--subscribe", hint="it goes with ws:// and wss:// only")
        with output.options():
            context = check(self.context or REAL)
        return Options(
            self.source, context, self.label, columns, self.assume_utc, self.date_order, self.seconds,
            subscription=self.subscription, only=bool(self.context),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Detecting:
    """What detect needs beyond its inputs."""

    zones: tuple[Path, ...] = ()
    anchorages: tuple[Path, ...] = ()
    params: Path | None = None
    start: str = ""
    previous: Path | None = None
    title: str = ""
    claims: str = ""
    view: str = "neutral"
    claims_table: Path | None = None

    def claim_watch(self) -> ClaimWatch | None:
        """The claim zones to watch; none without ``--claims``. Raises ConfigError for limits that are no numbers."""
        if not self.claims:
            return None
        from kizuna.engines.claim_watch import ClaimWatch  # noqa: PLC0415
        from kizuna.node.cli.claims_commands import limits  # noqa: PLC0415

        return ClaimWatch(limits(self.claims), self.view, table=self.claims_table)


def decode(what: Reading, out: Path, *, as_json: bool, quiet: bool) -> None:
    """Decode to Parquet."""
    with output.plain_errors():
        from kizuna.base import jit  # noqa: PLC0415
        from kizuna.engines import decode as engine  # noqa: PLC0415
        from kizuna.engines.inputs import named  # noqa: PLC0415

        named(what.inputs, what.source)  # an input that is not there is told first
        output.announce_compilation("decode", _WARM_S["decode"])
        with output.progress_bar(quiet=quiet) as progress:
            run = engine.decode(what.inputs, out, options=what.options(), progress=progress)
        jit.mark_warm("decode")
        if as_json:
            output.emit(_decoded(run, out))
        else:
            _tell_decoded(run, out)


def _decoded(run: DecodeRun, out: Path) -> dict[str, object]:
    from kizuna.base.utc import iso  # noqa: PLC0415

    return {
        "out": str(out), "counts": dict(run.counts), "start_timestamp": iso(run.start_ms) or None,
        "end_timestamp": iso(run.end_ms) or None, "time_sources": dict(run.time_sources),
        "inputs": [{"name": i.name, "kind": i.kind, "sha256": i.sha256, "size_bytes": i.size_bytes, "rows": i.rows,
                    "rejects": dict(i.rejects)} for i in run.inputs],
        "warnings": list(run.warnings),
    }  # fmt: skip


def _tell_decoded(run: DecodeRun, out: Path) -> None:
    from kizuna.base.utc import iso_s  # noqa: PLC0415

    for source in run.inputs:
        bad = ", ".join(f"{reason} {n:,}" for reason, n in sorted(source.rejects.items(), key=lambda r: -r[1]))
        sys.stdout.write(
            f"{source.name}: {source.kind}, {source.rows:,} rows" + (f"; rejects: {bad}\n" if bad else "\n")
        )
    for warning in run.warnings:
        output.say(f"note: {warning}")
    c = run.counts
    times = f", {iso_s(run.start_ms)} to {iso_s(run.end_ms)}" if iso_s(run.start_ms) else ", no times"
    sys.stdout.write(
        f"{c['fixes']:,} fixes, {c['statics']:,} static messages, {c['others']:,} others, "
        f"{c['rejects']:,} rejects{times}\nin {out}\n"
    )


def detect(
    what: Reading, how: Detecting, out: Path, *, as_json: bool, quiet: bool, parts: Parts | None = None
) -> None:  # fmt: skip
    """Find events and write everything."""
    with output.plain_errors():
        summary = run_detect(what, how, out, quiet=quiet, parts=parts)
        if as_json:
            import json  # noqa: PLC0415

            from kizuna.formats.run_summary import run_json  # noqa: PLC0415

            output.emit({"out": str(out), **json.loads(run_json(summary))})
        else:
            tell_found(summary, out)


def run_detect(what: Reading, how: Detecting, out: Path, *, quiet: bool, parts: Parts | None = None) -> RunSummary:
    """One detect run with a progress bar, in memory or in partitions."""
    from kizuna.base import jit  # noqa: PLC0415
    from kizuna.engines.inputs import named  # noqa: PLC0415
    from kizuna.engines.partition.run import detect_in_parts  # noqa: PLC0415
    from kizuna.engines.run import Request, detect_into  # noqa: PLC0415
    from kizuna.node.cli.partitions import told_how_to_resume  # noqa: PLC0415

    named(what.inputs, what.source)
    output.announce_compilation("detect", _WARM_S["detect"])
    request = Request(
        what.inputs, what.options(), how.zones, how.anchorages, how.params, how.start, how.previous, how.title,
        how.claim_watch(),
    )  # fmt: skip
    cut = parts.chosen(request) if parts is not None else None
    if cut is None:
        with output.progress_bar(quiet=quiet) as progress:
            summary = detect_into(request, out, progress)
    else:
        with told_how_to_resume(), output.progress_bar(quiet=quiet) as progress:
            summary = detect_in_parts(request, out, cut, progress)
    jit.mark_warm("detect")
    jit.mark_warm("decode")
    return summary


def tell_found(summary: RunSummary, out: Path) -> None:
    """What was found, in a few lines."""
    from kizuna.base.utc import iso_s  # noqa: PLC0415
    from kizuna.records.context import marking  # noqa: PLC0415

    for warning in summary.warnings:
        output.say(f"note: {warning}")
    c = summary.counts
    mark = marking(summary.context)
    head = f"*** {mark} *** " if mark else ""
    if c["fixes"]:
        times = f"{iso_s(summary.start_ms)} to {iso_s(summary.end_ms)}" if iso_s(summary.start_ms) else "no times"
        sys.stdout.write(f"{head}{c['fixes']:,} fixes of {c['vessels (MMSI)']:,} MMSIs, {times}\n")
    elif c["statics"] or c["others"] or c["rejects"]:
        sys.stdout.write(
            f"{head}no fixes, so no tracks and no events; {c['statics']:,} static messages, {c['others']:,} others, "
            f"{c['rejects']:,} rejects\n"
        )
    else:
        sys.stdout.write(f"{head}no message was found, so there are no tracks and no events\n")
    for name, n in c.items():
        if name == "events of type dark_detection" and not n:
            continue  # detect does not look for them; match does
        if c["fixes"] and name.startswith("events of type "):
            sys.stdout.write(f"{n:>9,}  {name.removeprefix('events of type ')}\n")
    wall_s = sum(t.wall_s for t in summary.timings)
    report = out / "report.html"
    sys.stdout.write(f"{wall_s:.1f} s. " + (f"Open {report} in a browser.\n" if report.exists() else f"In {out}.\n"))


def generate(out: Path, *, seed: int, vessels: int, hours: float, as_json: bool, quiet: bool) -> None:
    """Write simulated traffic and its truth."""
    with output.plain_errors():
        from kizuna.node.exercise import write_exercise  # noqa: PLC0415

        with output.progress_bar(quiet=quiet) as progress:
            made = write_exercise(out, seed=seed, vessels=vessels, hours=hours, progress=progress)
        if as_json:
            output.emit(made.as_dict())
        else:
            sys.stdout.write(f"*** {made.marking} *** {made.counts}\n")
            for path in (made.nmea, made.truth, made.zones):
                sys.stdout.write(f"{path}\n")


def demo(out: Path, *, seed: int, vessels: int, hours: float, as_json: bool, quiet: bool) -> None:
    """Simulate, detect, score against the truth, name the report."""
    with output.plain_errors():
        from kizuna.node.exercise import score_against, write_exercise  # noqa: PLC0415

        if not as_json:
            output.say("Simulating traffic around Taiwan and Okinawa (EXERCISE, nothing of it is real) ...")
        with output.progress_bar(quiet=quiet) as progress:
            made = write_exercise(out, seed=seed, vessels=vessels, hours=hours, progress=progress)
        what = Reading((str(made.nmea),), "", made.context, "nobody", (), False, "", 0.0)
        summary = run_detect(what, Detecting(zones=(made.zones,), title="Demonstration"), out, quiet=quiet)
        scores = score_against(made.truth_table, out / "events.parquet")
        if as_json:
            output.emit({"out": str(out), "counts": dict(summary.counts), "scores": scores.as_dict()})
            return
        tell_found(summary, out)
        head = "Against the truth that the simulator kept (this seed only, no claim about real seas):"
        sys.stdout.write(f"\n{head}\n{scores.text()}\n\nTry also:\n  .venv/bin/kizuna query {out} {_EXAMPLE}\n")


def warm(*, quiet: bool) -> None:
    """Compile all kernels by a small run through every stage."""
    with output.plain_errors():
        from kizuna.base import jit  # noqa: PLC0415
        from kizuna.node.exercise import warm_up  # noqa: PLC0415

        if not jit.enabled():
            output.fail("the JIT is off (KIZUNA_JIT=0), so there is nothing to compile", output.USAGE)
        if not quiet:
            output.say(f"Compiling for this processor into {jit.cache_dir()} ...")
        with output.progress_bar(quiet=quiet) as progress:
            seconds = warm_up(progress)
        for group in (*_WARM_S, "live", "transits"):
            jit.mark_warm(group)
        sys.stdout.write(f"all kernels are compiled ({seconds:.0f} CPU-s)\n")

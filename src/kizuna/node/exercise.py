"""Simulated traffic on disk, detectors scored against its truth, and kernels compiled by a small run through it."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kizuna.base.table import Table
from kizuna.engines.inputs import Options
from kizuna.engines.live.params import LiveParams
from kizuna.engines.live.run import LiveRequest, live_into
from kizuna.engines.over_time.transits import transits_of
from kizuna.engines.results import put
from kizuna.engines.run import Request, detect_into
from kizuna.engines.stages import Progress, silent
from kizuna.events.table import EVENTS
from kizuna.exercise.score import ScoreTable, score
from kizuna.exercise.simulate import Scenario, Simulation, simulate, zones_geojson
from kizuna.places.gates import packaged_gates
from kizuna.records.context import marking
from kizuna.stores.parquet import cannot_write, make_directory, read_table


@dataclass(frozen=True, slots=True)
class Made:
    """What a simulation left on disk."""

    nmea: Path
    truth: Path
    zones: Path
    context: str
    marking: str
    counts: str
    truth_table: Table

    def as_dict(self) -> dict[str, str]:
        """For ``--json``."""
        return {"nmea": str(self.nmea), "truth": str(self.truth), "zones": str(self.zones), "context": self.context}


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores with a form for people and one for programs."""

    table: ScoreTable

    def text(self) -> str:
        """A plain table."""
        return self.table.text()

    def as_dict(self) -> dict[str, dict[str, float | int | None]]:
        """Kind to its figures; shares that were not measured are null."""
        return {
            s.kind: {"truth": s.truth, "events": s.events, "hits": s.hits, "false_alarms": s.false_alarms,
                     "precision": _known(s.precision.share), "recall": _known(s.recall.share)}
            for s in self.table.scores
        }  # fmt: skip


def _known(share: float) -> float | None:
    return None if math.isnan(share) else share


def write_exercise(
    out: Path, *, seed: int, vessels: int, hours: float, progress: Progress = silent, scenario: Scenario | None = None
) -> Made:
    """Simulate and write the sentences, the truth and the zones of the exercise."""
    simulation = simulate(
        scenario or Scenario(vessels=vessels, hours=hours), seed, lambda share: progress("Simulate", share, 1.0)
    )
    make_directory(out)
    nmea = out / simulation.file_name
    _write_chunks(nmea, simulation, progress)
    truth, zones = out / "exercise-truth.json", out / "exercise-zones.geojson"
    put(truth, simulation.truth_json())
    put(zones, zones_geojson())
    context = simulation.scenario.context
    counts = ", ".join(f"{n:,} {name}" for name, n in simulation.counts().items())
    return Made(nmea, truth, zones, context, marking(context), counts, simulation.truth)


def _write_chunks(path: Path, simulation: Simulation, progress: Progress) -> None:
    part = path.with_name(path.name + ".part")
    written = 0
    try:
        with part.open("wb") as file:
            for chunk in simulation.nmea_chunks():
                file.write(chunk)
                written += len(chunk)
                progress("Write sentences", written, 0)
        part.replace(path)
    except OSError as exc:
        part.unlink(missing_ok=True)
        raise cannot_write(exc, path) from exc


def score_against(truth: Table, events: Path) -> Scores:
    """Compare a run's events with the truth."""
    return Scores(score(read_table(EVENTS, events), truth))


def warm_up(progress: Progress = silent, clock_s: Callable[[], float] = time.process_time) -> float:
    """Run a small exercise through every stage, which compiles every kernel. Returns the CPU seconds it took."""
    before_s = clock_s()
    with tempfile.TemporaryDirectory(prefix="kizuna-warm-") as name:
        home = Path(name)
        made = write_exercise(home, seed=1, vessels=40, hours=8.0, progress=progress)
        request = Request([str(made.nmea)], Options(context=made.context), zones=[made.zones])
        detect_into(request, home / "out", progress)
        for _ in ("begun", "taken up again"):  # the second start compiles what reads the state
            live_into(LiveRequest(request, LiveParams(settle_h=2.0)), home / "live", lambda _: None)
        transits_of(home / "out", packaged_gates(), progress=progress)
    return clock_s() - before_s

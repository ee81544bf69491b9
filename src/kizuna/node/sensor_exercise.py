"""An exercise with sensors on disk: AIS without that of its dark vessels, contacts, scenes, and the truth of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kizuna.engines.results import put
from kizuna.engines.stages import Progress, silent
from kizuna.exercise.simulate import Scenario, simulate
from kizuna.exercise.simulate_sensors import Plan, sense
from kizuna.records.context import marking
from kizuna.stores.parquet import make_directory


def write_sensors(
    out: Path, *, seed: int, vessels: int, hours: float, plan: Plan | None = None, progress: Progress = silent
) -> dict[str, Any]:
    """Simulate and write; returns the names of the files, the context and counts."""
    simulation = simulate(Scenario(vessels=vessels, hours=hours), seed, lambda share: progress("Simulate", share, 1.0))
    sensed = sense(simulation, plan or Plan(), seed)
    make_directory(out)
    truth = sensed.truth()
    context = simulation.scenario.context
    known = {
        "exercise": simulation.scenario.exercise_id, "context": context, "marking": marking(context), "seed": seed,
        "meaning": "MMSI by ref; 0 a vessel without AIS, -1 a false alarm, -2 a fixed structure",
        "contacts": truth, "missed": {scene: sorted(mmsis) for scene, mmsis in sensed.missed().items()},
    }  # fmt: skip
    files = {
        "nmea": (simulation.file_name, b"".join(sensed.simulation.nmea_chunks())),
        "detections": ("exercise-detections.csv", sensed.detections_csv()),
        "scenes": ("exercise-scenes.geojson", sensed.scenes_geojson()),
        "truth": ("exercise-sensors-truth.json", (json.dumps(known, indent=1) + "\n").encode()),
    }
    for done, (name, data) in enumerate(files.values(), 1):
        put(out / name, data)
        progress("Write", done, len(files))
    counts = {"vessels": len(simulation.vessels), "without AIS": len(sensed.dark), "scenes": len(sensed.contacts),
              "contacts": len(truth)}  # fmt: skip
    return {key: str(out / name) for key, (name, _) in files.items()} | {
        "context": context, "marking": marking(context), "counts": counts,
    }  # fmt: skip

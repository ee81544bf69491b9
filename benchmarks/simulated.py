"""Simulated days as tables of fixes, for benchmarks that need truth."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kizuna.base.table import Table, empty
from kizuna.exercise.simulate import Scenario, Simulation, simulate
from kizuna.fixes.table import FIXES


@dataclass
class SimulatedDay:
    """What receivers got of a simulated day, each message once, and what really happened."""

    seed: int
    fixes: Table
    truth: Table
    scenario: Scenario


def day(scenario: Scenario, seed: int, keep_in: Path | None = None) -> SimulatedDay:
    """Simulate, or read what an earlier run kept in a directory."""
    kept = keep_in / f"{scenario.exercise_id}-{seed}.pickle" if keep_in else None
    if kept and kept.exists():
        return pickle.loads(kept.read_bytes())
    s = simulate(scenario, seed)
    made = SimulatedDay(seed, fixes_of(s), s.truth, scenario)
    if kept:
        kept.write_bytes(pickle.dumps(made))
    return made


def fixes_of(s: Simulation) -> Table:
    """Position reports that somebody heard, each once, in order of time, without the detour over sentences."""
    position = np.isin(s.sent["msg_type"], (1, 3, 18, 27))
    message = np.unique(s.heard.message[position[s.heard.message]])
    sent: dict[str, Any] = {k: s.sent[k][message] for k in ("sender", "msg_type", "time_ms", "lon_deg", "lat_deg",
                                                           "sog_kn", "cog_deg", "nav_status")}  # fmt: skip
    n = len(message)
    columns = dict(empty(FIXES, n).columns) | {
        "msg_id": message.astype(np.int64),
        "mmsi": np.array([v.mmsi for v in s.vessels], np.int32)[sent["sender"]],
        "time_ms": sent["time_ms"] + s.scenario.start_ms,
        "msg_type": sent["msg_type"].astype(np.int8),
        "lat_deg": sent["lat_deg"], "lon_deg": (sent["lon_deg"] + 180.0) % 360.0 - 180.0,
        "sog_kn": sent["sog_kn"].astype(np.float32), "cog_deg": sent["cog_deg"].astype(np.float32),
        "nav_status": np.where(sent["msg_type"] == 18, -1, sent["nav_status"]).astype(np.int8),
        "label": np.zeros(n, np.int32), "context": np.zeros(n, np.int32),
    }  # fmt: skip
    return Table(FIXES, columns, {**empty(FIXES).words, "label": ("nobody",), "context": (s.scenario.context,)})

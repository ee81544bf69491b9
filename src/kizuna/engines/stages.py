"""Stages of a run: named, timed, and shown to whoever waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from kizuna.formats.run_summary import Timing

Progress = Callable[[str, float, float], None]
"""Called with the name of a stage, what is done and what there is to do (0 when unknown)."""


def silent(_stage: str, _done: float, _total: float) -> None:
    """Show nothing."""


@dataclass(slots=True)
class Stages:
    """Times the stages of one run, in order of start."""

    progress: Progress = silent
    timings: list[Timing] = field(default_factory=list)

    @contextmanager
    def stage(self, name: str, rows: int = -1) -> Iterator[Callable[[float, float], None]]:
        """Time what happens inside; gives a function to report what is done and what there is to do."""
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        self.progress(name, 0.0, 1.0)
        yield lambda done, total: self.progress(name, done, total)
        self.progress(name, 1.0, 1.0)
        self.timings.append(Timing(name, time.perf_counter() - wall_s, time.process_time() - cpu_s, rows))

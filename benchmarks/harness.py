"""Times our functions beside their peers: one pinned core, CPU time, cases in turn within each round, medians.

A case is a name and a callable that does the work once and returns a number to check (or None). Work in a child
process is counted with ``children=True``. Results go to ``benchmarks/results/<name>.json`` and as a table to stdout.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

RESULTS = Path(__file__).parent / "results"
SHARED = Path(__file__).resolve().parents[1].parent / "shared" / "data"


@dataclass
class Case:
    name: str
    run: Callable[[], Any]
    size: float  # how many items one run handles
    children: bool = False  # the work happens in child processes
    every: int = 1  # run in every n-th round only (slow peers)


def pin(core: int = 1) -> None:
    """Bind this process to one core and its libraries to one thread."""
    try:
        os.sched_setaffinity(0, {min(core, (os.cpu_count() or 1) - 1)})
    except (AttributeError, OSError):
        print("note: could not pin to one core", file=sys.stderr)


def one_thread() -> None:
    """Call before importing NumPy and friends."""
    for name in (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "POLARS_MAX_THREADS",
        "NUMBA_NUM_THREADS",
        "ARROW_NUM_THREADS",
    ):
        os.environ[name] = "1"


def cpu_s(children: bool) -> float:
    who = resource.RUSAGE_CHILDREN if children else resource.RUSAGE_SELF
    u = resource.getrusage(who)
    return u.ru_utime + u.ru_stime


def compare(cases: list[Case], rounds: int, warmup: bool = True) -> dict[str, dict[str, float]]:
    """Run all cases in turn; returns per case the median, min and max CPU seconds and items per CPU second."""
    times: dict[str, list[float]] = {c.name: [] for c in cases}
    answers: dict[str, Any] = {}
    if warmup:
        for c in cases:
            if c.every == 1:
                c.run()
    for r in range(rounds):
        for c in cases:
            if r % c.every:
                continue
            before = cpu_s(c.children)
            answers[c.name] = c.run()
            times[c.name].append(cpu_s(c.children) - before)
    out = {}
    for c in cases:
        t = times[c.name]
        m = statistics.median(t)
        out[c.name] = {
            "cpu_s": m,
            "min": min(t),
            "max": max(t),
            "runs": len(t),
            "size": c.size,
            "per_cpu_s": c.size / m if m else float("inf"),
            "answer": answers[c.name],
        }
    return out


def report(
    name: str, title: str, unit: str, ours: str, result: dict[str, dict[str, Any]], extra: dict[str, Any] | None = None
) -> None:
    """Print a table with ratios (how many times the rate of each peer ours has) and keep it as JSON."""
    print(f"\n{title}\n")
    print(f"| case | {unit}/CPU-s | CPU-s median (min-max) | runs | ours is |")
    print("|---|---:|---|---:|---:|")
    own = result[ours]["per_cpu_s"]
    for case, r in result.items():
        ratio = "1" if case == ours else f"{own / r['per_cpu_s']:.1f}x"
        print(
            f"| {case} | {r['per_cpu_s']:,.0f} | {r['cpu_s']:.3f} ({r['min']:.3f}-{r['max']:.3f}) | {r['runs']} | {ratio} |"
        )
    RESULTS.mkdir(exist_ok=True)
    doc = {
        "title": title,
        "unit": unit,
        "ours": ours,
        "machine": {"cpu": cpu_name(), "python": platform.python_version()},
        "cases": result,
        **(extra or {}),
    }
    (RESULTS / f"{name}.json").write_text(json.dumps(doc, indent=1, default=str) + "\n")


def cpu_name() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor()


def arguments(doc: str) -> argparse.Namespace:
    p = argparse.ArgumentParser(description=doc)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--core", type=int, default=1)
    a = p.parse_args()
    pin(a.core)
    return a


def peak_rss_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

"""Whole commands, as a user runs them: detect on a real day, first compilation, start of the command line.

Times of whole processes by the operating system's accounting. Needs ../shared/data for the real day.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness import RESULTS, SHARED, cpu_name

KIZUNA = "from kizuna.node.cli.main import run; run()"
BARE = """
import typer
app = typer.Typer(add_completion=False)
@app.command()
def one(x: int = 1):
    "One."
@app.command()
def two(y: str = "a"):
    "Two."
app()
"""


def run(code: str, *words: str, env: dict[str, str] | None = None) -> dict[str, float]:
    """One process: wall and CPU seconds, peak memory."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", code, *words], env={**os.environ, **(env or {})},
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - start
    del before
    return {"wall_s": round(wall_s, 3), "cpu_s": round(usage.ru_utime + usage.ru_stime, 3),
            "peak_mb": round(usage.ru_maxrss / 1024, 1), "exit": os.waitstatus_to_exitcode(status)}  # fmt: skip


def median(runs: list[dict[str, float]], key: str) -> float:
    return statistics.median(r[key] for r in runs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    out: dict[str, object] = {"machine": cpu_name()}
    help_runs = {"kizuna --help": [], "bare Typer app --help": []}
    for _ in range(max(rounds, 7)):
        help_runs["kizuna --help"].append(run(KIZUNA, "--help"))
        help_runs["bare Typer app --help"].append(run(BARE, "--help"))
    ratio = median(help_runs["kizuna --help"], "cpu_s") / median(help_runs["bare Typer app --help"], "cpu_s")
    out["start"] = {name: median(r, "cpu_s") for name, r in help_runs.items()} | {"ratio": round(ratio, 2)}
    with tempfile.TemporaryDirectory() as name:
        fresh = {"KIZUNA_CACHE_DIR": str(Path(name) / "cache")}
        log = Path(name) / "one.nmea"
        log.write_bytes(b"!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*23\r\n")
        out["first decode, cold"] = run(KIZUNA, "decode", str(log), "--out", name + "/d", "-q", env=fresh)
        cold = run(KIZUNA, "warm", "-q", env=fresh)
        warm = run(KIZUNA, "warm", "-q", env=fresh)
        out["warm, after decode, cold"], out["warm again"] = cold, warm
        first = out["first decode, cold"]
        out["compilation in all, CPU-s"] = round(first["cpu_s"] + cold["cpu_s"] - warm["cpu_s"], 1)  # type: ignore[index]
        day = SHARED / "ais" / "noaa_us_2020-01-01.parquet"
        if day.exists():
            run(KIZUNA, "detect", str(day), "--out", name + "/w", "-q")  # kernels compiled, file in the cache
            runs = [run(KIZUNA, "detect", str(day), "--out", name + "/r", "-q") for _ in range(rounds)]
            found = json.loads((Path(name) / "r" / "run.json").read_text())["run"]["counts"]
            out["detect, real US day of 4.1 M rows, warm"] = {
                k: median(runs, k) for k in ("wall_s", "cpu_s", "peak_mb")
            } | {"counts": found}
        else:
            print("skipped: the real day of ../shared/data is absent")
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "whole.json").write_text(json.dumps(out, indent=1) + "\n")
    print(json.dumps(out, indent=1))


if __name__ == "__main__":
    main()

"""Inputs larger than memory: wall and CPU seconds, memory and growth of ``kizuna detect --partitions`` from 1 to 100 M rows.

Raw tables of synthetic traffic (``large_table.py``) are made once under --work and removed at the end. Each run is a
process of its own on two cores; its memory is the greatest sum of PSS over the process and its children, sampled ten
times a second. What is timed is the raw Parquet table to segments, identities and events on the disk, with the record
of the run; fixes with flags and the report are not part of it (``--fixes``, ``--report`` add them). Kernels are
compiled before. The smallest size is also run in memory and its tables are compared byte for byte.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from harness import RESULTS, cpu_name
from large_table import write

RUN = "from kizuna.node.cli.main import run; run()"
COMPARED = ("segments", "identities", "events", "statics", "others", "rejects")


class Memory(threading.Thread):
    """Greatest PSS of a process and its children, and how much of it is not backed by files."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.pss_kb, self.anon_kb, self.going = pid, 0, 0, True

    def run(self) -> None:
        while self.going:
            found = [self._of(pid) for pid in self._family(self.pid)]
            self.pss_kb = max(self.pss_kb, sum(f[0] for f in found))
            self.anon_kb = max(self.anon_kb, sum(f[1] for f in found))
            time.sleep(0.1)

    def _family(self, pid: int) -> list[int]:
        out = [pid]
        try:
            for task in Path(f"/proc/{pid}/task").iterdir():
                for child in (task / "children").read_text().split():
                    out += self._family(int(child))
        except OSError:
            pass
        return out

    @staticmethod
    def _of(pid: int) -> tuple[int, int]:
        pss = anon = 0
        try:
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    pss = int(line.split()[1])
                elif line.startswith("Pss_Anon:"):
                    anon = int(line.split()[1])
        except OSError:
            pass
        return pss, anon


def detect(table: Path, out: Path, *words: str) -> dict[str, float]:
    """One run of the command as a process of its own."""
    start = time.perf_counter()
    command = [sys.executable, "-c", RUN, "detect", str(table), "--out", str(out), "-q", *words]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    memory = Memory(process.pid)
    memory.start()
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - start
    memory.going = False
    memory.join()
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(f"detect failed on {table.name}")
    run = json.loads((out / "run.json").read_text())
    stages = {t["stage"]: [round(t["wall_s"], 2), round(t["cpu_s"], 2)] for t in run["environment"]["timings"]}
    return {
        "wall_s": round(wall_s, 2), "cpu_s": round(usage.ru_utime + usage.ru_stime, 2),
        "peak_pss_mb": round(memory.pss_kb / 1024), "peak_pss_anon_mb": round(memory.anon_kb / 1024),
        "stages_wall_cpu_s": stages, "counts": run["run"]["counts"],
    }  # fmt: skip


def digests(out: Path) -> dict[str, str]:
    return {n: hashlib.sha256((out / f"{n}.parquet").read_bytes()).hexdigest() for n in COMPARED}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=float, nargs="+", default=[1, 10, 100], help="millions of rows")
    parser.add_argument("--rounds", type=int, default=1, help="the round with the least wall time counts")
    parser.add_argument("--memory-gb", type=float, default=2.0)
    parser.add_argument("--work", type=Path, default=None, help="where tables and buckets lie meanwhile")
    parser.add_argument("--tables", type=Path, default=None, help="keep the tables here and use those that are there")
    parser.add_argument("--fixes", action="store_true")
    parser.add_argument("--report", action="store_true")
    a = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="kizuna-large-", dir=a.work))
    tables = a.tables or home
    tables.mkdir(parents=True, exist_ok=True)
    need_gb = max(a.rows) * (0.023 + 0.075)
    if shutil.disk_usage(home).free / 1e9 < need_gb:
        raise SystemExit(f"about {need_gb:.0f} GB of disk are needed under {home}; give another --work")
    words = [
        "--memory-gb",
        str(a.memory_gb),
        *([] if a.fixes else ["--no-fixes"]),
        *([] if a.report else ["--no-report"]),
    ]
    doc: dict[str, object] = {
        "title": "raw table to events in partitions, synthetic traffic, two cores",
        "machine": {"cpu": cpu_name(), "cores": len(os.sched_getaffinity(0))}, "memory_gb": a.memory_gb, "runs": {},
    }  # fmt: skip
    try:
        for k, millions in enumerate(sorted(a.rows)):
            rows = int(millions * 1e6)
            table = tables / f"synthetic-{rows}.parquet"
            if not table.exists():
                write(table.with_suffix(".part"), rows)
                table.with_suffix(".part").rename(table)
            if k == 0:
                detect(table, home / "memory", "--partitions", "none")  # compiles; the tables to compare with
                detect(table, home / "parts", "--partitions", "7", *words)
                doc["tables_equal_those_in_memory"] = digests(home / "memory") == digests(home / "parts")
            runs = []
            for _ in range(a.rounds):
                load = os.getloadavg()[0]
                runs.append(
                    detect(table, home / "out", "--work", str(home), "--partitions", "auto", *words)
                    | {"load_before": load}
                )
            best = min(runs, key=lambda r: r["wall_s"])
            best |= {"rows_per_s": round(rows / best["wall_s"]), "rows_per_cpu_s": round(rows / best["cpu_s"])}
            doc["runs"][f"{millions:g} M"] = best  # type: ignore[index]
            print(
                f"{millions:g} M rows: wall {best['wall_s']} s, CPU {best['cpu_s']} s, PSS {best['peak_pss_mb']} MB",
                flush=True,
            )
    finally:
        shutil.rmtree(home, ignore_errors=True)
    print(json.dumps(doc, indent=1))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "large.json").write_text(json.dumps(doc, indent=1) + "\n")


if __name__ == "__main__":
    main()

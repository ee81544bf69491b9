"""From ``make demo`` to a moving picture with alerts at both desks; and how long setting up takes before it.

    make setup && .venv/bin/python benchmarks/demo.py [--rounds 3]
    .venv/bin/python benchmarks/demo.py --setup

A round calls ``make demo`` with free ports in a new directory, as one who sits down does, and reads the pages over HTTP with
a login as soon as they are named. It is over when the picture of every node has come twice with other positions, and both
desks have an open alert. CPU seconds are those of all processes together until then. How busy the machine was with
other work in that time stands in the result: wall seconds of a busy machine say little.

``--setup`` does first what somebody with a new machine does: it clones this repository (what is committed), hides Node and
npm, begins with empty caches of pip, npm and kernels, and times ``make setup``; the rounds are then played from that clone.
It needs the package index. Results: ``benchmarks/results/demo.json``.
"""

import argparse
import contextlib
import http.cookiejar
import json
import os
import platform
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from harness import RESULTS, cpu_name

ROOT = Path(__file__).resolve().parents[1]
MOST_S = 300.0
TICKS = os.sysconf("SC_CLK_TCK")
HIDDEN = ("node", "npm", "npx", "corepack")
DESKS = 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--setup", action="store_true", help="time setting up a fresh clone first")
    parser.add_argument("--no-write", action="store_true")
    given = parser.parse_args()
    path = RESULTS / "demo.json"
    doc = json.loads(path.read_text()) if path.exists() else {}
    with tempfile.TemporaryDirectory(prefix="kizuna-demo-") as name:
        root, env = ROOT, dict(os.environ)
        if given.setup:
            root, env = Path(name) / "clone", without_node(Path(name))
            doc["setup"] = setup(root, env)
            print(json.dumps(doc["setup"]), flush=True)
        else:
            ready(root, env)
        rounds = []
        for number in range(given.rounds):
            rounds.append(played(root, Path(name) / f"demo-{number}", env))
            print(json.dumps(rounds[-1]), flush=True)
    doc["demo"] = {
        "vessels": rounds[0].pop("vessels"), "hours_behind": 24,
        **{f"{k}_median": round(statistics.median(r[k] for r in rounds), 1)
           for k in ("named_s", "seen_s", "cpu_s", "others_cpu_s")},
        "rounds": [{k: v for k, v in r.items() if k != "vessels"} for r in rounds], "machine": machine(),
    }  # fmt: skip
    print(json.dumps({k: v for k, v in doc["demo"].items() if k.endswith("median")}))
    if not given.no_write:
        path.write_text(json.dumps(doc, indent=1) + "\n")


def machine() -> dict:
    return {"cpu": cpu_name(), "cores": os.cpu_count(), "python": platform.python_version(), "niceness": os.nice(0),
            "load": [round(x, 1) for x in os.getloadavg()]}  # fmt: skip


# ---- setting up -----------------------------------------------------------------------------------------------------
def without_node(place: Path) -> dict[str, str]:
    """An environment without Node, and with caches that are empty."""
    programs = place / "programs"
    programs.mkdir()
    for folder in os.environ["PATH"].split(os.pathsep):
        for program in Path(folder).glob("*") if folder else ():
            link = programs / program.name
            if program.name not in HIDDEN and not link.is_symlink():
                link.symlink_to(program)
    env = {k: v for k, v in os.environ.items() if k not in ("KIZUNA_CACHE_DIR", "PYTHONPATH", "VIRTUAL_ENV")}
    caches = {"XDG_CACHE_HOME": str(place / "cache"), "npm_config_cache": str(place / "npm")}
    return {**env, **caches, "PATH": str(programs)}


def setup(root: Path, env: dict[str, str]) -> dict:
    """Clone and set up; seconds for each."""
    subprocess.run(["git", "clone", "-q", str(ROOT), str(root)], check=True)
    head = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=root, check=True, capture_output=True, text=True)
    before, busy, begun = resource.getrusage(resource.RUSAGE_CHILDREN), busy_s(), time.monotonic()
    subprocess.run(["make", "setup"], cwd=root, env=env, check=True, stdout=sys.stderr)
    wall_s, busy = time.monotonic() - begun, busy_s() - busy
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"commit": head.stdout.strip(), "node": shutil.which("node", path=env["PATH"]) is not None,
            "packages": "none cached", "wall_s": round(wall_s, 1), "cpu_s": round(cpu_s, 1),
            "others_cpu_s": round(max(0.0, busy - cpu_s), 1), "machine": machine()}  # fmt: skip


def ready(root: Path, env: dict[str, str]) -> None:
    """What setting up leaves, for the very text that lies here."""
    subprocess.run(["make", "-s", "setup"], cwd=root, env=env, check=True, stdout=sys.stderr)
    for act in (["warm"], ["demo", "--prepare", "--quiet"]):
        subprocess.run([root / ".venv/bin/kizuna", *act], cwd=root, env=env, check=True, stdout=sys.stderr)


# ---- a round --------------------------------------------------------------------------------------------------------
def played(root: Path, out: Path, env: dict[str, str]) -> dict:
    """Start it, look, end it."""
    busy, begun = busy_s(), time.monotonic()
    words = ["make", "-s", "demo", f"OUT={out}", "DEMO=--port 0 --json --quiet"]
    process = subprocess.Popen(words, cwd=root, env=env, stdout=subprocess.PIPE, start_new_session=True)
    try:
        told = named(process)
        named_s = time.monotonic() - begun
        desks = [Page(desk["url"], desk["password"]) for desk in told["desks"]]
        vessels = [page.moving() for page in desks]
        alerts = [page.alerts(least=int(k < DESKS)) for k, page in enumerate(desks)]
        seen_s, cpu_s = time.monotonic() - begun, used_s(process.pid)
        busy = busy_s() - busy
    finally:
        end(process)
        process.stdout.close()
    return {"vessels": vessels, "named_s": round(named_s, 1), "seen_s": round(seen_s, 1),
            "cpu_s": round(cpu_s, 1), "alerts": alerts, "others_cpu_s": round(max(0.0, busy - cpu_s), 1)}  # fmt: skip


def end(process: subprocess.Popen) -> None:
    """Ask the demonstration to end, as Ctrl-C does, and wait for make."""
    for child in below(process.pid):
        with contextlib.suppress(OSError):
            if b"demo" in Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0"):
                os.kill(child, signal.SIGTERM)
    process.wait(120)


def named(process: subprocess.Popen) -> dict:
    """What the demonstration says when its pages are up."""
    text = b""
    while True:
        row = process.stdout.readline()
        if not row:
            raise SystemExit(f"the demonstration ended with {process.wait()}: {text.decode()}")
        text += row
        with contextlib.suppress(ValueError):
            return json.loads(text[text.find(b"{") :])


class Page:
    """One page, read by somebody who has logged in."""

    def __init__(self, url: str, password: str) -> None:
        self.url = url.replace("localhost", "127.0.0.1")
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        self.ask("/api/login", {"user": "watch", "password": password})

    def ask(self, path: str, body: dict | None = None) -> bytes:
        headers = {"X-Kizuna": "1", "content-type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        with self.opener.open(urllib.request.Request(self.url + path, data, headers), timeout=60) as found:
            return found.read()

    def places(self) -> dict[int, tuple[int, int]]:
        """Position by MMSI."""
        import pyarrow as pa

        with pa.ipc.open_stream(self.ask("/api/picture?since=0")) as stream:
            rows = stream.read_all().to_pydict()
        return dict(zip(rows["mmsi"], zip(rows["lat_e7"], rows["lon_e7"], strict=True), strict=True))

    def moving(self) -> int:
        """Wait until vessels have other positions than at first; how many vessels there are."""
        first = self.places()
        wait(lambda: any(first.get(mmsi, place) != place for mmsi, place in self.places().items()))
        return len(first)

    def alerts(self, least: int) -> int:
        """Open alerts, once there are so many."""

        def found() -> int:
            return len(json.loads(self.ask("/api/alerts"))["alerts"])

        wait(lambda: found() >= least)
        return found()


def wait(until) -> None:
    end_s = time.monotonic() + MOST_S
    while time.monotonic() < end_s:
        if until():
            return
        time.sleep(0.1)
    raise SystemExit("nothing came within the time")


# ---- what was used --------------------------------------------------------------------------------------------------
def below(pid: int) -> list[int]:
    """Numbers of all processes that a process has started, and these in turn."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, task.read_text().split()):
                found += [child, *below(child)]
    return found


def used_s(pid: int) -> float:
    """CPU seconds of a process and all below it, with those that have ended."""
    ticks = 0
    for one in (pid, *below(pid)):
        with contextlib.suppress(OSError):
            ticks += sum(map(int, Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()[11:15]))
    return ticks / TICKS


def busy_s() -> float:
    """CPU seconds that this machine has worked since it was started."""
    row = list(map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]))
    return (sum(row[:8]) - row[3] - row[4]) / TICKS


if __name__ == "__main__":
    main()

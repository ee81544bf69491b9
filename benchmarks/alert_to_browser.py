"""From the fix that makes an alert to the alert on the screen: a node under load, and a real browser that listens.

    (cd web && npm ci --ignore-scripts && npm run build) && python benchmarks/alert_to_browser.py [--alerts 60]
    python benchmarks/alert_to_browser.py --rate 50000 --vessels 50000 --hours 0.2 --every 1 --alerts 240 --core 0

The node is the whole thing: TCP, decoder, durable store, live detection with coast and zones, API, page. The vessels
sail; ``--hours`` of them at a fix a minute lie behind them, and all events are settled every three minutes (the least that
the settings allow, twenty times as often as by default); the result says which of that fell into the run. A probe vessel
enters a zone; its second report inside makes the alert. The moment when that report was handed to the socket and the moment
when its number stands in the list of a headless Chromium, which draws the moving picture, are read from the same clock. With
``--core`` the node has that core, sender and browser the other; the CPU time of each is told. Without a graphics card the
browser draws in software. Results: ``benchmarks/results/alert_to_browser.json``, for another rate ``..._RATE.json``.
"""

import argparse
import contextlib
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import ingest
import numpy as np
from harness import cpu_name

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from kizuna.node.desk.desk import open_desk  # noqa: E402
from kizuna.node.service.rooms import Rooms  # noqa: E402
from node.service.node_make import free_port, make_node, position  # noqa: E402

TICKS = 50
"""Pieces in which the lines of a second are sent."""
PASSWORD = "four words of no kin"
CHILD = """
import os, sys, threading, time
from pathlib import Path
from kizuna.engines.live import engine, settling
from kizuna.node.service.node_file import read_node_file
from kizuna.node.service.serving import serve_node, set_up_log
out = open(sys.argv[2], "w", buffering=1)
def timed(place, name, letter):
    inner = getattr(place, name)
    def outer(*a):
        begun = time.time()
        try:
            return inner(*a)
        finally:
            out.write(f"{letter} {begun} {time.time()}\\n")
    setattr(place, name, outer)
timed(settling, "work_out", "T")
timed(engine.LiveEngine, "begin_settling", "B")
timed(engine.LiveEngine, "end_settling", "F")
def watch(node, url):
    def run():
        events = 0
        while True:
            at = node.keep.versions().events
            if at != events:
                found = node.keep.events(since_version=events)
                events, now = at, time.time()
                for m in found["mmsis"].to_pylist():
                    out.write(f"E {m[0] if m else 0} {now}\\n")
            h = node.health.sources["a"]
            out.write(f"S {time.time()} {h.rows} {node.detection.rows_waiting} {h.dropped}\\n")
            time.sleep(0.02)
    threading.Thread(target=run, daemon=True).start()
    out.write("READY\\n")
set_up_log(30, as_json=False)
sys.exit(serve_node(read_node_file(Path(sys.argv[1]) / "node.toml"), watch))
"""
BROWSER = """
import { createRequire } from "node:module";
const [, , root, url, chrome, password] = process.argv;
const { chromium } = createRequire(root + "/web/package.json")("playwright-core");
const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];
const browser = await chromium.launch({ executablePath: chrome, args });
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
await page.exposeFunction("told", (mmsi, at) => console.log(`A ${mmsi} ${at / 1000}`));
page.setDefaultTimeout(180_000);
await page.goto(url + "/");
await page.fill("input[name=user]", "bench");
await page.fill("input[name=password]", password);
await page.keyboard.press("Enter");
await page.waitForSelector("#left .queue, #left .empty");
await page.evaluate(() => {
  const known = new Set();
  const look = () => {
    for (const [number] of document.querySelector("#left").textContent.matchAll(/206\\d{6}/g))
      if (!known.has(number)) known.add(number), window.told(number, Date.now());
  };
  new MutationObserver(look).observe(document.querySelector("#left"), { subtree: true, childList: true, characterData: true });
});
await page.exposeFunction("asked", (what, begun, answered) => console.log(`${what} ${begun / 1000} ${answered / 1000}`));
await page.evaluate(() => {
  const from = performance.timeOrigin;
  new PerformanceObserver((list) => {
    for (const e of list.getEntries()) {
      const what = e.name.includes("/api/alerts?") ? "L" : e.name.includes("/api/picture?") ? "P" : "";
      if (what) window.asked(what, from + e.startTime, from + e.responseEnd);
    }
  }).observe({ type: "resource" });
  new PerformanceObserver((list) => {
    for (const e of list.getEntries()) window.asked("J", from + e.startTime, from + e.startTime + e.duration);
  }).observe({ type: "longtask" });
});
console.log("READY");
process.stdin.on("end", () => browser.close().then(() => process.exit(0))).resume();
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alerts", type=int, default=60)
    parser.add_argument("--every", type=float, default=2.0, help="seconds between alerts")
    parser.add_argument("--hours", type=float, default=3.0)
    parser.add_argument("--rate", type=int, default=400, help="lines a second of the vessels")
    parser.add_argument("--vessels", type=int, default=2_000)
    parser.add_argument("--core", type=int, help="core of the node; sender and browser get the others")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--no-write", action="store_true")
    given = parser.parse_args()
    ingest.VESSELS = given.vessels
    if given.core is not None:
        os.sched_setaffinity(0, os.sched_getaffinity(0) - {given.core})
    with tempfile.TemporaryDirectory(prefix="kizuna-alert-") as name:
        found = measured(Path(name), given)
    found["machine"] = {"cpu": cpu_name(), "python": platform.python_version(), "niceness": os.nice(0),
                        "load": [round(x, 1) for x in os.getloadavg()]}  # fmt: skip
    print(json.dumps(found, indent=1))
    if not given.no_write:
        name = "alert_to_browser" if given.rate == parser.get_default("rate") else f"alert_to_browser_{given.rate}"
        (ROOT / "benchmarks" / "results" / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n")


def measured(place: Path, given: argparse.Namespace) -> dict:
    home, ports = place / "n", (free_port(), free_port())
    source = {"id": "a", "kind": "tcp-listen", "address": f"127.0.0.1:{ports[0]}"}
    make_node(home, [source], listen={"tls": False, "port": ports[1]}, places={"zones": ["z.geojson"]},
              live={"keep_h": 48.0, "settle_h": 0.05}, context="real", clock={"kind": "wall"})  # fmt: skip
    (home / "z.geojson").write_text(json.dumps(zones(given.alerts + 1)))
    desk = open_desk(Rooms(home).desk)
    desk.people.add("bench", "administrator", PASSWORD)
    desk.close()
    (place / "child.py").write_text(CHILD)
    (place / "browser.mjs").write_text(BROWSER)
    seen, shown = place / "seen", place / "shown"
    pinned = [] if given.core is None else ["taskset", "-c", str(given.core)]
    node = subprocess.Popen([*pinned, sys.executable, str(place / "child.py"), str(home), str(seen)])
    words = ["node", str(place / "browser.mjs"), str(ROOT), f"http://127.0.0.1:{ports[1]}", given.chromium, PASSWORD]
    browser = None
    try:
        wait(node, lambda: "READY" in text(seen))
        link = socket.create_connection(("127.0.0.1", ports[0]))
        behind = history(node, link, seen, given)
        with shown.open("w") as out:
            browser = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=out)
        wait(browser, lambda: alike(browser.pid) and "READY" in text(shown))
        run = Run(given, node.pid, browser.pid)
        sent = run.paced(link, node)
        time.sleep(12)
        link.close()
        total = behind + run.lines
        wait(node, lambda: last(seen)[0] + last(seen)[2] >= total and last(seen)[1] == 0)
        return {**told(sent, seen, shown, run.began), **run.costs, "rows_behind": behind, "lost": total - last(seen)[0]}
    finally:
        if browser is not None:
            browser.stdin.close()
            browser.wait(30)
        node.terminate()
        node.wait(90)


def corner(k: int) -> tuple[float, float]:
    """South-west corner of the zone of a probe, far from the fleet."""
    return -10.0 - 2 * (k // 20), 141.0 + k % 20


def zones(n: int) -> dict:
    """A zone for each probe, because the list of the page tells visits to one zone together."""
    features = []
    for k in range(n):
        s, w = corner(k)
        ring = [[w, s], [w + 0.8, s], [w + 0.8, s + 0.9], [w, s + 0.9], [w, s]]
        features.append({"type": "Feature", "properties": {"zone_id": f"z{k}", "name": f"Z{k}"},
                         "geometry": {"type": "Polygon", "coordinates": [ring]}})  # fmt: skip
    return {"type": "FeatureCollection", "features": features}


def text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def wait(process: subprocess.Popen, what) -> None:
    while not what():
        assert process.poll() is None
        time.sleep(0.05)


def history(node: subprocess.Popen, link: socket.socket, seen: Path, given: argparse.Namespace) -> int:
    """Hours of the fleet at a fix a minute, taken in before anything is measured; rows sent."""
    fleet, now = ingest.Fleet(), int(time.time())
    rows, total = np.arange(given.vessels), 0
    for k in range(round(given.hours * 60), 0, -1):
        link.sendall(fleet.lines(rows, now - 60 * k, round(given.hours * 3600) - 60 * k))
        total += given.vessels
    wait(node, lambda: last(seen)[0] >= total and last(seen)[1] == 0)
    return total


def last(seen: Path) -> tuple[int, int, int]:
    """Rows stored, rows that wait for detection, dropped."""
    with seen.open("rb") as file:
        file.seek(max(0, seen.stat().st_size - 4000))
        lines = [x.split() for x in file.read().decode().splitlines()[1:] if x.startswith("S ")]
    whole = [x for x in lines if len(x) == 5]
    return (int(whole[-1][2]), int(whole[-1][3]), int(whole[-1][4])) if whole else (0, 1, 0)


class Run:
    """The steady load with probes, and what it costs."""

    def __init__(self, given: argparse.Namespace, node: int, browser: int) -> None:
        self.given, self.node, self.browser = given, node, browser
        self.began, self.lines = 0.0, 0
        self.costs: dict = {}

    def paced(self, link: socket.socket, node: subprocess.Popen) -> dict[int, float]:
        """A probe every some seconds; when the fix that makes its alert was sent."""
        given, fleet = self.given, ingest.Fleet()
        piece, gap = given.rate // TICKS, round(given.every * TICKS)
        warm = 10 * TICKS  # the first alert of a node loads the compiled detectors
        due = {warm + probe * gap: probe for probe in range(1, given.alerts + 1)} | {gap: 0}
        sent: dict[int, float] = {}
        sizes: list[int] = []
        begun, behind_s, since = time.monotonic(), 0.0, (0.0, 0.0, 0.0, 0)
        for k in range(warm + (given.alerts + 1) * gap):
            if k == warm:
                sent.clear()
                self.began, since, behind_s = time.time(), (*self.cpu_s(), self.lines), 0.0
            late = time.monotonic() - begun - k / TICKS
            behind_s = max(behind_s, late)
            time.sleep(max(0.0, -late))
            now = int(time.time())
            out = fleet.lines(np.arange(k * piece, (k + 1) * piece) % given.vessels, now, round(given.hours * 3600) + k // TICKS)  # fmt: skip
            self.lines += piece
            soon, entry = due.get(k + gap // 2), due.get(k)
            for probe, ago, north in ((soon, 600, -0.5), (soon, 300, 0.1), (entry, 0, 0.12)):
                if probe is not None:
                    lat, lon = corner(probe)
                    out += position(206_000_000 + probe, now - ago, lat + north, lon + 0.4, 12, 0)
                    self.lines += 1
            if entry is not None:
                sent[206_000_000 + entry] = time.time()
            link.sendall(out)
            assert node.poll() is None
            if k % (60 * TICKS) == warm:
                sizes.append(resident_mb(self.node))
        took_s = time.time() - self.began
        names = ("node", "browser", "sender")
        shares = {n: round((b - a) / took_s, 2) for n, a, b in zip(names, since, self.cpu_s(), strict=False)}
        self.costs = {
            "vessels": given.vessels, "offered_lines_per_s": given.rate, "hours_behind": given.hours,
            "lines_per_s": round((self.lines - since[3]) / took_s), "took_s": round(took_s, 1),
            "sender_behind_most_s": round(behind_s, 2), "cores_used": shares, "node_mb_each_minute": sizes,
        }  # fmt: skip
        return sent

    def cpu_s(self) -> tuple[float, float, float]:
        """CPU seconds so far of node, browser and this process."""
        return tree_s(self.node), tree_s(self.browser), time.process_time()


def tree_s(root: int) -> float:
    """CPU seconds of a process and of everything below it, of those that have ended too."""
    return sum(tree(root).values()) / os.sysconf("SC_CLK_TCK")


def tree(root: int) -> dict[int, int]:
    """Processes at and below one, and the ticks of CPU that each has used, with its children that have ended."""
    parents, ticks = {}, {}
    for name in os.listdir("/proc"):
        try:
            line = Path(f"/proc/{int(name)}/stat").read_text()
        except (ValueError, OSError):
            continue  # no process, or it has ended meanwhile
        f = line[line.rindex(")") + 2 :].split()
        parents[int(name)], ticks[int(name)] = int(f[1]), sum(map(int, f[11:15]))

    def below(pid: int) -> bool:
        while pid not in (0, root):
            pid = parents.get(pid, 0)
        return pid == root

    return {pid: n for pid, n in ticks.items() if below(pid)}


def alike(root: int) -> bool:
    """Give the browser, whose processes begin a session of their own, the share of the machine that this run has."""
    with contextlib.suppress(OSError):
        share = Path("/proc/self/autogroup").read_text().split()[-1]
        for pid in tree(root):
            Path(f"/proc/{pid}/autogroup").write_text(share)
    return True


def resident_mb(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1_000_000


def told(sent: dict[int, float], seen: Path, shown: Path, began: float) -> dict:
    in_store, on_screen = first(text(seen), "E"), first(text(shown), "A")

    def took(letter: str, where: Path = seen) -> list[float]:
        rows = [x.split() for x in text(where).splitlines() if x.startswith(letter + " ")]
        return [round(float(b) - float(a), 3) for _, a, b in rows if float(a) > began]

    slow = sorted(((on_screen[m] - t, t - began) for m, t in sent.items() if m in on_screen), reverse=True)[:3]
    return {
        "alerts": len(sent), "in_store": spread([in_store[m] - t for m, t in sent.items() if m in in_store]),
        "on_screen": spread([on_screen[m] - t for m, t in sent.items() if m in on_screen]),
        "shown": sum(m in on_screen for m in sent), "over_2_s": sum(on_screen.get(m, 1e99) - t > 2 for m, t in sent.items()),
        "slowest": [{"s": round(s, 2), "after_s": round(at)} for s, at in slow], "list_answered": spread(took("L", shown)), "picture_answered": spread(took("P", shown)),
        "page_busy_over_50_ms": {**spread(took("J", shown)), "times": len(took("J", shown)), "sum_s": round(sum(took("J", shown)), 1)},
        "settled_meanwhile_s": took("T"), "settling_begun_s": took("B"), "settling_taken_up_s": took("F"),
    }  # fmt: skip


def first(lines: str, kind: str) -> dict[int, float]:
    out: dict[int, float] = {}
    for line in lines.splitlines():
        words = line.split()
        if len(words) == 3 and words[0] == kind:
            out.setdefault(int(words[1]), float(words[2]))
    return out


def spread(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    if not ordered:
        return {}
    return {"median_s": round(statistics.median(ordered), 3), "p99_s": round(ordered[int(0.99 * (len(ordered) - 1) + 0.5)], 3),
            "most_s": round(ordered[-1], 3)}  # fmt: skip


if __name__ == "__main__":
    main()

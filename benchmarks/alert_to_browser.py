"""From the fix that makes an alert to the alert on the screen: a node under load, and a real browser that listens.

    (cd web && npm ci --ignore-scripts && npm run build) && python benchmarks/alert_to_browser.py [--alerts 60]

The node is the whole thing: TCP, decoder, durable store, live detection with coast and a zone, API, page. 2,000 vessels
sail, each heard every few seconds; ``--hours`` of them at a fix a minute lie behind it, and all events are settled every
three minutes (the least that the settings allow, twenty times as often as by default); the result says which of that fell
into the run. A probe vessel enters a zone; its second report inside makes the alert. The moment when that report was handed to
the socket and the moment when its number stands in the list of a headless Chromium are read from the same clock.
Results: ``benchmarks/results/alert_to_browser.json``.
"""

import argparse
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

VESSELS = 2_000
PASSWORD = "four words of no kin"
CHILD = """
import sys, threading, time
from pathlib import Path
from kizuna.engines.live import settling
from kizuna.node.service.node_file import read_node_file
from kizuna.node.service.serving import serve_node, set_up_log
out = open(sys.argv[2], "w", buffering=1)
work_out = settling.work_out
def timed(*a):
    begun = time.time()
    try:
        return work_out(*a)
    finally:
        out.write(f"T {begun} {time.time()}\\n")
settling.work_out = timed
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
            out.write(f"S {time.time()} {node.health.sources['a'].rows} {node.detection.rows_waiting}\\n")
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
console.log("READY");
process.stdin.on("end", () => browser.close().then(() => process.exit(0))).resume();
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alerts", type=int, default=60)
    parser.add_argument("--hours", type=float, default=3.0)
    parser.add_argument("--rate", type=int, default=400, help="lines a second of the 2,000 vessels")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--no-write", action="store_true")
    given = parser.parse_args()
    ingest.VESSELS = VESSELS
    with tempfile.TemporaryDirectory(prefix="kizuna-alert-") as name:
        found = measured(Path(name), given)
    found["machine"] = {"cpu": cpu_name(), "python": platform.python_version(), "niceness": os.nice(0),
                        "load": [round(x, 1) for x in os.getloadavg()]}  # fmt: skip
    print(json.dumps(found, indent=1))
    if not given.no_write:
        (ROOT / "benchmarks" / "results" / "alert_to_browser.json").write_text(json.dumps(found, indent=1) + "\n")


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
    seen = place / "seen"
    node = subprocess.Popen([sys.executable, str(place / "child.py"), str(home), str(seen)])
    browser = None
    try:
        wait(node, lambda: "READY" in text(seen))
        link = socket.create_connection(("127.0.0.1", ports[0]))
        history(node, link, seen, given.hours)
        words = [
            "node",
            str(place / "browser.mjs"),
            str(ROOT),
            f"http://127.0.0.1:{ports[1]}",
            given.chromium,
            PASSWORD,
        ]
        shown = place / "shown"
        with shown.open("w") as out:
            browser = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=out)
        wait(browser, lambda: "READY" in text(shown))
        begun = time.time()
        sent = paced(link, given, node, shown)
        time.sleep(12)
        link.close()
        return told(sent, seen, shown, given, begun)
    finally:
        if browser is not None:
            browser.stdin.close()
            browser.wait(30)
        node.terminate()
        node.wait(90)


def corner(k: int) -> tuple[float, float]:
    """South-west corner of the zone of a probe, far from the fleet."""
    return -10.0 - 2 * (k // 10), 141.0 + k % 10


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


def history(node: subprocess.Popen, link: socket.socket, seen: Path, hours: float) -> None:
    """Hours of the fleet at a fix a minute, taken in before anything is measured."""
    fleet, now = ingest.Fleet(), int(time.time())
    rows, total = np.arange(VESSELS), 0
    for k in range(round(hours * 60), 0, -1):
        link.sendall(fleet.lines(rows, now - 60 * k, round(hours * 3600) - 60 * k))
        total += VESSELS
    wait(node, lambda: last(seen)[0] >= total and last(seen)[1] == 0)


def last(seen: Path) -> tuple[int, int]:
    """Rows stored, rows that wait for detection."""
    with seen.open("rb") as file:
        file.seek(max(0, seen.stat().st_size - 4000))
        lines = [x.split() for x in file.read().decode().splitlines()[1:] if x.startswith("S ")]
    whole = [x for x in lines if len(x) == 4]
    return (int(whole[-1][2]), int(whole[-1][3])) if whole else (0, 1)


def paced(link: socket.socket, given: argparse.Namespace, node: subprocess.Popen, shown: Path) -> dict[int, float]:
    """The steady load with a probe every two seconds; when the fix that makes its alert was sent."""
    fleet = ingest.Fleet()
    piece = max(1, given.rate // 20)
    sent: dict[int, float] = {}
    begun, k = time.monotonic(), 0
    for probe in range(given.alerts + 1):
        mmsi = 206_000_000 + probe
        lat, lon = corner(probe)
        lon += 0.4
        for step in range(40 if probe else 200):
            due = begun + k * 0.05
            time.sleep(max(0.0, due - time.monotonic()))
            now = int(time.time())
            out = fleet.lines(np.arange(k * piece, (k + 1) * piece) % VESSELS, now, round(given.hours * 3600) + k // 20)
            k += 1
            if step == 5:
                out += position(mmsi, now - 600, lat - 0.5, lon, 12, 0) + position(
                    mmsi, now - 300, lat + 0.1, lon, 12, 0
                )
            if step == 25:
                out += position(mmsi, now, lat + 0.12, lon, 12, 0)
                sent[mmsi] = time.time()
            link.sendall(out)
        assert node.poll() is None
        if probe == 0:  # the first alert of a node loads the compiled detectors
            sent.clear()
            begun = time.monotonic() - k * 0.05
    return sent


def told(sent: dict[int, float], seen: Path, shown: Path, given: argparse.Namespace, begun: float) -> dict:
    in_store, on_screen = first(text(seen), "E"), first(text(shown), "A")
    passes = [x.split() for x in text(seen).splitlines() if x.startswith("T ")]
    during = [round(float(b) - float(a), 2) for _, a, b in passes if float(a) > begun]
    return {
        "vessels": VESSELS, "lines_per_s": given.rate, "hours_behind": given.hours, "rows_behind": VESSELS * round(given.hours * 60),
        "alerts": len(sent), "in_store": spread([in_store[m] - t for m, t in sent.items() if m in in_store]),
        "on_screen": spread([on_screen[m] - t for m, t in sent.items() if m in on_screen]),
        "shown": sum(m in on_screen for m in sent), "settled_meanwhile_s": during,
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

"""A node on one core takes in NMEA over TCP: how many lines, with what loss, how soon the position and the alert stand.

    python benchmarks/ingest.py [--seconds 20] [--rate 50000]

The node is the whole thing: TCP, decoder, durable store, live detection with coast and a zone, API; pinned to one core.
The sender runs on another. Two parts: everything at once, as fast as TCP takes it; then a steady rate with probes: a
vessel of its own whose position is looked for in the store every 10 ms, and a vessel that enters a zone, whose event
(an alert by the default rules) is made by its second report inside. Wall times on a shared machine say little; CPU
seconds stand beside them. Results: ``benchmarks/results/ingest.json``.
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

import numpy as np
from harness import cpu_name

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from kizuna.exercise import nmea_encode as nmea  # noqa: E402
from node.service.node_make import free_port, make_node, position  # noqa: E402

VESSELS = 50_000
PROBES, ENTRIES = 205_000_000, 206_000_000
ZONE = {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"zone_id": "z", "name": "Z"},
        "geometry": {"type": "Polygon", "coordinates": [[[140, 10], [141, 10], [141, 11], [140, 11], [140, 10]]]}}]}  # fmt: skip

CHILD = """
import os, sys, threading, time
from pathlib import Path
from kizuna.node.service.node_file import read_node_file
from kizuna.node.service.serving import serve_node, set_up_log
out = open(sys.argv[2], "w", buffering=1)
def watch(node, url):
    def run():
        picture = events = 0
        told = 0.0
        while True:
            picture, rows = node.keep.latest(picture)
            now = time.monotonic()
            for m in rows["mmsi"][(rows["mmsi"] >= 205000000) & (rows["mmsi"] < 206000000)].tolist():
                out.write(f"P {m} {now}\\n")
            at = node.keep.versions().events
            if at != events:
                found = node.keep.events(since_version=events)
                events = at
                now = time.monotonic()
                for m in found["mmsis"].to_pylist():
                    out.write(f"E {m[0]} {now}\\n")
            if now - told > 0.1:
                told = now
                h = node.health.sources["a"]
                used = time.process_time()
                out.write(f"S {now} {h.rows} {used} {node.detection.rows_waiting} {h.dropped}\\n")
            time.sleep(0.01)
    threading.Thread(target=run, daemon=True).start()
    out.write("READY\\n")
set_up_log(30, as_json=False)
sys.exit(serve_node(read_node_file(Path(sys.argv[1]) / "node.toml"), watch))
"""


class Fleet:
    """Ships spread over the ocean that sail straight on; each is heard once in so many seconds."""

    def __init__(self) -> None:
        rng = np.random.default_rng(1)
        self.mmsi = 210_000_000 + np.arange(VESSELS)
        self.lon, self.lat = rng.uniform(125, 139, VESSELS), rng.uniform(5, 30, VESSELS)
        self.sog, self.cog = rng.uniform(6, 16, VESSELS), rng.uniform(0, 359, VESSELS)

    def lines(self, rows: np.ndarray, time_s: int, since_s: int) -> bytes:
        run_deg = self.sog[rows] * since_s / 3600 / 60
        angle = np.radians(self.cog[rows])
        lat = self.lat[rows] + run_deg * np.cos(angle)
        lon = self.lon[rows] + run_deg * np.sin(angle) / np.cos(np.radians(lat))
        n, zero = len(rows), np.zeros(len(rows), np.int64)
        fix = nmea.Fixes(self.mmsi[rows], lon, lat, self.sog[rows], self.cog[rows], self.cog[rows], np.full(n, np.nan),
                         zero, np.full(n, time_s % 60), zero)  # fmt: skip
        heard = nmea.Heard(np.tile(np.frombuffer(b"BENCH", np.uint8), (n, 1)), np.full(n, time_s),
                           np.full(n, ord("A"), np.uint8), zero, zero)  # fmt: skip
        return nmea.sentences(nmea.position_a(fix, 1, zero), heard).tobytes()


class Node:
    """The node in a process of its own."""

    def __init__(self, home: Path, core: int) -> None:
        self.port = free_port()
        source = {"id": "a", "kind": "tcp-listen", "address": f"127.0.0.1:{self.port}"}
        listen = {"tls": False, "port": free_port()}
        make_node(home, [source], listen=listen, places={"zones": ["z.geojson"]}, live={"keep_h": 48.0})
        (home / "z.geojson").write_text(json.dumps(ZONE))
        self.file = home.parent / "seen"
        child = home.parent / "child.py"
        child.write_text(CHILD)
        words = ["taskset", "-c", str(core), sys.executable, str(child), str(home), str(self.file)]
        self.process = subprocess.Popen(words)
        while not (self.file.exists() and "READY" in self.file.read_text()):
            assert self.process.poll() is None
            time.sleep(0.1)

    def status(self) -> tuple[float, int, float, int, int]:
        """Moment, rows stored, CPU seconds, rows waiting for detection, dropped."""
        last = [x for x in self.file.read_text().splitlines()[-4000:] if x.startswith("S ") and x.count(" ") == 5][
            -1
        ].split()
        return float(last[1]), int(last[2]), float(last[3]), int(last[4]), int(last[5])

    def wait_rows(self, rows: int, *, looked_at: bool) -> tuple[float, float]:
        """Until so many rows are stored (and looked at); moment and CPU seconds then."""
        while True:
            moment, held, cpu, waiting, _ = self.status()
            if held >= rows and (not looked_at or waiting == 0):
                return moment, cpu
            assert self.process.poll() is None
            time.sleep(0.05)

    def seen(self, kind: str) -> dict[int, float]:
        out: dict[int, float] = {}
        for line in self.file.read_text().splitlines():
            if line.startswith(kind) and line.count(" ") == 2:
                _, mmsi, moment = line.split()
                out.setdefault(int(mmsi), float(moment))
        return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--rate", type=int, default=50_000)
    parser.add_argument("--core", type=int, default=1)
    given = parser.parse_args()
    os.sched_setaffinity(0, {0} if given.core else {1})
    fleet = Fleet()
    with tempfile.TemporaryDirectory(prefix="kizuna-ingest-") as name:
        node = Node(Path(name) / "n", given.core)
        try:
            doc = measured(node, fleet, given)
        finally:
            node.process.terminate()
            node.process.wait(60)
    doc["machine"] = {
        "cpu": cpu_name(),
        "python": platform.python_version(),
        "niceness": os.nice(0),
        "load": [round(x, 1) for x in os.getloadavg()],
    }
    print(json.dumps(doc, indent=1))
    (ROOT / "benchmarks" / "results" / "ingest.json").write_text(json.dumps(doc, indent=1) + "\n")


def measured(node: Node, fleet: Fleet, given: argparse.Namespace) -> dict:
    begin_s = int(time.time()) - 3600
    seconds = [fleet.lines(np.arange(k * given.rate, (k + 1) * given.rate) % VESSELS, begin_s + 10 * k, 10 * k)
               for k in range(given.seconds)]  # fmt: skip
    rows = given.rate * given.seconds
    link = socket.create_connection(("127.0.0.1", node.port))
    link.sendall(seconds[0])  # the first calls load compiled kernels
    node.wait_rows(given.rate, looked_at=True)
    _, _, cpu_before, _, _ = node.status()
    begun = time.monotonic()
    for data in seconds[1:]:
        link.sendall(data)
    stored, cpu_stored = node.wait_rows(rows, looked_at=False)
    done, cpu_done = node.wait_rows(rows, looked_at=True)
    flood = rows - given.rate
    at_once = {
        "lines": flood, "stored_s": round(stored - begun, 2), "looked_at_s": round(done - begun, 2),
        "cpu_s": round(cpu_done - cpu_before, 2), "lines_per_s": round(flood / (stored - begun)),
        "lines_per_cpu_s": round(flood / (cpu_done - cpu_before)),
    }  # fmt: skip
    first = ENTRIES + 900_000  # the first event of a process loads the compiled detectors: not what is measured here
    link.sendall(b"".join(position(first, begin_s + 100 * k, (9.5, 10.1, 10.12)[k], 140.5, 12, 0) for k in range(3)))
    rows += 3
    while first not in node.seen("E"):
        time.sleep(0.05)
    steady = paced(node, fleet, link, given, begin_s + 10 * given.seconds)
    link.close()
    total = rows + steady.pop("sent")
    node.wait_rows(total, looked_at=True)
    _, held, _, _, dropped = node.status()
    steady["lost"] = total - held + dropped
    return {"at once": at_once, "steady": steady, "vessels": VESSELS}


def paced(node: Node, fleet: Fleet, link: socket.socket, given: argparse.Namespace, begin_s: int) -> dict:
    """A steady rate in pieces of 20 ms, with probes."""
    piece = given.rate // 50
    pieces = given.seconds * 50
    data = [
        fleet.lines(np.arange(k * piece, (k + 1) * piece) % VESSELS, begin_s + k // 50, k // 50) for k in range(pieces)
    ]
    sent_at: dict[int, float] = {}
    entered_at: dict[int, float] = {}
    sent, behind_s = 0, 0.0
    _, _, cpu_before, _, _ = node.status()
    begun = time.monotonic()
    for k in range(pieces):
        due = begun + k * 0.02
        now = time.monotonic()
        if now < due:
            time.sleep(due - now)
        behind_s = max(behind_s, now - due)
        out, time_s = data[k], begin_s + k // 50
        n = piece
        if k % 5 == 0:
            mmsi = PROBES + k
            out += position(mmsi, time_s, 20, 130)
            sent_at[mmsi] = time.monotonic()
            n += 1
        if k % 25 == 0:
            mmsi = ENTRIES + k
            out += position(mmsi, time_s - 600, 9.5, 140.5, 12, 0) + position(mmsi, time_s - 300, 10.1, 140.5, 12, 0)
            n += 2
        if k % 25 == 12:
            mmsi = ENTRIES + k - 12
            out += position(mmsi, time_s, 10.12, 140.5, 12, 0)
            entered_at[mmsi] = time.monotonic()
            n += 1
        link.sendall(out)
        sent += n
    took_s = time.monotonic() - begun
    time.sleep(3)
    _, _, cpu_after, _, _ = node.status()
    shown = [node.seen("P")[m] - t for m, t in sent_at.items() if m in node.seen("P")]
    told = [node.seen("E")[m] - t for m, t in entered_at.items() if m in node.seen("E")]
    return {
        "sent": sent, "offered_lines_per_s": given.rate, "lines_per_s": round(sent / took_s),
        "sender_behind_most_s": round(behind_s, 2), "core_share": round((cpu_after - cpu_before) / took_s, 2),
        "probes": len(sent_at), "probes_seen": len(shown), "latest": spread(shown), "entries": len(entered_at),
        "entries_told": len(told), "alert": spread(told),
    }  # fmt: skip


def spread(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    if not ordered:
        return {}
    return {"median_s": round(statistics.median(ordered), 3), "p99_s": round(ordered[int(0.99 * (len(ordered) - 1))], 3),
            "most_s": round(ordered[-1], 3)}  # fmt: skip


if __name__ == "__main__":
    main()

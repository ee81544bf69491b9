"""Kills a node under load at random moments and checks what it kept.

A feeder serves numbered lines over TCP to whoever connects: each connection begins where the feeder stands, and each
line has an MMSI and a second of its own, so a row tells which line it was. Before each kill the versions that the node
acknowledged (a line on its stdout after each durable append) are noted; after the last start every row acknowledged
must be there, and no line twice.
"""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import numpy as np

from kizuna.stores.keep import open_keep
from node.service.node_make import START_S, free_port, make_node, position

CHILD = """
import sys, threading
from pathlib import Path
from kizuna.node.service import intake
from kizuna.node.service.node_file import read_node_file
from kizuna.node.service.serving import serve_node, set_up_log
out = open(sys.argv[2], "ab", buffering=0)
durable = intake.Intake._stored
def told(self, batch):
    done = durable(self, batch)
    if done:
        out.write(b"".join(b"%d %d\\n" % pair for pair in zip(batch.fixes["mmsi"].tolist(), batch.fixes["time_ms"].tolist())))
    return done
intake.Intake._stored = told
set_up_log(30, as_json=False)
serve_node(read_node_file(Path(sys.argv[1]) / "node.toml"))
"""


class Feeder:
    """Serves an endless, ever new stream of positions at a rate (lines a second)."""

    def __init__(self, vessels: int, rate: int):
        self.vessels, self.rate, self.next = vessels, rate, 0
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.over = False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def line(self, k: int) -> bytes:
        v, minute = k % self.vessels, k // self.vessels
        return position(201_000_001 + v, START_S + 10 * minute, 20 + v % 90 * 0.05, 120 + minute % 1000 * 0.0005)

    def run(self):
        while not self.over:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            connection.settimeout(5)
            try:
                while not self.over:
                    n = max(1, self.rate // 50)
                    connection.sendall(b"".join(self.line(k) for k in range(self.next, self.next + n)))
                    self.next += n
                    time.sleep(0.02)
            except OSError:
                pass
            finally:
                connection.close()

    def close(self):
        self.over = True
        self.server.close()


class Killed:
    """One node, killed again and again."""

    def __init__(self, home: Path, rate=2_000, vessels=300, seed=1):
        self.feeder = Feeder(vessels, rate)
        self.port = free_port()
        source = {"id": "a", "kind": "tcp", "address": f"127.0.0.1:{self.feeder.port}"}
        listen = {"tls": False, "port": self.port}
        self.home = home
        make_node(home, [source], listen=listen, upkeep={"save_s": 5.0}, store={"seal_rows": 3_000, "seal_batches": 40})
        self.acks = home.parent / "acks"
        self.child = home.parent / "child.py"
        self.child.write_text(CHILD)
        self.random = random.Random(seed)
        self.back_s: list[float] = []
        self.back_cpu_s: list[float] = []

    def start(self) -> subprocess.Popen:
        """Start the node; how long until it answers and takes in again goes to ``back_s``."""
        begun = time.monotonic()
        size = self.acks.stat().st_size if self.acks.exists() else 0
        with (self.home.parent / "log").open("ab") as log:
            node = subprocess.Popen(
                [sys.executable, str(self.child), str(self.home), str(self.acks)], stderr=log, stdout=log
            )
        while True:
            assert node.poll() is None, (self.home.parent / "log").read_text()[-3000:]
            if time.monotonic() - begun > 600:  # a first start may have to compile kernels on a busy machine
                node.kill()
                raise AssertionError((self.home.parent / "log").read_text()[-3000:])
            if self.acks.exists() and self.acks.stat().st_size > size and self.answers():
                break
            time.sleep(0.02)
        self.back_s.append(time.monotonic() - begun)
        used = Path(f"/proc/{node.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        self.back_cpu_s.append((int(used[11]) + int(used[12])) / os.sysconf("SC_CLK_TCK"))
        return node

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=2) as found:
                return json.load(found) == {"ok": True}
        except OSError:
            return False

    def rounds(self, n: int, least_s=0.0, most_s=2.0, told=lambda k: None, minutes=1e9):
        """Start and kill n times or for so long, then start once more and stop in good order; kills done."""
        until = time.monotonic() + 60 * minutes
        done = 0
        for k in range(n):
            if time.monotonic() > until:
                break
            done += 1
            node = self.start()
            time.sleep(self.random.uniform(least_s, most_s))
            os.kill(node.pid, signal.SIGKILL)
            node.wait()
            told(k)
        begun = time.time()
        node = self.start()
        self.feeder.close()
        while not self.caught_up(begun):  # lives of two seconds are too short for that
            assert node.poll() is None and time.time() - begun < 600, (self.home.parent / "log").read_text()[-3000:]
            time.sleep(0.2)
        node.send_signal(signal.SIGTERM)
        assert node.wait(90) == 0, (self.home.parent / "log").read_text()[-3000:]
        return done

    def caught_up(self, begun: float) -> bool:
        """Whether detection has saved, since then, a state that covers the store and not only a part of it."""
        saved = self.home / "state" / "test" / "state.json"
        try:
            return saved.stat().st_mtime > begun and json.loads(saved.read_text())["extra"]["picture"] >= 0
        except (OSError, ValueError):
            return False

    def check(self) -> dict:
        """Counts: rows acknowledged, in the store, lost, twice; and of the state of detection."""
        text = self.acks.read_bytes()
        text = text[: text.rfind(b"\n") + 1]  # the last line may be cut by the kill
        acked = {tuple(map(int, line.split())) for line in text.splitlines()}
        with open_keep(self.home / "store" / "test", context="test", read_only=True) as keep:
            fixes = keep.messages("fixes", None, 0, 1 << 52)
        held = list(zip(fixes["mmsi"].tolist(), fixes["time_ms"].tolist(), strict=True))
        from kizuna.base.table import from_arrow
        from kizuna.fixes.table import FIXES
        import pyarrow as pa

        state = self.home / "state" / "test"
        parts = json.loads((state / "state.json").read_text())["parts"]["fixes"]
        seen = [from_arrow(FIXES, pa.ipc.open_file(str(state / f)).read_all())["msg_id"] for f, _ in parts]
        seen = np.concatenate(seen)
        return {
            "acknowledged": len(acked),
            "held": len(held),
            "lost": len(acked - set(held)),
            "twice": len(held) - len(set(held)),
            "detection_rows": len(seen),
            "detection_twice": len(seen) - len(np.unique(seen)),
            "detection_lacks": int((~np.isin(fixes["msg_id"], seen)).sum()),
        }

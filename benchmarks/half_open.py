"""What 500 connections that never finish what they begin cost another client of a node.

    python benchmarks/half_open.py [--rounds 5] [--asks 300]

A node runs in a process of its own, with TLS. A client asks ``/health`` on a new connection each time (the dearest way)
and on one that stays, without and with 500 half-open connections (silent, half a hello, only a handshake, half a head,
half a body), in turns. Results, wall time in ms: ``benchmarks/results/half_open.json``.
"""

import argparse
import contextlib
import json
import os
import platform
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
from harness import cpu_name

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from node.service.node_make import free_port, make_node  # noqa: E402

HALVES = (
    (b"", False), (b"\x16\x03\x01\x02\x00\x01\x00", False), (b"", True), (b"GET / HTTP/1.1\r\nHost: loc", True),
    (b"POST /api/login HTTP/1.1\r\nHost: localhost\r\nX-Kizuna: 1\r\nContent-Type: application/json\r\nContent-Length: 100"
     b"\r\n\r\n{", True),
)  # fmt: skip
CHILD = """
import sys
from pathlib import Path
from kizuna.node.service.node_file import read_node_file
from kizuna.node.service.serving import serve_node
sys.exit(serve_node(read_node_file(Path(sys.argv[1]) / "node.toml"), lambda node, url: print("READY", flush=True)))
"""


def half_open(port: int, trust: ssl.SSLContext, n: int, stack: contextlib.ExitStack) -> None:
    for k in range(n):
        first, shake = HALVES[k % len(HALVES)]
        one = stack.enter_context(socket.create_connection(("127.0.0.1", port), 10))
        if shake:
            one = stack.enter_context(trust.wrap_socket(one, server_hostname="localhost"))
        if first:
            one.send(first)


def asked(url: str, trust: ssl.SSLContext, asks: int) -> dict[str, list[float]]:
    """Milliseconds of each answer."""
    out: dict[str, list[float]] = {"kept": [], "new": []}
    with httpx.Client(base_url=url, verify=trust, timeout=30) as client:
        for _ in range(asks):
            begun = time.perf_counter()
            client.get("/health").raise_for_status()
            out["kept"].append((time.perf_counter() - begun) * 1000)
    for _ in range(asks // 5):
        begun = time.perf_counter()
        with httpx.Client(base_url=url, verify=trust, timeout=30) as client:
            client.get("/health").raise_for_status()
        out["new"].append((time.perf_counter() - begun) * 1000)
    return out


def figures(ms: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(ms, n=20)
    return {"median_ms": round(statistics.median(ms), 2), "p95_ms": round(cuts[18], 2), "n": len(ms)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--asks", type=int, default=300)
    args = parser.parse_args()
    found: dict[str, dict[str, list[float]]] = {w: {"kept": [], "new": []} for w in ("without", "with")}
    with tempfile.TemporaryDirectory() as name:
        home, port = Path(name) / "n", free_port()
        make_node(home, [], listen={"port": port})
        node = subprocess.Popen([sys.executable, "-c", CHILD, str(home)], stdout=subprocess.PIPE, text=True)
        try:
            assert node.stdout is not None
            for line in node.stdout:
                if line.startswith("READY"):
                    break
            trust = ssl.create_default_context(cafile=str(next(home.rglob("*.crt"))))
            url = f"https://localhost:{port}"
            asked(url, trust, 50)
            for _ in range(args.rounds):
                for which in found:
                    with contextlib.ExitStack() as stack:
                        half_open(port, trust, 500 if which == "with" else 0, stack)
                        for how, ms in asked(url, trust, args.asks).items():
                            found[which][how] += ms
        finally:
            node.terminate()
            node.wait(30)
    doc = {"machine": {"cpu": cpu_name(), "python": platform.python_version(), "load": [round(x, 1) for x in os.getloadavg()]},
           "rounds": args.rounds, **{w: {h: figures(ms) for h, ms in how.items()} for w, how in found.items()}}  # fmt: skip
    doc["p95_ratio"] = {h: round(doc["with"][h]["p95_ms"] / doc["without"][h]["p95_ms"], 2) for h in ("kept", "new")}
    (ROOT / "benchmarks" / "results" / "half_open.json").write_text(json.dumps(doc, indent=1) + "\n")
    print(json.dumps(doc, indent=1))


if __name__ == "__main__":
    main()

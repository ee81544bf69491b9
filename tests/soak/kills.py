"""What the runs that kill processes have in common: frames on a socket, children that are forked, the words of a result."""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

RESULTS = Path(__file__).resolve().parents[2] / "benchmarks" / "results"


# ---- frames ----------------------------------------------------------------------------------------------------------
def put(sock: socket.socket, data: bytes) -> None:
    """Send a message, its length before it."""
    sock.sendall(len(data).to_bytes(4, "big") + data)


def get(sock: socket.socket) -> bytes:
    """The next message; OSError where the other side ends."""
    head = exactly(sock, 4)
    return exactly(sock, int.from_bytes(head, "big"))


def exactly(sock: socket.socket, size: int) -> bytes:
    """So many bytes."""
    out = b""
    while len(out) < size:
        part = sock.recv(size - len(out))
        if not part:
            raise OSError("cut off")
        out += part
    return out


# ---- children --------------------------------------------------------------------------------------------------------
def fork(work: Callable[[], object], place: Path, name: str) -> int:
    """A child that works until it is killed; its pid. The libraries are loaded already: a life begins within
    milliseconds, and nothing but code is inherited. What ended it before its time is left in ``place``."""
    pid = os.fork()
    if pid:
        return pid
    try:
        work()
    except BaseException as exc:  # a child must never come back into the parent's code
        (place / f"died-{name}-{os.getpid()}").write_text(repr(exc))
    finally:
        os._exit(3)


def kill(pid: int) -> None:
    """SIGKILL, and wait until it is gone."""
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def left_behind(place: Path) -> list[str]:
    """Children that ended by themselves, and what they said."""
    return [f"{p.name}: {p.read_text()}" for p in sorted(place.glob("died-*"))]


# ---- words and results -----------------------------------------------------------------------------------------------
def asked(doc: str | None, kills: int, **counts: tuple[int, str]) -> argparse.Namespace:
    """The arguments of a run: ``--kills``, ``--seed``, and more counts with their default and meaning."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=kills)
    for name, (default, says) in counts.items():
        parser.add_argument(f"--{name}", type=int, default=default, help=says)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"))
    return parser.parse_args()


def added(parts: Sequence[dict[str, Any]], key: str) -> dict[str, int]:
    """Counts by name, over all parts of a run."""
    names = dict.fromkeys(name for part in parts for name in part[key])
    return {name: sum(part[key].get(name, 0) for part in parts) for name in names}


def finish(path: Path, doc: dict[str, Any], parts: Sequence[dict[str, Any]], seed: int) -> NoReturn:
    """Write what was found, with everything that is wrong, and end with 1 where anything is."""
    wrong = [words for part in parts for words in part["wrong"]]
    doc |= {"wrong": wrong, "seed": seed, "wall_s": round(sum(part["wall_s"] for part in parts), 1)}
    print(json.dumps(doc, indent=1))
    path.write_text(json.dumps(doc, indent=1) + "\n")
    sys.exit(1 if wrong else 0)

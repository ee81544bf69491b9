"""Nodes of the demonstration as processes: each runs what ``kizuna node run`` runs, and ends with us.

What every node needs and none changes (programs, compiled kernels, the coast with its index) is loaded once, in a
process that then forks one node after the other: they share that memory, and a small machine starts them sooner. It
loads while the nodes are still being made, and forks when it is told their directories.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from kizuna.base.errors import UnavailableError
from kizuna.node.service.status import read_status
from kizuna.node.two_desks.homes import Home

UP_S: Final = 180.0
END_S: Final = 40.0
_CODE: Final = "from kizuna.node.two_desks.processes import nursery; nursery()"
_SPARING: Final = {
    "MALLOC_ARENA_MAX": "2", "ARROW_DEFAULT_MEMORY_POOL": "system", "NUMPY_MADVISE_HUGEPAGE": "0",
    "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1",
}  # fmt: skip
"""Memory that was used once goes back sooner, and no library has threads of its own when nodes are forked."""
_PARENT_ENDS: Final = 1
"""PR_SET_PDEATHSIG of prctl(2): a node does not outlive the demonstration, however that ended."""


# ---- in the process that forks --------------------------------------------------------------------------------------
def nursery() -> None:
    """Load, fork a node for each directory told on stdin, say what becomes of them, and end with the last."""
    _end_with_parent()
    _preload()
    numbers = {}
    for number, home in enumerate(sys.stdin.read().splitlines()):
        pid = os.fork()
        if pid == 0:
            _be_node(Path(home))
        numbers[pid] = number
        _say("started", number, pid)
    while numbers:
        pid, status = os.wait()
        _say("ended", numbers.pop(pid), os.waitstatus_to_exitcode(status))


def _say(word: str, number: int, value: int) -> None:
    with contextlib.suppress(OSError):
        os.write(1, f"{word} {number} {value}\n".encode())


def _end_with_parent() -> None:
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PARENT_ENDS, signal.SIGTERM)


def _preload() -> None:
    import numpy as np  # noqa: PLC0415

    from kizuna.engines.live import contacts, run  # noqa: F401, PLC0415
    from kizuna.node.api import app, serve  # noqa: F401, PLC0415
    from kizuna.node.cli import node_run  # noqa: F401, PLC0415
    from kizuna.node.service import detections_door, matching, serving  # noqa: F401, PLC0415
    from kizuna.node.share.lines import traffic  # noqa: F401, PLC0415
    from kizuna.places.coast import load_coast  # noqa: PLC0415

    load_coast().distance_to_shore_m(np.array([25.0]), np.array([123.0]))
    gc.collect()
    gc.freeze()


def _be_node(home: Path) -> None:
    """Turn into a node; does not return."""
    code = 1
    try:
        os.setsid()
        _end_with_parent()
        log = os.open(home / "node.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(log, 1)
        os.dup2(log, 2)
        from kizuna.node.cli import node_run  # noqa: PLC0415

        node_run.run(home, log_json=True)
    except SystemExit as exc:
        code = exc.code if isinstance(exc.code, int) else 1
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)  # what the other process registered for its own end is not ours


# ---- in the process of the demonstration ----------------------------------------------------------------------------
class Nursery:
    """The process that loads what nodes need and then forks them; it loads from the moment at which it is made."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603  this Python, this program
            [sys.executable, "-c", _CODE], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env={**_SPARING, **os.environ}, start_new_session=True,
        )  # fmt: skip
        self.pids: dict[int, int] = {}
        self.codes: dict[int, int] = {}
        self.over = threading.Event()
        """Nothing more will be heard of any of them."""
        threading.Thread(target=self._follow, name="nodes", daemon=True).start()

    def _follow(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as told:
            for line in told:
                word, number, value = line.split()
                (self.pids if word == b"started" else self.codes)[int(number)] = int(value)
        self._process.wait()
        self.over.set()

    def start(self, homes: Sequence[Home]) -> list[NodeProcess]:
        """Start a node for each home; once."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError), self._process.stdin as told:  # ended: wait_up says so
            told.write("".join(f"{home.path}\n" for home in homes).encode())
        return [NodeProcess(home, self, number) for number, home in enumerate(homes)]

    def close(self) -> None:
        """End it; nodes that still run end with it."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        if self._process.poll() is None:
            self._process.terminate()
        self.over.wait(END_S)


class NodeProcess:
    """One node. Its log is ``<home>/node.log``."""

    def __init__(self, home: Home, nursery: Nursery, number: int) -> None:
        self.home, self._nursery, self._number = home, nursery, number

    @property
    def pid(self) -> int:
        """Process id; 0 before it was started."""
        return self._nursery.pids.get(self._number, 0)

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self._number not in self._nursery.codes and not self._nursery.over.is_set()

    def wait_up(self, over: threading.Event, most_s: float = UP_S) -> None:
        """Until its page answers, or ``over``. Raises UnavailableError where it ended or took too long."""
        until = time.monotonic() + most_s
        while time.monotonic() < until and self.runs and not over.is_set():
            with contextlib.suppress(OSError, urllib.error.URLError):
                where = f"http://127.0.0.1:{self.home.ports.page}/health"
                with urllib.request.urlopen(where, timeout=2):
                    return
            time.sleep(0.1)
        if not over.is_set():
            log = self.home.path / "node.log"
            raise UnavailableError(
                f"the node of {self.home.party.id} did not come up", where=str(log), hint="see its log"
            )

    def status(self) -> dict[str, Any]:
        """What it last wrote of itself."""
        return read_status(self.home.path)

    def stop(self) -> None:
        """Ask it to end in good order."""
        self._signal(signal.SIGTERM)

    def ended(self, most_s: float = END_S) -> int:
        """Wait for its end; at last end it. Its exit code."""
        until = time.monotonic() + most_s
        while self.runs and self.pid:
            if time.monotonic() > until:
                self._signal(signal.SIGKILL)
            time.sleep(0.05)
        return self._nursery.codes.get(self._number, 1)

    def _signal(self, number: int) -> None:
        if self.runs and self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)


def used(pid: int) -> tuple[float, float]:
    """Memory of a process that is its own share (PSS, MB), and CPU seconds that it used; zeros where it is gone."""
    try:
        rows = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
        pss_kb = next(int(row.split()[1]) for row in rows if row.startswith("Pss:"))
        numbers = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except (OSError, StopIteration, ValueError):
        return 0.0, 0.0
    return pss_kb / 1000, (int(numbers[11]) + int(numbers[12])) / os.sysconf("SC_CLK_TCK")

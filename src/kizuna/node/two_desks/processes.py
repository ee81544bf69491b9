"""Nodes of the demonstration as processes: each runs ``kizuna node run`` in a session of its own, and ends with us."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Final

from kizuna.base.errors import UnavailableError
from kizuna.node.service.status import read_status
from kizuna.node.two_desks.homes import Home

UP_S: Final = 120.0
END_S: Final = 40.0
_CODE: Final = "from kizuna.node.two_desks.processes import child; child()"
_SPARING: Final = {
    "MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": "131072", "MALLOC_TRIM_THRESHOLD_": "131072",
    "ARROW_DEFAULT_MEMORY_POOL": "system", "NUMPY_MADVISE_HUGEPAGE": "0",
}  # fmt: skip
"""Three nodes on one small machine: memory that was used once goes back at once (glibc, Arrow and NumPy keep it)."""
_PARENT_ENDS: Final = 1
"""PR_SET_PDEATHSIG of prctl(2): a node does not outlive the demonstration, however that ended."""


def child() -> None:
    """What each process runs; its only argument is the node's directory."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PARENT_ENDS, signal.SIGTERM)
    from kizuna.node.cli import node_run  # noqa: PLC0415  only the child loads it

    node_run.run(Path(sys.argv[1]), log_json=True)


class NodeProcess:
    """One node. Its log is ``<home>/node.log``."""

    def __init__(self, home: Home) -> None:
        self.home = home
        environment = {**_SPARING, **os.environ}
        with (home.path / "node.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  this Python, this program
                [sys.executable, "-c", _CODE, str(home.path)], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=environment, start_new_session=True,
            )  # fmt: skip

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def wait_up(self, most_s: float = UP_S) -> None:
        """Until its page answers. Raises UnavailableError where it ended or took too long."""
        until = time.monotonic() + most_s
        while time.monotonic() < until:
            if not self.runs:
                break
            with contextlib.suppress(OSError, urllib.error.URLError):
                where = f"http://127.0.0.1:{self.home.ports.page}/health"
                with urllib.request.urlopen(where, timeout=2):
                    return
            time.sleep(0.1)
        log = self.home.path / "node.log"
        raise UnavailableError(f"the node of {self.home.party.id} did not come up", where=str(log), hint="see its log")

    def status(self) -> dict[str, Any]:
        """What it last wrote of itself."""
        return read_status(self.home.path)

    def stop(self) -> None:
        """Ask it to end in good order."""
        if self.runs:
            self._process.send_signal(signal.SIGTERM)

    def ended(self, most_s: float = END_S) -> int:
        """Wait for its end; at last end it. Its exit code."""
        try:
            return self._process.wait(most_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


def used(pid: int) -> tuple[float, float]:
    """Memory of a process that is its own share (PSS, MB), and CPU seconds that it used; zeros where it is gone."""
    try:
        rows = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
        pss_kb = next(int(row.split()[1]) for row in rows if row.startswith("Pss:"))
        numbers = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except (OSError, StopIteration, ValueError):
        return 0.0, 0.0
    return pss_kb / 1000, (int(numbers[11]) + int(numbers[12])) / os.sysconf("SC_CLK_TCK")

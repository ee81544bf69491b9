"""How a node is, from the file that it writes while it runs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from kizuna.base import utc
from kizuna.base.errors import ConfigError, KizunaError
from kizuna.node.service.clocks import wall_ms
from kizuna.node.service.node_file import read_node_file
from kizuna.node.service.rooms import Rooms
from kizuna.node.service.settings import Config

OLD_MS: Final = 15_000
_FINE: Final = ("up", "starting")


def read_status(home: Path) -> dict[str, Any]:
    """The status with ``state`` (running, stopped, not answering) and ``wants_a_look``. Raises ConfigError."""
    config = read_node_file(home / "node.toml")
    path = Rooms(home).status
    try:
        found: dict[str, Any] = json.loads(path.read_bytes())
    except FileNotFoundError:
        found = {"running": False, "name": config.node.name, "context": config.node.context, "written": "",
                 "picture": 0, "events": 0, "newest": None, "troubles": {}, "sources": [], "numbers": {}}  # fmt: skip
    except (OSError, ValueError) as exc:
        raise ConfigError(f"cannot be read: {exc}", where=str(path)) from exc
    found["state"] = _state(found)
    bad = [s["source"] for s in found["sources"] if s["state"] not in _FINE]
    found["wants_a_look"] = found["state"] == "not answering" or bool(found["troubles"]) or (
        found["state"] == "running" and bool(bad)
    )  # fmt: skip
    return found


def clock_of(config: Config) -> Callable[[], int]:
    """What a node takes for now, for a command beside it: UTC ms of this machine, or the time that an exercise plays.

    A node with a played clock says it in its status; while it runs the time goes on at its speed, else it stands.
    """
    if config.clock.kind != "stream":
        return wall_ms

    def now_ms() -> int:
        try:
            found = json.loads(Rooms(config.home).status.read_bytes())
            played, written = utc.parse(found["now"]), utc.parse(found["written"])
        except (OSError, ValueError, KeyError, KizunaError):
            return wall_ms()  # nothing was played yet
        on_ms = wall_ms() - written if _state(found) == "running" else 0
        return played + round(max(0, on_ms) * config.clock.speed)

    return now_ms


def _state(found: dict[str, Any]) -> str:
    if not found.get("running"):
        return "stopped"
    if wall_ms() - utc.parse(found["written"]) > OLD_MS or not _lives(int(found["pid"])):
        return "not answering"
    return "running"


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

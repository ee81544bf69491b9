"""Health of the node and of each source: what came, what was lost, what is wrong. Numbers only ever go up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from kizuna.base.utc import iso
from kizuna.node.service.clocks import wall_ms
from kizuna.node.service.source_settings import Source

RATE_S: Final = 10.0
"""The rate shown is that of the last ten seconds or more."""
UP, SILENT, DOWN, REFUSED, STARTING, STOPPED = "up", "silent", "down", "refused", "starting", "stopped"


@dataclass(slots=True)
class SourceHealth:
    """One source. ``detail`` says what is wrong, in words."""

    source: Source
    monotonic: Callable[[], float] = time.monotonic
    state: str = STARTING
    detail: str = ""
    since_ms: int = field(default_factory=wall_ms)
    last_ms: int = 0
    last_s: float = 0.0
    received: int = 0
    lines: int = 0
    rows: int = 0
    dropped: int = 0
    connections: int = 0
    slowed: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    _rate_from: tuple[float, int] = (0.0, 0)
    _rate: float = 0.0

    def now_is(self, state: str, detail: str = "") -> bool:
        """Enter a state; whether it is another one than before."""
        changed = state != self.state
        if changed:
            self.state, self.since_ms = state, wall_ms()
        self.detail = detail
        return changed

    def heard(self, data: bytes, lines: int) -> None:
        """Bytes came in."""
        self.received += len(data)
        self.lines += lines
        self.last_ms, self.last_s = wall_ms(), self.monotonic()

    def add(self, counts: Mapping[str, int], rows: int) -> None:
        """What the decoder made of them."""
        self.rows += rows
        for name, n in counts.items():
            self.counts[name] = self.counts.get(name, 0) + n

    def rate(self) -> float:
        """Lines a second."""
        now = self.monotonic()
        begun, lines = self._rate_from
        if not begun:
            self._rate_from = now, self.lines
        elif now - begun >= RATE_S:
            self._rate = (self.lines - lines) / (now - begun)
            self._rate_from = now, self.lines
        return self._rate

    def as_row(self) -> dict[str, Any]:
        """For the page and the status file."""
        s = self.source
        state, detail = self.state, self.detail
        if state == UP and self.last_s and self.monotonic() - self.last_s > s.silent_s:
            state, detail = SILENT, f"nothing came for {round(self.monotonic() - self.last_s)} s"
        skip = ("lines", "messages", "rows")
        return {
            "source": s.id, "kind": s.kind, "address": s.address.split("?", 1)[0], "station": s.station,
            "state": state, "detail": detail, "since": iso(self.since_ms), "last": iso(self.last_ms) or None
            if self.last_ms else None, "bytes": self.received, "lines": self.lines, "rows": self.rows,
            "lines_per_s": round(self.rate(), 1), "dropped": self.dropped, "connections": self.connections,
            "slowed": self.slowed, "rejects": {k: n for k, n in self.counts.items() if k not in skip and n},
            "licence": s.licence, "pass_on": s.pass_on, "pass_on_to": list(s.pass_on_to),
            "pass_on_days": s.pass_on_days,
        }  # fmt: skip


class Health:
    """All of them, and the troubles of the node itself by name."""

    def __init__(self, sources: tuple[Source, ...]) -> None:
        self.sources = {s.id: SourceHealth(s) for s in sources}
        self.troubles: dict[str, str] = {}
        self.numbers: dict[str, float] = {}
        self.started_ms = wall_ms()
        self._lock = threading.Lock()

    def trouble(self, name: str, words: str) -> bool:
        """Something is wrong (or, without words, no longer); whether that is news."""
        with self._lock:
            before = self.troubles.get(name, "")
            if words:
                self.troubles[name] = words
            else:
                self.troubles.pop(name, None)
            return bool(before) != bool(words)

    def rows(self) -> list[dict[str, Any]]:
        """One row a source, and one for each trouble of the node."""
        with self._lock:
            own = [{"source": f"({name})", "kind": "node", "state": DOWN, "detail": words}
                   for name, words in self.troubles.items()]  # fmt: skip
        return own + [h.as_row() for h in self.sources.values()]

    def counters(self) -> dict[str, float]:
        """Numbers for monitoring."""
        out = dict(self.numbers)
        for name in ("lines", "received", "rows", "dropped", "connections", "slowed"):
            out[f"source_{name}"] = float(sum(getattr(h, name) for h in self.sources.values()))
        out["troubles"] = float(len(self.troubles))
        out["sources_up"] = float(sum(h.as_row()["state"] == UP for h in self.sources.values()))
        out["sources"] = float(len(self.sources))
        return out

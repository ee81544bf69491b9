"""A thread for each live source: connect, read whole lines, put them in the lane, and connect again when it breaks.

It waits 0.5, 1, 2, ... up to 30 s between attempts, longer where the other end refuses or is not to be trusted. An
exercise mark in the stream of a node of another context shuts the source for a minute; nothing of that read goes in.
"""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from kizuna.base.errors import ConfigError, TrustError, UnavailableError
from kizuna.links import exercise_link, net
from kizuna.links.live import Feed, Stop
from kizuna.links.tcp import BACKOFF_FIRST_S, BACKOFF_MAX_S, TcpClient
from kizuna.links.websocket import read_subscription
from kizuna.node.service import health as h
from kizuna.node.service.clocks import Clock, wall_ms
from kizuna.node.service.exercise_mark import refusal
from kizuna.node.service.lanes import Lane, Parcel
from kizuna.node.service.source_settings import Source

REFUSED_S: Final = 60.0
LASTING_S: Final = 30.0
"""A connection that held so long makes the next wait short again."""
_WATCH: Final = b'?WATCH={"enable":true,"json":true}\n'
_URLS: Final = {"tcp-listen": "tcp-listen://", "udp": "udp://", "ws": ""}
_LOG: Final = logging.getLogger("kizuna.node.feeds")


def check_address(source: Source, home: Path) -> None:
    """Raise ConfigError for an address or file that cannot be right; nothing is opened."""
    where = f"[[sources]] {source.id}"
    if source.kind == "http-detections":
        exercise_link.read_key(home / source.key)
    if source.kind in ("folder", "http-detections"):
        return
    url = source.address if source.kind == "ws" else f"tcp://{source.address}"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as exc:
        raise ConfigError(f"address: {exc}", where=where, hint="HOST:PORT") from exc
    if source.kind == "ws":
        if not net.is_web(url) or not host:
            raise ConfigError("no WebSocket address", where=where, hint="ws://HOST/PATH or wss://HOST/PATH")
    elif port is None or (not host and source.kind not in ("tcp-listen", "udp")):
        raise ConfigError(f"address {source.address!r}", where=where, hint="HOST:PORT")
    if source.kind == "exercise" and not source.key and not exercise_link.is_this_machine(host):
        raise ConfigError(
            "an exercise from another machine needs a key", where=where, hint="key = the file of both ends"
        )
    if source.key:
        exercise_link.read_key(home / source.key)
    if source.subscription:
        read_subscription(home / source.subscription)


class LiveSource:
    """The thread's work for one source."""

    def __init__(
        self, source: Source, lane: Lane, health: h.SourceHealth, clock: Clock, *, context: str, home: Path,
        stopping: Callable[[float], bool], monotonic: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self.source = source
        self._lane, self._health, self._clock = lane, health, clock
        self._context, self._home = context, home
        self._stopping = stopping  # waits so long for the end of the node; whether it came
        self._monotonic = monotonic
        self.stop = Stop()
        self._debt_s = 0.0
        self._paid_s = 0.0
        self._feed: Feed | None = None
        self._before = 0, 0  # lost and connected with earlier feeds

    def run(self) -> None:
        """Read until the node stops."""
        failures = 0
        while not self._stopping(0):
            begun = self._monotonic()
            wait_s = self._once()
            failures = 0 if self._monotonic() - begun > LASTING_S else failures + 1
            if wait_s is None:
                wait_s = (
                    min(BACKOFF_FIRST_S * 2 ** min(failures - 1, 10), BACKOFF_MAX_S) if failures else BACKOFF_FIRST_S
                )
            if self._stopping(wait_s):
                return

    def _once(self) -> float | None:
        """One connection; how long to wait before the next, None where the usual rule holds."""
        self._health.now_is(h.STARTING if not self._health.connections else h.DOWN, "waits for the first line")
        try:
            self._feed = feed = self._open()
            try:
                return self._read(feed)
            finally:
                feed.close()
                self._count(feed)
                self._before = self._health.dropped, self._health.connections
        except TrustError as exc:
            self._say(h.REFUSED, str(exc))
            return REFUSED_S
        except (UnavailableError, ConfigError, OSError) as exc:
            self._say(h.DOWN, str(exc))
            return None

    def _read(self, feed: Feed) -> float | None:
        for chunk in feed.chunks():
            why = refusal(chunk.data, self._context)
            if why:
                self._say(h.REFUSED, why)
                return REFUSED_S
            lines = chunk.data.count(b"\n")
            if self._health.now_is(h.UP):
                _LOG.info("source %s is up", self.source.id)
            self._health.heard(chunk.data, lines)
            self._count(feed)
            stamp = chunk.received_ms if self._clock.received_ms() is not None else None
            if not self._lane.put(Parcel(chunk.data, stamp)):
                return None
            self._slow_down(lines)
        return None

    def _count(self, feed: Feed) -> None:
        self._health.dropped = self._before[0] + feed.dropped
        self._health.connections = self._before[1] + int(getattr(feed, "connections", 0))

    def _say(self, state: str, words: str) -> None:
        if self._health.now_is(state, words):
            _LOG.warning("source %s is %s: %s", self.source.id, state, words)

    def _slow_down(self, lines: int) -> None:
        """Wait for as long as these lines should have taken, so that the sender has to wait too."""
        if not self.source.lines_per_s:
            return
        now = self._monotonic()
        self._debt_s = max(0.0, self._debt_s - (now - self._paid_s)) + lines / self.source.lines_per_s
        self._paid_s = now
        if self._debt_s > 1.0:  # a second's worth may come at once
            self._health.slowed += 1
            self._stopping(self._debt_s - 1.0)

    def _open(self) -> Feed:
        source = self.source
        if source.kind in _URLS:
            words = read_subscription(self._home / source.subscription) if source.subscription else ""
            url = _URLS[source.kind] + source.address
            feed = net.open_feed(url, clock_ms=wall_ms, stop=self.stop, subscription=words, attempts=1)
            granted = getattr(feed, "granted", 0)
            if granted:
                _LOG.info("source %s: receive buffer of %d bytes granted", source.id, granted)
            return feed
        host, _, port = source.address.rpartition(":")
        return TcpClient(
            host.strip("[]"), int(port), clock_ms=wall_ms, stop=self.stop, attempts=1, once=True, hello=self._hello()
        )

    def _hello(self) -> Callable[[socket.socket], None] | None:
        if self.source.kind == "gpsd":
            return lambda connection: connection.sendall(_WATCH)
        if self.source.key:
            key = exercise_link.read_key(self._home / self.source.key)
            return lambda connection: exercise_link.prove_as_node(connection, key)
        return None

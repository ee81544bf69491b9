"""The demonstration: a node of an exercise whose last day has run through the detectors, and which plays on.

Everything in it is the real thing: the generator's traffic goes through the decoder, the store and the live engine, the
day before in one go and from then on over TCP. It listens on this machine only, without TLS, and keeps the time that is
played. Whatever the demonstration of an earlier start left is thrown away.
"""

from __future__ import annotations

import logging
import secrets
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kizuna.base.errors import ConfigError
from kizuna.base.units import HOUR_MS, MINUTE_MS
from kizuna.engines.stages import Progress, silent
from kizuna.exercise.simulate import Playback, Scenario
from kizuna.links.line_player import LinePlayer
from kizuna.node.demo_places import PLACES, write_places
from kizuna.node.desk.desk import open_desk
from kizuna.node.playing import Play, played, simulated, start_of_day
from kizuna.node.service.clocks import wall_ms
from kizuna.node.service.lanes import Parcel
from kizuna.node.service.opening import Wanted, init_node
from kizuna.node.service.rooms import Rooms
from kizuna.node.service.running import Running
from kizuna.node.service.serving import serve_node
from kizuna.node.service.settings import Config

MARK: Final = ".kizuna-demo"
SOURCE: Final = "exercise"
HISTORY_H: Final = 24.0
PORTION_MS: Final = 10 * MINUTE_MS
USERS: Final = (("demo", "analyst"), ("chief", "administrator"))
_LOG: Final = logging.getLogger("kizuna.node.demo")


@dataclass(frozen=True, slots=True)
class DemoWanted:
    """What the demonstration shall be. ``ahead_h``: hours of the simulation that are left to play."""

    vessels: int = 300
    seed: int = 1
    speed: float = 10.0
    ahead_h: float = 12.0
    port: int = 8470

    def scenario(self, start_ms: int = 0) -> Scenario:
        """Its scenario."""
        return Scenario(vessels=self.vessels, hours=HISTORY_H + self.ahead_h, start_ms=start_ms)


@dataclass(frozen=True, slots=True)
class DemoReady:
    """What to tell people once it runs."""

    url: str
    password: str
    seconds: float
    page_built: bool


def prepare(wanted: DemoWanted, progress: Progress = silent) -> None:
    """Simulate ahead of time, so that the demonstration stands sooner. Part of setting up."""
    simulated(wanted.scenario(), wanted.seed, progress, keep=True)


def run_demo(
    home: Path, wanted: DemoWanted, ready: Callable[[DemoReady], None], progress: Progress = silent
) -> int:  # fmt: skip
    """Run until stopped. Raises ConfigError where ``home`` holds anything else than an earlier demonstration."""
    begun_s = time.monotonic()
    _clear(home)
    start_ms = start_of_day(wall_ms(), HISTORY_H)
    simulation = simulated(wanted.scenario(start_ms), wanted.seed, progress, keep=True)
    playback = simulation.playback()
    player = LinePlayer("127.0.0.1", 0, greeting=lambda: playback.mark(round(HISTORY_H * HOUR_MS)))
    password = "-".join(secrets.token_hex(3) for _ in range(3))
    try:
        config = _made(home, wanted, simulation.scenario.context, player.port)
        _users(home, password)
        over = threading.Event()

        def begin(node: Running, url: str) -> None:
            _history(node, playback, progress)
            play = Play(wanted.speed, round(HISTORY_H * HOUR_MS))
            work = threading.Thread(target=played, args=(playback, player, play, over.wait), name="play", daemon=True)
            work.start()
            _wait_for_alerts(node)
            ready(DemoReady(url, password, time.monotonic() - begun_s, _page_built()))

        try:
            return serve_node(config, begin)
        finally:
            over.set()
    finally:
        player.close()


def _clear(home: Path) -> None:
    if home.exists() and any(home.iterdir()) and not (home / MARK).exists():
        raise ConfigError("holds something else than a demonstration", where=str(home), hint="give a new directory")
    shutil.rmtree(home, ignore_errors=True)


def _made(home: Path, wanted: DemoWanted, context: str, player_port: int) -> Config:
    settings: dict[str, dict[str, Any]] = {
        "node": {"home": [25.3, 122.3, 6.2], "time_zone": "Asia/Taipei"},
        "listen": {"tls": False, "port": wanted.port},
        "live": {"settle_h": 6.0, "lateness_h": 1.0, "keep_h": 48.0},
        "clock": {"kind": "stream", "speed": wanted.speed},
        "places": PLACES,
        "store": {"lateness_s": 3600},
    }
    source = {"id": SOURCE, "kind": "exercise", "address": f"127.0.0.1:{player_port}", "licence": "invented",
              "station": "the generator"}  # fmt: skip
    made = init_node(home, Wanted("demo", "Kizuna demonstration", context, (), settings, (source,)))
    write_places(home)
    (home / MARK).touch()
    return made.config


def _users(home: Path, password: str) -> None:
    desk = open_desk(Rooms(home).desk)
    try:
        for name, role in USERS:
            desk.people.add(name, role, password)
    finally:
        desk.close()


def _history(node: Running, playback: Playback, progress: Progress) -> None:
    """The day before, through the same lane, decoder, store and detectors as everything after it."""
    lane = node.intake.lanes[SOURCE]
    end_ms = round(HISTORY_H * HOUR_MS)
    lane.put(Parcel(playback.mark(0)))
    for at_ms in range(0, end_ms, PORTION_MS):
        data = playback.between(at_ms, min(at_ms + PORTION_MS, end_ms))
        if data and not lane.put(Parcel(data)):
            return
        progress("The day before", at_ms + PORTION_MS, end_ms)


def _wait_for_alerts(node: Running, most_s: float = 120.0) -> None:
    """Until detection has seen the day before."""
    until = time.monotonic() + most_s
    while time.monotonic() < until and not node.health.troubles:
        if not node.intake.lanes[SOURCE].waiting_bytes and node.detection.rows_waiting < 10_000:  # noqa: PLR2004
            return
        time.sleep(0.1)


def _page_built() -> bool:
    from kizuna.node.api.static import web_root  # noqa: PLC0415

    return (web_root() / "index.html").exists()

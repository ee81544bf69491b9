"""The demonstration of two desks: three nodes on one simulated sea, a line between them, and a case at the border.

Set-up: the exercise is simulated once and kept. A start makes the nodes anew, introduces them, lets them sign the
memorandum and prepare their rules, starts them, gives each its past, puts the rules in force, and plays. Whatever an
earlier start left is thrown away. Ctrl-C ends the play, then the nodes, then the line.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import os
import shutil
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from kizuna.base import utc
from kizuna.base.errors import ConfigError, UnavailableError
from kizuna.base.units import MINUTE_MS
from kizuna.engines.stages import Progress, silent
from kizuna.exercise.region.parties import Parties
from kizuna.exercise.region.play import Region, RegionPlan, simulate_region
from kizuna.links.slow_link import Line, Shape, shape_of
from kizuna.node.demo import MARK
from kizuna.node.playing import kept, start_of_day, without_tracks
from kizuna.node.service.clocks import wall_ms
from kizuna.node.two_desks import bonds, homes, papers
from kizuna.node.two_desks.feeding import Feeding
from kizuna.node.two_desks.homes import Home, Ports
from kizuna.node.two_desks.processes import NodeProcess, Nursery

SWITCH: Final = "line"
"""File that says whether the line between the nodes is up or cut."""
UP: Final = "up"
CUT: Final = "cut"
PASSWORDS: Final = "passwords.txt"
_TAKEN_S: Final = 120.0
_CAUGHT_UP_ROWS: Final = 10_000
_LOOK_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class DesksWanted:
    """What the demonstration shall be. ``link``: the line between the nodes, as ``64k:30``; empty: a fast one."""

    vessels: int = 300
    seed: int = 1
    speed: float = 10.0
    ahead_h: float = 12.0
    before_h: float = 24.0
    port: int = 8470
    link: str = ""
    cast: Path | None = None

    def plan(self, cast: Parties, start_ms: int = 0) -> RegionPlan:
        """What to simulate."""
        return RegionPlan(cast, self.vessels, self.before_h, self.ahead_h, start_ms)


@dataclass(frozen=True, slots=True)
class DeskReady:
    """One node to tell people of."""

    party: str
    title: str
    url: str
    password: str
    pid: int


@dataclass(frozen=True, slots=True)
class DesksReady:
    """What to tell people once it runs."""

    desks: tuple[DeskReady, ...]
    passwords: Path
    seconds: float
    link: str
    page_built: bool


def prepare(wanted: DesksWanted, progress: Progress = silent) -> None:
    """Simulate ahead of time. Part of setting up."""
    _region(wanted, papers.read_cast(wanted.cast), progress)


def switch(out: Path, state: str) -> None:
    """Cut or mend the line of a demonstration that runs. Raises ConfigError where there is none."""
    if not (out / MARK).exists() or not (out / SWITCH).exists():
        raise ConfigError("no demonstration of two desks", where=str(out), hint="kizuna demo --out ...")
    (out / SWITCH).write_text(state + "\n", encoding="ascii")


def _region(wanted: DesksWanted, cast: Parties, progress: Progress) -> Region:
    def made() -> Region:
        region = simulate_region(wanted.plan(cast), wanted.seed, lambda share: progress("Simulate", share, 1.0))
        return replace(region, simulation=without_tracks(region.simulation))

    return kept(f"{wanted.plan(cast)} {wanted.seed}", Region, made)


@dataclass(slots=True)
class _Show:
    """What is open, so that it can be ended in order."""

    feeding: Feeding | None = None
    nursery: Nursery | None = None
    nodes: list[NodeProcess] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    def end(self) -> int:
        """End the play, the nodes, the lines; 0, or 1 where a node did not end well."""
        if self.feeding is not None:
            self.feeding.close()
        for node in self.nodes:
            node.stop()
        codes = [node.ended() for node in self.nodes]
        if self.nursery is not None:
            self.nursery.close()
        for line in self.lines:
            line.close()
        return int(any(codes))


def run_desks(
    out: Path, wanted: DesksWanted, ready: Callable[[DesksReady], None], progress: Progress = silent
) -> int:  # fmt: skip
    """Run until SIGINT or SIGTERM. Raises ConfigError where ``out`` holds anything else than a demonstration."""
    begun_s = time.monotonic()
    shape, cast = shape_of(wanted.link), papers.read_cast(wanted.cast)
    _clear(out)
    over, show = threading.Event(), _Show()
    with _signals(over):
        try:
            show.nursery = Nursery()
            region = _region(wanted, cast, progress).at(start_of_day(wall_ms(), wanted.before_h))
            show.feeding = Feeding(region, cast.ids)
            show.lines, ports = _ports(cast, wanted, shape, show.feeding)
            made = _homes(out, wanted, cast, region, ports)
            digests = _bonds(cast, made, region)
            (out / "exercise-truth.json").write_bytes(region.truth_json())
            show.nodes = show.nursery.start(made)
            _begin(show, made, digests, over, progress)
            if not over.is_set():
                show.feeding.play(made, wanted.speed)
                ready(_ready(out, made, show.nodes, time.monotonic() - begun_s, wanted.link))
            _mind(out, show, over)
        finally:
            code = show.end()
    return code


def _clear(out: Path) -> None:
    if out.exists() and any(out.iterdir()) and not (out / MARK).exists():
        raise ConfigError("holds something else than a demonstration", where=str(out), hint="give a new directory")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True, mode=0o700)
    (out / MARK).touch()
    (out / SWITCH).write_text(UP + "\n", encoding="ascii")


@contextlib.contextmanager
def _signals(over: threading.Event) -> Iterator[None]:
    """Ctrl-C and SIGTERM set the event; a second one ends at once."""

    def asked(number: int, _frame: Any) -> None:
        if over.is_set():
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        over.set()

    before = {n: signal.signal(n, asked) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ports(cast: Parties, wanted: DesksWanted, shape: Shape, feeding: Feeding) -> tuple[list[Line], list[Ports]]:
    """Ports of all nodes, and a line between every two; whoever calls another calls its end of the line."""
    inner, lines = {p: _free_port() for p in cast.ids}, []
    ends: dict[str, dict[str, int]] = {p: {} for p in cast.ids}
    for one, two in itertools.combinations(cast.ids, 2):
        lines.append(Line(shape, wanted.seed))
        ends[one][two] = lines[-1].towards(inner[one], back=True)
        ends[two][one] = lines[-1].towards(inner[two])
    return lines, [Ports(wanted.port + k if wanted.port else _free_port(), inner[p], feeding.port(p), ends[p])
                   for k, p in enumerate(cast.ids)]  # fmt: skip


def _homes(out: Path, wanted: DesksWanted, cast: Parties, region: Region, ports: Sequence[Ports]) -> list[Home]:
    """All nodes at once: most of the time goes into the keys of their users."""
    context = region.simulation.scenario.context
    with ThreadPoolExecutor(len(ports)) as pool:
        made = list(pool.map(lambda k: homes.make(out, cast, cast.parties[k], context, ports[k], wanted.speed),
                             range(len(ports))))  # fmt: skip
    rows = ["EXERCISE. Passwords of the demonstration, made anew at each start.", ""]
    for home in made:
        users = ", ".join(f"{name} ({role.replace('_', ' ')})" for name, role in homes.USERS)
        rows += [f"{home.party.title['en']}  {home.url}", f"  password {home.password}", f"  users {users}", ""]
    path = out / PASSWORDS
    path.touch(mode=0o600)
    path.write_text("\n".join(rows), encoding="utf-8")
    return made


def _bonds(cast: Parties, made: Sequence[Home], region: Region) -> dict[str, str]:
    """Introductions, memorandum, rules; the hash of each desk's rules."""
    bonds.introduce(made)
    text = papers.memorandum(cast, dt.datetime.now(dt.UTC).date())
    digests = {}
    for home in made:
        party = home.party.id
        if party in papers.desks(cast):
            bonds.only_clear(home, papers.onlookers(cast))
            bonds.agree(home, text)
            digests[party] = bonds.prepare_rules(home, papers.rules(cast, party, region))
    return digests


def _begin(
    show: _Show, made: Sequence[Home], digests: dict[str, str], over: threading.Event, progress: Progress
) -> None:
    """Wait for the nodes, give them their past, put the rules in force."""
    for node in show.nodes:
        node.wait_up(over)
    assert show.feeding is not None
    if over.is_set():
        return
    show.feeding.past(made, progress)
    region = show.feeding.region
    for node in show.nodes:
        _caught_up(node, region.simulation.scenario.start_ms + show.feeding.begin_ms, over)
    for home in made:
        if home.party.id in digests:
            bonds.activate(home, digests[home.party.id])


def _caught_up(node: NodeProcess, now_ms: int, over: threading.Event) -> None:
    """Until a node took in its past and detection has seen it."""
    until = time.monotonic() + _TAKEN_S
    while time.monotonic() < until and not over.is_set():
        if not node.runs:
            raise UnavailableError(f"the node of {node.home.party.id} ended", where=str(node.home.path / "node.log"))
        found = node.status()
        newest = utc.parse(found["newest"]) if found.get("newest") else 0
        waiting = found.get("numbers", {}).get("detection_rows_waiting", 0)
        if newest >= now_ms - 5 * MINUTE_MS and waiting < _CAUGHT_UP_ROWS:
            return
        over.wait(_LOOK_S)


def _mind(out: Path, show: _Show, over: threading.Event) -> None:
    """Until told to end: the switch of the line, and whether the nodes still run."""
    while not over.wait(_LOOK_S):
        with contextlib.suppress(OSError):
            cut = (out / SWITCH).read_text(encoding="ascii").strip() == CUT
            for line in show.lines:
                if cut != line.is_cut:
                    (line.cut if cut else line.mend)()
        for node in show.nodes:
            if not node.runs:
                where = str(node.home.path / "node.log")
                raise UnavailableError(f"the node of {node.home.party.id} ended", where=where)


def _ready(out: Path, made: Sequence[Home], nodes: Sequence[NodeProcess], seconds: float, link: str) -> DesksReady:
    from kizuna.node.api.static import web_root  # noqa: PLC0415

    desks = tuple(DeskReady(h.party.id, h.party.title["en"], h.url, h.password, n.pid)
                  for h, n in zip(made, nodes, strict=True))  # fmt: skip
    return DesksReady(desks, out / PASSWORDS, seconds, link, (web_root() / "index.html").exists())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

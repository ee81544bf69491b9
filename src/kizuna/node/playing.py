"""An exercise played live: the generator's traffic over TCP, in real time or faster.

Every ship is invented and has an MMSI of an unassigned MID; the stream says EXERCISE at the start of each connection
and every minute; only this machine may listen without an exercise key. Nothing but what the generator made is played:
there is no way to play a file of real traffic as an exercise.
"""

from __future__ import annotations

import hashlib
import pickle
import time
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Final, TypeVar

from kizuna.base import jit
from kizuna.base.units import HOUR_MS, MINUTE_MS
from kizuna.engines.stages import Progress, silent
from kizuna.exercise.simulate import Playback, Scenario, Simulation, simulate
from kizuna.links.line_player import LinePlayer

_T = TypeVar("_T")
TICK_S: Final = 0.1
MARK_S: Final = 60.0
_KEPT_MOST: Final = 3
"""Simulations in the cache; some 100 MB each."""


@dataclass(frozen=True, slots=True)
class Play:
    """How to play: ``speed`` times as fast as life, after the first ``skip_ms`` of the simulation."""

    speed: float = 1.0
    skip_ms: int = 0


def played(
    playback: Playback, player: LinePlayer, play: Play, over: Callable[[float], bool],
    monotonic: Callable[[], float] = time.monotonic,
) -> int:  # fmt: skip
    """Play until the simulation or the process ends; how far it came, ms. ``over`` waits so long for the end."""
    end_ms = round(playback.simulation.scenario.hours * HOUR_MS)
    begun = monotonic()
    at_ms, marked_s = play.skip_ms, begun
    while at_ms < end_ms:
        if over(TICK_S):
            return at_ms
        now = monotonic()
        to_ms = min(end_ms, play.skip_ms + round((now - begun) * play.speed * 1000))
        data = playback.between(at_ms, to_ms)
        if now - marked_s >= MARK_S:
            data, marked_s = playback.mark(to_ms) + data, now
        if data:
            player.send(data)
        at_ms = to_ms
    return at_ms


def simulated(scenario: Scenario, seed: int, progress: Progress = silent, *, keep: bool = False) -> Simulation:
    """A simulation; with ``keep`` from the user's cache, where its traffic lies apart from its date.

    The cache is a pickle in the directory of the compiled kernels: it is ours alone, and whoever can write there can
    already run code.
    """

    def made() -> Simulation:
        return simulate(scenario, seed, lambda share: progress("Simulate", share, 1.0))

    if not keep:
        return made()
    found = kept(f"{replace(scenario, start_ms=0)} {seed}", Simulation, lambda: without_tracks(made()))
    return replace(found, scenario=scenario)


def kept(name: str, kind: type[_T], make: Callable[[], _T]) -> _T:
    """Something that was simulated, from the user's cache where it is there; see ``simulated``."""
    path = _cached(name)
    if path.exists():
        try:
            found = pickle.loads(path.read_bytes())  # noqa: S301  see above
            if isinstance(found, kind):
                return found
        except (OSError, pickle.UnpicklingError, EOFError, AttributeError, TypeError, ValueError, ImportError):
            path.unlink(missing_ok=True)
    made = make()
    _store(made, path)
    return made


def _cached(name: str) -> Path:
    """The file for a simulation; its date does not matter, the generator's text and NumPy's version do."""
    import numpy as np  # noqa: PLC0415

    import kizuna.exercise as room  # noqa: PLC0415

    digest = hashlib.sha256(f"{name} {np.__version__}".encode())
    for path in sorted(Path(room.__path__[0]).rglob("*.py")):
        digest.update(path.read_bytes())
    return jit.cache_dir() / "exercises" / f"{digest.hexdigest()[:24]}.pickle"


def _store(made: object, path: Path) -> None:
    """Keep it whole or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = path.with_name(path.name + ".part")
        part.write_bytes(pickle.dumps(made, protocol=5))
        part.chmod(0o600)
        part.replace(path)
        by_age = sorted(path.parent.glob("*.pickle"), key=lambda p: p.stat().st_mtime)
        for old in by_age[:-_KEPT_MOST]:
            old.unlink(missing_ok=True)
    except OSError:
        return  # without the cache it is simulated again


def without_tracks(made: Simulation) -> Simulation:
    """What playing needs: who the ships are and what was heard of them, not where they were in truth."""
    vessels = []
    for vessel in made.vessels:
        none = {f.name: getattr(vessel.track, f.name)[:0] for f in fields(vessel.track) if f.name != "first"}
        vessels.append(replace(vessel, track=replace(vessel.track, **none)))
    return replace(made, vessels=tuple(vessels), labels=(), truth=made.truth.slice(0, 0))


def start_of_day(now_ms: int, hours: float) -> int:
    """When a simulation must begin for its ``hours``-th hour to be now, to the minute."""
    return (now_ms - round(hours * HOUR_MS)) // MINUTE_MS * MINUTE_MS

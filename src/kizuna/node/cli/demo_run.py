"""What ``kizuna demo`` and ``kizuna exercise play`` do."""

from __future__ import annotations

import shutil
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from kizuna.node.cli import output

if TYPE_CHECKING:
    from kizuna.node.demo import DemoReady, DemoWanted
    from kizuna.node.two_desks.show import DesksReady, DesksWanted


def demo(home: Path, wanted: DemoWanted, *, prepare: bool, as_json: bool, quiet: bool) -> None:
    """Run the demonstration until Ctrl-C, or only prepare it."""
    with output.plain_errors():
        from kizuna.node import demo as house  # noqa: PLC0415
        from kizuna.node.service.serving import set_up_log  # noqa: PLC0415

        with output.progress_bar(quiet=quiet) as progress:
            if prepare:
                house.prepare(wanted, progress)
                return
        set_up_log(30)
        if not as_json:
            output.say("*** EXERCISE *** Simulated traffic around Taiwan and Okinawa; nothing of it is real. "
                       "A moment, the day before runs through the detectors ...")  # fmt: skip

        def ready(found: DemoReady) -> None:
            if as_json:
                output.emit({"url": found.url, "users": ["demo", "chief"], "password": found.password,
                             "seconds": round(found.seconds, 1), "page_built": found.page_built})  # fmt: skip
                sys.stdout.flush()
            else:
                _tell(found, wanted)

        code = house.run_demo(home, wanted, ready)
    raise SystemExit(code)


def _tell(found: DemoReady, wanted: DemoWanted) -> None:
    write = sys.stdout.write
    write(
        f"\n  Open      {found.url}\n  Log in    demo (officer) or chief (administrator), password {found.password}\n"
    )
    write(f"\nUp after {found.seconds:.0f} s; {wanted.speed:g} times as fast as life, {wanted.ahead_h:g} h are left to "
          "play. Ctrl-C ends it.\n")  # fmt: skip
    _end(page_built=found.page_built)


def _end(*, page_built: bool) -> None:
    """The last words of either demonstration, so that whoever waits for them has all."""
    if not page_built:
        output.say("The web page was not built into this installation (KIZUNA_WEB=require pip install .); "
                   "the API answers all the same.")  # fmt: skip
    sys.stdout.flush()


def desks(out: Path, wanted: DesksWanted, *, prepare: bool, as_json: bool, quiet: bool) -> None:
    """Run the demonstration of two desks until Ctrl-C, or only prepare it."""
    with output.plain_errors():
        from kizuna.node.service.serving import set_up_log  # noqa: PLC0415
        from kizuna.node.two_desks import show  # noqa: PLC0415

        with output.progress_bar(quiet=quiet) as progress:
            if prepare:
                show.prepare(wanted, progress)
                return
        set_up_log(30)
        if not as_json:
            output.say("*** EXERCISE *** Simulated traffic around Taiwan and Okinawa; the coast guards and the "
                       "university are invented. A moment, three nodes start ...")  # fmt: skip

        def ready(found: DesksReady) -> None:
            if as_json:
                output.emit({**asdict(found), "passwords": str(found.passwords), "seconds": round(found.seconds, 1)})
                sys.stdout.flush()
            else:
                _tell_desks(found, out, wanted)

        code = show.run_desks(out, wanted, ready)
        if not as_json:
            output.say("ended")
    raise SystemExit(code)


def as_typed(started: Path, on_path: str | None, here: Path) -> str:
    """The command of this program as it works when typed in ``here``.

    Its bare name where the path finds this very one; else where it lies. ``started``: the program, or the Python that
    runs it; then the command lies beside that.
    """
    command = started if started.stem == "kizuna" else started.parent / "kizuna"
    if not command.is_file() or (on_path is not None and Path(on_path).resolve() == command.resolve()):
        return "kizuna"
    there = command.absolute()
    return (
        f"./{there.name}"
        if there.parent == here
        else str(there.relative_to(here) if there.is_relative_to(here) else there)
    )


def _tell_desks(found: DesksReady, out: Path, wanted: DesksWanted) -> None:
    write = sys.stdout.write
    write("\n")
    for desk in found.desks:
        write(f"  {desk.title:<40} {desk.url}\n")
    write(f"\n  Users watch (duty officer), officer (release officer), chief; passwords in {found.passwords}\n")
    line = f"a line of {found.link}" if found.link else "a fast line"
    where = "" if str(out) == "demo-out" else f" --out {out}"
    started = Path(sys.argv[0] if Path(sys.argv[0]).stem == "kizuna" else sys.executable)
    typed = as_typed(started, shutil.which("kizuna"), Path.cwd())
    write(f"  Between them {line}; `{typed} demo cut{where}` breaks it, `{typed} demo mend{where}` mends it.\n"
          "  The walk is docs/tutorial/two-desks.md.\n"
          f"\nUp after {found.seconds:.0f} s; {wanted.speed:g} times as fast as life, {wanted.ahead_h:g} h are left to "
          "play. Ctrl-C ends all of it.\n")  # fmt: skip
    _end(page_built=found.page_built)


def switch(out: Path, *, cut: bool) -> None:
    """Cut or mend the line."""
    with output.plain_errors():
        from kizuna.node.two_desks import show  # noqa: PLC0415

        show.switch(out, show.CUT if cut else show.UP)
        output.say("the line is cut" if cut else "the line is mended")


def play(
    listen: str, *, seed: int, vessels: int, hours: float, speed: float, skip_h: float, key: Path | None, wait: bool,
    quiet: bool,
) -> None:  # fmt: skip
    """Simulate, listen, play."""
    from kizuna.base.errors import ConfigError  # noqa: PLC0415

    with output.plain_errors():
        from kizuna.exercise.simulate import Scenario  # noqa: PLC0415
        from kizuna.links import exercise_link  # noqa: PLC0415
        from kizuna.links.line_player import LinePlayer  # noqa: PLC0415
        from kizuna.node.playing import Play, played, simulated, start_of_day  # noqa: PLC0415
        from kizuna.node.service.clocks import wall_ms  # noqa: PLC0415

        host, _, port = listen.rpartition(":")
        if not port.isdigit():
            raise ConfigError(f"{listen!r}", where="--listen", hint="HOST:PORT")
        if key is None and not exercise_link.is_this_machine(host):
            output.fail(
                "an exercise leaves this machine only with an exercise key at both ends (--key)", output.REFUSED
            )
        scenario = Scenario(vessels=vessels, hours=hours, start_ms=start_of_day(wall_ms(), skip_h))
        with output.progress_bar(quiet=quiet) as progress:
            simulation = simulated(scenario, seed, progress, keep=True)
        playback = simulation.playback()
        secret = exercise_link.read_key(key) if key is not None else b""
        player = LinePlayer(host, int(port), greeting=lambda: playback.mark(0), key=secret)
        over = threading.Event()
        output.say(f"*** EXERCISE {scenario.exercise_id} *** on {host}:{player.port}, {speed:g} times as fast as life")
        try:
            while wait and not player.listeners:
                over.wait(0.2)
            played(playback, player, Play(speed, round(skip_h * 3_600_000)), over.wait)
            player.drained(10.0)
        except KeyboardInterrupt:
            output.say("stopped")
        finally:
            player.close()

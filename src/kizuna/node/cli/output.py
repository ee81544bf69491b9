"""What the commands say: results on stdout, everything else on stderr, and the exit codes.

What goes to stdout passes ``Screen``, whoever writes it: texts of others cannot drive the terminal (``base.screen``).

Exit codes: 0 ok; 1 failure; 2 wrong usage; 3 done, and it found something to look at; 4 refused by policy.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, NoReturn, TextIO, cast

from kizuna.base.screen import escaped, shown

OK: Final = 0
FAILURE: Final = 1
USAGE: Final = 2
FINDINGS: Final = 3
REFUSED: Final = 4

EXIT_CODES: Final = {
    OK: "done",
    FAILURE: "failed; the message says what to do",
    USAGE: "the command line or a settings file is wrong",
    FINDINGS: "done, and it found something that wants a look",
    REFUSED: "refused by a rule, which the message names",
}

Progress = Callable[[str, float, float], None]
"""Called with the name of a stage, what is done and what there is to do (0 when unknown)."""


class Screen:
    """Stdout without what would drive a terminal. ``bare`` is the stream itself, for what colours its own text."""

    def __init__(self, bare: TextIO) -> None:
        self.bare = bare

    def write(self, text: str) -> int:
        """Write the text as a screen may have it."""
        return self.bare.write(shown(text))

    def __getattr__(self, name: str) -> Any:
        """Everything else is the stream's."""
        return getattr(self.bare, name)


def guard() -> None:
    """Put ``Screen`` before stdout; only the program itself calls this, once it knows what is wanted."""
    if not isinstance(sys.stdout, Screen):
        sys.stdout = cast("TextIO", Screen(sys.stdout))


def bare() -> TextIO:
    """Stdout for what cleans its texts and colours them by itself."""
    return sys.stdout.bare if isinstance(sys.stdout, Screen) else sys.stdout


def say(text: str) -> None:
    """One line for the person, on stderr."""
    sys.stderr.write(shown(text) + "\n")


def mark(context: str) -> None:
    """A line on stdout over a result that is not of real life, as every screen must carry it; nothing for real data."""
    from kizuna.records.context import marking  # noqa: PLC0415  commands import lazily

    if marking(context):
        sys.stdout.write(f"*** {marking(context)} ***\n")


def emit(data: Any) -> None:
    """A result for a program: one JSON document on stdout."""
    for piece in json.JSONEncoder(indent=2, ensure_ascii=False, default=str).iterencode(data):
        sys.stdout.write(escaped(piece))
    sys.stdout.write("\n")


def fail(message: str, code: int = FAILURE) -> NoReturn:
    """End the command with a message."""
    say(f"kizuna: {message}")
    raise SystemExit(code)


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn declared errors into one readable line and the right exit code; anything else is a bug and shows itself."""
    from kizuna.base.errors import ConfigError, ContextError, KizunaError  # noqa: PLC0415  commands import lazily

    try:
        yield
    except ConfigError as exc:
        fail(str(exc), USAGE)
    except ContextError as exc:
        fail(str(exc), REFUSED)
    except KizunaError as exc:
        fail(str(exc))
    except KeyboardInterrupt:
        fail("stopped by Ctrl-C; finished files are whole, nothing half-written was left under a final name", 130)
    except BrokenPipeError:
        sys.stderr.close()
        raise SystemExit(OK) from None


@contextmanager
def options() -> Iterator[None]:
    """Around the reading of options: what the rooms refuse there is wrong usage and no bad input."""
    from kizuna.base.errors import ConfigError, InputError  # noqa: PLC0415  commands import lazily

    try:
        yield
    except InputError as exc:
        raise ConfigError(exc.message, where=exc.where, hint=exc.hint) from exc


@contextmanager
def progress_bar(*, quiet: bool) -> Iterator[Progress]:
    """A bar per stage on stderr; nothing when quiet or when stderr is not a terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda _stage, _done, _total: None
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (SpinnerColumn(), TextColumn("{task.description:<22}"), BarColumn(),
               TextColumn("{task.percentage:>3.0f} %"), TimeElapsedColumn(), TimeRemainingColumn())  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, Any] = {}

        def report(stage: str, done: float, total: float) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total or None)
            bar.update(tasks[stage], completed=done, total=total or None)

        yield report


def announce_compilation(group: str, expected_s: int) -> None:
    """Say once, before the first use, that kernels are being compiled."""
    from kizuna.base import jit  # noqa: PLC0415

    if not jit.is_warm(group):
        say(f"Compiling the kernels of `{group}` for this processor: once, about {expected_s} s.")

"""Options of ``detect`` for inputs larger than memory, and how a run in memory or in partitions is chosen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kizuna.node.cli import output

if TYPE_CHECKING:
    from kizuna.engines.partition.run import Partitioned
    from kizuna.engines.run import Request

Partitions = Annotated[
    str,
    typer.Option(
        "--partitions", help="Work through vessels in so many buckets: a number, none, or auto (if memory is short)."
    ),
]
Work = Annotated[
    Path | None, typer.Option("--work", help="Where buckets are kept while the run lasts; --out if not given.")
]
MemoryGb = Annotated[
    float, typer.Option("--memory-gb", min=0.0, help="Memory to plan for, GB; 0 is 2 GB in buckets, else what is free.")
]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with a run in buckets that was stopped.")]
WithFixes = Annotated[bool, typer.Option("--fixes/--no-fixes", help="Write fixes.parquet (in buckets only).")]
WithReport = Annotated[bool, typer.Option("--report/--no-report", help="Write report.html (in buckets only).")]


@dataclass(frozen=True, slots=True)
class Parts:
    """What the command line says of partitions."""

    partitions: str = "auto"
    work: Path | None = None
    memory_gb: float = 0.0
    resume: bool = False
    fixes: bool = True
    report: bool = True

    def chosen(self, request: Request) -> Partitioned | None:
        """How the run is to be cut; None for one in memory. Raises ConfigError for what is no number."""
        from kizuna.base.errors import ConfigError  # noqa: PLC0415
        from kizuna.engines.inputs import named  # noqa: PLC0415
        from kizuna.engines.partition.plan import Sizes, fits_in_memory, rows_of  # noqa: PLC0415
        from kizuna.engines.partition.run import Partitioned  # noqa: PLC0415

        asked = self.resume or self.work is not None or not (self.fixes and self.report)
        if self.partitions == "none":
            if asked:
                raise ConfigError(
                    "goes only with partitions", where="--resume, --work, --no-fixes or --no-report",
                    hint="leave out --partitions none",
                )  # fmt: skip
            return None
        if self.partitions != "auto" and not (self.partitions.isdecimal() and int(self.partitions)):
            raise ConfigError(f"{self.partitions!r} is no number", where="--partitions", hint="auto, none, 1 to 8000")
        number = 0 if self.partitions == "auto" else int(self.partitions)
        if not number and not asked:
            items = named(request.inputs, request.options.source)
            files = all(Path(item.name).is_file() for item in items)
            if not files or fits_in_memory(rows_of(items), self.memory_gb):
                return None
        sizes = Sizes(number, self.memory_gb or Sizes().memory_gb)
        return Partitioned(sizes, self.work, self.resume, self.fixes, self.report)


@contextmanager
def told_how_to_resume() -> Iterator[None]:
    """Say how a run in buckets goes on when it was stopped."""
    from kizuna.base.errors import UnavailableError  # noqa: PLC0415

    try:
        yield
    except (KeyboardInterrupt, UnavailableError):
        output.say("kizuna: what was done so far is kept; the same command with --resume goes on from there")
        raise

"""The closed list: each transform with its parameters, their units and ranges, and which of two is the stricter.

Every parameter comes from a chain in which the coarser value contains the finer one (cells of ``grid``, steps of time
of which each is a multiple of the one before), or is a set, or a number of which the greater is the stricter. So any
two uses of one transform have a least use that is as strict as both, and what it gives can be computed from what either
gives alone. That is what makes rules free of order.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar, Final, Self

from kizuna.base.errors import InputError
from kizuna.base.units import DAY_S
from kizuna.share.transforms.grid import CELL_SIZES_M

STEPS_S: Final = (1, 10, 60, 300, 600, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400)
"""Lengths of time buckets, seconds. All begin at 1970-01-01T00:00:00Z, so each lies in just one of the next length."""
PERIODS_S: Final = (3_600, 86_400, 604_800)
"""How long a masked vessel keeps one pseudonym, seconds."""
DELAY_MOST_S: Final = 366 * DAY_S
GENERAL: Final = ("kind", "sensor")
"""How general a source becomes: the kind of sensor; only that there was one."""
FIELDS: Final = (
    "sog", "cog", "heading", "rot", "nav_status", "accuracy", "source", "sensor", "dimensions", "draught",
    "destination", "name", "callsign", "imo", "confidence", "evidence", "duration", "regions", "text", "end", "score",
)  # fmt: skip
"""Words that ``drop_fields`` knows."""
SETTLE_MPS: Final = 10.0
"""Speed (19.4 kn) by which a cell's size becomes the step of time that goes with it: a vessel at this speed crosses
about one cell in one step, so the time at which it changes cells says little more than the cells do."""


@dataclass(frozen=True, slots=True)
class Step:
    """One transform with its parameters."""

    name: ClassVar[str] = ""

    def join(self, other: Self) -> Self:
        """The least use of this transform that is as strict as both."""
        raise NotImplementedError

    def word(self) -> str:
        """The canonical text: name, then parameters in their declared order."""
        said = [f"{f.name}={_said(getattr(self, f.name))}" for f in fields(self)]
        return " ".join([self.name, *said])


def _said(value: Any) -> str:
    return ",".join(sorted(value)) if isinstance(value, frozenset) else str(value)


@dataclass(frozen=True, slots=True)
class Stop(Step):
    """Nothing from inside sensitive zones, nor from so near that the hole would outline them.

    Attributes:
        zones: ids of the zones.
        cell_m: size of the cells in which the hole is cut, one of ``CELL_SIZES_M``.
        quiet_s: a vessel that is hidden at any moment of a time bucket of this length is hidden in all of it.
    """

    name: ClassVar[str] = "stop"
    zones: frozenset[str]
    cell_m: int = 5_000
    quiet_s: int = 1_800

    def __post_init__(self) -> None:
        """Check the ranges."""
        _word_list(self.name, "zones", self.zones)
        _one_of(self.name, "cell_m", self.cell_m, CELL_SIZES_M)
        _one_of(self.name, "quiet_s", self.quiet_s, STEPS_S)

    def join(self, other: Self) -> Self:
        """All zones, the larger cell, the longer quiet."""
        return type(self)(self.zones | other.zones, max(self.cell_m, other.cell_m), max(self.quiet_s, other.quiet_s))


@dataclass(frozen=True, slots=True)
class InSteps(Step):
    """A transform that cuts time into buckets of ``step_s`` seconds."""

    step_s: int

    def __post_init__(self) -> None:
        """Check the range."""
        _one_of(self.name, "step_s", self.step_s, STEPS_S)

    def join(self, other: Self) -> Self:
        """The longer bucket."""
        return max(self, other, key=lambda s: s.step_s)


@dataclass(frozen=True, slots=True)
class Thin(InSteps):
    """At most one statement of a vessel and kind in each time bucket: the first that was observed.

    Attributes:
        step_s: length of the bucket, one of ``STEPS_S``.
    """

    name: ClassVar[str] = "thin"


@dataclass(frozen=True, slots=True)
class CoarsenPosition(Step):
    """Places become the middle of their grid cell; speeds, courses and words that tell the place are left out.

    Attributes:
        cell_m: size of the cell in metres, one of ``CELL_SIZES_M``.
    """

    name: ClassVar[str] = "coarsen_position"
    cell_m: int

    def __post_init__(self) -> None:
        """Check the range."""
        _one_of(self.name, "cell_m", self.cell_m, CELL_SIZES_M)

    def join(self, other: Self) -> Self:
        """The larger cell."""
        return max(self, other, key=lambda s: s.cell_m)


@dataclass(frozen=True, slots=True)
class CoarsenTime(InSteps):
    """Times become the beginning of their time bucket.

    Attributes:
        step_s: length of the bucket, one of ``STEPS_S``.
    """

    name: ClassVar[str] = "coarsen_time"


@dataclass(frozen=True, slots=True)
class MaskIdentity(Step):
    """The vessel's numbers and names become a keyed pseudonym that changes with every period.

    Attributes:
        period_s: how long one pseudonym lasts, one of ``PERIODS_S``.
    """

    name: ClassVar[str] = "mask_identity"
    period_s: int = 86_400

    def __post_init__(self) -> None:
        """Check the range."""
        _one_of(self.name, "period_s", self.period_s, PERIODS_S)

    def join(self, other: Self) -> Self:
        """The shorter period."""
        return min(self, other, key=lambda s: s.period_s)


@dataclass(frozen=True, slots=True)
class GeneraliseSource(Step):
    """Receivers, models and sites are not named.

    Attributes:
        to: ``kind`` says the kind of sensor, ``sensor`` only that there was one.
    """

    name: ClassVar[str] = "generalise_source"
    to: str = "kind"

    def __post_init__(self) -> None:
        """Check the range."""
        _one_of(self.name, "to", self.to, GENERAL)

    def join(self, other: Self) -> Self:
        """The more general word."""
        return max(self, other, key=lambda s: GENERAL.index(s.to))


@dataclass(frozen=True, slots=True)
class NeutraliseNames(Step):
    """Names of places from word lists give way to neutral grid ids in every text.

    Attributes:
        lists: names of the word lists (``share.lexicon``).
    """

    name: ClassVar[str] = "neutralise_names"
    lists: frozenset[str]

    def __post_init__(self) -> None:
        """Check the words."""
        _word_list(self.name, "lists", self.lists)

    def join(self, other: Self) -> Self:
        """All lists."""
        return type(self)(self.lists | other.lists)


@dataclass(frozen=True, slots=True)
class DropFields(Step):
    """Named fields are left out.

    Attributes:
        fields: words of ``FIELDS``.
    """

    name: ClassVar[str] = "drop_fields"
    fields: frozenset[str]

    def __post_init__(self) -> None:
        """Check the words."""
        if not self.fields:
            raise InputError("drop_fields names no field", hint=f"some of {', '.join(FIELDS)}")
        for word in sorted(self.fields):
            _one_of(self.name, "fields", word, FIELDS)

    def join(self, other: Self) -> Self:
        """All fields."""
        return type(self)(self.fields | other.fields)


@dataclass(frozen=True, slots=True)
class Delay(Step):
    """Told only some time after it was observed, all of one time bucket together.

    Attributes:
        delay_s: time after the end of the bucket, 0 to a year.
        bucket_s: length of the bucket, one of ``STEPS_S``.
    """

    name: ClassVar[str] = "delay"
    delay_s: int = 0
    bucket_s: int = 60

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not 0 <= self.delay_s <= DELAY_MOST_S:
            raise InputError(f"delay: delay_s is {self.delay_s}", hint=f"0 to {DELAY_MOST_S} seconds")
        _one_of(self.name, "bucket_s", self.bucket_s, STEPS_S)

    def join(self, other: Self) -> Self:
        """The longer of both."""
        return type(self)(max(self.delay_s, other.delay_s), max(self.bucket_s, other.bucket_s))


STEPS: Final[tuple[type[Step], ...]] = (
    Stop, Thin, CoarsenPosition, CoarsenTime, MaskIdentity, GeneraliseSource, NeutraliseNames, DropFields, Delay,
)  # fmt: skip
"""All transforms, in the one order in which they are applied."""
BY_NAME: Final = {step.name: step for step in STEPS}


def settle_s(cell_m: int) -> int:
    """Step of time that goes with a cell of this size (see ``SETTLE_MPS``)."""
    return next(s for s in STEPS_S if s >= cell_m / SETTLE_MPS)


def _one_of(step: str, name: str, value: Any, allowed: tuple[Any, ...]) -> None:
    if value not in allowed or isinstance(value, bool):
        raise InputError(f"{step}: {name} is {value!r}", hint=f"one of {', '.join(map(str, allowed))}")


def _word_list(step: str, name: str, words: frozenset[str]) -> None:
    if not words:
        raise InputError(f"{step} needs {name}", hint=f'{name} = ["...", ...]')
    for word in sorted(words):
        if not word or any(c in " ,=;\n" for c in word):
            raise InputError(f"{step}: {name} holds {word!r}", hint="words without blanks, commas, = and ;")

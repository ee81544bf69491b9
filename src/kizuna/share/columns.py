"""What a decision looks at: facts of many candidates as columns, or of one; and the setting in which it is taken.

Nothing here tells how a candidate was made; ``share.publish`` fills the columns from tables and records. A column that
is None is missing, and so is a row with code -1 or ``MISSING_TIME_MS``: a rule that needs it cannot be evaluated and
refuses. Sets (zones, sources) are kept as words too, each different set once, so that every condition but age is one
look-up in a short table.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from kizuna.base.errors import InputError
from kizuna.base.units import MISSING_TIME_MS
from kizuna.records.context import REAL
from kizuna.records.label import Label, label_of
from kizuna.records.partner import Directory

W = TypeVar("W", bound=Hashable)
Codes = npt.NDArray[np.int32]
Times = npt.NDArray[np.int64]
ALL: Final = "all"
"""In the terms of a source: to any partner."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Under which terms the words of a source came here; see ``[[sources]]`` of the node's settings.

    Attributes:
        pass_on: whether they may be passed on at all.
        pass_on_to: partners, communities, or ``all``; without any, to nobody.
        pass_on_days: for how many days after receipt; 0 is without end.
    """

    pass_on: bool = False
    pass_on_to: frozenset[str] = frozenset()
    pass_on_days: int = 0


@dataclass(frozen=True, slots=True)
class Setting:
    """What is the same for all candidates of one decision.

    Attributes:
        now_ms: time of the decision, ms UTC.
        who: the node's own id, its partners and communities.
        context: context of the log that is decided for; a candidate of another context never passes.
        terms: terms of every source of this node. A source that is not here passes nothing on.
        zones: ids of every zone that this node knows. A rule that names another cannot be evaluated.
    """

    now_ms: int
    who: Directory
    context: str = REAL
    terms: Mapping[str, Terms] = field(default_factory=dict)
    zones: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Coded(Generic[W]):
    """A column of few different words: ``codes`` int32, -1 where missing; ``words`` text, set or label."""

    codes: Codes
    words: tuple[W, ...]

    def __post_init__(self) -> None:
        """Check the codes once."""
        if self.codes.dtype != np.int32 or self.codes.ndim != 1:
            raise InputError(f"codes of {self.codes.dtype} in {self.codes.ndim} dimensions", hint="int32 in one")
        if len(self.codes) and not -1 <= int(self.codes.min()) <= int(self.codes.max()) < len(self.words):
            raise InputError("a code without a word")

    def word(self, row: int) -> W | None:
        """The word of a row; None where missing."""
        code = int(self.codes[row])
        return None if code < 0 else self.words[code]

    def take(self, rows: Any) -> Coded[W]:
        """The rows of an index, mask or slice."""
        return Coded(self.codes[rows], self.words)


Words = Coded[str]
Sets = Coded[frozenset[str]]
Labels = Coded[Label]


def coded(values: Iterable[W | None]) -> Coded[W]:
    """A column of these values, None where missing."""
    index: dict[W, int] = {}
    codes = np.array([-1 if v is None else index.setdefault(v, len(index)) for v in values], np.int32)
    return Coded(codes, tuple(index))


def same(value: W, n: int) -> Coded[W]:
    """A column of ``n`` equal values."""
    return Coded(np.zeros(n, np.int32), (value,))


def labels(codes: Codes, words: Sequence[str]) -> Labels:
    """The label column of a table: its codes and its word list."""
    return Coded(codes, tuple(label_of(w) for w in words))


def sets_of(members: npt.NDArray[np.bool_], words: Sequence[str]) -> Sets:
    """Sets from a matrix that says which row (first axis) is in which of ``words`` (second axis)."""
    if members.shape[1] == 0:
        return Coded(np.zeros(len(members), np.int32), (frozenset(),))
    packed = np.packbits(members, axis=1)
    keys = np.ascontiguousarray(packed).view(f"V{packed.shape[1]}").ravel()
    _, first, codes = np.unique(keys, return_index=True, return_inverse=True)
    found = tuple(frozenset(words[j] for j in np.flatnonzero(members[i]).tolist()) for i in first.tolist())
    return Coded(codes.astype(np.int32).ravel(), found)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one candidate; None is missing. The attributes are those of ``Columns``."""

    kind: str | None = None
    origin: str | None = None
    context: str | None = None
    label: Label | None = None
    observed_ms: int | None = None
    received_ms: int | None = None
    zone: frozenset[str] | None = None
    touched: frozenset[str] | None = None
    source: frozenset[str] | None = None
    subject: frozenset[str] | None = None
    tag: frozenset[str] | None = None
    granted: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Columns:
    """Candidates, one a row. All columns have one length; None stands for a column that is missing.

    Attributes:
        kind: kind of the record that it would become.
        origin: party that states it; this node's own id for what is its own.
        context: real, exercise:<id> or test.
        label: label as stated; the label that reaches nobody, on a row of this node's own, means "not stated".
        observed_ms: when it was observed.
        received_ms: when this node received it; its terms count from there.
        zone: zones that it lies in entirely. Rules that release look here.
        touched: zones that any part of it touches. Rules that withhold look here. The same as ``zone`` for a point.
        source: sources that it rests on, all of them; empty for what people of this node wrote.
        subject: what it is about, ``mmsi:431000001``; all of it.
        tag: further words, such as ``distress``, ``incident:<id>``; the empty set where there are none. Needed: while
            it is missing, nobody can say that something was not told in distress, and releasing rules refuse.
        granted: audiences that the originator has granted it to; None where there are no grants.
    """

    kind: Words | None = None
    origin: Words | None = None
    context: Words | None = None
    label: Labels | None = None
    observed_ms: Times | None = None
    received_ms: Times | None = None
    zone: Sets | None = None
    touched: Sets | None = None
    source: Sets | None = None
    subject: Sets | None = None
    tag: Sets | None = None
    granted: Sets | None = None

    def __post_init__(self) -> None:
        """Check lengths and types of the times."""
        lengths = {len(c.codes) if isinstance(c, Coded) else len(c) for c in self._present().values()}
        if len(lengths) > 1:
            raise InputError(f"columns of different lengths {sorted(lengths)}")
        for times in (self.observed_ms, self.received_ms):
            if times is not None and times.dtype != np.int64:
                raise InputError(f"times of {times.dtype}", hint="int64 milliseconds UTC")

    def _present(self) -> dict[str, Any]:
        found = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: value for name, value in found.items() if value is not None}

    def __len__(self) -> int:
        """Number of candidates."""
        for column in self._present().values():
            return len(column.codes) if isinstance(column, Coded) else len(column)
        return 0

    def take(self, rows: Any) -> Columns:
        """The rows of an index, mask or slice."""
        cut: dict[str, Any] = {}
        for name, column in self._present().items():
            cut[name] = column.take(rows) if isinstance(column, Coded) else column[rows]
        return Columns(**cut)

    def row(self, row: int) -> Facts:
        """One candidate, for the evaluator that explains."""
        found: dict[str, Any] = {}
        for name, column in self._present().items():
            if isinstance(column, Coded):
                found[name] = column.word(row)
            else:
                time_ms = int(column[row])
                found[name] = None if time_ms == MISSING_TIME_MS else time_ms
        return Facts(**found)

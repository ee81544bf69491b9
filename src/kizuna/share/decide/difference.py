"""What would change, for whom, if other rules were in force: the exact difference over given candidates.

Preview and release call the same function, so the difference is what will happen and not an estimate of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kizuna.share.columns import Columns, Setting
from kizuna.share.decide.columnar import Decisions, batch
from kizuna.share.decide.verdict import Decision
from kizuna.share.rules.rule import RuleSet

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Difference:
    """The difference for one audience; rows count from 0 in the order of the candidates.

    Attributes:
        to: audience.
        released_before, released_after: how many rows leave under the old and the new rules.
        gained: rows that leave only under the new rules.
        lost: rows that leave only under the old ones. What was told before stays told; see recall.
        changed: rows that leave under both, but in another form: transforms, label, end of keeping or lane.
        before, after: the decisions themselves.
    """

    to: str
    released_before: int
    released_after: int
    gained: Rows
    lost: Rows
    changed: Rows
    before: Decisions
    after: Decisions

    @property
    def same(self) -> bool:
        """Whether nothing changes for this audience."""
        return not (len(self.gained) or len(self.lost) or len(self.changed))

    def reasons(self, row: int) -> tuple[Decision, Decision]:
        """The decisions of a row under the old and the new rules."""
        return self.before[row], self.after[row]


@dataclass(frozen=True, slots=True)
class Change:
    """How many rows of one kind are gained, lost and changed for an audience."""

    to: str
    kind: str
    gained: int
    lost: int
    changed: int


def by_kind(found: Iterable[Difference], columns: Columns) -> tuple[Change, ...]:
    """The differences counted, one line for each audience and kind in which something changes."""
    lines = []
    for each in found:
        parts = [_kinds(columns, rows) for rows in (each.gained, each.lost, each.changed)]
        lines += [Change(each.to, k, *(p.get(k, 0) for p in parts)) for k in sorted({k for p in parts for k in p})]
    return tuple(lines)


def _kinds(columns: Columns, rows: Rows) -> dict[str, int]:
    if columns.kind is None:
        return {"": len(rows)} if len(rows) else {}
    codes, counts = np.unique(columns.kind.codes[rows], return_counts=True)
    words = columns.kind.words
    return {words[c] if c >= 0 else "": n for c, n in zip(codes.tolist(), counts.tolist(), strict=True)}


def diff(
    old: RuleSet, new: RuleSet, columns: Columns, audiences: Iterable[str], setting: Setting
) -> tuple[Difference, ...]:
    """The difference for each audience, in the order given."""
    return tuple(_for_one(old, new, columns, to, setting) for to in audiences)


def _for_one(old: RuleSet, new: RuleSet, columns: Columns, to: str, setting: Setting) -> Difference:
    before, after = batch(old, columns, to, setting), batch(new, columns, to, setting)
    forms: dict[object, int] = {}
    was, becomes = _forms(before, forms), _forms(after, forms)
    return Difference(
        to,
        int(np.count_nonzero(before.release)),
        int(np.count_nonzero(after.release)),
        np.flatnonzero(after.release & ~before.release),
        np.flatnonzero(before.release & ~after.release),
        np.flatnonzero(before.release & after.release & (was != becomes)),
        before,
        after,
    )


def _forms(found: Decisions, forms: dict[object, int]) -> Rows:
    """A number for the form in which each row leaves, equal for equal forms whatever the rules are called."""
    numbers = [forms.setdefault((d.transforms, d.label, d.retain_d, d.lane), len(forms)) for d in found.decisions]
    return np.array([*numbers, -1], np.int64)[found.group]

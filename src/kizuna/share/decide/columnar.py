"""Many candidates at once. Every condition but age is a look-up in a short table, one entry for each word.

States of rules and bounds are joined to one number for each row; rows of one number share one decision, which is
settled once. Measured (benchmarks/decisions.py): hundreds of times the speed of a policy engine for each record.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kizuna.base.units import MISSING_TIME_MS
from kizuna.records.label import Label
from kizuna.share.columns import Coded, Columns, Setting
from kizuna.share.decide import bounds
from kizuna.share.decide.condition import NO, UNKNOWN, YES, column_of, conditions_of, state_of
from kizuna.share.decide.follows_positions import conditions, loose, of_vessels, tie
from kizuna.share.decide.verdict import Decision, applies, outlasted, settle
from kizuna.share.rules.rule import POSITION, Age, Condition, Rule, RuleSet, ageless, follows, wait_ms

States = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
_CHUNK: Final = 65_536
"""Rows at once, so that the states stay in the cache."""
_MOST_KEYS: Final = 1 << 18
_POSITION: Final = (POSITION,)


@dataclass(frozen=True, slots=True)
class Decisions:
    """Decisions of all rows: ``release`` bool; ``group`` int32, the place of a row's decision in ``decisions``."""

    release: npt.NDArray[np.bool_]
    group: npt.NDArray[np.int32]
    decisions: tuple[Decision, ...]

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.group)

    def __getitem__(self, row: int) -> Decision:
        """Decision of a row."""
        return self.decisions[int(self.group[row])]


def batch(rules: RuleSet, columns: Columns, to: str, setting: Setting) -> Decisions:
    """Decide for every row whether it leaves for an audience."""
    n = len(columns)
    work = _Work(rules, to, setting)
    groups = [work.chunk(columns.take(slice(at, min(at + _CHUNK, n)))) for at in range(0, n, _CHUNK)]
    group = work.tie(columns, np.concatenate(groups)) if groups else np.zeros(0, np.int32)
    found = tuple(work.decisions)
    table = np.array([d.released for d in found], np.bool_)
    return Decisions(table[group] if found else np.zeros(0, np.bool_), group, found)


class _Work:
    """One batch: tables by condition and column, decisions by what they follow from."""

    def __init__(self, rules: RuleSet, to: str, setting: Setting) -> None:
        self._rules, self._to, self._setting = rules, to, setting
        self._applied = [r for r in rules.rules if applies(r, to, setting)]
        self._aging = [r for r in self._applied if wait_ms(r)]
        self._tables: dict[Any, States] = {}
        self._at: dict[tuple[bytes, tuple[str, ...], Label | None, tuple[str, ...]], int] = {}
        self._tied_at: dict[tuple[int, bytes], int] = {}
        self.decisions: list[Decision] = []

    def chunk(self, columns: Columns) -> npt.NDArray[np.int32]:
        """Place of the decision of every row."""
        n = len(columns)
        rows = _Rows(n, columns, self._setting, self._tables)
        states = [rows.rule(r) for r in self._applied]
        aging = self._ageless(rows)
        own = rows.table(
            "origin", ("own", self._setting.who.me), lambda w: YES if w == self._setting.who.me else NO, NO
        )
        granted = rows.table("granted", ("granted", self._to), lambda w: YES if self._to in w else NO, NO)
        context = rows.table("context", ("context",), lambda w: YES if w == self._setting.context else NO, NO)
        terms = rows.terms(self._to)
        label, reshare = rows.label(own, granted, self._to)
        keys = _Keys(n)
        for state in (*states, *aging, context, terms, label, reshare, own):
            keys.add(state)
        keys.add_codes(columns.label)
        group, first = keys.groups()
        broken = np.stack([context, terms, label, reshare]) == NO
        places = [self._decide(columns, int(row), states, aging, own, broken) for row in first]
        return np.array(places, np.int32)[group]

    def _ageless(self, rows: _Rows) -> list[States]:
        """States of the rules that withhold the young, without the age."""
        return [rows.any_part(ageless(r.conditions)) for r in self._aging]

    def _decide(
        self, columns: Columns, row: int, states: list[States], aging: list[States], own: States,
        broken: npt.NDArray[np.bool_],
    ) -> int:  # fmt: skip
        found = bytes(int(s[row]) for s in states)
        waited = outlasted(self._aging, (int(s[row]) for s in aging))
        against = tuple(name for name, b in zip(bounds.BOUNDS, broken[:, row], strict=True) if b)
        label = None if columns.label is None else columns.label.word(row)
        if label is not None and not bounds.stated(label, own=bool(own[row] == YES)):
            label = None
        key = (found, against, label, waited)
        if key not in self._at:
            self._at[key] = len(self.decisions)
            self.decisions.append(
                settle(self._rules, self._applied, list(found), against, self._to, label, self._setting, waited)
            )
        return self._at[key]

    def tie(self, columns: Columns, group: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        """Bind what is computed from positions to them; the places anew."""
        rows = np.flatnonzero(self._following(columns, group))
        for at in range(0, len(rows), _CHUNK):
            mine = rows[at : at + _CHUNK]
            n = len(mine)
            positions = replace(columns.take(mine), kind=Coded(np.zeros(n, np.int32), _POSITION))
            found = _Rows(n, positions, self._setting, self._tables)
            states = [*(found.any_part(conditions(r)) for r in self._applied), *self._ageless(found)]
            keys = _Keys(n)
            for state in states:
                keys.add(state)
            keys.add_codes(Coded(group[mine], tuple(range(len(self.decisions)))))
            number, first = keys.groups()
            places = [self._tied(int(group[mine[k]]), [int(s[k]) for s in states]) for k in first.tolist()]
            group[mine] = np.array(places, np.int32)[number]
        return group

    def _following(self, columns: Columns, group: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
        """Which rows follow positions, and are released by rules that do not say otherwise."""
        if columns.kind is None or not len(group):
            return np.zeros(len(group), np.bool_)
        by_id = self._rules.by_id
        bound = np.array([not loose(d, by_id) for d in self.decisions], np.bool_)[group]
        bound &= np.array([*map(follows, columns.kind.words), False], np.bool_)[columns.kind.codes]
        if columns.subject is not None and bound.any():
            bound &= np.array([*map(of_vessels, columns.subject.words), True], np.bool_)[columns.subject.codes]
        return bound

    def _tied(self, place: int, states: list[int]) -> int:
        waited = outlasted(self._aging, states[len(self._applied) :])
        found = tie(self.decisions[place], self._applied, states[: len(self._applied)], waited)
        if found is self.decisions[place]:
            return place
        key = (place, bytes(states))
        if key not in self._tied_at:
            self._tied_at[key] = len(self.decisions)
            self.decisions.append(found)
        return self._tied_at[key]


class _Rows:
    """The rows of one chunk, and the states that were worked out for them already."""

    def __init__(self, n: int, columns: Columns, setting: Setting, tables: dict[Any, States]) -> None:
        self._n, self._columns, self._setting, self._tables = n, columns, setting, tables
        self._done: dict[tuple[Condition, bool], States] = {}

    def rule(self, rule: Rule) -> States:
        """State of a rule for every row: the least of its conditions."""
        state: States | None = None
        for condition in conditions_of(rule):
            found = self._condition(condition, releases=rule.releases)
            state = found if state is None else np.minimum(state, found)
        return np.full(self._n, YES, np.uint8) if state is None else state

    def any_part(self, conditions: tuple[Condition, ...]) -> States:
        """The least state of these conditions, each tried on any part of the facts, as a withholding rule tries it."""
        state = np.full(self._n, YES, np.uint8)
        for condition in conditions:
            state = np.minimum(state, self._condition(condition, releases=False))
        return state

    def _condition(self, condition: Condition, *, releases: bool) -> States:
        key = (condition, releases)
        if key not in self._done:
            self._done[key] = self._age(condition) if isinstance(condition, Age) else self._among(condition, releases)
        return self._done[key]

    def _among(self, condition: Condition, releases: bool) -> States:  # noqa: FBT001  a part of the key
        name = column_of(condition, releases=releases)

        def state(word: Any) -> int:
            return state_of(condition, word, self._setting, releases=releases)

        return self.table(name, (condition, releases), state, state(None))

    def table(self, name: str, key: tuple[Any, ...], state: Callable[[Any], int], missing: int) -> States:
        """State of every row by its word in a column; ``missing`` where there is none."""
        column: Coded[Any] | None = getattr(self._columns, name)
        if column is None:
            return np.full(self._n, missing, np.uint8)
        full = (name, *key, id(column.words))
        if full not in self._tables:
            self._tables[full] = np.array([*map(state, column.words), missing], np.uint8)
        return self._tables[full][column.codes]

    def _age(self, condition: Age) -> States:
        observed_ms = self._columns.observed_ms
        if observed_ms is None:
            return np.full(self._n, UNKNOWN, np.uint8)
        there = observed_ms != MISSING_TIME_MS
        age_ms = np.maximum(self._setting.now_ms - np.where(there, observed_ms, 0), 0)
        good = age_ms >= condition.min_ms
        if condition.max_ms is not None:
            good &= age_ms < condition.max_ms
        return np.where(there, np.where(good, np.uint8(YES), np.uint8(NO)), np.uint8(UNKNOWN))

    def terms(self, to: str) -> States:
        """Whether the terms of the sources allow it."""
        column = self._columns.source
        if column is None:
            return np.zeros(self._n, np.uint8)
        allowed = np.array([bounds.days_allowed_ms(s, to, self._setting) for s in (*column.words, None)], np.int64)
        allowed_ms = allowed[column.codes]
        received_ms = self._columns.received_ms
        if received_ms is None:
            known = np.zeros(self._n, np.bool_)
            since_ms: Ints = np.zeros(self._n, np.int64)
        else:
            known = received_ms != MISSING_TIME_MS
            since_ms = self._setting.now_ms - np.where(known, received_ms, 0)
        good = (allowed_ms == bounds.FOREVER) | ((allowed_ms > 0) & known & (since_ms < allowed_ms))
        return np.where(good, np.uint8(YES), np.uint8(NO))

    def label(self, own: States, granted: States, to: str) -> tuple[States, States]:
        """Whether the stated label and the originator's word on re-sharing allow it."""
        column = self._columns.label
        words: tuple[Label | None, ...] = (None,) if column is None else (*column.words, None)
        codes = np.full(self._n, -1, np.int32) if column is None else column.codes
        cases = [(o, g) for o in (False, True) for g in (False, True)]
        reach = [[bounds.label_allows(w, to, self._setting, own=o, granted=g) for w in words] for o, g in cases]
        pass_on = [[bounds.reshare_allows(w, to, self._setting, own=o, granted=g) for w in words] for o, g in cases]
        which = (own == YES) * 2 + (granted == YES)
        tables = np.where(np.array([reach, pass_on]), np.uint8(YES), np.uint8(NO))
        return tables[0][which, codes], tables[1][which, codes]


class _Keys:
    """One number for each row, equal where all that was added is equal."""

    def __init__(self, n: int) -> None:
        self._key: Ints = np.zeros(n, np.int64)
        self._range = 1

    def add(self, state: States) -> None:
        """Add a state of 0 to 2."""
        low, high = int(state.min(initial=2)), int(state.max(initial=0))
        if high > low:
            self._mix(state, YES + 1)

    def add_codes(self, column: Coded[Any] | None) -> None:
        """Add the word of a column."""
        if column is not None and len(column.words):
            self._mix(column.codes + 1, len(column.words) + 1)

    def _mix(self, values: Any, many: int) -> None:
        if self._range * many > _MOST_KEYS:
            self._key, self._range = self._compact()
        self._key = self._key * many + values
        self._range *= many

    def _compact(self) -> tuple[Ints, int]:
        group, first = self.groups()
        return group.astype(np.int64), max(1, len(first))

    def groups(self) -> tuple[npt.NDArray[np.int64], Ints]:
        """Number of the group of every row, and one row of each group."""
        n = len(self._key)
        if self._range > 4 * _MOST_KEYS:
            _, first, group = np.unique(self._key, return_index=True, return_inverse=True)
            return group.astype(np.int64), first
        row_of = np.full(self._range, -1, np.int64)
        row_of[self._key] = np.arange(n)
        there = np.flatnonzero(row_of >= 0)
        number = np.zeros(self._range, np.int64)
        number[there] = np.arange(len(there))
        return number[self._key], row_of[there]

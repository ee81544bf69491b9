"""Detections of other sensors matched as they come; in the end the same events as ``kizuna match`` over all of them.

Detections are gathered into looks exactly as the command does it. A look is judged three times: a settling time after
its end, when the ships around it have sent again; an hour after it; and when the reach of prediction has passed, so
that no later fix can say more. The events of the first two judgements are told as ``open`` and may change or be
retracted; those of the last are ``closed``. A detection that comes late puts its whole look back to the first step. How
detections come, in which order and in how many posts, makes no difference to what is told in the end.

Events of older contacts change when something is seen at the same place again; they are told anew then. Contacts are
remembered for ``remember_days``, longer ago the same place counts no more: there the command, which looks at everything
that it is given, may say otherwise. Nothing here reads a clock or a store.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
from scipy.spatial import cKDTree

from kizuna.base.table import Array, Table, concat, empty
from kizuna.base.units import DAY_MS, HOUR_MS, SECOND_MS
from kizuna.engines.live.look import AGAIN, EARLY, FINAL, WAITS, ContactParams, Key, Look
from kizuna.engines.matching.looks import filled, keys_of, looks_of
from kizuna.engines.matching.scene import Rules, judge_scene
from kizuna.engines.matching.tracks import Run
from kizuna.events import dark
from kizuna.events.detect import in_order
from kizuna.events.surroundings import NOTHING_KNOWN, Surroundings
from kizuna.events.table import EVENTS, REASONS, STATUSES, dark_ids
from kizuna.fixes.detections import SCENES
from kizuna.records.label import NOBODY
from kizuna.tracks.contact_pairs import unit

_AGAIN_MS: Final = HOUR_MS
_TOGETHER_MS: Final = HOUR_MS
_OPEN, _CLOSED, _RETRACTED = (STATUSES.index(s) for s in ("open", "closed", "retracted"))
_LATE_DATA: Final = REASONS.index("late_data")
_NOT_COMPARED: Final = ("version", "status", "status_reason", "superseded_by")


class Due(NamedTuple):
    """Looks to be judged together, and the time of the fixes that they need, half-open."""

    looks: list[Look]
    start_ms: int
    end_ms: int


class ContactWatch:
    """The looks of one node."""

    def __init__(
        self, context: str, rules: Rules | None = None, params: ContactParams | None = None,
        surroundings: Surroundings = NOTHING_KNOWN, label: str = NOBODY,
    ) -> None:  # fmt: skip
        self.rules, self.params = rules or Rules(), params or ContactParams()
        self.looks: dict[Key, Look] = {}
        self._context, self._label = context, label
        self._around = Surroundings(shore_m=surroundings.shore_m)
        self._told: dict[str, tuple[int, bool, Table]] = {}  # event id to version, closed, and the row as told

    # ---- what comes in --------------------------------------------------------------------------------------------
    def add(self, detections: Table) -> list[Look]:
        """Take detections that are not held yet; the looks that they belong to, each once more to be judged."""
        touched: dict[Key, Look] = {}
        rows: dict[Key, list[int]] = {}
        for row, key in enumerate(keys_of(detections)):
            rows.setdefault(key, []).append(row)
        for key, mine in rows.items():
            some = detections.take(np.array(mine, np.int64))
            look = self.looks.get(key)
            if look is None:
                self.looks[key] = look = Look(key, some)
            else:
                new = ~np.isin(some["det_id"], look.seen["det_id"])
                if not new.any():
                    continue
                look.seen = concat([look.seen, some.take(new)])
                look.step = WAITS
            touched[key] = look
        return list(touched.values())

    def take_up(self, looks: Sequence[Look], told: Table) -> None:
        """Go on with looks that were saved, and with the newest version of each dark detection told before."""
        self.looks |= {look.key: look for look in looks}
        for k, event_id in enumerate(told["event_id"].to_pylist()):
            status = int(told["status"][k])
            if status != _RETRACTED or event_id not in self._told:
                row = told.slice(k, k + 1)
                self._told[event_id] = (int(told["version"][k]), status == _CLOSED, row)

    def forget(self, now_ms: int) -> list[Look]:
        """Let looks go that are over and older than is remembered."""
        before = now_ms - self.params.remember_days * DAY_MS
        old = [look for look in self.looks.values() if look.step == FINAL and look.last_ms < before]
        for look in old:
            del self.looks[look.key]
            for event_id in _ids(look.done):
                self._told.pop(event_id, None)
        return old

    # ---- when -----------------------------------------------------------------------------------------------------
    def due(self, now_ms: int) -> Due | None:
        """The earliest looks whose next judgement has come, with others within the hour; None where none has."""
        wanted = [look for look in self.looks.values() if self._step(look, now_ms) > look.step]
        if not wanted:
            return None
        wanted.sort(key=lambda look: (look.last_ms, look.key))
        first = wanted[0].last_ms
        some = [look for look in wanted if look.last_ms < first + _TOGETHER_MS]
        reach_ms = round(self.rules.predict.reach_h * HOUR_MS) + HOUR_MS
        start, end = min(x.first_ms for x in some), max(x.last_ms for x in some)
        return Due(some, start - reach_ms, end + reach_ms + 1)

    def _step(self, look: Look, now_ms: int) -> int:
        """How far a look may be judged by now."""
        since_ms = now_ms - look.last_ms
        if since_ms >= round(self.rules.predict.reach_h * HOUR_MS):
            return FINAL
        if since_ms >= max(_AGAIN_MS, 2 * self.params.settle_s * SECOND_MS):
            return AGAIN
        return EARLY if since_ms >= self.params.settle_s * SECOND_MS else WAITS

    # ---- what is said ---------------------------------------------------------------------------------------------
    def judge(self, due: Due, run: Run, now_ms: int) -> Table:
        """Judge looks against tracks; the events that changed, each with its version."""
        gone: set[str] = set()
        for look in due.looks:
            gone |= set(_ids(look.done))
            self._judge(look, run, now_ms)
        return self._tell(due.looks, gone)

    def _judge(self, look: Look, run: Run, now_ms: int) -> None:
        order = np.lexsort((look.seen["det_id"], look.seen["time_ms"]))
        seen = look.seen.take(order)
        scenes, _ = looks_of(seen, empty(SCENES), self._label, self._context)
        judged = judge_scene(run, scenes, seen, self.rules)
        look.done = filled(seen, [np.arange(len(seen))], [judged])
        look.heard, look.found_share = judged.heard, judged.found_share
        look.fixed_m = dark.nearest_m(seen, run.fixed_lat_deg, run.fixed_lon_deg)
        look.scene_ms = int(scenes["time_ms"][0])
        look.step = self._step(look, now_ms)

    def _tell(self, looks: list[Look], gone: set[str]) -> Table:
        """Events of these looks, and of others with a contact at the same place."""
        near, scene_ms, scene, mine = self._neighbourhood(looks)
        done = concat([look.done for look in near])
        share = np.concatenate([np.full(len(x.done), x.found_share) for x in near])
        around = dark.Around(
            np.concatenate([x.heard for x in near]), share,
            dark.same_place(done, scene, scene_ms, self.rules.dark), np.concatenate([x.fixed_m for x in near]),
        )  # fmt: skip
        rows = np.flatnonzero(mine)
        picked = dark.Around(*(getattr(around, n)[rows] for n in ("heard", "found_share", "repeats", "fixed_m")))
        found = dark.detect(done.take(rows), picked, self.rules.dark, self._around)
        closed = np.concatenate([np.full(len(x.done), x.step == FINAL) for x in near])[rows]
        over = dict(zip(_ids(done.take(rows)), closed.tolist(), strict=True))
        return self._changes(found, over, gone)

    def _neighbourhood(self, looks: list[Look]) -> tuple[list[Look], Array, Array, Array]:
        """Looks to work on, their times, the look of each contact, and which contacts are to be told anew."""
        judged = [x for x in self.looks.values() if x.step > WAITS and len(x.done)]
        mine = {id(x) for x in looks}
        fresh = [x for x in judged if id(x) in mine]
        others = [x for x in judged if id(x) not in mine]
        near, marks = list(fresh), [np.ones(len(x.done), np.bool_) for x in fresh]
        tree = _tree(fresh)
        for other in others:
            hit = _touched(tree, other, self.rules.dark.fixed_m)
            if hit.any():
                near.append(other)
                marks.append(hit)
        more = _tree(near)  # the neighbours of those that are told anew
        named = {id(x) for x in near}
        for other in others:
            if id(other) not in named and _touched(more, other, self.rules.dark.fixed_m).any():
                near.append(other)
                marks.append(np.zeros(len(other.done), np.bool_))
        scene = np.repeat(np.arange(len(near)), [len(x.done) for x in near])
        return near, np.array([x.scene_ms for x in near], np.int64), scene, np.concatenate(marks)

    def _changes(self, found: Table, over: dict[str, bool], gone: set[str]) -> Table:
        ids = found["event_id"].to_pylist()
        rows, versions, status = [], [], []
        for k, event_id in enumerate(ids):
            gone.discard(event_id)
            closed = over[event_id]
            version, was_closed, before = self._told.get(event_id, (0, False, None))
            row = found.slice(k, k + 1)
            if before is not None and was_closed >= closed and _alike(before, row):
                continue
            self._told[event_id] = (version + 1, closed or was_closed, row)
            rows.append(k)
            versions.append(version + 1)
            status.append(_CLOSED if closed or was_closed else _OPEN)
        parts = [found.take(np.array(rows, np.int64)).replace(
            version=np.array(versions, np.int32), status=np.array(status, np.int32),
        )]  # fmt: skip
        parts += [self._retracted(event_id) for event_id in sorted(gone) if event_id in self._told]
        full = [p for p in parts if len(p)]
        return in_order(concat(full)) if full else empty(EVENTS)

    def _retracted(self, event_id: str) -> Table:
        version, _, row = self._told[event_id]
        if int(row["status"][0]) == _RETRACTED:
            return empty(EVENTS)
        row = row.replace(
            version=np.full(1, version, np.int32), status=np.full(1, _RETRACTED, np.int32),
            status_reason=np.full(1, _LATE_DATA, np.int32),
        )  # fmt: skip
        self._told[event_id] = (version, False, row)
        return row


def _ids(done: Table) -> list[str]:
    return dark_ids(done["det_id"])


def _tree(looks: Sequence[Look]) -> cKDTree | None:
    full = [x.done for x in looks if len(x.done)]
    if not full:
        return None
    lat, lon = (np.concatenate([d[n] for d in full]) for n in ("lat_deg", "lon_deg"))
    return cKDTree(unit(lat, lon))


def _touched(tree: cKDTree | None, look: Look, within_m: float) -> Array:
    if tree is None:
        return np.zeros(len(look.done), np.bool_)
    away, _ = tree.query(unit(look.done["lat_deg"], look.done["lon_deg"]), distance_upper_bound=within_m * 1.001 + 1.0)
    return np.asarray(np.isfinite(away))


def _alike(one: Table, two: Table) -> bool:
    """Whether two rows say the same but for their version and state."""
    for name in one.schema.names:
        if name in _NOT_COMPARED:
            continue
        a, b = one[name], two[name]
        if isinstance(a, np.ndarray):
            if name in one.words:
                same = _word(one, name) == _word(two, name)
            else:
                same = bool(((a == b) | ((a != a) & (b != b))).all())  # noqa: PLR0124  missing on both sides
        else:
            same = bool(a.equals(b)) if isinstance(a, pa.Array) else a == b
        if not same:
            return False
    return True


def _word(row: Table, name: str) -> str | None:
    code = int(row[name][0])
    return None if code < 0 else row.codes_of(name)[code]

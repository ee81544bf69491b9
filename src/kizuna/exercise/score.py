"""How well detectors did on an exercise: events against truth, per kind.

An event and a truth row match one to one when they have the same actors (and, for visits, the same zone) and their
intervals overlap by an intersection over union of at least ``iou_min``; pairs are taken greedily, best overlap first.
Only truth that was observable counts as missed. An event that lies on a row which may be found (grade ``allowed``),
or on one that was too badly heard to be observable, is left out of the count; every other event without a match is a
false alarm, one on a hard negative (grade ``forbidden``) is named as such. A second event on a row already matched
is a false alarm too: a split event is half right.

Intervals of precision and recall are Wilson's (1927) at 95 per cent.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

import numpy as np

from kizuna.base.errors import InputError
from kizuna.base.table import Table
from kizuna.base.units import SECOND_MS
from kizuna.events.table import EVENTS
from kizuna.exercise.truth import TRUTH

IOU_MIN: Final = 0.3
_Z95: Final = 1.959964
_COVERED: Final = 0.5
"""Share of an event that must lie within rows that may be found for it to be left out of the count."""


class Interval(NamedTuple):
    """A share with its 95 per cent interval; NaN where nothing was counted."""

    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Score:
    """One kind of event: counts, shares, mean overlap, and how late the start was seen (median, seconds)."""

    kind: str
    truth: int
    events: int
    hits: int
    misses: int
    false_alarms: int
    left_out: int
    on_hard_negatives: int
    precision: Interval
    recall: Interval
    f1: float
    mean_iou: float
    onset_delay_s: float


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """Scores by kind. ``missed`` and ``false`` name truth rows and events, for the after-action review."""

    scores: tuple[Score, ...]
    missed: tuple[str, ...]
    false: tuple[str, ...]

    def __getitem__(self, kind: str) -> Score:
        """Score of one kind."""
        for score in self.scores:
            if score.kind == kind:
                return score
        raise KeyError(kind)

    def text(self) -> str:
        """A plain table for people."""
        names = ("truth", 6), ("events", 7), ("hits", 5), ("missed", 7), ("false", 6), ("out", 5)
        shares = f"  {'precision':19}  {'recall':19}  {'F1':5} {'IoU':4} {'onset':>6}"
        head = f"{'kind':12} " + " ".join(name.rjust(width) for name, width in names) + shares
        rows = [
            f"{s.kind:12} {s.truth:6d} {s.events:7d} {s.hits:5d} {s.misses:7d} {s.false_alarms:6d} {s.left_out:5d}  "
            f"{_shown(s.precision)}  {_shown(s.recall)}  {s.f1:.3f} {s.mean_iou:.2f} {s.onset_delay_s:6.0f} s"
            for s in self.scores
        ]
        return "\n".join([head, *rows])


def _shown(interval: Interval) -> str:
    return f"{interval.share:.3f} [{interval.low:.3f}-{interval.high:.3f}]"


def wilson(hits: int, count: int) -> Interval:
    """Wilson's score interval of a share."""
    if count == 0:
        return Interval(math.nan, math.nan, math.nan)
    share, z2 = hits / count, _Z95**2
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = _Z95 / (1 + z2 / count) * math.sqrt(share * (1 - share) / count + z2 / (4 * count * count))
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half))


class _Span(NamedTuple):
    """A truth row or an event: what must be equal for a match, and its interval in milliseconds."""

    name: str
    actors: tuple[int, ...]
    zones: frozenset[str]
    begin_ms: int
    end_ms: int
    grade: str
    observable: bool


def score(events: Table, truth: Table, *, iou_min: float = IOU_MIN, kinds: Sequence[str] = ()) -> ScoreTable:
    """Score a table of events against the truth of the same exercise.

    ``kinds`` limits the kinds that are scored; by default those that both tables know. Raises InputError where a
    table is not what its name says, or where the contexts differ.
    """
    if events.schema.name != EVENTS.name or truth.schema.name != TRUTH.name:
        raise InputError("score takes a table of events and a table of truth")
    _check_context(events, truth)
    both = [k for k in TRUTH["kind"].codes or () if k in (EVENTS["event_type"].codes or ())]
    found, known = _events(events), _truth(truth)
    scores: list[Score] = []
    missed: list[str] = []
    false: list[str] = []
    for kind in kinds or both:
        result, missing, alarms = _kind(kind, found.get(kind, []), known.get(kind, []), iou_min)
        scores.append(result)
        missed += missing
        false += alarms
    return ScoreTable(tuple(scores), tuple(missed), tuple(false))


def _check_context(events: Table, truth: Table) -> None:
    contexts = {t.codes_of("context")[i] for t in (events, truth) for i in np.unique(t["context"]) if i >= 0}
    if len(contexts) > 1:
        raise InputError(f"events and truth belong to different contexts: {', '.join(sorted(contexts))}")


def _truth(truth: Table) -> dict[str, list[_Span]]:
    rows: dict[str, list[_Span]] = {}
    for row in truth.to_arrow().to_pylist():
        zones = frozenset([row["zone_id"]] if row["zone_id"] else [])
        rows.setdefault(row["kind"], []).append(
            _Span(row["label_id"], tuple(row["mmsis"]), zones, _ms(row["start_timestamp"]), _ms(row["end_timestamp"]),
                  row["grade"], row["observable"])
        )  # fmt: skip
    return rows


def _events(events: Table) -> dict[str, list[_Span]]:
    """Latest standing version of each event; an open event lasts until the latest time in the table."""
    rows = [r for r in events.to_arrow().to_pylist() if r["status"] not in ("superseded", "retracted")]
    latest = max((_ms(r[n]) for r in rows for n in ("start_timestamp", "end_timestamp") if r[n]), default=0)
    newest: dict[str, Any] = {}
    for row in rows:
        if row["event_id"] not in newest or row["version"] > newest[row["event_id"]]["version"]:
            newest[row["event_id"]] = row
    spans: dict[str, list[_Span]] = {}
    for row in newest.values():
        begin_ms = _ms(row["start_timestamp"])
        end_ms = _ms(row["end_timestamp"]) if row["end_timestamp"] else max(latest, begin_ms + _open_ms(row))
        spans.setdefault(row["event_type"], []).append(
            _Span(row["event_id"], tuple(sorted(row["mmsis"])), _zones(row), begin_ms, end_ms, "", observable=True)
        )
    return spans


def _open_ms(row: dict[str, Any]) -> int:
    """Length of an open event so far, as its duration tells."""
    hours = row["duration_h"]
    return 0 if hours is None or math.isnan(hours) else round(hours * 3_600_000)


def _zones(row: dict[str, Any]) -> frozenset[str]:
    """Zones of a visit: the one its facts name, else those of its regions."""
    facts = json.loads(row["event_info"]) if row["event_info"] else {}
    if isinstance(facts, dict) and facts.get("zone_id"):
        return frozenset([str(facts["zone_id"])])
    return frozenset(r["zone_id"] for r in row["regions"] or [] if r["zone_id"])


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * SECOND_MS)


def overlap(a: tuple[int, int], b: tuple[int, int]) -> float:
    """Intersection over union of two intervals; 1 for two equal moments."""
    common = min(a[1], b[1]) - max(a[0], b[0])
    union = max(a[1], b[1]) - min(a[0], b[0])
    if union == 0:
        return 1.0
    return max(0.0, common / union)


def _same(event: _Span, row: _Span) -> bool:
    return event.actors == row.actors and (not row.zones or not event.zones or bool(row.zones & event.zones))


def _kind(kind: str, events: list[_Span], truth: list[_Span], iou_min: float) -> tuple[Score, list[str], list[str]]:
    """Match one kind, best overlap first."""
    required = [t for t in truth if t.grade == "required"]
    pairs = sorted(
        (
            (-overlap((e.begin_ms, e.end_ms), (t.begin_ms, t.end_ms)), i, j)
            for i, e in enumerate(events)
            for j, t in enumerate(required)
            if _same(e, t)
        )
    )
    matched: dict[int, int] = {}
    ious: dict[int, float] = {}
    for negative, i, j in pairs:
        if -negative >= iou_min and i not in matched and j not in ious:
            matched[i], ious[j] = j, -negative
    hits = [j for j in ious if required[j].observable]
    missing = [t.name for j, t in enumerate(required) if t.observable and j not in ious]
    loose = [i for i in range(len(events)) if i not in matched]
    tolerated = {i for i in loose if _may_be(events[i], truth, iou_min)}
    alarms = [i for i in loose if i not in tolerated]
    hard = Counter(any(t.grade == "forbidden" and _touch(events[i], t) for t in truth) for i in alarms)[True]
    precision = wilson(len(hits), len(hits) + len(alarms))
    recall = wilson(len(hits), len(hits) + len(missing))
    total = 2 * len(hits) + len(alarms) + len(missing)
    delays = [(events[i].begin_ms - required[j].begin_ms) / SECOND_MS for i, j in matched.items() if j in hits]
    result = Score(
        kind, len(hits) + len(missing), len(events), len(hits), len(missing), len(alarms),
        len(events) - len(hits) - len(alarms), hard, precision, recall,
        2 * len(hits) / total if total else math.nan,
        float(np.mean([ious[j] for j in hits])) if hits else math.nan,
        float(np.median(delays)) if delays else math.nan,
    )  # fmt: skip
    return result, missing, [events[i].name for i in alarms]


def _touch(event: _Span, row: _Span) -> bool:
    return _same(event, row) and overlap((event.begin_ms, event.end_ms), (row.begin_ms, row.end_ms)) > 0.0


def _may_be(event: _Span, truth: list[_Span], iou_min: float) -> bool:
    """Whether an event is left out of the count.

    Half of it lies on rows that may be found but need not be, or it meets a badly heard row with half the overlap
    that a match takes.
    """
    inside_ms, upto_ms = 0, event.begin_ms
    for row in sorted(truth, key=lambda r: r.begin_ms):
        unheard = row.grade == "required" and not row.observable
        if not (unheard or row.grade == "allowed") or not _same(event, row):
            continue
        if unheard and overlap((event.begin_ms, event.end_ms), (row.begin_ms, row.end_ms)) >= iou_min / 2:
            return True
        end_ms = min(event.end_ms, row.end_ms)
        inside_ms += max(0, end_ms - max(upto_ms, row.begin_ms))
        upto_ms = max(upto_ms, end_ms)
    return inside_ms >= _COVERED * (event.end_ms - event.begin_ms) and inside_ms > 0

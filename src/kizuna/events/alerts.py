"""Alerts: those events that are worth a look from the officer of the watch, and no more.

Every event stays in the table with its evidence. An event is an **alert** when

- its type is not among those that are kept for look-up only (``leave_out``),
- its confidence word is at least ``level``; for a gap, whose confidence is a probability, that is at least
  ``gap_confidence_min`` instead,
- it is no gap that began close to shore (``gap_shore_min_nm``), where berths, rivers and roads are, and
- it is not one more of the same **case**: an event of the same type, for visits also to the same zone or port, with one
  of the vessels of an alert raised less than ``repeat_h`` before, or of the events that joined its case.

Rival claims over the same water give a visit each, and one alert: visits of a vessel to zones of different claimants
with the same limit, which share at least half of the time that they span together, are one case whatever
``repeat_h`` says, and its sentence (``sentences``) names every claimant. The events stay apart; no claim is weighed.

An alert is **raised** at the moment from which its definition held: a gap at the limit of silence after its last fix,
an encounter or loitering at its least duration after its start, others at their start. Watches are counted from
midnight UTC.

Superseded and retracted versions raise nothing. Nothing here looks at flags, names or persons.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from kizuna.base.errors import ConfigError
from kizuna.base.table import Array, Table
from kizuna.base.units import HOUR_MS, NM_M
from kizuna.events.account.limits import within
from kizuna.events.account.regions import line_of
from kizuna.events.table import EVENT_TYPES, LEVEL_WORDS, STATUSES

_LEAST: Final = {"gap": "threshold_h", "encounter": "duration_min_h", "loitering": "duration_min_h"}
"""Parameter of the rule that says how long an event must last to be one."""
SAME_SHARE: Final = 0.5
"""Half: a ship that lies in one claim for days and then enters another is told of both."""
_ZONE_VISIT: Final = EVENT_TYPES.index("zone_visit")
_IN_FORCE: Final = tuple(STATUSES.index(s) for s in ("open", "closed"))


@dataclass(frozen=True, slots=True)
class Params:
    """Which events are alerts.

    Attributes:
        level: least confidence word of all types but gaps: low, moderate or high. Default moderate. What each word
            costs and saves is measured in docs/explanation/alerts.md.
        gap_confidence_min: least confidence of a gap; 0 to 1. Default 0.5: more likely its own than not, in the mix
            that the probability is meant for. Gaps with a better explanation have 0.40 at most.
        leave_out: types of event that raise no alerts, separated by blanks. Default port_visit: ships call at ports
            by the thousand, and whoever waits for one looks it up or watches a zone.
        gap_shore_min_nm: a gap that began nearer to shore than this raises no alert, nm; 0 to 50. Default 1: the
            packaged coast draws quays and rivers as land and is right to about half a mile; transmitters are
            switched off at berths every day.
        repeat_h: how long an alert stands for further events of its case, h; 0 to 720. Default 24: the same raft or the
            same ship waiting is told once a day.
        watch_h: length of a watch, h; 1 to 24. Default 8.
    """

    level: str = "moderate"
    gap_confidence_min: float = 0.5
    leave_out: str = "port_visit"
    gap_shore_min_nm: float = 1.0
    repeat_h: float = 24.0
    watch_h: float = 8.0

    def __post_init__(self) -> None:
        """Check the words and ranges."""
        if self.level not in LEVEL_WORDS:
            raise ConfigError(f"{self.level!r}", where="[alerts] level", hint=f"allowed: {', '.join(LEVEL_WORDS)}")
        for word in self.leave_out.split():
            if word not in EVENT_TYPES:
                raise ConfigError(f"{word!r}", where="[alerts] leave_out", hint=f"allowed: {', '.join(EVENT_TYPES)}")
        within("alerts", "gap_confidence_min", self.gap_confidence_min, 0, 1)
        within("alerts", "gap_shore_min_nm", self.gap_shore_min_nm, 0, 50, "nm")
        within("alerts", "repeat_h", self.repeat_h, 0, 720, "h")
        within("alerts", "watch_h", self.watch_h, 1, 24, "h")


class Alerts(NamedTuple):
    """Alerts in order of the time at which they were raised.

    Attributes:
        row: int64, row of the event in the table.
        raised_ms: int64, when it was raised, UTC.
        watch: int64, number of the watch since 1970.
        events: int64, events in the case, itself included.
        rivals: for each alert the rows of visits to rival claims that are told with it, itself left out.
        joined: for each alert the rows of its case in order of time, itself left out; the rivals are among them.
    """

    row: Array
    raised_ms: Array
    watch: Array
    events: Array
    rivals: tuple[tuple[int, ...], ...] = ()
    joined: tuple[tuple[int, ...], ...] = ()


class _Stay(NamedTuple):
    """A visit to a claimed zone; ``limit`` as the event tells it, empty for a zone from a file."""

    row: int
    claimant: str
    limit: str
    start_ms: int
    end_ms: int

    def rivals(self, other: _Stay) -> bool:
        """Whether two visits of one vessel are one to rival claims over the same water."""
        both_ms = min(self.end_ms, other.end_ms) - max(self.start_ms, other.start_ms)
        either_ms = max(self.end_ms, other.end_ms) - min(self.start_ms, other.start_ms)
        same = self.claimant != other.claimant and self.limit == other.limit
        return same and both_ms >= SAME_SHARE * either_ms


def select(events: Table, params: Params | None = None) -> Alerts:
    """The alerts among events."""
    params = params or Params()
    rows = np.flatnonzero(worth_a_look(events, params))
    raised = raised_ms(events)
    ids = events["event_id"].to_pylist()
    order = sorted(rows.tolist(), key=lambda k: (raised[k], ids[k]))
    with_it = _rivals(events, order)
    case = _cases(events, order, raised, round(params.repeat_h * HOUR_MS), with_it)
    row = np.array([k for k in order if case[k] == k], np.int64)
    size = np.bincount(np.array(list(case.values()), np.int64), minlength=len(events)).astype(np.int64)
    together: dict[int, list[int]] = {}
    for k, head in with_it.items():
        together.setdefault(head, []).append(k)
    rivals = tuple(tuple(together.get(k, ())) for k in row.tolist())
    folded: dict[int, list[int]] = {}
    for k in order:
        if case[k] != k:
            folded.setdefault(case[k], []).append(k)
    joined = tuple(tuple(folded.get(k, ())) for k in row.tolist())
    return Alerts(row, raised[row], raised[row] // round(params.watch_h * HOUR_MS), size[row], rivals, joined)


def sentences(events: Table, found: Alerts) -> list[str]:
    """What to tell of each alert: the summary of its event, with every claimant where rival claims are told together.

    Where the visits differ in nothing but the claimant, the lines are named together; else times and distances are
    those of the first line, and the others are named beside it.
    """
    summaries = events["summary"]
    out = []
    for k, others in zip(found.row.tolist(), found.rivals or ((),) * len(found.row), strict=True):
        text = summaries[k].as_py() or ""
        if others:
            rows = sorted((k, *others), key=lambda r: _claimant(events, r))
            texts = {r: summaries[r].as_py() or "" for r in rows}
            own = {r: line_of(_claimant(events, r), _told_basis(events, r)) for r in rows}
            alike = len({texts[r].replace(own[r], "", 1) for r in rows}) == 1
            words = _together(own, rows) if alike else _beside(own, k, rows)
            text = text.replace(own[k], words, 1)
        out.append(text)
    return out


def _together(own: dict[int, str], rows: list[int]) -> str:
    return f" ({_lines(own, rows)})"


def _beside(own: dict[int, str], k: int, rows: list[int]) -> str:
    return f"{own[k][:-1]}; in the same hours also inside the {_lines(own, [r for r in rows if r != k])})"


def _lines(own: dict[int, str], rows: list[int]) -> str:
    """Lines by whose they are: ``computed lines of CN and JP``."""
    computed = "computed " if all(own[r].startswith(" (computed") for r in rows) else ""
    names = list(dict.fromkeys(own[r].split("line of ", 1)[1][:-1] for r in rows))
    return f"{computed}line{'s' * (len(names) > 1)} of {_and(names)}"


def _and(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _claimant(events: Table, k: int) -> str:
    return next((r["claimant"] or "" for r in events["regions"][k].as_py() or ()), "")


def _told_basis(events: Table, k: int) -> str:
    return str(json.loads(events["event_info"][k].as_py() or "{}").get("basis", ""))


def flagged(events: Table, params: Params | None = None) -> Array:
    """Whether each event is an alert, bool: a column for whoever wants one."""
    out = np.zeros(len(events), np.bool_)
    out[select(events, params).row] = True
    return out


def worth_a_look(events: Table, params: Params) -> Array:
    """Which events pass every rule but that of cases."""
    left_out = [EVENT_TYPES.index(w) for w in params.leave_out.split()]
    keep = np.isin(events["status"], _IN_FORCE) & ~np.isin(events["event_type"], left_out)
    sure = events["confidence_word"] >= LEVEL_WORDS.index(params.level)
    close = events["start_distance_from_shore_m"] < params.gap_shore_min_nm * NM_M  # an unknown distance is not close
    gap = (events["confidence"] >= np.float32(params.gap_confidence_min)) & ~close
    found: Array = keep & np.where(events["event_type"] == EVENT_TYPES.index("gap"), gap, sure)
    return found


def raised_ms(events: Table) -> Array:
    """When the definition of each event first held, int64 UTC."""
    out: Array = events["start_ms"].copy()
    known: dict[str, dict[str, float]] = {}  # few distinct texts of parameters stand behind many events
    for k, (kind, text) in enumerate(zip(events["event_type"].tolist(), events["params"].to_pylist(), strict=True)):
        least = _LEAST.get(EVENT_TYPES[kind])
        if least is not None:
            if text not in known:
                known[text] = json.loads(text)
            out[k] += round(known[text].get(least, 0.0) * HOUR_MS)
    return out


def per_watch(alerts: Alerts, events: Table, first_ms: int, last_ms: int, params: Params | None = None) -> Array:
    """Alerts by watch and type between two times: shape (watches, types), int64; types as in ``EVENT_TYPES``."""
    length_ms = round((params or Params()).watch_h * HOUR_MS)
    first, last = first_ms // length_ms, last_ms // length_ms
    out = np.zeros((last - first + 1, len(EVENT_TYPES)), np.int64)
    inside = (alerts.watch >= first) & (alerts.watch <= last)
    np.add.at(out, (alerts.watch[inside] - first, events["event_type"][alerts.row[inside]]), 1)
    return out


def _places(events: Table) -> list[str]:
    """Zone or port of each visit, empty for other types."""
    visits = [EVENT_TYPES.index(w) for w in ("zone_visit", "port_visit")]
    out = [""] * len(events)
    for k in np.flatnonzero(np.isin(events["event_type"], visits)).tolist():
        out[k] = " ".join(r["zone_id"] or "" for r in events["regions"][k].as_py() or ())
    return out


def _stays(events: Table, order: list[int]) -> dict[int, list[_Stay]]:
    """Visits to claimed zones by vessel, in the order given."""
    kinds, mmsis = events["event_type"].tolist(), events["mmsis"].to_pylist()
    start_ms, hours = events["start_ms"].tolist(), np.nan_to_num(events["duration_h"]).tolist()
    out: dict[int, list[_Stay]] = {}
    for k in order:
        claimant = _claimant(events, k) if kinds[k] == _ZONE_VISIT else ""
        if claimant:
            limit = str(json.loads(events["event_info"][k].as_py() or "{}").get("limit_nm", ""))
            end_ms = start_ms[k] + round(hours[k] * HOUR_MS)
            out.setdefault(mmsis[k][0], []).append(_Stay(k, claimant, limit, start_ms[k], end_ms))
    return out


def _rivals(events: Table, order: list[int]) -> dict[int, int]:
    """Visits that are told with an earlier one to a rival claim: row to the row of that one."""
    out: dict[int, int] = {}
    for stays in _stays(events, order).values():
        heads: list[list[_Stay]] = []
        for stay in stays:
            fits = (h for h in heads if stay.rivals(h[0]) and all(stay.claimant != s.claimant for s in h))
            head = next(fits, None)
            if head is None:
                heads.append([stay])
            else:
                head.append(stay)
                out[stay.row] = head[0].row
    return out


def _cases(
    events: Table, order: list[int], raised: Array, repeat_ms: int, with_it: dict[int, int]
) -> dict[int, int]:  # fmt: skip
    """For each row in order of time the row of the alert that it belongs to, itself where it is one."""
    mmsis = events["mmsis"].to_pylist()
    kinds = list(zip(events["event_type"].tolist(), _places(events), strict=True))
    latest: dict[tuple[tuple[int, str], int], int] = {}  # type, place and vessel to the alert whose case they belong to
    case: dict[int, int] = {}
    for k in order:
        parties = [(kinds[k], m) for m in mmsis[k]]
        standing = [latest[p] for p in parties if p in latest and raised[k] - raised[latest[p]] < repeat_ms]
        if k in with_it:
            standing = [case[with_it[k]]]
        case[k] = min(standing, key=lambda a: (raised[a], a)) if standing else k
        latest.update(dict.fromkeys(parties, case[k]))
    return case

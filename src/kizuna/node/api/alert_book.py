"""Alerts as the stations see them: events of the store, what the desk decided about them, and counts.

Which events are alerts is ``events.alerts``; nothing here judges. An alert whose event was withdrawn stays in the list
for a day with the reason, because somebody may have acted on it. ``open`` lists what waits for somebody: new,
acknowledged and lately withdrawn alerts; silenced and dismissed ones are counted and stand in ``all``.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from kizuna.base.table import Table
from kizuna.base.units import DAY_MS, MISSING_TIME_MS
from kizuna.events.alerts import raised_ms, select, sentences, worth_a_look
from kizuna.events.table import EVENT_TYPES, LEVEL_WORDS, REASONS, STATUSES
from kizuna.node.api.alert_groups import Group, Place, grouped
from kizuna.node.api.interfaces import Node
from kizuna.node.api.picture_book import PictureBook
from kizuna.node.api.view import HOUSE, Reader, Viewer, view_notes
from kizuna.node.desk.decisions import STATES, Deed, Standing

MOST: Final = 2000
_WITHDRAWN: Final = tuple(STATUSES.index(s) for s in ("superseded", "retracted"))
_CLOSED: Final = STATUSES.index("closed")
_REASON_WORDS: Final = {"late_data": "late data", "reprocessed": "worked out again", "analyst": "an analyst's decision"}


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert without what the desk decided.

    ``t_ms`` is when it was raised, ``places`` the zones that it is about (several where rival claims are told
    together), ``manner`` how a vessel was in a zone, ``joined`` the ids of further events of its case,
    ``last_ms`` when the newest of them was raised; 0 without any.
    """

    event_id: str
    version: int
    event_type: str
    t_ms: int
    start_ms: int
    end_ms: int
    lat_deg: float
    lon_deg: float
    mmsis: tuple[int, ...]
    confidence: float
    word: str
    summary: str
    events: int
    withdrawn: str
    superseded_by: str
    places: tuple[Place, ...] = ()
    manner: str = ""
    joined: tuple[str, ...] = ()
    last_ms: int = 0


class AlertBook:
    """Follows the events of the store."""

    def __init__(self, node: Node, pictures: PictureBook) -> None:
        self._node = node
        self._pictures = pictures
        self._reader = Reader(node, HOUSE)
        self._lock = threading.Lock()
        self._held: tuple[int, int, list[Alert], list[Group]] | None = None

    def alerts(self) -> list[Alert]:
        """All alerts of the last days, newest first; worked out once for each version of the events and each hour."""
        return self._both()[0]

    def groups(self) -> list[Group]:
        """The rows of the list: each alert is in one of them."""
        return self._both()[1]

    def _both(self) -> tuple[list[Alert], list[Group]]:
        now = self._node.now_ms()
        with self._lock:
            key = (self._reader.versions().events, now // 3_600_000)
            if self._held is None or self._held[:2] != key:
                since = now - round(self._node.facts.alert_days * DAY_MS)
                found = _alerts(self._reader.events(start_ms=since - 7 * DAY_MS), self._node, since, now)
                params = self._node.alerts
                rows = grouped(found, repeat_h=params.repeat_h, watch_h=params.watch_h)
                self._held = (*key, found, rows)
            return self._held[2:]

    def marked(self) -> set[int]:
        """MMSIs with an alert that waits for somebody."""
        now, standing = self._node.desk.clock(), self._node.desk.decisions.standing()
        return {m for a in self.alerts() if state_of(a, standing, now)[0] in ("new", "acknowledged") for m in a.mmsis}

    def listed(self, viewer: Viewer, *, every: bool) -> dict[str, Any]:
        """The list as the API gives it."""
        now, standing = self._node.desk.clock(), self._node.desk.decisions.standing()
        counts = dict.fromkeys(STATES, 0)
        self._pictures.refresh()  # for the names
        rows = []
        lately = self._node.now_ms() - DAY_MS
        for alert in view_notes(self.alerts(), viewer, "event.see"):
            state, deed = state_of(alert, standing, now)
            counts[state] += 1
            waits = state in ("new", "acknowledged") or (state == "withdrawn" and alert.t_ms >= lately)
            if every or waits:
                rows.append(as_dict(alert, state, deed, self._pictures))
        shown = {r["event_id"] for r in rows[:MOST]}
        groups = [g.as_dict() for g in self.groups() if not shown.isdisjoint(g.members)]
        return {
            "version": self._node.desk.version, "alerts": rows[:MOST], "left_out": max(0, len(rows) - MOST),
            "groups": groups, "watch_h": self._node.alerts.watch_h, "counts": counts, "silenced": counts["silenced"],
        }  # fmt: skip

    def find(self, event_id: str) -> Alert | None:
        """The alert of an event."""
        return next((a for a in self.alerts() if a.event_id == event_id), None)


def state_of(alert: Alert, standing: Standing, now_ms: int) -> tuple[str, Deed | None]:
    """State of an alert and the decision behind it."""
    deed = standing.of(alert.event_id, alert.mmsis, now_ms)
    if alert.withdrawn:
        return "withdrawn", deed
    return ("new", None) if deed is None else (deed.state, deed)


def as_dict(alert: Alert, state: str, deed: Deed | None, pictures: PictureBook) -> dict[str, Any]:
    """One alert as the API gives it."""
    return {
        "event_id": alert.event_id, "version": alert.version, "event_type": alert.event_type, "t": alert.t_ms,
        "start": alert.start_ms, "end": _time(alert.end_ms), "lat": alert.lat_deg, "lon": alert.lon_deg,
        "mmsis": alert.mmsis, "names": [pictures.name(m) for m in alert.mmsis], "confidence": alert.confidence,
        "word": alert.word, "summary": alert.summary, "events": alert.events, "state": state,
        "by": deed.by if deed else None, "at": deed.t_ms if deed else None, "until": deed.until_ms if deed else None,
        "reason": alert.withdrawn or (deed.reason if deed else ""), "decided_version": deed.event_version if deed
        else None, "scope": ("vessel" if deed.mmsi is not None else "event") if deed else None,
        "superseded_by": alert.superseded_by or None, "manner": alert.manner, "joined": alert.joined,
        "zones": [{"zone_id": p.zone_id, "name": p.name, "claimant": p.claimant} for p in alert.places],
    }  # fmt: skip


def _time(time_ms: int) -> int | None:
    return None if time_ms == MISSING_TIME_MS else time_ms


def _alerts(events: Table, node: Node, since_ms: int, now_ms: int) -> list[Alert]:
    found = select(events, node.alerts)
    ids, times = events["event_id"], raised_ms(events)
    out = [replace(_alert(events, int(k), int(t), int(n)), summary=said, joined=tuple(ids[j].as_py() for j in joined),
                   last_ms=max((int(times[j]) for j in joined), default=0),
                   places=tuple(p for r in (k, *rivals) for p in _places(events, int(r))))
           for k, t, n, said, rivals, joined in zip(
               found.row, found.raised_ms, found.events, sentences(events, found), found.rivals, found.joined,
               strict=True)
           if since_ms <= t <= now_ms]  # fmt: skip
    gone = np.isin(events["status"], _WITHDRAWN)
    if gone.any():
        lost = events.take(gone)
        as_if = lost.replace(status=np.full(len(lost), _CLOSED, lost["status"].dtype))
        raised = raised_ms(lost)
        rows = np.flatnonzero(worth_a_look(as_if, node.alerts) & (raised >= since_ms))
        out += [_alert(lost, int(k), int(raised[k]), 1) for k in rows]
    return sorted(out, key=lambda a: (-a.t_ms, a.event_id))


def _alert(events: Table, k: int, raised: int, count: int) -> Alert:
    place = [(events[f"{w}_lat_deg"][k], events[f"{w}_lon_deg"][k]) for w in ("end", "start")]
    if EVENT_TYPES[events["event_type"][k]] in ("encounter", "loitering"):
        place.insert(0, (events["lat_mean_deg"][k], events["lon_mean_deg"][k]))
    lat, lon = next((p for p in place if not np.isnan(p[0])), place[-1])
    status, reason = int(events["status"][k]), int(events["status_reason"][k])
    withdrawn = ""
    if status in _WITHDRAWN:
        withdrawn = f"{STATUSES[status]}: {_REASON_WORDS[REASONS[reason]] if reason >= 0 else 'no reason given'}"
    word = int(events["confidence_word"][k])
    return Alert(
        events["event_id"][k].as_py(), int(events["version"][k]), EVENT_TYPES[events["event_type"][k]], raised,
        int(events["start_ms"][k]), int(events["end_ms"][k]), float(lat), float(lon),
        tuple(events["mmsis"][k].as_py() or ()), round(float(events["confidence"][k]), 3),
        LEVEL_WORDS[word] if word >= 0 else "", events["summary"][k].as_py() or "", count, withdrawn,
        events["superseded_by"][k].as_py() or "", _places(events, k),
        str(_info(events, k).get("class", "")) if EVENT_TYPES[events["event_type"][k]] == "zone_visit" else "",
    )  # fmt: skip


def _info(events: Table, k: int) -> dict[str, Any]:
    found = json.loads(events["event_info"][k].as_py() or "{}")
    return found if isinstance(found, dict) else {}


def _places(events: Table, k: int) -> tuple[Place, ...]:
    """The zone of a visit."""
    if EVENT_TYPES[events["event_type"][k]] != "zone_visit":
        return ()
    info = _info(events, k)
    claimant = next((r["claimant"] or "" for r in events["regions"][k].as_py() or ()), "")
    zone = str(info.get("zone_id") or next((r["zone_id"] or "" for r in events["regions"][k].as_py() or ()), ""))
    name = str(info.get("zone", "")) or zone
    return (Place(zone, name, claimant, str(info.get("limit_nm", ""))),) if zone else ()

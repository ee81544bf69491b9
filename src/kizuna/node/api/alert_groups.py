"""One row for each happening: which alerts belong together on the officer's list. Nothing is left out, all is counted.

- **rivals**: visits of one vessel to zones of different claimants with the same limit, at the same time. A vessel that
  is inside both at once shows that both claim that water; the zones then count as one place from there on. Claimants
  stand side by side in the order of their names.
- **visits**: further visits of one vessel to the same place, each within ``repeat_h`` of the one before.
- **passages**: vessels that went through the same place in the same watch, once each, and by their speed and course did
  nothing else there. A vessel that stayed, stopped, or came again has a row of its own.
- everything else stands alone.

Rank says what wants a decision first: a silence, a meeting or a contact without a track before a stay, a stay before
those who passed. It orders the list and hides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from kizuna.base.units import HOUR_MS, MISSING_TIME_MS

if TYPE_CHECKING:
    from kizuna.node.api.alert_book import Alert

SINGLE, RIVALS, VISITS, PASSAGES = "single", "rivals", "visits", "passages"
KINDS: Final = (SINGLE, RIVALS, VISITS, PASSAGES)
RANKS: Final = {"dark_detection": 3, "gap": 3, "encounter": 3, "loitering": 2, "zone_visit": 2, "port_visit": 1}
_PASSED: Final = 1
_PASSAGE: Final = "passage"
_NEVER_MS: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class Place:
    """A zone as an alert names it; ``claimant`` is empty where nobody claims."""

    zone_id: str
    name: str
    claimant: str
    limit: str


@dataclass(frozen=True, slots=True)
class Group:
    """Alerts that are one row. ``members`` are event ids, newest first; ``rank`` 3 wants a decision first."""

    group_id: str
    kind: str
    event_type: str
    rank: int
    members: tuple[str, ...]
    mmsis: tuple[int, ...]
    places: tuple[Place, ...]
    t_ms: int
    first_ms: int
    events: int

    def as_dict(self) -> dict[str, Any]:
        """As the API gives it."""
        claimants = sorted({p.claimant for p in self.places if p.claimant})
        return {
            "id": self.group_id, "kind": self.kind, "event_type": self.event_type, "rank": self.rank,
            "members": self.members, "mmsis": self.mmsis, "claimants": claimants,
            "zones": [{"zone_id": p.zone_id, "name": p.name, "claimant": p.claimant} for p in self.places],
            "t": self.t_ms, "first": self.first_ms, "events": self.events,
        }  # fmt: skip


def grouped(alerts: Sequence[Alert], *, repeat_h: float = 24.0, watch_h: float = 8.0) -> list[Group]:
    """The groups of alerts: each alert is in exactly one. By rank, then newest first."""
    roots = _one_place(alerts)
    rows: dict[tuple[Any, ...], list[Alert]] = {}
    chains: dict[tuple[int, str], list[list[Alert]]] = {}
    for alert in sorted(alerts, key=lambda a: (a.t_ms, a.event_id)):
        if alert.event_type != "zone_visit" or not alert.places or alert.withdrawn:
            rows[SINGLE, alert.event_id] = [alert]
            continue
        chain = chains.setdefault((alert.mmsis[0], roots[alert.places[0].zone_id]), [])
        if chain and alert.t_ms - max(max(a.t_ms, a.last_ms) for a in chain[-1]) < repeat_h * HOUR_MS:
            chain[-1].append(alert)
        else:
            chain.append([alert])
    watch_ms = round(watch_h * HOUR_MS)
    for (_, root), parts in chains.items():
        for part in parts:
            passed = all(a.manner == _PASSAGE and _times(a) == 1 for a in part) and _visits(part) == 1
            key = (PASSAGES, root, part[-1].t_ms // watch_ms) if passed else (VISITS, part[0].event_id)
            rows.setdefault(key, []).extend(part)
    groups = [_group(key[0], members) for key, members in rows.items()]
    return sorted(groups, key=lambda g: (-g.rank, -g.t_ms, g.group_id))


def _group(kind: str, members: list[Alert]) -> Group:
    members = sorted(members, key=lambda a: (-a.t_ms, a.event_id))
    mmsis = tuple(dict.fromkeys(m for a in members for m in a.mmsis))
    places = {p.zone_id: p for a in members for p in a.places}
    claimants = {p.claimant for p in places.values() if p.claimant}
    if kind == PASSAGES and len(mmsis) > 1:
        shown = PASSAGES
    elif kind != SINGLE and len(claimants) > 1:
        shown = RIVALS
    else:
        shown = VISITS if len(members) > 1 or (kind == VISITS and _times(members[0]) > 1) else SINGLE
    rank = _PASSED if kind == PASSAGES else RANKS.get(members[0].event_type, _PASSED)
    oldest = min(members, key=lambda a: (a.t_ms, a.event_id))  # the id stays when more come
    return Group(
        oldest.event_id, shown, members[0].event_type, rank, tuple(a.event_id for a in members), mmsis,
        tuple(sorted(places.values(), key=lambda p: (p.claimant, p.zone_id))), members[0].t_ms, oldest.start_ms,
        sum(a.events for a in members),
    )  # fmt: skip


def _times(alert: Alert) -> int:
    """How many visits a case has, those to rival claims counted once."""
    return max(1, alert.events - (len({p.claimant for p in alert.places}) - 1))


def _visits(part: Iterable[Alert]) -> int:
    """Visits of one vessel to one place that do not overlap in time."""
    count, until = 0, -_NEVER_MS
    for alert in part:
        count += alert.start_ms > until
        until = max(until, _end(alert))
    return count


def _end(alert: Alert) -> int:
    return _NEVER_MS if alert.end_ms == MISSING_TIME_MS else alert.end_ms


def _one_place(alerts: Sequence[Alert]) -> dict[str, str]:
    """Zone to the one that stands for its place: zones of rivals in which a vessel was at once are one place."""
    roots = {p.zone_id: p.zone_id for a in alerts for p in a.places}

    def root(zone: str) -> str:
        while roots[zone] != zone:
            zone = roots[zone]
        return zone

    for one, other in _at_once(alerts):
        if one.claimant and other.claimant and one.claimant != other.claimant and one.limit == other.limit:
            first, second = sorted((root(one.zone_id), root(other.zone_id)))
            roots[second] = first
    return {zone: root(zone) for zone in roots}


def _at_once(alerts: Sequence[Alert]) -> Iterator[tuple[Place, Place]]:
    """Pairs of places in which one vessel was at the same time."""
    by_vessel: dict[int, list[Alert]] = {}
    for alert in alerts:
        for place in alert.places[1:]:
            yield alert.places[0], place
        if alert.event_type == "zone_visit" and alert.places and alert.places[0].claimant:
            by_vessel.setdefault(alert.mmsis[0], []).append(alert)
    for stays in by_vessel.values():
        stays.sort(key=lambda a: a.start_ms)
        for k, one in enumerate(stays):
            for other in stays[k + 1 :]:
                if other.start_ms >= _end(one):
                    break
                yield one.places[0], other.places[0]

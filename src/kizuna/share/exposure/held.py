"""What one partner holds, and what it can do with it.

``exposure`` counts from the ledger alone: what stood in a log that the partner could read, at the positions at which
it could. That is the set that was released to it, no more and no less. Beside it stand what others may have passed on
to it, and to whom it may pass on what it holds, each with the grant or label that allows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import NamedTuple

from kizuna.base.errors import InputError
from kizuna.records.label import COMMUNITY, EVERYBODY, Label, Reshare, reshare_of
from kizuna.share.grants import Given


class Reading(NamedTuple):
    """A run of positions of one of our logs that one party could read: [``first``, ``end``).

    Of a log to the party itself that is all of it; of a community's log, what was appended while it was a member.
    ``confirmed`` is the size that its last receipt covers.
    """

    log: str
    audience: str
    party: str
    first: int
    end: int
    confirmed: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What the node hands in: its ledger, its book of grants, what others told, its ties.

    Attributes:
        logs: record ids by log, in order of position.
        readings: who could read what, all parties.
        labels: label by record id.
        origins: origin by record id.
        grants: every grant that is known.
        told_of: (record id, party, from whom) that answers to recalls have told.
        members: members of each community now.
        lanes: logs by party that are open now, ours to it and its to us.
        keys: key ids by party that this node accepts, with the size of each of its logs that was verified last.
        incidents: open cases by party.
        covered: released records in the scope of each grant by kind or subject, by the grant's id.
        passed: (record id, party or community, carrier, grant) that carriers told us they passed on.
    """

    logs: Mapping[str, tuple[str, ...]]
    readings: tuple[Reading, ...]
    labels: Mapping[str, Label] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)
    grants: tuple[Given, ...] = ()
    told_of: tuple[tuple[str, str, str], ...] = ()
    members: Mapping[str, frozenset[str]] = field(default_factory=dict)
    lanes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    positions: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    incidents: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    covered: Mapping[str, frozenset[str]] = field(default_factory=dict)
    passed: tuple[tuple[str, str, str, str], ...] = ()

    def under(self, given: Given) -> frozenset[str]:
        """Records that a grant lets go on, as far as they are known here."""
        return given.records | self.covered.get(given.id, frozenset())


class Way(NamedTuple):
    """How a record came, or may have come, to a party: from whom, by which log, grant or label."""

    by: str
    through: str


@dataclass(frozen=True, slots=True)
class Exposure:
    """What one party holds and can do.

    Attributes:
        party: whose exposure.
        released: ways by record id: exactly what this node released to it.
        confirmed: of these, what its receipts cover.
        through_others: records that others may have passed on to it, with the ways that were allowed or told of;
            those that a carrier said to have passed on under a grant are certain, by its own signed word.
        onward: audiences to which it may pass records on, with the number of records and what allows it.
        keys, lanes, communities, grants, incidents: what ends now.
    """

    party: str
    released: Mapping[str, tuple[Way, ...]]
    confirmed: frozenset[str]
    through_others: Mapping[str, tuple[Way, ...]]
    onward: Mapping[str, tuple[int, str]]
    keys: tuple[str, ...]
    lanes: tuple[str, ...]
    communities: tuple[str, ...]
    grants: tuple[Given, ...]
    incidents: tuple[str, ...]


def exposure(party: str, facts: Facts, me: str, now_ms: int) -> Exposure:
    """What ``party`` holds of what this node told, and what of it ends when the ties are cut."""
    held: dict[str, dict[str, list[Way]]] = {}
    confirmed: set[str] = set()
    for each in facts.readings:
        ids = facts.logs.get(each.log, ())
        if not 0 <= each.first <= each.end <= len(ids):
            raise InputError(
                f"{each.party} cannot have read {each.first} to {each.end} of {each.log}: it has {len(ids)}"
            )
        for name in ids[each.first : each.end]:
            held.setdefault(each.party, {}).setdefault(name, []).append(Way(me, each.log))
        if each.party == party:
            confirmed.update(ids[each.first : min(each.end, each.confirmed)])
    released = held.get(party, {})
    live = tuple(each for each in facts.grants if not each.ended and now_ms < each.until_ms)
    names = {party} | {community for community, members in facts.members.items() if party in members}
    others = _through_others(party, names, held, facts)
    return Exposure(
        party=party,
        released={name: tuple(ways) for name, ways in sorted(released.items())},
        confirmed=frozenset(confirmed),
        through_others={name: tuple(ways) for name, ways in sorted(others.items())},
        onward=_onward(set(released), live, facts, party),
        keys=facts.keys.get(party, ()),
        lanes=facts.lanes.get(party, ()),
        communities=tuple(sorted(names - {party})),
        grants=tuple(g for g in live if g.origin == me and (g.to in names or facts.under(g) & set(released))),
        incidents=facts.incidents.get(party, ()),
    )


def _through_others(
    party: str, names: set[str], held: Mapping[str, Mapping[str, list[Way]]], facts: Facts
) -> dict[str, list[Way]]:
    """Records that another holder was allowed to pass on to the party, also by grants that have ended since."""
    found: dict[str, list[Way]] = {}
    granted: dict[str, list[str]] = {}
    for each in facts.grants:
        for name in facts.under(each) if each.to in names else ():
            granted.setdefault(name, []).append(f"grant {each.id}")
    for holder, records in held.items():
        if holder == party:
            continue
        for name in records:
            for way in (*granted.get(name, ()), *_allowed(name, names, facts)):
                found.setdefault(name, []).append(Way(holder, way))
    for name, way in _told_by_others(party, names, facts):
        found.setdefault(name, []).append(way)
    return found


def _told_by_others(party: str, names: set[str], facts: Facts) -> Iterable[tuple[str, Way]]:
    """What carriers said to have passed on to the party, and what answers to recalls told of it."""
    for name, to, carrier, grant in facts.passed:
        if to in names and carrier != party:
            yield name, Way(carrier, f"passed on under grant {grant}")
    for name, who, via in facts.told_of:
        if who == party:
            yield name, Way(via, "told in answer to a recall")


def _allowed(name: str, names: set[str], facts: Facts) -> Iterable[str]:
    label = facts.labels.get(name)
    return () if label is None else ways_of(label, names)


def ways_of(label: Label, names: AbstractSet[str]) -> Iterable[str]:
    """How a label lets whoever holds a record pass it on to a party of these names (its own and its communities)."""
    least = reshare_of(label)
    if least == Reshare.FREE:
        yield "label free"
    elif least == Reshare.COMMUNITY:
        yield from (f"label community {each}" for each in sorted(label.rel_to & names) if COMMUNITY.fullmatch(each))


def _onward(released: set[str], live: tuple[Given, ...], facts: Facts, party: str) -> dict[str, tuple[int, str]]:
    """Where the party may still send what it holds."""
    found: dict[str, tuple[set[str], set[str]]] = {}
    for each in live:
        common = facts.under(each) & released
        if common and each.to != party:
            ids, ways = found.setdefault(each.to, (set(), set()))
            ids |= common
            ways.add("grant")
    for name in released:
        label = facts.labels.get(name)
        for to in () if label is None else onward_of(label):
            ids, ways = found.setdefault(to, (set(), set()))
            ids.add(name)
            ways.add("label")
    return {to: (len(ids), ", ".join(sorted(ways))) for to, (ids, ways) in sorted(found.items())}


def onward_of(label: Label) -> tuple[str, ...]:
    """Audiences to which a label lets whoever holds a record pass it on."""
    least = reshare_of(label)
    if least < Reshare.COMMUNITY:
        return ()
    return (EVERYBODY,) if least == Reshare.FREE else tuple(sorted(filter(COMMUNITY.fullmatch, label.rel_to)))

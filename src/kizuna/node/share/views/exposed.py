"""What a partner holds, counted from the register without reading its logs; and the few records that grants speak of.

Counts are of entries: a record that a partner was told in two logs counts twice. Which records a grant lets go on is
worked out record by record (``share.exposure``), over a ledger of those records alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from kizuna.base.errors import InputError
from kizuna.node.share.views import reading
from kizuna.records.label import Label
from kizuna.share.exposure import Reading, Way
from kizuna.share.exposure.held import onward_of, ways_of
from kizuna.share.ledger.name import parse_name
from kizuna.stores.shared.register.wishes import Reach, Tally, Want

if TYPE_CHECKING:
    from kizuna.node.share.desk.office import Office
    from kizuna.share.grants import Given

COVERED_MOST: Final = 20_000
"""Records that one grant by kind or subject is followed to; of more, the newest."""
_LABEL: Final = msgspec.json.Decoder(Label)


class Counted(NamedTuple):
    """What a partner was told, by the ledger. ``through``: entries that a holder may have passed on, by way.

    ``onward``: entries that it may pass on itself, by audience, because their labels say so.
    """

    released: int
    confirmed: int
    by_kind: Mapping[str, int]
    logs: tuple[str, ...]
    through: Mapping[Way, int]
    onward: Mapping[str, int]


class Granted(NamedTuple):
    """The records that grants speak of: ids by log, who could read so many of them, and what each grant covers."""

    logs: Mapping[str, tuple[str, ...]]
    readings: tuple[Reading, ...]
    origins: Mapping[str, str]
    covered: Mapping[str, frozenset[str]]


def count(office: Office, party: str) -> Counted:
    """What one partner holds and what labels let happen with it."""
    names = {party} | {c.id for c in office.sharing.who().communities.values() if party in c.members}
    kinds: Counter[str] = Counter()
    through: Counter[Way] = Counter()
    onward: Counter[str] = Counter()
    logs, released, confirmed = [], 0, 0
    for log, readers in _readers(office):
        if not log.end:
            continue
        told = office.shared.register.tally(log, labels=True)
        if party in readers:
            acks = office.shared.outbox.acks(log.log.name)
            logs.append(log.log.name)
            released += told.entries
            confirmed += min(acks[party].size, log.end) if party in acks else 0
            kinds.update(told.kinds)
            kinds["erased"] += told.erased
            for label, n in _labels(told):
                onward.update(dict.fromkeys(onward_of(label), n))
        for holder in readers - {party}:
            for label, n in _labels(told):
                through.update({Way(holder, way): n for way in ways_of(label, names)})
    return Counted(released, confirmed, dict(sorted((+kinds).items())), tuple(sorted(logs)), through, onward)


def granted(office: Office, grants: tuple[Given, ...]) -> Granted:
    """The ledger of the records that these grants speak of."""
    logs: dict[str, dict[str, int]] = {}
    origins: dict[str, str] = {}
    covered: dict[str, set[str]] = {}
    for grant in grants:
        for name in grant.records:
            for place, n in office.shared.records.where(name):
                if parse_name(place).origin == office.me:
                    logs.setdefault(place, {})[name] = n
        for row in _covered(office, grant):
            logs.setdefault(row.log, {})[row.id] = row.n
            origins[row.id] = row.record.origin
            covered.setdefault(grant.id, set()).add(row.id)
    readings = []
    for log, readers in _readers(office):
        held = sorted(logs.get(log.log.name, {}).values())
        acks = office.shared.outbox.acks(log.log.name) if held else {}
        for party in sorted(readers if held else ()):
            done = acks[party].size if party in acks else 0
            known = sum(n < min(done, log.end) for n in held)
            readings.append(Reading(log.log.name, log.log.peer, party, 0, sum(n < log.end for n in held), known))
    ordered = {place: tuple(sorted(ids, key=ids.__getitem__)) for place, ids in logs.items()}
    return Granted(ordered, tuple(readings), origins, {g: frozenset(ids) for g, ids in covered.items()})


def own_told(office: Office, party: str) -> Iterator[str]:
    """Ids of our own records that a partner was told, a few at a time, each once."""
    logs = [log for log, readers in _readers(office) if party in readers]
    seen: set[str] = set()
    several = len({log.log.peer for log in logs}) > 1
    for row in reading.records(office, logs, office.shared.register.find(logs, Want()), Want()):
        if row.record.origin == office.me and row.id not in seen:
            seen.update((row.id,) if several else ())
            yield row.id


def _covered(office: Office, grant: Given) -> Iterator[reading.Told]:
    if not (grant.kinds or grant.subjects) or grant.ended:
        return
    logs = reading.everything(office)
    starts = tuple(kind.partition("*")[0] for kind in grant.kinds)
    for subject in sorted(grant.subjects) or [""]:
        want = Want(grant.from_ms or None, grant.until_ms, starts, subject)
        found = reading.newest(office.shared.register.find(logs, want), COVERED_MOST)
        yield from (r for r in reading.records(office, logs, found, want) if grant.covers(r.id, r.record))


def _readers(office: Office) -> Iterator[tuple[Reach, frozenset[str]]]:
    """Logs of ours below their signed heads, with everybody who could read them."""
    for state in office.shared.logs.all("out"):
        yield Reach(state, state.head_size), office.holdings.readers(parse_name(state.name).audience)


def _labels(told: Tally) -> Iterator[tuple[Label, int]]:
    for text, n in told.labels.items():
        try:
            yield _LABEL.decode(text), n
        except (msgspec.MsgspecError, InputError, ValueError):  # cannot be read, so it lets nobody do anything
            continue

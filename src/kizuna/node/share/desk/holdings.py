"""Who has what, for recalls; and what follows from a recall at this node: tombstones, records on their way, answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from kizuna.base.errors import InputError
from kizuna.node.share.desk.hidden_rows import HIDING
from kizuna.node.share.desk.journal import Row
from kizuna.node.share.views import reading
from kizuna.records.bodies.trust import Recall
from kizuna.records.kinds import read_body
from kizuna.records.label import EVERYBODY
from kizuna.records.record import decode, record_id
from kizuna.share.ledger.name import parse_name
from kizuna.share.recall import Holding, Outcome
from kizuna.stores.shared.books import Tombstone
from kizuna.stores.shared.register.wishes import Want

if TYPE_CHECKING:
    from kizuna.node.share.desk.office import Office

SENT: Final = "!recall.sent"
REFUSE: Final = "!recall.refuse"


class Sent(msgspec.Struct, frozen=True):
    """A partner's receipt covers a recall; or a person refuses one, for a reason."""

    recall: str
    party: str = ""
    why: str = ""


class _Said(msgspec.Struct):
    """What is read of a record to find all about a subject: of a thousand records and more, and all were checked."""

    origin: str
    subject: tuple[str, ...] = ()


_SAID: Final = msgspec.json.Decoder(_Said)


class Holdings:
    """Over the logs of a node. Called with the id of a record it says whose it is and who has it from us."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._owed: dict[tuple[str, str], bytes] = {}
        self._open: set[tuple[str, str]] = set()
        """(recall, party) that is told, and no receipt covers it yet."""

    @property
    def waits(self) -> bool:
        """Whether a recall or an answer is on its way."""
        return bool(self._owed or self._open)

    def __call__(self, record: str) -> Holding | None:
        """What is known of a record; None where it was never here."""
        office = self._office
        names = [parse_name(name) for name, _ in office.shared.records.where(record)]
        held = office.shared.records.get(record)
        if not names and (held is None or held.data is None):
            return None
        origin = decode(held.data).origin if held and held.data else names[0].origin
        to: set[str] = set()
        for name in names:
            if name.origin == office.me:
                to |= self.readers(name.audience)
        return Holding(origin, frozenset(to), frozenset(d.id for d in office.shared.derived.versions(record)))

    def readers(self, audience: str) -> frozenset[str]:
        """Parties that read for an audience, also those that are paused or revoked now."""
        who = self._office.sharing.who()
        if audience == EVERYBODY:
            return frozenset(who.partners)
        community = who.communities.get(audience)
        if community is not None:
            return frozenset(p for p in community.members if p in who.partners)
        return frozenset((audience,)) if audience in who.partners else frozenset()

    # ---- recalls -----------------------------------------------------------------------------------------------------
    def apply(self, row: Row) -> None:
        """A recall, an answer or an event of one, from the journal."""
        office = self._office
        recalls = office.recalls
        if row.what == SENT:
            said = msgspec.json.decode(row.data, type=Sent)
            self._open.discard((said.recall, said.party))
            self._follow(recalls.sent(said.recall, said.party, row.at_ms), row)
        elif row.what == REFUSE:
            said = msgspec.json.decode(row.data, type=Sent)
            self._follow(recalls.refuse(said.recall, said.why, row.at_ms), row)
        elif row.what == "recall.ack":
            self._follow(recalls.take_answer(row.data, row.proved, row.at_ms), row)
        elif row.proved == office.me:
            body = read_body(decode(row.data))
            assert isinstance(body, Recall)
            at_ms = decode(row.data).observed_ms
            _, outcome = recalls.ask(
                body.records, body.reason, self, at_ms, action=body.action, text=body.text, follows=body.follows,
                gone=self._gone(),
            )  # fmt: skip
            self._follow(outcome, row)
        else:
            outcome = recalls.take(row.data, row.proved, row.via or row.proved, self, row.at_ms, gone=self._gone())
            self._follow(outcome, row)

    def _gone(self) -> frozenset[str]:
        who = self._office.sharing.who()
        return frozenset(p.id for p in who.partners.values() if not self._office.reaches(p.id))

    def _follow(self, outcome: Outcome, row: Row) -> None:
        office = self._office
        stones = [Tombstone(b.record_id, b.action, b.reason, b.recall, row.at_ms) for b in outcome.barred]
        if stones:
            if row.proved != office.me:
                office.hidden.add(s.id for s in stones if s.action in HIDING)
            office.shared.tombstones.put(stones)
        if row.proved != office.me and (erased := [b.record_id for b in outcome.barred if b.action == "delete"]):
            office.shared.records.erase(erased, row.at_ms, "recalled by its originator")
        if outcome.freed:
            left = office.shared.records.many(outcome.freed)
            freed = [name for name, held in left.items() if held.data is not None]  # erased bytes do not come back
            office.hidden.remove(freed)
            office.shared.tombstones.remove(freed)
        for send in outcome.send:
            self._owed[record_id(send.data), send.to] = send.data

    def follow(self) -> None:
        """Pass on what is owed, and see which recalls are covered by receipts now."""
        office = self._office
        for (name, to), data in list(self._owed.items()):
            office.by_duty(data, to)
            if office.told(name, to):
                del self._owed[name, to]
                if decode(data).kind == "recall":
                    self._open.add((name, to))
        for recall, party in sorted(self._open):
            if self._covered(recall, party):
                self._open.discard((recall, party))
                office.note(SENT, msgspec.json.encode(Sent(recall, party)))

    def _covered(self, record: str, party: str) -> bool:
        office = self._office
        for name, n in office.shared.records.where(record):
            log = parse_name(name)
            if log.origin == office.me and log.audience == party and office.acknowledged_ms(name, n, party) is not None:
                return True
        return False

    # ---- finding -----------------------------------------------------------------------------------------------------
    def about(self, subject: str, most: int = 100_000) -> list[str]:
        """Ids of own records in our logs that are about a subject (``mmsi:431000001``)."""
        office, want = self._office, Want(subject=subject, recalled=True)
        logs = reading.everything(office)
        found: dict[str, None] = {}
        for one in office.shared.register.read(office.shared.register.find(logs, want)):
            said = _SAID.decode(one.data)
            if said.origin == office.me and subject in said.subject:
                found[one.id] = None
            if len(found) > most:
                raise InputError(f"more than {most} records are about {subject}", hint="recall them in parts")
        return list(found)

"""Threat information of others over TAXII: what partners were told, on a shelf; what they post, for a person.

A view of the shelf belongs to one partner, a collection of it to one audience under which it is told. Objects come
from the logs that the partner reads, of those of several readers what their labels let it read, each in the bytes of
its producer, and go again when they are recalled. Posts wait; what a person lets in becomes a record of this node's
own, which rules of release and lists of words then decide about like all others, under the source
``taxii:<partner>``: without terms for that source in node.toml it is passed on to nobody.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from kizuna.base.errors import InputError
from kizuna.formats.stix import tlp
from kizuna.formats.taxii.requests import Ask
from kizuna.formats.taxii.view import Collection, Facts, Reply, reply
from kizuna.node.share.desk.refusal import SAID
from kizuna.node.share.exchange.taxii_received import ROOT, VIEW, OwnShelf
from kizuna.node.share.views.reading import audiences_of
from kizuna.records.label import EVERYBODY
from kizuna.records.record import Record, decode, encode
from kizuna.share.decide import label_for
from kizuna.share.sync.cutting import not_for
from kizuna.stores.taxii_shelf import Shelf, ShelfView

if TYPE_CHECKING:
    from kizuna.node.share.desk.office import Office

KIND: Final = "cti.stix"
NUMBERS: Final = 1_000_000_000
"""What posted objects are counted from, in the one list of what waits."""
_MARK: Final = b'"kind":"cti.stix"'
_PIECE: Final = 2_000


class TaxiiDesk:
    """The shelf of one node; opened when somebody first asks."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._shelf: Shelf | None = None
        self.own = OwnShelf(office)

    @property
    def _path(self) -> Path:
        return self._office.places.shared / f"taxii-{re.sub(':', '-', self._office.context)}.db"

    @property
    def shelf(self) -> Shelf:
        """The shelf, open."""
        with self._office.lock:
            if self._shelf is None:
                office = self._office
                self._shelf = Shelf(self._path, context=office.context, now_us=lambda: office.now_ms() * 1000)
            return self._shelf

    def close(self) -> None:
        """Close the file."""
        if self._shelf is not None:
            self._shelf.close()
            self._shelf = None

    def reply(self, ask: Ask, partner: str, url: str) -> Reply:
        """Answer a TAXII request of a partner; it sees what it was told, and nothing of others.

        Without a partner, of our own people and programs: they see what partners told us.
        """
        if not partner:
            with self._office.lock:
                self.own.update()
            facts = Facts(self._office.sharing.identity.title or self._office.me, ROOT, url)
            return reply(ask, facts, ShelfView(self.shelf, VIEW, self.own.collections()))
        self.update(partner)
        collections = self.collections(partner)
        facts = Facts(self._office.sharing.identity.title or self._office.me, partner, url)
        return reply(ask, facts, ShelfView(self.shelf, partner, collections))

    def collections(self, partner: str) -> list[Collection]:
        """One for each audience under which the partner is told something; none once it is paused or revoked."""
        office = self._office
        if not office.reaches(partner):
            return []
        who = office.sharing.who()
        names = sorted(audiences_of(office, partner) - {EVERYBODY})  # what all were told lies in the partner's own
        return [Collection(slug(n), who.communities[n].title or n if n in who.communities else n, can_write=True)
                for n in names]  # fmt: skip

    def update(self, partner: str) -> None:
        """Put what was told since onto the shelf, and take back what was recalled."""
        office = self._office
        if not office.reaches(partner):
            return
        with office.lock:
            names = audiences_of(office, partner)
            for state in office.shared.logs.all("out"):
                if state.peer in names:
                    self._carry(partner, state.name, state.peer, state.head_size)
            self._take_back(partner)

    def _carry(self, partner: str, log: str, audience: str, size: int) -> None:
        office, note = self._office, f"taxii {partner} {log}"
        hides = None if audience == partner else not_for(partner, office.sharing.who(), office.now_ms())
        held = office.shared.notes.get(note)
        after = int(held) if held else 0
        while after < size:
            piece = office.shared.logs.entries(log, after, most=min(_PIECE, size - after), max_bytes=8 << 20)
            mine = [e.data for e in piece if e.data is not None and _MARK in e.data]
            told = [decode(data) for data in mine if hides is None or not hides(data)]
            into = slug(partner if audience == EVERYBODY else audience)
            self.shelf.add(partner, into, [bytes(r.body) for r in told if r.kind == KIND])
            after = piece[-1].n + 1
            office.shared.notes.put({note: str(after).encode()})

    def _take_back(self, partner: str) -> None:
        office = self._office
        for row in [r for r in office.rows.values() if r.what == "recall"]:
            from kizuna.node.share.desk.recalls import named  # noqa: PLC0415

            for name in named(row):
                object_id = self.own.object_of(name)
                if object_id and office.shared.tombstones.of([name]):
                    self.shelf.take_back(partner, object_id)

    # ---- posts -------------------------------------------------------------------------------------------------------
    def waiting(self) -> list[dict[str, Any]]:
        """Posted objects that nobody has looked at, newest first."""
        if self._shelf is None and not self._path.exists():
            return []
        return [
            {"n": NUMBERS + w.number, "at_ms": w.at_us // 1000, "partner": w.view, "log": w.collection,
             "reason": SAID("brought.taxii", what=w.object_id), "size": len(w.data),
             "begins": w.data[:2000].decode("utf-8", "replace"), "source": "taxii"}
            for w in reversed(self.shelf.waiting())
        ]  # fmt: skip

    def judge(self, number: int, by: str, *, accept: bool) -> list[str]:
        """A person's word about a posted object; let in, it is a record of ours. Names of those who were told of it."""
        found = next((w for w in self.shelf.waiting() if NUMBERS + w.number == number), None)
        if found is None:
            raise InputError(f"nothing waits under number {number}", code="no_quarantine")
        told = self._offer(found.data, found.view, found.object_id, by) if accept else []
        self.shelf.judge(found.number, accepted=accept)
        return told

    def _offer(self, body: bytes, view: str, object_id: str, by: str) -> list[str]:
        """Keep it, and tell every audience to which rules release it, under a label no wider than its own marking."""
        office = self._office
        rules, told = office.sharing.rules(), []
        record = Record(kind=KIND, origin=office.me, unit=f"taxii:{view}", subject=(f"stix:{object_id}",),
                        observed_ms=office.now_ms(), body=msgspec.Raw(body), context=office.context)  # fmt: skip
        office.note("!stix", encode(record), by)
        if view == VIEW:
            self.shelf.add(VIEW, ROOT, [body])
        facts = replace(office.sharing.door.facts(record), source=frozenset((f"taxii:{view}",)))
        for audience in rules.audiences if rules else ():
            decision = office.allowed(facts, audience, encode(record))
            if decision.released and decision.label is not None and decision.label.tlp >= tlp(body):
                labelled = msgspec.structs.replace(record, label=label_for(decision, record.observed_ms))
                office.sharing.door.pass_on(encode(labelled), decision, audience)
                told.append(audience)
        return told


def slug(audience: str) -> str:
    """Name of the collection of an audience."""
    return audience.replace(":", "-")

"""Records of third parties that a partner brings: taken in where their originator's own proof and leave hold.

A carriage announces records; each is judged when it comes, against the keys of its originator and what its label or a
grant allows. What does not pass is set aside with the reason and never interpreted, and is judged again when a grant,
keys or a confirmation come that may change the answer. Recalls, grants and their ends need the proof and no leave:
they narrow, or are the leave.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from kizuna.base.errors import InputError, KizunaError
from kizuna.node.share.desk.reasons import meaning
from kizuna.node.share.desk.refusal import SAID
from kizuna.node.share.onward import doubt
from kizuna.records.bodies.onward import Carriage, CarriageRequest, CarriedKeys
from kizuna.records.kinds import read_body
from kizuna.records.record import decode
from kizuna.share.grants import DUTIES, may_be_carried
from kizuna.share.keys import RETIRED
from kizuna.share.ledger.carriage import proof_in
from kizuna.share.ledger.checkpoint import Checkpoint
from kizuna.share.ledger.name import parse_name
from kizuna.share.ledger.proof import check_path
from kizuna.share.verify import proved
from kizuna.stores.shared.onward import ASIDE, TAKEN, Carry

if TYPE_CHECKING:
    from kizuna.node.share.desk.office import Office
    from kizuna.node.share.sharing import Received

AGAIN_MOST: Final = 2_000
"""Records set aside that are judged again in one step, newest first; the next step goes on from there."""


class Judged(NamedTuple):
    """Rows to hand on, each with the party that is proved to state it; and what was set aside: partner, log, words."""

    rows: list[Received]
    faults: list[tuple[str, str, str]]


class Receiving:
    """The judge of one node. Called on the thread of arrivals alone."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._seen: Any = None
        self._again: list[Carry] = []
        self._due = self._doubt = True
        self._upto: Carry | None = None
        """How far a look through what was set aside has come."""
        self._head: tuple[tuple[str, str, tuple[bytes, ...]], Carriage, Checkpoint] | None = None
        """The carriage that was judged last, under which keys, and its head."""

    def __call__(self, rows: Sequence[Received]) -> Judged:
        """Judge what came, in its order, and what waited where something changed since."""
        out: list[Received] = []
        faults: list[tuple[str, str, str]] = []
        if self._doubt:
            self._doubt = False
            faults += doubt.look(self._office)
        for row in rows:
            if row.record.origin == self._office.me:
                continue  # our own, brought back
            if row.record.origin == row.partner:
                self._announced(row, faults)
                out.append(row)
                continue
            taken, why = self._judge(row)
            if taken is not None:
                out.append(taken)
            else:
                faults.append((row.partner, row.log, f"{row.id}: {why}"))
        return Judged([*out, *self._waiting()], faults)

    # ---- papers of carriers ------------------------------------------------------------------------------------------
    def _announced(self, row: Received, faults: list[tuple[str, str, str]]) -> None:
        """What a carrier says of what follows. Nothing of it is believed yet."""
        if not row.record.kind.startswith("carriage"):
            return
        try:
            body = read_body(row.record)
            if isinstance(body, Carriage):
                now = self._office.now_ms()
                named = [Carry(r, row.partner, body.originator, row.id, at_ms=now) for r in body.records]
                self._office.shared.carried.announce(named)
                if self._office.onward.renewal.came(body, row.id, row.partner):
                    self._look_again()
            elif isinstance(body, CarriedKeys) and self._office.proofs.learn(body, row.partner):
                self._look_again()
                self._office.version += 1
            elif isinstance(body, CarriageRequest):
                self._office.onward.renewal.heard(body, row.partner)
        except KizunaError as exc:
            faults.append((row.partner, row.log, f"{row.id}: {exc}"))

    # ---- judging -----------------------------------------------------------------------------------------------------
    def _judge(self, row: Received) -> tuple[Received | None, str]:
        """The row with the party that is proved to state it; or None, and why not."""
        office = self._office
        carried = office.shared.carried.get(row.id, row.partner)
        if carried is None:
            carried = Carry(row.id, row.partner, row.record.origin, "")
        why = self._fault(row, carried)
        at = carried._replace(state=ASIDE if why else TAKEN, why=why[:300], at_ms=office.now_ms())
        if at[:6] != carried[:6]:
            office.shared.carried.judged([at])
            office.version += 1
        if why:
            return None, why
        if row.record.kind in ("grant", "grant.end"):  # what follows in the same page may rest on it
            office.grants.take(row.data, row.record.origin)
        return row._replace(proved=row.record.origin), ""

    def _fault(self, row: Received, carried: Carry) -> str:
        """Why a record that a partner brought is not taken in; empty where it is."""
        office, record = self._office, row.record
        if not (may_be_carried(record.kind) or record.kind in DUTIES):
            return SAID("aside.kind", kind=record.kind)
        if not carried.carriage or carried.origin != record.origin:
            return SAID("aside.unproved")
        try:
            self._proved(carried.carriage, row)
        except KizunaError as exc:
            if exc.code == RETIRED:
                office.onward.renewal.need(row.id, row.partner)
            return str(exc)
        office.onward.renewal.met(row.id, row.partner)
        if record.kind in DUTIES:
            return ""
        verdict = office.grants.may_take(
            row.id, record, row.partner, office.sharing.who(), office.now_ms(), proved=True
        )  # fmt: skip
        return "" if verdict.ok else verdict.why

    def _proved(self, carriage: str, row: Received) -> None:
        """Judge the proof. The signatures under a head are checked once for all records of a carriage."""
        office, ring = self._office, self._office.proofs.ring(row.record.origin)
        known = self._head
        if known is None or known[0] != (carriage, ring.party, ring.digests):
            paper = office.proofs.paper(carriage)
            shown = proved(proof_in(paper, row.id), row.data, ring, office.context)
            self._head = (carriage, ring.party, ring.digests), paper, shown.checkpoint
            return
        check_path(proof_in(known[1], row.id), row.data, known[2])

    # ---- what waits --------------------------------------------------------------------------------------------------
    @property
    def due(self) -> bool:
        """Whether something changed that may let in what was set aside, and not all of it was looked at since."""
        office = self._office
        now = (office.grants.version, office.proofs.confirmations, office.sharing.partners.stamp())
        if now != self._seen:
            self._seen = now
            self._look_again()
        return self._due

    def _look_again(self) -> None:
        self._due, self._doubt, self._upto = True, True, None

    def _waiting(self) -> list[Received]:
        """What was set aside and passes now. It stays aside in the book until it was handed on (``done``)."""
        if not self.due:
            return []
        found = self._office.shared.carried.waiting(AGAIN_MOST, self._upto)
        self._due = len(found) == AGAIN_MOST
        self._upto = found[-1] if self._due else None
        out = []
        for carried in found:
            row = self._row(carried)
            if row is not None and not self._fault(row, carried):
                if row.record.kind in ("grant", "grant.end"):
                    self._office.grants.take(row.data, row.record.origin)
                self._again.append(carried._replace(state=TAKEN, why="", at_ms=self._office.now_ms()))
                out.append(row._replace(proved=row.record.origin))
        return out

    def done(self) -> None:
        """What had waited was handed on."""
        if self._again:
            self._office.shared.carried.judged(self._again)
            self._office.version += 1
            self._again = []

    def _row(self, carried: Carry) -> Received | None:
        """A record that was set aside, as it came."""
        from kizuna.node.share.sharing import Received  # noqa: PLC0415  it knows us

        shared = self._office.shared
        held = shared.records.get(carried.id)
        stone = shared.tombstones.of([carried.id]).get(carried.id)
        if held is None or held.data is None or (stone is not None and stone.action != "annotate"):
            return None
        try:
            record = decode(held.data)
        except InputError:
            return None
        for log, n in shared.records.where(carried.id):
            if parse_name(log).origin == carried.carrier:
                return Received(0, carried.carrier, log, n, carried.id, held.data, record)
        return None


def asides(office: Office, most: int = 200) -> list[dict[str, Any]]:
    """What was brought and is not taken in, newest first."""
    rows: Iterable[Carry] = office.shared.carried.in_state(ASIDE, most)
    out = []
    for row in rows:
        held = office.shared.records.get(row.id)
        kind = ""
        if held is not None and held.data is not None:
            try:
                kind = decode(held.data).kind
            except InputError:
                kind = ""
        out.append({"record": row.id, "carrier": row.carrier, "origin": row.origin, "why": row.why,
                    "because": meaning(row.why), "kind": kind, "at_ms": row.at_ms})  # fmt: skip
    return out

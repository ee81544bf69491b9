"""Proofs asked for anew, where the head under them was signed by a key that its originator has retired since.

A retired key counts for its last heads alone (``share.keys``): an earlier head under it could be anybody's who found
the key. What stands under such a head is no worse for that, and whoever holds the originator's log can show it under a
newer one. So a node that is brought such a proof, or that would pass a record on with one, asks the carrier who brought
it, and again later where no answer comes. The carrier answers from the log, or, where a carrier brought it the record
too, once it has asked in its turn. Nothing of this is kept: who waits asks again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from kizuna.base.errors import KizunaError
from kizuna.records.bodies.onward import RECORDS_MOST, CarriageRequest
from kizuna.records.record import Record, body_bytes, encode
from kizuna.share.ledger.carriage import proof_in
from kizuna.share.ledger.name import parse_name
from kizuna.share.verify import proved
from kizuna.stores.shared.onward import ASIDE, TAKEN, Carry

if TYPE_CHECKING:
    from kizuna.node.share.desk.office import Office
    from kizuna.records.bodies.onward import Carriage

FIRST_MS: Final = 600_000
AGAIN_MOST_MS: Final = 86_400_000
"""What is not answered is asked for again after ten minutes, then after twice as long each time, up to a day."""
WAIT_MOST: Final = 10_000
"""Records that are asked for, and records that others asked for, at one time; the rest follows when these are done."""


class _Asked(NamedTuple):
    next_ms: int
    wait_ms: int


class Renewal:
    """One node's. Any thread may call it under the lock of the desk, or on the thread of arrivals."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._needs: dict[tuple[str, str], _Asked] = {}
        """(carrier, record)."""
        self._owed: dict[tuple[str, str], None] = {}
        """(our log, record) that a reader of that log asked for, oldest first."""

    # ---- asking ------------------------------------------------------------------------------------------------------
    def need(self, record: str, carrier: str) -> None:
        """A proof that a carrier brought stands under a head that does not count any more."""
        if len(self._needs) < WAIT_MOST:
            self._needs.setdefault((carrier, record), _Asked(0, FIRST_MS))

    def met(self, record: str, carrier: str) -> None:
        """It was proved, or is needed no longer."""
        self._needs.pop((carrier, record), None)

    def waiting(self) -> set[str]:
        """Records whose proofs were asked for and have not come."""
        return {record for _, record in self._needs}

    def tend(self) -> None:
        """Ask for what is due, and answer what can be answered by now."""
        now = self._office.now_ms()
        due: dict[str, list[str]] = {}
        for (carrier, record), at in self._needs.items():
            if at.next_ms <= now and self._office.reaches(carrier):
                due.setdefault(carrier, []).append(record)
        for carrier, records in due.items():
            for k in range(0, len(records), RECORDS_MOST):
                self._ask(carrier, tuple(records[k : k + RECORDS_MOST]), now)
        self._answer()

    def _ask(self, carrier: str, records: tuple[str, ...], now: int) -> None:
        office = self._office
        data = encode(Record(kind="carriage.request", origin=office.me, observed_ms=now, label=office.label((carrier,)),
                             body=body_bytes(CarriageRequest(records=records)), context=office.context))  # fmt: skip
        office.by_duty(data, carrier, lane="routine")
        for record in records:
            wait = self._needs[carrier, record].wait_ms
            self._needs[carrier, record] = _Asked(now + wait, min(2 * wait, AGAIN_MOST_MS))

    # ---- answering ---------------------------------------------------------------------------------------------------
    def heard(self, body: CarriageRequest, partner: str) -> None:
        """A partner asks. Only records of others that stand in a log which it may read are spoken of."""
        office = self._office
        if not office.sends:
            return
        who = office.sharing.who()
        for record in body.records:
            for log, _ in office.shared.records.where(record):
                name = parse_name(log)
                if name.origin == office.me and partner in who.members(name.audience) and len(self._owed) < WAIT_MOST:
                    self._owed[log, record] = None

    def _answer(self) -> None:
        runs: dict[str, list[str]] = {}
        for log, record in self._owed:
            runs.setdefault(log, []).append(record)
        for log, records in runs.items():
            name = parse_name(log)
            for record in self._office.onward.passing_on.prove_again(records, name.audience, name.lane):
                del self._owed[log, record]

    # ---- what comes --------------------------------------------------------------------------------------------------
    def came(self, body: Carriage, name: str, carrier: str) -> bool:
        """A carriage came; whether something that waits may be let in by it.

        One that speaks of records which were taken in takes the place of the older where it is asked for and holds.
        """
        waits = False
        for record in body.records:
            held = self._office.shared.carried.get(record, carrier)
            if held is None:
                continue
            waits |= held.state == ASIDE
            if held.state == TAKEN and (carrier, record) in self._needs and self._holds(body, held):
                self._office.shared.carried.judged([held._replace(carriage=name)])
                self.met(record, carrier)
        return waits

    def _holds(self, body: Carriage, held: Carry) -> bool:
        office, kept = self._office, self._office.shared.records.get(held.id)
        if kept is None or kept.data is None or body.originator != held.origin:
            return False
        try:
            proved(proof_in(body, held.id), kept.data, office.proofs.ring(held.origin), office.context)
        except KizunaError:
            return False
        return True

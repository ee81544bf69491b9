"""Originator control at the desk: what comes is judged, what may go on goes on, and what people decide about leave."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from kizuna.base.errors import InputError
from kizuna.node.share.onward.grants import AskedGrants
from kizuna.node.share.onward.passing_on import PassingOn
from kizuna.node.share.onward.receiving import Judged, Receiving
from kizuna.node.share.onward.renewal import Renewal
from kizuna.records.bodies.onward import GrantUse
from kizuna.records.kinds import read_body
from kizuna.records.record import decode
from kizuna.share.decide import Decision
from kizuna.stores.shared.onward import Passing

if TYPE_CHECKING:
    from kizuna.node.share.desk.office import Office
    from kizuna.node.share.sharing import Received


class OnwardDesk:
    """One for one desk."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self.receiving, self.passing_on, self.grants = Receiving(office), PassingOn(office), AskedGrants()
        self.renewal = Renewal(office)

    @property
    def due(self) -> bool:
        """Whether something that was set aside may be let in now."""
        return self.receiving.due

    def judge(self, rows: Sequence[Received]) -> Judged:
        """Which of these rows are to be handed on, and whose they are proved to be."""
        return self.receiving(rows)

    def taken(self, rows: Sequence[Received]) -> None:
        """These rows were handed on: pass on what may go further."""
        self.receiving.done()  # first: what goes on needs the proof of what is taken in
        self.passing_on(rows)

    def gone(self, audience: str) -> Callable[[bytes], bool] | None:
        """Whether a record in our log to an audience may not be handed out any more."""
        return self.passing_on.gone(audience)

    def tend(self) -> None:
        """What the running node does every few seconds."""
        self.passing_on.tend()
        if self._office.sends:
            self.renewal.tend()

    def by_duty(self, data: bytes, audience: str, decision: Decision) -> None:
        """Pass on what another party stated and duty demands, with its proof."""
        self.passing_on.by_duty(data, audience, decision)

    def heard_use(self, data: bytes, carrier: str) -> None:
        """A carrier says what went on under a grant of ours. Raises InputError where there is no such grant."""
        record = decode(data)
        body = read_body(record)
        given = self._office.grants.get(body.grant) if isinstance(body, GrantUse) else None
        if given is None or given.origin != self._office.me or record.origin != carrier:
            raise InputError(f"{carrier} speaks of a grant that is not ours")
        assert isinstance(body, GrantUse)
        now, me = self._office.now_ms(), self._office.me
        self._office.shared.passed.put(
            Passing(name, carrier, body.to, me, body.grant, now) for name in body.records
        )  # fmt: skip
        self._office.version += 1

"""What the revocation of an originator's key has made doubtful of what carriers brought.

A carried record rests on its proof, and the proof on a head. Where the head does not count any more and nothing else
proves the record, it is hidden as ``trust.doubt`` hides what came from the originator itself. A grant among what is
hidden, however it came, is leave no longer.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from kizuna.base.errors import KizunaError, TrustError
from kizuna.node.share.trust.doubt import REASON
from kizuna.stores.shared.books import Tombstone
from kizuna.stores.shared.onward import ASIDE, Carry

if TYPE_CHECKING:
    from kizuna.node.share.desk.journal import Row
    from kizuna.node.share.desk.office import Office


def doubted(office: Office, names: Iterable[str]) -> None:
    """These records are hidden for a revoked key: their rows are not shown, and grants among them are no leave."""
    held = list(names)
    office.hidden.add(held)
    with office.lock:
        office.grants.doubt(held)


def take_grant(office: Office, row: Row) -> str:
    """Take a grant or an end of grants; why not, or nothing. One that was hidden for a revoked key stays no leave."""
    why = office.grants.take(row.data, row.proved)
    stone = office.shared.tombstones.of([row.id]).get(row.id)
    if stone is not None and stone.reason == REASON:
        office.grants.doubt([row.id])
    return why


def look(office: Office) -> list[tuple[str, str, str]]:
    """Hide what became doubtful and was not hidden yet; by originator and carrier, what to tell a person."""
    out = []
    for origin in sorted({o for o, _, _, _ in office.shared.carried.counts()}):
        try:
            ring = office.proofs.ring(origin)
        except KizunaError:
            continue
        if not any(key.state == "revoked" for key in ring.keys("page", office.context)):
            continue
        fresh = _hidden(office, origin, ring.digests[-1].hex())
        for carrier in sorted({row.carrier for row in fresh}):
            n = sum(row.carrier == carrier for row in fresh)
            words = (
                f"{n} records of {origin} that it brought were signed by a key that was revoked since; they are hidden"
            )
            out.append((carrier, "", words))
    return out


def _hidden(office: Office, origin: str, word: str) -> list[Carry]:
    """Records of an originator that nothing proves any more, hidden now."""
    taken = office.shared.carried.taken(origin)
    ended = {name: why for name in {row.carriage for row in taken} if (why := _ended(office, origin, name))}
    good = {row.id for row in taken if row.carriage not in ended}
    lost = [row for row in taken if row.id not in good and not _stands(office, row)]
    held = office.shared.tombstones.of(sorted({row.id for row in lost}))
    fresh = [row for row in lost if row.id not in held]
    if fresh:
        names, at_ms = sorted({row.id for row in fresh}), office.now_ms()
        office.sharing.doubted(names)
        office.shared.tombstones.put([Tombstone(i, "hide", REASON, word, at_ms) for i in names])
        office.shared.carried.judged(row._replace(state=ASIDE, why=ended[row.carriage], at_ms=at_ms) for row in fresh)
        office.version += 1
    return fresh


def _ended(office: Office, origin: str, carriage: str) -> str:
    """Why the head of a carriage can never count again; empty where it counts, or may be had anew."""
    try:
        why = office.proofs.head_fault(origin, office.proofs.paper(carriage).checkpoint.encode())
    except KizunaError:  # erased since
        return ""
    return str(why) if isinstance(why, TrustError) else ""


def _stands(office: Office, row: Carry) -> bool:
    """Whether the originator's own log, held here, proves it."""
    try:
        office.proofs.of(row.id, row.origin)
    except KizunaError:
        return False
    return True

"""What is wrong with signatures and papers of a shared store: the part of ``ledger verify`` that needs keys.

Every line under a head or a receipt must be of a key that its party listed, and must hold; the key under which a log
came must be one of its origin; papers of this node must bear the person and the time that stand in them. A party that
is not known here any more cannot be asked for keys: its lines are passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

import msgspec

from kizuna.base.errors import InputError, KizunaError
from kizuna.node.share import rulebook
from kizuna.node.share.desk import journal
from kizuna.node.share.trust import membership
from kizuna.records.record import decode, record_id
from kizuna.share.keys import KeyRing
from kizuna.share.ledger.name import LogName, parse_name
from kizuna.share.ledger.note import Verifier, check_note, read_note
from kizuna.share.rules.activation import PROPOSE, Step
from kizuna.share.verify import aside_of
from kizuna.stores.shared import evidence

if TYPE_CHECKING:
    from kizuna.node.share.sharing import Sharing
    from kizuna.stores.shared import LogState

DAMAGE: Final = (KizunaError, msgspec.MsgspecError, ValueError, TypeError, LookupError)
"""What reading a store that somebody edited may raise: here it is a finding."""
_AT_ONCE: Final = 1_000


def look(sharing: Sharing) -> list[str]:
    """What is wrong, in words."""
    wrong = evidence.look(sharing.shared.database)
    for state in sharing.shared.logs.all():
        wrong += _guarded(state.name, lambda state=state: _log(sharing, state))  # type: ignore[misc]
    return wrong + _guarded("papers", lambda: _papers(sharing))


def _guarded(where: str, work: Callable[[], Iterator[str]]) -> list[str]:
    try:
        return list(work())
    except DAMAGE as exc:
        return [f"{where}: cannot be read: {exc}"]


def _log(sharing: Sharing, state: LogState) -> Iterator[str]:
    name, shared = parse_name(state.name), sharing.shared
    origin = _ring(sharing, name.origin)
    mine = _ring(sharing, sharing.party)
    if origin is not None:
        heads = [(size, note) for size, _, note in shared.logs.checkpoints(state.name)]
        heads += [(state.head_size, state.head)] if state.head is not None else []
        for size, note in heads:
            if not _holds(note, _verifiers(origin, name)):
                yield f"{state.name}: the signatures under {size} records do not hold"
        listed = {key.data for key in origin.keys("page", name.context)}
        if any(key not in listed for _, key in shared.inbox.signers(state.name)):
            yield f"{state.name}: it came under a key that {name.origin} never listed"
    for witness, size, note in shared.outbox.receipts(state.name):
        theirs = _ring(sharing, witness)
        if theirs is not None and mine is not None and not _holds(note, _verifiers(mine, name) + _nodes(theirs, name)):
            yield f"{state.name}: the receipt of {witness} over {size} records does not hold"
    if state.side == "in":
        yield from _asides(sharing, state, name)


def _ring(sharing: Sharing, party: str) -> KeyRing | None:
    if party == sharing.party:
        return sharing.identity.ring
    try:
        return sharing.partners.get(party).ring
    except InputError:
        return None


def _verifiers(ring: KeyRing, name: LogName) -> list[Verifier]:
    return [*ring.page_verifiers(name), *_nodes(ring, name)]


def _nodes(ring: KeyRing, name: LogName) -> list[Verifier]:
    return list(ring.node_verifiers(name.context))


def _holds(data: bytes, known: list[Verifier]) -> bool:
    """Whether every line of a note is of a known key, and right."""
    try:
        note = read_note(data)
        return len(check_note(note, known)) == len(note.signatures)
    except KizunaError:
        return False


def _asides(sharing: Sharing, state: LogState, name: LogName) -> Iterator[str]:
    """What is set aside must be what another context or no record is, and nothing else."""
    for after in range(0, state.size, _AT_ONCE):
        for entry in sharing.shared.logs.entries(state.name, after, most=_AT_ONCE, max_bytes=1 << 40):
            if entry.data is not None and (entry.aside or "") != aside_of(entry.data, name.context):
                yield f"{state.name}: entry {entry.n} is set aside, or not, without a reason in it"


# ---- papers ----------------------------------------------------------------------------------------------------------
_PAPERS: Final = (rulebook.TEXTS, rulebook.STEPS, journal.KIND, membership.KIND)


def _papers(sharing: Sharing) -> Iterator[str]:
    papers = sharing.shared.papers
    for kind in sorted(set(papers.kinds()) - set(_PAPERS)):
        yield f"papers of no kind that this node writes: {kind[:40]}"
    steps = [msgspec.json.decode(p.data, type=Step) for p in papers.versions(rulebook.STEPS)]
    for paper, step in zip(papers.versions(rulebook.STEPS), steps, strict=True):
        if (step.by, step.at_ms) != (paper.by, paper.at_ms) or paper.name != rulebook.NAME:
            yield f"step {paper.version} about rules is not of whom or when its row says"
    for paper in papers.versions(rulebook.TEXTS):
        said = [s for s in steps if s.deed == PROPOSE and s.rules == record_id(paper.data)]
        if paper.name != rulebook.NAME or (said and (paper.by, paper.at_ms) not in {(s.by, s.at_ms) for s in said}):
            yield f"rules {paper.version} are not of whom or when their row says"
    for paper in papers.versions(journal.KIND):
        row = msgspec.json.decode(paper.data, type=journal.Row)
        if (paper.name, paper.at_ms, paper.by, paper.version) != (row.id, row.at_ms, row.by, 1):
            yield f"paper {paper.name[:16]} of the desk is not what its row says"
    for paper in papers.versions(membership.KIND):
        if paper.name != record_id(paper.data) or paper.by != decode(paper.data).origin or paper.version != 1:
            yield f"list {paper.name[:16]} is not what its row says"

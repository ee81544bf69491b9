"""Questions to the ledgers of this node: are they whole, who was told what, and the proof of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kizuna.base.errors import InputError
from kizuna.node.share.identity import Marks
from kizuna.node.share.trust import evidence
from kizuna.share.ledger import merkle
from kizuna.share.ledger.audit import changed_nodes, changed_rows
from kizuna.share.ledger.checkpoint import read_checkpoint
from kizuna.share.ledger.name import parse_name
from kizuna.share.ledger.proof import write_proof
from kizuna.stores.shared.register.wishes import Reach

if TYPE_CHECKING:
    from kizuna.node.share.sharing import Sharing
    from kizuna.stores.shared import LogState

_AT_ONCE: Final = 2_000


def told_to(sharing: Sharing, partner: str) -> list[dict[str, Any]]:
    """One row for each log that a partner may read: how much was told, acknowledged, of what kinds, from when to when.

    A revoked partner is answered for the logs that were its own.
    """
    mine = {partner, *sharing.audiences(partner)}
    out = []
    for state in sharing.shared.logs.all("out"):
        if state.peer not in mine:
            continue
        told = sharing.shared.register.tally(Reach(state, state.size))
        acks = sharing.shared.outbox.acks(state.name)
        out.append({
            "log": state.name, "audience": state.peer, "size": state.size, "kinds": dict(told.kinds.most_common()),
            "acknowledged": acks[partner].size if partner in acks else 0, "halted": state.halted,
            "first_ms": told.first_ms, "last_ms": told.last_ms, "erased": told.erased,
        })  # fmt: skip
    return out


def verify(sharing: Sharing) -> list[str]:
    """What is wrong with the ledgers; empty where every row, node, head, mark, receipt and decision is in order."""
    wrong = [f"decisions: {words}" for words in sharing.shared.decisions.verify()]
    wrong += evidence.look(sharing)
    marks = Marks(sharing.places.marks(sharing.context))
    for state in sharing.shared.logs.all():
        try:
            wrong += [f"{state.name}: {words}" for words in _one(sharing, state, marks)]
        except evidence.DAMAGE as exc:
            wrong.append(f"{state.name[:200]}: cannot be read: {exc}")
    return wrong


def _one(sharing: Sharing, state: LogState, marks: Marks) -> list[str]:
    nodes, name, wrong = sharing.shared.logs.nodes(state.name), parse_name(state.name), []
    for after in range(0, state.size, _AT_ONCE):
        part = sharing.shared.logs.entries(state.name, after, most=_AT_ONCE, max_bytes=1 << 40)
        salts = sharing.shared.logs.salts(state.name, after, len(part))
        rows = changed_rows(name, [e.data for e in part], salts, nodes, after)
        wrong += [f"record {n} is not the one that was told" for n in rows]
    wrong += [f"node {n} of the tree does not follow from its leaves" for n in changed_nodes(state.size, nodes)[:5]]
    heads = [(size, note, "head") for size, _, note in sharing.shared.logs.checkpoints(state.name)]
    heads += [(a.size, a.note, f"receipt of {w}") for w, a in sharing.shared.outbox.acks(state.name).items()]
    for size, note, what in heads:
        if size > state.size:
            wrong.append(f"a {what} is over {size} records, {state.size} are held")
        elif merkle.frontier_at(size, nodes).root != read_checkpoint(note)[0].root:
            wrong.append(f"the {what} over {size} records has another root")
    mark = marks.of(state.name) if state.side == "out" else None
    if mark is not None and mark.size > state.size:
        wrong.append(f"{mark.size} records were signed, {state.size} are here: a backup was restored")
    if state.halted:
        wrong.append(f"is halted: {state.halted}")
    return wrong


def prove(sharing: Sharing, record: str) -> list[tuple[str, int, bytes]]:
    """A proof for each log that holds a record: log, number, bytes of the proof file. InputError where none does."""
    out = []
    for log, n in sharing.shared.records.where(record):
        state = sharing.shared.logs.state(log)
        if state is None or state.head is None or n >= state.head_size:
            continue
        path = merkle.inclusion(n, state.head_size, sharing.shared.logs.nodes(log))
        salt = sharing.shared.logs.salts(log, n, 1).read(n, 1)[0] or b""
        out.append((log, n, write_proof(n, path, state.head, salt=salt)))
    if not out:
        raise InputError(f"no signed log holds {record[:16]}", hint="kizuna ledger show")
    return out


def verifier_keys(sharing: Sharing, log: str) -> tuple[str, ...]:
    """Keys for checking the heads of a log with other tools: of its origin's pages and of its time (signed-note)."""
    name = parse_name(log)
    ring = sharing.identity.ring if name.origin == sharing.party else sharing.partners.get(name.origin).ring
    found = (*ring.page_verifiers(name), *ring.node_verifiers(name.context))
    return tuple(each.vkey for each in found)


def file_name(log: str, n: int) -> Path:
    """Name of a proof file."""
    return Path(f"{log.replace('/', '-').replace(':', '-').replace('*', 'all')}-{n}.tlog-proof")

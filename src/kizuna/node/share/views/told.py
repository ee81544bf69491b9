"""What was told, from the logs themselves: the ledger browser, the story of one record, the view as a partner."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from kizuna.base.errors import InputError
from kizuna.node.share.desk.reasons import reasons
from kizuna.node.share.views.reading import audiences_of, everything, newest, reach, records
from kizuna.node.share.views.words import geometry
from kizuna.records.kinds import plain_body
from kizuna.records.label import tlp_word, word_of
from kizuna.records.record import Record, decode
from kizuna.share.ledger import merkle
from kizuna.share.ledger.checkpoint import read_checkpoint
from kizuna.share.ledger.name import parse_name
from kizuna.share.ledger.proof import write_proof
from kizuna.stores.shared.decisions import Line
from kizuna.stores.shared.register.sheets import RECALLED
from kizuna.stores.shared.register.wishes import Want

if TYPE_CHECKING:
    from kizuna.node.share.desk.office import Office

PAGE: Final = 200
_LINES: Final = 200
_LOOKED_MOST: Final = 20_000
FEATURES_MOST: Final = 5_000
"""On one map; a box or a shorter time shows more."""


# ---- the ledger ------------------------------------------------------------------------------------------------------
def ledger(office: Office, *, partner: str = "", kind: str = "", verdict: str = "release",
           after: int = 0) -> dict[str, Any]:  # fmt: skip
    """Releases (or refusals), newest first; ``after`` goes on from a cursor that this gave."""
    wanted = audiences_of(office, partner) if partner else None
    if verdict == "release":
        return _releases(office, wanted, kind, after)
    audiences = office.shared.decisions.audiences(verdict)
    chosen = [a for a in audiences if wanted is None or a in wanted]
    at = after or office.shared.decisions.head()[0] + 1
    rows: list[dict[str, Any]] = []
    looked = 0
    while at and len(rows) < PAGE and looked < _LOOKED_MOST:
        lines = office.shared.decisions.docket(verdict, chosen, at, _LINES)
        for line in lines:
            rows += _refusals(office, line, kind)
            at = line.n
            if len(rows) >= PAGE:
                break
        looked += len(lines)
        at = at if lines else 0
    return {"rows": rows, "next": at or None}


def _releases(office: Office, wanted: frozenset[str] | None, kind: str, after: int) -> dict[str, Any]:
    """Entries of the logs, newest first by the order of their coming; the cursor is that of the oldest shown."""
    chosen = [r for r in everything(office) if wanted is None or r.log.peer in wanted]
    kinds = (kind,) if kind else ()
    entries = office.shared.register.newest(chosen, Want(kinds=kinds, recalled=True), before=after or None, most=PAGE)
    rows = []
    for entry in entries:
        line = office.shared.decisions.behind(entry.log.number, entry.n, entry.id) if entry.id else None
        record = decode(entry.data) if entry.data else None
        base = _said(office, line) if line is not None else {**_UNSAID, "to": entry.log.peer}
        acked = office.acknowledged_ms(entry.log.name, entry.n)
        rows.append({
            **base, "record": entry.id, "log": entry.log.name, "n": entry.n, "kind": record.kind if record else None,
            "subject": list(record.subject) if record else [], "acked_ms": acked, "erased": record is None,
            "corrected_by": office.corrections.by(entry.id, (entry.log.peer,)) if entry.id else None,
        })  # fmt: skip
    return {"rows": rows, "next": entries[-1].number if len(entries) == PAGE else None}


_UNSAID: Final[dict[str, Any]] = {
    "at_ms": None, "verdict": "release", "rule": "", "clause": "", "transforms": [], "why": "", "reasons": [],
    "decision": None,
}  # fmt: skip


def _said(office: Office, line: Line) -> dict[str, Any]:
    said = line.decided
    return {
        "at_ms": line.at_ms, "to": said.to, "verdict": said.verdict, "rule": ", ".join(said.rules),
        "clause": ", ".join(_clauses(office, said.rules, said.policy)), "transforms": list(said.transforms),
        "why": said.why, "reasons": reasons([said.why]), "decision": line.n,
    }  # fmt: skip


def _refusals(office: Office, line: Line, kind: str) -> list[dict[str, Any]]:
    said, base = line.decided, _said(office, line)
    if not said.ids:
        return [] if kind and kind not in said.why else [{**base, "record": None, "log": None, "n": None,
                "kind": said.why.partition("; ")[0], "subject": [], "acked_ms": None}]  # fmt: skip
    held = office.shared.records.many(said.ids[:PAGE])
    out = []
    for name in said.ids[:PAGE]:
        one = held.get(name)
        record = decode(one.data) if one and one.data else None
        if kind and (record is None or not record.kind.startswith(kind)):
            continue
        out.append({**base, "record": name, "log": None, "n": None, "kind": record.kind if record else None,
                    "subject": list(record.subject) if record else [], "acked_ms": None,
                    "erased": one is not None and one.data is None})  # fmt: skip
    return out


def _clauses(office: Office, rules: Iterable[str], policy: str) -> list[str]:
    """Clauses that a decision rests on: those of its rules at that time, or those that it names itself."""
    if not policy:
        return [r for r in rules if "/" in r]
    try:
        by_id = office.rulebook.read(policy).by_id
    except InputError:
        return []
    return sorted({c for r in rules if r in by_id for c in by_id[r].clauses})


def story(office: Office, name: str) -> dict[str, Any]:
    """All that is known of one record: what it says, why and to whom it was told, receipts, recalls, corrections."""
    held, lines = office.shared.records.get(name), office.shared.decisions.about(name)
    places = office.shared.records.where(name)
    row = office.rows.get(name)
    if held is None and not lines and row is None:
        raise InputError(f"no record {name[:16]} is known here", code="no_record")
    data = held.data if held else row.data if row else None
    record = decode(data) if data else None
    stones = office.shared.tombstones.of([name])
    stone = stones.get(name)
    return {
        "id": name, "size": held.size if held else len(data or b""), "erased_ms": held.erased_ms if held else None,
        "erased_for": held.reason if held else None, "record": described(record) if record else None,
        "bytes": data.decode() if data else None,
        "decisions": [
            {"at_ms": n.at_ms, "to": n.decided.to, "verdict": n.decided.verdict, "rules": list(n.decided.rules),
             "clauses": [_clause(office, c) for c in _clauses(office, n.decided.rules, n.decided.policy)],
             "transforms": list(n.decided.transforms), "policy": n.decided.policy,
             "version": office.rulebook.version_of(n.decided.policy), "why": n.decided.why,
             "reasons": reasons([n.decided.why]), "n": n.n}
            for n in lines
        ],
        "logs": [_log(office, log, n) for log, n in places],
        "recall": None if stone is None else stone._asdict(), "corrections": office.corrections.of(name),
        "derived": [d.id for d in office.shared.derived.versions(name)],
    }  # fmt: skip


def _log(office: Office, name: str, n: int) -> dict[str, Any]:
    log = parse_name(name)
    side = "out" if log.origin == office.me else "in"
    acks = office.shared.outbox.acks(name) if side == "out" else {}
    return {
        "log": name, "n": n, "side": side, "audience": log.audience, "proof": side == "out",
        "receipts": [{"by": who, "at_ms": a.at_ms, "size": a.size} for who, a in sorted(acks.items()) if a.size > n],
    }  # fmt: skip


def _clause(office: Office, ref: str) -> dict[str, Any]:
    found = office.agreements.allows(ref, office.now_ms()).clause
    text = {} if found is None else {"title": dict(found.title.by_language), "text": dict(found.text.by_language)}
    return {"ref": ref, **text}


def proof(office: Office, name: str, log: str) -> bytes:
    """The proof that a record is in one of our logs, for a third party. Raises InputError where it is not."""
    state = office.shared.logs.state(log)
    numbers = [n for found, n in office.shared.records.where(name) if found == log]
    if state is None or state.side != "out" or state.head is None or not numbers or numbers[0] >= state.head_size:
        raise InputError("this record is in no signed log of that name", code="no_record")
    n = numbers[0]
    size = read_checkpoint(state.head)[0].size
    path = merkle.inclusion(n, size, office.shared.outbox.nodes(log))
    [salt] = office.shared.logs.salts(log, n, 1).read(n, 1)
    return write_proof(n, path, state.head, salt=salt or b"")


def described(record: Record) -> dict[str, Any]:
    """A record for people."""
    return {
        "kind": record.kind, "origin": record.origin, "unit": record.unit, "subject": list(record.subject),
        "observed_ms": record.observed_ms, "valid_from_ms": record.valid_from_ms, "valid_to_ms": record.valid_to_ms,
        "geometry": geometry(record.geo), "body": plain_body(record.body), "label": word_of(record.label),
        "tlp": tlp_word(record.label.tlp), "context": record.context, "supersedes": list(record.supersedes),
        "derived_from": list(record.derived_from), "evidence": list(record.evidence),
    }  # fmt: skip


# ---- as a partner ----------------------------------------------------------------------------------------------------
class Look(NamedTuple):
    """What is looked at: observed in [start, end), of kinds that begin so, in a box; ``most`` of the newest."""

    start_ms: int
    end_ms: int
    kind: str = ""
    box: tuple[float, float, float, float] | None = None
    most: int = FEATURES_MOST

    @property
    def want(self) -> Want:
        """The same as a question to the register, with what was recalled."""
        return Want(self.start_ms, self.end_ms, (self.kind,) if self.kind else (), box=self.box, recalled=True)


def as_partner(office: Office, partner: str, look: Look) -> dict[str, Any]:
    """GeoJSON of the very records that stand in the logs to a partner, the newest of what was asked.

    What was recalled is counted and not drawn, as on a partner's node that has taken the recall; what was erased is
    gone here as there. ``logs`` counts all that the partner was told; ``left_out`` what is older than the last shown.
    """
    logs = reach(office, partner)
    found = office.shared.register.find(logs, look.want)
    gone = found.state == RECALLED
    shown = newest(found.take(np.flatnonzero(~gone)), look.most)
    names = audiences_of(office, partner)
    features = [
        {"type": "Feature", "id": row.id, "geometry": geometry(row.record.geo),
         "properties": {"log": row.log, "n": row.n, "corrected_by": office.corrections.by(row.id, names),
                        **{k: v for k, v in described(row.record).items() if k != "geometry"}}}
        for row in records(office, logs, shown, look.want)
    ]  # fmt: skip
    counts = [(r.log.name, office.shared.register.tally(r)) for r in logs]
    return {
        "type": "FeatureCollection", "partner": partner, "from": look.start_ms, "to": look.end_ms, "features": features,
        "logs": [{"log": name, "records": c.held, "bytes": c.bytes, "erased": c.erased} for name, c in sorted(counts)
                 if c.entries],
        "recalled": int(np.count_nonzero(gone)), "left_out": len(found) - int(np.count_nonzero(gone)) - len(shown),
    }  # fmt: skip

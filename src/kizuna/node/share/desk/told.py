"""What was told, from the logs themselves: the ledger browser, the story of one record, the view as a partner."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from kizuna.base.errors import InputError
from kizuna.node.share.desk.words import geometry
from kizuna.records.kinds import plain_body
from kizuna.records.label import tlp_word, word_of
from kizuna.records.record import Record, decode, record_id
from kizuna.share.ledger import merkle
from kizuna.share.ledger.checkpoint import read_checkpoint
from kizuna.share.ledger.name import parse_name
from kizuna.share.ledger.proof import write_proof
from kizuna.share.sync.cutting import not_for
from kizuna.stores.shared.decisions import Line

if TYPE_CHECKING:
    from kizuna.node.share.desk.office import Office

PAGE: Final = 200
_LINES: Final = 200
_LOOKED_MOST: Final = 20_000
FEATURES_MOST: Final = 20_000
_OBSERVED: Final = re.compile(rb'"observed_ms":(-?[0-9]+)')


def audiences_of(office: Office, partner: str) -> frozenset[str]:
    """Names under which a partner was told something: itself and communities that list it, also when it is paused."""
    who = office.sharing.who()
    if partner not in who.partners:
        raise InputError(f"{partner} was not introduced to this node", code="no_partner")
    served = who.partners[partner].communities
    return frozenset((partner, *(c.id for c in who.communities.values() if partner in c.members and c.id in served)))


# ---- the ledger ------------------------------------------------------------------------------------------------------
def ledger(office: Office, *, partner: str = "", kind: str = "", verdict: str = "release",
           after: int = 0) -> dict[str, Any]:  # fmt: skip
    """Releases (or refusals), newest first; ``after`` goes on from a cursor that this gave."""
    wanted = audiences_of(office, partner) if partner else None
    at = after - 1 if after else office.shared.decisions.head()[0]
    rows: list[dict[str, Any]] = []
    until = max(0, at - _LOOKED_MOST)
    while at > until and len(rows) < PAGE:
        first = max(until, at - _LINES)
        for line in reversed(office.shared.decisions.lines(first, at - first)):
            at = line.n - 1
            if line.decided.verdict == verdict and (wanted is None or line.decided.to in wanted):
                rows += _rows(office, line, kind)
            if len(rows) >= PAGE:
                break
    return {"rows": rows, "next": at + 1 if at > 0 else None}


def _rows(office: Office, line: Line, kind: str) -> list[dict[str, Any]]:
    said = line.decided
    clauses = _clauses(office, said.rules, said.policy)
    base = {
        "at_ms": line.at_ms, "to": said.to, "verdict": said.verdict, "rule": ", ".join(said.rules),
        "clause": ", ".join(clauses), "transforms": list(said.transforms), "why": said.why, "decision": line.n,
    }  # fmt: skip
    if not said.ids:
        return [] if kind and kind not in said.why else [{**base, "record": None, "log": None, "n": None,
                "kind": said.why.partition("; ")[0], "subject": [], "acked_ms": None}]  # fmt: skip
    held = office.shared.records.many(said.ids)
    out = []
    for name in said.ids:
        one = held.get(name)
        record = decode(one.data) if one and one.data else None
        if kind and (record is None or not record.kind.startswith(kind)):
            continue
        log, n, acked = _place(office, name, said.to)
        out.append({**base, "record": name, "log": log, "n": n, "kind": record.kind if record else None,
                    "subject": list(record.subject) if record else [], "acked_ms": acked,
                    "erased": one is not None and one.data is None})  # fmt: skip
    return out


def _place(office: Office, record: str, audience: str) -> tuple[str | None, int | None, int | None]:
    for name, n in office.shared.records.where(record):
        log = parse_name(name)
        if log.origin == office.me and log.audience == audience:
            return name, n, office.acknowledged_ms(name, n)
    return None, None, None


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
    """All that is known of one record: what it says, why and to whom it was told, receipts, recalls."""
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
             "version": office.rulebook.version_of(n.decided.policy), "why": n.decided.why, "n": n.n}
            for n in lines
        ],
        "logs": [_log(office, log, n) for log, n in places],
        "recall": None if stone is None else stone._asdict(),
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
def as_partner(office: Office, partner: str, start_ms: int, end_ms: int, kind: str = "") -> dict[str, Any]:
    """GeoJSON of the very records that stand in the logs to a partner, observed in [start, end).

    What was recalled is counted and not drawn, as on a partner's node that has taken the recall.
    """
    features: list[dict[str, Any]] = []
    logs: dict[str, dict[str, int]] = {}
    recalled = 0
    left_out = 0
    hides = not_for(partner, office.sharing.who(), office.now_ms())
    for log, n, data in office.holdings.entries(audiences_of(office, partner)):
        if parse_name(log).audience != partner and hides(data):  # a log of several: this one reads the rest alone
            continue
        count = logs.setdefault(log, {"records": 0, "bytes": 0})
        count["records"] += 1
        count["bytes"] += len(data)
        found = _OBSERVED.search(data)
        if found is not None and not start_ms <= int(found[1]) < end_ms:  # reading all of a long log would take long
            continue
        record = decode(data)
        if not start_ms <= record.observed_ms < end_ms or not record.kind.startswith(kind):
            continue
        name = record_id(data)
        stone = office.shared.tombstones.of([name]).get(name)
        if stone is not None and stone.action != "annotate":
            recalled += 1
            continue
        if len(features) >= FEATURES_MOST:
            left_out += 1
            continue
        features.append({
            "type": "Feature", "id": name, "geometry": geometry(record.geo),
            "properties": {"log": log, "n": n, **{k: v for k, v in described(record).items() if k != "geometry"}},
        })  # fmt: skip
    return {
        "type": "FeatureCollection", "partner": partner, "from": start_ms, "to": end_ms, "features": features,
        "logs": [{"log": name, **count} for name, count in sorted(logs.items())], "recalled": recalled,
        "left_out": left_out,
    }  # fmt: skip

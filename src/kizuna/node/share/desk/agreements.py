"""Agreements at the desk: what stands in them, who signed, what does not fit, the yearly account."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kizuna.base.errors import ConfigError, InputError
from kizuna.base.utc import iso_s
from kizuna.node.share.desk.journal import DUTY
from kizuna.node.share.desk.reasons import reasons
from kizuna.node.share.desk.refusal import SAID, Refusal
from kizuna.node.share.files import put
from kizuna.records.bodies.trust import Recall
from kizuna.records.context import marking
from kizuna.records.kinds import read_body
from kizuna.records.record import decode
from kizuna.share import agreement as agreements
from kizuna.share.agreement import Agreement, load, signing
from kizuna.share.agreement.report import Asked, Called, Report, Shared, clauses_of, year_ms
from kizuna.share.ledger.name import parse_name
from kizuna.share.rules.rule import RuleSet

if TYPE_CHECKING:
    from kizuna.node.share.desk.office import Office

_NO_RULES = RuleSet((), "")


def listed(office: Office) -> list[dict[str, Any]]:
    """Every version of every agreement that is known here."""
    found = sorted(office.agreements.agreements.values(), key=lambda a: (a.id, -a.version))
    current = {name: office.agreements.of(name, office.now_ms()) for name in {a.id for a in found}}
    return [_row(office, a, current=current[a.id] is a) for a in found]


def _row(office: Office, one: Agreement, *, current: bool) -> dict[str, Any]:
    now, rules = office.now_ms(), office.sharing.rules() or _NO_RULES
    standing = office.agreements.standing(one, now)
    signed = office.agreements.signed.get(one.sha256, set())
    return {
        "id": one.id, "version": one.version, "sha256": one.sha256, "current": current, "state": standing.state,
        "title": dict(one.title.by_language), "purpose": sorted(one.purpose), "starts_ms": one.starts_ms,
        "ends_ms": standing.ends_ms, "review_ms": one.review_ms, "days_left": standing.days_left,
        "review_due": standing.review_due, "warning": standing.warning,
        "reasons": reasons([standing.warning]), "waiting_for": list(standing.waiting_for),
        "mine_to_sign": office.me in standing.waiting_for,
        "parties": [{"id": p.id, "name": dict(p.name.by_language), "type": p.type, "node": p.node,
                     "signed": p.node in signed} for p in one.parties],
        "clauses": [_clause(office, one, c.id, rules) for c in one.clauses],
        "mandates": [{"who": m.who, "may": sorted(m.may), "where": dict(m.where.by_language), "clause": m.clause,
                      "on_request_of": sorted(m.on_request_of)} for m in one.mandates],
        "findings": check(office, one, rules) if current else [],
    }  # fmt: skip


def _clause(office: Office, one: Agreement, clause_id: str, rules: RuleSet) -> dict[str, Any]:
    clause = one.clause(clause_id)
    assert clause is not None
    ref = f"{one.id}/{clause.id}"
    allowed = office.agreements.allows(ref, office.now_ms())
    return {
        "id": clause.id, "ref": ref, "title": dict(clause.title.by_language), "text": dict(clause.text.by_language),
        "kinds": list(clause.kinds), "from": sorted(clause.givers), "to": sorted(clause.takers),
        "lanes": sorted(clause.lanes), "purpose": sorted(clause.purpose), "distress": clause.distress,
        "grace_days": clause.grace_days, "retain_days": clause.retain_days, "holds": allowed.ok, "why": allowed.why,
        "reasons": reasons([allowed.why]),
        "rules": [r.id for r in rules.rules if ref in r.clauses or clause.id in r.clauses],
    }  # fmt: skip


def check(office: Office, one: Agreement, rules: RuleSet) -> list[dict[str, Any]]:
    """Findings about one agreement and the rules in force."""
    return [f._asdict() | {"reasons": reasons([f.text])} for f in agreements.check([one], rules, office.now_ms())
            if f.test != "unknown clause" or f.text.partition(" has ")[2].startswith(one.id)]  # fmt: skip


def propose(office: Office, text: str, by: str) -> Agreement:
    """Put a memorandum forward with our signature; it goes to every party. Raises ConfigError for one that is none."""
    one = load(text)
    _party(office, one)
    held = office.agreements.agreements.get(one.sha256)
    if held is not None and office.me in office.agreements.signed.get(one.sha256, ()):
        raise Refusal(
            SAID("agreement.signed", agreement=one.id, version=str(one.version)), rule="agreement", state=True
        )
    put(office.places.agreements / f"{one.id}-{one.version}.toml", text.encode())
    others = one.signers - {office.me}
    data = signing.propose(text, me=office.me, label=office.label(others), now_ms=office.now_ms(),
                           context=office.context)  # fmt: skip
    office.write(data, by, sorted(others), DUTY)
    return one


def sign(office: Office, agreement_id: str, by: str, sha256: str = "") -> Agreement:
    """Sign what another party put forward (the version that ``sha256`` names, else the newest)."""
    one = _one(office, agreement_id, sha256)
    _party(office, one)
    if office.me in office.agreements.signed.get(one.sha256, ()):
        raise Refusal(
            SAID("agreement.signed", agreement=one.id, version=str(one.version)), rule="agreement", state=True
        )
    others = one.signers - {office.me}
    path = office.places.agreements / f"{one.id}-{one.version}.toml"
    if path.exists():  # a file that lies here and that nobody was sent yet goes along with the signature
        text = path.read_text(encoding="utf-8")
        if load(text).sha256 == one.sha256 and not office.agreements.signed.get(one.sha256):
            return propose(office, text, by)
    data = signing.sign(one, me=office.me, label=office.label(others), now_ms=office.now_ms(), context=office.context)
    office.write(data, by, sorted(others), DUTY)
    return one


def change(office: Office, agreement_id: str, act: str, by: str) -> Agreement:
    """Suspend our signature at once, or give notice."""
    one = _one(office, agreement_id, "")
    _party(office, one)
    others = one.signers - {office.me}
    make = signing.suspend if act == "suspend" else signing.give_notice
    data = make(one, me=office.me, label=office.label(others), now_ms=office.now_ms(), context=office.context)
    office.write(data, by, sorted(others), DUTY)
    return one


def _party(office: Office, one: Agreement) -> None:
    if office.me not in one.signers:
        said = SAID("agreement.no_party", party=office.me, agreement=one.id)
        raise Refusal(said, rule="agreement", hint=", ".join(sorted(one.signers)))


def _one(office: Office, agreement_id: str, sha256: str) -> Agreement:
    found = [a for a in office.agreements.agreements.values() if a.id == agreement_id and sha256 in ("", a.sha256)]
    if not found:
        raise InputError(f"no agreement {agreement_id[:40]} is known here", code="no_agreement")
    return max(found, key=lambda a: a.version)


# ---- the yearly account ----------------------------------------------------------------------------------------------
def report(office: Office, agreement_id: str, year: int, language: str) -> Report:
    """What was shared under an agreement in a year."""
    now = office.now_ms()
    one = office.agreements.of(agreement_id, now)
    if one is None:
        raise InputError(f"no agreement {agreement_id[:40]} is known here", code="no_agreement")
    start_ms, end_ms = year_ms(year)
    from kizuna.node.share.desk import recalls, requests  # noqa: PLC0415

    called = [Called(r["id"], r["at_ms"], r["by"], _names(office, r["id"]), r["reason"], r["state"])
              for r in recalls.listed(office)]  # fmt: skip
    asked = [Asked(r["id"], r["asked_ms"], r["by"], r["to"], r["clause"], r["state"], r["distress"])
             for r in requests.listed(office)]  # fmt: skip
    return agreements.report(one, list(_shared(office, start_ms, end_ms)), start_ms, end_ms, recalls=called,
                             requests=asked, language=language, marking=marking(office.context))  # fmt: skip


def _names(office: Office, recall: str) -> frozenset[str]:
    body = read_body(decode(office.rows[recall].data))
    return frozenset(body.records) if isinstance(body, Recall) else frozenset()


def _shared(office: Office, start_ms: int, end_ms: int) -> Iterator[Shared]:
    """Every release in [start, end) with its decision, from the decision log."""
    after = 0
    while lines := office.shared.decisions.lines(after, 500):
        after = lines[-1].n
        for line in lines:
            said = line.decided
            if said.verdict != "release" or not start_ms <= line.at_ms < end_ms:
                continue
            held = office.shared.records.many(said.ids)
            for name in said.ids:
                one = held.get(name)
                record = decode(one.data) if one and one.data else None
                lane = next((parse_name(log).lane for log, _ in office.shared.records.where(name)), "")
                yield Shared(
                    name, record.kind if record else "erased", said.to, line.at_ms, lane,
                    _clauses(office, said.rules, said.policy), tuple(said.rules), tuple(said.transforms), said.policy,
                    record.label.personal if record else False, one.size if one else 0,
                )  # fmt: skip


def _clauses(office: Office, rules: Any, policy: str) -> tuple[str, ...]:
    if not policy:
        return tuple(r for r in rules if "/" in r)
    try:
        return clauses_of(office.rulebook.read(policy), rules)
    except (InputError, ConfigError):
        return ()


def words_of(one: Agreement) -> str:
    """One line about an agreement."""
    return f"{one.id} version {one.version}, {iso_s(one.starts_ms)[:10]} to {iso_s(one.ends_ms)[:10]}"

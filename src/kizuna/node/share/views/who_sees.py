"""Who sees what: for a vessel, event, detection or record, what each partner may have of it, why, and what it has.

What a partner *may* have comes from the function that releases; the form in which it would get it is the very record
that a release would make. What it *has* comes from the logs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from kizuna.base.units import SECOND_MS
from kizuna.node.share.desk.reasons import reasons
from kizuna.node.share.door import Rows
from kizuna.node.share.views import reading
from kizuna.node.share.views.rulings import as_row
from kizuna.records.kinds import plain_body
from kizuna.records.record import Record, decode
from kizuna.share import decide
from kizuna.share.decide.reasons import SAID
from kizuna.share.publish import Candidates, Memory, Offer, publish, reach_ms
from kizuna.share.rules.rule import RuleSet
from kizuna.share.transforms.steps import Delay

if TYPE_CHECKING:
    from kizuna.node.share.desk.office import Office

_RANK: Final = ("release", "withhold")


def of_rows(office: Office, rows: Rows, subject: str) -> list[dict[str, Any]]:
    """What each partner may have of one row of the tables (the last that counts), and has of its subject."""
    door, now = office.sharing.door, office.now_ms()
    found = door.candidates(rows, now)
    return [_partner(office, p, found[-1] if found else None, subject) for p in sorted(office.sharing.who().partners)]


def of_record(office: Office, name: str) -> list[dict[str, Any]]:
    """For one record that was told: to whom, under which rule, when, and whether a receipt covers it."""
    lines = office.shared.decisions.about(name)
    held = office.shared.records.get(name)
    record = decode(held.data) if held and held.data else None
    out = []
    for party in sorted(office.sharing.who().partners):
        names = reading.audiences_of(office, party)
        mine = [n for n in lines if n.decided.to in names]
        last = mine[-1] if mine else None
        row: dict[str, Any] = {"id": party, "verdict": "withhold", "rules": [], "as": None, "why": [],
                               "reasons": [], "told_at_ms": None}  # fmt: skip
        if last is not None:
            said = last.decided
            row |= {
                "verdict": said.verdict,
                "rules": _rules(office, said.rules),
                "why": [said.why],
                "reasons": reasons([said.why]),
            }
            if said.verdict == "release":
                row |= {"as": _as(record) if record else None, "told_at_ms": last.at_ms, "record": name}
        out.append(row)
    return out


def _partner(office: Office, party: str, candidates: Candidates | None, subject: str) -> dict[str, Any]:
    rules, active = office.sharing.rules(), office.rulebook.active()
    latest = _latest(office, party, subject)
    none = [SAID("decision.no_rules" if rules is None or active is None else "decision.nothing")]
    row: dict[str, Any] = {
        "id": party, "verdict": "withhold", "rules": [], "as": None, "why": none, "reasons": reasons(none),
        "told_at_ms": latest.at_ms if latest else None, "record": latest.record if latest else None,
        "log": latest.log if latest else None, "n": latest.n if latest else None,
    }  # fmt: skip
    if rules is None or active is None or candidates is None or not len(candidates):
        return row
    setting = office.sharing.door.house.setting()
    audiences = [a for a in active.audiences if party in setting.who.members(a)]
    tried = [(a, decide.one(rules, candidates.columns.row(len(candidates) - 1), a, setting)) for a in audiences]
    if not tried:
        none = [SAID("decision.not_named")]
        return {**row, "why": none, "reasons": reasons(none)}
    audience, best = min(tried, key=lambda t: (_RANK.index(t[1].verdict), t[0]))
    best = office.lapsed_decision(best, candidates.columns.row(len(candidates) - 1), audience)
    row |= {
        "verdict": best.verdict, "rules": _rules(office, best.rule_ids), "why": list(best.why),
        "reasons": reasons(best.why), "audience": audience, "decision": as_row(best),
        "tried": [{"rule": t.rule_id, "then": t.then, "state": t.state, "failed": list(t.failed)} for t in best.tried],
    }  # fmt: skip
    if best.released:
        made = _made(office, candidates, audience, rules)
        row["as"] = None if made is None else {**_as(made), "delay_s": _delay_s(best)}
    return row


def _delay_s(decision: decide.Decision) -> int:
    delay = decision.transforms.get(Delay)
    return 0 if delay is None else delay.delay_s


def _made(office: Office, candidates: Candidates, audience: str, rules: RuleSet) -> Record | None:
    """The record that a release would make of the last candidate, however long it waits; None where a hole hides it."""
    door, setting = office.sharing.door, office.sharing.door.house.setting()
    decisions = decide.batch(rules, candidates.columns, audience, setting)
    waits = reach_ms([d.transforms for d in decisions.decisions], rules) + SECOND_MS
    told_ = publish([Offer(candidates, {audience: decisions})], Memory(), setting.now_ms + waits, door.shop, rules)
    data = [data for batch in told_.batches for data, _ in batch.released]
    return decode(data[-1]) if data else None


def _as(record: Record) -> dict[str, Any]:
    """A record as the partner reads it."""
    body = plain_body(record.body)
    geo = record.geo
    return {
        "lat": geo[1] if len(geo) > 1 else None, "lon": geo[0] if len(geo) > 1 else None,
        "cell_m": body.get("g", body.get("cell_m")), "bucket_s": body.get("b", body.get("bucket_s")), "delay_s": 0,
        "observed_ms": record.observed_ms, "subject": list(record.subject), "kind": record.kind,
        "fields": {k: v for k, v in body.items() if k not in ("g", "b", "cell_m", "bucket_s")},
    }  # fmt: skip


def _rules(office: Office, names: tuple[str, ...] | list[str] | Any) -> list[dict[str, Any]]:
    """Rules by id with clause and words."""
    from kizuna.node.share.views.rulings import rules_of  # noqa: PLC0415

    known = {r["id"]: r for r in rules_of(office.rulebook.active())}
    return [{"id": n, "clause": known[n]["clause"], "words": known[n]["words"]} if n in known
            else {"id": n, "clause": n if "/" in n else "", "words": {}} for n in names]  # fmt: skip


class _Told(NamedTuple):
    """When something was told, the record, and where it stands: the log and the number in it."""

    at_ms: int
    record: str
    log: str
    n: int


def _latest(office: Office, party: str, subject: str) -> _Told | None:
    """What a partner was last told of a subject."""
    logs = reading.reach(office, party)
    one = office.shared.register.last(logs, subject) if subject else None
    if one is None:
        return None
    log = logs[one.reach].log
    line = office.shared.decisions.behind(log.number, one.n, one.id)
    return _Told(line.at_ms if line else 0, one.id, log.name, one.n)

"""When a partner turns: what it holds, through whom, what ends now; and doing it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from kizuna.base.errors import InputError
from kizuna.node.share.desk import calling
from kizuna.node.share.desk.journal import DUTY
from kizuna.node.share.desk.refusal import Refusal
from kizuna.node.share.partners import ACTIVE, PAUSED, REVOKED
from kizuna.records.record import decode, record_id
from kizuna.share.communities import Communities
from kizuna.share.exposure import Act, Exposure, Facts, Reading, end, exposure
from kizuna.share.ledger.name import parse_name

if TYPE_CHECKING:
    from kizuna.node.share.desk.office import Office

SHOWN_MOST: Final = 200


def facts(office: Office) -> Facts:
    """What the ledger, the grants and the ties say."""
    logs: dict[str, list[str]] = {}
    labels, origins, readings = {}, {}, []
    who = office.sharing.who()
    for state in office.shared.logs.all("out"):
        logs[state.name] = [""] * state.size
        acks = office.shared.outbox.acks(state.name)
        for party in sorted(office.holdings.readers(parse_name(state.name).audience)):
            done = acks[party].size if party in acks else 0
            readings.append(Reading(state.name, state.peer, party, 0, state.head_size, min(done, state.head_size)))
    for name, n, data in office.holdings.entries():
        record = decode(data)
        found = record_id(data)
        logs[name][n] = found
        labels[found], origins[found] = record.label, record.origin
    lanes = {p: tuple(s.name for s in office.shared.logs.all() if s.peer == p) for p in who.partners}
    keys, positions = {}, {}
    for party in who.partners:
        ring = office.sharing.partners.get(party).ring
        keys[party] = tuple(k.public for use in ("page", "node", "tls") for k in ring.live(use, office.context))
        positions[party] = {s.name: s.size for s in office.shared.logs.all("in", party)}
    incidents = {
        p: tuple(h.incident for h in office.cases.all() if (c := h.case()) and p in c.desks and not c.closed)
        for p in who.partners
    }
    members = {c.id: c.members for c in who.communities.values()}
    told_of = tuple((b, h.party, h.via) for r in office.rows.values() if r.what == "recall" and r.proved == office.me
                    for h in calling.hops(office, r.id) if h.depth > 1 for b in calling.named(r))  # fmt: skip
    return Facts(
        {name: tuple(ids) for name, ids in logs.items()}, tuple(readings), labels, origins, office.grants.given(),
        told_of, members, lanes, keys, positions, incidents,
    )  # fmt: skip


def shown(office: Office, party: str) -> dict[str, Any]:
    """What a partner holds and what would end, for one page."""
    known = office.sharing.partners.get(party)
    at, now = facts(office), office.now_ms()
    found = exposure(party, at, office.me, now)
    kinds = _kinds(office, found)
    acts = _acts(office, found, at)
    return {
        "partner": party, "title": known.title, "state": known.state,
        "released": len(found.released), "confirmed": len(found.confirmed), "by_kind": kinds,
        "logs": sorted({w.through for ways in found.released.values() for w in ways}),
        "through_others": [{"record": n, "ways": [w._asdict() for w in ways]}
                           for n, ways in list(found.through_others.items())[:SHOWN_MOST]],
        "through_others_count": len(found.through_others),
        "onward": [{"to": to, "records": n, "by": how} for to, (n, how) in found.onward.items()],
        "keys": list(found.keys), "lanes": list(found.lanes), "communities": list(found.communities),
        "grants": [{"id": g.id, "to": g.to, "records": len(g.records), "until_ms": g.until_ms} for g in found.grants],
        "incidents": list(found.incidents),
        "ends": [{"what": a.what, "about": a.about, "why": a.why, "to": list(a.to), "records": len(a.records)}
                 for a in acts],
    }  # fmt: skip


def _kinds(office: Office, found: Exposure) -> dict[str, int]:
    count: Counter[str] = Counter()
    names = list(found.released)
    for start in range(0, len(names), 1000):
        held = office.shared.records.many(names[start : start + 1000])
        count.update(decode(h.data).kind if h.data else "erased" for h in held.values())
    return dict(sorted(count.items()))


def _acts(office: Office, found: Exposure, at: Facts) -> tuple[Act, ...]:
    label = office.label(office.sharing.who().partners)
    lists = Communities({}, office.context)
    return end(found, at, office.agreements, lists, me=office.me, now_ms=office.now_ms(), context=office.context,
               label=label)  # fmt: skip


def finish(office: Office, party: str, confirm: str, why: str, by: str, *, recall: bool) -> dict[str, Any]:
    """End every tie to a partner, for good. ``confirm`` repeats its id; ``recall`` also asks for our records back."""
    if confirm != party:
        raise InputError("to confirm, write the partner's id", code="confirm")
    known = office.sharing.partners.get(party)
    if known.state == REVOKED:
        raise Refusal(f"{party} was revoked: {known.why}", rule="partner", state=True)
    with office.lock:
        at = facts(office)
        found = exposure(party, at, office.me, office.now_ms())
        done = []
        for act in _acts(office, found, at):
            ids: list[str] = []
            if act.data:
                office.write(act.data, by, act.to, DUTY)
            elif act.what == "propose_recall" and recall:
                ids = calling.recall(office, act.records, "", "hide", "security", why, by)
            done.append({"what": act.what, "about": act.about, "why": act.why, "recalls": ids,
                         "done": act.what != "propose_recall" or recall})  # fmt: skip
        office.sharing.partners.change(party, state=REVOKED, why=why or f"ended by {by}")
        office.look()
    return {"partner": party, "state": REVOKED, "acts": done}


def pause(office: Office, party: str, why: str) -> None:
    """Nothing goes out or is asked from now on; nothing is forgotten."""
    office.sharing.partners.change(party, state=PAUSED, why=why)
    office.look()


def resume(office: Office, party: str) -> None:
    """Go on with a paused partner."""
    office.sharing.partners.change(party, state=ACTIVE)
    office.look()

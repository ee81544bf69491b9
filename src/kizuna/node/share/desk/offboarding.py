"""When a partner turns: what it holds, through whom, what ends now; and doing it."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from kizuna.base.errors import InputError
from kizuna.node.share.desk import recalls
from kizuna.node.share.desk.journal import DUTY
from kizuna.node.share.desk.refusal import SAID, Refusal
from kizuna.node.share.partners import ACTIVE, PAUSED, REVOKED
from kizuna.node.share.views import exposed
from kizuna.share.communities import Communities
from kizuna.share.exposure import Act, Exposure, Facts, end, exposure
from kizuna.stores.shared.decisions import Decided

if TYPE_CHECKING:
    from kizuna.node.share.desk.interfaces import Sharing
    from kizuna.node.share.desk.office import Office

SHOWN_MOST: Final = 200


def facts(office: Office) -> Facts:
    """The ties, and of the ledger what grants speak of; all that was told is counted by ``exposed.count``."""
    who, grants = office.sharing.who(), office.grants.given()
    told = exposed.granted(office, grants)
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
                    for h in recalls.hops(office, r.id) if h.depth > 1 for b in recalls.named(r))  # fmt: skip
    return Facts(
        told.logs, told.readings, origins=told.origins, grants=grants, covered=told.covered, told_of=told_of,
        members=members, lanes=lanes, keys=keys, positions=positions, incidents=incidents,
        passed=tuple((p.id, p.audience, p.carrier, p.leave) for p in office.shared.passed.by_others(office.me)),
    )  # fmt: skip


def shown(office: Office, party: str) -> dict[str, Any]:
    """What a partner holds and what would end, for one page."""
    known = office.sharing.partners.get(party)
    at, now = facts(office), office.now_ms()
    found = exposure(party, at, office.me, now)
    count = exposed.count(office, party)
    acts = _acts(office, found, at)
    onward = {to: (n, how) for to, (n, how) in found.onward.items()}
    for to, n in count.onward.items():
        onward[to] = (n + onward[to][0], f"{onward[to][1]}, label") if to in onward else (n, "label")
    through = _through(found) + [{"by": w.by, "through": w.through, "records": n} for w, n in count.through.items()]
    return {
        "partner": party, "title": known.title, "state": known.state,
        "released": count.released, "confirmed": count.confirmed, "by_kind": count.by_kind, "logs": list(count.logs),
        "through_others": [{"record": n, "ways": [w._asdict() for w in ways]}
                           for n, ways in list(found.through_others.items())[:SHOWN_MOST]],
        "through_others_count": len(found.through_others) + max(count.through.values(), default=0),
        "through": sorted(through, key=lambda row: (row["by"], row["through"])),
        "onward": [{"to": to, "records": n, "by": how} for to, (n, how) in sorted(onward.items())],
        "keys": list(found.keys), "lanes": list(found.lanes), "communities": list(found.communities),
        "grants": [{"id": g.id, "to": g.to, "records": len(g.records), "until_ms": g.until_ms} for g in found.grants],
        "incidents": list(found.incidents),
        "ends": [{"what": a.what, "about": a.about, "why": a.why, "to": list(a.to), "records": len(a.records)}
                 for a in acts] + _asked_back(party, count.released),
    }  # fmt: skip


def _asked_back(party: str, told: int) -> list[dict[str, Any]]:
    why = "what is ours of it can be asked back; a person decides"
    return [{"what": "propose_recall", "about": party, "why": why, "to": [party], "records": told}] if told else []


def _through(found: Exposure) -> list[dict[str, Any]]:
    """Through whom and how records may have come to it, with how many; one record may have come in several ways."""
    count = Counter(way for ways in found.through_others.values() for way in dict.fromkeys(ways))
    return [{"by": way.by, "through": way.through, "records": n} for way, n in sorted(count.items())]


def _acts(office: Office, found: Exposure, at: Facts) -> tuple[Act, ...]:
    label = office.label(office.sharing.who().partners)
    lists = Communities({}, office.context)
    acts = end(found, at, office.agreements, lists, me=office.me, now_ms=office.now_ms(), context=office.context,
               label=label)  # fmt: skip
    return tuple(act for act in acts if act.what != "propose_recall")  # of all that was told, not of what grants name


def finish(office: Office, party: str, confirm: str, why: str, by: str, *, recall: bool) -> dict[str, Any]:
    """End every tie to a partner, for good. ``confirm`` repeats its id; ``recall`` also asks for our records back."""
    if confirm != party:
        raise InputError("to confirm, write the partner's id", code="confirm")
    known = office.sharing.partners.get(party)
    if known.state == REVOKED:
        raise Refusal(SAID("partner.revoked", party=party, what=known.why or "?"), rule="partner", state=True)
    with office.lock:
        at = facts(office)
        found = exposure(party, at, office.me, office.now_ms())
        done = []
        for act in _acts(office, found, at):
            if act.data:
                office.write(act.data, by, act.to, DUTY)
            done.append({"what": act.what, "about": act.about, "why": act.why, "recalls": [], "done": True})
        for row in _asked_back(party, exposed.count(office, party).released):
            ids = _ask_back(office, party, why, by) if recall else []
            done.append({"what": row["what"], "about": party, "why": row["why"], "recalls": ids, "done": recall})
        office.sharing.partners.change(party, state=REVOKED, why=why or f"ended by {by}")
        office.look()
    return {"partner": party, "state": REVOKED, "acts": done}


def _ask_back(office: Office, party: str, why: str, by: str) -> list[str]:
    """Recall everything of ours that a partner was told; ids of the recalls."""
    told, ids = exposed.own_told(office, party), []
    while part := list(islice(told, recalls.BATCH)):
        ids += recalls.recall(office, part, "", "hide", "security", why, by)
    return ids


def pause(office: Office, party: str, why: str) -> None:
    """Nothing goes out or is asked from now on; nothing is forgotten."""
    office.sharing.partners.change(party, state=PAUSED, why=why)
    office.look()


def resume(office: Office, party: str, by: str = "", *, make_up: bool = True) -> None:
    """Go on with a paused partner. What came due meanwhile is made up for, or is not told ever: then from now on."""
    if make_up:
        office.sharing.partners.change(party, state=ACTIVE)
    else:
        from_now_on(office.sharing, party, by)
    office.look()


def from_now_on(sharing: Sharing, party: str, by: str) -> None:
    """Make a partner active, and leave out what came due while it was paused; the decision log says so."""
    now_ms = sharing.now_ms()
    sharing.partners.change(party, state=ACTIVE, told_from_ms=now_ms)
    why = f"what came due during the pause is not made up for: {by or 'an officer'} resumed it from now on"
    sharing.shared.decisions.add([Decided(party, "withhold", (), (), (), "", why[:1000])], now_ms)

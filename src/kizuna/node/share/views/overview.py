"""The first page of the desk: partners and their links, and what waits for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from kizuna.base.errors import InputError
from kizuna.base.utc import iso_s
from kizuna.node.share import introduction
from kizuna.node.share.desk.reasons import meaning
from kizuna.node.share.desk.refusal import SAID, Refusal
from kizuna.node.share.desk.taxii import NUMBERS
from kizuna.node.share.exchange import inward
from kizuna.node.share.onward import grants
from kizuna.node.share.views import rulings
from kizuna.node.share.views.naming import names_of
from kizuna.records.kinds import read_body
from kizuna.records.record import decode
from kizuna.share.incident.break_glass import unreviewed
from kizuna.stores.shared.books import Aside

if TYPE_CHECKING:
    from kizuna.node.share.desk.office import Office

JUDGED: Final = "!quarantine"
_SEEN_MOST: Final = 200


def overview(office: Office, *, numbers: bool) -> dict[str, Any]:
    """Partners with links; numbers of what was told and what waits only where ``numbers``."""
    office.look()
    return {
        "party": office.me, "title": office.sharing.identity.title, "names": names_of(office, office.me),
        "context": office.context, "enabled": True,
        "version": office.version, "rules": rulings.head(office),
        "partners": [_partner(office, row, numbers=numbers) for row in office.sharing.health()],
        "waiting": waiting(office) if numbers else None,
        "communities": [{"id": c.id, "title": c.title, "version": c.version, "members": sorted(c.members)}
                        for c in office.sharing.who().communities.values()] if numbers else [],
    }  # fmt: skip


def _partner(office: Office, row: Any, *, numbers: bool) -> dict[str, Any]:
    found = dict(row)
    found["agreement"] = _agreement(office, str(found["id"]))
    found["names"] = names_of(office, str(found["id"]))
    found["distress"] = list(office.cases.clauses_for(str(found["id"])))
    if not numbers:
        link = {k: found["link"].get(k) for k in ("state", "last_heard_ms")}
        return {k: found[k] for k in ("id", "title", "names", "state", "agreement", "distress")} | {"link": link}
    return found


def _agreement(office: Office, partner: str) -> dict[str, Any] | None:
    """The agreement with a partner that ends last."""
    now, best = office.now_ms(), None
    for name in sorted({a.id for a in office.agreements.agreements.values()}):
        one = office.agreements.of(name, now)
        if one is None or not {partner, office.me} <= one.signers:
            continue
        standing = office.agreements.standing(one, now)
        row = {"id": one.id, "state": standing.state, "until_ms": standing.ends_ms, "days_left": standing.days_left}
        holds = standing.state in ("in_force", "ends_soon")
        if best is None or (holds, standing.ends_ms) > best[0]:
            best = (holds, standing.ends_ms), row
    return None if best is None else best[1]


def waiting(office: Office) -> dict[str, int]:
    """How much waits for a person."""
    now = office.now_ms()
    signs = [a for a in office.agreements.agreements.values()
             if office.me in a.signers and office.me not in office.agreements.signed.get(a.sha256, ())
             and office.agreements.signed.get(a.sha256)]  # fmt: skip
    return {
        "requests": len(office.requests.owed(office.me)), "reviews": len(reviews(office)["waiting"]),
        "proposals": len(office.rulebook.status().proposals), "quarantine": len(quarantine(office)),
        "introductions": len(introduction.waiting(office.places)), "agreements": len(signs),
        "leaves": grants.owed(office), "grants": len(office.onward.grants.waiting()),
        "incidents": sum(1 for h in office.cases.all() if (c := h.case()) and c.desks.get(office.me) == "offered"),
        "overdue": sum(a.overdue(now) for a in office.requests.owed(office.me)),
    }  # fmt: skip


# ---- reviews ---------------------------------------------------------------------------------------------------------
def reviews(office: Office) -> dict[str, Any]:
    """Acts of lone officers: those that wait for a second person, and those that were looked at."""
    acts, alone, now = office.cases.acts(), office.cases.alone(), office.now_ms()
    answers = {act.act for act in alone}
    held = {name: h for h in office.cases.all() for name in h.entries}
    rows = []
    for one in unreviewed([*acts, *alone], office.cases.reviews, now):
        act = one.act
        rows.append({
            "id": act.act, "kind": "answer" if act.act in answers else "break_glass",
            "incident": held[act.act].incident if act.act in held else None,
            "to": act.to, "clause": act.clause, "officer": act.officer, "at_ms": act.at_ms, "due_ms": one.due_ms,
            "overdue": one.overdue,
        })  # fmt: skip
    done = []
    for name, row in office.cases.reviews.items():
        body: Any = read_body(decode(row.data))
        done.append({"id": name, "officer": body.officer, "reviewer": body.reviewer, "verdict": body.verdict,
                     "text": body.text, "at_ms": row.at_ms})  # fmt: skip
    return {"waiting": rows, "done": sorted(done, key=lambda d: -d["at_ms"])}


# ---- quarantine ------------------------------------------------------------------------------------------------------
def quarantine(office: Office) -> list[dict[str, Any]]:
    """Bytes that were refused, posted or brought and nobody has looked at, newest first."""
    done = inward.judged(office)
    refused = [_aside(a) for a in office.shared.quarantine.list(_SEEN_MOST + len(done)) if a.number not in done]
    found = sorted([*office.taxii.waiting(), *refused], key=lambda q: -q["at_ms"])
    return [{**q, "because": meaning(q["reason"])} for q in found]


def _aside(one: Aside) -> dict[str, Any]:
    shown = one.data[:2000].decode("utf-8", "replace")
    source = "import" if inward.is_import(one) else "line"
    return {"n": one.number, "at_ms": one.at_ms, "partner": one.peer, "log": one.log, "reason": one.reason,
            "size": len(one.data), "begins": shown, "source": source}  # fmt: skip


def judge(office: Office, number: int, by: str, *, accept: bool) -> None:
    """A person's word. Bytes that failed a check are evidence and never taken in; what was posted or brought may be."""
    if number > NUMBERS:
        office.taxii.judge(number, by, accept=accept)
        return
    if number not in {q["n"] for q in quarantine(office)}:
        raise InputError(f"nothing waits under number {number}", code="no_quarantine")
    brought = next((a for a in inward.waiting(office) if a.number == number), None)
    if accept and brought is not None:
        inward.let_in(office, brought, by)
    elif accept:
        raise Refusal(SAID("quarantine.never"), rule="verify")
    office.note(JUDGED, f"{number} {by} {iso_s(office.now_ms())}".encode(), by)

"""A case as the page and the command line show it: plain values, words in three languages."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from kizuna.base.errors import InputError
from kizuna.node.share.desk.reasons import reasons
from kizuna.node.share.desk.refusal import explained
from kizuna.node.share.incidents.cases import Held
from kizuna.node.share.views.naming import namer
from kizuna.node.share.views.words import TONGUES, geometry, in_tongues
from kizuna.records.bodies.incident import (
    Closure,
    Drawing,
    Handover,
    Message,
    Offer,
    OnScene,
    Opened,
    Seen,
    Sitrep,
    Task,
)
from kizuna.records.kinds import plain_body
from kizuna.records.record import decode
from kizuna.share.incident import drawings, joint, wording
from kizuna.share.incident.case import Case, TaskState
from kizuna.share.incident.entries import Written
from kizuna.share.ledger.name import parse_name

if TYPE_CHECKING:
    from kizuna.node.share.desk.office import Office

Names = Mapping[str, Callable[[str], str]]
"""What a party is called, by language."""
TITLE_MOST: Final = 80
KINDS: Final = ("missing", "collision", "drifting", "cable", "encounter", "distress", "other")
_MAY: Final[Mapping[str, tuple[str, ...]]] = {
    "offered": ("accept", "refuse"), "accepted": ("start", "done", "fail"), "under_way": ("done", "fail"),
}  # fmt: skip


def row(office: Office, held: Held) -> dict[str, Any]:
    """A line of the list."""
    case = held.case()
    assert case is not None
    rows, opened = case.timeline.rows, case.opened
    waiting = [t.id for t in case.tasks.values() if t.to == office.me and t.state == "offered"]
    asked = case.desks.get(office.me) == "offered"
    handed = case.offer_open is not None and case.offer_open[1] == office.me
    proposed = [k for k, who in case.proposals.items() if office.me not in who] if not case.closed else []
    return {
        "id": held.incident, "kind": opened.type, "kind_words": _in_words(opened.type),
        "title": title(opened), "what": opened.what, "context": case.context,
        "state": "closed" if case.closed else "open",
        "lat": case.place[1] if case.place else None, "lon": case.place[0] if case.place else None,
        "at_ms": opened.ms, "opened_ms": rows[0].entry.observed_ms, "opened_by": case.opened_by,
        "newest_ms": max(r.at_ms for r in held.rows.values()), "coordinator": case.coordinator, "me": office.me,
        "desks": [{"id": d, "state": s} for d, s in sorted(case.desks.items())], "entries": len(rows),
        "waits": {"tasks": waiting, "asked": asked, "handover": handed, "closure": proposed}, "version": held.version,
    }  # fmt: skip


def _in_words(word: str) -> dict[str, str]:
    return in_tongues(lambda t: wording.word(word, t))


def title(opened: Opened) -> str:
    """What it is called in a list: its vessel, else the first line of what was said, no longer than a line."""
    return opened.vessel or textwrap.shorten(opened.what.partition("\n")[0], TITLE_MOST, placeholder=" ...")


def whole(office: Office, held: Held) -> dict[str, Any]:
    """The whole case as this desk has it; the other desks have the same timeline once everything crossed."""
    case = held.case()
    assert case is not None
    opened, closing = case.opened, case.closed_by
    names = {t: namer(office, t) for t in TONGUES}
    return {
        **row(office, held), "vessel": opened.vessel, "persons": case.persons,
        "clause": opened.clause, "ways": _ways(office, case),
        "offer_open": None if case.offer_open is None else {"id": case.offer_open[0], "to": case.offer_open[1]},
        "coordinators": _runs(case.coordinators),
        "tasks": [_task(office, each) for each in case.tasks.values()],
        "on_scene": [
            {"desk": desk, "unit": unit, "state": u.st, "at_ms": u.ms, **_placed(case.unit_places.get((desk, unit))),
             "osc": case.on_scene_coordinator == (desk, unit), "words": _in_words(u.st)}
            for (desk, unit), u in case.units.items()
        ],
        "drawings": [_drawing(desk, d) for (desk, _), d in case.drawings.items()],
        "shared": [_shared(office, name, what) for name, what in case.seen.items()],
        "readings": [{"desk": desk, "text": text} for desk, text in sorted(case.readings.items())],
        "sitreps": [_sitrep(each) for each in case.sitreps],
        "proposals": [_proposal(case, name, who) for name, who in case.proposals.items()],
        "outcome": None if closing is None else {**_outcome(closing), "id": closing.id},
        "timeline": [_entry(office, held, case, r.entry, names) for r in case.timeline.rows],
        "waiting": len(case.timeline.waiting),
        "aside": [{"author": a.entry.author, "kind": a.entry.kind, "why": a.why} for a in case.timeline.aside],
        "forks": [{"author": who, "n": n} for who, n in case.timeline.forks],
        "joint": _joint(held, case),
    }  # fmt: skip


def _placed(said: OnScene | None) -> dict[str, Any]:
    """Where a unit was when its desk last said so, and of which time that is."""
    if said is None or said.pos is None:
        return {"lat": None, "lon": None, "place_ms": None}
    return {"lat": said.pos[1], "lon": said.pos[0], "place_ms": said.ms}


def _ways(office: Office, case: Case) -> list[dict[str, Any]]:
    """How each desk was brought in, and what is open for those that are not."""
    out = [
        {"desk": b.to, "how": b.how, "clause": b.clause, "by": r.entry.author, "at_ms": r.entry.observed_ms}
        for r in case.timeline.rows
        if isinstance(b := r.entry.body, Offer) and b.op == "offer"
    ]
    named = case.timeline.rows[0].entry.label.rel_to
    out += [{"desk": p, "how": "", "clause": ", ".join(office.cases.clauses_for(p)), "by": "", "at_ms": None}
            for p in sorted(named) if p not in case.desks and case.opened_by == office.me]  # fmt: skip
    return out


def _runs(names: list[str]) -> list[str]:
    return [name for k, name in enumerate(names) if k == 0 or names[k - 1] != name]


def _task(office: Office, task: TaskState) -> dict[str, Any]:
    offer = task.offer
    own: tuple[str, ...] = ("withdraw",) if task.state == "offered" else ()
    may = _MAY.get(task.state, ()) if task.to == office.me else own
    return {
        "id": task.id, "by": task.by, "to": task.to, "state": task.state, "why": task.why, "phrase": offer.p,
        "params": offer.v, "what": offer.what, "unit": offer.unit, "until_ms": offer.until_ms,
        "words": in_tongues(lambda t: wording.task(offer, t)),
        "may": list(may) if office.me in (task.by, task.to) else [],
    }  # fmt: skip


def _drawing(desk: str, drawing: Drawing) -> dict[str, Any]:
    track = None
    if drawing.pt and drawing.nm is not None and drawing.brg is not None and drawing.legs is not None:
        track = [list(p) for p in drawings.track(drawing.pt, drawing.c, drawing.nm, drawing.brg, drawing.legs)]
    return {
        "desk": desk, "label": drawing.d, "shape": drawing.g, "points": [list(p) for p in drawing.c],
        "pattern": drawing.pt, "nm": drawing.nm, "brg": drawing.brg, "legs": drawing.legs, "text": drawing.t,
        "track": track,
    }  # fmt: skip


def _shared(office: Office, short: str, what: str) -> dict[str, Any]:
    """A released record that belongs to the case; ``here`` false while it has not come."""
    held = office.shared.records.begins(short)
    if held is None or held.data is None:
        return {"id": short, "what": what, "here": False}
    record = decode(held.data)
    return {
        "id": short, "record": held.id, "what": what, "here": True, "kind": record.kind, "origin": record.origin,
        "subject": list(record.subject), "at_ms": record.observed_ms, "geometry": geometry(record.geo),
        "body": plain_body(record.body), "recalled": held.id in office.shared.tombstones.of([held.id]),
    }  # fmt: skip


def _sitrep(entry: Written) -> dict[str, Any]:
    body = entry.body
    assert isinstance(body, Sitrep)
    return {"id": entry.id, "no": body.no, "prio": body.prio, "to": list(body.to), "by": entry.author,
            "at_ms": entry.observed_ms, "fields": body.f}  # fmt: skip


def _outcome(closing: Written) -> dict[str, Any]:
    body = closing.body
    assert isinstance(body, Closure)
    return {"out": body.out, "saved": body.saved, "lost": body.lost, "missing": body.missing, "why": body.why,
            "words": in_tongues(lambda t: wording.outcome(closing, t))}  # fmt: skip


def _proposal(case: Case, name: str, who: set[str]) -> dict[str, Any]:
    entry = next(r.entry for r in case.timeline.rows if r.entry.id == name)
    return {"id": name, "by": entry.author, "agreed": sorted(who), **_outcome(entry)}


def _entry(office: Office, held: Held, case: Case, entry: Written, names: Names) -> dict[str, Any]:
    body, row_, mine = entry.body, held.rows[entry.record_id], entry.author == office.me
    out: dict[str, Any] = {
        "id": entry.id, "record": entry.record_id, "n": body.n, "author": entry.author, "mine": mine,
        "kind": entry.kind.removeprefix("incident."), "at_ms": entry.observed_ms, "here_ms": row_.at_ms,
        "by": row_.by if mine else body.by, "words": in_tongues(lambda t: wording.say(entry, t, names[t])),
        "overtaken": case.overtaken.get(entry.id, ""), "recalled": bool(office.shared.tombstones.of([entry.record_id])),
        "body": msgspec.to_builtins(body),
    }  # fmt: skip
    if isinstance(body, Message):
        out |= {"phrase": body.p, "params": body.v, "text": body.t, "lang": body.l, "re": body.re}
    elif isinstance(body, Task | Handover | Closure):
        out |= {"op": body.op, "of": body.t}
    elif isinstance(body, Seen):
        out |= {"ids": list(body.ids)}
    if mine:
        out["told"] = [_told(office, entry, to) for to in sorted(case.desks) if to != office.me]
    return out


def _told(office: Office, entry: Written, to: str) -> dict[str, Any]:
    """Whether and how a desk has an entry of ours: waits (and why), told, acknowledged."""
    for name, n in office.shared.records.where(entry.record_id):
        log = parse_name(name)
        if log.origin == office.me and log.audience == to:
            acked = office.acknowledged_ms(name, n, to)
            return {"to": to, "state": "told" if acked is None else "acknowledged", "acked_ms": acked, "why": ""}
    why = office.cases.withheld.get((entry.record_id, to))
    rule = "" if why is None else ", ".join(why.rule_ids) or "no-rule"
    said = explained(why, to)[0] if why else ""
    return {"to": to, "state": "waits", "acked_ms": None, "why": said, "rule": rule,
            "reasons": reasons([said])}  # fmt: skip


def _joint(held: Held, case: Case) -> dict[str, Any] | None:
    if not case.closed:
        return None
    made = joint.neutral(case)
    signed = [{"desk": d, "same": h == made.sha256} for d, h in sorted(held.joint.items())]
    return {"sha256": made.sha256, "signed": signed}


def phrases() -> dict[str, Any]:
    """The phrasebook, for pages: wording with its parameters in braces."""
    from kizuna.share.incident import phrasebook  # noqa: PLC0415

    return {
        "version": phrasebook.BOOK_VERSION, "parameters": dict(phrasebook.PARAMETERS),
        "phrases": [
            {"id": p.id, "group": p.id.partition(".")[0], "parameters": sorted(p.parameters),
             "words": {TONGUES[k]: p.wording[k] for k in TONGUES}}
            for p in phrasebook.PHRASES.values()
        ],
    }  # fmt: skip


def found(case: Held) -> Case:
    """The case of a held one. Raises InputError where its opening is missing."""
    told = case.case()
    if told is None:
        raise InputError("the opening of this case has not come yet", code="no_incident")
    return told

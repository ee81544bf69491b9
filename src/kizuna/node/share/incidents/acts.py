"""What an officer does in a case: open, write, share a position, tasks, coordination, closure, reports."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from kizuna.base.errors import InputError
from kizuna.base.utc import iso_s
from kizuna.node.share.desk.journal import CASE
from kizuna.node.share.desk.refusal import NO_RULE, Refusal, explained
from kizuna.node.share.door import Rows
from kizuna.node.share.incidents.cases import Held
from kizuna.node.share.views.naming import namer
from kizuna.records.bodies import incident as bodies
from kizuna.records.context import marking
from kizuna.records.record import record_id
from kizuna.share import decide
from kizuna.share.columns import same
from kizuna.share.incident import desk as desks
from kizuna.share.incident import drawings, joint
from kizuna.share.incident import sitrep as sitreps
from kizuna.share.incident.case import Case
from kizuna.share.incident.entries import read
from kizuna.share.incident.joint import Neutral
from kizuna.share.incident.purpose import tags_of
from kizuna.share.incident.reasons import SAID
from kizuna.share.incident.wording import word
from kizuna.share.publish import Candidates, Memory, Offer, publish

if TYPE_CHECKING:
    from kizuna.node.share.desk.office import Office

_SECOND_MS: Final = 1000


class Opening(NamedTuple):
    """What a case begins with."""

    kind: str
    lat_deg: float | None = None
    lon_deg: float | None = None
    at_ms: int | None = None
    vessel: str = ""
    persons: int | None = None
    what: str = ""
    clause: str = ""


class Entry(NamedTuple):
    """One thing that an officer says; ``fields`` as the API names them."""

    what: str
    fields: Mapping[str, Any]


class Closing(NamedTuple):
    """A word about closure."""

    act: str
    of: str = ""
    outcome: str = ""
    saved: int | None = None
    lost: int | None = None
    missing: int | None = None
    why: str = ""


def begin(office: Office, opening: Opening, by: str, break_glass: str = "") -> str:
    """Open a case, and with ``break_glass`` pass it to that partner in the same act. Its id."""
    if (opening.lat_deg is None) != (opening.lon_deg is None):
        raise InputError("a place has latitude and longitude")
    pos = None
    if opening.lat_deg is not None and opening.lon_deg is not None:
        pos = (round(opening.lon_deg, 5), round(opening.lat_deg, 5))
    body = bodies.Opened(
        n=1, type=opening.kind, pos=pos, ms=opening.at_ms, vessel=opening.vessel, persons=opening.persons,  # type: ignore[arg-type]
        what=opening.what, clause="" if break_glass else opening.clause,
    )  # fmt: skip
    if not break_glass:
        return office.cases.open(body, by)
    act = office.cases.break_glass(body, break_glass, opening.clause, by)
    return read(act.records[0]).incident


def join(office: Office, incident: str, act: str, why: str, by: str) -> str:
    """Come into a case, or decline."""
    return office.cases.add(incident, bodies.Offer(n=1, op=act, why=why), by)  # type: ignore[arg-type]


def write(office: Office, incident: str, said: Entry, by: str) -> str:
    """Write one entry."""
    return office.cases.add(incident, _body(said.what, said.fields), by)


def _body(what: str, f: Mapping[str, Any]) -> bodies.Entry:
    if what == "phrase":
        return bodies.Message(n=1, p=f["phrase"], v=dict(f.get("params", {})), re=f.get("re", ""))
    if what == "text":
        return bodies.Message(n=1, t=f["text"], l=f.get("lang", ""), re=f.get("re", ""))
    if what == "reading":
        return bodies.Reading(n=1, t=f["reading"])
    if what == "task":
        return bodies.Task(n=1, op="offer", to=f["to"], p=f.get("phrase", ""), v=dict(f.get("params", {})),
                           what=f.get("what", ""), unit=f.get("unit", ""), until_ms=f.get("until_ms"))  # fmt: skip
    if what == "on_scene":
        lat, lon = f.get("lat"), f.get("lon")
        pos = (round(lon, 5), round(lat, 5)) if lat is not None and lon is not None else None
        return bodies.OnScene(n=1, u=f["unit"], st=f["state"], pos=pos, ms=f.get("at_ms"), osc=f.get("osc", False))
    if what == "drawing":
        return bodies.Drawing(
            n=1, d=f["label"], g=f.get("shape", "point"), c=drawings.rounded(f.get("points", ())),
            pt=f.get("pattern", ""), nm=f.get("nm"), brg=f.get("brg"), legs=f.get("legs"), t=f.get("text", ""),
            rm=f.get("remove", False),
        )  # fmt: skip
    raise InputError(f"{what} is no entry", hint="phrase, text, drawing, task, on_scene, reading")


def task(office: Office, incident: str, name: str, act: str, why: str, by: str) -> str:
    """What becomes of a task."""
    return office.cases.add(incident, bodies.Task(n=1, op=act, t=name, why=why), by)  # type: ignore[arg-type]


def hand_over(office: Office, incident: str, act: str, to: str, why: str, by: str) -> str:
    """Offer, accept, refuse, withdraw or assume coordination."""
    case = _case(office, incident)
    if act == "offer":
        if not to:
            raise InputError("coordination is offered to a desk", hint="to")
        body = bodies.Handover(n=1, op="offer", to=to, why=why)
    elif act == "assume":
        if not why:
            raise InputError("who assumes coordination says why the coordinator cannot be reached", hint="why")
        body = bodies.Handover(n=1, op="assume", of=case.coordinator, why=why)
    else:
        if case.offer_open is None:
            raise Refusal(SAID("case.no_offer"), rule="case", state=True)
        body = bodies.Handover(n=1, op=act, t=case.offer_open[0], why=why)  # type: ignore[arg-type]
    return office.cases.add(incident, body, by)


def close(office: Office, incident: str, said: Closing, by: str) -> str:
    """Propose closure, agree, refuse, open again."""
    case = _case(office, incident)
    if said.act == "propose":
        body = bodies.Closure(n=1, op="propose", out=said.outcome, saved=said.saved, lost=said.lost,  # type: ignore[arg-type]
                              missing=said.missing, why=said.why)  # fmt: skip
    elif said.act == "reopen":
        body = bodies.Closure(n=1, op="reopen", why=said.why)
    else:
        of = said.of or (next(iter(case.proposals)) if len(case.proposals) == 1 else "")
        if not of:
            raise Refusal(SAID("case.which_proposal"), rule="case", state=True)
        body = bodies.Closure(n=1, op=said.act, t=of, why=said.why)  # type: ignore[arg-type]
    return office.cases.add(incident, body, by)


# ---- positions -------------------------------------------------------------------------------------------------------
def share(office: Office, incident: str, rows: Rows, text: str, by: str) -> str:
    """Release rows to the other desks of the case, each as its rules say, and put what was released into the case.

    Raises Refusal where no rule lets any of the desks have it now.
    """
    case = _case(office, incident)
    others = sorted(case.reaches() - {office.me})
    if not others:
        raise Refusal(SAID("case.alone"), rule="case", state=True)
    ids: dict[str, None] = {}
    why: dict[str, tuple[str, str, str]] = {}
    with office.lock:
        for to in others:
            for data, decision in _released(office, case, rows, to, why):
                if not office.told(record_id(data), to):
                    office.sharing.door.pass_on(data, decision, to)
                ids[record_id(data)] = None
        if not ids:
            rule, said, hint = next(iter(why.values()), (NO_RULE, SAID("case.nothing"), ""))
            raise Refusal(said, rule=rule, hint=hint)
        what = "fix" if rows.fixes is not None else "detection"
        return office.cases.add(incident, desks.seen(what, ids, text), by)


def _released(
    office: Office, case: Case, rows: Rows, to: str, why: dict[str, tuple[str, str, str]]
) -> list[tuple[bytes, decide.Decision]]:
    """The records that a desk may have of these rows, made by the same function as every release."""
    door = office.sharing.door
    rules, setting = office.sharing.rules(), door.house.setting()
    if rules is None:
        why[to] = NO_RULE, "no rules are in force", "two officers put rules in force first: kizuna rules activate"
        return []
    out: list[tuple[bytes, decide.Decision]] = []
    for found in door.candidates(rows, setting.now_ms):
        tag = tags_of(case.opened.type) | {f"incident:{case.incident}"}
        marked = Candidates(replace(found.columns, tag=same(tag, len(found))), found.rows, found.keys)
        decisions = decide.batch(rules, marked.columns, to, setting)
        told = publish([Offer(marked, {to: decisions})], Memory(), setting.now_ms + _SECOND_MS, door.shop, rules)
        out += [pair for batch in told.batches for pair in batch.released]
        if not out:
            refusal = decisions[0]
            named = ", ".join(refusal.rule_ids) or NO_RULE
            said, hint = (
                ("its rule lets it go later, not now", "") if np.any(decisions.release) else explained(refusal, to)
            )
            why[to] = named, f"{to} may not be told: {said}", hint
    return out


# ---- reports ---------------------------------------------------------------------------------------------------------
def sitrep(office: Office, held: Held, form: str, language: str, number: int = 0) -> dict[str, Any]:
    """A situation report: the one of that number as it was sent, else as it would be now.

    Every line of its form is there, the text of what nobody has said empty, and "not known" in the message.
    """
    case = held.case()
    assert case is not None
    sent = next((e.body for e in case.sitreps if isinstance(e.body, bodies.Sitrep) and e.body.no == number), None)
    if number and sent is None:
        raise InputError(f"no situation report {number} was sent", code="no_sitrep")
    called = namer(office, language)
    body = sent or sitreps.compose(case, "short" if form == "short" else "full", language, name=called)
    to = body.to or tuple(sorted(case.reaches() - {office.me}))
    full = set(body.f) - set(sitreps.SHORT_FORM) or (form != "short" and sent is None)
    letters = sitreps.FULL_FORM if full else sitreps.SHORT_FORM
    fields = [{"letter": k, "name": sitreps.name_of(k, language), "text": body.f.get(k, "")} for k in letters]
    unknown = word("unknown", language)
    receivers = [called(each) for each in to] or [word("none", language)]
    lines = [body.prio.upper(), f"FM {called(office.me)}", *(f"TO {each}" for each in receivers),
             f"SITREP {body.no}  {iso_s(office.now_ms())}", marking(case.context),
             *(f"{f['letter']}. {f['name']}: {f['text'] or unknown}" for f in fields)]  # fmt: skip
    text = "\n".join(each for each in lines if each)
    return {"no": body.no, "prio": body.prio, "to": list(to), "sent": sent is not None, "fields": fields,
            "text": text + "\n"}  # fmt: skip


def send_sitrep(office: Office, incident: str, form: str, language: str, to: tuple[str, ...], priority: str,
                changes: Mapping[str, str], by: str) -> str:  # fmt: skip
    """Write a situation report into the case."""
    body = sitreps.compose(_case(office, incident), "short" if form == "short" else "full", language, to=to,
                           priority=priority, changes=changes, name=namer(office, language))  # fmt: skip
    return office.cases.add(incident, body, by)


def joint_of(held: Held) -> Neutral:
    """The joint record of a closed case. Raises Refusal while it is open."""
    case = held.case()
    assert case is not None
    if not case.closed:
        raise Refusal(SAID("case.not_closed"), rule="case", state=True)
    return joint.neutral(case)


def joint_text(made: Neutral, language: str) -> str:
    """The joint record as lines of text."""
    return joint.plain(made, language)


def sign_joint(office: Office, incident: str, by: str) -> str:
    """Sign the joint record and pass the signature to the other desks. Its hash."""
    held = office.cases.get(incident)
    made = joint_of(held)
    case = held.case()
    assert case is not None
    if office.me in held.joint and held.joint[office.me] == made.sha256:
        raise Refusal(SAID("case.signed"), rule="case", state=True)
    label = desks.Desk(office.me).label(desks.audience(case), case.opened.type)
    data = joint.record(case, office.me, label, office.now_ms())
    office.write(data, by, way=CASE)
    return str(json.loads(made.text)["incident"])


def _case(office: Office, incident: str) -> Case:
    case = office.cases.get(incident).case()
    assert case is not None
    return case

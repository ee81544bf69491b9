"""The case as both desks see it: the timeline told from its beginning, by tables.

What an entry may change is decided here, from the order of the timeline alone. An entry that comes too late or from
the wrong desk changes nothing and stays in the timeline with the reason (``overtaken``), for it was said all the
same.

**Coordination.** The desk that opens coordinates. There is exactly one coordinator after every row. It passes on when
the coordinator offers and the other accepts; an offer that is open blocks a second one. Where an offer was taken back
while its acceptance was on the way, the acceptance counts: the desk that believes it must act has the duty. A desk
may assume coordination when the coordinator cannot be reached, naming whom it follows and why; of two that do so at
once, the first in the order has it. During a separation each desk goes by what it knows; who was told otherwise sees
``overtaken``.

**Tasks** are offered to a desk and taken by it; nobody is ordered. Acceptance counts against a withdrawal that it
crossed.

**Closure** needs the word of every desk that has joined.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from kizuna.records.bodies.incident import (
    Closure,
    Drawing,
    Handover,
    Message,
    Offer,
    OnScene,
    Opened,
    Place,
    Reading,
    Seen,
    Sitrep,
    Task,
)  # fmt: skip
from kizuna.share.incident.entries import Written
from kizuna.share.incident.reasons import SAID
from kizuna.share.incident.timeline import Row, Timeline

CORRECTED: Final = "di.correct"
"""Phrase by which a desk corrects where the case is."""
PERSONS: Final = "di.persons"
PERSONS_UNKNOWN: Final = "di.persons-unknown"
"""Phrases by which a desk says how many are on board."""
TASK_STATES: Final = {
    ("offered", "accept"): "accepted",
    ("offered", "refuse"): "refused",
    ("offered", "withdraw"): "withdrawn",
    ("withdrawn", "accept"): "accepted",  # only where the two crossed
    ("accepted", "start"): "under_way",
    ("accepted", "done"): "done",
    ("accepted", "fail"): "failed",
    ("under_way", "done"): "done",
    ("under_way", "fail"): "failed",
}
"""What becomes of a task; anything else changes nothing."""
DESK_STATES: Final = {
    ("", "offer"): "offered",
    ("declined", "offer"): "offered",
    ("offered", "join"): "joined",
    ("offered", "decline"): "declined",
    ("joined", "decline"): "declined",
}
"""How a desk comes into a case and leaves it."""


@dataclass(slots=True)
class TaskState:
    """One task and what became of it."""

    id: str
    by: str
    to: str
    offer: Task
    state: str = "offered"
    why: str = ""
    withdrawn_at: int = -1


@dataclass(slots=True)
class Case:
    """What both desks see. Keys are short ids, or (desk, word) where a desk names things itself."""

    incident: str
    opened: Opened
    opened_by: str
    context: str
    coordinator: str
    desks: dict[str, str] = field(default_factory=dict)
    """State by desk: offered, joined, declined."""
    tasks: dict[str, TaskState] = field(default_factory=dict)
    units: dict[tuple[str, str], OnScene] = field(default_factory=dict)
    unit_places: dict[tuple[str, str], OnScene] = field(default_factory=dict)
    """For each unit the last entry that said where it is."""
    drawings: dict[tuple[str, str], Drawing] = field(default_factory=dict)
    readings: dict[str, str] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)
    """Kind by short id of the released records that belong to the case."""
    sitreps: list[Written] = field(default_factory=list)
    messages: list[Written] = field(default_factory=list)
    on_scene_coordinator: tuple[str, str] | None = None
    offer_open: tuple[str, str] | None = None
    """The offer of coordination that is open: its entry and to whom."""
    coordinators: list[str] = field(default_factory=list)
    """The coordinator after each row of the timeline."""
    proposals: dict[str, set[str]] = field(default_factory=dict)
    closed_by: Written | None = None
    overtaken: dict[str, str] = field(default_factory=dict)
    """Entries that changed nothing, each with the reason."""
    timeline: Timeline = field(default=Timeline((), (), (), ()))

    @property
    def closed(self) -> bool:
        """Whether every desk that joined has agreed to close."""
        return self.closed_by is not None

    @property
    def place(self) -> Place | None:
        """Where it is held to be, longitude and latitude in degrees: as corrected last, else as it was opened."""
        for written in reversed(self.messages):
            body = written.body
            if isinstance(body, Message) and body.p == CORRECTED:
                lon, lat = body.v["pos"]  # checked as the phrase's parameter when it came
                return float(lon), float(lat)
        return self.opened.pos

    @property
    def persons(self) -> int | None:
        """How many are in danger: as a phrase said last, else as it was opened. None where it is not known."""
        for written in reversed(self.messages):
            body = written.body
            if isinstance(body, Message) and body.p == PERSONS:
                return int(body.v["n"])  # checked as the phrase's parameter when it came
            if isinstance(body, Message) and body.p == PERSONS_UNKNOWN:
                return None
        return self.opened.persons

    @property
    def joined(self) -> tuple[str, ...]:
        """Desks that are in the case, in the order of their ids."""
        return tuple(sorted(desk for desk, state in self.desks.items() if state == "joined"))

    def reaches(self) -> frozenset[str]:
        """Desks that entries of this case are for: those that are in it or asked into it."""
        return frozenset(desk for desk, state in self.desks.items() if state in ("joined", "offered"))


def tell(timeline: Timeline) -> Case | None:
    """The case of a timeline; None while its opening has not arrived."""
    if not timeline.rows:
        return None
    first = timeline.rows[0].entry
    assert isinstance(first.body, Opened)
    case = Case(first.incident, first.body, first.author, first.context, first.author, timeline=timeline)
    case.desks[first.author] = "joined"
    case.coordinators.append(first.author)
    crossed = _crossed(timeline)
    for k, row in enumerate(timeline.rows[1:], 1):
        why = _apply(case, k, row, crossed)
        if why:
            case.overtaken[row.entry.id] = why
        case.coordinators.append(case.coordinator)
    return case


def _apply(case: Case, k: int, row: Row, crossed: frozenset[str]) -> str:
    entry, body = row.entry, row.entry.body
    if isinstance(body, Offer):
        return _bring_in(case, entry, body)
    if case.desks.get(entry.author) not in ("joined", "offered"):
        return SAID("case.not_in_it")
    if isinstance(body, Task):
        return _task(case, k, entry, body)
    if isinstance(body, Handover):
        return _hand_over(case, entry, body, crossed)
    if isinstance(body, Closure):
        return _close(case, entry, body)
    return _note(case, entry)


def _unit(case: Case, key: tuple[str, str], body: OnScene) -> None:
    case.units[key] = body
    if body.pos is not None:
        case.unit_places[key] = body
    if body.osc and body.st == "on_scene":
        case.on_scene_coordinator = key
    elif case.on_scene_coordinator == key:
        case.on_scene_coordinator = None


def _note(case: Case, entry: Written) -> str:
    body = entry.body
    if isinstance(body, Message):
        case.messages.append(entry)
    elif isinstance(body, Seen):
        case.seen.update(dict.fromkeys(body.ids, body.what))
    elif isinstance(body, OnScene):
        _unit(case, (entry.author, body.u), body)
    elif isinstance(body, Drawing):
        key = (entry.author, body.d)
        case.drawings.pop(key, None)
        if not body.rm:
            case.drawings[key] = body
    elif isinstance(body, Reading):
        case.readings[entry.author] = body.t
    elif isinstance(body, Sitrep):
        case.sitreps.append(entry)
    else:
        return SAID("case.opens_open")
    return ""


def _bring_in(case: Case, entry: Written, body: Offer) -> str:
    if body.op == "offer" and case.desks.get(entry.author) != "joined":
        return SAID("case.not_in_it")
    desk = body.to if body.op == "offer" else entry.author
    state = DESK_STATES.get((case.desks.get(desk, ""), body.op))
    if state is None:
        held = case.desks.get(desk)
        return SAID(f"case.is_{held}", party=desk) if held else SAID("case.not_asked", party=desk)
    if state == "declined" and desk == case.coordinator:
        return SAID("case.hand_over_first")
    case.desks[desk] = state
    return ""


def _task(case: Case, k: int, entry: Written, body: Task) -> str:
    if body.op == "offer":
        if case.desks.get(body.to) not in ("joined", "offered") or body.to == entry.author:
            return SAID("case.no_other_desk", party=body.to)
        case.tasks[entry.id] = TaskState(entry.id, entry.author, body.to, body)
        return ""
    task = case.tasks.get(body.t)
    if task is None:
        return SAID("case.no_task")
    if entry.author != (task.by if body.op == "withdraw" else task.to):
        return SAID("case.not_its_task")
    state = TASK_STATES.get((task.state, body.op))
    if task.state == "withdrawn" and case.timeline.has_seen(k, task.withdrawn_at):
        state = None
    if state is None:
        return SAID("case.task_is", task_state=task.state)
    task.state, task.why = state, body.why
    if state == "withdrawn":
        task.withdrawn_at = k
    return ""


def _crossed(timeline: Timeline) -> frozenset[str]:
    """Withdrawals of offers of coordination that met an acceptance written without knowing of them."""
    addressee = {
        row.entry.id: row.entry.body.to
        for row in timeline.rows
        if isinstance(row.entry.body, Handover) and row.entry.body.op == "offer"
    }
    accepted: dict[str, list[int]] = {}
    withdrawn: list[tuple[int, Written, str]] = []
    for k, row in enumerate(timeline.rows):
        body = row.entry.body
        if not isinstance(body, Handover):
            continue
        if body.op == "accept" and addressee.get(body.t) == row.entry.author:
            accepted.setdefault(body.t, []).append(k)
        elif body.op == "withdraw":
            withdrawn.append((k, row.entry, body.t))
    return frozenset(
        entry.id for k, entry, offer in withdrawn if any(not timeline.has_seen(a, k) for a in accepted.get(offer, ()))
    )


def _hand_over(  # noqa: C901, PLR0911  one return for each reason
    case: Case, entry: Written, body: Handover, crossed: frozenset[str]
) -> str:
    if body.op == "offer":
        if entry.author != case.coordinator:
            return SAID("case.coordinates", party=case.coordinator)
        if case.offer_open is not None:
            return SAID("case.offered_to", party=case.offer_open[1])
        if body.to == entry.author or case.desks.get(body.to) not in ("joined", "offered"):
            return SAID("case.no_other_desk", party=body.to)
        case.offer_open = (entry.id, body.to)
        return ""
    if body.op == "assume":
        if body.of != case.coordinator or entry.author == case.coordinator or case.desks[entry.author] != "joined":
            return SAID("case.coordinates", party=case.coordinator)
        case.coordinator, case.offer_open = entry.author, None
        return ""
    if case.offer_open is None or case.offer_open[0] != body.t:
        return SAID("case.offer_over")
    if entry.author != (case.coordinator if body.op == "withdraw" else case.offer_open[1]):
        return SAID("case.not_its_offer")
    if body.op == "withdraw" and entry.id in crossed:
        return SAID("case.accepted_meanwhile")
    case.offer_open = None
    if body.op == "accept":
        case.coordinator = entry.author
        case.desks[entry.author] = "joined"
    return ""


def _close(case: Case, entry: Written, body: Closure) -> str:  # noqa: PLR0911  one return for each reason
    if case.desks[entry.author] != "joined":
        return SAID("case.not_joined")
    if body.op == "reopen":
        if not case.closed:
            return SAID("case.open")
        case.closed_by = None
        case.proposals.clear()
        return ""
    if case.closed:
        return SAID("case.closed")
    if body.op == "propose":
        case.proposals[entry.id] = {entry.author}
        body_id = entry.id
    else:
        if body.t not in case.proposals:
            return SAID("case.no_proposal")
        if body.op == "refuse":
            del case.proposals[body.t]
            return ""
        case.proposals[body.t].add(entry.author)
        body_id = body.t
    if case.proposals[body_id].issuperset(case.joined):
        case.closed_by = next(row.entry for row in case.timeline.rows if row.entry.id == body_id)
    return ""

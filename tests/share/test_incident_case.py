"""One case at two desks: the same picture whatever order entries came in; one coordinator; tasks; closure."""

import sys
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from incident_case import POS, T0, Room, meet

from kizuna.base.errors import InputError
from kizuna.records.bodies.incident import (
    Closure,
    Drawing,
    Handover,
    Message,
    Offer,
    OnScene,
    Opened,
    Reading,
    Seen,
    Sitrep,
    Task,
)
from kizuna.share.incident import desk as desks
from kizuna.share.incident import sitrep, wording
from kizuna.share.incident.case import TASK_STATES
from kizuna.share.incident.entries import read
from kizuna.share.incident.timeline import order


def two(**more):
    north, south = Room("north"), Room("south", "desk-2")
    north.open(persons=4, vessel="Kaiun 8", **more)
    north.say(Offer(n=1, op="offer", to="south", how="rule", clause="rescue/2.1"))
    meet(north, south)
    south.say(Offer(n=1, op="join"))
    meet(north, south)
    return north, south


def same(*rooms):
    first = rooms[0].case()
    for room in rooms[1:]:
        other = room.case()
        assert other == first
        assert [wording.say(r.entry, "ja") for r in other.timeline.rows] == [
            wording.say(r.entry, "ja") for r in first.timeline.rows
        ]
    return first


def test_a_case_goes_from_open_through_tasks_and_hand_over_to_closure():
    north, south = two()
    task = north.say(Task(n=1, op="offer", to="south", p="se.area", v={"area": "A1"}, unit="helicopter"))
    north.say(Drawing(n=1, d="A1", g="pattern", pt="square", c=(POS,), nm=1.0, brg=90, legs=8))
    meet(north, south)
    south.say(Task(n=1, op="accept", t=task))
    south.say(OnScene(n=1, u="PL-7", st="on_scene", pos=POS, ms=T0, osc=True))
    south.say(Message(n=1, p="se.found", v={"vessel": "Kaiun 8", "pos": list(POS)}))
    south.say(Task(n=1, op="done", t=task))
    meet(north, south)
    offer = north.say(Handover(n=1, op="offer", to="south"))
    meet(north, south)
    south.say(Handover(n=1, op="accept", t=offer))
    meet(north, south)
    end = south.say(Closure(n=1, op="propose", out="saved", saved=4))
    meet(north, south)
    assert not same(north, south).closed
    north.say(Closure(n=1, op="agree", t=end))
    meet(north, south)
    case = same(north, south)
    assert case.closed and case.coordinator == "south" and case.tasks[task].state == "done"
    assert case.on_scene_coordinator == ("south", "PL-7") and not case.overtaken
    assert case.coordinators[0] == "north" and len(case.coordinators) == len(case.timeline.rows)


def test_desks_that_were_apart_for_hours_agree_after_one_exchange():
    north, south = two()
    for k in range(40):
        north.say(Message(n=1, t=f"north {k}", l="en"), now_ms=T0 + k)
        south.say(Message(n=1, p="de.received"), now_ms=T0 - 48 * 3_600_000 + k)  # its clock is two days wrong
    meet(north, south)
    case = same(north, south)
    assert len(case.messages) == 80 and not case.timeline.waiting
    north.say(Message(n=1, p="de.link", v={"time": T0, "until": T0}))
    meet(north, south)
    same(north, south)


ACTS = st.lists(st.tuples(st.sampled_from(["north", "south", "east"]), st.integers(0, 13), st.booleans()), max_size=25)


def act(room, number):
    """One act of an officer; what is refused is not written."""
    case = room.case()
    offer = case.offer_open[0] if case.offer_open else ""
    task = sorted(case.tasks)[-1] if case.tasks else ""
    proposal = sorted(case.proposals)[-1] if case.proposals else ""
    others = sorted({"north", "south", "east"} - {room.desk.me})
    body = [
        Message(n=1, t="words"),
        Task(n=1, op="offer", to=others[0], what="go"),
        Handover(n=1, op="offer", to=others[0]),
        Handover(n=1, op="offer", to=others[1]),
        offer and Handover(n=1, op="accept", t=offer),
        offer and Handover(n=1, op="withdraw", t=offer),
        Handover(n=1, op="assume", of=case.coordinator, why="no answer"),
        task and Task(n=1, op="accept", t=task),
        task and Task(n=1, op="withdraw", t=task),
        task and Task(n=1, op="done", t=task),
        Closure(n=1, op="propose", out="saved"),
        proposal and Closure(n=1, op="agree", t=proposal),
        OnScene(n=1, u="u", st="on_scene"),
        offer and Handover(n=1, op="refuse", t=offer),
    ][number]
    if body:
        draft = desks.add(room.desk, case, body, T0)
        if draft.data:
            room.take(draft.data)


def three():
    rooms = [Room("north"), Room("south"), Room("east")]
    rooms[0].open()
    for to in ("south", "east"):
        rooms[0].say(Offer(n=1, op="offer", to=to))
    meet(*rooms)
    for room in rooms[1:]:
        room.say(Offer(n=1, op="join"))
    meet(*rooms)
    return rooms


@settings(max_examples=150, deadline=None)
@given(ACTS, st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_picture_and_one_coordinator(acts, random):
    rooms = {room.desk.me: room for room in three()}
    for who, number, met in acts:
        act(rooms[who], number)
        if met:
            meet(*random.sample(list(rooms.values()), 2))
    meet(*rooms.values())
    case = same(*rooms.values())
    entries = [entry for entry, _ in rooms["north"].entries.values()]
    for _ in range(3):
        random.shuffle(entries)
        assert desks.case_of([*entries, entries[0]], case.incident) == case  # shuffled, and one given twice
    assert len(case.coordinators) == len(case.timeline.rows)
    assert all(each in case.desks for each in case.coordinators)
    for k in range(1, len(entries)):  # every prefix that arrived has one coordinator too
        part = desks.case_of(entries[:k], case.incident)
        assert part is None or part.coordinator in ("north", "south", "east")
    passed = [k for k in range(1, len(case.coordinators)) if case.coordinators[k] != case.coordinators[k - 1]]
    for k in passed:  # it passes only by an acceptance or an assumption of the desk that has it then
        entry = case.timeline.rows[k].entry
        assert entry.body.op in ("accept", "assume") and entry.author == case.coordinators[k]


def test_an_entry_waits_for_those_before_it():
    north, south = two()
    late = north.say(Message(n=1, t="first"))
    north.say(Message(n=1, t="second"))
    last = north.bytes()[-1]
    south.take(last)
    case = south.case()
    assert [e.id for e in case.timeline.waiting] == [read(last).id] and not case.messages
    south.take(north.entries[late][1])
    assert [e.body.t for e in south.case().messages] == ["first", "second"]


def test_acceptance_that_crossed_a_withdrawal_counts():
    north, south = two()
    task = north.say(Task(n=1, op="offer", to="south", what="search"))
    coordination = north.say(Handover(n=1, op="offer", to="south"))
    meet(north, south)
    north.say(Task(n=1, op="withdraw", t=task))
    north.say(Handover(n=1, op="withdraw", t=coordination))
    assert north.case().coordinator == "north"
    south.say(Task(n=1, op="accept", t=task))
    south.say(Handover(n=1, op="accept", t=coordination))
    meet(north, south)
    case = same(north, south)
    assert case.tasks[task].state == "accepted" and case.coordinator == "south"


def test_a_withdrawal_that_was_read_stands():
    north, south = two()
    task = north.say(Task(n=1, op="offer", to="south", what="search"))
    north.say(Task(n=1, op="withdraw", t=task))
    meet(north, south)
    assert south.refused(Task(n=1, op="accept", t=task)) == "the task is withdrawn"


@pytest.mark.parametrize("op", ["accept", "refuse", "withdraw", "start", "done", "fail"])
def test_a_task_moves_by_the_desk_it_is_offered_to_and_is_withdrawn_by_the_one_that_offered_it(op):
    rooms = north, south, east = three()
    task = north.say(Task(n=1, op="offer", to="south", what="search"))
    meet(*rooms)
    other = (south, east) if op == "withdraw" else (north, east)
    for room in other:
        assert room.refused(Task(n=1, op=op, t=task, why="w")) == "the task is not this desk's"
    assert south.case().tasks[task].state == "offered"


def test_a_corrected_position_is_where_the_case_is_and_the_old_one_stays_in_the_timeline():
    north, south = two()
    assert north.case().place == POS
    south.say(Message(n=1, p="di.correct", v={"pos": [122.838, 24.007], "time": T0}))
    meet(north, south)
    case = same(north, south)
    assert case.place == (122.838, 24.007) and case.opened.pos == POS
    assert sitrep.compose(case, "short").f["B"] == "24-00.42N 122-50.28E"


def test_two_who_assume_coordination_at_once_get_one_answer():
    north, south, east = three()
    for room in (south, east):
        room.say(Handover(n=1, op="assume", of="north", why="no answer for two hours"))
    meet(north, south, east)
    case = same(north, south, east)
    assert case.coordinator == "east" and len(case.overtaken) == 1


def test_who_was_not_asked_changes_nothing():
    north, _ = two()
    stranger = Room("east")
    stranger.take(*north.bytes())
    assert stranger.refused(Message(n=1, t="I am here too")) == "its desk is not in this case"
    assert stranger.refused(Offer(n=1, op="join")) == "east is not asked"


def test_only_those_named_when_the_case_was_opened_can_be_asked():
    north = Room("north")
    north.open(reach=("south",))
    assert "labels of this case do not reach west" in north.refused(Offer(n=1, op="offer", to="west"))
    assert read(north.bytes()[0]).label.rel_to == {"south"}


def test_a_fork_of_an_author_is_shown():
    north, south = two()
    copy = Room("south", "desk-2")
    copy.take(*south.bytes())
    south.say(Message(n=1, t="one story"))
    copy.say(Message(n=1, t="another story"))
    meet(north, south, copy)
    case = same(north, south, copy)
    assert case.timeline.forks == (("south", 2),)
    south.say(Message(n=1, t="goes on"))
    meet(north, south)
    assert not same(north, south).timeline.aside


def test_an_entry_that_hides_its_authors_last_word_is_set_aside():
    north, _ = two()
    north.say(Message(n=1, t="three"))
    opening = north.incident
    entry, _ = north.entries[opening]
    body = Message(i=opening, n=4, a=(opening,), t="skips")
    from kizuna.share.incident.entries import write

    north.take(write(body, me="north", observed_ms=T0, label=entry.label, context="real"))
    assert [a.why for a in north.case().timeline.aside] == ["does not follow its author's entry before"]


def test_entries_of_another_context_are_set_aside():
    north, south = two()
    from kizuna.share.incident.entries import write

    head = [e.id for e, _ in south.entries.values() if e.author == "south"][-1]
    data = write(
        Message(i=north.incident, n=2, a=(head,), t="drill"),
        me="south",
        observed_ms=T0,
        label=read(north.bytes()[0]).label,
        context="exercise:x",
    )
    north.take(data)
    assert north.case().timeline.aside[0].why == "is of another context than the opening"


def test_a_typical_entry_is_small():
    north, south = two()
    task = north.say(Task(n=1, op="offer", to="south", p="se.pattern", v={"area": "A1", "nm": 0.5}, unit="R-1"))
    meet(north, south)
    south.say(Task(n=1, op="accept", t=task))
    south.say(OnScene(n=1, u="PL-7", st="under_way", pos=POS, ms=T0))
    south.say(Message(n=1, p="un.eta", v={"unit": "PL-7", "pos": list(POS), "time": T0}))
    north.say(Handover(n=1, op="offer", to="south"))
    north.say(Drawing(n=1, d="A1", g="area", c=((123.1, 24.1), (123.2, 24.1), (123.2, 24.2), (123.1, 24.2))))
    north.say(Seen(n=1, what="fix", ids=("ab" * 16,)))
    meet(north, south)
    sizes = [len(zstandard.compress(data, 9)) for data in north.bytes()]
    assert max(sizes) < 300, sizes
    assert len(zstandard.compress(b"\n".join(north.bytes()), 9)) / len(sizes) < 150


@pytest.mark.parametrize(
    "body",
    [
        Message(n=1),
        Message(n=1, p="se.found", t="both"),
        Message(n=1, p="se.found", v={"vessel": "x"}),
        Message(n=1, p="se.found", v={"vessel": "x", "pos": [200, 0]}),
        Message(n=1, t="a\x00b"),
        Task(n=1, op="offer"),
        Task(n=1, op="accept"),
        Task(n=1, op="offer", to="south", t="a" * 32),
        Handover(n=1, op="assume", of="north"),
        Drawing(n=1, d="x", g="area", c=(POS, POS)),
        Drawing(n=1, d="x", g="pattern", c=(POS,), pt="square"),
        Drawing(n=1, d="x", g="point", c=(POS,), pt="square"),
        Seen(n=1, what="fix", ids=()),
        Sitrep(n=1, no=1, prio="distress", f={"I": "no such field"}),
        Opened(n=1, type="other"),
    ],
)
def test_what_makes_no_sense_is_not_written(body):
    north, _ = two()
    with pytest.raises(InputError):
        desks.add(north.desk, north.case(), body, T0)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_only_input_errors_escape_the_reader(data):
    north, _ = two()
    blob = bytearray(data.draw(st.sampled_from(north.bytes())))
    for _ in range(data.draw(st.integers(1, 4))):
        blob[data.draw(st.integers(0, len(blob) - 1))] = data.draw(st.integers(0, 255))
    try:
        entry = read(bytes(blob))
    except InputError:
        return
    order([entry], entry.incident)


def test_every_line_reads_in_three_languages():
    north, south = two()
    north.say(Reading(n=1, t="in our search region"))
    task = north.say(Task(n=1, op="offer", to="south", what="go"))
    meet(north, south)
    south.say(Task(n=1, op="refuse", t=task, why="no fuel"))
    south.say(Closure(n=1, op="propose", out="not_found", missing=4))
    meet(north, south)
    lines = {lang: [wording.say(r.entry, lang) for r in north.case().timeline.rows] for lang in ("en", "ja", "zh-Hant")}
    assert lines["en"][0] == "Incident opened: missing vessel, Kaiun 8, 24-07.40N 123-27.40E, 4 persons"
    assert all(lines["en"][k] != lines["ja"][k] != lines["zh-Hant"][k] for k in (0, 1, 2))
    assert lines["ja"][-1] == "終了を提案：発見に至らず, 行方不明 4"
    assert all("{" not in line for each in lines.values() for line in each)


def test_the_table_of_tasks_has_no_way_out_of_an_end():
    ends = {"refused", "done", "failed"}
    assert not [key for key in TASK_STATES if key[0] in ends]
    assert {state for state in TASK_STATES.values()} >= ends


def test_a_case_that_is_full_takes_no_more_in_the_same_way_everywhere(monkeypatch):
    from kizuna.share.incident import timeline

    north, south = two()
    for k in range(5):
        north.say(Message(n=1, t=str(k)))
    meet(north, south)
    monkeypatch.setattr(timeline, "ENTRIES_MAX", 6)
    case = same(north, south)
    assert len(case.timeline.rows) == 6 and {a.why for a in case.timeline.aside} == {"the case is full"}


def test_an_open_offer_of_coordination_blocks_a_second_one():
    north, south, east = three()
    north.say(Handover(n=1, op="offer", to="south"))
    assert north.refused(Handover(n=1, op="offer", to="east")) == "coordination is offered to south"
    assert south.refused(Handover(n=1, op="offer", to="east")) == "north coordinates"


def test_who_accepted_first_keeps_coordination_although_it_was_offered_on_meanwhile():
    north, south, east = three()
    first = north.say(Handover(n=1, op="offer", to="south"))
    meet(north, south, east)
    south.say(Handover(n=1, op="accept", t=first))  # south is cut off now
    north.say(Handover(n=1, op="withdraw", t=first))
    second = north.say(Handover(n=1, op="offer", to="east"))
    meet(north, east)
    east.say(Handover(n=1, op="accept", t=second))
    meet(north, east)
    assert same(north, east).coordinator == "east"
    meet(north, south, east)
    case = same(north, south, east)
    assert case.coordinator == "south" and len(case.overtaken) == 3  # withdrawal, second offer, its acceptance

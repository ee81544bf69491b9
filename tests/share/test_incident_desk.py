"""Break-glass, purpose, phrasebook, drawings, situation reports and the joint record."""

import json
import string
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from incident_case import POS, T0, Room, meet

from kizuna.base import kernels
from kizuna.base.errors import ConfigError, InputError
from kizuna.base.units import DAY_MS, NM_M
from kizuna.base.utc import parse
from kizuna.records.person import Person
from kizuna.records.bodies.incident import (
    Closure,
    Drawing,
    Handover,
    Message,
    Offer,
    OnScene,
    Opened,
    Reading,
    Task,
)
from kizuna.records.kinds import read_body
from kizuna.records.label import PURPOSES, Label, Tlp, join
from kizuna.records.partner import Partner, audience, directory
from kizuna.records.record import decode
from kizuna.share import agreement
from kizuna.share.incident import break_glass, desk, drawings, joint, phrasebook, purpose, sitrep
from kizuna.share.incident.entries import read

TEXT = (Path(__file__).parents[2] / "examples" / "agreements" / "coast-rescue.toml").read_text()
NOW = parse("2026-11-22T03:00:00Z")
CLAUSE = "coast-rescue/2.1"
HARBOUR = desk.Desk("harbour", "watch officer 2")


def book(signers=("harbour", "cape")):
    found, one = agreement.Book(), agreement.load(TEXT)
    found.put(one)
    for each in signers:
        found.sign(one.sha256, each)
    return found


def distress(**more):
    return Opened(n=1, **{"type": "distress", "pos": POS, "ms": NOW, "persons": 3, **more})


def broken(now=NOW, who=HARBOUR, opened=None, to="cape", clause=CLAUSE, agreements=None):
    return break_glass.break_glass(who, opened or distress(), to, clause, agreements or book(), now, "real")


# ---- break-glass


def test_a_lone_officer_passes_a_distress_position_in_one_act():
    act = broken()
    first, second = (read(data) for data in act.records)
    assert first.kind == "incident.opened" and first.body.pos == POS and first.label.purpose == {"SAR"}
    assert second.body.how == "break_glass" and second.body.to == "cape" and act.lane == "flash"
    assert first.label.rel_to >= {"cape"} and act.officer == "watch officer 2"
    room = Room("cape", "")
    room.take(*act.records)
    room.say(Offer(n=1, op="join"))
    assert room.case().joined == ("cape", "harbour")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"agreements": book(("harbour",))}, "not in force"),
        ({"clause": "coast-rescue/2.2"}, "no distress clause"),
        ({"clause": "coast-rescue/9"}, "no clause 9"),
        ({"to": "west"}, "does not let harbour give to west"),
        ({"who": desk.Desk("west", "x")}, "does not let west give"),
        ({"who": desk.Desk("harbour")}, "the officer must be named"),
        ({"opened": distress(type="cable")}, "only a distress with a position"),
        ({"opened": distress(pos=None)}, "only a distress with a position"),
        ({"now": parse("2029-04-01T00:00:00Z") + 181 * DAY_MS}, "ended on 2029-04-01"),
    ],
)
def test_the_glass_does_not_break_elsewhere(change, why):
    refusal = broken(**change)
    assert isinstance(refusal, break_glass.Refusal) and why in refusal.why


def test_distress_is_passed_during_the_days_of_grace():
    assert isinstance(broken(now=parse("2029-04-02T00:00:00Z")), break_glass.Act)


def test_an_act_waits_for_a_second_person():
    act = broken()
    waiting = break_glass.unreviewed([act], [], NOW)
    assert [each.act for each in waiting] == [act] and not waiting[0].overdue
    assert break_glass.unreviewed([act], [], NOW + 72 * 3_600_000)[0].overdue
    for same in ("watch officer 2", " Watch Officer 2 ", ""):
        with pytest.raises(InputError, match="second person"):
            break_glass.review(act, Person(same), "right", "", NOW, me="harbour", context="real")
    data = break_glass.review(act, Person("chief"), "right", "clear case", NOW, me="harbour", context="real")
    body = read_body(decode(data))
    assert break_glass.unreviewed([act], [body.act], NOW) == ()
    who = directory("harbour", [Partner("cape", purposes=frozenset(PURPOSES), tlp_max=Tlp.RED)])
    assert audience(decode(data).label, who) == frozenset()  # the review stays in the house


def test_an_open_case_is_passed_on_in_one_act():
    room = Room("harbour", "watch officer 2")
    room.open(reach=("cape",))
    act = break_glass.pass_on(HARBOUR, room.case(), "cape", CLAUSE, book(), NOW)
    assert len(act.records) == 1 and read(act.records[0]).body.how == "break_glass"
    other = Room("harbour", "watch officer 2")
    other.open(reach=("east",))
    assert "do not reach cape" in break_glass.pass_on(HARBOUR, other.case(), "cape", CLAUSE, book(), NOW).why


# ---- purpose


def test_distress_data_never_feeds_enforcement_unless_a_rule_says_so():
    room = Room("north")
    room.open()
    room.say(Message(n=1, p="di.persons", v={"n": 3}))
    rules = purpose.load_uses('[[use]]\nid="u1"\nof="SAR"\nuse=["FisheriesOperation"]\nclause="x/1"\n')
    for entry, _ in room.entries.values():
        derived = join([entry.label, Label(tlp=Tlp.GREEN, rel_to=frozenset({"south"}))])
        for label in (entry.label, derived):
            for use in purpose.ENFORCEMENT:
                assert not purpose.may_use(label, use).ok
                assert not purpose.may_use(label, use, rules).ok  # no clause in force
                assert purpose.may_use(label, use, rules, lambda ref: ref == "x/1").ok == (use == "FisheriesOperation")
            assert purpose.may_use(label, "SAR").ok


def test_labels_of_distress_do_not_reach_a_partner_that_serves_only_enforcement():
    room = Room("north")
    room.open(reach=("police", "rescue"))
    who = directory(
        "north",
        [
            Partner("police", purposes=purpose.ENFORCEMENT),
            Partner("rescue", purposes=frozenset({"SAR"})),
        ],
    )
    assert audience(read(room.bytes()[0]).label, who) == {"rescue"}


def test_a_rule_must_name_distress_to_release_what_was_told_in_distress():
    from kizuna.share.rules.rule import GUARDED

    for kind in ("missing", "collision", "drifting", "distress"):
        assert purpose.tags_of(kind) & GUARDED
    assert purpose.tags_of("cable") == {"cable"}


def test_every_purpose_is_known_and_others_are_refused():
    assert purpose.ENFORCEMENT < PURPOSES and purpose.purpose_of("cable") == {"Safety"}
    assert not purpose.may_use(Label(), "Anything").ok and purpose.may_use(Label(), "SAR").ok
    assert not purpose.may_use(Label(purpose=frozenset({"none"})), "SAR").ok
    for text in (
        "x=1",
        '[[use]]\nid="a"',
        '[[use]]\nid="u"\nof="SAR"\nuse=["x"]\nclause="c"',
        "[",
        '[[use]]\nid="u"\nof="SAR"\nuse=["Security"]\nclause="c"\n' * 2,
    ):
        with pytest.raises(ConfigError):
            purpose.load_uses(text)


# ---- release


def decided(rules_text, partner, entry, kind, agreements=None, now=NOW):
    from kizuna.share import decide, rules
    from kizuna.share.columns import Setting

    in_force, _ = agreement.enforce(rules.load(rules_text), agreements or book(), now)
    return decide.one(in_force, desk.facts(entry, kind), "cape", Setting(now, directory("harbour", [partner])))


def test_entries_leave_by_the_rules_of_the_example_and_not_without_their_clause_purpose_or_tag():
    text = (Path(__file__).parents[2] / "examples" / "agreements" / "rules.toml").read_text()
    cape = Partner("cape", purposes=frozenset({"SAR", "Safety"}))
    entry = read(desk.open_case(HARBOUR, distress(), NOW, "real", ("cape",)))
    found = decided(text, cape, entry, "distress")
    assert found.verdict == "release" and found.clauses == (CLAUSE, "coast-rescue/2.2") and found.lane == "flash"
    assert not found.transforms.words  # it leaves byte for byte
    assert decided(text.replace(', tag = ["distress"]', ""), cape, entry, "distress").verdict == "withhold"
    assert decided(text, Partner("cape", purposes=purpose.ENFORCEMENT), entry, "distress").verdict == "withhold"
    assert decided(text, cape, entry, "distress", book(("cape",))).verdict == "withhold"
    drill = read(desk.open_case(HARBOUR, distress(), NOW, "exercise:x", ("cape",)))
    assert decided(text, cape, drill, "distress").verdict == "withhold"
    cable = read(desk.open_case(HARBOUR, distress(type="cable"), NOW, "real", ("cape",)))
    assert decided(text, cape, cable, "cable").rule_ids == ("cable-faults",)


# ---- phrasebook


@pytest.mark.parametrize("phrase", sorted(phrasebook.PHRASES))
def test_a_phrase_says_the_same_in_three_languages(phrase):
    entry = phrasebook.PHRASES[phrase]
    for wording in entry.wording.values():
        named = [name for _, name, _, _ in string.Formatter().parse(wording) if name]
        assert sorted(named) == sorted(entry.parameters) and wording.strip() == wording
    assert len(set(entry.wording.values())) == 3 and entry.parameters <= set(phrasebook.PARAMETERS)


def test_phrases_say_positions_times_and_numbers_as_at_sea():
    text = phrasebook.say("un.eta", {"unit": "PL-7", "pos": [123.17, 24.508], "time": NOW}, "en")
    assert text == "PL-7 will arrive at 24-30.48N 123-10.20E at 2026-11-22 03:00 UTC."
    assert phrasebook.position(-0.9999, -179.999999) == "00-59.99S 180-00.00W"
    assert phrasebook.say("we.wind", {"kn": 12.5, "brg": 7}, "ja") == "風向 007 度、風速 12.5 ノット。"
    assert phrasebook.say("zz.unknown", {"n": 3}, "ja") == "[zz.unknown] n 3"
    assert phrasebook.say("we.wind", {"kn": "many"}, "en") == "Wind ? knots from ? degrees."


@given(
    st.text(max_size=20),
    st.dictionaries(
        st.text(max_size=8), st.one_of(st.integers(), st.floats(), st.text(), st.lists(st.floats())), max_size=4
    ),
    st.sampled_from(["en", "ja", "zh-Hant", "xx"]),
)
def test_showing_a_message_never_fails(phrase, values, language):
    assert isinstance(phrasebook.say(phrase, values, language), str)
    for each in ("se.found", "we.wind", "de.close"):
        assert isinstance(phrasebook.say(each, values, language), str)


# ---- drawings


def leg(one, two):
    return float(kernels.distance_m(one[1], one[0], two[1], two[0])) / NM_M


def test_a_sector_search_comes_back_to_its_datum_after_each_sector():
    track = drawings.track("sector", [POS], 3.0, 30, 3)
    assert len(track) == 10 and all(abs(leg(track[k], track[k + 1]) - 3.0) < 0.01 for k in range(9))
    assert all(leg(track[k], POS) < 0.02 for k in (3, 6, 9))


def test_an_expanding_square_grows_by_its_spacing_every_second_leg():
    track = drawings.track("square", [POS], 0.5, 0, 6)
    assert [round(leg(track[k], track[k + 1]), 2) for k in range(6)] == [0.5, 0.5, 1.0, 1.0, 1.5, 1.5]


def test_sweeps_keep_their_spacing():
    second = (POS[0], POS[1] + 0.2)
    track = drawings.track("parallel", [POS, second], 1.0, 0, 4)
    assert len(track) == 8 and [round(leg(track[k], track[k + 1]), 1) for k in (1, 3, 5)] == [1.0, 1.0, 1.0]
    creeping = drawings.track("creeping", [POS, second], 1.0, 90, 4)
    assert [each for point in creeping for each in point] == pytest.approx(
        [each for point in track for each in point], abs=1e-9
    )
    assert drawings.track("track", [POS, second], 0, 0, 0) == (POS, second)


# ---- situation reports


def full_case():
    north, south = Room("north"), Room("south", "desk-2")
    north.open(vessel="Kaiun 8", persons=4, what="no answer since noon")
    north.say(Offer(n=1, op="offer", to="south"))
    meet(north, south)
    south.say(Offer(n=1, op="join"))
    meet(north, south)
    north.say(Task(n=1, op="offer", to="south", p="se.area", v={"area": "A1"}))
    north.say(Drawing(n=1, d="A1", g="pattern", pt="square", c=(POS,), nm=1.0, brg=90, legs=8))
    north.say(Message(n=1, p="we.wind", v={"kn": 20, "brg": 45}))
    north.say(Reading(n=1, t="secret legal position"))
    south.say(OnScene(n=1, u="Heron-7", st="on_scene", osc=True))
    meet(north, south)
    return north, south


def test_a_sitrep_has_the_fields_of_the_form_in_each_language():
    north, _ = full_case()
    short, full = (sitrep.compose(north.case(), form) for form in ("short", "full"))
    assert "".join(short.f) == "ABCDEF" and short.no == 1 and short.prio == "distress"
    assert full.f["A"] == "Kaiun 8" and full.f["B"] == "24-07.40N 123-27.40E" and full.f["D"] == "4"
    assert full.f["F"] == "north" and full.f["H"] == "Wind 20 knots from 045 degrees." and "A1" in full.f["K"]
    assert "Heron-7" in full.f["J"] and full.f["L"] == "OSC Heron-7 (south)" and "I" not in full.f and "G" not in full.f
    assert "行方不明船" in sitrep.compose(north.case(), "short", "ja").f["C"]
    changed = sitrep.compose(north.case(), "full", changes={"G": "white hull, 12 m", "D": "5"})
    assert changed.f["G"] == "white hull, 12 m" and changed.f["D"] == "5"
    north.say(full)
    assert sitrep.compose(north.case(), "short").no == 2
    assert set(sitrep.FIELDS) == set("ABCDEFGHJKLMN") and sitrep.name_of("K", "ja") == "捜索区域"


# ---- joint record


def closed():
    north, south = full_case()
    end = south.say(Closure(n=1, op="propose", out="saved", saved=4, why="all home"))
    meet(north, south)
    north.say(Handover(n=1, op="offer", to="south"))
    north.say(Closure(n=1, op="agree", t=end))
    meet(north, south)
    return north, south


def test_both_desks_make_the_same_joint_record_in_neutral_names():
    north, south = closed()
    one, two = joint.neutral(north.case()), joint.neutral(south.case())
    assert one.text == two.text and one.sha256 == two.sha256
    text = one.text.decode()
    for word in ("north", "south", "Kaiun", "Heron", "secret", "no answer", "all home", "watch-1", "desk-2", "A1"):
        assert word not in text, word
    record = json.loads(text)
    assert record["cell"] == "f2412n12345e" and record["desks"] == ["Desk 1", "Desk 2"] and record["saved"] == 4
    assert record["lines"][-1]["text"].keys() == {"en", "ja", "zh-Hant"} and one.key["Desk:north"] == "Desk 1"
    assert "Desk 2: Joined" in joint.plain(one, "en")


@pytest.mark.parametrize(
    ("language", "desk", "title"),
    [("en", "Desk 2", "JOINT RECORD"), ("ja", "部署 2", "共同記録"), ("zh-Hant", "單位 2", "共同紀錄")],
)
def test_the_joint_record_as_text_says_what_it_is_in_its_own_language(language: str, desk: str, title: str) -> None:
    made = joint.neutral(closed()[0].case())
    head, _, lines = joint.plain(made, language).partition("\n\n")
    assert title in head and made.sha256 in head and "24-07.40N 123-27.40E" in head and "[n]" in head
    assert desk in lines and (language == "en") == ("Desk" in head + lines)
    for word in ("north", "south", "Kaiun", "Heron", "secret", "A1"):
        assert word not in head + lines


def test_how_many_are_on_board_is_what_was_said_last() -> None:
    north, south = full_case()
    assert north.case().persons == 4
    for entry, persons in (
        (("di.persons", {"n": 6}), 6),
        (("di.persons-unknown", {}), None),
        (("di.persons", {"n": 5}), 5),
    ):
        south.say(Message(n=1, p=entry[0], v=entry[1]))
        meet(north, south)
        assert [room.case().persons for room in (north, south)] == [persons, persons]
    assert sitrep.compose(north.case(), "short").f["D"] == "5"


def test_the_joint_record_is_signed_by_each_desk_and_needs_a_closed_case():
    north, south = closed()
    label = Label(tlp=Tlp.AMBER, rel_to=frozenset({"south"}))
    bodies = [read_body(decode(joint.record(room.case(), room.desk.me, label, T0))) for room in (north, south)]
    assert bodies[0] == bodies[1] and bodies[0].text
    with pytest.raises(InputError):
        joint.neutral(full_case()[0].case())

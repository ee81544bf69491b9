"""What another party stated goes on in its own bytes, with its own proof, where it and our rules allow; and nowhere else."""

from pathlib import Path

import pytest

from kizuna.base.errors import TrustError
from kizuna.node.share.desk import offboarding, recalls
from kizuna.node.share.desk.refusal import Refusal
from kizuna.node.share.onward import grants
from kizuna.node.share.onward.grants import Wish
from kizuna.records.bodies.onward import CarriedKeys, Scope
from kizuna.records.label import Label, Reshare, Tlp
from kizuna.share.decide import Decision
from node.share.onward_nodes import ONWARD, RULES, Node, confirm, meet, onward, sync

DAY = 86_400_000


def let(node: Node, scope: Scope, *via: str, days: float = 1) -> str:
    return grants.give(node.office, Wish(scope, node.sharing.now_ms() + round(days * DAY), via), "aiko")["id"]


def test_without_leave_or_without_our_rules_nothing_goes_on(row: list[Node]) -> None:
    ash, birch, cedar, _ = row
    name = ash.state("track.position", "birch")
    onward(birch, "ash", "cedar")
    meet(*row)
    assert name not in birch.told("cedar"), "rules alone do not suffice"
    birch.rules(RULES % {"me": "birch", "to": '"ash", "cedar"'})
    let(ash, Scope(records=(name,), to="cedar"), "birch")
    meet(*row)
    assert name not in birch.told("cedar"), "leave alone does not suffice"
    onward(birch, "ash", "cedar")
    meet(*row)
    assert birch.told("cedar").count(name) == 1, "both do, for what was held before too"


KINDS = [
    ("track.position", b'{"s":7.0}'),
    ("event.gap", b'{"event_id":"g1","mmsis":[431000001],"start_lat_deg":24.5,"start_lon_deg":123.5}'),
    ("zone.claim", b'{"zone_id":"strip"}'),
    ("identity.claim", b'{"mmsi":431000001,"name":"ASAHI"}'),
    ("cti.stix", b'{"type":"indicator","id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","spec_version":"2.1"}'),
]


def test_it_goes_on_in_its_bytes_with_its_proof_and_shows_its_originator_and_its_carrier(row: list[Node]) -> None:
    ash, birch, cedar, dune = row
    onward(birch, "ash", "cedar")
    names = [ash.state(kind, "birch", body=body) for kind, body in KINDS]
    let(ash, Scope(records=tuple(names), to="cedar"), "birch")
    meet(*row)
    assert cedar.shown() == {}, "the keys of ash are not known here, and nobody has confirmed them"
    assert "nobody here has confirmed the root key of ash" in cedar.alarms[-1]
    assert {a["record"] for a in grants.listed(cedar.office)["aside"]} > set(names), "they, and the grant"
    confirm(cedar, "ash")
    meet(*row)
    source, lat, lon = cedar.shown()[431000001]
    assert (source, lat, lon) == ("partner:ash/birch", 24.5, 123.5)
    for name in names:
        mine, theirs = (n.sharing.shared.records.get(name).data for n in (ash, cedar))
        assert mine == theirs
        assert cedar.sharing.shared.carried.get(name).state == "taken"
    assert grants.listed(cedar.office)["aside"] == []
    assert not set(names) & set(cedar.told("dune")), "and no further than the grant says"


def test_what_went_on_is_told_its_originator_and_counted_in_exposure(row: list[Node]) -> None:
    ash, birch, cedar, _ = row
    onward(birch, "ash", "cedar")
    name = ash.state("track.position", "birch")
    grant = let(ash, Scope(records=(name,), to="cedar"), "birch")
    meet(*row)
    birch.ahead_ms += 60_000
    birch.office.tend()
    meet(*row)
    [given] = grants.listed(ash.office)["grants"]
    assert [(w["carrier"], w["to"], w["records"]) for w in given["went"]] == [("birch", "cedar", 1)]
    assert [u["record"] for u in grants.shown(ash.office, grant)["under"]] == [name]
    found = offboarding.facts(ash.office)
    assert (name, "cedar", "birch", grant) in found.passed
    assert offboarding.shown(ash.office, "birch")["onward"] == [{"to": "cedar", "records": 1, "by": "grant"}]


def test_a_recall_follows_over_three_hops_with_acks_and_hides_at_each(row: list[Node]) -> None:
    ash, birch, cedar, dune = row
    onward(birch, "ash", "cedar")
    onward(cedar, "ash", "dune")
    name = ash.state("track.position", "birch")
    let(ash, Scope(records=(name,), to="cedar"), "birch")
    let(ash, Scope(records=(name,), to="dune"), "birch", "cedar")
    meet(*row)
    confirm(cedar, "ash")
    meet(*row)
    confirm(dune, "ash")
    meet(*row)
    assert cedar.shown()[431000001][0] == "partner:ash/birch"
    assert dune.shown()[431000001][0] == "partner:ash/cedar"
    [recall] = recalls.recall(ash.office, [name], "", "hide", "error", "", "aiko")
    meet(*row)
    table = {h.party: (h.depth, h.state) for h in recalls.hops(ash.office, recall)}
    assert table == {p: (k, "acknowledged") for k, p in enumerate(("birch", "cedar", "dune"), 1)}
    for node in (birch, cedar, dune):
        assert node.office.is_recalled(name)
        assert not len(node.office.hidden.seen(node.keep.latest()[1]))


def test_end_and_expiry_stop_it_also_for_what_lies_unsent(row: list[Node]) -> None:
    ash, birch, cedar, _ = row
    onward(birch, "ash", "cedar")
    let(ash, Scope(kinds=("track.*",), to="cedar"), "birch")
    first = ash.state("track.position", "birch", observed_ms=ash.sharing.now_ms())
    sync(ash, birch)
    assert first in birch.told("cedar")
    second = let(ash, Scope(kinds=("event.*",), to="cedar"), "birch")
    [open_] = [g["id"] for g in grants.listed(ash.office)["grants"] if g["id"] != second]
    grants.end(ash.office, [open_], "", "aiko")
    sync(ash, birch)
    sync(birch, cedar)  # what stood in the log and was not fetched goes as its commitment
    held = cedar.sharing.shared.records.get(first)
    assert held is None or held.data is None
    later = ash.state("track.position", "birch", observed_ms=ash.sharing.now_ms())
    meet(*row)
    assert later not in birch.told("cedar")
    gap = ash.state("event.gap", "birch", body=KINDS[1][1], observed_ms=ash.sharing.now_ms())
    meet(*row)
    assert gap in birch.told("cedar")
    birch.ahead_ms = ash.ahead_ms = cedar.ahead_ms = 2 * DAY
    late = ash.state("event.gap", "birch", body=KINDS[1][1].replace(b"g1", b"g2"))
    meet(*row)
    assert late not in birch.told("cedar")


def test_asked_refused_asked_again_and_given(row: list[Node]) -> None:
    ash, birch, _, _ = row
    name = ash.state("track.position", "birch")
    meet(*row)
    scope = Scope(records=(name,), to="cedar")
    first = grants.ask(birch.office, scope, "", None, "cedar patrols there", "ken")
    assert grants.listed(birch.office)["asked"][0]["state"] == "asked"
    meet(*row)
    assert grants.listed(birch.office)["asked"][0]["state"] == "received"
    assert grants.owed(ash.office) == 1
    grants.refuse(ash.office, first, "not yet", "aiko")
    with pytest.raises(Refusal, match="answered already"):
        grants.refuse(ash.office, first, "again", "aiko")
    meet(*row)
    [asked] = grants.listed(birch.office)["asked"]
    assert (asked["state"], asked["why"]) == ("refused", "not yet") and grants.owed(ash.office) == 0
    second = grants.ask(birch.office, scope, "", None, "again", "ken")
    meet(*row)
    wish = Wish(scope, ash.sharing.now_ms() + DAY, request=second)
    assert grants.give(ash.office, wish, "aiko")["state"] == "given"
    meet(*row)
    assert [a["state"] for a in grants.listed(birch.office)["asked"] if a["id"] == second] == ["granted"]
    again = birch.again()
    agree = [a["state"] for a in grants.listed(again.office)["asked"]]
    assert sorted(agree) == ["granted", "refused"], "and after a restart"


def test_only_the_originator_gives_and_people_are_named_for_a_purpose(row: list[Node]) -> None:
    ash, birch, _, _ = row
    name = ash.state("track.position", "birch")
    label = Label(tlp=Tlp.AMBER, rel_to=frozenset(("birch",)), personal=True, reshare=Reshare.CONSENT)
    meet(*row)
    with pytest.raises(Refusal, match="only the originator grants"):
        let(birch, Scope(records=(name,), to="cedar"), "cedar")
    person = ash.state("track.position", "birch", label=label)
    with pytest.raises(Refusal, match="say what for"):
        let(ash, Scope(records=(person,), to="cedar"), "birch")
    with pytest.raises(Refusal) as no:
        grants.ask(ash.office, Scope(records=(name,), to="cedar"), "", None, "", "aiko")
    assert no.value.rule == "originator"


def test_a_rule_may_ask_for_two_persons(row: list[Node]) -> None:
    ash, birch, _, _ = row
    name = ash.state("track.position", "birch")
    ash.rules(
        (RULES % {"me": "ash", "to": '"birch"'}).replace(
            '"consent.request"] }', '"consent.request"] }\ntwo_persons = true'
        )
    )
    wish = Wish(Scope(records=(name,), to="cedar"), ash.sharing.now_ms() + DAY, ("birch",))
    done = grants.give(ash.office, wish, "aiko")
    assert done["state"] == "proposed" and not grants.listed(ash.office)["grants"]
    with pytest.raises(Refusal, match="another person"):
        grants.decide(ash.office, done["id"], "aiko", approve=True)
    grants.decide(ash.office, done["id"], "ben", approve=True)
    [given] = grants.listed(ash.office)["grants"]
    assert given["by"] == "aiko + ben" and not grants.listed(ash.office)["proposals"]
    meet(*row)
    assert [g["state"] for g in grants.listed(birch.office)["grants"]] == ["open"]


def test_a_carrier_cannot_bend_what_it_carries_and_what_comes_bare_is_set_aside(row: list[Node]) -> None:
    ash, birch, cedar, _ = row
    name = ash.state("track.position", "birch")
    meet(*row)
    held = birch.sharing.shared.records.get(name).data
    birch.sharing.onward = None  # a carrier that does not keep to it
    yes = Decision("release", "", ("x",))
    birch.sharing.door.pass_on(held, yes, "cedar")
    birch.sharing.door.pass_on(held.replace(b"24.5", b"24.6"), yes, "cedar")
    sync(birch, cedar)
    assert cedar.shown() == {}
    assert [w for w in cedar.alarms if "came without its originator's proof" in w] == cedar.alarms and len(
        cedar.alarms
    ) == 2


def test_distress_data_meets_only_rules_that_name_it(row: list[Node]) -> None:
    ash, birch, _, _ = row
    onward(birch, "ash", "cedar")
    label = Label(tlp=Tlp.AMBER, rel_to=frozenset(("birch",)), purpose=frozenset(("SAR",)), reshare=Reshare.CONSENT)
    ash.partners.change("birch", purposes=["SAR"])
    birch.partners.change("cedar", purposes=["SAR"])
    name = ash.state("track.position", "birch", label=label)
    with pytest.raises(Refusal) as no:
        let(ash, Scope(records=(name,), to="cedar"), "birch")
    assert no.value.rule == "purpose"
    let(ash, Scope(records=(name,), to="cedar", purpose=("SAR",)), "birch")
    meet(*row)
    assert name not in birch.told("cedar"), "a rule that does not name distress releases none of it"
    text = RULES % {"me": "birch", "to": '"ash", "cedar"'} + ONWARD % {"of": "ash", "to": '"cedar"'}
    named = text.replace('origin = ["ash"] }', 'origin = ["ash"], tag = ["distress"] }')
    birch.rules(named)
    meet(*row)
    told = name in birch.told("cedar")
    [why] = [x.decided.why for x in birch.sharing.shared.decisions.lines() if name in x.decided.ids][-1:]
    assert told, why


def test_what_is_read_again_after_a_crash_changes_nothing(row: list[Node]) -> None:
    ash, birch, cedar, _ = row
    onward(birch, "ash", "cedar")
    name = ash.state("track.position", "birch")
    let(ash, Scope(records=(name,), to="cedar"), "birch")
    meet(*row)
    confirm(cedar, "ash")
    meet(*row)
    before = [sorted(birch.told("cedar")), cedar.shown(), grants.listed(cedar.office)["received"]]
    for node in (birch, cedar):
        node.again()
        node.arrivals.cursor = 0
        while node.arrivals.step():
            pass
        node.office.tend()
    meet(*row)
    assert [sorted(birch.told("cedar")), cedar.shown(), grants.listed(cedar.office)["received"]] == before


def test_a_party_with_two_stories_is_refused_whoever_brings_it(row: list[Node], homes: Path, tmp_path: Path) -> None:
    ash, birch, cedar, _ = row
    onward(birch, "ash", "cedar")
    name = ash.state("track.position", "birch")
    let(ash, Scope(records=(name,), to="cedar"), "birch")
    meet(*row)
    other = Node(tmp_path / "other", "ash")  # another root key under the same name
    text = other.places.manifest(1).read_text()
    with pytest.raises(TrustError, match="two different key manifests"):
        cedar.office.proofs.learn(CarriedKeys(party="ash", sequence=1, text=text), "dune")
    with pytest.raises(Refusal, match="another fingerprint"):
        grants.confirm(cedar.office, "ash", "0000-0000-0000-0000-0000-0000", "mei")
    assert cedar.shown() == {}

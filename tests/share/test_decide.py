import json
import random
from dataclasses import replace

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.base.errors import ConfigError, InputError
from kizuna.base.units import DAY_MS, MISSING_TIME_MS
from kizuna.records.label import EVERYBODY, UNREADABLE, Label, Reshare, Tlp, join
from kizuna.records.partner import Community, Partner, directory
from kizuna.share import decide, rules, transform
from kizuna.share.columns import Columns, Facts, Setting, Terms, coded, labels, same, sets_of
from kizuna.share.decide import bounds
from kizuna.share.transforms.steps import CoarsenPosition
from soak import cedar_release as make

NOW_MS = make.NOW_MS
ALL = frozenset(("all",))


def setting(**more):
    partners = [
        Partner("bay", communities=frozenset(("c:civil",)), tlp_max=Tlp.RED, caveats_held=frozenset("x"), purposes=frozenset(("SAR",))),
        Partner("cape", communities=frozenset(("c:civil",))), Partner("dune", communities=frozenset(("c:other",)), tlp_max=Tlp.GREEN),
    ]  # fmt: skip
    lists = [
        Community("c:civil", 1, frozenset(("bay", "cape"))),
        Community("c:empty", 1, frozenset()),
        Community("c:other", 1, frozenset(("dune",))),
    ]
    given = {
        "now_ms": NOW_MS,
        "who": directory("harbour", partners, lists),
        "terms": {"ais": Terms(True, ALL)},
        "zones": frozenset(("strip", "road")),
    }
    return Setting(**(given | more))


PLAIN = Facts(
    kind="track.position", origin="harbour", context="real", label=Label(), observed_ms=NOW_MS - 7_200_000, received_ms=NOW_MS,
    zone=frozenset(("strip",)), touched=frozenset(("strip",)), source=frozenset(("ais",)), subject=frozenset(("mmsi:1",)), tag=frozenset(),
)  # fmt: skip


def but(**more):
    return replace(PLAIN, **more)


def load(*rows):
    """Rules from (then, to, rest); ids r0, r1 ..."""
    text = "version = 1\n"
    for i, (then, to, rest) in enumerate(rows):
        clause = 'clause = ["mou/1"]\n' if then == "release" else ""
        text += f'[[rule]]\nid = "r{i}"\nthen = "{then}"\nto = {list(to)!r}\n{clause}{rest}\n'.replace("'", '"')
    return rules.load(text)


def both(found, facts, to="cape", where=None):
    """The decision, the same from both back ends."""
    where = where or setting()
    single = decide.one(found, facts, to, where)
    many = decide.batch(found, make.columns([facts]), to, where)
    assert many[0] == single
    assert bool(many.release[0]) == single.released
    return single


POSITIONS = ("release", ["cape", "bay"], 'match = { kind = ["track.*"] }\nlabel = { tlp = "AMBER" }')


# ---- the two back ends, and Cedar -----------------------------------------------------------------------------------
def world(seed, many=40):
    chance = random.Random(seed)
    rows = [make.rule(chance, i) for i in range(chance.randint(0, 8))]
    where = Setting(NOW_MS, make.who(chance), "real", make.terms(chance), frozenset(make.ZONES))
    named = sorted({to for r in rows if r["then"] == "release" for to in r["to"]})
    to = chance.choice(named) if named and chance.random() < 0.9 else chance.choice(make.AUDIENCES)
    return chance, rows, where, to, [make.facts(chance, "real") for _ in range(many)]


@given(st.integers(0, 2**63))
def test_many_at_once_are_decided_as_each_alone(seed):
    _, rows, where, to, records = world(seed)
    found = rules.load(make.toml(rows))
    many = decide.batch(found, make.columns(records), to, where)
    for i, facts in enumerate(records):
        single = decide.one(found, facts, to, where)
        assert single == many[i]
        assert single.released == bool(many.release[i])


def test_a_fiftieth_of_the_long_comparison_with_cedar(capsys):
    seed = random.SystemRandom().randrange(2**32)
    result = make.compare(2_000, seed)
    with capsys.disabled():
        print(f" [seed {seed}, {result['verdicts']}]", end="")
    assert result["failures"] == []
    assert result["verdicts"]["release"] > 10


def test_the_committed_long_comparison_found_no_difference():
    result = json.loads(make.RESULT.read_text())
    assert result["pairs"] >= 100_000
    assert result["failed"] == 0
    assert result["verdicts"]["release"] > 5_000


@settings(max_examples=10)
@given(st.integers(0, 2**63))
def test_many_rules_and_rows_over_the_limits_of_one_key_and_one_chunk(seed):
    chance = random.Random(seed)
    rows = [make.rule(chance, i) for i in range(60)]
    for row in rows:
        row["to"] = ["bay"]
        if row["then"] == "release":
            row["label"] = {"tlp": "GREEN"}
    where = Setting(
        NOW_MS,
        directory("harbour", [Partner("bay")]),
        "real",
        {s: Terms(True, ALL) for s in make.SOURCES},
        frozenset(make.ZONES),
    )
    records = [make.facts(chance, "real") for _ in range(60)]
    found = rules.load(make.toml(rows))
    pick = np.random.default_rng(seed % 2**32).integers(0, 60, 70_000)
    many = decide.batch(found, make.columns(records).take(pick), "bay", where)
    alone = [decide.one(found, f, "bay", where) for f in records]
    assert np.array_equal(many.release, np.array([a.released for a in alone])[pick])
    for row in (0, 65_535, 65_536, 69_999, *np.random.default_rng(1).integers(0, 70_000, 50)):
        assert many[row] == alone[pick[row]]


def test_what_is_derived_of_a_partners_statement_is_passed_on_no_more_freely_than_that():
    """Originator control would end with the first event that somebody else computes."""
    found = load(POSITIONS)
    told = Label(tlp=Tlp.AMBER, rel_to=frozenset(("bay", "cape", "harbour")))
    assert both(found, but(label=told)).released
    for theirs in ("dune", "dune+harbour"):
        derived = msgspec.structs.replace(told, originator=theirs)
        assert both(found, but(label=derived)).rule_ids == (bounds.RESHARE,)
        assert both(found, but(label=derived, granted=frozenset(("cape",)))).released
        assert both(found, but(label=derived, granted=frozenset(("bay",)))).rule_ids == (bounds.RESHARE,)
    assert both(found, but(label=msgspec.structs.replace(told, originator="harbour"))).released
    free = msgspec.structs.replace(told, tlp=Tlp.CLEAR, reshare=Reshare.FREE, originator="dune")
    assert both(found, but(label=free)).released


# ---- laws -----------------------------------------------------------------------------------------------------------
@given(st.integers(0, 2**63))
def test_order_of_rules_changes_nothing(seed):
    chance, rows, where, to, records = world(seed, 10)
    turned = rows[:]
    chance.shuffle(turned)
    table = make.columns(records)
    one, two = (decide.batch(rules.load(make.toml(r)), table, to, where) for r in (rows, turned))
    for i in range(len(records)):
        for part in ("verdict", "rule_ids", "clauses", "transforms", "label", "retain_d", "lane", "why"):
            assert getattr(one[i], part) == getattr(two[i], part)


@given(st.integers(0, 2**63))
def test_one_more_withholding_rule_releases_nothing_more(seed):
    chance, rows, where, to, records = world(seed)
    more = make.rule(chance, 99)
    while more["then"] == "release":
        more = make.rule(chance, 99)
    table = make.columns(records)
    before, after = (decide.batch(rules.load(make.toml(r)), table, to, where) for r in (rows, [*rows, more]))
    assert not (after.release & ~before.release).any()


@given(st.integers(0, 2**63))
def test_one_more_releasing_rule_never_opens_what_a_rule_or_bound_withholds(seed):
    chance, rows, where, to, records = world(seed)
    more = make.rule(chance, 99)
    while more["then"] == "withhold":
        more = make.rule(chance, 99)
    table = make.columns(records)
    before, after = (decide.batch(rules.load(make.toml(r)), table, to, where) for r in (rows, [*rows, more]))
    for i in range(len(records)):
        if before[i].rule_ids and not before[i].released:
            assert not after[i].released
        if before[i].released and after[i].released:
            assert transform.stricter(after[i].transforms, before[i].transforms)
            assert after[i].label.tlp >= before[i].label.tlp


@given(st.integers(0, 2**63), st.data())
def test_tightening_a_stated_label_never_releases_more(seed, data):
    _, rows, where, to, records = world(seed, 10)
    tighter = data.draw(
        st.builds(Label, tlp=st.sampled_from(Tlp), rel_to=st.frozensets(st.sampled_from(make.PARTIES)), caveats=st.frozensets(st.sampled_from("xy")),
                  reshare=st.sampled_from(Reshare), purpose=st.frozensets(st.sampled_from(make.PURPOSES)))
    )  # fmt: skip
    for row in rows:  # a rule may ask for a level or a caveat, which a narrower label can come to meet
        row["match"].pop("label", None)
    found = rules.load(make.toml(rows))
    for facts in records:
        if facts.label is None or (facts.label == Label() and facts.origin == make.ME):
            continue
        narrow = replace(facts, label=join((facts.label, tighter)))
        if decide.one(found, narrow, to, where).released:
            assert decide.one(found, facts, to, where).released


@given(st.integers(0, 2**63))
def test_whoever_reads_what_is_released_is_reached_by_its_label(seed):
    from kizuna.records.partner import audience

    _, rows, where, to, records = world(seed)
    many = decide.batch(rules.load(make.toml(rows)), make.columns(records), to, where)
    for decision in many.decisions:
        if decision.released:
            assert where.who.members(to) <= audience(decision.label, where.who)
            assert decision.label.rel_to == {to}
            assert decision.clauses


@given(st.integers(0, 2**63))
def test_what_comes_out_of_a_stated_label_does_not_widen_it(seed):
    from kizuna.records.label import widens

    _, rows, where, to, records = world(seed)
    found = rules.load(make.toml(rows))
    for facts in records:
        decision = decide.one(found, facts, to, where)
        if decision.released and not (facts.origin == make.ME and facts.label == Label()):
            given = msgspec.structs.replace(facts.label, rel_to=frozenset((to,)))
            assert not widens(decision.label, given)


# ---- default, refusal, conflict -------------------------------------------------------------------------------------
def test_without_rules_nothing_leaves():
    assert both(load(), PLAIN).why == ("no rule releases it",)


def test_a_release_names_rule_clause_label_and_policy():
    found = load(POSITIONS)
    decision = both(found, PLAIN)
    assert decision.released
    assert (decision.rule_ids, decision.clauses, decision.policy_hash) == (("r0",), ("mou/1",), found.hash)
    assert decision.label == Label(tlp=Tlp.AMBER, rel_to=frozenset(("cape",)), originator="harbour")


def test_withholding_wins():
    assert both(load(POSITIONS, ("withhold", ["cape"], 'match = { subject = ["mmsi:1"] }')), PLAIN).rule_ids == ("r1",)


@pytest.mark.parametrize("name", ["kind", "context", "label", "origin", "tag"])
def test_a_fact_that_is_missing_refuses(name):
    rest = 'match = { kind = ["track.*"], origin = ["harbour"], label = { tlp_max = "RED" } }'
    assert both(load(("release", ["cape"], rest)), PLAIN).released
    assert not both(load(("release", ["cape"], rest)), but(**{name: None})).released


@pytest.mark.parametrize(("match", "name"), [('zone = ["road"]', "touched"), ("age = { min_d = 9 }", "observed_ms"), ('subject = ["mmsi:9"]', "subject"),
                                             ('source = ["ais"], kind = ["*"]', "source"), ('tag = ["quiet"]', "tag")])  # fmt: skip
def test_a_withholding_rule_that_cannot_be_evaluated_withholds(match, name):
    found = load(POSITIONS, ("withhold", ["cape"], f"match = {{ {match} }}"))
    if name != "source":
        assert both(found, PLAIN).released
    decision = both(found, but(**{name: None}))
    assert not decision.released
    assert "r1 cannot be evaluated" in decision.why


def test_a_rule_that_is_settled_otherwise_needs_not_what_is_missing():
    found = load(POSITIONS, ("withhold", ["cape"], 'match = { kind = ["event.*"], zone = ["road"] }'))
    assert both(found, but(touched=None, zone=None)).released


def test_missing_columns_are_missing_facts():
    found = load(POSITIONS)
    for name in ("kind", "origin", "context", "label", "source", "tag"):
        table = make.columns([PLAIN, PLAIN])
        assert not decide.batch(found, replace(table, **{name: None}), "cape", setting()).release.any()


def test_an_unknown_zone_or_source_in_a_rule_refuses_what_it_might_have_meant():
    assert not both(load(POSITIONS, ("withhold", ["cape"], 'match = { zone = ["stirp"] }')), PLAIN).released
    assert not both(load(POSITIONS, ("withhold", ["cape"], 'match = { source = ["ias"] }')), PLAIN).released
    assert both(
        load(POSITIONS, ("withhold", ["cape"], 'match = { zone = ["stirp"], kind = ["event.*"] }')), PLAIN
    ).released


def test_an_unknown_name_in_a_withholding_rule_withholds_from_everybody():
    assert not both(load(POSITIONS, ("withhold", ["caep"], 'match = { kind = ["track.*"] }')), PLAIN).released
    assert both(load(POSITIONS, ("withhold", ["dune"], 'match = { kind = ["track.*"] }')), PLAIN).released


def test_what_is_withheld_from_a_member_is_withheld_from_its_community_and_the_other_way_round():
    open_ = ("release", ["c:civil", "cape", "bay"], 'match = { kind = ["track.*"] }\nlabel = { tlp = "GREEN" }')
    for against, closed in (
        ("bay", ("bay", "c:civil")),
        ("c:civil", ("bay", "cape", "c:civil")),
        (EVERYBODY, ("bay", "cape", "c:civil")),
    ):
        found = load(open_, ("withhold", [against], 'match = { kind = ["track.*"] }'))
        for to in ("bay", "cape", "c:civil"):
            assert both(found, PLAIN, to).released == (to not in closed)


def test_transforms_of_two_releasing_rules_are_joined_to_the_strictest():
    one = (
        "release",
        ["cape"],
        'match = { kind = ["track.*"] }\ntransform = ["coarsen_position cell_m=1000", "drop_fields fields=sog"]',
    )
    two = (
        "release",
        ["cape"],
        'match = { zone = ["strip"] }\ntransform = ["coarsen_position cell_m=10000", "drop_fields fields=cog"]',
    )
    decision = both(load(one, two), PLAIN)
    assert decision.rule_ids == ("r0", "r1")
    alone = [both(load(r), PLAIN).transforms for r in (one, two)]
    assert decision.transforms == transform.join(alone)
    assert "coarsen_position cell_m=10000" in decision.transforms.words
    assert "drop_fields fields=cog,sog" in decision.transforms.words
    assert all(transform.stricter(decision.transforms, a) for a in alone)


def test_labels_and_ends_of_two_releasing_rules_are_the_narrowest():
    one = (
        "release",
        ["bay"],
        'match = { kind = ["track.*"] }\nlabel = { tlp = "GREEN", caveats = ["x"], retain_d = 9, reshare = "community" }\nlane = "bulk"',
    )
    two = (
        "release",
        ["bay"],
        'match = { zone = ["strip"] }\nlabel = { tlp = "AMBER", retain_d = 3, purpose = ["SAR"] }\nlane = "flash"',
    )
    decision = both(load(one, two), PLAIN, "bay")
    assert decision.label == Label(
        tlp=Tlp.AMBER,
        rel_to=frozenset(("bay",)),
        caveats=frozenset("x"),
        purpose=frozenset(("SAR",)),
        originator="harbour",
    )
    assert (decision.retain_d, decision.lane) == (3, "flash")
    assert decide.label_for(decision, 10).retain_until_ms == 10 + 3 * DAY_MS


def test_two_rules_whose_purposes_have_nothing_in_common_release_nothing_together():
    who = directory("harbour", [Partner("bay", purposes=frozenset(("SAR", "VTM")))])
    one = ("release", ["bay"], 'match = { kind = ["*"] }\nlabel = { purpose = ["SAR"] }')
    two = ("release", ["bay"], 'match = { zone = ["strip"] }\nlabel = { purpose = ["VTM"] }')
    assert both(load(one), PLAIN, "bay", setting(who=who)).released
    assert both(load(one, two), PLAIN, "bay", setting(who=who)).rule_ids[0] == bounds.READER


def test_label_for_needs_a_release():
    with pytest.raises(ValueError, match="nothing leaves"):
        decide.label_for(both(load(), PLAIN), 0)


def test_age_counts_from_observation_and_the_future_has_none():
    found = load(("release", ["cape"], 'match = { kind = ["*"], age = { min_h = 1, max_h = 2 } }'))
    for age_ms, released in (
        (3_599_999, False),
        (3_600_000, True),
        (7_199_999, True),
        (7_200_000, False),
        (-DAY_MS, False),
    ):
        assert both(found, but(observed_ms=NOW_MS - age_ms)).released == released
    young = load(("release", ["cape"], 'match = { kind = ["*"], age = { max_h = 2 } }'))
    assert both(young, but(observed_ms=NOW_MS + 48 * 3_600_000)).released


def test_a_release_asks_where_all_of_it_lies_a_withholding_what_it_touches():
    crossing = but(zone=frozenset(), touched=frozenset(("strip", "road")))
    assert not both(load(("release", ["cape"], 'match = { zone = ["strip"] }')), crossing).released
    assert not both(load(POSITIONS, ("withhold", ["cape"], 'match = { zone = ["road"] }')), crossing).released


def test_a_release_must_name_every_source_and_subject():
    where = setting(terms={"ais": Terms(True, ALL), "radar": Terms(True, ALL)})
    mixed = but(source=frozenset(("ais", "radar")), subject=frozenset(("mmsi:1", "mmsi:2")))
    assert not both(load(("release", ["cape"], 'match = { source = ["ais"] }')), mixed, where=where).released
    assert both(load(("release", ["cape"], 'match = { source = ["ais", "radar"] }')), mixed, where=where).released
    assert not both(load(("release", ["cape"], 'match = { subject = ["mmsi:1"] }')), mixed, where=where).released
    assert not both(
        load(
            ("release", ["cape"], 'match = { kind = ["*"] }'),
            ("withhold", ["cape"], 'match = { subject = ["mmsi:2"] }'),
        ),
        mixed,
        where=where,
    ).released


def test_what_was_told_in_distress_serves_nothing_else_unless_a_rule_says_so():
    told = but(tag=frozenset(("distress",)))
    assert not both(load(POSITIONS), told).released
    assert both(
        load(("release", ["cape"], 'match = { kind = ["*"], tag = ["distress"] }\nlabel = { tlp = "AMBER" }')), told
    ).released


# ---- bounds ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("terms", "to", "released"),
    [
        (Terms(), "cape", False), (Terms(True), "cape", False), (Terms(True, ALL), "cape", True), (Terms(True, frozenset(("bay",))), "cape", False),
        (Terms(True, frozenset(("cape",))), "cape", True), (Terms(True, frozenset(("cape",))), "c:civil", False),
        (Terms(True, frozenset(("cape", "bay"))), "c:civil", True), (Terms(True, frozenset(("c:civil",))), "cape", True),
        (Terms(True, ALL), "c:civil", True), (Terms(True, ALL), EVERYBODY, False), (Terms(True, frozenset((EVERYBODY,))), EVERYBODY, True),
        (Terms(True, ALL, 1), "cape", True), (Terms(False, ALL), "cape", False),
    ],
)  # fmt: skip
def test_terms_of_the_source_bound_what_rules_release(terms, to, released):
    found = load(("release", ["cape", "c:civil", EVERYBODY], 'match = { kind = ["*"] }\nlabel = { tlp = "CLEAR" }'))
    decision = both(found, PLAIN, to, setting(terms={"ais": terms}))
    assert decision.released == released
    assert released or decision.rule_ids == (bounds.TERMS,)


def test_terms_run_out_and_an_unknown_receipt_counts_as_long_ago():
    where = setting(terms={"ais": Terms(True, ALL, 2)})
    for received_ms, released in ((NOW_MS - 2 * DAY_MS + 1, True), (NOW_MS - 2 * DAY_MS, False), (None, False)):
        assert both(load(POSITIONS), but(received_ms=received_ms), where=where).released == released


def test_every_source_must_allow_it_and_an_unknown_one_does_not():
    where = setting(terms={"ais": Terms(True, ALL), "leased": Terms()})
    assert not both(load(POSITIONS), but(source=frozenset(("ais", "leased"))), where=where).released
    assert not both(load(POSITIONS), but(source=frozenset(("new",))), where=where).released
    assert both(load(POSITIONS), but(source=frozenset()), where=where).released


def test_empty_sharing_group_publishes_to_no_one():
    """MISP #4200, by way of a rule."""
    found = load(("release", ["c:empty", "c:nowhere"], 'match = { kind = ["*"] }\nlabel = { tlp = "CLEAR" }'))
    for to in ("c:empty", "c:nowhere"):
        assert not both(found, PLAIN, to).released
    with pytest.raises(ConfigError, match="empty"):
        rules.load('version = 1\n[[rule]]\nid = "r"\nto = []\nthen = "release"\nclause = ["m/1"]')


def test_a_rule_for_a_group_reaches_only_its_members():
    """MISP #1720."""
    found = load(("release", ["c:civil"], 'match = { kind = ["*"] }\nlabel = { tlp = "GREEN" }'))
    assert both(found, PLAIN, "c:civil").released
    assert not both(found, PLAIN, "dune").released
    assert not both(found, PLAIN, "c:other").released


def test_trust_goes_by_originator_not_by_hop():
    """MISP: whoever has it passes it on by its own settings; here another party's record needs its word."""
    found = load(("release", ["cape"], 'match = { kind = ["*"] }\nlabel = { tlp = "CLEAR" }'))
    for reshare, tlp, granted, released in (
        (Reshare.NONE, Tlp.GREEN, None, False), (Reshare.CONSENT, Tlp.GREEN, None, False), (Reshare.COMMUNITY, Tlp.GREEN, None, False),
        (Reshare.FREE, Tlp.CLEAR, None, True), (Reshare.FREE, Tlp.AMBER, None, False),
        (Reshare.CONSENT, Tlp.AMBER, frozenset(("cape",)), True), (Reshare.CONSENT, Tlp.AMBER, frozenset(("bay",)), False),
    ):  # fmt: skip
        foreign = but(
            origin="bay",
            label=Label(tlp=tlp, rel_to=frozenset(("cape", "harbour")), reshare=reshare),
            granted=granted,
            source=frozenset(),
        )
        assert both(found, foreign).released == released, (reshare, tlp, granted)


def test_inside_the_community_that_the_label_names_it_may_be_passed_on():
    found = load(("release", ["c:civil", "c:other"], 'match = { kind = ["*"] }\nlabel = { tlp = "GREEN" }'))
    foreign = but(
        origin="bay",
        label=Label(tlp=Tlp.GREEN, rel_to=frozenset(("c:civil", "dune")), reshare=Reshare.COMMUNITY),
        source=frozenset(),
    )
    assert both(found, foreign, "c:civil").released
    assert not both(found, foreign, "c:other").released


def test_a_grant_widens_the_audience_and_nothing_else():
    found = load(("release", ["cape"], 'match = { kind = ["*"] }\nlabel = { tlp = "GREEN" }'))
    foreign = but(
        origin="bay",
        granted=frozenset(("cape",)),
        source=frozenset(),
        label=Label(tlp=Tlp.AMBER, rel_to=frozenset(("harbour",))),
    )
    assert both(found, foreign).released
    for harder in (
        {"tlp": Tlp.RED},
        {"caveats": frozenset("x")},
        {"purpose": frozenset(("SAR",))},
        {"retain_until_ms": NOW_MS},
        {"policy": "other-1"},
    ):
        assert not both(found, replace(foreign, label=msgspec.structs.replace(foreign.label, **harder))).released


def test_labels_that_could_not_be_read_and_foreign_rows_without_one_stay():
    assert not both(load(POSITIONS), but(label=UNREADABLE)).released
    assert not both(load(POSITIONS), but(origin="bay")).released
    assert not both(load(POSITIONS), but(origin=None)).released


def test_a_stated_label_bounds_the_owner_too():
    stated = but(label=Label(tlp=Tlp.GREEN, rel_to=frozenset(("bay",))))
    assert both(load(POSITIONS), stated, "bay").released
    assert both(load(POSITIONS), stated, "cape").rule_ids == (bounds.LABEL,)


def test_two_levels_on_one_statement_end_in_the_higher():
    """MISP #2223: a tag removed at home stayed elsewhere, and there were two."""
    stated = but(label=Label(tlp=Tlp.AMBER, rel_to=frozenset(("bay",))))
    decision = both(load(("release", ["bay"], 'match = { kind = ["*"] }\nlabel = { tlp = "CLEAR" }')), stated, "bay")
    assert decision.label.tlp == Tlp.AMBER


def test_ten_thousand_exercise_records_and_no_real_log_and_the_reverse():
    found = load(("release", ["cape"], 'match = { kind = ["*"], context = ["*"] }'))
    n = 10_000
    table = make.columns([PLAIN]).take(np.zeros(n, np.int64))
    for of, log in (("exercise:a", "real"), ("real", "exercise:a"), ("test", "real"), ("exercise:b", "exercise:a")):
        rows = replace(table, context=same(of, n))
        assert not decide.batch(found, rows, "cape", setting(context=log)).release.any()
        assert decide.batch(found, rows, "cape", setting(context=of)).release.all()


# ---- explanation, difference, columns -------------------------------------------------------------------------------
def test_the_explanation_names_every_rule_and_what_failed():
    found = load(
        POSITIONS,
        ("withhold", ["cape"], 'match = { zone = ["road"], kind = ["event.*"] }'),
        ("release", ["dune"], 'match = { kind = ["*"] }'),
    )
    tried = {t.rule_id: t for t in decide.one(found, but(touched=None), "cape", setting()).tried}
    assert set(tried) == {"r0", "r1"}
    assert (tried["r0"].state, tried["r0"].failed) == ("matched", ())
    assert tried["r1"].state == "not matched"
    assert tried["r1"].failed == ("kind: is track.position", "zone: is missing or not known")


def test_no_candidates_no_decisions():
    found = decide.batch(load(POSITIONS), Columns(), "cape", setting())
    assert len(found) == 0


@given(st.lists(st.frozensets(st.sampled_from("abcdefghij")), max_size=30))
def test_sets_of_a_matrix_are_its_rows(rows):
    words = "abcdefghij"
    matrix = np.array([[w in row for w in words] for row in rows], np.bool_).reshape(len(rows), len(words))
    found = sets_of(matrix, words)
    assert [found.word(i) for i in range(len(rows))] == rows


def test_columns_are_checked_once():
    with pytest.raises(InputError, match="lengths"):
        Columns(kind=same("asset", 2), origin=same("bay", 3))
    with pytest.raises(InputError, match="int64"):
        Columns(observed_ms=np.zeros(2, np.int32))
    with pytest.raises(InputError, match="without a word"):
        labels(np.array([1], np.int32), ["nobody"])
    with pytest.raises(InputError, match="int32"):
        labels(np.array([0]), ["nobody"])
    assert labels(np.array([0, -1], np.int32), ["AMBER;rel=bay"]).word(0) == Label(
        tlp=Tlp.AMBER, rel_to=frozenset(("bay",))
    )
    assert Columns(observed_ms=np.array([MISSING_TIME_MS])).row(0) == Facts()
    assert coded(["a", None, "a"]).codes.tolist() == [0, -1, 0]


def test_a_releasing_rule_that_cannot_be_evaluated_refuses_what_another_releases():
    found = load(
        POSITIONS, ("release", ["cape"], 'match = { kind = ["*"], age = { min_h = 1 } }\nlabel = { tlp = "GREEN" }')
    )
    assert both(found, PLAIN).released
    assert both(found, but(observed_ms=None)).why == ("r1 cannot be evaluated",)


def test_red_goes_to_no_community_though_it_names_every_member():
    who = directory(
        "harbour",
        [Partner("bay", communities=frozenset(("c:civil",)), tlp_max=Tlp.RED)],
        [Community("c:civil", 1, frozenset(("bay",)))],
    )
    found = load(("release", ["c:civil", "bay"], 'match = { kind = ["*"] }\nlabel = { tlp = "GREEN" }'))
    stated = but(label=Label(tlp=Tlp.RED, rel_to=frozenset(("bay", "c:civil"))))
    assert both(found, stated, "bay", setting(who=who)).released
    assert both(found, stated, "c:civil", setting(who=who)).rule_ids == (bounds.LABEL,)


def test_what_rests_on_no_source_matches_no_release_by_source():
    found = load(("release", ["cape"], 'match = { source = ["ais"] }'))
    assert both(found, PLAIN).released
    assert not both(found, but(source=frozenset())).released


# ---- events follow the positions of their vessels ------------------------------------------------------------------------
EVENT = replace(
    PLAIN,
    kind="event.encounter",
    subject=frozenset(("mmsi:1", "mmsi:2")),
    zone=frozenset(),
    touched=frozenset(("strip", "road")),
)
EVENTS = ("release", ["cape", "bay"], 'match = { kind = ["event.*", "detection"] }')
COARSE = ("release", ["cape"], 'match = { kind = ["track.position"] }\ntransform = ["coarsen_position cell_m=10000"]')


def coarse(decision):
    step = decision.transforms.get(CoarsenPosition)
    return 0 if step is None else step.cell_m


def test_an_event_is_as_coarse_as_the_positions_of_its_vessels():
    decision = both(load(EVENTS, COARSE), EVENT)
    assert decision.released
    assert coarse(decision) == 10_000
    assert (decision.rule_ids, decision.tied, decision.clauses) == (("r0",), ("r1",), ("mou/1",))
    assert "r1 tells its positions, and it follows them" in decision.why
    assert (
        coarse(both(load(EVENTS, COARSE), replace(EVENT, kind="detection", subject=frozenset(("mmsi:1",))))) == 10_000
    )


def test_an_event_of_withheld_positions_is_withheld():
    for match in (
        'zone = ["road"]',
        'subject = ["mmsi:2"]',
        'source = ["ais"]',
        "age = { max_d = 1 }",
        'zone = ["typo"]',
    ):
        decision = both(
            load(EVENTS, ("withhold", ["cape"], f'match = {{ kind = ["track.position"], {match} }}')), EVENT
        )
        assert not decision.released
        assert decision.rule_ids == ("bound.tracks", "r1")


def test_a_rule_with_its_own_grid_is_meant_so_and_every_rule_that_releases_must_say_it():
    loose = (*EVENTS[:2], EVENTS[2] + "\nown_grid = true")
    hidden = ("withhold", ["cape"], 'match = { kind = ["track.position"], subject = ["mmsi:2"] }')
    assert coarse(both(load(loose, COARSE), EVENT)) == 0
    assert both(load(loose, hidden), EVENT).released
    assert coarse(both(load(loose, COARSE, EVENTS), EVENT)) == 10_000
    assert not both(load(loose, hidden, EVENTS), EVENT).released


def test_where_no_rule_speaks_of_positions_an_event_leaves_by_its_own_rule():
    for facts in (EVENT, replace(EVENT, kind="detection", subject=frozenset())):
        assert both(load(EVENTS), facts).tied == ()
        far = (
            "release",
            ["bay"],
            'match = { kind = ["track.position"] }\ntransform = ["coarsen_position cell_m=10000"]',
        )
        assert coarse(both(load(EVENTS, far), facts)) == 0
    assert coarse(both(load(EVENTS, COARSE), replace(EVENT, kind="detection", subject=frozenset()))) == 0
    assert coarse(both(load(POSITIONS, COARSE), PLAIN)) == 10_000


@pytest.mark.parametrize("match", ['subject = ["mmsi:1"]', 'zone = ["road"]', 'source = ["ais"]', "age = { max_h = 1 }", "age = { min_d = 9 }",
                                   'label = { tlp_max = "CLEAR" }'])  # fmt: skip
def test_a_rule_for_some_of_the_positions_binds_the_event_that_rests_on_them(match):
    some = (
        "release",
        ["cape"],
        f'match = {{ kind = ["track.position"], {match} }}\ntransform = ["coarsen_position cell_m=10000"]',
    )
    where = setting(terms={"ais": Terms(True, ALL), "radar": Terms(True, ALL)})
    decision = both(load(EVENTS, some), replace(EVENT, source=frozenset(("ais", "radar"))), where=where)
    assert (decision.released, coarse(decision)) == (True, 10_000)


def test_an_event_told_in_distress_is_bound_by_what_rules_say_of_distress():
    urgent = replace(EVENT, tag=frozenset(("distress",)))
    told = (*EVENTS[:2], 'match = { kind = ["event.*"], tag = ["distress"] }')
    assert coarse(both(load(told, COARSE), urgent)) == 0
    tagged = (
        "release",
        ["cape"],
        'match = { kind = ["track.position"], tag = ["distress"] }\ntransform = ["coarsen_position cell_m=1000"]',
    )
    assert coarse(both(load(told, COARSE, tagged), urgent)) == 1_000


@given(st.integers(0, 2**63))
def test_no_event_is_finer_than_any_position_that_could_lie_behind_it(seed):
    """The twin: every position that the event could rest on is decided by itself."""
    chance, rows, where, to, records = world(seed, 12)
    for row in rows:
        if row["then"] == "release":
            row |= {"own_grid": False, "transform": chance.choice(([], ["coarsen_position cell_m=1000"], ["delay delay_s=60 bucket_s=60"],
                                                                   ["mask_identity", "coarsen_position cell_m=5000"]))}  # fmt: skip
    found = rules.load(make.toml(rows))
    for facts in records:
        event = replace(facts, kind=chance.choice(("event.gap", "detection")))
        decision = both(found, event, to, where)
        vessels = sorted(word for word in event.subject or () if word.startswith("mmsi:"))
        if not decision.released or not vessels:
            continue
        for _ in range(8):
            position = replace(
                event, kind="track.position", subject=frozenset((chance.choice(vessels),)),
                source=frozenset((chance.choice(sorted(event.source)),)) if event.source else event.source,
                zone=frozenset(chance.sample(sorted(event.touched), chance.randint(0, len(event.touched)))) if event.touched else event.touched,
                observed_ms=None if event.observed_ms is None else event.observed_ms - chance.choice((0, 1, 30)) * 3_600_000,
            )  # fmt: skip
            behind = decide.one(found, replace(position, touched=position.zone), to, where)
            if behind.released:
                assert transform.stricter(decision.transforms, behind.transforms)
        hidden = decide.one(found, replace(event, kind="track.position"), to, where)
        assert not any(found.by_id[n].then == "withhold" for n in hidden.rule_ids if n in found.by_id)

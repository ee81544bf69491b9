import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.base.errors import InputError
from kizuna.records.label import EVERYBODY, NO_PURPOSE, UNREADABLE, Label, Reshare, Tlp, join
from kizuna.records.partner import Community, Partner, PolicyMap, audience, directory, translate

CIVIL = "c:civil.maritime"


def world(**more):
    partners = [
        Partner("bay", communities=frozenset((CIVIL,)), tlp_max=Tlp.RED, caveats_held=frozenset(("x", "y"))),
        Partner("cape", communities=frozenset((CIVIL, "c:cert")), caveats_held=frozenset(("x",)), purposes=frozenset(("SAR",))),
        Partner("dune", tlp_max=Tlp.GREEN),
        Partner("east", communities=frozenset((CIVIL,)), state="revoked"),
    ]  # fmt: skip
    lists = [
        Community(CIVIL, 1, frozenset(("bay", "cape", "dune", "east", "fjord"))),
        Community("c:empty", 1, frozenset()),
    ]
    return directory("harbour", partners, more.get("communities", lists))


WHO = world()


def reach(**label):
    label = {k: frozenset(v) if k in ("rel_to", "caveats", "purpose") else v for k, v in label.items()}
    return audience(Label(**label), WHO)


def test_an_empty_audience_is_nobody():
    for tlp, personal in itertools.product(Tlp, (False, True)):
        assert audience(Label(tlp=tlp, personal=personal), WHO) == frozenset()


@pytest.mark.parametrize("tlp", Tlp)
def test_empty_sharing_group_reaches_no_one(tlp):
    """MISP #4200: a sharing group without members was published to everybody."""
    assert reach(tlp=tlp, rel_to=["c:empty"]) == frozenset()
    assert reach(tlp=tlp, rel_to=["c:nowhere"]) == frozenset()


def test_group_is_known_by_its_own_id_on_every_node():
    """MISP #3380: a group was mapped by a local number, which another node counts differently."""
    a = directory(
        "a",
        [Partner("bay", communities=frozenset((CIVIL,)))],
        [Community("c:cert", 1, frozenset(("bay",))), Community(CIVIL, 1, frozenset(("bay",)))],
    )
    b = directory(
        "b",
        [Partner("bay", communities=frozenset((CIVIL,)))],
        [Community(CIVIL, 1, frozenset(("bay",))), Community("c:cert", 1, frozenset(("bay",)))],
    )
    label = Label(tlp=Tlp.GREEN, rel_to=frozenset((CIVIL,)))
    assert audience(label, a) == audience(label, b) == {"bay"}
    assert audience(Label(tlp=Tlp.GREEN, rel_to=frozenset(("c:cert",))), a) == frozenset()
    for number in ("1", "0"):
        assert audience(Label(tlp=Tlp.GREEN, rel_to=frozenset((number,))), a) == frozenset()


def test_who_is_not_a_member_receives_nothing():
    """MISP #1720: an organisation outside the group received its events."""
    assert "dune" not in reach(tlp=Tlp.GREEN, rel_to=[CIVIL])  # on the list, but not served in this community here
    assert "bay" in reach(tlp=Tlp.GREEN, rel_to=[CIVIL])
    left = world(
        communities=[Community(CIVIL, 1, frozenset(("bay", "cape"))), Community(CIVIL, 2, frozenset(("cape",)))]
    )
    assert audience(Label(tlp=Tlp.GREEN, rel_to=frozenset((CIVIL,))), left) == {"cape"}


def test_membership_is_not_told_to_those_outside():
    """melicertes/csp #22: members of one group could be listed by others. A label names the group, never its members."""
    from kizuna.records.record import Record, encode

    data = encode(
        Record(kind="asset", origin="harbour", observed_ms=1, label=Label(tlp=Tlp.GREEN, rel_to=frozenset((CIVIL,))))
    )
    assert b"bay" not in data and b"cape" not in data


def test_one_statement_has_one_level():
    """MISP #2223: removing a TLP tag did not travel, and events carried two levels. A label has one, and a join the higher."""
    assert isinstance(Label().tlp, Tlp)
    assert join((Label(tlp=Tlp.GREEN), Label(tlp=Tlp.RED))).tlp == Tlp.RED


def test_marks_of_another_policy_are_not_replaced_but_refused():
    """OpenCTI #9695: marks were replaced at the destination."""
    foreign = Label(tlp=Tlp.GREEN, rel_to=frozenset(("bay",)), policy="other-1")
    assert audience(foreign, WHO) == frozenset()


def test_red_reaches_only_those_named_one_by_one():
    assert reach(tlp=Tlp.RED, rel_to=["bay"]) == {"bay"}
    assert reach(tlp=Tlp.RED, rel_to=[CIVIL]) == frozenset()


def test_each_restriction_keeps_out():
    assert reach(tlp=Tlp.GREEN, rel_to=["bay", "cape"]) == {"bay", "cape"}
    assert reach(tlp=Tlp.GREEN, rel_to=["bay", "cape"], caveats=["x"]) == {"bay", "cape"}
    assert reach(tlp=Tlp.GREEN, rel_to=["bay", "cape"], caveats=["x", "y"]) == {"bay"}
    assert reach(tlp=Tlp.AMBER_STRICT, rel_to=["bay", "cape"]) == {"bay"}
    assert reach(tlp=Tlp.GREEN, rel_to=["bay", "cape"], purpose=["SAR"]) == {"cape"}
    assert reach(tlp=Tlp.GREEN, rel_to=["bay", "cape"], purpose=[NO_PURPOSE]) == frozenset()
    assert reach(tlp=Tlp.CLEAR, rel_to=[EVERYBODY]) == {"bay", "cape", "dune"}


def test_a_revoked_partner_is_reached_by_nothing():
    for rel_to in ("east", CIVIL, EVERYBODY):
        assert "east" not in reach(tlp=Tlp.CLEAR, rel_to=[rel_to])


def test_what_could_not_be_read_reaches_nobody():
    assert audience(UNREADABLE, WHO) == frozenset()


names = st.frozensets(st.sampled_from(["bay", "cape", "dune", "east", CIVIL, "c:empty"]))


@st.composite
def any_label(draw):
    return Label(
        tlp=draw(st.sampled_from(Tlp)), rel_to=draw(names), caveats=draw(st.frozensets(st.sampled_from("xyz"))),
        purpose=draw(st.frozensets(st.sampled_from(["SAR", "Safety"]))), policy=draw(st.sampled_from(["kizuna-1"] * 4 + ["other-1"])),
    )  # fmt: skip


@given(st.lists(any_label(), min_size=1, max_size=4))
def test_what_is_derived_reaches_nobody_whom_one_of_its_origins_does_not(many):
    reached = audience(join(many), WHO)
    for one in many:
        assert reached <= audience(one, WHO)


def test_a_partner_named_twice_is_refused():
    with pytest.raises(InputError, match="already"):
        directory("harbour", [Partner("bay"), Partner("bay")])
    with pytest.raises(InputError, match="already"):
        directory("bay", [Partner("bay")])


@pytest.mark.parametrize("make", [lambda: Partner("Bay"), lambda: Partner("bay", state="asleep"), lambda: Community("civil", 1, frozenset()),
                                  lambda: Community(CIVIL, 1, frozenset(("B",)))])  # fmt: skip
def test_names_that_nobody_has_are_refused(make):
    with pytest.raises(InputError):
        make()


def test_audiences_of_a_partner_are_itself_and_where_it_is_served():
    assert WHO.audiences_of("cape") == {"cape", CIVIL}
    assert WHO.audiences_of("dune") == {"dune"}
    assert WHO.audiences_of("east") == frozenset()


TABLE = PolicyMap("other-1", {1: Tlp.AMBER, 2: Tlp.RED}, {"eyes": "x"}, {"b": "bay", "all": EVERYBODY})


def test_another_policy_reads_through_its_table():
    foreign = Label(
        tlp=Tlp.GREEN,
        rel_to=frozenset(("b", "q")),
        caveats=frozenset(("eyes",)),
        policy="other-1",
        reshare=Reshare.CONSENT,
    )
    ours = translate(foreign, TABLE)
    assert ours == Label(tlp=Tlp.AMBER, rel_to=frozenset(("bay",)), caveats=frozenset(("x",)), reshare=Reshare.CONSENT)


@pytest.mark.parametrize(
    "foreign",
    [Label(tlp=Tlp.CLEAR, policy="other-1"), Label(tlp=Tlp.GREEN, caveats=frozenset(("new",)), policy="other-1"),
     Label(tlp=Tlp.GREEN), Label(tlp=Tlp.GREEN, policy="third-1"), Label(tlp=Tlp.GREEN, rel_to=frozenset(("all",)), policy="other-1"), UNREADABLE],
)  # fmt: skip
def test_what_is_not_in_the_table_reaches_nobody(foreign):
    assert translate(foreign, TABLE) == UNREADABLE

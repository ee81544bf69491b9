import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.base.errors import InputError
from kizuna.records import label as labels
from kizuna.records.label import (
    EVERYBODY,
    MIXED_POLICY,
    NO_PURPOSE,
    NOBODY,
    PURPOSES,
    UNREADABLE,
    Label,
    Reshare,
    Tlp,
    join,
    join_words,
    label_of,
    reshare_of,
    widens,
    word_of,
)
from soak.label_lattice import CAVEATS, RELS, all_labels, check_pairs

RESHARES = tuple(Reshare)
SOME_PURPOSES = [frozenset(p) for n in range(3) for p in itertools.combinations(("SAR", "Safety", "VTM"), n)] + [
    frozenset((NO_PURPOSE,))
]
ENDS = (None, 0, 5, 10)
ORIGINATORS = ("", "bay", "cape", "bay+cape", "bay+cape+dune")
POLICIES = ("kizuna-1", "other-1", "third-1", MIXED_POLICY)
INFOS = ((), ("a",), ("b",), ("a", "b"))


@st.composite
def any_label(draw):
    rel_to = draw(st.sampled_from([*RELS, frozenset((EVERYBODY,))]))
    tlp = Tlp.CLEAR if EVERYBODY in rel_to else draw(st.sampled_from(Tlp))
    return Label(
        tlp=tlp, rel_to=rel_to, caveats=draw(st.sampled_from(CAVEATS)), info=draw(st.sampled_from(INFOS)),
        reshare=draw(st.sampled_from(RESHARES)), purpose=draw(st.sampled_from(SOME_PURPOSES)),
        personal=draw(st.booleans()), retain_until_ms=draw(st.sampled_from(ENDS)),
        originator=draw(st.sampled_from(ORIGINATORS)), policy=draw(st.sampled_from(POLICIES)),
    )  # fmt: skip


labels_or_worse = st.one_of(any_label(), st.just(UNREADABLE), st.just(Label()))

COMPONENTS = {
    "tlp": [Label(tlp=t) for t in Tlp],
    "rel_to": [Label(tlp=Tlp.CLEAR, rel_to=r) for r in [*RELS, frozenset((EVERYBODY,))]],
    "caveats": [Label(caveats=c) for c in CAVEATS],
    "info": [Label(info=i) for i in INFOS],
    "reshare": [Label(reshare=r) for r in RESHARES],
    "purpose": [Label(purpose=p) for p in SOME_PURPOSES],
    "personal": [Label(personal=p) for p in (False, True)],
    "retain_until_ms": [Label(retain_until_ms=e) for e in ENDS],
    "originator": [Label(originator=o) for o in ORIGINATORS],
    "policy": [Label(policy=p) for p in (*POLICIES, labels.UNREADABLE_POLICY)],
}


def test_every_part_of_a_label_has_its_laws_tested():
    assert set(COMPONENTS) == set(Label.__struct_fields__)


@pytest.mark.parametrize("name", COMPONENTS)
def test_every_triple_of_a_part_is_joined_the_same_in_any_order_and_grouping(name):
    cases = COMPONENTS[name]
    two = {(a, b): join((cases[a], cases[b])) for a in range(len(cases)) for b in range(len(cases))}
    for (a, b), found in two.items():
        assert found == two[b, a]
        assert join((cases[a], cases[a])) == cases[a]
        assert not widens(found, cases[a])
    for (a, b), found in two.items():
        for c in range(len(cases)):
            assert join((found, cases[c])) == join((cases[a], two[b, c]))


def test_a_fiftieth_of_all_pairs_of_whole_labels(capsys):
    pairs = check_pairs(share=50, seed=None)
    with capsys.disabled():
        print(f" [{pairs} pairs]", end="")
    assert len(all_labels()) == 2560
    assert pairs > 100_000


@given(labels_or_worse, labels_or_worse, labels_or_worse)
def test_join_is_associative_commutative_idempotent_and_never_widens(a, b, c):
    assert join((a, b)) == join((b, a))
    assert join((a, join((b, c)))) == join((join((a, b)), c)) == join((a, b, c))
    assert join((a, a)) == a
    for one in (a, b, c):
        assert not widens(join((a, b, c)), one)


@given(labels_or_worse, labels_or_worse)
def test_widening_is_what_the_other_does_not_bound(new, old):
    assert widens(new, old) or msgspec.structs.replace(join((new, old)), info=()) == msgspec.structs.replace(
        new, info=()
    )
    if widens(new, old):
        assert new != old


@pytest.mark.parametrize(
    ("new", "old"),
    [
        (Label(tlp=Tlp.GREEN), Label(tlp=Tlp.AMBER)),
        (Label(rel_to=frozenset(("bay", "cape"))), Label(rel_to=frozenset(("bay",)))),
        (Label(), Label(caveats=frozenset(("x",)))),
        (Label(reshare=Reshare.FREE), Label(reshare=Reshare.NONE)),
        (Label(), Label(purpose=frozenset(("SAR",)))),
        (Label(purpose=frozenset(("SAR", "VTM"))), Label(purpose=frozenset(("SAR",)))),
        (Label(), Label(personal=True)),
        (Label(), Label(retain_until_ms=1)),
        (Label(retain_until_ms=2), Label(retain_until_ms=1)),
        (Label(), Label(originator="bay")),
        (Label(), Label(policy="other-1")),
        (Label(), UNREADABLE),
    ],
)
def test_each_way_to_widen_is_seen(new, old):
    assert widens(new, old)
    assert not widens(old, new) or old.policy != new.policy


def test_nothing_in_common_is_not_the_same_as_nothing_said():
    none = join((Label(purpose=frozenset(("SAR",))), Label(purpose=frozenset(("VTM",)))))
    assert none.purpose == {NO_PURPOSE}
    assert join((none, Label())).purpose == {NO_PURPOSE}


def test_of_no_labels_at_all_comes_the_one_that_reaches_nobody():
    assert join(()) == Label()
    assert not Label().rel_to


def test_everybody_narrows_to_whoever_the_other_names():
    everybody = Label(tlp=Tlp.CLEAR, rel_to=frozenset((EVERYBODY,)))
    assert join((everybody, Label(tlp=Tlp.AMBER, rel_to=frozenset(("bay",))))).rel_to == {"bay"}
    assert join((everybody, Label())).rel_to == frozenset()


@pytest.mark.parametrize("tlp", [t for t in Tlp if t != Tlp.CLEAR])
def test_everybody_goes_with_clear_only(tlp):
    with pytest.raises(InputError, match="only with CLEAR"):
        Label(tlp=tlp, rel_to=frozenset((EVERYBODY,)))


def test_everybody_stands_alone():
    with pytest.raises(InputError, match="alone"):
        Label(tlp=Tlp.CLEAR, rel_to=frozenset((EVERYBODY, "bay")))


@pytest.mark.parametrize(
    "bad",
    [
        {"rel_to": frozenset(("Bay",))}, {"rel_to": frozenset(("",))}, {"rel_to": frozenset(("a" * 33,))},
        {"rel_to": frozenset(("c:",))}, {"caveats": frozenset(("a,b",))}, {"caveats": frozenset(("a;b",))},
        {"purpose": frozenset(("Curiosity",))}, {"purpose": frozenset((NO_PURPOSE, "SAR"))}, {"info": ("b", "a")},
        {"info": ("a", "a")}, {"info": ("a;b",)}, {"originator": "cape+bay"}, {"originator": "Cape"},
        {"policy": ""}, {"retain_until_ms": 10**18}, {"rel_to": frozenset(f"p{i}" for i in range(65))},
    ],
)  # fmt: skip
def test_words_that_no_label_has_are_refused(bad):
    with pytest.raises(InputError) as caught:
        Label(**bad)
    assert caught.value.where == "label" or "label" in str(caught.value)


@pytest.mark.parametrize("words", ["cape", {"cape"}, ["cape"], ("cape",), None])
def test_a_bare_text_is_no_audience(words):
    for name in ("rel_to", "caveats", "purpose"):
        with pytest.raises(InputError):
            Label(**{name: words})


@given(labels_or_worse)
def test_a_label_comes_back_from_its_word(label):
    assert label_of(word_of(label)) == label


def test_the_word_of_the_default_is_the_one_that_tables_know():
    assert word_of(Label()) == NOBODY == "nobody"
    assert label_of("nobody") == Label()


@pytest.mark.parametrize("word", ["", "partners", "GREEN rel=bay", "GREEN;rel=bay;rel=cape", "GREEN;odd=1", "GREEN;rel=",
                                  "GREEN;rel=b,a", "CLEAR;rel=*,a", "GREEN;until=1e3", "GREEN;personal=no", "green;rel=a"])  # fmt: skip
def test_words_that_no_label_wrote_reach_nobody(word):
    assert label_of(word) == UNREADABLE


@given(st.text(max_size=60))
def test_any_text_is_a_label_or_unreadable(text):
    label = label_of(text)
    assert label == UNREADABLE or word_of(label) == text


def test_words_join_as_their_labels_do():
    assert join_words(["AMBER;rel=bay,cape", "GREEN;rel=bay;cav=x"]) == "AMBER;rel=bay;cav=x"
    assert join_words(["nobody", "nobody"]) == "nobody"
    assert join_words([]) == "nobody"
    assert not label_of(join_words(["old word", "AMBER;rel=bay"])).rel_to


@pytest.mark.parametrize(
    ("tlp", "most"),
    [(Tlp.CLEAR, Reshare.FREE), (Tlp.GREEN, Reshare.COMMUNITY), (Tlp.AMBER, Reshare.CONSENT),
     (Tlp.AMBER_STRICT, Reshare.NONE), (Tlp.RED, Reshare.NONE)],
)  # fmt: skip
def test_the_level_bounds_what_may_be_passed_on(tlp, most):
    assert reshare_of(Label(tlp=tlp, reshare=Reshare.FREE)) == most
    assert reshare_of(Label(tlp=tlp)) == Reshare.NONE


def test_purposes_are_those_of_the_eucise_service_model(shared):
    import re

    text = (shared / "standards/cise/service-model-xsd/message.xsd").read_text()
    block = text[text.index('<xs:simpleType name="PurposeType">') :]
    found = re.findall(r'enumeration value="(\w+)"', block[: block.index("</xs:simpleType>")])
    assert set(found) == PURPOSES


def test_who_have_nobody_in_common_are_not_the_default_that_says_nobody_chose():
    """On a node's own row the default lets rules decide: what joined labels forbid must never look like it."""
    for other in (Label(), Label(rel_to=frozenset(("bay",))), Label(tlp=Tlp.AMBER, rel_to=frozenset(("c:civil",)))):
        found = join((other, Label(rel_to=frozenset(("cape",)))))
        assert found != Label()
        assert label_of(word_of(found)) == found
        assert found.policy == MIXED_POLICY
    everybody = Label(tlp=Tlp.CLEAR, rel_to=frozenset((EVERYBODY,)))
    assert join((Label(), everybody)) == Label()

"""Times, ids, errors, labels and contexts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.base import ids, utc
from kizuna.base.errors import InputError
from kizuna.base.units import MISSING_TIME_MS
from kizuna.records import context, label


@given(st.integers(-(2**40), 2**42))
def test_times_survive_their_text(time_ms):
    assert utc.parse(utc.iso(time_ms)) == time_ms


def test_a_missing_time_is_an_empty_text():
    assert utc.iso(MISSING_TIME_MS) == ""
    assert utc.iso_s(MISSING_TIME_MS) == ""


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T09:00:00+09:00", 0),
        ("1969-12-31T23:59:59.999Z", -1),
        ("2016-12-31T23:59:59Z", 1483228799000),
    ],
)
def test_times_with_offsets_are_read(text, ms):
    assert utc.parse(text) == ms


@pytest.mark.parametrize("text", ["", "yesterday", "2020-13-01T00:00:00Z", "2020-01-01T00:00:00"])
def test_no_time_or_no_zone_is_refused(text):
    with pytest.raises(InputError):
        utc.parse(text)


def test_a_text_without_zone_is_read_when_the_caller_says_utc():
    assert utc.parse("1970-01-01T00:00:01", assume_utc=True) == 1000


@given(
    st.lists(st.one_of(st.text(), st.integers(), st.binary())),
    st.lists(st.one_of(st.text(), st.integers(), st.binary())),
)
def test_ids_differ_when_their_parts_do(a, b):
    same_parts = [(type(x), x) for x in a] == [(type(x), x) for x in b]
    assert (ids.hash_hex(*a) == ids.hash_hex(*b)) == same_parts
    assert 0 <= ids.hash63(*a) < 2**63


def test_ids_never_change():
    """Ids are cited in reports: a change of their making breaks every citation."""
    assert ids.hash_hex("gap", 416000000, 0) == "bf3ab026c6f871dfcfc986d85db6c6f2"
    assert ids.hash63("a", 1) == 6141443155574342627
    assert ids.source_base("x") == 5194282207981667554
    assert ids.hash_hex("ab", "c") != ids.hash_hex("a", "bc")


@pytest.mark.parametrize("good", ["real", "test", "exercise:kizuna-demo", "exercise:A.1_b"])
def test_contexts_that_are_well_formed(good):
    assert context.check(good) == good


@pytest.mark.parametrize(
    "bad", ["", "Real", "exercise", "exercise:", "exercise:a b", "exercise:" + "x" * 65, "exercise:-a"]
)
def test_contexts_that_are_not(bad):
    with pytest.raises(InputError):
        context.check(bad)


def test_marking_is_empty_only_for_real_data():
    assert context.marking("real") == ""
    assert context.marking("exercise:demo") == "EXERCISE demo"
    assert context.marking("test") == "TEST"


@given(st.lists(st.sampled_from(["nobody", "AMBER;rel=cape", "GREEN;rel=cape,strait", "partners"]), min_size=1))
def test_a_joined_label_never_widens(words):
    joined = label.join_words(words)
    assert not any(label.widens(label.label_of(joined), label.label_of(word)) for word in words)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.base.errors import InputError
from kizuna.share.rules.activation import (
    ACTIVATE,
    APPROVE,
    DEEDS,
    NOTHING,
    PROPOSE,
    ROLL_BACK,
    ROLL_BACK_MS,
    STOP,
    WITHDRAW,
    Status,
    Step,
    refusal,
    status,
    take,
)


def steps(*rows):
    return [Step(deed, by, at, *rest) for at, (deed, by, *rest) in enumerate(rows)]


FIRST = [(PROPOSE, "aki", "a"), (APPROVE, "ben", "a"), (ACTIVATE, "aki", "a")]
SECOND = [(PROPOSE, "ben", "b", "a"), (APPROVE, "aki", "b", "a"), (ACTIVATE, "ben", "b", "a")]


def test_at_first_nothing_leaves():
    assert status([]).active == NOTHING


def test_two_people_put_rules_in_force():
    found = status(steps(*FIRST))
    assert (found.active, found.before, found.proposals) == ("a", NOTHING, {})
    found = status(steps(*FIRST, *SECOND))
    assert (found.active, found.before) == ("b", "a")
    assert len(found.steps) == 6


BAD = {
    "unknown step": [("enact", "aki", "a")],
    "nobody": [(PROPOSE, "", "a")],
    "no rules": [(PROPOSE, "aki")],
    "alone": [(PROPOSE, "aki", "a"), (APPROVE, "aki", "a")],
    "without approval": [(PROPOSE, "aki", "a"), (ACTIVATE, "ben", "a")],
    "without proposal": [(APPROVE, "aki", "a")],
    "activated from nowhere": [(ACTIVATE, "aki", "a")],
    "proposed twice": [(PROPOSE, "aki", "a"), (PROPOSE, "ben", "a")],
    "approved twice": [(PROPOSE, "aki", "a"), (APPROVE, "ben", "a"), (APPROVE, "cho", "a")],
    "in force already": [*FIRST, (PROPOSE, "ben", "a", "a")],
    "compared with others": [*FIRST, (PROPOSE, "ben", "b", "x")],
    "approved against others": [*FIRST, (PROPOSE, "ben", "b", "a"), (APPROVE, "aki", "b", "")],
    "withdrawn": [(PROPOSE, "aki", "a"), (APPROVE, "ben", "a"), (WITHDRAW, "cho", "a"), (ACTIVATE, "aki", "a")],
    "withdraw nothing": [(WITHDRAW, "cho", "a")],
    "stop nothing": [(STOP, "aki")],
    "back from nothing": [(ROLL_BACK, "aki")],
    "back to others": [*FIRST, *SECOND, (ROLL_BACK, "aki", "x", "b")],
    "back and forth": [*FIRST, *SECOND, (ROLL_BACK, "aki", "a", "b"), (ROLL_BACK, "aki", "b", "a")],
    "back after a stop": [*FIRST, *SECOND, (STOP, "aki", "", "b"), (ROLL_BACK, "aki", "a", "")],
    "in force twice by one approval": [*FIRST, *SECOND, (ACTIVATE, "aki", "a", "b")],
}


@pytest.mark.parametrize("rows", BAD.values(), ids=BAD.keys())
def test_a_step_out_of_order_is_refused(rows):
    before = status(steps(*rows[:-1]))
    with pytest.raises(InputError):
        take(before, steps(*rows)[-1])


def test_an_approval_is_void_once_other_rules_are_in_force():
    rows = [*FIRST, (PROPOSE, "aki", "c", "a"), (APPROVE, "ben", "c", "a"), *SECOND]
    with pytest.raises(InputError, match="propose them again"):
        status(steps(*rows, (ACTIVATE, "aki", "c", "b")))
    again = status(steps(*rows, (PROPOSE, "aki", "c", "b")))
    assert again.proposals["c"].approved_by == ""


def test_one_person_alone_may_stop_everything():
    assert status(steps(*FIRST, (STOP, "cho", "", "a"))).active == NOTHING


def test_one_person_may_go_back_within_a_day():
    found = status(steps(*FIRST, *SECOND))
    assert take(found, Step(ROLL_BACK, "aki", 5 + ROLL_BACK_MS, "a", "b")).active == "a"
    with pytest.raises(InputError, match="more than a day"):
        take(found, Step(ROLL_BACK, "aki", 6 + ROLL_BACK_MS, "a", "b"))


def test_going_back_from_the_first_rules_is_that_nothing_leaves():
    assert status(steps(*FIRST, (ROLL_BACK, "aki", NOTHING, "a"))).active == NOTHING


random_steps = st.lists(
    st.builds(
        Step,
        st.sampled_from(DEEDS),
        st.sampled_from(["aki", "ben"]),
        st.just(0),
        st.sampled_from(["a", "b", ""]),
        st.sampled_from(["a", "b", ""]),
    ),
    max_size=40,
)


@given(random_steps)
def test_whatever_is_tried_nothing_is_in_force_that_two_people_did_not_want(tried):
    now = Status()
    for step in tried:
        if not refusal(now, step):
            now = take(now, step)
    assert status(now.steps) == now
    for i, step in enumerate(now.steps):
        if step.deed != ACTIVATE:
            continue
        wanted = {s.by for s in now.steps[:i] if s.rules == step.rules and s.deed in (PROPOSE, APPROVE)}
        assert len(wanted) == 2
    put = {s.rules for s in now.steps if s.deed == ACTIVATE}
    assert now.active in {NOTHING, *put}

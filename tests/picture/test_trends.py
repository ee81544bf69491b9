"""Trends: closed forms, missing days, refusals, words; how often an interval holds the truth."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.base.errors import InputError
from kizuna.picture.pages.trend_page import trend_page
from kizuna.picture.series import make_series
from kizuna.picture.trends import Params, compare, sentence, t_quantile

BEFORE, NOW = (0, 84), (84, 112)
WEEK = np.array([1.2, 1.1, 1.0, 1.0, 1.0, 0.8, 0.6])


def drawn(seed, ratio=1.0, mean=8.0, missing=0.0, heard=None):
    rng = np.random.default_rng(seed)
    day = np.arange(BEFORE[0], NOW[1])
    mu = mean * WEEK[day % 7] * np.where(day >= NOW[0], ratio, 1.0)
    value = rng.poisson(mu * rng.gamma(4, 1 / 4, len(day))).astype(float)
    value[rng.random(len(day)) < missing] = np.nan
    return make_series("ships", day, value, heard=heard)


def test_with_whole_weeks_the_ratio_is_that_of_the_means():
    s = drawn(1, 1.4)
    c = compare(s, BEFORE, NOW)
    assert c.ratio == pytest.approx(s.value[84:].mean() / s.value[:84].mean())
    assert c.low < c.ratio < c.high
    assert (c.baseline_days, c.period_days) == (84, 28)


def test_the_interval_of_pure_poisson_days_is_close_to_the_exact_one():
    rng = np.random.default_rng(3)
    c = compare(make_series("x", np.arange(728), rng.poisson(20, 728)), (0, 364), (364, 728))
    want = math.exp(1.96 * math.sqrt(2 / (20 * 364)))
    assert math.log(c.high / c.ratio) == pytest.approx(math.log(want), rel=0.15)


def test_a_week_cut_short_is_no_change():
    day = np.arange(84 + 12)  # twelve days: the two weakest of the week are missing once
    s = make_series("x", day, 100 * WEEK[day % 7])
    assert compare(s, (0, 84), (84, 96)).ratio == pytest.approx(1.0)


@given(st.integers(0, 10**6))
def test_missing_days_are_not_zeros(seed):
    s = drawn(seed, 1.0, 50.0)
    thin = np.random.default_rng(seed).random(len(s.day)) < 0.7
    kept = dataclasses.replace(s, day=s.day[thin], value=s.value[thin])
    c = compare(kept, BEFORE, NOW)
    assert c.period_days == int(thin[84:].sum())
    assert 0.5 < c.ratio < 2.0


@given(st.integers(0, 10**6), st.floats(0.1, 50.0))
def test_a_change_of_unit_changes_no_ratio(seed, factor):
    s = drawn(seed, 1.3, 30.0)
    a, b = compare(s, BEFORE, NOW), compare(dataclasses.replace(s, value=s.value * factor), BEFORE, NOW)
    assert (b.ratio, b.low, b.high) == pytest.approx((a.ratio, a.low, a.high), rel=1e-6)


@pytest.mark.parametrize(("before", "now", "value", "why"), [
    ((0, 10), NOW, 5.0, "10 days with a value, 14 are needed"), (BEFORE, (84, 88), 5.0, "4 days with a value, 7"),
    (BEFORE, NOW, 0.1, "adds up to"), ((200, 230), NOW, 5.0, "0 days with a value"),
])  # fmt: skip
def test_too_little_is_refused_with_the_reason(before, now, value, why):
    c = compare(make_series("x", np.arange(112), np.full(112, value)), before, now)
    assert why in c.refused
    assert math.isnan(c.ratio)
    assert sentence(c).startswith("x: no comparison, because ")
    assert not c.clear


def test_baseline_and_period_must_not_overlap():
    with pytest.raises(InputError, match="overlap"):
        compare(drawn(1), (0, 90), (84, 112))


def test_the_words_say_the_size_the_interval_and_the_days():
    text = sentence(compare(drawn(5, 2.5, missing=0.1), BEFORE, NOW))
    assert "higher than the baseline by" in text
    assert "95 % interval +" in text
    assert " of 28 days against " in text
    assert "no clear difference from the baseline" in sentence(compare(drawn(5), BEFORE, NOW))


def test_vessels_heard_that_change_too_are_told_and_rates_allow_for_it():
    heard = np.where(np.arange(112) >= 84, 200.0, 100.0)
    s = drawn(7, 2.0, 40.0, heard=heard)
    c = compare(s, BEFORE, NOW)
    assert c.clear
    assert c.heard_ratio == pytest.approx(2.0)
    assert any("reception or traffic as a whole" in w for w in c.warnings)
    rate = compare(s, BEFORE, NOW, per_heard=True)
    assert not rate.clear
    assert rate.ratio == pytest.approx(1.0, abs=0.3)
    assert "per vessel heard" in sentence(rate)


def test_rates_need_the_vessels_heard():
    with pytest.raises(InputError, match="not known"):
        compare(drawn(1), BEFORE, NOW, per_heard=True)


def test_days_that_resemble_their_neighbours_make_the_interval_wider():
    rng = np.random.default_rng(11)
    level = np.zeros(112)
    for t in range(1, 112):
        level[t] = 0.8 * level[t - 1] + rng.normal(0, 0.3)
    value = rng.poisson(30 * np.exp(level))
    shuffled = value.copy()
    rng.shuffle(shuffled[:84])
    rng.shuffle(shuffled[84:])
    day = np.arange(112)
    a, b = (compare(make_series("x", day, v), BEFORE, NOW) for v in (value, shuffled))
    assert a.independent_days < b.independent_days
    assert any("the level may wander" in w for w in a.warnings)
    assert not b.warnings
    assert math.log(a.high / a.low) > 1.3 * math.log(b.high / b.low)


@pytest.mark.parametrize("ratio", [1.0, 1.5])
def test_intervals_hold_the_truth_about_as_often_as_they_say(ratio):
    """400 series: 95 % leaves 4.4 binomial standard errors down to 0.90; benchmarks/trend_intervals.py tells more."""
    held = [
        (c.low <= ratio <= c.high) for c in (compare(drawn(s, ratio, missing=0.1), BEFORE, NOW) for s in range(400))
    ]
    assert 0.90 < np.mean(held) < 0.99


def test_quantiles_of_t_are_those_of_the_tables():
    for freedom, want in ((3, 3.182446), (5, 2.570582), (10, 2.228139), (30, 2.042272), (1e9, 1.959964)):
        assert t_quantile(0.975, freedom) == pytest.approx(want, abs=3e-5)
    assert t_quantile(0.995, 10) == pytest.approx(3.169273, abs=1e-5)


def test_parameters_out_of_range_are_refused():
    with pytest.raises(InputError, match="level"):
        Params(level=1.0)


def test_the_page_escapes_names_and_runs_no_script():
    s = make_series("<script>x", np.arange(112), np.arange(112.0), source="<b>")
    text = trend_page([compare(s, BEFORE, NOW)], [s], "exercise:x", "nobody").decode()
    assert "<script" not in text
    assert "<b>" not in text
    assert "EXERCISE" in text
    assert "default-src &#x27;none&#x27;" in text or "default-src 'none'" in text

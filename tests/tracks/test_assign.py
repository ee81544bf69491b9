"""The one-to-one assignment against counting all ways."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.tracks import assign


def all_ways(weights):
    """Every set of pairs without a common row or column, with the product of its weights."""
    rows, cols = weights.shape
    for choice in product(range(-1, cols), repeat=rows):
        used = [c for c in choice if c >= 0]
        if len(used) == len(set(used)) and all(weights[r, c] > 0 for r, c in enumerate(choice) if c >= 0):
            yield choice, float(np.prod([weights[r, c] for r, c in enumerate(choice) if c >= 0]))


def pairs_of(weights):
    row, col = np.nonzero(weights)
    return row, col, weights[row, col], *weights.shape


@st.composite
def tables(draw):
    rows, cols = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    logs = draw(st.lists(st.floats(-4, 6), min_size=rows * cols, max_size=rows * cols))
    there = draw(st.lists(st.booleans(), min_size=rows * cols, max_size=rows * cols))
    return np.where(there, np.exp(np.round(logs, 3)), 0.0).reshape(rows, cols)


@given(tables())
@settings(max_examples=200, deadline=None)
def test_best_is_the_likeliest_of_all_ways(weights):
    row, col, weight, rows, cols = pairs_of(weights)
    chosen = assign.best(row, col, np.log(np.maximum(weight, 1e-300)), rows, cols)
    picked = chosen[chosen >= 0]
    assert len(set(row[picked])) == len(picked) and all(col[chosen[c]] == c for c in range(cols) if chosen[c] >= 0)
    assert np.prod(weight[picked]) == pytest.approx(max(w for _, w in all_ways(weights)), rel=1e-9)


@given(tables())
@settings(max_examples=200, deadline=None)
def test_marginals_give_nobody_more_than_one_partner(weights):
    row, col, weight, rows, cols = pairs_of(weights)
    prob, _ = assign.marginals(row, col, weight, rows, cols)
    assert np.all(prob >= 0) and np.all(np.bincount(row, prob, rows) <= 1)
    assert np.all(np.bincount(col, prob, cols) <= 1 + 1e-4)


def test_marginals_are_near_those_of_all_ways():
    """Near is a matter of the many: two that fit two others almost equally well may be off by a third."""
    chance, worst = np.random.default_rng(2014), []
    for density in (0.5, 0.9) * 100:
        shape = tuple(chance.integers(1, 5, 2))
        weights = np.where(chance.random(shape) < density, np.exp(chance.uniform(-4, 6, shape)), 0.0)
        row, col, weight, rows, cols = pairs_of(weights)
        prob, _ = assign.marginals(row, col, weight, rows, cols)
        ways = list(all_ways(weights))
        total = sum(w for _, w in ways)
        exact = np.array([sum(w for c, w in ways if c[r] == k) / total for r, k in zip(row, col)])
        worst.append(np.max(np.abs(prob - exact), initial=0.0))
    assert np.mean(worst) < 0.01 and np.quantile(worst, 0.95) < 0.08


def test_marginals_are_exact_without_conflict():
    weights = np.diag([3.0, 0.5, 1.0])
    prob, _ = assign.marginals(*pairs_of(weights))
    assert prob == pytest.approx([0.75, 1 / 3, 0.5])


def test_no_pairs_give_no_matches():
    nothing = np.empty(0, np.int64)
    assert assign.best(nothing, nothing, np.empty(0), 2, 3).tolist() == [-1, -1, -1]
    assert len(assign.marginals(nothing, nothing, np.empty(0), 2, 3)[0]) == 0

"""Which of many candidates belong together, at most one to one: the best whole answer, and how sure each pair is.

Rows and columns (here tracks and detections) may be joined by pairs, each with a weight: how many times likelier it is
that the two are one than that both stand alone. A way to match is a set of pairs without a common row or column; its
probability is proportional to the product of its weights.

- ``best`` gives the likeliest way: within each connected group of pairs the assignment problem (Kuhn 1955), solved by
  SciPy's ``linear_sum_assignment``.
- ``marginals`` gives for each pair the sum of the probabilities of all ways that contain it, by loopy belief
  propagation (Williams and Lau, "Approximate evaluation of marginal association probabilities with belief
  propagation", IEEE TAES 2014), which converges for every input; its error against counting all ways is tested.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from kizuna.base.table import Array

_ROUNDS: Final = 200
_STILL: Final = 1e-5
"""Stop when no message (a share, 0 to 1) changes by more than this."""
_LARGEST: Final = 1e12
"""A weight beyond this says no more than that the pair is certain."""


def marginals(
    row: Array, col: Array, weight: Array, rows: int, cols: int, back: Array | None = None
) -> tuple[Array, Array]:
    """Probability of each pair, and the messages to hand in as ``back`` when the weights change a little.

    ``row`` and ``col`` name the ends of the pairs, each pair at most once. Against counting all ways the error is below
    0.04 in 95 of 100 random tables of up to four by four; two that fit two others almost equally may be off by 0.35.
    """
    weight = np.minimum(weight, _LARGEST)
    back = np.ones(len(weight)) if back is None else back
    for _ in range(_ROUNDS):
        product = weight * back
        forth = weight / (1.0 + _others(product, row, rows))
        new = 1.0 / (1.0 + _others(forth, col, cols))
        moved = np.max(np.abs(new - back), initial=0.0)
        back = new
        if moved < _STILL:
            break
    product = weight * back
    return np.asarray(product / (1.0 + np.bincount(row, product, rows)[row])), back


def _others(values: Array, group: Array, groups: int) -> Array:
    """Sum of the other values of the same group."""
    return np.maximum(np.bincount(group, values, groups)[group] - values, 0.0)


def best(row: Array, col: Array, gain: Array, rows: int, cols: int) -> Array:
    """Index of the chosen pair per column, -1 where it stands alone; the sum of the gains is the greatest possible.

    ``gain`` is the logarithm of the weight; pairs without a gain above 0 are never chosen. Among equal answers the one
    that SciPy finds first is taken, so hand in pairs in a fixed order and rounded gains.
    """
    chosen = np.full(cols, -1, np.int64)
    use = np.flatnonzero(gain > 0.0)
    if len(use) == 0:
        return chosen
    r, c, g = row[use], col[use], gain[use]
    graph = coo_array((np.ones(len(use)), (r, rows + c)), shape=(rows + cols, rows + cols))
    _, part = connected_components(graph, directed=False)
    of = part[r]
    order = np.argsort(of, kind="stable")
    cuts = np.flatnonzero(np.diff(of[order], prepend=-1, append=-1))
    for low, high in pairwise(cuts.tolist()):
        some = order[low:high]
        if high - low == 1:
            chosen[c[some[0]]] = use[some[0]]
            continue
        r_ids, r_at = np.unique(r[some], return_inverse=True)
        c_ids, c_at = np.unique(c[some], return_inverse=True)
        table = np.zeros((len(r_ids), len(c_ids)))
        pair = np.full(table.shape, -1, np.int64)
        table[r_at, c_at] = g[some]
        pair[r_at, c_at] = use[some]
        i, j = linear_sum_assignment(table, maximize=True)
        real = pair[i, j] >= 0
        chosen[c_ids[j[real]]] = pair[i[real], j[real]]
    return chosen

"""How likely a silence is the vessel's own, and not one of receivers or of habit: the model behind gaps.

    P(own) = 1 / (1 + exp(-z)),   z = INTERCEPT + sum of weight * feature

Three features, none of which is the length of the silence or anything of who the vessel is:

- ``neighbours_heard``: log odds of the share of other vessels that were heard in the first hours of the silence, out
  of those that could be expected (``tracks.reception``). Counts of the vessel's own half-degree cell are drawn
  towards those of the cells around it, and these towards one half, so that few neighbours say little and none nothing.
- ``neighbours_heard_before``: the same share in the hours before, around: a place where somebody is always missing.
- ``longest_own_interval``: logarithm of the longest time between own fixes in the hours before, in seconds.

**What the probability means.** The weights were fitted to silences in equal parts: transmitters off while receivers
listened (made by deleting one vessel's messages), receivers out (made by deleting an area's messages) and silences as
they came. It is the chance of the first against the other two *in that mix*. Where owners switch off less often than
one time in three, it is too high; ``ordinary_per_own`` shifts it to another mix, and the order of silences stays. See
docs/explanation/reception.md for the fit, the check on vessels not used in it, and for how far it carries over to other
waters.

Features are rounded to six and the probability to four decimals: logarithm and exponential of the C library may differ
in their last bit between processors, and two partners must find the same.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from kizuna.base.table import Array
from kizuna.events.account.silence_weights import INTERCEPT, WEIGHTS

ORDINARY_PER_OWN: Final = 2.0
"""The mix of the fit: a third each of outages, natural silences and own ones."""
OWN_PRIOR: Final = 2.0
"""Vessel-hours that the share around counts for in the vessel's own cell. The fit hardly depends on it (1 to 10)."""
AROUND_PRIOR: Final = 4.0
"""Vessel-hours that a share of one half counts for around."""
_EDGE: Final = 0.005
"""Shares are kept this far from 0 and 1: a share of all says no more than 199 in 200."""
UNKNOWN_INTERVAL_S: Final = 3600.0
"""Taken for a vessel heard once only: its usual silence is not known."""
_SHORTEST_S: Final = 60.0
"""Shorter longest intervals count as this. The data of the fit hold at most one fix a minute."""


class Circumstances(NamedTuple):
    """What is known around each silence; counts are vessel-hours of others (see ``tracks.reception.Neighbours``)."""

    heard: Array
    expected: Array
    heard_around: Array
    expected_around: Array
    heard_before: Array
    expected_before: Array
    hours: Array
    longest_own_s: Array


def share_heard(c: Circumstances) -> Array:
    """Share of the neighbours that were heard during the silence, drawn to one half where few could be expected."""
    around = _drawn(c.heard_around, c.expected_around)
    share: Array = (c.heard + OWN_PRIOR * around) / (c.expected + OWN_PRIOR)
    return share


def features(c: Circumstances) -> Array:
    """Shape (n, 3), in the order of ``WEIGHTS``."""
    longest_s = np.where(np.isnan(c.longest_own_s), UNKNOWN_INTERVAL_S, np.maximum(c.longest_own_s, _SHORTEST_S))
    before = _drawn(c.heard_before, c.expected_before)
    return np.round(np.stack([_log_odds(share_heard(c)), _log_odds(before), np.log(longest_s)], axis=1), 6)


def own_silence(c: Circumstances, ordinary_per_own: float = ORDINARY_PER_OWN) -> Array:
    """P(own) of the module, float64, where so many silences of other causes come on each one of a vessel's own."""
    x = features(c)
    z = np.full(len(x), INTERCEPT - np.log(ordinary_per_own / ORDINARY_PER_OWN))
    for k, weight in enumerate(WEIGHTS.values()):  # one by one: matrices may add in another order elsewhere
        z = z + weight * x[:, k]
    chance: Array = np.round(1.0 / (1.0 + np.exp(-z)), 4)
    return chance


def _drawn(heard: Array, expected: Array) -> Array:
    share: Array = (heard + 0.5 * AROUND_PRIOR) / (expected + AROUND_PRIOR)
    return share


def _log_odds(share: Array) -> Array:
    kept = np.clip(share, _EDGE, 1.0 - _EDGE)
    odds: Array = np.log(kept / (1.0 - kept))
    return odds

"""When rows come due: the delays that decisions under a rule set can have, and the boundaries that they pass.

Decisions join the transforms of all rules that release a row, so the delays that occur are those of single rules and
their joins, each also with the age until which a rule withholds. A row is told at a boundary of its time bucket
(``share.transforms.moment``); here it is worked out which rows have to be offered in a run, so that a run does not look
at everything again.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from kizuna.base.units import MISSING_TIME_MS, SECOND_MS
from kizuna.share.publish.run import AT_ONCE
from kizuna.share.rules.rule import Age, RuleSet, wait_ms
from kizuna.share.transforms.moment import last_tick_ms, tick_ms
from kizuna.share.transforms.steps import Delay

Ints = npt.NDArray[np.int64]


def delays_of(rules: RuleSet) -> tuple[Delay, ...]:
    """Every delay that a decision under these rules can have."""
    found = {AT_ONCE}
    for rule in rules.rules:
        if not rule.releases:
            continue
        mine = rule.transforms.get(Delay) or AT_ONCE
        waits = [c.min_ms for c in rule.conditions if isinstance(c, Age) and c.min_ms]
        wait_s = -(-max(waits, default=0) // SECOND_MS)
        for one in (mine, mine.join(Delay(wait_s, 1))):
            found |= {one, *(one.join(other) for other in found)}
    for until_ms in (w for rule in rules.rules if (w := wait_ms(rule))):  # what it withheld is offered again
        found |= {one.join(Delay(-(-until_ms // SECOND_MS), 1)) for one in found}
    return tuple(sorted(found, key=lambda d: (d.delay_s, d.bucket_s)))


def passed(delay: Delay, before_ms: int, now_ms: int) -> bool:
    """Whether a boundary of this delay lies in (before, now]."""
    return last_tick_ms(now_ms, delay) > last_tick_ms(before_ms, delay)


def due(time_ms: Ints, known_ms: Ints, delays: Iterable[Delay], before_ms: int, now_ms: int) -> npt.NDArray[np.bool_]:
    """Which rows come due in (before, now] under any of these delays."""
    out = np.zeros(len(time_ms), np.bool_)
    for delay in delays:
        ticks = tick_ms(time_ms, known_ms, delay)
        out |= (ticks > last_tick_ms(before_ms, delay)) & (ticks <= last_tick_ms(now_ms, delay))
    return out


def came_after(
    time_ms: Ints, known_ms: Ints, delays: Iterable[Delay], front_ms: int
) -> npt.NDArray[np.bool_]:  # fmt: skip
    """Which rows come due after a front by their coming, under any of these delays.

    Such a row was known only after its time bucket and the delay were over. It comes due at the first boundary after it
    came, hence after the front if it came after the last boundary that the front has passed. Its time does not tell
    (``window``). A row without a time never comes due.
    """
    out = np.zeros(len(time_ms), np.bool_)
    for delay in delays:
        bucket_ms, delay_ms = delay.bucket_s * SECOND_MS, delay.delay_s * SECOND_MS
        late = known_ms > (time_ms // bucket_ms + 1) * bucket_ms + delay_ms
        out |= late & (known_ms > last_tick_ms(front_ms, delay))
    out &= time_ms != MISSING_TIME_MS
    return out


def whole_ms(delays: Iterable[Delay], front_ms: int) -> int:
    """The time until which whatever came has come due at a front, if only by its coming, under all of these delays."""
    return min((last_tick_ms(front_ms, d) for d in delays), default=front_ms)


def window(delay: Delay, before_ms: int, now_ms: int) -> tuple[int, int]:
    """Times of observation, half-open, of rows known in time that come due in (before, now] under a delay."""
    bucket_ms, delay_ms = delay.bucket_s * SECOND_MS, delay.delay_s * SECOND_MS
    start = last_tick_ms(before_ms, delay) - delay_ms - 2 * bucket_ms
    return start, last_tick_ms(now_ms, delay) - delay_ms


def horizon_ms(delays: Iterable[Delay]) -> int:
    """How long after it was known a row may still come due."""
    return max((d.delay_s + 2 * d.bucket_s for d in delays), default=2) * SECOND_MS

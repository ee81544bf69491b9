"""Kernels over fixes: numbers only."""

from __future__ import annotations

from kizuna.base.jit import kernel


@kernel
def unwind_seconds(second, start_ms, smoothing, out_ms):
    """Times for messages that carry only the UTC second, in the order heard.

    A clock starts at ``start_ms``. Each report's second (0 to 59; -1 none) names the moment nearest to the clock,
    at most 30 s away; the clock follows these moments smoothly, so that one wrong second does not carry it off.

    Args:
        second: int8[n], UTC second of each message, -1 missing.
        start_ms: int64, time of the first message.
        smoothing: share of each deviation by which the clock follows.
        out_ms: int64[n], filled with the times.
    """
    clock_ms = float(start_ms)
    for i in range(len(second)):
        s = int(second[i])
        if s < 0:
            out_ms[i] = int(clock_ms)
            continue
        of_minute_ms = clock_ms - 60_000.0 * (clock_ms // 60_000.0)
        away_ms = float(s) * 1000.0 - of_minute_ms
        if away_ms > 30_000.0:
            away_ms -= 60_000.0
        elif away_ms < -30_000.0:
            away_ms += 60_000.0
        whole_s = (clock_ms + away_ms) // 1000.0
        out_ms[i] = int(whole_s) * 1000
        clock_ms += smoothing * away_ms

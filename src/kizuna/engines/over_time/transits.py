"""Transits of gates by the tracks of a result directory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kizuna.base.table import Table
from kizuna.engines.over_time.stream import Progress, Results, rows, silent
from kizuna.picture.transits import Params, Transits
from kizuna.places.gates import Gate


def transits_of(
    directory: Path, gates: Sequence[Gate], params: Params | None = None, progress: Progress = silent
) -> Table:  # fmt: skip
    """All transits, in order of time. Raises ConfigError or InputError as ``stream.rows`` does."""
    results = Results(directory)
    results.check()
    counter = Transits(gates, params)
    for part in rows(results, "Cross gates", progress):
        counter.feed(part)
    context, label = results.context_and_label()
    return counter.finish(context=context, label=label)

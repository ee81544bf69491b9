"""Transits of gates by the tracks of a result directory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from kizuna.base.errors import InputError
from kizuna.base.table import Array, Table
from kizuna.engines.over_time.stream import Progress, Results, rows, silent
from kizuna.picture.classes import CLASSES
from kizuna.picture.flags import FLAGS, flag_names, mid_of
from kizuna.picture.presence import Ships
from kizuna.picture.transits import Params, Transits
from kizuna.places.gates import Gate

BY: Final = ("gate", "direction", "flag", "type", "month", "day")
"""What transits are counted by."""


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


def check_by(by: Sequence[str]) -> None:
    """Raise InputError for what transits cannot be counted by."""
    odd = [b for b in by if b not in BY]
    if odd:
        raise InputError(f"cannot count by {', '.join(odd)}", hint=", ".join(BY))


def counted(
    found: Table, gates: Sequence[Gate], by: Sequence[str], classes: tuple[Array, Array],
    names: Mapping[int, str] | None = None,
) -> pa.Table:  # fmt: skip
    """Transits, vessels (MMSIs) and inferred transits by what is asked. Raises InputError for what is not in ``BY``.

    Counted by gate and direction alone, every one of them has its row, also without a transit.
    """
    check_by(by)
    ships = Ships(*classes, names or FLAGS)
    columns: dict[str, Any] = {}
    for b in by:
        if b == "gate":
            columns |= {"gate_id": found["gate_id"], "gate": found["gate"]}
        elif b == "direction":
            columns["direction"] = found["direction"]
        elif b == "flag":
            columns["flag"] = pa.array(flag_names(mid_of(found["mmsi"]), ships.names), pa.string())
        elif b == "type":
            columns["type"] = pa.array([CLASSES[k] for k in ships.kind_of(found["mmsi"]).tolist()], pa.string())
        else:
            unit = "M8[M]" if b == "month" else "M8[D]"
            days = found["time_ms"].view("M8[ms]").astype(unit)
            columns["date" if b == "day" else b] = pa.array([str(d) for d in days], pa.string())
    keys = list(columns)
    facts = pa.table(columns | {"mmsi": found["mmsi"], "inferred": pa.array(found["inferred"]).cast(pa.int64())})
    sums = facts.group_by(keys).aggregate([
        ("inferred", "count"), ("mmsi", "count_distinct"), ("inferred", "sum"),
    ])  # fmt: skip
    sums = sums.select([*keys, "inferred_count", "mmsi_count_distinct", "inferred_sum"])
    named = sums.rename_columns([*keys, "transits", "vessels", "inferred"])
    if set(by) == {"gate", "direction"}:
        seen = set(zip(found["gate_id"].to_pylist(), found["direction"].to_pylist(), strict=True))
        none = [
            {"gate_id": g.gate_id, "gate": g.name, "direction": way, "transits": 0, "vessels": 0, "inferred": 0}
            for g in gates for way in g.directions if (g.gate_id, way) not in seen
        ]  # fmt: skip
        named = pa.concat_tables([named, pa.Table.from_pylist(none, schema=named.schema)])
    return named.sort_by([(k, "ascending") for k in keys]) if keys else named

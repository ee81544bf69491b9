"""Rows of a table as dictionaries in the terms of the oracle: missing is None, flags are words."""

from __future__ import annotations

from typing import Any

from kizuna.base.table import Table
from kizuna.fixes.table import FLAGS
from kizuna.sources.batch import Batch


def rows(table: Table) -> list[dict[str, Any]]:
    arrow = table.to_arrow()
    out = arrow.rename_columns([c.name for c in table.schema.columns]).to_pylist()
    for row in out:
        if "flags" in row:
            row["flags"] = {name for name, bit in FLAGS.items() if row["flags"] & bit}
        for name in ("time_ms", "received_ms"):
            if row.get(name) is not None:
                row[name] = round(row[name].timestamp() * 1000)
    return out


def everything(batch: Batch) -> tuple[Any, ...]:
    """A batch as plain values, for comparing two."""
    return tuple(rows(t) for t in (batch.fixes, batch.statics, batch.others, batch.rejects)), dict(batch.counts)


def reasons(batch: Batch) -> list[str]:
    return [row["reason"] for row in rows(batch.rejects)]

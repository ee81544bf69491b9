"""What ``kizuna alerts`` does: read the events of a run, select, and tell them watch by watch."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from kizuna.base.errors import ConfigError, because
from kizuna.base.table import Table
from kizuna.base.units import HOUR_MS
from kizuna.base.utc import iso_s
from kizuna.events.alerts import Alerts, Params, select, sentences
from kizuna.events.params import read
from kizuna.events.table import EVENT_TYPES, EVENTS
from kizuna.node.cli import output
from kizuna.records.context import REAL
from kizuna.stores.parquet import read_table


def show(run: Path, params: Path | None, *, as_json: bool) -> None:
    """Print the alerts of a run."""
    with output.plain_errors():
        limits = _limits(params)
        events = read_table(EVENTS, run / "events.parquet" if run.is_dir() else run)
        found = select(events, limits)
    rows = told(events, found, limits)
    context = events.codes_of("context")[events["context"][0]] if len(events) else REAL
    if as_json:
        output.emit({"context": context, "events": len(events), "alerts": rows})
    else:
        output.mark(context)
        watch = ""
        for row in rows:
            if row["watch"] != watch:
                watch = row["watch"]
                sys.stdout.write(f"\nwatch from {watch}\n")
            more = f" ({row['events_in_case']} events in the case)" if row["events_in_case"] > 1 else ""
            sys.stdout.write(f"{row['raised'][11:16]}  {row['confidence']:.2f}  {row['summary']}{more}\n")
        sys.stdout.write(f"\n{len(rows):,} alerts among {len(events):,} events\n")
    if rows:
        raise SystemExit(output.FINDINGS)


def _limits(params: Path | None) -> Params:
    if params is None:
        return Params()
    try:
        return read(params.read_text(encoding="utf-8"), str(params)).alerts
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"cannot be read: {because(exc)}", where=str(params)) from exc


def told(events: Table, found: Alerts, limits: Params) -> list[dict[str, Any]]:
    """One plain mapping an alert, in order of time."""
    length_ms = round(limits.watch_h * HOUR_MS)
    told_of = events.take(found.row)
    columns = zip(
        told_of["event_id"].to_pylist(), told_of["event_type"].tolist(), told_of["mmsis"].to_pylist(),
        told_of["confidence"].tolist(), sentences(events, found), found.raised_ms.tolist(), found.watch.tolist(),
        found.events.tolist(), strict=True,
    )  # fmt: skip
    return [
        {
            "watch": iso_s(watch * length_ms), "raised": iso_s(raised), "event_id": event_id,
            "event_type": EVENT_TYPES[kind], "mmsis": mmsis, "confidence": round(confidence, 4),
            "events_in_case": size, "summary": summary,
        }
        for event_id, kind, mmsis, confidence, summary, raised, watch, size in columns
    ]  # fmt: skip

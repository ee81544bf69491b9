"""The page of one vessel: map, times, who it said it was, and its events with their evidence; no script, no request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from kizuna.base.table import Table
from kizuna.base.units import MISSING_TIME_MS
from kizuna.base.utc import iso_s
from kizuna.formats.report.paths import Land
from kizuna.formats.report.text import count, safe
from kizuna.formats.report_html import report_html
from kizuna.formats.run_summary import RunSummary
from kizuna.picture.history import History, cautions
from kizuna.tracks.table import NOISE_KINDS, Tracks

_ROWS_MOST: Final = 200


def vessel_html(history: History, summary: RunSummary, tracks: Tracks, land: Land) -> bytes:
    """The page as UTF-8; ``summary`` is that of the run, or of the runs joined, that the rows came from."""
    parts = [("identities", "Who it said it was", _identities(history)), ("tracks", "Its tracks", _segments(history))]
    return report_html(summary, history.events, tracks, None, land, parts)


def _identities(history: History) -> str:
    notes = "".join(f"<li>{safe(sentence, 400)}</li>" for sentence in cautions(history))
    told = f'<ul class="lead">{notes}</ul>' if notes else ""
    if not len(history.identities):
        return f'<div class="box">{told}</div>'
    table = history.identities
    rows = [
        (_text(table["shipname"], i), _text(table["callsign"], i), _imo(table, i), _size(table, i),
         _text(table["destination"], i), _time(table["first_ms"][i]), _time(table["last_ms"][i]),
         count(int(table["count"][i])))
        for i in range(min(len(table), _ROWS_MOST))
    ]  # fmt: skip
    head = ("Name", "Call sign", "IMO number", "Size", "Last destination", "First heard", "Last heard", "Messages")
    return f'<div class="box">{told}{_table(head, rows)}{_more(len(table))}</div>'


def _segments(history: History) -> str:
    table = history.segments
    if not len(table):
        return '<p class="box">No position was heard.</p>'
    rows = [
        (_time(table["start_ms"][i]), _time(table["end_ms"][i]), count(int(table["pos_count"][i])),
         f"{float(table['distance_m'][i]) / 1852:,.1f} nm", safe(NOISE_KINDS[table["noise"][i]].replace("_", " ")),
         safe(table["vessel_id"][i].as_py() or "", 60))
        for i in range(min(len(table), _ROWS_MOST))
    ]  # fmt: skip
    head = ("From (UTC)", "To (UTC)", "Fixes", "Length", "Judged", "Held to be")
    return f'<div class="box">{_table(head, rows)}{_more(len(table))}</div>'


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f'<th scope="col">{word}</th>' for word in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def _more(n: int) -> str:
    return f'<p class="note">The first {_ROWS_MOST} of {count(n)}.</p>' if n > _ROWS_MOST else ""


def _text(column: Any, row: int) -> str:
    value = column[row].as_py()
    return safe(value, 60) if value else "–"  # noqa: RUF001  a dash in an empty cell


def _imo(table: Table, row: int) -> str:
    number = int(table["imo"][row])
    if number < 0:
        return "–"  # noqa: RUF001
    return f"{number}" + ("" if table["imo_valid"][row] == 1 else " (check digit wrong)")


def _size(table: Table, row: int) -> str:
    length, width = int(table["length_m"][row]), int(table["width_m"][row])
    return f"{length} m × {width} m" if length > 0 and width > 0 else "–"  # noqa: RUF001


def _time(time_ms: np.int64) -> str:
    return iso_s(int(time_ms)).replace("T", " ").rstrip("Z") if time_ms != MISSING_TIME_MS else "–"  # noqa: RUF001

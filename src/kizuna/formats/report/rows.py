"""The list of events: one table a type, one row an event."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from kizuna.base.units import MISSING_TIME_MS
from kizuna.formats.report.listing import Entry
from kizuna.formats.report.marks import Kind, icon
from kizuna.formats.report.text import (
    MISSING,
    count,
    hours,
    metres,
    moment_short,
    name,
    number,
    plural,
    position_short,
    safe,
)

_VESSELS_MOST: Final = 4
_UNFOLDED: Final = 30  # rows that a long list shows before it is unfolded
_TABLE_END: Final = "</tbody></table></div>"


def _knots(value: float | None) -> str:
    return MISSING if value is None else f"{number(value)} kn"


def _zones(regions: Sequence[Mapping[str, Any]] | None) -> str:
    ids = list(dict.fromkeys(r["zone_id"] or "" for r in regions or ()))
    more = f" +{len(ids) - 3}" if len(ids) > 3 else ""  # noqa: PLR2004  the cell has room for three
    return ", ".join(name(i, 24) for i in ids[:3]) + more if ids else MISSING


def _port(entry: Entry) -> str:
    """Name of the port or anchorage that the facts of a visit give."""
    facts = json.loads(entry["event_info"] or "{}")
    port, point = facts.get("port") or {}, facts.get("intermediate_anchorage") or {}
    called = [point.get("name"), port.get("name"), port.get("name_ja")]
    return ", ".join(name(c, 24) for c in dict.fromkeys(called) if c) or name(point.get("anchorage_id") or MISSING, 24)


_Measure = tuple[str, Callable[[Entry], str]]
_SHORE: Final[_Measure] = ("From shore", lambda e: metres(e["start_distance_from_shore_m"]))
_MEASURES: Final[Mapping[str, tuple[_Measure, ...]]] = {
    "gap": (
        ("Positions apart", lambda e: metres(e["distance_m"])),
        ("Implied speed", lambda e: _knots(e["implied_speed_kn"])),
        _SHORE,
    ),
    "encounter": (
        ("Median distance", lambda e: metres(e["median_distance_m"])),
        ("Median speed", lambda e: _knots(e["median_speed_kn"])),
        _SHORE,
    ),
    "loitering": (
        ("Distance run", lambda e: metres(e["distance_m"])),
        ("Median speed", lambda e: _knots(e["median_speed_kn"])),
        _SHORE,
    ),
    "zone_visit": (
        ("Zone", lambda e: _zones(e["regions"])),
        ("Distance run", lambda e: metres(e["distance_m"])),
        ("Median speed", lambda e: _knots(e["median_speed_kn"])),
    ),
    "dark_detection": (_SHORE,),
    "port_visit": (("Port", _port), ("Level", lambda e: f"{e['level'] or MISSING} of 4")),
}


def vessels(entry: Entry, names: Mapping[int, str]) -> str:
    """Names (``b``) and MMSIs (``i``) of the participants, each on its own line."""
    lines = []
    segments = entry["seg_ids"] or []
    mmsis = entry["mmsis"] or []
    for k, mmsi in enumerate(mmsis[:_VESSELS_MOST]):
        seg = segments[k] if k < len(segments) else None
        known = names.get(seg) if seg is not None else None
        called = f"<b>{name(known, 32)}</b> " if known else ""
        lines.append(f"{called}<i>{mmsi}</i>")
    if len(mmsis) > _VESSELS_MOST:
        lines.append(f"and {len(mmsis) - _VESSELS_MOST} more")
    return "<br>".join(lines) or MISSING


def level(entry: Entry) -> str:
    """Confidence as a word and a value; the style sheet draws a bar as long as ``rod`` says beside it."""
    return MISSING if entry["confidence"] is None else f"{entry.level} {entry['confidence']:.2f}"


def rod(entry: Entry) -> str:
    """Attribute that tells the length of the bar beside a confidence; empty without one."""
    value = entry["confidence"]
    return "" if value is None else f' style="--c:{100 * min(max(value, 0.0), 1.0):.0f}%"'


def state(entry: Entry) -> str:
    """A chip for events that are still open or no longer stand; nothing for closed ones."""
    if entry["status"] in (None, "closed"):
        return ""
    reason = f": {safe(entry['status_reason']).replace('_', ' ')}" if entry["status_reason"] else ""
    return f'<span class="chip {entry["status"]}">{entry["status"]}{reason}</span>'


def _table_head(kind: Kind, *, folded: bool) -> str:
    """What stands before the rows of one type."""
    heads = "".join(f'<th scope="col">{h}</th>' for h, _ in _MEASURES.get(kind.key, ()))
    which = ", the rest" if folded else ""
    return (
        f'<div class="scroll"><table class="list"><caption class="quiet">{kind.words}{which}, by confidence, then by '
        'time</caption><thead><tr><th scope="col">No</th><th scope="col">Start, UTC</th><th scope="col">Lasted</th>'
        f'<th scope="col">Vessels</th><th scope="col">Position</th>{heads}<th scope="col">Confidence</th></tr></thead>'
        "<tbody>"
    )


def row(entry: Entry, names: Mapping[int, str], *, with_card: bool) -> str:
    """One event; its number links to the card where there is one. Thousands of rows: every byte counts."""
    start = entry["start_ms"] if entry["start_ms"] is not None else MISSING_TIME_MS
    no = f'<a href="#{entry.anchor}">{entry.number}</a>' if with_card else str(entry.number)
    anchor = "" if with_card else f' id="{entry.anchor}"'
    lon, lat = entry.place or (None, None)
    cells = "".join(f"<td>{f(entry)}</td>" for _, f in _MEASURES.get(entry.kind.key, ()))
    return (
        f'<tr class="l-{entry.level or "none"}{" over" if entry.over else ""}"{anchor}><th scope="row">{no}</th>'
        f"<td>{moment_short(start)}</td><td>{hours(entry['duration_h'])}{state(entry)}</td>"
        f"<td>{vessels(entry, names)}</td><td>{position_short(lat, lon)}</td>{cells}"
        f"<td{rod(entry)}>{level(entry)}</td></tr>"
    )


def section(kind: Kind, total: int, rows: Sequence[str], note: str) -> str:
    """The list of one type, which the reader can fold away; a long one shows its head and folds the rest itself."""
    head = f"<summary><h3>{icon(kind, 20)} {kind.words}</h3> <span>{plural(total, 'event')}</span></summary>"
    shown = len(rows) if len(rows) <= _UNFOLDED + _UNFOLDED // 2 else _UNFOLDED
    tables = f"{_table_head(kind, folded=False)}{''.join(rows[:shown])}{_TABLE_END}"
    if shown < len(rows):
        tables += (
            f'<details class="rest"><summary>{count(len(rows) - shown)} more</summary>'
            f"{_table_head(kind, folded=True)}{''.join(rows[shown:])}{_TABLE_END}</details>"
        )
    unfolded = "" if kind.routine else " open"
    return f'<details{unfolded} class="type t-{kind.key}">{head}{note}{tables}</details>'

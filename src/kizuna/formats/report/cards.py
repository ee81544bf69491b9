"""The card of one event: what was seen, the tests, what else could explain it, what would settle it, how to cite it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from kizuna.base.table import Table
from kizuna.base.units import MISSING_TIME_MS
from kizuna.formats.report.listing import Entry
from kizuna.formats.report.marks import icon
from kizuna.formats.report.minimap import Scene, small_map, speed_plot
from kizuna.formats.report.paths import Land
from kizuna.formats.report.rows import level, rod, state, vessels
from kizuna.formats.report.text import MISSING, hours, metres, moment, name, number, pair, plural, position, safe
from kizuna.formats.report.ways import ways
from kizuna.places.zone import Zone
from kizuna.tracks.table import Tracks

_TESTS_MOST: Final = 24
_LIST_MOST: Final = 8
_PARAMS_MOST: Final = 40
_ZONES_MOST: Final = 4
_SIGNS: Final = {">": "&gt;", ">=": "≥", "<": "&lt;", "<=": "≤"}


@dataclass(frozen=True, slots=True)
class Desk:
    """What every card needs: the tables, the places, and the words of the run."""

    events: Table
    tracks: Tracks | None
    zones: Mapping[str, Zone]
    land: Land
    names: Mapping[int, str]
    end_ms: int
    marking: str
    cited_as: str


def _meaning(events: Table, entry: Entry) -> str:
    """What the confidence is: for gaps judged by reception a probability or less (capped), else only an order."""
    judged = entry.kind.key == "gap" and any(
        t["test"] == "chance_that_silence_is_own" and t["measured"] is not None
        for t in events["evidence"][entry.row].as_py() or []
    )
    return "at most the chance that the silence is its own" if judged else "uncalibrated"


def card(entry: Entry, desk: Desk) -> str:
    """The whole card as an HTML article."""
    head = (
        f'<header><span class="no">{entry.number}</span>{icon(entry.kind, 22)}'
        f'<h4>{entry.kind.word} <span class="who">{_who(entry, desk)}</span></h4>'
        f'<span class="chips">{state(entry)}{_chip(desk.marking)}<span class="level"{rod(entry)}>{level(entry)}</span>'
        f' <small>{_meaning(desk.events, entry)}</small> <a class="back" href="#events">list</a></span></header>'
    )  # fmt: skip
    return (
        f'<article class="card t-{entry.kind.key} l-{entry.level or "none"}" id="{entry.anchor}" '
        f'aria-label="Event {entry.number}">{head}<div class="two"><div class="pictures">{_pictures(entry, desk)}</div>'
        f'<div class="facts"><p class="sum">{safe(entry["summary"], 400)}</p>{_facts(entry, desk)}'
        f"{_tests(desk.events, entry)}{_reading(entry)}</div></div>{_foot(entry, desk)}</article>"
    )


def _chip(marking: str) -> str:
    return f'<span class="chip marking">{safe(marking, 80)}</span>' if marking else ""


def _who(entry: Entry, desk: Desk) -> str:
    return vessels(entry, desk.names).replace("<br>", " · ")


def _pictures(entry: Entry, desk: Desk) -> str:
    start = entry["start_ms"]
    if start is None:
        return '<p class="none">No time, no map.</p>'
    end = entry["end_ms"] if entry["end_ms"] is not None else max(desk.end_ms, start + 1)
    shown = [desk.zones[i] for i in dict.fromkeys(r["zone_id"] for r in entry["regions"] or ()) if i in desk.zones]
    found = ways(desk.tracks, list(entry["mmsis"] or ()), list(entry["seg_ids"] or ()), start, end)
    scene = Scene(entry, found, start, end, shown[:_ZONES_MOST])
    drawn = small_map(scene, desk.land)
    if not drawn:
        return '<p class="none">No position, no map.</p>'
    unseen = entry.kind.key == "gap"
    key = "dashed: not seen, straight line" if unseen else "thick: during"
    letters = " ".join(f"<b>{w.letter}</b> {w.mmsi}" for w in found) + ". " if len(found) > 1 else ""
    return (
        f"<figure>{drawn}<figcaption>{letters}Thin: before; {key}; dotted: after. Disc: start; ring: end.</figcaption>"
        f"</figure>{speed_plot(scene)}"
    )


def _facts(entry: Entry, desk: Desk) -> str:
    """Times, places and measures; only those that the event has."""
    start, end = (entry[c] if entry[c] is not None else MISSING_TIME_MS for c in ("start_ms", "end_ms"))
    ongoing = "still open at the end of the data" if entry["status"] == "open" else MISSING
    facts = [
        ("Start", f"{moment(start)}<br>{position(*reversed(entry.point('start')))}"),
        ("End", f"{moment(end)}<br>{position(*reversed(entry.point('end')))}" if end != MISSING_TIME_MS else ongoing),
        ("Lasted", hours(entry["duration_h"])),
    ]
    measures = (
        ("Distance", metres(entry["distance_m"])),
        ("Implied speed", _with(entry["implied_speed_kn"], "kn")),
        ("Median speed", _with(entry["median_speed_kn"], "kn")),
        ("Median distance", metres(entry["median_distance_m"])),
        ("From shore", _pair(entry, "shore")),
        ("From anchorage", _pair(entry, "port")),
    )
    facts += [(k, v) for k, v in measures if v != MISSING]
    if entry["regions"]:
        facts.append(("Zones", _regions(entry["regions"], desk.zones)))
    return f"<dl>{''.join(f'<div><dt>{k}</dt><dd>{v}</dd></div>' for k, v in facts)}</dl>"


def _with(value: float | None, unit: str) -> str:
    return MISSING if value is None else f"{number(value)} {unit}"


def _pair(entry: Entry, what: str) -> str:
    """Distance at the start and, where it differs, at the end."""
    start, end = metres(entry[f"start_distance_from_{what}_m"]), metres(entry[f"end_distance_from_{what}_m"])
    return start if end in (MISSING, start) else f"{start} to {end}"


def _regions(regions: Sequence[Mapping[str, Any]], zones: Mapping[str, Zone]) -> str:
    lines = []
    for region in regions[:_LIST_MOST]:
        zone = zones.get(region["zone_id"])
        said = f", asserted by {name(region['claimant'], 40)}" if region["claimant"] else ""
        relation = f" ({safe(region['relation'], 30).replace('_', ' ')})" if region["relation"] else ""
        called = name(zone.name if zone is not None and zone.name else region["zone_id"], 60)
        lines.append(f"{called}{said}{relation}")
    if len(regions) > _LIST_MOST:
        lines.append(f"and {len(regions) - _LIST_MOST} more")
    return "<br>".join(lines)


def _tests(events: Table, entry: Entry) -> str:
    """Every test: measured, relation, threshold, unit, and whether it held, in words and as a sign."""
    tests = events["evidence"][entry.row].as_py() or []
    rows = []
    for test in tests[:_TESTS_MOST]:
        held = {True: '<td class="held">✓ held</td>', False: '<td class="failed">✗ did not hold</td>'}.get(
            test["passed"], "<td>not tested</td>"
        )
        measured, limit = pair(test["measured"], test["threshold"])
        sign = _SIGNS.get(test["relation"], MISSING)
        cells = (
            f'<td class="num">{measured}</td><td class="rel">{sign}</td>'
            f'<td class="num">{limit}</td><td>{safe(test["unit"], 20)}</td>{held}'
        )
        called = safe(test["test"], 60).replace("_", " ")
        rows.append(f'<tr><th scope="row">{called}</th>{cells}</tr>')
    if len(tests) > _TESTS_MOST:
        rows.append(f'<tr><td colspan="6">and {len(tests) - _TESTS_MOST} more in events.parquet</td></tr>')
    if not rows:
        return '<p class="none">This event states no test.</p>'
    return (
        '<table class="tests"><caption>Evidence</caption><thead><tr><th scope="col">Test</th>'
        '<th scope="col" class="num">Measured</th><th scope="col" class="rel"><span class="quiet">Relation</span></th>'
        '<th scope="col" class="num">Limit</th><th scope="col">Unit</th><th scope="col">Result</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _reading(entry: Entry) -> str:
    """Innocent explanations and what would settle the matter, side by side."""
    lists = (("Innocent explanations", entry["alternatives"]), ("What would settle it", entry["would_settle"]))
    parts = []
    for title, items in lists:
        if items:
            lines = "".join(f"<li>{safe(i, 200)}</li>" for i in items[:_LIST_MOST])
            parts.append(f"<div><h5>{title}</h5><ul>{lines}</ul></div>")
    return f'<div class="reading">{"".join(parts)}</div>' if parts else ""


def _foot(entry: Entry, desk: Desk) -> str:
    """Where it comes from: rule, sources, mask, proof, label, parameters, citation."""
    rule = f"{entry['rule_id'] or '?'}@{entry['rule_version'] or '?'}"
    said = [
        ("Rule", f"<code>{safe(rule, 60)}</code>"),
        ("Rests on", ", ".join(safe(s, 40) for s in (entry["sources"] or ())[:_LIST_MOST]) or MISSING),
        ("Anchorage mask", safe(entry["mask"], 100) if entry["mask"] else "none"),
        ("Released to", safe(entry["label"] or "nobody", 60)),
        ("Proof", _proof(desk.events, entry)),
    ]
    wide = {"Proof": ' class="wide"'}
    facts = "".join(f"<div{wide.get(k, '')}><dt>{k}</dt><dd>{v}</dd></div>" for k, v in said)
    cite = f"{entry.kind.word} {entry['event_id']}, version {entry['version']}, rule {rule}; {desk.cited_as}"
    return (
        f'<footer><dl>{facts}</dl>{_extras(entry)}<p class="cite">Cite as <code>{safe(cite, 400)}</code></p></footer>'
    )


def _proof(events: Table, entry: Entry) -> str:
    proof = events["proof"][entry.row]
    if not proof.is_valid or not len(proof.values):
        return MISSING
    parts = []
    for part in proof.values[:_LIST_MOST]:
        ids = part["msg_ids"].values if part["msg_ids"].is_valid else pa.array([], pa.int64())
        table = safe(part["table"].as_py(), 30)
        if not len(ids):
            parts.append(f"{table}: none")
        else:
            ends = f"<code>{ids[0].as_py()}</code> to <code>{ids[-1].as_py()}</code>"
            parts.append(f"{plural(len(ids), 'row')} of {table}, msg_id {ends}")
    return "<br>".join(parts)


def _extras(entry: Entry) -> str:
    """Parameters and further facts, folded away."""
    lines = [("Parameters", entry["params"]), ("Further facts", entry["event_info"])]
    shown = "".join(f"<h5>{title}</h5>{_pairs(text)}" for title, text in lines if text)
    return f"<details><summary>Parameters and further facts</summary>{shown}</details>" if shown else ""


def _pairs(text: str) -> str:
    """A JSON object as a list of names and values; other text as it stands."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        return f"<p><code>{safe(text, 600)}</code></p>"
    items = list(value.items())[:_PARAMS_MOST]
    pairs = "".join(
        f"<div><dt>{safe(k, 60)}</dt><dd>{number(v) if isinstance(v, float) else safe(_flat(v), 200)}</dd></div>"
        for k, v in items
    )
    return f'<dl class="pairs">{pairs}</dl>'


def _flat(value: Any) -> str:
    if value is None or isinstance(value, (dict, list, bool)):
        return json.dumps(value, ensure_ascii=False)
    return str(value)

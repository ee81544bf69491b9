"""The report of a run: one HTML page that needs nothing else, of at most 5 MB, without any script.

The page carries a content security policy that forbids scripts and every request; all texts of foreign origin are
escaped (``report.text``). It begins with its marking, which stays on the screen while one reads and stands on every
printed page. The reader can choose types, levels and the theme by check boxes that the style sheet answers to.

Budget: the list and the maps have a share of the page each, the run takes what it needs, and the rest goes to cards, in
turn the most confident event of each type, until the page is full. Events without a card stand in the list; events
that find no room there are counted, and the page says where the complete table is. Maps grow coarser to meet their
share. Order and bytes follow from the arguments alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from kizuna.base.errors import InputError
from kizuna.base.table import Table
from kizuna.events.table import EVENT_TYPES, LEVEL_WORDS
from kizuna.formats.report import run_part
from kizuna.formats.report.cards import Desk, card
from kizuna.formats.report.listing import Entry, entries, names_of
from kizuna.formats.report.marks import KINDS, icon, sheet
from kizuna.formats.report.overview import Scope, overview
from kizuna.formats.report.paths import Land, Shelf
from kizuna.formats.report.rows import row, section
from kizuna.formats.report.style import style_sheet
from kizuna.formats.report.text import count, plural, safe
from kizuna.formats.report.timeline import timeline
from kizuna.formats.run_summary import RunSummary, run_digest
from kizuna.places.zone import Zone
from kizuna.records.context import marking
from kizuna.records.label import NOBODY
from kizuna.tracks.table import Tracks

MAX_BYTES: Final = 5_000_000
"""The page is never larger; see the module for what gives way."""
_ROWS_SHARE: Final = 0.38
_MAPS_SHARE: Final = 0.34
_CARDS_MOST: Final = 300  # beyond this nobody reads on; the rest stands in the list
_ROUTINE_MOST: Final = 500  # rows of port visits; who wants them all reads the table
_RESERVE: Final = 20_000  # sentences between the parts
_WARNINGS_MOST: Final = 20

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def report_html(
    summary: RunSummary, events: Table, tracks: Tracks | None, zones: Sequence[Zone] | None, land: Land,
    parts: Sequence[tuple[str, str, str]] = (),
) -> bytes:  # fmt: skip
    """The page as UTF-8.

    ``tracks`` may be None (then maps show events alone), ``land`` gives rings of land as ``report.paths.Land`` says.
    ``parts`` are further sections behind the map: anchor, title and HTML that its maker has escaped.
    Raises InputError where the events belong to another context than the run: they never mix.
    """
    _check_context(summary, events)
    listed = entries(events)
    total = [int((events["event_type"] == k).sum()) for k in range(len(EVENT_TYPES))]
    shown_zones = list(zones or ())
    names = names_of(tracks, listed)
    desk = Desk(
        events, tracks, {z.zone_id: z for z in shown_zones}, Shelf(land), names, summary.end_ms,
        marking(summary.context), f"run {run_digest(summary)}, Kizuna {summary.kizuna_version}",
    )  # fmt: skip
    rows = _rows_within(listed, names, round(_ROWS_SHARE * MAX_BYTES))
    maps = overview(Scope(listed, len(rows), tracks, shown_zones, land), round(_MAPS_SHARE * MAX_BYTES))
    fixed = [
        _head(summary), _masthead(summary), _warnings(summary), _tiles(events, total),
        _part("map", "Where", maps + timeline(listed, tracks, summary.start_ms, summary.end_ms)),
        *(_part(*part) for part in parts),
        _part("read", "What was read", f'<div class="box">{run_part.inputs(summary)}</div>'),
        _part("method", "How it was worked on", f'<div class="box">{run_part.method(summary)}</div>'),
        _foot(summary),
    ]  # fmt: skip
    used = sum(len(part.encode()) for part in fixed) + sum(len(text.encode()) for _, text in rows)
    cards = _cards_within(listed, desk, MAX_BYTES - _RESERVE - used)
    head = 5 + len(parts)
    body = [*fixed[:head], _events(rows, total, len(events), names, cards), *fixed[head:]]
    return "".join(body).encode()


def _check_context(summary: RunSummary, events: Table) -> None:
    words = events.codes_of("context")
    found = {words[k] for k in np.unique(events["context"]).tolist() if k >= 0}
    if found - {summary.context}:
        odd = ", ".join(sorted(found - {summary.context}))
        raise InputError(f"events of context {odd} in a report of context {summary.context}", hint="they never mix")


def _rows_within(listed: list[Entry], names: dict[int, str], room: int) -> list[tuple[Entry, str]]:
    """Rows of the first events that fit; written as if all had cards, which is the longer form."""
    kept, used = [], 0
    routine = 0
    for entry in listed:
        routine += entry.kind.routine
        if entry.kind.routine and routine > _ROUTINE_MOST:
            continue
        text = row(entry, names, with_card=True)
        used += len(text.encode())
        if used > room:
            break
        kept.append((entry, text))
    return kept


def _cards_within(listed: list[Entry], desk: Desk, room: int) -> dict[int, str]:
    """Cards by number of their event: each type in turn gives its next one, until the room or the patience ends."""
    cards: dict[int, str] = {}
    used = 0
    for entry in _in_turn(listed):
        if len(cards) == _CARDS_MOST:
            break
        text = card(entry, desk)
        if used + len(text.encode()) > room:
            break
        used += len(text.encode())
        cards[entry.number] = text
    return cards


def _in_turn(listed: list[Entry]) -> Iterator[Entry]:
    """One of each type in turn; routine only after all the others."""
    for routine in (False, True):
        queues = [[e for e in listed if e.kind.key == k.key] for k in KINDS if k.routine is routine]
        for place in range(max(map(len, queues), default=0)):
            yield from (queue[place] for queue in queues if place < len(queue))


def _events(
    listed_rows: list[tuple[Entry, str]], total: list[int], n: int, names: dict[int, str], cards: dict[int, str]
) -> str:
    """List and cards."""
    if n == 0:
        return _part(
            "events", "Events",
            '<p class="box">No event was found with these settings. That does not say that nothing happened: see the '
            "limits and the parameters of this run below.</p>",
        )  # fmt: skip
    parts = [_picks(total)]
    for k, kind in enumerate(KINDS):
        mine = [(e, text) for e, text in listed_rows if e.kind.key == kind.key]
        if total[k]:
            rows = [text if e.number in cards else row(e, names, with_card=False) for e, text in mine]
            parts.append(section(kind, total[k], rows, _gaps_in_list(mine, total[k], cards)))
    ordered = "".join(cards[number] for number in sorted(cards))
    told = (
        f"Each card gives the evidence for one event. {_which(len(cards), n)} Confidence is a documented formula and "
        "no probability, but for gaps judged by reception: there it is the chance that the silence is the ship's own, "
        "or less, in the mix of causes that the documentation states."
    )
    return _part("events", "Events", "".join(parts)) + _part(
        "cards", "Evidence", f'<p class="lead">{told}</p><div class="cards">{ordered}</div>'
    )


def _which(cards: int, n: int) -> str:
    if cards == n:
        return "All events have one."
    return (
        f"{count(cards)} of {plural(n, 'event')} have one: of each type the most confident. "
        "The complete list with all evidence is <code>events.parquet</code>."
    )


def _gaps_in_list(mine: list[tuple[Entry, str]], total: int, cards: dict[int, str]) -> str:
    """What this list leaves out, said in words."""
    with_card = sum(e.number in cards for e, _ in mine)
    said = []
    if len(mine) < total:
        listed = f"The first {count(len(mine))} of {count(total)} are listed"
        said.append(f"{listed}; all are in <code>events.parquet</code>.")
    if 0 < with_card < len(mine):
        said.append(f"The {count(with_card)} with a linked number have a card below.")
    return f'<p class="note">{" ".join(said)}</p>' if said else ""


def _picks(total: list[int]) -> str:
    """Check boxes that fold away types and levels; the style sheet does the work."""
    types = "".join(
        f'<label><input type="checkbox" id="f-{k.key}" checked>{icon(k, 15)} {k.words}</label>'
        for k, n in zip(KINDS, total, strict=True) if n
    )  # fmt: skip
    levels = "".join(f'<label><input type="checkbox" id="l-{w}" checked>{w}</label>' for w in reversed(LEVEL_WORDS))
    return (
        f'<div class="pick"><fieldset><legend>Show</legend>{types}</fieldset>'
        f"<fieldset><legend>Confidence</legend>{levels}</fieldset></div>"
    )


def _head(summary: RunSummary) -> str:
    mark = marking(summary.context)
    title = f"{mark} – {summary.title}" if mark else summary.title  # noqa: RUF001  a dash between two titles
    words = _banner_words(summary)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="referrer" content="no-referrer"><meta name="robots" content="noindex">'
        '<link rel="icon" href="data:,">'
        f"<title>{safe(title)}</title><style>{style_sheet()}</style></head><body>"
        f'<div class="banner{" marked" if mark else ""}" role="note" aria-label="Marking"><span>{words}</span></div>'
        f'<a class="skip" href="#events">Skip to the events</a>{sheet()}<main class="page">'
    )


def _banner_words(summary: RunSummary) -> str:
    mark = marking(summary.context)
    told = "Not released to anyone" if summary.label == NOBODY else f"Released to: {safe(summary.label, 80)}"
    return f"{safe(mark, 90)} · NOT REAL · {told}" if mark else f"Real data · {told}"


def _masthead(summary: RunSummary) -> str:
    themes = "".join(
        f'<label><input type="radio" name="theme" id="t-{key}"{" checked" if key == "auto" else ""}>{word}</label>'
        for key, word in (("auto", "as my system"), ("day", "day"), ("night", "night"))
    )
    return (
        f'<div class="brand"><span><b>絆 Kizuna</b> {safe(summary.kizuna_version, 20)} · report of a run · '
        f"run <code>{run_digest(summary)}</code></span>"
        f'<fieldset class="themes"><legend>Colours</legend>{themes}</fieldset></div>'
        f"<h1>{safe(summary.title)}</h1>"
        f'<p class="lead">{run_part.span(summary)}</p>'
    )


def _warnings(summary: RunSummary) -> str:
    if not summary.warnings:
        return ""
    lines = "".join(f"<li>{safe(w, 400)}</li>" for w in summary.warnings[:_WARNINGS_MOST])
    return f'<div class="warn" role="note" aria-label="Warnings"><h2>Know this first</h2><ul>{lines}</ul></div>'


def _tiles(events: Table, total: list[int]) -> str:
    tiles = []
    for k, kind in enumerate(KINDS):
        mine = events["confidence_word"][events["event_type"] == k]
        counts = [(int((mine == i).sum()), word) for i, word in enumerate(LEVEL_WORDS)]
        levels = ", ".join(f"{n} {word}" for n, word in reversed(counts) if n) or "none found"
        tiles.append(
            f'<li>{icon(kind, 30)}<span class="n">{count(total[k])}</span>'
            f'<span>{kind.words if total[k] != 1 else kind.word}<br><span class="of">{levels}</span></span></li>'
        )
    return f'<ul class="tiles" aria-label="Events by type">{"".join(tiles)}</ul>'


def _part(anchor: str, title: str, body: str) -> str:
    return f'<section id="{anchor}" aria-label="{title}"><h2>{title}</h2>{body}</section>'


def _foot(summary: RunSummary) -> str:
    return (
        '<p class="end-note">Events state what positions are consistent with. They are no proof of intent, and silence '
        "is not hiding. The complete tables stand beside this page: events.parquet, segments.parquet, fixes.parquet, "
        f'run.json.</p></main><div class="foot-mark"><span>{_banner_words(summary)}</span></div></body></html>\n'
    )

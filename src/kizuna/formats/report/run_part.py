"""What was read and how it was worked on: the part of the report that a reader checks before trusting the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from kizuna.base.units import MISSING_TIME_MS
from kizuna.formats.report.text import MISSING, count, moment, name, number, plural, safe, seconds, size
from kizuna.formats.run_summary import InputFile, RunSummary

_FILES_MOST: Final = 60
_LINES_MOST: Final = 40


def inputs(summary: RunSummary) -> str:
    """Inputs with rows, rejects and hashes; rejects by reason; sources of time."""
    tables = [
        _files("Inputs", summary.inputs),
        _files("Zone files", summary.zone_files) if summary.zone_files else "",
        '<div class="side">',
        _numbers("Lines set aside", "Reason", "Lines", summary.rejects, "Nothing was set aside."),
        _numbers("Where times come from", "Source of time", "Fixes", summary.time_sources, "No fix has a time."),
        _numbers("Tables written", "Table", "Rows", summary.counts, "No table was written."),
        "</div>",
    ]
    return "".join(tables)


def span(summary: RunSummary) -> str:
    """One or two sentences: from when to when, how much was read."""
    times = "" if summary.start_ms == MISSING_TIME_MS else f"{moment(summary.start_ms)} to {moment(summary.end_ms)}. "
    return (
        f"{times}{plural(sum(i.rows for i in summary.inputs), 'row')} from {plural(len(summary.inputs), 'input')}, "
        f"{plural(sum(summary.rejects.values()), 'line')} set aside."
    )


def _files(title: str, files: Sequence[InputFile]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{name(f.name, 90)}</th><td>{safe(f.kind, 60)}</td>'
        f'<td class="num">{size(f.size_bytes)}</td><td class="num">{count(f.rows)}</td>'
        f'<td class="num">{count(sum(f.rejects.values()))}</td>'
        f'<td><code class="hash">{safe(f.sha256, 64) or MISSING}</code></td></tr>'
        for f in files[:_FILES_MOST]
    )
    if len(files) > _FILES_MOST:
        rows += f'<tr><td colspan="6">and {len(files) - _FILES_MOST} more; all are in run.json</td></tr>'
    return (
        f'<div class="scroll"><table><caption>{title}</caption><thead><tr><th scope="col">Name</th><th scope="col">Kind'
        '</th><th scope="col" class="num">Size</th><th scope="col" class="num">Rows</th><th scope="col" class="num">'
        f'Set aside</th><th scope="col">SHA-256</th></tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _numbers(title: str, what: str, how_many: str, values: Mapping[str, int], none: str) -> str:
    if not values:
        return f'<div><h3 class="cap">{title}</h3><p class="none">{none}</p></div>'
    rows = "".join(
        f'<tr><th scope="row">{safe(k, 60).replace("_", " ")}</th><td class="num">{count(v)}</td></tr>'
        for k, v in list(values.items())[:_LINES_MOST]
    )
    return (
        f'<div><table><caption>{title}</caption><thead><tr><th scope="col">{what}</th>'
        f'<th scope="col" class="num">{how_many}</th></tr></thead><tbody>{rows}</tbody></table></div>'
    )


def method(summary: RunSummary) -> str:
    """Rules, parameters, masks, limits, timings and versions."""
    return (
        f"{_lines('Limits of this run', summary.limits)}{_parameters(summary)}{_masks(summary)}"
        f'<div class="side">{_timings(summary)}{_versions(summary)}</div>{_lines("Data used", summary.notices)}'
    )


def _lines(title: str, sentences: Sequence[str]) -> str:
    if not sentences:
        return ""
    items = "".join(f"<li>{safe(s, 400)}</li>" for s in sentences[:_LINES_MOST])
    return f'<h3 class="cap">{title}</h3><ul class="plain">{items}</ul>'


def _parameters(summary: RunSummary) -> str:
    """One small table a rule."""
    tables = []
    for part in list(dict.fromkeys([*summary.rules, *summary.params]))[:_LINES_MOST]:
        version = f"@{safe(summary.rules[part], 20)}" if part in summary.rules else ""
        values = list(summary.params.get(part, {}).items())[:_LINES_MOST]
        cells = (f'<th scope="row"><code>{safe(k, 60)}</code></th><td class="num">{_value(v)}</td>' for k, v in values)
        rows = "".join(f"<tr>{pair}</tr>" for pair in cells) or '<tr><td colspan="2">no parameters</td></tr>'
        tables.append(
            f"<div><table><caption><code>{safe(part, 60)}{version}</code></caption><tbody>{rows}</tbody></table></div>"
        )
    if not tables:
        return ""
    return (
        '<details open><summary><h3 class="cap">Rules and parameters</h3></summary>'
        f'<div class="side tight">{"".join(tables)}</div></details>'
    )


def _value(value: Any) -> str:
    return number(value) if isinstance(value, float) else safe(value, 120)


def _masks(summary: RunSummary) -> str:
    if not summary.masks:
        return '<h3 class="cap">Masks</h3><p class="none">No anchorage mask was used: expect events in harbours.</p>'
    rows = "".join(
        f'<tr><th scope="row">{safe(m.name, 60)}</th><td>{safe(m.origin, 120)}</td>'
        f'<td class="num">{count(m.count) if m.count >= 0 else MISSING}</td>'
        f"<td><code>{safe(m.digest, 64)}</code></td></tr>"
        for m in summary.masks[:_LINES_MOST]
    )
    return (
        '<table><caption>Masks</caption><thead><tr><th scope="col">Mask</th><th scope="col">Origin</th>'
        f'<th scope="col" class="num">Places</th><th scope="col">Digest</th></tr></thead><tbody>{rows}</tbody></table>'
    )


def _timings(summary: RunSummary) -> str:
    if not summary.timings:
        return ""
    whole = max(sum(t.wall_s for t in summary.timings), 1e-9)
    rows = "".join(
        f'<tr><th scope="row">{safe(t.stage, 40)}</th><td class="num">{seconds(t.wall_s)}</td><td class="num">'
        f'{seconds(t.cpu_s)}</td><td class="num">{_rate(t.rows, t.cpu_s)}</td><td class="part"><span class="rod" '
        f'aria-hidden="true"><i style="width:{100 * t.wall_s / whole:.0f}%"></i></span></td></tr>'
        for t in summary.timings[:_LINES_MOST]
    )
    total = (
        f'<tr class="total"><th scope="row">All</th><td class="num">{seconds(whole)}</td><td class="num">'
        f"{seconds(sum(t.cpu_s for t in summary.timings))}</td><td></td><td></td></tr>"
    )
    return (
        '<div><table><caption>Timings</caption><thead><tr><th scope="col">Stage</th>'
        '<th scope="col" class="num">Wall</th><th scope="col" class="num">CPU</th>'
        '<th scope="col" class="num">Rows per CPU second</th><th scope="col">'
        f'<span class="quiet">Share</span></th></tr></thead><tbody>{rows}{total}</tbody></table></div>'
    )


def _rate(rows: int, cpu_s: float) -> str:
    if rows < 0 or cpu_s <= 0:
        return MISSING
    return f"{rows / cpu_s / 1e6:.2f} M" if rows / cpu_s >= 1e5 else count(round(rows / cpu_s))  # noqa: PLR2004  shorter


def _versions(summary: RunSummary) -> str:
    rows = "".join(
        f'<tr><th scope="row">{safe(k, 40)}</th><td><code>{safe(v, 60)}</code></td></tr>'
        for k, v in {"kizuna": summary.kizuna_version, **summary.versions}.items()
    )
    return (
        '<div><table><caption>Versions</caption><thead><tr><th scope="col">Software</th><th scope="col">Version</th>'
        f"</tr></thead><tbody>{rows}</tbody></table></div>"
    )

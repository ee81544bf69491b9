"""What the pages share: head, marking, style and tables. Colours are those of the report, by day and by night.

Nothing is told by colour alone: baseline and period differ in ground, place and words.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from kizuna.formats.report.style import TOKENS
from kizuna.formats.report.text import number, safe
from kizuna.records.context import marking

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
_STYLE: Final = """
*{box-sizing:border-box}
html{font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Noto Sans CJK JP",
 "Noto Sans CJK TC",sans-serif;
 background:var(--bg);color:var(--ink)}
body{margin:0;font-variant-numeric:tabular-nums}
main{width:min(100% - 2rem,1100px);margin:0 auto;padding:1.4rem 0 3rem}
h1{font-size:1.6rem;line-height:1.25;margin:.2rem 0 .6rem}h2{font-size:1.15rem;margin:2rem 0 .5rem}
p{margin:.3rem 0 .6rem;max-width:85ch}.soft,figcaption{color:var(--soft);font-size:.88rem}
.banner{text-align:center;font-weight:700;padding:.35rem;background:var(--plain-bg);border-bottom:1px solid var(--line);
 font-size:.9rem}
.banner.marked{background:var(--mark-bg);color:var(--mark-ink)}
.warn{background:var(--warn);border-left:4px solid var(--failed);padding:.5rem .8rem;margin:.6rem 0}
.box{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.8rem 1rem;margin:0 0 1rem;
 overflow-x:auto}
figure{margin:0}svg{display:block;width:100%;height:auto;min-width:640px}
svg text{fill:var(--soft);font-size:12px}svg .word{fill:var(--ink);font-weight:600}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid var(--line);font-weight:400}
thead th{color:var(--soft)}.num{text-align:right}
.grid{stroke:var(--line);fill:none}.dot{fill:var(--way)}.mean{fill:none;stroke:var(--ink);stroke-width:2}
.base{fill:var(--soft);fill-opacity:.13}.now{fill:var(--link);fill-opacity:.16}
.level{stroke:var(--soft);stroke-width:2;stroke-dasharray:7 4;fill:none}
.expected{fill:var(--link);fill-opacity:.22}.found{stroke:var(--link);stroke-width:2.6;fill:none}
.sea{fill:var(--sea)}.land{fill:var(--land);stroke:var(--coast);stroke-width:.7}.cell{fill:var(--link)}
.gate{stroke:var(--gap);stroke-width:2.4;fill:none}
@media print{.box{break-inside:avoid}}
"""


def page(title: str, context: str, label: str, body: Sequence[str]) -> bytes:
    """The page as UTF-8; ``body`` is HTML that its maker has escaped."""
    mark = marking(context)
    day, night = (";".join(f"--{k}:{v[n]}" for k, v in TOKENS.items()) for n in (0, 1))
    themes = (
        f":root{{color-scheme:light;{day}}}@media screen and (prefers-color-scheme:dark)"
        f"{{:root{{color-scheme:dark;{night}}}}}"
    )
    head = (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f'<link rel="icon" href="data:,"><title>{safe(title)}</title><style>{themes}{_STYLE}</style></head><body>'
        f'<div class="banner{" marked" if mark else ""}" role="note" aria-label="Marking">'
        f"{safe(mark) + ' · ' if mark else ''}Who may be told: {safe(label)}</div><main><h1>{safe(title)}</h1>"
    )
    return (head + "".join(body) + "</main></body></html>\n").encode()


def table(names: Sequence[str], rows: Sequence[Sequence[Any]], most: int = 500) -> str:
    """Rows as an HTML table; numbers to the right, and a line that says how many rows are left out."""
    heads = "".join(f"<th>{safe(n.replace('_', ' '))}</th>" for n in names)
    lines = "".join("<tr>" + "".join(map(_cell, row)) + "</tr>" for row in rows[:most])
    more = f'<p class="soft">{len(rows) - most:,} more rows are in the CSV file.</p>' if len(rows) > most else ""
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table>{more}"


def _cell(value: Any) -> str:
    if isinstance(value, (int, float)):
        return f'<td class="num">{number(value)}</td>'
    return f"<td>{safe(value)}</td>"

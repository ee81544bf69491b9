"""Commands that look and change nothing: info, query, params, doctor."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any, Final

from kizuna.node.cli import output

_CELL: Final = 60
"""Characters of a cell shown on a terminal."""


def info(files: list[str], *, as_json: bool) -> None:
    """Describe files and result directories."""
    with output.plain_errors():
        from kizuna.engines.describe import describe  # noqa: PLC0415

        answers = [describe(name) for name in files]
    if as_json:
        output.emit(answers)
        return
    for answer in answers:
        sys.stdout.write(f"{answer.pop('name')}\n")
        for key, value in answer.items():
            if isinstance(value, dict):
                sys.stdout.write(f"  {key.replace('_', ' ')}\n")
                for k, v in value.items():
                    sys.stdout.write(f"    {k:<26} {_shown(v)}\n")
            elif value not in (None, "", []):
                sys.stdout.write(f"  {key.replace('_', ' '):<22} {_shown(value)}\n")


def _shown(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, list):
        return ", ".join(_shown(v) for v in value)
    return printable(str(value))


def printable(text: str) -> str:
    """Text from outside without control characters, which could drive the terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def query(directory: Path, sql: str, *, as_json: bool, as_csv: bool, limit: int) -> None:
    """Answer one SELECT."""
    with output.plain_errors():
        from kizuna.stores.query import ask  # noqa: PLC0415

        answer = ask(directory, sql)
        if as_json:
            output.emit(answer.to_pylist())
        elif as_csv:
            out = csv.writer(sys.stdout, lineterminator="\n")  # as other tools in a shell expect
            out.writerow(answer.column_names)
            out.writerows([cell(v) for v in row.values()] for row in answer.to_pylist())
        else:
            print_table(answer, limit)


def cell(value: Any) -> Any:
    """A cell that a spreadsheet will not take for a formula."""
    from kizuna.formats.spread import safe  # noqa: PLC0415  commands import lazily

    return safe(value) if isinstance(value, str) else value


def print_table(answer: Any, limit: int) -> None:
    """Print an Arrow table for a person, its first rows only."""
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    shown = Table(show_edge=False, header_style="bold")
    for field in answer.schema:
        shown.add_column(
            field.name, justify="right" if "int" in str(field.type) or "double" in str(field.type) else "left"
        )
    for row in answer.slice(0, limit).to_pylist():
        shown.add_row(*[Text(_brief(v)) for v in row.values()])
    screen = output.bare()
    console = Console(file=screen) if screen.isatty() else Console(file=screen, width=10_000)
    console.print(shown)
    if answer.num_rows > limit:
        output.say(f"{answer.num_rows - limit:,} more rows; --limit shows more, --csv and --json show all")
    elif answer.num_rows == 0:
        output.say("no rows")


def _brief(value: Any) -> str:
    text = "" if value is None else printable(str(value))
    return text if len(text) <= _CELL else text[: _CELL - 1] + "…"


def params(out: Path | None) -> None:
    """Print the settings as TOML."""
    with output.plain_errors():
        from kizuna.events.params import SECTIONS  # noqa: PLC0415
        from kizuna.node.settings import as_toml  # noqa: PLC0415

        text = as_toml(dict(SECTIONS))
        if out is None:
            sys.stdout.write(text)
            return
        if out.exists():
            output.fail(f"{out} exists; choose another name or remove it first", output.USAGE)
        from kizuna.engines.results import put  # noqa: PLC0415

        put(out, text.encode())
        output.say(f"wrote {out}")


def doctor(node: Path | None = None, *, as_json: bool) -> None:
    """Run the checks of the installation or of a node; exit code 3 where one finds something."""
    if node is None:
        from kizuna.node.doctor import examine  # noqa: PLC0415

        findings = examine()
    else:
        from kizuna.node.service.examining import examine_node  # noqa: PLC0415

        findings = examine_node(node)
    if as_json:
        output.emit([{"check": f.check, "ok": f.ok, "found": f.found, "hint": f.hint} for f in findings])
    else:
        for f in findings:
            sys.stdout.write(f"{'ok  ' if f.ok else 'LOOK'}  {f.check:<22} {f.found}\n")
            if not f.ok and f.hint:
                sys.stdout.write(f"      {'':<22} -> {f.hint}\n")
    if not all(f.ok for f in findings):
        raise SystemExit(output.FINDINGS)

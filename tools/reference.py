"""Write the generated pages under ``docs/reference``; with ``--check`` only say whether they are up to date.

Tables come from the declared schemas, commands from the command line itself, settings from the parameters of the
detectors, benchmark figures from ``benchmarks/results``. A column, command or setting without a description fails.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

import phrasebook
import record_kinds
import typer.main

from kizuna.base.table import Kind, Schema
from kizuna.events.table import EVENTS
from kizuna.fixes.detections import DETECTIONS, SCENE_TRACKS, SCENES
from kizuna.fixes.statics import OTHERS, REJECTS, STATICS
from kizuna.fixes.table import FIXES, FLAGS
from kizuna.node.cli.main import app
from kizuna.node.cli.output import EXIT_CODES
from kizuna.exercise.truth import TRUTH
from kizuna.picture.transits import TRANSITS
from kizuna.share.transforms.grid import CELL_SIZES_M
from kizuna.stores.keep import LATEST
from kizuna.tracks.table import IDENTITIES, SEGMENTS

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "reference"
NOTE = "<!-- Written by `make docs`. Do not edit: change the source that it is made from. -->\n\n"
SCHEMAS = (
    FIXES,
    STATICS,
    OTHERS,
    REJECTS,
    SEGMENTS,
    IDENTITIES,
    EVENTS,
    DETECTIONS,
    SCENES,
    SCENE_TRACKS,
    TRANSITS,
    TRUTH,
    LATEST,
)


def described(text: str, what: str) -> str:
    """The description, or an error that names what lacks one."""
    if not text.strip():
        raise SystemExit(f"{what} has no description")
    return " ".join(text.split()).replace("|", "\\|")


def tables() -> str:
    """Every table with every column."""
    out = [
        "# Tables\n\nEvery table that Kizuna writes. Names are those in files; where the name in memory differs it is "
        "given in brackets.\nMissing is null in files. All times are UTC. All integers are signed.\n"
    ]
    for schema in SCHEMAS:
        out.append(f"\n## {schema.name}\n\n{described(schema.doc, schema.name)}\n\n" + table_rows(schema))
    out.append("\n## Flags\n\nBits of `flags`. They judge, they never delete.\n\n| bit | name |\n|---:|---|\n")
    out += [f"| {bit} | `{name}` |\n" for name, bit in FLAGS.items()]
    out.append(
        "\nBits 16 to 19 are a number: the place is the middle of a grid cell, as a partner told it, of side "
        + ", ".join(f"{n} = {side} m" for n, side in enumerate(CELL_SIZES_M, 1))
        + "; 0 where it is exact.\n"
    )
    return "".join(out)


def table_rows(schema: Schema) -> str:
    """Markdown rows of one schema."""
    rows = "| column | type | unit | meaning |\n|---|---|---|---|\n"
    for c in schema.columns:
        name = f"`{c.in_file}`" + (f" (`{c.name}`)" if c.in_file != c.name else "")
        kind = "dictionary of text" if c.kind is Kind.CODE else str(c.file_type).replace("|", "\\|")
        doc = described(c.doc, f"{schema.name}.{c.name}")
        if c.codes:
            doc += " One of " + ", ".join(f"`{w}`" for w in c.codes) + "."
        rows += f"| {name} | {kind} | {c.unit} | {doc} |\n"
    return rows


def commands() -> str:
    """Every command with every option."""
    root = typer.main.get_command(app)
    out = [
        "# Commands\n\nResults go to stdout or files, messages and progress to stderr.\n\n## Exit codes\n\n| code | meaning |\n|---:|---|\n"
    ]
    out += [f"| {code} | {meaning} |\n" for code, meaning in EXIT_CODES.items()]
    for name, command in sorted(walk(root, "kizuna")):
        if hasattr(command, "commands") and not command.invoke_without_command:
            continue
        out.append(
            f"\n## {name}\n\n{described(command.help or '', name)}\n\n| argument or option | default | meaning |\n|---|---|---|\n"
        )
        for p in command.params:
            if p.name in {"help"}:
                continue
            spelled = (
                ", ".join(f"`{o}`" for o in p.opts)
                if p.param_type_name == "option"
                else f"`{p.metavar or p.name.upper()}`"
            )
            default = p.default() if callable(p.default) else p.default
            shown = (
                "" if default is None or default == "" or p.required or "Sentinel" in repr(default) else f"`{default}`"
            )
            out.append(
                f"| {spelled} | {'required' if p.required else shown} | {described(getattr(p, 'help', '') or '', f'{name} {p.name}')} |\n"
            )
    return "".join(out)


def walk(command, name: str):
    """All commands below this one with their full names."""
    yield name, command
    for sub, child in getattr(command, "commands", {}).items():
        yield from walk(child, f"{name} {sub}")


def settings() -> str:
    """Every setting with default and reason."""
    from kizuna.events.params import SECTIONS  # noqa: PLC0415
    from kizuna.engines.matching.scene import SECTIONS as MATCH  # noqa: PLC0415
    from kizuna.node.settings import meanings  # noqa: PLC0415

    out = [
        "# Settings\n\nGiven to `kizuna detect --params FILE` as TOML; `kizuna params` prints this list as a file to edit. "
        "An unknown key is an error that names the allowed ones.\n"
    ]
    for section, kind in (SECTIONS | MATCH).items():
        if section == "match":
            out.append("\n# Settings of `kizuna match`\n\nGiven to `kizuna match --params FILE`, likewise.\n")
        out.append(
            f"\n## [{section}]\n\n{described((kind.__doc__ or '').split(chr(10))[0], section)}\n\n| key | default | meaning |\n|---|---|---|\n"
        )
        for field in dataclasses.fields(kind):
            doc = described(meanings(kind)[field.name], f"{section}.{field.name}")
            out.append(f"| `{field.name}` | `{getattr(kind(), field.name)}` | {doc} |\n")
    return "".join(out)


def node_settings() -> str:
    """Every key of node.toml."""
    from kizuna.node.service.node_file import NODE_DEFAULTS, SECTIONS  # noqa: PLC0415
    from kizuna.node.service.source_settings import Source  # noqa: PLC0415
    from kizuna.node.settings import meanings  # noqa: PLC0415

    out = [
        "# Settings of a node\n\nThey stand in `node.toml` in the directory of the node; `kizuna node init` writes it with all keys "
        "explained, `kizuna doctor --node DIR` checks it. An unknown key is an error that names the allowed ones.\n"
    ]
    for section, kind in (SECTIONS | {"sources": Source}).items():
        head = "[[sources]], once for each" if section == "sources" else f"[{section}]"
        out.append(
            f"\n## {head}\n\n{described((kind.__doc__ or '').split(chr(10))[0], section)}\n\n| key | default | meaning |\n|---|---|---|\n"
        )
        for field in dataclasses.fields(kind):
            doc = described(meanings(kind)[field.name], f"{section}.{field.name}")
            given = NODE_DEFAULTS.get(section, {})
            default = "needed" if field.default is dataclasses.MISSING else f"`{given.get(field.name, field.default)}`"
            out.append(f"| `{field.name}` | {default} | {doc} |\n")
    return "".join(out)


def detectors() -> str:
    """The definition of every detector and of the segmenter, as their modules state it."""
    from kizuna.events import alerts, dark, encounters, gaps, loitering, port_visits, versions, zone_visits  # noqa: PLC0415
    from kizuna.events.account import confidence, silence  # noqa: PLC0415
    from kizuna.places import anchorages, ports  # noqa: PLC0415
    from kizuna.tracks import contacts, identity, predict, reception, segment, stops  # noqa: PLC0415

    out = [
        "# Detectors\n\nThe definitions that this version follows, as their modules state them. Rule ids and versions stand in "
        "every event. Numbers are [settings](settings.md).\n"
    ]
    for module in (
        gaps,
        encounters,
        loitering,
        zone_visits,
        port_visits,
        dark,
        confidence,
        reception,
        silence,
        alerts,
        versions,
        segment,
        identity,
        stops,
        predict,
        contacts,
        anchorages,
        ports,
    ):
        version = getattr(module, "RULE_VERSION", "")
        name = module.__name__.removeprefix("kizuna.")
        out.append(f"\n## {name}{f', version {version}' if version else ''}\n\n{(module.__doc__ or '').strip()}\n")
    return "".join(out)


def benchmarks() -> str:
    """The figures of the last committed benchmark runs."""
    out = [
        "# Benchmarks\n\nFrom `make bench`: one pinned core, CPU time, cases in turn within each round, medians. Ratios are "
        "trustworthy to about a quarter, absolute rates less, because they follow the machine.\n"
    ]
    for path in sorted((ROOT / "benchmarks" / "results").glob("*.json")):
        doc = json.loads(path.read_text())
        if "cases" not in doc or "ours" not in doc:
            continue
        out.append(
            f"\n## {doc['title']}\n\nCPU: {doc['machine']['cpu']}, Python {doc['machine']['python']}. Source: `benchmarks/results/{path.name}`.\n\n"
        )
        out.append(
            f"| case | {doc['unit']} per CPU-s | CPU-s, median (min to max) | runs | Kizuna is |\n|---|---:|---|---:|---:|\n"
        )
        own = doc["cases"][doc["ours"]]["per_cpu_s"]
        for name, r in doc["cases"].items():
            ratio = "1" if name == doc["ours"] else f"{own / r['per_cpu_s']:.1f} x"
            out.append(
                f"| {name} | {r['per_cpu_s']:,.0f} | {r['cpu_s']:.3f} ({r['min']:.3f} to {r['max']:.3f}) | {r['runs']} | {ratio} |\n"
            )
        for note in doc.get("notes", []):
            out.append(f"\n{note}\n")
    return "".join(out)


PAGES = {
    "tables.md": tables,
    "commands.md": commands,
    "settings.md": settings,
    "node-settings.md": node_settings,
    "detectors.md": detectors,
    "record-kinds.md": record_kinds.page,
    "phrasebook.md": phrasebook.page,
    "benchmarks.md": benchmarks,
}


def main() -> None:
    """Write or check."""
    stale = []
    for name, page in PAGES.items():
        if name == "benchmarks.md" and "--check" in sys.argv:
            continue  # made from the newest results, not from the code; `make bench` writes it anew
        text = NOTE + page()
        path = TARGET / name
        if not path.exists() or path.read_text() != text:
            stale.append(name)
            if "--check" not in sys.argv:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
    if "--check" in sys.argv and stale:
        raise SystemExit(f"docs/reference is behind the code: {', '.join(stale)}. Run: make docs")


if __name__ == "__main__":
    main()

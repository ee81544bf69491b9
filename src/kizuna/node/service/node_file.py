"""``node.toml``: reading it, and writing a new one with every key explained."""

from __future__ import annotations

import dataclasses
import json
import textwrap
import tomllib
import types
import typing
from pathlib import Path
from typing import Any, Final

from kizuna.base.errors import ConfigError, InputError
from kizuna.engines.live.look import ContactParams
from kizuna.engines.live.params import LiveParams
from kizuna.events.alerts import Params as AlertParams
from kizuna.node.service import settings as s
from kizuna.node.service.sharing_settings import SharingSettings
from kizuna.node.service.source_settings import Source
from kizuna.node.settings import meanings

SECTIONS: Final[dict[str, type[Any]]] = {
    "node": s.NodeSettings, "listen": s.ListenSettings, "places": s.PlaceSettings, "live": LiveParams,
    "alerts": AlertParams, "store": s.StoreSettings, "upkeep": s.UpkeepSettings, "feeds": s.FeedSettings,
    "detections": ContactParams, "layers": s.LayerSettings, "oidc": s.OidcSettings, "clock": s.ClockSettings,
    "sharing": SharingSettings,
}  # fmt: skip
"""Sections and what declares them; ``[[sources]]`` stands beside them, once for each source."""
SOURCES: Final = "sources"
NODE_DEFAULTS: Final[dict[str, dict[str, Any]]] = {"live": {"keep_h": 48.0}}
"""Where a node has other defaults: it holds two days of rows for detection, a run of ``kizuna live`` everything."""
_WIDTH: Final = 110


def read_node_file(path: Path) -> s.Config:
    """The settings of a node. Raises ConfigError that names file, key and what is allowed."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as exc:
        raise ConfigError("no such file", where=str(path), hint="kizuna node init makes one") from exc
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise ConfigError(f"cannot be read: {exc}", where=str(path)) from exc
    return parsed(found, path)


def parsed(found: dict[str, Any], path: Path) -> s.Config:
    """Settings from the parsed TOML of ``path``; files are named from its directory."""
    _only_known(found, (*SECTIONS, SOURCES), f"{path}")
    parts: dict[str, Any] = {}
    for name, kind in SECTIONS.items():
        given = NODE_DEFAULTS.get(name, {})
        section = found.get(name, {})
        if not isinstance(section, dict):
            raise ConfigError(f"[{name}] must be a section", where=str(path))
        parts[name] = _made(kind, given | section, f"{path} [{name}]")
    listed = found.get(SOURCES, [])
    if not isinstance(listed, list) or not all(isinstance(row, dict) for row in listed):
        raise ConfigError("write [[sources]] above each source", where=str(path))
    sources = [_made(Source, row, f"{path} [[sources]] {row.get('id', k + 1)}") for k, row in enumerate(listed)]
    try:
        return s.Config(path.parent, sources=tuple(sources), **parts)
    except ConfigError as exc:
        raise ConfigError(exc.message, where=f"{path} {exc.where}", hint=exc.hint) from exc


def _only_known(found: dict[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in found:
        if key not in known:
            raise ConfigError(f"unknown key {key!r}", where=where, hint=f"allowed: {', '.join(known)}")


def _made(kind: type[Any], found: dict[str, Any], where: str) -> Any:
    """One section as its class; every value must have the type that the class declares."""
    types_of = typing.get_type_hints(kind)
    _only_known(found, tuple(types_of), where)
    values = {key: _typed(types_of[key], value, f"{where} {key}") for key, value in found.items()}
    lacking = [
        f.name for f in dataclasses.fields(kind)
        if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING and f.name not in values
    ]  # fmt: skip
    if lacking:
        raise ConfigError(f"lacks {', '.join(lacking)}", where=where)
    try:
        return kind(**values)
    except ConfigError as exc:
        file = where.split(" [", 1)[0]
        raise ConfigError(exc.message, where=f"{file} {exc.where}" if exc.where else where, hint=exc.hint) from exc
    except InputError as exc:
        raise ConfigError(exc.message, where=where, hint=exc.hint) from exc


def _typed(wanted: Any, value: Any, where: str) -> Any:
    if typing.get_origin(wanted) is tuple:
        if not isinstance(value, list):
            raise ConfigError(f"{value!r} is no list", where=where, hint="write [..., ...]")
        inner = typing.get_args(wanted)[0]
        return tuple(_typed(inner, item, where) for item in value)
    if isinstance(wanted, types.UnionType):  # none of the settings is one today
        raise TypeError(wanted)
    if wanted is float and type(value) is int:
        return float(value)
    if type(value) is not wanted:
        words = {str: "text in quotes", int: "a whole number", float: "a number", bool: "true or false"}
        raise ConfigError(f"{value!r} is not {words[wanted]}", where=where)
    return value


def new_node_file(given: dict[str, dict[str, Any]], sources: list[dict[str, Any]] | None = None) -> str:
    """Text of a node file: ``given`` values stand as they are, all others as comments with their defaults."""
    lines = [
        "# Settings of a Kizuna node. Keys behind a # have the value shown; take the # away to change one.",
        "# `kizuna doctor --node .` checks this file; the node reads it when it starts.",
        "",
    ]
    for name, kind in SECTIONS.items():
        lines.append(f"[{name}]")
        default = kind(**NODE_DEFAULTS.get(name, {}))
        for f in dataclasses.fields(kind):
            lines += textwrap.wrap(meanings(kind)[f.name], _WIDTH, initial_indent="# ", subsequent_indent="#   ")
            mine = given.get(name, {})
            sign = "" if f.name in mine else "#"
            lines.append(f"{sign}{f.name} = {_toml(mine.get(f.name, getattr(default, f.name)))}")
        lines.append("")
    for row in sources or []:
        lines += ["[[sources]]", *(f"{key} = {_toml(value)}" for key, value in row.items()), ""]
    if not sources:
        lines += ["# One block for each source, without the # before its lines:", "#", "#[[sources]]"]
        for f in dataclasses.fields(Source):
            lines += textwrap.wrap(meanings(Source)[f.name], _WIDTH, initial_indent="# ", subsequent_indent="#   ")
            shown = _EXAMPLE.get(f.name, "" if f.default is dataclasses.MISSING else f.default)
            lines.append(f"#{f.name} = {_toml(shown)}")
        lines.append("")
    return "\n".join(lines)


_EXAMPLE: Final[dict[str, Any]] = {"id": "harbour", "kind": "tcp", "address": "192.0.2.10:4001", "licence": "own"}


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(_toml(v) for v in value) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)  # a JSON text is a TOML basic string
    return str(value)


def with_section(text: str, section: str, given: dict[str, Any], path: Path) -> str:
    """The text of a node file with these keys of a section set; everything else stays as it is, comments included.

    Raises ConfigError where the outcome would not be a node file.
    """
    lines = text.rstrip("\n").split("\n")
    if f"[{section}]" not in (line.strip() for line in lines):
        lines += ["", f"[{section}]"]
    start = next(k for k, line in enumerate(lines) if line.strip() == f"[{section}]") + 1
    rest = (k for k in range(start, len(lines)) if lines[k].lstrip().startswith("["))
    end = next(rest, len(lines))
    for key, value in given.items():
        row = f"{key} = {_toml(value)}"
        places = [k for k in range(start, end) if lines[k].lstrip("# ").replace(" ", "").startswith(f"{key}=")]
        if places:
            lines[places[-1]] = row
        else:
            lines.insert(start, row)
            end += 1
    out = "\n".join(lines) + "\n"
    parsed(tomllib.loads(out), path)
    return out

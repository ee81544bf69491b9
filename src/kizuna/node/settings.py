"""What every setting means, read from the one place where it is declared: the docstring of its Params class.

A setting is documented either in the ``Attributes:`` section of its class or by a string below it. The reference page
and ``kizuna params`` both come from here, so they cannot differ from the code.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
import textwrap
from itertools import pairwise
from typing import Any


def meanings(kind: type[Any]) -> dict[str, str]:
    """Meaning of every field of a Params class; empty where it is not documented."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if dataclasses.is_dataclass(base):
            found |= _attributes_section(inspect.cleandoc(base.__doc__ or "")) | _strings_below(base)
    return {f.name: found.get(f.name, "") for f in dataclasses.fields(kind)}


def _attributes_section(doc: str) -> dict[str, str]:
    _, _, section = doc.partition("Attributes:\n")
    out: dict[str, str] = {}
    names: list[str] = []
    for line in section.splitlines():
        head = re.match(r" {4}(\w+(?:, \w+)*): (.*)", line)
        if head:
            names = head.group(1).split(", ")
            out |= dict.fromkeys(names, head.group(2))
        elif line.startswith("     ") and names:
            out |= {name: f"{out[name]} {line.strip()}" for name in names}
        elif line.strip():
            break
    return out


def _strings_below(kind: type[Any]) -> dict[str, str]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(kind)))
    body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
    out = {}
    for field, below in pairwise(body):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
            and isinstance(below.value.value, str)
        ):
            out[field.target.id] = " ".join(below.value.value.split())
    return out


def as_toml(sections: dict[str, type[Any]]) -> str:
    """All settings with their defaults and meanings, as a TOML file to edit. Every line is commented out."""
    lines = ["# Settings of kizuna detect. Take away the # before a key to change it; the defaults are shown.", ""]
    for section, kind in sections.items():
        lines.append(f"[{section}]")
        for field in dataclasses.fields(kind):
            lines += textwrap.wrap(meanings(kind)[field.name], 110, initial_indent="# ", subsequent_indent="#   ")
            lines.append(f"#{field.name} = {_value(getattr(kind(), field.name))}")
        lines.append("")
    return "\n".join(lines)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(_value(v) for v in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)

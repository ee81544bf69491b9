"""The page of the known kinds of records, from the structs by which their bodies are checked."""

from __future__ import annotations

import inspect

import msgspec
import msgspec.inspect as forms

from kizuna.records import kinds

HEAD = """# Kinds of records

Every kind that this version knows, with the form of its body. A name that is not listed makes the body bad (`cti.stix`
excepted); a kind that is not listed is kept and passed on, never interpreted. [Records](records.md) tells of the envelope.
Numbers are JSON numbers, units stand at the end of names (`_kn` knots, `_deg` degrees, `_m` metres, `_ms` milliseconds
UTC since 1970, `_s` seconds, `_h` hours). Lengths of text count characters. What is left out has its default.

| kind | version | lane | body | what it states |
|---|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    out = [HEAD]
    bodies: dict[type, list[str]] = {}
    for kind in kinds.KINDS.values():
        body = "not interpreted" if kind.body is None else f"[{kind.body.__name__}](#{_anchor(kind.body)})"
        out.append(f"| `{kind.name}` | {kind.version} | {kind.lane} | {body} | {kind.doc} |\n")
        if kind.body is not None:
            bodies.setdefault(kind.body, []).append(kind.name)
    todo = list(bodies)
    for body in todo:
        for field in forms.type_info(body).fields:
            todo += [c for c in _structs(field.type) if c not in todo]
    for body in todo:
        out.append(_body(body, bodies.get(body, [])))
    return "".join(out)


def _title(body: type) -> str:
    return f"{body.__module__.rpartition('.')[2]} {body.__name__}"


def _anchor(body: type) -> str:
    return _title(body).lower().replace(" ", "-")


def _body(body: type, used: list[str]) -> str:
    doc = inspect.getdoc(body) or ""
    if not doc.strip():
        raise SystemExit(f"body {body.__name__} has no description")
    doc, _, rest = doc.partition("Attributes:")
    words = " ".join(doc.split()).replace("``", "`")
    out = [f"\n## {_title(body)}\n\n{words}\n"]
    if used:
        out.append(f"\nBody of {', '.join(f'`{u}`' for u in used)}.\n")
    if rest.strip():
        out.append("\n" + "\n".join(_items(rest)) + "\n")
    out.append("\n| name | form | if left out |\n|---|---|---|\n")
    for field in forms.type_info(body).fields:
        name = f"`{field.encode_name}`" + (f" ({field.name})" if field.name != field.encode_name else "")
        out.append(f"| {name} | {_form(field.type)} | {_default(field)} |\n")
    return "".join(out)


def _items(text: str) -> list[str]:
    """The lines under ``Attributes:`` as list items."""
    found: list[str] = []
    for line in inspect.cleandoc("\n" + text).splitlines():
        if line and not line.startswith(" "):
            found.append(f"- {line.strip()}")
        elif line.strip():
            found[-1] += f" {line.strip()}"
    return [line.replace("``", "`") for line in found]


def _default(field: forms.Field) -> str:
    if field.required:
        return "needed"
    if field.default_factory is not msgspec.NODEFAULT:
        return "empty"
    return {None: "not said", "": "empty", (): "empty"}.get(field.default, f"`{field.default}`")


def _structs(form: forms.Type) -> list[type]:
    if isinstance(form, forms.StructType):
        return [form.cls]
    parts = [getattr(form, n) for n in ("item_type", "key_type", "value_type") if hasattr(form, n)]
    parts += [*getattr(form, "types", ()), *getattr(form, "item_types", ())]
    return [c for p in parts for c in _structs(p)]


def _form(form: forms.Type) -> str:
    match form:
        case forms.UnionType():
            return " or ".join(_form(t) for t in form.types if not isinstance(t, forms.NoneType))
        case forms.StructType():
            return f"[{form.cls.__name__}](#{_anchor(form.cls)})"
        case forms.StrType():
            return (
                f"text `{form.pattern}`".replace("|", "\\|")
                if form.pattern
                else f"text{_range(form.min_length, form.max_length)}"
            )
        case forms.IntType() | forms.FloatType():
            word = "whole number" if isinstance(form, forms.IntType) else "number"
            return word + (f", {form.ge:g} to {form.le:.15g}" if form.ge is not None else "")
        case forms.BoolType():
            return "true or false"
        case forms.LiteralType():
            return ", ".join(f"`{v}`" for v in sorted(form.values)).replace("``", "empty")
        case forms.VarTupleType() | forms.ListType():
            return f"list{_range(form.min_length, form.max_length)} of {_form(form.item_type)}"
        case forms.TupleType():
            return "[" + "; ".join(_form(t) for t in form.item_types) + "]"
        case forms.DictType():
            return (
                f"object{_range(form.min_length, form.max_length)}: {_form(form.key_type)} to {_form(form.value_type)}"
            )
        case forms.AnyType():
            return "anything"
    return type(form).__name__


def _range(least: int | None, most: int | None) -> str:
    if most is None:
        return f", at least {least}" if least else ""
    return f" of {least or 0} to {most}"

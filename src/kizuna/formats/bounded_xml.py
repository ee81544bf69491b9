"""XML of strangers: read within bounds, with no entities, no document type and no network.

An encoding that the bytes declare for themselves is not followed: they are UTF-8 or they are refused, so that a
``<!DOCTYPE`` cannot hide in another one. Whatever the bytes, only InputError escapes.
"""

from __future__ import annotations

from typing import Final

from lxml import etree

from kizuna.base.errors import InputError

DEEPEST: Final = 32
"""Levels of elements."""
MOST_ELEMENTS: Final = 20_000


def parse(data: bytes, *, largest: int, deepest: int = DEEPEST, most: int = MOST_ELEMENTS) -> etree._Element:
    """The root element. Raises InputError for what is larger, deeper or more than allowed, or is no plain XML."""
    if len(data) > largest:
        raise InputError(f"XML of {len(data)} bytes", hint=f"at most {largest}")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise InputError("XML that is not UTF-8") from exc
    if b"\x00" in data or b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise InputError("XML with a document type or a NUL", hint="send plain elements")
    if data.count(b"<") > 3 * most:
        raise InputError("XML of too many elements", hint=f"at most {most}")
    try:
        root = etree.fromstring(data, parser())
    except (etree.XMLSyntaxError, ValueError) as exc:
        raise InputError(f"not XML: {str(exc)[:200]}") from exc
    _bound(root, deepest, most)
    return root


def parser() -> etree.XMLParser:
    """A parser that follows nothing; a new one each time, for its state is not shared between threads."""
    return etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False,
        attribute_defaults=False, huge_tree=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip


def _bound(root: etree._Element, deepest: int, most: int) -> None:
    """Refuse what is too deep or too much; lxml itself stops at 256 levels."""
    level: list[etree._Element] = [root]
    seen = 0
    for _ in range(deepest):
        seen += len(level)
        if seen > most:
            raise InputError("XML of too many elements", hint=f"at most {most}")
        level = [child for each in level for child in each]
        if not level:
            return
    raise InputError("XML nested too deep", hint=f"at most {deepest} levels")

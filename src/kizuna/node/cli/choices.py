"""Options that take a word of a closed list: whatever else is typed is wrong usage, and the answer names the list."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Annotated, Any, Final

import typer

from kizuna.base.errors import InputError
from kizuna.base.languages import language_of

_NEAR: Final = 6
_RECORD: Final = re.compile("[0-9a-f]{64}")


def one_of(*words: str) -> Callable[[str], str]:
    """A parser for an option: one of these words, or empty where the option was left out."""

    def read(given: str) -> str:
        if given and given not in words:
            raise typer.BadParameter(f"{given[:40]!r}; one of {', '.join(words)}")
        return given

    return read


def choice(name: str, help_: str, words: Sequence[str]) -> Any:
    """An option that takes one word of a list, which its help names."""
    *first, last = words
    return typer.Option(name, help=f"{help_}: {', '.join(first)} or {last}.", parser=one_of(*words), metavar="WORD")


def record_id(given: str) -> str:
    """A parser for ids of records."""
    if not _RECORD.fullmatch(given):
        raise typer.BadParameter(f"{given[:70]!r} is no id of a record, which has 64 digits of 0-9 and a-f")
    return given


def near(word: str, known: Collection[str]) -> str:
    """The few names that are most like a word, for a refusal."""
    family = [k for k in known if k.partition(".")[0] == word.partition(".")[0]]
    found = list(dict.fromkeys([*difflib.get_close_matches(word, known, n=_NEAR, cutoff=0.5), *family]))[:_NEAR]
    return ", ".join(found)


def known_kinds(given: Iterable[str]) -> None:
    """End the command where a word is neither a kind of record nor a family of them (``event.*``)."""
    from kizuna.node.cli.output import USAGE, fail  # noqa: PLC0415
    from kizuna.records.kinds import KINDS  # noqa: PLC0415

    for word in given:
        if word not in KINDS and not (word.endswith(".*") and any(k.startswith(word[:-1]) for k in KINDS)):
            fail(f"no kind of record {word[:40]!r}; near it: {near(word, KINDS) or ', '.join(sorted(KINDS))}", USAGE)


def _tongue(given: str) -> str:
    try:
        return language_of(given)
    except InputError as exc:
        raise typer.BadParameter(str(exc)) from exc


def _level(given: str) -> str:
    from kizuna.records.label import tlp_of, tlp_word  # noqa: PLC0415  commands import lazily

    try:
        return tlp_word(tlp_of(given)) if given else ""
    except InputError as exc:
        raise typer.BadParameter(str(exc)) from exc


Language = Annotated[
    str,
    typer.Option(
        "--language",
        help="en, ja or zh-TW (zh-Hant is the same).",
        parser=_tongue,
        metavar="[en|ja|zh-TW]",
    ),
]
"""Given on as our texts name it."""
Level = Annotated[
    str,
    typer.Option(
        "--tlp-max", help="CLEAR, GREEN, AMBER, AMBER+STRICT (or AMBER_STRICT) or RED.", parser=_level,
        metavar="[CLEAR|GREEN|AMBER|AMBER+STRICT|RED]",
    ),
]  # fmt: skip
Records = Annotated[
    list[str] | None,
    typer.Option("--record", help="Id of a record, 64 hex digits. May be repeated.", parser=record_id, metavar="ID"),
]

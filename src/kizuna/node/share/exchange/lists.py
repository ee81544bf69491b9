"""Word lists of this node, through which every export goes: ``<home>/lexicon/NAME.txt``.

A line is a word, or ``word = neutral word``; what follows ``#`` is a note. A list that has the name of a partner counts
for that partner alone, any other for all. They are configuration: none comes with the program.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from kizuna.base.errors import ConfigError, InputError
from kizuna.node.share.desk.refusal import SAID, Refusal
from kizuna.share.lexicon import Lexicon, lexicon, lint

_LARGEST: Final = 4 << 20


def lists_for(directory: Path, partner: str, partners: Iterable[str]) -> tuple[Lexicon, ...]:
    """The lists that count for a partner. Raises ConfigError for one that cannot be read: nothing leaves unlooked."""
    others = frozenset(partners) - {partner}
    found = sorted(directory.glob("*.txt")) if directory.is_dir() else []
    return tuple(read(path) for path in found if path.stem not in others)


def read(path: Path) -> Lexicon:
    """One list. Raises ConfigError for one that cannot be read."""
    try:
        data = path.read_bytes()
        if len(data) > _LARGEST:
            raise ConfigError(f"{len(data)} bytes", where=str(path), hint=f"at most {_LARGEST}")
        lines = [line.partition("#")[0].strip() for line in data.decode().splitlines()]
        pairs = [line.partition("=") for line in lines if line]
        return lexicon(path.stem, {word.strip(): neutral.strip() for word, _, neutral in pairs})
    except InputError as exc:
        raise ConfigError(exc.message, where=str(path), hint=exc.hint) from exc
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"cannot be read: {exc}", where=str(path)) from exc


def refuse_words(data: bytes, lists: Sequence[Lexicon], *, quiet: bool) -> None:
    """Refuse bytes that hold a word of a list; ``quiet`` says to a partner's program neither the word nor the list."""
    hits = lint(data, lists) if lists else []
    if not hits:
        return
    if quiet:
        raise Refusal(SAID("export.held"), rule="lexicon")
    named = ", ".join(dict.fromkeys(f"{hit.word!r} ({hit.list})" for hit in hits[:5]))
    rule = ", ".join(dict.fromkeys(f"lexicon:{hit.list}" for hit in hits))
    raise Refusal(SAID("export.words", names=named), rule=rule, hint="recall what holds it, or shorten the time")

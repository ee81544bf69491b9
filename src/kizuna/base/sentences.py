"""Sentences that people read and programs keep: each said by a code with its facts, and read back to them.

The English sentence is what logs hold and programs get. A page has words of its own for each code, so it must know the
code again, also from a log of last year: therefore code and facts can be told from the sentence, and this is tested.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

BETWEEN: Final = "; "
"""Between sentences that stand together."""
WHY: Final = "why"
"""The fact that holds sentences itself."""
_LONG: Final = ("names", "what", WHY)
"""Facts with blanks in them; all others are one word, such as an id, a clause or a day."""
_ANY: Final = ".+"
_WORD: Final = r"[^ \n]+"
_FACT: Final = re.compile(r"\{(\w+)\}")
_PIECES_MOST: Final = 40


class Reason(NamedTuple):
    """One sentence: its code (empty where it is none of ours), its facts, the English, and the sentences in it."""

    code: str
    facts: Mapping[str, str]
    text: str
    because: tuple[Reason, ...] = ()

    def row(self) -> dict[str, Any]:
        """For JSON."""
        return {"code": self.code, "facts": dict(self.facts), "reason": self.text,
                "because": [each.row() for each in self.because]}  # fmt: skip


class Sentences:
    """A table of English sentences by code; ``{name}`` stands for a fact."""

    def __init__(self, table: Mapping[str, str]) -> None:
        self.table: Final = dict(table)
        self._forms = [(code, re.compile(_form(text), re.DOTALL)) for code, text in table.items()]

    def __call__(self, code: str, **facts: str) -> str:
        """The sentence. Raises KeyError for a code or fact that is missing."""
        return _FACT.sub(lambda found: facts[found[1]], self.table[code])

    def read(self, text: str) -> tuple[str, dict[str, str]] | None:
        """Code and facts of a sentence; None where it is none of these."""
        for code, form in self._forms:
            found = form.fullmatch(text)
            if found:
                return code, found.groupdict()
        return None


def _form(text: str) -> str:
    parts = _FACT.split(text)
    names = [f"(?P<{n}>{_ANY if n in _LONG else _WORD})" for n in parts[1::2]]
    return "".join(a + b for a, b in zip(map(re.escape, parts[::2]), [*names, ""], strict=True))


def read(text: str, tables: Iterable[Sentences]) -> tuple[Reason, ...]:
    """What stands in a text of one or more sentences; what is none of the tables' has an empty code."""
    if not text:
        return ()
    tables = tuple(tables)
    pieces = text.split(BETWEEN)[:_PIECES_MOST]
    for first in range(len(pieces), 0, -1):
        head = BETWEEN.join(pieces[:first])
        found = next((f for table in tables if (f := table.read(head))), None)
        if found:
            code, facts = found
            one = Reason(code, facts, head, read(facts[WHY], tables) if WHY in facts else ())
            return (one, *read(BETWEEN.join(pieces[first:]), tables))
    return (Reason("", {}, pieces[0]), *read(BETWEEN.join(pieces[1:]), tables))

"""A person of this node in what it keeps: the name as it stood then, and the id that stays when the name changes.

Where two persons are asked for, the ids decide: an officer who was renamed is still the same. Where an id is not known
(an older line), names in their normal form decide, so that two spellings of one name are no two persons.
"""

from __future__ import annotations

import unicodedata
from typing import NamedTuple


class Person(NamedTuple):
    """Name for people; id of the account, empty where none is known."""

    name: str
    id: str = ""

    def is_same(self, other: Person) -> bool:
        """Whether the two are one person."""
        if self.id and other.id:
            return self.id == other.id
        return name_key(self.name.strip()) == name_key(other.name.strip())


def name_key(name: str) -> str:
    """Normal form under which names are compared."""
    return unicodedata.normalize("NFKC", name).casefold()

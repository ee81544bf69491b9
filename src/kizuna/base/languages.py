"""The languages of the house, named once: as our texts name them, and as pages do.

Texts carry tags of BCP 47 with the script (``zh-Hant``); pages and browsers say ``zh-TW``. Either is understood
wherever somebody types one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kizuna.base.errors import InputError

LANGUAGES: Final = ("en", "ja", "zh-Hant")
"""In the order in which texts of three stand."""
PAGES: Final[Mapping[str, str]] = {"en": "en", "ja": "ja", "zh-Hant": "zh-TW"}
"""Language of our texts to the one that pages name."""
_KNOWN: Final = {word.casefold(): ours for ours, page in PAGES.items() for word in (ours, page)}


def language_of(word: str) -> str:
    """The language of our texts that a word names, whichever way it is written. Raises InputError for any other."""
    found = _KNOWN.get(word.strip().replace("_", "-").casefold())
    if found is None:
        raise InputError(f"no texts in {word[:40]!r}", hint=f"one of {', '.join(PAGES.values())}")
    return found

"""Whose eyes: which names are used and in which order claimants stand. A viewpoint chooses words, never geometry.

Neutral: a disputed feature is called by the cell of its point, parties stand in order of their ids, and no party's name
for the feature appears. A party's view: its own names, itself first. What is not disputed has its common name in both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Final

from kizuna.base.errors import InputError
from kizuna.base.languages import language_of
from kizuna.places.claims.table import ClaimTable, grid_name

_HOME: Final = {
    "JP": ("ja",), "TW": ("zh-Hant",), "CN": ("zh-Hans",), "KR": ("ko",), "KP": ("ko",), "RU": ("ru",),
    "PH": ("en", "fil"), "VN": ("vi",), "MY": ("ms",),
}  # fmt: skip
"""Languages in which a party itself names things, tried where the asked language has no name of that party."""
_ONE: Final = {"en": "feature", "ja": "地物", "zh-Hant": "地物"}
_AREA: Final = {"en": "area", "ja": "区域", "zh-Hant": "區域"}
_MANY: Final = {"en": "features around", "ja": "地物群", "zh-Hant": "地物群"}


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """A party's id, or empty for neutral; and the language of names: en, ja or zh-Hant."""

    party: str = ""
    language: str = "en"

    NEUTRAL_WORD: ClassVar[str] = "neutral"

    def name_of(self, table: ClaimTable, subject: str) -> str:
        """What this view calls a group or a feature."""
        group = subject if subject in table.groups else table.features[subject].group
        names = {(n.party, n.language): n.name for n in table.names if n.subject == subject}
        if table.disputed(group):
            found = self._of_party(names) if self.party else ""
        else:
            found = self._of_party(names) or names.get(("", self.language), "") or names.get(("", "en"), "")
        return found or self.grid_name(table, subject)

    def _of_party(self, names: dict[tuple[str, str], str]) -> str:
        for language in (self.language, *_HOME.get(self.party, ()), "en"):
            if (self.party, language) in names and self.party:
                return names[self.party, language]
        return ""

    def grid_name(self, table: ClaimTable, subject: str) -> str:
        """The neutral name: the cell of 0.01 degree of its point, in the view's language."""
        if subject in table.groups:
            group, members = table.groups[subject], table.members(subject)
            if len(members) == 1:
                return self.grid_name(table, members[0].feature)
            word = _MANY
            return f"{word.get(self.language, word['en'])} {grid_name(group.lat_deg, group.lon_deg)}"
        feature = table.features[subject]
        word = _AREA if feature.kind == "area" else _ONE
        return f"{word.get(self.language, word['en'])} {grid_name(feature.lat_deg, feature.lon_deg)}"

    def party_name(self, table: ClaimTable, party: str) -> str:
        """A party's name in the view's language."""
        return table.parties[party].name(self.language)

    def in_order(self, parties: Iterable[str]) -> list[str]:
        """Parties by id; in a party's view that party first."""
        return sorted(set(parties), key=lambda p: (p != self.party, p))


NEUTRAL: Final = Viewpoint()


def viewpoint(table: ClaimTable, view: str, language: str = "en") -> Viewpoint:
    """A viewpoint by the word for it: ``neutral`` or a party's id. Raises InputError for anything else."""
    language = language_of(language)
    if view.lower() in ("", Viewpoint.NEUTRAL_WORD):
        return Viewpoint("", language)
    if view.upper() not in table.parties:
        raise InputError(f"no viewpoint {view!r}", hint=f"neutral, {', '.join(sorted(table.parties))}")
    return Viewpoint(view.upper(), language)

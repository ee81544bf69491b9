"""The page of the phrasebook, written from its wording: for desks, and for those who review the translations."""

from __future__ import annotations

from kizuna.base.languages import LANGUAGES
from kizuna.share.incident import phrasebook

_GROUPS = {
    "di": "Distress and first report", "as": "Asking and offering", "un": "Units", "se": "Search", "re": "Rescue and people",
    "we": "Weather", "co": "Collision, drifting vessel, tow", "ca": "Cable", "en": "Close encounter", "de": "Between the desks",
}  # fmt: skip


def page() -> str:
    """The page."""
    out = [
        "# The phrasebook\n\nWritten by tools/reference.py. Messages of agreed wording between two desks: the id and the"
        " values travel, each desk reads its own language ([incidents](../explanation/incidents.md)). The sentences are our"
        " own; the Japanese and Chinese ones have not been reviewed by rescue coordinators yet.\n",
        f"Version {phrasebook.BOOK_VERSION}, {len(phrasebook.PHRASES)} phrases.\n\n## Values\n\n| value | type |\n|---|---|",
    ]
    out += [f"| `{name}` | {what} |" for name, what in phrasebook.PARAMETERS.items()]
    for group, title in _GROUPS.items():
        out.append(f"\n## {title}\n\n| id | English | 日本語 | 繁體中文 |\n|---|---|---|---|")
        mine = [each for each in phrasebook.PHRASES.values() if each.id.startswith(group + ".")]
        out += [f"| `{each.id}` | {' | '.join(each.wording[lang] for lang in LANGUAGES)} |" for each in mine]
    return "\n".join(out) + "\n"

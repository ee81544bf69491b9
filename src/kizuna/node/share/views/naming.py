"""What parties are called for people: by the node's own names, as a memorandum names them, by their title, else by id.

A name in the language that is asked for goes before one in English.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from kizuna.base.errors import KizunaError
from kizuna.node.share.views.words import TONGUES, ours

if TYPE_CHECKING:
    from kizuna.node.share.desk.office import Office
    from kizuna.share.agreement import Agreement


def name_of(office: Office, party: str, language: str) -> str:
    """One party in one language (of ours or of pages). An id that nobody here knows is its own name."""
    own, tongue = office.names.get(party, {}), ours(language)
    written = (p.name.say(tongue) for a in _signed(office) for p in a.parties if p.node == party)
    return own.get(TONGUES[tongue]) or next(written, "") or own.get("en", "") or _title(office, party) or party


def names_of(office: Office, party: str) -> dict[str, str]:
    """One party by the languages of pages."""
    return {page: name_of(office, party, language) for language, page in TONGUES.items()}


def namer(office: Office, language: str) -> Callable[[str], str]:
    """Names for sentences in one language; each party is looked up once."""
    held: dict[str, str] = {}

    def called(party: str) -> str:
        if party not in held:
            held[party] = name_of(office, party, language)
        return held[party]

    return called


def _signed(office: Office) -> list[Agreement]:
    """Memoranda that this node signed, newest version first: what others only propose names nobody here."""
    book = office.agreements
    mine = [a for a in book.agreements.values() if office.me in book.signed.get(a.sha256, ())]
    return sorted(mine, key=lambda a: (a.id, -a.version))


def _title(office: Office, party: str) -> str:
    if party == office.me:
        return office.sharing.identity.title
    try:
        return office.sharing.partners.get(party).title
    except KizunaError:
        return ""

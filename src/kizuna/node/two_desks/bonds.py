"""What ties the nodes of the demonstration: introductions, the memorandum, rules; by the functions that people use.

Each step is the one behind ``kizuna partner introduce|accept|open|confirm``, ``kizuna agreement sign`` and ``kizuna
rules propose|approve|activate``. Two people of each node take part, as the product asks.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from typing import Final

from kizuna.node.service.clocks import wall_ms
from kizuna.node.share import introduction
from kizuna.node.share.desk import agreements
from kizuna.node.share.desk.office import Office
from kizuna.node.share.files import Places
from kizuna.node.share.identity import Identity, load
from kizuna.node.share.partners import Partners
from kizuna.node.share.sharing import open_sharing
from kizuna.node.two_desks.homes import Home
from kizuna.share.agreement.memorandum import load as load_memorandum

OFFICER: Final = "officer"
CHIEF: Final = "chief"


def introduce(homes: Sequence[Home]) -> None:
    """Introduce every two nodes."""
    for one, two in itertools.combinations(homes, 2):
        _introduce(one, two)


def _introduce(one: Home, two: Home) -> None:
    a, b = Places(one.path), Places(two.path)
    first = introduction.begin(a, _identity(one), [one.ports.address(two.party.id)], os.urandom)
    _, answer = introduction.accept(b, _identity(two), [two.ports.address(one.party.id)], first, os.urandom)
    opened = introduction.open_up(a, answer)
    spoken = introduction.see(b, one.party.id, opened.file)
    now = wall_ms()
    introduction.confirm(a, Partners(a), two.party.id, spoken, at_ms=now, by=OFFICER)
    introduction.confirm(b, Partners(b), one.party.id, opened.code, at_ms=now, by=OFFICER)


def _identity(home: Home) -> Identity:
    s = home.config.sharing
    return load(Places(home.path), s.party, s.title, home.config.node.context)


def only_clear(home: Home, onlookers: Sequence[str]) -> None:
    """Bound what an onlooker may be told, whatever the rules say."""
    partners = Partners(Places(home.path))
    for party in onlookers:
        partners.change(party, tlp_max="CLEAR")


def agree(home: Home, memorandum: bytes) -> None:
    """Sign the memorandum, and trust its parties with its purposes; the other signature comes when the nodes talk."""
    agreement = load_memorandum(memorandum)
    partners = Partners(Places(home.path))
    for party in sorted(agreement.signers - {home.party.id}):
        partners.change(party, purposes=agreement.purpose)
    with open_sharing(home.config) as sharing:
        office = Office(sharing)
        office.open()
        agreements.propose(office, memorandum.decode(), CHIEF)


def prepare_rules(home: Home, text: bytes) -> str:
    """One person proposes, another approves; nothing is in force yet. The hash."""
    with open_sharing(home.config) as sharing:
        rules = sharing.book.propose(text, OFFICER, wall_ms())
        sharing.book.approve(rules.hash, CHIEF, wall_ms())
        return rules.hash


def activate(home: Home, digest: str) -> None:
    """Put in force what two people agreed on; a node that runs takes it up within a second."""
    with open_sharing(home.config) as sharing:
        sharing.book.activate(digest, OFFICER, wall_ms())

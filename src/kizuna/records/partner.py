"""Partners and communities as one node knows them, and whom a label reaches among them.

A community is a signed, versioned list of members. A partner counts as a member only where the list names it **and**
this node has agreed to serve it in that community; either alone is nothing. Names are configuration, never hard-wired;
a group is always named by its own id, never by a number that two nodes may count differently.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from kizuna.base.errors import InputError
from kizuna.records import label as labels
from kizuna.records.label import COMMUNITY, EVERYBODY, NO_PURPOSE, PARTY, Label, Tlp

ACTIVE: Final = "active"
REVOKED: Final = "revoked"


@dataclass(frozen=True, slots=True)
class Partner:
    """Another owner as this node knows it.

    Attributes:
        id: party id, chosen by its owner.
        title: its name for people.
        root_key: its offline root key as ``ed25519:<hex>``; empty before the introduction.
        communities: communities in which this node serves it; the signed list must name it as well.
        caveats_held: caveats that it may be told under.
        tlp_max: highest level that it may be told.
        purposes: purposes agreed with it; a label that names purposes reaches it only where one of them is here.
        state: ``active`` or ``revoked``; a revoked partner is reached by nothing.
    """

    id: str
    title: str = ""
    root_key: str = ""
    communities: frozenset[str] = frozenset()
    caveats_held: frozenset[str] = frozenset()
    tlp_max: Tlp = Tlp.AMBER
    purposes: frozenset[str] = frozenset()
    state: str = ACTIVE

    def __post_init__(self) -> None:
        """Check the words."""
        if not PARTY.fullmatch(self.id):
            raise InputError(f"{self.id!r} is no party id", where="partner", hint="a-z, 0-9, -; up to 32")
        if self.state not in (ACTIVE, REVOKED):
            raise InputError(f"state {self.state!r}", where=f"partner {self.id}", hint=f"{ACTIVE} or {REVOKED}")


@dataclass(frozen=True, slots=True)
class Community:
    """One version of a list of members."""

    id: str
    version: int
    members: frozenset[str]
    title: str = ""

    def __post_init__(self) -> None:
        """Check the words."""
        if not COMMUNITY.fullmatch(self.id):
            raise InputError(f"{self.id!r} is no community id", where="community", hint="c: and a-z 0-9 . -")
        odd = sorted(m for m in self.members if not PARTY.fullmatch(m))
        if odd:
            raise InputError(f"{odd[0]!r} is no party id", where=f"community {self.id}")


@dataclass(frozen=True, slots=True)
class Directory:
    """What one node knows of the others. ``me`` is its own party id."""

    me: str
    partners: Mapping[str, Partner] = field(default_factory=dict)
    communities: Mapping[str, Community] = field(default_factory=dict)

    def members(self, audience: str) -> frozenset[str]:
        """The partners, known and active, that an audience names; of an unknown name, nobody."""
        active = {p.id: p for p in self.partners.values() if p.state == ACTIVE}
        if audience == EVERYBODY:
            return frozenset(active)
        if audience in active:
            return frozenset((audience,))
        community = self.communities.get(audience)
        if community is None:
            return frozenset()
        return frozenset(m for m in community.members if m in active and audience in active[m].communities)

    def audiences_of(self, partner: str) -> frozenset[str]:
        """Every name under which this partner is told something: itself and its communities."""
        found = [a for a in (partner, *self.communities) if partner in self.members(a)]
        return frozenset(found)


def directory(me: str, partners: Iterable[Partner] = (), communities: Iterable[Community] = ()) -> Directory:
    """A directory of these; of a community the newest version counts. Raises InputError for a partner named twice."""
    by_id: dict[str, Partner] = {}
    for partner in partners:
        if partner.id in by_id or partner.id == me:
            raise InputError(f"partner {partner.id} is there already", where="partners")
        by_id[partner.id] = partner
    newest: dict[str, Community] = {}
    for community in sorted(communities, key=lambda c: c.version):
        newest[community.id] = community
    return Directory(me, by_id, newest)


def audience(label: Label, who: Directory) -> frozenset[str]:
    """The partners that a label reaches: named by it, and trusted with its level, caveats and purposes.

    RED reaches only those named one by one, never a community (TLP 2.0: individual recipients only). A label of an
    unknown policy reaches nobody.
    """
    if not labels.known_policy(label) or NO_PURPOSE in label.purpose:
        return frozenset()
    named: set[str] = set()
    for word in label.rel_to:
        if label.tlp < Tlp.RED or word in who.partners:
            named |= who.members(word)
    return frozenset(p for p in named if _trusted(label, who.partners[p]))


def _trusted(label: Label, partner: Partner) -> bool:
    if label.tlp > partner.tlp_max or not label.caveats <= partner.caveats_held:
        return False
    return not label.purpose or bool(label.purpose & partner.purposes)


@dataclass(frozen=True, slots=True)
class PolicyMap:
    """How labels of a partner's own policy read in ours. What is not in the tables reaches nobody.

    Attributes:
        policy: the partner's policy.
        tlp: its levels, by number, in ours.
        caveats: its caveats in ours; several may become one.
        parties: its names of parties and communities in ours; a name not here is dropped from the audience.
    """

    policy: str
    tlp: Mapping[int, Tlp]
    caveats: Mapping[str, str] = field(default_factory=dict)
    parties: Mapping[str, str] = field(default_factory=dict)


def translate(label: Label, table: PolicyMap) -> Label:
    """A label of another policy in the words of ours; ``UNREADABLE`` where a level or caveat is not in the table."""
    level = table.tlp.get(int(label.tlp))
    if label.policy != table.policy or level is None or not label.caveats <= table.caveats.keys():
        return labels.UNREADABLE
    named = frozenset(table.parties[w] for w in label.rel_to if w in table.parties)
    if EVERYBODY in named and (level != Tlp.CLEAR or len(named) > 1):
        return labels.UNREADABLE
    return Label(
        tlp=level,
        rel_to=named,
        caveats=frozenset(table.caveats[c] for c in label.caveats),
        info=label.info,
        reshare=label.reshare,
        purpose=label.purpose,
        personal=label.personal,
        retain_until_ms=label.retain_until_ms,
        originator=label.originator,
    )

"""Communities: signed, versioned lists of members, and whom they name now.

The founder of a community is agreed on when nodes are introduced (configuration), and signs version 1. Each later
version is signed by a steward whom the version before names, and names that version by its hash. Where two stewards
sign the same version apart from each other, only who stands in **both** lists is a member until a version that names
both replaces them: a dispute narrows, it never widens. The founder may always sign, so that no steward can lock the
others out. A member leaves by its own word at once. An empty list reaches nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from kizuna.base.errors import InputError
from kizuna.records.bodies.trust import Leave, Members
from kizuna.records.kinds import read_body
from kizuna.records.label import PARTY, Label, Tlp
from kizuna.records.partner import Community
from kizuna.records.record import Record, body_bytes, decode, encode, record_id

PARTIES_MAX: Final = 64
"""Parties that a list may name or must reach, members of the list before included: a label holds no more, and a list
of which some never hear would stand differently at different nodes."""
LISTS_MAX: Final = 10_000
"""Lists, and words of leaving, that are kept in mind."""
WAITING_MAX: Final = 256
"""Lists kept that arrived before the version that they follow; the rest must be sent again."""


@dataclass(slots=True)
class Communities:
    """What one node knows of communities. ``founders`` says whose version 1 counts."""

    founders: Mapping[str, str]
    context: str
    _lists: dict[str, Members] = field(default_factory=dict)
    _before: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _left: dict[tuple[str, str], int] = field(default_factory=dict)
    _waiting: dict[str, tuple[Record, Members]] = field(default_factory=dict)

    def take(self, data: bytes, proved: str) -> str:
        """Take a list or a leave; returns why not, or nothing. Raises InputError for another record."""
        record, name = decode(data), record_id(data)
        body = read_body(record)
        if not isinstance(body, Members | Leave):
            raise InputError(f"{record.kind} is no list of members")
        if record.context != self.context or record.origin != proved:
            return f"it is of {record.origin} in {record.context}, brought by {proved}"
        if isinstance(body, Leave):
            return self._leave(body, record.origin)
        why = self._odd(name, body) or self._judge(name, record, body)
        if why == _WAIT:
            if len(self._waiting) >= WAITING_MAX:
                return "too many lists wait for the ones before them"
            self._waiting[name] = (record, body)
        elif not why:
            self._settle()
        return why

    def _leave(self, body: Leave, party: str) -> str:
        key = (body.community, party)
        if key not in self._left and len(self._left) >= LISTS_MAX:
            return "too many words of leaving are held"
        self._left[key] = max(self._left.get(key, 0), body.version)
        return ""

    def _odd(self, name: str, body: Members) -> str:
        """Why a list cannot be kept, whoever signed it; or nothing."""
        if not all(PARTY.fullmatch(each) for each in (*body.members, *body.stewards)):
            return "it names what is no party id"
        if len({*body.members, *body.stewards}) > PARTIES_MAX:
            return f"it names more than {PARTIES_MAX} parties"
        full = name not in self._lists and len(self._lists) >= LISTS_MAX
        return "too many lists are held" if full else ""

    def current(self, community: str) -> Community | None:
        """The list that counts now; None where there is none. Version is that of the newest list."""
        tips = self._tips(community)
        if not tips:
            return None
        lists = [self._lists[tip] for tip in tips]
        members = frozenset(lists[0].members).intersection(*(each.members for each in lists))
        version = max(each.version for each in lists)
        gone = {party for (name, party), at in self._left.items() if name == community and at >= version}
        return Community(community, version, members - gone, lists[0].title)

    def all(self) -> tuple[Community, ...]:
        """Every community, for the directory of the node."""
        found = (self.current(each) for each in sorted({each.community for each in self._lists.values()}))
        return tuple(each for each in found if each is not None)

    def disputed(self, community: str) -> bool:
        """Whether two lists stand side by side."""
        return len(self._tips(community)) > 1

    def next_list(
        self, community: str, members: Iterable[str], *, me: str, now_ms: int, stewards: Iterable[str] = (),
        title: str = "", reach: Iterable[str] = (),
    ) -> bytes:  # fmt: skip
        """The next version, signed by a steward; replaces every list that stands now. Raises InputError.

        It is addressed to its members, to those of the list before (who must learn that they are none any more) and to
        ``reach``.
        """
        tips = self._tips(community)
        lists = [self._lists[tip] for tip in tips]
        founder = self.founders.get(community) == me
        if not founder and (not lists or not all(me in each.stewards for each in lists)):
            raise InputError(f"{me} is no steward of {community}")
        named = tuple(sorted(set(members)))
        keep = tuple(sorted(set(stewards) or {each for one in lists for each in one.stewards} or {me}))
        version = 1 + max((each.version for each in lists), default=0)
        body = Members(community=community, version=version, members=named, stewards=keep, title=title)
        everybody = {*named, *keep, *reach, *(each for one in lists for each in one.members)} - {me}
        record = Record(
            kind="community.members", origin=me, observed_ms=now_ms, body=body_bytes(body), supersedes=tips,
            label=_to(everybody, community), context=self.context,
        )  # fmt: skip
        return encode(record)

    def leave(self, community: str, *, me: str, now_ms: int) -> bytes:
        """This party leaves. Raises InputError where there is no such community."""
        now = self.current(community)
        if now is None:
            raise InputError(f"there is no community {community}")
        label = _to(now.members - {me}, community)
        body = body_bytes(Leave(community=community, version=now.version))
        return encode(
            Record(kind="community.leave", origin=me, observed_ms=now_ms, body=body, label=label, context=self.context)
        )

    def _tips(self, community: str) -> tuple[str, ...]:
        replaced = {old for names in self._before.values() for old in names}
        return tuple(sorted(n for n, each in self._lists.items() if each.community == community and n not in replaced))

    def _judge(self, name: str, record: Record, body: Members) -> str:
        """Why a list does not count, or nothing; ``_WAIT`` where the one before is missing."""
        if body.version == 1:
            if self.founders.get(body.community) != record.origin or record.supersedes:
                return f"{record.origin} is not the founder of {body.community}"
        else:
            before = [self._lists.get(each) for each in record.supersedes]
            if not before:
                return "it does not say which list it follows"
            for each in before:
                if each is None:
                    return _WAIT
                steward = record.origin in (*each.stewards, self.founders.get(body.community))
                if not steward or each.community != body.community:
                    return f"{record.origin} is no steward of the list before"
            if body.version != 1 + max(each.version for each in before if each is not None):
                return "its version does not follow"
        self._lists[name] = body
        self._before[name] = record.supersedes
        return ""

    def _settle(self) -> None:
        """Take in what waited, as long as something fits."""
        found = True
        while found:
            found = False
            for name, (record, body) in list(self._waiting.items()):
                if self._judge(name, record, body) != _WAIT:
                    del self._waiting[name]
                    found = True


def _to(parties: Iterable[str], community: str) -> Label:
    """Addressed to all of these. Raises InputError where a label cannot name so many: none is left out in silence."""
    named = frozenset(parties)
    if len(named) > PARTIES_MAX:
        hint = "remove members in several steps, or found a second community"
        raise InputError(f"{len(named)} parties must hear of {community}, at most {PARTIES_MAX} can", hint=hint)
    return Label(tlp=Tlp.AMBER, rel_to=named)


_WAIT: Final = "the list before has not arrived"

"""Lists of members of communities as this node keeps them: its own and those that partners sent.

Every list and every leave is a paper of the shared store, so a command beside a running node writes where the node
reads, and what counts is worked out anew from the papers alone. Lists are kept also where they do not count yet: the
founder may be settled later (``[sharing] founders``), the list before may still come. The running node brings its own
to those whom they name, without a rule of release; who joins later is shown our own lists that led to the one naming
it, for without them nobody can tell that it follows.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from kizuna.base.errors import InputError
from kizuna.records.kinds import read_body
from kizuna.records.label import COMMUNITY, PARTY
from kizuna.records.partner import Community, audience
from kizuna.records.record import Record, decode, encode, record_id
from kizuna.share.communities import Communities
from kizuna.share.decide import Decision
from kizuna.share.ledger.name import parse_name
from kizuna.stores.shared.books import Paper, Papers

if TYPE_CHECKING:
    from kizuna.node.share.sharing import Received, Sharing

KIND: Final = "community"
"""Kind of paper, and beginning of the kinds of records that are kept so."""
PREFIX: Final = "community."
KEPT_MOST: Final = 2_000
"""Papers of one party that are kept; a party that states more is refused."""


class Membership:
    """Any thread may call it; another process may write beside it."""

    def __init__(self, founders: dict[str, str], party: str, context: str, papers: Papers) -> None:
        self.founders, self._me, self._context, self._papers = founders, party, context, papers
        self._lock = threading.Lock()
        self._lists = Communities(founders, context)
        self._held: dict[str, tuple[str, Record]] = {}
        """Every paper by record id: the party that stated it, and the record."""
        self._refused: dict[str, str] = {}
        self._count = 0
        self._current: tuple[Community, ...] = ()
        self._brought: set[tuple[str, str]] = set()
        self.look()

    # ---- what counts ------------------------------------------------------------------------------------------------
    def all(self) -> tuple[Community, ...]:
        """Every community as it stands now; it is asked at every decision, so it looks at nothing outside."""
        return self._current

    def look(self) -> None:
        """Take in what another process wrote."""
        with self._lock:
            self._read()

    def rows(self) -> list[dict[str, Any]]:
        """Every community that has a founder here or a list, for people."""
        with self._lock:
            self._read()
            out = []
            for name in sorted({*self.founders, *(c.id for c in self._current)}):
                found = self._lists.current(name)
                out.append({
                    "id": name, "title": found.title if found else "", "version": found.version if found else 0,
                    "founder": self.founders.get(name, ""), "members": sorted(found.members) if found else [],
                    "disputed": self._lists.disputed(name),
                })  # fmt: skip
            return out

    def refused(self) -> dict[str, str]:
        """Lists that do not count now, by record id, with the reason."""
        with self._lock:
            self._read()
            return dict(self._refused)

    def _read(self) -> None:
        """Take in papers that this process has not seen yet, oldest first."""
        if self._papers.count(KIND) == self._count:
            return
        found = self._papers.versions(KIND)
        self._count = len(found)
        for paper in sorted((p for p in found if p.name not in self._held), key=lambda p: (p.at_ms, p.name)):
            self._held[paper.name] = paper.by, decode(paper.data)
            why = self._lists.take(paper.data, paper.by)
            if why:
                self._refused[paper.name] = why
        self._current = self._lists.all()

    # ---- coming in ---------------------------------------------------------------------------------------------------
    def received(self, came: Received) -> None:
        """A list or a leave of a partner. Raises InputError where it does not count: a person should look at it."""
        self.take(came.data, came.partner, came.number)
        with self._lock:
            why = self._refused.get(came.id, "")
        if why:
            raise InputError(f"{came.record.kind}: {why}")

    def take(self, data: bytes, proved: str, at_ms: int) -> None:
        """Keep what a party stated, once. Raises InputError where it is no such record, or where it states too much."""
        record = decode(data)
        if not record.kind.startswith(PREFIX) or record.origin != proved or record.context != self._context:
            raise InputError(f"{record.kind} of {record.origin} in {record.context}, brought by {proved}")
        read_body(record)
        with self._lock:
            self._read()
            if sum(by == proved for by, _ in self._held.values()) >= KEPT_MOST:
                raise InputError(f"{proved} stated more than {KEPT_MOST} lists", hint="introduce the nodes anew")
            name = record_id(data)
            if name not in self._held:
                self._papers.put(Paper(KIND, name, 1, at_ms, proved, data))
            self._read()

    # ---- writing -----------------------------------------------------------------------------------------------------
    def found(self, community: str, members: Iterable[str], *, now_ms: int, title: str = "",
              stewards: Iterable[str] = ()) -> Community:  # fmt: skip
        """State the first list. Raises InputError where another is the founder, or where there is one already."""
        if not COMMUNITY.fullmatch(community):
            raise InputError(f"{community[:70]!r} is no community", hint="c: and a-z, 0-9, dot, dash")
        if self.founders.get(community) != self._me:
            raise InputError(f"{self._me} is not the founder of {community} here",
                             hint=f'[sharing] founders = ["{community} = {self._me}"]')  # fmt: skip
        if self._now(community) is not None:
            raise InputError(f"{community} was founded already", hint="kizuna partner community add")
        return self._state(community, {self._me, *members}, now_ms, title, {self._me, *stewards})

    def change(self, community: str, *, add: Iterable[str] = (), remove: Iterable[str] = (), now_ms: int) -> Community:
        """State the next list, with and without these. Raises InputError where this node is no steward of it."""
        held = self._now(community)
        if held is None:
            raise InputError(f"there is no community {community}", hint="kizuna partner community list")
        after = (held.members | frozenset(add)) - frozenset(remove)
        if after == held.members:
            raise InputError(f"nothing changes: {', '.join(sorted(after)) or 'nobody'} in {community}")
        return self._state(community, after, now_ms, held.title, ())

    def leave(self, community: str, *, now_ms: int) -> None:
        """This party leaves, by its own word. Raises InputError where it is no member."""
        held = self._now(community)
        if held is None or self._me not in held.members:
            raise InputError(f"{self._me} is no member of {community}", hint="kizuna partner community list")
        with self._lock:
            data = self._lists.leave(community, me=self._me, now_ms=now_ms)
        self.take(data, self._me, now_ms)

    def _now(self, community: str) -> Community | None:
        self.look()
        return next((c for c in self.all() if c.id == community), None)

    def _state(
        self, community: str, members: Iterable[str], now_ms: int, title: str, stewards: Iterable[str]
    ) -> Community:  # fmt: skip
        named = set(members)
        odd = sorted(p for p in (*named, *stewards) if not PARTY.fullmatch(p))
        if odd:
            raise InputError(f"{odd[0][:40]!r} is no party id", hint="a-z, 0-9, dash")
        with self._lock:
            data = self._lists.next_list(community, named, me=self._me, now_ms=now_ms, stewards=stewards, title=title)
        self.take(data, self._me, now_ms)
        now = self._now(community)
        if now is None:
            raise InputError(f"the list of {community} does not count: {self.refused().get(record_id(data), '')}")
        return now

    # ---- going out ---------------------------------------------------------------------------------------------------
    def owed(self) -> list[tuple[str, Record, frozenset[str]]]:
        """Our own lists and leaves: id, record, and the parties that should have it."""
        with self._lock:
            self._read()
            after: dict[str, list[str]] = {}
            for name, (_, record) in self._held.items():
                for before in record.supersedes:
                    after.setdefault(before, []).append(name)
            out = []
            for name, (by, record) in self._held.items():
                if by == self._me:
                    reach, look = set(record.label.rel_to), list(after.get(name, ()))
                    seen = {name}
                    while look:
                        one = look.pop()
                        if one not in seen and one in self._held:
                            seen.add(one)
                            reach |= self._held[one][1].label.rel_to
                            look += after.get(one, ())
                    out.append((name, record, frozenset(reach - {self._me})))
            return out

    def bring(self, sharing: Sharing) -> int:
        """Put into the logs of partners what they should have and were not told; how many. Only a running node may."""
        owed = self.owed()
        who, told = sharing.who(), 0
        for name, record, reach in owed:
            for to in sorted(reach):
                named = record.label.rel_to | {to}
                if (name, to) in self._brought or to not in audience(_naming(record, named), who):
                    continue
                if not _is_told(sharing, name, to):
                    sharing.door.pass_on(encode(record), _duty(record), to, lane="flash")
                    told += 1
                self._brought.add((name, to))
        return told


def _naming(record: Record, named: frozenset[str]) -> Any:
    import msgspec  # noqa: PLC0415

    return msgspec.structs.replace(record.label, rel_to=named)


def _duty(record: Record) -> Decision:
    return Decision("release", "", (f"duty.{record.kind}",), label=record.label, lane="flash",
                    why=("a list of members goes to those whom it concerns",))  # fmt: skip


def _is_told(sharing: Sharing, name: str, to: str) -> bool:
    logs = (parse_name(log) for log, _ in sharing.shared.records.where(name))
    return any(log.origin == sharing.party and log.audience == to for log in logs)

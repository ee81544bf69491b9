"""The acts that cut the ties to a partner, in the order in which they are done.

Acts that are records come as bytes. Recalls are proposed and not begun: whether to ask a party that has turned to hide
something is a person's decision. Nothing here says that anything was deleted over there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal, NamedTuple

from kizuna.base.errors import InputError
from kizuna.records.label import Label
from kizuna.share import grants as granting
from kizuna.share.agreement import signing
from kizuna.share.agreement.standing import Book
from kizuna.share.communities import Communities
from kizuna.share.exposure.held import Exposure, Facts

RECALL_BATCH: Final = 512
"""Records in one recall."""


class Act(NamedTuple):
    """One act that cuts a tie. ``data`` holds the record to release where the act is one; ``to`` who must see it."""

    what: Literal[
        "stop_lane", "revoke_key", "end_grant", "strike_member", "suspend_agreement", "propose_recall", "tell_incident",
    ]  # fmt: skip
    about: str
    why: str
    data: bytes = b""
    to: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
    position: Mapping[str, int] | None = None


def end(
    found: Exposure, facts: Facts, book: Book, communities: Communities, *, me: str, now_ms: int, context: str,
    label: Label,
) -> tuple[Act, ...]:  # fmt: skip
    """The acts that end every tie to the party, in order: first what stops, then what is told, then what is proposed.

    ``label`` is that of statements about agreements. Keys are revoked by position: what was verified up to it stays
    valid, nothing beyond it is taken.
    """
    acts = [Act("stop_lane", log, "no page of it is sent or taken any more") for log in found.lanes]
    positions = facts.positions.get(found.party, {})
    acts += [Act("revoke_key", key, "invalid beyond the sizes named", position=positions) for key in found.keys]
    acts += _grant_ends(found, me, now_ms, context)
    acts += _memberships(found, communities, me, now_ms)
    acts += _suspensions(found.party, book, me, now_ms, context, label)
    acts += [Act("tell_incident", case, f"{found.party} is a desk of this case") for case in found.incidents]
    own = sorted(name for name in found.released if facts.origins.get(name, me) == me)
    for at in range(0, len(own), RECALL_BATCH):
        batch = tuple(own[at : at + RECALL_BATCH])
        acts.append(Act("propose_recall", found.party, f"{len(batch)} records; a person decides", records=batch))
    return tuple(acts)


def _grant_ends(found: Exposure, me: str, now_ms: int, context: str) -> Iterable[Act]:
    for each in found.grants:
        reach = tuple(sorted({each.to, found.party} - {me}))
        data = granting.end((each.id,), me=me, reach=reach, now_ms=now_ms, context=context)
        yield Act("end_grant", each.id, f"it let {each.to} have {scope_words(each)}", data, reach)


def scope_words(each: granting.Given) -> str:
    """What a grant covers, in short English words."""
    parts = [f"{len(each.records)} records"] if each.records else []
    if each.kinds or each.subjects:
        about = f" about {', '.join(sorted(each.subjects))}" if each.subjects else ""
        parts.append(f"{', '.join(each.kinds) or 'all'}{about}")
    return " and ".join(parts)


def _memberships(found: Exposure, communities: Communities, me: str, now_ms: int) -> Iterable[Act]:
    for name in found.communities:
        now = communities.current(name)
        members = frozenset() if now is None else now.members
        try:
            data = communities.next_list(name, members - {found.party}, me=me, now_ms=now_ms)
        except InputError:
            why = f"only a steward of {name} strikes a member; until then this node serves {found.party} there no more"
            yield Act("strike_member", name, why)
            continue
        yield Act("strike_member", name, "the next list does not name it", data, tuple(sorted(members - {me})))


def _suspensions(party: str, book: Book, me: str, now_ms: int, context: str, label: Label) -> Iterable[Act]:
    for agreement in sorted(book.agreements.values(), key=lambda a: (a.id, a.version)):
        standing = book.standing(agreement, now_ms)
        if {me, party} <= agreement.signers and standing.state in ("in_force", "ends_soon", "not_started"):
            data = signing.suspend(agreement, me=me, label=label, now_ms=now_ms, context=context)
            others = tuple(sorted(agreement.signers - {me}))
            yield Act("suspend_agreement", agreement.id, "nothing is released under it", data, others)

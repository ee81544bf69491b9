"""Events that are not held to be true any more, told to whoever was told of them, however long ago that was.

The memory of publishing forgets an event after a month. Who was told of an older one stands in the ledger, and is
looked up there when the event is retracted.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from kizuna.records.record import decode
from kizuna.share.publish import Memory, Offer
from kizuna.share.publish.run import GONE
from kizuna.stores.shared.register.wishes import Reach, Want
from kizuna.stores.shared.shared import Shared

EVENTS: Want = Want(kinds=("event.",), recalled=True)


class _Body(msgspec.Struct):
    event_id: str = ""


def reminded(memory: Memory, offers: Iterable[Offer], shared: Shared, now_ms: int) -> Memory:
    """The memory with those retracted events of the offers that it forgot and the ledger knows."""
    for offer in offers:
        if not offer.candidates.keys:
            continue
        rows = offer.candidates.rows
        gone = [k for k, status in enumerate(rows["status"].tolist()) if status in GONE]
        for audience, decisions in offer.decisions.items():
            for k in gone:
                name = offer.candidates.keys[k]
                if decisions.release[k] and name not in memory.events.get(audience, {}):
                    subjects = tuple(rows["subject"][k] or ())
                    if _was_told(shared, audience, name, subjects):
                        memory = memory.told_before(audience, name, now_ms)
    return memory


def _was_told(shared: Shared, audience: str, event: str, subjects: tuple[str, ...]) -> bool:
    """By the first subject of the event: one whose vessel was masked cannot be found, and is not told again."""
    logs = [Reach(s, s.size) for s in shared.logs.all("out") if s.peer == audience]
    found = shared.register.find(logs, EVENTS._replace(subject=subjects[0] if subjects else ""))
    for one in shared.register.read(found):
        if event.encode() in one.data:
            body = msgspec.json.decode(decode(one.data).body, type=_Body)
            if body.event_id == event:
                return True
    return False

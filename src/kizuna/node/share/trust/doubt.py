"""What a partner's revocation has made doubtful here: records that were taken under a key that others had by then.

The root key's word says how far a revoked page key counts. Records beyond, whatever became of them here, are hidden as
a recall would hide them, with the manifest in the place of the recall; their bytes stay, for a person to look at. They
are not handed on either (``arrivals``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kizuna.share.ledger.name import parse_name
from kizuna.stores.shared.books import Tombstone

if TYPE_CHECKING:
    from kizuna.node.share.sharing import Sharing

REASON: Final = "revoked key"
_AT_ONCE: Final = 2_000


def look(sharing: Sharing, partner: str) -> dict[str, int]:
    """Hide what became doubtful and was not hidden yet; by log, how many records. Twice does no harm."""
    ring = sharing.partners.get(partner).ring
    if not any(key.state == "revoked" for key in ring.keys("page", sharing.context)):
        return {}
    counts = {}
    for state in sharing.shared.logs.all("in", partner):
        name, signers = parse_name(state.name), sharing.shared.inbox.signers(state.name)
        ends = [first for first, _ in signers[1:]] + [state.size]
        found: list[str] = []
        for (first, key), end in zip(signers, ends, strict=True):
            span = ring.doubtful(name, key, state.size)
            found += _ids(sharing, state.name, max(first, span.start), min(end, span.stop))
        held = sharing.shared.tombstones.of(found)
        fresh = [i for i in dict.fromkeys(found) if i not in held]
        if fresh:
            sharing.doubted(fresh)
            word, at_ms = ring.digests[-1].hex(), sharing.now_ms()
            sharing.shared.tombstones.put([Tombstone(i, "hide", REASON, word, at_ms) for i in fresh])
            counts[state.name] = len(fresh)
    return counts


def _ids(sharing: Sharing, log: str, first: int, end: int) -> list[str]:
    out: list[str] = []
    while first < end:
        part = sharing.shared.logs.entries(log, first, most=min(_AT_ONCE, end - first), max_bytes=1 << 26)
        if not part:
            break
        out += [e.id for e in part if e.id is not None]
        first = part[-1].n + 1
    return out

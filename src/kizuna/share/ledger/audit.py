"""Whether what is stored of a log is still what its tree says: edits of past rows and nodes are found, and named.

Both look at our own store and need no key. That the tree itself was not exchanged, the heads show: compare the root
with those that were signed here and cosigned by partners.
"""

from __future__ import annotations

from collections.abc import Sequence

from kizuna.share.ledger.leaf import leaves_of
from kizuna.share.ledger.merkle import EMPTY, Nodes, append, nodes_before, number_of
from kizuna.share.ledger.name import LogName
from kizuna.share.ledger.salts import Salts


def changed_rows(
    name: LogName, records: Sequence[bytes | None], salts: Salts, nodes: Nodes, first: int = 0
) -> list[int]:
    """Numbers of stored records that are not those of the tree; None stands for an erased one, which cannot be told.

    Whoever edits a past row would have to edit its leaf, then every node above, and then the root, which is signed
    here and cosigned there: compare ``frontier_at(...).root`` with those.
    """
    held = nodes.read([number_of(0, first + i) for i in range(len(records))])
    out = []
    for i, (data, salt) in enumerate(zip(records, salts.read(first, len(records)), strict=True)):
        if data is not None and (salt is None or leaves_of(str(name), [data], [salt])[0] != held[i]):
            out.append(first + i)
    return out


def changed_nodes(size: int, nodes: Nodes, *, step: int = 4096) -> list[int]:
    """Numbers of stored nodes that do not follow from the leaves."""
    out, frontier = [], EMPTY
    while frontier.size < size:
        count = min(step, size - frontier.size)
        leaves = nodes.read([number_of(0, frontier.size + i) for i in range(count)])
        start = nodes_before(frontier.size)
        frontier, right = append(frontier, leaves)
        stored = nodes.read(range(start, start + len(right)))
        out += [start + i for i, (a, b) in enumerate(zip(right, stored, strict=True)) if a != b]
    return out

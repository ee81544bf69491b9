"""A new epoch: how a node that was restored from a backup goes on without forking its history.

The logs of the ended epoch are closed where the largest head that anybody can show stood: our own marks, which no
backup holds, and the receipts of partners. What was told beyond the backup is with the partners and not with us; the
statement, signed by the root key, says so to everybody. New logs begin at nothing. Memory of publishing stays as the
backup had it, so what was told since may be told again, under new numbers; but not what all who read an audience
acknowledged in a log that is closed now.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from kizuna.node.share.files import key_file
from kizuna.node.share.identity import Marks, add_manifest
from kizuna.share import receipt
from kizuna.share.keys import Manifest, Position, read_manifest
from kizuna.share.ledger.checkpoint import read_checkpoint
from kizuna.share.ledger.name import LANES, LogName, parse_name

if TYPE_CHECKING:
    from kizuna.node.share.sharing import Sharing
    from kizuna.stores.shared import Shared


def begin(sharing: Sharing, passphrase: str) -> Manifest:
    """Sign and keep the manifest that begins an epoch. Raises ConfigError for a wrong passphrase or no root key."""
    root = receipt.open_root(key_file(sharing.places.root_key), passphrase)
    data = receipt.begin_epoch(sharing.identity.ring, root, ends(sharing))
    add_manifest(sharing.places, sharing.identity, data)
    return read_manifest(data)[0]


def ends(sharing: Sharing) -> dict[str, Position]:
    """Where each of our logs of the present epoch ended, as far as marks, heads and receipts tell."""
    manifest = sharing.identity.ring.manifest
    epoch = manifest.epoch if manifest else 1
    found: dict[str, Position] = {}

    def seen(log: str, position: Position) -> None:
        if parse_name(log).epoch == epoch and position.size > found.get(log, Position(-1, "")).size:
            found[log] = position

    for log, position in Marks(sharing.places.marks(sharing.context)).all().items():
        seen(log, position)
    for state in sharing.shared.logs.all("out"):
        heads = [state.head] if state.head is not None else []
        heads += [a.note for a in sharing.shared.outbox.acks(state.name).values()]
        for note in heads:
            head = read_checkpoint(note)[0]
            seen(state.name, Position(head.size, base64.b64encode(head.root).decode()))
    return found


def acknowledged_before(shared: Shared, name: LogName, records: Sequence[str], readers: Collection[str]) -> set[str]:
    """Those that stand in logs of earlier epochs to this audience, where each of its readers acknowledged them.

    What was not acknowledged is told again: of a closed log nobody knows how far it came.
    """
    former = {str(replace(name, epoch=e, lane=lane)) for e in range(1, name.epoch) for lane in LANES}
    some = shared.records.in_logs(sorted(former), records) if former and records else set[str]()
    out: set[str] = set()
    sizes: dict[str, int] = {}
    for record in some:
        for log, n in shared.records.where(record):
            if log in former and log not in sizes:
                acks = shared.outbox.acks(log)
                sizes[log] = min((acks[r].size if r in acks else 0 for r in readers), default=0)
            if n < sizes.get(log, 0):
                out.add(record)
    return out

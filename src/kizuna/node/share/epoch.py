"""A new epoch: how a node that was restored from a backup goes on without forking its history.

The logs of the ended epoch are closed where the largest head that anybody can show stood: our own marks, which no
backup holds, and the receipts of partners. What was told beyond the backup is with the partners and not with us; the
statement, signed by the root key, says so to everybody. New logs begin at nothing. Memory of publishing stays as the
backup had it, so what was told since may be told again, under new numbers.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from kizuna.node.share.files import key_file
from kizuna.node.share.identity import Marks, add_manifest
from kizuna.share import receipt
from kizuna.share.keys import Manifest, Position, read_manifest
from kizuna.share.ledger.checkpoint import read_checkpoint
from kizuna.share.ledger.name import parse_name

if TYPE_CHECKING:
    from kizuna.node.share.sharing import Sharing


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

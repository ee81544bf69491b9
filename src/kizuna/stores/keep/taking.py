"""Appending: what is new of a batch goes into the buffer in one transaction, and then into memory."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kizuna.base.errors import InputError
from kizuna.base.table import Table
from kizuna.sources.batch import Batch
from kizuna.stores.keep import catalogue, event_rows
from kizuna.stores.keep.core import Core
from kizuna.stores.keep.pieces import SCHEMAS, pack, piece_of


def append(core: Core, batch: Batch) -> int:
    """Take in a batch; the version of the picture with it.

    Raises InputError for rows of another context, UnavailableError when the disk is full; nothing of the batch is taken
    then.
    """
    given = {"fixes": batch.fixes, "statics": batch.statics, "others": batch.others}
    for table in given.values():
        check_context(table, core.context)
    with core.taking:
        core.check_room()
        tables = _fresh(core, given)
        if not any(len(t) for t in tables.values()):
            return core.seq
        piece = piece_of(core.seq + 1, tables, core.closed_ms)
        newest_ms = core.newest_with(piece)
        blobs = [pack(tables[name]) for name in SCHEMAS]
        with core.committing, catalogue.transaction(core.db, core.directory) as db:
            row = (piece.last, core.closed_ms, newest_ms, *blobs)
            db.execute("INSERT INTO buffer VALUES (?, ?, ?, ?, ?, ?)", row)
        for name, table in tables.items():
            core.horizons[name].add(table["msg_id"])
        with core.state:
            core.apply(piece, newest_ms)
            return core.seq


def _fresh(core: Core, given: Mapping[str, Table]) -> dict[str, Table]:
    """The rows that were not taken in before."""
    out = {}
    for name, table in given.items():
        new = core.horizons[name].fresh(table["msg_id"])
        out[name] = table if new.all() else table.take(new)
    return out


def put_events(core: Core, events: Table) -> int:
    """Take in events by id and version; the number of the events with them. Raises as ``append``."""
    check_context(events, core.context)
    if not len(events):
        return core.events_seq
    with core.committing:
        seq = core.events_seq + 1
        with catalogue.transaction(core.db, core.directory) as db:
            changed = event_rows.put(db, events, seq)
        if changed:
            core.events_seq = seq
        return core.events_seq


def check_context(table: Table, context: str) -> None:
    """Refuse rows of another context."""
    if not len(table):
        return
    words, codes = table.codes_of("context"), table["context"]
    used = {words[c] for c in np.unique(codes).tolist() if c >= 0}
    if used - {context}:
        found = ", ".join(sorted(used - {context}))
        raise InputError(f"rows of context {found} in a store of context {context}", hint="contexts never mix")

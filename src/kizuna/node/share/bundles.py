"""Bundles: what a partner lacks, written sealed into a file, and reading what it sealed for us.

A stick is a slow line and nothing else: the same pages, judged by the same rules, told apart only in that a page which
breaks trust does not halt the log of a partner who may never have seen the stick.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kizuna.base.errors import ConfigError, InputError, KizunaError, UnavailableError
from kizuna.node.share.lines.page_exchange import Exchange
from kizuna.share.bundle import Bad, Item, Reader, Writer
from kizuna.share.keys import read_manifest
from kizuna.share.page import open_page
from kizuna.share.sync.taking import peek

if TYPE_CHECKING:
    from kizuna.node.share.sharing import Sharing

_PIECE: Final = 1 << 20


def written(sharing: Sharing, party: str, file: Path, *, whole: bool = False) -> dict[str, int]:
    """Write a bundle for a partner; counts. Raises InputError where it has no box key or is not active."""
    known = sharing.partners.get(party)
    boxes = known.ring.live("box", sharing.context)
    mine = sharing.audiences(party)
    if not boxes or not mine:
        raise InputError(f"nothing can be sealed for {party}: {known.state}, {len(boxes)} box keys", where="bundle")
    exchange = Exchange(sharing, lambda _p, _l, _w: None)
    counts = {"pages": 0, "records": 0, "receipts": 0}
    writer = Writer(party, boxes[-1].data, sharing.context, os.urandom)
    part = file.with_name(f".{file.name}.part")
    try:
        with os.fdopen(os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as out:
            out.write(writer.begin())
            for manifest in sharing.identity.manifests:
                out.write(writer.add(Item("manifest", manifest)))
            for note in exchange.owed(party)[1]:
                out.write(writer.add(Item("receipt", note)))
                counts["receipts"] += 1
            for state in sharing.shared.logs.all("out"):
                if state.peer in mine:
                    acks = sharing.shared.outbox.acks(state.name)
                    first = acks[party].size if party in acks and not whole else 0
                    for page in exchange.pages(party, state.name, first, state.head_size):
                        out.write(writer.add(Item("page", page)))
                        counts["pages"] += 1
                        counts["records"] += len(open_page(page).records)
            out.write(writer.end())
            out.flush()
            os.fsync(out.fileno())
        part.replace(file)
    except OSError as exc:
        part.unlink(missing_ok=True)
        raise UnavailableError(f"cannot be written: {exc.strerror}", where=str(file)) from exc
    return counts


def taken(sharing: Sharing, file: Path) -> tuple[dict[str, int], list[str]]:
    """Take in a bundle; counts, and what was wrong. Raises InputError where it is none or not for us."""
    wrong: list[str] = []
    exchange = Exchange(sharing, lambda _p, log, words: wrong.append(f"{log}: {words}"))
    counts = {"pages": 0, "new": 0, "manifests": 0, "receipts": 0}
    reader = Reader(sharing.party, sharing.context, sharing.identity.keys.open_box)
    try:
        with file.open("rb") as source:
            while piece := source.read(_PIECE):
                for item in reader.feed(piece):
                    _take(sharing, exchange, item, counts, wrong)
    except OSError as exc:
        raise ConfigError(f"cannot be read: {exc.strerror}", where=str(file)) from exc
    if not reader.done:
        wrong.append("the file ends before its end: copy it again")
    return counts, wrong


def _take(sharing: Sharing, exchange: Exchange, item: Item | Bad, counts: dict[str, int], wrong: list[str]) -> None:
    """One thing that was carried; what is refused is told of, and the rest goes on."""
    if isinstance(item, Bad):
        wrong.append(f"chunk {item.number}: {item.reason}")
        return
    try:
        if item.kind == "manifest":
            party = read_manifest(item.data)[0].party
            before = len(sharing.partners.get(party).manifests)
            counts["manifests"] += len(sharing.partners.learn(party, item.data).manifests) - before
        elif item.kind == "receipt":
            exchange.receipts(_signer(item.data), (item.data,))
            counts["receipts"] += 1
        elif item.kind == "page":
            log, _ = peek(item.data)
            out = exchange.take(log.partition("/")[0], item.data, direct=False)
            counts["pages"] += 1
            counts["new"] += out.new
            if out.fault:
                wrong.append(f"{log}: {out.reason}")
    except KizunaError as exc:
        wrong.append(str(exc))


def _signer(note: bytes) -> str:
    """The party that a receipt names as its signer, of the last of its signatures; judged by who checks it."""
    for line in reversed(note.decode(errors="replace").splitlines()):
        if line.startswith("— ") and "/node " in line:
            return line[2:].partition("/node ")[0]
    raise InputError("a receipt that nobody signed")

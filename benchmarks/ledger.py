"""Ledger: appending, cutting, opening and judging pages, proofs, and checking a million records from the beginning.

Run: ``taskset -c 1 .venv/bin/python benchmarks/ledger.py``. CPU time of this process, one thread; medians. Position
records as in tests/share/test_page.py; nodes and records in memory, so a store adds its own.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

import harness

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "share"))

from ledger_party import REAL, Party, Shelf, Yes
from test_page import positions

from kizuna.share import receipt, release
from kizuna.share.ledger import audit, merkle
from kizuna.share.ledger.merkle import NodeList
from kizuna.share.page import open_page

N, MILLION = 50_000, 1_000_000


def main() -> None:
    args = harness.arguments(__doc__)
    records = positions(N, random.Random(1))
    harbour, cape = Party("harbour"), Party("cape")
    trusted = cape.trusts(harbour)
    yes = Yes()

    def append(batch: int) -> float:
        box, nodes = release.open_outbox(REAL, harbour.random), NodeList()
        for at in range(0, N, batch):
            added = release.append(box, [(r, yes) for r in records[at : at + batch]])
            nodes.extend(added.nodes)
            box = added.outbox
            head = release.sign(box, harbour.keys, marks=[], nodes=nodes, now_ms=0)
        return len(head)

    harbour.tell(REAL, records)
    pages = {n: [harbour.page(REAL, i, i + n) for i in range(0, N, n)] for n in (25, 200, 500)}

    def judge(n: int) -> float:
        shelf = Shelf(REAL)
        for data in pages[n]:
            got = trusted.page(data, shelf.seen, shelf.nodes)
            shelf.nodes.extend(got.nodes)
            shelf.seen = got.seen
        assert shelf.seen.size == N
        return shelf.seen.size

    log = harbour.log(REAL)
    shelf = Shelf(REAL)
    for data in pages[500]:
        shelf.take(trusted, data)

    def prove(count: int = 2000) -> float:
        rng = random.Random(2)
        for _ in range(count):
            i = rng.randrange(N)
            leaf = log.nodes.read([merkle.number_of(0, i)])[0]
            merkle.check_inclusion(leaf, i, N, merkle.inclusion(i, N, log.nodes), log.box.frontier.root)
        return count

    def acknowledge(count: int = 500) -> float:
        for _ in range(count):
            note = receipt.acknowledge(shelf.seen, cape.keys, now_ms=0)
            harbour.trusts(cape).receipt(note, N, log.nodes) if _ == 0 else None
        return count

    cases = [
        harness.Case("append 1,000 at a time, head signed each time", lambda: append(1000), N),
        harness.Case("append 10 at a time, head signed each time", lambda: append(10), N),
        harness.Case("append 1 at a time, head signed each time", lambda: append(1), N, every=3),
        harness.Case("cut pages of 200", lambda: len([harbour.page(REAL, i, i + 200) for i in range(0, N, 200)]), N),
        harness.Case(
            "open pages of 500 without judging", lambda: sum(len(open_page(p).records) for p in pages[500]), N
        ),
        harness.Case("receive pages of 500", lambda: judge(500), N),
        harness.Case("receive pages of 200", lambda: judge(200), N),
        harness.Case("receive pages of 25", lambda: judge(25), N),
        harness.Case("prove inclusion and check it", prove, 2000),
        harness.Case("sign a receipt", acknowledge, 500),
    ]
    result = harness.compare(cases, args.rounds)
    wire = {f"bytes a record, pages of {n}": round(sum(map(len, p)) / N, 1) for n, p in pages.items()}
    harness.report(
        "ledger", "Ledger (position records)", "records", cases[0].name, result, {"wire": wire, **million(records)}
    )
    print(wire)


def million(records: list[bytes]) -> dict[str, object]:
    """A million records from their bytes: salts, leaves, every node, the signed root."""
    party = Party("harbour", 2)
    many = [records[i % N] for i in range(MILLION)]
    log = party.log(REAL)
    start = time.process_time()
    for at in range(0, MILLION, 1000):
        added = release.append(log.box, [(r, Yes()) for r in many[at : at + 1000]])
        log.box = added.outbox
        log.nodes.extend(added.nodes)
    appended = time.process_time() - start
    head = release.sign(log.box, party.keys, marks=[], nodes=log.nodes, now_ms=0)
    start = time.process_time()
    wrong = []
    for at in range(0, MILLION, 10_000):
        wrong += audit.changed_rows(REAL, many[at : at + 10_000], log.box.salts, log.nodes, at)
    wrong += audit.changed_nodes(MILLION, log.nodes)
    assert not wrong and party.trusts(party).ring and str(MILLION).encode() in head
    checked = time.process_time() - start
    out = {"a million appended, CPU-s": round(appended, 1), "a million verified, CPU-s": round(checked, 1)}
    print(out)
    return {"million": out}


if __name__ == "__main__":
    main()

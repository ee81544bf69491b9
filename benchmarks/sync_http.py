"""What receiving costs end to end: question, signed HTTPS, TLS, page, verification, store with a commit to the disk.

    python benchmarks/sync_http.py --records 100000

One node tells positions, released by a rule; another, in a process of its own, asks for them over loopback as
``kizuna sync pull`` does, 500 records a page. Each process counts its own CPU time: the asker what receiving costs, the
teller what answering costs (the whole node: listener, checks of signatures and receipts, cutting, TLS). The third figure
is the picture: the same records from the shared store into the node's store. Both settle as a node does when its page
answers (``service.serving.settle``). Results, with how busy the machine was: benchmarks/results/sync_http.json.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import numpy as np  # noqa: E402
from node.share.pair import RULES, Side, fixes, free_port, introduce, wall_ms  # noqa: E402

RESULTS = Path(__file__).resolve().parent / "results" / "sync_http.json"
CHILD = "child"


def sides(home: Path, ports: list[int]) -> tuple[Side, Side]:
    for party in ("north", "south"):
        (home / party).mkdir(exist_ok=True)
    return Side(home / "north", "north", ports[0], dial=False), Side(home / "south", "south", ports[1], dial=False)


def pull(home: Path, ports: list[int]) -> None:
    """The asking process."""
    from kizuna.node.service.serving import settle
    from kizuna.node.share.arrivals import Arrivals
    from kizuna.node.share.lines.page_exchange import Exchange
    from kizuna.share.page import open_page
    from kizuna.share.sync import Ask, wire
    from kizuna.share.sync.actions import Position

    _, south = sides(home, ports)
    south.open()
    from kizuna.node.cli.sync_run import _line

    settle()
    exchange = Exchange(south.sharing, lambda *words: sys.stderr.write(f"{words}\n"))
    log, size, records, pages, wire_bytes = "north/1/south/test/routine", 24 * 1024, 0, 0, 0
    begun_s = cpu_s = 0.0
    with _line(south.sharing, "north") as line:
        while True:
            state = south.sharing.shared.logs.state(log)
            owed, notes = exchange.owed("north")
            at = Position(log, state.size if state else 0)
            answer = line.ask("POST", "/fed/v1/page", wire.write_question(Ask(0, (at,), size, 0, 60_000), notes))
            for name, told in owed:
                south.sharing.shared.inbox.told(name, told)
            if not answer.body:
                break
            count = len(open_page(answer.body).records) if pages < 4 else 0
            out = exchange.take("north", answer.body, asked={log: at.after})
            assert out.fault is None, out.reason
            if count:  # the first pages tell how large one of 500 records is
                size = max(8 * 1024, len(answer.body) * 500 // count)
                begun_s, cpu_s, records, wire_bytes = time.monotonic(), time.process_time(), 0, 0
            else:
                records, wire_bytes = records + out.new, wire_bytes + len(answer.body)
            pages += 1
    wall_s, cpu_s = time.monotonic() - begun_s, time.process_time() - cpu_s
    arrivals = Arrivals(south.sharing, south.keep, None, lambda *_: None)
    picture_s = time.process_time()
    while arrivals.step():
        pass
    picture_s = time.process_time() - picture_s
    print(json.dumps({
        "records": records, "all_records": at.after, "records_per_page": round(records / max(1, pages - 4)),
        "receive_cpu_us_per_record": round(cpu_s / records * 1e6, 2),
        "receive_wall_us_per_record": round(wall_s / records * 1e6, 2), "records_per_s": round(records / wall_s),
        "wire_bytes_per_record": round(wire_bytes / records, 1),
        "picture_cpu_us_per_record": round(picture_s / arrivals.taken * 1e6, 2),
    }))  # fmt: skip
    south.stop()


def main() -> None:
    """Tell, start the asker, write the result."""
    import subprocess

    from kizuna.node.service.serving import settle
    from kizuna.node.share.door import Rows

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument(CHILD, nargs="*")
    given = parser.parse_args()
    if given.child:
        pull(Path(given.child[0]), [int(p) for p in given.child[1:]])
        return
    with tempfile.TemporaryDirectory() as tmp:
        home, ports = Path(tmp), [free_port(), free_port()]
        north, south = sides(home, ports)
        introduce(north, south)
        north.open()
        north.rules(RULES % {"to": "south"})
        table = fixes(given.records, at_ms=wall_ms() - 60_000)
        chance, n = np.random.default_rng(1), given.records
        table = table.replace(
            lon_deg=chance.uniform(120, 130, n), lat_deg=chance.uniform(20, 30, n),
            sog_kn=chance.uniform(0, 20, n).astype("f4"), cog_deg=chance.uniform(0, 359, n).astype("f4"),
            time_ms=table["time_ms"] - chance.integers(0, 30_000, n),
        )  # fmt: skip
        north.sharing.door.tell(Rows(fixes=table), until_ms=wall_ms() + 2_000)
        north.stop()
        north.start()
        words = [sys.executable, __file__, str(home), *map(str, ports)]
        time.sleep(2)
        settle()
        load, cpu_s = os.getloadavg()[0], time.process_time()
        done = subprocess.run(words, stdout=subprocess.PIPE, check=True, text=True)
        cpu_s = time.process_time() - cpu_s
        north.stop()
    told = json.loads(done.stdout)
    row = {
        "cpus": os.cpu_count(), "load_before": round(load, 1), **told,
        "answer_cpu_us_per_record": round(cpu_s / told["all_records"] * 1e6, 2),
        "answer_records_per_cpu_s": round(told["all_records"] / cpu_s),
    }  # fmt: skip
    RESULTS.write_text(json.dumps(row, indent=1) + "\n")
    print(json.dumps(row, indent=1))


if __name__ == "__main__":
    main()

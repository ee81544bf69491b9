"""``kizuna ledger verify`` as the command: a node's directory with a million records told to one partner, checked whole.

Run: ``taskset -c 1 .venv/bin/python benchmarks/ledger_command.py``. The directory is made by the commands of a node, the
records go through its door a thousand at a time, every head signed. CPU time of the command's process, with its start;
beside it the most memory that it held at any look (PSS, every 0.25 s). ``--records 20000`` for a quick look, ``--keep
DIR`` for a directory that was made before.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import harness

TESTS = Path(__file__).resolve().parents[1] / "tests"
sys.path[:0] = [str(TESTS), str(TESTS / "share")]

from kizuna.node.service.node_file import read_node_file
from kizuna.node.share.sharing import open_sharing
from kizuna.records.label import Label, Tlp
from kizuna.share.decide import Decision
from test_page import positions

BATCH, CONTEXT, TO = 1_000, "real", "cape"
LOOK_S = 0.25


def kizuna(*words: object) -> list[str]:
    return [str(Path(sys.executable).with_name("kizuna")), *map(str, words)]


def make(home: Path, count: int) -> None:
    """A node that told a partner so many positions."""
    secret = home.parent / "secret"
    secret.write_text("four words of no kin\n")
    for words in (
        ("node", "init", home, "--name", "harbour", "--context", CONTEXT),
        ("partner", "init", home, "--party", "harbour", "--title", "Harbour", "--passphrase-file", secret),
    ):
        subprocess.run(kizuna(*words), check=True, stdout=subprocess.DEVNULL)
    said = Decision("release", "", ("positions",), label=Label(tlp=Tlp.AMBER, rel_to=frozenset({TO})))
    with open_sharing(read_node_file(home / "node.toml")) as sharing:
        for at in range(0, count, BATCH):
            made = positions(min(BATCH, count - at), random.Random(at))
            sharing.door.carry([(data, said) for data in made], TO, "bulk")


class Verify:
    """The command; ``most_mb`` is the most memory that any run held."""

    def __init__(self, home: Path, count: int) -> None:
        self.home, self.count, self.most_mb = home, count, 0.0

    def __call__(self) -> int:
        with tempfile.TemporaryFile() as out:
            running = subprocess.Popen(kizuna("ledger", "verify", self.home, "--json"), stdout=out)
            while running.poll() is None:
                self.most_mb = max(self.most_mb, pss_mb(running.pid))
                time.sleep(LOOK_S)
            out.seek(0)
            found = json.load(out)
        assert running.returncode == 0 and found["whole"] and found["records"] == self.count, found
        return int(found["records"])


def pss_mb(pid: int) -> float:
    """Memory of a process by its share of each page; 0 where it has gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--keep", type=Path, default=None)
    args = parser.parse_args()
    harness.pin()
    home = args.keep or Path(tempfile.mkdtemp()) / "harbour"
    if not (home / "node.toml").exists():
        home.parent.mkdir(parents=True, exist_ok=True)
        make(home, args.records)
    verify = Verify(home, args.records)
    name = f"kizuna ledger verify, {args.records:,} records"
    result = harness.compare([harness.Case(name, verify, args.records, children=True)], args.rounds, warmup=False)
    notes = [f"At most {verify.most_mb:.0f} MB (PSS) were held. The floor is 60 s for a million."]
    extra = {"pss_most_mb": round(verify.most_mb, 1), "notes": notes}
    print(notes[0])
    if args.records >= 1_000_000:  # a quick look is no result
        harness.report("ledger_command", "Checking a whole ledger by command", "records", name, result, extra)
    else:
        print(result)


if __name__ == "__main__":
    main()

"""Edits of past rows in every table and column of evidence, decisions among them: each must be found by verify.

    python tests/soak/edited_rows.py --edits 1000

The result goes to ``benchmarks/results/soak-edited-rows.json``.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[1]))
RESULT = HERE.parents[2] / "benchmarks" / "results" / "soak-edited-rows.json"
STORES = 10

from ledger_edits import EVIDENCE, trial  # noqa: E402


def run(edits: int, seed: int) -> dict[str, object]:
    found, missed = 0, []
    for k in range(STORES):
        with tempfile.TemporaryDirectory() as directory:
            good, bad = trial(Path(directory), seed + k, edits // STORES)
            found, missed = found + good, missed + bad
    columns = {table: list(names) for table, names in EVIDENCE.items()}
    return {"seed": seed, "stores": STORES, "edits": edits // STORES * STORES, "found": found, "missed": missed,
            "columns": columns}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=20261123)
    args = parser.parse_args()
    result = run(args.edits, args.seed)
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))
    sys.exit(0 if result["found"] == result["edits"] else 1)


if __name__ == "__main__":
    main()

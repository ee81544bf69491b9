"""How well names are found across scripts: recall on known pairs, and what else is found among names of another sea.

Recall: each painted name of ``names_pairs.tsv`` is looked for among all romanised names of the file and those of the
real US day; found is what ``kizuna vessel`` would show (likeness from 0.8). False matches: names of the US day, where
hardly any ship of these exists, that reach the same likeness.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import pyarrow.parquet as pq
from harness import RESULTS, arguments

from kizuna.picture.search import LEAST_LIKENESS
from kizuna.tracks.names.likeness import Heard, likeness


SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


def main() -> None:
    """Measure and keep."""
    arguments(__doc__ or "")
    lines = (Path(__file__).parent / "names_pairs.tsv").read_text(encoding="utf-8").splitlines()
    pairs = [tuple(line.split("\t")) for line in lines if line and not line.startswith("#")]
    day = SHARED / "ais" / "noaa_us_2020-01-01.parquet"
    if not day.exists():
        print("skipped: the real day of ../shared/data is absent")
        return
    others = sorted({n for n in pq.read_table(day, columns=["VesselName"])["VesselName"].to_pylist() if n})
    known = sorted({romanised for _, romanised in pairs})
    names = [*known, *(n for n in others if n not in set(known))]
    heard = Heard.of(names)
    begin = time.process_time()
    rows = []
    for painted, romanised in pairs:
        score = likeness(painted, heard)
        mine = score[names.index(romanised)]
        better = sum(s.score > mine.score for s in score)
        false = sum(s.score >= LEAST_LIKENESS for s in score[len(known) :])
        rows.append({"painted": painted, "romanised": romanised, "likeness": round(mine.score, 3), "way": mine.way,
                     "rank": 1 + better, "false_matches": false})  # fmt: skip
    cpu_s = (time.process_time() - begin) / len(pairs)
    found = [r for r in rows if r["likeness"] >= LEAST_LIKENESS]
    result = {
        "pairs": len(rows), "found": len(found), "recall": round(len(found) / len(rows), 3),
        "first": sum(r["rank"] == 1 for r in rows), "names": len(names),
        "false_matches": sum(r["false_matches"] for r in rows),
        "cpu_ms_per_query": round(1000 * cpu_s, 1), "missed": [r for r in rows if r["likeness"] < LEAST_LIKENESS],
    }  # fmt: skip
    for key, value in result.items():
        print(f"{key}: {value}")
    (RESULTS / "names.json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

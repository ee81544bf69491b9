"""Claims: how fast places are measured against every claimant's land, and how long zones take to compute.

Run: ``taskset -c 1 .venv/bin/python benchmarks/claims.py``. CPU time of this process, one thread, second of two runs.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np

from kizuna.places.claims.bands import Bands
from kizuna.places.claims.land import load_land
from kizuna.places.claims.zones import Wanted, claim_zones
from kizuna.places.zone_index import ZoneIndex

POINTS = 1_000_000
TARGET = Path(__file__).parent / "results" / "claims.json"


def cpu_s(call: object) -> tuple[float, object]:
    """Seconds of CPU and the answer of the second of two calls."""
    call()  # type: ignore[operator]
    start = time.process_time()
    answer = call()  # type: ignore[operator]
    return time.process_time() - start, answer


def main() -> None:
    """Measure and write."""
    land = load_land()
    rng = np.random.default_rng(1)
    lat, lon = rng.uniform(18, 36, POINTS), rng.uniform(116, 140, POINTS)
    out: dict[str, float] = {"points": POINTS}
    bands = Bands.build(land, ("CN", "JP", "KR", "PH", "TW"))
    for party, index in bands.by_claimant.items():
        for reach in (24.0, 200.0):
            spent, _ = cpu_s(lambda index=index, reach=reach: index.distances(lat, lon, reach))
            out[f"distance {party} reach {reach:g} nm, M points per CPU-s"] = round(POINTS / spent / 1e6, 2)
    start = time.process_time()
    zones = claim_zones(land, Wanted((12.0,)))
    out["zones of the default watch"] = len(zones)
    out["zones of the default watch, CPU-s"] = round(time.process_time() - start, 2)
    index = ZoneIndex.build(zones)
    spent, _ = cpu_s(lambda: index.memberships(lat, lon))
    out["membership in them, M points per CPU-s"] = round(POINTS / spent / 1e6, 2)
    for party, limit in (("JP", 12.0), ("JP", 200.0), ("TW", 24.0)):
        start = time.process_time()
        claim_zones(land, Wanted((limit,), (party,), only_watched=False))
        out[f"all zones of {party} at {limit:g} nm, CPU-s"] = round(time.process_time() - start, 2)
    TARGET.write_text(json.dumps(out, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(out, indent=1))


if __name__ == "__main__":
    main()

"""Publishing a day of positions to one audience: CPU time per fix decided and per record told, by transform set.

python benchmarks/publish.py [fixes]
"""

from __future__ import annotations

import sys

from harness import one_thread, pin

one_thread()

import json  # noqa: E402
import os  # noqa: E402
import platform  # noqa: E402
from dataclasses import replace  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402
import zstandard  # noqa: E402
from harness import RESULTS, Case, compare  # noqa: E402

from kizuna.base.table import empty  # noqa: E402
from kizuna.fixes.table import FIXES  # noqa: E402
from kizuna.places.zone import make_zone  # noqa: E402
from kizuna.places.zone_index import ZoneIndex  # noqa: E402
from kizuna.records.partner import Partner, directory  # noqa: E402
from kizuna.share import decide, publish, rules, transform  # noqa: E402
from kizuna.share.columns import Setting, Terms  # noqa: E402

T0 = 1_767_225_600_000
DAY = 86_400_000
KEY = bytes(range(32))
SETS = {
    "as it is": [],
    "delay 1 h": ["delay delay_s=3600 bucket_s=60"],
    "cell 1 km": ["coarsen_position cell_m=1000"],
    "stop, cell 10 km, mask": ["stop zones=base", "coarsen_position cell_m=10000", "mask_identity"],
    "stop and mask, all fixes": ["stop zones=base", "mask_identity"],
}


def a_day(n: int) -> tuple:
    rng = np.random.default_rng(1)
    vessels = max(1, n // 500)
    who = rng.integers(0, vessels, n)
    table = empty(FIXES, n)
    times = np.sort(rng.integers(T0, T0 + DAY, n))
    columns = {
        "msg_id": rng.integers(1, 2**62, n), "mmsi": (431_000_000 + who).astype(np.int32), "time_ms": times,
        "received_ms": times + 500, "lat_deg": 24 + rng.normal(0, 1, vessels)[who] + (times - T0) / DAY,
        "lon_deg": 123 + rng.normal(0, 2, vessels)[who], "sog_kn": rng.uniform(0, 20, n).astype(np.float32),
        "cog_deg": rng.uniform(0, 360, n).astype(np.float32), "heading_deg": rng.integers(0, 360, n).astype(np.float32),
        "nav_status": np.zeros(n, np.int8), "source_id": np.zeros(n, np.int32), "label": np.zeros(n, np.int32),
        "context": np.zeros(n, np.int32),
    }  # fmt: skip
    words = dict(table.words) | {"source_id": ("tower",), "label": ("nobody",), "context": ("real",)}
    return replace(table, columns={**table.columns, **columns}, words=words)


def main() -> None:
    pin()
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    fixes = a_day(n)
    zone = make_zone([[[(123, 24), (123.2, 24), (123.2, 24.2), (123, 24.2), (123, 24)]]], zone_id="base")
    zones = ZoneIndex.build([zone])
    now = T0 + 3 * DAY
    setting = Setting(now, directory("harbour", [Partner("cape")]), terms={"tower": Terms(True, frozenset(("all",)))},
                      zones=frozenset(("base",)))  # fmt: skip
    shop = publish.Workshop(publish.Author("harbour", "", "real", KEY), transform.Tools(KEY), [zone])
    cases, sizes, told = [Case("candidates", lambda: len(publish.of_fixes(fixes, "harbour", zones)), n)], {}, {}
    found = publish.of_fixes(fixes, "harbour", zones)
    for name, texts in SETS.items():
        made = rules.load(
            'version = 1\n[[rule]]\nid = "a"\nclause = ["m/1"]\nto = ["cape"]\nthen = "release"\n'
            f'match = {{ kind = ["track.position"] }}\ntransform = {texts!r}'
        )
        decisions = {"cape": decide.batch(made, found.columns, "cape", setting)}

        def run(made=made, decisions=decisions, name=name) -> int:
            got = publish.publish([publish.Offer(found, decisions)], publish.Memory(), now, shop, made)
            told[name] = [r for b in got.batches for r in b.records]
            return len(told[name])

        cases.append(Case(f"publish: {name}", run, n))
        if not texts:
            cases.append(Case("decide", lambda made=made: len(decide.batch(made, found.columns, "cape", setting)), n))
    out = compare(cases, 5)
    squeeze = zstandard.ZstdCompressor(level=9)
    for name, records in told.items():
        pages = [squeeze.compress(b"\n".join(records[k : k + 200])) for k in range(0, min(len(records), 20_000), 200)]
        many = min(len(records), 20_000)
        row = out[f"publish: {name}"]
        sizes[name] = {
            "records": len(records), "us_per_fix_offered": round(row["cpu_s"] / n * 1e6, 2),
            "us_per_record_told": round(row["cpu_s"] / max(1, len(records)) * 1e6, 2),
            "plain_bytes_per_record": round(sum(map(len, records)) / max(1, len(records)), 1),
            "zstd_bytes_per_record_without_page_head": round(sum(map(len, pages)) / max(1, many), 1),
        }  # fmt: skip
        print(name, sizes[name])
    for name in ("candidates", "decide"):
        print(name, round(out[name]["cpu_s"] / n * 1e6, 2), "us/fix")
    result = {"fixes": n, "cases": out, "sets": sizes, "python": platform.python_version(), "cpus": os.cpu_count()}
    Path(RESULTS / "publish.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()

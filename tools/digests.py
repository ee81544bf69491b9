"""Whether the same fixes give the same tables on other processors: digests under two targets and without the compiler.

Runs a small simulated day through decode and detect in three processes: compiled for this processor, compiled for a
plain one (x86-64-v2 has neither fused multiply-add nor wide vectors; another machine's plain target elsewhere), and as
plain Python. Prints a digest over every column of every table and ends with 3 where they differ.

    python tools/digests.py [--vessels 16] [--hours 8] [--json]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PLAIN = {"x86_64": "x86-64-v2", "aarch64": "generic"}
SEED = 7


def digests(vessels: int, hours: float) -> dict[str, str]:
    """A digest of each table of one small run."""
    import pyarrow as pa  # noqa: PLC0415

    import kizuna  # noqa: PLC0415
    from kizuna.node.exercise import write_exercise  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as name:
        made = write_exercise(Path(name), seed=SEED, vessels=vessels, hours=hours)
        found = kizuna.detect(made.nmea, context=made.context, zones=made.zones)
        out = {}
        for table in ("fixes", "statics", "segments", "identities", "events"):
            sink = pa.BufferOutputStream()
            rows = found.arrow(table).combine_chunks().unify_dictionaries()
            with pa.ipc.new_stream(sink, rows.schema) as writer:
                writer.write_table(rows)
            out[table] = f"{rows.num_rows} rows {hashlib.sha256(sink.getvalue()).hexdigest()[:32]}"
        return out


def main() -> int:
    """Compare, or in a child process print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--vessels", type=int, default=16)
    options.add_argument("--hours", type=float, default=8.0)
    options.add_argument("--json", action="store_true")
    options.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.child:
        sys.stdout.write(json.dumps(digests(given.vessels, given.hours)))
        return 0
    plain = PLAIN.get(platform.machine(), "generic")
    ways = {
        "this processor": {}, f"{plain}": {"NUMBA_CPU_NAME": plain, "NUMBA_CPU_FEATURES": ""},
        "no compiler": {"KIZUNA_JIT": "0"},
    }  # fmt: skip
    found = {}
    for way, environment in ways.items():
        begin = time.monotonic()
        child = [sys.executable, __file__, "--child", "--vessels", str(given.vessels), "--hours", str(given.hours)]
        ran = subprocess.run(child, env={**os.environ, **environment}, capture_output=True, text=True, check=False)  # noqa: S603
        if ran.returncode:
            sys.stderr.write(ran.stderr)
            return 1
        found[way] = json.loads(ran.stdout)
        if not given.json:
            sys.stdout.write(f"{way} ({time.monotonic() - begin:.0f} s)\n")
            sys.stdout.writelines(f"  {table:<11} {digest}\n" for table, digest in found[way].items())
    same = all(one == found["this processor"] for one in found.values())
    sys.stdout.write(json.dumps({"same": same, "digests": found}) + "\n" if given.json else f"same: {same}\n")
    return 0 if same else 3


if __name__ == "__main__":
    sys.exit(main())

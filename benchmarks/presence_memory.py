"""Time and memory of presence and transits as rows grow: the tracks of a day again and again under other numbers.

    python benchmarks/presence_memory.py DIR [--times 1 5 25]      DIR as in benchmarks/presence.py

Each command runs as its own process on one core; told are rows, CPU seconds and the peak of resident memory.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

RESULTS = Path(__file__).parent / "results" / "presence_memory.json"
COLUMNS = ["mmsi", "seg_id", "timestamp", "msg_id", "lat", "lon"]


def grown(source: Path, target: Path, times: int) -> int:
    """``source`` ``times`` over; every copy has MMSIs and segments of its own."""
    fixes = pq.ParquetFile(source / "fixes.parquet")
    numbers = np.unique(pq.read_table(source / "fixes.parquet", columns=["mmsi"])["mmsi"].to_numpy())
    n = 0
    schema = pa.schema([fixes.schema_arrow.field(c).remove_metadata() for c in COLUMNS])
    with pq.ParquetWriter(target / "fixes.parquet", schema, compression="zstd", compression_level=1) as writer:
        for k in range(times):
            for batch in fixes.iter_batches(batch_size=131_072, columns=COLUMNS):
                at = np.searchsorted(numbers, batch.column("mmsi").to_numpy())
                mmsi = pa.array((200_000_000 + at * 32 + k).astype(np.int32))
                seg = pa.array(
                    batch.column("seg_id").fill_null(0).to_numpy() ^ (k << 40),
                    mask=batch.column("seg_id").is_null().to_numpy(zero_copy_only=False),
                )
                writer.write_batch(pa.record_batch([mmsi, seg, *(batch.column(c) for c in COLUMNS[2:])], schema=schema))
                n += batch.num_rows
    pq.write_table(pq.read_table(source / "segments.parquet"), target / "segments.parquet")
    return n


def measured(words: list[str]) -> dict[str, float]:
    """CPU seconds and peak memory of a command in a process of its own."""
    start = time.monotonic()
    pid = os.posix_spawn(words[0], words, os.environ, file_actions=[
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])  # fmt: skip
    _, status, use = os.wait4(pid, 0)
    if status:
        raise SystemExit(f"failed: {' '.join(words)}")
    return {"cpu_s": use.ru_utime + use.ru_stime, "wall_s": time.monotonic() - start, "peak_mb": use.ru_maxrss / 1024}


def main() -> None:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("directory", type=Path)
    p.add_argument("--times", type=int, nargs="*", default=[1, 5, 25])
    a = p.parse_args()
    kizuna = str(Path(sys.executable).with_name("kizuna"))
    out = []
    print("| rows | command | CPU-s | rows/CPU-s | peak MB |\n|---:|---|---:|---:|---:|")
    for times in a.times:
        with tempfile.TemporaryDirectory() as place:
            n = grown(a.directory, Path(place), times)
            for words in (["presence", place, "--by", "flag,day", "--grid", "0.1"], ["transits", place]):
                r = measured(["/usr/bin/env", "taskset", "-c", "1", kizuna, *words, "-q", "--json"])
                shown = " ".join(w for w in words if w != place)
                out.append({"rows": n, "command": shown, **r})
                print(
                    f"| {n:,} | {shown} | {r['cpu_s']:.1f} | {n / r['cpu_s']:,.0f} | {r['peak_mb']:.0f} |", flush=True
                )
    RESULTS.write_text(json.dumps(out, indent=1) + "\n")


main()

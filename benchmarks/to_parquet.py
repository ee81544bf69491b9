"""Inputs to Parquet on disk through ``engines.decode``; CSV beside other readers; peak memory against the file size.

Every case runs the function behind ``kizuna decode`` with all columns, checksums and digests on, one process on one
core. The other CSV readers parse the same text into typed columns in memory and do nothing else: no checks of cells,
no byte offsets, no static rows, no file. Memory is the peak of a child process of its own for each size.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import harness

harness.one_thread()

from kizuna.engines.decode import decode, load  # noqa: E402

NMEA = harness.SHARED / "nmea"
AIS = harness.SHARED / "ais"
SIZES = (1, 4, 16)

CHILD = """
import json, re, sys
from pathlib import Path
from kizuna.engines.decode import decode
run = decode([sys.argv[1]], Path(sys.argv[2]))
peak_kb = int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1])  # ru_maxrss remembers the parent
print(json.dumps({"rows": run.counts["fixes"], "peak_mb": peak_kb / 1024}))
"""


def unpacked(path: Path) -> bytes:
    return gzip.open(path).read()


def with_rows(text: bytes, times: int) -> bytes:
    """A CSV with its rows repeated below one header."""
    cut = text.index(b"\n") + 1
    return text[:cut] + text[cut:] * times


def inputs(home: Path) -> dict[str, tuple[Path, int]]:
    """The files to read: path and number of lines or rows."""
    pghp = unpacked(NMEA / "dma_pghp_20131112.nmea.gz")
    tagged = b"".join(unpacked(NMEA / n) for n in ("kystverket_1000.nm4.gz", "aisdb_20211101_tag.nm4.gz"))
    drift = b"".join(unpacked(NMEA / f"dma_{n}_drift.nmea.gz") for n in ("538004030", "212123000"))
    texts = {
        "AISHub log x6": unpacked(NMEA / "aishub_3min.nmea.gz") * 6,
        "DMA log with Gatehouse times x6": pghp * 6,
        "DMA logs with TAG and Gatehouse times x12": drift * 12,
        "TAG block logs x200": tagged * 200,
        "NOAA CSV x8": with_rows(unpacked(AIS / "noaa_sfbay_2020-01-01.csv.gz"), 8),
        "Danish CSV x40": with_rows(unpacked(AIS / "dma_raw_2026-04-26_first20k.csv.gz"), 40),
    }
    out = {}
    for i, (name, text) in enumerate(texts.items()):
        path = home / f"{i}{'.csv' if 'CSV' in name else '.nmea'}"
        path.write_bytes(text)
        out[name] = (path, text.count(b"\n"))
    return out


def nmea(found: dict[str, tuple[Path, int]], home: Path, rounds: int) -> dict:
    cases = [
        harness.Case(name, lambda path=path: decode([str(path)], home / "out").counts["fixes"], lines)
        for name, (path, lines) in found.items()
        if path.suffix == ".nmea"
    ]
    result = harness.compare(cases, rounds)
    for name, row in result.items():
        path, lines = found[name]
        decode([str(path)], home / "out")
        row["bytes_a_fix"] = (home / "out" / "fixes.parquet").stat().st_size / max(row["answer"], 1)
    harness.report(
        "to_parquet",
        "NMEA to Parquet on disk (floor 1,000,000, aim 1,500,000)",
        "lines",
        "AISHub log x6",
        result,
        {"floor": 1e6, "aim": 1.5e6},
    )
    return result


def csv_cases(name: str, path: Path, rows: int, home: Path) -> list[harness.Case]:
    noaa = "NOAA" in name
    time_column = "BaseDateTime" if noaa else "# Timestamp"
    form = "%Y-%m-%dT%H:%M:%S" if noaa else "%d/%m/%Y %H:%M:%S"
    nulls = ["", "Unknown", "Undefined", "Unknown value"]
    cases = [
        harness.Case("kizuna load", lambda: len(load([str(path)]).batch.fixes), rows),
        harness.Case("kizuna decode (to Parquet)", lambda: decode([str(path)], home / "out").counts["fixes"], rows),
    ]
    try:
        import pandas

        cases.append(
            harness.Case(
                "pandas.read_csv",
                lambda: len(pandas.read_csv(path, na_values=nulls, parse_dates=[time_column], date_format=form)),
                rows,
            )
        )
        cases.append(
            harness.Case(
                "pandas.read_csv (pyarrow)",
                lambda: len(pandas.read_csv(path, engine="pyarrow", na_values=nulls, dtype_backend="pyarrow")),
                rows,
            )
        )
    except ImportError:
        print("note: pandas is not installed", file=sys.stderr)
    try:
        import polars

        cases.append(
            harness.Case(
                "polars.read_csv",
                lambda: (
                    polars.read_csv(path, null_values=nulls, infer_schema_length=10_000)
                    .with_columns(polars.col(time_column).str.to_datetime(form))
                    .height
                ),
                rows,
            )
        )
    except ImportError:
        print("note: polars is not installed", file=sys.stderr)
    import duckdb

    def by_duckdb():
        with duckdb.connect(config={"threads": 1}) as con:
            return (
                con.sql(f"SELECT * FROM read_csv('{path}', nullstr={nulls!r}, timestampformat='{form}')")
                .to_arrow_table()
                .num_rows
            )

    cases.append(harness.Case("duckdb read_csv to Arrow", by_duckdb, rows))
    return cases


def csv(found: dict[str, tuple[Path, int]], home: Path, rounds: int) -> None:
    for name, (path, lines) in found.items():
        if path.suffix == ".csv":
            key = "csv_noaa" if "NOAA" in name else "csv_danish"
            harness.report(
                key,
                f"{name}: rows of CSV",
                "rows",
                "kizuna load",
                harness.compare(csv_cases(name, path, lines - 1, home), rounds),
            )


def memory(home: Path) -> None:
    texts = {
        "nmea": (unpacked(NMEA / "aishub_3min.nmea.gz"), lambda t, n: t * n),
        "csv": (with_rows(unpacked(AIS / "noaa_sfbay_2020-01-01.csv.gz"), 1), with_rows),
    }
    found = {}
    print("\nPeak memory of kizuna decode against the size of the input\n")
    print("| input | times | MB in | fixes | peak MB |\n|---|---:|---:|---:|---:|")
    for kind, (text, repeat) in texts.items():
        for n in SIZES:
            path = home / f"memory.{kind}"
            path.write_bytes(repeat(text, n))
            done = subprocess.run(
                [sys.executable, "-c", CHILD, str(path), str(home / "out")], capture_output=True, text=True, check=True
            )
            row = json.loads(done.stdout) | {"mb": path.stat().st_size / 1e6}
            found[f"{kind} x{n}"] = row
            print(f"| {kind} | {n} | {row['mb']:.0f} | {row['rows']:,} | {row['peak_mb']:.0f} |")
    (harness.RESULTS / "to_parquet_memory.json").write_text(json.dumps(found, indent=1) + "\n")


def main() -> None:
    arguments = harness.arguments(__doc__)
    with tempfile.TemporaryDirectory(prefix="kizuna-bench-") as name:
        home = Path(name)
        found = inputs(home)
        nmea(found, home, arguments.rounds)
        csv(found, home, arguments.rounds)
        memory(home)


if __name__ == "__main__":
    main()

"""NMEA to columns beside pyais, libais, aiscat and gpsdecode; other kinds of logs; cost of compiling; memory.

Ours is ``NmeaDecoder``, the decoder behind every command, fed in pieces of 1 MiB with all columns, checksums, parts
and rejects on. The peers do less: pyais, libais and aiscat make one object a message (pyais and aiscat do not refuse
wrong checksums, libais is given sentences already split and joined), gpsdecode writes JSON.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import harness

harness.one_thread()

from kizuna.sources.batch import Batch  # noqa: E402
from kizuna.sources.nmea import NmeaDecoder  # noqa: E402

NMEA = harness.SHARED / "nmea"
PIECE = 1 << 20
SOURCE = Path(__file__).resolve().parents[1] / "src"

COLD = """
import gzip, json, resource, sys
from kizuna.sources.nmea import NmeaDecoder
data = gzip.open(sys.argv[1]).read()
def cpu():
    u = resource.getrusage(resource.RUSAGE_SELF)
    return u.ru_utime + u.ru_stime
before = cpu()
decoder = NmeaDecoder("cold")
decoder.feed(data)
decoder.finish()
print(json.dumps(cpu() - before))
"""
MEMORY = """
import gzip, json, re, sys
from pathlib import Path
from kizuna.sources.nmea import NmeaDecoder
data = gzip.open(sys.argv[1]).read()
decoder, rows = NmeaDecoder("memory"), 0
for _ in range(int(sys.argv[2])):
    for at in range(0, len(data), 1 << 20):
        rows += len(decoder.feed(data[at : at + (1 << 20)]).fixes)
peak_kb = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
print(json.dumps({"rows": rows, "peak_mb": peak_kb / 1024}))
"""


def ours(data: bytes, *, arrow: bool = False) -> int:
    decoder = NmeaDecoder("bench")
    fixes = 0
    for batch in batches_of(decoder, data):
        fixes += len(batch.fixes)
        if arrow:
            for table in (batch.fixes, batch.statics, batch.others, batch.rejects):
                table.to_arrow()
    return fixes


def batches_of(decoder: NmeaDecoder, data: bytes) -> Iterator[Batch]:
    for at in range(0, len(data), PIECE):
        yield decoder.feed(data[at : at + PIECE])
    yield decoder.finish()


def with_pyais(path: Path) -> int:
    from pyais import FileReaderStream

    n = 0
    for message in FileReaderStream(str(path)):
        try:
            message.decode()
            n += 1
        except Exception:  # noqa: BLE001  whatever it refuses
            pass
    return n


def with_libais(data: bytes) -> int:
    import ais

    n = 0
    waiting: dict[tuple[bytes, bytes], bytes] = {}
    for line in data.split(b"\n"):
        fields = line.split(b",")
        if len(fields) != 7:
            continue
        payload = fields[5]
        if fields[1] != b"1":
            key = (fields[3], fields[4])
            payload = waiting.pop(key, b"") + payload if fields[2] != b"1" else payload
            if fields[2] != fields[1]:
                waiting[key] = payload
                continue
        try:
            ais.decode(payload.decode(), int(fields[6][:1]))
            n += 1
        except Exception:  # noqa: BLE001
            pass
    return n


def with_aiscat(data: bytes) -> int:
    import aiscat

    decoder = aiscat.Decoder()
    n = 0
    for at in range(0, len(data), PIECE):
        decoder.feed(data[at : at + PIECE])
        while decoder.next() is not None:
            n += 1
    return n


def with_gpsdecode(path: Path) -> int:
    with path.open("rb") as source:
        subprocess.run(
            ["gpsdecode", "-j"], stdin=source, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True
        )
    return 0


def there(name: str) -> bool:
    """Whether a peer is installed; says so when it is not."""
    try:
        if name == "gpsdecode":
            subprocess.run([name, "-V"], capture_output=True, check=True)
        else:
            __import__(name)
    except (ImportError, OSError, subprocess.CalledProcessError):
        print(f"note: {name} is not installed and is left out", file=sys.stderr)
        return False
    return True


def beside_peers(hub: bytes, home: Path, rounds: int) -> None:
    lines = hub.count(b"\n")
    one, two = home / "one.nmea", home / "two.nmea"
    one.write_bytes(hub)
    two.write_bytes(hub * 2)
    cases = [
        harness.Case("kizuna to columns", lambda: ours(hub * 6), 6 * lines),
        harness.Case("kizuna to Arrow tables", lambda: ours(hub * 6, arrow=True), 6 * lines),
    ]
    if there("aiscat"):
        cases.append(harness.Case("aiscat to dicts", lambda: with_aiscat(hub * 6), 6 * lines))
    if there("ais"):
        cases.append(harness.Case("libais (Python), split here", lambda: with_libais(hub * 2), 2 * lines))
    if there("gpsdecode"):
        cases.append(harness.Case("gpsdecode -j", lambda: with_gpsdecode(two), 2 * lines, children=True))
    if there("pyais"):
        cases.append(harness.Case("pyais", lambda: with_pyais(one), lines))
    result = harness.compare(cases, rounds)
    harness.report(
        "decode",
        "AISHub log to columns",
        "lines",
        "kizuna to columns",
        result,
        {
            "floor": {"pyais": 25, "libais (Python), split here": 8, "aiscat to dicts": 4, "gpsdecode -j": 9},
            "aim": {"pyais": 40, "libais (Python), split here": 10, "aiscat to dicts": 6, "gpsdecode -j": 14},
        },
    )


def kinds_of_logs(hub: bytes, rounds: int) -> None:
    plain = [line for line in hub.split(b"\n") if len(line) == 47 and line[14:15] in b"123"]
    texts = {"positions only": b"\n".join(plain) + b"\n"}
    for path in sorted(NMEA.glob("*.gz")):
        if ".csv" not in path.name:
            texts[path.name.split(".")[0]] = gzip.open(path).read()
    cases = []
    for name, text in texts.items():
        times = max(1, 250_000 // text.count(b"\n"))
        cases.append(harness.Case(name, lambda data=text * times: ours(data), times * text.count(b"\n")))
    harness.report("decode_logs", "Kinds of logs", "lines", "aishub_3min", harness.compare(cases, rounds))


def child(program: str, *arguments: object, **environment: str):
    env = {"PYTHONPATH": str(SOURCE)} | dict(os.environ) | environment
    out = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)], env=env, capture_output=True, text=True, check=True
    )
    return json.loads(out.stdout)


def cold_and_memory(home: Path) -> None:
    log = NMEA / "aishub_3min.nmea.gz"
    compile_cpu_s = child(COLD, log, KIZUNA_CACHE_DIR=str(home / "cache"))
    sizes = {times: child(MEMORY, log, times, KIZUNA_CACHE_DIR=str(home / "cache")) for times in (1, 5, 25)}
    print(f"\nFirst use, kernels compiled: {compile_cpu_s:.1f} CPU-s (limit 40)\n")
    print("| log repeated | fixes | peak MB |\n|---:|---:|---:|")
    for times, row in sizes.items():
        print(f"| {times} | {row['rows']:,} | {row['peak_mb']:.0f} |")
    harness.RESULTS.mkdir(exist_ok=True)
    (harness.RESULTS / "decode_cost.json").write_text(
        json.dumps({"compile_cpu_s": compile_cpu_s, "limit_cpu_s": 40, "memory": sizes}, indent=1) + "\n"
    )


def main() -> None:
    arguments = harness.arguments(__doc__)
    hub = gzip.open(NMEA / "aishub_3min.nmea.gz").read()
    with tempfile.TemporaryDirectory() as home:
        cold_and_memory(Path(home))
        beside_peers(hub, Path(home), arguments.rounds)
        kinds_of_logs(hub, arguments.rounds)


if __name__ == "__main__":
    main()

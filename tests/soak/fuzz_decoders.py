"""Mutated lines through every decoder: nothing but InputError may come out, whatever goes in.

    python tests/soak/fuzz_decoders.py --lines 10000000

Each round builds some 20,000 lines from a pool of sound ones, damages them (bytes changed, cut, doubled, moved, line
ends broken, odd things put in; for NMEA most checksums are made right again, so that damage gets past that wall) and
feeds them to a fresh decoder. Checked in each round: no other exception, sound Arrow tables, values in their ranges,
rejects listed as counted; in every fourth round also that any cutting gives the same rows. A round depends on the
seed, the decoder's name and the round's number only: ``--only NAME --first ROUND --lines 1`` replays one.

``--bounds`` compiles the kernels with checks of every index (slow, its own cache): reading outside an array raises.
The result goes to ``benchmarks/results/fuzz.json``.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import re
import sys
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[1]))  # builders of test data
LOGS = HERE.parents[2].parent / "shared" / "data"
RESULT = HERE.parents[2] / "benchmarks" / "results" / "fuzz.json"
LINES_A_ROUND = 20_000

if "--bounds" in sys.argv:
    os.environ["NUMBA_BOUNDSCHECK"] = "1"
    os.environ["KIZUNA_CACHE_DIR"] = str(Path(tempfile.gettempdir()) / "kizuna-fuzz-bounds")

import numpy as np  # noqa: E402
import pyarrow as pa  # noqa: E402
from sources import feed_make  # noqa: E402
from sources import nmea_make as make  # noqa: E402

from kizuna.base.errors import InputError  # noqa: E402
from kizuna.sources.batch import Batch, Decoder, join  # noqa: E402
from kizuna.sources.delimited import DelimitedDecoder  # noqa: E402
from kizuna.sources.feeds.decoder import FeedDecoder  # noqa: E402
from kizuna.sources.json_feeds import JsonLinesDecoder  # noqa: E402
from kizuna.sources.nmea import NmeaDecoder  # noqa: E402

Rng = np.random.Generator
TOKENS = [b"!", b"$", b"\\", b"*", b",", b"\n", b"\r", b"\0", b"\xff", b"*00", b"!AIVDM,1,1,,A,", b"!AIVDM,2,1,1,A,", b"\\c:1", b",,,",
          b"9" * 40, b"w" * 300, b"x" * 1100, b"\r\n", b'"', b"'", b"{", b"}", b"[", b"null", b"1e999", b"-", b"NaN", b";", b"\t", b"|",
          b"\xef\xbb\xbf", b"2020-02-30", b"24:60:60", b"1550303566167726840 ", b"$PGHP,1,2014,9,28,16,0,4,684,219,21,1,1,14*22"]  # fmt: skip


class Target(NamedTuple):
    """One decoder under attack."""

    name: str
    share: float  # of all lines
    new: Callable[[Rng], Decoder]
    pool: Callable[[Rng], list[bytes]]  # sound lines
    head: Callable[[Rng], bytes]  # what stands before them
    mend: Callable[[Rng, bytes], bytes]  # makes damage go deeper


# ---- NMEA -----------------------------------------------------------------------------------------------------------

WIDTHS = {1: 168, 2: 168, 3: 168, 4: 168, 5: 424, 9: 168, 11: 168, 18: 168, 19: 312, 21: 272, 24: 168, 27: 96}
SENTENCE = re.compile(rb"([!$])([^*!$\\\n]{1,300})\*[0-9A-Fa-f]{2}")
BLOCK = re.compile(rb"\\([^*!$\\\n]{1,200})\*[0-9A-Fa-f]{2}\\")


def nmea_pool(rng: Rng) -> list[bytes]:
    out: list[str] = []
    for _ in range(4000):
        kind = int(rng.choice(list(WIDTHS))) if rng.random() < 0.8 else int(rng.integers(0, 64))
        length = WIDTHS.get(kind, int(rng.integers(40, 500)))
        if rng.random() < 0.2:
            length = int(rng.integers(6, 600))
        bits = make.number(kind, 6) + "".join("01"[b] for b in rng.integers(0, 2, max(length - 6, 0)))
        if kind == 24 and rng.random() < 0.8:
            bits = bits[:38] + ("00", "01")[int(rng.integers(2))] + bits[40:]
        fields: dict[str, Any] = {
            "channel": str(rng.choice(["A", "B", "1", ""])), "talker": str(rng.choice(["AI", "BS", "AB", "XX"])),
            "kind": str(rng.choice(["VDM", "VDM", "VDO"])), "seq": str(rng.choice(["", "1", "2", "9"])),
        }  # fmt: skip
        if len(bits) > 200 or rng.random() < 0.1:
            cut = int(rng.integers(1, 40))
            lines = make.parts(bits, (cut,) * int(rng.integers(1, 4)), **fields)
            if rng.random() < 0.7:
                out.append("\n".join(wrapped(rng, line) for line in lines))
                continue
        else:
            lines = [make.plain(bits, **fields)]
        out += [wrapped(rng, line) for line in lines]
    return [line.encode("latin-1") for line in out] + real_lines("nmea")


def wrapped(rng: Rng, line: str) -> str:
    form = int(rng.integers(0, 12))
    seconds = 1_559_347_200 + int(rng.integers(0, 100))
    if form == 0:
        return make.tag(f"s:r{rng.integers(50)},c:{seconds}") + line
    if form == 1:
        return make.tag(f"g:{rng.integers(1, 3)}-2-{rng.integers(9)}") + make.tag(f"c:{seconds}000") + line
    if form == 2:
        return f"{line},r00{rng.integers(50)},{seconds}"
    if form == 3:
        return f"{seconds}{rng.integers(100, 999)} {line}"
    if form == 4:
        return make.pghp((2019, 6, 1, 0, 0, int(rng.integers(60)), 5), [make.sum_of(line)]) + "\n" + line
    if form == 5:
        return make.tag("si:AISD") + "\n" + line
    return line


def nmea_mend(rng: Rng, data: bytes) -> bytes:
    """Right checksums for most of the sentences and TAG blocks."""
    keep = iter(rng.random(data.count(b"*") + 1) < 0.2)

    def sentence(found: re.Match[bytes]) -> bytes:
        if next(keep):
            return found[0]
        return found[1] + found[2] + b"*%02X" % exclusive_or(found[2])

    def block(found: re.Match[bytes]) -> bytes:
        return b"\\" + found[1] + b"*%02X\\" % exclusive_or(found[1])

    return BLOCK.sub(block, SENTENCE.sub(sentence, data))


def exclusive_or(text: bytes) -> int:
    value = int.from_bytes(text, "big")
    size = 1 << (len(text) * 8 - 1).bit_length()
    while size > 8:
        size >>= 1
        value = (value >> size) ^ (value & ((1 << size) - 1))
    return value


def new_nmea(rng: Rng) -> Decoder:
    return NmeaDecoder("fuzz", keep_other=bool(rng.integers(2)), pending_max=int(rng.choice([1, 4, 64])),
                       part_gap_lines=int(rng.choice([2, 32, 1000])), stations_max=int(rng.choice([2, 4096])))  # fmt: skip


# ---- tables and JSON lines ------------------------------------------------------------------------------------------

HEADS = [
    b"MMSI,BaseDateTime,LAT,LON,SOG,COG,Heading,VesselName,IMO,CallSign,VesselType,Status,Length,Width,Draft,Cargo,TransceiverClass",
    b"mmsi,base_date_time,longitude,latitude,sog,cog,heading,vessel_name,imo,call_sign,vessel_type,status,length,width,draft,cargo,transceiver",
    b"# Timestamp,Type of mobile,MMSI,Latitude,Longitude,Navigational status,ROT,SOG,COG,Heading,IMO,Callsign,Name,Ship type,Cargo type,"
    b"Width,Length,Type of position fixing device,Draught,Destination,ETA,Data source type,A,B,C,D",
    b"mmsi;timestamp;lat;lon;sog", b"ssvid\ttime\tlatitude\tlongitude\tcourse",
]  # fmt: skip
ROWS = [
    b"%d,2023-01-11T00:00:0%d,%s,%s,1.5,0.9,336.0,ASIAN DYNASTY,IMO9203588,D7NS,70,0.0,199.0,32.0,10.0,70.0,A",
    b"%d,2023-01-11 00:00:0%d,%s,%s,102.3,360,511,\"A, B\",,,,15,,,,,B",
    b"01/04/2026 00:00:0%d,Class A,%d,%s,%s,Under way using engine,-0.5,12.1,200,201,9203588,D7NS,X Y,Cargo,No info,20,100,GPS,7.1,HERE,"
    b"02/04/2026 10:00:00,AIS,50,50,10,10",
    b"%d;2020-01-01T00:00:0%dZ;%s;%s;10,1", b"%d\t157783680%d\t%s\t%s\t200",
]  # fmt: skip


def csv_pool(rng: Rng) -> list[bytes]:
    out = []
    for _ in range(3000):
        row = int(rng.integers(len(ROWS)))
        mmsi, second = int(rng.integers(100_000_000, 999_999_999)), int(rng.integers(10))
        values = (second, mmsi) if row == 2 else (mmsi, second)
        out.append(ROWS[row] % (*values, b"%.5f" % rng.uniform(-95, 95), b"%.5f" % rng.uniform(-185, 185)))
    return out + real_lines("csv")


def csv_head(rng: Rng) -> bytes:
    return HEADS[int(rng.integers(len(HEADS)))] + b"\n"


def json_pool(rng: Rng) -> list[bytes]:
    out = []
    for _ in range(3000):
        row = {"ssvid": str(rng.integers(10**8, 10**9)), "lat": float(rng.uniform(-95, 95)), "lon": float(rng.uniform(-185, 185)),
               "timestamp": f"2020-01-01T00:00:{rng.integers(10, 70)}Z", "speed": float(rng.uniform(-1, 110)),
               "course": (None, "12.5", 360, [1], {"a": 1}, True, 1e300)[int(rng.integers(7))], "heading": int(rng.integers(0, 512))}  # fmt: skip
        out.append(json.dumps(row).encode())
    return out


def feed_pool(rng: Rng) -> list[bytes]:
    """gpsd (both scales), AIS-catcher and aisstream.io messages of every type, and the objects around them."""
    stream_types = ("PositionReport", "ShipStaticData", "StaticDataReport", "AidsToNavigationReport", "BaseStationReport",
                    "LongRangeAisBroadcastMessage", "AddressedBinaryMessage", "ExtendedClassBPositionReport")  # fmt: skip
    found = [feed_make.gpsd(kind) for kind in (1, 2, 3, 4, 5, 6, 9, 18, 19, 21, 24, 27)]
    found += [feed_make.gpsd(kind, scaled=False) for kind in (1, 5)] + [feed_make.catcher(), feed_make.catcher(5)]
    found += [feed_make.stream(name) for name in stream_types]
    found += [{"class": "TPV", "time": "2026-03-01T06:07:55.000Z"}, {"class": "VERSION"}, {"error": "no"}]
    lines = [json.dumps(m).encode() for m in found]
    return [lines[int(i)] for i in rng.integers(0, len(lines), 3000)]


def real_lines(kind: str) -> list[bytes]:
    """A sample of real lines where they are on this machine."""
    out: list[bytes] = []
    for path in sorted((LOGS / "nmea").glob("*.gz")) + sorted((LOGS / "ais").glob("*.csv.gz")):
        if (".csv" in path.name) == (kind == "csv"):
            with gzip.open(path) as file:
                lines = file.read(4_000_000).split(b"\n")
            out += lines[:: max(1, len(lines) // 400)]
    return out


def as_it_is(_: Rng, data: bytes) -> bytes:
    return data


TARGETS = (
    Target("nmea", 0.6, new_nmea, nmea_pool, lambda _: b"", nmea_mend),
    Target("delimited", 0.2, lambda _: DelimitedDecoder("fuzz.csv"), csv_pool, csv_head, as_it_is),
    Target("json_lines", 0.1, lambda _: JsonLinesDecoder("fuzz.jsonl"), json_pool, lambda _: b"", as_it_is),
    Target("feeds", 0.1, lambda _: FeedDecoder("fuzz.json"), feed_pool, lambda _: b"", as_it_is),
)


# ---- damage ---------------------------------------------------------------------------------------------------------


def damaged(rng: Rng, data: bytes) -> bytes:
    """The text with bytes changed, then with spans cut out, doubled, moved, and tokens put in."""
    if not data:
        return data
    text = np.frombuffer(data, np.uint8).copy()
    hits = rng.random(len(text)) < rng.choice([0, 1e-4, 1e-3, 1e-2, 0.1], p=[0.1, 0.2, 0.4, 0.2, 0.1])
    text[hits] = rng.integers(0, 256, int(hits.sum()))
    flips = rng.random(len(text)) < 1e-4
    text[flips] ^= (1 << rng.integers(0, 8, int(flips.sum()))).astype(np.uint8)
    data = text.tobytes()
    places = np.sort(rng.integers(0, len(data) + 1, int(rng.integers(0, 2000))))
    pieces = []
    begin = 0
    for place in places.tolist():
        if place < begin:
            continue
        pieces.append(data[begin:place])
        begin = place
        act = int(rng.integers(0, 5))
        span = int(rng.integers(1, 60))
        if act == 0:
            begin += span
        elif act == 1:
            pieces.append(data[place : place + span])
        elif act == 2:
            other = int(rng.integers(0, len(data)))
            pieces.append(data[other : other + span])
        else:
            pieces.append(TOKENS[int(rng.integers(len(TOKENS)))])
    return b"".join([*pieces, data[begin:]])


def block(target: Target, pool: list[bytes], rng: Rng) -> bytes:
    rows = [pool[k] for k in rng.integers(0, len(pool), LINES_A_ROUND)]
    end = (b"\n", b"\r\n", b"\r", b"\n")[int(rng.integers(4))]
    text = target.mend(rng, damaged(rng, end.join(rows) + end))
    head = target.head(rng)
    return (damaged(rng, head) if rng.random() < 0.2 else head) + text


# ---- laws -----------------------------------------------------------------------------------------------------------


def decoded(target: Target, data: bytes, cuts: list[int], rng_key: list[int]) -> Batch:
    decoder = target.new(np.random.default_rng([*rng_key, 7]))
    at = [0, *cuts, len(data)]
    return join([*(decoder.feed(data[a:b]) for a, b in zip(at, at[1:], strict=False)), decoder.finish()])


def tables(batch: Batch) -> dict[str, pa.Table]:
    out = {}
    for name in ("fixes", "statics", "others", "rejects"):
        table = getattr(batch, name).to_arrow()
        table.validate(full=True)
        out[name] = table
    return out


def check(batch: Batch) -> None:
    tables(batch)
    lat, lon = batch.fixes["lat_deg"], batch.fixes["lon_deg"]
    assert np.array_equal(np.isnan(lat), np.isnan(lon)), "half a position"
    good = ~np.isnan(lat)
    assert (np.abs(lat[good]) <= 90).all(), "latitude"
    assert ((lon[good] >= -180) & (lon[good] < 180)).all(), "longitude"
    for name, low, high in (("cog_deg", 0, 360), ("heading_deg", 0, 360), ("sog_kn", 0, 1023)):
        value = batch.fixes[name]
        value = value[~np.isnan(value)]
        assert ((value >= low) & (value <= high)).all(), name
    listed = np.bincount(batch.rejects["reason"], minlength=1)
    words = batch.rejects.codes_of("reason")
    for code in np.flatnonzero(listed).tolist():
        assert batch.counts.get(words[code], 0) >= listed[code], f"rejects not counted: {words[code]}"


def same(a: Batch, b: Batch) -> None:
    for name, ours in tables(a).items():
        theirs = tables(b)[name]
        assert ours.num_rows == theirs.num_rows, f"{name}: {ours.num_rows} and {theirs.num_rows} rows"
        for column in ours.column_names:
            x, y = ours.column(column), theirs.column(column)
            if pa.types.is_dictionary(x.type):
                x, y = x.cast(pa.string()), y.cast(pa.string())
            assert x.equals(y), f"{name}.{column} depends on the cutting"


def run_round(target: Target, pool: list[bytes], seed: int, number: int, found: Counter[str]) -> int:
    """One round; how many lines it had."""
    key = [seed, zlib.crc32(target.name.encode()), number]
    rng = np.random.default_rng(key)
    data = block(target, pool, rng)
    cuts = np.sort(rng.integers(0, len(data) + 1, 12)).tolist()
    lines = max(data.count(b"\n"), data.count(b"\r"))
    try:
        whole = decoded(target, data, cuts, key)
    except InputError as exc:
        found["InputError: " + re.sub(r"['\"].*|\d+", "...", exc.message)[:60]] += 1
        return lines
    check(whole)
    for reason, n in whole.counts.items():
        found[reason] += n
    found["fixes"] += len(whole.fixes)
    if number % 4 == 0:
        other = np.sort(rng.integers(0, len(data) + 1, 40)).tolist()
        same(whole, decoded(target, data, other, key))
        found["rounds with two cuttings"] += 1
    if number % 10 == 0 and len(whole.others):
        found["bodies of rare messages"] += bodies(whole)
    return lines


def bodies(batch: Batch) -> int:
    try:
        import pyais  # noqa: F401
    except ImportError:
        return 0
    from kizuna.sources import rare

    return sum(1 for _ in rare.messages(batch.others.slice(0, min(200, len(batch.others)))))


def run(lines: int, seed: int, *, only: str = "", first: int = 0, quiet: bool = True) -> dict[str, Any]:
    """Fuzz all decoders with that many lines together; the result as it is written to the file."""
    result: dict[str, Any] = {"seed": seed, "lines": 0, "failures": [], "decoders": {}}
    for target in TARGETS:
        if only and target.name != only:
            continue
        pool = target.pool(np.random.default_rng([seed, 1]))
        found: Counter[str] = Counter()
        done, number = 0, first
        while done < lines * (1.0 if only else target.share):
            try:
                done += run_round(target, pool, seed, number, found)
            except Exception as exc:  # noqa: BLE001  that is what we look for
                done += LINES_A_ROUND
                result["failures"].append(
                    {"decoder": target.name, "round": number, "error": f"{type(exc).__name__}: {exc}"}
                )
                print(f"FAILED {target.name} round {number}: {type(exc).__name__}: {exc}", file=sys.stderr)
            number += 1
            if not quiet and number % 25 == 0:
                print(f"{target.name}: {done:,} lines", file=sys.stderr)
        result["lines"] += done
        result["decoders"][target.name] = {
            "lines": done,
            "rounds": number - first,
            "found": dict(sorted(found.items())),
        }
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=[t.name for t in TARGETS], default="")
    parser.add_argument("--first", type=int, default=0, help="number of the first round")
    parser.add_argument("--bounds", action="store_true", help="check every index of every kernel")
    parser.add_argument(
        "--out", type=Path, default=None, help="where the result goes; the committed file for a whole run"
    )
    a = parser.parse_args()
    result = run(a.lines, a.seed, only=a.only, first=a.first, quiet=False)
    result["real lines in the pool"] = LOGS.is_dir()
    result["bounds checked"] = a.bounds
    result["versions"] = {"python": platform.python_version()} | {n: version(n) for n in ("numba", "numpy", "pyarrow")}
    text = json.dumps(result, indent=1) + "\n"
    out = a.out or (None if a.only or a.first else RESULT)
    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text)
    print(text)
    return 1 if result["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())

"""The decoder on real logs: beside pyais on every position, beside the slow decoder on a sample, cut anywhere."""

import gzip
import math
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sources import reference_ais
from sources.nmea_make import sentence
from sources.nmea_rows_of import everything, rows
from sources.test_nmea_properties import same

from kizuna.sources.batch import Batch, join
from kizuna.sources.nmea import NmeaDecoder, decode_bytes

LOGS = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "nmea"
NAMES = sorted(p.name for p in LOGS.glob("*.gz") if ".csv" not in p.name)
SENTENCE = re.compile(rb"[!$]((..)VD[MO],(\d),(\d),(\d*),(\w?),([0-W`-w]+),([0-6]))\*([0-9A-Fa-f]{2})")
pytestmark = [
    pytest.mark.big,
    pytest.mark.skipif(not NAMES, reason="the real logs of ../shared/data are not on this machine"),
]


@cache
def log(name: str) -> bytes:
    return gzip.decompress((LOGS / name).read_bytes())


@cache
def decoded(name: str) -> Batch:
    return decode_bytes(log(name), name)


def messages(data: bytes) -> Iterator[tuple[int, str, int]]:
    """Offset, payload and fill bits of every message with right checksums; parts one after the other, nothing else."""
    at = 0
    parts: dict[tuple[bytes, ...], list[Any]] = {}
    for line in data.split(b"\n"):
        begin, at = at, at + len(line) + 1
        found = SENTENCE.search(line)
        if not found:
            continue
        inner, talker, total, part, seq, channel, payload, fill, checksum = found.groups()
        if int(np.bitwise_xor.reduce(np.frombuffer(inner, np.uint8))) != int(checksum, 16):
            continue
        if total == b"1":
            yield begin, payload.decode(), int(fill)
            continue
        key = (talker, total, seq, channel)
        if part == b"1":
            parts[key] = [begin, b"", 1]
        held = parts.get(key)
        if held is None or held[2] != int(part):
            parts.pop(key, None)
            continue
        held[1] += payload
        held[2] += 1
        if part == total:
            yield held[0], held[1].decode(), int(fill)
            del parts[key]


@pytest.mark.parametrize("name", NAMES)
def test_every_log_decodes_and_every_line_is_accounted_for(name):
    batch = decoded(name)
    assert batch.counts["lines"] == log(name).count(b"\n") + (not log(name).endswith(b"\n"))
    assert len(batch.fixes) + len(batch.statics) + len(batch.others) >= batch.counts["messages"] > 0
    assert batch.counts["messages"] >= 0.97 * sum(1 for _ in messages(log(name)))


@pytest.mark.parametrize(
    "name", ["knapply_alltypes_tag.nmea.gz", "kystverket_1000.nm4.gz", "noaadata_uscg_suffix.nmea.gz"]
)
@pytest.mark.parametrize("size", [7, 100, 4096])
def test_logs_may_be_cut_anywhere(name, size):
    if name not in NAMES:
        pytest.skip(f"{name} is not there")
    data = log(name)[:40_000]
    decoder = NmeaDecoder(name)
    cut = join([*(decoder.feed(data[k : k + size]) for k in range(0, len(data), size)), decoder.finish()])
    assert everything(cut) == everything(decode_bytes(data, name))


# ---- beside pyais ---------------------------------------------------------------------------------------------------

END = {"lon": {27: 62}, "lat": {27: 79}, "speed": {27: 85, 18: 56, 19: 56}, "course": {27: 94, 18: 124, 19: 124},
       "heading": {18: 133, 19: 133}, "second": {18: 139, 19: 139, 4: 78, 11: 78, 9: 134, 21: 259}, "status": {27: 44}}  # fmt: skip
END_A = {"lon": 89, "lat": 116, "speed": 60, "course": 128, "heading": 137, "second": 143, "status": 42}
END_BASE = {"lon": 107, "lat": 134}
END_19 = {"lon": 85, "lat": 112}
END_21 = {"lon": 192, "lat": 219}
CODES = {"lon": {181.0}, "lat": {91.0}, "speed": {102.3}, "course": {360.0}, "heading": {511}, "status": {15}}
OURS = {"mmsi": "mmsi", "lon": "lon_deg", "lat": "lat_deg", "speed": "sog_kn", "course": "cog_deg", "heading": "heading_deg",
        "second": "second", "status": "nav_status"}  # fmt: skip


def end_of(field: str, kind: int) -> int:
    """First bit behind a field."""
    if field in ("lon", "lat"):
        table = {4: END_BASE, 11: END_BASE, 18: END_19, 19: END_19, 21: END_21}.get(kind)
        if table:
            return table[field]
    return END.get(field, {}).get(kind, END_A[field])


def not_available(field: str, kind: int, value: Any) -> bool:
    if field == "second":
        return value >= 60
    if kind == 27 and field in ("speed", "course"):
        return value == {"speed": 63, "course": 511}[field]
    if kind == 9 and field == "speed":
        return value == 1023
    return value in CODES.get(field, set())


def explain(field: str, kind: int, n_bits: int, ours: Any, theirs: Any, msg: Any) -> str:
    """Why a value differs, one of the reasons listed in docs/explanation/decoder-differences.md; empty when unexplained."""
    if field != "mmsi" and ours is None:
        if n_bits < end_of(field, kind):
            return "cut"
        if field in ("lon", "lat"):
            if n_bits < max(end_of("lat", kind), end_of("lon", kind)):
                return "cut"
            lon, lat = msg.lon, msg.lat
            if (abs(lon) > 180 and lon != 181) or (abs(lat) > 90 and lat != 91):
                return "outside the globe"
            if (lon == 181) != (lat == 91):
                return "half a position"
        if field == "heading" and 360 <= theirs <= 510:
            return "heading beyond the circle"
        if field == "course" and theirs > (359 if kind == 27 else 360):
            return "course beyond the circle"
    if field == "lon" and theirs == 180 and ours == -180:
        return "180 degrees is written -180"
    return ""


EXPECTED = {
    "outside the globe": 38,
    "half a position": 1,
    "heading beyond the circle": 45,
    "course beyond the circle": 8,
    "cut": 9,
    "180 degrees is written -180": 1,
}  # values in all logs; also listed in docs/explanation/decoder-differences.md
COMPARED = 165_404


@pytest.mark.slow
def test_positions_agree_with_pyais_but_for_the_listed_differences():
    pyais_payload = pytest.importorskip("pyais")
    explained: Counter[str] = Counter()
    unexplained = []
    refused: Counter[str] = Counter()
    compared = 0
    for name in NAMES:
        batch = decoded(name)
        by_offset = {row["byte_offset"]: row for row in rows(batch.fixes)}
        for offset, payload, fill in messages(log(name)):
            kind = reference_ais.bit_string(payload[0], 0)
            kind = int(kind, 2)
            n_bits = 6 * len(payload) - fill
            if kind not in (1, 2, 3, 4, 9, 11, 18, 19, 21, 27) or n_bits < 38:
                continue
            row = by_offset.get(offset)
            if row is None:
                refused[name] += 1
                continue
            msg = decode_with(pyais_payload, payload, fill)
            compared += 1
            for theirs_name, ours_name in OURS.items():
                if not hasattr(msg, theirs_name):
                    continue
                theirs = getattr(msg, theirs_name)
                ours = row[ours_name]
                if theirs is not None:
                    theirs = float(theirs)
                    if not_available(theirs_name, kind, theirs):
                        theirs = None
                tolerance = 5.1e-7 if theirs_name in ("lon", "lat") else 1e-5 * max(1, abs(theirs or 0))
                if (ours is None and theirs is None) or (
                    ours is not None and theirs is not None and math.isclose(ours, theirs, rel_tol=0, abs_tol=tolerance)
                ):
                    continue
                why = explain(theirs_name, kind, n_bits, ours, theirs, msg)
                explained[why] += bool(why)
                if not why:
                    unexplained.append((name, offset, theirs_name, ours, theirs, payload))
    assert not unexplained, unexplained[:5]
    assert dict(explained) == EXPECTED
    assert compared == COMPARED
    assert not refused, refused


def decode_with(pyais: Any, payload: str, fill: int) -> Any:
    pieces = [payload[k : k + 60] for k in range(0, len(payload), 60)]
    n = len(pieces)
    return pyais.decode(*(
        sentence(piece, fill if k == n - 1 else 0, total=n, part=k + 1, seq="1" if n > 1 else "")
        for k, piece in enumerate(pieces)
    ))  # fmt: skip


# ---- beside the slow decoder ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_of_every_log_agrees_with_the_slow_decoder(name):
    batch = decoded(name)
    tables = {table: {row["byte_offset"]: row for row in rows(getattr(batch, table))} for table in ("fixes", "statics")}
    every = max(1, batch.counts["messages"] // 300)
    for k, (offset, payload, fill) in enumerate(messages(log(name))):
        if k % every or 6 * len(payload) - fill < 40 or payload[0] == "0":
            continue
        for table, slow in (("fixes", reference_ais.fix), ("statics", reference_ais.static)):
            expected = slow(payload, fill)
            row = tables[table].get(offset)
            assert (row is None) == (expected is None) or "conflict" in str(batch.counts)
            if row is None or expected is None:
                continue
            if row["time_source"] != "base":
                expected.pop("time_ms", None)
                expected["flags"].discard("no_time")
                row["flags"].discard("no_time")
            for field, value in expected.items():
                assert same(row[field], value), (name, offset, field, row[field], value)

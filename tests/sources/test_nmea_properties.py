"""Laws of the NMEA decoder, attacked with generated streams."""

import json
import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sources import reference_ais
from sources.nmea_make import (
    armour,
    bytes_of,
    number,
    part_a,
    part_b,
    parts,
    pghp,
    plain,
    position,
    sentence,
    sum_of,
    tag,
    voyage,
)
from sources.nmea_rows_of import everything, rows

from kizuna.base.table import Table
from kizuna.fixes.statics import REJECT_REASONS
from kizuna.fixes.table import AIS_CLASSES, CHANNELS, FLAGS, TALKERS, TIME_SOURCES
from kizuna.sources.batch import Batch, join
from kizuna.sources.kernels import emit, layout, payload
from kizuna.sources.nmea import NmeaDecoder, decode_bytes

SECONDS = 1_559_347_200
A = parts(voyage(412000001, name="ALPHA"), seq="1")
B = parts(voyage(412000002, name="BRAVO"), seq="1")
C = parts(voyage(412000003, name="CHARLIE"), (30, 25), seq="2", channel="B")
LINES = [
    plain(position()), plain(position(27, 412000001)), plain(position(), talker="BS", kind="VDO", channel="1"),
    plain(position())[:-1] + "G", plain(position()).split("*")[0], plain(position()) + plain(position(mmsi=5)),
    tag(f"s:r1,c:{SECONDS}") + plain(position()), tag(f"s:r2,c:{SECONDS + 40}"), tag("si:AISD"), "\\s:x,c:1*00\\",
    f"{SECONDS} " + plain(position()), plain(position()) + f",r07,{SECONDS}", "2019-06-01T00:00:00Z " + plain(position()),
    pghp((2019, 6, 1, 0, 0, 0, 5), [sum_of(plain(position()))]), pghp((2019, 6, 1, 0, 0, 1, 5), [sum_of(s) for s in A]),
    *A, *B, *C, tag("g:1-2-7,s:r1") + A[0], tag("g:2-2-7") + A[1], tag("g:1-2-8,s:r2") + B[0], tag("g:2-2-8") + B[1],
    tag(f"s:r1,c:{SECONDS}") + B[0], tag(f"s:r1,c:{SECONDS + 3}") + B[1], tag(f"s:r2,c:{SECONDS + 60}") + B[1],
    plain(part_a()), plain(part_b()), plain(part_b(part=2)), plain(number(20, 6) + "0" * 90), "# comment", "", " ", "\0\0",
    "$GPGLL,5013.4693,N,00346.6503,W,035258,A,A*51", "$GPGLL,5013*00", "!AIVDM,1,1,,A", "\\", "!", "$", "*", "x" * 1030, "y" * 2100,
    "!AIVDM,1,1,,A,,0*26", "z\r" * 700,
]  # fmt: skip
streams = st.lists(
    st.one_of(st.sampled_from(LINES).map(lambda s: s.encode("latin-1") + b"\n"), st.binary(max_size=12),
              st.sampled_from([b"\r\n", b"\n", b"\r", b"\0", b"\n\n"])),
    max_size=40,
).map(b"".join)  # fmt: skip


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    at = [0, *sorted(c % (len(data) + 1) for c in cuts), len(data)]
    return [data[a:b] for a, b in zip(at, at[1:], strict=False)]


def in_pieces(chunks: list[bytes], **options: Any) -> Batch:
    decoder = NmeaDecoder("x", **options)
    return join([*(decoder.feed(c) for c in chunks), decoder.finish()])


@given(streams, st.lists(st.integers(0, 10_000), max_size=12))
def test_any_cutting_of_the_stream_gives_the_same_rows(data, cuts):
    assert everything(in_pieces(pieces(data, cuts))) == everything(in_pieces([data]))


@given(streams)
def test_byte_by_byte_gives_the_same_rows(data):
    data = data[:200]
    assert everything(in_pieces([bytes([b]) for b in data])) == everything(in_pieces([data]))


@given(streams, st.integers(1, 4), st.integers(1, 6))
def test_small_limits_change_nothing_in_that_law(data, pending, gap):
    options = {"pending_max": pending, "part_gap_lines": gap, "keep_other": True, "stations_max": 1}
    assert everything(in_pieces(pieces(data, [7, 77, 177, 500]), **options)) == everything(in_pieces([data], **options))


@given(streams)
def test_every_message_and_reject_lies_where_it_says(data):
    batch = in_pieces([data])
    for table in (batch.fixes, batch.statics, batch.others):
        for row in rows(table):
            assert b"VD" in data[row["byte_offset"] :][:1100]
    for row in rows(batch.rejects):
        assert data[row["byte_offset"] :].startswith(row["raw"])


@given(streams)
def test_rejects_are_counted_as_they_are_listed(data):
    batch = in_pieces([data], keep_other=True)
    found: dict[str, int] = {}
    for row in rows(batch.rejects):
        found[row["reason"]] = found.get(row["reason"], 0) + 1
    assert found == {k: v for k, v in batch.counts.items() if k not in ("lines", "messages")}


@given(st.binary(max_size=3000))
def test_random_bytes_never_raise(data):
    in_pieces(pieces(data, [100, 1000, 2000]))


# ---- the kernels against the slow decoder ---------------------------------------------------------------------------

SPECIAL = {"lon": [181 * 600_000, 180 * 600_000, -180 * 600_000, 181 * 600, 72_000, 190 * 600_000],
           "lat": [91 * 600_000, 90 * 600_000, -91 * 600_000, 91 * 600, 15_000], "sog": [1023, 1022, 512, 630, 63],
           "cog": [3600, 3599, 511, 360, 359], "heading": [511, 360, 359], "second": [60, 61, 62, 63, 59], "status": [15],
           "rot": [-128, -127, 127, 0], "mmsi": [0, 970_000_001, 984_121_234, 994_121_234, 2_190_001, 999_999_999, 2**30 - 1],
           "altitude": [4095, 4094], "part": [0, 1], "month": [0, 12, 13], "day": [0], "hour": [24, 23], "minute": [60],
           "year": [0, 2019, 1990], "draught": [0], "imo": [0]}  # fmt: skip


@st.composite
def payloads(draw: Any) -> tuple[str, int]:
    form = draw(st.sampled_from(sorted(reference_ais.TABLES)))
    bits = number(int(form.rstrip("AB")), 6) + number(draw(st.integers(0, 3)), 2)
    for name, width in [("mmsi", 30), *reference_ais.TABLES[form]]:
        if name == "part":
            bits += number(0 if form == "24A" else 1, 2)
            continue
        top = (1 << abs(width)) - 1
        known = [v & top for v in SPECIAL.get(name, [0, top])]
        bits += number(draw(st.one_of(st.sampled_from(known), st.integers(0, top))), abs(width))
    if form == "21":
        bits += "".join(draw(st.lists(st.sampled_from("01"), max_size=100)))
    if draw(st.booleans()):
        bits = bits[: draw(st.integers(40, len(bits)))]
    return armour(bits)


def same(ours: Any, theirs: Any) -> bool:
    if isinstance(theirs, float) and ours is not None:
        return (
            bool(np.float32(ours) == np.float32(theirs))
            if abs(theirs) < 1e5 and float(np.float32(ours)) == ours
            else ours == theirs
        )
    return bool(ours == theirs)


def agree(table: Table, expected: dict[str, Any] | None) -> None:
    got = rows(table)
    assert len(got) == (expected is not None)
    for name, value in (expected or {}).items():
        assert same(got[0][name], value), (name, got[0][name], value)


@given(payloads(), st.booleans())
def test_fields_agree_with_the_slow_decoder(message, in_parts):
    text, fill = message
    lines = [sentence(text, fill)]
    if in_parts and len(text) > 8:
        lines = [sentence(text[:8], 0, total=2, part=1, seq="1"), sentence(text[8:], fill, total=2, part=2, seq="1")]
    batch = decode_bytes(bytes_of(*lines), "x")
    assert batch.counts["messages"] == 1
    agree(batch.fixes, reference_ais.fix(text, fill))
    agree(batch.statics, reference_ais.static(text, fill))
    assert len(batch.others) == 0


@given(
    payloads(),
    st.sampled_from(TALKERS),
    st.sampled_from(["", *CHANNELS]),
    st.sampled_from(["VDM", "VDO"]),
    st.sampled_from(["", tag(f"s:r1,c:{SECONDS}"), tag("si:AISD"), tag("g:1-2-3,s:r9"), "\\s:r1*00\\"]),
)
def test_the_fast_path_and_the_general_one_give_the_same_row(message, talker, channel, kind, before):
    line = before + sentence(*message, talker=talker, channel=channel, kind=kind)
    plain_row, wrapped, glued = (
        everything(decode_bytes(data.encode(), "x"))[0][:3] for data in (line + "\n", line + " ;\n", line + "!AI\n")
    )
    assert plain_row == wrapped == glued


def test_the_kernels_number_words_as_the_schemas_do():
    names = {n: getattr(layout, n.upper()) for n in REJECT_REASONS[: layout.N_REASONS]}
    assert list(names.values()) == list(range(layout.N_REASONS))
    assert [TIME_SOURCES[k] for k in (layout.BY_TAG, layout.BY_SUFFIX, layout.BY_PREFIX, layout.BY_PGHP, layout.BY_BASE,
                                      layout.BY_RECEIVE, layout.BY_NONE)] == [
        "tag", "suffix", "prefix", "pghp", "base", "receive", "none"]  # fmt: skip
    assert [emit.CHANNEL_CODES[ord(c)] for c in CHANNELS] == list(range(len(CHANNELS)))
    assert [emit.TALKER_CODES[256 * ord(t[0]) + ord(t[1])] for t in TALKERS] == list(range(len(TALKERS)))
    assert {name.lower(): getattr(payload, name) for name in (
        "OUT_OF_RANGE", "HALF_POSITION", "JUNK_SPEED", "NO_POSITION", "NO_TIME", "ROT_OVER", "BAD_MMSI", "TRUNCATED")} == {
        name: bit for name, bit in FLAGS.items() if name.upper() in vars(payload)}  # fmt: skip
    assert [AIS_CLASSES[getattr(payload, f"CLASS_{name.upper()}")] for name in AIS_CLASSES] == list(AIS_CLASSES)


PROGRAM = """
import json, sys
from sources.nmea_rows_of import everything
from sources.test_nmea_properties import LINES, in_pieces
data = "\\n".join(LINES + LINES[::-1]).encode("latin-1")
print(json.dumps(everything(in_pieces([data[:999], data[999:]])), default=sorted))
"""


@pytest.mark.slow
def test_compiled_and_plain_kernels_give_the_same_rows():
    answers = []
    for jit in ("0", "1"):
        done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True,
                              env=os.environ | {"KIZUNA_JIT": jit, "PYTHONPATH": os.pathsep.join(sys.path)})  # fmt: skip
        answers.append(json.loads(done.stdout))
    assert answers[0] == answers[1]

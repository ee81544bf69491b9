"""The encoder against pyais, within the quantisation of each field; and against a slow bit-by-bit twin."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.exercise import nmea_encode as nmea

pyais = pytest.importorskip("pyais")

LON = st.floats(-180, 180, allow_nan=False)
LAT = st.floats(-90, 90, allow_nan=False)
MMSI = st.integers(1, 999_999_999)


def ints(*values):
    return np.array(values, np.int64)


def floats(*values):
    return np.array(values, np.float64)


def heard(n, time_s=1_772_323_200):
    return nmea.Heard(
        np.tile(np.frombuffer(b"EXA-01", np.uint8), (n, 1)),
        np.full(n, time_s, np.int64),
        np.full(n, ord("A"), np.uint8),
        np.arange(n, dtype=np.int64) % 10,
        np.arange(n, dtype=np.int64) % 10_000,
    )


def decode(payloads):
    """Messages as pyais reads them from whole sentences with TAG blocks."""
    rows = nmea.sentences(payloads, heard(len(payloads.chars)))
    text = nmea.joined([rows], [np.arange(len(rows))])
    found = list(pyais.stream.IterMessages(text.splitlines(keepends=True)))
    assert all(m.is_valid for m in found)
    return [m.decode() for m in found]


def fix(mmsi, lon, lat, sog=12.3, cog=45.6, heading=44.0, rot=0.0, status=0, second=30, accurate=1):
    return nmea.Fixes(
        ints(mmsi),
        floats(lon),
        floats(lat),
        floats(sog),
        floats(cog),
        floats(heading),
        floats(rot),
        ints(status),
        ints(second),
        ints(accurate),
    )


def ship(mmsi, name="EXERCISE BLUE HERON", callsign="QX12345"):
    return nmea.Ship(
        ints(mmsi),
        ints(90_000_001),
        nmea.text_codes([callsign], 7),
        nmea.text_codes([name], 20),
        ints(70),
        ints(120),
        ints(30),
        ints(12),
        ints(14),
        floats(8.4),
        nmea.text_codes(["EXERCISE NAHA"], 20),
    )


@given(
    mmsi=MMSI,
    lon=LON,
    lat=LAT,
    sog=st.floats(0, 102.2),
    cog=st.floats(0, 359.94),
    heading=st.integers(0, 359),
    rot=st.floats(-700, 700),
    status=st.integers(0, 15),
    second=st.integers(0, 63),
    kind=st.sampled_from([1, 2, 3]),
)
@settings(max_examples=150, deadline=None)
def test_position_a_round_trip(mmsi, lon, lat, sog, cog, heading, rot, status, second, kind):
    (m,) = decode(nmea.position_a(fix(mmsi, lon, lat, sog, cog, heading, rot, status, second), kind, ints(0)))
    assert (m.msg_type, m.mmsi, m.heading, m.second) == (kind, mmsi, heading, second)
    assert int(m.status) == status
    assert m.lon == pytest.approx(lon, abs=0.5 / 600_000 + 1e-6)
    assert m.lat == pytest.approx(lat, abs=0.5 / 600_000 + 1e-6)
    assert m.speed == pytest.approx(sog, abs=0.051)
    assert abs((m.course - cog + 180) % 360 - 180) <= 0.051


@given(mmsi=MMSI, lon=LON, lat=LAT, sog=st.floats(0, 102.2), cs=st.integers(0, 1))
@settings(max_examples=80, deadline=None)
def test_position_b_round_trip(mmsi, lon, lat, sog, cs):
    (m,) = decode(nmea.position_b(fix(mmsi, lon, lat, sog, heading=np.nan), ints(cs), ints(393222)))
    assert (m.msg_type, m.mmsi, m.heading, int(m.cs)) == (18, mmsi, 511, cs)
    assert m.lon == pytest.approx(lon, abs=0.5 / 600_000 + 1e-6)
    assert m.lat == pytest.approx(lat, abs=0.5 / 600_000 + 1e-6)
    assert m.speed == pytest.approx(sog, abs=0.051)


@given(lon=LON, lat=LAT, sog=st.floats(0, 62), cog=st.floats(0, 359.4))
@settings(max_examples=80, deadline=None)
def test_long_range_round_trip(lon, lat, sog, cog):
    (m,) = decode(nmea.long_range(fix(491_000_123, lon, lat, sog, cog)))
    assert (m.msg_type, m.mmsi) == (27, 491_000_123)
    assert m.lon == pytest.approx(lon, abs=0.5 / 600 + 1e-6)
    assert m.lat == pytest.approx(lat, abs=0.5 / 600 + 1e-6)
    assert m.speed == pytest.approx(sog, abs=0.501)
    assert abs((m.course - cog + 180) % 360 - 180) <= 0.501


@given(name=st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-./ ", max_size=20), mmsi=MMSI)
@settings(max_examples=80, deadline=None)
def test_static_round_trip(name, mmsi):
    wanted = name.rstrip(" ")
    s = ship(mmsi, name)
    (m5,) = decode(nmea.static_a(s))
    assert (m5.msg_type, m5.mmsi, m5.imo, m5.callsign) == (5, mmsi, 90_000_001, "QX12345")
    assert m5.shipname.rstrip(" ").strip() == wanted.strip()
    assert (int(m5.ship_type), m5.to_bow, m5.to_stern, m5.to_port, m5.to_starboard) == (70, 120, 30, 12, 14)
    assert m5.draught == pytest.approx(8.4)
    assert m5.destination == "EXERCISE NAHA"
    (a,) = decode(nmea.static_b_name(s))
    assert (a.msg_type, a.partno, a.shipname.strip()) == (24, 0, wanted.strip())
    (b,) = decode(nmea.static_b_data(s))
    assert (b.msg_type, b.partno, int(b.ship_type), b.vendorid, b.callsign) == (24, 1, 70, "EXE", "QX12345")
    assert (b.to_bow, b.to_stern, b.to_port, b.to_starboard) == (120, 30, 12, 14)


def test_extended_class_b_base_station_and_aid_round_trip():
    (m,) = decode(nmea.position_b_extended(fix(492_000_001, 127.5, 26.1), ship(492_000_001)))
    assert (m.msg_type, m.shipname, int(m.ship_type), m.to_bow) == (19, "EXERCISE BLUE HERON", 70, 120)
    date = [ints(v) for v in (2026, 3, 1, 23, 59, 58)]
    (m,) = decode(nmea.base_station(ints(4_910_001), date, floats(121.75), floats(25.14)))
    assert (m.year, m.month, m.day, m.hour, m.minute, m.second) == (2026, 3, 1, 23, 59, 58)
    assert (m.lon, m.lat) == (pytest.approx(121.75), pytest.approx(25.14))
    (m,) = decode(
        nmea.aid_to_navigation(
            nmea.Aids(
                ints(994_911_001),
                ints(14),
                nmea.text_codes(["EXERCISE BUOY 1"], 20),
                floats(120.16),
                floats(22.55),
                ints(60),
                ints(1),
            )
        )
    )
    assert (m.msg_type, m.name, int(m.aid_type), bool(m.virtual_aid)) == (21, "EXERCISE BUOY 1", 14, True)


def test_not_available_is_sent_as_its_code():
    nan = np.nan
    (m,) = decode(nmea.position_a(fix(491_000_001, nan, nan, nan, nan, nan, nan), 1, ints(0)))
    assert (m.lon, m.lat, m.speed, m.course, m.heading) == (181.0, 91.0, 102.3, 360.0, 511)
    (m,) = decode(nmea.long_range(fix(491_000_001, nan, nan, nan, nan)))
    assert (m.lon, m.lat, m.speed, m.course) == (181.0, 91.0, 63, 511)


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(0, 2**40)), min_size=1, max_size=30))
def test_pack_equals_bit_strings(fields):
    bits = "".join(format(v & ((1 << w) - 1), f"0{w}b") for w, v in fields)
    fill = -len(bits) % 6
    six = [int((bits + "0" * fill)[i : i + 6], 2) for i in range(0, len(bits) + fill, 6)]
    found = nmea.pack([(w, np.array([v])) for w, v in fields], 1)
    assert found.fill_bits == fill
    assert found.chars[0].tolist() == [v + 48 if v < 40 else v + 56 for v in six]


def test_negative_numbers_are_twos_complement():
    assert nmea.pack([(6, -1), (6, -32)], 1).chars[0].tobytes() == b"wP"


def test_lines_obey_the_length_of_nmea_0183_and_their_checksums():
    for payload in (nmea.static_a(ship(491_000_001)), nmea.position_a(fix(491_000_001, 121, 23), 1, ints(5))):
        text = nmea.sentences(payload, heard(1))[0].tobytes()
        for line in text.splitlines():
            _, tag, sentence = line.split(b"\\")
            assert len(sentence) + 2 <= 82
            for body in (tag, sentence[1:]):
                head, _, want = body.rpartition(b"*")
                xor = 0
                for byte in head:
                    xor ^= byte
                assert b"%02X" % xor == want


def test_joined_keeps_the_asked_order_over_types():
    a, b = np.frombuffer(b"aabbcc", np.uint8).reshape(3, 2), np.frombuffer(b"XYZW", np.uint8).reshape(1, 4)
    assert nmea.joined([a, b], [ints(0, 2, 3), ints(1)]) == b"aaXYZWbbcc"


def test_comment_is_a_whole_sentence_that_no_ais_decoder_takes():
    line = nmea.comment("EXERCISE demo SIMULATED", "EXA-01", 1_772_323_200)
    assert list(pyais.stream.IterMessages([line])) == []
    assert line.endswith(b"\r\n")
    with pytest.raises(ValueError, match="reserved"):
        nmea.comment("a*b", "EXA-01", 0)

"""AIS sentences and Cursor on Target: read back with our own decoder and an XML parser."""

import math
import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from kizuna.formats import cot, nmea_out
from kizuna.sources.nmea import NmeaDecoder

NAN = math.nan
T = 1_760_000_000


def decoded(*lines):
    decoder = NmeaDecoder("test")
    from kizuna.sources.batch import join

    return join([decoder.feed("".join(lines).encode()), decoder.finish()])


def test_positions_and_names_are_read_back_by_our_decoder():
    lines = [
        nmea_out.position(431000001, T, 24.5, -179.99, 12.3, 359.9, 359.0, 5, class_b=False),
        nmea_out.position(412000002, T, -24.5, 123.25, NAN, NAN, NAN, -1, class_b=True),
        nmea_out.name(431000001, T, "Hokuto 7"),
    ]
    batch = decoded(nmea_out.remark("EXERCISE x"), *lines)
    fixes = batch.fixes
    assert fixes["mmsi"].tolist() == [431000001, 412000002] and fixes["time_ms"].tolist() == [T * 1000] * 2
    assert [fixes.codes_of("ais_class")[c] for c in fixes["ais_class"]] == ["A", "B"]
    assert abs(fixes["lat_deg"] - [24.5, -24.5]).max() < 2e-6 and abs(fixes["lon_deg"] - [-179.99, 123.25]).max() < 2e-6
    assert abs(fixes["sog_kn"][0] - 12.3) < 0.01 and math.isnan(fixes["sog_kn"][1]) and math.isnan(fixes["cog_deg"][1])
    assert fixes["nav_status"].tolist() == [5, -1] and batch.statics["shipname"].to_pylist() == ["HOKUTO 7"]


@given(
    st.integers(1, 999_999_999),
    st.floats(-90, 90),
    st.floats(-180, 179.9999),
    st.floats(0, 200),
    st.floats(0, 360),
    st.booleans(),
)
def test_any_position_is_one_good_sentence(mmsi, lat, lon, sog, cog, class_b):
    batch = decoded(nmea_out.position(mmsi, T, lat, lon, sog, cog, NAN, -1, class_b=class_b))
    assert len(batch.fixes) == 1 and len(batch.rejects) == 0
    got = batch.fixes
    assert abs(got["lat_deg"][0] - lat) < 1e-6 and abs(got["lon_deg"][0] - lon) < 1e-6
    assert math.isnan(got["sog_kn"][0]) if round(sog * 10) > 1022 else abs(got["sog_kn"][0] - sog) < 0.06


@given(st.text(max_size=40))
def test_any_name_is_one_good_sentence(name):
    batch = decoded(nmea_out.name(431000001, T, name), nmea_out.remark(name))
    assert len(batch.statics) == 1
    assert all(r in ("other_sentence",) for r in [batch.rejects.codes_of("reason")[c] for c in batch.rejects["reason"]])


@given(st.text(max_size=40))
def test_cot_is_well_formed_whatever_the_name(name):
    line = cot.event(name, 431000001, T * 1000, 24.5, 123.25, sent_ms=T * 1000 + 5, stale_ms=T * 1000 + 600_000, ce_m=30.0,
                     shipname=name, sog_kn=10.0, cog_deg=90.0, remarks=name, exercise=True)  # fmt: skip
    assert line.count("\n") >= 1
    event = ET.fromstring(line)
    assert event.get("type") == "a-u-S" and event.get("opex") == "e" and event.find("point").get("lat") == "24.500000"
    assert float(event.find("detail/track").get("speed")) == 5.14


def test_circle_holds_the_cell():
    assert cot.circle_m(0.0, 24.0) == cot.AIS_CE_M
    half = 0.05 / 2 * 111_000
    assert cot.circle_m(0.05, 0.0) >= math.hypot(half, half) and cot.circle_m(0.05, 80.0) >= half

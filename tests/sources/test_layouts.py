"""Commercial and research layouts of CSV, with rows written here."""

import csv
import io

import numpy as np
import plain
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.base.errors import InputError
from kizuna.fixes.table import FLAG_NO_POSITION
from kizuna.sources.batch import join
from kizuna.sources.delimited import DelimitedDecoder

EXACT_FIRST = (
    "MMSI,Message_ID,Repeat_indicator,Time,Millisecond,Region,Country,Base_station,Online_data,Group_code,Sequence_ID,Channel,"
    "Data_length,Vessel_Name,Call_sign,IMO,Ship_Type,Dimension_to_Bow,Dimension_to_stern,Dimension_to_port,Dimension_to_starboard,"
    "Draught,Destination,AIS_version,Navigational_status,ROT,SOG,Accuracy,Longitude,Latitude,COG,Heading,Regional,Maneuver,RAIM_flag,"
    "Communication_flag,Communication_state,UTC_year,UTC_month,UTC_day,UTC_hour,UTC_minute,UTC_second,Fixing_device,"
    "Transmission_control,ETA_month,ETA_day,ETA_hour,ETA_minute"
).split(",")
EXACT = EXACT_FIRST + [f"Field_{i}" for i in range(139 - len(EXACT_FIRST))]
"""139 columns as the vendor writes; the names of the later ones do not matter."""
SPIRE = ("created_at,timestamp,mmsi,msg_type,latitude,longitude,speed,course,heading,rot,imo,name,call_sign,ship_type,draught,"
         "length,width,eta,destination,status,maneuver,accuracy,collection_type").split(",")  # fmt: skip
GFW = "mmsi,longitude,latitude,timestamp,score,navstat,hdg,rot,cog,sog".split(",")

POSITION = {"MMSI": "431000001", "Message_ID": "1", "Repeat_indicator": "0", "Time": "20210701_185151", "Millisecond": "250",
            "Navigational_status": "0", "ROT": "3", "SOG": "10.1", "Accuracy": "1", "Longitude": "139.5", "Latitude": "35.5",
            "COG": "110.1", "Heading": "112", "RAIM_flag": "0"}  # fmt: skip
STATIC = {"MMSI": "431000001", "Message_ID": "5", "Repeat_indicator": "0", "Time": "20210701_185152", "Millisecond": "0",
          "Vessel_Name": "KIZUNA MARU", "Call_sign": "JABC", "IMO": "9111111", "Ship_Type": "70", "Dimension_to_Bow": "100",
          "Dimension_to_stern": "20", "Dimension_to_port": "10", "Dimension_to_starboard": "12", "Draught": "7.5",
          "Destination": "NAHA", "Fixing_device": "1", "ETA_month": "5", "ETA_day": "14", "ETA_hour": "20", "ETA_minute": "10"}  # fmt: skip


def table(header, rows, missing="None", quoting=csv.QUOTE_ALL):
    out = io.StringIO()
    writer = csv.DictWriter(out, header, restval=missing, quoting=quoting, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def decode(data, places=()):
    decoder = DelimitedDecoder("x.csv")
    out = join([*(decoder.feed(part) for part in plain.cut(data, places)), decoder.finish()])
    return decoder, out


def test_exactearth_position_and_static_rows():
    decoder, out = decode(table(EXACT, [POSITION, STATIC]))
    assert decoder.dialect.name == "exactearth"
    (fix,) = plain.rows(out.fixes)
    wanted = {"mmsi": 431000001, "lat": 35.5, "lon": 139.5, "cog_deg": pytest.approx(110.1), "heading_deg": 112.0, "nav_status": 0,
              "accuracy": True, "raim": False, "repeat": 0, "msg_type": 1, "rot_dpm": None, "time_source": "csv"}  # fmt: skip
    assert {name: fix[name] for name in wanted} == wanted
    assert fix["timestamp"].isoformat(timespec="milliseconds") == "2021-07-01T18:51:51.250+00:00"
    (static,) = plain.rows(out.statics)
    wanted = {"shipname": "KIZUNA MARU", "callsign": "JABC", "imo": 9111111, "ship_type": 70, "to_bow_m": 100, "to_stern_m": 20,
              "to_port_m": 10, "to_starboard_m": 12, "draught_m": 7.5, "destination": "NAHA", "eta": "05-14T20:10", "epfd": 1}  # fmt: skip
    assert {name: static[name] for name in wanted} == wanted
    assert out.counts["unmapped_columns"] == len(decoder.dialect.unmapped)
    assert {"ROT", "Region", "UTC_year", "Field_0"} <= set(decoder.dialect.unmapped)
    assert not len(out.rejects)


def test_exactearth_codes_for_not_available_and_other_message_types():
    none = {
        "SOG": "102.3",
        "COG": "360",
        "Heading": "511",
        "Navigational_status": "15",
        "Latitude": "91",
        "Longitude": "181",
    }
    binary = {"MMSI": "431000001", "Message_ID": "8", "Time": "20210701_185153", "Millisecond": "7"}
    eta = {"ETA_month": "0", "ETA_day": "0", "ETA_hour": "24", "ETA_minute": "60"}
    _, out = decode(table(EXACT, [POSITION | none, binary, STATIC | eta]))
    (fix,) = plain.rows(out.fixes)
    assert [fix[n] for n in ("lat", "lon", "sog_kn", "cog_deg", "heading_deg", "nav_status")] == [None] * 6
    assert fix["flags"] == FLAG_NO_POSITION
    (other,) = plain.rows(out.others)
    assert (other["msg_type"], other["mmsi"], other["payload"], other["timestamp"].microsecond) == (
        8,
        431000001,
        None,
        7000,
    )
    assert plain.rows(out.statics)[0]["eta"] is None
    assert out.counts["messages"] == 3


@pytest.mark.parametrize(
    ("cell", "reason"), [("1000", None), ("-1", None), ("12.5", None), ("x", "bad_number"), ("None", None)]
)
def test_a_millisecond_that_is_none_leaves_the_second(cell, reason):
    _, out = decode(table(EXACT, [POSITION | {"Millisecond": cell}]))
    assert out.fixes["time_ms"][0] // 1000 == 1_625_165_511
    assert ("bad_number" in out.counts) == (reason is not None)


def test_spire_rows_keep_no_codes():
    position = {"created_at": "2026-03-01T06:09:00Z", "timestamp": "2026-03-01T06:07:08.5Z", "mmsi": "431000001", "msg_type": "1",
                "latitude": "35.5", "longitude": "139.5", "speed": "102.3", "course": "360", "heading": "511", "rot": "-128",
                "status": "15", "accuracy": "1", "collection_type": "satellite"}  # fmt: skip
    static = {"timestamp": "2026-03-01 06:08:00 UTC", "mmsi": "431000001", "msg_type": "5", "name": "KIZUNA MARU", "call_sign": "JABC",
              "imo": "9111111", "ship_type": "70", "draught": "7.5", "length": "120", "width": "22", "destination": "NAHA"}  # fmt: skip
    decoder, out = decode(table(SPIRE, [position, static], missing="", quoting=csv.QUOTE_MINIMAL))
    assert decoder.dialect.name == "spire"
    assert decoder.dialect.unmapped == ("created_at", "rot", "maneuver")
    (fix,) = plain.rows(out.fixes)
    assert [fix[n] for n in ("sog_kn", "cog_deg", "heading_deg", "nav_status", "rot_dpm")] == [None] * 5
    assert (fix["receiver_type"], fix["accuracy"], fix["timestamp"].microsecond) == ("satellite", True, 500_000)
    (row,) = plain.rows(out.statics)
    assert (row["shipname"], row["to_stern_m"], row["to_starboard_m"]) == ("KIZUNA MARU", 120, 22)


def test_research_tables_of_global_fishing_watch():
    row = {"mmsi": "416000001", "longitude": "121.25", "latitude": "22.5", "timestamp": "1388534400", "score": "0.9", "navstat": "7",
           "hdg": "511", "rot": "0", "cog": "90.5", "sog": "3.5"}  # fmt: skip
    decoder, out = decode(table(GFW, [row], quoting=csv.QUOTE_MINIMAL))
    assert (decoder.dialect.name, decoder.dialect.unmapped) == ("gfw-research", ("score", "rot"))
    (fix,) = plain.rows(out.fixes)
    assert (fix["lat"], fix["lon"], fix["sog_kn"], fix["cog_deg"], fix["heading_deg"], fix["nav_status"]) == (
        22.5,
        121.25,
        3.5,
        90.5,
        None,
        7,
    )
    assert fix["timestamp"].isoformat() == "2014-01-01T00:00:00+00:00"


@pytest.mark.parametrize("header", [EXACT, SPIRE, GFW])
def test_headers_are_known_in_any_case(header):
    upper, _ = decode(table([name.upper() for name in header], [], quoting=csv.QUOTE_MINIMAL))
    lower, _ = decode(table([name.lower() for name in header], [], quoting=csv.QUOTE_MINIMAL))
    assert upper.dialect.name == lower.dialect.name != "headers"
    assert dict(upper.dialect.columns) == dict(lower.dialect.columns)


GOOD = (table(EXACT, [POSITION, STATIC, POSITION]), table(SPIRE, [{"mmsi": "1", "timestamp": "2026-03-01T06:07:08Z"}] * 3, missing=""),
        table(GFW, [{"mmsi": "416000001", "longitude": "121.25", "latitude": "22.5", "timestamp": "1388534400"}] * 3, missing=""))  # fmt: skip


@given(st.sampled_from(GOOD), st.data())
def test_mutated_rows_are_kept_or_told_and_cutting_changes_nothing(data, draw):
    head = data.index(b"\n") + 1
    text = bytearray(data)
    for _ in range(draw.draw(st.integers(0, 6))):
        at = draw.draw(st.integers(head, len(text) - 1))
        text[at : at + draw.draw(st.integers(0, 4))] = draw.draw(
            st.sampled_from([b"", b"x", b'"', b",", b"\n", b"-", b"9" * 30, b"1e400", b"nan", b"\xff", b"\x00"])
        )
        if len(text) <= head:
            break
    data = bytes(text)
    try:
        _, whole = decode(data)
    except InputError:  # a first time that cannot be read is refused as a whole
        return
    _, parts = decode(data, draw.draw(st.lists(st.integers(0, len(data)), max_size=5)))
    assert plain.batch_rows(whole) == plain.batch_rows(parts)
    counts = whole.counts
    lost = counts.get("bad_mmsi", 0) + counts.get("bad_row", 0) + counts.get("line_too_long", 0)
    assert counts.get("lines", 0) == counts.get("messages", 0) + lost
    assert np.isfinite(whole.fixes["lat_deg"][~np.isnan(whole.fixes["lat_deg"])]).all()

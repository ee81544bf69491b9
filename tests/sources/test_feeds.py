import json

import numpy as np
import plain
import pytest

from hypothesis import given
from hypothesis import strategies as st
from sources.feed_make import catcher, gpsd, lines, stream

from kizuna.fixes.statics import REJECT_REASONS
from kizuna.fixes.table import (
    AIS_CLASSES,
    FLAG_BAD_MMSI,
    FLAG_HALF_POSITION,
    FLAG_JUNK_SPEED,
    FLAG_NO_POSITION,
    FLAG_NO_TIME,
    FLAG_OUT_OF_RANGE,
    FLAG_ROT_OVER,
)
from kizuna.sources.batch import join
from kizuna.sources.feeds.columns import refined, station_class
from kizuna.sources.feeds.decoder import FeedDecoder
from kizuna.sources.kernels import payload

LOST = ("bad_row", "line_too_long", "bad_mmsi", "bad_type", "invalid_message")


def decode(data, places=(), received_ms=None):
    decoder = FeedDecoder("x.json")
    batches = [decoder.feed(part, received_ms) for part in plain.cut(data, places)]
    return join([*batches, decoder.finish()])


def one(table):
    (row,) = plain.rows(table)
    return row


def adds_up(batch):
    """Every object is a message or one reject; every reject is counted under its reason."""
    counts = dict(batch.counts)
    assert counts["lines"] == counts["messages"] + counts.get("other_sentence", 0) + sum(counts.get(r, 0) for r in LOST)
    reasons = [REJECT_REASONS[code] for code in batch.rejects["reason"]]
    assert {r: reasons.count(r) for r in set(reasons)} == {
        r: n for r, n in counts.items() if r in REJECT_REASONS and r != "other_sentence"
    }
    ids = {*batch.fixes["msg_id"].tolist(), *batch.statics["msg_id"].tolist(), *batch.others["msg_id"].tolist()}
    assert len(ids) == counts["messages"]


# ---- what the messages say ----------------------------------------------------------------------------------------

MOTION = {"mmsi": 431000001, "lat": 35.5, "lon": 139.5, "sog_kn": 10.1, "cog_deg": 110.1, "heading_deg": 112.0, "nav_status": 0,
          "second": 58, "accuracy": True, "raim": True, "repeat": 0, "ais_class": "A", "label": "nobody", "context": "real"}  # fmt: skip


def same(row, wanted):
    for name, value in wanted.items():
        assert row[name] == (pytest.approx(value, rel=1e-6) if isinstance(value, float) else value), name


@pytest.mark.parametrize(
    ("message", "rot"),
    [
        (gpsd(1), 12.0),
        (gpsd(3, scaled=False), (16 / 4.733) ** 2),
        (catcher(2), (16 / 4.733) ** 2),
        (stream(), (16 / 4.733) ** 2),
    ],
)
def test_the_same_report_reads_the_same_from_every_feed(message, rot):
    row = one(decode(lines(message)).fixes)
    same(row, MOTION)
    assert row["rot_dpm"] == pytest.approx(rot, rel=1e-6)
    assert row["byte_offset"] == 0


def test_times_come_from_the_feed_in_its_own_form():
    out = decode(lines(catcher(), catcher(rxuxtime=None, rxtime="20231114221320"), stream(), gpsd()))
    assert out.fixes["time_ms"].tolist()[:3] == [1_700_000_000_250, 1_700_000_000_000, 1_791_428_645_123]
    assert [r["time_source"] for r in plain.rows(out.fixes)] == ["table", "table", "table", "none"]
    assert (out.fixes["flags"] & FLAG_NO_TIME).tolist() == [0, 0, 0, FLAG_NO_TIME]
    assert [r["channel"] for r in plain.rows(out.fixes)] == ["B", "B", None, None]


@pytest.mark.parametrize("time", ["yesterday", 12, {}, [], True, "2026-13-01 00:00:00 +0000 UTC", "x" * 5000, 1e300])
def test_a_time_that_is_none_is_told_and_the_message_kept(time):
    out = decode(lines(stream(time=time)))
    assert out.counts["bad_time"] == 1
    assert one(out.fixes)["timestamp"] is None


def test_a_recording_of_gpsd_takes_the_time_of_the_last_fix_report():
    tpv = {"class": "TPV", "time": "2026-03-01T06:07:55.000Z", "mode": 3}
    out = decode(
        lines({"class": "VERSION"}, gpsd(second=57), tpv, gpsd(second=57), gpsd(second=3), gpsd(second=60), gpsd(5))
    )
    found = [None if r["timestamp"] is None else r["timestamp"].isoformat()[14:19] for r in plain.rows(out.fixes)]
    assert found == [None, "07:57", "08:03", "07:55"]
    assert [r["time_source"] for r in plain.rows(out.fixes)] == ["none", "receive", "receive", "receive"]
    assert one(out.statics)["timestamp"].second == 55
    assert out.counts["other_sentence"] == 2


def test_a_live_feed_without_times_takes_the_time_of_receipt():
    out = decode(lines(gpsd(second=30), gpsd(4), stream()), received_ms=1_600_000_000_000)  # second 40 of its minute
    assert out.fixes["time_ms"].tolist()[0] == 1_599_999_990_000
    assert [r["time_source"] for r in plain.rows(out.fixes)] == ["receive", "receive", "table"]
    assert set(out.fixes["received_ms"].tolist()) == {1_600_000_000_000}


@pytest.mark.parametrize(
    "message", [gpsd(4), gpsd(11, **gpsd(4) | {"type": 11}), stream("BaseStationReport", time=None)]
)
def test_a_base_station_tells_its_own_time_where_nothing_else_does(message):
    row = one(decode(lines(message)).fixes)
    assert (row["timestamp"].isoformat(), row["time_source"], row["second"]) == ("2026-03-01T06:07:08+00:00", "base", 8)


SHIP = {"imo": 9111111, "callsign": "JABC", "shipname": "KIZUNA MARU", "ship_type": 70, "to_bow_m": 100, "to_stern_m": 20, "to_port_m": 10,
        "to_starboard_m": 12, "epfd": 1, "eta": "05-14T20:10", "draught_m": 7.5, "destination": "NAHA", "dte": True, "ais_version": 1,
        "msg_type": 5}  # fmt: skip


@pytest.mark.parametrize("message", [gpsd(5), gpsd(5, scaled=False), stream("ShipStaticData")])
def test_static_data(message):
    out = decode(lines(message))
    same(one(out.statics), SHIP)
    assert not len(out.fixes)


def test_types_with_a_position_and_static_data_give_both_rows_of_one_message():
    for message, name in ((gpsd(19), "CAPT.J"), (stream("ExtendedClassBPositionReport"), "CAPT.J"), (gpsd(21), "STDN 3"),
                          (stream("AidsToNavigationReport"), "STDN 3")):  # fmt: skip
        out = decode(lines(message))
        fix, static = one(out.fixes), one(out.statics)
        assert fix["msg_id"] == static["msg_id"]
        assert static["shipname"] == name
        assert fix["ais_class"] == ("aton" if fix["msg_type"] == 21 else "B")
    same(static, {"aid_type": 6, "off_position": True, "virtual": False, "epfd": 7})


def test_other_types_keep_their_header():
    for message in (gpsd(6), stream("AddressedBinaryMessage")):
        same(
            one(decode(lines(message)).others),
            {"msg_type": 6, "mmsi": 431000001, "dest_mmsi": 5030, "dac": 1, "fid": 12, "payload": None},
        )


def test_aircraft_and_long_range_reports():
    for message in (gpsd(9), stream("StandardSearchAndRescueAircraftReport")):
        same(one(decode(lines(message)).fixes), {"altitude_m": 303.0, "sog_kn": 42.0, "ais_class": "sar_aircraft"})
    raw = gpsd(27, scaled=False, lon=82200, lat=2880)
    for message in (gpsd(27), raw, stream("LongRangeAisBroadcastMessage")):
        same(
            one(decode(lines(message)).fixes),
            {"lat": 4.8, "lon": 137.0, "sog_kn": 57.0, "cog_deg": 167.0, "nav_status": 2},
        )


def test_parts_that_say_they_are_not_valid_are_not_read():
    out = decode(lines(stream("StaticDataReport")))
    same(
        one(out.statics),
        {"shipname": None, "callsign": "WXY", "ship_type": 60, "vendor": "1D0", "part": 1, "to_bow_m": 100},
    )
    a = stream(
        "StaticDataReport",
        PartNumber=False,
        ReportA={"Valid": True, "Name": "PROGUY"},
        ReportB={"Valid": False, "CallSign": "STALE"},
    )
    same(one(decode(lines(a)).statics), {"shipname": "PROGUY", "callsign": None, "part": 0})
    none = stream("StaticDataReport", ReportB={"Valid": False})
    assert decode(lines(none, stream(Valid=False))).counts == {"lines": 2, "messages": 0, "invalid_message": 2}


def test_mmsi_as_text_or_from_the_envelope():
    no_user = stream()
    del no_user["Message"]["PositionReport"]["UserID"]
    text = json.loads(json.dumps(no_user))
    del text["MetaData"]["MMSI"]
    text["MetaData"]["MMSI_String"] = "431000001"
    assert decode(lines(no_user, text, gpsd(mmsi="431000001"))).fixes["mmsi"].tolist() == [431000001] * 3


# ---- not available, impossible, not understood --------------------------------------------------------------------


@pytest.mark.parametrize(
    "message",
    [
        gpsd(lon=181, lat=91, speed=102.3, course=360.0, heading=511, status=15, turn="nan", second=60),
        gpsd(lon=181.0, lat=91.0, speed="nan", course="nan", heading="n/a", status="n/a", turn="n/a", second=63),
        gpsd(scaled=False, **{"lon": 108600000, "lat": 54600000, "speed": 1023, "course": 3600, "heading": 511, "status": 15,
                              "turn": -128, "second": 60, "accuracy": True, "raim": True}),
        stream(Longitude=181, Latitude=91, Sog=102.30000305175781, Cog=360, TrueHeading=511, NavigationalStatus=15, RateOfTurn=-128, Timestamp=60),
        gpsd(27, lon=181, lat=91, speed=63, course=511, status=15),
        stream("LongRangeAisBroadcastMessage", Longitude=181, Latitude=91, Sog=63, Cog=511, NavigationalStatus=15),
    ],
)  # fmt: skip
def test_codes_for_not_available_are_missing_and_not_counted(message):
    out = decode(lines(message))
    row = one(out.fixes)
    assert [row[n] for n in ("lat", "lon", "sog_kn", "cog_deg", "heading_deg", "nav_status", "rot_dpm", "second")] == [
        None
    ] * 8
    assert row["flags"] & ~FLAG_NO_TIME == FLAG_NO_POSITION
    assert out.counts == {"lines": 1, "messages": 1}


@pytest.mark.parametrize(("turn", "scaled"), [("fastleft", True), ("fastright", True), (-127, False), (127, False)])
def test_a_turn_beyond_the_scale_is_a_direction_and_no_rate(turn, scaled):
    row = one(decode(lines(gpsd(scaled=scaled, turn=turn))).fixes)
    assert row["rot_dpm"] is None
    assert row["flags"] & FLAG_ROT_OVER


def test_impossible_values_are_missing_and_counted():
    out = decode(lines(gpsd(lat=95, speed=-1, course=400, heading=-3, turn=1000), gpsd(lat=91)))
    first, second = plain.rows(out.fixes)
    assert [first[n] for n in ("lat", "lon", "sog_kn", "cog_deg", "heading_deg", "rot_dpm")] == [None] * 6
    assert first["flags"] & FLAG_OUT_OF_RANGE
    assert second["flags"] & FLAG_HALF_POSITION
    assert out.counts["out_of_range"] == 5


def test_junk_speeds_and_odd_mmsis_are_flagged():
    out = decode(
        lines(
            gpsd(speed=51.2),
            gpsd(mmsi=0),
            gpsd(mmsi=1_000_000_000),
            gpsd(mmsi=2**30),
            gpsd(mmsi=-1),
            gpsd(mmsi=1.5),
            gpsd(mmsi=None),
        )
    )
    assert (out.fixes["flags"] & (FLAG_JUNK_SPEED | FLAG_BAD_MMSI)).tolist() == [
        FLAG_JUNK_SPEED,
        FLAG_BAD_MMSI,
        FLAG_BAD_MMSI,
    ]
    assert out.counts["bad_mmsi"] == 4
    adds_up(out)


def test_older_gpsd_writes_words_and_fast_speeds():
    out = decode(
        lines(gpsd(status="Moored", speed="fast"), gpsd(status="Dancing"), gpsd(5, shiptype="Tanker", epfd="GPS"))
    )
    assert [r["nav_status"] for r in plain.rows(out.fixes)] == [5, None]
    assert out.fixes["sog_kn"][0] == np.float32(102.2)
    same(one(out.statics), {"ship_type": 80, "epfd": 1})
    assert out.counts["unknown_word"] == 1


@pytest.mark.parametrize("value", [{}, [], "1a", 10**400, "1e999", [[1]] * 3, "9" * 5000])
def test_a_value_of_a_wrong_kind_is_missing_and_its_message_told(value):
    for out in (decode(lines(gpsd(speed=value))), decode(lines(stream(Sog=value)))):
        if out.counts.get("bad_row"):  # the JSON parser itself refuses the number
            continue
        assert one(out.fixes)["sog_kn"] is None
        assert (out.counts["bad_number"], out.counts["messages"]) == (1, 1)
        adds_up(out)


def test_texts_are_clean():
    out = decode(lines(gpsd(5, shipname="EVIL\u0000\u202e\n<b>", callsign=7, destination=["x"], eta="soon")))
    same(one(out.statics), {"shipname": "EVIL<b>", "callsign": "7", "destination": None, "eta": None})
    assert out.counts["bad_number"] == 1


# ---- what is none of it -------------------------------------------------------------------------------------------

INVALID_27 = '{"class":"AIS","device":"stdin","type":27,"repeat":0,"mmsi":206914217,"scaled":true,"status":2,"accuracy":false,"lon":137.0,"lat":4.8,"speed":57,"course":167,"raim":false,"gnss":true"}'
INVALID_27B = '{"class":"AIS","device":"stdin","type":27,"repeat":0,"mmsi":206914217,"scaled":true,"status":"Not under command,"accuracy":false}'


def test_type_27_as_some_gpsd_versions_write_it_is_a_reject_and_the_next_line_is_read():
    for bad in (INVALID_27, INVALID_27B):
        out = decode(lines(gpsd(), bad, gpsd()))
        assert out.counts == {"lines": 3, "messages": 2, "bad_row": 1}
        row = one(out.rejects)
        assert (row["line_no"], row["reason"], row["raw"]) == (2, "bad_row", bad.encode())


def test_classes_that_are_no_ais_are_counted_and_not_shown():
    out = decode(
        lines({"class": "VERSION"}, {"class": "DEVICES", "devices": []}, {"class": "WATCH"}, {"class": "TPV"}, gpsd())
    )
    assert out.counts == {"lines": 5, "messages": 1, "other_sentence": 4}
    assert not len(out.rejects)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("not json", "bad_row"),
        ("[1, 2]", "bad_row"),
        ('{"mmsi": 1}', "bad_row"),
        ('{"class": "AIS", "type": 1, "mmsi": 1}', "bad_row"),
        ('{"class": "AIS", "type": 29, "mmsi": 1}', "bad_type"),
        ('{"class": "AIS", "type": "1", "mmsi": 1}', "bad_type"),
        ('{"MessageType": "UnknownMessage", "Message": {}}', "bad_type"),
        ('{"MessageType": ["x"], "Message": {}}', "bad_type"),
        ('{"MessageType": "PositionReport", "Message": {"PositionReport": 7}}', "bad_row"),
        ('{"MessageType": "PositionReport", "Message": []}', "bad_row"),
        ('{"error": "Api Key Is Not Valid"}', "bad_row"),
        ('{"a": ' * 5000 + "1" + "}" * 5000, "bad_row"),
        ('{"a": "' + "x" * 70_000 + '"}', "line_too_long"),
        ('{"a": NaN}', "bad_row"),
    ],
)
def test_everything_else_is_a_reject_with_its_reason(text, reason):
    out = decode(lines(text, gpsd()))
    assert (out.counts["lines"], out.counts["messages"], out.counts[reason]) == (2, 1, 1)
    assert one(out.rejects)["byte_offset"] == 0
    adds_up(out)


def test_what_the_server_says_is_kept_without_tricks():
    decoder = FeedDecoder("x")
    decoder.feed(b'{"error": "Api Key\\u001b[31m Is Not Valid"}\n' * 9)
    assert decoder.notes == ["Api Key?[31m Is Not Valid"] * 3


# ---- framing ------------------------------------------------------------------------------------------------------


def test_objects_one_behind_the_other_and_over_several_lines():
    one_line = b"".join(json.dumps(gpsd(second=i)).encode() for i in range(5))
    separated = b",\x1e ".join(json.dumps(gpsd(second=i)).encode() for i in range(5))
    pretty = b"\xef\xbb\xbf" + b"\r\n".join(json.dumps(stream(Timestamp=i), indent=2).encode() for i in range(5))
    for data in (one_line, separated, pretty):
        out = decode(data)
        assert out.fixes["second"].tolist() == [0, 1, 2, 3, 4]
        assert out.counts == {"lines": 5, "messages": 5}
    assert decode(one_line).fixes["byte_offset"][1] == one_line.index(b"{", 1)


def test_a_cut_line_does_not_swallow_the_next():
    text = json.dumps(stream())
    for n in range(1, len(text)):
        out = decode(lines(text[:n], gpsd()))
        assert (out.counts["lines"], out.counts["messages"], out.counts["bad_row"]) == (2, 1, 1), text[:n]
        assert [r["line_no"] for r in plain.rows(out.rejects)] == [1]


POOL = [
    json.dumps(m).encode()
    for m in (*(gpsd(k) for k in (1, 4, 5, 6, 9, 18, 19, 21, 24, 27)), gpsd(scaled=False), catcher(), catcher(5), stream(),
              *(stream(n) for n in ("ShipStaticData", "StaticDataReport", "AidsToNavigationReport", "BaseStationReport")),
              {"class": "TPV", "time": "2026-03-01T06:07:55.000Z"}, {"class": "WATCH"})
]  # fmt: skip


@st.composite
def mutated(draw):
    """A stream of good objects with bytes changed, cut, doubled and strung together."""
    parts = []
    for _ in range(draw(st.integers(1, 6))):
        text = bytearray(draw(st.sampled_from(POOL)))
        for _ in range(draw(st.integers(0, 3))):
            at = draw(st.integers(0, len(text) - 1))
            kind = draw(st.integers(0, 3))
            if kind == 0:
                text[at] = draw(st.integers(0, 255))
            elif kind == 1:
                del text[at : at + draw(st.integers(1, 30))]
                text = text or bytearray(b"{")
            elif kind == 2:
                text[at:at] = draw(
                    st.sampled_from([b'"', b"{", b"}", b"\n", b"\\", b"\\\n", b"1e9999", b"null", b"\x00", b"9" * 40])
                )
            else:
                text = bytearray(json.dumps(draw(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
                                 lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
                                 max_leaves=6))).encode())  # fmt: skip
        parts.append(bytes(text) + draw(st.sampled_from([b"\n", b"\r\n", b"", b" ", b",\n"])))
    return b"".join(parts)


@given(mutated(), st.lists(st.integers(0, 3000), max_size=6))
def test_mutated_streams_raise_nothing_and_cutting_changes_nothing(data, places):
    whole = decode(data)
    if whole.counts:
        adds_up(whole)
    parts = decode(data, places)
    assert plain.batch_rows(whole) == plain.batch_rows(parts)
    assert whole.counts == parts.counts
    assert plain.batch_rows(decode(data, range(len(data)))) == plain.batch_rows(whole)


LONG = b'{"class":"TPV","x":"' + b"y" * 70_000


@given(
    st.lists(st.sampled_from([*POOL[:3], LONG, LONG + b'"}', b"x" * 66_000, b"\n", b"{", b"\n{"]), max_size=8),
    st.lists(st.integers(0, 300_000), max_size=5),
)
def test_over_long_objects_are_cut_out_alike_however_the_bytes_arrive(parts, places):
    data = b"".join(parts)
    whole = decode(data)
    if whole.counts:
        adds_up(whole)
    assert plain.batch_rows(whole) == plain.batch_rows(decode(data, places))


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=4))
def test_any_bytes(data, places):
    assert plain.batch_rows(decode(data)) == plain.batch_rows(decode(data, places))


VALUES = st.one_of(st.none(), st.booleans(), st.integers(-5, 2**70), st.floats(), st.text(max_size=8), st.just([1]), st.just({"Valid": 3}),
                   st.sampled_from(["nan", "n/a", "fastleft", 181, 91, 511]))  # fmt: skip


@given(st.sampled_from([json.loads(p) for p in POOL]), st.data())
def test_any_values_of_any_keys(message, data):
    message = json.loads(json.dumps(message))
    inner = message
    if "Message" in message:
        inner = message["Message"][message["MessageType"]]
    for key in data.draw(st.lists(st.sampled_from(sorted(inner)), max_size=5)):
        inner[key] = data.draw(VALUES)
    out = decode(lines(message))
    adds_up(out)
    for table in (out.fixes, out.statics, out.others):
        plain.rows(table)


# ---- twins --------------------------------------------------------------------------------------------------------


def test_the_kind_of_station_is_that_of_the_nmea_decoder():
    mmsi = np.array([0, 1, 4310001, 43100001, 431000001, 111431000, 970000001, 972000001, 974000001, 994310001, 984310001, 812345678,
                     999_999_999, 1_000_000_000, (1 << 30) - 1])  # fmt: skip
    for kind in (1, 2, 3, 4, 5, 9, 11, 18, 19, 21, 24, 27):
        wanted = [AIS_CLASSES[payload.station_class(kind, int(m))] for m in mmsi]
        assert [AIS_CLASSES[c] for c in station_class(np.full(len(mmsi), kind), mmsi)] == wanted


@given(st.integers(1_500_000_000_000, 1_800_000_000_000), st.integers(-1, 59))
def test_times_are_refined_as_the_nmea_decoder_does(base_ms, second):
    wanted = base_ms if second < 0 else payload.refined_ms(base_ms, second)
    assert refined(np.array([base_ms]), np.array([second])).tolist() == [wanted]

"""Files of every format through the whole of reading: told by their first bytes, decoded, their times explained."""

import gzip
import json

import plain
import pytest
from sources.feed_make import catcher, gpsd, lines, stream

from kizuna.engines.decode import load
from kizuna.engines.describe import describe

SENTENCES = ("!AIVDM,1,1,,B,13u=gHP3CWPlvs2Q8sHW:5fD0h6a,0*1B", "!AIVDM,1,1,,A,13bvpB001f0lPAFQ7HKptoBF00Sa,0*66")
VDR = {
    "received_at,protocol,msg_type,source,raw_data": '2025-02-01T10:00:0{i}.123Z,NMEA0183,AIVDM,/dev/ttyUSB0,"{s}"',
    "timestamp,type,id,message": '2025-02-01T10:00:0{i}.123Z,NMEA0183,AIVDM,"{s}"',
}


def loaded(path, data):
    path.write_bytes(data)
    found = load([str(path)])
    return found.run.inputs[0].kind, found


@pytest.mark.parametrize("header", VDR)
def test_recordings_of_the_voyage_data_recorder_have_the_times_of_their_lines(tmp_path, header):
    rows = [VDR[header].format(i=i, s=s) for i, s in enumerate(SENTENCES)]
    rows.insert(1, '2025-02-01T10:00:01.000Z,NMEA0183,GPGLL,"$GPGLL,5013.4693,N,00346.6503,W,035258,A,A*52"')
    rows.append("2025-02-01T10:00:03.000Z,NMEA2000,129025,,not a sentence")
    kind, found = loaded(tmp_path / "vdr.csv", "\n".join([header, *rows, ""]).encode())
    assert kind == "nmea opencpn-vdr"
    fixes = plain.rows(found.batch.fixes)
    assert [f["timestamp"].isoformat(timespec="milliseconds") for f in fixes] == [
        f"2025-02-01T10:00:0{i}.123+00:00" for i in (0, 1)
    ]
    assert {f["time_source"] for f in fixes} == {"prefix"}
    assert found.run.inputs[0].rejects == {
        "no_sentence": 2,
        "other_sentence": 1,
    }  # the header and the other network's row


@pytest.mark.parametrize(("name", "messages"), [("opencpn_hakefjord.nmea", 15824), ("opencpn_guernsey_20110726.nmea", 17763),
                                                ("opencpn_stupan_prefixed.log", 1268)])  # fmt: skip
def test_real_recordings_of_opencpn(shared, name, messages):
    found = load([str(shared / "nmea" / f"{name}.gz")])
    batch = found.batch
    assert len(batch.fixes) + len(batch.statics) + len(batch.others) >= messages
    assert found.run.inputs[0].kind == "nmea"
    assert found.run.time_sources["base"] > 0


@pytest.mark.parametrize(
    ("kind", "messages"),
    [
        ("feed gpsd", [{"class": "VERSION", "release": "3.25"}, gpsd(), gpsd(5)]),
        ("feed ais-catcher", [catcher(), catcher(5)]),
        ("feed aisstream", [stream(), stream("ShipStaticData")]),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_feeds_are_told_by_their_first_object(tmp_path, kind, messages, packed):
    data = lines(*messages)
    path = tmp_path / ("x.json.gz" if packed else "x.json")
    found_kind, found = loaded(path, gzip.compress(data) if packed else data)
    assert found_kind == kind
    assert (len(found.batch.fixes), len(found.batch.statics)) == (1, 1)
    assert describe(str(path))["format"] == kind


def test_a_pretty_printed_envelope_and_a_document_are_told_apart(tmp_path):
    kind, found = loaded(tmp_path / "a.json", json.dumps(stream(), indent=1).encode())
    assert (kind, len(found.batch.fixes)) == ("feed aisstream", 1)
    vessels = {"timestamp": "2025-12-11T20:55:53Z", "vessels": [{"mmsi": 230000001, "lat": 59.0, "lon": 19.4}]}
    for data in (json.dumps(vessels), json.dumps(vessels, indent=2)):
        kind, found = loaded(tmp_path / "b.json", data.encode())
        assert (kind, len(found.batch.fixes)) == ("document", 1)


def test_what_a_feed_complains_of_is_a_warning(tmp_path):
    _, found = loaded(tmp_path / "x.json", lines(stream(), {"error": "Api Key Is Not Valid"}))
    assert "x.json: the feed said: Api Key Is Not Valid" in found.run.warnings


def test_columns_that_nothing_is_read_from_are_reported(tmp_path):
    data = b"mmsi,longitude,latitude,timestamp,score,navstat,hdg,rot,cog,sog\n416000001,121.2,22.5,1388534400,0.9,7,511,0,90,3\n"
    path = tmp_path / "pelagos.csv"
    kind, found = loaded(path, data)
    assert kind == "csv gfw-research"
    told = describe(str(path))
    assert told["format"] == "csv gfw-research"
    assert any("score, rot" in sentence for sentence in told["warnings"])

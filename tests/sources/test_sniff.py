import gzip

import pytest

from kizuna.base.errors import InputError
from kizuna.sources.dialects import Reading
from kizuna.sources.sniff import HEAD, sniff

SENTENCE = b"!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*23\r\n"


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (SENTENCE, "nmea"),
        (b"\\s:2573345,c:1671620143*0B\\!BSVDM,1,1,,A,x,0*00\n", "nmea"),
        (b"\\si:AISD*3F\\\r\n$PGHP,1,2013\r\n", "nmea"),
        (b"1550303566167726840 " + SENTENCE, "nmea"),
        (b"timestamp,type,id,message\n2020,x,y,\"" + SENTENCE.strip() + b"\"\n", "nmea opencpn-vdr"),
        (b"received_at,protocol,msg_type,source,raw_data\n2026-01-01T00:00:00Z,NMEA0183,AIVDM,x,\"" + SENTENCE, "nmea opencpn-vdr"),
        (b'{"class":"VERSION","release":"3.25"}\r\n{"class":"AIS"', "feed gpsd"),
        (b'{"class":"AIS","device":"stdin","type":1,"mmsi":1,"scaled":true}\n', "feed gpsd"),
        (b'{"class":"AIS","device":"AIS-catcher","rxuxtime":1700000000.5,"nmea":["!AIVDM,1,1,,A,x,0*00"],"type":1}\n', "feed ais-catcher"),
        (b'{"MessageType":"PositionReport","MetaData":{},"Message":{"PositionReport":{}}}{"Mess', "feed aisstream"),
        (b'{\n "timestamp": "2025-01-01T00:00:00Z",\n "vessels": [\n  {\n "mmsi": 1', "document"),
        (b'{"type":"FeatureCollection","features":[{"mmsi":1,"type":"Feature"', "document"),
        (b"$GPGGA,1,2,3\n", "nmea"),
        (b"PAR1....", "parquet"),
        (b"ARROW1\0\0", "arrow"),
        (b'{"mmsi": 1, "lat": 2}\n{"mmsi"', "jsonl"),
        (b"MMSI,BaseDateTime,LAT,LON,SOG,COG\n", "csv marinecadastre"),
        (b"\xef\xbb\xbfmmsi;time;lat;lon\n", "csv headers"),
        (b"sep=;\nmmsi;time;lat;lon\n", "csv headers"),
        (b"", "empty"),
        (b" \r\n\n", "empty"),
    ],
)  # fmt: skip
def test_formats_are_told_by_their_first_bytes(head, found):
    assert str(sniff(head, "some.file")) == found


@pytest.mark.parametrize(
    ("head", "word"),
    [
        (b"PK\x03\x04", "ZIP"),
        (b"<gpx>", "XML"),
        (b"[1,2]", "JSON array"),
        (b'{\n "vessels": [', "over several lines"),
        (b"SQLite format 3\0", "SQLite"),
        (b"\x00\x01\x02", "binary"),
        (b"\xff\xfem\0m\0s\0i\0", "UTF-16"),
        (b"Dear diary\n", "no AIS sentence"),
        (b"1,2,3,4\n5,6,7,8\n", "no header"),
        (b"mmsi,time,x,y\n", "--map lat=COLUMN"),
    ],
)
def test_unknown_files_are_refused_with_help(head, word):
    with pytest.raises(InputError, match=word) as caught:
        sniff(head, "some.file")
    assert "some.file" in str(caught.value)
    assert caught.value.hint


def test_mapping_is_known_to_the_sniffer():
    assert sniff(b"mmsi,time,x,y\n", "f", Reading({"lat": "y", "lon": "x"})).kind == "csv"


def test_all_real_logs_are_recognised(shared):
    for path in sorted((shared / "nmea").glob("*.gz")):
        with gzip.open(path) as file:
            kind = "csv marinecadastre" if path.name.endswith(".csv.gz") else "nmea"
            assert str(sniff(file.read(HEAD), path.name)) == kind, path.name

"""Feeds of JSON and the wide layouts of CSV to columns, beside the least that any reader must do.

Inputs are made here from a seed: no real vessel is in them. Every Kizuna case does the whole of reading: framing, checks,
codes for "not available", times, message ids, counts. The other cases only parse: the standard library's and msgspec's
parser on each line and nothing else, Polars' readers into typed columns (nested JSON stays nested). So a ratio below
one against a bare parser is the price of the rest.
"""

from __future__ import annotations

import csv
import io
import json
import sys

import harness

harness.one_thread()

import numpy as np  # noqa: E402
import msgspec  # noqa: E402

from kizuna.sources.batch import Decoder  # noqa: E402
from kizuna.sources.delimited import DelimitedDecoder  # noqa: E402
from kizuna.sources.feeds import frames  # noqa: E402
from kizuna.sources.feeds.decoder import FeedDecoder  # noqa: E402
from kizuna.sources.nmea import NmeaDecoder  # noqa: E402

ROWS = 50_000
CHUNK = 1 << 20
TABLE_CHUNK = 4 << 20
EXACT = (
    "MMSI,Message_ID,Repeat_indicator,Time,Millisecond,Region,Country,Base_station,Online_data,Group_code,Sequence_ID,Channel,"
    "Data_length,Vessel_Name,Call_sign,IMO,Ship_Type,Dimension_to_Bow,Dimension_to_stern,Dimension_to_port,Dimension_to_starboard,"
    "Draught,Destination,AIS_version,Navigational_status,ROT,SOG,Accuracy,Longitude,Latitude,COG,Heading"
).split(",")
EXACT += [f"Field_{i}" for i in range(139 - len(EXACT))]


def reports() -> list[dict[str, object]]:
    """Positions of 500 ships, a static message for every tenth."""
    rng = np.random.default_rng(20260301)
    out = []
    for i in range(ROWS):
        second = i // 20
        out.append(
            {
                "mmsi": 431_000_000 + int(rng.integers(500)),
                "lat": round(float(rng.uniform(20, 40)), 6),
                "lon": round(float(rng.uniform(118, 140)), 6),
                "sog": round(float(rng.uniform(0, 20)), 1),
                "cog": round(float(rng.uniform(0, 359)), 1),
                "heading": int(rng.integers(0, 360)),
                "minute": second // 60 % 60,
                "second": second % 60,
                "static": i % 10 == 0,
            }
        )
    return out


def gpsd(r: dict) -> dict:
    head = {"class": "AIS", "device": "stdin", "repeat": 0, "mmsi": r["mmsi"], "scaled": True}
    if r["static"]:
        return head | {"type": 5, "imo": 0, "ais_version": 0, "callsign": "JABC", "shipname": f"SHIP {r['mmsi']}", "shiptype": 70,
                       "shiptype_text": "Cargo - all ships of this type", "to_bow": 100, "to_stern": 20, "to_port": 10, "to_starboard": 12,
                       "epfd": 1, "epfd_text": "GPS", "eta": "05-14T20:10Z", "draught": 7.5, "destination": "NAHA", "dte": 0}  # fmt: skip
    return head | {"type": 1, "status": 0, "status_text": "Under way using engine", "turn": 0, "speed": r["sog"], "accuracy": True,
                   "lon": r["lon"], "lat": r["lat"], "course": r["cog"], "heading": r["heading"], "second": r["second"], "maneuver": 0,
                   "raim": True, "radio": 0}  # fmt: skip


def aisstream(r: dict) -> dict:
    name = "ShipStaticData" if r["static"] else "PositionReport"
    head = {"RepeatIndicator": 0, "UserID": r["mmsi"], "Valid": True}
    if r["static"]:
        body = head | {"MessageID": 5, "AisVersion": 0, "ImoNumber": 0, "CallSign": "JABC", "Name": f"SHIP {r['mmsi']}", "Type": 70,
                       "Dimension": {"A": 100, "B": 20, "C": 10, "D": 12}, "FixType": 1, "Eta": {"Month": 5, "Day": 14, "Hour": 20, "Minute": 10},
                       "MaximumStaticDraught": 7.5, "Destination": "NAHA", "Dte": False, "Spare": False}  # fmt: skip
    else:
        body = head | {"MessageID": 1, "Cog": r["cog"], "CommunicationState": 81982, "Latitude": r["lat"], "Longitude": r["lon"],
                       "NavigationalStatus": 0, "PositionAccuracy": True, "Raim": False, "RateOfTurn": 4, "Sog": r["sog"], "Spare": 0,
                       "SpecialManoeuvreIndicator": 0, "Timestamp": r["second"], "TrueHeading": r["heading"]}  # fmt: skip
    meta = {"MMSI": r["mmsi"], "MMSI_String": r["mmsi"], "ShipName": "SHIP", "latitude": r["lat"], "longitude": r["lon"],
            "time_utc": f"2026-03-01 06:{r['minute']:02d}:{r['second']:02d}.123456789 +0000 UTC"}  # fmt: skip
    return {"Message": {name: body}, "MessageType": name, "MetaData": meta}


def exact_row(r: dict) -> dict:
    head = {
        "MMSI": r["mmsi"],
        "Repeat_indicator": 0,
        "Time": f"20260301_06{r['minute']:02d}{r['second']:02d}",
        "Millisecond": 250,
    }
    if r["static"]:
        return head | {"Message_ID": 5, "Vessel_Name": f"SHIP {r['mmsi']}", "Call_sign": "JABC", "Ship_Type": 70, "Draught": 7.5, "Destination": "NAHA"}  # fmt: skip
    return head | {"Message_ID": 1, "Navigational_status": 0, "ROT": 0, "SOG": r["sog"], "Accuracy": 1, "Longitude": r["lon"],
                   "Latitude": r["lat"], "COG": r["cog"], "Heading": r["heading"]}  # fmt: skip


def table(header: list[str], rows: list[dict], missing: str, quoting: int) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, header, restval=missing, quoting=quoting, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def read(decoder: Decoder, data: bytes, step: int) -> int:
    """Messages decoded, fed as a file is."""
    batches = [decoder.feed(data[i : i + step]) for i in range(0, len(data), step)]
    batches.append(decoder.finish())
    return sum(b.counts.get("messages", 0) for b in batches)


def with_json(data: bytes) -> int:
    """The same reader with the standard library's parser: what the dependency earns."""
    kept = frames._parse
    frames._parse = json.loads
    try:
        return read(FeedDecoder("x"), data, CHUNK)
    finally:
        frames._parse = kept


def json_cases(data: bytes) -> list[harness.Case]:
    lines = data.splitlines()
    cases = [
        harness.Case("kizuna", lambda: read(FeedDecoder("x"), data, CHUNK), ROWS),
        harness.Case("json.loads only", lambda: len([json.loads(line) for line in lines]), ROWS),
        harness.Case("kizuna with json.loads instead of msgspec", lambda: with_json(data), ROWS),
        harness.Case("msgspec only", lambda: len([msgspec.json.decode(line) for line in lines]), ROWS),
    ]
    try:
        import polars

        cases.append(
            harness.Case(
                "polars.read_ndjson",
                lambda: polars.read_ndjson(io.BytesIO(data), infer_schema_length=1000).height,
                ROWS,
            )
        )
    except ImportError:
        print("note: polars is not installed", file=sys.stderr)
    return cases


def csv_cases(data: bytes) -> list[harness.Case]:
    cases = [
        harness.Case("kizuna", lambda: read(DelimitedDecoder("x"), data, TABLE_CHUNK), ROWS),
        harness.Case("csv.reader only", lambda: sum(1 for _ in csv.reader(io.StringIO(data.decode()))) - 1, ROWS),
    ]
    try:
        import polars

        cases.append(
            harness.Case(
                "polars.read_csv",
                lambda: polars.read_csv(io.BytesIO(data), null_values=["None"], infer_schema_length=2000).height,
                ROWS,
            )
        )
    except ImportError:
        print("note: polars is not installed", file=sys.stderr)
    return cases


def recorder_cases() -> list[harness.Case]:
    """Sentences in the rows of OpenCPN's recorder, beside the same sentences alone."""
    sentence = "!AIVDM,1,1,,B,13u=gHP3CWPlvs2Q8sHW:5fD0h6a,0*1B"
    rows = [
        f'2026-03-01T06:{i // 60 % 60:02d}:{i % 60:02d}.123Z,NMEA0183,AIVDM,ttyUSB0,"{sentence}"\n' for i in range(ROWS)
    ]
    recorded = ("received_at,protocol,msg_type,source,raw_data\n" + "".join(rows)).encode()
    alone = (sentence + "\r\n").encode() * ROWS
    return [
        harness.Case("kizuna", lambda: read(NmeaDecoder("x"), recorded, CHUNK), ROWS),
        harness.Case("kizuna, the sentences alone", lambda: read(NmeaDecoder("x"), alone, CHUNK), ROWS),
    ]


def main() -> None:
    rounds = harness.arguments(__doc__).rounds
    found = reports()
    jobs = {
        "feeds_gpsd": ("gpsd JSON", json_cases(b"".join(msgspec.json.encode(gpsd(r)) + b"\n" for r in found))),
        "feeds_aisstream": ("aisstream.io JSON", json_cases(b"".join(msgspec.json.encode(aisstream(r)) + b"\n" for r in found))),
        "feeds_exactearth": ("exactEarth-style CSV, 139 quoted columns",
                             csv_cases(table(EXACT, [exact_row(r) for r in found], "None", csv.QUOTE_ALL))),
        "feeds_recorder": ("Recording of OpenCPN's voyage data recorder", recorder_cases()),
    }  # fmt: skip
    for name, (title, cases) in jobs.items():
        harness.report(name, title, "rows", "kizuna", harness.compare(cases, rounds))


if __name__ == "__main__":
    main()

"""Synthetic messages as the feeds write them: gpsd, AIS-catcher, aisstream.io."""

import json


def gpsd(kind=1, scaled=True, **values):
    base = {"class": "AIS", "device": "stdin", "type": kind, "repeat": 0, "mmsi": 431000001, "scaled": scaled}
    if kind in (1, 2, 3) and scaled:
        base |= {
            "status": 0,
            "status_text": "Under way using engine",
            "turn": 12,
            "speed": 10.1,
            "accuracy": True,
            "lon": 139.5,
            "lat": 35.5,
            "course": 110.1,
            "heading": 112,
            "second": 58,
            "maneuver": 0,
            "raim": True,
            "radio": 0,
        }
    elif kind in (1, 2, 3):
        base |= {
            "status": 0,
            "turn": 16,
            "speed": 101,
            "accuracy": True,
            "lon": 83700000,
            "lat": 21300000,
            "course": 1101,
            "heading": 112,
            "second": 58,
            "maneuver": 0,
            "raim": True,
            "radio": 0,
        }
    elif kind == 4:
        base |= {
            "timestamp": "2026-03-01T06:07:08Z",
            "accuracy": True,
            "lon": 139.5,
            "lat": 35.5,
            "epfd": 7,
            "raim": False,
            "radio": 0,
        }
    elif kind == 5:
        base |= {
            "imo": 9111111,
            "ais_version": 1,
            "callsign": "JABC",
            "shipname": "KIZUNA MARU",
            "shiptype": 70,
            "shiptype_text": "Cargo",
            "to_bow": 100,
            "to_stern": 20,
            "to_port": 10,
            "to_starboard": 12,
            "epfd": 1,
            "epfd_text": "GPS",
            "eta": "05-14T20:10Z",
            "draught": 7.5 if scaled else 75,
            "destination": "NAHA",
            "dte": 0,
        }
    elif kind == 9:
        base |= {
            "alt": 303,
            "speed": 42,
            "accuracy": True,
            "lon": 139.5,
            "lat": 35.5,
            "course": 154.5,
            "second": 15,
            "regional": 0,
            "dte": 1,
            "raim": False,
            "radio": 0,
        }
    elif kind == 18:
        base |= {
            "reserved": 0,
            "speed": 1.4,
            "accuracy": True,
            "lon": 139.5,
            "lat": 35.5,
            "course": 177.0,
            "heading": 177,
            "second": 34,
            "regional": 0,
            "cs": True,
            "raim": False,
            "radio": 0,
        }
    elif kind == 19:
        base |= {
            "reserved": 0,
            "speed": 8.7,
            "accuracy": False,
            "lon": 139.5,
            "lat": 35.5,
            "course": 335.9,
            "heading": 511,
            "second": 46,
            "regional": 0,
            "shipname": "CAPT.J",
            "shiptype": 30,
            "to_bow": 5,
            "to_stern": 21,
            "to_port": 4,
            "to_starboard": 3,
            "epfd": 1,
            "raim": False,
            "dte": 0,
            "assigned": False,
        }
    elif kind == 21:
        base |= {
            "aid_type": 6,
            "name": "STDN 3",
            "lon": 139.5,
            "lat": 35.5,
            "accuracy": False,
            "to_bow": 5,
            "to_stern": 5,
            "to_port": 5,
            "to_starboard": 5,
            "epfd": 7,
            "second": 50,
            "regional": 165,
            "off_position": True,
            "raim": False,
            "virtual_aid": False,
        }
    elif kind == 24:
        base |= {
            "shipname": "PROGUY",
            "shiptype": 60,
            "vendorid": "1D0",
            "callsign": "WXY",
            "to_bow": 3,
            "to_stern": 4,
            "to_port": 1,
            "to_starboard": 2,
        }
    elif kind == 27:
        base |= {
            "status": 2,
            "accuracy": False,
            "lon": 137.0,
            "lat": 4.8,
            "speed": 57,
            "course": 167,
            "raim": False,
            "gnss": True,
        }
    elif kind == 6:
        base |= {"seqno": 0, "dest_mmsi": 5030, "dac": 1, "fid": 12, "data": "56:00"}
    return base | values  # fmt: skip


def catcher(kind=1, **values):
    return gpsd(kind) | {"device": "AIS-catcher", "rxuxtime": 1700000000.25, "channel": "B", "turn_unscaled": 16,
                         "nmea": ["!AIVDM,1,1,,B,x,0*00"]} | values  # fmt: skip


def stream(name="PositionReport", time="2026-10-08 03:04:05.123456789 +0000 UTC", meta=None, **values):
    motion = {
        "Valid": True,
        "UserID": 431000001,
        "RepeatIndicator": 0,
        "Sog": 10.1,
        "PositionAccuracy": True,
        "Longitude": 139.5,
        "Latitude": 35.5,
        "Cog": 110.1,
        "TrueHeading": 112,
        "Timestamp": 58,
        "Raim": True,
    }
    size = {"A": 100, "B": 20, "C": 10, "D": 12}
    bodies = {
        "PositionReport": motion | {"MessageID": 3, "NavigationalStatus": 0, "RateOfTurn": 16},
        "StandardClassBPositionReport": motion | {"MessageID": 18, "ClassBUnit": True},
        "ExtendedClassBPositionReport": motion | {"MessageID": 19, "Name": "CAPT.J@@@", "Type": 30, "Dimension": size, "FixType": 1, "Dte": False},
        "StandardSearchAndRescueAircraftReport": motion | {"MessageID": 9, "Altitude": 303, "Sog": 42},
        "BaseStationReport": {"MessageID": 4, "Valid": True, "UserID": 4310001, "UtcYear": 2026, "UtcMonth": 3, "UtcDay": 1,
                              "UtcHour": 6, "UtcMinute": 7, "UtcSecond": 8, "Longitude": 139.5, "Latitude": 35.5, "FixType": 7},
        "ShipStaticData": {"MessageID": 5, "Valid": True, "UserID": 431000001, "AisVersion": 1, "ImoNumber": 9111111, "CallSign": "JABC   ",
                           "Name": "KIZUNA MARU         ", "Type": 70, "Dimension": size, "FixType": 1,
                           "Eta": {"Month": 5, "Day": 14, "Hour": 20, "Minute": 10}, "MaximumStaticDraught": 7.5,
                           "Destination": "NAHA", "Dte": False},
        "StaticDataReport": {"MessageID": 24, "Valid": True, "UserID": 431000001, "PartNumber": 1, "ReportA": {"Valid": False, "Name": "STALE"},
                             "ReportB": {"Valid": True, "ShipType": 60, "VendorIDName": "1D0", "CallSign": "WXY", "Dimension": size, "FixType": 0}},
        "AidsToNavigationReport": {"MessageID": 21, "Valid": True, "UserID": 994310001, "Type": 6, "Name": "STDN", "NameExtension": " 3",
                                   "Longitude": 139.5, "Latitude": 35.5, "Dimension": size, "Fixtype": 7, "Timestamp": 50,
                                   "OffPosition": True, "VirtualAtoN": False},
        "LongRangeAisBroadcastMessage": {"MessageID": 27, "Valid": True, "UserID": 431000001, "NavigationalStatus": 2, "Longitude": 137.0,
                                         "Latitude": 4.8, "Sog": 57, "Cog": 167, "PositionLatency": False},
        "AddressedBinaryMessage": {"MessageID": 6, "Valid": True, "UserID": 431000001, "DestinationID": 5030,
                                   "ApplicationID": {"Valid": True, "DesignatedAreaCode": 1, "FunctionIdentifier": 12}},
    }  # fmt: skip
    body = bodies[name] | values
    meta = {
        "MMSI": 431000001,
        "MMSI_String": 431000001,
        "ShipName": "X",
        "latitude": 0,
        "longitude": 0,
        "time_utc": time,
    } | (meta or {})
    return {"MessageType": name, "MetaData": meta, "Message": {name: body}}


def lines(*messages):
    return "".join((m if isinstance(m, str) else json.dumps(m)) + "\n" for m in messages).encode()

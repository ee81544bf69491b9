"""A slow, plain decoder of AIS payloads, the oracle of the kernels.

Every message is a list of (field, width) as the tables of ITU-R M.1371-5 give them, read one after the other from a
string of 0 and 1; a field whose bits are not all there is None. It shares nothing with the kernels.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

SIX_BIT = "@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_ !\"#$%&'()*+,-./0123456789:;<=>?"
HEAD = [("type", 6), ("repeat", 2), ("mmsi", 30)]
POSITION = [("sog", 10), ("accuracy", 1), ("lon", -28), ("lat", -27), ("cog", 12)]
SIZE = [("bow", 9), ("stern", 9), ("port", 6), ("starboard", 6)]
CLASS_A = [("status", 4), ("rot", -8), *POSITION, ("heading", 9), ("second", 6), ("manoeuvre", 2), ("spare", 3), ("raim", 1),
           ("radio", 19)]  # fmt: skip
UTC = [("year", 14), ("month", 4), ("day", 5), ("hour", 5), ("minute", 6), ("second", 6), ("accuracy", 1), ("lon", -28),
       ("lat", -27), ("epfd_", 4), ("control", 1), ("spare", 9), ("raim", 1), ("radio", 19)]  # fmt: skip
TABLES: dict[str, list[tuple[str, int]]] = {
    "1": CLASS_A, "2": CLASS_A, "3": CLASS_A, "4": UTC, "11": UTC,
    "5": [("version", 2), ("imo", 30), ("callsign", 42), ("name", 120), ("ship_type", 8), *SIZE, ("epfd", 4), ("month", 4),
          ("day", 5), ("hour", 5), ("minute", 6), ("draught", 8), ("destination", 120), ("dte", 1), ("spare", 1)],
    "9": [("altitude", 12), *POSITION, ("second", 6), ("sensor", 1), ("spare", 7), ("dte_", 1), ("spare2", 3),
          ("assigned", 1), ("raim", 1), ("radio", 20)],
    "18": [("spare", 8), *POSITION, ("heading", 9), ("second", 6), ("spare2", 2), ("unit", 1), ("display", 1), ("dsc", 1),
           ("band", 1), ("m22", 1), ("assigned", 1), ("raim", 1), ("selector", 1), ("radio", 19)],
    "19": [("spare", 8), *POSITION, ("heading", 9), ("second", 6), ("spare2", 4), ("name", 120), ("ship_type", 8), *SIZE,
           ("epfd", 4), ("raim", 1), ("dte", 1), ("assigned", 1), ("spare3", 4)],
    "21": [("aid_type", 5), ("name", 120), ("accuracy", 1), ("lon", -28), ("lat", -27), *SIZE, ("epfd", 4), ("second", 6),
           ("off", 1), ("spare", 8), ("raim", 1), ("virtual", 1), ("assigned", 1), ("spare2", 1)],
    "24A": [("part", 2), ("name", 120)],
    "24B": [("part", 2), ("ship_type", 8), ("vendor", 18), ("model", 4), ("serial", 20), ("callsign", 42), *SIZE,
            ("epfd", 4), ("spare", 2)],
    "27": [("accuracy", 1), ("raim", 1), ("status", 4), ("lon", -18), ("lat", -17), ("sog", 6), ("cog", 9), ("latency", 1),
           ("spare", 1)],
}  # fmt: skip
WHOLE = {"5": 423, "19": 308, "21": 272, "24A": 160, "24B": 162, "27": 95}
"""Bits up to the last field that is used, where trailing spare bits are often left out; 168 for the others."""


def bit_string(payload: str, fill: int) -> str:
    bits = ""
    for c in payload:
        value = ord(c) - 48
        bits += format(value - 8 if value > 40 else value, "06b")
    return bits[: len(bits) - fill] if fill else bits


def read(bits: str, table: list[tuple[str, int]]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    at = 0
    for name, width in [*HEAD, *table]:
        piece = bits[at : at + abs(width)]
        at += abs(width)
        if len(piece) < abs(width):
            out[name] = None
        elif width in (42, 120, 18) and name in ("callsign", "name", "destination", "vendor"):
            out[name] = piece
        else:
            value = int(piece, 2)
            out[name] = value - (1 << -width) if width < 0 and piece[0] == "1" else value
    return out


def words(piece: str | None) -> str | None:
    if piece is None:
        return None
    chars = "".join(SIX_BIT[int(piece[k : k + 6], 2)] for k in range(0, len(piece) - 5, 6))
    return chars.split("@", 1)[0].rstrip(" ") or None


def flags_of(f: dict[str, Any], bits: str, form: str) -> set[str]:
    flags = set()
    if not 1 <= f["mmsi"] <= 999_999_999:
        flags.add("bad_mmsi")
    if len(bits) < WHOLE.get(form, 168):
        flags.add("truncated")
    return flags


def station_class(kind: int, mmsi: int) -> str:
    digits = f"{mmsi:09d}"
    if kind in (4, 9, 21):
        return {4: "base", 9: "sar_aircraft", 21: "aton"}[kind]
    if not 1 <= mmsi <= 999_999_999:
        for start, name in (("970", "sart"), ("972", "mob"), ("974", "epirb")):
            assert not (len(digits) == 9 and digits.startswith(start))
        return "other"
    for start, name in (("970", "sart"), ("972", "mob"), ("974", "epirb"), ("111", "sar_aircraft"), ("99", "aton"),
                        ("98", "auxiliary"), ("00", "base"), ("0", "other")):  # fmt: skip
        if digits.startswith(start):
            return name
    return "B" if kind in (18, 19) else "A"


def fix(payload: str, fill: int) -> dict[str, Any] | None:
    """Columns of the fix that a message gives, None for a type without position. Keys as in the table of fixes."""
    bits = bit_string(payload, fill)
    kind = int(bits[:6], 2)
    if kind not in (1, 2, 3, 4, 9, 11, 18, 19, 21, 27):
        return None
    f = read(bits, TABLES[str(kind)])
    flags = flags_of(f, bits, str(kind))
    unit = 600 if kind == 27 else 600_000
    lon, lat = f["lon"], f["lat"]
    lon_given = lon is not None and lon != 181 * unit
    lat_given = lat is not None and lat != 91 * unit
    if lon_given != lat_given:
        flags.add("half_position")
    if (lon_given and abs(lon) > 180 * unit) or (lat_given and abs(lat) > 90 * unit):
        flags.add("out_of_range")
    good = lon_given and lat_given and abs(lon) <= 180 * unit and abs(lat) <= 90 * unit
    if not good:
        flags.add("no_position")
    sog = f.get("sog")
    if kind == 27:
        sog = None if sog in (None, 63) else float(sog)
    elif sog is not None:
        if kind != 9 and sog in (512, 630):
            flags.add("junk_speed")
        sog = None if sog == 1023 else float(sog) if kind == 9 else sog / 10
    cog = f.get("cog")
    if cog is not None:
        cog = (float(cog) if cog < 360 else None) if kind == 27 else (cog / 10 if cog < 3600 else None)
    rot = f.get("rot")
    if rot in (-127, 127):
        flags.add("rot_over")
    if rot in (None, -128, -127, 127):
        rot = None
    else:
        rot = (rot / 4.733) ** 2 * (-1 if rot < 0 else 1)
    time = None
    if kind in (4, 11) and f["second"] is not None:
        try:
            moment = dt.datetime(
                f["year"], f["month"], f["day"], f["hour"], f["minute"], min(f["second"], 59), tzinfo=dt.UTC
            )
            if f["second"] <= 60 and 1990 <= f["year"] < 2100:
                time = int(moment.timestamp()) * 1000 + (1000 if f["second"] == 60 else 0)
        except ValueError:
            pass
    if time is None:
        flags.add("no_time")
    missing = lambda v, top: None if v is None or v > top else v  # noqa: E731
    return {
        "mmsi": f["mmsi"], "msg_type": kind, "repeat": f["repeat"], "time_ms": time,
        "lat_deg": lat / unit if good else None,
        "lon_deg": (-180.0 if lon == 180 * unit else lon / unit) if good else None,
        "sog_kn": sog, "cog_deg": cog, "heading_deg": missing(f.get("heading"), 359), "rot_dpm": rot,
        "altitude_m": missing(f.get("altitude"), 4094), "nav_status": missing(f.get("status"), 14),
        "second": missing(f.get("second"), 59), "accuracy": f.get("accuracy"), "raim": f.get("raim"),
        "ais_class": station_class(kind, f["mmsi"]), "flags": flags,
    }  # fmt: skip


def static(payload: str, fill: int) -> dict[str, Any] | None:
    """Columns of the static row that a message gives, None for a type without. Keys as in the table of statics."""
    bits = bit_string(payload, fill)
    kind = int(bits[:6], 2)
    if kind not in (5, 19, 21, 24):
        return None
    form = str(kind) if kind != 24 else "24A" if bits[38:40] == "00" else "24B"
    f = read(bits, TABLES[form])
    out: dict[str, Any] = {
        "mmsi": f["mmsi"], "msg_type": kind, "repeat": f["repeat"], "part": f.get("part"),
        "imo": f.get("imo") or None, "callsign": words(f.get("callsign")), "ship_type": f.get("ship_type"),
        "epfd": f.get("epfd"), "ais_version": f.get("version"), "destination": words(f.get("destination")),
        "vendor": words(f.get("vendor")), "aid_type": f.get("aid_type"), "virtual": f.get("virtual"),
        "off_position": f["off"] if f.get("off") is not None and f["second"] < 60 else None,
        "dte": None if f.get("dte") is None else 1 - f["dte"],
        "draught_m": f["draught"] / 10 if f.get("draught") else None, "mothership_mmsi": None, "eta": None,
        "flags": flags_of(f, bits, form),
    }  # fmt: skip
    name = f.get("name")
    if kind == 21 and name is not None and len(bits) > 272:
        rest = bits[272 : 272 + 84]
        name += rest[: len(rest) // 6 * 6]
    out["shipname"] = words(name)
    size = {f"to_{k}_m": f.get(k) for k in ("bow", "stern", "port", "starboard")}
    if form == "24B" and f["mmsi"] // 10_000_000 == 98:
        size = dict.fromkeys(size)
        mother = bits[132:162]
        out["mothership_mmsi"] = int(mother, 2) or None if len(mother) == 30 else None
    for a, b in (("to_bow_m", "to_stern_m"), ("to_port_m", "to_starboard_m")):
        if size[b] is None or (size[a] == 0 and size[b] == 0):
            size[a] = size[b] = None
    out |= size
    if f.get("minute") is not None:
        given = [1 <= f["month"] <= 12, f["day"] >= 1, f["hour"] <= 23, f["minute"] <= 59]
        month, day, hour, minute = (
            f"{f[k]:02d}" if g else "--" for k, g in zip(("month", "day", "hour", "minute"), given, strict=True)
        )
        out["eta"] = f"{month}-{day}T{hour}:{minute}" if any(given) else None
    return out

"""KML 2.3 and GPX 1.1: positions and tracks for globes, plotters and handheld receivers.

Each document carries the marking in its name, so that it is seen wherever the file is opened. Characters that XML 1.0
does not know are left out. Lines are cut where they cross 180 degrees.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from xml.sax.saxutils import escape

_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
Feature = Mapping[str, Any]


def text(value: Any) -> str:
    """Text for an element."""
    return escape(_NOT_XML.sub("", str(value)), {'"': "&quot;"})


def kml(title: str, features: Iterable[Feature]) -> bytes:
    """Features (GeoJSON) as a KML document; ``shipname``, ``summary`` or the id names each."""
    out = ['<?xml version="1.0" encoding="UTF-8"?>', '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>',
           f"<name>{text(title)}</name>"]  # fmt: skip
    for feature in features:
        drawn = _kml_geometry(feature.get("geometry"))
        if not drawn:
            continue
        said = feature["properties"]
        out.append(f"<Placemark><name>{text(_name(feature))}</name>{_kml_time(said)}<ExtendedData>")
        out += [f'<Data name="{text(k)}"><value>{text(v)}</value></Data>' for k, v in said.items() if _plain(v)]
        out.append(f"</ExtendedData>{drawn}</Placemark>")
    return ("\n".join([*out, "</Document></kml>"]) + "\n").encode()


def _name(feature: Feature) -> str:
    said = feature["properties"]
    return str(said.get("shipname") or said.get("summary") or said.get("name") or feature.get("id") or "")


def _plain(value: Any) -> bool:
    return isinstance(value, (str, int, float)) and value != ""


def _kml_time(said: Mapping[str, Any]) -> str:
    begin, end = said.get("start_timestamp") or said.get("datetime"), said.get("end_timestamp") or said.get("end")
    if begin and end:
        return f"<TimeSpan><begin>{text(begin)}</begin><end>{text(end)}</end></TimeSpan>"
    return f"<TimeStamp><when>{text(begin)}</when></TimeStamp>" if begin else ""


def _kml_geometry(geometry: Mapping[str, Any] | None) -> str:
    if not geometry:
        return ""
    kind, at = geometry["type"], geometry.get("coordinates", ())
    if kind == "Point":
        return f"<Point><coordinates>{_places([at])}</coordinates></Point>"
    if kind == "LineString":
        return f"<LineString><tessellate>1</tessellate><coordinates>{_places(at)}</coordinates></LineString>"
    if kind == "Polygon":
        rings = [f"<LinearRing><coordinates>{_places(r)}</coordinates></LinearRing>" for r in at]
        holes = "".join(f"<innerBoundaryIs>{r}</innerBoundaryIs>" for r in rings[1:])
        return f"<Polygon><outerBoundaryIs>{rings[0]}</outerBoundaryIs>{holes}</Polygon>"
    single = kind.removeprefix("Multi")
    parts = geometry["geometries"] if kind == "GeometryCollection" else [{"type": single, "coordinates": c} for c in at]
    return f"<MultiGeometry>{''.join(map(_kml_geometry, parts))}</MultiGeometry>"


def _places(points: Iterable[Any]) -> str:
    return " ".join(f"{p[0]:.6f},{p[1]:.6f}" for p in points)


def gpx(
    title: str, points: Iterable[Feature], tracks: Iterable[tuple[str, Iterable[tuple[float, float, str]]]]
) -> bytes:
    """Way points from features with a point, and tracks as (name, [(latitude, longitude, time)])."""
    out = ['<?xml version="1.0" encoding="UTF-8"?>',
           '<gpx version="1.1" creator="Kizuna" xmlns="http://www.topografix.com/GPX/1/1">',
           f"<metadata><name>{text(title)}</name></metadata>"]  # fmt: skip
    for feature in points:
        geometry = feature.get("geometry")
        if geometry and geometry["type"] == "Point":
            lon, lat = geometry["coordinates"][:2]
            when = feature["properties"].get("start_timestamp") or feature["properties"].get("datetime")
            time = f"<time>{text(when)}</time>" if when else ""
            out.append(f'<wpt lat="{lat:.6f}" lon="{lon:.6f}">{time}<name>{text(_name(feature))}</name></wpt>')
    for name, fixes in tracks:
        out.append(f"<trk><name>{text(name)}</name><trkseg>")
        before = None
        for lat, lon, when in fixes:
            if before is not None and abs(lon - before) > 180:  # noqa: PLR2004
                out.append("</trkseg><trkseg>")
            before = lon
            out.append(f'<trkpt lat="{lat:.6f}" lon="{lon:.6f}"><time>{text(when)}</time></trkpt>')
        out.append("</trkseg></trk>")
    return ("\n".join([*out, "</gpx>"]) + "\n").encode()

"""Positions, segments of tracks, and what sensors saw. Where and when stand in the record itself (``geo``, times).

Positions are the bulk of what is shared, so their names are short: a page of 200 costs under 60 bytes each on the wire.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from kizuna.records.bodies.kind import BULK, ROUTINE, Amount, Body, Deg, Kind, Lat, Line, Lon, Mmsi, Share, Word

_Tenths = Annotated[int, msgspec.Meta(ge=0, le=4_294_967_295)]
_MOST_POINTS: Final = 2_000


class Position(Body, frozen=True, kw_only=True):
    """One position at one time: the record's ``geo`` (a point) and ``observed_ms``.

    Attributes:
        sog_kn: speed over ground, kn (``s``).
        cog_deg: course over ground, degrees from true north (``c``).
        heading_deg: true heading, degrees (``h``).
        nav_status: navigational status, 0 to 15 (``n``).
        station: kind of station, ``A``, ``B``, ``base`` ...; left out for A (``a``).
        via: kind of source, such as ``terrestrial``, ``satellite``, ``radar`` (``r``).
        cell_m: side of the grid cell whose middle stands in ``geo``, m; left out where not coarsened (``g``).
        bucket_s: width of the interval whose beginning stands in ``observed_ms``, s; left out where exact (``b``).
    """

    sog_kn: Amount | None = msgspec.field(default=None, name="s")
    cog_deg: Deg | None = msgspec.field(default=None, name="c")
    heading_deg: Deg | None = msgspec.field(default=None, name="h")
    nav_status: Annotated[int, msgspec.Meta(ge=0, le=15)] | None = msgspec.field(default=None, name="n")
    station: Word = msgspec.field(default="A", name="a")
    via: Line = msgspec.field(default="", name="r")
    cell_m: Amount | None = msgspec.field(default=None, name="g")
    bucket_s: Amount | None = msgspec.field(default=None, name="b")


class Segment(Body, frozen=True, kw_only=True):
    """A stretch of one track; ``geo`` of the record is the box around it, valid_from and valid_to its ends.

    Attributes:
        t_ds: tenths of seconds after ``valid_from_ms``, one for each point, not descending.
        lon_deg, lat_deg: degrees, one for each point.
        sog_kn: speed over ground, kn; none, or one for each point.
        cell_m, bucket_s: as for a position.
    """

    t_ds: Annotated[tuple[_Tenths, ...], msgspec.Meta(max_length=_MOST_POINTS)]
    lon_deg: Annotated[tuple[Lon, ...], msgspec.Meta(max_length=_MOST_POINTS)]
    lat_deg: Annotated[tuple[Lat, ...], msgspec.Meta(max_length=_MOST_POINTS)]
    sog_kn: Annotated[tuple[Amount, ...], msgspec.Meta(max_length=_MOST_POINTS)] = ()
    cell_m: Amount | None = None
    bucket_s: Amount | None = None

    def __post_init__(self) -> None:
        """All columns have one length; times do not descend."""
        n = len(self.t_ds)
        if not (n == len(self.lon_deg) == len(self.lat_deg)) or len(self.sog_kn) not in (0, n):
            raise ValueError("columns of different lengths")
        if any(a > b for a, b in zip(self.t_ds, self.t_ds[1:], strict=False)):
            raise ValueError("t_ds descends")


class Detection(Body, frozen=True, kw_only=True):
    """Something was seen by a sensor that does not know who it is.

    Attributes:
        sensor: radar, sar, rf, uav, visual or report.
        accuracy_m: standard error of the position in each direction, m.
        length_m, course_deg, speed_kn: as measured; m, degrees from true north, kn.
        score: the detector's own score.
        verdict: match, dark or not_judged.
        mmsi: MMSI of the matched track.
        match_probability, ais_probability: as in the table of detections.
        cell_m, bucket_s: as for a position.
    """

    sensor: Word
    accuracy_m: Amount | None = None
    length_m: Amount | None = None
    course_deg: Deg | None = None
    speed_kn: Amount | None = None
    score: Share | None = None
    verdict: Line = ""
    mmsi: Mmsi | None = None
    match_probability: Share | None = None
    ais_probability: Share | None = None
    cell_m: Amount | None = None
    bucket_s: Amount | None = None


KINDS: Final = (
    Kind("track.position", 1, Position, ROUTINE, "One position of one vessel at one time."),
    Kind("track.segment", 1, Segment, BULK, "A stretch of one track."),
    Kind("detection", 1, Detection, ROUTINE, "Something was seen by a sensor that does not know who it is."),
)
